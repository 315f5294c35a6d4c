//! Requests of access logs, decided again.
//!
//! A log tells who asked for what and how that came out, but neither the caller's own policies nor the
//! ACL that was sent. The caller's policies are therefore taken to allow everything, before and after,
//! and only requests that are decided now as they were then say something about the change; the others
//! are counted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::limits::ADVICE_LOGGED_REQUESTS_MAX;
use model::{AccessControlList, AclRequest, CannedAcl, ObjectKey, Operation, Principal, VersionId};

use super::report::{RequestLine, program};
use super::usage::Usage;
use super::{KnownAccounts, SeenVersion, without_acls};
use crate::operations::looks_up_key;
use crate::{
    Asks, BucketFacts, ConditionKey, ContextSource, ContextValue, Facts, IdentityFacts,
    ObjectFacts, Policy, Request, Side, Switches, UploadFacts, Verdict, decide,
};

/// Requests that are named as examples.
const EXAMPLES_MAX: usize = 3;

/// A request as an access log tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedRequest {
    /// Canonical user id or ARN; absent if nobody signed.
    pub requester: Option<String>,
    /// The program.
    pub user_agent: Option<String>,
    /// The operation.
    pub operation: Operation,
    /// Which half of a copy.
    pub side: Side,
    /// The key.
    pub key: Option<ObjectKey>,
    /// The version that was named.
    pub version: Option<String>,
    /// Whether it was let through.
    pub was_allowed: bool,
    /// Whether an ACL was needed, or one was sent (§9.6).
    pub acl_required: bool,
    /// The ACL in the URI.
    pub acl: Option<SentAcl>,
    /// The values of condition keys that the log tells.
    pub context: Vec<(ConditionKey, String)>,
}

/// An ACL that a request sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SentAcl {
    /// `bucket-owner-full-control`, which is taken without ACLs too.
    BucketOwnerFullControl,
    /// Another one.
    Other,
}

/// Everything of a request but its key: equal ones are decided once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Ask {
    requester: Option<String>,
    user_agent: String,
    operation: &'static str,
    side: u8,
    version: Option<String>,
    was_allowed: bool,
    acl_required: bool,
    acl: Option<SentAcl>,
    context: Vec<(String, String)>,
}

/// The requests of a bucket's logs, equal ones together.
#[derive(Clone, Debug, Default)]
pub struct LoggedRequests {
    /// What the policy asks about requests; the rest of their circumstances does not matter.
    asked: Vec<ConditionKey>,
    asks: BTreeMap<Option<ObjectKey>, BTreeMap<Ask, u64>>,
    distinct: usize,
    seen: u64,
    left_out: u64,
}

impl LoggedRequests {
    /// None yet. The policy is that of the bucket.
    pub fn new(policy: Option<&Policy>) -> Self {
        let asked = policy.into_iter().flat_map(Policy::condition_keys).cloned().collect();
        Self { asked, ..Self::default() }
    }

    /// The next one.
    pub fn add(&mut self, request: LoggedRequest) {
        self.seen += 1;
        let asked = |(key, value): (ConditionKey, String)| {
            self.asked.contains(&key).then(|| (key.name().into_owned(), value))
        };
        let ask = Ask {
            requester: request.requester,
            user_agent: program(request.user_agent.as_deref()).to_owned(),
            operation: request.operation.name(),
            side: side_number(request.side),
            version: request.version,
            was_allowed: request.was_allowed,
            acl_required: request.acl_required,
            acl: request.acl,
            context: request.context.into_iter().filter_map(asked).collect(),
        };
        let of_key = self.asks.entry(request.key).or_default();
        if let Some(count) = of_key.get_mut(&ask) {
            *count += 1;
        } else if self.distinct < ADVICE_LOGGED_REQUESTS_MAX {
            self.distinct += 1;
            of_key.insert(ask, 1);
        } else {
            self.left_out += 1;
        }
    }

    /// How many there are.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// How many were too many to be decided again.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Who made them.
    pub fn requesters(&self) -> BTreeSet<Option<String>> {
        let all = self.asks.values().flat_map(BTreeMap::keys);
        all.map(|ask| ask.requester.clone()).collect()
    }
}

fn side_number(side: Side) -> u8 {
    match side {
        Side::Whole => 0,
        Side::CopySource => 1,
        Side::CopyDestination => 2,
    }
}

fn side_of(number: u8) -> Side {
    match number {
        1 => Side::CopySource,
        2 => Side::CopyDestination,
        _ => Side::Whole,
    }
}

/// The circumstances of a request.
struct Context<'a>(&'a [(String, String)]);

impl ContextSource for Context<'_> {
    fn value(&self, key: &ConditionKey) -> ContextValue<'_> {
        let name = key.name();
        match self.0.iter().find(|(known, _)| *known == name) {
            Some((_, value)) => ContextValue::One(value.as_str().into()),
            None => ContextValue::Absent,
        }
    }
}

