//! Messages by HTTP: one POST each, delivered when the answer is a 2xx.
//!
//! `x-grantry-signature` lets the receiver know that the message comes from here: `sha256=` and the
//! HMAC-SHA256 of the body with the secret that both know, in hexadecimal. Redirects are not
//! followed: the operator has said where messages go.

use std::time::Duration;

use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use http::{Request, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use model::limits::WEBHOOK_ANSWER_BYTES_MAX;
use ops::events::destination::{Message, Sender, Sending};
use parking_lot::Mutex;
use sha2::Sha256;
use tokio::net::TcpStream;

use crate::{Secret, SetupError, TlsClient};

/// Connections that are kept for the next message.
const IDLE_MAX: usize = 32;

/// What the operator says about a webhook.
#[derive(Clone, Debug)]
pub struct WebhookSettings {
    /// `http` or `https`.
    pub url: String,
    /// Signs messages.
    pub secret: Option<Secret>,
    /// Is sent as `Authorization: Bearer`.
    pub token: Option<Secret>,
    /// Time for one message, from the name to the answer.
    pub timeout: Duration,
}

/// A webhook.
pub struct Webhook {
    host: String,
    port: u16,
    authority: HeaderValue,
    target: Uri,
    tls: Option<TlsClient>,
    secret: Option<Secret>,
    authorization: Option<HeaderValue>,
    timeout: Duration,
    idle: Mutex<Vec<SendRequest<Full<Bytes>>>>,
}

impl Webhook {
    /// Checks the settings; connects to nobody yet.
    pub fn new(settings: WebhookSettings, tls: &TlsClient) -> Result<Self, SetupError> {
        let wrong = |what: &str| SetupError(format!("`url` {what}"));
        let uri: Uri = settings.url.parse().map_err(|_| wrong("is no URL"))?;
        let (tls, default_port) = match uri.scheme_str() {
            Some("http") => (None, 80),
            Some("https") => (Some(tls.clone()), 443),
            _ => return Err(wrong("begins neither with http:// nor with https://")),
        };
        let authority = uri.authority().ok_or_else(|| wrong("has no host"))?;
        if authority.as_str().contains('@') {
            return Err(wrong("holds a user name; use `token`"));
        }
        let bearer = |token: &Secret| {
            let value = HeaderValue::try_from(format!("Bearer {}", token.expose()));
            value.map(|mut value| {
                value.set_sensitive(true);
                value
            })
        };
        let authorization = settings.token.as_ref().map(bearer).transpose();
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        Ok(Self {
            host: authority.host().trim_matches(['[', ']']).to_owned(),
            port: authority.port_u16().unwrap_or(default_port),
            authority: HeaderValue::try_from(authority.as_str()).map_err(|_| wrong("is no URL"))?,
            target: target.parse().map_err(|_| wrong("is no URL"))?,
            tls,
            secret: settings.secret,
            authorization: authorization
                .map_err(|_| SetupError("`token` holds characters that no header may".into()))?,
            timeout: settings.timeout,
            idle: Mutex::new(Vec::new()),
        })
    }

    async fn post(&self, message: &Message) -> Result<(), String> {
        // A kept connection may have been closed meanwhile; then the message was not taken.
        let mut kept = self.idle.lock().pop();
        if let Some(connection) = &mut kept
            && connection.ready().await.is_err()
        {
            kept = None;
        }
        let mut connection = match kept {
            Some(kept) => kept,
            None => self.connect().await?,
        };
        let response = connection
            .send_request(self.request(message)?)
            .await
            .map_err(|error| error.to_string())?;
        let status = response.status();
        let body = Limited::new(response.into_body(), WEBHOOK_ANSWER_BYTES_MAX).collect().await;
        if body.is_ok() {
            let mut idle = self.idle.lock();
            if idle.len() < IDLE_MAX {
                idle.push(connection);
            }
        }
        if status.is_success() { Ok(()) } else { Err(format!("status {status}")) }
    }

    fn request(&self, message: &Message) -> Result<Request<Full<Bytes>>, String> {
        let mut request = Request::post(self.target.clone())
            .header(HOST, &self.authority)
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, "Grantry")
            .header("x-grantry-event-id", &message.id);
        if let Some(secret) = &self.secret {
            request = request.header("x-grantry-signature", signature(secret, &message.body)?);
        }
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let body = Full::new(Bytes::from(message.body.clone()));
        request.body(body).map_err(|error| error.to_string())
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, String> {
        let tcp = TcpStream::connect((self.host.as_str(), self.port))
            .await
            .map_err(|error| error.to_string())?;
        match &self.tls {
            None => handshake(TokioIo::new(tcp)).await,
            Some(tls) => handshake(TokioIo::new(tls.connect(&self.host, tcp).await?)).await,
        }
    }
}

impl Sender for Webhook {
    fn send<'a>(&'a self, message: &'a Message) -> Sending<'a> {
        Box::pin(async move {
            let sent = tokio::time::timeout(self.timeout, self.post(message)).await;
            sent.unwrap_or_else(|_| Err("it took too long".to_owned()))
        })
    }
}

async fn handshake<T>(io: T) -> Result<SendRequest<Full<Bytes>>, String>
where
    T: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let (sender, connection) = http1::handshake(io).await.map_err(|error| error.to_string())?;
    // Ends when the sender is dropped or the other side closes.
    tokio::spawn(connection);
    Ok(sender)
}

