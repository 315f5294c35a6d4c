//! One run of the watch, and the service that makes runs.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use tokio::time::timeout;

use super::alarm::{
    Channel, DeadMansSwitch, Notice, Place, Signal, Undelivered, channels, deliver,
};
use super::checks::{self, Watched};
use super::configuration::{ConfigurationError, WatchConfiguration, secret};
use super::memory::{Reason, remember};
use super::metrics;
use super::result::{CheckName, CheckResult, Level};
use super::state::{Loaded, State, StateDirectory, StateError};
use crate::application::Application;
use crate::database::Connection;
use crate::s3::S3Client;

/// Time for the whole upload check, and for each of the others.
const WRITE_TIMEOUT: Duration = Duration::from_mins(1);
const SWEEP_TIMEOUT: Duration = Duration::from_mins(15);

/// Everything that a run needs.
pub struct Watch {
    application: Application,
    client: S3Client,
    place: Place,
    configuration: WatchConfiguration,
    channels: Vec<Channel>,
    switch: Option<DeadMansSwitch>,
    trusted: Vec<CertificateDer<'static>>,
    state: PathBuf,
    textfile: Option<PathBuf>,
}

/// What the binary gives.
pub struct Setting {
    /// The name of this machine.
    pub host: String,
    /// Certificates that are trusted.
    pub trusted: Vec<CertificateDer<'static>>,
    /// Where the state is kept.
    pub state: PathBuf,
    /// Where the textfile collector reads.
    pub textfile: Option<PathBuf>,
}

/// Why there was no run.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The state cannot be held.
    #[error(transparent)]
    State(#[from] StateError),
    /// The state cannot be read or written.
    #[error("cannot keep the state: {0}")]
    Files(#[from] std::io::Error),
}

/// What a run found and did.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The results in order.
    pub results: Vec<CheckResult>,
    /// What went wrong beside the checks: a notice that was not taken, a state file that was none.
    pub remarks: Vec<String>,
    /// Subjects of the notices that were sent or wait.
    pub notices: Vec<String>,
    /// What is known, for Prometheus.
    pub metrics: String,
}

impl Report {
    /// The worst level.
    pub fn level(&self) -> Level {
        self.results.iter().map(|result| result.level).max().unwrap_or(Level::Ok)
    }

    /// One line about all checks.
    pub fn summary(&self) -> String {
        let lines: Vec<String> = self
            .results
            .iter()
            .map(|result| {
                format!("{}: {} - {}", result.check, result.level.nagios(), result.summary)
            })
            .collect();
        lines.join("; ")
    }

    /// The first line of a Nagios plugin, with its figures.
    pub fn nagios(&self) -> String {
        let steps = self.results.iter().flat_map(|result| &result.steps);
        let steps = steps.map(|step| format!("{}={:.3}s", step.name, step.took.as_secs_f64()));
        let counts = self.results.iter().flat_map(|result| {
            let name = result.check.as_str();
            result.counts.iter().map(move |(state, number)| format!("{name}_{state}={number}"))
        });
        let figures: Vec<String> = steps.chain(counts).collect();
        let mut line = format!("{} - {}", self.level().nagios(), self.summary().replace('|', "/"));
        if !figures.is_empty() {
            line.push_str(" | ");
            line.push_str(&figures.join(" "));
        }
        line
    }
}

impl Watch {
    /// Prepares runs. The configuration's host name wins over the machine's.
    pub fn new(
        application: Application,
        client: S3Client,
        configuration: WatchConfiguration,
        setting: Setting,
    ) -> Result<Self, ConfigurationError> {
        let transport = client.transport().clone();
        let channels = channels(&configuration, &application, &transport, &setting.trusted)?;
        let switch = configuration.healthchecks.as_ref();
        let switch = switch.map(|switch| DeadMansSwitch::new(switch, transport)).transpose()?;
        let host = configuration.host.clone().unwrap_or(setting.host);
        let place = Place {
            host: path_safe(&host),
            application: application.title.to_owned(),
            bucket: application.bucket.clone(),
        };
        let (trusted, state, textfile) = (setting.trusted, setting.state, setting.textfile);
        Ok(Self {
            application,
            client,
            place,
            configuration,
            channels,
            switch,
            trusted,
            state,
            textfile,
        })
    }

