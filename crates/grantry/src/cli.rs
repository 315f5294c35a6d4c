//! The command line.

mod access;
mod advise;
mod events;

use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand};
use model::Timestamp;

pub(crate) use self::access::{DecisionsArguments, ExplainArguments, WhoCanArguments};
pub(crate) use self::advise::{
    AdviseArguments, AdviseCommand, BlockPublicAccessArguments, DisableAclsArguments, RemoteFlags,
};
pub(crate) use self::events::{EventsArguments, EventsCommand, GivenUpArguments};
use crate::settings::{DataDirectoryFlags, MasterKeyFlags, SettingFlags};
use crate::tools::arguments::{DoctorArguments, FixArguments};
use crate::tools::recover::RecoverArguments;
use crate::tools::watch::WatchArguments;

/// An S3-compatible object store whose permissions mean exactly what Amazon S3's mean.
///
/// Exit codes: 0 done, 1 failed, 2 wrong command line or setting, 128 + n ended by signal n without
/// waiting for requests in flight. Those of `check` are its own.
#[derive(Debug, Parser)]
#[command(name = "grantry", version)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server.
    ///
    /// The first start creates an account with an access key and prints it. SIGTERM and SIGINT let
    /// requests in flight finish; a second signal does not.
    Serve(ServeArguments),
    /// Manage accounts and access keys, with or without a running server.
    Account(AccountArguments),
    /// Say why a request was refused, which rule decided, and what would have to change; with or
    /// without a running server.
    ///
    /// With --as and --action instead of a request id: whether somebody could do something, and why.
    Explain(Box<ExplainArguments>),
    /// List the newest decisions of the decision log, with or without a running server.
    Decisions(Box<DecisionsArguments>),
    /// Manage the keys that encrypt objects, with or without a running server.
    Keys(KeysArguments),
    /// Look after the events that wait for the destinations of notifications, and those that were given
    /// up; with or without a running server.
    Events(EventsArguments),
    /// Read the whole store and print every inconsistency, one a line. No server may run.
    ///
    /// Exit codes: 0 no inconsistency, 1 inconsistencies found (also if all were repaired), 2 wrong
    /// command line or setting, 3 the store could not be checked.
    Check(CheckArguments),
    /// Copy the store into a new directory, also while a server uses it.
    ///
    /// The server keeps removed bodies until the copy is complete. Large bodies are linked where the
    /// file system can do that.
    Backup(BackupArguments),
    /// Bring a backup back into an empty directory: compare every file with the backup's manifest,
    /// then check the store as `check --fast --repair` does, which removes bodies that were written
    /// after the moment of the backup.
    Restore(RestoreArguments),
    /// Examine the bucket of an application by doing what the application does.
    ///
    /// Writes small probes, reads them as the application and as the public, and removes them again.
    /// Every finding has its evidence and what to do. Works with any S3 store.
    ///
    /// Exit codes: 0 healthy, 1 warnings, 2 failing (or a wrong command line), 3 could not examine.
    Doctor(DoctorArguments),
    /// Mend what doctor finds: the application's configuration, or with `bucket` its bucket.
    ///
    /// Shows what it would change; --yes changes it. Files keep owner, mode and every other byte, and a
    /// backup is left beside them.
    ///
    /// Exit codes: 0 nothing to do or done, 1 a change is needed (--check) or did not help, 2 refused by a
    /// guard (or a wrong command line), 3 could not run.
    Fix(FixArguments),
    /// Watch that uploads work, and tell somebody when they do not.
    ///
    /// Uploads what the application uploads, reads it as the public and removes it; asks for the
    /// pictures of local accounts, for the newest media and for failed jobs. Tells by mail and webhooks on
    /// change. Works with any S3 store.
    ///
    /// Exit codes of --once: 0 well, 1 warning, 2 failing (or a wrong command line), 3 could not be
    /// found out.
    Watch(Box<WatchArguments>),
    /// Find files that the database names and the bucket does not have, and bring them back.
    ///
    /// Changes nothing without --apply. Then files that were deleted on a versioned bucket, or have a copy
    /// elsewhere, are brought back as they were; references to the others are emptied, with a journal for
    /// --undo, and the application's own workers fetch them again, a few at a time. Local files that nobody
    /// else has are reported. Works with any S3 store.
    ///
    /// Exit codes: 0 nothing is gone, or all is brought back or on its way, 1 something is gone (or stays
    /// gone), 2 refused by a safety rule (or a wrong command line), 3 could not run, 130 interrupted.
    Recover(Box<RecoverArguments>),
    /// Print the completions of a shell.
    Completions(CompletionsArguments),
    /// Write the manual pages into a directory.
    Man(ManArguments),
    /// Tell who may do something with a bucket, with the objects below a prefix, or with one object:
    /// by which rule, under which conditions, and what takes it away.
    ///
    /// The answer is reasoned from the rules and not sampled: it holds for every key and every request.
    /// With or without a running server.
    WhoCan(WhoCanArguments),
    /// Tell what the lifecycle rules of buckets would remove, or carry them out now, with or without a
    /// running server, which does so once a day by itself.
    Lifecycle(LifecycleArguments),
    /// Tell what a change of access would do before it is made, and how to make it safely.
    Advise(Box<AdviseArguments>),
}