/// `sha256=` and the HMAC of the body.
fn signature(secret: &Secret, body: &str) -> Result<String, String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes())
        .map_err(|error| error.to_string())?;
    mac.update(body.as_bytes());
    Ok(format!("sha256={}", hex::encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: &str) -> WebhookSettings {
        WebhookSettings {
            url: url.into(),
            secret: Some(Secret::new("Jefe".into())),
            token: Some(Secret::new("t0ken".into())),
            timeout: Duration::from_secs(5),
        }
    }

    fn tls() -> TlsClient {
        TlsClient::new([]).unwrap()
    }

    #[test]
    fn urls() {
        for (url, expected) in [
            ("http://localhost/", Ok(("localhost", 80))),
            ("https://events.example:8443/a?b=c", Ok(("events.example", 8443))),
            ("https://[::1]/", Ok(("::1", 443))),
            ("http://user:password@localhost/", Err("`url` holds a user name; use `token`")),
            ("ftp://localhost/", Err("`url` begins neither with http:// nor with https://")),
            ("/only/a/path", Err("`url` begins neither with http:// nor with https://")),
            ("", Err("`url` is no URL")),
        ] {
            let made = Webhook::new(settings(url), &tls());
            let shown = made.as_ref().map(|hook| (hook.host.as_str(), hook.port));
            assert_eq!(shown.map_err(|error| error.0.as_str()), expected, "{url}");
        }
        let bad =
            WebhookSettings { token: Some(Secret::new("a\nb".into())), ..settings("http://a/") };
        assert!(Webhook::new(bad, &tls()).is_err());
        assert!(!format!("{:?}", settings("http://a/")).contains("t0ken"));
    }

    /// RFC 4231, test case 2.
    #[test]
    fn signatures() {
        let signed = signature(&Secret::new("Jefe".into()), "what do ya want for nothing?");
        let expected = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(signed.as_deref(), Ok(expected));
    }

    #[test]
    fn requests() {
        let hook = Webhook::new(settings("http://localhost:8080/events?x=1"), &tls()).unwrap();
        let message = Message { id: "1-2".into(), body: "{}".into() };
        let request = hook.request(&message).unwrap();
        assert_eq!(request.uri(), "/events?x=1");
        for (name, value) in [
            ("host", "localhost:8080"),
            ("content-type", "application/json"),
            ("x-grantry-event-id", "1-2"),
            ("authorization", "Bearer t0ken"),
        ] {
            assert_eq!(request.headers()[name], value);
        }
        assert!(request.headers()["authorization"].is_sensitive());
    }
}
