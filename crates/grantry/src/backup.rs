//! `grantry backup` and `grantry restore`.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use ops::backup::{self, Amount, BackupError, BackupOptions, Copied, Watcher};
use ops::check::CheckOptions;

use crate::cli::{BackupArguments, RestoreArguments};
use crate::control::hold::{self, Held};
use crate::control::{Access, reach};
use crate::data_directory::DataDirectory;
use crate::failure::{EXIT_FAILURE, Failure};
use crate::settings::Settings;
use crate::{check, output, serve};

/// Pause between two lines about the progress.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(250);

/// Makes a backup, of a running server or of a store at rest.
pub(crate) fn back_up(
    arguments: &BackupArguments,
    settings: &Settings,
) -> Result<ExitCode, Failure> {
    let directory = DataDirectory::open(&settings.data_directory)?;
    let mut progress = Progress::new();
    let amount = match reach(&directory, || hold::hold(&directory))? {
        // The lock is held to the end of this arm.
        Access::Here(_lock) => copy(arguments, settings, &directory, &mut progress)?.finish(),
        Access::Server(held) => {
            let held = held.map_err(|message| failed(&arguments.directory, message))?;
            let copied = copy(arguments, settings, &directory, &mut progress)?;
            end(held, &arguments.directory)?;
            copied.finish()
        }
    };
    let amount = amount.map_err(|error| failed(&arguments.directory, error))?;
    progress.end();
    output::print(&summary(arguments, settings, amount))?;
    if progress.damaged > 0 {
        let what = format!("the store is damaged in {} places", progress.damaged);
        let why = "the backup holds the rest; what could not be copied is named above";
        return Err(Failure::new(what, why).next("Run `grantry check` on the stopped store."));
    }
    Ok(ExitCode::SUCCESS)
}

fn failed(target: &Path, why: impl std::fmt::Display) -> Failure {
    Failure::new(format!("cannot make a backup in {}", target.display()), why)
}

fn copy(
    arguments: &BackupArguments,
    settings: &Settings,
    directory: &DataDirectory,
    progress: &mut Progress,
) -> Result<Copied, Failure> {
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|error| Failure::new("cannot start threads", error))?;
    let master_key = arguments.with_master_key.then(|| settings.master_key.clone());
    let options = BackupOptions { master_key };
    let copied = backup::copy(directory.path(), &arguments.directory, options, progress);
    runtime.block_on(copied).map_err(|error| {
        progress.end();
        let failure = failed(&arguments.directory, &error);
        match &error {
            BackupError::NotEmpty(_) => failure.next("Name a directory that does not exist yet."),
            BackupError::MasterKey(cause) => serve::with_next_step(failure, cause),
            _ => failure,
        }
    })
}

/// Without the hold to the end, a body that was copied late may have been removed before.
fn end(held: Held, target: &Path) -> Result<(), Failure> {
    held.end().map_err(|error| {
        failed(target, format!("the server ended before the backup did ({error})"))
            .next("Remove the directory and make the backup again.")
    })
}

fn summary(arguments: &BackupArguments, settings: &Settings, amount: Amount) -> String {
    let Amount { files, bytes, links } = amount;
    let directory = arguments.directory.display();
    let key = if arguments.with_master_key {
        "It holds the master key: whoever has it can read all secret access keys.\n".to_owned()
    } else {
        let place = &settings.master_key.source;
        format!(
            "It does not hold the master key. Keep a copy of that ({place}) in another place: without \
             it no access key of the backup works.\n"
        )
    };
    format!("backup in {directory}: {files} files, {links} of them linked, {bytes} bytes\n{key}")
}

/// Brings a backup back into an empty directory, and checks it.
pub(crate) fn restore(
    arguments: &RestoreArguments,
    settings: &Settings,
) -> Result<ExitCode, Failure> {
    let what = || format!("cannot restore to {}", arguments.data_directory.display());
    refuse_filled(&arguments.data_directory).map_err(|why| {
        Failure::new(what(), why).next("Name a directory that is empty or does not exist yet.")
    })?;
    let directory = DataDirectory::create(&arguments.data_directory)?;
    let lock = directory.lock()?;
    let mut progress = Progress::new();
    let restored = backup::restore(&arguments.backup, directory.path(), &mut progress);
    progress.end();
    let restored = restored.map_err(|error| Failure::new(what(), error))?;
    let Amount { files, bytes, .. } = restored.amount;
    let path = directory.path().display();
    output::print(&format!("restored to {path}: {files} files, {bytes} bytes\n"))?;
    if restored.with_master_key && settings.master_key.source.is_elsewhere() {
        let text =
            "The master key was in the backup: master.key. The settings name another place.\n";
        output::print(text)?;
    } else if !restored.with_master_key && !settings.master_key.source.is_elsewhere() {
        output::print("Put the master key there before the server is started: master.key\n")?;
    }
    // Bodies that came into a segment after the metadata was copied belong to nothing here.
    let options = CheckOptions { fast: true, repair: true };
    let summary = check::check_locked(&directory, &lock, settings, options, false)?;
    Ok(if summary.findings == summary.repaired {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(EXIT_FAILURE)
    })
}

fn refuse_filled(path: &Path) -> Result<(), String> {
    match std::fs::read_dir(path) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err("it is not empty".to_owned()),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

/// Shows progress on a terminal, and damage everywhere.
struct Progress {
    shown: Option<Instant>,
    damaged: u64,
}

impl Progress {
    fn new() -> Self {
        Self { shown: io::stderr().is_terminal().then(Instant::now), damaged: 0 }
    }

    fn end(&self) {
        if self.shown.is_some() {
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
    }
}

impl Watcher for Progress {
    fn progress(&mut self, amount: Amount) {
        let Some(shown) = &mut self.shown else { return };
        if shown.elapsed() < PROGRESS_INTERVAL {
            return;
        }
        *shown = Instant::now();
        let mebibytes = amount.bytes / (1 << 20);
        let mut terminal = io::stderr().lock();
        // If it fails, nobody watches.
        let _ = write!(terminal, "\r\x1b[K{} files, {mebibytes} MiB", amount.files);
        let _ = terminal.flush();
    }

    fn damaged(&mut self, what: &str) {
        self.damaged += 1;
        self.end();
        let _ = writeln!(io::stderr().lock(), "damaged: {}", what.replace(char::is_control, " "));
    }
}
