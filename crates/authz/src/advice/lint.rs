//! What is wrong, or probably not meant, in a policy.
//!
//! What can be read off the text is read off the text. Whether a statement can ever apply, and whether
//! a Deny takes all of it away, is asked of `reach` with a policy of those statements alone.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::{
    AccessControlList, AccountId, AccountIdentity, BucketName, CanonicalUserId, ObjectOwnership,
    PublicAccessBlock,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::policy::{AskedAction, PathStep, matches_action};
use crate::reach::{Question, Scope, operation_of, reach, strangers};
use crate::{Action, BucketFacts, ConditionKey, Policy, Switches};

/// What a policy belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyKind {
    /// A bucket.
    Bucket(BucketName),
    /// A user, group or role.
    Identity,
    /// A role that is assumed.
    Trust,
    /// Anything that has a policy of its own; nobody says what.
    Resource,
}

/// One thing that was found. The types are those of Access Analyzer's ValidatePolicy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// `ERROR`, `SECURITY_WARNING`, `WARNING` or `SUGGESTION`.
    pub kind: String,
    /// A word for programs.
    pub code: String,
    /// What it is.
    pub message: String,
    /// Which statement, counted from 1.
    pub statement: Option<u16>,
    /// Where the statement begins, counted from 1.
    pub line: Option<u32>,
    /// The way to it.
    #[serde(skip)]
    pub path: Vec<PathStep>,
}

/// Everything that is found in a policy, in the order of its statements.
pub fn lint(text: &str, kind: &PolicyKind) -> Vec<Finding> {
    let mut linter = Linter { text, kind, is_list: false, lines: Vec::new(), found: Vec::new() };
    let document: Value = match serde_json::from_str(text) {
        Ok(document) => document,
        Err(error) => {
            let line = u32::try_from(error.line()).ok();
            linter.push("ERROR", "JSON_SYNTAX", error.to_string(), None);
            linter.found.iter_mut().for_each(|finding| finding.line = line);
            return linter.found;
        }
    };
    let parsed = match kind {
        PolicyKind::Bucket(bucket) => Policy::parse_stored_bucket_policy(text, bucket)
            .map_err(|error| error.message().to_owned()),
        PolicyKind::Identity => {
            Policy::parse_identity_policy(text).map_err(|error| error.message().to_owned())
        }
        PolicyKind::Trust => {
            Policy::parse_stored_trust_policy(text).map_err(|error| error.message().to_owned())
        }
        PolicyKind::Resource => {
            Policy::parse_resource_policy(text).map_err(|error| error.message().to_owned())
        }
    };
    linter.lines = crate::policy::statement_lines(text);
    linter.is_list = document.get("Statement").is_some_and(Value::is_array);
    linter.version(&document);
    let statements = match document.get("Statement") {
        Some(Value::Array(list)) => list.clone(),
        Some(single) => vec![single.clone()],
        None => Vec::new(),
    };
    for (at, statement) in (0_u16..).zip(&statements) {
        if let Value::Object(statement) = statement {
            linter.statement(at, statement);
        }
    }
    match (parsed, kind) {
        (Err(message), _) => linter.push("ERROR", "POLICY_REFUSED", message, None),
        (Ok(policy), PolicyKind::Bucket(bucket)) => {
            linter.meaning(&policy, bucket, &document, &statements);
        }
        (Ok(policy), PolicyKind::Trust | PolicyKind::Resource) => {
            (0_u16..)
                .zip(&statements)
                .filter(|(at, _)| policy.is_public_statement(*at))
                .for_each(|(at, _)| linter.public(at));
        }
        (Ok(_), PolicyKind::Identity) => {}
    }
    linter.found.sort_by_key(|finding| finding.statement);
    linter.found
}

struct Linter<'a> {
    text: &'a str,
    kind: &'a PolicyKind,
    /// Whether the statements are a list.
    is_list: bool,
    lines: Vec<u32>,
    found: Vec<Finding>,
}

