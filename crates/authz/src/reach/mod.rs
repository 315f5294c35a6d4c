//! Who may do something: the question of [`decide`](crate::decide()) about all requests at once.
//!
//! A policy can compare values, but it cannot tell apart values for which all its comparisons come
//! out alike. So the values of every condition key, and the keys of objects, fall into finitely
//! many classes, and a decision about one value of each class is a decision about all. `division`
//! finds those values; `explorer` asks [`decide`](crate::decide()) itself about them, and only about
//! the condition keys that the decision really looks at. No rule of access control stands here.
//!
//! What is beyond this analysis, or beyond its limits, is told as a [`Doubt`]: what was found to be
//! allowed is allowed, but what was not found may be there.

pub(crate) mod division;
pub(crate) mod domain;
mod explorer;
mod outcome;
mod question;
pub mod report;
mod sessions;
pub(crate) mod strangers;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod values;

use std::fmt;

use model::{AccessControlList, CanonicalUserId, Grantee, ObjectKey, Principal};

pub use self::outcome::{Alternative, Extent, Outcome};
pub use self::question::operation_of;
pub use self::report::who_can;
pub use self::sessions::{Session, StandsFor};
use crate::policy::vocabulary::NamedCallers;
use crate::{Action, BucketFacts, IdentityFacts, Rule, Source, Subject, Switches};

/// What is asked: who may take an action on a bucket, or on its objects.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// The bucket.
    pub bucket: &'a BucketFacts,
    /// The action.
    pub action: Action,
    /// On what.
    pub scope: Scope<'a>,
    /// Objects whose owner or ACL is not that of an ordinary object of the bucket owner, as far as
    /// they are known.
    pub objects: &'a [KnownObject],
    /// The tags of the one object that is asked about, if they are known.
    pub tags: Option<&'a [(String, String)]>,
    /// The operator's choices.
    pub switches: &'a Switches,
    /// Whether the bucket is one of Amazon's, where requests can have values that this server never
    /// has, as `aws:SourceVpc`.
    pub is_amazon: bool,
}

/// What of a bucket is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope<'a> {
    /// Keys that begin so; for actions on buckets, the bucket, and listings of such keys.
    Prefix(&'a str),
    /// One object, as it is.
    Object(&'a KnownObject),
}

/// An object that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownObject {
    /// Its key.
    pub key: ObjectKey,
    /// Its stored owner.
    pub owner: CanonicalUserId,
    /// Its stored ACL; absent means that only the owner has full control.
    pub acl: Option<AccessControlList>,
    /// How many versions of the key are like this one.
    pub versions: u64,
}

/// Somebody who may call.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who.
    pub principal: Principal,
    /// Its own policies.
    pub identity: Option<IdentityFacts>,
    /// How each of the policies of `identity` is called, in their order.
    pub policy_names: Vec<String>,
    /// How its boundary is called.
    pub boundary_name: String,
    /// Its tags; absent if nobody knows them.
    pub tags: Option<Vec<(String, String)>>,
    /// What it stands for.
    pub kind: CallerKind,
}

/// What a caller stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallerKind {
    /// Everybody, without signing.
    Everyone,
    /// Every AWS account of which nothing is said.
    AnyAccount,
    /// An account, or principals of an account, that this server does not have.
    Stranger,
    /// An account that this server does not have, and that only its canonical user id names.
    Grantee,
    /// The root user of an account that is there.
    Root,
    /// A user that is there.
    User,
    /// A role that is there.
    Role,
    /// A federated user that somebody who is there can make.
    FederatedUser,
    /// An AWS service.
    Service,
}

