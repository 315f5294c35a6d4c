//! Analyzers, their archive rules, and the findings that they show.

use std::collections::BTreeSet;

use iam::analyzer::{self, Analyzer, ArchiveRule, Criterion, Filter, ZoneOfTrust};
use iam::tag::TagChange;
use iam::{IamError, IamErrorCode, Tag};
use model::AccountId;

use super::findings::{self, AccessFinding, Resource};
use super::{AnalyzerError, AnalyzerErrorCode as Code, analyze};
use crate::gate::{self, AuthorizedCall};
use crate::iam::{ApiCall, Asked, Target};

/// The analyzer that a request names, in the account of its caller or in the one of its ARN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnalyzerName {
    account: AccountId,
    region: String,
    name: String,
}

impl AnalyzerName {
    /// Of the caller's own account. Errors: `MissingAuthenticationTokenException`.
    pub fn own(call: &ApiCall<'_>, name: &str) -> Result<Self, AnalyzerError> {
        let account = call.caller.account_id().ok_or_else(|| {
            let message = "Request is missing Authentication Token";
            IamError::new(IamErrorCode::MissingAuthenticationToken, message)
        })?;
        let region = call.store.region().to_owned();
        Ok(Self { account, region, name: name.to_owned() })
    }

    /// By its ARN. Errors: `ValidationException`.
    pub fn parse(arn: &str) -> Result<Self, AnalyzerError> {
        let wrong = || AnalyzerError::field("You specified an invalid ARN of an analyzer.");
        let rest = arn.strip_prefix("arn:aws:access-analyzer:").ok_or_else(wrong)?;
        let mut parts = rest.splitn(3, ':');
        let (region, account, resource) = (parts.next(), parts.next(), parts.next());
        let name = resource
            .and_then(|text| text.strip_prefix("analyzer/"))
            .filter(|name| !name.is_empty() && !name.contains('/'));
        match (region, account.and_then(AccountId::parse), name) {
            (Some(region), Some(account), Some(name)) => {
                Ok(Self { account, region: region.to_owned(), name: name.to_owned() })
            }
            _ => Err(wrong()),
        }
    }

    /// Its ARN.
    pub fn arn(&self) -> String {
        format!("arn:aws:access-analyzer:{}:{}:analyzer/{}", self.region, self.account, self.name)
    }

    fn asked(&self, action: &str) -> Asked {
        Asked::of_service("access-analyzer", action, Target::arn(&self.arn()))
    }

    fn asked_of_rule(&self, action: &str, rule: &str) -> Asked {
        let arn = format!("{}/archive-rule/{rule}", self.arn());
        Asked::of_service("access-analyzer", action, Target::arn(&arn))
    }

    /// An error of the store about it, or about one of its rules.
    fn about(&self, error: IamError) -> AnalyzerError {
        let named = AnalyzerError::from(error);
        match named.code {
            Code::ResourceNotFoundException
            | Code::ConflictException
            | Code::ServiceQuotaExceededException => {
                AnalyzerError { resource: Some(("Analyzer", self.name.clone())), ..named }
            }
            _ => named,
        }
    }
}

/// CreateAnalyzer: the ARN. Errors: `AccessDeniedException`, `ConflictException`,
/// `ServiceQuotaExceededException`, `ValidationException`.
pub async fn create(
    call: &ApiCall<'_>,
    name: &AnalyzerName,
    zone: ZoneOfTrust,
    rules: Vec<(String, Filter)>,
    tags: Vec<Tag>,
) -> Result<String, AnalyzerError> {
    if zone == ZoneOfTrust::Organization {
        let accounts = call.store.vault.accounts().await?;
        let first = accounts.iter().min_by_key(|account| (account.created, account.identity.id));
        if first.map(|account| account.identity.id) != Some(name.account) {
            let message = "Only the management account of the organization can create an analyzer \
                           that trusts it.";
            return Err(AnalyzerError::field(message));
        }
    }
    let (own, asked) = (name.name.clone(), name.asked("CreateAnalyzer").with_tags(&tags));
    let made = call
        .write(asked, move |directory, _| analyzer::create(directory, &own, zone, rules, tags))
        .await;
    made.map_err(|error| name.about(error))?;
    Ok(name.arn())
}

