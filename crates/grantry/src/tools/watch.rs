//! `grantry watch`.

use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use toolkit::application::Application;
use toolkit::watch::configuration::WatchConfiguration;
use toolkit::watch::listener;
use toolkit::watch::result::{CheckName, Level};
use toolkit::watch::run::{Published, Report, Setting, Watch, WatchError};
use toolkit::watch::state::StateError;

use super::application;
use super::arguments::ApplicationFlags;
use crate::failure::Failure;
use crate::output;

/// What plugins of Nagios return when they could not find out.
const EXIT_UNKNOWN: u8 = 3;
/// What `--test-alert` returns when a channel failed.
const EXIT_CHANNEL_FAILED: u8 = 2;

/// Arguments of `grantry watch`.
#[derive(Debug, Args)]
pub(crate) struct WatchArguments {
    /// The application, as for doctor.
    pub(crate) profile: String,
    /// Its configuration.
    #[command(flatten)]
    pub(crate) application: ApplicationFlags,
    /// Whom to tell and how often to look; deploy/watch/watch.toml has everything.
    #[arg(long, value_name = "FILE")]
    pub(crate) watch_config: Option<PathBuf>,
    /// Make one run and end, for cron and timers.
    #[arg(long)]
    pub(crate) once: bool,
    /// Only these checks, separated by commas: write, pictures, media, queue.
    #[arg(long, value_name = "CHECKS", value_delimiter = ',', value_parser = check_name)]
    pub(crate) only: Vec<CheckName>,
    /// Where the state of earlier runs is kept; systemd's state directory, or one in the home.
    #[arg(long, value_name = "DIRECTORY", env = "STATE_DIRECTORY")]
    pub(crate) state_dir: Option<PathBuf>,
    /// Write metrics here, for the textfile collector of node_exporter.
    #[arg(long, value_name = "FILE")]
    pub(crate) textfile: Option<PathBuf>,
    /// Answer Prometheus at http://ADDRESS/metrics.
    #[arg(long, value_name = "ADDRESS", conflicts_with = "once")]
    pub(crate) listen: Option<std::net::SocketAddr>,
    /// Print one line with figures, as plugins of Nagios do.
    #[arg(long, requires = "once")]
    pub(crate) nagios: bool,
    /// Print JSON: one object a run.
    #[arg(long, conflicts_with = "nagios")]
    pub(crate) json: bool,
    /// Print also what is well. A terminal is told always, cron only of trouble.
    #[arg(long, short)]
    pub(crate) verbose: bool,
    /// Print nothing; the exit code tells.
    #[arg(long, short, conflicts_with_all = ["verbose", "json", "nagios"])]
    pub(crate) quiet: bool,
    /// Send a test through every channel, and end.
    #[arg(long)]
    pub(crate) test_alert: bool,
}

fn check_name(text: &str) -> Result<CheckName, String> {
    CheckName::parse(text).ok_or_else(|| {
        let names = CheckName::ALL.map(CheckName::as_str).join(", ");
        format!("there is no such check; there are {names}")
    })
}

/// Runs it.
pub(crate) fn run(arguments: &WatchArguments) -> Result<ExitCode, Failure> {
    let runtime = Runtime::new().map_err(|error| Failure::new("cannot start threads", error))?;
    runtime.block_on(async {
        let watch = prepare(arguments).await?;
        if arguments.test_alert {
            return test_alert(&watch).await;
        }
        let checks = watch.possible(&arguments.only);
        if checks.is_empty() {
            return Err(cannot(
                "none of the checks is possible: the application names no database, web address or Redis",
            ));
        }
        if arguments.once { once(&watch, &checks, arguments).await } else { serve(watch, arguments).await }
    })
}

async fn prepare(arguments: &WatchArguments) -> Result<Watch, Failure> {
    let (application, _) =
        application::load(&arguments.profile, &arguments.application, &[]).await?;
    let client = application::client(&application)?;
    let configuration = match &arguments.watch_config {
        Some(path) => WatchConfiguration::read(path).map_err(cannot)?,
        None => WatchConfiguration::default(),
    };
    let setting = Setting {
        host: host_name(),
        trusted: rustls_native_certs::load_native_certs().certs,
        state: match &arguments.state_dir {
            Some(directory) => directory.clone(),
            None => home_state("watch", &application)
                .ok_or_else(|| cannot("there is no home directory; name one with --state-dir"))?,
        },
        textfile: arguments.textfile.clone(),
    };
    Watch::new(application, client, configuration, setting).map_err(cannot)
}

