//! `grantry advise policy`.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use authz::advice::lint::{Finding, PolicyKind, lint};
use model::BucketName;
use serde_json::Value;

use super::{CHANGES_SOMETHING, json, remote};
use crate::cli::RemoteFlags;
use crate::failure::Failure;
use crate::inquiry::{Findings, Inquiry, inquire};
use crate::output;
use crate::settings::Settings;

pub(super) fn run(
    policy: &str,
    remote: &RemoteFlags,
    as_json: bool,
    settings: &Settings,
) -> Result<ExitCode, Failure> {
    let findings = if remote.is_meant() {
        remote::policy(remote, policy)?
    } else if Path::new(policy).is_file() {
        let text = std::fs::read_to_string(policy)
            .map_err(|error| Failure::new(format!("cannot read {policy}"), error))?;
        lint(&text, &kind_of(&text))
    } else {
        super::local_only(remote)?;
        let inquiry = Inquiry::Policy { bucket: policy.to_owned() };
        let Findings::Policy(findings) = inquire(&inquiry, settings)? else {
            return Err(Failure::new("cannot advise", "the server answered another question"));
        };
        findings
    };
    output::print(&if as_json { json(&findings)? } else { text(&findings) })?;
    Ok(ExitCode::from(if findings.is_empty() { 0 } else { CHANGES_SOMETHING }))
}

/// A policy that names principals is one of a bucket: of that which its first resource lies in.
fn kind_of(text: &str) -> PolicyKind {
    let bucket = || {
        let document: Value = serde_json::from_str(text).ok()?;
        let statement = match document.get("Statement")? {
            Value::Array(list) => list.first()?.clone(),
            single => single.clone(),
        };
        statement.get("Principal").or_else(|| statement.get("NotPrincipal"))?;
        let resource = match statement.get("Resource").or_else(|| statement.get("NotResource"))? {
            Value::Array(list) => list.first()?.as_str()?.to_owned(),
            single => single.as_str()?.to_owned(),
        };
        BucketName::parse(resource.strip_prefix("arn:aws:s3:::")?.split('/').next()?)
    };
    bucket().map_or(PolicyKind::Identity, PolicyKind::Bucket)
}

fn text(findings: &[Finding]) -> String {
    let mut text = String::new();
    for Finding { kind, code, message, statement, line, .. } in findings {
        let place = match (statement, line) {
            (Some(statement), Some(line)) => format!("line {line}, statement {statement}: "),
            (None, Some(line)) => format!("line {line}: "),
            (Some(statement), None) => format!("statement {statement}: "),
            (None, None) => String::new(),
        };
        let _ = writeln!(text, "{place}{kind} {code}: {message}");
    }
    if findings.is_empty() { "nothing found\n".to_owned() } else { text }
}
