//! The order of §12.1 and the procedure of §6.3.

use model::{ErrorCode, Operation, Permission, Target};

use crate::acl::{AclAsked, bucket_permission, expand, grants_to, is_public, object_permission};
use crate::needs::{Class, Need, needs};
use crate::ownership::{
    accepts_on_new_object, accepts_on_put_object_acl, grants_in_force, is_enforced, owner_now,
};
use crate::policy::{self, Named, Question, Statement};
use crate::world::{Account, Caller, Object, OwnPolicies, Party, Side, Situation, Verdict};

const DENIED: Verdict = Verdict::Refuse(ErrorCode::AccessDenied);

/// Answers a request whose arguments are valid, on a bucket that exists: stages 9 to 14 of §12.1.
pub fn decide(it: &Situation<'_>) -> Verdict {
    if it.caller == Caller::Anonymous && never_anonymous(it.request.operation) {
        return DENIED; // §8.6, before all else (§12.1)
    }
    if !pays(it) {
        return DENIED; // stage 9
    }
    if !needs(it.request).into_iter().all(|need| authorized(it, need, &it.request.context)) {
        return DENIED; // stage 11
    }
    if is_foreign_upload(it) || names_foreign_owner(it) {
        return DENIED;
    }
    if is_policy_operation(it.request.operation) && !it.caller.is_of(Account::B) {
        return Verdict::Refuse(ErrorCode::MethodNotAllowed); // POL-5
    }
    if let Some(code) = refused_write(it) {
        return Verdict::Refuse(code); // stages 12, 13
    }
    lookup(it) // stage 14
}

/// §8.6
fn never_anonymous(operation: Operation) -> bool {
    use Operation as O;
    matches!(
        operation,
        O::CreateMultipartUpload
            | O::CopyObject
            | O::ListBuckets
            | O::CreateBucket
            | O::GetAccountPublicAccessBlock
            | O::PutAccountPublicAccessBlock
            | O::DeleteAccountPublicAccessBlock
            | O::GetBucketOwnershipControls
            // "PutObjectAcl, and the sub-resource write APIs"
            | O::PutObjectAcl
            | O::PutObjectTagging
            | O::DeleteObjectTagging
            | O::PutBucketAcl
            | O::PutBucketPolicy
            | O::DeleteBucketPolicy
            | O::PutBucketOwnershipControls
            | O::DeleteBucketOwnershipControls
            | O::PutPublicAccessBlock
            | O::DeletePublicAccessBlock
    )
}

/// RP-2 to RP-4
fn pays(it: &Situation<'_>) -> bool {
    let on_no_bucket = it.request.operation == Operation::CreateBucket
        || matches!(it.request.operation.spec().target, Target::Service | Target::Account);
    if on_no_bucket || !it.bucket.requester_pays || it.caller.is_of(Account::B) {
        return true;
    }
    match it.caller {
        // RP-3. A service has no account that could be charged either.
        Caller::Anonymous | Caller::LogDelivery => false,
        _ => it.request.asks.request_payer, // RP-2
    }
}