/// Why an answer may be incomplete.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// A pattern holds the value of this condition key, which requests choose.
    Coupled(String),
    /// The patterns are too many, or too involved, for the limit.
    TooManyPatterns,
    /// The conditions are too many for the limit.
    TooManyDecisions,
    /// A comparison without regard to letter case beyond ASCII.
    LetterCase,
    /// A value is compared as something else than it is.
    OtherType,
    /// A policy asks for `x-amz-grant-…` headers, whose grants are not looked at.
    GrantHeaders,
    /// A policy asks for the unique id of a caller that is not here.
    UniqueId,
    /// The tags of a request and their keys are asked about together.
    Tags,
    /// A policy names an AWS service that is not known.
    Service,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Coupled(key) => write!(f, "a pattern contains ${{{key}}}, which requests choose"),
            Self::TooManyPatterns => f.write_str("the patterns are too many for the limit"),
            Self::TooManyDecisions => f.write_str("the conditions are too many for the limit"),
            Self::LetterCase => f.write_str("letter case is ignored beyond ASCII"),
            Self::OtherType => f.write_str("a value is compared as another type than it has"),
            Self::GrantHeaders => f.write_str("a policy asks for x-amz-grant headers"),
            Self::UniqueId => f.write_str("a policy asks for aws:userid"),
            Self::Service => f.write_str("a policy names an AWS service that is not known"),
            Self::Tags => f.write_str("tags of a request and their keys are asked about together"),
        }
    }
}

/// A rule that spoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Which.
    pub rule: Rule,
    /// What inside it.
    pub subject: Subject,
}

/// What one caller may do.
#[derive(Clone, Debug)]
pub struct Reach {
    /// Any object of the bucket owner with an ordinary ACL, or the bucket.
    pub ordinary: Outcome,
    /// The objects of the question, in groups for which the same is true.
    pub objects: Vec<ObjectsReach>,
    /// The rules that allow.
    pub paths: Vec<Evidence>,
    /// The rules that refuse.
    pub cuts: Vec<Evidence>,
    /// Why there may be more.
    pub doubts: Vec<Doubt>,
    /// Whether everybody, or everybody with any account, is let in by a rule that Amazon calls
    /// public.
    pub is_public: bool,
}

/// What one caller may do with some objects.
#[derive(Clone, Debug)]
pub struct ObjectsReach {
    /// What it may do with them.
    pub outcome: Outcome,
    /// How many they are.
    pub count: u64,
    /// Some of them.
    pub examples: Vec<ObjectKey>,
}

impl Reach {
    /// Whether some request is allowed.
    pub fn is_something(&self) -> bool {
        self.ordinary.extent() != Extent::Never
            || self.objects.iter().any(|objects| objects.outcome.extent() != Extent::Never)
    }
}

/// The beginning of keys that a listing is asked about.
impl<'a> Question<'a> {
    pub(crate) fn listed_prefix(&self) -> &'a str {
        match self.scope {
            Scope::Prefix(prefix) => prefix,
            Scope::Object(object) => object.key.as_str(),
        }
    }
}

/// What a caller may do. Pure: equal arguments give equal answers.
pub fn reach(question: &Question<'_>, caller: &Caller) -> Reach {
    explorer::reach(question, caller)
}

/// Everybody that a bucket's rules can tell from others and that is not here: all without a
/// signature, accounts that are named and those that are not, and services.
pub fn strangers(question: &Question<'_>, known: &[model::AccountIdentity]) -> Vec<Caller> {
    strangers::of(question, known)
}

/// Somebody who is there, once for every session that the rules tell apart: of a role, and of the
/// federated users that a user or root user can make.
pub fn sessions(question: &Question<'_>, caller: &Caller) -> Vec<Session> {
    sessions::of(question, caller)
}

/// The canonical user ids that ACLs name.
fn grantees<'a>(acls: impl Iterator<Item = &'a AccessControlList>) -> Vec<CanonicalUserId> {
    let mut ids = Vec::new();
    for acl in acls {
        for grant in &acl.grants {
            if let Grantee::CanonicalUser(id) = &grant.grantee
                && !ids.contains(id)
            {
                ids.push(id.clone());
            }
        }
    }
    ids
}

/// What policies say about callers, for a bucket.
fn named_callers(question: &Question<'_>) -> NamedCallers {
    let mut named = NamedCallers::default();
    if let Some(policy) = &question.bucket.policy {
        named.add(policy);
    }
    named
}

/// How the kind of policy is called that a source is.
pub fn source_name(source: Source) -> &'static str {
    match source {
        Source::IdentityPolicy => "identity policy",
        Source::PermissionsBoundary => "permissions boundary",
        Source::SessionPolicy => "session policy",
        Source::ResourcePolicy => "bucket policy",
    }
}
