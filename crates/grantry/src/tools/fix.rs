//! `grantry fix`.

mod bucket;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::Serialize;
use tokio::runtime::Runtime;
use toolkit::application::{AclRemedy, Application, Severity};
use toolkit::doctor::{Known, Options, Report};
use toolkit::fix::plan::Extras;
use toolkit::fix::{Plan, diff, file};
use toolkit::systemd;

use super::arguments::{FixArguments, FixMode};
use super::doctor::{Examined, examine, print};
use super::{EXIT_CANNOT, application};
use crate::failure::Failure;
use crate::{clock, output};

/// A change is needed, or it did not help.
const EXIT_NOT_RIGHT: u8 = 1;
/// A guard refuses.
const EXIT_REFUSED: u8 = 2;
/// The checks that tell whether a change is safe, and whether it helped.
const CHECKS: [&str; 3] = ["C-09", "C-10", "C-12"];

/// What was or would be done.
#[derive(Debug, Default, Serialize)]
struct Outcome {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<PathBuf>,
    /// The lines that go and come.
    changes: Vec<String>,
    /// Why each of them.
    reasons: Vec<String>,
    /// What only somebody else can do.
    by_hand: Vec<String>,
    /// Stronger sources that still say something else.
    overridden: Vec<String>,
    is_written: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    backup: Option<PathBuf>,
    /// Services that have to be restarted, or were.
    restart: Vec<String>,
    is_restarted: bool,
    /// The probe afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    verification: Option<Report>,
}

/// Runs it.
pub(crate) fn run(arguments: &FixArguments) -> Result<ExitCode, Failure> {
    let runtime = Runtime::new().map_err(|error| Failure::new("cannot start threads", error))?;
    let words: Vec<&str> = arguments.what.iter().map(String::as_str).collect();
    runtime.block_on(async {
        match words.as_slice() {
            ["bucket"] => bucket::run("generic", arguments).await,
            ["bucket", profile] => bucket::run(profile, arguments).await,
            [profile] => configuration(profile, arguments).await,
            _ => Err(Failure::usage("cannot fix", "give one profile, or `bucket` and a profile")),
        }
    })
}

async fn configuration(profile: &str, arguments: &FixArguments) -> Result<ExitCode, Failure> {
    let more: &[(&str, &str)] = if arguments.enable_s3 { &[("enable-s3", "yes")] } else { &[] };
    let (application, inputs) = application::load(profile, &arguments.application, more).await?;
    let plan = match arguments.mode {
        FixMode::NoAcl => {
            let extras = Extras {
                checksums: arguments.checksums,
                retry_limit: arguments.retry_limit,
                enable_s3: arguments.enable_s3,
            };
            Plan::without_acl(&application, extras)
        }
        FixMode::Acl => Plan::with_acl(&application),
    };
    let path = application.main_file.clone();
    let Some(path) = path.filter(|_| !plan.changes.is_empty()) else {
        return without_file(&application, plan, arguments);
    };
    let original = file::read(&path).map_err(|error| cannot(&path, error))?;
    let edited =
        plan.apply(&original.text, application.format).map_err(|error| cannot(&path, error))?;
    let mut outcome = Outcome {
        changes: diff::diff(&original.text, &edited, &application.secret_settings),
        reasons: plan
            .changes
            .iter()
            .map(|change| format!("{}: {}", change.name, change.why))
            .collect(),
        by_hand: plan.by_hand.clone(),
        overridden: overridden(&plan, &application, &path),
        file: Some(path.clone()),
        ..Outcome::default()
    };
    let is_needed = edited != original.text;
    if arguments.check || !(is_needed || arguments.mode == FixMode::Acl) || !arguments.yes {
        return announce(&outcome, is_needed, arguments);
    }
    guard(&application, arguments).await?;
    if arguments.mode == FixMode::Acl && !arguments.offline {
        bucket::enable_acls(&application).await?;
    }
    if is_needed {
        let backup =
            original.replace(&edited, clock::now()).map_err(|error| cannot(&path, error))?;
        outcome.is_written = true;
        outcome.backup = Some(backup);
    }
    restart(&application, arguments, &mut outcome).await?;
    let changed = application::reload(
        toolkit::profiles::find(profile).map_err(|error| {
            Failure::new("cannot examine the application", error).exit_code(EXIT_CANNOT)
        })?,
        &inputs,
    )?;
    if !arguments.offline && outcome.overridden.is_empty() {
        outcome.verification = Some(verify(&changed).await?);
    }
    report(&outcome, arguments)
}

/// Nothing in a file can be changed: the application does it elsewhere, or there is nothing to do.
fn without_file(
    application: &Application,
    plan: Plan,
    arguments: &FixArguments,
) -> Result<ExitCode, Failure> {
    let is_right = application.acl_remedy == AclRemedy::NotNeeded;
    if arguments.answer.json {
        say(&Outcome { by_hand: plan.by_hand, ..Outcome::default() }, arguments, is_right)?;
    } else if is_right && plan.by_hand.is_empty() {
        if !arguments.answer.quiet {
            output::print("nothing to do: the application sends no ACL\n")?;
        }
    } else {
        let by_hand = plan.by_hand.join("\n  ");
        output::print(&format!("not in a file that can be changed from here:\n  {by_hand}\n"))?;
    }
    Ok(ExitCode::from(if is_right { 0 } else { EXIT_NOT_RIGHT }))
}

