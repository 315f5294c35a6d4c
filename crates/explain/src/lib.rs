//! Why a request was refused: a pure function of a recorded decision and its facts.
//!
//! It decides the request again, tells which rule decided, quotes the statement, says of each
//! statement that allows something why it does not apply, and looks for changes after which the
//! request would be allowed. Changes are tried on the facts by the same engine before they are
//! suggested, so that a suggestion cannot be a guess.
//!
//! Nothing here does I/O, and nothing is allowed by it: a request that is decided here is a recorded
//! one.

mod call;
mod candidates;
mod change;
mod command;
mod denials;
mod document;
mod lock;
mod plan;
mod statement;
mod story;
mod text;
mod undecided;
mod world;

#[cfg(test)]
mod tests;

use audit::decision_log::{Outcome, Record};
use authz::{Cause, Decision, Refusal, Rule, Step, Subject, Verdict};
use serde::{Deserialize, Serialize};

pub use self::change::{
    Acl, AclGrant, Change, PolicyEdit, PolicyPlace, PublicAccessFlags, RequestChange,
};
pub use self::lock::ToldLock;
pub use self::plan::Plan;
pub use self::statement::{NotApplying, Quote};
pub use self::text::text;

/// An explanation. As JSON its names are a promise: members may be added, none renamed or removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// What was asked.
    pub request: Asked,
    /// `refused`, `allowed` or `undecided`.
    pub verdict: String,
    /// The rule that decided.
    pub rule: Option<DecidingRule>,
    /// What happened.
    pub summary: String,
    /// The statement that decided, if it was one.
    pub statement: Option<Quote>,
    /// The lock that decided, if it was one.
    #[serde(default)]
    pub lock: Option<ToldLock>,
    /// Why rules that look as if they allowed do not.
    pub reasons: Vec<String>,
    /// The rules that were asked, in order.
    pub steps: Vec<ToldStep>,
    /// Statements that allow something, but not this.
    pub not_applying: Vec<NotApplying>,
    /// Ways to have the request allowed, the narrowest first.
    pub plans: Vec<Plan>,
    /// What to do where no change of permissions can help.
    pub no_change_helps: Option<String>,
}

impl Explanation {
    /// Leaves out what an account must not see of a caller of another one: its policies, and its
    /// access key.
    pub fn redact_for(&mut self, account: &str) {
        let caller = self.request.caller.as_deref().unwrap_or_default();
        let is_own = caller.split(':').nth(4).is_none_or(|caller| caller == account);
        if is_own {
            return;
        }
        self.request.access_key_id = None;
        self.request.context.retain(|(name, _)| !name.starts_with("aws:PrincipalTag/"));
        let of_resource = [statement::BUCKET_POLICY, call::TRUST_POLICY];
        let may_see = |quote: &Quote| of_resource.contains(&quote.source.as_str());
        self.statement = self.statement.take().filter(may_see);
        self.not_applying.retain(|one| may_see(&one.quote));
        self.plans.retain(|plan| plan.changes.iter().all(|change| change.may_see(account)));
        if self.plans.is_empty() && self.no_change_helps.is_none() {
            self.no_change_helps = Some(
                "What helps lies with the caller's account, whose policies are its own.".to_owned(),
            );
        }
    }
}

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    /// `x-amz-request-id`; empty for a question without a request.
    pub request_id: String,
    /// Which decision of the request, from 0.
    pub sequence: u32,
    /// When it arrived, in milliseconds since 1970.
    pub time_millis: i64,
    /// The caller's ARN, `anonymous`, or the name of a service; absent if nobody knows.
    pub caller: Option<String>,
    /// The access key.
    pub access_key_id: Option<String>,
    /// The operation of S3, or the action of another service.
    pub operation: Option<String>,
    /// `source` or `destination` of a copy.
    pub side: Option<String>,
    /// The policy action that failed.
    pub action: Option<String>,
    /// The bucket.
    pub bucket: Option<String>,
    /// The account that owns the bucket.
    pub bucket_owner: Option<String>,
    /// The key.
    pub key: Option<String>,
    /// The version.
    pub version: Option<String>,
    /// The ARN of what a call of another service acts on, or `*`.
    #[serde(default)]
    pub resource: Option<String>,
    /// The status of the answer; 0 for a question without a request.
    pub status: u16,
    /// The error in the answer.
    pub error_code: Option<String>,
    /// Values of condition keys.
    pub context: Vec<(String, String)>,
}

/// The rule that decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DecidingRule {
    /// Its name in this program, which does not change.
    pub key: String,
    /// Where it stands in the specification of access control.
    pub id: String,
    /// What AWS calls it.
    pub name: String,
}

/// A rule that was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToldStep {
    /// The rule, what it was asked about and what it said.
    pub text: String,
    /// Whether it decided.
    pub deciding: bool,
}

/// Explains a record by the facts that it holds.
pub fn explain(record: &Record) -> Explanation {
    match world::decided(record) {
        Some(decision) if record.outcome != Outcome::Undecided => of_decision(record, &decision),
        _ => of_undecided(record),
    }
}

fn of_undecided(record: &Record) -> Explanation {
    let told = undecided::tell(record);
    Explanation {
        request: asked(record, None),
        verdict: Outcome::Undecided.as_str().to_owned(),
        rule: None,
        summary: told.summary,
        statement: None,
        lock: None,
        reasons: Vec::new(),
        steps: Vec::new(),
        not_applying: Vec::new(),
        plans: Vec::new(),
        no_change_helps: Some(told.help),
    }
}

