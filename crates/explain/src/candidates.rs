//! Changes that could help against a refusal. Whether they do is tried afterwards, so a candidate may
//! be wrong, and none has to know the whole of the rules.

use audit::decision_log::{PolicyOrigin, Record, RecordedObject};
use authz::{Action, Cause, Policy, Refusal, ResourceType, Source, required_actions};
use model::{
    AccessControlList, Grant, Grantee, Group, ObjectOwnership, Operation, Permission, Principal,
    PublicAccessBlock,
};
use serde_json::{Value, json};

use crate::call;
use crate::change::{Change, PolicyEdit, PolicyPlace, RequestChange};
use crate::denials::explicit;
use crate::document::{
    Allowing, Language, principal_of, resource_of, statement_text, with_statement,
    without_statement,
};
use crate::lock;

/// The name of an inline policy that is suggested.
pub(crate) const NEW_POLICY_NAME: &str = "grantry-explain";

/// What could help, the best first; each is a list of changes that belong together.
pub(crate) fn candidates(record: &Record, refusal: &Refusal) -> Vec<Vec<Change>> {
    let asked = |change| vec![Change::ChangeRequest(change)];
    let found = match refusal.cause {
        Cause::ImplicitDeny(source) => implicit(record, refusal, source),
        Cause::ExplicitDeny(source) => explicit(record, source),
        Cause::RestrictPublicBuckets => vec![
            Some(unblock(record, |block| block.restrict_public_buckets = false)),
            public_statement(record).map(|change| vec![change]),
        ],
        Cause::AnonymousOperation(_) => vec![Some(asked(RequestChange::Sign))],
        Cause::RequesterPays => requester_pays(record),
        Cause::ForeignAclOwner => vec![acl_owner(record)],
        Cause::BlockPublicAcls => vec![
            Some(unblock(record, |block| block.block_public_acls = false)),
            without_acl(record),
        ],
        Cause::BlockPublicPolicy => {
            vec![Some(unblock(record, |block| block.block_public_policy = false))]
        }
        Cause::AclNotSupported { .. } => vec![
            without_acl(record),
            ownership(record, ObjectOwnership::BucketOwnerPreferred).map(|change| vec![change]),
        ],
        Cause::NoActionKnown
        | Cause::FactsMissing
        | Cause::NotInitiator
        | Cause::PolicyOfOtherAccount
        | Cause::RootAssumesRole => Vec::new(),
        Cause::ObjectLock(refusal) => lock::candidates(record, refusal),
    };
    found.into_iter().flatten().filter(|changes| !changes.is_empty()).collect()
}

/// Whoever writes an object need not send an ACL; to send one is all that `?acl` is about.
fn without_acl(record: &Record) -> Option<Vec<Change>> {
    let only_acl =
        matches!(record.operation, Some(Operation::PutBucketAcl | Operation::PutObjectAcl));
    (!only_acl).then(|| vec![Change::ChangeRequest(RequestChange::RemoveAcl)])
}

fn requester_pays(record: &Record) -> Vec<Option<Vec<Change>>> {
    let payment = owner_account(record).zip(bucket_name(record)).map(|(account, bucket)| {
        vec![Change::SetRequestPayment { account, bucket, payer: "BucketOwner".to_owned() }]
    });
    let says_so = RequestChange::AddHeader {
        name: "x-amz-request-payer".to_owned(),
        value: "requester".to_owned(),
    };
    let anonymous = caller(record).is_some_and(Principal::is_anonymous);
    let request = if anonymous { RequestChange::Sign } else { says_so };
    vec![Some(vec![Change::ChangeRequest(request)]), payment]
}

fn acl_owner(record: &Record) -> Option<Vec<Change>> {
    let facts = &record.bucket.as_ref()?.facts;
    let owner = match &record.object {
        RecordedObject::Present { owner, .. } if !facts.acls_are_disabled() => owner,
        _ => &facts.owner.canonical_id,
    };
    let owner = owner.to_string();
    Some(vec![Change::ChangeRequest(RequestChange::SetAclOwner { owner })])
}

/// Nothing of one kind allows.
fn implicit(record: &Record, refusal: &Refusal, source: Source) -> Vec<Option<Vec<Change>>> {
    if record.call.is_some() {
        return implicit_of_call(record, source);
    }
    let Some(action) = refusal.action else { return Vec::new() };
    let need = Need::new(record, action);
    match source {
        Source::ResourcePolicy => vec![
            add_to_bucket_policy(record, &need),
            grant_on_object(record, action),
            honour_public_acls(record),
            take_over_objects(record),
            grant_on_bucket(record, action),
        ],
        Source::IdentityPolicy => vec![
            add_to_identity(record, &need),
            add_to_bucket_policy(record, &need).filter(|_| is_own(record)),
            unsigned(record),
        ],
        Source::PermissionsBoundary => vec![add_to_boundary(record, &need), drop_boundary(record)],
        Source::SessionPolicy => vec![new_session(record, &need)],
    }
}

