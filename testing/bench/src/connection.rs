//! One kept-alive HTTP/1.1 connection with one request at a time.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::failure::Failure;
use crate::requests::{Answer, Prepared};

/// Why a request does not count.
#[derive(Clone, Debug)]
pub(crate) enum ExchangeError {
    /// The server answered something else than expected; the connection can be used further.
    Answer(String),
    /// The connection is of no use any more.
    Transport(String),
}

/// A connection.
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
}

impl Connection {
    /// Connects to `host:port`.
    pub(crate) async fn open(authority: &str) -> Result<Self, Failure> {
        let failed = |error: &dyn std::error::Error| {
            Failure::new(format!("cannot connect to {authority}"), error)
        };
        let stream = TcpStream::connect(authority).await.map_err(|error| failed(&error))?;
        stream.set_nodelay(true).map_err(|error| failed(&error))?;
        let (sender, driver) =
            handshake(TokioIo::new(stream)).await.map_err(|error| failed(&error))?;
        // It ends with the connection; what went wrong is told to whoever waits for an answer.
        tokio::spawn(driver);
        Ok(Self { sender })
    }

    /// Sends a request and takes the whole answer.
    pub(crate) async fn answer(&mut self, prepared: &Prepared) -> Result<Answer, ExchangeError> {
        let transport = |error: hyper::Error| ExchangeError::Transport(error.to_string());
        self.sender.ready().await.map_err(transport)?;
        let response = self.sender.send_request(prepared.request()).await.map_err(transport)?;
        let (head, mut body) = response.into_parts();
        let mut received_bytes = 0_u64;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(transport)?;
            received_bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
        }
        Ok(Answer::new(head.status, &head.headers, received_bytes))
    }

    /// Sends a request whose answer must be what is expected of it.
    pub(crate) async fn exchange(&mut self, prepared: &Prepared) -> Result<(), ExchangeError> {
        let answer = self.answer(prepared).await?;
        if answer.is(prepared.expected) {
            return Ok(());
        }
        Err(ExchangeError::Answer(format!("{answer:?} instead of {:?}", prepared.expected)))
    }
}
