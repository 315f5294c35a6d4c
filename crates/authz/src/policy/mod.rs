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
mod condition;
mod document;
mod json;
mod malformed;
mod operator;
mod pattern;
mod principal;
mod public;
mod request_values;
mod resource;
mod scalar;
mod statement;
#[cfg(test)]
mod tests;

use model::{BucketName, Principal, S3Error};

use self::document::Grammar;
use self::request_values::RequestValues;
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
    /// The action.
    pub action: Action,
    /// The bucket, absent for actions without a resource.
    pub bucket: Option<&'a str>,
    /// The key, for actions on objects.
    pub key: Option<&'a str>,
    /// Condition values.
    pub context: &'a dyn ContextSource,
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
    }

    /// Compiles a bucket policy that was accepted before. Principals may have vanished since; they
    /// match nobody. An error means that the stored text is damaged or comes from a newer version:
    /// the bucket must then not be served as though it had no policy.
    pub fn parse_stored_bucket_policy(text: &str, bucket: &BucketName) -> Result<Self, S3Error> {
        let directory = &EverybodyExists;
        let resource_star = ResourceStar::Accept;
        Self::parse(text, Grammar::Bucket { bucket, directory, resource_star })
    }

    /// Validates and compiles a policy of a user, role, boundary or session. It has no principal,
    /// may speak of other services, and is otherwise the same language.
    pub fn parse_identity_policy(text: &str) -> Result<Self, S3Error> {
        Self::parse(text, Grammar::Identity)
    }

    fn parse(text: &str, grammar: Grammar<'_>) -> Result<Self, S3Error> {
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

    /// How to call a statement of this policy in an explanation.
    pub fn statement_label(&self, index: u16) -> StatementLabel<'_> {
        let statement = self.statements.get(usize::from(index));
        let sid = statement.and_then(|statement| statement.sid.as_deref());
        StatementLabel { sid: sid.filter(|sid| !sid.is_empty()), index }
    }

    /// The document, byte for byte as it was received (POL-2).
    pub fn text(&self) -> &str {
        &self.text
    }
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
}
