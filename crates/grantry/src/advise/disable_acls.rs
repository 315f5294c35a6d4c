//! `grantry advise disable-acls`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use authz::advice::report::{DifferenceLine, DisableAcls, GrantLine};

use super::journal::{self, StoredJournal};
use super::{CHANGES_SOMETHING, json, remote};
use crate::cli::{DisableAclsArguments, RemoteFlags};
use crate::failure::Failure;
use crate::inquiry::{Findings, Inquiry, inquire};
use crate::output;
use crate::settings::Settings;

pub(super) fn run(
    arguments: &DisableAclsArguments,
    remote: &RemoteFlags,
    as_json: bool,
    settings: &Settings,
) -> Result<ExitCode, Failure> {
    if let Some(path) = &arguments.doing.undo {
        let stored: StoredJournal = journal::open(path)?;
        let bucket = stored.bucket().to_owned();
        if stored.remote.is_some() {
            remote::undo_disable_acls(remote, &stored)?;
        } else {
            inquire(&Inquiry::UndoDisableAcls(stored), settings)?;
        }
        output::print(&format!("{bucket} is as it was before\n"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let bucket = arguments.bucket.clone().unwrap_or_default();
    if remote.is_meant() {
        return remote::disable_acls(arguments, remote, &bucket, as_json);
    }
    super::local_only(remote)?;
    let asked = Inquiry::DisableAcls { bucket, grant_writes: arguments.grant_writes };
    let Findings::DisableAcls(report, stored) = inquire(&asked, settings)? else {
        return Err(Failure::new("cannot advise", "the server answered another question"));
    };
    tell(&report, as_json)?;
    if !arguments.doing.apply {
        return Ok(exit_code(&report));
    }
    may_apply(arguments, &report)?;
    let path = journal_path(arguments, &report);
    journal::write(&path, &stored)?;
    inquire(&Inquiry::ApplyDisableAcls(stored), settings)?;
    say_done(&path);
    Ok(ExitCode::SUCCESS)
}

/// Prints a report.
pub(super) fn tell(report: &DisableAcls, as_json: bool) -> Result<(), Failure> {
    output::print(&if as_json { json(report)? } else { text(report) })
}

/// Whether somebody has to look at the report.
pub(super) fn exit_code(report: &DisableAcls) -> ExitCode {
    let is_calm = report.is_harmless() && report.blockers.is_empty();
    ExitCode::from(if is_calm { 0 } else { CHANGES_SOMETHING })
}

/// Whether it may be done.
pub(super) fn may_apply(
    arguments: &DisableAclsArguments,
    report: &DisableAcls,
) -> Result<(), Failure> {
    let refuse = |why: &str| Err(Failure::new("nothing was changed", why));
    if report.already_disabled {
        return refuse("ACLs are disabled already");
    }
    if let Some(blocker) = report.blockers.first() {
        return refuse(blocker);
    }
    if !report.is_harmless() && !arguments.accept {
        return refuse("somebody would lose or gain something; --accept applies it nevertheless");
    }
    Ok(())
}

/// Where the journal is written.
pub(super) fn journal_path(arguments: &DisableAclsArguments, report: &DisableAcls) -> PathBuf {
    let named = arguments.doing.journal.clone();
    named.unwrap_or_else(|| PathBuf::from(format!("{}.disable-acls.json", report.bucket)))
}

/// Says how to go back.
pub(super) fn say_done(path: &Path) {
    let path = path.display();
    output::error_line(&format!(
        "ACLs are disabled; `grantry advise disable-acls --undo {path}` brings them back"
    ));
}

fn text(report: &DisableAcls) -> String {
    let mut text = format!("{}: {} object versions\n", report.bucket, report.versions);
    section(&mut text, "Grants in the bucket ACL", &report.bucket_grants, grant);
    section(&mut text, "Grants in ACLs of objects", &report.object_grants, grant);
    section(
        &mut text,
        "Objects that the bucket owner comes to own",
        &report.foreign_objects,
        |one| format!("{} versions of {}{}", one.count, one.owner, examples(&one.examples)),
    );
    let title = format!(
        "Requests that needed an ACL, sent one or would come out differently (of {} logged)",
        report.requests_seen
    );
    section(&mut text, &title, &report.requests, |one| {
        format!(
            "{} with {}: {} needed an ACL, {} sent one, {} would be refused, {} would be allowed{}{}",
            one.caller,
            one.user_agent,
            one.needed_acl,
            one.sent_acl,
            one.would_be_refused,
            one.would_be_allowed,
            unclear(one.unclear),
            examples(&one.examples)
        )
    });
    section(&mut text, "What no policy can give", &report.lost, |one| {
        format!("{}: {} ({})", one.who, one.what, one.why)
    });
    let is_expected = |expected| move |one: &&DifferenceLine| one.expected == expected;
    let unexpected: Vec<_> = report.differences.iter().filter(is_expected(false)).collect();
    let expected: Vec<_> = report.differences.iter().filter(is_expected(true)).collect();
    section(&mut text, "What changes for somebody", &unexpected, |one| difference(one));
    section(&mut text, "What changes and cannot be otherwise", &expected, |one| difference(one));
    match &report.policy {
        Some(policy) => {
            let added = report.statements_added;
            let plural = if added == 1 { "" } else { "s" };
            let _ = write!(text, "\nThe policy ({added} new statement{plural}):\n{policy}\n");
        }
        None => text.push_str("\nThe bucket policy can stay as it is.\n"),
    }
    section(
        &mut text,
        "Not looked at, so that the rest may be wrong",
        &report.incomplete,
        String::clone,
    );
    section(&mut text, "In the way", &report.blockers, String::clone);
    section(&mut text, "Notes", &report.notes, String::clone);
    if report.is_harmless() && report.blockers.is_empty() {
        text.push_str("\nNobody loses anything.\n");
    }
    text
}

fn section<T>(text: &mut String, title: &str, lines: &[T], line: impl Fn(&T) -> String) {
    if lines.is_empty() {
        return;
    }
    let _ = write!(text, "\n{title}:\n");
    for one in lines {
        let _ = writeln!(text, "  {}", line(one));
    }
}

fn grant(one: &GrantLine) -> String {
    let count = if one.count == 1 { String::new() } else { format!(" on {} versions", one.count) };
    format!("{} for {}{count}{}", one.permission, one.grantee, examples(&one.examples))
}

fn difference(one: &DifferenceLine) -> String {
    let count = if one.count == 1 { String::new() } else { format!(" on {} versions", one.count) };
    format!("{} {} {}{count}{}", one.who, one.direction, one.action, examples(&one.examples))
}

fn unclear(count: u64) -> String {
    if count == 0 { String::new() } else { format!(", {count} cannot be decided again") }
}

fn examples(examples: &[String]) -> String {
    if examples.is_empty() { String::new() } else { format!(" (as {})", examples.join(", ")) }
}
