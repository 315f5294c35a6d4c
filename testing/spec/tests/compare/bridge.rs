//! The same situation in the terms of the engine, and the comparison.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use authz::switches::{
    BoePrivateAcl, BoePutObjectAclNoop, CreateBucketPrivateAclOwnership,
    ForeignOverwriteViaBucketWrite,
};
use authz::{
    BucketFacts, ConditionKey, ContextSource, ContextValue, Facts, IdentityFacts, ObjectFacts,
    Policy, UploadFacts,
};
use model::principal::IamName;
use model::{
    AccessControlList, AccountId, AccountIdentity, AclRequest, BucketName, CanonicalUserId,
    ErrorCode, ObjectKey, Operation, Principal, S3Error, Target, VersionId,
};
use spec::acl::{AclAsked, Grant, Grantee};
use spec::policy::Statement;
use spec::world::{
    Account, Bucket, Caller, Object, OwnPolicies, Party, Request, Side, Situation, Switches,
    Verdict,
};

use crate::policy_text::policy_text;

pub(crate) fn bucket_name() -> BucketName {
    BucketName::parse("b-b").unwrap()
}

/// The number in a variable of the environment, if it is set.
pub(crate) fn from_environment(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")))
}

fn identity(account: Account) -> AccountIdentity {
    AccountIdentity {
        id: AccountId::parse(account.id()).unwrap(),
        canonical_id: CanonicalUserId::parse(&canonical_digits(account)).unwrap(),
    }
}

pub(crate) fn canonical_digits(account: Account) -> String {
    match account {
        Account::B => "b",
        Account::A => "a",
        Account::C => "c",
    }
    .repeat(64)
}

pub(crate) fn canonical_id(party: Party) -> CanonicalUserId {
    match party {
        Party::Account(account) => identity(account).canonical_id,
        Party::Anonymous => CanonicalUserId::anonymous(),
    }
}

pub(crate) fn principal(caller: Caller) -> Principal {
    let name = |prefix: &str, name: &str| {
        let unique_id = format!("{prefix}{name}");
        Arc::new(IamName { path: "/".into(), name: name.into(), unique_id })
    };
    match caller {
        Caller::Anonymous => Principal::Anonymous,
        Caller::Root(account) => Principal::Root(identity(account)),
        Caller::User(account, user) => {
            Principal::User { account: identity(account), user: name("AIDA", user) }
        }
        Caller::Session(account, role, session) => Principal::AssumedRole {
            account: identity(account),
            role: name("AROA", role),
            session_name: session.into(),
        },
        Caller::FederatedUser(account, name) => {
            Principal::FederatedUser { account: identity(account), name: name.into() }
        }
        Caller::LogDelivery => Principal::Service("logging.s3.amazonaws.com"),
    }
}

fn identity_facts(
    caller: Caller,
    own: &OwnPolicies,
    style: u64,
) -> Result<Option<IdentityFacts>, S3Error> {
    if !matches!(caller, Caller::User(..) | Caller::Session(..) | Caller::FederatedUser(..)) {
        return Ok(None);
    }
    let parse = |statements: &[Statement]| {
        Policy::parse_identity_policy(&policy_text(statements, style)).map(Arc::new).map_err(
            |error| S3Error::with_message(ErrorCode::MalformedPolicy, error.message().to_owned()),
        )
    };
    let identity = Some(own.identity.as_slice()).filter(|statements| !statements.is_empty());
    Ok(Some(IdentityFacts {
        policies: identity.map(parse).transpose()?.into_iter().collect(),
        boundary: own.boundary.as_deref().map(parse).transpose()?,
        session: own.session.as_deref().map(parse).transpose()?.map(|policy| vec![policy]),
    }))
}

fn grants(list: &[Grant]) -> Vec<model::Grant> {
    let grantee = |grantee: Grantee| match grantee {
        Grantee::Party(party) => model::Grantee::CanonicalUser(canonical_id(party)),
        Grantee::ImageReader => model::Grantee::CanonicalUser(
            CanonicalUserId::parse(authz::admission::EC2_IMAGE_CANONICAL_ID).unwrap(),
        ),
        Grantee::Group(group) => model::Grantee::Group(group),
    };
    list.iter()
        .map(|(to, permission)| model::Grant { grantee: grantee(*to), permission: *permission })
        .collect()
}

