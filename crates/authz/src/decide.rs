//! The decision: the stages 9 and 11 to 14 of §12.1, in their order.

use model::{AclRequest, CannedAcl, Operation, Permission, Principal};

use crate::acl::{self, AclsInForce};
use crate::operations::{self, Authority, Check, Requirement};
use crate::order::{self, Denial, Permit};
use crate::policy::Naming;
use crate::{
    Action, BucketFacts, Cause, ConditionKey, ContextSource, ContextValue, Facts, ObjectFacts,
    Refusal, Request, Rule, StepOutcome, Trace, ownership, public_access,
};

/// Whether a request may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may. Whether what it names exists is for the caller to find out (stage 14); only where
    /// that must not be told does the verdict refuse (§7).
    Allow,
    /// It may not.
    Refuse(Refusal),
}

/// A decision and how it came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The result.
    pub verdict: Verdict,
    /// The rules that were asked.
    pub trace: Trace,
    /// The field `aclRequired` of access log records: whether the request sets an ACL, or whether
    /// an ACL was consulted and granted what no policy did (§9.6).
    pub acl_required: bool,
    /// Whether the response carries `x-amz-request-charged: requester` (RP-5).
    pub requester_charged: bool,
}

/// Decides a request. Pure: equal arguments give equal decisions.
pub fn decide(request: &Request<'_>, facts: &Facts<'_>) -> Decision {
    let mut stages = Stages { request, facts, trace: Trace::default(), relied_on_acl: false };
    let verdict = match stages.run() {
        Ok(()) => Verdict::Allow,
        Err(refusal) => Verdict::Refuse(refusal),
    };
    Decision {
        acl_required: stages.relied_on_acl || sets_acl(request),
        requester_charged: verdict == Verdict::Allow && pays(request, facts),
        trace: stages.trace,
        verdict,
    }
}

/// Whether [`ObjectFacts`] must be loaded before [`decide`] is asked: if the key is looked up, or
/// if bucket WRITE could be what allows the request, since that depends on whose object is there
/// (§2.5).
pub fn needs_object(request: &Request<'_>, bucket: &BucketFacts) -> bool {
    if operations::looks_up_key(request) {
        return true;
    }
    let replaces =
        operations::writes_object(request) || request.operation == Operation::DeleteObject;
    replaces && may_rely_on_bucket_write(request.caller, bucket)
}

/// Bucket WRITE counts for callers of other accounts, and for the bucket owner's own principals
/// when a group has it (§6.4).
fn may_rely_on_bucket_write(caller: &Principal, bucket: &BucketFacts) -> bool {
    acl::granted(&bucket.acl, AclsInForce::of(bucket), caller, Permission::Write)
        .is_some_and(|granted| !bucket.is_owned_by(caller) || granted.naming > Naming::Account)
}

/// The requests for which the access log always says that an ACL was required (§9.6).
fn sets_acl(request: &Request<'_>) -> bool {
    match request.operation {
        Operation::PutBucketAcl | Operation::PutObjectAcl => true,
        _ => {
            operations::writes_object(request)
                && !matches!(
                    request.acl,
                    AclRequest::Absent | AclRequest::Canned(CannedAcl::BucketOwnerFullControl)
                )
        }
    }
}

/// Whether the caller is charged: Requester Pays is on and it is of another account (RP-4, RP-5).
fn pays(request: &Request<'_>, facts: &Facts<'_>) -> bool {
    facts.bucket.is_some_and(|bucket| {
        bucket.requester_pays
            && request.caller.account().is_some()
            && !bucket.is_owned_by(request.caller)
    })
}

struct Stages<'a> {
    request: &'a Request<'a>,
    facts: &'a Facts<'a>,
    trace: Trace,
    relied_on_acl: bool,
}

