//! `grantry doctor`.

use std::process::ExitCode;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use toolkit::application::Application;
use toolkit::doctor::{
    CHECKS, Context, Detail, Finding, Known, Options, Probes, Report, examine as run_checks,
};

use super::arguments::{AnswerFlags, DoctorArguments};
use super::{application, terminal};
use crate::failure::Failure;
use crate::output;

/// Time to remove what was written, also after an interruption.
const CLEAN_UP_TIMEOUT: Duration = Duration::from_mins(1);
/// What a process that was ended by signal `n` returns to a shell.
const SIGNAL_EXIT_CODE: u8 = 128;

/// What became of an examination.
pub(super) enum Examined {
    /// It came to its end.
    Done(Box<Report>, Known),
    /// A signal ended it; what could not be removed.
    Interrupted {
        /// The number of the signal.
        signal: u8,
        /// Keys that stay.
        leftovers: Vec<String>,
    },
}

/// Runs it.
pub(crate) fn run(arguments: &DoctorArguments) -> Result<ExitCode, Failure> {
    let options = options(&arguments.only)?;
    let runtime = Runtime::new().map_err(|error| Failure::new("cannot start threads", error))?;
    runtime.block_on(async {
        let (application, _) =
            application::load(&arguments.profile, &arguments.application, &[]).await?;
        answer(examine(&application, &options).await?, arguments.answer)
    })
}

fn options(only: &[String]) -> Result<Options, Failure> {
    let mut options = Options::default();
    for id in only {
        let id = id.trim().to_ascii_uppercase();
        if !CHECKS.iter().any(|(known, _)| *known == id) {
            return Err(Failure::usage("cannot use --only", format!("there is no check `{id}`")));
        }
        options.only.insert(id);
    }
    Ok(options)
}

/// Examines, and removes every probe whatever happens.
pub(super) async fn examine(
    application: &Application,
    options: &Options,
) -> Result<Examined, Failure> {
    let client = application::client(application)?;
    let probes = application::probes(&client)?;
    let context = Context { application, client: &client, probes: &probes, options };
    let failed = |error| Failure::new("cannot watch for signals", error);
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let outcome: Result<(Vec<Finding>, Known), SignalKind> = tokio::select! {
        found = run_checks(&context) => Ok(found),
        _ = terminate.recv() => Err(SignalKind::terminate()),
        _ = interrupt.recv() => Err(SignalKind::interrupt()),
    };
    let leftovers = clean_up(&probes).await;
    Ok(match outcome {
        Ok((findings, known)) => {
            Examined::Done(Box::new(Report::new(application, findings, leftovers)), known)
        }
        Err(kind) => Examined::Interrupted {
            signal: u8::try_from(kind.as_raw_value()).unwrap_or(0),
            leftovers,
        },
    })
}

async fn clean_up(probes: &Probes) -> Vec<String> {
    let cleaned = tokio::time::timeout(CLEAN_UP_TIMEOUT, probes.clean_up()).await;
    cleaned.unwrap_or_else(|_| vec!["probes whose removal took too long".to_owned()])
}

/// Prints it.
pub(super) fn answer(examined: Examined, how: AnswerFlags) -> Result<ExitCode, Failure> {
    match examined {
        Examined::Done(report, _) => {
            print(&report, how)?;
            Ok(ExitCode::from(report.exit_code()))
        }
        Examined::Interrupted { signal, leftovers } => {
            let rest = match leftovers.as_slice() {
                [] => "everything that was written is removed again".to_owned(),
                keys => format!("these keys could not be deleted: {}", keys.join(", ")),
            };
            Err(Failure::new("interrupted", rest)
                .exit_code(SIGNAL_EXIT_CODE.saturating_add(signal)))
        }
    }
}

/// Prints a report.
pub(super) fn print(report: &Report, how: AnswerFlags) -> Result<(), Failure> {
    if how.json {
        let text = serde_json::to_string_pretty(report)
            .map_err(|error| Failure::new("cannot print", error))?;
        return output::print(&(text + "\n"));
    }
    let detail = if how.quiet { Detail::Problems } else { Detail::Everything };
    output::print(&report.text(terminal::marks(), detail))
}
