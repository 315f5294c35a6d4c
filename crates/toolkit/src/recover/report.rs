//! What a run found and did, for people and programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use serde::Serialize;

use super::applied::Applied;
use super::fate::{Fate, Grade, Why};
use super::memory::{Counts, Finding, Memory};
use crate::profiles::mastodon::keys::Attachment;

/// Files that are named in the text; the rest is in the file of findings.
const NAMED_MAX: usize = 20;

/// A report.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The bucket.
    pub bucket: String,
    /// Its endpoint.
    pub endpoint: String,
    /// What was counted, by kind of file.
    pub kinds: BTreeMap<Attachment, Kind>,
    /// What cannot be brought back from elsewhere, for people; not all of it.
    pub only_here: Vec<String>,
    /// Remote accounts without an avatar of which an address is known.
    pub pruned_accounts: u64,
    /// What else there is to know.
    pub remarks: Vec<String>,
    /// Why `--apply` would refuse, if it would.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// The file with everything in trouble, one JSON object a line.
    pub findings: PathBuf,
    /// What was done, if something was to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applied: Option<Applied>,
}

/// One kind of file.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Kind {
    /// How many rows are in which state.
    #[serde(flatten)]
    pub counts: Counts,
    /// What is to become of those that are gone, and how many they are.
    pub fates: BTreeMap<String, u64>,
}

impl Report {
    /// A report about a scan.
    pub fn new(memory: &Memory, findings: &[Finding], found_path: PathBuf) -> Self {
        let mut kinds: BTreeMap<Attachment, Kind> = BTreeMap::new();
        for (attachment, counts) in &memory.counts {
            kinds.entry(*attachment).or_default().counts = *counts;
        }
        let mut only_here = Vec::new();
        for finding in findings {
            if matches!(finding.grade, Grade::Dead | Grade::Pruned) {
                let fates = &mut kinds.entry(finding.attachment).or_default().fates;
                *fates.entry(text_of(finding.fate).to_owned()).or_default() += 1;
            }
            if finding.grade == Grade::Dead && finding.fate == Fate::Lost(Why::Local) {
                let key = finding.lost.first().map_or("", |lost| lost.key.as_str());
                only_here.push(format!("{} {key}", finding.row.whose));
            }
        }
        only_here.truncate(NAMED_MAX);
        Self {
            bucket: memory.bucket.clone(),
            endpoint: memory.endpoint.clone(),
            kinds,
            only_here,
            pruned_accounts: 0,
            remarks: Vec::new(),
            refusal: None,
            findings: found_path,
            applied: None,
        }
    }

    /// All kinds together.
    pub fn total(&self) -> Counts {
        let mut total = Counts::default();
        for Kind { counts, .. } in self.kinds.values() {
            total.rows += counts.rows;
            total.dead += counts.dead;
            total.restorable += counts.restorable;
            total.degraded += counts.degraded;
            total.archived += counts.archived;
            total.refused += counts.refused;
            total.unclear += counts.unclear;
            total.pruned += counts.pruned;
        }
        total
    }

    /// Whether nothing is in trouble, or nothing any more.
    pub fn is_well(&self) -> bool {
        match &self.applied {
            Some(applied) => applied.is_complete(),
            None => self.total().in_trouble() == 0,
        }
    }

    /// The text for terminals.
    pub fn text(&self) -> String {
        let mut text = format!("bucket {} at {}\n", self.bucket, self.endpoint);
        for (attachment, kind) in &self.kinds {
            push_kind(&mut text, attachment.plural(), kind);
        }
        for line in &self.only_here {
            _ = writeln!(text, "  only here, and gone: {line}");
        }
        if self.pruned_accounts > 0 {
            _ = writeln!(
                text,
                "{} remote accounts have no avatar here, but an address of one. Nothing of them is lost: \
                 `tootctl media remove --prune-profiles` does that, and they stay without until they are \
                 processed again. --pruned fetches them",
                self.pruned_accounts
            );
        }
        for remark in &self.remarks {
            _ = writeln!(text, "note: {remark}");
        }
        _ = writeln!(text, "all of it, one a line: {}", self.findings.display());
        match &self.applied {
            Some(applied) => text.push_str(&applied.text()),
            None => self.push_next(&mut text),
        }
        text
    }

    fn push_next(&self, text: &mut String) {
        if let Some(refusal) = &self.refusal {
            _ = writeln!(text, "refused: {refusal}");
        } else if self.is_well() {
            text.push_str("everything that the database names is there\n");
        } else {
            text.push_str("nothing was changed; --apply --resume brings back what can be\n");
        }
    }
}

fn push_kind(text: &mut String, name: &str, kind: &Kind) {
    let counts = kind.counts;
    _ = write!(text, "{name:<13} {} looked at", counts.rows);
    for (count, words) in [
        (counts.dead, "gone"),
        (counts.restorable, "deleted, can be brought back"),
        (counts.degraded, "with a small picture missing"),
        (counts.archived, "in an archive, unreadable"),
        (counts.refused, "forbidden or missing"),
        (counts.unclear, "unclear"),
        (counts.pruned, "pruned"),
    ] {
        if count > 0 {
            _ = write!(text, ", {count} {words}");
        }
    }
    text.push('\n');
    for (fate, count) in &kind.fates {
        _ = writeln!(text, "{:<13} {count} {fate}", "");
    }
}

fn text_of(fate: Fate) -> &'static str {
    match fate {
        Fate::Refetch => "to be emptied and fetched again by a job",
        Fate::ClearOnly => "to be emptied; fetched when somebody needs it",
        Fate::JobOnly => "to be fetched by a job",
        Fate::Default => "to be emptied; the default picture is shown then",
        Fate::Lost(why) => match why {
            Why::Local => "lost: uploaded here, so nobody else has it",
            Why::Suspended => "left alone: the account is suspended",
            Why::NoAddress => "lost: no address of it is known",
            Why::RejectsMedia => "left alone: media of its server are rejected",
            Why::Unavailable => "left alone: its server is unavailable",
            Why::NotAllowed => "left alone: its server is not on the list of limited federation",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recover::memory::LostKey;
    use crate::recover::rows::FileRow;

    #[test]
    fn the_report_tells_what_is_to_be_done() {
        let finding = |grade, fate, whose: &str| Finding {
            attachment: Attachment::Avatar,
            grade,
            fate,
            rank: 0,
            lost: vec![LostKey { style: "original".into(), key: "k.png".into() }],
            row: FileRow { whose: whose.into(), ..FileRow::default() },
        };
        let findings = [
            finding(Grade::Dead, Fate::Refetch, "@b@far"),
            finding(Grade::Dead, Fate::Lost(Why::Local), "@alice"),
            finding(Grade::Restorable, Fate::Lost(Why::Local), "@carol"),
        ];
        let counts = Counts { rows: 9, dead: 2, restorable: 1, ..Counts::default() };
        let memory =
            Memory { counts: BTreeMap::from([(Attachment::Avatar, counts)]), ..Memory::default() };
        let mut report = Report::new(&memory, &findings, "found.jsonl".into());
        assert!(!report.is_well());
        assert_eq!(report.only_here, ["@alice k.png"]);
        let text = report.text();
        for part in [
            "avatars       9 looked at, 2 gone, 1 deleted, can be brought back",
            "1 to be emptied and fetched again by a job",
            "1 lost: uploaded here",
            "--apply --resume",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        report.applied = Some(Applied { lost: 1, ..Applied::default() });
        assert!(!report.is_well(), "what is lost is not well");
        report.applied = Some(Applied { jobs: 2, ..Applied::default() });
        assert!(report.is_well());
    }
}
