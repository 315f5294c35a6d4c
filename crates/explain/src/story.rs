//! What happened, in words.

use audit::decision_log::{Record, RecordedObject};
use authz::{Cause, Refusal, Rule, Source, Step, StepOutcome};
use model::Principal;

use crate::call;
use crate::candidates::caller;
use crate::lock;

/// One sentence about a refusal.
pub(crate) fn summary(record: &Record, refusal: &Refusal, rule: Option<Rule>) -> String {
    let of_call = call::action(record);
    let of_call = of_call.as_deref().unwrap_or("this");
    let action = refusal.action.map_or(of_call, |action| action.name());
    let a = |source| match source {
        Source::ResourcePolicy if record.call.is_some() => "the trust policy of the role",
        _ => a(source),
    };
    if rule == Some(Rule::HiddenKey) {
        return "The object does not exist. The caller may not list the bucket (s3:ListBucket), so S3 \
                says 403 AccessDenied and not 404 NoSuchKey."
            .to_owned();
    }
    match refusal.cause {
        Cause::AnonymousOperation(_) => {
            "This operation is closed to anonymous callers, whatever policies and ACLs say.".to_owned()
        }
        Cause::RequesterPays => "The bucket is a Requester Pays bucket, and the request does not say \
                                 that the requester pays."
            .to_owned(),
        Cause::NoActionKnown => "No policy action belongs to this operation here.".to_owned(),
        Cause::FactsMissing => "The facts that a decision needs were not there.".to_owned(),
        Cause::ExplicitDeny(source) => {
            format!("A statement of {} denies {action}.", a(source))
        }
        Cause::ImplicitDeny(source) => {
            format!("Nothing allows {action}: {} would have to.", a(source))
        }
        Cause::RestrictPublicBuckets => "The bucket policy is public, and RestrictPublicBuckets keeps \
                                         callers of other accounts out as long as it is."
            .to_owned(),
        Cause::NotInitiator => "Another account began this multipart upload. Only it and the bucket \
                                owner's account may continue it."
            .to_owned(),
        Cause::ForeignAclOwner => {
            "The document of the ACL names an owner who is not the owner.".to_owned()
        }
        Cause::BlockPublicAcls => {
            "The request carries a public ACL, and BlockPublicAcls refuses those.".to_owned()
        }
        Cause::BlockPublicPolicy => {
            "The new bucket policy is public, and BlockPublicPolicy refuses those.".to_owned()
        }
        Cause::AclNotSupported { .. } => "The bucket has ACLs disabled (Object Ownership: \
                                          BucketOwnerEnforced), and the request carries an ACL. The \
                                          application should send none; bucket-owner-full-control is \
                                          the one that is accepted."
            .to_owned(),
        Cause::PolicyOfOtherAccount => {
            "Only principals of the bucket owner's account work with a bucket policy.".to_owned()
        }
        Cause::RootAssumesRole => "A root user cannot assume a role.".to_owned(),
        Cause::ObjectLock(refusal) => lock::summary(refusal),
    }
}

fn a(source: Source) -> &'static str {
    match source {
        Source::IdentityPolicy => "an identity-based policy of the caller",
        Source::PermissionsBoundary => "the permissions boundary of the caller",
        Source::SessionPolicy => "the session policy of the caller",
        Source::ResourcePolicy => "the bucket policy or an ACL",
    }
}

