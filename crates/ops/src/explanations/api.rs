//! Decisions and explanations for the accounts of the store: each sees what concerns its own buckets,
//! and of callers of other accounts nothing that is theirs.

use audit::decision_log::{Filter, Record};
use authz::ContextSource;
use iam::{IamError, IamErrorCode};
use model::Principal;

use super::{DecisionSummary, ExplainError, Explanation, Question};
use crate::gate;
use crate::iam::ApiCall;

/// A page of decisions.
#[derive(Clone, Debug)]
pub struct DecisionPage {
    /// The newest first.
    pub decisions: Vec<DecisionSummary>,
    /// Where to go on.
    pub next: Option<String>,
}

/// ListDecisions. Whoever is not root needs an identity policy that allows `grantry:ListDecisions`
/// on the bucket's ARN, or on `*` for all buckets. Errors: `AccessDenied`, `ValidationError`.
pub async fn list(
    call: &ApiCall<'_>,
    filter: Filter,
    from: Option<String>,
    limit: usize,
) -> Result<DecisionPage, IamError> {
    let resource = filter.bucket.as_ref().map(|bucket| format!("arn:aws:s3:::{bucket}"));
    pass(call, "grantry:ListDecisions", resource.as_deref().unwrap_or("*"), call.context)?;
    let account = call.caller.account_id();
    let filter = Filter { visible_to: account, ..filter };
    let found = super::find(call.store, filter, from, limit).await.map_err(failed)?;
    let summary = |record: &Record| {
        let mut summary = DecisionSummary::from(record);
        let caller = record.caller.as_ref().and_then(|caller| caller.principal.account_id());
        if caller != account {
            summary.access_key_id = None;
        }
        summary
    };
    Ok(DecisionPage { decisions: found.records.iter().map(summary).collect(), next: found.next })
}

/// ExplainRequest by request id: the decisions of the request that the caller's account may see, by
/// the facts of then, or of today. Errors: `AccessDenied`, `NoSuchEntity`.
pub async fn of_request(
    call: &ApiCall<'_>,
    request_id: &str,
    today: bool,
) -> Result<Vec<Explanation>, IamError> {
    pass(call, "grantry:ExplainRequest", "*", call.context)?;
    let filter = Filter {
        request_id: Some(request_id.to_owned()),
        visible_to: call.caller.account_id(),
        ..Filter::default()
    };
    let records = super::of_request(call.store, filter).await.map_err(failed)?;
    if records.is_empty() {
        let message = "There is no record of this request that your account may see.";
        return Err(IamError::missing(message));
    }
    let mut explanations = Vec::with_capacity(records.len());
    for record in records {
        let record = if today {
            super::today(call.store, &record, call.now).await.map_err(failed)?
        } else {
            record
        };
        explanations.push(told(call, &record));
    }
    Ok(explanations)
}

/// ExplainRequest with a question: whether somebody could do something in a bucket of the caller's
/// account. Of other accounts only root users can be asked about, and nobody at all. Errors:
/// `AccessDenied`, `ValidationError`.
pub async fn of_question(call: &ApiCall<'_>, question: &Question) -> Result<Explanation, IamError> {
    pass(call, "grantry:ExplainRequest", "*", call.context)?;
    let record = question.to_record(call.store, call.now).await.map_err(failed)?;
    let account = call.caller.account_id();
    let caller = record.caller.as_ref().map(|caller| &caller.principal);
    let of_bucket = record.bucket.as_ref().map(|bucket| bucket.facts.owner.id);
    let of_caller = caller.and_then(Principal::account_id);
    let without_policies = caller.is_some_and(|caller| caller.is_root() || caller.is_anonymous());
    let may_ask = match of_bucket {
        Some(owner) => Some(owner) == account && (of_caller == account || without_policies),
        None => of_caller == account,
    };
    if !may_ask {
        let message = "Only requests to buckets of your account, and by its own principals, root \
                       users of other accounts or nobody, can be asked about.";
        return Err(IamError::new(IamErrorCode::AccessDenied, message));
    }
    Ok(told(call, &record))
}

fn told(call: &ApiCall<'_>, record: &Record) -> Explanation {
    let mut explanation = super::explain(record);
    if let Some(account) = call.caller.account_id() {
        explanation.redact_for(&account.to_string());
    }
    explanation
}

fn pass(
    call: &ApiCall<'_>,
    action: &str,
    resource: &str,
    context: &dyn ContextSource,
) -> Result<(), IamError> {
    gate::pass_action(call, action, resource, context).map(drop)
}

fn failed(error: ExplainError) -> IamError {
    match error {
        ExplainError::Question(error) => IamError::validation(error.to_string()),
        ExplainError::Place => {
            IamError::validation("You specified an invalid value for nextToken.")
        }
        other => IamError::internal(other.to_string()),
    }
}
