//! `grantry advise`: what a change of access would do, before it is made.

mod disable_acls;
pub(crate) mod journal;
mod policy;
mod progress;
mod public_access;
mod remote;

use std::process::ExitCode;

use serde::Serialize;

use crate::cli::{AdviseArguments, AdviseCommand, RemoteFlags};
use crate::failure::Failure;
use crate::settings::Settings;

/// Exit code of advice that something would change for somebody.
pub(crate) const CHANGES_SOMETHING: u8 = 3;

/// Gives the advice, and does what it was told to do.
pub(crate) fn run(arguments: &AdviseArguments, settings: &Settings) -> Result<ExitCode, Failure> {
    let AdviseArguments { command, remote, json, .. } = arguments;
    match command {
        AdviseCommand::DisableAcls(command) => disable_acls::run(command, remote, *json, settings),
        AdviseCommand::BlockPublicAccess(command) => {
            public_access::run(command, remote, *json, settings)
        }
        AdviseCommand::Policy { policy } => policy::run(policy, remote, *json, settings),
    }
}

/// Flags that mean something for buckets elsewhere only must not be passed over in silence.
fn local_only(remote: &RemoteFlags) -> Result<(), Failure> {
    let RemoteFlags { region, addressing, known_account, prefix, sample, .. } = remote;
    let is_default = region.is_none()
        && addressing.is_none()
        && known_account.is_empty()
        && prefix.is_empty()
        && *sample == 1
        && remote.versions_max.is_none()
        && remote.census.is_none()
        && remote.access_logs.is_empty();
    if is_default {
        return Ok(());
    }
    Err(Failure::usage(
        "cannot look at a bucket elsewhere",
        "--remote, --endpoint-url, --profile or --application says where it is",
    ))
}

/// As `--json` prints it.
fn json(answer: &impl Serialize) -> Result<String, Failure> {
    let json = serde_json::to_string_pretty(answer);
    json.map(|json| format!("{json}\n")).map_err(|error| Failure::new("cannot print", error))
}
