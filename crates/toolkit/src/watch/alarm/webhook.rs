//! Webhooks: generic JSON, Slack, Discord, Matrix, ntfy.

use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use identity::uri::encode_path;
use serde_json::json;
use sha2::Sha256;

use super::super::configuration::{ConfigurationError, Webhook, WebhookKind, secret, url};
use super::super::result::{CheckName, Level};
use super::Notice;
use crate::http::{Exchange, HttpRequest, Timeouts, Transport};

/// How often a webhook is tried in one run, and the pause between.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_secs(1);
/// Time for one try.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Characters of a message that Discord takes at most are 2,000; what is longer is cut.
const DISCORD_CHARACTERS_MAX: usize = 1_900;

/// One webhook, ready.
pub struct WebhookChannel {
    name: String,
    kind: WebhookKind,
    url: String,
    token: Option<String>,
    secret: Option<String>,
    room: String,
    transport: Transport,
}

impl WebhookChannel {
    /// The webhook of a configuration.
    pub fn new(
        name: String,
        configuration: &Webhook,
        transport: &Transport,
    ) -> Result<Self, ConfigurationError> {
        let whose = format!("the webhook `{name}`");
        let url = url(configuration.url.as_deref(), configuration.url_file.as_deref(), &whose)?;
        let room = match (configuration.kind, &configuration.room) {
            (WebhookKind::Matrix, None) => {
                return Err(ConfigurationError::Incomplete(format!("{whose} needs a `room`")));
            }
            (_, room) => room.clone().unwrap_or_default(),
        };
        Ok(Self {
            name,
            kind: configuration.kind,
            url,
            token: configuration.token_file.as_deref().map(secret).transpose()?,
            secret: configuration.secret_file.as_deref().map(secret).transpose()?,
            room,
            transport: transport
                .with_timeouts(Timeouts { exchange: TIMEOUT, ..Timeouts::default() }),
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Sends the notice. A refusal is final, anything else is tried again.
    pub async fn send(&self, notice: &Notice) -> Result<(), String> {
        let request = self.request(notice);
        let mut pause = PAUSE;
        for _ in 1..TRIES {
            let exchange = self.transport.send(&request).await;
            if exchange.is_success() {
                return Ok(());
            }
            if is_final(&exchange) {
                return Err(exchange.result());
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        let exchange = self.transport.send(&request).await;
        if exchange.is_success() { Ok(()) } else { Err(exchange.result()) }
    }

    fn request(&self, notice: &Notice) -> HttpRequest {
        let message = format!("{}\n{}", notice.subject, notice.text);
        let request = match self.kind {
            WebhookKind::Generic => self.generic(notice),
            WebhookKind::Slack => Self::json("POST", &self.url, &json!({ "text": message })),
            WebhookKind::Discord => {
                let content: String = message.chars().take(DISCORD_CHARACTERS_MAX).collect();
                // Nobody is called by a name that happens to stand in the text.
                let body = json!({ "content": content, "allowed_mentions": { "parse": [] } });
                Self::json("POST", &self.url, &body)
            }
            WebhookKind::Matrix => {
                let url = format!(
                    "{}/_matrix/client/v3/rooms/{}/send/m.room.message/{}",
                    self.url.trim_end_matches('/'),
                    encode_path(self.room.as_bytes()).replace('/', "%2F"),
                    encode_path(notice.message_id.as_bytes()).replace('/', "%2F"),
                );
                Self::json("PUT", &url, &json!({ "msgtype": "m.text", "body": message }))
            }
            WebhookKind::Ntfy => HttpRequest::new("POST", &self.url)
                .header("title", ascii(&notice.subject))
                .header("priority", if notice.level == Level::Failing { "high" } else { "default" })
                .header(
                    "tags",
                    if notice.level == Level::Ok { "white_check_mark" } else { "warning" },
                )
                .body(notice.text.clone()),
        };
        match &self.token {
            Some(token) => request.header("authorization", format!("Bearer {token}")),
            None => request,
        }
    }

    fn json(method: &str, url: &str, body: &serde_json::Value) -> HttpRequest {
        HttpRequest::new(method, url)
            .header("content-type", "application/json")
            .body(body.to_string())
    }

    /// Our own form, signed where there is a secret.
    fn generic(&self, notice: &Notice) -> HttpRequest {
        let body = json!({
            "event": "grantry.watch",
            "check": notice.check.map(CheckName::as_str),
            "level": notice.level,
            "code": notice.code,
            "subject": notice.subject,
            "text": notice.text,
            "host": notice.host,
            "bucket": notice.bucket,
            "at": notice.at,
            "id": notice.message_id,
        });
        let request = Self::json("POST", &self.url, &body);
        let Some(secret) = &self.secret else { return request };
        let signature = signature(secret, &body.to_string());
        request.header("x-grantry-signature", format!("sha256={signature}"))
    }
}

/// Whether trying again is useless.
fn is_final(exchange: &Exchange) -> bool {
    exchange
        .status()
        .is_some_and(|status| (300..500).contains(&status) && status != 408 && status != 429)
}

/// HMAC-SHA256 of the body, in hexadecimal.
fn signature(secret: &str, body: &str) -> String {
    // HMAC takes keys of every length; it never fails.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(body.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

/// Headers carry ASCII only.
fn ascii(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii() && !c.is_ascii_control() { c } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice() -> Notice {
        Notice {
            check: Some(CheckName::Write),
            level: Level::Failing,
            code: Some("AccessControlListNotSupported".into()),
            subject: "[CRITICAL] Mastodon fails: uploads".into(),
            text: "größer".into(),
            host: "web1".into(),
            bucket: "media".into(),
            at: 1,
            message_id: "a/b@web1".into(),
            thread: None,
        }
    }

    fn request(kind: WebhookKind) -> HttpRequest {
        let transport = Transport::new([], Timeouts::default()).unwrap();
        WebhookChannel {
            name: "w".into(),
            kind,
            url: "https://w.example/x".into(),
            token: Some("t".into()),
            secret: Some("Jefe".into()),
            room: "!r:w.example".into(),
            transport,
        }
        .request(&notice())
    }

    fn header<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
        request.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn body(request: &HttpRequest) -> serde_json::Value {
        serde_json::from_slice(request.body.as_ref().unwrap()).unwrap()
    }

    #[test]
    fn each_kind_has_its_form() {
        let generic = request(WebhookKind::Generic);
        assert_eq!(body(&generic)["check"], "write");
        assert_eq!(body(&generic)["level"], "failing");
        let text = std::str::from_utf8(generic.body.as_ref().unwrap()).unwrap();
        let expected = format!("sha256={}", signature("Jefe", text));
        assert_eq!(header(&generic, "x-grantry-signature"), Some(&*expected));
        assert!(body(&request(WebhookKind::Slack))["text"].as_str().unwrap().contains("größer"));
        let discord = request(WebhookKind::Discord);
        assert_eq!(body(&discord)["allowed_mentions"]["parse"], json!([]));
        let matrix = request(WebhookKind::Matrix);
        assert_eq!(matrix.method, "PUT");
        let path = "/_matrix/client/v3/rooms/%21r%3Aw.example/send/m.room.message/a%2Fb%40web1";
        assert!(matrix.url.ends_with(path), "{}", matrix.url);
        assert_eq!(header(&matrix, "authorization"), Some("Bearer t"));
        let ntfy = request(WebhookKind::Ntfy);
        assert_eq!(header(&ntfy, "priority"), Some("high"));
        assert_eq!(ntfy.body.as_deref(), Some("größer".as_bytes()));
    }

    /// RFC 4231, section 4.3.
    #[test]
    fn signatures_are_hmac_sha256() {
        assert_eq!(
            signature("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
