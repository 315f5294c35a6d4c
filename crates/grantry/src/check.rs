//! `grantry check`: reads a whole store and prints what is wrong with it.

mod output;

use std::process::ExitCode;

use ops::check::{self, CheckError, CheckOptions, Summary};

use self::output::Printer;
use crate::cli::CheckArguments;
use crate::data_directory::{Attempt, DataDirectory, Lock};
use crate::failure::{EXIT_FAILURE, Failure};
use crate::serve;
use crate::settings::Settings;

/// Inconsistencies were found.
const EXIT_INCONSISTENT: u8 = 1;
/// The store could not be checked.
const EXIT_NOT_CHECKED: u8 = 3;

/// Carries the command out.
pub(crate) fn run(arguments: &CheckArguments, settings: &Settings) -> Result<ExitCode, Failure> {
    let summary = check_directory(arguments, settings).map_err(not_checked)?;
    Ok(match summary.findings {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::from(EXIT_INCONSISTENT),
    })
}

/// Code 1 means that the store was checked, so it cannot stand for a failure.
fn not_checked(failure: Failure) -> Failure {
    match failure.exit_code {
        EXIT_FAILURE => failure.exit_code(EXIT_NOT_CHECKED),
        _ => failure,
    }
}

fn check_directory(arguments: &CheckArguments, settings: &Settings) -> Result<Summary, Failure> {
    let directory = DataDirectory::open(&settings.data_directory)?;
    let what = || format!("cannot check {}", directory.path().display());
    let lock = match directory.try_lock()? {
        Attempt::Locked(lock) => lock,
        Attempt::Busy { process_id } => {
            let who = process_id.map_or_else(String::new, |id| format!(" (process {id})"));
            return Err(Failure::new(what(), format!("a running server{who} is using it"))
                .next("Stop the server first: a check needs the store for itself."));
        }
    };
    let options = CheckOptions { fast: arguments.fast, repair: arguments.repair };
    check_locked(&directory, &lock, settings, options, arguments.json)
}

/// Checks a directory whose lock is held, and prints findings and the summary.
pub(crate) fn check_locked(
    directory: &DataDirectory,
    _lock: &Lock,
    settings: &Settings,
    options: CheckOptions,
    json: bool,
) -> Result<Summary, Failure> {
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|error| Failure::new("cannot start threads", error))?;
    let mut printer = Printer::new(json);
    let checked = check::run(directory.path(), &settings.master_key, options, &mut printer);
    let checked = runtime.block_on(checked);
    printer.end_progress();
    let summary = checked.map_err(|error| {
        let failure = Failure::new(format!("cannot check {}", directory.path().display()), &error);
        match &error {
            CheckError::Open(cause) => serve::with_next_step(failure, cause),
            _ => failure,
        }
    })?;
    printer.summary(summary)?;
    Ok(summary)
}