/// The same for a call of a management API.
fn implicit_of_call(record: &Record, source: Source) -> Vec<Option<Vec<Change>>> {
    let Some(need) = Need::of_call(record) else { return Vec::new() };
    match source {
        Source::ResourcePolicy => vec![call::trust(record)],
        Source::IdentityPolicy => vec![add_to_identity(record, &need)],
        Source::PermissionsBoundary => vec![add_to_boundary(record, &need), drop_boundary(record)],
        Source::SessionPolicy => vec![new_session(record, &need)],
    }
}

/// The actions that a new statement allows, with their resource.
struct Need {
    actions: Vec<String>,
    on_object: bool,
    condition: Option<fn(&Record, Language) -> Option<Value>>,
}

impl Need {
    /// Everything that the request asks of the same kind of resource, so that one statement does.
    fn new(record: &Record, action: Action) -> Self {
        let on_object = action.resource_type() == ResourceType::Object;
        let all = record.replay().and_then(|replay| {
            replay.ask(|request, _| required_actions(request).into_iter().collect::<Vec<_>>())
        });
        let all = all.unwrap_or_default();
        if !all.contains(&action) {
            // The test whether a missing key may be told (HID-1).
            let actions = vec![action.name().to_owned()];
            return Self { actions, on_object, condition: Some(this_key) };
        }
        let same = |one: &Action| one.resource_type() == action.resource_type();
        let actions = all.into_iter().filter(same).map(|one| one.name().to_owned()).collect();
        Self { actions, on_object, condition: None }
    }

    /// The action of a call that failed.
    fn of_call(record: &Record) -> Option<Self> {
        Some(Self { actions: vec![call::action(record)?], on_object: false, condition: None })
    }

    fn statement(
        &self,
        record: &Record,
        principal: Option<Value>,
        language: Language,
    ) -> Option<String> {
        let resource = match (&record.call, &record.bucket_name) {
            (Some(call), _) if call.resource != "*" => language.literal(&call.resource),
            (None, Some(_)) => resource_of(record, self.on_object, language)?,
            _ => "*".to_owned(),
        };
        let condition = self.condition.and_then(|condition| condition(record, language));
        Some(Allowing::new(principal, &self.actions, resource, condition).to_text())
    }
}

/// Existence of this key, and of no other.
fn this_key(record: &Record, language: Language) -> Option<Value> {
    let key = language.literal(record.key.as_ref()?.as_str());
    Some(json!({"StringEquals": {"s3:prefix": key}}))
}

fn add_to_bucket_policy(record: &Record, need: &Need) -> Option<Vec<Change>> {
    let facts = &record.bucket.as_ref()?.facts;
    let policy = facts.policy.as_deref();
    let principal = principal_of(caller(record)?);
    let statement = need.statement(record, Some(principal), Language::of(policy))?;
    let document = with_statement(policy, &statement)?;
    let new = Policy::parse_stored_bucket_policy(&document, &facts.name).ok()?;
    let mut changes = Vec::new();
    if new.is_public() {
        let outsider = !is_own(record);
        changes = unblock(record, |block| {
            block.block_public_policy = false;
            block.restrict_public_buckets &= !outsider;
        });
    }
    changes.push(Change::AddPolicyStatement(PolicyEdit {
        account: owner_account(record)?,
        place: PolicyPlace::Bucket { bucket: facts.name.to_string() },
        statement,
        document: Some(document),
    }));
    Some(changes)
}

