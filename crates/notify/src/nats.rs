//! Messages to a subject of NATS, by JetStream, which confirms that it has stored them.

use std::time::Duration;

use async_nats::jetstream::{self, Context};
use async_nats::{ConnectOptions, HeaderMap};
use ops::events::destination::{Message, Sender, Sending};
use tokio::sync::Mutex;

use crate::{Secret, SetupError, TlsClient};

/// What the operator says about NATS.
#[derive(Clone, Debug)]
pub struct NatsSettings {
    /// `nats://HOST:PORT`, or `tls` for TLS.
    pub url: String,
    /// The subject; a stream must listen to it.
    pub subject: String,
    /// A user and a password.
    pub user: Option<(String, Secret)>,
    /// A token.
    pub token: Option<Secret>,
    /// Time for one message, connecting included.
    pub timeout: Duration,
}

/// A NATS server.
pub struct Nats {
    settings: NatsSettings,
    tls: TlsClient,
    context: Mutex<Option<Context>>,
}

impl Nats {
    /// Checks the settings; connects to nobody yet.
    pub fn new(settings: NatsSettings, tls: &TlsClient) -> Result<Self, SetupError> {
        let known = ["nats://", "tls://"].iter().any(|scheme| settings.url.starts_with(scheme));
        if !known || settings.url.parse::<async_nats::ServerAddr>().is_err() {
            return Err(SetupError("`url` begins neither with nats:// nor with tls://".to_owned()));
        }
        if settings.url.contains('@') {
            return Err(SetupError(
                "`url` holds a user name; use `user` and `password`".to_owned(),
            ));
        }
        Ok(Self { settings, tls: tls.clone(), context: Mutex::new(None) })
    }

    async fn publish(&self, message: &Message) -> Result<(), String> {
        let context = self.context().await?;
        let mut headers = HeaderMap::new();
        // JetStream forgets a message with an id that it has seen lately.
        headers.insert("Nats-Msg-Id", message.id.as_str());
        let subject = self.settings.subject.clone();
        let body = message.body.clone().into();
        let sent = context.publish_with_headers(subject, headers, body).await;
        let confirmed = sent.map_err(|error| error.to_string())?.await;
        confirmed.map(drop).map_err(|error| error.to_string())
    }

    async fn context(&self) -> Result<Context, String> {
        let mut kept = self.context.lock().await;
        if let Some(context) = &*kept {
            return Ok(context.clone());
        }
        let NatsSettings { url, user, token, timeout, .. } = &self.settings;
        let mut options = ConnectOptions::new()
            .name("Grantry")
            .connection_timeout(*timeout)
            .tls_client_config(self.tls.config());
        if let Some((user, password)) = user {
            options = options.user_and_password(user.clone(), password.expose().to_owned());
        }
        if let Some(token) = token {
            options = options.token(token.expose().to_owned());
        }
        // From here on the client connects anew by itself.
        let client = options.connect(url.as_str()).await.map_err(|error| error.to_string())?;
        let context = jetstream::new(client);
        *kept = Some(context.clone());
        Ok(context)
    }
}

impl Sender for Nats {
    fn send<'a>(&'a self, message: &'a Message) -> Sending<'a> {
        Box::pin(async move {
            let sent = tokio::time::timeout(self.settings.timeout, self.publish(message)).await;
            sent.unwrap_or_else(|_| Err("it took too long".to_owned()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        let tls = TlsClient::new([]).unwrap();
        for (url, works) in [
            ("nats://127.0.0.1:4222", true),
            ("tls://nats.example", true),
            ("nats://user:password@127.0.0.1", false),
            ("http://127.0.0.1", false),
            ("", false),
        ] {
            let settings = NatsSettings {
                url: url.into(),
                subject: "events".into(),
                user: None,
                token: None,
                timeout: Duration::from_secs(1),
            };
            assert_eq!(Nats::new(settings, &tls).is_ok(), works, "{url}");
        }
    }
}