/// Why rules that look as if they allowed do not.
pub(crate) fn reasons(record: &Record, steps: &[Step], refusal: &Refusal) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    for step in steps {
        let reason = match (step.rule, step.outcome) {
            (Rule::OwnObjectsOnly, StepOutcome::Ignored) => Some(foreign(record)),
            (Rule::NamesAccountOnly, _) => Some(
                "The bucket policy or ACL names the caller's account, not the caller: that delegates \
                 to the account, which must allow its user or role by an identity-based policy too."
                    .to_owned(),
            ),
            (Rule::ForeignObject, _) => Some(
                "The bucket ACL gives WRITE, which does not reach objects of other owners.".to_owned(),
            ),
            (Rule::AclsDisabled, _) => Some(
                "ACLs do not count: Object Ownership is BucketOwnerEnforced.".to_owned(),
            ),
            _ => None,
        };
        told.extend(reason.filter(|reason| !told.contains(reason)));
    }
    told.extend(call::lacks_role(record).then(|| {
        "There is no role with this ARN. An ARN has the path of its role; callers without permission do \
         not hear whether a role exists."
            .to_owned()
    }));
    told.extend(ignored_acls(record));
    told.extend(foreign_owner(record, steps));
    told.extend(cross_account(record, refusal));
    told
}

fn foreign(record: &Record) -> String {
    let owner = match &record.object {
        RecordedObject::Present { owner, .. } => owner.to_string(),
        _ => "another account".to_owned(),
    };
    format!(
        "The bucket policy allows it, but covers only objects that the bucket owner owns. This object \
         belongs to {owner}, who wrote it; its ACL decides."
    )
}

/// An object of somebody else in the bucket of the caller.
fn foreign_owner(record: &Record, steps: &[Step]) -> Option<String> {
    let bucket = record.bucket.as_ref()?;
    let RecordedObject::Present { owner, .. } = &record.object else { return None };
    let told = steps.iter().any(|step| step.rule == Rule::OwnObjectsOnly);
    let foreign = *owner != bucket.facts.owner.canonical_id && !bucket.facts.acls_are_disabled();
    (foreign && !told).then(|| {
        format!(
            "The object belongs to {owner}, who wrote it, and not to the bucket owner: only its own \
             ACL gives access to it."
        )
    })
}

fn ignored_acls(record: &Record) -> Option<String> {
    let facts = &record.bucket.as_ref()?.facts;
    let object = match &record.object {
        RecordedObject::Present { acl: Some(acl), .. } => acl.is_public(),
        _ => false,
    };
    let ignored = facts.public_access.ignore_public_acls && !facts.acls_are_disabled();
    (ignored && (object || facts.acl.is_public())).then(|| {
        let level = record.bucket.as_ref().map_or("bucket", |bucket| {
            if bucket.public_access.ignore_public_acls { "bucket" } else { "account" }
        });
        format!("There are public grants in an ACL, which IgnorePublicAcls of the {level} takes their force.")
    })
}

fn cross_account(record: &Record, refusal: &Refusal) -> Option<String> {
    let facts = &record.bucket.as_ref()?.facts;
    let caller = caller(record)?;
    let outsider = caller.account().is_some() && !facts.is_owned_by(caller);
    let implicit = matches!(refusal.cause, Cause::ImplicitDeny(_));
    (outsider && implicit && !matches!(caller, Principal::Root(_))).then(|| {
        "Caller and bucket belong to different accounts, so both sides must allow: a policy of the \
         caller, and the bucket policy or an ACL."
            .to_owned()
    })
}

/// Why nothing can be changed.
pub(crate) fn no_help(record: &Record, cause: Cause) -> Option<String> {
    if call::lacks_role(record) {
        return Some("No permission can help: there is no role with this ARN.".to_owned());
    }
    let told = match cause {
        Cause::ObjectLock(refusal) => return Some(lock::no_help(refusal)),
        Cause::RootAssumesRole => Some(
            "No permission can help: make an IAM user or another role, which may assume this one.",
        ),
        Cause::NotInitiator => Some(
            "No permission can help: whoever began the upload has to finish it, or the bucket owner's \
             account does. Another account begins an upload of its own.",
        ),
        Cause::PolicyOfOtherAccount => Some(
            "No permission can help: the permission is there, and S3 refuses all the same. A principal \
             of the bucket owner's account has to do it, such as a role of that account which the \
             caller may assume.",
        ),
        Cause::NoActionKnown | Cause::FactsMissing => {
            Some("No permission can help: no policy can allow this operation.")
        }
        _ => None,
    };
    told.map(str::to_owned)
}
