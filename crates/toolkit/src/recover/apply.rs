//! Does what the scan found to be done.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::applied::Applied;
use super::bring_back::{BringBack, Origin, Outcome, headers};
use super::canary;
use super::fate::{Fate, Grade, worker};
use super::journal::{DueJob, Entry, GivenJob, Journal};
use super::look::{Reading, look};
use super::memory::{Finding, LostKey};
use super::pacing::{JITTER_PERMILLE, Pacer};
use super::progress::Progress;
use super::queue::{Job, Queues};
use super::rows::Source;
use super::{RecoverError, Recovery};
use crate::application::UploadAcl;
use crate::doctor::Probes;
use crate::profiles::mastodon::keys::Attachment;
use crate::watch::checks::sampling::{Presence, at_once};

/// Rows of one transaction.
const BATCH_ROWS: usize = 100;
/// Between two transactions the application has its turn.
const PAUSE: Duration = Duration::from_millis(100);
/// Files that are asked for first.
const CANARIES: usize = 5;
/// Objects that are brought back before it is told how far that is.
const OBJECTS_AT_ONCE: usize = 64;
/// Waiting jobs from which on the queue is slow.
const WAITING_MANY: u64 = 1000;

/// The work of one run.
pub struct Apply<'a> {
    /// What every step has at hand.
    pub recovery: &'a Recovery<'a>,
    /// How the store's answers are read.
    pub reading: Reading,
    /// The kinds of files.
    pub sources: &'a [Source],
    /// Where copies may be.
    pub origin: Option<Origin>,
    /// The journal.
    pub journal: Journal,
    /// Probes of uploads.
    pub probes: &'a Probes,
}

/// A run at work.
struct Work<'a> {
    apply: Apply<'a>,
    queues: Option<Queues>,
    pacer: Pacer,
    applied: Applied,
    last_at: i64,
}

impl Apply<'_> {
    /// Does it. `earlier` are the lines of a journal whose run did not end; `findings` what was found.
    pub async fn run(
        self,
        findings: Vec<Finding>,
        earlier: &[Entry],
    ) -> Result<Applied, RecoverError> {
        uploads_work(self.recovery, self.probes).await?;
        let now = self.recovery.now().unix_millis;
        let mut pacer = Pacer::new(self.recovery.options.pace, now);
        for entry in earlier {
            if let Entry::Given { jobs, .. } = entry {
                for job in jobs {
                    pacer.note(&job.host, job.at);
                }
            }
        }
        let journal = self.journal.path().to_owned();
        let applied = Applied { journal: Some(journal), ..Applied::default() };
        let mut work = Work { apply: self, queues: None, pacer, applied, last_at: now };
        let rest = work.bring_back(findings).await?;
        let owed = super::journal::owed(earlier);
        let (with_jobs, only_clear) = work.sorted(rest);
        if !with_jobs.is_empty() || !owed.is_empty() {
            work.queues = Some(work.open_queues().await?);
        }
        work.give_owed(owed).await?;
        let with_jobs = work.canaries(with_jobs).await?;
        work.batches(with_jobs).await?;
        work.batches(only_clear).await?;
        let left = work.last_at.saturating_sub(work.apply.recovery.now().unix_millis);
        work.applied.last_job_seconds = u64::try_from(left / 1000).unwrap_or(0);
        Ok(work.applied)
    }
}

/// An upload as the application makes it must work, else every job fails.
async fn uploads_work(recovery: &Recovery<'_>, probes: &Probes) -> Result<(), RecoverError> {
    let application = recovery.application;
    let directory = application.probe_directories.first().map_or("", String::as_str);
    let kind = application.upload_acls.first().cloned();
    let kind = kind.unwrap_or_else(|| UploadAcl::new(None, "media"));
    let put = probes.put(&probes.key(directory), &application.headers_of(&kind)).await;
    probes.clean_up().await;
    if put.is_success() {
        return Ok(());
    }
    Err(RecoverError::Refused(format!(
        "an upload as the application makes it still fails, so nothing could come back: {put}. \
         `grantry doctor {0}` names the cause, `grantry fix {0}` mends it",
        application.profile
    )))
}

impl<'a> Work<'a> {
    fn recovery(&self) -> &'a Recovery<'a> {
        self.apply.recovery
    }