impl Linter<'_> {
    fn push(&mut self, kind: &str, code: &str, message: String, statement: Option<u16>) {
        let line = statement.and_then(|at| self.lines.get(usize::from(at)).copied());
        let path = statement.map(|at| self.path(at)).unwrap_or_default();
        self.found.push(Finding {
            kind: kind.to_owned(),
            code: code.to_owned(),
            message,
            statement: statement.map(|at| at.saturating_add(1)),
            line,
            path,
        });
    }

    /// The same about a member of a statement.
    fn push_at(
        &mut self,
        (kind, code, message): (&str, &str, String),
        at: u16,
        inside: impl IntoIterator<Item = PathStep>,
    ) {
        self.push(kind, code, message, Some(at));
        if let Some(pushed) = self.found.last_mut() {
            pushed.path.extend(inside);
        }
    }

    fn path(&self, at: u16) -> Vec<PathStep> {
        let item = self.is_list.then_some(PathStep::Item(usize::from(at)));
        std::iter::once(member("Statement")).chain(item).collect()
    }

    fn version(&mut self, document: &Value) {
        let version = document.get("Version").and_then(Value::as_str);
        if version.is_none() {
            let message =
                "without Version the policy is one of 2008-10-17, in which ${…} has no meaning";
            self.push("WARNING", "MISSING_VERSION", message.to_owned(), None);
        } else if version == Some("2008-10-17") && self.text.contains("${") {
            let message = "in version 2008-10-17 a ${…} is text like any other";
            self.push("WARNING", "OLD_VERSION_WITH_VARIABLE", message.to_owned(), None);
        }
    }

    fn statement(&mut self, at: u16, statement: &Map<String, Value>) {
        let allows = statement.get("Effect").and_then(Value::as_str) == Some("Allow");
        self.actions(at, statement);
        self.conditions(at, statement);
        if allows && statement.contains_key("NotPrincipal") {
            let message = "NotPrincipal with Allow lets in everybody else, anonymous callers too";
            let what = ("ERROR", "ALLOW_WITH_NOT_PRINCIPAL", message.to_owned());
            self.push_at(what, at, [member("NotPrincipal")]);
        }
        for (name, what) in [("NotAction", "action"), ("NotResource", "resource")] {
            if allows && statement.contains_key(name) {
                let message = format!("{name} with Allow gives every {what} that is not listed");
                self.push_at(("SECURITY_WARNING", "ALLOW_WITH_NOT", message), at, [member(name)]);
            }
        }
        if let PolicyKind::Bucket(bucket) = self.kind {
            let bucket = bucket.clone();
            for (step, resource) in listed(statement, "Resource") {
                let name = resource.strip_prefix("arn:aws:s3:::").unwrap_or_default();
                let other = name.split('/').next().unwrap_or_default();
                let is_literal = !other.contains(['*', '?', '$']) && !other.is_empty();
                if is_literal && other != bucket.as_str() {
                    let message = format!("{resource} is in another bucket than {bucket}");
                    self.push_at(("ERROR", "OTHER_BUCKET", message), at, step);
                }
            }
        }
    }

    fn actions(&mut self, at: u16, statement: &Map<String, Value>) {
        for name in ["Action", "NotAction"] {
            for (step, action) in listed(statement, name) {
                let is_s3 = action == "*" || action.to_ascii_lowercase().starts_with("s3:");
                let is_known = Action::ALL
                    .iter()
                    .any(|&known| matches_action(&action, AskedAction::S3(known)));
                if is_s3 && !is_known {
                    let message = format!("there is no action of S3 that {action} means");
                    self.push_at(("ERROR", "UNKNOWN_ACTION", message), at, step);
                } else if !is_s3 && matches!(self.kind, PolicyKind::Bucket(_)) {
                    let message =
                        format!("{action} is no action of S3, and nothing else reaches a bucket");
                    self.push_at(("ERROR", "OTHER_SERVICE", message), at, step);
                }
            }
        }
    }

    fn conditions(&mut self, at: u16, statement: &Map<String, Value>) {
        let Some(Value::Object(operators)) = statement.get("Condition") else { return };
        for (operator, keys) in operators {
            let Value::Object(keys) = keys else { continue };
            for key in keys.keys() {
                let step = || [member("Condition"), member(operator), member(key)];
                let is_ours = ["aws:", "s3:"].iter().any(|service| {
                    key.get(..service.len()).is_some_and(|own| own.eq_ignore_ascii_case(service))
                });
                let parsed = ConditionKey::parse(key);
                if matches!(parsed, ConditionKey::Foreign(_)) && is_ours {
                    let message = format!("there is no condition key {key}");
                    self.push_at(("ERROR", "UNKNOWN_CONDITION_KEY", message), at, step());
                }
                let is_plain = !operator.starts_with("ForA") && operator != "Null";
                if parsed.is_multivalued() && is_plain {
                    let message = format!(
                        "{key} may have several values: ForAllValues or ForAnyValue is called for"
                    );
                    self.push_at(("WARNING", "MULTIVALUED_KEY", message), at, step());
                }
                if operator.starts_with("ForAllValues:")
                    && statement.get("Effect").and_then(Value::as_str) == Some("Allow")
                {
                    let message = format!("{operator} is satisfied too if a request has no {key}");
                    let what = ("SECURITY_WARNING", "FOR_ALL_VALUES_WITH_ALLOW", message);
                    self.push_at(what, at, step());
                }
            }
        }
    }
}

