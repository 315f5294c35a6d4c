//! A request and its facts, after a change.

use std::sync::Arc;

use audit::decision_log::RecordedObject;
use audit::decision_log::{BucketSnapshot, CallerSnapshot, PolicyOrigin, Record, RecordedContext};
use authz::{ApiDecision, Decision, Policy, Refusal, Verdict, decide, under_lock};
use model::{
    AccessControlList, AclRequest, CanonicalUserId, GovernanceBypass, Grant, Grantee, Group,
    ObjectOwnership, Permission, Principal, PublicAccessBlock,
};

use crate::call;
use crate::change::{Acl, Change, PolicyPlace, PublicAccessFlags, RequestChange};

/// Decides a recorded request, or call.
pub(crate) fn decided(record: &Record) -> Option<Decision> {
    if record.call.is_some() {
        return call::decided(record, of_call);
    }
    let decision = record.replay()?.ask(decide)?;
    let bypass = GovernanceBypass::allowed_if(record.asks.bypass_governance);
    Some(match record.lock {
        Some(lock) => under_lock(decision, lock.refusal, lock.at, bypass),
        None => decision,
    })
}

/// The decision about a call in the form of one about a request of S3.
fn of_call(decision: ApiDecision<'_>) -> Decision {
    let refuse = |cause| Verdict::Refuse(Refusal { cause, action: None });
    Decision {
        verdict: decision.refusal.map_or(Verdict::Allow, |refusal| refuse(refusal.cause)),
        trace: decision.trace,
        acl_required: false,
        requester_charged: false,
    }
}

/// Why it is refused, if it is.
pub(crate) fn refused(record: &Record) -> Option<Refusal> {
    match decided(record)?.verdict {
        Verdict::Allow => None,
        Verdict::Refuse(refusal) => Some(refusal),
    }
}

/// What a change made of a request and its facts.
pub(crate) enum After {
    /// The request with its facts. It takes more memory than the alternative and is seldom there.
    Changed(Box<Record>),
    /// Nobody can know, because it depends on who will sign.
    Unknown,
}

/// The same request after a change; none if the change would itself be refused, or makes no sense.
pub(crate) fn after(record: &Record, change: &Change) -> Option<After> {
    let mut record = record.clone();
    match change {
        Change::AddPolicyStatement(edit)
        | Change::RemovePolicyStatement(edit)
        | Change::NarrowPolicyStatement(edit) => {
            put_policy(&mut record, &edit.place, edit.document.as_deref())?;
        }
        Change::SetPublicAccessBlock { bucket, flags, .. } => {
            let state = Arc::make_mut(record.bucket.as_mut()?);
            let level = match bucket {
                Some(_) => &mut state.public_access,
                None => &mut state.account_public_access,
            };
            *level = (*flags).into();
            state.facts.public_access = state.public_access.union(state.account_public_access);
        }
        Change::SetObjectOwnership { object_ownership, .. } => {
            let state = Arc::make_mut(record.bucket.as_mut()?);
            let ownership = ObjectOwnership::parse(object_ownership)?;
            let shared =
                state.facts.acl != AccessControlList::private(state.facts.acl.owner.clone());
            if ownership == ObjectOwnership::BucketOwnerEnforced && shared {
                return None;
            }
            state.facts.ownership = Some(ownership);
        }
        Change::PutBucketAcl { acl, .. } => {
            let state = Arc::make_mut(record.bucket.as_mut()?);
            state.facts.acl = read_acl(acl)?;
        }
        Change::PutObjectAcl { acl, .. } => {
            let new = read_acl(acl)?;
            let blocked = record.bucket.as_ref()?.facts.public_access.block_public_acls;
            let RecordedObject::Present { acl, .. } = &mut record.object else { return None };
            if blocked && new.is_public() {
                return None;
            }
            *acl = Some(new);
        }
        Change::SetRequestPayment { .. } => {
            Arc::make_mut(record.bucket.as_mut()?).facts.requester_pays = false;
        }
        Change::DeletePermissionsBoundary { .. } => {
            let caller = Arc::make_mut(record.caller.as_mut()?);
            caller.identity.as_mut()?.boundary = None;
            caller.boundary_origin = None;
        }
        Change::LiftLegalHold { .. } => record.lock.as_mut()?.refusal.lock.legal_hold = Some(false),
        Change::ChangeRequest(change) => return after_request(record, change),
    }
    Some(After::Changed(Box::new(record)))
}

/// Says that a governance retention is to be lifted.
pub(crate) const BYPASS_HEADER: &str = "x-amz-bypass-governance-retention";

fn after_request(mut record: Record, change: &RequestChange) -> Option<After> {
    match change {
        RequestChange::Sign => return Some(After::Unknown),
        RequestChange::LeaveUnsigned => {
            record.caller = Some(Arc::new(CallerSnapshot {
                principal: Principal::Anonymous,
                identity: None,
                origins: Vec::new(),
                boundary_origin: None,
            }));
            record.context = without(&record, |name| {
                matches!(name, "s3:authType" | "s3:signatureversion" | "s3:signatureAge")
                    || name.starts_with("aws:PrincipalTag/")
            });
        }
        RequestChange::UseTls => {
            record.context = with_value(&record, "aws:SecureTransport", "true");
        }
        RequestChange::AddHeader { name, value } => match name.as_str() {
            "x-amz-request-payer" => record.asks.request_payer = true,
            BYPASS_HEADER => record.asks.bypass_governance = true,
            _ => record.context = with_value(&record, &format!("s3:{name}"), value),
        },
        RequestChange::RemoveAcl => {
            record.acl = AclRequest::Absent;
            record.context = without(&record, |name| {
                name == "s3:x-amz-acl" || name.starts_with("s3:x-amz-grant-")
            });
        }
        RequestChange::SetAclOwner { owner } => {
            let AclRequest::Document(document) = &mut record.acl else { return None };
            document.owner = CanonicalUserId::parse(owner)?;
        }
        RequestChange::NewSession { policy } => {
            let policy = Policy::parse_identity_policy(policy).ok()?;
            let caller = Arc::make_mut(record.caller.as_mut()?);
            caller.identity.as_mut()?.session = Some(vec![policy.into()]);
        }
    }
    Some(After::Changed(Box::new(record)))
}

