//! The decision log, explanations, advice and health on the wire: JSON 1.1, the action in the header `x-amz-target`.
//! An API of this program's own, signed for the service `grantry`.

use authz::advice::Writes;
use iam::IamError;
use model::Timestamp;
use model::limits::DECISIONS_PAGE_MAX;
use ops::advise;
use ops::explanations::{Filter, Outcome, Question, api};
use ops::health;
use ops::iam::ApiCall;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::Answer;

/// What signatures for it are scoped to.
pub const SERVICE: &str = "grantry";
/// What `x-amz-target` begins with.
const TARGET: &str = "Grantry.";
const CONTENT_TYPE: &str = "application/x-amz-json-1.1";
/// Decisions of a page, if the call does not say.
const PAGE: usize = 100;

/// Whether a target is one of these actions.
pub fn is_target(target: &str) -> bool {
    target.starts_with(TARGET)
}

/// Answers a call. Never fails: errors are answers.
pub async fn answer(call: &ApiCall<'_>, target: &str, body: &[u8], request_id: &str) -> Answer {
    let action = target.strip_prefix(TARGET).unwrap_or_default();
    let (name, outcome) = match action {
        "ListDecisions" => ("ListDecisions", list(call, body).await),
        "ExplainRequest" => ("ExplainRequest", explain(call, body).await),
        "AdviseDisableAcls" => ("AdviseDisableAcls", advise_disable_acls(call, body).await),
        "GetHealth" => ("GetHealth", get_health(call, body).await),
        _ => {
            let message = "This server does not have this action.";
            return refuse(&IamError::validation(message), request_id);
        }
    };
    match outcome {
        Err(error) => Answer { action: Some(name), ..refuse(&error, request_id) },
        Ok(document) => Answer::document(CONTENT_TYPE, name, &document),
    }
}

/// The answer to a call that is refused.
pub fn refuse(error: &IamError, request_id: &str) -> Answer {
    let code = error.code().as_str();
    let document = json!({"__type": code, "message": error.message()});
    let refused = (error.code().status(), code);
    Answer::refusal(CONTENT_TYPE, refused, &document, error.cause(), request_id)
}

/// What ListDecisions is asked for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ListDecisionsRequest {
    bucket: Option<String>,
    key_prefix: Option<String>,
    caller_arn: Option<String>,
    request_id: Option<String>,
    verdict: Option<String>,
    /// Milliseconds since 1970.
    after: Option<i64>,
    /// Milliseconds since 1970.
    before: Option<i64>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

/// Which decisions are wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Those that it admits.
    pub filter: Filter,
    /// Where an earlier page ended.
    pub from: Option<String>,
    /// How many at most.
    pub limit: usize,
}

/// Reads the document of ListDecisions. Errors: `ValidationError`.
pub fn read_list(body: &[u8]) -> Result<Wanted, IamError> {
    let request: ListDecisionsRequest = read(body)?;
    let outcome = match request.verdict.as_deref() {
        None => None,
        Some(word) => Some(Outcome::parse(word).ok_or_else(|| {
            IamError::validation("verdict must be refused, allowed or undecided.")
        })?),
    };
    let limit = request.max_results.unwrap_or(PAGE);
    if !(1..=DECISIONS_PAGE_MAX).contains(&limit) {
        let message = format!("maxResults must be from 1 to {DECISIONS_PAGE_MAX}.");
        return Err(IamError::validation(message));
    }
    let filter = Filter {
        request_id: request.request_id,
        caller: request.caller_arn,
        bucket: request.bucket,
        key_prefix: request.key_prefix,
        outcome,
        after: request.after.map(Timestamp::from_unix_millis),
        before: request.before.map(Timestamp::from_unix_millis),
        visible_to: None,
    };
    Ok(Wanted { filter, from: request.next_token, limit })
}

async fn list(call: &ApiCall<'_>, body: &[u8]) -> Result<Value, IamError> {
    let Wanted { filter, from, limit } = read_list(body)?;
    let page = api::list(call, filter, from, limit).await?;
    Ok(json!({"decisions": page.decisions, "nextToken": page.next}))
}

/// What ExplainRequest is asked about.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum ExplainRequest {
    /// A request that was made.
    #[serde(rename_all = "camelCase")]
    Recorded {
        /// Its id.
        request_id: String,
        /// Whether it is decided by the rules of today.
        #[serde(default)]
        replay: bool,
    },
    /// One that nobody made.
    Asked(Box<Question>),
}

/// Reads the document of ExplainRequest. Errors: `ValidationError`.
pub fn read_explain(body: &[u8]) -> Result<ExplainRequest, IamError> {
    read(body)
}

async fn explain(call: &ApiCall<'_>, body: &[u8]) -> Result<Value, IamError> {
    let explanations = match read_explain(body)? {
        ExplainRequest::Recorded { request_id, replay } => {
            api::of_request(call, &request_id, replay).await?
        }
        ExplainRequest::Asked(question) => vec![api::of_question(call, &question).await?],
    };
    Ok(json!({"explanations": explanations}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AdviseDisableAclsRequest {
    bucket: String,
    /// Whether bucket WRITE becomes permission to write every key.
    #[serde(default)]
    grant_writes: bool,
}

/// The advice is what `grantry advise disable-acls --json` prints.
async fn advise_disable_acls(call: &ApiCall<'_>, body: &[u8]) -> Result<Value, IamError> {
    let AdviseDisableAclsRequest { bucket, grant_writes } = read(body)?;
    let writes = if grant_writes { Writes::Everything } else { Writes::OwnOnly };
    let advice = advise::api::disable_acls(call, &bucket, writes).await?;
    let is_harmless = advice.is_harmless();
    Ok(json!({"advice": advice, "isHarmless": is_harmless}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GetHealthRequest {}

async fn get_health(call: &ApiCall<'_>, body: &[u8]) -> Result<Value, IamError> {
    let GetHealthRequest {} = read(body)?;
    Ok(json!(health::get(call).await?))
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, IamError> {
    serde_json::from_slice(body).map_err(|error| {
        IamError::validation(format!("The request is not what this action expects: {error}"))
    })
}
