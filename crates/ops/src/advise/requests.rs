//! What the decision log tells about a bucket's requests, and how they would be decided under other
//! settings.

use std::collections::BTreeMap;

use audit::decision_log::{Filter, Outcome, Record, records};
use authz::BucketFacts;
use authz::advice::report::{RequestLine, program};
use authz::advice::would_be_allowed;
use model::{BucketName, S3Error};

use crate::store::Store;

/// Requests that are named as examples.
const EXAMPLES_MAX: usize = 3;

/// Requests by caller and program, and how many were looked at.
pub(super) type Requests = (Vec<RequestLine>, u64);

/// Decides every recorded request to a bucket again, on the facts of the record but with the bucket as
/// it would be. Those for which nothing changes and that had nothing to do with ACLs are left out.
pub(super) fn replayed(
    store: &Store,
    bucket: &BucketName,
    after: &BucketFacts,
) -> Result<Requests, S3Error> {
    let filter = Filter { bucket: Some(bucket.to_string()), ..Filter::default() };
    store.decisions.flush();
    let all = records(store.decisions.directory(), filter).map_err(S3Error::internal)?;
    let mut lines: BTreeMap<(String, String), RequestLine> = BTreeMap::new();
    let mut seen = 0;
    for record in all {
        // A file that cannot be read to its end was torn by a crash.
        let Ok(record) = record else { continue };
        if record.outcome == Outcome::Undecided {
            continue;
        }
        seen += 1;
        let Some(change) = change(&record, after) else { continue };
        if !record.acl_required && !record.sent_acl() && !change.refused && !change.allowed {
            continue;
        }
        let caller = record.caller_name().unwrap_or_default();
        let user_agent = program(record.user_agent());
        let line = lines.entry((caller, user_agent.to_owned())).or_default();
        line.sent_acl += u64::from(record.sent_acl());
        line.needed_acl += u64::from(record.acl_required && !record.sent_acl());
        line.would_be_refused += u64::from(change.refused);
        line.would_be_allowed += u64::from(change.allowed);
        if change.refused && line.examples.len() < EXAMPLES_MAX {
            let operation = record.operation.map_or("", model::Operation::name);
            let key = record.key.as_ref().map(|key| format!(" {key}")).unwrap_or_default();
            line.examples.push(format!("{operation}{key}"));
        }
    }
    let named = |((caller, user_agent), line)| RequestLine { caller, user_agent, ..line };
    Ok((lines.into_iter().map(named).collect(), seen))
}

struct Change {
    refused: bool,
    allowed: bool,
}

fn change(record: &Record, after: &BucketFacts) -> Option<Change> {
    let was_allowed = record.outcome == Outcome::Allowed;
    let mut replay = record.replay()?;
    replay.bucket = Some(after);
    let is_allowed = replay.ask(would_be_allowed)?;
    Some(Change { refused: was_allowed && !is_allowed, allowed: !was_allowed && is_allowed })
}
