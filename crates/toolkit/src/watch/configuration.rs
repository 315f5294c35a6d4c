//! The file that says whom to tell and how often to look; TOML, everything has a default.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::memory::Rules;

/// The whole file.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WatchConfiguration {
    /// The name of this machine in keys and notices; the host name without.
    pub host: Option<String>,
    /// How often, and when somebody is told.
    pub schedule: Schedule,
    /// What is looked at.
    pub pictures: Pictures,
    /// E-mail.
    pub mail: Option<Mail>,
    /// Webhooks, any number.
    pub webhook: Vec<Webhook>,
    /// A dead man's switch: somebody else who notices that nothing is heard any more.
    pub healthchecks: Option<Healthchecks>,
}

/// How often, and when somebody is told. Times are seconds.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Schedule {
    /// Between two upload checks of the service.
    pub write_seconds: u64,
    /// Between two sweeps over pictures and media.
    pub sweep_seconds: u64,
    /// How often a check must fail in a row before it counts.
    pub confirm: u32,
    /// The pause before it is tried again.
    pub confirm_pause_seconds: u64,
    /// After how long a failure is told again.
    pub reminder_seconds: u64,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            write_seconds: 15 * 60,
            sweep_seconds: 6 * 3600,
            confirm: 2,
            confirm_pause_seconds: 20,
            reminder_seconds: 24 * 3600,
        }
    }
}

impl Schedule {
    /// When somebody is told.
    pub fn rules(&self) -> Rules {
        Rules { reminder: Duration::from_secs(self.reminder_seconds), ..Rules::default() }
    }
}

/// How pictures and media are looked at.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pictures {
    /// Objects asked for in one run; a larger site is looked at in turns.
    pub origin_max: usize,
    /// Pictures that are fetched as the public does.
    pub public_sample: usize,
    /// The newest local media that are asked for.
    pub newest_media: usize,
    /// A token with the scope `admin:read:accounts`, where the database cannot be reached.
    pub api_token_file: Option<PathBuf>,
}

impl Default for Pictures {
    fn default() -> Self {
        Self { origin_max: 2000, public_sample: 50, newest_media: 20, api_token_file: None }
    }
}

/// E-mail by SMTP, or through a program like `sendmail`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mail {
    /// Who gets it.
    pub to: Vec<String>,
    /// Who it is from; the application's sender without.
    pub from: Option<String>,
    /// Server, port, login and TLS of the application, as far as nothing else stands here.
    pub as_application: bool,
    /// Host name of the server.
    pub server: Option<String>,
    /// Its port; 465 for `tls`, 587 for `starttls`, 25 for `none`.
    pub port: Option<u16>,
    /// How the connection is protected; `starttls` is demanded, not tried.
    pub security: Option<MailSecurity>,
    /// User name.
    pub login: Option<String>,
    /// File with the password.
    pub password_file: Option<PathBuf>,
    /// Path of a program that takes a message on its standard input; no server is needed then.
    pub sendmail: Option<String>,
}

/// How the connection to a mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailSecurity {
    /// TLS from the first byte.
    Tls,
    /// STARTTLS; without it nothing is sent.
    Starttls,
    /// Plain text.
    None,
}

/// One webhook.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Its name in messages of this program.
    #[serde(default)]
    pub name: Option<String>,
    /// Whose form the notice has.
    #[serde(default)]
    pub kind: WebhookKind,
    /// Where it goes; for Matrix the home server.
    #[serde(default)]
    pub url: Option<String>,
    /// File with the URL, which is itself a secret for Slack and Discord.
    #[serde(default)]
    pub url_file: Option<PathBuf>,
    /// File with a bearer token.
    #[serde(default)]
    pub token_file: Option<PathBuf>,
    /// File with the secret with which generic notices are signed.
    #[serde(default)]
    pub secret_file: Option<PathBuf>,
    /// Matrix: the id of the room.
    #[serde(default)]
    pub room: Option<String>,
}