    /// The configuration.
    pub fn configuration(&self) -> &WatchConfiguration {
        &self.configuration
    }

    /// The checks that can be made of this application, among those that are wanted.
    pub fn possible(&self, wanted: &[CheckName]) -> Vec<CheckName> {
        let knows_accounts = self.application.profile == "mastodon";
        let is_possible = |check: &CheckName| match check {
            CheckName::Write => true,
            CheckName::Pictures => {
                knows_accounts
                    && (self.application.database.is_some() || self.application.web_url.is_some())
            }
            CheckName::Media => knows_accounts && self.application.database.is_some(),
            CheckName::Queue => self.application.redis.is_some(),
        };
        CheckName::ALL
            .into_iter()
            .filter(|check| wanted.is_empty() || wanted.contains(check))
            .filter(is_possible)
            .collect()
    }

    /// Sends a test through every channel; what went wrong.
    pub async fn test_alert(&self) -> Vec<String> {
        let notice = Notice::test(&self.place, self.client.now(), self.message_id());
        let mut waiting = Vec::new();
        let mut failures = deliver(&self.channels, &mut waiting, vec![notice]).await;
        if let Some(switch) = &self.switch
            && let Err(why) = switch.ping(Signal::Done(0), &run_id(), "test").await
        {
            failures.push(format!("healthchecks: {why}"));
        }
        failures
    }

    /// Names of the channels.
    pub fn channel_names(&self) -> Vec<String> {
        let switch = self.switch.as_ref().map(|_| "healthchecks".to_owned());
        self.channels.iter().map(|channel| channel.name().to_owned()).chain(switch).collect()
    }

    /// Makes one run.
    pub async fn once(&self, checks: &[CheckName]) -> Result<Report, WatchError> {
        let directory = StateDirectory::open(&self.state)?;
        let (mut state, loaded) = directory.load()?;
        let mut report = Report::default();
        if let Loaded::Unreadable { kept_as, why } = loaded {
            report.remarks.push(format!(
                "the state of earlier runs could not be read ({why}) and lies in `{}`; nothing is known \
                 of them",
                kept_as.display()
            ));
        }
        let run = run_id();
        self.ping(Signal::Start, &run, "", &mut report).await;
        let mut notices = Vec::new();
        for &check in checks {
            let result = self.confirmed(check, &mut state, &mut report.remarks).await;
            notices.extend(self.remember(&mut state, &result));
            report.results.push(result);
        }
        report.notices = notices.iter().map(|notice| notice.subject.clone()).collect();
        self.tell(&directory, &mut state, notices, &mut report).await?;
        report.metrics = metrics::render(&state, &report.results);
        if let Some(path) = &self.textfile
            && let Err(error) = metrics::write_textfile(path, &report.metrics)
        {
            report.remarks.push(format!("cannot write `{}`: {error}", path.display()));
        }
        let code = report.level().exit_code();
        self.ping(Signal::Done(code), &run, &report.summary(), &mut report).await;
        Ok(report)
    }

    async fn ping(&self, signal: Signal, run: &str, summary: &str, report: &mut Report) {
        let Some(switch) = &self.switch else { return };
        if let Err(why) = switch.ping(signal, run, summary).await {
            report.remarks.push(format!("healthchecks: {why}"));
        }
    }

