//! Carries requests about decisions out.

use audit::decision_log::{Filter, Outcome};
use model::Timestamp;
use ops::Store;
use ops::explanations::{self, DecisionSummary, ExplainError};

use super::protocol::{Answer, Request, Wanted};
use crate::clock;

/// Carries one request out.
pub(crate) async fn answer(store: &Store, request: &Request) -> Result<Answer, ExplainError> {
    match request {
        Request::Explain { request_id, replay } => explain(store, request_id, *replay).await,
        Request::Ask(question) => {
            let record = question.to_record(store, clock::now()).await?;
            let explanations = vec![explanations::explain(&record)];
            Ok(Answer::Explanations { explanations, today: Vec::new() })
        }
        Request::Decisions(wanted) => decisions(store, wanted).await,
    }
}

async fn explain(store: &Store, request_id: &str, replay: bool) -> Result<Answer, ExplainError> {
    let filter = Filter { request_id: Some(request_id.to_owned()), ..Filter::default() };
    let records = explanations::of_request(store, filter).await?;
    let explained = records.iter().map(explanations::explain).collect();
    let mut today = Vec::new();
    for record in records.iter().filter(|_| replay) {
        today.push(explanations::explain(&explanations::today(store, record, clock::now()).await?));
    }
    Ok(Answer::Explanations { explanations: explained, today })
}

async fn decisions(store: &Store, wanted: &Wanted) -> Result<Answer, ExplainError> {
    let filter = Filter {
        request_id: wanted.request_id.clone(),
        caller: wanted.caller.clone(),
        bucket: wanted.bucket.clone(),
        key_prefix: wanted.key_prefix.clone(),
        outcome: wanted.verdict.as_deref().and_then(Outcome::parse),
        after: wanted.after_millis.map(Timestamp::from_unix_millis),
        before: wanted.before_millis.map(Timestamp::from_unix_millis),
        visible_to: None,
    };
    let found = explanations::find(store, filter, wanted.from.clone(), wanted.limit).await?;
    let decisions = found.records.iter().map(DecisionSummary::from).collect();
    Ok(Answer::Decisions { decisions, next: found.next })
}