impl Stages<'_> {
    fn run(&mut self) -> Result<(), Refusal> {
        self.anonymous_operation()?;
        self.requester_pays()?;
        self.authorization()?;
        let Some(bucket) = self.facts.bucket else { return Ok(()) };
        self.upload_initiator(bucket)?;
        self.policy_of_other_account(bucket)?;
        self.acl_owner(bucket)?;
        self.public_policy(bucket)?;
        self.acl_settings(bucket)?;
        self.hidden_key()
    }

    /// §8.6; for anonymous callers these come first of all (§12.1).
    fn anonymous_operation(&mut self) -> Result<(), Refusal> {
        if !self.request.caller.is_anonymous() {
            return Ok(());
        }
        match operations::anonymous_refusal(self.request.operation) {
            Some(message) => {
                self.refuse(Rule::AnonymousOperation, Cause::AnonymousOperation(message), None)
            }
            None => Ok(()),
        }
    }

    /// RP-2…RP-4: callers of other accounts must say that they pay; anonymous ones cannot.
    fn requester_pays(&mut self) -> Result<(), Refusal> {
        let Some(bucket) = self.facts.bucket else { return Ok(()) };
        if !bucket.requester_pays || bucket.is_owned_by(self.request.caller) {
            return Ok(());
        }
        if self.request.asks.request_payer && self.request.caller.account().is_some() {
            self.trace.note(Rule::RequesterPays, StepOutcome::Silent);
            return Ok(());
        }
        self.refuse(Rule::RequesterPays, Cause::RequesterPays, None)
    }

    /// Stage 11: every action must be allowed; the first refusal ends it.
    fn authorization(&mut self) -> Result<(), Refusal> {
        let checks = match operations::requirement(self.request) {
            Requirement::All(checks) => checks,
            Requirement::Nothing => {
                let by = self.trace.note(Rule::NoPermissionNeeded, StepOutcome::Allows);
                self.trace.decided_by(by);
                return Ok(());
            }
            Requirement::Unknown => {
                return self.refuse(Rule::NoActionKnown, Cause::NoActionKnown, None);
            }
        };
        for check in checks {
            let Permit { by, relied_on_acl } = self.authorize(check, self.request.context)?;
            self.relied_on_acl |= relied_on_acl;
            if self.trace.deciding().is_none() {
                self.trace.decided_by(by);
            }
        }
        Ok(())
    }

    fn authorize(&mut self, check: Check, context: &dyn ContextSource) -> Result<Permit, Refusal> {
        order::authorize(check, self.request, self.facts, context, &mut self.trace).map_err(
            |Denial { refusal, by, relied_on_acl }| {
                self.relied_on_acl |= relied_on_acl;
                self.trace.decided_by(by);
                refusal
            },
        )
    }

    /// §6.8: parts are added, and the upload is finished, by the initiator's account or the bucket
    /// owner's; permission to write is not enough. An upload that is unknown is left to stage 14.
    fn upload_initiator(&mut self, bucket: &BucketFacts) -> Result<(), Refusal> {
        let Some(upload) = self.facts.upload else { return Ok(()) };
        let caller = self.request.caller;
        if !operations::continues_upload(self.request)
            || bucket.is_owned_by(caller)
            || caller.account_id() == Some(upload.initiator_account)
        {
            return Ok(());
        }
        self.refuse(Rule::UploadInitiator, Cause::NotInitiator, Some(Action::PutObject))
    }

    /// POL-5: with permission, 405 instead of the policy.
    fn policy_of_other_account(&mut self, bucket: &BucketFacts) -> Result<(), Refusal> {
        let action = match self.request.operation {
            Operation::GetBucketPolicy => Action::GetBucketPolicy,
            Operation::PutBucketPolicy => Action::PutBucketPolicy,
            Operation::DeleteBucketPolicy => Action::DeleteBucketPolicy,
            _ => return Ok(()),
        };
        if bucket.is_owned_by(self.request.caller) {
            return Ok(());
        }
        self.refuse(Rule::PolicyOfOtherAccount, Cause::PolicyOfOtherAccount, Some(action))
    }

    /// ACL-63: the owner in an AccessControlPolicy must be the owner (ACL-11).
    fn acl_owner(&mut self, bucket: &BucketFacts) -> Result<(), Refusal> {
        let AclRequest::Document(document) = self.request.acl else { return Ok(()) };
        let (owner, action) = match (self.request.operation, self.facts.object) {
            (Operation::PutBucketAcl, _) => (&bucket.owner.canonical_id, Action::PutBucketAcl),
            (Operation::PutObjectAcl, ObjectFacts::Present { owner, .. }) => {
                (ownership::effective_owner(owner, bucket), Action::PutObjectAcl)
            }
            _ => return Ok(()),
        };
        if document.owner == *owner {
            return Ok(());
        }
        self.refuse(Rule::ForeignAclOwner, Cause::ForeignAclOwner, Some(action))
    }

    /// §4.6, BlockPublicPolicy; root is no exception (ID-15).
    fn public_policy(&mut self, bucket: &BucketFacts) -> Result<(), Refusal> {
        if self.request.operation == Operation::PutBucketPolicy
            && self.request.new_policy_is_public
            && bucket.public_access.block_public_policy
        {
            let action = Some(Action::PutBucketPolicy);
            return self.refuse(Rule::BlockPublicPolicy, Cause::BlockPublicPolicy, action);
        }
        Ok(())
    }

    /// §12.4: for `?acl` BlockPublicAcls speaks before BucketOwnerEnforced, for new objects after
    /// it.
    fn acl_settings(&mut self, bucket: &BucketFacts) -> Result<(), Refusal> {
        let action = match self.request.operation {
            Operation::PutBucketAcl => Action::PutBucketAcl,
            Operation::PutObjectAcl if self.request.version.is_some() => {
                Action::PutObjectVersionAcl
            }
            Operation::PutObjectAcl => Action::PutObjectAcl,
            _ if operations::writes_object(self.request) => {
                self.acls_enabled(bucket, Action::PutObjectAcl)?;
                return self.public_acl(bucket, Action::PutObject);
            }
            _ => return Ok(()),
        };
        self.public_acl(bucket, action)?;
        self.acls_enabled(bucket, action)
    }

    /// §4.6, BlockPublicAcls.
    fn public_acl(&mut self, bucket: &BucketFacts, action: Action) -> Result<(), Refusal> {
        if bucket.public_access.block_public_acls && public_access::is_public(self.request.acl) {
            return self.refuse(Rule::BlockPublicAcls, Cause::BlockPublicAcls, Some(action));
        }
        Ok(())
    }

    /// OWN-E8: §3.5 for new objects, §3.6 for `?acl`.
    fn acls_enabled(&mut self, bucket: &BucketFacts, action: Action) -> Result<(), Refusal> {
        if !bucket.acls_are_disabled() {
            return Ok(());
        }
        let Request { acl, caller, .. } = *self.request;
        let switches = *self.facts.switches;
        let (accepted, owner_equivalent) = match self.request.operation {
            Operation::PutBucketAcl => (false, false),
            Operation::PutObjectAcl => {
                (ownership::accepts_put_object_acl(acl, bucket, switches), false)
            }
            _ => (
                ownership::accepts_new_object_acl(acl, caller, bucket, switches),
                ownership::is_owner_equivalent(acl, caller, bucket),
            ),
        };
        if accepted {
            return Ok(());
        }
        let cause = Cause::AclNotSupported { owner_equivalent };
        self.refuse(Rule::AclNotSupported, cause, Some(action))
    }

    /// §7: that a key is missing is told only to callers who may list the bucket, with the key as
    /// prefix (HID-1). A delete marker asked for by its id is no secret (§7.4).
    fn hidden_key(&mut self) -> Result<(), Refusal> {
        if !operations::looks_up_key(self.request) {
            return Ok(());
        }
        let absent = match self.facts.object {
            ObjectFacts::Missing => true,
            ObjectFacts::DeleteMarker { .. } => self.request.version.is_none(),
            ObjectFacts::Present { .. } => false,
            // Nobody can know whether there is something to hide.
            ObjectFacts::NotLoaded => {
                return self.refuse(Rule::FactsMissing, Cause::FactsMissing, None);
            }
        };
        if !absent {
            return Ok(());
        }
        let Some(key) = self.request.key else { return Ok(()) };
        let context = KeyAsPrefix { key: key.as_str(), inner: self.request.context };
        let check = Check { action: Action::ListBucket, authority: Authority::Bucket };
        self.authorize(check, &context).map(|_| ()).inspect_err(|_| {
            let by = self.trace.note(Rule::HiddenKey, StepOutcome::Refuses);
            self.trace.decided_by(by);
        })
    }

    fn refuse(&mut self, rule: Rule, cause: Cause, action: Option<Action>) -> Result<(), Refusal> {
        let by = self.trace.note(rule, StepOutcome::Refuses);
        self.trace.decided_by(by);
        Err(Refusal { cause, action })
    }
}

/// The context of the hiding test: that of the request, with the key as `s3:prefix` and without
/// what else only a listing has (HID-1).
struct KeyAsPrefix<'a> {
    key: &'a str,
    inner: &'a dyn ContextSource,
}

impl ContextSource for KeyAsPrefix<'_> {
    fn value(&self, key: &ConditionKey) -> ContextValue<'_> {
        match key {
            ConditionKey::Prefix => ContextValue::One(self.key.into()),
            ConditionKey::Delimiter | ConditionKey::MaxKeys => ContextValue::Absent,
            other => self.inner.value(other),
        }
    }
}