    /// Notices wait in the state file before they are sent, so that a run that ends early loses none.
    async fn tell(
        &self,
        directory: &StateDirectory,
        state: &mut State,
        notices: Vec<Notice>,
        report: &mut Report,
    ) -> Result<(), WatchError> {
        for channel in &self.channels {
            state.undelivered.extend(notices.iter().map(|notice| Undelivered {
                channel: channel.name().to_owned(),
                notice: notice.clone(),
            }));
        }
        directory.save(state)?;
        if !state.undelivered.is_empty() {
            report
                .remarks
                .extend(deliver(&self.channels, &mut state.undelivered, Vec::new()).await);
            directory.save(state)?;
        }
        Ok(())
    }

    /// A check that is not well is made again before it counts.
    async fn confirmed(
        &self,
        check: CheckName,
        state: &mut State,
        remarks: &mut Vec<String>,
    ) -> CheckResult {
        let schedule = &self.configuration.schedule;
        let begin = state.pictures_after;
        let mut result = self.check(check, state, remarks).await;
        for _ in 1..schedule.confirm.max(1) {
            if result.level == Level::Ok {
                break;
            }
            tokio::time::sleep(Duration::from_secs(schedule.confirm_pause_seconds)).await;
            state.pictures_after = begin;
            result = self.check(check, state, remarks).await;
        }
        result
    }

    async fn check(
        &self,
        check: CheckName,
        state: &mut State,
        remarks: &mut Vec<String>,
    ) -> CheckResult {
        let limit = if check == CheckName::Write { WRITE_TIMEOUT } else { SWEEP_TIMEOUT };
        match timeout(limit, self.check_in_time(check, state, remarks)).await {
            Ok(result) => result,
            Err(_) => CheckResult::new(
                check,
                if check == CheckName::Write { Level::Failing } else { Level::Unknown },
                format!("not done after {} s", limit.as_secs()),
            )
            .code("timeout"),
        }
    }

    async fn check_in_time(
        &self,
        check: CheckName,
        state: &mut State,
        remarks: &mut Vec<String>,
    ) -> CheckResult {
        let watched = Watched {
            application: &self.application,
            client: &self.client,
            place: &self.place,
            pictures: &self.configuration.pictures,
        };
        match check {
            CheckName::Write => checks::write::check(&watched).await,
            CheckName::Queue => checks::queue::check(&watched).await,
            CheckName::Media => match self.connect(remarks).await {
                Some(connection) => checks::media::check(&watched, &connection).await,
                None => CheckResult::new(check, Level::Unknown, "the database cannot be reached")
                    .code("no-database"),
            },
            CheckName::Pictures => {
                let connection = self.connect(remarks).await;
                let token = self.configuration.pictures.api_token_file.as_deref();
                let token = token.and_then(|path| match secret(path) {
                    Ok(token) => Some(token),
                    Err(error) => {
                        remarks.push(error.to_string());
                        None
                    }
                });
                let after = &mut state.pictures_after;
                checks::pictures::check(&watched, connection.as_ref(), token.as_deref(), after)
                    .await
            }
        }
    }

    async fn connect(&self, remarks: &mut Vec<String>) -> Option<Connection> {
        let database = self.application.database.as_ref()?;
        match Connection::open(database, &self.trusted).await {
            Ok(connection) => Some(connection),
            Err(error) => {
                let remark = error.to_string();
                if !remarks.contains(&remark) {
                    remarks.push(remark);
                }
                None
            }
        }
    }

    fn remember(&self, state: &mut State, result: &CheckResult) -> Option<Notice> {
        let now = self.client.now();
        let mut memory = state.checks.remove(&result.check);
        let reason = remember(&mut memory, result, now, &self.configuration.schedule.rules());
        let memory = state.checks.entry(result.check).or_insert(memory?);
        let reason = reason?;
        let notice = Notice::of(result, reason, memory, &self.place, (now, self.message_id()));
        // The first mail of a trouble is the one that the others refer to.
        match (reason, result.level) {
            (Reason::Recovered { .. }, _) => memory.thread = None,
            (_, Level::Ok) => {}
            _ => {
                memory.thread.get_or_insert_with(|| notice.message_id.clone());
            }
        }
        Some(notice)
    }

