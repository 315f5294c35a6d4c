//! Sends requests, on kept connections where there are some.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, EXPECT, HOST, HeaderName};
use http::{HeaderValue, Method, Request, Response, Uri, Version};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use parking_lot::Mutex;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;

use super::body::{Gate, SendBody};
use super::connect::{Sender, failure, open};
use super::exchange::{
    Answer, Exchange, Failure, FailureKind, Timing, may_be_kept, without_secrets,
};
use super::request::{HttpRequest, WhereTo};

/// Connections to one place that are kept for the next request.
const KEPT_CONNECTIONS_MAX: usize = 32;
/// How long a body waits for `100 Continue` before it is sent all the same. RFC 9110 section 10.1.1
/// wants it sent after a reasonable time.
const CONTINUE_TIMEOUT: Duration = Duration::from_secs(1);

/// How long to wait.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For name, connection and handshake together.
    pub connect: Duration,
    /// For the whole exchange, with its connection.
    pub exchange: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), exchange: Duration::from_secs(20) }
    }
}

/// The cryptography of this machine is unusable.
#[derive(Debug, thiserror::Error)]
#[error("cannot prepare TLS: {0}")]
pub struct TransportError(#[from] rustls::Error);

/// The way to every HTTP server. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Transport {
    tls: TlsConnector,
    timeouts: Timeouts,
    idle: Arc<Mutex<BTreeMap<String, Vec<Sender>>>>,
}

impl Transport {
    /// A transport that trusts these certificates; those that nobody can read are left out.
    pub fn new(
        roots: impl IntoIterator<Item = CertificateDer<'static>>,
        timeouts: Timeouts,
    ) -> Result<Self, TransportError> {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(roots);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(store)
            .with_no_client_auth();
        let tls = TlsConnector::from(Arc::new(config));
        Ok(Self { tls, timeouts, idle: Arc::default() })
    }

    /// The same with other limits of time.
    #[must_use]
    pub fn with_timeouts(&self, timeouts: Timeouts) -> Self {
        Self { timeouts, ..self.clone() }
    }

    /// Sends the request and takes the answer. Redirects are answers.
    pub async fn send(&self, request: &HttpRequest) -> Exchange {
        let begin = Instant::now();
        let mut timing = Timing::default();
        let exchanged = self.exchange(request, &mut timing);
        let outcome = match timeout(self.timeouts.exchange, exchanged).await {
            Ok(outcome) => outcome,
            Err(_) => Err(failure(FailureKind::Timeout, "no complete answer in time")),
        };
        timing.total = begin.elapsed();
        let kept = request.headers.iter().filter(|(name, _)| may_be_kept(name));
        Exchange {
            method: request.method.clone(),
            url: without_secrets(&request.url),
            request_headers: kept.cloned().collect(),
            request_bytes: request.body.as_ref().map_or(0, Bytes::len),
            outcome,
            timing,
        }
    }

    async fn exchange(
        &self,
        request: &HttpRequest,
        timing: &mut Timing,
    ) -> Result<Answer, Failure> {
        let to = WhereTo::parse(&request.url).map_err(|why| failure(FailureKind::Request, why))?;
        let place = to.origin();
        // A kept connection may have been closed by the other side at any time. Whatever is sent here
        // can be sent again.
        while let Some(mut sender) = self.kept(&place) {
            if sender.is_closed() || sender.ready().await.is_err() {
                continue;
            }
            match self.on_connection(&mut sender, request, &to, timing).await {
                Ok(answer) => {
                    self.keep(place, sender);
                    return Ok(answer);
                }
                Err(failed) if failed.kind == FailureKind::Transfer => {}
                Err(failed) => return Err(failed),
            }
        }
        let mut sender = open(&to, &self.tls, self.timeouts.connect, timing).await?;
        let answer = self.on_connection(&mut sender, request, &to, timing).await?;
        self.keep(place, sender);
        Ok(answer)
    }

