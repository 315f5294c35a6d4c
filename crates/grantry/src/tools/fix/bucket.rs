//! `grantry fix bucket`: the policy for public media, and the flags that belong to it.

use std::process::ExitCode;

use serde::Serialize;
use toolkit::application::Application;
use toolkit::fix::bucket::{Proposal, propose};
use toolkit::http::Exchange;
use toolkit::s3::{PublicAccessFlags, S3Client};

use super::{EXIT_NOT_RIGHT, EXIT_REFUSED};
use crate::failure::Failure;
use crate::output;
use crate::tools::arguments::FixArguments;
use crate::tools::{EXIT_CANNOT, application};

/// What was or would be done.
#[derive(Serialize)]
struct Outcome<'a> {
    bucket: &'a str,
    is_needed: bool,
    is_done: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    public_access_block: Option<PublicAccessFlags>,
    /// What is or was there.
    present: &'a Present,
    remarks: &'a [String],
    undo: Vec<String>,
}

/// The present settings.
#[derive(Serialize)]
struct Present {
    policy: Option<String>,
    #[serde(rename = "public_access_block")]
    flags: Option<PublicAccessFlags>,
}

/// Runs it.
pub(super) async fn run(profile: &str, arguments: &FixArguments) -> Result<ExitCode, Failure> {
    let (application, _) = application::load(profile, &arguments.application, &[]).await?;
    let client = application::client(&application)?;
    let present = present(&client).await?;
    let proposal =
        propose(&application, present.policy.as_deref(), present.flags.unwrap_or_default())
            .map_err(|why| Failure::new("refused", why).exit_code(EXIT_REFUSED))?;
    let is_needed = proposal.policy.is_some() || proposal.flags.is_some();
    let is_done = is_needed && arguments.yes && !arguments.check;
    if is_done {
        apply(&client, &proposal).await?;
    }
    let outcome = Outcome {
        bucket: &application.bucket,
        is_needed,
        is_done,
        policy: proposal.policy.as_deref(),
        public_access_block: proposal.flags,
        present: &present,
        remarks: &proposal.remarks,
        undo: undo(&application.bucket, &present, &proposal),
    };
    say(&outcome, arguments)?;
    let is_right = !is_needed || is_done || !arguments.check;
    Ok(ExitCode::from(if is_right { 0 } else { EXIT_NOT_RIGHT }))
}

/// Lets the bucket take ACLs again.
pub(super) async fn enable_acls(application: &Application) -> Result<(), Failure> {
    let client = application::client(application)?;
    succeeded(&client.put_ownership("BucketOwnerPreferred").await, "change Object Ownership")
}

async fn present(client: &S3Client) -> Result<Present, Failure> {
    let policy = client.get_bucket_setting("policy").await;
    let text = if policy.code() == Some("NoSuchBucketPolicy") {
        None
    } else {
        succeeded(&policy, "read the policy")?;
        Some(String::from_utf8_lossy(policy.body()).into_owned())
    };
    let flags = client.get_bucket_setting("publicAccessBlock").await;
    let read = flags.document().filter(|_| flags.is_success());
    // Stores without Block Public Access have nothing to switch off.
    Ok(Present { policy: text, flags: read.as_ref().map(PublicAccessFlags::parse) })
}

/// The flags first: BlockPublicPolicy would refuse the policy.
async fn apply(client: &S3Client, proposal: &Proposal) -> Result<(), Failure> {
    if let Some(flags) = proposal.flags {
        let written = client.put_bucket_setting("publicAccessBlock", flags.to_xml()).await;
        succeeded(&written, "change Block Public Access")?;
    }
    if let Some(policy) = &proposal.policy {
        let written = client.put_bucket_setting("policy", policy.clone()).await;
        succeeded(&written, "write the policy")?;
    }
    Ok(())
}

fn succeeded(exchange: &Exchange, what: &str) -> Result<(), Failure> {
    if exchange.is_success() {
        return Ok(());
    }
    Err(Failure::new(format!("cannot {what}"), exchange)
        .next("the owner of the bucket has to do it, or to allow it to these credentials")
        .exit_code(EXIT_CANNOT))
}

/// Commands that bring the old settings back.
fn undo(bucket: &str, present: &Present, proposal: &Proposal) -> Vec<String> {
    let mut commands = Vec::new();
    if proposal.policy.is_some() {
        commands.push(match &present.policy {
            Some(old) => {
                let quoted = old.replace('\'', "'\\''");
                format!("aws s3api put-bucket-policy --bucket {bucket} --policy '{quoted}'")
            }
            None => format!("aws s3api delete-bucket-policy --bucket {bucket}"),
        });
    }
    if let (Some(old), Some(_)) = (present.flags, proposal.flags) {
        commands.push(format!(
            "aws s3api put-public-access-block --bucket {bucket} --public-access-block-configuration \
             BlockPublicAcls={},IgnorePublicAcls={},BlockPublicPolicy={},RestrictPublicBuckets={}",
            old.block_public_acls,
            old.ignore_public_acls,
            old.block_public_policy,
            old.restrict_public_buckets
        ));
    }
    commands
}

fn say(outcome: &Outcome<'_>, arguments: &FixArguments) -> Result<(), Failure> {
    if arguments.answer.json {
        let text = serde_json::to_string_pretty(outcome)
            .map_err(|error| Failure::new("cannot print", error))?;
        return output::print(&(text + "\n"));
    }
    if arguments.answer.quiet && !outcome.is_needed {
        return Ok(());
    }
    let mut lines = Vec::new();
    if let Some(flags) = outcome.public_access_block {
        lines.push(format!(
            "Block Public Access of {}: BlockPublicPolicy and RestrictPublicBuckets off, BlockPublicAcls {} \
             and IgnorePublicAcls {} as they are",
            outcome.bucket, flags.block_public_acls, flags.ignore_public_acls
        ));
    }
    lines.extend(outcome.policy.map(|policy| format!("policy of {}:\n{policy}", outcome.bucket)));
    lines.extend(outcome.remarks.iter().cloned());
    lines.push(match (outcome.is_needed, outcome.is_done) {
        (false, _) => "nothing to change: the public reads the media, and nothing else".to_owned(),
        (true, true) => format!("done; to undo it:\n  {}", outcome.undo.join("\n  ")),
        (true, false) => "nothing was changed; --yes changes it".to_owned(),
    });
    output::print(&(lines.join("\n") + "\n"))
}
