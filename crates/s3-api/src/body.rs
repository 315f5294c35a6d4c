//! Bodies of requests and responses.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use identity::{ChunkedDecoder, Trailer};
use model::limits::DISCARDED_BODY_BYTES_MAX;
use model::{ChecksumAlgorithm, ErrorCode, S3Error};
use ops::object::get::ObjectBytes;
use ops::object::{BodyLength, BodySource};

use crate::headers::checksum::decode;

/// How long we read on for a client that sends a body which nobody wants.
const DISCARD_TIMEOUT: Duration = Duration::from_secs(5);

/// The body of a request, free of the `aws-chunked` coding.
pub struct RequestBody {
    incoming: Incoming,
    /// How long a client may let us wait for the next bytes. AWS: error RequestTimeout.
    idle_timeout: Duration,
    /// The decoder of `aws-chunked`; none for a plain body, or once the end was reached.
    decoder: Option<ChunkedDecoder>,
    /// Bytes that arrived and are not decoded yet.
    pending: Bytes,
    /// Length that the client announced; none where it announced none.
    length_bytes: Option<u64>,
    received_bytes: u64,
    trailers: Vec<Trailer>,
    /// The client waits for `100 Continue` before it sends anything.
    awaits_continue: bool,
    touched: bool,
}

impl RequestBody {
    /// A body for whose next bytes we wait no longer than `idle_timeout`.
    pub(crate) fn new(incoming: Incoming, awaits_continue: bool, idle_timeout: Duration) -> Self {
        Self {
            incoming,
            idle_timeout,
            decoder: None,
            pending: Bytes::new(),
            length_bytes: None,
            received_bytes: 0,
            trailers: Vec::new(),
            awaits_continue,
            touched: false,
        }
    }

    /// What the head says about the body, once it is known: the `aws-chunked` coding, and the
    /// decoded length in bytes.
    pub(crate) fn describe(&mut self, decoder: Option<ChunkedDecoder>, length_bytes: Option<u64>) {
        self.decoder = decoder;
        self.length_bytes = length_bytes;
    }

    /// The length that the client announced, in bytes.
    pub(crate) fn announced_length(&self) -> Option<u64> {
        self.length_bytes
    }

    /// Bytes of the decoded body that arrived so far.
    pub(crate) fn received_bytes(&self) -> u64 {
        self.received_bytes
    }

    /// Reads and throws away what is left of a body that nobody wants, so that the client reads
    /// our answer instead of a reset connection. Bounded in size and time; false if bytes may still
    /// come, so that the connection cannot carry another request.
    pub(crate) async fn discard(&mut self) -> bool {
        if self.incoming.is_end_stream() {
            return true;
        }
        // A client that waits for leave to send must not be given it.
        if self.awaits_continue && !self.touched {
            return false;
        }
        let drain = async {
            let mut discarded = 0_u64;
            while discarded < DISCARDED_BODY_BYTES_MAX {
                match self.incoming.frame().await {
                    None => return true,
                    Some(Err(_)) => return false,
                    Some(Ok(frame)) => {
                        discarded += frame.data_ref().map_or(0, |data| data.len() as u64);
                    }
                }
            }
            false
        };
        // Too slow or too long: the connection is closed under the client, as S3 does.
        tokio::time::timeout(DISCARD_TIMEOUT, drain).await.unwrap_or(false)
    }

    /// The next bytes as they come from the connection.
    async fn receive(&mut self) -> Result<Option<Bytes>, S3Error> {
        self.touched = true;
        loop {
            let frame = tokio::time::timeout(self.idle_timeout, self.incoming.frame())
                .await
                .map_err(|_| S3Error::new(ErrorCode::RequestTimeout))?;
            match frame {
                None => return Ok(None),
                // A connection that broke; nobody reads this answer.
                Some(Err(error)) => {
                    return Err(S3Error::new(ErrorCode::IncompleteBody).because(error));
                }
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data()
                        && !data.is_empty()
                    {
                        return Ok(Some(data));
                    }
                }
            }
        }
    }

    /// The next decoded bytes.
    async fn next_decoded(&mut self) -> Result<Option<Bytes>, S3Error> {
        loop {
            let Some(decoder) = &mut self.decoder else {
                return self.receive().await;
            };
            if let Some(data) = decoder.feed(&mut self.pending)? {
                return Ok(Some(data));
            }
            if let Some(data) = self.receive().await? {
                self.pending = data;
                continue;
            }
            if let Some(decoder) = self.decoder.take() {
                self.trailers = decoder.finish()?;
            }
            return Ok(None);
        }
    }

    fn count(&mut self, chunk: Option<Bytes>) -> Result<Option<Bytes>, S3Error> {
        let announced = self.length_bytes.unwrap_or(u64::MAX);
        match chunk {
            Some(chunk) => {
                self.received_bytes = self.received_bytes.saturating_add(chunk.len() as u64);
                if self.received_bytes > announced {
                    return Err(ErrorCode::IncompleteBody.into());
                }
                Ok(Some(chunk))
            }
            None if self.length_bytes.is_some_and(|length| length != self.received_bytes) => {
                Err(ErrorCode::IncompleteBody.into())
            }
            None => Ok(None),
        }
    }
}

