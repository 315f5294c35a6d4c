//! Arguments of the tools.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Which application, and what its configuration does not say.
#[derive(Args, Default)]
pub(crate) struct ApplicationFlags {
    /// The application's configuration file, such as .env.production.
    #[arg(long = "env-file", visible_alias = "config", value_name = "FILE", global = true)]
    pub(crate) env_file: Option<PathBuf>,
    /// How the application gets the file: dotenv reads it itself, docker passes it with --env-file,
    /// systemd as EnvironmentFile=.
    #[arg(long, value_name = "READER", value_parser = ["dotenv", "docker", "systemd"], global = true)]
    pub(crate) env_format: Option<String>,
    /// Take this process's own environment for the application's, stronger than its files.
    #[arg(long, global = true)]
    pub(crate) process_env: bool,
    /// The application's version, where it cannot be found beside the file.
    #[arg(long, value_name = "VERSION", global = true)]
    pub(crate) app_version: Option<String>,
    /// URL of the S3 endpoint.
    #[arg(long, value_name = "URL", global = true)]
    pub(crate) endpoint: Option<String>,
    /// Region to sign for.
    #[arg(long, value_name = "REGION", global = true)]
    pub(crate) region: Option<String>,
    /// The bucket.
    #[arg(long, value_name = "BUCKET", global = true)]
    pub(crate) bucket: Option<String>,
    /// How the bucket is named in requests.
    #[arg(long, value_name = "STYLE", value_parser = ["path", "virtual-host"], global = true)]
    pub(crate) addressing: Option<String>,
    /// Access key to ask with; its secret comes from GRANTRY_SECRET_ACCESS_KEY.
    #[arg(long, value_name = "ID", requires = "secret_access_key", global = true)]
    pub(crate) access_key_id: Option<String>,
    /// Secret of that key. Better in the environment: others see the arguments of a process.
    #[arg(
        long,
        value_name = "SECRET",
        env = "GRANTRY_SECRET_ACCESS_KEY",
        hide_env_values = true,
        global = true
    )]
    pub(crate) secret_access_key: Option<String>,
    /// Session token of that key, if it is temporary.
    #[arg(
        long,
        value_name = "TOKEN",
        env = "GRANTRY_SESSION_TOKEN",
        hide_env_values = true,
        global = true
    )]
    pub(crate) session_token: Option<String>,
    /// Canned ACLs that the application sends, separated by commas (profile generic).
    #[arg(long, value_name = "ACLS", global = true)]
    pub(crate) acl: Option<String>,
    /// Prefixes of its files, separated by commas (profile generic).
    #[arg(long, value_name = "PREFIXES", global = true)]
    pub(crate) prefix: Option<String>,
    /// URL in front of keys under which the public reads.
    #[arg(long, value_name = "URL", global = true)]
    pub(crate) public_url: Option<String>,
    /// URL of the web application.
    #[arg(long, value_name = "URL", global = true)]
    pub(crate) web_url: Option<String>,
}

/// Without the secrets.
impl std::fmt::Debug for ApplicationFlags {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApplicationFlags").field("env_file", &self.env_file).finish_non_exhaustive()
    }
}

/// How a tool answers.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct AnswerFlags {
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Print what is wrong only.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// Arguments of `grantry doctor`.
#[derive(Debug, Args)]
pub(crate) struct DoctorArguments {
    /// The application: mastodon, peertube, pixelfed, laravel, misskey, nextcloud, discourse, gitlab,
    /// activestorage, pleroma, pict-rs or generic.
    pub(crate) profile: String,
    /// Its configuration.
    #[command(flatten)]
    pub(crate) application: ApplicationFlags,
    /// Only these checks, separated by commas, as C-01,C-10.
    #[arg(long, value_name = "CHECKS", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// How it answers.
    #[command(flatten)]
    pub(crate) answer: AnswerFlags,
}

/// Whether uploads carry ACLs afterwards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum FixMode {
    /// The application sends none; the bucket's policy lets the public read.
    #[default]
    NoAcl,
    /// The bucket takes ACLs again, and the application sends public-read.
    Acl,
}

/// Arguments of `grantry fix`.
#[derive(Debug, Args)]
pub(crate) struct FixArguments {
    /// The application, as for doctor; `bucket` in front mends its bucket instead of its
    /// configuration.
    #[arg(value_name = "PROFILE | bucket PROFILE", num_args = 1..=2, required = true)]
    pub(crate) what: Vec<String>,
    /// Its configuration.
    #[command(flatten)]
    pub(crate) application: ApplicationFlags,
    /// What to arrive at.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) mode: FixMode,
    /// Change nothing; exit with 1 if something would be changed.
    #[arg(long, conflicts_with = "yes")]
    pub(crate) check: bool,
    /// Show what would be changed, line by line. Without --yes nothing else is done.
    #[arg(long)]
    pub(crate) diff: bool,
    /// Do it without asking.
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Do it although a guard refuses.
    #[arg(long)]
    pub(crate) force: bool,
    /// Restart the application's services afterwards (systemd).
    #[arg(long)]
    pub(crate) restart: bool,
    /// Set the two checksum lines too, for stores that do not take what current SDKs send.
    #[arg(long)]
    pub(crate) checksums: bool,
    /// Set S3_RETRY_LIMIT too (Mastodon 4.3 and later).
    #[arg(long, value_name = "TRIES", value_parser = clap::value_parser!(u8).range(0..=3))]
    pub(crate) retry_limit: Option<u8>,
    /// Set S3_ENABLED to `true` where it is something like `True` or `1`.
    #[arg(long)]
    pub(crate) enable_s3: bool,
    /// Do not ask the store, before or after.
    #[arg(long)]
    pub(crate) offline: bool,
    /// How it answers.
    #[command(flatten)]
    pub(crate) answer: AnswerFlags,
}
