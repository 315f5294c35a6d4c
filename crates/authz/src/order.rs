//! The decision about one action: the procedure of §6.3.
//!
//! In this order: an explicit deny anywhere refuses; RestrictPublicBuckets refuses; then the
//! resource's side and the caller's side must agree as §6.4 and §6.5 say.

use model::{BucketName, CanonicalUserId, ObjectKey, Operation, Permission, Principal};

use crate::acl::{self, AclsInForce};
use crate::agreement::{self, Missing, ResourceAllow};
use crate::operations::{Authority, Check};
use crate::policy::{AskedAction, AskedResource, Naming, Query};
use crate::sources::{self, Said, UserSide};
use crate::switches::ForeignOverwriteViaBucketWrite;
use crate::{
    Action, BucketFacts, Cause, ContextSource, Facts, ObjectFacts, Refusal, Request, ResourceType,
    Rule, Source, Step, StepOutcome, Subject, Trace, public_access,
};

/// An action is allowed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Permit {
    /// The trace step that allowed it.
    pub(crate) by: u8,
    /// Whether an ACL granted what no policy did (§9.6).
    pub(crate) relied_on_acl: bool,
}

/// An action is refused.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Denial {
    pub(crate) refusal: Refusal,
    /// The trace step that refused it.
    pub(crate) by: u8,
    /// Whether an ACL granted what no policy did, so that only the caller's side was missing.
    pub(crate) relied_on_acl: bool,
}

/// Decides one action.
pub(crate) fn authorize(
    check: Check,
    request: &Request<'_>,
    facts: &Facts<'_>,
    context: &dyn ContextSource,
    trace: &mut Trace,
) -> Result<Permit, Denial> {
    let mut decider = Decider { check, request, facts, trace };
    let bucket = match (check.authority, facts.bucket) {
        (Authority::CallerAccount, _) => None,
        (_, Some(bucket)) => Some(bucket),
        (_, None) => {
            let by = decider.note(Rule::FactsMissing, StepOutcome::Refuses);
            return Err(decider.denial(Cause::FactsMissing, by));
        }
    };
    let query = Query {
        caller: request.caller,
        provider: None,
        action: AskedAction::S3(check.action),
        resource: asked_resource(check.action, request),
        context,
    };
    let said = sources::ask(&query, facts, bucket, decider.trace)
        .map_err(|deny| decider.denial(Cause::ExplicitDeny(deny.source), deny.by))?;
    match bucket {
        Some(bucket) => decider.in_bucket(bucket, said),
        None => decider.in_caller_account(said),
    }
}

/// What an action acts on. The hiding test asks about the bucket while the request names a key
/// (HID-1).
pub(crate) fn asked_resource<'a>(action: Action, request: &Request<'a>) -> AskedResource<'a> {
    let key = match action.resource_type() {
        ResourceType::Object => request.key.map(ObjectKey::as_str),
        ResourceType::Bucket | ResourceType::None => None,
    };
    match (request.bucket.map(BucketName::as_str), key) {
        (None, _) => AskedResource::None,
        (Some(bucket), None) => AskedResource::Bucket(bucket),
        (Some(bucket), Some(key)) => AskedResource::Object(bucket, key),
    }
}

/// What the resource's side says: policy and ACLs together.
#[derive(Clone, Copy, Debug, Default)]
struct ResourceSide {
    /// The closest naming among all that allow, with its trace step.
    allow: ResourceAllow,
    /// Whether an ACL is among them.
    by_acl: bool,
}

impl ResourceSide {
    fn add(&mut self, naming: Naming, by: u8) {
        if self.allow.is_none_or(|(known, _)| naming > known) {
            self.allow = Some((naming, by));
        }
    }

    fn add_acl(&mut self, naming: Naming, by: u8) {
        self.add(naming, by);
        self.by_acl = true;
    }
}

struct Decider<'a, 't> {
    check: Check,
    request: &'a Request<'a>,
    facts: &'a Facts<'a>,
    trace: &'t mut Trace,
}

