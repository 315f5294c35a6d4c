//! Arguments of `grantry advise`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use model::{AccountId, AccountIdentity, CanonicalUserId};

use crate::settings::DataDirectoryFlags;

/// Arguments of `grantry advise`.
#[derive(Debug, Args)]
pub(crate) struct AdviseArguments {
    /// Where the store is.
    #[command(flatten)]
    pub(crate) place: DataDirectoryFlags,
    /// Print JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Where the bucket is, if it is not in this store.
    #[command(flatten)]
    pub(crate) remote: RemoteFlags,
    /// About what.
    #[command(subcommand)]
    pub(crate) command: AdviseCommand,
}

/// The kinds of advice.
#[derive(Debug, Subcommand)]
pub(crate) enum AdviseCommand {
    /// Before a bucket is set to BucketOwnerEnforced: who has what by ACLs, which requests needed one,
    /// the bucket policy that gives the same, and what it cannot give.
    ///
    /// Every object is decided about before and after, and so is every request of the decision log and
    /// of the access logs. Exit code 3: somebody would lose or gain something.
    DisableAcls(DisableAclsArguments),
    /// Before Block Public Access of a bucket or an account is turned on: who would lose what by each of
    /// its settings, and which logged requests would be refused. Exit code 3: somebody would lose
    /// something.
    BlockPublicAccess(BlockPublicAccessArguments),
    /// What is wrong, or probably not meant, in a policy: what it names and does not exist, statements
    /// that never apply or that a Deny takes away, who is let in, and what no logged request needed.
    ///
    /// Exit codes: 0 nothing found, 3 something found, 1 the policy could not be read.
    Policy {
        /// A file with a policy, or a bucket with one. The statements of a policy in a file say whether
        /// it is one of a bucket.
        policy: String,
    },
}

/// Arguments of `grantry advise disable-acls`.
#[derive(Debug, Args)]
pub(crate) struct DisableAclsArguments {
    /// The bucket.
    #[arg(required_unless_present = "undo")]
    pub(crate) bucket: Option<String>,
    /// Let those who may create new keys by bucket WRITE write every key.
    #[arg(long)]
    pub(crate) grant_writes: bool,
    /// How it is done.
    #[command(flatten)]
    pub(crate) doing: DoingFlags,
    /// Apply although somebody loses or gains something.
    #[arg(long, requires = "apply")]
    pub(crate) accept: bool,
}

/// Arguments of `grantry advise block-public-access`.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("where").required(true).args(["bucket", "account", "undo"])))]
pub(crate) struct BlockPublicAccessArguments {
    /// The bucket.
    pub(crate) bucket: Option<String>,
    /// All buckets of an account, by its number: the settings of the account.
    #[arg(long, value_name = "NUMBER", value_parser = number)]
    pub(crate) account: Option<AccountId>,
    /// How it is done.
    #[command(flatten)]
    pub(crate) doing: DoingFlags,
}

/// Whether to do what was advised, or to undo it.
#[derive(Debug, Args)]
pub(crate) struct DoingFlags {
    /// Do it after telling, in the safe order. What was there before is written to a file first.
    #[arg(long, conflicts_with = "undo")]
    pub(crate) apply: bool,
    /// Where `--apply` writes what was there before.
    #[arg(long, value_name = "FILE", requires = "apply")]
    pub(crate) journal: Option<PathBuf>,
    /// Bring back what was there before, from the file that `--apply` wrote.
    #[arg(long, value_name = "FILE")]
    pub(crate) undo: Option<PathBuf>,
}

/// Where a bucket is that is not in this store, and how it is looked at.
#[derive(Debug, Args)]
#[command(next_help_heading = "Buckets elsewhere")]
pub(crate) struct RemoteFlags {
    /// The bucket is elsewhere: at --endpoint-url, where the AWS tools are configured to go, or at
    /// Amazon. Credentials are found as the AWS tools find them.
    #[arg(long, global = true)]
    pub(crate) remote: bool,
    /// URL of the S3 endpoint; means --remote.
    #[arg(long, value_name = "URL", global = true)]
    pub(crate) endpoint_url: Option<String>,
    /// Region to sign for.
    #[arg(long, value_name = "REGION", global = true)]
    pub(crate) region: Option<String>,
    /// Profile of the files config and credentials of the AWS tools; means --remote.
    #[arg(long, value_name = "PROFILE", global = true)]
    pub(crate) profile: Option<String>,
    /// Endpoint and credentials of an application, as `grantry doctor` reads them; means --remote.
    #[arg(long, value_name = "APPLICATION", global = true)]
    pub(crate) application: Option<String>,
    /// The application's configuration file.
    #[arg(long, value_name = "FILE", requires = "application", global = true)]
    pub(crate) env_file: Option<PathBuf>,
    /// How the bucket is named in requests.
    #[arg(long, value_name = "STYLE", value_parser = ["path", "virtual-host"], global = true)]
    pub(crate) addressing: Option<String>,
    /// Access logs of the bucket: a file, a directory with all below it, or s3://BUCKET/PREFIX; plain or
    /// packed with gzip. May be given several times.
    #[arg(long, value_name = "PLACE", global = true)]
    pub(crate) access_logs: Vec<String>,
    /// An account of which number and canonical user id are known. May be given several times.
    #[arg(long, value_name = "NUMBER=CANONICAL-ID", value_parser = account, global = true)]
    pub(crate) known_account: Vec<AccountIdentity>,
    /// Look only at keys that begin so.
    #[arg(long, value_name = "PREFIX", default_value = "", global = true)]
    pub(crate) prefix: String,
    /// Look only at one of so many keys.
    #[arg(long, value_name = "N", default_value_t = 1, global = true,
          value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) sample: u64,
    /// Stop after so many versions. With --census the next run goes on there.
    #[arg(long, value_name = "N", global = true)]
    pub(crate) versions_max: Option<u64>,
    /// Keep what was seen in this file, so that a run that was cut off goes on where it was.
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) census: Option<PathBuf>,
    /// Requests at once.
    #[arg(long, value_name = "N", default_value_t = 16, global = true,
          value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(crate) at_once: u8,
}

impl RemoteFlags {
    /// Whether the bucket is elsewhere.
    pub(crate) fn is_meant(&self) -> bool {
        self.remote
            || self.endpoint_url.is_some()
            || self.profile.is_some()
            || self.application.is_some()
    }
}

fn number(text: &str) -> Result<AccountId, String> {
    AccountId::parse(text).ok_or_else(|| "it is not twelve digits".to_owned())
}

fn account(text: &str) -> Result<AccountIdentity, String> {
    let parsed = text.split_once('=').and_then(|(id, canonical_id)| {
        Some(AccountIdentity {
            id: AccountId::parse(id)?,
            canonical_id: CanonicalUserId::parse(canonical_id)?,
        })
    });
    parsed.ok_or_else(|| "it is not twelve digits, `=` and a canonical user id".to_owned())
}
