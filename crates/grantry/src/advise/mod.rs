//! `grantry advise`: what a change of access would do, before it is made.

mod disable_acls;
pub(crate) mod journal;
mod policy;
mod public_access;

use std::process::ExitCode;

use serde::Serialize;

use crate::cli::{AdviseArguments, AdviseCommand};
use crate::failure::Failure;
use crate::settings::Settings;

/// Exit code of advice that something would change for somebody.
pub(crate) const CHANGES_SOMETHING: u8 = 3;

/// Gives the advice, and does what it was told to do.
pub(crate) fn run(arguments: &AdviseArguments, settings: &Settings) -> Result<ExitCode, Failure> {
    match &arguments.command {
        AdviseCommand::DisableAcls(command) => disable_acls::run(command, arguments.json, settings),
        AdviseCommand::BlockPublicAccess { bucket, apply } => {
            public_access::run(bucket, *apply, arguments.json, settings)
        }
        AdviseCommand::Policy { policy } => policy::run(policy, arguments.json, settings),
    }
}

/// As `--json` prints it.
fn json(answer: &impl Serialize) -> Result<String, Failure> {
    let json = serde_json::to_string_pretty(answer);
    json.map(|json| format!("{json}\n")).map_err(|error| Failure::new("cannot print", error))
}