impl<'a> Decider<'a, '_> {
    /// ListBuckets and CreateBucket: only the caller's own policies count (§6.6).
    fn in_caller_account(&mut self, said: Said) -> Result<Permit, Denial> {
        match self.request.caller {
            Principal::Root(_) => Ok(self.permit(Rule::AccountRoot)),
            Principal::User { .. }
            | Principal::AssumedRole { .. }
            | Principal::FederatedUser { .. } => self.agree(true, said.user, None),
            Principal::Anonymous | Principal::Service(_) => {
                let by = self.note(Rule::IdentityPolicy, StepOutcome::Silent);
                Err(self.denial(Cause::ImplicitDeny(Source::IdentityPolicy), by))
            }
        }
    }

    /// Everything else: both sides (§6.3, steps 2 and 3).
    fn in_bucket(&mut self, bucket: &BucketFacts, said: Said) -> Result<Permit, Denial> {
        if public_access::keeps_out(bucket, self.request.caller) {
            let by = self.note(Rule::RestrictPublicBuckets, StepOutcome::Refuses);
            return Err(self.denial(Cause::RestrictPublicBuckets, by));
        }
        let resource = self.resource_side(bucket, said);
        let own = self.is_own(bucket);
        let result = match self.request.caller {
            Principal::Root(_) if own => Ok(self.permit(Rule::AccountRoot)),
            _ => self.agree(own, said.user, resource.allow),
        };
        // §9.6: a principal of the bucket owner that acts on what its account owns needs no ACL.
        let relied_on_acl = resource.by_acl
            && said.bucket.is_none()
            && !(own && bucket.is_owned_by(self.request.caller));
        result
            .map(|permit| Permit { relied_on_acl, ..permit })
            .map_err(|denial| Denial { relied_on_acl, ..denial })
    }

    /// Whether the caller's account is the authority of the action: `own` of §6.3.
    fn is_own(&self, bucket: &BucketFacts) -> bool {
        let caller = self.request.caller;
        match self.check.authority {
            Authority::CallerAccount | Authority::NewObjectAcl => caller.account().is_some(),
            Authority::Object => {
                self.object_owner(bucket).is_some_and(|owner| acl::is_account(caller, owner))
            }
            Authority::Bucket
            | Authority::NewObject { .. }
            | Authority::Delete
            | Authority::ObjectOfBucketOwner
            | Authority::Upload => bucket.is_owned_by(caller),
        }
    }

    /// The owner that counts now (OWN-22). What is missing, and a delete marker, is the bucket
    /// owner's; of an object that was not loaded nobody is the owner.
    fn object_owner<'b>(&self, bucket: &'b BucketFacts) -> Option<&'b CanonicalUserId>
    where
        'a: 'b,
    {
        if bucket.acls_are_disabled() {
            return Some(&bucket.owner.canonical_id);
        }
        match self.facts.object {
            ObjectFacts::Present { owner, .. } => Some(owner),
            ObjectFacts::Missing | ObjectFacts::DeleteMarker { .. } => {
                Some(&bucket.owner.canonical_id)
            }
            ObjectFacts::NotLoaded => None,
        }
    }

    /// Both sides of §6.4, as the caller's kind and account want it.
    fn agree(
        &mut self,
        own: bool,
        user: UserSide,
        resource: ResourceAllow,
    ) -> Result<Permit, Denial> {
        let caller = self.request.caller;
        let agreed = match caller {
            Principal::Anonymous | Principal::Service(_) | Principal::Root(_) => {
                agreement::resource_alone(resource, self.trace)
            }
            Principal::User { .. }
            | Principal::AssumedRole { .. }
            | Principal::FederatedUser { .. } => {
                let action = Some(self.check.action);
                if own {
                    agreement::own_account(caller, user, resource, action, self.trace)
                } else {
                    agreement::other_account(user, resource, self.trace)
                }
            }
        };
        match agreed {
            Ok(by) => Ok(Permit { by, relied_on_acl: false }),
            Err(Missing { source, by }) => Err(self.denial(Cause::ImplicitDeny(source), by)),
        }
    }
}

