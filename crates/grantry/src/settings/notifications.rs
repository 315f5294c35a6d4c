//! The destinations of event notifications: tables `[notifications.NAME]` of the configuration file.
//!
//! They are many, have names of the operator's, and hold secrets, so they are neither flags nor
//! variables of the environment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use model::AccountId;
use model::limits::{CONFIGURATION_FILE_BYTES_MAX, EVENT_DESTINATIONS_MAX};
use model::notification::is_name;
use notify::{NatsSettings, RedisCommand, RedisSettings, Secret, WebhookSettings};
use toml::{Table, Value};

/// One destination, checked.
#[derive(Clone, Debug)]
pub(crate) struct DestinationSettings {
    /// The last part of its ARN.
    pub(crate) name: String,
    /// Whose buckets may use it; none for everybody's.
    pub(crate) accounts: Option<Vec<AccountId>>,
    /// After how many attempts an event is given up.
    pub(crate) attempts_max: u32,
    /// At which age an event is given up.
    pub(crate) age_max: Duration,
    /// Certificates that it may have besides those that the system trusts.
    pub(crate) ca_file: Option<PathBuf>,
    /// How messages get there.
    pub(crate) kind: DestinationKind,
}

/// How messages get to a destination.
#[derive(Clone, Debug)]
pub(crate) enum DestinationKind {
    /// `webhook`
    Webhook(WebhookSettings),
    /// `redis`
    Redis(RedisSettings),
    /// `nats`
    Nats(NatsSettings),
}

const ATTEMPTS_MAX_DEFAULT: u64 = 1_000_000;
const AGE_SECONDS_MAX_DEFAULT: u64 = 24 * 60 * 60;
const AGE_SECONDS_MAX: u64 = 14 * 24 * 60 * 60;
const TIMEOUT_SECONDS_DEFAULT: u64 = 10;
const TIMEOUT_SECONDS_MAX: u64 = 300;

/// The keys of one table, each of which is taken once.
struct Keys {
    name: String,
    left: Table,
}

type Taken<T> = Result<T, String>;

impl Keys {
    fn wrong(&self, key: &str, why: &str) -> String {
        format!("key `notifications.{}.{key}` {why}", self.name)
    }

    fn text(&mut self, key: &str) -> Taken<Option<String>> {
        match self.left.remove(key) {
            None => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
            Some(_) => Err(self.wrong(key, "must be a text")),
        }
    }

    fn required(&mut self, key: &str) -> Taken<String> {
        self.text(key)?.ok_or_else(|| self.wrong(key, "is missing"))
    }

    fn number(&mut self, key: &str, default: u64, most: u64) -> Taken<u64> {
        let Some(value) = self.left.remove(key) else { return Ok(default) };
        let number = value.as_integer().and_then(|number| u64::try_from(number).ok());
        number
            .filter(|number| (1..=most).contains(number))
            .ok_or_else(|| self.wrong(key, &format!("must be a number from 1 to {most}")))
    }

    fn seconds(&mut self, key: &str, default: u64, most: u64) -> Taken<Duration> {
        self.number(key, default, most).map(Duration::from_secs)
    }

    /// A secret in the file, or in a file of its own that `KEY_file` names.
    fn secret(&mut self, key: &str) -> Taken<Option<Secret>> {
        let in_file = format!("{key}_file");
        match (self.text(key)?, self.text(&in_file)?) {
            (Some(_), Some(_)) => Err(self.wrong(key, &format!("and `{in_file}` are both given"))),
            (Some(text), None) => Ok(Some(Secret::new(text))),
            (None, Some(path)) => {
                let read = read_secret(Path::new(&path));
                read.map(Some).map_err(|error| self.wrong(&in_file, &format!("{path}: {error}")))
            }
            (None, None) => Ok(None),
        }
    }

    fn accounts(&mut self) -> Taken<Option<Vec<AccountId>>> {
        let Some(value) = self.left.remove("accounts") else { return Ok(None) };
        let wrong = || self.wrong("accounts", "must be a list of account ids");
        let Value::Array(items) = value else { return Err(wrong()) };
        let account = |item: &Value| AccountId::parse(item.as_str()?);
        items.iter().map(account).collect::<Option<_>>().map(Some).ok_or_else(wrong)
    }

    fn finish(self) -> Taken<()> {
        match self.left.keys().next() {
            Some(key) => Err(self.wrong(key, "is unknown for this kind of destination")),
            None => Ok(()),
        }
    }
}

