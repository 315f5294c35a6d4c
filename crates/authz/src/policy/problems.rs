//! Where a document is not a policy, statement by statement: what ValidatePolicy tells beyond the one
//! error of who stores it.
//!
//! The names of problems are those of Access Analyzer, as far as it has the same. AWS: IAM User Guide,
//! "IAM policy validation check reference".

use serde_json::{Map, Value, json};

use super::document::{self, Grammar};
use super::malformed::Malformed;
use super::normal_form::STATEMENT_MEMBERS;
use super::positions::PathStep;
use super::{EverybodyExists, ResourceStar};
use crate::advice::lint::PolicyKind;

/// Something that keeps a document from being a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// A word for programs.
    pub(crate) code: &'static str,
    /// What it is.
    pub(crate) message: String,
    /// Where.
    pub(crate) path: Vec<PathStep>,
}

/// What keeps a JSON document from being a policy: the first thing of each statement, or else of the
/// whole.
pub(crate) fn problems(text: &str, kind: &PolicyKind) -> Vec<Problem> {
    let Err(whole) = parse(text, kind) else { return Vec::new() };
    let document: Value = serde_json::from_str(text).unwrap_or_default();
    let statements = document.get("Statement");
    let (list, single) = match statements {
        Some(Value::Array(list)) => (list.as_slice(), false),
        Some(one) => (std::slice::from_ref(one), true),
        None => (&[][..], false),
    };
    let mut found = Vec::new();
    for (index, statement) in list.iter().enumerate() {
        let mut alone = Map::new();
        if let Some(version) = document.get("Version") {
            alone.insert("Version".to_owned(), version.clone());
        }
        alone.insert("Statement".to_owned(), json!([statement]));
        if let Err(malformed) = parse(&Value::Object(alone).to_string(), kind) {
            let mut path = vec![member("Statement")];
            path.extend((!single).then_some(PathStep::Item(index)));
            found.extend(of_statement(&malformed, statement, path, kind));
        }
    }
    if found.is_empty() {
        found.push(of_whole(&whole, kind));
    }
    found
}

fn parse(text: &str, kind: &PolicyKind) -> Result<(), Malformed> {
    let directory = &EverybodyExists;
    let grammar = match kind {
        PolicyKind::Bucket(bucket) => {
            Grammar::Bucket { bucket, directory, resource_star: ResourceStar::Reject }
        }
        PolicyKind::Identity => Grammar::Identity,
        PolicyKind::Trust => Grammar::Trust { directory },
        PolicyKind::Resource => Grammar::Resource { directory },
    };
    document::parse(text, grammar).map(drop)
}

fn member(name: &str) -> PathStep {
    PathStep::Member(name.to_owned())
}

fn of_whole(malformed: &Malformed, kind: &PolicyKind) -> Problem {
    let (code, path) = match malformed {
        Malformed::FirstByte | Malformed::Json(_) => ("JSON_SYNTAX_ERROR", Vec::new()),
        Malformed::Missing(_) => ("MISSING_STATEMENT", Vec::new()),
        Malformed::StatementEmpty => ("MISSING_STATEMENT", vec![member("Statement")]),
        Malformed::Version => ("INVALID_VERSION", vec![member("Version")]),
        Malformed::VersionTooOld => ("INVALID_VERSION", Vec::new()),
        Malformed::SidNotUnique => ("UNIQUE_SIDS_REQUIRED", vec![member("Statement")]),
        Malformed::TooLarge => (too_large(kind), Vec::new()),
        _ => ("INVALID_POLICY_ELEMENT", Vec::new()),
    };
    Problem { code, message: malformed.text().into_owned(), path }
}

fn too_large(kind: &PolicyKind) -> &'static str {
    match kind {
        PolicyKind::Identity => "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA",
        _ => "POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA",
    }
}

