//! One connection, from its handshake to its end.

use std::convert::Infallible;
use std::future::pending;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper::server::conn::http1;
use hyper::service::{HttpService, service_fn};
use hyper_util::rt::TokioIo;
use rustls::ProtocolVersion;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio_rustls::server::TlsStream;

use super::http2::{self, Verdict};
use super::stream::TimedStream;
use super::{Server, Stage};
use crate::body::ResponseBody;
use crate::origin::{Origin, TlsVersion, Transport};
use crate::tls::{HTTP2, TlsConfig};

/// One connection.
pub(super) struct Connection {
    server: Arc<Server>,
    peer: SocketAddr,
    stage: watch::Receiver<Stage>,
}

/// A connection of either protocol.
pub(super) trait Protocol: Future<Output = hyper::Result<()>> {
    /// Answers what was asked, then closes.
    fn drain(self: Pin<&mut Self>);
}

impl<I, S> Protocol for http1::Connection<I, S>
where
    S: HttpService<Incoming, ResBody = ResponseBody>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    I: Read + Write + Unpin,
{
    fn drain(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

impl Connection {
    pub(super) fn new(
        server: Arc<Server>,
        peer: SocketAddr,
        stage: watch::Receiver<Stage>,
    ) -> Self {
        Self { server, peer, stage }
    }

    /// Serves requests until either side closes; gives the slot back at the end.
    pub(super) async fn serve(mut self, stream: TcpStream, slot: OwnedSemaphorePermit) {
        let server = Arc::clone(&self.server);
        let _open = server.metrics.connection_opened();
        // Without this, small answers wait for the client's delayed acknowledgement (44 ms).
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot set TCP_NODELAY");
        }
        let stream = TimedStream::new(stream, server.settings.write_timeout);
        let tls = server.tls.as_ref().map(|current| current.borrow().clone());
        match tls {
            None => self.serve_http1(stream, Transport::Plain).await,
            // The state of TLS is large; connections in plain text do not carry room for it.
            Some(tls) => Box::pin(self.serve_tls(&tls, stream)).await,
        }
        drop(slot);
    }

    async fn serve_tls(&mut self, tls: &TlsConfig, stream: TimedStream) {
        let Some(stream) = self.handshake(tls, stream).await else { return };
        let (_, session) = stream.get_ref();
        let version = match session.protocol_version() {
            Some(ProtocolVersion::TLSv1_2) => Some(TlsVersion::V1_2),
            Some(ProtocolVersion::TLSv1_3) => Some(TlsVersion::V1_3),
            _ => None,
        };
        let transport = Transport::Tls(version);
        if session.alpn_protocol() == Some(HTTP2) {
            self.serve_http2(stream, transport).await;
        } else {
            self.serve_http1(stream, transport).await;
        }
    }

    /// None where the client does not finish in time, or the server stops before it does.
    async fn handshake(
        &mut self,
        tls: &TlsConfig,
        stream: TimedStream,
    ) -> Option<TlsStream<TimedStream>> {
        let peer = self.peer;
        let handshake = tls.acceptor().accept(stream);
        let handshake = tokio::time::timeout(self.server.settings.header_timeout, handshake);
        let outcome = tokio::select! {
            outcome = handshake => outcome,
            _ = self.stage.changed() => return None,
        };
        match outcome {
            Ok(Ok(stream)) => return Some(stream),
            Ok(Err(error)) => tracing::debug!(%peer, %error, "TLS handshake failed"),
            Err(_) => tracing::debug!(%peer, "TLS handshake took too long"),
        }
        None
    }

    async fn serve_http1<S>(&mut self, stream: S, transport: Transport)
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let server = Arc::clone(&self.server);
        let origin = self.origin(transport);
        let answer = service_fn(|request| {
            let service = Arc::clone(&server.service);
            async move { Ok::<_, Infallible>(service.handle(request, origin).await) }
        });
        let connection = pin!(server.http1.serve_connection(TokioIo::new(stream), answer));
        self.drive(connection, None).await;
    }

    async fn serve_http2<S>(&mut self, stream: S, transport: Transport)
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let streams = Arc::new(http2::Streams::new(&self.server));
        let answer = streams.service(Arc::clone(&self.server.service), self.origin(transport));
        let builder = http2::builder(Arc::clone(&streams));
        let connection = pin!(builder.serve_connection(TokioIo::new(stream), answer));
        self.drive(connection, Some(&streams)).await;
    }

    fn origin(&self, transport: Transport) -> Origin {
        Origin { address: self.peer.ip(), transport }
    }

    /// Runs a connection until it ends or is told to. HTTP/1 times its own heads; the streams of
    /// HTTP/2 are watched here.
    async fn drive<P: Protocol>(
        &mut self,
        mut connection: Pin<&mut P>,
        streams: Option<&http2::Streams>,
    ) {
        let mut is_told = false;
        loop {
            let verdict = async {
                match streams {
                    Some(streams) => streams.verdict().await,
                    None => pending().await,
                }
            };
            tokio::select! {
                outcome = connection.as_mut() => {
                    if let Err(error) = outcome {
                        log_end(&error, self.peer);
                    }
                    return;
                }
                change = self.stage.changed() => {
                    let stage = *self.stage.borrow_and_update();
                    if change.is_err() || stage == Stage::Cut {
                        return;
                    }
                    if stage == Stage::Draining {
                        connection.as_mut().drain();
                    }
                }
                verdict = verdict => {
                    tracing::debug!(peer = %self.peer, ?verdict, "closing an HTTP/2 connection");
                    if is_told || verdict == Verdict::Flood {
                        return;
                    }
                    is_told = true;
                    connection.as_mut().drain();
                }
            }
        }
    }
}

/// Clients come and go as they like, so this is for whoever looks for it.
fn log_end(error: &hyper::Error, peer: SocketAddr) {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::debug!(%peer, %error, cause, "connection ended");
}