/// GetAnalyzer. Errors: `AccessDeniedException`, `ResourceNotFoundException`.
pub fn get(call: &ApiCall<'_>, name: &AnalyzerName) -> Result<Analyzer, AnalyzerError> {
    read(call, name, name.asked("GetAnalyzer"))
}

fn read(call: &ApiCall<'_>, name: &AnalyzerName, asked: Asked) -> Result<Analyzer, AnalyzerError> {
    let found = call.read(asked, |directory, _| analyzer::get(directory, &name.name));
    found.map_err(|error| name.about(error))
}

/// ListAnalyzers: those of the caller's account, each with its ARN. Errors: `AccessDeniedException`.
pub fn list(call: &ApiCall<'_>) -> Result<Vec<(String, Analyzer)>, AnalyzerError> {
    let asked = Asked::of_service("access-analyzer", "ListAnalyzers", Target::Everything);
    let found = call.read(asked, |directory, _| analyzer::list(directory))?;
    let named = |one: Analyzer| Ok((AnalyzerName::own(call, &one.name)?.arn(), one));
    found.into_iter().map(named).collect()
}

/// DeleteAnalyzer. Errors: `AccessDeniedException`, `ResourceNotFoundException`.
pub async fn delete(call: &ApiCall<'_>, name: &AnalyzerName) -> Result<(), AnalyzerError> {
    let own = name.name.clone();
    let asked = name.asked("DeleteAnalyzer");
    let done = call.write(asked, move |directory, _| analyzer::delete(directory, &own)).await;
    done.map_err(|error| name.about(error))
}

/// TagResource and UntagResource. Errors: `AccessDeniedException`, `ResourceNotFoundException`,
/// `ValidationException`.
pub async fn change_tags(
    call: &ApiCall<'_>,
    name: &AnalyzerName,
    change: TagChange,
) -> Result<(), AnalyzerError> {
    let asked = match &change {
        TagChange::Set(tags) => name.asked("TagResource").with_tags(tags),
        TagChange::Remove(keys) => name.asked("UntagResource").with_tag_keys(keys.clone()),
    };
    let own = name.name.clone();
    let done =
        call.write(asked, move |directory, _| analyzer::change_tags(directory, &own, change)).await;
    done.map_err(|error| name.about(error))
}

/// ListTagsForResource. Errors: `AccessDeniedException`, `ResourceNotFoundException`.
pub fn tags(call: &ApiCall<'_>, name: &AnalyzerName) -> Result<Vec<Tag>, AnalyzerError> {
    Ok(read(call, name, name.asked("ListTagsForResource"))?.tags)
}

/// What is done to an archive rule.
#[derive(Clone, Debug)]
pub enum RuleChange {
    /// CreateArchiveRule.
    Create(Filter),
    /// UpdateArchiveRule.
    Update(Filter),
    /// DeleteArchiveRule.
    Delete,
    /// ApplyArchiveRule.
    Apply,
}

/// Creates, changes, deletes or applies an archive rule. Errors: `AccessDeniedException`,
/// `ConflictException`, `ResourceNotFoundException`, `ServiceQuotaExceededException`,
/// `ValidationException`.
pub async fn change_rule(
    call: &ApiCall<'_>,
    name: &AnalyzerName,
    rule: &str,
    change: RuleChange,
) -> Result<(), AnalyzerError> {
    let action = match &change {
        RuleChange::Create(_) => "CreateArchiveRule",
        RuleChange::Update(_) => "UpdateArchiveRule",
        RuleChange::Delete => "DeleteArchiveRule",
        RuleChange::Apply => "ApplyArchiveRule",
    };
    let present = match &change {
        RuleChange::Create(_) | RuleChange::Update(_) => {
            let findings = found(call, name, name.asked_of_rule(action, rule)).await?;
            // A rule that changes goes on with what it archived.
            let kept = findings.iter().flat_map(|(_, findings)| findings);
            kept.filter(|finding| !finding.archived).map(|one| one.id.clone()).collect()
        }
        RuleChange::Delete | RuleChange::Apply => BTreeSet::new(),
    };
    let (own, rule_name) = (name.name.clone(), rule.to_owned());
    let asked = name.asked_of_rule(action, rule);
    let done = call.write(asked, move |directory, _| match change {
        RuleChange::Create(filter) => {
            analyzer::create_rule(directory, &own, &rule_name, filter, present)
        }
        RuleChange::Update(filter) => {
            analyzer::update_rule(directory, &own, &rule_name, filter, present)
        }
        RuleChange::Delete => analyzer::delete_rule(directory, &own, &rule_name),
        RuleChange::Apply => analyzer::apply_rule(directory, &own, &rule_name),
    });
    done.await.map_err(|error| name.about(error))
}

