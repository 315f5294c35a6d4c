//! `grantry advise block-public-access`.

use std::fmt::Write as _;
use std::process::ExitCode;

use authz::advice::report::PublicAccessAdvice;

use super::{CHANGES_SOMETHING, json};
use crate::failure::Failure;
use crate::inquiry::{Findings, Inquiry, inquire};
use crate::output;
use crate::settings::Settings;

pub(super) fn run(
    bucket: &str,
    apply: bool,
    as_json: bool,
    settings: &Settings,
) -> Result<ExitCode, Failure> {
    let inquiry = Inquiry::BlockPublicAccess { bucket: bucket.to_owned(), apply };
    let Findings::BlockPublicAccess(advice) = inquire(&inquiry, settings)? else {
        return Err(Failure::new("cannot advise", "the server answered another question"));
    };
    output::print(&if as_json { json(&advice)? } else { text(&advice) })?;
    let changes =
        advice.settings.iter().any(|one| !one.differences.is_empty() || !one.requests.is_empty());
    Ok(ExitCode::from(if changes && !apply { CHANGES_SOMETHING } else { 0 }))
}

fn text(advice: &PublicAccessAdvice) -> String {
    let mut text = String::new();
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
