//! `grantry recover`.

use std::collections::BTreeSet;
use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use parking_lot::Mutex;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use toolkit::application::Application;
use toolkit::database::Connection;
use toolkit::profiles::mastodon::keys::Attachment;
use toolkit::recover::breaker::Breaker;
use toolkit::recover::bring_back::Origin;
use toolkit::recover::fate::LocalPictures;
use toolkit::recover::listing::Method;
use toolkit::recover::pacing::Pace;
use toolkit::recover::progress::{Listener, Progress, Stop};
use toolkit::recover::report::Report;
use toolkit::recover::run::{Request, run as recover};
use toolkit::recover::undo::undo;
use toolkit::recover::{Options, RecoverError, Recovery};
use toolkit::s3::{Credentials, S3Client, Target};

use super::arguments::{AnswerFlags, ApplicationFlags};
use super::{EXIT_CANNOT, application, watch};
use crate::failure::Failure;
use crate::{clock, output};

/// Something is gone, or could not be brought back.
const EXIT_GONE: u8 = 1;
/// A safety rule refuses.
const EXIT_REFUSED: u8 = 2;
/// What a process that was ended by SIGINT returns to a shell.
const EXIT_INTERRUPTED: u8 = 130;
/// Width of the line that tells how far it is.
const LINE_WIDTH: usize = 79;

/// Arguments of `grantry recover`.
#[derive(Debug, Args)]
pub(crate) struct RecoverArguments {
    /// The application: mastodon.
    pub(crate) profile: String,
    /// Its configuration.
    #[command(flatten)]
    pub(crate) application: ApplicationFlags,
    /// Bring back what can be. Without it, nothing is changed.
    #[arg(long)]
    pub(crate) apply: bool,
    /// Go on where the last run ended, and take what it found for found.
    #[arg(long)]
    pub(crate) resume: bool,
    /// Put back what a run emptied, as its journal says.
    #[arg(long, value_name = "JOURNAL", conflicts_with_all = ["apply", "resume"])]
    pub(crate) undo: Option<PathBuf>,
    /// Only these kinds of files, separated by commas: avatars, headers, media, thumbnails, emoji, cards,
    /// site-uploads, backups, imports.
    #[arg(long, value_name = "KINDS", value_delimiter = ',', value_parser = kind)]
    pub(crate) only: Vec<Attachment>,
    /// What becomes of avatars and headers of local accounts that are lost: `null` shows the default
    /// picture instead of a broken one.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) local: Local,
    /// Fetch pictures of remote accounts too that were pruned.
    #[arg(long)]
    pub(crate) pruned: bool,
    /// Where copies of lost files may be: s3://BUCKET or s3://BUCKET/PREFIX/, or a directory with a file
    /// for each key.
    #[arg(long, value_name = "s3://BUCKET | DIRECTORY")]
    pub(crate) from: Option<String>,
    /// Endpoint of that bucket, if it is not the application's.
    #[arg(long, value_name = "URL", requires = "from")]
    pub(crate) from_endpoint: Option<String>,
    /// Region of that bucket, if it is not the application's.
    #[arg(long, value_name = "REGION", requires = "from")]
    pub(crate) from_region: Option<String>,
    /// Access key for that bucket, if it is not the application's; its secret comes from
    /// GRANTRY_FROM_SECRET_ACCESS_KEY.
    #[arg(long, value_name = "ID", env = "GRANTRY_FROM_ACCESS_KEY_ID")]
    pub(crate) from_access_key_id: Option<String>,
    /// So much is lost, in a hundred of all files: then more may be missing than usual.
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(1..=100))]
    pub(crate) expect_loss: Option<u8>,
    /// Take 403 for missing, where the application may not list its bucket.
    #[arg(long)]
    pub(crate) assume_403_missing: bool,
    /// How files are looked for.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) method: MethodFlag,
    /// Days within which remote media are fetched before somebody looks at them.
    #[arg(long, value_name = "DAYS", default_value_t = 7)]
    pub(crate) recent_days: u32,
    /// Jobs a minute, for all servers together.
    #[arg(long, value_name = "JOBS", default_value_t = Pace::default().jobs_per_minute,
        value_parser = clap::value_parser!(u32).range(1..=60_000))]
    pub(crate) jobs_per_minute: u32,
    /// Seconds between two jobs for one server, a fifth more or less.
    #[arg(long, value_name = "SECONDS", default_value_t = Pace::default().host_gap_millis / 1000,
        value_parser = clap::value_parser!(u32).range(0..=86_400))]
    pub(crate) server_gap: u32,
    /// Jobs that one run gives.
    #[arg(long, value_name = "JOBS", default_value_t = Pace::default().jobs_max)]
    pub(crate) jobs_max: usize,
    /// Seconds to wait for the first files before the others are asked for.
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    pub(crate) canary_timeout: u64,
    /// Where the journal goes, instead of the state directory. It must not exist.
    #[arg(long, value_name = "FILE")]
    pub(crate) journal: Option<PathBuf>,
    /// Where the state of earlier runs is kept; one in the home if not given.
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) state_dir: Option<PathBuf>,
    /// How it answers.
    #[command(flatten)]
    pub(crate) answer: AnswerFlags,
}

