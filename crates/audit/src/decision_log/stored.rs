//! The nouns of a decision as they stand in the log: CBOR (RFC 8949) maps with numbered members.
//! Members may be added; a number is never given another meaning.

use std::borrow::Cow;
use std::sync::Arc;

use authz::switches::{BoePrivateAcl, BoePutObjectAclNoop, ForeignOverwriteViaBucketWrite};
use authz::{Asks, ContextSource, Switches};
use minicbor::encode::{self, Write};
use minicbor::{Decode, Decoder, Encode, Encoder, decode};
use model::principal::IamName;
use model::{
    AccessControlList, AccountId, AccountIdentity, AclRequest, CannedAcl, CanonicalUserId, Grant,
    Grantee, Group, LockRefusal, LockedChange, ObjectLock, Permission, Principal,
    PublicAccessBlock, Retention, RetentionMode, Timestamp,
};

/// A text that is borrowed when it is written and owned when it was read.
pub(super) type Text<'a> = Cow<'a, str>;

/// An account.
#[derive(Clone, Debug, Encode, Decode)]
#[cbor(map)]
pub(super) struct StoredAccount<'a> {
    #[n(0)]
    id: u64,
    #[n(1)]
    canonical_id: Text<'a>,
}

impl<'a> From<&'a AccountIdentity> for StoredAccount<'a> {
    fn from(account: &'a AccountIdentity) -> Self {
        Self { id: account.id.number(), canonical_id: account.canonical_id.as_str().into() }
    }
}

impl StoredAccount<'_> {
    pub(super) fn read(&self) -> Option<AccountIdentity> {
        Some(AccountIdentity {
            id: AccountId::from_number(self.id)?,
            canonical_id: CanonicalUserId::parse(&self.canonical_id)?,
        })
    }
}

/// A caller.
#[derive(Clone, Debug, Encode, Decode)]
#[cbor(map)]
pub(super) struct StoredPrincipal<'a> {
    /// 0 anonymous, 1 root, 2 user, 3 session of a role, 4 federated user, 5 service.
    #[n(0)]
    kind: u8,
    #[n(1)]
    account: Option<StoredAccount<'a>>,
    /// Of the user, role, federated user or service.
    #[n(2)]
    name: Option<Text<'a>>,
    #[n(3)]
    path: Option<Text<'a>>,
    #[n(4)]
    unique_id: Option<Text<'a>>,
    #[n(5)]
    session: Option<Text<'a>>,
}

impl<'a> From<&'a Principal> for StoredPrincipal<'a> {
    fn from(principal: &'a Principal) -> Self {
        let mut stored = Self {
            kind: 0,
            account: principal.account().map(StoredAccount::from),
            name: None,
            path: None,
            unique_id: None,
            session: None,
        };
        let mut named = |name: &'a IamName| {
            stored.name = Some(name.name.as_str().into());
            stored.path = Some(name.path.as_str().into());
            stored.unique_id = Some(name.unique_id.as_str().into());
        };
        match principal {
            Principal::Anonymous => {}
            Principal::Root(_) => stored.kind = 1,
            Principal::User { user, .. } => {
                named(user);
                stored.kind = 2;
            }
            Principal::AssumedRole { role, session_name, .. } => {
                named(role);
                stored.kind = 3;
                stored.session = Some((&**session_name).into());
            }
            Principal::FederatedUser { name, .. } => {
                stored.kind = 4;
                stored.name = Some((&**name).into());
            }
            Principal::Service(name) => {
                stored.kind = 5;
                stored.name = Some((*name).into());
            }
        }
        stored
    }
}

impl StoredPrincipal<'_> {
    pub(super) fn read(&self) -> Option<Principal> {
        let account = || self.account.as_ref().and_then(StoredAccount::read);
        let name = || {
            Some(Arc::new(IamName {
                path: self.path.as_deref()?.to_owned(),
                name: self.name.as_deref()?.to_owned(),
                unique_id: self.unique_id.as_deref()?.to_owned(),
            }))
        };
        Some(match self.kind {
            0 => Principal::Anonymous,
            1 => Principal::Root(account()?),
            2 => Principal::User { account: account()?, user: name()? },
            3 => Principal::AssumedRole {
                account: account()?,
                role: name()?,
                session_name: self.session.as_deref()?.into(),
            },
            4 => {
                Principal::FederatedUser { account: account()?, name: self.name.as_deref()?.into() }
            }
            5 => SERVICES
                .iter()
                .find(|name| Some(**name) == self.name.as_deref())
                .map(|name| Principal::Service(name))?,
            _ => return None,
        })
    }
}

/// The services that act for themselves.
const SERVICES: [&str; 1] = ["logging.s3.amazonaws.com"];