pub(crate) fn acl(owner: Party, list: &[Grant]) -> AccessControlList {
    AccessControlList { owner: canonical_id(owner), grants: grants(list) }
}

pub(crate) fn acl_request(asked: &AclAsked) -> AclRequest {
    match asked {
        AclAsked::Absent => AclRequest::Absent,
        AclAsked::Canned(canned) => AclRequest::Canned(*canned),
        AclAsked::Grants(list) => AclRequest::Grants(grants(list)),
        AclAsked::Document(owner, list) => AclRequest::Document(acl(*owner, list)),
    }
}

pub(crate) fn switches(switches: Switches) -> authz::Switches {
    let mut engine = authz::Switches::default();
    if switches.boe_private_acl_owner_equivalent {
        engine.boe_private_acl = BoePrivateAcl::OwnerEquivalent;
    }
    if switches.create_bucket_private_acl_enforced {
        engine.create_bucket_private_acl_ownership =
            CreateBucketPrivateAclOwnership::BucketOwnerEnforced;
    }
    if switches.boe_put_object_acl_noop_reject {
        engine.boe_put_object_acl_noop = BoePutObjectAclNoop::Reject;
    }
    if switches.foreign_overwrite_allow {
        engine.foreign_overwrite_via_bucket_write = ForeignOverwriteViaBucketWrite::Allow;
    }
    engine
}

/// The bucket for the engine, with a policy that was compiled already.
pub(crate) fn bucket_facts(bucket: &Bucket, policy: Option<Arc<Policy>>) -> BucketFacts {
    BucketFacts {
        name: bucket_name(),
        owner: identity(Account::B),
        region: "us-east-1".into(),
        ownership: bucket.ownership,
        public_access: bucket.flags,
        policy,
        acl: acl(Party::Account(Account::B), &bucket.acl),
        requester_pays: bucket.requester_pays,
    }
}

/// The caller for both.
pub(crate) struct BothCallers {
    pub(crate) caller: Caller,
    pub(crate) own: OwnPolicies,
    principal: Principal,
    facts: Option<IdentityFacts>,
}

impl BothCallers {
    /// `style` is that of [`policy_text`].
    pub(crate) fn parse(caller: Caller, own: OwnPolicies, style: u64) -> Result<Self, S3Error> {
        let facts = identity_facts(caller, &own, style)?;
        Ok(Self { caller, own, principal: principal(caller), facts })
    }

    /// The caller for the engine.
    pub(crate) fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Its policies for the engine.
    pub(crate) fn facts(&self) -> Option<&IdentityFacts> {
        self.facts.as_ref()
    }
}

/// The bucket for both.
pub(crate) struct BothBuckets {
    pub(crate) bucket: Bucket,
    facts: BucketFacts,
}

impl BothBuckets {
    pub(crate) fn new(bucket: Bucket, policy: Option<Arc<Policy>>) -> Self {
        let facts = bucket_facts(&bucket, policy);
        Self { bucket, facts }
    }
}

/// The object for both.
pub(crate) struct BothObjects {
    pub(crate) object: Object,
    owner: CanonicalUserId,
    acl: Option<AccessControlList>,
}

impl BothObjects {
    pub(crate) fn new(object: Object) -> Self {
        let (owner, grants) = match &object {
            Object::Missing => (Party::Anonymous, [].as_slice()),
            Object::DeleteMarker(owner) => (*owner, [].as_slice()),
            Object::Present(owner, grants) => (*owner, grants.as_slice()),
        };
        // ACL-3: no stored ACL means the same as a private one.
        let private = AccessControlList::private(canonical_id(owner));
        let acl = Some(acl(owner, grants)).filter(|acl| *acl != private);
        Self { owner: canonical_id(owner), acl, object }
    }

    fn facts(&self) -> ObjectFacts<'_> {
        match &self.object {
            Object::Missing => ObjectFacts::Missing,
            Object::DeleteMarker(_) => ObjectFacts::DeleteMarker { owner: &self.owner },
            Object::Present(..) => {
                ObjectFacts::Present { owner: &self.owner, acl: self.acl.as_ref() }
            }
        }
    }
}