/// What becomes of local pictures that are lost.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Local {
    /// They are reported.
    #[default]
    Report,
    /// Their references are emptied.
    Null,
}

/// How files are looked for.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum MethodFlag {
    /// Whatever is cheaper.
    #[default]
    Auto,
    /// One HEAD for each.
    Head,
    /// A listing of each prefix.
    List,
}

fn kind(text: &str) -> Result<Attachment, String> {
    let found = Attachment::ALL.into_iter().find(|kind| kind.plural() == text);
    found.ok_or_else(|| {
        let names = Attachment::ALL.map(Attachment::plural).join(", ");
        format!("there is no such kind of file; there are {names}")
    })
}

/// Runs it.
pub(crate) fn run(arguments: &RecoverArguments) -> Result<ExitCode, Failure> {
    let runtime = Runtime::new().map_err(|error| Failure::new("cannot start threads", error))?;
    runtime.block_on(async {
        let (application, _) =
            application::load(&arguments.profile, &arguments.application, &[]).await?;
        let Some(database) =
            application.database.clone().filter(|_| application.profile == "mastodon")
        else {
            return Err(cannot(format!(
                "only Mastodon's database is known, not {}'s",
                application.title
            )));
        };
        let client = application::client(&application)?;
        let roots = rustls_native_certs::load_native_certs().certs;
        let connection = Connection::open(&database, &roots).await.map_err(cannot)?;
        let options = options(arguments);
        let stop = Stop::default();
        watch_signals(stop.clone())?;
        let recovery = Recovery {
            application: &application,
            client: &client,
            connection: &connection,
            options: &options,
            listener: listener(arguments.answer.quiet),
            stop,
        };
        if let Some(journal) = &arguments.undo {
            let undone = undo(&recovery, journal).await.map_err(failed)?;
            return show_undone(undone, arguments.answer);
        }
        let request = request(arguments, &application, &client)?;
        let probes = application::probes(&client)?;
        let outcome = recover(&recovery, request, &probes).await;
        let leftovers = probes.clean_up().await;
        end_line(arguments.answer.quiet);
        let mut report = outcome.map_err(failed)?;
        report.remarks.extend(leftovers.iter().map(|key| format!("{key} could not be deleted")));
        show(&report, arguments)
    })
}

fn options(arguments: &RecoverArguments) -> Options {
    let only: BTreeSet<Attachment> = arguments.only.iter().copied().collect();
    Options {
        only: if only.is_empty() { Attachment::ALL.into_iter().collect() } else { only },
        local: match arguments.local {
            Local::Report => LocalPictures::Report,
            Local::Null => LocalPictures::Clear,
        },
        includes_pruned: arguments.pruned,
        breaker: Breaker { expected_percent: arguments.expect_loss },
        refused_is_missing: arguments.assume_403_missing,
        method: match arguments.method {
            MethodFlag::Auto => Method::Auto,
            MethodFlag::Head => Method::Head,
            MethodFlag::List => Method::List,
        },
        recent_days: arguments.recent_days,
        pace: Pace {
            jobs_per_minute: arguments.jobs_per_minute,
            host_gap_millis: arguments.server_gap.saturating_mul(1000),
            jobs_max: arguments.jobs_max,
        },
        canary_seconds: arguments.canary_timeout,
    }
}

fn request(
    arguments: &RecoverArguments,
    application: &Application,
    client: &S3Client,
) -> Result<Request, Failure> {
    let state = match &arguments.state_dir {
        Some(directory) => directory.clone(),
        None => watch::home_state("recover", application)
            .ok_or_else(|| cannot("there is no home directory; name one with --state-dir"))?,
    };
    let origin = match &arguments.from {
        Some(from) => Some(origin(from, arguments, client)?),
        None => None,
    };
    Ok(Request {
        state,
        resume: arguments.resume,
        apply: arguments.apply,
        journal: arguments.journal.clone(),
        origin,
    })
}

