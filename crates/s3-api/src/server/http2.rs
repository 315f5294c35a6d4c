//! What HTTP/2 adds to a connection: many requests at once, each of which can stall or be taken back
//! on its own.
//!
//! hyper has no time limits for HTTP/2, so they are kept here: a connection without requests is
//! closed after the time for a request head, which covers idle connections, slow prefaces and heads
//! that never end, since no other frame may interrupt a head (RFC 9113, 6.10). A request whose answer
//! nobody reads is reset after the time for writes. A connection that keeps taking requests back
//! is closed.

#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, header};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::rt::{Executor, Read, Write};
use hyper::server::conn::http2;
use hyper::service::{HttpService, service_fn};
use model::limits::{
    CONNECTION_BUFFER_BYTES_MAX, HTTP2_ABANDONED_STREAMS_MAX, HTTP2_CONNECTION_WINDOW_BYTES,
    HTTP2_FAULTY_STREAMS_MAX, HTTP2_STREAM_WINDOW_BYTES, HTTP2_STREAMS_MAX, REQUEST_HEAD_BYTES_MAX,
};
use parking_lot::Mutex;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::Server;
use super::connection::Protocol;
use crate::body::{BrokenBody, ResponseBody};
use crate::origin::Origin;
use crate::service::Service;

tokio::task_local! {
    /// The answer that the running task sends.
    static PROGRESS: Arc<Progress>;
}

/// HTTP/2 with our limits.
pub(super) fn builder(streams: Arc<Streams>) -> http2::Builder<StreamExecutor> {
    let mut builder = http2::Builder::new(StreamExecutor(streams));
    // The service answers heads above its limit with the error of S3; hyper answers 431 beyond this.
    let head_bytes_max = u32::try_from(2 * REQUEST_HEAD_BYTES_MAX).unwrap_or(u32::MAX);
    builder
        .max_concurrent_streams(HTTP2_STREAMS_MAX)
        .max_header_list_size(head_bytes_max)
        .max_local_error_reset_streams(HTTP2_FAULTY_STREAMS_MAX)
        .initial_connection_window_size(HTTP2_CONNECTION_WINDOW_BYTES)
        .initial_stream_window_size(HTTP2_STREAM_WINDOW_BYTES)
        .max_send_buf_size(CONNECTION_BUFFER_BYTES_MAX);
    builder
}