impl BodySource for RequestBody {
    fn length(&self) -> BodyLength {
        self.length_bytes.map_or(BodyLength::AtMost(u64::MAX), BodyLength::Exact)
    }

    async fn next(&mut self) -> Result<Option<Bytes>, S3Error> {
        let chunk = self.next_decoded().await?;
        self.count(chunk)
    }

    fn trailing_checksum(&self, algorithm: ChecksumAlgorithm) -> Result<Vec<u8>, S3Error> {
        let value = self.trailers.iter().find(|trailer| trailer.name == algorithm.header());
        let value = value.ok_or(ErrorCode::MalformedTrailerError)?;
        decode(algorithm, &value.value)
    }
}

/// The body of a response.
pub struct ResponseBody {
    content: Content,
    watched: Option<Watched>,
}

/// Hears how much of a body was sent, once it is over.
pub(crate) trait Watcher: Send {
    /// The body has ended, or the client went away.
    fn sent(&self, bytes: u64);
}

struct Watched {
    watcher: Box<dyn Watcher>,
    sent_bytes: u64,
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.watcher.sent(self.sent_bytes);
    }
}

enum Content {
    Empty,
    Full(Option<Bytes>),
    Object { reading: Reading, left_bytes: u64 },
}

/// A reader that is either here or at work.
enum Reading {
    Idle(Box<ObjectBytes>),
    Busy(ReadFuture),
    Done,
}

type ReadResult = (Box<ObjectBytes>, Result<Option<Bytes>, S3Error>);
type ReadFuture = Pin<Box<dyn Future<Output = ReadResult> + Send>>;

impl ResponseBody {
    /// No bytes.
    pub fn empty() -> Self {
        Content::Empty.into()
    }

    /// Tells the watcher how much was sent when the body is dropped.
    pub(crate) fn watch(&mut self, watcher: Box<dyn Watcher>) {
        self.watched = Some(Watched { watcher, sent_bytes: 0 });
    }

    /// Bytes of an object, streamed.
    pub(crate) fn object(bytes: ObjectBytes, length_bytes: u64) -> Self {
        let reading = Reading::Idle(Box::new(bytes));
        Content::Object { reading, left_bytes: length_bytes }.into()
    }
}

impl From<Content> for ResponseBody {
    fn from(content: Content) -> Self {
        Self { content, watched: None }
    }
}

impl From<String> for ResponseBody {
    fn from(text: String) -> Self {
        Self::from(Bytes::from(text))
    }
}

impl From<Bytes> for ResponseBody {
    fn from(bytes: Bytes) -> Self {
        if bytes.is_empty() { Content::Empty } else { Content::Full(Some(bytes)) }.into()
    }
}

/// The stream behind a response broke: the connection is closed before the announced length, so
/// that the client cannot take what it has for the whole.
#[derive(Debug, thiserror::Error)]
#[error("the object could not be read to its end")]
pub struct BrokenBody;

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = BrokenBody;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenBody>>> {
        let this = &mut *self;
        let chunk = match &mut this.content {
            Content::Empty => None,
            Content::Full(bytes) => bytes.take().map(|bytes| Ok(Frame::data(bytes))),
            Content::Object { reading, left_bytes } => {
                let chunk = std::task::ready!(poll_reading(reading, context));
                *left_bytes = left_bytes.saturating_sub(length_bytes(chunk.as_ref()));
                chunk
            }
        };
        if let Some(watched) = &mut this.watched {
            watched.sent_bytes += length_bytes(chunk.as_ref());
        }
        Poll::Ready(chunk)
    }

    fn is_end_stream(&self) -> bool {
        match &self.content {
            Content::Empty | Content::Full(None) => true,
            Content::Full(Some(_)) => false,
            Content::Object { left_bytes, .. } => *left_bytes == 0,
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match &self.content {
            Content::Empty | Content::Full(None) => 0,
            Content::Full(Some(bytes)) => bytes.len() as u64,
            Content::Object { left_bytes, .. } => *left_bytes,
        })
    }
}

fn length_bytes(chunk: Option<&Result<Frame<Bytes>, BrokenBody>>) -> u64 {
    let data = chunk.and_then(|chunk| chunk.as_ref().ok()).and_then(Frame::data_ref);
    data.map_or(0, |data| data.len() as u64)
}

fn poll_reading(
    reading: &mut Reading,
    context: &mut Context<'_>,
) -> Poll<Option<Result<Frame<Bytes>, BrokenBody>>> {
    let mut future = match std::mem::replace(reading, Reading::Done) {
        Reading::Done => return Poll::Ready(None),
        Reading::Busy(future) => future,
        Reading::Idle(mut bytes) => Box::pin(async move {
            let chunk = bytes.next().await;
            (bytes, chunk)
        }),
    };
    match future.as_mut().poll(context) {
        Poll::Pending => {
            *reading = Reading::Busy(future);
            Poll::Pending
        }
        Poll::Ready((bytes, Ok(Some(chunk)))) => {
            *reading = Reading::Idle(bytes);
            Poll::Ready(Some(Ok(Frame::data(chunk))))
        }
        Poll::Ready((_, Ok(None))) => Poll::Ready(None),
        Poll::Ready((_, Err(error))) => {
            tracing::error!(%error, cause = error.cause(), "reading an object failed");
            Poll::Ready(Some(Err(BrokenBody)))
        }
    }
}