/// An inline policy of the caller; of a federated user, of whoever made the session.
fn add_to_identity(record: &Record, need: &Need) -> Option<Vec<Change>> {
    let caller = record.caller.as_deref()?;
    let (holder_kind, holder) = match &caller.principal {
        Principal::User { user, .. } => ("user".to_owned(), user.name.clone()),
        Principal::AssumedRole { role, .. } => ("role".to_owned(), role.name.clone()),
        Principal::FederatedUser { .. } => {
            caller.origins.iter().find(|origin| origin.holder.0 == "user")?.holder.clone()
        }
        _ => return None,
    };
    let inline = |origin: &PolicyOrigin| {
        origin.arn.is_none() && origin.name == NEW_POLICY_NAME && origin.holder.1 == holder
    };
    let at = caller.origins.iter().position(inline);
    let policies = caller.identity.as_ref().map(|identity| identity.policies.as_slice());
    let old = at.and_then(|at| policies.unwrap_or_default().get(at)).map(|policy| &**policy);
    let statement = need.statement(record, None, Language::Variables)?;
    Some(vec![Change::AddPolicyStatement(PolicyEdit {
        account: caller.principal.account_id()?.to_string(),
        place: PolicyPlace::Inline { holder_kind, holder, policy_name: NEW_POLICY_NAME.to_owned() },
        document: with_statement(old, &statement),
        statement,
    })])
}

fn add_to_boundary(record: &Record, need: &Need) -> Option<Vec<Change>> {
    let caller = record.caller.as_deref()?;
    let arn = caller.boundary_origin.as_ref()?.arn.clone()?;
    let boundary = caller.identity.as_ref()?.boundary.as_deref()?;
    if is_of_aws(&arn) {
        return None;
    }
    let statement = need.statement(record, None, Language::of(Some(boundary)))?;
    Some(vec![Change::AddPolicyStatement(PolicyEdit {
        account: caller.principal.account_id()?.to_string(),
        place: PolicyPlace::Managed { policy_arn: arn },
        document: with_statement(Some(boundary), &statement),
        statement,
    })])
}

pub(crate) fn drop_boundary(record: &Record) -> Option<Vec<Change>> {
    let caller = record.caller.as_deref()?;
    let (holder_kind, holder) = caller.boundary_origin.as_ref()?.holder.clone();
    let account = caller.principal.account_id()?.to_string();
    Some(vec![Change::DeletePermissionsBoundary { account, holder_kind, holder }])
}

fn new_session(record: &Record, need: &Need) -> Option<Vec<Change>> {
    let identity = record.caller.as_ref()?.identity.as_ref()?;
    let old = identity.session.as_ref()?.first().map(|policy| &**policy);
    let statement = need.statement(record, None, Language::of(old))?;
    let policy = with_statement(old, &statement)?;
    Some(vec![Change::ChangeRequest(RequestChange::NewSession { policy })])
}

/// Who does not sign may do what everybody may.
fn unsigned(record: &Record) -> Option<Vec<Change>> {
    Some(vec![Change::ChangeRequest(RequestChange::LeaveUnsigned)])
        .filter(|_| !caller(record).is_some_and(Principal::is_anonymous))
}

/// The owner of an object shares it by its ACL.
fn grant_on_object(record: &Record, action: Action) -> Option<Vec<Change>> {
    let facts = &record.bucket.as_ref()?.facts;
    let permission = match action {
        Action::GetObject | Action::GetObjectVersion => Permission::Read,
        Action::GetObjectAcl | Action::GetObjectVersionAcl => Permission::ReadAcp,
        Action::PutObjectAcl | Action::PutObjectVersionAcl => Permission::WriteAcp,
        _ => return None,
    };
    let RecordedObject::Present { owner, acl } = &record.object else { return None };
    if facts.acls_are_disabled() {
        return None;
    }
    let mut acl = acl.clone().unwrap_or_else(|| AccessControlList::private(owner.clone()));
    let grantee = grantee(caller(record)?)?;
    let mut changes = unblock_for(record, &grantee);
    acl.grants.push(Grant { grantee, permission });
    changes.push(Change::PutObjectAcl {
        bucket: facts.name.to_string(),
        key: record.key.as_ref()?.to_string(),
        version: record.version.as_ref().map(ToString::to_string),
        acl: (&acl).into(),
    });
    Some(changes)
}

/// The bucket owner shares listings, and its ACL, by the ACL of the bucket.
fn grant_on_bucket(record: &Record, action: Action) -> Option<Vec<Change>> {
    let facts = &record.bucket.as_ref()?.facts;
    let permission = match action {
        Action::ListBucket | Action::ListBucketVersions | Action::ListBucketMultipartUploads => {
            Permission::Read
        }
        Action::GetBucketAcl => Permission::ReadAcp,
        Action::PutBucketAcl => Permission::WriteAcp,
        _ => return None,
    };
    if facts.acls_are_disabled() {
        return None;
    }
    let grantee = grantee(caller(record)?)?;
    let mut changes = unblock_for(record, &grantee);
    let mut acl = facts.acl.clone();
    acl.grants.push(Grant { grantee, permission });
    changes.push(Change::PutBucketAcl {
        account: owner_account(record)?,
        bucket: facts.name.to_string(),
        acl: (&acl).into(),
    });
    Some(changes)
}