/// GetArchiveRule. Errors: `AccessDeniedException`, `ResourceNotFoundException`.
pub fn rule(
    call: &ApiCall<'_>,
    name: &AnalyzerName,
    rule: &str,
) -> Result<ArchiveRule, AnalyzerError> {
    let mut analyzer = read(call, name, name.asked_of_rule("GetArchiveRule", rule))?;
    analyzer.rules.remove(rule).ok_or_else(|| name.about(analyzer::no_such_rule()))
}

/// ListArchiveRules, by name. Errors: `AccessDeniedException`, `ResourceNotFoundException`.
pub fn rules(
    call: &ApiCall<'_>,
    name: &AnalyzerName,
) -> Result<Vec<(String, ArchiveRule)>, AnalyzerError> {
    Ok(read(call, name, name.asked("ListArchiveRules"))?.rules.into_iter().collect())
}

type Found = Vec<(Resource, Vec<AccessFinding>)>;

/// Passes the gate, then looks at everything that the analyzer covers.
async fn found(
    call: &ApiCall<'_>,
    name: &AnalyzerName,
    asked: Asked,
) -> Result<Found, AnalyzerError> {
    let authorized: AuthorizedCall = gate::pass_api(call, asked)?;
    let vault = &call.store.vault;
    let analyzer = vault
        .read_iam(&authorized, call.now, |directory| analyzer::get(directory, &name.name))
        .map_err(|error| name.about(error))?;
    let is_organization = analyzer.zone == ZoneOfTrust::Organization;
    let zone = vault.zone(&authorized, is_organization).await?;
    let analyzed = vault.analyzed(&authorized, &zone).await?;
    let (switches, arn) = (call.store.settings.switches, name.arn());
    analyze(move || findings::all(&analyzed, &zone, &switches, &analyzer, &arn)).await
}

/// The order of a listing of findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingOrder {
    /// The property, as filters call it.
    pub property: String,
    /// Whether the greatest comes first.
    pub descending: bool,
}

/// ListFindings. Errors: `AccessDeniedException`, `ResourceNotFoundException`, `ValidationException`.
pub async fn list_findings(
    call: &ApiCall<'_>,
    name: &AnalyzerName,
    filter: &Filter,
    order: Option<&FindingOrder>,
) -> Result<Vec<AccessFinding>, AnalyzerError> {
    analyzer::check_filter(filter)?;
    if let Some(order) = order {
        let one = Criterion { exists: Some(true), ..Criterion::default() };
        let is_time = matches!(order.property.as_str(), "createdAt" | "updatedAt" | "analyzedAt");
        if !is_time {
            analyzer::check_filter(&Filter::from([(order.property.clone(), one)]))?;
        }
    }
    let found = found(call, name, name.asked("ListFindings")).await?;
    let all = found.into_iter().flat_map(|(_, findings)| findings);
    let mut listed: Vec<_> = all.filter(|finding| finding.is_like(filter)).collect();
    listed.sort_by(|a, b| a.id.cmp(&b.id));
    if let Some(order) = order {
        listed.sort_by_cached_key(|finding| match order.property.as_str() {
            "createdAt" => (finding.created, String::new()),
            "updatedAt" => (finding.updated, String::new()),
            "resourceOwnerAccount" => {
                (model::Timestamp::default(), finding.resource.owner.to_string())
            }
            property => (model::Timestamp::default(), finding.property(property).join(" ")),
        });
        if order.descending {
            listed.reverse();
        }
    }
    Ok(listed)
}

