//! Finds the rows whose objects are gone.

use std::collections::BTreeSet;

use super::domains::{Domains, Standing};
use super::fate::{Fate, Grade, fate};
use super::listing::{KeySet, Method, list};
use super::look::{Reading, grade, is_reliable, look};
use super::memory::{Finding, LostKey, Memory, StateDirectory, too_many};
use super::progress::Progress;
use super::rows::{FileRow, Selection, Source};
use super::{RecoverError, Recovery};
use crate::profiles::mastodon::keys::{Attachment, StyledKey};
use crate::watch::checks::sampling::Presence;

/// Rows that are read at once.
const PAGE_ROWS: i64 = 1000;
/// The rank of files that are no accounts' pictures: behind those whom somebody here knows.
const RANK_OF_MEDIA: u8 = 2;

/// One pass over a table.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The rows.
    pub source: Source,
    /// Which of them.
    pub selection: Selection,
}

/// The kinds of files that are wanted and that this Mastodon has.
pub async fn sources(recovery: &Recovery<'_>) -> Result<Vec<Source>, RecoverError> {
    let mut sources = Vec::new();
    for attachment in Attachment::ALL {
        if recovery.options.only.contains(&attachment) {
            let days = recovery.options.recent_days;
            sources.extend(Source::find(recovery.connection, attachment, days).await?);
        }
    }
    if sources.is_empty() {
        return Err(RecoverError::Refused(
            "the database has none of Mastodon's tables that are asked for".to_owned(),
        ));
    }
    Ok(sources)
}

/// All passes, in order.
pub fn stages(sources: &[Source], includes_pruned: bool) -> Vec<Stage> {
    let named = sources.iter().map(|source| (source, Selection::Named));
    let has_pictures =
        |source: &&Source| matches!(source.attachment(), Attachment::Avatar | Attachment::Header);
    let pruned = sources.iter().filter(has_pictures).map(|source| (source, Selection::Pruned));
    let pruned = pruned.filter(|_| includes_pruned);
    let stage = |(source, selection): (&Source, _)| Stage { source: source.clone(), selection };
    named.chain(pruned).map(stage).collect()
}

/// Goes through the stages from where the memory is, and adds to the findings.
pub async fn scan(
    recovery: &Recovery<'_>,
    stages: &[Stage],
    reading: Reading,
    directory: &mut StateDirectory,
    memory: &mut Memory,
    findings: &mut Vec<Finding>,
) -> Result<(), RecoverError> {
    let is_limited =
        recovery.application.layers.get("LIMITED_FEDERATION_MODE").as_deref() == Some("true");
    let mut domains = Domains::open(recovery.connection, is_limited).await?;
    for stage in stages.iter().skip(memory.stages_done) {
        let total = stage.source.count(recovery.connection, stage.selection).await?;
        let listed = listing(recovery, stage, total).await?;
        let mut done = 0;
        loop {
            recovery.go_on()?;
            let rows = stage
                .source
                .page(recovery.connection, stage.selection, memory.after, PAGE_ROWS)
                .await?;
            let Some(last) = rows.last().map(|row| row.id) else { break };
            let count = u64::try_from(rows.len()).unwrap_or(0);
            let page = Page { recovery, stage, reading, listed: listed.as_ref() };
            let found = page.findings(rows, &mut domains).await?;
            let attachment = stage.source.attachment();
            let counts = memory.counts.entry(attachment).or_default();
            counts.rows += if stage.selection == Selection::Named { count } else { 0 };
            for finding in &found {
                counts.add(finding.grade);
            }
            memory.after = last;
            directory.append(memory, &found)?;
            directory.save(memory)?;
            findings.extend(found);
            too_many(findings.len())?;
            done += count;
            let found = u64::try_from(findings.len()).unwrap_or(0);
            let total = total.max(done);
            recovery.tell(Progress { what: attachment.plural(), done, total, found });
        }
        memory.stages_done += 1;
        memory.after = 0;
        directory.save(memory)?;
    }
    memory.is_scanned = true;
    directory.save(memory)
}

/// The listed keys, where a listing is wanted. One that is refused is done without, unless it was asked for.
async fn listing(
    recovery: &Recovery<'_>,
    stage: &Stage,
    rows: u64,
) -> Result<Option<KeySet>, RecoverError> {
    let method = recovery.options.method;
    if stage.selection == Selection::Pruned || !method.lists(rows) {
        return Ok(None);
    }
    match list(recovery, stage.source.attachment(), rows).await {
        Ok(keys) => Ok(Some(keys)),
        Err(RecoverError::Store(_)) if method == Method::Auto => Ok(None),
        Err(error) => Err(error),
    }
}

