//! Statements as people see them, and why those that allow do not apply.

use audit::decision_log::Record;
use authz::policy::{Mismatch, Query};
use authz::{Action, ConditionKey, Policy};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::call;
use crate::document::statement_text;

/// What the policy of a bucket is called.
pub(crate) const BUCKET_POLICY: &str = "bucket policy";
/// Statements that are told why they do not apply.
const SHOWN_MAX: usize = 10;

/// A statement with its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Quote {
    /// What kind of policy: `bucket policy`, `role trust policy`, `identity-based policy`,
    /// `permissions boundary` or `session policy`.
    pub source: String,
    /// Its name, where policies have names.
    pub policy: Option<String>,
    /// The ARN of a managed policy.
    pub policy_arn: Option<String>,
    /// `Sid`
    pub sid: Option<String>,
    /// Which statement, from 0.
    pub index: u16,
    /// Where it begins in the text of the policy, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
    /// The statement.
    pub text: String,
}

/// A statement that allows something, but not this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotApplying {
    /// The statement.
    #[serde(flatten)]
    pub quote: Quote,
    /// Each element that does not fit, in words.
    pub because: Vec<String>,
}

/// A policy with its place.
pub(crate) struct Placed<'a> {
    pub(crate) source: &'static str,
    pub(crate) name: Option<&'a str>,
    pub(crate) arn: Option<&'a str>,
    pub(crate) policy: &'a Policy,
}

impl Placed<'_> {
    pub(crate) fn quote(&self, index: u16) -> Option<Quote> {
        let positions = self.policy.statement_positions();
        let (start, _) = positions.get(usize::from(index))?;
        Some(Quote {
            source: self.source.to_owned(),
            policy: self.name.filter(|name| !name.is_empty()).map(str::to_owned),
            policy_arn: self.arn.map(str::to_owned),
            sid: self.policy.statement_label(index).sid.map(str::to_owned),
            index,
            line: start.line,
            column: start.column,
            text: statement_text(self.policy, index)?,
        })
    }
}

/// The policies that a decision asks.
pub(crate) fn policies(record: &Record) -> Vec<Placed<'_>> {
    let mut all = Vec::new();
    if let Some(policy) = record.bucket.as_ref().and_then(|bucket| bucket.facts.policy.as_deref()) {
        all.push(Placed { source: BUCKET_POLICY, name: None, arn: None, policy });
    }
    if let Some(policy) = call::trust_policy(record) {
        all.push(Placed { source: call::TRUST_POLICY, name: None, arn: None, policy });
    }
    let Some(caller) = record.caller.as_deref() else { return all };
    let Some(identity) = &caller.identity else { return all };
    for (at, policy) in identity.policies.iter().enumerate() {
        let origin = caller.origins.get(at);
        all.push(Placed {
            source: "identity-based policy",
            name: origin.map(|origin| origin.name.as_str()),
            arn: origin.and_then(|origin| origin.arn.as_deref()),
            policy,
        });
    }
    if let Some(policy) = &identity.boundary {
        let origin = caller.boundary_origin.as_ref();
        all.push(Placed {
            source: "permissions boundary",
            name: origin.map(|origin| origin.name.as_str()),
            arn: origin.and_then(|origin| origin.arn.as_deref()),
            policy,
        });
    }
    for policy in identity.session.iter().flatten() {
        all.push(Placed { source: "session policy", name: None, arn: None, policy });
    }
    all
}

/// Statements that allow, but not this; the nearest first.
pub(crate) fn not_applying(record: &Record, action: Option<Action>) -> Vec<NotApplying> {
    let Some(words) = Words::new(record, action) else { return Vec::new() };
    let mut found = Vec::new();
    for placed in policies(record) {
        for index in 0..placed.policy.statement_count() {
            if placed.policy.denies(index) {
                continue;
            }
            let ask = |query: &Query<'_>| placed.policy.mismatches(index, query);
            let mismatches = match action {
                Some(action) => record.replay().and_then(|replay| {
                    replay.ask(|request, _| ask(&Query::about(request, action)))
                }),
                None => call::ask(record, &words.action, ask),
            };
            let mismatches = mismatches.flatten().unwrap_or_default();
            // What differs in both is about something else.
            let elsewhere =
                mismatches.contains(&Mismatch::Action) && mismatches.contains(&Mismatch::Resource);
            if mismatches.is_empty() || elsewhere {
                continue;
            }
            if let Some(quote) = placed.quote(index) {
                let because = mismatches.iter().map(|one| words.tell(one, &quote.text));
                found.push(NotApplying { because: because.collect(), quote });
            }
        }
    }
    found.sort_by_key(|one| one.because.len());
    found.truncate(SHOWN_MAX);
    found
}

/// What was asked, in the words of policies.
struct Words {
    caller: String,
    action: String,
    resource: String,
}

impl Words {
    /// `action` is that of a request of S3.
    fn new(record: &Record, action: Option<Action>) -> Option<Self> {
        let caller = record.caller_name().unwrap_or_default();
        let Some(action) = action else {
            let resource = record.call.as_ref()?.resource.clone();
            return Some(Self { caller, action: call::action(record)?, resource });
        };
        let bucket = record.bucket_name.as_ref().map(ToString::to_string).unwrap_or_default();
        let on_object = action.resource_type() == authz::ResourceType::Object;
        let key = record.key.as_ref().filter(|_| on_object);
        let key = key.map(|key| format!("/{key}")).unwrap_or_default();
        let resource = format!("arn:aws:s3:::{bucket}{key}");
        Some(Self { caller, action: action.name().to_owned(), resource })
    }

    fn tell(&self, mismatch: &Mismatch, statement: &str) -> String {
        let statement: Value = serde_json::from_str(statement).unwrap_or_default();
        let element = |names: [&str; 2]| {
            names
                .iter()
                .find_map(|name| Some(format!("{name} is {}", statement.get(name)?)))
                .unwrap_or_default()
        };
        match mismatch {
            Mismatch::Action => {
                format!("{}, and this is {}", element(["Action", "NotAction"]), self.action)
            }
            Mismatch::Principal => {
                let element = element(["Principal", "NotPrincipal"]);
                format!("{element}, and the caller is {}", self.caller)
            }
            Mismatch::Resource => {
                let element = element(["Resource", "NotResource"]);
                format!("{element}, and this is \"{}\"", self.resource)
            }
            Mismatch::Variable(key) => {
                format!("it uses ${{{}}}, which has no value in this request", key.name())
            }
            Mismatch::Condition { key, found } => {
                let value = match found.as_slice() {
                    [] => "has no value in this request".to_owned(),
                    [one] => format!("was \"{one}\""),
                    several => format!("was {several:?}"),
                };
                let written = condition(&statement, key);
                format!("{} {value}, and the condition is {written}", key.name())
            }
        }
    }
}

/// The condition about a key, as it is written.
fn condition(statement: &Value, key: &ConditionKey) -> String {
    let conditions = statement.get("Condition").and_then(Value::as_object);
    let mut written = Vec::new();
    for (operator, keys) in conditions.into_iter().flatten() {
        for (name, values) in keys.as_object().into_iter().flatten() {
            if ConditionKey::parse(name) == *key {
                written.push(format!("{operator} {values}"));
            }
        }
    }
    written.join(" and ")
}