/// Somebody who made requests.
struct Caller {
    name: String,
    principal: Principal,
    identity: Option<IdentityFacts>,
    arn: Option<String>,
}

/// Requests that are decided before and after, as the versions of their keys go by.
pub struct LogReplay<'a> {
    before: &'a BucketFacts,
    after: &'a BucketFacts,
    /// The bucket as its policy alone rules it, which tells an ACL that was needed from one that was
    /// sent.
    by_policy: BucketFacts,
    switches: &'a Switches,
    callers: BTreeMap<Option<String>, Caller>,
    open: BTreeMap<Option<ObjectKey>, BTreeMap<Ask, u64>>,
    lines: BTreeMap<(String, String), RequestLine>,
    usage: Usage,
    unseen: ObjectFacts<'a>,
}

impl<'a> LogReplay<'a> {
    /// Begins.
    pub fn new(
        requests: LoggedRequests,
        (before, after): (&'a BucketFacts, &'a BucketFacts),
        switches: &'a Switches,
        accounts: &mut KnownAccounts,
    ) -> Self {
        let mut callers = BTreeMap::new();
        for requester in requests.requesters() {
            let Some(principal) = accounts.requester(requester.as_deref()) else { continue };
            let caller = caller(principal, accounts);
            callers.insert(requester, caller);
        }
        let by_policy = without_acls(before, before.policy.clone());
        let (open, lines, usage) = (requests.asks, BTreeMap::new(), Usage::default());
        let unseen = ObjectFacts::Missing;
        Self { before, after, by_policy, switches, callers, open, lines, usage, unseen }
    }

    /// Takes keys that do not go by for objects of the bucket owner, where nobody looks at them.
    #[must_use]
    pub fn without_versions(self) -> Self {
        let owner = &self.before.owner.canonical_id;
        Self { unseen: ObjectFacts::Present { owner, acl: None }, ..self }
    }

    /// Decides the requests to a version that goes by.
    pub fn add(&mut self, version: &SeenVersion, id: &str) {
        // Most keys have none.
        let Some(mut asks) = self.open.remove(&Some(version.key.clone())) else { return };
        let SeenVersion { key, owner, acl, is_latest, is_marker } = version;
        let object = if *is_marker {
            ObjectFacts::DeleteMarker { owner }
        } else {
            ObjectFacts::Present { owner, acl: acl.as_ref() }
        };
        asks.retain(|ask, count| {
            let is_meant = match &ask.version {
                Some(named) => named == id,
                None => *is_latest,
            };
            if is_meant {
                self.judge(ask, *count, Some(key), object);
            }
            !is_meant
        });
        if !asks.is_empty() {
            self.open.insert(Some(key.clone()), asks);
        }
    }

    /// Decides the rest: requests to the bucket, and to keys that are no longer there. Tells what would
    /// change, and what the bucket policy was used for.
    pub fn finish(mut self) -> (Vec<RequestLine>, Usage) {
        for (key, asks) in std::mem::take(&mut self.open) {
            let object = match key {
                Some(_) => self.unseen,
                None => ObjectFacts::NotLoaded,
            };
            for (ask, count) in asks {
                self.judge(&ask, count, key.as_ref(), object);
            }
        }
        let named = |((caller, user_agent), line)| RequestLine { caller, user_agent, ..line };
        let lines = self.lines.into_iter().map(named).filter(RequestLine::says_something);
        (lines.collect(), self.usage)
    }

    fn judge(&mut self, ask: &Ask, count: u64, key: Option<&ObjectKey>, object: ObjectFacts<'_>) {
        let Some(operation) = operation_named(ask.operation) else { return };
        let Some(caller) = self.callers.get(&ask.requester) else {
            let who = ask.requester.clone().unwrap_or_default();
            self.lines.entry((who, ask.user_agent.clone())).or_default().unclear += count;
            return;
        };
        let asked = Asked { ask, operation, key, object, caller, switches: self.switches };
        let acl = asked.acl(&self.by_policy);
        let decision = asked.decide(self.before, &acl);
        let before = decision.verdict == Verdict::Allow;
        let after = asked.decide(self.after, &acl).verdict == Verdict::Allow;
        let is_gone = matches!(object, ObjectFacts::Missing) && asked.looks_up_key(&acl);
        let line = self.lines.entry((caller.name.clone(), ask.user_agent.clone())).or_default();
        let sent = acl.is_present() && acl != AclRequest::Canned(CannedAcl::BucketOwnerFullControl);
        line.sent_acl += if acl.is_present() { count } else { 0 };
        line.needed_acl += if ask.acl_required && !sent { count } else { 0 };
        match (ask.was_allowed, before && !is_gone, after) {
            (true, true, false) => {
                line.would_be_refused += count;
                if line.examples.len() < EXAMPLES_MAX {
                    let key = key.map(|key| format!(" {key}")).unwrap_or_default();
                    line.examples.push(format!("{}{key}", ask.operation));
                }
            }
            (true, false, _) if ask.acl_required && !after => line.unclear += count,
            (false, false, true) => line.would_be_allowed += count,
            _ => {}
        }
        if ask.was_allowed && before {
            self.usage.add(decision.trace.steps(), key, count);
        }
    }
}

