//! Access Analyzer on the wire: REST with JSON, the action in method and path.
//!
//! Its paths look like buckets and keys, so nothing but the scope of a signature tells its requests
//! from those of S3. AWS: IAM Access Analyzer API reference.

mod analyzers;
mod checks;
mod findings;
mod request;

use ops::analyzer::{AnalyzerError, AnalyzerErrorCode as Code};
use ops::iam::ApiCall;
use serde_json::{Value, json};

use self::findings::Form;
pub use self::request::Request;
use crate::Answer;

/// What signatures for it are scoped to.
pub const SERVICE: &str = "access-analyzer";
const CONTENT_TYPE: &str = "application/json";

type Outcome = Result<Value, AnalyzerError>;

/// Answers a request. Never fails: errors are answers.
pub async fn answer(call: &ApiCall<'_>, request: &Request<'_>, request_id: &str) -> Answer {
    let Some((name, outcome)) = run(call, request).await else {
        let message = "This server does not have this action of Access Analyzer.";
        return refuse(&AnalyzerError::new(Code::UnknownOperationException, message), request_id);
    };
    match outcome {
        Err(error) => Answer { action: Some(name), ..refuse(&error, request_id) },
        Ok(document) => Answer::document(CONTENT_TYPE, name, &document),
    }
}

/// The name of the action, and what came of it; `None` if there is no such action.
async fn run(call: &ApiCall<'_>, request: &Request<'_>) -> Option<(&'static str, Outcome)> {
    let path = request.path()?;
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let of_analyzers = match path.as_slice() {
        ["policy", check] if request.method == "POST" => {
            return run_check(call, request, check).await;
        }
        ["analyzer", ..] | ["archive-rule"] | ["tags", _] => {
            run_on_analyzers(call, request, path.as_slice()).await
        }
        _ => None,
    };
    match of_analyzers {
        Some(found) => Some(found),
        None => run_on_findings(call, request, path.as_slice()).await,
    }
}

async fn run_check(
    call: &ApiCall<'_>,
    request: &Request<'_>,
    check: &str,
) -> Option<(&'static str, Outcome)> {
    Some(match check {
        "validation" => ("ValidatePolicy", checks::validate_policy(call, request).await),
        "check-no-new-access" => ("CheckNoNewAccess", checks::no_new_access(call, request).await),
        "check-access-not-granted" => {
            ("CheckAccessNotGranted", checks::access_not_granted(call, request).await)
        }
        "check-no-public-access" => {
            ("CheckNoPublicAccess", checks::no_public_access(call, request).await)
        }
        _ => return None,
    })
}

async fn run_on_analyzers(
    call: &ApiCall<'_>,
    request: &Request<'_>,
    path: &[&str],
) -> Option<(&'static str, Outcome)> {
    Some(match (request.method, path) {
        ("PUT", ["analyzer"]) => ("CreateAnalyzer", analyzers::create(call, request).await),
        ("GET", ["analyzer"]) => ("ListAnalyzers", analyzers::list(call, request)),
        ("GET", ["analyzer", name]) => ("GetAnalyzer", analyzers::get(call, name)),
        ("DELETE", ["analyzer", name]) => ("DeleteAnalyzer", analyzers::delete(call, name).await),
        ("PUT", ["analyzer", name, "archive-rule"]) => {
            ("CreateArchiveRule", analyzers::create_rule(call, request, name).await)
        }
        ("GET", ["analyzer", name, "archive-rule"]) => {
            ("ListArchiveRules", analyzers::rules(call, request, name))
        }
        ("GET", ["analyzer", name, "archive-rule", rule]) => {
            ("GetArchiveRule", analyzers::rule(call, name, rule))
        }
        ("PUT", ["analyzer", name, "archive-rule", rule]) => {
            ("UpdateArchiveRule", analyzers::update_rule(call, request, (name, rule)).await)
        }
        ("DELETE", ["analyzer", name, "archive-rule", rule]) => {
            ("DeleteArchiveRule", analyzers::delete_rule(call, name, rule).await)
        }
        ("PUT", ["archive-rule"]) => {
            ("ApplyArchiveRule", analyzers::apply_rule(call, request).await)
        }
        ("GET", ["tags", arn]) => ("ListTagsForResource", analyzers::tags(call, arn)),
        ("POST", ["tags", arn]) => ("TagResource", analyzers::tag(call, request, arn).await),
        ("DELETE", ["tags", arn]) => ("UntagResource", analyzers::untag(call, request, arn).await),
        _ => return None,
    })
}

async fn run_on_findings(
    call: &ApiCall<'_>,
    request: &Request<'_>,
    path: &[&str],
) -> Option<(&'static str, Outcome)> {
    Some(match (request.method, path) {
        ("POST", ["finding"]) => ("ListFindings", findings::list(call, request, Form::First).await),
        ("POST", ["findingv2"]) => {
            ("ListFindingsV2", findings::list(call, request, Form::Second).await)
        }
        ("GET", ["finding", id]) => {
            ("GetFinding", findings::get(call, request, id, Form::First).await)
        }
        ("GET", ["findingv2", id]) => {
            ("GetFindingV2", findings::get(call, request, id, Form::Second).await)
        }
        ("PUT", ["finding"]) => ("UpdateFindings", findings::update(call, request).await),
        ("POST", ["resource", "scan"]) => {
            ("StartResourceScan", findings::scan(call, request).await)
        }
        ("GET", ["analyzed-resource"]) => {
            ("GetAnalyzedResource", findings::resource(call, request).await)
        }
        ("POST", ["analyzed-resource"]) => {
            ("ListAnalyzedResources", findings::resources(call, request).await)
        }
        _ => return None,
    })
}

/// The answer to a request that is refused.
pub fn refuse(error: &AnalyzerError, request_id: &str) -> Answer {
    let code = error.code.as_str();
    let mut document = json!({"__type": code, "message": error.message});
    if let Value::Object(members) = &mut document {
        if let Some((resource_type, id)) = &error.resource {
            members.insert("resourceType".to_owned(), json!(resource_type));
            members.insert("resourceId".to_owned(), json!(id));
        }
        if let Some(reason) = error.reason {
            members.insert("reason".to_owned(), json!(reason.as_str()));
        }
    }
    let refused = (error.code.status(), code);
    Answer::refusal(CONTENT_TYPE, refused, &document, error.cause.as_deref(), request_id)
}
