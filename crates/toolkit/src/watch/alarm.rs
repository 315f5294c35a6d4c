//! Notices, and the channels that carry them.

mod healthchecks;
mod mail;
mod webhook;

use std::fmt::Write as _;

use model::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::healthchecks::{DeadMansSwitch, Signal};
pub use self::mail::MailChannel;
pub use self::webhook::WebhookChannel;
use super::configuration::{ConfigurationError, WatchConfiguration};
use super::memory::{Memory, Reason};
use super::result::{CheckName, CheckResult, Level};
use crate::application::Application;
use crate::http::Transport;

/// Notices that wait for a channel; older ones are given up when there are more.
pub const UNDELIVERED_MAX: usize = 50;

/// Something that somebody is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// Which check; none for a test.
    pub check: Option<CheckName>,
    /// How good or bad it is now.
    pub level: Level,
    /// What kind of trouble.
    pub code: Option<String>,
    /// One line.
    pub subject: String,
    /// The whole text.
    pub text: String,
    /// Name of the machine that watches.
    pub host: String,
    /// The bucket.
    pub bucket: String,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// The id that its mail has, without brackets.
    pub message_id: String,
    /// The mail with which the trouble began.
    pub thread: Option<String>,
}

/// A notice that a channel did not take.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Undelivered {
    /// Name of the channel.
    pub channel: String,
    /// The notice.
    pub notice: Notice,
}

/// Where a notice comes from.
#[derive(Clone, Debug)]
pub struct Place {
    /// Name of the machine that watches.
    pub host: String,
    /// The application, for people.
    pub application: String,
    /// The bucket.
    pub bucket: String,
}

impl Notice {
    /// Words a result for people.
    pub fn of(
        result: &CheckResult,
        reason: Reason,
        memory: &Memory,
        place: &Place,
        (now, message_id): (Timestamp, String),
    ) -> Self {
        let title = result.check.title();
        let what = match (reason, result.level) {
            (Reason::Recovered { after }, _) => {
                format!("works again after {}: {title}", duration(after))
            }
            (Reason::Reminder { lasts }, _) => {
                format!("still failing after {}: {title}", duration(lasts))
            }
            (Reason::Flapping, _) => format!("changes all the time: {title}"),
            (Reason::Settled, Level::Ok) => format!("keeps still and works: {title}"),
            (Reason::Settled, _) => format!("keeps still and fails: {title}"),
            (Reason::First, Level::Ok) => format!("is watched from now on and works: {title}"),
            (Reason::First | Reason::Trouble, Level::Warning) => format!("needs a look: {title}"),
            (Reason::First | Reason::Trouble, Level::Unknown) => {
                format!("could not be checked: {title}")
            }
            (Reason::First | Reason::Trouble, _) => format!("fails: {title}"),
        };
        let subject = format!("[{}] {} {what}", result.level.nagios(), place.application);
        Self {
            check: Some(result.check),
            level: result.level,
            code: result.code.clone(),
            text: text(result, reason, place),
            subject,
            host: place.host.clone(),
            bucket: place.bucket.clone(),
            at: now.unix_millis,
            message_id,
            thread: memory.thread.clone(),
        }
    }

    /// A notice that only shows that notices arrive.
    pub fn test(place: &Place, now: Timestamp, message_id: String) -> Self {
        Self {
            check: None,
            level: Level::Ok,
            code: None,
            subject: format!("[TEST] {} is watched by {}", place.application, place.host),
            text: "This is a test. Nothing happened; notices of grantry watch arrive here.\n"
                .to_owned(),
            host: place.host.clone(),
            bucket: place.bucket.clone(),
            at: now.unix_millis,
            message_id,
            thread: None,
        }
    }
}