/// GetFinding. Errors: `AccessDeniedException`, `ResourceNotFoundException`.
pub async fn finding(
    call: &ApiCall<'_>,
    name: &AnalyzerName,
    id: &str,
) -> Result<AccessFinding, AnalyzerError> {
    let found = found(call, name, name.asked("GetFinding")).await?;
    let mut all = found.into_iter().flat_map(|(_, findings)| findings);
    all.find(|finding| finding.id == id).ok_or_else(|| {
        let message = "There is no such finding, or no such access any more.";
        AnalyzerError::about(Code::ResourceNotFoundException, "Finding", id, message)
    })
}

/// UpdateFindings, by ids or by a resource. Ids that are not there are passed over. Errors:
/// `AccessDeniedException`, `ResourceNotFoundException`, `ServiceQuotaExceededException`.
pub async fn update_findings(
    call: &ApiCall<'_>,
    name: &AnalyzerName,
    ids: &[String],
    resource: Option<&str>,
    archived: bool,
) -> Result<(), AnalyzerError> {
    let found = found(call, name, name.asked("UpdateFindings")).await?;
    let all: Vec<_> = found.into_iter().flat_map(|(_, findings)| findings).collect();
    let ids: BTreeSet<&String> = ids.iter().collect();
    let is_meant = |finding: &&AccessFinding| {
        ids.contains(&finding.id) || resource == Some(&finding.resource.arn)
    };
    let meant = all.iter().filter(is_meant).map(|finding| finding.id.clone()).collect();
    let present: BTreeSet<String> = all.iter().map(|finding| finding.id.clone()).collect();
    let (own, asked) = (name.name.clone(), name.asked("UpdateFindings"));
    let done = call.write(asked, move |directory, _| {
        analyzer::say(directory, &own, meant, archived, &present)
    });
    done.await.map_err(|error| name.about(error))
}

/// ListAnalyzedResources. Errors: `AccessDeniedException`, `ResourceNotFoundException`.
pub async fn resources(
    call: &ApiCall<'_>,
    name: &AnalyzerName,
) -> Result<Vec<Resource>, AnalyzerError> {
    let found = found(call, name, name.asked("ListAnalyzedResources")).await?;
    Ok(found.into_iter().map(|(resource, _)| resource).collect())
}

/// GetAnalyzedResource: it and its findings. Errors: `AccessDeniedException`,
/// `ResourceNotFoundException`.
pub async fn resource(
    call: &ApiCall<'_>,
    name: &AnalyzerName,
    arn: &str,
) -> Result<(Resource, Vec<AccessFinding>), AnalyzerError> {
    one(found(call, name, name.asked("GetAnalyzedResource")).await?, arn)
}

/// StartResourceScan: notes that somebody asked, since findings are always those of now. Errors:
/// `AccessDeniedException`, `ResourceNotFoundException`.
pub async fn scan(call: &ApiCall<'_>, name: &AnalyzerName, arn: &str) -> Result<(), AnalyzerError> {
    one(found(call, name, name.asked("StartResourceScan")).await?, arn)?;
    let (own, resource) = (name.name.clone(), arn.to_owned());
    let asked = name.asked("StartResourceScan");
    let done =
        call.write(asked, move |directory, _| analyzer::note_scan(directory, &own, resource)).await;
    done.map_err(|error| name.about(error))
}

fn one(found: Found, arn: &str) -> Result<(Resource, Vec<AccessFinding>), AnalyzerError> {
    found.into_iter().find(|(resource, _)| resource.arn == arn).ok_or_else(|| {
        let message = "The analyzer looks at no such resource.";
        AnalyzerError::about(Code::ResourceNotFoundException, "Resource", arn, message)
    })
}
