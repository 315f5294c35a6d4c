//! Analyzers, their tags and their archive rules.

use std::collections::BTreeMap;

use iam::Tag;
use iam::analyzer::{Analyzer, ArchiveRule, Criterion, Filter, ZoneOfTrust};
use iam::tag::TagChange;
use identity::dates::format_extended;
use ops::analyzer::analyzers::{self, AnalyzerName, RuleChange};
use ops::analyzer::{AnalyzerError, InvalidReason};
use ops::iam::ApiCall;
use serde::Deserialize;
use serde_json::{Value, json};

use super::checks::with_token;
use super::request::Page;
use super::{Outcome, Request};

type Tags = BTreeMap<String, String>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateAnalyzerRequest {
    analyzer_name: String,
    r#type: String,
    #[serde(default)]
    archive_rules: Vec<RuleRequest>,
    #[serde(default)]
    tags: Tags,
    configuration: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RuleRequest {
    rule_name: String,
    filter: BTreeMap<String, CriterionRequest>,
}

/// Members that are not known, and `null`, say nothing.
#[derive(Deserialize)]
pub(super) struct CriterionRequest {
    eq: Option<Vec<String>>,
    neq: Option<Vec<String>>,
    contains: Option<Vec<String>>,
    exists: Option<bool>,
}

/// A filter as the store keeps it.
pub(super) fn filter(asked: BTreeMap<String, CriterionRequest>) -> Filter {
    let criterion = |one: CriterionRequest| {
        let CriterionRequest { eq, neq, contains, exists } = one;
        Criterion { eq, neq, contains, exists }
    };
    asked.into_iter().map(|(property, one)| (property, criterion(one))).collect()
}

fn zone(analyzer_type: &str) -> Result<ZoneOfTrust, AnalyzerError> {
    match analyzer_type {
        "ACCOUNT" => Ok(ZoneOfTrust::Account),
        "ORGANIZATION" => Ok(ZoneOfTrust::Organization),
        "ACCOUNT_UNUSED_ACCESS"
        | "ORGANIZATION_UNUSED_ACCESS"
        | "ACCOUNT_INTERNAL_ACCESS"
        | "ORGANIZATION_INTERNAL_ACCESS" => {
            let message =
                "This server has analyzers of external access only: ACCOUNT and ORGANIZATION.";
            Err(AnalyzerError::invalid(InvalidReason::NotSupported, message))
        }
        _ => Err(AnalyzerError::field("type is none that there is.")),
    }
}

fn tags_of(tags: Tags) -> Vec<Tag> {
    tags.into_iter().map(|(key, value)| Tag { key, value }).collect()
}

pub(super) async fn create(call: &ApiCall<'_>, request: &Request<'_>) -> Outcome {
    let asked: CreateAnalyzerRequest = request.document()?;
    let zone = zone(&asked.r#type)?;
    if asked.configuration.is_some_and(|one| !one.is_null()) {
        let message = "Analyzers of external access have no configuration.";
        return Err(AnalyzerError::field(message));
    }
    let name = AnalyzerName::own(call, &asked.analyzer_name)?;
    let rules = asked.archive_rules.into_iter();
    let rules = rules.map(|rule| (rule.rule_name, filter(rule.filter))).collect();
    let arn = analyzers::create(call, &name, zone, rules, tags_of(asked.tags)).await?;
    Ok(json!({"arn": arn}))
}

pub(super) fn get(call: &ApiCall<'_>, name: &str) -> Outcome {
    let name = AnalyzerName::own(call, name)?;
    let analyzer = analyzers::get(call, &name)?;
    Ok(json!({"analyzer": analyzer_json(&name.arn(), &analyzer)}))
}

pub(super) fn list(call: &ApiCall<'_>, request: &Request<'_>) -> Outcome {
    let page = Page::of(request)?;
    let wanted = request.parameter("type");
    let all = analyzers::list(call)?;
    let is_wanted = |(_, one): &(String, Analyzer)| {
        wanted.as_deref().is_none_or(|wanted| wanted == one.zone.as_str())
    };
    let (listed, next) = page.cut(all.into_iter().filter(is_wanted).collect());
    let shown: Vec<Value> = listed.iter().map(|(arn, one)| analyzer_json(arn, one)).collect();
    Ok(with_token(json!({"analyzers": shown}), next))
}

fn analyzer_json(arn: &str, analyzer: &Analyzer) -> Value {
    let tags: Tags = analyzer.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect();
    let mut document = json!({
        "arn": arn,
        "name": analyzer.name,
        "type": analyzer.zone.as_str(),
        "createdAt": format_extended(analyzer.created),
        "status": "ACTIVE",
        "tags": tags,
    });
    if let (Some(scanned), Some(members)) = (&analyzer.scanned, document.as_object_mut()) {
        members.insert("lastResourceAnalyzed".to_owned(), scanned.resource.clone().into());
        members.insert("lastResourceAnalyzedAt".to_owned(), format_extended(scanned.at).into());
    }
    document
}

pub(super) async fn delete(call: &ApiCall<'_>, name: &str) -> Outcome {
    analyzers::delete(call, &AnalyzerName::own(call, name)?).await?;
    Ok(json!({}))
}

#[derive(Deserialize)]
struct TagResourceRequest {
    tags: Tags,
}

pub(super) async fn tag(call: &ApiCall<'_>, request: &Request<'_>, arn: &str) -> Outcome {
    let asked: TagResourceRequest = request.document()?;
    let change = TagChange::Set(tags_of(asked.tags));
    analyzers::change_tags(call, &AnalyzerName::parse(arn)?, change).await?;
    Ok(json!({}))
}

pub(super) async fn untag(call: &ApiCall<'_>, request: &Request<'_>, arn: &str) -> Outcome {
    let change = TagChange::Remove(request.all("tagKeys"));
    analyzers::change_tags(call, &AnalyzerName::parse(arn)?, change).await?;
    Ok(json!({}))
}

pub(super) fn tags(call: &ApiCall<'_>, arn: &str) -> Outcome {
    let tags = analyzers::tags(call, &AnalyzerName::parse(arn)?)?;
    let tags: Tags = tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
    Ok(json!({"tags": tags}))
}

pub(super) async fn create_rule(call: &ApiCall<'_>, request: &Request<'_>, name: &str) -> Outcome {
    let asked: RuleRequest = request.document()?;
    let change = RuleChange::Create(filter(asked.filter));
    change_rule(call, name, &asked.rule_name, change).await
}

#[derive(Deserialize)]
struct UpdateRuleRequest {
    filter: BTreeMap<String, CriterionRequest>,
}

pub(super) async fn update_rule(
    call: &ApiCall<'_>,
    request: &Request<'_>,
    (name, rule): (&str, &str),
) -> Outcome {
    let asked: UpdateRuleRequest = request.document()?;
    change_rule(call, name, rule, RuleChange::Update(filter(asked.filter))).await
}

pub(super) async fn delete_rule(call: &ApiCall<'_>, name: &str, rule: &str) -> Outcome {
    change_rule(call, name, rule, RuleChange::Delete).await
}

async fn change_rule(call: &ApiCall<'_>, name: &str, rule: &str, change: RuleChange) -> Outcome {
    analyzers::change_rule(call, &AnalyzerName::own(call, name)?, rule, change).await?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApplyRuleRequest {
    analyzer_arn: String,
    rule_name: String,
}

pub(super) async fn apply_rule(call: &ApiCall<'_>, request: &Request<'_>) -> Outcome {
    let asked: ApplyRuleRequest = request.document()?;
    let name = AnalyzerName::parse(&asked.analyzer_arn)?;
    analyzers::change_rule(call, &name, &asked.rule_name, RuleChange::Apply).await?;
    Ok(json!({}))
}

pub(super) fn rule(call: &ApiCall<'_>, name: &str, rule: &str) -> Outcome {
    let found = analyzers::rule(call, &AnalyzerName::own(call, name)?, rule)?;
    Ok(json!({"archiveRule": rule_json(rule, &found)}))
}

pub(super) fn rules(call: &ApiCall<'_>, request: &Request<'_>, name: &str) -> Outcome {
    let page = Page::of(request)?;
    let all = analyzers::rules(call, &AnalyzerName::own(call, name)?)?;
    let (listed, next) = page.cut(all);
    let shown: Vec<Value> = listed.iter().map(|(name, rule)| rule_json(name, rule)).collect();
    Ok(with_token(json!({"archiveRules": shown}), next))
}

fn rule_json(name: &str, rule: &ArchiveRule) -> Value {
    json!({
        "ruleName": name,
        "filter": rule.filter,
        "createdAt": format_extended(rule.created),
        "updatedAt": format_extended(rule.updated),
    })
}