/// §6.3
fn authorized(
    it: &Situation<'_>,
    (action, class): Need,
    context: &[(&'static str, String)],
) -> bool {
    let resource = match class {
        Class::IdentityOnly if it.request.operation != Operation::CreateBucket => "*".to_owned(),
        Class::IdentityOnly | Class::Bucket => "arn:aws:s3:::b-b".to_owned(),
        _ => format!("arn:aws:s3:::b-b/{}", it.request.key),
    };
    let question = Question { caller: it.caller, action, resource: &resource, context };
    let bucket_policy = match class {
        Class::IdentityOnly => &[], // §6.6
        _ => it.bucket.policy.as_deref().unwrap_or(&[]),
    };

    // 1. explicit deny
    if own_deny(it.own, question) {
        return false;
    }
    let id_13 = it.caller == Caller::Root(Account::B) && is_policy_operation(it.request.operation);
    if policy::denies(bucket_policy, question) && !id_13 {
        return false;
    }

    // 2. ownership and BPA
    let stranger = !it.caller.is_of(Account::B) && it.caller != Caller::LogDelivery;
    if it.bucket.flags.restrict_public_buckets && policy::is_public(bucket_policy) && stranger {
        return false;
    }

    // 3. who must agree
    let resource_side = resource_side(it, action, class, policy::allows(bucket_policy, question));
    let own = match authority(it, class) {
        Some(authority) => it.caller.is_party(authority),
        None => true,
    };
    match it.caller {
        Caller::Anonymous | Caller::LogDelivery => !resource_side.is_empty(),
        Caller::Root(_) => own || !resource_side.is_empty(),
        _ if own => {
            identity_side(it.own, question)
                || resource_side.iter().any(|named| suffices(it.own, *named, question))
        }
        _ => identity_side(it.own, question) && !resource_side.is_empty(),
    }
}

/// Whether one of the caller's own policies denies (§6.1).
pub(crate) fn own_deny(own: &OwnPolicies, question: Question<'_>) -> bool {
    let policies = [Some(&own.identity), own.boundary.as_ref(), own.session.as_ref()];
    policies.into_iter().flatten().any(|policy| policy::denies(policy, question))
}

/// `ident` of §6.3: the identity policies allow, and boundary and session as well.
pub(crate) fn identity_side(own: &OwnPolicies, question: Question<'_>) -> bool {
    allows(&own.identity, question)
        && boundary_allows(own, question)
        && session_allows(own, question)
}

fn allows(policy: &[Statement], question: Question<'_>) -> bool {
    !policy::allows(policy, question).is_empty()
}

fn boundary_allows(own: &OwnPolicies, question: Question<'_>) -> bool {
    own.boundary.as_ref().is_none_or(|policy| allows(policy, question))
}

fn session_allows(own: &OwnPolicies, question: Question<'_>) -> bool {
    own.session.as_ref().is_none_or(|policy| allows(policy, question))
}

/// §6.5: whether the resource side alone is enough in the same account.
pub(crate) fn suffices(own: &OwnPolicies, named: Named, question: Question<'_>) -> bool {
    let is_role = matches!(question.caller, Caller::Session(..));
    match named {
        Named::Account => false,
        Named::Itself => true,
        Named::Everyone if !is_role => true,
        Named::Everyone | Named::Role => {
            boundary_allows(own, question) && session_allows(own, question)
        }
    }
}

/// Whose account the action belongs to: the object owner's for ReadObject, else B's. The caller's
/// own where no resource is asked.
fn authority(it: &Situation<'_>, class: Class) -> Option<Party> {
    match class {
        Class::IdentityOnly | Class::AclOfNewObject => None,
        Class::ReadObject => Some(object_owner(it)),
        _ => Some(Party::Account(Account::B)),
    }
}

/// `O` of §6.3. Where there is no object, or only a marker, B answers for the key (TV-130).
fn object_owner(it: &Situation<'_>) -> Party {
    match it.object {
        Object::Present(owner, _) => owner_now(*owner, it.bucket),
        Object::Missing | Object::DeleteMarker(_) => Party::Account(Account::B),
    }
}

/// `res` of §6.3: everything on the side of the resource that allows.
fn resource_side(
    it: &Situation<'_>,
    action: &str,
    class: Class,
    policy_allows: Vec<Named>,
) -> Vec<Named> {
    let bucket_grants =
        |permission| grants_to(it.caller, &grants_in_force(&it.bucket.acl, it.bucket), permission);
    let acl_allows = match class {
        Class::Bucket => bucket_permission(action).map(bucket_grants).unwrap_or_default(),
        Class::CreateObject if may_take_key(it) => bucket_grants(Permission::Write),
        Class::AclOfNewObject => vec![Named::Account], // ACL-30a, as its owner (ACL-9)
        Class::ContinueUpload => bucket_grants(Permission::Write), // ACL-32
        Class::ManageUpload => initiator(it),
        Class::DeleteObject if owns_current(it) => bucket_grants(Permission::Write), // ACL-36
        Class::ReadObject => {
            let owner = Party::Account(Account::B);
            let policy = if object_owner(it) == owner { policy_allows } else { vec![] }; // §3.8
            return [policy, object_side(it, action)].concat();
        }
        _ => vec![], // policies only, or a key that bucket WRITE does not reach
    };
    [policy_allows, acl_allows].concat()
}

/// The object's ACL, or what stands in for it where there is no object.
fn object_side(it: &Situation<'_>, action: &str) -> Vec<Named> {
    let Some(permission) = object_permission(action) else { return vec![] };
    match it.object {
        Object::Present(stored_owner, acl) => {
            let mut named = grants_to(it.caller, &grants_in_force(acl, it.bucket), permission);
            let of_acl = permission != Permission::Read;
            if of_acl && it.caller.is_party(owner_now(*stored_owner, it.bucket)) {
                named.push(Named::Account); // ACL-9, but not READ (ACL-10)
            }
            named
        }
        // HID-5, TV-132a: bucket READ is enough to learn that a key is missing.
        Object::Missing | Object::DeleteMarker(_) => {
            grants_to(it.caller, &grants_in_force(&it.bucket.acl, it.bucket), Permission::Read)
        }
    }
}

/// ACL-31, ACL-33, U-5: bucket WRITE takes a free key or the caller's own.
fn may_take_key(it: &Situation<'_>) -> bool {
    match it.object {
        Object::Missing | Object::DeleteMarker(_) => true,
        Object::Present(owner, _) => {
            let switched = it.switches.foreign_overwrite_allow
                && it.request.operation != Operation::CreateMultipartUpload; // ACL-31 is recorded
            switched || it.caller.is_party(owner_now(*owner, it.bucket))
        }
    }
}

fn owns_current(it: &Situation<'_>) -> bool {
    match it.object {
        Object::Missing => false,
        Object::DeleteMarker(owner) | Object::Present(owner, _) => {
            it.caller.is_party(owner_now(*owner, it.bucket))
        }
    }
}

/// §6.8: "allowed by default for initiator, initiator's account".
fn initiator(it: &Situation<'_>) -> Vec<Named> {
    match it.initiator {
        Some(initiator) if initiator == it.caller => vec![Named::Itself],
        Some(initiator) if initiator.account().is_some_and(|account| it.caller.is_of(account)) => {
            vec![Named::Account]
        }
        _ => vec![],
    }
}

/// §6.8: parts and completion are for the initiator's account and B only.
fn is_foreign_upload(it: &Situation<'_>) -> bool {
    use Operation as O;
    let continues = matches!(
        it.request.operation,
        O::UploadPart | O::UploadPartCopy | O::CompleteMultipartUpload
    ) && it.request.side != Side::Source;
    let of_caller = |initiator: Caller| initiator.account() == it.caller.account();
    continues
        && !it.caller.is_of(Account::B)
        && it.initiator.is_some_and(|initiator| !of_caller(initiator))
}

/// ACL-63, U-4
fn names_foreign_owner(it: &Situation<'_>) -> bool {
    let AclAsked::Document(named, _) = it.request.acl else { return false };
    match (it.request.operation, it.object) {
        (Operation::PutBucketAcl, _) => named != Party::Account(Account::B),
        (Operation::PutObjectAcl, Object::Present(owner, _)) => {
            named != owner_now(*owner, it.bucket)
        }
        _ => false,
    }
}

fn is_policy_operation(operation: Operation) -> bool {
    use Operation as O;
    matches!(operation, O::GetBucketPolicy | O::PutBucketPolicy | O::DeleteBucketPolicy)
}

/// §4.6, §3.5, §3.6, in the order of §12.4.
fn refused_write(it: &Situation<'_>) -> Option<ErrorCode> {
    use Operation as O;
    let acl = &it.request.acl;
    let writer = it.caller.account().map_or(Party::Anonymous, Party::Account);
    let blocked = (it.bucket.flags.block_public_acls && is_public(&expand(acl, writer)))
        .then_some(ErrorCode::AccessDenied);
    let unsupported = |accepted: bool| {
        (is_enforced(it.bucket) && !accepted).then_some(ErrorCode::AccessControlListNotSupported)
    };
    match it.request.operation {
        O::PutBucketPolicy => {
            let blocked = it.bucket.flags.block_public_policy && it.request.new_policy_is_public;
            blocked.then_some(ErrorCode::AccessDenied)
        }
        O::PutBucketAcl => blocked.or(unsupported(false)),
        O::PutObjectAcl => blocked.or(unsupported(accepts_on_put_object_acl(acl, it.switches))),
        O::PutObject | O::PostObject | O::CopyObject | O::CreateMultipartUpload
            if it.request.side != Side::Source =>
        {
            unsupported(accepts_on_new_object(acl, it.caller, it.switches)).or(blocked)
        }
        _ => None,
    }
}

/// §7.2, §7.4
fn lookup(it: &Situation<'_>) -> Verdict {
    use Operation as O;
    let looks_up = match it.request.operation {
        O::GetObject
        | O::HeadObject
        | O::GetObjectAttributes
        | O::GetObjectAcl
        | O::PutObjectAcl
        | O::GetObjectTagging
        | O::PutObjectTagging
        | O::DeleteObjectTagging => true,
        O::CopyObject | O::UploadPartCopy => it.request.side == Side::Source,
        _ => false,
    };
    match it.object {
        Object::Present(..) => Verdict::Allow,
        _ if !looks_up => Verdict::Allow,
        // Who names the version of a marker knows that it is there: 405.
        Object::DeleteMarker(_) if it.request.version => Verdict::NotThere,
        Object::Missing | Object::DeleteMarker(_) if may_list(it) => Verdict::NotThere,
        Object::Missing | Object::DeleteMarker(_) => DENIED,
    }
}

/// HID-1: ListBucket on the bucket with the key as `s3:prefix`.
fn may_list(it: &Situation<'_>) -> bool {
    let mut context = it.request.context.clone();
    context.push(("s3:prefix", it.request.key.to_owned()));
    authorized(it, ("s3:ListBucket", Class::Bucket), &context)
}