struct Context(Vec<(&'static str, String)>);

impl ContextSource for Context {
    fn value(&self, key: &ConditionKey) -> ContextValue<'_> {
        let name = key.name();
        match self.0.iter().find(|(here, _)| *here == name) {
            Some((_, value)) => ContextValue::One(value.as_str().into()),
            None => ContextValue::Absent,
        }
    }

    fn each(&self, tell: &mut dyn FnMut(&ConditionKey, &str)) {
        for (name, value) in &self.0 {
            tell(&ConditionKey::parse(name), value);
        }
    }
}

/// The request for both.
pub(crate) struct BothRequests {
    pub(crate) request: Request,
    pub(crate) initiator: Option<Caller>,
    bucket: BucketName,
    key: ObjectKey,
    acl: AclRequest,
    context: Context,
    initiator_arn: Option<String>,
}

impl BothRequests {
    pub(crate) fn new(request: Request, initiator: Option<Caller>) -> Self {
        Self {
            bucket: bucket_name(),
            key: ObjectKey::parse(request.key).unwrap(),
            acl: acl_request(&request.acl),
            context: Context(request.context.clone()),
            initiator_arn: initiator.and_then(|initiator| match initiator {
                Caller::Root(_) => None,
                other => principal(other).arn(),
            }),
            request,
            initiator,
        }
    }

    fn engine<'a>(&'a self, caller: &'a Principal) -> authz::Request<'a> {
        let Request { operation, side, version, asks, new_policy_is_public, .. } = &self.request;
        let on_object =
            operation.spec().target == model::Target::Object || *operation == Operation::PostObject;
        let on_bucket = !matches!(operation.spec().target, Target::Service | Target::Account);
        authz::Request {
            caller,
            operation: *operation,
            side: match side {
                Side::Whole => authz::Side::Whole,
                Side::Source => authz::Side::CopySource,
                Side::Destination => authz::Side::CopyDestination,
            },
            bucket: on_bucket.then_some(&self.bucket),
            key: on_object.then_some(&self.key),
            version: version.then_some(&VersionId::Null),
            acl: &self.acl,
            asks: authz::Asks {
                tagging: asks.tagging,
                retention: asks.retention,
                legal_hold: asks.legal_hold,
                bypass_governance: asks.bypass_governance,
                object_ownership: asks.object_ownership,
                object_lock: false,
                copies_source_tags: asks.copies_source_tags,
                request_payer: asks.request_payer,
            },
            new_policy_is_public: *new_policy_is_public,
            context: &self.context,
        }
    }

    fn upload(&self) -> Option<UploadFacts<'_>> {
        let account = self.initiator.and_then(Caller::account)?;
        Some(UploadFacts {
            initiator_account: identity(account).id,
            initiator_arn: self.initiator_arn.as_deref(),
        })
    }
}

/// One question to both.
#[derive(Clone, Copy)]
pub(crate) struct Point<'a> {
    pub(crate) caller: &'a BothCallers,
    pub(crate) request: &'a BothRequests,
    pub(crate) bucket: &'a BothBuckets,
    pub(crate) object: &'a BothObjects,
    pub(crate) switches: Switches,
    pub(crate) engine_switches: &'a authz::Switches,
}