/// The resource's side: `res = match class(action)` of §6.3.
impl Decider<'_, '_> {
    fn resource_side(&mut self, bucket: &BucketFacts, said: Said) -> ResourceSide {
        let mut side = ResourceSide::default();
        if self.check.authority == Authority::Object {
            self.add_object_side(bucket, said, &mut side);
            return side;
        }
        if let Some((naming, by)) = said.bucket {
            side.add(naming, by);
        }
        match self.check.authority {
            Authority::Bucket => self.add_bucket_acl(bucket, &mut side),
            Authority::NewObject { overwrites } => {
                self.add_bucket_write(bucket, |decider| decider.may_create(overwrites), &mut side);
            }
            Authority::Delete => {
                self.add_bucket_write(bucket, Self::may_delete, &mut side);
            }
            Authority::NewObjectAcl => {
                let by = self.note(Rule::WriterChoosesAcl, StepOutcome::Allows);
                side.add(Naming::Account, by);
            }
            Authority::Upload => self.add_initiator(&mut side),
            Authority::CallerAccount | Authority::Object | Authority::ObjectOfBucketOwner => {}
        }
        side
    }

    /// Bucket operations by bucket ACL (§2.4).
    fn add_bucket_acl(&mut self, bucket: &BucketFacts, side: &mut ResourceSide) {
        let Some(permission) = acl::bucket_permission(self.check.action) else { return };
        self.add_bucket_grant(bucket, permission, side);
    }

    fn add_bucket_grant(
        &mut self,
        bucket: &BucketFacts,
        permission: Permission,
        side: &mut ResourceSide,
    ) {
        let in_force = AclsInForce::of(bucket);
        if in_force == AclsInForce::None {
            self.note(Rule::AclsDisabled, StepOutcome::Silent);
        } else if let Some(granted) =
            acl::granted(&bucket.acl, in_force, self.request.caller, permission)
        {
            let by = self.grant_step(Rule::BucketAcl, granted.index, StepOutcome::Allows);
            side.add_acl(granted.naming, by);
        } else {
            self.note(Rule::BucketAcl, StepOutcome::Silent);
        }
    }

    /// Bucket WRITE, which spares objects of other owners (§2.5).
    fn add_bucket_write(
        &mut self,
        bucket: &BucketFacts,
        reaches: impl Fn(&Self) -> bool,
        side: &mut ResourceSide,
    ) {
        let mut write = ResourceSide::default();
        self.add_bucket_grant(bucket, Permission::Write, &mut write);
        let Some((naming, by)) = write.allow else { return };
        if reaches(self) {
            side.add_acl(naming, by);
        } else {
            self.note(Rule::ForeignObject, StepOutcome::Ignored);
        }
    }

    /// `key_free || current.owner == caller.account` (ACL-31…33). Continuing an upload replaces
    /// nothing yet, and is not asked again at the end (ACL-32).
    fn may_create(&self, overwrites: bool) -> bool {
        let switched = self.facts.switches.foreign_overwrite_via_bucket_write
            == ForeignOverwriteViaBucketWrite::Allow
            && self.request.operation != Operation::CreateMultipartUpload;
        if !overwrites || switched {
            return true;
        }
        match self.facts.object {
            ObjectFacts::Missing | ObjectFacts::DeleteMarker { .. } => true,
            ObjectFacts::Present { owner, .. } => acl::is_account(self.request.caller, owner),
            ObjectFacts::NotLoaded => false,
        }
    }

    /// `O == caller.account` (ACL-30, ACL-36). What does not exist is nobody's.
    fn may_delete(&self) -> bool {
        match self.facts.object {
            ObjectFacts::Present { owner, .. } | ObjectFacts::DeleteMarker { owner } => {
                acl::is_account(self.request.caller, owner)
            }
            ObjectFacts::Missing | ObjectFacts::NotLoaded => false,
        }
    }

