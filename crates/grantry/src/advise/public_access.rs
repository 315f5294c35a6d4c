//! `grantry advise block-public-access`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use authz::advice::report::PublicAccessAdvice;
use model::PublicAccessBlock;
use serde::Serialize;

use super::journal::{self, StoredPublicAccess};
use super::{CHANGES_SOMETHING, json, remote};
use crate::cli::{BlockPublicAccessArguments, RemoteFlags};
use crate::failure::Failure;
use crate::inquiry::{Findings, Inquiry, PublicAccessTarget, inquire};
use crate::output;
use crate::settings::Settings;

/// What is told about an account.
#[derive(Serialize)]
struct OfAccount<'a> {
    account: String,
    buckets: &'a [PublicAccessAdvice],
}

pub(super) fn run(
    arguments: &BlockPublicAccessArguments,
    remote: &RemoteFlags,
    as_json: bool,
    settings: &Settings,
) -> Result<ExitCode, Failure> {
    if let Some(path) = &arguments.doing.undo {
        let stored: StoredPublicAccess = journal::open(path)?;
        set(&stored, stored.before.map(Into::into), remote, settings)?;
        output::print(&format!("{} is as it was before\n", name(&stored)))?;
        return Ok(ExitCode::SUCCESS);
    }
    let (advice, stored) = advice(arguments, remote, settings)?;
    let printed = match (&arguments.account, advice.first()) {
        (Some(account), _) if as_json => {
            json(&OfAccount { account: account.to_string(), buckets: &advice })?
        }
        (None, Some(advice)) if as_json => json(advice)?,
        _ => advice.iter().map(text).collect(),
    };
    output::print(&printed)?;
    if arguments.doing.apply {
        let path = arguments.doing.journal.clone().unwrap_or_else(|| {
            PathBuf::from(format!("{}.block-public-access.json", name(&stored)))
        });
        journal::write(&path, &stored)?;
        set(&stored, Some(PublicAccessBlock::ALL), remote, settings)?;
        say_done(&path);
        return Ok(ExitCode::SUCCESS);
    }
    let mut all = advice.iter().flat_map(|advice| &advice.settings);
    let changes = all.any(|one| !one.differences.is_empty() || !one.requests.is_empty());
    Ok(ExitCode::from(if changes { CHANGES_SOMETHING } else { 0 }))
}

/// The advice, and what is set now.
fn advice(
    arguments: &BlockPublicAccessArguments,
    remote: &RemoteFlags,
    settings: &Settings,
) -> Result<(Vec<PublicAccessAdvice>, StoredPublicAccess), Failure> {
    let bucket = arguments.bucket.clone().unwrap_or_default();
    if remote.is_meant() {
        return match arguments.account {
            Some(account) => remote::block_account_public_access(remote, account),
            None => remote::block_public_access(remote, &bucket)
                .map(|(advice, stored)| (vec![advice], stored)),
        };
    }
    super::local_only(remote)?;
    let mut stored = StoredPublicAccess {
        bucket: arguments.bucket.clone(),
        account: arguments.account.map(|account| account.to_string()),
        before: None,
        remote: None,
    };
    let inquiry = Inquiry::BlockPublicAccess(target(&stored));
    let Findings::BlockPublicAccess(advice, before) = inquire(&inquiry, settings)? else {
        return Err(Failure::new("cannot advise", "the server answered another question"));
    };
    stored.before = before;
    Ok((advice, stored))
}

fn set(
    stored: &StoredPublicAccess,
    setting: Option<PublicAccessBlock>,
    remote: &RemoteFlags,
    settings: &Settings,
) -> Result<(), Failure> {
    if stored.remote.is_some() {
        return remote::set_public_access(remote, stored, setting);
    }
    let inquiry =
        Inquiry::SetPublicAccess { target: target(stored), setting: setting.map(Into::into) };
    inquire(&inquiry, settings).map(drop)
}

fn target(stored: &StoredPublicAccess) -> PublicAccessTarget {
    match (&stored.account, &stored.bucket) {
        (Some(account), _) => PublicAccessTarget::Account(account.clone()),
        (None, bucket) => PublicAccessTarget::Bucket(bucket.clone().unwrap_or_default()),
    }
}

fn name(stored: &StoredPublicAccess) -> &str {
    stored.account.as_deref().or(stored.bucket.as_deref()).unwrap_or_default()
}

fn say_done(path: &Path) {
    let path = path.display();
    output::error_line(&format!(
        "Block Public Access is on; `grantry advise block-public-access --undo {path}` brings back what \
         was there"
    ));
}

fn text(advice: &PublicAccessAdvice) -> String {
    let mut text = format!("{}\n", advice.bucket);
    for setting in &advice.settings {
        let state =
            match (setting.in_force, setting.differences.is_empty() && setting.requests.is_empty())
            {
                (true, _) => "in force already",
                (false, true) => "nobody would lose anything",
                (false, false) => "would take something away",
            };
        let _ = writeln!(text, "{}: {state}", setting.setting);
        for one in &setting.differences {
            let _ =
                writeln!(text, "  {} {} {} on {}", one.who, one.direction, one.action, one.count);
        }
        for one in &setting.requests {
            let _ = writeln!(
                text,
                "  {} with {}: {} logged requests would be refused (as {})",
                one.caller,
                one.user_agent,
                one.would_be_refused,
                one.examples.join(", ")
            );
        }
    }
    if advice.policy_is_public {
        text.push_str(
            "the bucket policy is public: with BlockPublicPolicy it cannot be stored again\n",
        );
    }
    text
}