fn read_secret(path: &Path) -> Result<Secret, String> {
    let too_large = path.metadata().is_ok_and(|found| found.len() > CONFIGURATION_FILE_BYTES_MAX);
    if too_large {
        return Err("is too large".to_owned());
    }
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    Ok(Secret::new(text.trim_end_matches(['\n', '\r']).to_owned()))
}

/// Reads all tables. Errors name the key and show no value.
pub(super) fn read(tables: BTreeMap<String, Value>) -> Taken<Vec<DestinationSettings>> {
    if tables.len() > EVENT_DESTINATIONS_MAX {
        return Err(format!("there are more than {EVENT_DESTINATIONS_MAX} tables `notifications`"));
    }
    tables.into_iter().map(|(name, value)| destination(name, value)).collect()
}

fn destination(name: String, value: Value) -> Taken<DestinationSettings> {
    let Value::Table(left) = value else {
        return Err(format!("key `notifications.{name}` must be a table"));
    };
    if !is_name(&name) {
        return Err(format!(
            "key `notifications.{name}`: names are 1 to 80 letters, digits, `-`, `_` and `.`"
        ));
    }
    let mut keys = Keys { name, left };
    let kind = match keys.required("kind")?.as_str() {
        "webhook" => DestinationKind::Webhook(webhook(&mut keys)?),
        "redis" => DestinationKind::Redis(redis(&mut keys)?),
        "nats" => DestinationKind::Nats(nats(&mut keys)?),
        _ => return Err(keys.wrong("kind", "is not one of: webhook, redis, nats")),
    };
    let settings = DestinationSettings {
        name: keys.name.clone(),
        accounts: keys.accounts()?,
        attempts_max: u32::try_from(keys.number(
            "attempts_max",
            ATTEMPTS_MAX_DEFAULT,
            ATTEMPTS_MAX_DEFAULT,
        )?)
        .unwrap_or(u32::MAX),
        age_max: keys.seconds("age_seconds_max", AGE_SECONDS_MAX_DEFAULT, AGE_SECONDS_MAX)?,
        ca_file: keys.text("ca_file")?.map(PathBuf::from),
        kind,
    };
    keys.finish()?;
    Ok(settings)
}

fn timeout(keys: &mut Keys) -> Taken<Duration> {
    keys.seconds("timeout_seconds", TIMEOUT_SECONDS_DEFAULT, TIMEOUT_SECONDS_MAX)
}

fn webhook(keys: &mut Keys) -> Taken<WebhookSettings> {
    Ok(WebhookSettings {
        url: keys.required("url")?,
        secret: keys.secret("secret")?,
        token: keys.secret("token")?,
        timeout: timeout(keys)?,
    })
}

fn redis(keys: &mut Keys) -> Taken<RedisSettings> {
    let command = match keys.text("command")?.as_deref() {
        None | Some("rpush") => RedisCommand::Rpush,
        Some("lpush") => RedisCommand::Lpush,
        Some("xadd") => RedisCommand::Xadd,
        Some("publish") => RedisCommand::Publish,
        Some(_) => return Err(keys.wrong("command", "is not one of: rpush, lpush, xadd, publish")),
    };
    Ok(RedisSettings {
        url: keys.required("url")?,
        user: keys.text("user")?,
        password: keys.secret("password")?,
        command,
        key: keys.required("key")?,
        timeout: timeout(keys)?,
    })
}

fn nats(keys: &mut Keys) -> Taken<NatsSettings> {
    let user = match (keys.text("user")?, keys.secret("password")?) {
        (Some(user), Some(password)) => Some((user, password)),
        (None, None) => None,
        _ => return Err(keys.wrong("user", "and `password` go together")),
    };
    Ok(NatsSettings {
        url: keys.required("url")?,
        subject: keys.required("subject")?,
        user,
        token: keys.secret("token")?,
        timeout: timeout(keys)?,
    })
}