    /// Reading an object, and its ACL: the owner's word (§6.3 ObjectRead/Acl, §3.8).
    fn add_object_side(&mut self, bucket: &BucketFacts, said: Said, side: &mut ResourceSide) {
        let caller = self.request.caller;
        let owner = self.object_owner(bucket);
        if let Some((naming, by)) = said.bucket {
            if owner == Some(&bucket.owner.canonical_id) {
                side.add(naming, by);
            } else {
                self.note(Rule::OwnObjectsOnly, StepOutcome::Ignored);
            }
        }
        self.add_object_acl(bucket, side);
        let on_acl = matches!(
            self.check.action,
            Action::GetObjectAcl
                | Action::GetObjectVersionAcl
                | Action::PutObjectAcl
                | Action::PutObjectVersionAcl
        );
        if on_acl && owner.is_some_and(|owner| acl::is_account(caller, owner)) {
            let by = self.note(Rule::ImplicitOwner, StepOutcome::Allows);
            side.add(Naming::Account, by);
        }
    }

    fn add_object_acl(&mut self, bucket: &BucketFacts, side: &mut ResourceSide) {
        let Some(permission) = acl::object_permission(self.check.action) else { return };
        let caller = self.request.caller;
        let in_force = AclsInForce::of(bucket);
        if in_force == AclsInForce::None {
            self.note(Rule::AclsDisabled, StepOutcome::Silent);
            return;
        }
        match self.facts.object {
            ObjectFacts::Present { owner, acl: None } => {
                if acl::is_account(caller, owner) {
                    let by = self.grant_step(Rule::ObjectAcl, 0, StepOutcome::Allows);
                    side.add_acl(Naming::Account, by);
                } else {
                    self.note(Rule::ObjectAcl, StepOutcome::Silent);
                }
            }
            ObjectFacts::Present { acl: Some(acl), .. } => {
                if let Some(granted) = acl::granted(acl, in_force, caller, permission) {
                    let by = self.grant_step(Rule::ObjectAcl, granted.index, StepOutcome::Allows);
                    side.add_acl(granted.naming, by);
                } else {
                    self.note(Rule::ObjectAcl, StepOutcome::Silent);
                }
            }
            // Nothing there has an ACL that could refuse; who may list the bucket by its ACL is
            // told that nothing is there (HID-5, TV-132a).
            ObjectFacts::Missing | ObjectFacts::DeleteMarker { .. } => {
                self.add_bucket_grant(bucket, Permission::Read, side);
            }
            ObjectFacts::NotLoaded => {
                self.note(Rule::FactsMissing, StepOutcome::Silent);
            }
        }
    }

    /// Aborting and listing are the initiator's own, and its account's (§6.8).
    fn add_initiator(&mut self, side: &mut ResourceSide) {
        let Some(upload) = self.facts.upload else { return };
        let caller = self.request.caller;
        if caller.account_id() != Some(upload.initiator_account) {
            self.note(Rule::UploadInitiator, StepOutcome::Silent);
            return;
        }
        let exact = !caller.is_root()
            && upload.initiator_arn.is_some_and(|arn| caller.arn().as_deref() == Some(arn));
        let by = self.note(Rule::UploadInitiator, StepOutcome::Allows);
        side.add(if exact { Naming::Exact } else { Naming::Account }, by);
    }
}

/// Steps of the trace.
impl Decider<'_, '_> {
    fn note(&mut self, rule: Rule, outcome: StepOutcome) -> u8 {
        self.step(rule, Subject::Whole, outcome)
    }

    fn grant_step(&mut self, rule: Rule, index: u16, outcome: StepOutcome) -> u8 {
        self.step(rule, Subject::Grant(index), outcome)
    }

    fn step(&mut self, rule: Rule, subject: Subject, outcome: StepOutcome) -> u8 {
        self.trace.push(Step { action: Some(self.check.action), rule, subject, outcome })
    }

    fn permit(&mut self, rule: Rule) -> Permit {
        Permit { by: self.note(rule, StepOutcome::Allows), relied_on_acl: false }
    }

    fn denial(&self, cause: Cause, by: u8) -> Denial {
        let refusal = Refusal { cause, action: Some(self.check.action) };
        Denial { refusal, by, relied_on_acl: false }
    }
}