fn of_decision(record: &Record, decision: &Decision) -> Explanation {
    let deciding = decision.trace.deciding();
    let steps = decision.trace.steps();
    let told = steps.iter().enumerate().map(|(index, step)| ToldStep {
        text: step.to_string(),
        deciding: decision.trace.deciding_index() == Some(index),
    });
    let refusal = match &decision.verdict {
        Verdict::Allow => None,
        Verdict::Refuse(refusal) => Some(refusal),
    };
    let mut explanation = Explanation {
        request: asked(record, refusal),
        verdict: if refusal.is_some() { Outcome::Refused } else { Outcome::Allowed }
            .as_str()
            .to_owned(),
        rule: deciding.map(|step| DecidingRule {
            key: format!("{:?}", step.rule),
            id: step.rule.id().to_owned(),
            name: step.rule.name().to_owned(),
        }),
        summary: allowed(record),
        statement: deciding.and_then(|step| quote(record, step)),
        lock: None,
        reasons: Vec::new(),
        steps: told.collect(),
        not_applying: Vec::new(),
        plans: Vec::new(),
        no_change_helps: None,
    };
    if let Some(refusal) = refusal {
        of_refusal(record, decision, refusal, &mut explanation);
    }
    explanation
}

fn of_refusal(
    record: &Record,
    decision: &Decision,
    refusal: &Refusal,
    explanation: &mut Explanation,
) {
    let rule = decision.trace.deciding().map(|step| step.rule);
    explanation.summary = story::summary(record, refusal, rule);
    let locked = record.lock.as_ref().filter(|_| matches!(refusal.cause, Cause::ObjectLock(_)));
    explanation.lock = locked.map(ToldLock::from);
    explanation.reasons = story::reasons(record, decision.trace.steps(), refusal);
    if refusal.action.is_some() || record.call.is_some() {
        let asked = asked_as(record, rule);
        explanation.not_applying = statement::not_applying(&asked, refusal.action);
    }
    explanation.plans = plan::plans(record, refusal);
    if explanation.plans.is_empty() {
        let unknown =
            || "No single change that this program knows would allow the request.".to_owned();
        explanation.no_change_helps =
            Some(story::no_help(record, refusal.cause).unwrap_or_else(unknown));
    }
    let unsigned = [Change::ChangeRequest(RequestChange::LeaveUnsigned)];
    if explanation.plans.iter().any(|plan| plan.changes == unsigned) {
        explanation.reasons.push(
            "The same request without a signature would be allowed: everybody may do this, but a \
             signed caller of another account needs a policy of its own account too."
                .to_owned(),
        );
    }
}

/// The test whether a missing key may be told asks with the key as `s3:prefix` (HID-1).
fn asked_as(record: &Record, rule: Option<Rule>) -> Record {
    let mut record = record.clone();
    if let (Some(Rule::HiddenKey), Some(key)) = (rule, &record.key) {
        let mut values = record.context.values().to_vec();
        values.retain(|(name, _)| {
            !matches!(name.as_str(), "s3:prefix" | "s3:delimiter" | "s3:max-keys")
        });
        values.push(("s3:prefix".to_owned(), key.to_string()));
        record.context = record.context.with_values(values);
    }
    record
}

fn allowed(record: &Record) -> String {
    match record.error_code.as_deref() {
        None => "The request was allowed.".to_owned(),
        Some("NoSuchKey" | "NoSuchVersion") => "The request was allowed, and what it asks for does not \
                                                exist. The caller may list the bucket, so S3 says so."
            .to_owned(),
        Some(code) => format!("The request was allowed, and failed for another reason: {code}."),
    }
}

/// The statement of a step.
fn quote(record: &Record, step: &Step) -> Option<Quote> {
    let Subject::Statement { policy, statement } = step.subject else { return None };
    let source = match step.rule {
        Rule::BucketPolicy => statement::BUCKET_POLICY,
        Rule::IdentityPolicy => "identity-based policy",
        Rule::PermissionsBoundary => "permissions boundary",
        Rule::SessionPolicy => "session policy",
        Rule::TrustPolicy => call::TRUST_POLICY,
        _ => return None,
    };
    let policies = statement::policies(record);
    let mut of_kind = policies.iter().filter(|placed| placed.source == source);
    of_kind.nth(usize::from(policy))?.quote(statement)
}

fn asked(record: &Record, refusal: Option<&Refusal>) -> Asked {
    let text = |value: Option<&dyn ToString>| value.map(ToString::to_string);
    let side = match record.side {
        authz::Side::Whole => None,
        authz::Side::CopySource => Some("source"),
        authz::Side::CopyDestination => Some("destination"),
    };
    Asked {
        request_id: record.request_id.clone(),
        sequence: record.sequence,
        time_millis: record.time.unix_millis,
        caller: record.caller_name(),
        access_key_id: record.access_key_id.clone(),
        operation: record.operation_name().map(str::to_owned),
        side: side.map(str::to_owned),
        action: refusal.and_then(|refusal| {
            let of_s3 = refusal.action.map(|action| action.name().to_owned());
            of_s3.or_else(|| call::action(record))
        }),
        bucket: text(record.bucket_name.as_ref().map(|name| name as &dyn ToString)),
        bucket_owner: record.bucket.as_ref().map(|bucket| bucket.facts.owner.id.to_string()),
        key: text(record.key.as_ref().map(|key| key as &dyn ToString)),
        version: text(record.version.as_ref().map(|version| version as &dyn ToString)),
        resource: record.call.as_ref().map(|call| call.resource.clone()),
        status: record.status,
        error_code: record.error_code.clone(),
        context: record.context.values().to_vec(),
    }
}
