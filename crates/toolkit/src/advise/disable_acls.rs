//! Before the ACLs of a remote bucket are disabled.

use authz::advice::report::DisableAcls;
use authz::advice::{
    Comparison, Gathered, Gatherer, Journal, KnownAccounts, LogReplay, LoggedRequests, SeenVersion,
    Writes, equivalent, named_callers, owner_name, with_acls_disabled,
};
use authz::{Policy, Switches};
use model::ObjectKey;

use super::census::Entry;
use super::{AdviseError, Census, LogsRead, RemoteBucket};

/// Keys that are named as examples.
const EXAMPLES_MAX: usize = 3;

/// The advice, and what the bucket has now.
pub fn disable_acls(
    bucket: &mut RemoteBucket,
    census: &Census,
    (requests, read): (LoggedRequests, &LogsRead),
    writes: Writes,
) -> Result<(DisableAcls, Journal), AdviseError> {
    let (gathered, closed) = gathered(bucket, census)?;
    let facts = &bucket.facts;
    let whole = bucket.accounts.whole().to_vec();
    let mut report = DisableAcls::of(facts, &gathered, &whole);
    let mut journal = Journal {
        bucket: facts.name.clone(),
        ownership: facts.ownership,
        policy: bucket.policy.clone(),
        grants: facts.acl.grants.clone(),
        applied: None,
    };
    if report.already_disabled {
        report.notes.push("ACLs are disabled already".to_owned());
        return Ok((report, journal));
    }
    report.incomplete = incomplete(census, &closed, &requests, read);
    report.notes.clone_from(&bucket.unknown);
    match equivalent(facts, &gathered, bucket.policy.as_deref(), &whole, writes) {
        Ok(made) => report = report.with_policy(made),
        Err(why) => report.blockers.push(why),
    }
    if gathered.too_many {
        let note = "the grants are too scattered for one policy; only some are in it";
        report.notes.push(note.to_owned());
    }
    let policy = report.policy.as_ref();
    let policy = policy.map(|text| Policy::parse_stored_bucket_policy(text, &facts.name));
    let after = with_acls_disabled(facts, policy, &mut report.blockers);
    let switches = Switches::default();
    let mut accounts = bucket.accounts.clone();
    let seen = requests.seen();
    let both = (facts, &after);
    let mut replay = LogReplay::new(requests, both, &switches, &mut accounts);
    let callers = named_callers(facts, accounts.named());
    let mut comparison = Comparison::new(facts, &after, &switches, callers);
    comparison.add_bucket();
    for entry in census.entries()? {
        let entry = entry?;
        let version = entry.seen(&facts.owner.canonical_id)?;
        comparison.add(&version);
        replay.add(&version, &entry.version);
    }
    report = report.with_differences(&comparison.finish(), &owner_name(facts));
    report.requests = replay.finish().0;
    report.requests_seen = seen;
    journal.applied = report.policy.clone().or_else(|| bucket.policy.clone());
    Ok((report, journal))
}

/// Versions whose ACL nobody may read.
#[derive(Default)]
struct Closed {
    versions: u64,
    examples: Vec<ObjectKey>,
}

impl Closed {
    fn note(&mut self, entry: &Entry, version: &SeenVersion) {
        if entry.is_closed() {
            self.versions += 1;
            if self.examples.len() < EXAMPLES_MAX {
                self.examples.push(version.key.clone());
            }
        }
    }
}

/// What the ACLs of the census give. Whoever has something is an account from here on.
fn gathered(bucket: &mut RemoteBucket, census: &Census) -> Result<(Gathered, Closed), AdviseError> {
    let RemoteBucket { facts, accounts, .. } = bucket;
    let mut closed = Closed::default();
    let mut gatherer = Gatherer::new(facts);
    remember(accounts, &facts.acl);
    for entry in census.entries()? {
        let entry = entry?;
        let version = entry.seen(&facts.owner.canonical_id)?;
        closed.note(&entry, &version);
        match &version.acl {
            Some(acl) => remember(accounts, acl),
            None => remember_owner(accounts, &version.owner),
        }
        gatherer.add(version);
    }
    Ok((gatherer.finish(), closed))
}

fn remember(accounts: &mut KnownAccounts, acl: &model::AccessControlList) {
    remember_owner(accounts, &acl.owner);
    for grant in &acl.grants {
        if let model::Grantee::CanonicalUser(id) = &grant.grantee {
            remember_owner(accounts, id);
        }
    }
}

fn remember_owner(accounts: &mut KnownAccounts, id: &model::CanonicalUserId) {
    if !id.is_anonymous() {
        accounts.with_canonical_id(id);
    }
}

/// Everything because of which the advice may be wrong.
fn incomplete(
    census: &Census,
    closed: &Closed,
    requests: &LoggedRequests,
    read: &LogsRead,
) -> Vec<String> {
    let mut missing = Vec::new();
    let head = census.head();
    if !head.prefix.is_empty() {
        missing.push(format!("only keys that begin with {:?} were looked at", head.prefix));
    }
    if head.every > 1 {
        missing.push(format!("only every {}th key was looked at", head.every));
    }
    if !census.is_complete() {
        missing.push(format!(
            "the walk through the bucket ended after {} versions",
            census.versions()
        ));
    }
    if closed.versions > 0 {
        let examples: Vec<_> = closed.examples.iter().map(ToString::to_string).collect();
        missing.push(format!(
            "the ACLs of {} object versions may not be read, as {}; who has access by them nobody \
             knows",
            closed.versions,
            examples.join(", ")
        ));
    }
    for (count, what) in [
        (read.unreadable, "lines of the access logs cannot be read"),
        (read.cut_off, "access logs were not read to their end"),
        (requests.left_out(), "logged requests were too many to be decided again"),
    ] {
        if count > 0 {
            missing.push(format!("{count} {what}"));
        }
    }
    missing
}