/// What a page of rows is looked at with.
struct Page<'a> {
    recovery: &'a Recovery<'a>,
    stage: &'a Stage,
    reading: Reading,
    listed: Option<&'a KeySet>,
}

impl Page<'_> {
    async fn findings(
        &self,
        rows: Vec<FileRow>,
        domains: &mut Domains,
    ) -> Result<Vec<Finding>, RecoverError> {
        let attachment = self.stage.source.attachment();
        let found = if self.stage.selection == Selection::Pruned {
            rows.into_iter().map(|row| (row, Grade::Pruned, Vec::new())).collect()
        } else {
            self.in_trouble(rows).await?
        };
        let connection = self.recovery.connection;
        let named = found.iter().filter_map(|(row, ..)| row.domain.clone());
        domains.learn(connection, named.collect::<BTreeSet<_>>()).await?;
        let has_accounts = matches!(attachment, Attachment::Avatar | Attachment::Header);
        let ids: Vec<i64> = found.iter().map(|(row, ..)| row.id).collect();
        let standing = if has_accounts && !ids.is_empty() {
            Some(Standing::of(connection, &ids).await?)
        } else {
            None
        };
        let finding = |(row, grade, lost): (FileRow, Grade, Vec<LostKey>)| {
            let rules = domains.rules(row.domain.as_deref());
            let fate = match fate(attachment, &row, rules, self.recovery.options.local) {
                Fate::Refetch if grade == Grade::Pruned => Fate::JobOnly,
                other => other,
            };
            let rank = standing.as_ref().map_or(RANK_OF_MEDIA, |standing| standing.rank(row.id));
            Finding { attachment, grade, fate, rank, lost, row }
        };
        Ok(found.into_iter().map(finding).collect())
    }

    /// The rows whose files are not all there.
    async fn in_trouble(
        &self,
        rows: Vec<FileRow>,
    ) -> Result<Vec<(FileRow, Grade, Vec<LostKey>)>, RecoverError> {
        let attachment = self.stage.source.attachment();
        let prefix = self.recovery.key_prefix();
        let count = u64::try_from(rows.len()).unwrap_or(0);
        let keys: Vec<Vec<StyledKey>> =
            rows.iter().map(|row| row.keys(attachment, prefix.as_deref())).collect();
        let flat = keys.iter().flatten().map(|key| key.key.clone()).collect();
        let answers = self.presences(flat).await;
        is_reliable(&answers)?;
        let mut answers = answers.into_iter();
        let mut found = Vec::new();
        for (row, keys) in rows.into_iter().zip(keys) {
            let own: Vec<Presence> = answers.by_ref().take(keys.len()).collect();
            if let Some(grade) = grade(&own) {
                found.push((row, grade, lost(keys, &own)));
            }
        }
        let dead = found.iter().filter(|(_, grade, _)| *grade == Grade::Dead).count();
        let dead = u64::try_from(dead).unwrap_or(0);
        self.recovery.options.breaker.page(count, dead).map_err(RecoverError::TooMuch)?;
        Ok(found)
    }

    /// What was listed is there; the rest is asked for.
    async fn presences(&self, keys: Vec<String>) -> Vec<Presence> {
        let Some(listed) = self.listed else {
            return look(self.recovery.client, self.reading, keys).await;
        };
        let is_listed: Vec<bool> = keys.iter().map(|key| listed.has(key)).collect();
        let asked = keys.into_iter().zip(&is_listed).filter(|(_, is_listed)| !**is_listed);
        let asked = asked.map(|(key, _)| key).collect();
        let mut answers = look(self.recovery.client, self.reading, asked).await.into_iter();
        let answer = |is_listed: bool| {
            if is_listed {
                Presence::Present
            } else {
                answers.next().unwrap_or(Presence::Unclear("not asked".to_owned()))
            }
        };
        is_listed.into_iter().map(answer).collect()
    }
}

/// The keys of what is gone.
fn lost(keys: Vec<StyledKey>, answers: &[Presence]) -> Vec<LostKey> {
    let is_gone = |answer: &Presence| matches!(answer, Presence::Missing | Presence::Deleted);
    let gone = keys.into_iter().zip(answers).filter(|(_, answer)| is_gone(answer));
    gone.map(|(key, _)| LostKey { style: key.style.to_owned(), key: key.key }).collect()
}
