//! A small world to decide in: accounts B (the bucket owner), A and C, one bucket `b-b`, one key.
//!
//! `World` holds the facts, `Ask` one request; both are built by naming only what matters to the
//! test.

use std::collections::BTreeMap;
use std::sync::Arc;

use authz::{
    Asks, BucketFacts, ConditionKey, ContextSource, ContextValue, Decision, Facts, IdentityFacts,
    ObjectFacts, Policy, Request, Side, Switches, UploadFacts, Verdict,
};
use model::principal::IamName;
use model::{
    AccessControlList, AccountId, AccountIdentity, AclRequest, BucketName, CannedAcl,
    CanonicalUserId, Grant, Grantee, Group, ObjectKey, ObjectOwnership, Operation, Permission,
    Principal, PublicAccessBlock, S3Error, Target, VersionId,
};

pub(crate) const BUCKET: &str = "b-b";
pub(crate) const KEY: &str = "key";

/// The three accounts of §14.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Account {
    /// The bucket owner.
    B,
    A,
    C,
}

pub(crate) use Account::{A, B, C};

impl Account {
    pub(crate) fn id(self) -> &'static str {
        match self {
            B => "111111111111",
            A => "222222222222",
            C => "333333333333",
        }
    }

    pub(crate) fn canonical(self) -> CanonicalUserId {
        let digit = match self {
            B => "b",
            A => "a",
            C => "c",
        };
        CanonicalUserId::parse(&digit.repeat(64)).unwrap()
    }

    pub(crate) fn identity(self) -> AccountIdentity {
        AccountIdentity { id: AccountId::parse(self.id()).unwrap(), canonical_id: self.canonical() }
    }
}

/// A caller with its own policies.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) principal: Principal,
    pub(crate) identity: Option<IdentityFacts>,
}

fn name(name: &str) -> Arc<IamName> {
    Arc::new(IamName { path: "/".into(), name: name.into(), unique_id: format!("AIDA{name}") })
}

pub(crate) fn everything() -> Arc<Policy> {
    identity_policy("Allow", "s3:*", "*")
}

/// An identity policy of one statement.
pub(crate) fn identity_policy(effect: &str, action: &str, resource: &str) -> Arc<Policy> {
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"{effect}","Action":"{action}","Resource":"{resource}"}}}}"#
    );
    Arc::new(Policy::parse_identity_policy(&text).unwrap())
}

impl Caller {
    pub(crate) fn anonymous() -> Self {
        Self { principal: Principal::Anonymous, identity: None }
    }

    pub(crate) fn root(account: Account) -> Self {
        Self { principal: Principal::Root(account.identity()), identity: None }
    }

    /// `B-user` and its kin: `s3:*` on `*`.
    pub(crate) fn user(account: Account) -> Self {
        Self::limited(account).with(everything())
    }

    /// `B-lim` and its kin: an IAM user without policies.
    pub(crate) fn limited(account: Account) -> Self {
        let principal = Principal::User { account: account.identity(), user: name("lim") };
        Self { principal, identity: Some(IdentityFacts::default()) }
    }

    /// A session of a role without policies.
    pub(crate) fn session(account: Account) -> Self {
        let principal = Principal::AssumedRole {
            account: account.identity(),
            role: name("role"),
            session_name: "s".into(),
        };
        Self { principal, identity: Some(IdentityFacts::default()) }
    }

    pub(crate) fn service(service: &'static str) -> Self {
        Self { principal: Principal::Service(service), identity: None }
    }

    /// With one more identity policy.
    pub(crate) fn with(mut self, policy: Arc<Policy>) -> Self {
        self.identity.get_or_insert_default().policies.push(policy);
        self
    }

    pub(crate) fn bounded_by(mut self, boundary: Arc<Policy>) -> Self {
        self.identity.get_or_insert_default().boundary = Some(boundary);
        self
    }

    pub(crate) fn in_session(mut self, session: Arc<Policy>) -> Self {
        self.identity.get_or_insert_default().session = Some(vec![session]);
        self
    }
}

/// An object, or none.
#[derive(Clone, Debug)]
pub(crate) enum Object {
    NotLoaded,
    Missing,
    DeleteMarker(CanonicalUserId),
    Present(CanonicalUserId, Option<AccessControlList>),
}

/// Facts that live as long as the test.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) bucket: BucketFacts,
    pub(crate) object: Object,
    /// Account and ARN of the initiator of an upload.
    pub(crate) upload: Option<(AccountId, Option<String>)>,
    pub(crate) switches: Switches,
}

impl World {
    /// BOE and all BPA flags, with a private object of B: the "default bucket".
    pub(crate) fn default_bucket() -> Self {
        Self {
            bucket: BucketFacts {
                name: BucketName::parse(BUCKET).unwrap(),
                owner: B.identity(),
                region: "us-east-1".into(),
                ownership: Some(ObjectOwnership::BucketOwnerEnforced),
                public_access: PublicAccessBlock::ALL,
                policy: None,
                acl: AccessControlList::private(B.canonical()),
                requester_pays: false,
            },
            object: Object::Present(B.canonical(), None),
            upload: None,
            switches: Switches::default(),
        }
    }