fn cannot(why: impl std::fmt::Display) -> Failure {
    Failure::new("cannot watch", why).exit_code(EXIT_UNKNOWN)
}

fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// A tool's directory of one application and bucket below the home; none without a home.
pub(super) fn home_state(tool: &str, application: &Application) -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = set("XDG_STATE_HOME").or_else(|| Some(set("HOME")?.join(".local/state")))?;
    let Application { profile, bucket, .. } = application;
    Some(base.join("grantry").join(format!("{tool}-{profile}-{bucket}")))
}

async fn once(
    watch: &Watch,
    checks: &[CheckName],
    arguments: &WatchArguments,
) -> Result<ExitCode, Failure> {
    let report = match watch.once(checks).await {
        // Not a failure: the run that holds the state tells what there is to tell.
        Err(WatchError::State(error @ StateError::Busy(_))) => {
            if !arguments.quiet {
                output::print(&format!("{error}; nothing was done\n"))?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        other => other.map_err(cannot)?,
    };
    show(&report, arguments)?;
    Ok(ExitCode::from(report.level().exit_code()))
}

fn show(report: &Report, arguments: &WatchArguments) -> Result<(), Failure> {
    if arguments.quiet {
        return Ok(());
    }
    if arguments.json {
        let document = json!({
            "level": report.level(),
            "results": report.results,
            "notices": report.notices,
            "remarks": report.remarks,
        });
        return output::print(&format!("{document}\n"));
    }
    if arguments.nagios {
        output::print(&format!("{}\n", report.nagios()))?;
    }
    let is_well = report.level() == Level::Ok && report.remarks.is_empty();
    if is_well && !arguments.verbose && (arguments.nagios || !std::io::stdout().is_terminal()) {
        return Ok(());
    }
    output::print(&text(report))
}

fn text(report: &Report) -> String {
    let mut text = String::new();
    for result in &report.results {
        let level = result.level.nagios();
        _ = writeln!(text, "{level:<8} {:<8} {}", result.check.as_str(), result.summary);
        for line in &result.details {
            _ = writeln!(text, "         {line}");
        }
        for step in &result.steps {
            let mark = if step.is_ok { "ok" } else { "FAIL" };
            let seconds = step.took.as_secs_f64();
            _ = writeln!(text, "         {mark:<4} {seconds:6.2} s  {}", step.evidence);
        }
    }
    for notice in &report.notices {
        _ = writeln!(text, "told     {notice}");
    }
    for remark in &report.remarks {
        _ = writeln!(text, "note     {remark}");
    }
    text
}

async fn test_alert(watch: &Watch) -> Result<ExitCode, Failure> {
    let names = watch.channel_names();
    if names.is_empty() {
        return Err(cannot("no channel is configured; see deploy/watch/watch.toml"));
    }
    let failures = watch.test_alert().await;
    if failures.is_empty() {
        output::print(&format!("sent through {}\n", names.join(", ")))?;
        return Ok(ExitCode::SUCCESS);
    }
    Err(Failure::new("not every channel took the test", failures.join("; "))
        .exit_code(EXIT_CHANNEL_FAILED))
}

async fn serve(watch: Watch, arguments: &WatchArguments) -> Result<ExitCode, Failure> {
    let published = Published::default();
    let metrics = match arguments.listen {
        Some(address) => {
            let listener = TcpListener::bind(address)
                .await
                .map_err(|error| Failure::new(format!("cannot listen on {address}"), error))?;
            let bound = listener.local_addr().map_err(cannot)?;
            output::print(&format!("metrics at http://{bound}/metrics\n"))?;
            Some(tokio::spawn(listener::serve(listener, published.clone())))
        }
        None => None,
    };
    let failed = |error| Failure::new("cannot watch for signals", error);
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let stop = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    watch
        .serve(&arguments.only, stop, |report| match report {
            Ok(report) => {
                published.publish(report.metrics.clone());
                if let Err(failure) = show(&report, arguments) {
                    output::error(&failure);
                }
            }
            Err(error) => output::error(&cannot(error)),
        })
        .await;
    if let Some(task) = metrics {
        task.abort();
    }
    Ok(ExitCode::SUCCESS)
}
