//! Findings, and the resources that they are about.

use std::collections::{BTreeMap, BTreeSet};

use identity::dates::format_extended;
use model::Timestamp;
use ops::analyzer::analyzers::{self, AnalyzerName, FindingOrder};
use ops::analyzer::{AccessFinding, AnalyzerError, Resource};
use ops::iam::ApiCall;
use serde::Deserialize;
use serde_json::{Value, json};

use super::analyzers::{CriterionRequest, filter};
use super::checks::with_token;
use super::request::Page;
use super::{Outcome, Request};

/// In which of two forms a finding is told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// ListFindings and GetFinding.
    First,
    /// ListFindingsV2 and GetFindingV2.
    Second,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListFindingsRequest {
    analyzer_arn: String,
    #[serde(default)]
    filter: BTreeMap<String, CriterionRequest>,
    sort: Option<SortRequest>,
    next_token: Option<String>,
    max_results: Option<usize>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SortRequest {
    attribute_name: Option<String>,
    order_by: Option<String>,
}

pub(super) async fn list(call: &ApiCall<'_>, request: &Request<'_>, form: Form) -> Outcome {
    let asked: ListFindingsRequest = request.document()?;
    let page = Page::parse(asked.next_token.as_deref(), asked.max_results)?;
    let name = AnalyzerName::parse(&asked.analyzer_arn)?;
    let order = asked.sort.and_then(|sort| {
        let descending = sort.order_by.as_deref() == Some("DESC");
        sort.attribute_name.map(|property| FindingOrder { property, descending })
    });
    let wanted = filter(asked.filter);
    let found = analyzers::list_findings(call, &name, &wanted, order.as_ref()).await?;
    let (listed, next) = page.cut(found);
    let shown: Vec<Value> = listed
        .iter()
        .map(|finding| match form {
            Form::First => first_form(finding, call.now),
            Form::Second => second_form(finding, call.now),
        })
        .collect();
    Ok(with_token(json!({"findings": shown}), next))
}

pub(super) async fn get(
    call: &ApiCall<'_>,
    request: &Request<'_>,
    id: &str,
    form: Form,
) -> Outcome {
    let name = analyzer_of(request)?;
    let finding = analyzers::finding(call, &name, id).await?;
    if form == Form::First {
        return Ok(json!({"finding": first_form(&finding, call.now)}));
    }
    let mut document = second_form(&finding, call.now);
    if let Some(members) = document.as_object_mut() {
        let details = json!([{"externalAccessDetails": access(&finding)}]);
        members.insert("findingDetails".to_owned(), details);
    }
    Ok(document)
}

fn analyzer_of(request: &Request<'_>) -> Result<AnalyzerName, AnalyzerError> {
    AnalyzerName::parse(&request.parameter("analyzerArn").unwrap_or_default())
}

/// What both forms tell.
fn second_form(finding: &AccessFinding, now: Timestamp) -> Value {
    json!({
        "id": finding.id,
        "resource": finding.resource.arn,
        "resourceType": finding.resource.kind,
        "resourceOwnerAccount": finding.resource.owner.to_string(),
        "createdAt": format_extended(finding.created),
        "analyzedAt": format_extended(now),
        "updatedAt": format_extended(finding.updated),
        "status": finding.status(),
        "findingType": "ExternalAccess",
    })
}

fn first_form(finding: &AccessFinding, now: Timestamp) -> Value {
    let mut document = second_form(finding, now);
    if let (Some(members), Value::Object(more)) = (document.as_object_mut(), access(finding)) {
        members.remove("findingType");
        members.extend(more);
    }
    document
}

/// Whose access it is.
fn access(finding: &AccessFinding) -> Value {
    let (kind, name) = &finding.principal;
    let sources: Vec<Value> = finding.source.iter().map(|source| json!({"type": source})).collect();
    json!({
        "principal": {*kind: name},
        "action": finding.actions,
        "condition": finding.condition,
        "isPublic": finding.is_public,
        "sources": sources,
        "resourceControlPolicyRestriction": "NOT_APPLICABLE",
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UpdateFindingsRequest {
    analyzer_arn: String,
    status: String,
    #[serde(default)]
    ids: Vec<String>,
    resource_arn: Option<String>,
}

pub(super) async fn update(call: &ApiCall<'_>, request: &Request<'_>) -> Outcome {
    let asked: UpdateFindingsRequest = request.document()?;
    let archived = match asked.status.as_str() {
        "ARCHIVED" => true,
        "ACTIVE" => false,
        _ => return Err(AnalyzerError::field("status must be ARCHIVED or ACTIVE.")),
    };
    if asked.ids.is_empty() && asked.resource_arn.is_none() {
        return Err(AnalyzerError::field("Either ids or resourceArn must be given."));
    }
    let name = AnalyzerName::parse(&asked.analyzer_arn)?;
    let resource = asked.resource_arn.as_deref();
    analyzers::update_findings(call, &name, &asked.ids, resource, archived).await?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListResourcesRequest {
    analyzer_arn: String,
    resource_type: Option<String>,
    next_token: Option<String>,
    max_results: Option<usize>,
}

pub(super) async fn resources(call: &ApiCall<'_>, request: &Request<'_>) -> Outcome {
    let asked: ListResourcesRequest = request.document()?;
    let page = Page::parse(asked.next_token.as_deref(), asked.max_results)?;
    let name = AnalyzerName::parse(&asked.analyzer_arn)?;
    let mut all = analyzers::resources(call, &name).await?;
    all.retain(|one| asked.resource_type.as_deref().is_none_or(|wanted| wanted == one.kind));
    let (listed, next) = page.cut(all);
    let shown: Vec<Value> = listed.iter().map(resource_json).collect();
    Ok(with_token(json!({"analyzedResources": shown}), next))
}

fn resource_json(resource: &Resource) -> Value {
    json!({
        "resourceArn": resource.arn,
        "resourceType": resource.kind,
        "resourceOwnerAccount": resource.owner.to_string(),
    })
}

pub(super) async fn resource(call: &ApiCall<'_>, request: &Request<'_>) -> Outcome {
    let arn = request.parameter("resourceArn").unwrap_or_default();
    let (resource, findings) = analyzers::resource(call, &analyzer_of(request)?, &arn).await?;
    let updated = findings.iter().map(|one| one.updated).max().unwrap_or(resource.created);
    let actions: BTreeSet<&String> = findings.iter().flat_map(|one| &one.actions).collect();
    let shared_via: BTreeSet<&str> = findings.iter().filter_map(|one| one.source).collect();
    let mut document = resource_json(&resource);
    if let Some(members) = document.as_object_mut() {
        let more = json!({
            "createdAt": format_extended(resource.created),
            "analyzedAt": format_extended(call.now),
            "updatedAt": format_extended(updated),
            "isPublic": findings.iter().any(|one| one.is_public),
            "actions": actions,
            "sharedVia": shared_via,
        });
        members.extend(more.as_object().cloned().unwrap_or_default());
        // Active as long as one of its findings is; without findings it has no status.
        let status = findings.iter().map(AccessFinding::status).min();
        members.extend(status.map(|status| ("status".to_owned(), status.into())));
    }
    Ok(json!({"resource": document}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScanRequest {
    analyzer_arn: String,
    resource_arn: String,
}

pub(super) async fn scan(call: &ApiCall<'_>, request: &Request<'_>) -> Outcome {
    let asked: ScanRequest = request.document()?;
    analyzers::scan(call, &AnalyzerName::parse(&asked.analyzer_arn)?, &asked.resource_arn).await?;
    Ok(json!({}))
}