    /// BOE, BPA all false.
    pub(crate) fn enforced() -> Self {
        Self::default_bucket().public_access(PublicAccessBlock::NONE)
    }

    /// The "ACL bucket": ObjectWriter, BPA all false.
    pub(crate) fn acl_bucket() -> Self {
        Self::enforced().ownership(ObjectOwnership::ObjectWriter)
    }

    pub(crate) fn ownership(mut self, ownership: ObjectOwnership) -> Self {
        self.bucket.ownership = Some(ownership);
        self
    }

    /// After DeleteBucketOwnershipControls.
    pub(crate) fn without_ownership(mut self) -> Self {
        self.bucket.ownership = None;
        self
    }

    pub(crate) fn public_access(mut self, flags: PublicAccessBlock) -> Self {
        self.bucket.public_access = flags;
        self
    }

    pub(crate) fn bucket_acl(mut self, acl: &AclRequest) -> Self {
        self.bucket.acl = authz::admission::expand_acl(acl, &B.canonical(), &B.canonical());
        self
    }

    /// With a bucket policy of these statements, each without its braces.
    pub(crate) fn policy(mut self, statements: &[&str]) -> Self {
        self.bucket.policy = Some(Arc::new(bucket_policy(statements)));
        self
    }

    /// With an object of `owner` whose ACL is `acl`.
    pub(crate) fn object(mut self, owner: Account, acl: &AclRequest) -> Self {
        let acl = authz::admission::expand_acl(acl, &owner.canonical(), &B.canonical());
        self.object = Object::Present(owner.canonical(), Some(acl));
        self
    }

    pub(crate) fn anonymous_object(mut self) -> Self {
        self.object = Object::Present(CanonicalUserId::anonymous(), None);
        self
    }

    pub(crate) fn missing(mut self) -> Self {
        self.object = Object::Missing;
        self
    }

    pub(crate) fn delete_marker(mut self, owner: Account) -> Self {
        self.object = Object::DeleteMarker(owner.canonical());
        self
    }

    pub(crate) fn upload_by(mut self, caller: &Caller) -> Self {
        let account = caller.principal.account_id().unwrap();
        let arn = (!caller.principal.is_root()).then(|| caller.principal.to_string());
        self.upload = Some((account, arn));
        self
    }

    pub(crate) fn facts<'a>(&'a self, identity: Option<&'a IdentityFacts>) -> Facts<'a> {
        Facts {
            bucket: Some(&self.bucket),
            object: match &self.object {
                Object::NotLoaded => ObjectFacts::NotLoaded,
                Object::Missing => ObjectFacts::Missing,
                Object::DeleteMarker(owner) => ObjectFacts::DeleteMarker { owner },
                Object::Present(owner, acl) => ObjectFacts::Present { owner, acl: acl.as_ref() },
            },
            upload: self.upload.as_ref().map(|(account, arn)| UploadFacts {
                initiator_account: *account,
                initiator_arn: arn.as_deref(),
            }),
            identity,
            switches: &self.switches,
        }
    }

    pub(crate) fn decide(&self, caller: &Caller, ask: &Ask) -> Decision {
        authz::decide(&ask.request(caller), &self.facts(caller.identity.as_ref()))
    }

    pub(crate) fn verdict(&self, caller: &Caller, ask: &Ask) -> Verdict {
        self.decide(caller, ask).verdict
    }

    /// The error that the client would see.
    pub(crate) fn error(&self, caller: &Caller, ask: &Ask) -> Option<S3Error> {
        match self.verdict(caller, ask) {
            Verdict::Allow => None,
            Verdict::Refuse(refusal) => {
                let facts = self.facts(caller.identity.as_ref());
                Some(refusal.to_error(&ask.request(caller), &facts))
            }
        }
    }

    #[track_caller]
    pub(crate) fn allows(&self, caller: &Caller, ask: &Ask) {
        let decision = self.decide(caller, ask);
        assert_eq!(
            decision.verdict,
            Verdict::Allow,
            "{} by {}\n{}",
            ask.operation.name(),
            caller.principal,
            decision.trace
        );
    }

    /// Refuses with this code.
    #[track_caller]
    pub(crate) fn refuses_with(&self, caller: &Caller, ask: &Ask, code: &str) {
        let found = self.error(caller, ask);
        let trace = self.decide(caller, ask).trace;
        assert_eq!(
            found.map(|error| error.code().as_str()),
            Some(code),
            "{} by {}\n{trace}",
            ask.operation.name(),
            caller.principal
        );
    }

