//! Connections: name, TCP, TLS, each timed and each with its own failure.

use std::time::Duration;

use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;

use super::body::SendBody;
use super::exchange::{Failure, FailureKind, Timing};
use super::request::WhereTo;

/// A connection that can take a request.
pub(super) type Sender = SendRequest<SendBody>;

/// Opens a connection; at most `limit` for all of it.
pub(super) async fn open(
    to: &WhereTo,
    tls: &TlsConnector,
    limit: Duration,
    timing: &mut Timing,
) -> Result<Sender, Failure> {
    let timed = timeout(limit, open_unlimited(to, tls, timing)).await;
    timed.unwrap_or_else(|_| {
        Err(failure(FailureKind::Timeout, format!("no connection to {} in time", to.authority)))
    })
}

async fn open_unlimited(
    to: &WhereTo,
    tls: &TlsConnector,
    timing: &mut Timing,
) -> Result<Sender, Failure> {
    let begin = Instant::now();
    let addresses: Vec<_> = tokio::net::lookup_host((to.host.as_str(), to.port))
        .await
        .map_err(|error| failure(FailureKind::Name, format!("{}: {error}", to.host)))?
        .collect();
    timing.resolve = Some(begin.elapsed());
    let begin = Instant::now();
    let tcp = TcpStream::connect(addresses.as_slice())
        .await
        .map_err(|error| failure(FailureKind::Connect, format!("{}: {error}", to.authority)))?;
    // Without it small requests wait for the kernel; that it cannot be set changes nothing else.
    _ = tcp.set_nodelay(true);
    timing.connect = Some(begin.elapsed());
    if !to.is_https {
        return speak(tcp).await;
    }
    let begin = Instant::now();
    let name = ServerName::try_from(to.host.clone())
        .map_err(|error| failure(FailureKind::Tls, format!("{}: {error}", to.host)))?;
    let stream = tls
        .connect(name, tcp)
        .await
        .map_err(|error| failure(FailureKind::Tls, format!("{}: {error}", to.host)))?;
    timing.tls = Some(begin.elapsed());
    speak(stream).await
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> Result<Sender, Failure> {
    let (sender, driver) = handshake(TokioIo::new(stream))
        .await
        .map_err(|error| failure(FailureKind::Transfer, error.to_string()))?;
    // It ends with the connection; what went wrong is told to whoever waits for an answer.
    tokio::spawn(driver);
    Ok(sender)
}

pub(super) fn failure(kind: FailureKind, text: impl Into<String>) -> Failure {
    Failure { kind, text: text.into() }
}
