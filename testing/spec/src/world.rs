//! The nouns: accounts, callers, buckets, objects, requests, answers.

use model::{ErrorCode, ObjectOwnership, Operation, PublicAccessBlock};

use crate::acl::{AclAsked, Grant};
use crate::policy::Statement;

/// The accounts of §14.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Account {
    /// The bucket owner.
    B,
    /// Another account.
    A,
    /// A third one.
    C,
}

impl Account {
    /// Its twelve digits (ID-1).
    pub fn id(self) -> &'static str {
        match self {
            Self::B => "111111111111",
            Self::A => "222222222222",
            Self::C => "333333333333",
        }
    }
}

/// Who can own an object or be granted something by canonical user id (ID-2, ID-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// An account, which is meant whenever "owner" is said (ID-7).
    Account(Account),
    /// The anonymous user.
    Anonymous,
}

/// The principals of §1.2. A user's unique id is `AIDA` and its name, a role's `AROA` and its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// An unsigned request.
    Anonymous,
    /// The root of an account.
    Root(Account),
    /// An IAM user, by name.
    User(Account, &'static str),
    /// A session of a role: account of the role (ID-10), role, session.
    Session(Account, &'static str, &'static str),
    /// A federated session, by name.
    FederatedUser(Account, &'static str),
    /// The log delivery service (ID-6).
    LogDelivery,
}

impl Caller {
    /// The account whose principal it is.
    pub fn account(self) -> Option<Account> {
        match self {
            Self::Anonymous | Self::LogDelivery => None,
            Self::Root(account)
            | Self::User(account, _)
            | Self::Session(account, ..)
            | Self::FederatedUser(account, _) => Some(account),
        }
    }

    /// Whether it belongs to this account.
    pub fn is_of(self, account: Account) -> bool {
        self.account() == Some(account)
    }

    /// Whether it is this party: any anonymous caller is the anonymous user (§2.13).
    pub fn is_party(self, party: Party) -> bool {
        match party {
            Party::Account(account) => self.is_of(account),
            Party::Anonymous => self == Self::Anonymous,
        }
    }
}

/// The caller's own policies; root, anonymous callers and services have none (§1.2).
#[derive(Clone, Debug, Default)]
pub struct OwnPolicies {
    /// Identity policies.
    pub identity: Vec<Statement>,
    /// Permissions boundary.
    pub boundary: Option<Vec<Statement>>,
    /// Session policy.
    pub session: Option<Vec<Statement>>,
}

/// The bucket `b-b` of account B.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// Object Ownership.
    pub ownership: Option<ObjectOwnership>,
    /// Block Public Access with all levels united (BPA-1).
    pub flags: PublicAccessBlock,
    /// The bucket policy.
    pub policy: Option<Vec<Statement>>,
    /// The stored bucket ACL.
    pub acl: Vec<Grant>,
    /// Whether the requester pays (RP-2).
    pub requester_pays: bool,
}

/// The object version that the request is about.
#[derive(Clone, Debug)]
pub enum Object {
    /// No such key or version.
    Missing,
    /// A delete marker of this owner.
    DeleteMarker(Party),
    /// Its stored owner and stored ACL.
    Present(Party, Vec<Grant>),
}

/// Which half of a copy is asked about (§6.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// It is no copy.
    Whole,
    /// The source.
    Source,
    /// The destination.
    Destination,
}

/// What else a request carries that needs an action of its own (§5.9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asks {
    /// Tags.
    pub tagging: bool,
    /// Retention headers.
    pub retention: bool,
    /// The legal hold header.
    pub legal_hold: bool,
    /// The header that bypasses governance retention.
    pub bypass_governance: bool,
    /// CreateBucket with an ownership header.
    pub object_ownership: bool,
    /// CopyObject that copies the tags of the source.
    pub copies_source_tags: bool,
    /// `x-amz-request-payer: requester`
    pub request_payer: bool,
}

/// A request on `b-b/key` with valid arguments.
#[derive(Clone, Debug)]
pub struct Request {
    /// What is to be done.
    pub operation: Operation,
    /// Which half of it.
    pub side: Side,
    /// The key, also where the operation has none.
    pub key: &'static str,
    /// Whether `versionId` is given.
    pub version: bool,
    /// The ACL asked for.
    pub acl: AclAsked,
    /// What else is asked for.
    pub asks: Asks,
    /// PutBucketPolicy: whether the new policy is public.
    pub new_policy_is_public: bool,
    /// Condition values of the request, by key; those about the caller are not among them.
    pub context: Vec<(&'static str, String)>,
}

/// The choices of §15.1 that change an answer; `true` is the value that is not the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Switches {
    /// `boe_private_acl = owner_equivalent` (U-1)
    pub boe_private_acl_owner_equivalent: bool,
    /// `create_bucket_private_acl_ownership = boe` (U-2)
    pub create_bucket_private_acl_enforced: bool,
    /// `boe_put_object_acl_noop = reject` (U-3)
    pub boe_put_object_acl_noop_reject: bool,
    /// `foreign_overwrite_via_bucket_write = allow` (U-5)
    pub foreign_overwrite_allow: bool,
}

/// Everything that an answer rests on.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// Who asks.
    pub caller: Caller,
    /// With which policies of its own.
    pub own: &'a OwnPolicies,
    /// What.
    pub request: &'a Request,
    /// On which bucket.
    pub bucket: &'a Bucket,
    /// On which object.
    pub object: &'a Object,
    /// Who initiated the multipart upload that the request names, if there is one.
    pub initiator: Option<Caller>,
    /// The operator's choices.
    pub switches: Switches,
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may.
    Allow,
    /// It may, and may be told that the key or version is not there (404, or 405 for a marker).
    NotThere,
    /// It may not.
    Refuse(ErrorCode),
}