    fn message_id(&self) -> String {
        format!("{}@{}", run_id(), self.place.host)
    }

    /// Makes runs until `stop` ends: uploads often, everything else seldom, each a little earlier or later
    /// than the schedule says, so that many machines do not ask at once. `done` is given each report.
    pub async fn serve(
        &self,
        wanted: &[CheckName],
        stop: impl Future<Output = ()>,
        mut done: impl FnMut(Result<Report, WatchError>),
    ) {
        let mut stop = std::pin::pin!(stop);
        let schedule = &self.configuration.schedule;
        let possible = self.possible(wanted);
        let is_often = |check: &CheckName| matches!(check, CheckName::Write | CheckName::Queue);
        let (often, seldom): (Vec<_>, Vec<_>) = possible.into_iter().partition(is_often);
        let mut until_sweep = Duration::ZERO;
        loop {
            let sweeps = until_sweep.is_zero();
            let checks: Vec<CheckName> =
                often.iter().chain(seldom.iter().filter(|_| sweeps)).copied().collect();
            let run = async { self.once(&checks).await };
            tokio::select! {
                report = run => done(report),
                () = stop.as_mut() => return,
            }
            if sweeps {
                until_sweep = jittered(schedule.sweep_seconds);
            }
            let pause = jittered(schedule.write_seconds);
            until_sweep = until_sweep.saturating_sub(pause);
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stop.as_mut() => return,
            }
        }
    }
}

/// A tenth more or less.
fn jittered(seconds: u64) -> Duration {
    let mut random = [0; 2];
    // Without random numbers all machines keep to the schedule.
    _ = getrandom::fill(&mut random);
    let share = f64::from(u16::from_le_bytes(random)) / f64::from(u16::MAX);
    Duration::from_secs(seconds.max(1)).mul_f64(0.9 + 0.2 * share)
}

/// A UUID of version 4.
fn run_id() -> String {
    let mut bytes = [0_u8; 16];
    _ = getrandom::fill(&mut bytes);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let text = hex::encode(bytes);
    let cut = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", cut(0, 8), cut(8, 12), cut(12, 16), cut(16, 20), cut(20, 32))
}

/// A host name as part of a key and of a mail's id.
fn path_safe(host: &str) -> String {
    let safe: String = host
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '.' { c } else { '-' })
        .collect();
    if safe.trim_matches(['.', '-']).is_empty() { "host".to_owned() } else { safe }
}

/// Keeps the newest metrics for whoever fetches them.
#[derive(Clone, Default)]
pub struct Published(Arc<parking_lot::Mutex<String>>);

impl Published {
    /// Replaces the text.
    pub fn publish(&self, text: String) {
        *self.0.lock() = text;
    }

    /// The text.
    pub fn text(&self) -> String {
        self.0.lock().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_names_are_safe_in_keys() {
        for (host, expected) in
            [("web1.a.example", "web1.a.example"), ("../x", "..-x"), ("..", "host")]
        {
            assert_eq!(path_safe(host), expected);
        }
    }

    #[test]
    fn runs_have_ids_of_their_own() {
        let id = run_id();
        assert_eq!((id.len(), id.as_bytes()[14]), (36, b'4'));
        assert_ne!(id, run_id());
    }

    #[test]
    fn the_schedule_is_kept_roughly() {
        for _ in 0..100 {
            let pause = jittered(100).as_secs_f64();
            assert!((90.0..=110.0).contains(&pause), "{pause}");
        }
    }

    #[test]
    fn nagios_reads_the_first_line() {
        let mut result = CheckResult::new(CheckName::Pictures, Level::Failing, "a | b");
        result.counts.push(("missing".into(), 2));
        let report = Report { results: vec![result], ..Report::default() };
        let expected = "CRITICAL - pictures: CRITICAL - a / b | pictures_missing=2";
        assert_eq!(report.nagios(), expected);
    }
}