/// What is printed of the destinations: their names. The rest may hold secrets.
pub(super) fn print(destinations: &[DestinationSettings]) -> String {
    let line = |one: &DestinationSettings| format!("# [notifications.{}] is not shown\n", one.name);
    destinations.iter().map(line).collect::<Vec<_>>().concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Taken<Vec<DestinationSettings>> {
        let mut table: Table = toml::from_str(text).unwrap();
        let Some(Value::Table(tables)) = table.remove("notifications") else { panic!("{text}") };
        read(tables.into_iter().collect())
    }

    #[test]
    fn a_destination() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("token");
        std::fs::write(&file, "from-file\n").unwrap();
        let text = format!(
            "[notifications.jobs]\nkind = 'webhook'\nurl = 'https://a.example/x'\nsecret = 'hidden'\n\
             token_file = '{}'\naccounts = ['123456789012']\ntimeout_seconds = 3\n\
             attempts_max = 5\nage_seconds_max = 60\nca_file = '/ca.pem'\n\
             [notifications.'a.fifo']\nkind = 'webhook'\nurl = 'http://b/'",
            file.display()
        );
        let read = read_text(&text).unwrap();
        let shown = format!("{read:?}");
        assert!(!shown.contains("hidden") && !shown.contains("from-file"), "{shown}");
        let jobs = read.iter().find(|one| one.name == "jobs").unwrap();
        assert_eq!(jobs.accounts.as_ref().unwrap().len(), 1);
        assert_eq!((jobs.attempts_max, jobs.age_max), (5, Duration::from_mins(1)));
        let DestinationKind::Webhook(webhook) = &jobs.kind else { panic!("{:?}", jobs.kind) };
        assert_eq!(webhook.timeout, Duration::from_secs(3));
        assert!(webhook.token.is_some());
        let other = read.iter().find(|one| one.name == "a.fifo").unwrap();
        assert_eq!((other.accounts.is_none(), other.age_max), (true, Duration::from_hours(24)));
        assert!(!print(&read).contains("hidden"));
    }

    #[test]
    fn other_kinds() {
        let text = "[notifications.a]\nkind = 'redis'\nurl = 'redis://r/'\nkey = 'jobs'\n\
                    command = 'xadd'\npassword = 'hidden'\n\
                    [notifications.b]\nkind = 'nats'\nurl = 'nats://n'\nsubject = 's'\n\
                    user = 'u'\npassword = 'hidden'";
        let read = read_text(text).unwrap();
        assert!(!format!("{read:?}").contains("hidden"));
        let DestinationKind::Redis(redis) = &read[0].kind else { panic!("{read:?}") };
        assert_eq!((redis.command, redis.key.as_str()), (RedisCommand::Xadd, "jobs"));
        let DestinationKind::Nats(nats) = &read[1].kind else { panic!("{read:?}") };
        assert_eq!((nats.subject.as_str(), nats.user.is_some()), ("s", true));
        let half = "[notifications.b]\nkind = 'nats'\nurl = 'nats://n'\nsubject = 's'\nuser = 'u'";
        let expected = "key `notifications.b.user` and `password` go together";
        assert_eq!(read_text(half).unwrap_err(), expected);
    }

    #[test]
    fn what_is_wrong_is_named_without_values() {
        let url = "url = 'http://a/'";
        for (table, expected) in [
            ("[notifications.a]\nurl = 'x'".to_owned(), "key `notifications.a.kind` is missing"),
            (
                "[notifications.a]\nkind = 'pigeon'".to_owned(),
                "key `notifications.a.kind` is not one of: webhook, redis, nats",
            ),
            (
                "[notifications.a]\nkind = 'webhook'".to_owned(),
                "key `notifications.a.url` is missing",
            ),
            (
                format!("[notifications.a]\nkind = 'webhook'\n{url}\nsecrets = 'hidden'"),
                "key `notifications.a.secrets` is unknown for this kind of destination",
            ),
            (
                format!("[notifications.a]\nkind = 'webhook'\n{url}\ntimeout_seconds = 0"),
                "key `notifications.a.timeout_seconds` must be a number from 1 to 300",
            ),
            (
                format!("[notifications.a]\nkind = 'webhook'\n{url}\naccounts = ['1']"),
                "key `notifications.a.accounts` must be a list of account ids",
            ),
            (
                format!(
                    "[notifications.a]\nkind = 'webhook'\n{url}\nsecret = 'hidden'\nsecret_file = 'f'"
                ),
                "key `notifications.a.secret` and `secret_file` are both given",
            ),
            (
                "[notifications.'a b']\nkind = 'webhook'".to_owned(),
                "key `notifications.a b`: names are 1 to 80 letters, digits, `-`, `_` and `.`",
            ),
            ("[notifications]\na = 'hidden'".to_owned(), "key `notifications.a` must be a table"),
        ] {
            assert_eq!(read_text(&table).unwrap_err(), expected, "{table}");
        }
    }
}
