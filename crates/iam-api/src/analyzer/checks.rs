//! Policies that are validated and compared.

use ops::analyzer::{
    self, AnalyzerError, CheckedType, InvalidReason, Issue, PathStep, Place, PolicyKind,
    PolicyType, Statement, bucket_of,
};
use ops::iam::ApiCall;
use serde::Deserialize;
use serde_json::{Value, json};

use super::request::Page;
use super::{Outcome, Request};

/// Where Amazon explains its checks.
const LEARN_MORE: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/\
    access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks-";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ValidatePolicyRequest {
    policy_document: String,
    policy_type: String,
    validate_policy_resource_type: Option<String>,
}

pub(super) async fn validate_policy(call: &ApiCall<'_>, request: &Request<'_>) -> Outcome {
    let page = Page::of(request)?;
    let asked: ValidatePolicyRequest = request.document()?;
    let resource_type = asked.validate_policy_resource_type.as_deref();
    let kind = match (asked.policy_type.as_str(), resource_type) {
        ("IDENTITY_POLICY", None) => PolicyKind::Identity,
        ("RESOURCE_POLICY", Some("AWS::S3::Bucket")) => {
            bucket_of(&asked.policy_document).map_or(PolicyKind::Resource, PolicyKind::Bucket)
        }
        ("RESOURCE_POLICY", Some("AWS::IAM::AssumeRolePolicyDocument")) => PolicyKind::Trust,
        ("RESOURCE_POLICY", _) => PolicyKind::Resource,
        ("IDENTITY_POLICY", Some(_)) => {
            let message = "validatePolicyResourceType goes with RESOURCE_POLICY only.";
            return Err(AnalyzerError::field(message));
        }
        ("SERVICE_CONTROL_POLICY" | "RESOURCE_CONTROL_POLICY", _) => {
            let message = "This server has no policies of organizations.";
            return Err(AnalyzerError::invalid(InvalidReason::NotSupported, message));
        }
        _ => return Err(AnalyzerError::field("policyType is none that there is.")),
    };
    let issues = analyzer::validate_policy(call, asked.policy_document, kind).await?;
    let (issues, next) = page.cut(issues);
    let findings: Vec<Value> = issues.iter().map(issue_json).collect();
    Ok(with_token(json!({"findings": findings}), next))
}

/// A document with the token of its next page.
pub(super) fn with_token(mut document: Value, next: Option<String>) -> Value {
    if let (Some(next), Some(members)) = (next, document.as_object_mut()) {
        members.insert("nextToken".to_owned(), next.into());
    }
    document
}

fn issue_json(issue: &Issue) -> Value {
    let step = |step: &PathStep| match step {
        PathStep::Member(name) => json!({"value": name}),
        PathStep::Item(index) => json!({"index": index}),
    };
    let place =
        |place: Place| json!({"line": place.line, "column": place.column, "offset": place.offset});
    let path: Vec<Value> = issue.path.iter().map(step).collect();
    let mut finding = json!({
        "findingType": issue.kind,
        "issueCode": issue.code,
        "findingDetails": issue.details,
        "locations": [{
            "path": path,
            "span": {"start": place(issue.start), "end": place(issue.end)},
        }],
    });
    if issue.is_amazons()
        && let Some(members) = finding.as_object_mut()
    {
        let kind = match issue.kind.as_str() {
            "WARNING" => "general-warning".to_owned(),
            kind => anchor(kind),
        };
        let link = format!("{LEARN_MORE}{kind}-{}", anchor(&issue.code));
        members.insert("learnMoreLink".to_owned(), link.into());
    }
    finding
}

