//! The policy language (§5): documents, patterns, conditions, principals.
//!
//! A [`Policy`] is validated and compiled once, when it is stored or loaded, and then asked many
//! times. A document that is not understood to the last element is refused as a whole: half a
//! policy means something that nobody wrote.
//!
//! What is deliberately not here: how the answers of several policies, ACLs and settings combine
//! (see [`decide`](crate::decide())).

mod action_pattern;
mod arn;
pub(crate) mod condition;
mod document;
mod json;
mod json_scan;
pub(crate) mod language;
mod malformed;
mod matches;
mod mismatch;
mod normal_form;
mod operator;
mod pattern;
pub(crate) mod phrase;
mod positions;
mod principal;
mod principal_names;
mod problems;
mod public;
mod request_values;
mod resource;
mod scalar;
mod statement;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod vocabulary;
mod wildcard_search;

use model::{BucketName, Principal, S3Error};

use self::document::Grammar;
pub(crate) use self::document::TRUST_ACTIONS;
pub use self::json::normalized_length_bytes;
use self::malformed::Malformed;
pub use self::malformed::MalformedPolicyDocument;
pub use self::matches::EveryMatch;
pub use self::mismatch::Mismatch;
pub use self::positions::{PathStep, Position, locate, position};
pub use self::principal_names::{PrincipalNames, with_arns, with_unique_ids};
pub(crate) use self::problems::problems;
use self::request_values::RequestValues;
pub use self::request_values::user_id;
use self::resource::ResourceName;
use self::statement::{Effect, Statement};
use crate::{Action, ContextSource};

/// A policy, compiled once when it is stored or loaded.
#[derive(Debug)]
pub struct Policy {
    text: Box<str>,
    statements: Box<[Statement]>,
}

/// Where the documentation of Amazon S3 and observations disagree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PolicyOptions {
    /// Whether `Resource` may be `*` alone in a bucket policy (U-13).
    pub resource_star: ResourceStar,
}

/// What becomes of a bucket policy with `*` alone as its resource (U-13).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResourceStar {
    /// POL-E12.
    #[default]
    Reject,
    /// It means the bucket and everything in it.
    Accept,
}

/// What a policy is asked.
#[derive(Clone, Copy)]
pub struct Query<'a> {
    /// Who asks.
    pub caller: &'a Principal,
    /// The identity provider whose token the caller bears instead of a signature, by the name that
    /// trust policies have for it. The caller itself is then anonymous.
    pub provider: Option<&'a str>,
    /// The action.
    pub action: AskedAction<'a>,
    /// What it acts on.
    pub resource: AskedResource<'a>,
    /// Condition values.
    pub context: &'a dyn ContextSource,
}

/// An action that a policy is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskedAction<'a> {
    /// An action of S3.
    S3(Action),
    /// Any other, as `iam:CreateUser`. Letter case does not matter.
    Api(&'a str),
}

impl<'a> AskedAction<'a> {
    /// Reads `service:Name`.
    pub fn new(name: &'a str) -> Self {
        let known = |action: &&Action| action.name().eq_ignore_ascii_case(name);
        Action::ALL.iter().find(known).map_or(Self::Api(name), |&action| Self::S3(action))
    }

    /// The action of S3, if it is one.
    pub fn s3(self) -> Option<Action> {
        match self {
            Self::S3(action) => Some(action),
            Self::Api(_) => None,
        }
    }
}

/// What an action acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskedResource<'a> {
    /// Nothing in particular: `*`.
    None,
    /// A bucket.
    Bucket(&'a str),
    /// A key in a bucket.
    Object(&'a str, &'a str),
    /// Anything else, by its ARN.
    Arn(&'a str),
}

impl<'a> AskedResource<'a> {
    /// Reads an ARN or `*`.
    pub fn new(arn: &'a str) -> Self {
        match (arn, arn.strip_prefix("arn:aws:s3:::")) {
            ("*", _) => Self::None,
            (_, None) => Self::Arn(arn),
            (_, Some(name)) => match name.split_once('/') {
                None => Self::Bucket(name),
                Some((bucket, key)) => Self::Object(bucket, key),
            },
        }
    }
}

/// What a policy answers: the first statement that denies, and the best one that allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Index of the first `Deny` statement that applies.
    pub deny: Option<u16>,
    /// The `Allow` statement that names the caller most closely; of equals, the first.
    pub allow: Option<(u16, Naming)>,
}

