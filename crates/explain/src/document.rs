//! Editing the text of a policy. What is not touched stays as somebody wrote it.

use audit::decision_log::Record;
use authz::Policy;
use model::Principal;
use serde::Serialize;
use serde_json::{Value, json};

/// A statement that allows.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Allowing {
    effect: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<Value>,
    action: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<Value>,
}

impl Allowing {
    /// A statement for an identity policy, or with a principal for a bucket policy.
    pub(crate) fn new(
        principal: Option<Value>,
        actions: &[String],
        resource: String,
        condition: Option<Value>,
    ) -> Self {
        let action = match actions {
            [one] => json!(one),
            several => json!(several),
        };
        Self { effect: "Allow", principal, action, resource: Some(resource.into()), condition }
    }

    /// A statement for a trust policy, which is about nothing but its role.
    pub(crate) fn trusting(principal: Value, action: &str, condition: Option<Value>) -> Self {
        Self {
            effect: "Allow",
            principal: Some(principal),
            action: json!(action),
            resource: None,
            condition,
        }
    }

    pub(crate) fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The principal element that names a caller and nobody else.
pub(crate) fn principal_of(caller: &Principal) -> Value {
    match caller {
        Principal::Anonymous => json!("*"),
        Principal::Service(name) => json!({ "Service": name }),
        _ => json!({ "AWS": principal_arn(caller) }),
    }
}

/// The ARN of a caller; for a session that of its role.
pub(crate) fn principal_arn(caller: &Principal) -> Option<String> {
    match caller {
        Principal::AssumedRole { account, role, .. } => {
            Some(format!("arn:aws:iam::{}:role{}{}", account.id, role.path, role.name))
        }
        _ => caller.arn(),
    }
}

/// The ARN of what a record is about, written so that it means nothing else.
pub(crate) fn resource_of(record: &Record, with_key: bool, version: Language) -> Option<String> {
    let bucket = record.bucket_name.as_ref()?;
    let key = record.key.as_ref().filter(|_| with_key);
    Some(match key {
        None => format!("arn:aws:s3:::{bucket}"),
        Some(key) => format!("arn:aws:s3:::{bucket}/{}", version.literal(key.as_str())),
    })
}

/// The version of the policy language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    /// `2012-10-17`, with variables.
    Variables,
    /// `2008-10-17`, or none.
    Plain,
}

impl Language {
    pub(crate) fn of(policy: Option<&Policy>) -> Self {
        let Some(policy) = policy else { return Self::Variables };
        let document: Option<Value> = serde_json::from_str(policy.text()).ok();
        let version = document.as_ref().and_then(|document| document.get("Version"));
        if version.and_then(Value::as_str) == Some("2012-10-17") {
            Self::Variables
        } else {
            Self::Plain
        }
    }

    /// A text whose wildcards and variables are themselves, as far as the language can say that.
    pub(crate) fn literal(self, text: &str) -> String {
        if self == Self::Plain {
            return text.to_owned();
        }
        let mut literal = String::with_capacity(text.len());
        for character in text.chars() {
            match character {
                '*' | '?' | '$' => {
                    literal.push_str("${");
                    literal.push(character);
                    literal.push('}');
                }
                other => literal.push(other),
            }
        }
        literal
    }
}

/// The document with one more statement.
pub(crate) fn with_statement(policy: Option<&Policy>, statement: &str) -> Option<String> {
    let Some(policy) = policy else {
        return Some(format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#));
    };
    let (text, ranges) = (policy.text(), policy.statement_ranges());
    let (first, last) = (ranges.first()?, ranges.last()?);
    let (before, after) = (text.get(..first.start)?, text.get(last.end..)?);
    let old = text.get(first.start..last.end)?;
    Some(if before.trim_end().ends_with('[') {
        format!("{before}{old},{statement}{after}")
    } else {
        format!("{before}[{old},{statement}]{after}")
    })
}

/// The document without a statement; none if it was the only one.
pub(crate) fn without_statement(policy: &Policy, index: u16) -> Option<String> {
    let (text, ranges) = (policy.text(), policy.statement_ranges());
    let at = usize::from(index);
    let this = ranges.get(at)?;
    let (from, to) = match (ranges.get(at + 1), at.checked_sub(1).and_then(|at| ranges.get(at))) {
        (Some(next), _) => (this.start, next.start),
        (None, Some(previous)) => (previous.end, this.end),
        (None, None) => return None,
    };
    Some(format!("{}{}", text.get(..from)?, text.get(to..)?))
}

/// The text of a statement.
pub(crate) fn statement_text(policy: &Policy, index: u16) -> Option<String> {
    let range = policy.statement_ranges().into_iter().nth(usize::from(index))?;
    policy.text().get(range).map(str::to_owned)
}

/// A statement that denies, and the document with it, with an exception for a caller.
pub(crate) fn narrowed(
    policy: &Policy,
    index: u16,
    caller: &Principal,
) -> Option<(String, String)> {
    let arn = principal_arn(caller)?;
    let text = policy.text();
    let range = policy.statement_ranges().into_iter().nth(usize::from(index))?;
    let mut statement: Value = serde_json::from_str(text.get(range.clone())?).ok()?;
    let members = statement.as_object_mut()?;
    let conditions = members.entry("Condition").or_insert_with(|| json!({})).as_object_mut()?;
    let operator = conditions.entry("ArnNotEquals").or_insert_with(|| json!({}));
    let arns = operator.as_object_mut()?.entry("aws:PrincipalArn").or_insert_with(|| json!([]));
    match arns {
        Value::Array(list) => list.push(arn.into()),
        single => *single = json!([single.clone(), arn]),
    }
    let statement = statement.to_string();
    let document = format!("{}{statement}{}", text.get(..range.start)?, text.get(range.end..)?);
    Some((statement, document))
}