fn anchor(name: &str) -> String {
    name.to_ascii_lowercase().replace('_', "-")
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CheckNoNewAccessRequest {
    new_policy_document: String,
    existing_policy_document: String,
    policy_type: String,
}

pub(super) async fn no_new_access(call: &ApiCall<'_>, request: &Request<'_>) -> Outcome {
    let asked: CheckNoNewAccessRequest = request.document()?;
    let policy_type = policy_type(&asked.policy_type)?;
    let (new, existing) = (&asked.new_policy_document, &asked.existing_policy_document);
    let failing = analyzer::no_new_access(call, new, existing, policy_type).await?;
    let grants = "grant new access compared to your existing policy.";
    Ok(verdict(
        &failing,
        &format!("The modified permissions do not {grants}"),
        &format!("The modified permissions {grants}"),
        "New access in the statement with",
    ))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CheckAccessNotGrantedRequest {
    policy_document: String,
    access: Vec<Access>,
    policy_type: String,
}

#[derive(Deserialize)]
struct Access {
    #[serde(default)]
    actions: Vec<String>,
    #[serde(default)]
    resources: Vec<String>,
}

/// Actions, or resources, of one question. AWS: the data type Access.
const ACCESS_ITEMS_MAX: usize = 100;

pub(super) async fn access_not_granted(call: &ApiCall<'_>, request: &Request<'_>) -> Outcome {
    let asked: CheckAccessNotGrantedRequest = request.document()?;
    let policy_type = policy_type(&asked.policy_type)?;
    let [access] = asked.access.as_slice() else {
        return Err(AnalyzerError::field("access must have exactly one member."));
    };
    let Access { actions, resources } = access;
    if actions.is_empty() && resources.is_empty() {
        return Err(AnalyzerError::field("access must name actions or resources."));
    }
    if actions.len() > ACCESS_ITEMS_MAX || resources.len() > ACCESS_ITEMS_MAX {
        let message = format!("access names at most {ACCESS_ITEMS_MAX} actions and resources.");
        return Err(AnalyzerError::field(message));
    }
    let listed = match (actions.is_empty(), resources.is_empty()) {
        (_, true) => "actions",
        (true, _) => "resources",
        _ => "actions or resources",
    };
    let access = vec![(actions.clone(), resources.clone())];
    let policy = &asked.policy_document;
    let failing = analyzer::access_not_granted(call, policy, access, policy_type).await?;
    let of = if listed == "actions or resources" { "the" } else { "one or more of the" };
    Ok(verdict(
        &failing,
        &format!("The policy document does not grant access to perform {of} listed {listed}."),
        &format!(
            "The policy document grants access to perform one or more of the listed {listed}."
        ),
        &format!("One or more of the listed {listed} in the statement with"),
    ))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CheckNoPublicAccessRequest {
    policy_document: String,
    resource_type: String,
}

pub(super) async fn no_public_access(call: &ApiCall<'_>, request: &Request<'_>) -> Outcome {
    let asked: CheckNoPublicAccessRequest = request.document()?;
    let checked = match asked.resource_type.as_str() {
        "AWS::S3::Bucket" => CheckedType::Bucket,
        "AWS::IAM::AssumeRolePolicyDocument" => CheckedType::Role,
        _ => {
            let message = "This server has no resources of this type.";
            return Err(AnalyzerError::invalid(InvalidReason::NotSupported, message));
        }
    };
    let failing = analyzer::no_public_access(call, &asked.policy_document, checked).await?;
    let access = "public access for the given resource type.";
    Ok(verdict(
        &failing,
        &format!("The resource policy does not grant {access}"),
        &format!("The resource policy grants {access}"),
        "Public access granted in the following statement with",
    ))
}

fn policy_type(text: &str) -> Result<PolicyType, AnalyzerError> {
    match text {
        "IDENTITY_POLICY" => Ok(PolicyType::Identity),
        "RESOURCE_POLICY" => Ok(PolicyType::Resource),
        _ => Err(AnalyzerError::field("policyType must be IDENTITY_POLICY or RESOURCE_POLICY.")),
    }
}

fn verdict(failing: &[Statement], pass: &str, fail: &str, reason: &str) -> Value {
    if failing.is_empty() {
        return json!({"result": "PASS", "message": pass});
    }
    let reasons: Vec<Value> = failing
        .iter()
        .map(|statement| match &statement.sid {
            Some(sid) => json!({
                "description": format!("{reason} sid: {sid}."),
                "statementIndex": statement.index,
                "statementId": sid,
            }),
            None => json!({
                "description": format!("{reason} index: {}.", statement.index),
                "statementIndex": statement.index,
            }),
        })
        .collect();
    json!({"result": "FAIL", "message": fail, "reasons": reasons})
}
