//! What a decision rests on that outlives the request: the settings of a bucket, and who a caller
//! is with its policies. Each distinct one is stored once in a file, under its digest.

use std::sync::Arc;

use authz::{BucketFacts, IdentityFacts, Policy};
use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};
use model::{BucketName, ObjectOwnership, Principal, PublicAccessBlock};
use sha2::{Digest as _, Sha256};

use super::stored::{
    StoredAccount, StoredAcl, StoredPrincipal, Text, public_access_bits, read_public_access,
};

/// What a snapshot is called: the first half of its SHA-256.
pub type SnapshotId = ByteArray<16>;

/// A text of facts and its digest.
#[derive(Debug)]
pub struct Snapshot {
    id: SnapshotId,
    bytes: ByteVec,
}

impl Snapshot {
    fn new(value: &impl Encode<()>) -> Self {
        // Writing into memory cannot fail.
        let bytes = minicbor::to_vec(value).unwrap_or_default();
        let mut id = [0; 16];
        for (to, from) in id.iter_mut().zip(Sha256::digest(&bytes)) {
            *to = from;
        }
        Self { id: id.into(), bytes: bytes.into() }
    }

    /// What it is called.
    pub fn id(&self) -> SnapshotId {
        self.id
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Where a policy of a caller stands, for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyOrigin {
    /// Its name.
    pub name: String,
    /// The ARN of a managed policy.
    pub arn: Option<String>,
    /// `user`, `group` or `role`, and the name of who has it.
    pub holder: (String, String),
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct StoredPolicy<'a> {
    #[n(0)]
    text: Text<'a>,
    #[n(1)]
    name: Option<Text<'a>>,
    #[n(2)]
    arn: Option<Text<'a>>,
    #[n(3)]
    holder_kind: Option<Text<'a>>,
    #[n(4)]
    holder: Option<Text<'a>>,
}

impl<'a> StoredPolicy<'a> {
    fn new(policy: &'a Policy, origin: Option<&'a PolicyOrigin>) -> Self {
        Self {
            text: policy.text().into(),
            name: origin.map(|origin| origin.name.as_str().into()),
            arn: origin.and_then(|origin| origin.arn.as_deref()).map(Text::from),
            holder_kind: origin.map(|origin| origin.holder.0.as_str().into()),
            holder: origin.map(|origin| origin.holder.1.as_str().into()),
        }
    }

    fn read(&self) -> Option<Arc<Policy>> {
        Policy::parse_identity_policy(&self.text).ok().map(Arc::new)
    }

    fn origin(&self) -> PolicyOrigin {
        let text = |text: &Option<Text<'_>>| text.as_deref().unwrap_or_default().to_owned();
        PolicyOrigin {
            name: text(&self.name),
            arn: self.arn.as_deref().map(str::to_owned),
            holder: (text(&self.holder_kind), text(&self.holder)),
        }
    }
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct StoredCaller<'a> {
    #[n(0)]
    principal: StoredPrincipal<'a>,
    /// Absent for callers without policies of their own.
    #[n(1)]
    policies: Option<Vec<StoredPolicy<'a>>>,
    #[n(2)]
    boundary: Option<StoredPolicy<'a>>,
    #[n(3)]
    session: Option<Vec<StoredPolicy<'a>>>,
}

/// A caller as it was.
#[derive(Clone, Debug)]
pub struct CallerSnapshot {
    /// Who it was.
    pub principal: Principal,
    /// Its policies.
    pub identity: Option<IdentityFacts>,
    /// Where each of its policies stood, in the order of the policies; may be shorter.
    pub origins: Vec<PolicyOrigin>,
    /// Where its boundary stood.
    pub boundary_origin: Option<PolicyOrigin>,
}

impl CallerSnapshot {
    /// Takes one.
    pub fn take(
        principal: &Principal,
        identity: Option<&IdentityFacts>,
        origins: &[PolicyOrigin],
        boundary_origin: Option<&PolicyOrigin>,
    ) -> Snapshot {
        let stored = StoredCaller {
            principal: principal.into(),
            policies: identity.map(|identity| {
                let policies = identity.policies.iter().enumerate();
                policies.map(|(at, policy)| StoredPolicy::new(policy, origins.get(at))).collect()
            }),
            boundary: identity
                .and_then(|identity| identity.boundary.as_ref())
                .map(|policy| StoredPolicy::new(policy, boundary_origin)),
            session: identity.and_then(|identity| identity.session.as_ref()).map(|policies| {
                policies.iter().map(|policy| StoredPolicy::new(policy, None)).collect()
            }),
        };
        Snapshot::new(&stored)
    }

    /// Reads one back; none if it is damaged or of a newer version.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let stored: StoredCaller<'_> = minicbor::decode(bytes).ok()?;
        let all = |policies: &[StoredPolicy<'_>]| {
            policies.iter().map(StoredPolicy::read).collect::<Option<Vec<_>>>()
        };
        let identity = match &stored.policies {
            None => None,
            Some(policies) => Some(IdentityFacts {
                policies: all(policies)?,
                boundary: match &stored.boundary {
                    Some(boundary) => Some(boundary.read()?),
                    None => None,
                },
                session: match &stored.session {
                    Some(session) => Some(all(session)?),
                    None => None,
                },
            }),
        };
        Some(Self {
            principal: stored.principal.read()?,
            identity,
            origins: stored.policies.iter().flatten().map(StoredPolicy::origin).collect(),
            boundary_origin: stored.boundary.as_ref().map(StoredPolicy::origin),
        })
    }
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct StoredBucket<'a> {
    #[n(0)]
    name: Text<'a>,
    #[n(1)]
    owner: StoredAccount<'a>,
    #[n(2)]
    region: Text<'a>,
    #[n(3)]
    ownership: Option<Text<'a>>,
    #[n(4)]
    public_access: u16,
    #[n(5)]
    account_public_access: u16,
    #[n(6)]
    policy: Option<Text<'a>>,
    #[n(7)]
    acl: StoredAcl<'a>,
    #[n(8)]
    requester_pays: bool,
}

/// A bucket as it was.
#[derive(Clone, Debug)]
pub struct BucketSnapshot {
    /// What decisions look at.
    pub facts: BucketFacts,
    /// Block Public Access of the bucket itself.
    pub public_access: PublicAccessBlock,
    /// Block Public Access of its owner's account.
    pub account_public_access: PublicAccessBlock,
}

impl BucketSnapshot {
    /// Takes one. The levels of Block Public Access are told apart, since whoever wants to change
    /// them must know which it is.
    pub fn take(
        facts: &BucketFacts,
        public_access: PublicAccessBlock,
        account_public_access: PublicAccessBlock,
    ) -> Snapshot {
        let stored = StoredBucket {
            name: facts.name.as_str().into(),
            owner: (&facts.owner).into(),
            region: facts.region.as_str().into(),
            ownership: facts.ownership.map(|ownership| ownership.as_str().into()),
            public_access: public_access_bits(public_access),
            account_public_access: public_access_bits(account_public_access),
            policy: facts.policy.as_ref().map(|policy| policy.text().into()),
            acl: (&facts.acl).into(),
            requester_pays: facts.requester_pays,
        };
        Snapshot::new(&stored)
    }

    /// Reads one back; none if it is damaged or of a newer version.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let stored: StoredBucket<'_> = minicbor::decode(bytes).ok()?;
        let name = BucketName::parse(&stored.name)?;
        let public_access = read_public_access(stored.public_access);
        let account_public_access = read_public_access(stored.account_public_access);
        let policy = match &stored.policy {
            Some(text) => Some(Arc::new(Policy::parse_stored_bucket_policy(text, &name).ok()?)),
            None => None,
        };
        let facts = BucketFacts {
            owner: stored.owner.read()?,
            region: stored.region.into_owned(),
            ownership: match &stored.ownership {
                Some(ownership) => Some(ObjectOwnership::parse(ownership)?),
                None => None,
            },
            public_access: public_access.union(account_public_access),
            policy,
            acl: stored.acl.read()?,
            requester_pays: stored.requester_pays,
            name,
        };
        Some(Self { facts, public_access, account_public_access })
    }
}