/// A grant: the canonical id or the URI of a group, and the permission.
#[derive(Clone, Debug, Encode, Decode)]
pub(super) struct StoredGrant<'a> {
    #[n(0)]
    grantee: Text<'a>,
    #[n(1)]
    permission: Text<'a>,
}

impl<'a> From<&'a Grant> for StoredGrant<'a> {
    fn from(grant: &'a Grant) -> Self {
        let grantee = match &grant.grantee {
            Grantee::CanonicalUser(id) => id.as_str(),
            Grantee::Group(group) => group.uri(),
        };
        Self { grantee: grantee.into(), permission: grant.permission.as_str().into() }
    }
}

impl StoredGrant<'_> {
    fn read(&self) -> Option<Grant> {
        let grantee = match Group::from_uri(&self.grantee) {
            Some(group) => Grantee::Group(group),
            None => Grantee::CanonicalUser(CanonicalUserId::parse(&self.grantee)?),
        };
        Some(Grant { grantee, permission: Permission::parse(&self.permission)? })
    }
}

/// An ACL, or what a request asks for one: grants with an owner are a document, without one
/// headers.
#[derive(Clone, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub(super) struct StoredAcl<'a> {
    #[n(0)]
    canned: Option<Text<'a>>,
    #[n(1)]
    owner: Option<Text<'a>>,
    #[n(2)]
    grants: Option<Vec<StoredGrant<'a>>>,
}

impl<'a> From<&'a AccessControlList> for StoredAcl<'a> {
    fn from(acl: &'a AccessControlList) -> Self {
        Self {
            canned: None,
            owner: Some(acl.owner.as_str().into()),
            grants: Some(acl.grants.iter().map(StoredGrant::from).collect()),
        }
    }
}

impl<'a> StoredAcl<'a> {
    /// What a request asks for; nothing if it asks for none.
    pub(super) fn asked(acl: &'a AclRequest) -> Option<Self> {
        match acl {
            AclRequest::Absent => None,
            AclRequest::Canned(canned) => {
                Some(Self { canned: Some(canned.as_str().into()), ..Self::default() })
            }
            AclRequest::Grants(grants) => Some(Self {
                grants: Some(grants.iter().map(StoredGrant::from).collect()),
                ..Self::default()
            }),
            AclRequest::Document(acl) => Some(acl.into()),
        }
    }

    fn grants(&self) -> Option<Vec<Grant>> {
        self.grants.as_ref()?.iter().map(StoredGrant::read).collect()
    }

    pub(super) fn read(&self) -> Option<AccessControlList> {
        let owner = CanonicalUserId::parse(self.owner.as_deref()?)?;
        Some(AccessControlList { owner, grants: self.grants()? })
    }

    pub(super) fn read_asked(&self) -> Option<AclRequest> {
        Some(match (&self.canned, &self.owner) {
            (Some(canned), _) => AclRequest::Canned(CannedAcl::parse(canned)?),
            (None, Some(_)) => AclRequest::Document(self.read()?),
            (None, None) => AclRequest::Grants(self.grants()?),
        })
    }
}

/// The values of condition keys: written as their source tells them, without a copy of each, and read
/// into a list.
pub(super) enum StoredContext<'a> {
    /// To be written.
    Told(&'a dyn ContextSource),
    /// As read.
    Read(Vec<(Text<'a>, Text<'a>)>),
}

impl Default for StoredContext<'_> {
    fn default() -> Self {
        Self::Read(Vec::new())
    }
}

impl<'a> StoredContext<'a> {
    /// What was read.
    pub(super) fn values(&self) -> &[(Text<'a>, Text<'a>)] {
        match self {
            Self::Told(_) => &[],
            Self::Read(values) => values,
        }
    }
}

impl<C> Encode<C> for StoredContext<'_> {
    fn encode<W: Write>(
        &self,
        encoder: &mut Encoder<W>,
        context: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        let source = match self {
            Self::Read(values) => return values.encode(encoder, context),
            Self::Told(source) => source,
        };
        encoder.begin_array()?;
        let mut outcome = Ok(());
        source.each(&mut |key, value| {
            if outcome.is_ok() {
                outcome = encode_pair(encoder, &key.name(), value);
            }
        });
        outcome?;
        encoder.end()?;
        Ok(())
    }
}

fn encode_pair<W: Write>(
    encoder: &mut Encoder<W>,
    name: &str,
    value: &str,
) -> Result<(), encode::Error<W::Error>> {
    encoder.array(2)?.str(name)?.str(value)?;
    Ok(())
}

impl<'b, C> Decode<'b, C> for StoredContext<'_> {
    fn decode(decoder: &mut Decoder<'b>, context: &mut C) -> Result<Self, decode::Error> {
        Vec::decode(decoder, context).map(Self::Read)
    }
}