/// Arguments of `grantry lifecycle`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true))]
pub(crate) struct LifecycleArguments {
    /// The settings.
    #[command(flatten)]
    pub(crate) settings: SettingFlags,
    /// Print what would be removed and by which rule, one a line, and change nothing.
    #[arg(long, group = "what")]
    pub(crate) dry_run: bool,
    /// Remove what is due, wait for the end and print how much it was.
    #[arg(long, group = "what", conflicts_with_all = ["bucket", "at"])]
    pub(crate) run_now: bool,
    /// Believe the clock however far it is ahead of the last run: it is right, no run was made for long.
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) trust_clock: bool,
    /// The dry run of one bucket only.
    #[arg(long, value_name = "NAME")]
    pub(crate) bucket: Option<String>,
    /// The dry run of another time than now, such as 2027-01-01T00:00:00Z.
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// Print JSON: one object a line.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `grantry completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArguments {
    /// The shell.
    pub(crate) shell: clap_complete::Shell,
}

/// Arguments of `grantry man`.
#[derive(Debug, Args)]
pub(crate) struct ManArguments {
    /// Where the pages go.
    pub(crate) directory: PathBuf,
}

/// Arguments of `grantry serve`.
#[derive(Debug, Args)]
pub(crate) struct ServeArguments {
    /// The settings.
    #[command(flatten)]
    pub(crate) settings: SettingFlags,
    /// Print the settings with where each comes from, and do not start.
    #[arg(long)]
    pub(crate) print_settings: bool,
}

/// Arguments of `grantry backup`.
#[derive(Debug, Args)]
pub(crate) struct BackupArguments {
    /// Where the store is.
    #[command(flatten)]
    pub(crate) place: DataDirectoryFlags,
    /// Where the backup goes: a directory that is empty or does not exist yet.
    pub(crate) directory: PathBuf,
    /// Copy the master key too. Whoever has such a backup can read all secret access keys.
    #[arg(long)]
    pub(crate) with_master_key: bool,
}

/// Arguments of `grantry restore`.
#[derive(Debug, Args)]
pub(crate) struct RestoreArguments {
    /// Where its master key is.
    #[command(flatten)]
    pub(crate) keys: MasterKeyFlags,
    /// The backup.
    pub(crate) backup: PathBuf,
    /// The new data directory: one that is empty or does not exist yet.
    pub(crate) data_directory: PathBuf,
}

/// Arguments of `grantry check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// Where the store is.
    #[command(flatten)]
    pub(crate) place: DataDirectoryFlags,
    /// Print JSON: one object a line, the last one with the summary.
    #[arg(long)]
    pub(crate) json: bool,
    /// Mend what can be proved: remove bodies that belong to nothing, correct the list of bodies to be
    /// removed, count the buckets anew. Metadata is never removed, and damaged bodies are only
    /// reported.
    #[arg(long)]
    pub(crate) repair: bool,
    /// Look at metadata, headers and lengths only, and read no bodies.
    #[arg(long)]
    pub(crate) fast: bool,
}

