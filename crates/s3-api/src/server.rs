//! Connections: accepted, counted, timed, and ended in order.
//!
//! What a connection may cost is bounded here: how many there are, how long a request head may
//! take, how large it may be, how much is buffered, and how long a client may leave an answer
//! unread. What a request may cost is the service's matter.

mod stream;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use model::limits::{CONNECTION_BUFFER_BYTES_MAX, REQUEST_HEAD_BYTES_MAX, REQUEST_HEADERS_MAX};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use self::stream::TimedStream;
use crate::metrics::Metrics;
use crate::service::Service;

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
    /// Open connections; further ones wait in the operating system's queue.
    pub connections_max: u32,
    /// Time for a whole request head, and for the next request on a kept connection.
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
/// connection is left.
pub async fn run(
    listener: TcpListener,
    service: Arc<Service>,
    metrics: Arc<Metrics>,
    settings: ServerSettings,
    stop: impl Future<Output = ()> + Send,
) -> Ending {
    let slots = Arc::new(Semaphore::new(usize::try_from(settings.connections_max).unwrap_or(1)));
    let (stage, _) = watch::channel(Stage::Serving);
    let server = Arc::new(Server { service, metrics, http: http(&settings), settings });
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
    http: http1::Builder,
    settings: ServerSettings,
}

fn http(settings: &ServerSettings) -> http1::Builder {
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
        let connection = Connection { server: Arc::clone(server), peer, stage: stage.subscribe() };
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

/// One connection.
struct Connection {
    server: Arc<Server>,
    peer: SocketAddr,
    stage: watch::Receiver<Stage>,
}

impl Connection {
    /// Serves requests until either side closes; gives the slot back at the end.
    async fn serve(mut self, stream: TcpStream, slot: OwnedSemaphorePermit) {
        let _open = self.server.metrics.connection_opened();
        // Without this, small answers wait for the client's delayed acknowledgement (44 ms).
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot set TCP_NODELAY");
        }
        let stream = TimedStream::new(stream, self.server.settings.write_timeout);
        let (service, peer) = (&self.server.service, self.peer);
        let answer = service_fn(|request| {
            let service = Arc::clone(service);
            async move { Ok::<_, Infallible>(service.handle(request, peer).await) }
        });
        let mut connection =
            std::pin::pin!(self.server.http.serve_connection(TokioIo::new(stream), answer));
        loop {
            tokio::select! {
                outcome = connection.as_mut() => {
                    if let Err(error) = outcome {
                        log_end(&error, peer);
                    }
                    break;
                }
                change = self.stage.changed() => {
                    let stage = *self.stage.borrow_and_update();
                    if change.is_err() || stage == Stage::Cut {
                        break;
                    }
                    if stage == Stage::Draining {
                        connection.as_mut().graceful_shutdown();
                    }
                }
            }
        }
        drop(slot);
    }
}

/// Clients come and go as they like, so this is for whoever looks for it.
fn log_end(error: &hyper::Error, peer: SocketAddr) {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::debug!(%peer, %error, cause, "connection ended");
}
