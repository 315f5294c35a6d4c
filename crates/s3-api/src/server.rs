//! Connections: accepted, counted, timed, and ended in order.
//!
//! What a connection may cost is bounded here: how many there are, how long a request head may
//! take, how large it may be, how much is buffered, and how long a client may leave an answer
//! unread. What a request may cost is the service's matter.
//!
//! HTTP/2 is spoken where a client offers it in a TLS handshake. On plain text every byte of HTTP/1
//! would have to pass a look for it, and no S3 client asks for it there.

mod connection;
mod http2;
mod stream;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::TokioTimer;
use model::limits::{CONNECTION_BUFFER_BYTES_MAX, REQUEST_HEAD_BYTES_MAX, REQUEST_HEADERS_MAX};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

use self::connection::Connection;
use crate::metrics::Metrics;
use crate::service::Service;
use crate::tls::TlsConfig;

/// Pause after a failed accept: without one, a process that has no file descriptors left would
/// spend all its time on failing again.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(250);

/// What remains for connections to end after they were told to, before the caller goes on.
const CUT_GRACE: Duration = Duration::from_secs(1);

// hyper keeps the parsed header fields on the stack as long as its default limit is not changed.
const _: () = assert!(REQUEST_HEADERS_MAX == 100, "hyper's default; else call `max_headers`");

/// What connections may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerSettings {
    /// Open connections; further ones wait in the operating system's queue. Also the requests of all
    /// HTTP/2 connections together; further ones wait in their connections.
    pub connections_max: u32,
    /// Time for a TLS handshake, for a whole request head, and for the next request on a kept
    /// connection.
    pub header_timeout: Duration,
    /// Time for which a client may leave an answer unread.
    pub write_timeout: Duration,
    /// Time for requests in flight to finish after the server was told to stop.
    pub shutdown_grace: Duration,
}

/// How the server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Every request in flight was answered.
    Complete,
    /// Connections that were still busy after the grace were cut.
    Cut {
        /// How many.
        connections: usize,
    },
}

/// What connections are told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Go on.
    Serving,
    /// Answer what was asked, then close.
    Draining,
    /// Close now.
    Cut,
}

/// Serves connections until `stop` ends, then lets requests in flight finish. Returns when no
/// connection is left. With `tls`, connections speak TLS with what it holds when they begin.
pub async fn run(
    listener: TcpListener,
    service: Arc<Service>,
    metrics: Arc<Metrics>,
    settings: ServerSettings,
    tls: Option<watch::Receiver<TlsConfig>>,
    stop: impl Future<Output = ()> + Send,
) -> Ending {
    let slots_max = usize::try_from(settings.connections_max).unwrap_or(1);
    let slots = Arc::new(Semaphore::new(slots_max));
    let (stage, _) = watch::channel(Stage::Serving);
    let server = Arc::new(Server {
        service,
        metrics,
        http1: http1_builder(&settings),
        http2_requests: Arc::new(Semaphore::new(slots_max)),
        tls,
        settings,
    });
    tokio::select! {
        () = accept(&listener, &server, &slots, &stage) => {}
        () = stop => {}
    }
    // New connections are refused from here on, instead of waiting for an answer.
    drop(listener);
    drain(&slots, &stage, settings).await
}

/// What all connections share.
struct Server {
    service: Arc<Service>,
    metrics: Arc<Metrics>,
    http1: http1::Builder,
    /// Slots of the requests of all HTTP/2 connections.
    http2_requests: Arc<Semaphore>,
    tls: Option<watch::Receiver<TlsConfig>>,
    settings: ServerSettings,
}

fn http1_builder(settings: &ServerSettings) -> http1::Builder {
    let mut http = http1::Builder::new();
    // The service answers heads above its limit with the error of S3. Beyond that, hyper answers
    // 431 with an empty body, and 414 to a path of more than 64 KiB.
    http.timer(TokioTimer::new())
        .header_read_timeout(settings.header_timeout)
        .max_header_size(2 * REQUEST_HEAD_BYTES_MAX)
        .max_buf_size(CONNECTION_BUFFER_BYTES_MAX);
    http
}

/// Accepts connections for ever. A connection is accepted only when there is a slot for it.
async fn accept(
    listener: &TcpListener,
    server: &Arc<Server>,
    slots: &Arc<Semaphore>,
    stage: &watch::Sender<Stage>,
) {
    while let Ok(slot) = Arc::clone(slots).acquire_owned().await {
        let (stream, peer) = next_connection(listener).await;
        let connection = Connection::new(Arc::clone(server), peer, stage.subscribe());
        tokio::spawn(connection.serve(stream, slot));
    }
}

async fn next_connection(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(connection) => return connection,
            // The client gave up while it waited; that says nothing about the next one.
            Err(error) if is_about_one_client(&error) => {
                tracing::debug!(%error, "a connection ended before it was accepted");
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections; trying again");
                tokio::time::sleep(ACCEPT_BACKOFF).await;
            }
        }
    }
}

fn is_about_one_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

async fn drain(
    slots: &Semaphore,
    stage: &watch::Sender<Stage>,
    settings: ServerSettings,
) -> Ending {
    stage.send_replace(Stage::Draining);
    let all_closed = || slots.acquire_many(settings.connections_max);
    if tokio::time::timeout(settings.shutdown_grace, all_closed()).await.is_ok() {
        return Ending::Complete;
    }
    let all = usize::try_from(settings.connections_max).unwrap_or(usize::MAX);
    let connections = all.saturating_sub(slots.available_permits());
    stage.send_replace(Stage::Cut);
    // Each connection is dropped where it next waits; one that computes is not waited for.
    let _ = tokio::time::timeout(CUT_GRACE, all_closed()).await;
    Ending::Cut { connections }
}