fn origin(from: &str, arguments: &RecoverArguments, client: &S3Client) -> Result<Origin, Failure> {
    let Some(place) = from.strip_prefix("s3://") else {
        return Ok(Origin::Directory(from.into()));
    };
    let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
    if bucket.is_empty() {
        return Err(Failure::usage("cannot use --from", "it names no bucket"));
    }
    let own = client.target().clone();
    let credentials = match &arguments.from_access_key_id {
        None => own.credentials.clone(),
        Some(id) => {
            let secret = std::env::var("GRANTRY_FROM_SECRET_ACCESS_KEY").unwrap_or_default();
            let token = std::env::var("GRANTRY_FROM_SESSION_TOKEN").ok();
            let given = Credentials::parse(id, &secret, token);
            Some(given.ok_or_else(|| {
                let why = "its secret is expected in GRANTRY_FROM_SECRET_ACCESS_KEY";
                Failure::usage("cannot use --from-access-key-id", why)
            })?)
        }
    };
    let target = Target {
        endpoint: arguments.from_endpoint.clone().unwrap_or_else(|| own.endpoint.clone()),
        region: arguments.from_region.clone().unwrap_or_else(|| own.region.clone()),
        bucket: bucket.to_owned(),
        credentials,
        ..own
    };
    let client = Box::new(client.with_target(target));
    Ok(Origin::Bucket { client, prefix: prefix.to_owned() })
}

/// The first signal ends the run where nothing is half done, the second one at once.
fn watch_signals(stop: Stop) -> Result<(), Failure> {
    let failed = |error| Failure::new("cannot watch for signals", error);
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    tokio::spawn(async move {
        let mut count = 0;
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            stop.ask();
            count += 1;
            if count > 1 {
                std::process::exit(i32::from(EXIT_INTERRUPTED));
            }
        }
    });
    Ok(())
}

/// One line on a terminal that changes; nothing elsewhere.
fn listener(is_quiet: bool) -> Listener {
    if is_quiet || !std::io::stderr().is_terminal() {
        return Arc::new(|_| {});
    }
    let begun = Mutex::new(("", clock::now()));
    Arc::new(move |progress: Progress| {
        let now = clock::now();
        let mut begun = begun.lock();
        if begun.0 != progress.what {
            *begun = (progress.what, now);
        }
        let line = progress.line(begun.1, now);
        // Spaces instead of an escape sequence: not every terminal wants those. Nobody can be told that the
        // terminal went away.
        _ = write!(std::io::stderr().lock(), "\r{line:<LINE_WIDTH$}");
    })
}

fn end_line(is_quiet: bool) {
    if !is_quiet && std::io::stderr().is_terminal() {
        _ = write!(std::io::stderr().lock(), "\r{:LINE_WIDTH$}\r", "");
    }
}

fn show(report: &Report, arguments: &RecoverArguments) -> Result<ExitCode, Failure> {
    if arguments.answer.json {
        print_json(report)?;
    } else if !(arguments.answer.quiet && report.is_well()) {
        output::print(&report.text())?;
    }
    let code = match (report.refusal.is_some() && arguments.apply, report.is_well()) {
        (true, _) => EXIT_REFUSED,
        (false, true) => 0,
        (false, false) => EXIT_GONE,
    };
    Ok(ExitCode::from(code))
}

fn show_undone(
    undone: toolkit::recover::undo::Undone,
    how: AnswerFlags,
) -> Result<ExitCode, Failure> {
    if how.json {
        print_json(&undone)?;
    } else if !how.quiet {
        output::print(&format!(
            "{} references put back, {} left alone because they have another file by now; {} objects that \
             were brought back stay\n",
            undone.put_back, undone.left_alone, undone.objects_kept
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn print_json(value: &impl serde::Serialize) -> Result<(), Failure> {
    let text =
        serde_json::to_string_pretty(value).map_err(|error| Failure::new("cannot print", error))?;
    output::print(&(text + "\n"))
}

fn cannot(why: impl std::fmt::Display) -> Failure {
    Failure::new("cannot recover", why).exit_code(EXIT_CANNOT)
}

fn failed(error: RecoverError) -> Failure {
    match error {
        RecoverError::Interrupted => Failure::new("recover", error)
            .next("the same command with --resume goes on")
            .exit_code(EXIT_INTERRUPTED),
        refused if refused.is_refusal() => Failure::new("refused", refused).exit_code(EXIT_REFUSED),
        other => cannot(other),
    }
}