impl Point<'_> {
    fn situation(&self) -> Situation<'_> {
        Situation {
            caller: self.caller.caller,
            own: &self.caller.own,
            request: &self.request.request,
            bucket: &self.bucket.bucket,
            object: &self.object.object,
            initiator: self.request.initiator,
            switches: self.switches,
        }
    }

    /// Whether the model allows it.
    pub(crate) fn is_allowed(&self) -> bool {
        spec::decide(&self.situation()) == Verdict::Allow
    }

    /// Asks the engine, or whoever takes what it takes.
    pub(crate) fn ask<R>(
        &self,
        object: ObjectFacts<'_>,
        asked: impl FnOnce(&authz::Request<'_>, &Facts<'_>) -> R,
    ) -> R {
        let request = self.request.engine(&self.caller.principal);
        let on_no_bucket = request.operation == Operation::CreateBucket
            || matches!(request.operation.spec().target, Target::Service | Target::Account);
        let facts = Facts {
            bucket: (!on_no_bucket).then_some(&self.bucket.facts),
            object,
            upload: self.request.upload(),
            identity: self.caller.facts.as_ref(),
            switches: self.engine_switches,
        };
        asked(&request, &facts)
    }

    /// The object as it is.
    pub(crate) fn object_facts(&self) -> ObjectFacts<'_> {
        self.object.facts()
    }

    fn engine(&self, object: ObjectFacts<'_>) -> (authz::Decision, Option<ErrorCode>) {
        self.ask(object, |request, facts| {
            let decision = authz::decide(request, facts);
            let code = match &decision.verdict {
                authz::Verdict::Allow => None,
                authz::Verdict::Refuse(refusal) => Some(refusal.to_error(request, facts).code()),
            };
            (decision, code)
        })
    }

    /// What both say, where they differ.
    pub(crate) fn difference(&self) -> Option<Difference> {
        let expected = spec::decide(&self.situation());
        let (decision, refused) = self.engine(self.object.facts());
        let found = match refused {
            Some(code) => Verdict::Refuse(code),
            // The engine leaves it to its caller to say that a key is not there.
            None if expected == Verdict::NotThere => Verdict::NotThere,
            None => Verdict::Allow,
        };
        let request = self.request.engine(&self.caller.principal);
        let loaded = if authz::needs_object(&request, &self.bucket.facts) {
            refused
        } else {
            self.engine(ObjectFacts::NotLoaded).1
        };
        let operation = self.request.request.operation.name();
        let kind = if found != expected {
            format!("{operation}: the model says {expected:?}, the engine {found:?}")
        } else if loaded != refused {
            format!("{operation}: the engine needs no object, and says {loaded:?} without it")
        } else {
            return None;
        };
        Some(Difference { kind, point: format!("{self}\n{}", decision.trace) })
    }
}

impl fmt::Display for Point<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Request { operation, side, version, acl, asks, new_policy_is_public, context, .. } =
            &self.request.request;
        let OwnPolicies { identity, boundary, session } = &self.caller.own;
        let Bucket { ownership, flags, policy, acl: bucket_acl, requester_pays } =
            &self.bucket.bucket;
        let text = |policy: &[Statement]| policy_text(policy, 0);
        writeln!(f, "caller     {:?}", self.caller.caller)?;
        writeln!(f, "identity   {}", text(identity))?;
        writeln!(f, "boundary   {:?}", boundary.as_deref().map(text))?;
        writeln!(f, "session    {:?}", session.as_deref().map(text))?;
        writeln!(f, "request    {operation:?} {side:?}, with version: {version}, acl {acl:?}")?;
        writeln!(f, "asks       {asks:?}, new policy is public: {new_policy_is_public}")?;
        writeln!(f, "context    {context:?}")?;
        writeln!(f, "initiator  {:?}", self.request.initiator)?;
        writeln!(f, "ownership  {ownership:?}, requester pays: {requester_pays}")?;
        writeln!(f, "flags      {flags:?}")?;
        writeln!(f, "policy     {}", policy.as_deref().map_or("none".into(), text))?;
        writeln!(f, "bucket acl {bucket_acl:?}")?;
        writeln!(f, "object     {:?}", self.object.object)?;
        writeln!(f, "switches   {:?}", self.switches)
    }
}

/// Where the two disagree.
pub(crate) struct Difference {
    /// Operation and answers.
    kind: String,
    /// All that the answers rest on, and how the engine explains its own.
    point: String,
}

/// How often each kind of difference was seen, and the first point of each.
#[derive(Default)]
pub(crate) struct Differences(BTreeMap<String, (usize, String)>);

impl Differences {
    pub(crate) fn extend(&mut self, difference: Option<Difference>) {
        if let Some(Difference { kind, point }) = difference {
            self.0.entry(kind).or_insert((0, point)).0 += 1;
        }
    }

    /// Prints a point of each kind, and fails, unless there was none.
    #[track_caller]
    pub(crate) fn assert_none(&self) {
        for (kind, (_, point)) in &self.0 {
            println!("--- {kind}\n{point}");
        }
        let kinds: Vec<_> =
            self.0.iter().map(|(kind, (count, _))| format!("{count} times {kind}")).collect();
        assert!(kinds.is_empty(), "model and engine differ:\n{}", kinds.join("\n"));
    }
}