fn grantee(caller: &Principal) -> Option<Grantee> {
    match (caller, caller.account()) {
        (Principal::Anonymous, _) => Some(Grantee::Group(Group::AllUsers)),
        (_, Some(account)) => Some(Grantee::CanonicalUser(account.canonical_id.clone())),
        (_, None) => None,
    }
}

/// Grants to everybody need Block Public Access out of the way.
fn unblock_for(record: &Record, grantee: &Grantee) -> Vec<Change> {
    match grantee {
        Grantee::CanonicalUser(_) => Vec::new(),
        Grantee::Group(_) => unblock(record, |block| {
            block.block_public_acls = false;
            block.ignore_public_acls = false;
        }),
    }
}

/// Grants that are there already, and ignored.
fn honour_public_acls(record: &Record) -> Option<Vec<Change>> {
    let facts = &record.bucket.as_ref()?.facts;
    let object_is = match &record.object {
        RecordedObject::Present { acl: Some(acl), .. } => acl.is_public(),
        _ => false,
    };
    (facts.public_access.ignore_public_acls && (object_is || facts.acl.is_public()))
        .then(|| unblock(record, |block| block.ignore_public_acls = false))
}

/// The bucket owner becomes the owner of every object.
fn take_over_objects(record: &Record) -> Option<Vec<Change>> {
    let facts = &record.bucket.as_ref()?.facts;
    let RecordedObject::Present { owner, .. } = &record.object else { return None };
    if facts.acls_are_disabled() || *owner == facts.owner.canonical_id {
        return None;
    }
    let mut changes = Vec::new();
    let private = AccessControlList::private(facts.owner.canonical_id.clone());
    if facts.acl != private {
        changes.push(Change::PutBucketAcl {
            account: owner_account(record)?,
            bucket: facts.name.to_string(),
            acl: (&private).into(),
        });
    }
    changes.push(ownership(record, ObjectOwnership::BucketOwnerEnforced)?);
    Some(changes)
}

fn ownership(record: &Record, setting: ObjectOwnership) -> Option<Change> {
    Some(Change::SetObjectOwnership {
        account: owner_account(record)?,
        bucket: bucket_name(record)?,
        object_ownership: setting.to_string(),
    })
}

/// The end of the statement that makes the policy public.
fn public_statement(record: &Record) -> Option<Change> {
    let policy = bucket_policy(record)?;
    let index = policy.public_statement()?;
    Some(Change::RemovePolicyStatement(PolicyEdit {
        account: owner_account(record)?,
        place: PolicyPlace::Bucket { bucket: bucket_name(record)? },
        statement: statement_text(policy, index)?,
        document: without_statement(policy, index),
    }))
}

/// Changes of Block Public Access at the levels where something is to be switched off.
fn unblock(record: &Record, change: impl Fn(&mut PublicAccessBlock)) -> Vec<Change> {
    let (Some(state), Some(account)) = (&record.bucket, owner_account(record)) else {
        return Vec::new();
    };
    let levels = [
        (state.public_access, Some(state.facts.name.to_string())),
        (state.account_public_access, None),
    ];
    let changed = |(old, bucket): (PublicAccessBlock, Option<String>)| {
        let mut new = old;
        change(&mut new);
        let account = account.clone();
        let flags = new.into();
        (new != old).then_some(Change::SetPublicAccessBlock { account, bucket, flags })
    };
    levels.into_iter().filter_map(changed).collect()
}

/// Whether the caller is of the bucket owner's account.
fn is_own(record: &Record) -> bool {
    record
        .bucket
        .as_ref()
        .zip(caller(record))
        .is_some_and(|(bucket, caller)| bucket.facts.is_owned_by(caller))
}

pub(crate) fn is_of_aws(arn: &str) -> bool {
    arn.starts_with("arn:aws:iam::aws:")
}

pub(crate) fn caller(record: &Record) -> Option<&Principal> {
    record.caller.as_deref().map(|caller| &caller.principal)
}

pub(crate) fn bucket_policy(record: &Record) -> Option<&Policy> {
    record.bucket.as_ref()?.facts.policy.as_deref()
}

pub(crate) fn owner_account(record: &Record) -> Option<String> {
    record.bucket.as_ref().map(|bucket| bucket.facts.owner.id.to_string())
}

pub(crate) fn bucket_name(record: &Record) -> Option<String> {
    record.bucket.as_ref().map(|bucket| bucket.facts.name.to_string())
}