/// How closely an `Allow` of a resource policy names the caller (§6.4, §6.5); the greatest counts.
///
/// Statements of identity policies name their bearer exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Naming {
    /// By its account or the account's root (delegation: the identity policy must allow too).
    Account,
    /// By `*`.
    Everyone,
    /// By the role that the session belongs to.
    Role,
    /// Exactly: user, session, federated user, service; or root by its account.
    Exact,
}

/// Says whether a principal that a policy names exists (POL-E8).
pub trait PrincipalDirectory {
    /// Whether the account exists.
    fn account_exists(&self, account_id: &str) -> bool;
    /// Whether an account has this canonical user id.
    fn canonical_id_exists(&self, canonical_id: &str) -> bool;
    /// Whether this user or role exists; `arn` is a full IAM ARN of an existing account.
    fn iam_arn_exists(&self, arn: &str) -> bool;
    /// Whether a user or role has this unique id, `AIDA…` or `AROA…` (POL-3).
    fn unique_id_exists(&self, unique_id: &str) -> bool;
}

/// How people call a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatementLabel<'a> {
    /// Its `Sid`, if it has one that is not empty.
    pub sid: Option<&'a str>,
    /// Its place in the policy, counted from zero.
    pub index: u16,
}

impl Policy {
    /// Validates and compiles what PutBucketPolicy was given. Errors: §5.3, `MalformedPolicy`.
    pub fn parse_bucket_policy(
        text: &str,
        bucket: &BucketName,
        directory: &dyn PrincipalDirectory,
        options: PolicyOptions,
    ) -> Result<Self, S3Error> {
        let resource_star = options.resource_star;
        Self::parse(text, Grammar::Bucket { bucket, directory, resource_star })
            .map_err(Malformed::in_bucket_policy)
    }

    /// Compiles a bucket policy that was accepted before. Principals may have vanished since; they
    /// match nobody. An error means that the stored text is damaged or comes from a newer version:
    /// the bucket must then not be served as though it had no policy.
    pub fn parse_stored_bucket_policy(text: &str, bucket: &BucketName) -> Result<Self, S3Error> {
        let directory = &EverybodyExists;
        let resource_star = ResourceStar::Accept;
        Self::parse(text, Grammar::Bucket { bucket, directory, resource_star })
            .map_err(Malformed::in_bucket_policy)
    }

    /// Validates and compiles a policy of a user, role, boundary or session. It has no principal,
    /// may speak of any service, and is otherwise the same language. AWS: IAM API Reference,
    /// PutUserPolicy and CreatePolicy.
    pub fn parse_identity_policy(text: &str) -> Result<Self, MalformedPolicyDocument> {
        Self::parse(text, Grammar::Identity).map_err(Malformed::in_identity_policy)
    }

    /// Validates and compiles a trust policy, which says who may assume a role. It has no resource,
    /// and no actions but those of assuming a role. AWS: IAM API Reference, CreateRole and
    /// UpdateAssumeRolePolicy.
    pub fn parse_trust_policy(
        text: &str,
        directory: &dyn PrincipalDirectory,
    ) -> Result<Self, MalformedPolicyDocument> {
        Self::parse(text, Grammar::Trust { directory }).map_err(Malformed::in_trust_policy)
    }

    /// Compiles a trust policy that was accepted before. Principals may have vanished since; they
    /// match nobody. An error means that the stored text is damaged or comes from a newer version:
    /// nobody may then assume the role.
    pub fn parse_stored_trust_policy(text: &str) -> Result<Self, MalformedPolicyDocument> {
        Self::parse_trust_policy(text, &EverybodyExists)
    }