fn operation_named(name: &str) -> Option<Operation> {
    Operation::table().iter().find(|row| row.name == name).map(|row| row.operation)
}

/// What a log does not tell of the caller is taken to allow everything.
fn caller(principal: Principal, accounts: &KnownAccounts) -> Caller {
    let identity = match principal {
        Principal::Anonymous | Principal::Root(_) | Principal::Service(_) => None,
        _ => Some(allowed_everything()),
    };
    let name = match &principal {
        // One of which nobody knows the number.
        Principal::Root(account) if !accounts.whole().contains(account) => {
            let named = accounts.named().into_iter().find(|(_, known)| known == account);
            named.map_or_else(|| principal.to_string(), |(name, _)| name)
        }
        other => other.to_string(),
    };
    let arn = principal.arn().filter(|_| !principal.is_root());
    Caller { name, principal, identity, arn }
}

fn allowed_everything() -> IdentityFacts {
    let text =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let policy = Policy::parse_identity_policy(text).ok().map(Arc::new);
    IdentityFacts { policies: policy.into_iter().collect(), ..IdentityFacts::default() }
}

struct Asked<'a> {
    ask: &'a Ask,
    operation: Operation,
    key: Option<&'a ObjectKey>,
    object: ObjectFacts<'a>,
    caller: &'a Caller,
    switches: &'a Switches,
}

impl Asked<'_> {
    /// The ACL that the request must have sent. §9.6: an ACL "is required" for a write that sends one,
    /// and for one that no policy allows; so where the policy allows, one was sent.
    fn acl(&self, by_policy: &BucketFacts) -> AclRequest {
        let is_acl_write =
            matches!(self.operation, Operation::PutBucketAcl | Operation::PutObjectAcl);
        let can_send = is_acl_write
            || matches!(
                self.operation,
                Operation::PutObject
                    | Operation::PostObject
                    | Operation::CreateMultipartUpload
                    | Operation::CopyObject
            ) && self.ask.side != side_number(Side::CopySource);
        match self.ask.acl {
            Some(SentAcl::BucketOwnerFullControl) => {
                return AclRequest::Canned(CannedAcl::BucketOwnerFullControl);
            }
            Some(SentAcl::Other) => {}
            None if !can_send => return AclRequest::Absent,
            None if is_acl_write => {}
            None => {
                let needs_none =
                    self.decide(by_policy, &AclRequest::Absent).verdict == Verdict::Allow;
                if !self.ask.acl_required || !needs_none {
                    return AclRequest::Absent;
                }
            }
        }
        // The log does not say which. What the object has now is the best guess at whether it is public.
        let acl = match self.object {
            ObjectFacts::Present { acl, .. } => acl,
            _ => None,
        };
        let is_public = acl.is_some_and(AccessControlList::is_public);
        AclRequest::Canned(if is_public { CannedAcl::PublicRead } else { CannedAcl::Private })
    }

    fn looks_up_key(&self, acl: &AclRequest) -> bool {
        let context = Context(&self.ask.context);
        let version = VersionId::Null;
        looks_up_key(&self.request(acl, &context, &version, None))
    }

    fn request<'r>(
        &'r self,
        acl: &'r AclRequest,
        context: &'r Context<'r>,
        version: &'r VersionId,
        bucket: Option<&'r model::BucketName>,
    ) -> Request<'r> {
        Request {
            caller: &self.caller.principal,
            operation: self.operation,
            side: side_of(self.ask.side),
            bucket,
            key: self.key,
            version: self.ask.version.as_ref().map(|_| version),
            acl,
            asks: Asks { request_payer: true, ..Asks::default() },
            new_policy_is_public: false,
            context,
        }
    }

    fn decide(&self, bucket: &BucketFacts, acl: &AclRequest) -> crate::Decision {
        let context = Context(&self.ask.context);
        let version = VersionId::Null;
        let request = self.request(acl, &context, &version, Some(&bucket.name));
        // Whoever goes on with an upload has begun it, as far as a log can tell.
        let upload = self.caller.principal.account_id().map(|initiator_account| UploadFacts {
            initiator_account,
            initiator_arn: self.caller.arn.as_deref(),
        });
        let facts = Facts {
            bucket: Some(bucket),
            object: self.object,
            upload,
            identity: self.caller.identity.as_ref(),
            switches: self.switches,
        };
        decide(&request, &facts)
    }
}

#[cfg(test)]
mod tests;
