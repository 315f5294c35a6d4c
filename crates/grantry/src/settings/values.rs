//! Values of settings: where each comes from, and what it may be.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use audit::decision_log::Kept;
use identity::{MasterKey, OnMismatch, SecretAccessKey};
use model::AddressRange;
use model::lifecycle::LifecycleDay;
use model::limits::{TRUSTED_PROXIES_MAX, WATCH_TEXTFILES_MAX};
use ops::accounts;
use s3_api::provider_client::PrivateAddresses;

use super::flags::GivenFlags;
use super::table::{self, Exposure, Setting};
use super::{DestinationSettings, Environment, file};
use crate::failure::Failure;
use crate::logs::{self, LogFormat};

/// The variable that names the configuration file.
const CONFIG_VARIABLE: &str = "GRANTRY_CONFIG";

/// Longest timeout, in seconds: a day.
const TIMEOUT_SECONDS_MAX: u64 = 86_400;
/// Longest age of decisions, in days: ten years.
const DECISION_LOG_DAYS_MAX: u32 = 3_660;
/// Smallest size of the decision log: below, a file would hold hardly anything.
const DECISION_LOG_BYTES_MIN: u64 = 1024 * 1024;
/// Most connections; beyond that, file descriptors would have to be raised by hand anyway.
const CONNECTIONS_MAX: u32 = 1_000_000;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The command line.
    Flag,
    /// The environment.
    Environment,
    /// The configuration file.
    File(PathBuf),
    /// The table of settings.
    Default,
}

impl Source {
    /// The source as the operator would look for it.
    pub(super) fn describe(&self, setting: &Setting) -> String {
        match self {
            Self::Flag => format!("flag --{}", setting.flag()),
            Self::Environment => format!("environment variable {}", setting.variable()),
            Self::File(path) => format!("key `{}` in {}", setting.name, path.display()),
            Self::Default => "default".to_owned(),
        }
    }
}

/// One value, as it was given.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Given {
    pub(super) text: String,
    pub(super) source: Source,
}

/// The value of each setting that has one.
#[derive(Default)]
pub(crate) struct Values {
    given: BTreeMap<&'static str, Given>,
    notifications: Vec<DestinationSettings>,
}

impl Values {
    /// Collects all values: flags win over the environment, it over the file, it over defaults.
    ///
    /// A variable of the environment that is empty counts as absent, because many tools that
    /// start containers cannot leave one out.
    pub(crate) fn collect(
        flags: &GivenFlags,
        environment: Environment<'_>,
    ) -> Result<Self, Failure> {
        let config = flags.config.clone().or_else(|| {
            environment(CONFIG_VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from)
        });
        let mut in_file = match &config {
            Some(path) => file::read(path)?,
            None => file::Content::default(),
        };
        let mut values = BTreeMap::new();
        for setting in table::ALL {
            let from_file = in_file.values.remove(setting.name);
            let given = match (flags.values.get(setting.name), variable(setting, environment)?) {
                (Some(text), _) => Some((text.clone(), Source::Flag)),
                (None, Some(text)) => Some((text, Source::Environment)),
                (None, None) => from_file
                    .zip(config.clone())
                    .map(|(text, path)| (text, Source::File(path)))
                    .or_else(|| setting.default.map(|text| (text.to_owned(), Source::Default))),
            };
            if let Some((text, source)) = given {
                values.insert(setting.name, Given { text, source });
            }
        }
        Ok(Self { given: values, notifications: in_file.notifications })
    }

    /// The value of a setting, if it has one.
    pub(super) fn get(&self, setting: &Setting) -> Option<&Given> {
        self.given.get(setting.name)
    }

    /// The destinations of event notifications.
    pub(super) fn notifications(&self) -> &[DestinationSettings] {
        &self.notifications
    }

    /// Whether a setting has a value.
    pub(super) fn is_given(&self, setting: &Setting) -> bool {
        self.get(setting).is_some()
    }