/// The context of a record with another value under a key.
pub(crate) fn with_value(record: &Record, key: &str, value: &str) -> RecordedContext {
    let mut values = record.context.values().to_vec();
    values.retain(|(name, _)| name != key);
    values.push((key.to_owned(), value.to_owned()));
    record.context.with_values(values)
}

pub(crate) fn without(record: &Record, drops: impl Fn(&str) -> bool) -> RecordedContext {
    let mut values = record.context.values().to_vec();
    values.retain(|(name, _)| !drops(name));
    record.context.with_values(values)
}

fn put_policy(record: &mut Record, place: &PolicyPlace, document: Option<&str>) -> Option<()> {
    match place {
        PolicyPlace::Bucket { .. } => {
            let state = Arc::make_mut(record.bucket.as_mut()?);
            put_bucket_policy(state, document)
        }
        PolicyPlace::Inline { policy_name, holder, .. } => {
            let is_it = |origin: &PolicyOrigin| {
                origin.arn.is_none() && origin.name == *policy_name && origin.holder.1 == *holder
            };
            let caller = Arc::make_mut(record.caller.as_mut()?);
            let at = caller.origins.iter().position(is_it);
            let identity = caller.identity.as_mut()?;
            match (at, document) {
                (Some(at), Some(document)) => *identity.policies.get_mut(at)? = parsed(document)?,
                (Some(at), None) if at < identity.policies.len() => {
                    identity.policies.remove(at);
                    caller.origins.remove(at);
                }
                (_, None) => return None,
                (None, Some(document)) => {
                    caller.origins.resize(identity.policies.len(), PolicyOrigin::default());
                    identity.policies.push(parsed(document)?);
                    caller.origins.push(PolicyOrigin {
                        name: policy_name.clone(),
                        arn: None,
                        holder: (String::new(), holder.clone()),
                    });
                }
            }
            Some(())
        }
        PolicyPlace::Managed { policy_arn } => {
            let is_it = |origin: &PolicyOrigin| origin.arn.as_ref() == Some(policy_arn);
            let caller = Arc::make_mut(record.caller.as_mut()?);
            let at = caller.origins.iter().position(is_it);
            let is_boundary = caller.boundary_origin.as_ref().is_some_and(is_it);
            let identity = caller.identity.as_mut()?;
            let policy = parsed(document?)?;
            if let Some(at) = at {
                *identity.policies.get_mut(at)? = Arc::clone(&policy);
            }
            if is_boundary {
                identity.boundary = Some(policy);
            }
            (at.is_some() || is_boundary).then_some(())
        }
        PolicyPlace::Trust { .. } => {
            let role = record.call.as_mut()?.role.as_mut()?;
            role.trust = Some(Policy::parse_stored_trust_policy(document?).ok()?.into());
            Some(())
        }
    }
}

fn parsed(document: &str) -> Option<Arc<Policy>> {
    Policy::parse_identity_policy(document).ok().map(Arc::new)
}

fn put_bucket_policy(state: &mut BucketSnapshot, document: Option<&str>) -> Option<()> {
    let policy = match document {
        None => None,
        Some(text) => {
            let policy = Policy::parse_stored_bucket_policy(text, &state.facts.name).ok()?;
            if policy.is_public() && state.facts.public_access.block_public_policy {
                return None;
            }
            Some(policy.into())
        }
    };
    state.facts.policy = policy;
    Some(())
}

fn read_acl(acl: &Acl) -> Option<AccessControlList> {
    let read = |grant: &crate::change::AclGrant| {
        let grantee = match Group::from_uri(&grant.grantee) {
            Some(group) => Grantee::Group(group),
            None => Grantee::CanonicalUser(CanonicalUserId::parse(&grant.grantee)?),
        };
        Some(Grant { grantee, permission: Permission::parse(&grant.permission)? })
    };
    Some(AccessControlList {
        owner: CanonicalUserId::parse(&acl.owner)?,
        grants: acl.grants.iter().map(read).collect::<Option<_>>()?,
    })
}

impl From<&AccessControlList> for Acl {
    fn from(acl: &AccessControlList) -> Self {
        let grants = acl.grants.iter().map(|grant| crate::change::AclGrant {
            grantee: match &grant.grantee {
                Grantee::CanonicalUser(id) => id.to_string(),
                Grantee::Group(group) => group.uri().to_owned(),
            },
            permission: grant.permission.to_string(),
        });
        Self { owner: acl.owner.to_string(), grants: grants.collect() }
    }
}

impl From<PublicAccessFlags> for PublicAccessBlock {
    fn from(flags: PublicAccessFlags) -> Self {
        Self {
            block_public_acls: flags.block_public_acls,
            ignore_public_acls: flags.ignore_public_acls,
            block_public_policy: flags.block_public_policy,
            restrict_public_buckets: flags.restrict_public_buckets,
        }
    }
}

impl From<PublicAccessBlock> for PublicAccessFlags {
    fn from(block: PublicAccessBlock) -> Self {
        Self {
            block_public_acls: block.block_public_acls,
            ignore_public_acls: block.ignore_public_acls,
            block_public_policy: block.block_public_policy,
            restrict_public_buckets: block.restrict_public_buckets,
        }
    }
}