    fn source(&self, attachment: Attachment) -> Option<&'a Source> {
        self.apply.sources.iter().find(|source| source.attachment() == attachment)
    }

    /// Brings back what can be brought back as it was. The findings that remain.
    async fn bring_back(&mut self, findings: Vec<Finding>) -> Result<Vec<Finding>, RecoverError> {
        // A store may tell of delete markers without telling that it keeps versions.
        let is_restorable = |finding: &Finding| finding.grade == Grade::Restorable;
        let has_versions = self.apply.reading.has_versions || findings.iter().any(is_restorable);
        let origin = self.apply.origin.clone();
        let (tried, mut rest): (Vec<_>, Vec<_>) = findings.into_iter().partition(|finding| {
            let is_gone =
                matches!(finding.grade, Grade::Dead | Grade::Restorable | Grade::Degraded);
            is_gone && (has_versions || origin.is_some())
        });
        let total = u64::try_from(tried.len()).unwrap_or(0);
        let recovery = self.recovery();
        let bring = BringBack { client: recovery.client.clone(), has_versions, origin };
        let mut done = 0;
        for some in tried.chunks(OBJECTS_AT_ONCE) {
            recovery.go_on()?;
            let each = some.iter().map(|finding| {
                let with_headers =
                    |lost: &LostKey| (lost.clone(), headers(recovery.application, finding, lost));
                let keys: Vec<_> = finding.lost.iter().map(with_headers).collect();
                let bring = bring.clone();
                async move {
                    let mut outcomes = Vec::new();
                    for (lost, headers) in keys {
                        outcomes.push(bring.key(&lost, &headers).await);
                    }
                    outcomes
                }
            });
            let outcomes = at_once(each, Vec::new()).await;
            for (finding, outcomes) in some.iter().zip(outcomes) {
                rest.extend(self.judge(finding, outcomes)?);
            }
            done += u64::try_from(some.len()).unwrap_or(0);
            let found = self.applied.undeleted + self.applied.restored;
            recovery.tell(Progress { what: "brought back", done, total, found });
        }
        Ok(rest)
    }

    /// Notes what came back of one file. The finding, if its file is still gone.
    fn judge(
        &mut self,
        finding: &Finding,
        outcomes: Vec<Outcome>,
    ) -> Result<Option<Finding>, RecoverError> {
        let mut is_back = None;
        let mut has_failed = outcomes.len() != finding.lost.len();
        for (lost, outcome) in finding.lost.iter().zip(outcomes) {
            let key = lost.key.clone();
            let came = !matches!(outcome, Outcome::Nothing | Outcome::Failed(_));
            match outcome {
                Outcome::Undeleted(markers) => {
                    self.applied.undeleted += 1;
                    self.apply.journal.add(&Entry::Undeleted { key, markers })?;
                }
                Outcome::Restored => {
                    self.applied.restored += 1;
                    self.apply.journal.add(&Entry::Restored { key })?;
                }
                Outcome::Nothing => {}
                Outcome::Failed(why) => {
                    has_failed = true;
                    self.applied.fail(format!("{}: {why}", finding.row.whose));
                }
            }
            // The first lost key decides: it is the original, if that was lost.
            is_back.get_or_insert(came);
        }
        // What may come back later is not emptied now.
        Ok((is_back != Some(true) && !has_failed).then(|| finding.clone()))
    }

    /// Those that need jobs, whom somebody waits for first; and those that are only emptied. What is lost
    /// is counted.
    fn sorted(&mut self, findings: Vec<Finding>) -> (Vec<Finding>, Vec<Finding>) {
        let (mut with_jobs, mut only_clear) = (Vec::new(), Vec::new());
        for finding in findings {
            match (finding.grade, finding.fate) {
                (Grade::Dead, Fate::Refetch) | (Grade::Pruned, Fate::JobOnly) => {
                    with_jobs.push(finding);
                }
                (Grade::Dead, Fate::ClearOnly | Fate::Default) => only_clear.push(finding),
                (Grade::Pruned, _) => {}
                _ => self.applied.lost += 1,
            }
        }
        with_jobs.sort_by_key(|finding| (finding.rank, finding.attachment, finding.row.id));
        only_clear.sort_by_key(|finding| (finding.attachment, finding.row.id));
        let max = self.recovery().options.pace.jobs_max;
        self.applied.left = u64::try_from(with_jobs.len().saturating_sub(max)).unwrap_or(0);
        with_jobs.truncate(max);
        (with_jobs, only_clear)
    }

    async fn open_queues(&mut self) -> Result<Queues, RecoverError> {
        let address = self.recovery().application.redis.as_ref().ok_or_else(|| {
            RecoverError::Refused(
                "the application names no Redis, so no job can be given".to_owned(),
            )
        })?;
        let queues = Queues::open(address).await?;
        let takers = queues.takers().await?;
        if takers.of_queue == 0 {
            return Err(RecoverError::Refused(format!(
                "of {} running Sidekiq processes none takes jobs of the queue `pull`: start \
                 mastodon-sidekiq first",
                takers.processes
            )));
        }
        if takers.waiting > WAITING_MANY {
            self.applied.notes.push(format!(
                "{} jobs wait in the queue already, so it will take longer",
                takers.waiting
            ));
        }
        Ok(queues)
    }

    /// Jobs of a run that ended between emptying a reference and giving its job.
    async fn give_owed(&mut self, owed: Vec<(Attachment, DueJob)>) -> Result<(), RecoverError> {
        let mut kinds: BTreeMap<Attachment, Vec<DueJob>> = BTreeMap::new();
        for (attachment, job) in owed {
            kinds.entry(attachment).or_default().push(job);
        }
        for (attachment, jobs) in kinds {
            for some in jobs.chunks(BATCH_ROWS) {
                self.give(attachment, some.to_vec(), When::Paced).await?;
            }
        }
        Ok(())
    }

    /// The first few, of different servers; the rest goes on only if some of them come back.
    async fn canaries(&mut self, all: Vec<Finding>) -> Result<Vec<Finding>, RecoverError> {
        let mut servers = BTreeSet::new();
        let (first, rest): (Vec<_>, Vec<_>) = all
            .into_iter()
            .partition(|finding| servers.len() < CANARIES && servers.insert(host(finding)));
        let mut waited = Vec::new();
        for kind in by_kind(first) {
            let Some(attachment) = kind.first().map(|finding| finding.attachment) else { continue };
            let given = self.batch(attachment, &kind, When::Now).await?;
            waited.extend(self.source(attachment).map(|source| (source, given)));
        }
        let expected: usize = waited.iter().map(|(_, ids)| ids.len()).sum();
        if expected == 0 {
            return Ok(rest);
        }
        let back = canary::wait(self.recovery(), &waited).await?;
        if back == 0 {
            return Err(RecoverError::Refused(format!(
                "none of the first {expected} files came back within {} s, so the others were left as they \
                 are. See what Sidekiq's log says of Redownload*Worker; {} has what was emptied",
                self.recovery().options.canary_seconds,
                self.apply.journal.path().display()
            )));
        }
        self.applied.canary =
            Some(format!("of the first {expected} files {back} came back at once"));
        Ok(rest)
    }

    async fn batches(&mut self, findings: Vec<Finding>) -> Result<(), RecoverError> {
        let total = u64::try_from(findings.len()).unwrap_or(0);
        let mut done = 0;
        let kinds = by_kind(findings);
        for (attachment, some) in kinds.iter().flat_map(|kind| {
            kind.chunks(BATCH_ROWS).filter_map(|some| Some((some.first()?.attachment, some)))
        }) {
            self.recovery().go_on()?;
            self.batch(attachment, some, When::Paced).await?;
            done += u64::try_from(some.len()).unwrap_or(0);
            let found = self.applied.jobs;
            self.recovery().tell(Progress { what: "references", done, total, found });
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    /// Empties the references whose objects are still missing, and gives the jobs. The ids of the rows that
    /// have jobs.
    async fn batch(
        &mut self,
        attachment: Attachment,
        findings: &[Finding],
        when: When,
    ) -> Result<Vec<i64>, RecoverError> {
        let due = |finding: &Finding| DueJob { id: finding.row.id, host: host(finding) };
        let (pruned, named): (Vec<&Finding>, Vec<&Finding>) =
            findings.iter().partition(|finding| finding.grade == Grade::Pruned);
        let mut jobs: Vec<DueJob> = pruned.into_iter().map(due).collect();
        let gone = self.still_gone(named).await;
        let with_jobs = gone.iter().filter(|finding| finding.fate == Fate::Refetch);
        let with_jobs: BTreeMap<i64, DueJob> =
            with_jobs.map(|finding| (finding.row.id, due(finding))).collect();
        let cleared = self.clear(attachment, &gone, &with_jobs).await?;
        jobs.extend(cleared.iter().filter_map(|id| with_jobs.get(id).cloned()));
        let given = jobs.iter().map(|job| job.id).collect();
        self.give(attachment, jobs, when).await?;
        Ok(given)
    }

    /// Asks once more right before: what came back in between keeps its reference.
    async fn still_gone<'f>(&mut self, findings: Vec<&'f Finding>) -> Vec<&'f Finding> {
        let keys = findings.iter().filter_map(|finding| finding.lost.first());
        let keys = keys.map(|lost| lost.key.clone()).collect();
        let answers = look(self.recovery().client, self.apply.reading, keys).await;
        let mut gone = Vec::new();
        for (finding, answer) in findings.into_iter().zip(answers) {
            match answer {
                Presence::Missing => gone.push(finding),
                Presence::Present | Presence::Archived(_) => self.applied.came_back += 1,
                Presence::Deleted => self.applied.fail(format!(
                    "{}: it was deleted since, and can be brought back: run it again",
                    finding.row.whose
                )),
                Presence::Refused => {
                    self.applied.fail(format!("{}: the store refuses to tell", finding.row.whose));
                }
                Presence::Unclear(why) => {
                    self.applied.fail(format!("{}: {why}", finding.row.whose));
                }
            }
        }
        gone
    }

    /// One transaction; the journal has its rows before it is committed. The ids of the rows.
    async fn clear(
        &mut self,
        attachment: Attachment,
        gone: &[&Finding],
        jobs: &BTreeMap<i64, DueJob>,
    ) -> Result<Vec<i64>, RecoverError> {
        let Some(source) = self.source(attachment).filter(|_| !gone.is_empty()) else {
            return Ok(Vec::new());
        };
        let rows: Vec<(i64, String)> =
            gone.iter().map(|finding| (finding.row.id, finding.row.file_name.clone())).collect();
        let connection = self.recovery().connection;
        connection
            .execute("BEGIN; SET LOCAL lock_timeout = '2s'; SET LOCAL statement_timeout = '30s'")
            .await?;
        let cleared = match self.clear_in(source, &rows, jobs).await {
            Ok(cleared) => cleared,
            Err(error) => {
                // The first error says more than what follows from it.
                _ = connection.execute("ROLLBACK").await;
                return Err(error);
            }
        };
        self.applied.cleared += u64::try_from(cleared.len()).unwrap_or(0);
        self.applied.changed += u64::try_from(rows.len() - cleared.len()).unwrap_or(0);
        Ok(cleared)
    }

    async fn clear_in(
        &mut self,
        source: &Source,
        rows: &[(i64, String)],
        jobs: &BTreeMap<i64, DueJob>,
    ) -> Result<Vec<i64>, RecoverError> {
        let connection = self.recovery().connection;
        let old = source.clear(connection, rows).await?;
        let ids: Vec<i64> = old
            .iter()
            .filter_map(|row| row.get("id").and_then(serde_json::Value::as_i64))
            .collect();
        if !old.is_empty() {
            self.apply.journal.add(&Entry::Cleared {
                attachment: source.attachment(),
                rows: old,
                jobs: ids.iter().filter_map(|id| jobs.get(id).cloned()).collect(),
            })?;
        }
        connection.execute("COMMIT").await?;
        Ok(ids)
    }

    async fn give(
        &mut self,
        attachment: Attachment,
        due: Vec<DueJob>,
        when: When,
    ) -> Result<(), RecoverError> {
        let Some(queues) = self.queues.clone().filter(|_| !due.is_empty()) else { return Ok(()) };
        let Some(worker) = worker(attachment) else { return Ok(()) };
        let now = self.recovery().now().unix_millis;
        let (mut jobs, mut given) = (Vec::new(), Vec::new());
        for DueJob { id, host } in due {
            let at = self.pacer.place(&host, now, jitter());
            let at = if when == When::Now { now } else { at };
            self.last_at = self.last_at.max(at);
            let job = Job::new(worker, id)?;
            given.push(GivenJob { id, host, jid: job.jid.clone(), at });
            jobs.push((job, at));
        }
        self.applied.jobs += u64::try_from(jobs.len()).unwrap_or(0);
        match when {
            When::Now => queues.push(jobs.into_iter().map(|(job, _)| job).collect(), now).await?,
            When::Paced => queues.schedule(jobs, now).await?,
        }
        self.apply.journal.add(&Entry::Given { attachment, jobs: given })
    }
}

/// When jobs run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    Now,
    Paced,
}

/// The server that is asked: that of the account, else that of the address.
fn host(finding: &Finding) -> String {
    let row = &finding.row;
    let of_url = || {
        let to = crate::http::WhereTo::parse(row.remote_url.as_deref()?).ok()?;
        Some(to.host)
    };
    row.domain.clone().or_else(of_url).unwrap_or_default()
}

/// In runs of one kind, in the order that they have.
fn by_kind(findings: Vec<Finding>) -> Vec<Vec<Finding>> {
    let mut runs: Vec<Vec<Finding>> = Vec::new();
    for finding in findings {
        match runs.last_mut() {
            Some(run)
                if run.first().is_some_and(|first| first.attachment == finding.attachment) =>
            {
                run.push(finding);
            }
            _ => runs.push(vec![finding]),
        }
    }
    runs
}

fn jitter() -> i64 {
    let random = getrandom::u32().map_or(0, i64::from);
    random % (2 * JITTER_PERMILLE + 1) - JITTER_PERMILLE
}