    #[track_caller]
    pub(crate) fn denies(&self, caller: &Caller, ask: &Ask) {
        self.refuses_with(caller, ask, "AccessDenied");
    }
}

/// A policy of these statements, each without its braces.
pub(crate) fn bucket_policy(statements: &[&str]) -> Policy {
    let statements: Vec<_> = statements.iter().map(|body| format!("{{{body}}}")).collect();
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
    Policy::parse_stored_bucket_policy(&text, &BucketName::parse(BUCKET).unwrap())
        .unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The body of a statement: `principal` is JSON, `resource` the part after `arn:aws:s3:::b-b`.
pub(crate) fn statement(effect: &str, principal: &str, action: &str, resource: &str) -> String {
    format!(
        r#""Effect":"{effect}","Principal":{principal},"Action":"{action}","Resource":"arn:aws:s3:::b-b{resource}""#
    )
}

/// The account as principal, in JSON.
pub(crate) fn account(account: Account) -> String {
    format!(r#"{{"AWS":"{}"}}"#, account.id())
}

/// The user of `Caller::user` and `Caller::limited` as principal, in JSON.
pub(crate) fn user(account: Account) -> String {
    format!(r#"{{"AWS":"arn:aws:iam::{}:user/lim"}}"#, account.id())
}

/// Condition values by the names of their keys.
#[derive(Clone, Debug, Default)]
pub(crate) struct Context(BTreeMap<String, String>);

impl ContextSource for Context {
    fn value(&self, key: &ConditionKey) -> ContextValue<'_> {
        match self.0.get(&*key.name()) {
            Some(value) => ContextValue::One(value.into()),
            None => ContextValue::Absent,
        }
    }
}

/// A request on `b-b/key`.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) operation: Operation,
    side: Side,
    bucket: BucketName,
    key: Option<ObjectKey>,
    version: Option<VersionId>,
    acl: AclRequest,
    asks: Asks,
    new_policy_is_public: bool,
    context: Context,
}

/// A request for the operation; copies are asked for as their destination.
pub(crate) fn ask(operation: Operation) -> Ask {
    let copies = matches!(operation, Operation::CopyObject | Operation::UploadPartCopy);
    // A form names its key in a field.
    let on_object =
        operation.spec().target == model::Target::Object || operation == Operation::PostObject;
    Ask {
        operation,
        side: if copies { Side::CopyDestination } else { Side::Whole },
        bucket: BucketName::parse(BUCKET).unwrap(),
        key: on_object.then(|| ObjectKey::parse(KEY).unwrap()),
        version: None,
        acl: AclRequest::Absent,
        asks: Asks::default(),
        new_policy_is_public: false,
        context: Context::default(),
    }
}

impl Ask {
    pub(crate) fn key(mut self, key: &str) -> Self {
        self.key = Some(ObjectKey::parse(key).unwrap());
        self
    }

    pub(crate) fn version(mut self) -> Self {
        self.version = Some(VersionId::Null);
        self
    }

    pub(crate) fn source(mut self) -> Self {
        self.side = Side::CopySource;
        self
    }

    pub(crate) fn side(mut self, side: Side) -> Self {
        self.side = side;
        self
    }

    pub(crate) fn acl(mut self, acl: AclRequest) -> Self {
        self.acl = acl;
        self
    }

    pub(crate) fn canned(self, name: &str) -> Self {
        self.acl(canned(name))
    }

    pub(crate) fn asking(mut self, asks: Asks) -> Self {
        self.asks = asks;
        self
    }

    pub(crate) fn public_policy(mut self) -> Self {
        self.new_policy_is_public = true;
        self
    }

    pub(crate) fn context(mut self, key: &str, value: &str) -> Self {
        self.context.0.insert(key.into(), value.into());
        self
    }

    fn names_bucket(&self) -> bool {
        !matches!(self.operation.spec().target, Target::Service | Target::Account)
    }

    pub(crate) fn request<'a>(&'a self, caller: &'a Caller) -> Request<'a> {
        Request {
            caller: &caller.principal,
            operation: self.operation,
            side: self.side,
            bucket: self.names_bucket().then_some(&self.bucket),
            key: self.key.as_ref(),
            version: self.version.as_ref(),
            acl: &self.acl,
            asks: self.asks,
            new_policy_is_public: self.new_policy_is_public,
            context: &self.context,
        }
    }
}

pub(crate) fn canned(name: &str) -> AclRequest {
    AclRequest::Canned(CannedAcl::parse(name).unwrap())
}

pub(crate) fn grant_to(account: Account, permission: Permission) -> Grant {
    Grant { grantee: Grantee::CanonicalUser(account.canonical()), permission }
}

pub(crate) fn grant_to_group(group: Group, permission: Permission) -> Grant {
    Grant { grantee: Grantee::Group(group), permission }
}

pub(crate) fn grants(grants: &[Grant]) -> AclRequest {
    AclRequest::Grants(grants.to_vec())
}