fn text(result: &CheckResult, reason: Reason, place: &Place) -> String {
    let mut text = format!("{}\n", result.summary);
    for line in &result.details {
        _ = writeln!(text, "  {line}");
    }
    if !result.steps.is_empty() {
        text.push_str("\nSteps:\n");
    }
    for step in &result.steps {
        let mark = if step.is_ok { "ok  " } else { "FAIL" };
        let seconds = step.took.as_secs_f64();
        _ = writeln!(text, "  {mark} {:<10} {seconds:6.2} s  {}", step.name, step.evidence);
    }
    if result.level != Level::Ok {
        text.push_str(
            "\nWhat is wrong and how to mend it: run `grantry doctor` with the same profile.\n",
        );
    }
    if reason == Reason::Flapping {
        text.push_str("Nothing more is said about this check until it keeps still for an hour.\n");
    }
    _ = writeln!(text, "\nBucket {}, watched by {}.", place.bucket, place.host);
    text
}

/// A length of time for people: `3 h 20 min`.
pub fn duration(length: std::time::Duration) -> String {
    let minutes = length.as_secs() / 60;
    match (minutes / (24 * 60), minutes / 60 % 24, minutes % 60) {
        (0, 0, 0) => format!("{} s", length.as_secs()),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, 0, _) => format!("{days} d"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

/// A way to somebody.
pub enum Channel {
    /// E-mail.
    Mail(Box<MailChannel>),
    /// A webhook.
    Webhook(Box<WebhookChannel>),
}

impl Channel {
    /// Its name in messages and in the state file.
    pub fn name(&self) -> &str {
        match self {
            Self::Mail(_) => "mail",
            Self::Webhook(webhook) => webhook.name(),
        }
    }

    /// Sends the notice; the error says why the channel did not take it, without secrets.
    pub async fn send(&self, notice: &Notice) -> Result<(), String> {
        match self {
            Self::Mail(mail) => mail.send(notice).await,
            Self::Webhook(webhook) => webhook.send(notice).await,
        }
    }
}

/// The channels that the configuration names.
pub fn channels(
    configuration: &WatchConfiguration,
    application: &Application,
    transport: &Transport,
    trusted: &[rustls::pki_types::CertificateDer<'static>],
) -> Result<Vec<Channel>, ConfigurationError> {
    let mut channels = Vec::new();
    if let Some(mail) = &configuration.mail {
        let mail = MailChannel::new(mail, application.smtp.as_ref(), trusted)?;
        channels.push(Channel::Mail(Box::new(mail)));
    }
    for (index, webhook) in configuration.webhook.iter().enumerate() {
        let name = webhook.name.clone().unwrap_or_else(|| format!("webhook {}", index + 1));
        let webhook = WebhookChannel::new(name, webhook, transport)?;
        channels.push(Channel::Webhook(Box::new(webhook)));
    }
    Ok(channels)
}

/// Sends what waits and what is new. What a channel does not take waits; nothing new overtakes it
/// there. Returns what went wrong.
pub async fn deliver(
    channels: &[Channel],
    undelivered: &mut Vec<Undelivered>,
    notices: Vec<Notice>,
) -> Vec<String> {
    let mut failures = Vec::new();
    let mut left = Vec::new();
    for channel in channels {
        let waiting = undelivered.iter().filter(|waiting| waiting.channel == channel.name());
        let mut queue = waiting.map(|waiting| &waiting.notice).chain(&notices);
        for notice in queue.by_ref() {
            if let Err(why) = channel.send(notice).await {
                failures.push(format!("{}: {why}", channel.name()));
                left.push(wait(channel, notice));
                break;
            }
        }
        left.extend(queue.map(|notice| wait(channel, notice)));
    }
    let too_many = left.len().saturating_sub(UNDELIVERED_MAX);
    *undelivered = left.split_off(too_many);
    failures
}

fn wait(channel: &Channel, notice: &Notice) -> Undelivered {
    Undelivered { channel: channel.name().to_owned(), notice: notice.clone() }
}

#[cfg(test)]
mod tests;
