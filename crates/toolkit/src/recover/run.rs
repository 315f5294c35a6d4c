//! One run from the controls to the report.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::apply::Apply;
use super::bring_back::Origin;
use super::journal::{Entry, Journal, read};
use super::memory::{Finding, Memory, StateDirectory};
use super::report::Report;
use super::rows::{Selection, Source};
use super::scan::{scan, sources, stages};
use super::{RecoverError, Recovery, controls};
use crate::doctor::Probes;
use crate::profiles::mastodon::keys::Attachment;

/// What is to be done with what is found.
pub struct Request {
    /// Where the state is.
    pub state: PathBuf,
    /// Whether to go on where the last run ended, and to take what it found for found.
    pub resume: bool,
    /// Whether to change anything.
    pub apply: bool,
    /// Where a new journal goes, if not into the state directory.
    pub journal: Option<PathBuf>,
    /// Where copies may be.
    pub origin: Option<Origin>,
}

/// Runs. Probes are cleaned up by whoever called, also after an error.
pub async fn run(
    recovery: &Recovery<'_>,
    request: Request,
    probes: &Probes,
) -> Result<Report, RecoverError> {
    let mut directory = StateDirectory::open(&request.state)?;
    let sources = sources(recovery).await?;
    let reading = controls::check(recovery, &sources).await?;
    let mut remarks = Vec::new();
    let mut memory = remembered(recovery, &directory, request.resume, &mut remarks)?;
    let mut findings = directory.findings(&memory)?;
    if !memory.is_scanned {
        let stages = stages(&sources, recovery.options.includes_pruned);
        scan(recovery, &stages, reading, &mut directory, &mut memory, &mut findings).await?;
    }
    let mut report = Report::new(&memory, &findings, directory.found_path());
    report.remarks = remarks;
    report.pruned_accounts = pruned(recovery, &sources).await?;
    let total = report.total();
    if let Err(tripped) = recovery.options.breaker.all(total.rows, total.dead) {
        report.refusal = Some(tripped.to_string());
    }
    if !request.apply || report.refusal.is_some() {
        return Ok(report);
    }
    let (journal, earlier) = journal(recovery, &request, &directory, &memory)?;
    memory.journal = Some(journal.path().to_owned());
    directory.save(&mut memory)?;
    let findings = not_done(recovery, &sources, findings, &earlier).await?;
    let origin = request.origin;
    let apply = Apply { recovery, reading, sources: &sources, origin, journal, probes };
    report.applied = Some(apply.run(findings, &earlier).await?);
    // What was found is used up: the next run looks anew.
    directory.save(&mut Memory::default())?;
    Ok(report)
}

/// Where the last run ended, if this one goes on there.
fn remembered(
    recovery: &Recovery<'_>,
    directory: &StateDirectory,
    resume: bool,
    remarks: &mut Vec<String>,
) -> Result<Memory, RecoverError> {
    let options = recovery.options;
    let fresh = Memory {
        bucket: recovery.application.bucket.clone(),
        endpoint: recovery.application.endpoint.clone(),
        wishes: format!(
            "{:?} {:?} pruned {} recent {} refused {}",
            options.only,
            options.local,
            options.includes_pruned,
            options.recent_days,
            options.refused_is_missing
        ),
        ..Memory::default()
    };
    let of_bucket = |memory: &Memory| {
        (&*memory.bucket, &*memory.endpoint) == (&*fresh.bucket, &*fresh.endpoint)
    };
    let earlier = directory.load()?.filter(of_bucket);
    match earlier {
        Some(earlier) if resume && earlier.wishes == fresh.wishes => Ok(earlier),
        Some(_) if resume => Err(RecoverError::Refused(
            "the last run looked for something else (--only, --local, --pruned, --recent-days or \
             --assume-403-missing differ): use the same, or leave out --resume"
                .to_owned(),
        )),
        None if resume => {
            remarks.push(
                "there was no earlier run to go on with, so everything was looked at".to_owned(),
            );
            Ok(fresh)
        }
        // Jobs that an interrupted run owes are not forgotten.
        earlier => Ok(Memory { journal: earlier.and_then(|earlier| earlier.journal), ..fresh }),
    }
}

/// The journal of this run, and what an earlier one without an end wrote into it.
fn journal(
    recovery: &Recovery<'_>,
    request: &Request,
    directory: &StateDirectory,
    memory: &Memory,
) -> Result<(Journal, Vec<Entry>), RecoverError> {
    if let Some(path) = memory.journal.as_ref().filter(|path| path.exists()) {
        let journal = Journal::resume(path)?;
        return Ok((journal, read(path)?));
    }
    let usual = || directory.journal_path(recovery.now().unix_millis);
    let path = request.journal.clone().unwrap_or_else(usual);
    let application = recovery.application;
    Ok((Journal::create(&path, &application.bucket, &application.endpoint)?, Vec::new()))
}

/// Without those whose references the journal says were emptied, unless that was not committed: then the
/// row still names the lost file. A row that names another one was refilled.
async fn not_done(
    recovery: &Recovery<'_>,
    sources: &[Source],
    findings: Vec<Finding>,
    earlier: &[Entry],
) -> Result<Vec<Finding>, RecoverError> {
    let mut cleared: BTreeMap<Attachment, BTreeSet<i64>> = BTreeMap::new();
    for entry in earlier {
        if let Entry::Cleared { attachment, rows, .. } = entry {
            let ids =
                rows.iter().filter_map(|row| row.get("id").and_then(serde_json::Value::as_i64));
            cleared.entry(*attachment).or_default().extend(ids);
        }
    }
    let mut named = BTreeMap::new();
    for source in sources {
        if let Some(ids) = cleared.get(&source.attachment()) {
            let ids: Vec<i64> = ids.iter().copied().collect();
            let rows = source.named(recovery.connection, &ids).await?;
            named.extend(
                rows.into_iter().map(|(id, row)| ((source.attachment(), id), row.file_name)),
            );
        }
    }
    let is_open = |finding: &Finding| {
        let Finding { attachment, row, .. } = finding;
        let was_cleared = cleared.get(attachment).is_some_and(|ids| ids.contains(&row.id));
        !was_cleared || named.get(&(*attachment, row.id)) == Some(&row.file_name)
    };
    Ok(findings.into_iter().filter(is_open).collect())
}

/// Remote accounts whose avatars were pruned, so that nobody takes them for lost.
async fn pruned(recovery: &Recovery<'_>, sources: &[Source]) -> Result<u64, RecoverError> {
    match sources.iter().find(|source| source.attachment() == Attachment::Avatar) {
        Some(source) => Ok(source.count(recovery.connection, Selection::Pruned).await?),
        None => Ok(0),
    }
}