fn overridden(plan: &Plan, application: &Application, path: &PathBuf) -> Vec<String> {
    let found = plan.overridden(application, path);
    found.into_iter().map(|(name, origin)| format!("{name} at {origin}")).collect()
}

/// Before anything is changed: what would be.
fn announce(
    outcome: &Outcome,
    is_needed: bool,
    arguments: &FixArguments,
) -> Result<ExitCode, Failure> {
    let is_right = !is_needed && outcome.overridden.is_empty();
    say(outcome, arguments, is_right)?;
    if !is_right && !arguments.check && !arguments.answer.json {
        output::print("nothing was changed; --yes changes it\n")?;
    }
    let must_tell = arguments.check || !outcome.overridden.is_empty();
    Ok(ExitCode::from(if !is_right && must_tell { EXIT_NOT_RIGHT } else { 0 }))
}

/// Refuses what would take pictures away from the public.
async fn guard(application: &Application, arguments: &FixArguments) -> Result<(), Failure> {
    let refused = |why: String| {
        Failure::new("refused", why).next("--force does it all the same").exit_code(EXIT_REFUSED)
    };
    if arguments.force || arguments.mode == FixMode::Acl {
        return Ok(());
    }
    if let AclRemedy::Impossible(why) = &application.acl_remedy {
        return Err(refused(why.clone()));
    }
    if arguments.offline {
        return Ok(());
    }
    let only = CHECKS.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>();
    let known: Known = match examine(application, &Options { only }).await? {
        Examined::Done(_, known) => known,
        Examined::Interrupted { .. } => {
            return Err(Failure::new("interrupted", "nothing was changed"));
        }
    };
    if known.depends_on_acls == Some(true) {
        return Err(refused(
            "the public reads the media only thanks to the ACL of each object: without ACLs new files \
             would be unreadable. Run `grantry fix bucket` first"
                .to_owned(),
        ));
    }
    Ok(())
}

async fn restart(
    application: &Application,
    arguments: &FixArguments,
    outcome: &mut Outcome,
) -> Result<(), Failure> {
    let mut services = application.services.clone();
    for service in &application.services {
        services.extend(systemd::split_units(service).await);
    }
    outcome.restart = services;
    if !arguments.restart || outcome.restart.is_empty() {
        return Ok(());
    }
    systemd::restart(&outcome.restart).await.map_err(|error| {
        Failure::new("the file is changed, but the services are not restarted", error)
    })?;
    outcome.is_restarted = true;
    Ok(())
}

/// Does once more what the application does.
async fn verify(application: &Application) -> Result<Report, Failure> {
    let only = CHECKS.iter().map(|id| (*id).to_owned()).collect();
    match examine(application, &Options { only }).await? {
        Examined::Done(report, _) => Ok(*report),
        Examined::Interrupted { .. } => {
            Err(Failure::new("interrupted", "the file is changed, but nothing was tried with it"))
        }
    }
}

fn report(outcome: &Outcome, arguments: &FixArguments) -> Result<ExitCode, Failure> {
    let verdict = outcome.verification.as_ref().map(|report| report.verdict);
    let is_right = outcome.overridden.is_empty() && verdict != Some(Severity::Failing);
    say(outcome, arguments, is_right)?;
    if let (Some(report), false) = (&outcome.verification, arguments.answer.json) {
        print(report, arguments.answer)?;
    }
    Ok(ExitCode::from(if is_right { 0 } else { EXIT_NOT_RIGHT }))
}

fn say(outcome: &Outcome, arguments: &FixArguments, is_right: bool) -> Result<(), Failure> {
    if arguments.answer.json {
        let text = serde_json::to_string_pretty(outcome)
            .map_err(|error| Failure::new("cannot print", error))?;
        return output::print(&(text + "\n"));
    }
    if is_right && arguments.answer.quiet {
        return Ok(());
    }
    output::print(&text(outcome))
}

fn text(outcome: &Outcome) -> String {
    let mut lines = Vec::new();
    let file = outcome.file.as_deref().unwrap_or(Path::new("")).display();
    if outcome.changes.is_empty() {
        lines.push(format!("{file}: nothing to change"));
    } else {
        lines.push(format!("{file}:"));
        lines.extend(outcome.changes.iter().map(|line| format!("  {line}")));
        lines.extend(outcome.reasons.iter().map(|reason| format!("  because {reason}")));
    }
    lines.extend(outcome.by_hand.iter().map(|text| format!("by hand: {text}")));
    for place in &outcome.overridden {
        lines
            .push(format!("still overridden: {place} is stronger than this file, change it there"));
    }
    if let Some(backup) = &outcome.backup {
        lines.push(format!("changed; the old file is {}", backup.display()));
    }
    if outcome.is_restarted {
        lines.push(format!("restarted: {}", outcome.restart.join(" ")));
    } else if outcome.is_written && !outcome.restart.is_empty() {
        let services = outcome.restart.join(" ");
        lines.push(format!("now restart the services: systemctl restart {services}"));
    }
    lines.join("\n") + "\n"
}

fn cannot(path: &Path, error: impl std::fmt::Display) -> Failure {
    Failure::new(format!("cannot change {}", path.display()), error).exit_code(EXIT_CANNOT)
}