/// What statements mean.
impl Linter<'_> {
    fn public(&mut self, at: u16) {
        let message = "everybody is let in: Amazon calls this statement public";
        self.push("SECURITY_WARNING", "PUBLIC_ACCESS", message.to_owned(), Some(at));
    }

    fn meaning(
        &mut self,
        policy: &Policy,
        bucket: &BucketName,
        document: &Value,
        statements: &[Value],
    ) {
        let effect = |value: &Value| value.get("Effect").and_then(Value::as_str) == Some("Allow");
        let denies: Vec<Value> = statements.iter().filter(|one| !effect(one)).cloned().collect();
        let version = document.get("Version").cloned();
        for (at, statement) in (0_u16..).zip(statements) {
            let Some(alone) =
                reached(std::slice::from_ref(&as_allow(statement)), version.as_ref(), bucket)
            else {
                continue;
            };
            if !alone {
                let message = "no request can ever satisfy this statement";
                self.push("WARNING", "NEVER_MATCHES", message.to_owned(), Some(at));
                continue;
            }
            if !effect(statement) {
                continue;
            }
            if policy.is_public_statement(at) {
                self.public(at);
            }
            let with_denies: Vec<_> =
                std::iter::once(statement.clone()).chain(denies.iter().cloned()).collect();
            if !denies.is_empty() && reached(&with_denies, version.as_ref(), bucket) == Some(false)
            {
                let message = "everything that this statement allows is denied by another one";
                self.push("WARNING", "SHADOWED_BY_DENY", message.to_owned(), Some(at));
            }
        }
    }
}

/// The same statement with Allow, for whomever it names.
fn as_allow(statement: &Value) -> Value {
    let mut statement = statement.clone();
    if let Value::Object(members) = &mut statement {
        members.insert("Effect".to_owned(), json!("Allow"));
        if members.remove("NotPrincipal").is_some() {
            members.insert("Principal".to_owned(), json!("*"));
        }
    }
    statement
}

/// Whether a policy of these statements lets somebody do something. `None` if that could not be
/// decided.
fn reached(statements: &[Value], version: Option<&Value>, bucket: &BucketName) -> Option<bool> {
    let mut document = json!({"Statement": statements});
    if let (Value::Object(members), Some(version)) = (&mut document, version) {
        members.insert("Version".to_owned(), version.clone());
    }
    let policy = Policy::parse_stored_bucket_policy(&document.to_string(), bucket).ok()?;
    let facts = open_bucket(bucket, policy)?;
    let mut is_certain = true;
    let listed: BTreeSet<Action> = statements.first()?.get("Action").map_or_else(
        || Action::ALL.iter().copied().collect(),
        |actions| {
            let texts = texts(Some(actions));
            let named = |action: &&Action| {
                texts.iter().any(|text| matches_action(text, AskedAction::S3(**action)))
            };
            Action::ALL.iter().filter(named).copied().collect()
        },
    );
    for action in listed {
        // Actions of operations that are not served cannot be tried; nor has every action one.
        if operation_of(action).is_none() {
            is_certain = false;
            continue;
        }
        let question = Question {
            bucket: &facts,
            action,
            scope: Scope::Prefix(""),
            objects: &[],
            tags: None,
            switches: &Switches::default(),
            is_amazon: true,
        };
        for caller in &strangers(&question, &[]) {
            let reach = reach(&question, caller);
            if reach.is_something() {
                return Some(true);
            }
            is_certain &= reach.doubts.is_empty();
        }
    }
    is_certain.then_some(false)
}

/// A bucket in which nothing but its policy decides.
fn open_bucket(name: &BucketName, policy: Policy) -> Option<BucketFacts> {
    let owner = AccountIdentity {
        id: AccountId::from_number(0)?,
        canonical_id: CanonicalUserId::parse(&"f".repeat(64))?,
    };
    Some(BucketFacts {
        name: name.clone(),
        acl: AccessControlList { owner: owner.canonical_id.clone(), grants: Vec::new() },
        owner,
        region: "us-east-1".to_owned(),
        ownership: Some(ObjectOwnership::BucketOwnerEnforced),
        public_access: PublicAccessBlock::NONE,
        policy: Some(Arc::new(policy)),
        requester_pays: false,
    })
}

fn member(name: &str) -> PathStep {
    PathStep::Member(name.to_owned())
}

/// The texts of a member with the way to each.
pub(super) fn listed(statement: &Map<String, Value>, name: &str) -> Vec<(Vec<PathStep>, String)> {
    let value = statement.get(name);
    let is_list = value.is_some_and(Value::is_array);
    let path = |at: usize| {
        std::iter::once(member(name)).chain(is_list.then_some(PathStep::Item(at))).collect()
    };
    texts(value).into_iter().enumerate().map(|(at, text)| (path(at), text)).collect()
}

fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(list)) => {
            list.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
