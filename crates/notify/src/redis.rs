//! Messages into Redis: a list, a stream, or whoever listens to a channel.

use std::time::Duration;

use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncConnectionConfig, Client, Cmd, IntoConnectionInfo as _, TlsCertificates};
use ops::events::destination::{Message, Sender, Sending};
use tokio::sync::Mutex;

use crate::{Secret, SetupError};

/// What is done with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedisCommand {
    /// `RPUSH`: to the end of a list.
    Rpush,
    /// `LPUSH`: to the front of a list.
    Lpush,
    /// `XADD`: to a stream, in the field `event`.
    Xadd,
    /// `PUBLISH`: to who listens at that moment.
    Publish,
}

/// What the operator says about Redis.
#[derive(Clone, Debug)]
pub struct RedisSettings {
    /// `redis://HOST:PORT/DATABASE`, or `rediss` for TLS.
    pub url: String,
    /// The user; the default one if there is none.
    pub user: Option<String>,
    /// The password of the user.
    pub password: Option<Secret>,
    /// What is done with a message.
    pub command: RedisCommand,
    /// The list, stream or channel.
    pub key: String,
    /// Time for one message, connecting included.
    pub timeout: Duration,
}

/// A Redis server.
pub struct Redis {
    client: Client,
    command: RedisCommand,
    key: String,
    timeout: Duration,
    connection: Mutex<Option<MultiplexedConnection>>,
}

impl Redis {
    /// Checks the settings; connects to nobody yet. `ca` is PEM that is trusted instead of what the
    /// system trusts.
    pub fn new(settings: RedisSettings, ca: Option<Vec<u8>>) -> Result<Self, SetupError> {
        let wrong = || SetupError("`url` is no URL of Redis".to_owned());
        if settings.url.contains('@') {
            return Err(SetupError(
                "`url` holds a user name; use `user` and `password`".to_owned(),
            ));
        }
        let info = settings.url.as_str().into_connection_info().map_err(|_| wrong())?;
        let mut login = info.redis_settings().clone();
        if let Some(user) = &settings.user {
            login = login.set_username(user);
        }
        if let Some(password) = &settings.password {
            login = login.set_password(password.expose());
        }
        let info = info.set_redis_settings(login);
        let client = if settings.url.starts_with("rediss") {
            Client::build_with_tls(info, TlsCertificates { client_tls: None, root_cert: ca })
        } else {
            Client::open(info)
        };
        Ok(Self {
            client: client.map_err(|_| wrong())?,
            command: settings.command,
            key: settings.key,
            timeout: settings.timeout,
            connection: Mutex::new(None),
        })
    }

    async fn run(&self, message: &Message) -> Result<(), String> {
        let mut connection = self.connection().await?;
        let outcome = self.command(message).query_async::<::redis::Value>(&mut connection).await;
        if outcome.is_err() {
            // Whatever it was: the next message finds out whether a new connection helps.
            *self.connection.lock().await = None;
        }
        outcome.map(drop).map_err(|error| error.to_string())
    }

    fn command(&self, message: &Message) -> Cmd {
        let (name, is_stream) = match self.command {
            RedisCommand::Rpush => ("RPUSH", false),
            RedisCommand::Lpush => ("LPUSH", false),
            RedisCommand::Publish => ("PUBLISH", false),
            RedisCommand::Xadd => ("XADD", true),
        };
        let mut command = ::redis::cmd(name);
        command.arg(&self.key);
        if is_stream {
            command.arg("*").arg("id").arg(&message.id).arg("event");
        }
        command.arg(&message.body);
        command
    }

    async fn connection(&self) -> Result<MultiplexedConnection, String> {
        let mut kept = self.connection.lock().await;
        if let Some(connection) = &*kept {
            return Ok(connection.clone());
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.timeout))
            .set_response_timeout(Some(self.timeout));
        let made = self.client.get_multiplexed_async_connection_with_config(&config).await;
        let made = made.map_err(|error| error.to_string())?;
        *kept = Some(made.clone());
        Ok(made)
    }
}

impl Sender for Redis {
    fn send<'a>(&'a self, message: &'a Message) -> Sending<'a> {
        Box::pin(async move {
            let sent = tokio::time::timeout(self.timeout, self.run(message)).await;
            sent.unwrap_or_else(|_| Err("it took too long".to_owned()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: &str, command: RedisCommand) -> RedisSettings {
        RedisSettings {
            url: url.into(),
            user: None,
            password: Some(Secret::new("hidden".into())),
            command,
            key: "jobs".into(),
            timeout: Duration::from_secs(1),
        }
    }

    #[test]
    fn urls() {
        for (url, works) in [
            ("redis://127.0.0.1:6379/3", true),
            ("rediss://redis.example/", true),
            ("redis://user:password@127.0.0.1/", false),
            ("http://127.0.0.1/", false),
            ("", false),
        ] {
            assert_eq!(
                Redis::new(settings(url, RedisCommand::Rpush), None).is_ok(),
                works,
                "{url}"
            );
        }
    }

    #[test]
    fn commands() {
        let message = Message { id: "1-2".into(), body: "{}".into() };
        for (command, words) in [
            (RedisCommand::Rpush, "RPUSH jobs {}"),
            (RedisCommand::Lpush, "LPUSH jobs {}"),
            (RedisCommand::Publish, "PUBLISH jobs {}"),
            (RedisCommand::Xadd, "XADD jobs * id 1-2 event {}"),
        ] {
            let redis = Redis::new(settings("redis://127.0.0.1/", command), None).unwrap();
            let packed = redis.command(&message).get_packed_command();
            let packed = String::from_utf8(packed).unwrap();
            let sent: Vec<&str> = packed.split("\r\n").skip(2).step_by(2).collect();
            assert_eq!(sent.join(" "), words);
        }
    }
}