    /// Reads the value of a setting with a function whose error says what is allowed.
    pub(super) fn parse<T>(
        &self,
        setting: &Setting,
        read: impl Fn(&str) -> Result<T, Allowed>,
    ) -> Result<T, Failure> {
        let what = || format!("setting `{}`", setting.name);
        let given = self.get(setting).ok_or_else(|| Failure::usage(what(), "has no value"))?;
        read(&given.text).map_err(|allowed| {
            let value = match setting.exposure {
                Exposure::Public | Exposure::NoFlag => format!("{:?}", given.text),
                Exposure::Secret => "the value".to_owned(),
            };
            let source = given.source.describe(setting);
            Failure::usage(what(), format!("{value} ({source}) is not {allowed}"))
        })
    }
}

fn variable(setting: &Setting, environment: Environment<'_>) -> Result<Option<String>, Failure> {
    let name = setting.variable();
    let Some(value) = environment(&name).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    value.into_string().map(Some).map_err(|_| {
        let what = format!("setting `{}`", setting.name);
        Failure::usage(what, format!("environment variable {name} is not UTF-8"))
    })
}

/// What a value must be, to stand behind "is not".
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Allowed(String);

impl Allowed {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

pub(super) fn socket_address(text: &str) -> Result<SocketAddr, Allowed> {
    let allowed = "an IP address and a port, such as 127.0.0.1:9000 or [::]:9000";
    text.parse().map_err(|_| Allowed::new(allowed))
}

pub(super) fn path(text: &str) -> Result<PathBuf, Allowed> {
    if text.is_empty() { Err(Allowed::new("a path")) } else { Ok(PathBuf::from(text)) }
}

/// None at all is allowed.
pub(super) fn files(text: &str) -> Result<Vec<PathBuf>, Allowed> {
    let files = text.split(',').map(str::trim).filter(|file| !file.is_empty());
    let files: Vec<PathBuf> = files.map(PathBuf::from).collect();
    let fits = files.len() <= WATCH_TEXTFILES_MAX;
    fits.then_some(files)
        .ok_or_else(|| Allowed::new(format!("a list of up to {WATCH_TEXTFILES_MAX} files")))
}

pub(super) fn region(text: &str) -> Result<String, Allowed> {
    let usable = (1..=32).contains(&text.len())
        && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    usable
        .then(|| text.to_owned())
        .ok_or_else(|| Allowed::new("1 to 32 lower-case letters, digits and hyphens"))
}

/// None at all is allowed: then buckets are found in paths only.
pub(super) fn domains(text: &str) -> Result<Vec<String>, Allowed> {
    let domains = text.split(',').map(str::trim).filter(|domain| !domain.is_empty());
    domains
        .map(|domain| {
            is_domain(domain).then(|| domain.to_owned()).ok_or_else(|| {
                let allowed = "a list of lower-case host names without ports, such as \
                               localhost,s3.example.com";
                Allowed::new(allowed)
            })
        })
        .collect()
}

/// None at all is allowed: then nobody is trusted.
pub(super) fn ranges(text: &str) -> Result<Vec<AddressRange>, Allowed> {
    let ranges = text.split(',').map(str::trim).filter(|range| !range.is_empty());
    let ranges: Option<Vec<AddressRange>> = ranges.map(AddressRange::parse).collect();
    ranges.filter(|ranges| ranges.len() <= TRUSTED_PROXIES_MAX).ok_or_else(|| {
        Allowed::new(format!(
            "a list of up to {TRUSTED_PROXIES_MAX} IP addresses and ranges, such as \
             127.0.0.1,10.0.0.0/8,2001:db8::/32"
        ))
    })
}

/// RFC 1123, 2.1, in lower case.
fn is_domain(text: &str) -> bool {
    text.len() <= 253
        && text.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
}

pub(super) fn access_key_id(text: &str) -> Result<String, Allowed> {
    let usable = accounts::is_access_key_id(text).then(|| text.to_owned());
    usable.ok_or_else(|| Allowed::new(accounts::ACCESS_KEY_ID_ALLOWED))
}

pub(super) fn secret(text: &str) -> Result<SecretAccessKey, Allowed> {
    SecretAccessKey::parse(text)
        .ok_or_else(|| Allowed::new("8 to 256 printable ASCII characters without blanks"))
}

pub(super) fn master_key(text: &str) -> Result<MasterKey, Allowed> {
    MasterKey::parse(text).ok_or_else(|| Allowed::new("64 hexadecimal digits"))
}

pub(super) fn on_mismatch(text: &str) -> Result<OnMismatch, Allowed> {
    one_of(text, &[("refuse", OnMismatch::Refuse), ("accept", OnMismatch::Accept)])
}

pub(super) fn log_filter(text: &str) -> Result<String, Allowed> {
    let allowed = |error| Allowed::new(format!("a log filter such as info,s3_api=debug: {error}"));
    logs::filter(text).map(|_| text.to_owned()).map_err(allowed)
}

pub(super) fn log_format(text: &str) -> Result<LogFormat, Allowed> {
    one_of(text, &[("text", LogFormat::Text), ("json", LogFormat::Json)])
}

pub(super) fn truth(text: &str) -> Result<bool, Allowed> {
    one_of(text, &[("true", true), ("false", false)])
}

pub(super) fn on_or_off(text: &str) -> Result<bool, Allowed> {
    one_of(text, &[("on", true), ("off", false)])
}

pub(super) fn default_encryption(text: &str) -> Result<bool, Allowed> {
    one_of(text, &[("AES256", true), ("none", false)])
}

pub(super) fn connections(text: &str) -> Result<u32, Allowed> {
    let number = text.parse().ok().filter(|number| (1..=CONNECTIONS_MAX).contains(number));
    number.ok_or_else(|| Allowed::new(format!("a number from 1 to {CONNECTIONS_MAX}")))
}

pub(super) fn timeout(text: &str) -> Result<Duration, Allowed> {
    let seconds = text.parse().ok().filter(|seconds| (1..=TIMEOUT_SECONDS_MAX).contains(seconds));
    seconds
        .map(Duration::from_secs)
        .ok_or_else(|| Allowed::new(format!("a number of seconds from 1 to {TIMEOUT_SECONDS_MAX}")))
}

pub(super) fn kept_decisions(text: &str) -> Result<Kept, Allowed> {
    one_of(text, &[("all", Kept::All), ("refusals", Kept::Refusals), ("off", Kept::Nothing)])
}

pub(super) fn days(text: &str) -> Result<u32, Allowed> {
    let days = text.parse().ok().filter(|days| (1..=DECISION_LOG_DAYS_MAX).contains(days));
    days.ok_or_else(|| Allowed::new(format!("a number of days from 1 to {DECISION_LOG_DAYS_MAX}")))
}

pub(super) fn decision_log_bytes(text: &str) -> Result<u64, Allowed> {
    let allowed = || Allowed::new(format!("a number of bytes, at least {DECISION_LOG_BYTES_MIN}"));
    text.parse().ok().filter(|bytes| *bytes >= DECISION_LOG_BYTES_MIN).ok_or_else(allowed)
}

/// A hundred years, for whoever does without the guard.
const CLOCK_DAYS_MAX: u32 = 36_500;

pub(super) fn clock_days(text: &str) -> Result<Duration, Allowed> {
    let days = text.parse().ok().filter(|days| (1..=CLOCK_DAYS_MAX).contains(days));
    days.map(|days: u32| Duration::from_hours(24) * days)
        .ok_or_else(|| Allowed::new(format!("a number of days from 1 to {CLOCK_DAYS_MAX}")))
}

pub(super) fn lifecycle_day(text: &str) -> Result<LifecycleDay, Allowed> {
    let seconds = timeout(text)?.as_secs();
    Ok(LifecycleDay::of_seconds(u32::try_from(seconds).unwrap_or(u32::MAX)))
}

/// The choice with this name.
pub(super) fn one_of<T: Copy>(text: &str, choices: &[(&str, T)]) -> Result<T, Allowed> {
    let choice = choices.iter().find(|(name, _)| *name == text);
    choice.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        Allowed::new(format!("one of: {}", names.join(", ")))
    })
}

pub(super) fn private_addresses(text: &str) -> Result<PrivateAddresses, Allowed> {
    one_of(text, &[("reject", PrivateAddresses::Reject), ("accept", PrivateAddresses::Accept)])
}
