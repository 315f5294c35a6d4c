//! The body of a request, which may wait for `100 Continue`.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// Resolves when the body may be sent.
pub(super) type Gate = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The bytes, behind a gate if the request expects an interim answer.
pub(super) struct SendBody {
    bytes: Option<Bytes>,
    gate: Option<Gate>,
}

impl SendBody {
    pub(super) fn new(bytes: Bytes, gate: Option<Gate>) -> Self {
        Self { bytes: Some(bytes).filter(|bytes| !bytes.is_empty()), gate }
    }
}

impl Body for SendBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(gate) = &mut self.gate {
            if gate.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            self.gate = None;
        }
        Poll::Ready(self.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}