/// Arguments of `grantry account`.
#[derive(Debug, Args)]
pub(crate) struct AccountArguments {
    /// Where the accounts are.
    #[command(flatten)]
    pub(crate) place: DataDirectoryFlags,
    /// Print JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// What to do with them.
    #[command(subcommand)]
    pub(crate) command: AccountCommand,
}

/// Arguments of `grantry keys`.
#[derive(Debug, Args)]
pub(crate) struct KeysArguments {
    /// Where the keys are.
    #[command(flatten)]
    pub(crate) place: DataDirectoryFlags,
    /// Print JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// What to do with them.
    #[command(subcommand)]
    pub(crate) command: KeysCommand,
}

/// The commands about encryption keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Show which master key the store is opened with: its id, and where it comes from. It opens all
    /// other keys, and the secrets of access keys.
    ///
    /// Without a running server this also carries a change of it out, if `previous_master_key_file` or
    /// `previous_master_key` gives the one before.
    Master,
    /// List all keys. One that `wraps` is used for new objects, one that `opens` for those that it
    /// wrapped; no key is ever removed.
    List,
    /// Make a new key that is used for new objects from now on.
    Rotate {
        /// A managed key (ARN, id or alias); without it, the key of SSE-S3.
        key: Option<String>,
    },
    /// Wrap the data keys of all objects with the newest keys. Bodies are not touched.
    Rewrap,
    /// Create a managed key (SSE-KMS) of an account.
    Create {
        /// Name, account id or canonical id.
        account: String,
        /// A name for it: `alias/…`.
        #[arg(long)]
        alias: Option<String>,
        /// For people.
        #[arg(long, default_value = "")]
        description: String,
    },
    /// Let a managed key be used again.
    Enable {
        /// ARN, id or alias.
        key: String,
    },
    /// Let a managed key not be used: its objects cannot be read until it is enabled.
    Disable {
        /// ARN, id or alias.
        key: String,
    },
}

/// The commands about accounts.
#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Create an account with an access key. What is not given is generated.
    Create(CreateAccountArguments),
    /// List all accounts.
    List,
    /// Show one account and its access keys.
    Show {
        /// Name, account id or canonical id.
        account: String,
    },
    /// Manage the access keys of an account.
    Key {
        /// What to do with them.
        #[command(subcommand)]
        command: KeyCommand,
    },
}

/// Arguments of `grantry account create`.
#[derive(Debug, Args)]
pub(crate) struct CreateAccountArguments {
    /// Name for people.
    #[arg(long)]
    pub(crate) name: String,
    /// Twelve digits, as they stand in ARNs.
    #[arg(long, value_name = "DIGITS")]
    pub(crate) account_id: Option<String>,
    /// 64 hexadecimal digits, as they stand in ACLs; kept in their letter case.
    #[arg(long, value_name = "HEX")]
    pub(crate) canonical_id: Option<String>,
    /// E-mail address.
    #[arg(long)]
    pub(crate) email: Option<String>,
    /// The first access key.
    #[command(flatten)]
    pub(crate) key: KeyArguments,
}

/// An access key that is kept as it is.
#[derive(Args)]
pub(crate) struct KeyArguments {
    /// Id of the access key; kept in its letter case.
    #[arg(long, value_name = "ID")]
    pub(crate) access_key_id: Option<String>,
    /// Secret of the access key.
    #[arg(long, value_name = "SECRET")]
    pub(crate) secret_access_key: Option<String>,
}

/// Without the secret.
impl std::fmt::Debug for KeyArguments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyArguments")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

/// The commands about access keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Add an access key to an account. What is not given is generated.
    Create {
        /// Name, account id or canonical id.
        account: String,
        /// The new key.
        #[command(flatten)]
        key: KeyArguments,
    },
    /// List the access keys of an account.
    List {
        /// Name, account id or canonical id.
        account: String,
    },
    /// Remove an access key. It is refused from then on, also by a running server.
    Delete {
        /// Id of the access key.
        access_key_id: String,
    },
}

fn time(text: &str) -> Result<Timestamp, &'static str> {
    crate::clock::parse(text).ok_or("a time such as 2026-11-05T09:30:00Z is wanted")
}
