//! Arguments of the commands that tell who may do what, and why: `explain`, `decisions`, `who-can`.

use clap::Args;
use model::Timestamp;
use ops::explanations::Question;

use super::time;
use crate::settings::DataDirectoryFlags;

/// Arguments of `grantry who-can`.
#[derive(Debug, Args)]
pub(crate) struct WhoCanArguments {
    /// Where the store is.
    #[command(flatten)]
    pub(crate) place: DataDirectoryFlags,
    /// `read`, `write`, `delete`, `list`, `read-acl`, `write-acl`, or actions as `s3:GetObject`, with
    /// commas between them.
    pub(crate) action: String,
    /// `BUCKET`, `BUCKET/PREFIX*` or `BUCKET/KEY`. With the bucket alone, all of its objects are
    /// meant, or the bucket, as the action has it.
    pub(crate) target: String,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `grantry explain`.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("what").required(true).args(["request_id", "principal"])))]
pub(crate) struct ExplainArguments {
    /// Where the store is.
    #[command(flatten)]
    pub(crate) place: DataDirectoryFlags,
    /// The request: its x-amz-request-id, RequestId in the answer's document.
    pub(crate) request_id: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Decide the request by the rules of today too, and show the difference.
    #[arg(long, requires = "request_id")]
    pub(crate) replay: bool,
    /// Who would ask: the ARN of a user, role or session; an account; or anonymous.
    #[arg(long = "as", value_name = "ARN", requires = "action")]
    pub(crate) principal: Option<String>,
    /// A policy action such as s3:GetObject, or an operation such as PutObject.
    #[arg(long, requires = "principal")]
    pub(crate) action: Option<String>,
    /// The bucket.
    #[arg(long, requires = "principal")]
    pub(crate) bucket: Option<String>,
    /// The key.
    #[arg(long, requires = "bucket")]
    pub(crate) key: Option<String>,
    /// The version.
    #[arg(long, requires = "key")]
    pub(crate) version: Option<String>,
    /// The canned ACL that is sent, such as public-read.
    #[arg(long, requires = "principal")]
    pub(crate) acl: Option<String>,
    /// A header that is sent; may be given several times.
    #[arg(long = "header", value_name = "NAME: VALUE", requires = "principal")]
    pub(crate) headers: Vec<String>,
    /// The value of a condition key, such as aws:SecureTransport=true; may be given several times.
    #[arg(long = "context", value_name = "KEY=VALUE", requires = "principal")]
    pub(crate) context: Vec<String>,
    /// Where the request comes from; 127.0.0.1 if not given.
    #[arg(long, value_name = "ADDRESS", requires = "principal")]
    pub(crate) source_ip: Option<String>,
}

/// Arguments of `grantry decisions`.
#[derive(Debug, Args)]
pub(crate) struct DecisionsArguments {
    /// Where the store is.
    #[command(flatten)]
    pub(crate) place: DataDirectoryFlags,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Those of one request.
    #[arg(long, value_name = "ID")]
    pub(crate) request_id: Option<String>,
    /// Those of one caller: an ARN, or anonymous.
    #[arg(long, value_name = "ARN")]
    pub(crate) caller: Option<String>,
    /// Those on one bucket.
    #[arg(long)]
    pub(crate) bucket: Option<String>,
    /// Those on keys that begin so.
    #[arg(long, value_name = "PREFIX")]
    pub(crate) key_prefix: Option<String>,
    /// Those that came out so.
    #[arg(long, value_parser = ["refused", "allowed", "undecided"])]
    pub(crate) verdict: Option<String>,
    /// Not earlier than this, RFC 3339.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) after: Option<Timestamp>,
    /// Earlier than this, RFC 3339.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) before: Option<Timestamp>,
    /// Where an earlier search ended.
    #[arg(long, value_name = "PLACE")]
    pub(crate) from: Option<String>,
    /// How many at most.
    #[arg(long, default_value_t = 50)]
    pub(crate) limit: usize,
}

impl ExplainArguments {
    /// The question in the arguments.
    pub(crate) fn question(&self) -> Question {
        Question {
            principal: self.principal.clone().unwrap_or_default(),
            action: self.action.clone().unwrap_or_default(),
            bucket: self.bucket.clone(),
            key: self.key.clone(),
            version: self.version.clone(),
            acl: self.acl.clone(),
            headers: self.headers.clone(),
            context: self.context.clone(),
            source_ip: self.source_ip.clone(),
        }
    }
}