/// A lock that refused, and what was to happen.
#[derive(Clone, Copy, Debug, Encode, Decode)]
#[cbor(map)]
pub(super) struct StoredLock {
    #[n(0)]
    retention: Option<StoredRetention>,
    #[n(1)]
    legal_hold: Option<bool>,
    /// Whether the retention was to be another one; else the version was to go.
    #[n(2)]
    changes_retention: bool,
    #[n(3)]
    wanted: Option<StoredRetention>,
}

/// The mode, true for compliance, and until when.
#[derive(Clone, Copy, Debug, Encode, Decode)]
struct StoredRetention {
    #[n(0)]
    is_compliance: bool,
    #[n(1)]
    until_millis: i64,
}

impl From<Retention> for StoredRetention {
    fn from(retention: Retention) -> Self {
        Self {
            is_compliance: retention.mode == RetentionMode::Compliance,
            until_millis: retention.retain_until.unix_millis,
        }
    }
}

impl From<StoredRetention> for Retention {
    fn from(stored: StoredRetention) -> Self {
        let mode = if stored.is_compliance {
            RetentionMode::Compliance
        } else {
            RetentionMode::Governance
        };
        Self { mode, retain_until: Timestamp::from_unix_millis(stored.until_millis) }
    }
}

impl From<LockRefusal> for StoredLock {
    fn from(refusal: LockRefusal) -> Self {
        let (changes_retention, wanted) = match refusal.change {
            LockedChange::Removal => (false, None),
            LockedChange::Retention(wanted) => (true, wanted.map(StoredRetention::from)),
        };
        Self {
            retention: refusal.lock.retention.map(StoredRetention::from),
            legal_hold: refusal.lock.legal_hold,
            changes_retention,
            wanted,
        }
    }
}

impl From<StoredLock> for LockRefusal {
    fn from(stored: StoredLock) -> Self {
        let lock = ObjectLock {
            retention: stored.retention.map(Retention::from),
            legal_hold: stored.legal_hold,
        };
        let change = if stored.changes_retention {
            LockedChange::Retention(stored.wanted.map(Retention::from))
        } else {
            LockedChange::Removal
        };
        Self { lock, change }
    }
}

/// The members of `Asks` as bits, in the order of the struct.
pub(super) fn asks_bits(asks: Asks) -> u16 {
    bits([
        asks.tagging,
        asks.retention,
        asks.legal_hold,
        asks.bypass_governance,
        asks.object_ownership,
        asks.object_lock,
        asks.copies_source_tags,
        asks.request_payer,
    ])
}

pub(super) fn read_asks(stored: u16) -> Asks {
    let has = |at: u32| stored & (1 << at) != 0;
    Asks {
        tagging: has(0),
        retention: has(1),
        legal_hold: has(2),
        bypass_governance: has(3),
        object_ownership: has(4),
        object_lock: has(5),
        copies_source_tags: has(6),
        request_payer: has(7),
    }
}

/// Public access flags as bits.
pub(super) fn public_access_bits(block: PublicAccessBlock) -> u16 {
    bits([
        block.block_public_acls,
        block.ignore_public_acls,
        block.block_public_policy,
        block.restrict_public_buckets,
    ])
}

pub(super) fn read_public_access(stored: u16) -> PublicAccessBlock {
    let has = |at: u32| stored & (1 << at) != 0;
    PublicAccessBlock {
        block_public_acls: has(0),
        ignore_public_acls: has(1),
        block_public_policy: has(2),
        restrict_public_buckets: has(3),
    }
}

/// The switches that a verdict depends on, as bits: set where they are not the default.
pub(super) fn switch_bits(switches: &Switches) -> u16 {
    bits([
        switches.boe_private_acl != BoePrivateAcl::default(),
        switches.boe_put_object_acl_noop != BoePutObjectAclNoop::default(),
        switches.foreign_overwrite_via_bucket_write != ForeignOverwriteViaBucketWrite::default(),
    ])
}

pub(super) fn read_switches(stored: u16) -> Switches {
    let has = |at: u32| stored & (1 << at) != 0;
    let mut switches = Switches::default();
    if has(0) {
        switches.boe_private_acl = BoePrivateAcl::OwnerEquivalent;
    }
    if has(1) {
        switches.boe_put_object_acl_noop = BoePutObjectAclNoop::Reject;
    }
    if has(2) {
        switches.foreign_overwrite_via_bucket_write = ForeignOverwriteViaBucketWrite::Allow;
    }
    switches
}

fn bits<const N: usize>(flags: [bool; N]) -> u16 {
    flags.iter().rev().fold(0, |bits, &flag| (bits << 1) | u16::from(flag))
}