/// Whose form a notice has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WebhookKind {
    /// JSON of our own, described in `docs/howto/watch.md`.
    #[default]
    Generic,
    /// Slack, and those that speak like it.
    Slack,
    /// Discord.
    Discord,
    /// A room of Matrix.
    Matrix,
    /// ntfy; the URL ends in the topic.
    Ntfy,
}

/// A dead man's switch in the manner of healthchecks.io.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Healthchecks {
    /// The check's URL; `/start` and the exit code are added.
    #[serde(default)]
    pub url: Option<String>,
    /// File with the URL.
    #[serde(default)]
    pub url_file: Option<PathBuf>,
}

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// The file cannot be read.
    #[error("cannot read `{path}`: {error}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// It is no such file.
    #[error("`{path}`: {why}")]
    Malformed {
        /// Which.
        path: PathBuf,
        /// What is wrong, and where.
        why: String,
    },
    /// Something that is needed is missing.
    #[error("{0}")]
    Incomplete(String),
}

impl WatchConfiguration {
    /// Reads the file.
    pub fn read(path: &Path) -> Result<Self, ConfigurationError> {
        let text = read_text(path)?;
        toml::from_str(&text).map_err(|error| ConfigurationError::Malformed {
            path: path.to_owned(),
            why: error.to_string(),
        })
    }
}

/// The text of a file, which is small.
fn read_text(path: &Path) -> Result<String, ConfigurationError> {
    std::fs::read_to_string(path)
        .map_err(|error| ConfigurationError::Unreadable { path: path.to_owned(), error })
}

/// A secret in a file of its own, without the line's end.
pub(super) fn secret(path: &Path) -> Result<String, ConfigurationError> {
    Ok(read_text(path)?.trim_end_matches(['\r', '\n']).to_owned())
}

/// A URL that stands in the configuration or in a file of its own.
pub(super) fn url(
    url: Option<&str>,
    file: Option<&Path>,
    whose: &str,
) -> Result<String, ConfigurationError> {
    match (url, file) {
        (Some(url), None) => Ok(url.to_owned()),
        (None, Some(file)) => secret(file),
        _ => {
            Err(ConfigurationError::Incomplete(format!("{whose} needs either `url` or `url_file`")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_has_the_defaults() {
        let read: WatchConfiguration = toml::from_str("").unwrap();
        assert_eq!(read, WatchConfiguration::default());
        assert_eq!((read.schedule.write_seconds, read.schedule.confirm), (900, 2));
    }

    #[test]
    fn a_full_file_is_read() {
        let read: WatchConfiguration = toml::from_str(
            "host = 'web1'\n[schedule]\nconfirm = 3\n[pictures]\npublic_sample = 5\n\
             [mail]\nto = ['ops@a.example']\nsecurity = 'starttls'\n\
             [[webhook]]\nkind = 'ntfy'\nurl = 'https://n.example/t'\n\
             [[webhook]]\nurl_file = '/u'\n[healthchecks]\nurl = 'https://h.example/1'\n",
        )
        .unwrap();
        assert_eq!(read.host.as_deref(), Some("web1"));
        assert_eq!(read.mail.unwrap().security, Some(MailSecurity::Starttls));
        assert_eq!(read.webhook[0].kind, WebhookKind::Ntfy);
        assert_eq!(read.webhook[1].kind, WebhookKind::Generic);
    }

    #[test]
    fn misspelled_names_are_refused() {
        for text in ["hosts = 'a'", "[schedule]\nconfirmed = 1", "[[webhook]]\nkind = 'irc'"] {
            assert!(toml::from_str::<WatchConfiguration>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_url_stands_in_one_place() {
        assert_eq!(url(Some("u"), None, "x").unwrap(), "u");
        assert!(url(Some("u"), Some(Path::new("/f")), "x").is_err());
        assert!(url(None, None, "the webhook `a`").unwrap_err().to_string().contains("`a`"));
    }
}