    /// Compiles the policy of a resource of which nobody says what it is: a bucket policy, a trust
    /// policy, or one of another service. Its principals need not exist.
    pub fn parse_resource_policy(text: &str) -> Result<Self, MalformedPolicyDocument> {
        Self::parse(text, Grammar::Resource { directory: &EverybodyExists })
            .map_err(Malformed::in_trust_policy)
    }

    fn parse(text: &str, grammar: Grammar<'_>) -> Result<Self, Malformed> {
        Ok(Self { text: text.into(), statements: document::parse(text, grammar)? })
    }

    /// What the policy says about a request.
    pub fn evaluate(&self, query: &Query<'_>) -> Outcome {
        let resource = ResourceName::new(query);
        let values = RequestValues::new(*query);
        let mut outcome = Outcome::default();
        for (index, statement) in (0..).zip(&self.statements) {
            let Some(naming) = statement.naming(query) else { continue };
            let matters = match statement.effect {
                Effect::Deny => outcome.deny.is_none(),
                Effect::Allow => outcome.allow.is_none_or(|(_, best)| naming > best),
            };
            if !matters || !statement.covers(&resource, &values) {
                continue;
            }
            match statement.effect {
                Effect::Deny => outcome.deny = Some(index),
                Effect::Allow => outcome.allow = Some((index, naming)),
            }
        }
        outcome
    }

    /// Whether the policy is public (§4.4). Never true of identity policies.
    pub fn is_public(&self) -> bool {
        self.public_statement().is_some()
    }

    /// The first statement that makes the policy public (BPA-13).
    pub fn public_statement(&self) -> Option<u16> {
        let mut statements = (0..).zip(&self.statements);
        statements.find(|(_, statement)| public::is_public(statement)).map(|(index, _)| index)
    }

    /// Whether one statement makes the policy public (BPA-13).
    pub fn is_public_statement(&self, index: u16) -> bool {
        self.statements.get(usize::from(index)).is_some_and(public::is_public)
    }

    /// The actions of S3 that each statement with Allow lists, as far as operations are served.
    pub fn allowed_actions(&self) -> Vec<(u16, Vec<Action>)> {
        let served = |action: &&Action| crate::reach::operation_of(**action).is_some();
        let statements = (0_u16..).zip(&self.statements);
        let allowing = statements.filter(|(_, statement)| statement.effect == Effect::Allow);
        let listed = |statement: &Statement| {
            let all = Action::ALL.iter().filter(served);
            all.filter(|action| statement.actions.contains(AskedAction::S3(**action)))
                .copied()
                .collect()
        };
        allowing.map(|(at, statement)| (at, listed(statement))).collect()
    }

    /// How to call a statement of this policy in an explanation.
    pub fn statement_label(&self, index: u16) -> StatementLabel<'_> {
        let statement = self.statements.get(usize::from(index));
        let sid = statement.and_then(|statement| statement.sid.as_deref());
        StatementLabel { sid: sid.filter(|sid| !sid.is_empty()), index }
    }

    /// The document, byte for byte as it was parsed.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// A policy in the form in which recordings show it (POL-2), which means the same. What is no JSON
/// stays as it is.
pub fn normal_form(text: &str) -> String {
    normal_form::of(text).unwrap_or_else(|| text.to_owned())
}

/// Whether an element of `Action`, as a policy has it, means an action.
pub fn matches_action(element: &str, action: AskedAction<'_>) -> bool {
    let Some(listed) = action_pattern::ListedActions::parse(element) else { return false };
    action_pattern::ListedActions::actions(Box::new([listed])).contains(action)
}

/// The lines on which the statements of a policy begin, counted from 1.
pub fn statement_lines(text: &str) -> Vec<u32> {
    positions::of_statements(text).into_iter().map(|(begin, _)| begin.line).collect()
}

/// For policies whose principals were checked when they were stored.
struct EverybodyExists;

impl PrincipalDirectory for EverybodyExists {
    fn account_exists(&self, _account_id: &str) -> bool {
        true
    }

    fn canonical_id_exists(&self, _canonical_id: &str) -> bool {
        true
    }

    fn iam_arn_exists(&self, _arn: &str) -> bool {
        true
    }

    fn unique_id_exists(&self, _unique_id: &str) -> bool {
        true
    }
}