    async fn on_connection(
        &self,
        sender: &mut Sender,
        request: &HttpRequest,
        to: &WhereTo,
        timing: &mut Timing,
    ) -> Result<Answer, Failure> {
        let begin = Instant::now();
        let (continued, mut seen) = watch::channel(None);
        let prepared = prepare(request, to, begin, continued)?;
        let transfer = |error: hyper::Error| failure(FailureKind::Transfer, describe(&error));
        let response = sender.send_request(prepared).await.map_err(transfer)?;
        timing.interim = *seen.borrow_and_update();
        take(response, request.take_bytes).await
    }

    fn kept(&self, place: &str) -> Option<Sender> {
        self.idle.lock().get_mut(place)?.pop()
    }

    fn keep(&self, place: String, sender: Sender) {
        let mut idle = self.idle.lock();
        let connections = idle.entry(place).or_default();
        if !sender.is_closed() && connections.len() < KEPT_CONNECTIONS_MAX {
            connections.push(sender);
        }
    }
}

fn prepare(
    request: &HttpRequest,
    to: &WhereTo,
    begin: Instant,
    continued: watch::Sender<Option<Duration>>,
) -> Result<Request<SendBody>, Failure> {
    let bad = |what: &str| failure(FailureKind::Request, format!("{what} cannot be sent"));
    let body = request.body.clone().unwrap_or_default();
    let length = body.len();
    let expects = request.headers.iter().any(|(name, _)| name == EXPECT.as_str());
    let gate = expects.then(|| gate(continued.subscribe()));
    let mut prepared = Request::new(SendBody::new(body, gate));
    if expects {
        hyper::ext::on_informational(&mut prepared, move |_| {
            continued.send_replace(Some(begin.elapsed()));
        });
    }
    *prepared.method_mut() =
        Method::from_bytes(request.method.as_bytes()).map_err(|_| bad("the method"))?;
    *prepared.uri_mut() = Uri::try_from(&to.target).map_err(|_| bad("the path"))?;
    let headers = prepared.headers_mut();
    headers.insert(HOST, HeaderValue::try_from(&to.authority).map_err(|_| bad("the host"))?);
    if request.body.is_some() {
        headers.insert(CONTENT_LENGTH, length.into());
    }
    for (name, value) in &request.headers {
        let key = HeaderName::try_from(name).map_err(|_| bad(&format!("the header `{name}`")))?;
        let value = HeaderValue::from_bytes(value.as_bytes())
            .map_err(|_| bad(&format!("the value of `{name}`")))?;
        headers.append(key, value);
    }
    Ok(prepared)
}

/// Opens when `100 Continue` came, or when it did not come in time.
fn gate(mut continued: watch::Receiver<Option<Duration>>) -> Gate {
    Box::pin(async move {
        let came = continued.wait_for(Option::is_some);
        _ = timeout(CONTINUE_TIMEOUT, came).await;
    })
}

async fn take(response: Response<Incoming>, take_bytes: usize) -> Result<Answer, Failure> {
    let (head, mut body) = response.into_parts();
    let mut taken = BytesMut::new();
    let mut is_truncated = false;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| failure(FailureKind::Transfer, describe(&error)))?;
        let Some(data) = frame.data_ref() else { continue };
        let room = take_bytes.saturating_sub(taken.len());
        taken.extend_from_slice(data.get(..room).unwrap_or(data));
        if data.len() > room {
            is_truncated = true;
            break;
        }
    }
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers =
        head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    let version = match head.version {
        Version::HTTP_10 => "HTTP/1.0",
        _ => "HTTP/1.1",
    };
    let answer = Answer::new(head.status.as_u16(), headers, taken.freeze(), version);
    Ok(Answer { is_truncated, ..answer })
}

/// An error with its causes; the own words of libraries such as hyper and lettre say little.
pub(crate) fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
