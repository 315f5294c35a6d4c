//! Object Lock: what it says, and what could lift it.

use audit::decision_log::{Record, RecordedLock, iso8601};
use model::{GovernanceBypass, LockRefusal, LockedChange, Retention, RetentionMode};
use serde::{Deserialize, Serialize};

use crate::candidates::{bucket_name, owner_account};
use crate::change::{Change, RequestChange};
use crate::world::BYPASS_HEADER;

/// The lock that refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToldLock {
    /// `GOVERNANCE` or `COMPLIANCE`, if there is a retention.
    pub mode: Option<String>,
    /// Until when, ISO 8601.
    pub retain_until: Option<String>,
    /// Whether there is a legal hold.
    pub legal_hold: bool,
}

impl From<&RecordedLock> for ToldLock {
    fn from(recorded: &RecordedLock) -> Self {
        let lock = recorded.refusal.lock;
        Self {
            mode: lock.retention.map(|retention| retention.mode.as_str().to_owned()),
            retain_until: lock.retention.map(|retention| iso8601(retention.retain_until)),
            legal_hold: lock.legal_hold == Some(true),
        }
    }
}

/// What happened, in words.
pub(crate) fn summary(refusal: LockRefusal) -> String {
    let retention = refusal.lock.retention;
    if refusal.is_held() {
        return "A legal hold keeps this version. Whoever may lift it (s3:PutObjectLegalHold) has to do \
                so first."
            .to_owned();
    }
    let Some(Retention { mode, retain_until }) = retention else {
        return "Object Lock keeps this version.".to_owned();
    };
    let until = iso8601(retain_until);
    let wish = match refusal.change {
        LockedChange::Removal => "remove it",
        LockedChange::Retention(None) => "take the retention away",
        LockedChange::Retention(Some(_)) => "make the retention shorter or of another mode",
    };
    match mode {
        RetentionMode::Governance => format!(
            "This version is retained in governance mode until {until}. To {wish} before, a request must \
             say {BYPASS_HEADER}: true, and its caller needs s3:BypassGovernanceRetention."
        ),
        RetentionMode::Compliance => format!(
            "This version is retained in compliance mode until {until}. Until then nobody can {wish}, \
             the root user of the account included."
        ),
    }
}

/// Why nothing can be changed: a compliance retention.
pub(crate) fn no_help(refusal: LockRefusal) -> String {
    match refusal.lock.retention {
        Some(Retention { mode: RetentionMode::Compliance, retain_until }) => format!(
            "No permission can help: wait until {}. A retention in compliance mode can be extended, \
             never shortened.",
            iso8601(retain_until)
        ),
        _ => "No permission can help: Object Lock keeps the version.".to_owned(),
    }
}

/// What could lift the lock.
pub(crate) fn candidates(record: &Record, refusal: LockRefusal) -> Vec<Option<Vec<Change>>> {
    if refusal.is_held() {
        return vec![lift(record).map(|change| vec![change])];
    }
    let bypass = refusal.lock.retention.filter(|retention| {
        // Whoever bypasses lifts it; what holds all the same nobody lifts.
        let now = record.lock.map_or(record.time, |lock| lock.at);
        !retention.holds(now, GovernanceBypass::Authorized)
    });
    vec![bypass.map(|_| vec![Change::ChangeRequest(says_bypass())])]
}

fn says_bypass() -> RequestChange {
    RequestChange::AddHeader { name: BYPASS_HEADER.to_owned(), value: "true".to_owned() }
}

fn lift(record: &Record) -> Option<Change> {
    Some(Change::LiftLegalHold {
        account: owner_account(record)?,
        bucket: bucket_name(record)?,
        key: record.key.as_ref()?.to_string(),
        version: record.version.as_ref().map(ToString::to_string),
    })
}

/// What whoever lifts a lock should know.
pub(crate) fn warning(changes: &[Change]) -> Option<String> {
    let lifts = |change: &Change| match change {
        Change::LiftLegalHold { .. } => true,
        Change::ChangeRequest(change) => *change == says_bypass(),
        _ => false,
    };
    changes.iter().any(lifts).then(|| {
        "this gives up a protection of Object Lock: somebody wanted this version to be kept, and what is \
         removed does not come back"
            .to_owned()
    })
}