/// What is wrong in a statement; `None` if it is wrong in all of them, and hence not here.
fn of_statement(
    malformed: &Malformed,
    statement: &Value,
    mut path: Vec<PathStep>,
    kind: &PolicyKind,
) -> Option<Problem> {
    let has = |name: &str| statement.get(name).is_some();
    let either = |name: &str| {
        let not = format!("Not{name}");
        vec![PathStep::Member(if has(&not) { not } else { name.to_owned() })]
    };
    let listed = |name: &str, text: &str| {
        let mut path = either(name);
        if let Some(PathStep::Member(member)) = path.first()
            && let Some(Value::Array(list)) = statement.get(member)
        {
            let index = list.iter().position(|one| one.as_str() == Some(text));
            path.extend(index.map(PathStep::Item));
        }
        path
    };
    let condition = || vec![member("Condition")];
    let (code, inside) = match malformed {
        Malformed::Missing("Effect") => ("MISSING_EFFECT", Vec::new()),
        Malformed::Missing("Action") => ("MISSING_ACTION", Vec::new()),
        Malformed::Missing("Resource") => ("MISSING_RESOURCE", Vec::new()),
        Malformed::Missing("Principal") => ("MISSING_PRINCIPAL", Vec::new()),
        Malformed::Effect(_) => ("INVALID_EFFECT", vec![member("Effect")]),
        Malformed::Principal(_) => ("INVALID_PRINCIPAL_FORMAT", either("Principal")),
        Malformed::Action(text) => ("INVALID_ACTION", listed("Action", text)),
        Malformed::Resource(text) if !text.starts_with("arn:") => {
            ("INVALID_ARN_PREFIX", listed("Resource", text))
        }
        Malformed::Resource(text) => ("INVALID_ARN_RESOURCE", listed("Resource", text)),
        Malformed::ActionResource => ("ACTION_WITHOUT_RESOURCE", either("Resource")),
        Malformed::ConditionKey => ("INVALID_SERVICE_CONDITION_KEY", condition()),
        Malformed::ConditionCombination => ("CONDITION_KEY_WITHOUT_ACTION", condition()),
        Malformed::ConditionType(name) => {
            ("INVALID_CONDITION_OPERATOR", vec![member("Condition"), member(name)])
        }
        Malformed::IpAddress => ("TYPE_MISMATCH_IP_RANGE", condition()),
        Malformed::Date => ("TYPE_MISMATCH_DATE", condition()),
        Malformed::IdentityPrincipal => ("UNSUPPORTED_PRINCIPAL", either("Principal")),
        Malformed::AllowNotPrincipal => ("ALLOW_WITH_NOT_PRINCIPAL", either("Principal")),
        Malformed::TrustResource | Malformed::TrustNotResource => {
            ("INVALID_POLICY_ELEMENT", either("Resource"))
        }
        Malformed::TrustNotPrincipal => ("INVALID_POLICY_ELEMENT", either("Principal")),
        Malformed::TrustAction => ("UNSUPPORTED_ACTION_IN_POLICY", either("Action")),
        Malformed::Syntax => syntax(statement),
        Malformed::TooLarge => (too_large(kind), Vec::new()),
        _ => return None,
    };
    path.extend(inside);
    let message = match malformed {
        Malformed::Action(text) | Malformed::Resource(text) => {
            format!("{}: {text}", malformed.text())
        }
        _ => malformed.text().into_owned(),
    };
    Some(Problem { code, message, path })
}

fn syntax(statement: &Value) -> (&'static str, Vec<PathStep>) {
    let Value::Object(members) = statement else { return ("DATA_TYPE_MISMATCH", Vec::new()) };
    let unknown = members.keys().find(|name| !STATEMENT_MEMBERS.contains(&name.as_str()));
    if let Some(unknown) = unknown {
        return ("INVALID_POLICY_ELEMENT", vec![member(unknown)]);
    }
    for name in ["Principal", "Action", "Resource"] {
        if members.contains_key(name) && members.contains_key(&format!("Not{name}")) {
            return ("UNSUPPORTED_ELEMENT_COMBINATION", vec![member(name)]);
        }
    }
    let is_texts = |value: &Value| match value {
        Value::Array(list) => list.iter().all(Value::is_string),
        one => one.is_string(),
    };
    let lists = ["Action", "NotAction", "Resource", "NotResource", "Effect", "Sid"];
    let wrong = lists.iter().find(|name| members.get(**name).is_some_and(|one| !is_texts(one)));
    match wrong {
        Some(name) => ("DATA_TYPE_MISMATCH", vec![member(name)]),
        None if members.contains_key("Condition") => {
            ("INVALID_CONDITION_DATA_TYPE", vec![member("Condition")])
        }
        None => ("DATA_TYPE_MISMATCH", Vec::new()),
    }
}