impl<I, S> Protocol for http2::Connection<I, S, StreamExecutor>
where
    S: HttpService<Incoming, ResBody = StreamBody>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    S::Future: Send + 'static,
    I: Read + Write + Unpin,
{
    fn drain(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

/// Why a connection should be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It asks for nothing.
    Idle,
    /// It takes back what it asks for.
    Flood,
}

/// The requests of one connection.
pub(super) struct Streams {
    /// Slots of the requests of all connections.
    requests: Arc<Semaphore>,
    idle_timeout: Duration,
    write_timeout: Duration,
    activity: Mutex<Activity>,
    /// Requests that were taken back, less those that were answered.
    abandoned: AtomicU32,
    flood: Notify,
}

struct Activity {
    open: u32,
    /// When the last request ended, or idleness was last reported.
    idle_since: Instant,
}

impl Streams {
    pub(super) fn new(server: &Server) -> Self {
        let settings = &server.settings;
        Self::with(
            Arc::clone(&server.http2_requests),
            settings.header_timeout,
            settings.write_timeout,
        )
    }

    fn with(requests: Arc<Semaphore>, idle_timeout: Duration, write_timeout: Duration) -> Self {
        let activity = Mutex::new(Activity { open: 0, idle_since: Instant::now() });
        let (abandoned, flood) = (AtomicU32::new(0), Notify::new());
        Self { requests, idle_timeout, write_timeout, activity, abandoned, flood }
    }

    /// Answers the requests of the connection.
    pub(super) fn service(
        self: &Arc<Self>,
        service: Arc<Service>,
        origin: Origin,
    ) -> impl HttpService<Incoming, ResBody = StreamBody, Error = Infallible, Future: Send + 'static>
    + use<> {
        let streams = Arc::clone(self);
        service_fn(move |mut request: Request<Incoming>| {
            let service = Arc::clone(&service);
            // Made before the first poll, so that no request goes uncounted.
            let asked = Asked::new(Arc::clone(&streams));
            async move {
                let slot = Arc::clone(&asked.streams.requests).acquire_owned().await.ok();
                name_host(&mut request);
                let response = service.handle(request, origin).await;
                Ok::<_, Infallible>(response.map(|body| StreamBody::new(body, asked, slot)))
            }
        })
    }

    /// Ends when the connection should.
    pub(super) async fn verdict(&self) -> Verdict {
        tokio::select! {
            () = self.idle() => Verdict::Idle,
            () = self.flood.notified() => Verdict::Flood,
        }
    }

    /// Ends when there was no request for too long; then the time begins anew.
    async fn idle(&self) {
        loop {
            let end = {
                let mut activity = self.activity.lock();
                let now = Instant::now();
                if activity.open > 0 {
                    now + self.idle_timeout
                } else if activity.idle_since + self.idle_timeout <= now {
                    activity.idle_since = now;
                    return;
                } else {
                    activity.idle_since + self.idle_timeout
                }
            };
            tokio::time::sleep_until(end).await;
        }
    }

    fn count_abandoned(&self) {
        let before = self.abandoned.fetch_add(1, Ordering::Relaxed);
        if before >= HTTP2_ABANDONED_STREAMS_MAX {
            self.flood.notify_one();
        }
    }

    fn count_answered(&self) {
        let less = |count: u32| Some(count.saturating_sub(1));
        // Never fails: the function always gives a value.
        let _ = self.abandoned.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }
}

/// A request. Dropped before its answer was taken, it was taken back: an upload that is reset ends
/// with an answer too, but nobody asks for its body.
struct Asked {
    streams: Arc<Streams>,
    is_answered: bool,
}

impl Asked {
    fn new(streams: Arc<Streams>) -> Self {
        Self { streams, is_answered: false }
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        if self.is_answered {
            self.streams.count_answered();
        } else {
            self.streams.count_abandoned();
        }
    }
}

/// Gives each request the `Host` under which it was signed. In HTTP/2 `:authority` is what counts, and
/// most clients send nothing else (RFC 9113, 8.3.1).
fn name_host<B>(request: &mut Request<B>) {
    let authority = request.uri().authority().map(http::uri::Authority::as_str);
    if let Some(host) = authority.and_then(|authority| HeaderValue::from_str(authority).ok()) {
        request.headers_mut().insert(header::HOST, host);
    }
}

/// Runs each request of a connection as a task of its own.
#[derive(Clone)]
pub(super) struct StreamExecutor(Arc<Streams>);

impl<F> Executor<F> for StreamExecutor
where
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, stream: F) {
        let open = OpenStream::new(Arc::clone(&self.0));
        tokio::spawn(async move { watched(stream, open.0.write_timeout).await });
    }
}

/// One request more, as long as it lives.
struct OpenStream(Arc<Streams>);

impl OpenStream {
    fn new(streams: Arc<Streams>) -> Self {
        streams.activity.lock().open += 1;
        Self(streams)
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        let mut activity = self.0.activity.lock();
        activity.open = activity.open.saturating_sub(1);
        activity.idle_since = Instant::now();
    }
}

/// Runs a stream until it ends or its client has left the answer unread for too long.
async fn watched(stream: impl Future, timeout: Duration) {
    let progress = Arc::new(Progress::default());
    let watch = Arc::clone(&progress);
    tokio::select! {
        _ = PROGRESS.scope(progress, stream) => {}
        // Dropping the stream resets it.
        () = watch.stalled(timeout) => tracing::debug!("an HTTP/2 client reads nothing"),
    }
}

/// How far the answer of one stream is.
#[derive(Default)]
struct Progress {
    /// How often the connection asked for more of the answer; 0 while the request is worked on,
    /// which takes the time that it takes.
    steps: AtomicU64,
}

impl Progress {
    /// Ends when an answer that was begun did not go on for `timeout`, or up to twice as long.
    async fn stalled(&self, timeout: Duration) {
        loop {
            let before = self.steps.load(Ordering::Relaxed);
            tokio::time::sleep(timeout).await;
            if before != 0 && before == self.steps.load(Ordering::Relaxed) {
                return;
            }
        }
    }
}

/// The body of an answer, which keeps the slot of its request and tells when it is asked for more.
pub(super) struct StreamBody {
    body: ResponseBody,
    asked: Asked,
    progress: Option<Arc<Progress>>,
    _slot: Option<OwnedSemaphorePermit>,
}

impl StreamBody {
    fn new(body: ResponseBody, mut asked: Asked, slot: Option<OwnedSemaphorePermit>) -> Self {
        let progress = PROGRESS.try_with(Arc::clone).ok();
        // An empty body is never asked for.
        asked.is_answered = body.is_end_stream();
        let body = Self { body, asked, progress, _slot: slot };
        body.step();
        body
    }

    fn step(&self) {
        if let Some(progress) = &self.progress {
            progress.steps.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Body for StreamBody {
    type Data = Bytes;
    type Error = BrokenBody;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenBody>>> {
        self.step();
        self.asked.is_answered = true;
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
