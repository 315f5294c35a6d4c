//! Analyzers of Access Analyzer: what is kept of them. Findings are not, as they follow from policies;
//! what somebody said about a finding is.
//!
//! AWS: IAM Access Analyzer API reference; "IAM Access Analyzer quotas".

use std::collections::{BTreeMap, BTreeSet};

use model::limits::{
    ANALYZER_RULES_MAX, ANALYZER_STATUSES_MAX, ANALYZERS_OF_ACCOUNT_MAX,
    ANALYZERS_OF_ORGANIZATION_MAX,
};
use model::{IamKind, Timestamp};
use serde::{Deserialize, Serialize};

use crate::entity::{Tag, milliseconds};
use crate::tables::Directory;
use crate::tag::{self, TagChange};
use crate::{IamError, IamErrorCode, validate};

const KIND: IamKind = IamKind::Analyzer;

/// Whom an analyzer trusts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ZoneOfTrust {
    /// Its account.
    Account,
    /// All accounts of the organization.
    Organization,
}

impl ZoneOfTrust {
    /// The `type` of the analyzer.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Account => "ACCOUNT",
            Self::Organization => "ORGANIZATION",
        }
    }
}

/// An analyzer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Analyzer {
    /// Its name.
    pub name: String,
    /// Whom it trusts.
    pub zone: ZoneOfTrust,
    /// When it was created.
    #[serde(with = "milliseconds")]
    pub created: Timestamp,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<Tag>,
    /// Its archive rules by name.
    #[serde(default)]
    pub rules: BTreeMap<String, ArchiveRule>,
    /// What somebody said about findings, by their ids.
    #[serde(default)]
    pub statuses: BTreeMap<String, SaidStatus>,
    /// The resource that was last scanned because somebody asked.
    #[serde(default)]
    pub scanned: Option<Scanned>,
}

/// A rule that archives findings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArchiveRule {
    /// What a finding must be like, by property.
    pub filter: Filter,
    /// When it was created.
    #[serde(with = "milliseconds")]
    pub created: Timestamp,
    /// When it was last changed.
    #[serde(with = "milliseconds")]
    pub updated: Timestamp,
    /// The findings that were there before: they are archived when the rule is applied to them.
    #[serde(default)]
    pub exempt: BTreeSet<String>,
}

/// Requirements on findings, all of which must hold.
pub type Filter = BTreeMap<String, Criterion>;

/// What a property must be like; everything that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// It is one of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eq: Option<Vec<String>>,
    /// It is none of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub neq: Option<Vec<String>>,
    /// It contains one of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contains: Option<Vec<String>>,
    /// Whether there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exists: Option<bool>,
}

impl Criterion {
    /// Whether it holds for a property with these values.
    pub fn holds(&self, values: &[&str]) -> bool {
        let is_one =
            |list: &[String]| values.iter().any(|value| list.iter().any(|one| one == value));
        let is_part = |list: &[String]| {
            values.iter().any(|value| list.iter().any(|one| value.contains(one.as_str())))
        };
        self.eq.as_deref().is_none_or(is_one)
            && self.neq.as_deref().is_none_or(|list| !is_one(list))
            && self.contains.as_deref().is_none_or(is_part)
            && self.exists.is_none_or(|exists| exists != values.is_empty())
    }

    fn lists(&self) -> impl Iterator<Item = &Vec<String>> {
        self.eq.iter().chain(&self.neq).chain(&self.contains)
    }
}

/// What somebody said about a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SaidStatus {
    /// Whether it is archived.
    pub archived: bool,
    /// When.
    #[serde(with = "milliseconds")]
    pub updated: Timestamp,
}

/// A scan that somebody asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scanned {
    /// The ARN of the resource.
    pub resource: String,
    /// When.
    #[serde(with = "milliseconds")]
    pub at: Timestamp,
}

/// Values of one criterion. AWS: the data type Criterion.
const CRITERION_VALUES_MAX: usize = 20;
/// The properties that a filter can name; those of principals and conditions have a name behind a dot.
const PROPERTIES: [&str; 10] = [
    "action",
    "error",
    "findingType",
    "id",
    "isPublic",
    "resource",
    "resourceOwnerAccount",
    "resourceType",
    "sources",
    "status",
];

/// Checks a filter. Errors: `ValidationError`.
pub fn check_filter(filter: &Filter) -> Result<(), IamError> {
    for (property, criterion) in filter {
        let has_name =
            |front: &str| property.strip_prefix(front).is_some_and(|name| !name.is_empty());
        let is_known = PROPERTIES.contains(&property.as_str())
            || has_name("principal.")
            || has_name("condition.");
        if !is_known {
            return Err(IamError::validation(format!("Invalid filter key: {property}")));
        }
        let sizes_fit =
            criterion.lists().all(|list| (1..=CRITERION_VALUES_MAX).contains(&list.len()));
        let says_something = criterion.lists().next().is_some() || criterion.exists.is_some();
        if !sizes_fit || !says_something {
            let message = format!("Invalid criterion for filter key {property}");
            return Err(IamError::validation(message));
        }
    }
    Ok(())
}

fn check_name(parameter: &str, name: &str, firsts: &str) -> Result<(), IamError> {
    validate::length(parameter, name, 1, 255)?;
    let first = |c: char| c.is_ascii_alphabetic() || firsts.contains(c);
    let other = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    if name.starts_with(first) && name.chars().all(other) {
        return Ok(());
    }
    Err(IamError::validation(format!("The specified value for {parameter} is invalid.")))
}

/// The name of the analyzer that an ARN is of, or one of its rules.
pub fn name_of(arn: &str) -> Option<&str> {
    let mut parts = arn.strip_prefix("arn:aws:access-analyzer:")?.splitn(3, ':');
    let resource = parts.nth(2)?.strip_prefix("analyzer/")?;
    Some(resource.split_once('/').map_or(resource, |(name, _)| name))
}

/// The analyzer of this name, if there is one.
pub fn find(directory: &Directory<'_>, name: &str) -> Result<Option<Analyzer>, IamError> {
    directory.document(KIND, name)
}

/// The analyzer of this name. Errors: `NoSuchEntity`.
pub fn get(directory: &Directory<'_>, name: &str) -> Result<Analyzer, IamError> {
    find(directory, name)?.ok_or_else(|| IamError::missing("The analyzer does not exist."))
}

/// All analyzers, by name.
pub fn list(directory: &Directory<'_>) -> Result<Vec<Analyzer>, IamError> {
    let most = ANALYZERS_OF_ACCOUNT_MAX + ANALYZERS_OF_ORGANIZATION_MAX;
    let rows = directory.tables.page(KIND, "", most)?;
    rows.iter().map(|(_, document)| crate::tables::read(document)).collect()
}

/// Adds an analyzer. Errors: `ValidationError`, `EntityAlreadyExists`, `LimitExceeded`.
pub fn create(
    directory: &Directory<'_>,
    name: &str,
    zone: ZoneOfTrust,
    rules: Vec<(String, Filter)>,
    tags: Vec<Tag>,
) -> Result<(), IamError> {
    check_name("analyzerName", name, "_")?;
    validate::tags(&tags)?;
    if find(directory, name)?.is_some() {
        return Err(IamError::exists("An analyzer with this name already exists."));
    }
    let same = list(directory)?.iter().filter(|one| one.zone == zone).count();
    let most = match zone {
        ZoneOfTrust::Account => ANALYZERS_OF_ACCOUNT_MAX,
        ZoneOfTrust::Organization => ANALYZERS_OF_ORGANIZATION_MAX,
    };
    if same >= most {
        let message = format!("You have reached the limit of {most} analyzers of this type.");
        return Err(IamError::new(IamErrorCode::LimitExceeded, message));
    }
    let mut analyzer = Analyzer {
        name: name.to_owned(),
        zone,
        created: directory.now,
        tags,
        rules: BTreeMap::new(),
        statuses: BTreeMap::new(),
        scanned: None,
    };
    for (rule, filter) in rules {
        add_rule(&mut analyzer, &rule, filter, directory.now, BTreeSet::new())?;
    }
    put(directory, &analyzer)
}

/// Removes an analyzer with everything that was said about its findings. Errors: `NoSuchEntity`.
pub fn delete(directory: &Directory<'_>, name: &str) -> Result<(), IamError> {
    get(directory, name)?;
    directory.tables.delete(KIND, name)
}

/// Changes the tags of an analyzer. Errors: `NoSuchEntity`, `ValidationError`, `LimitExceeded`.
pub fn change_tags(
    directory: &Directory<'_>,
    name: &str,
    change: TagChange,
) -> Result<(), IamError> {
    let mut analyzer = get(directory, name)?;
    tag::apply(&mut analyzer.tags, change)?;
    put(directory, &analyzer)
}

/// Adds a rule, which leaves alone the findings that are there. Errors: `NoSuchEntity`,
/// `EntityAlreadyExists`, `ValidationError`, `LimitExceeded`.
pub fn create_rule(
    directory: &Directory<'_>,
    name: &str,
    rule: &str,
    filter: Filter,
    present: BTreeSet<String>,
) -> Result<(), IamError> {
    let mut analyzer = get(directory, name)?;
    add_rule(&mut analyzer, rule, filter, directory.now, present)?;
    put(directory, &analyzer)
}

fn add_rule(
    analyzer: &mut Analyzer,
    rule: &str,
    filter: Filter,
    now: Timestamp,
    exempt: BTreeSet<String>,
) -> Result<(), IamError> {
    check_name("ruleName", rule, "")?;
    check_filter(&filter)?;
    if analyzer.rules.contains_key(rule) {
        return Err(IamError::exists("An archive rule with this name already exists."));
    }
    if analyzer.rules.len() >= ANALYZER_RULES_MAX {
        let message = format!("An analyzer has at most {ANALYZER_RULES_MAX} archive rules.");
        return Err(IamError::new(IamErrorCode::LimitExceeded, message));
    }
    let made = ArchiveRule { filter, created: now, updated: now, exempt };
    analyzer.rules.insert(rule.to_owned(), made);
    Ok(())
}

/// Gives a rule another filter, which leaves alone the findings that are there and that it did not
/// archive before. Errors: `NoSuchEntity`, `ValidationError`.
pub fn update_rule(
    directory: &Directory<'_>,
    name: &str,
    rule: &str,
    filter: Filter,
    present: BTreeSet<String>,
) -> Result<(), IamError> {
    check_filter(&filter)?;
    change_rule(directory, name, rule, |rule| {
        rule.filter = filter;
        rule.exempt = present;
    })
}

/// Archives the findings too that were there before the rule. Errors: `NoSuchEntity`.
pub fn apply_rule(directory: &Directory<'_>, name: &str, rule: &str) -> Result<(), IamError> {
    change_rule(directory, name, rule, |rule| rule.exempt.clear())
}

fn change_rule(
    directory: &Directory<'_>,
    name: &str,
    rule: &str,
    change: impl FnOnce(&mut ArchiveRule),
) -> Result<(), IamError> {
    let mut analyzer = get(directory, name)?;
    let found = analyzer.rules.get_mut(rule).ok_or_else(no_such_rule)?;
    change(found);
    found.updated = directory.now;
    put(directory, &analyzer)
}

/// Removes a rule; what it archived is active again. Errors: `NoSuchEntity`.
pub fn delete_rule(directory: &Directory<'_>, name: &str, rule: &str) -> Result<(), IamError> {
    let mut analyzer = get(directory, name)?;
    analyzer.rules.remove(rule).ok_or_else(no_such_rule)?;
    put(directory, &analyzer)
}

/// The error about a rule that is not there.
pub fn no_such_rule() -> IamError {
    IamError::missing("The archive rule does not exist.")
}

/// Says of findings that they are archived, or active. Errors: `NoSuchEntity`, `LimitExceeded`.
pub fn say(
    directory: &Directory<'_>,
    name: &str,
    ids: Vec<String>,
    archived: bool,
    present: &BTreeSet<String>,
) -> Result<(), IamError> {
    let mut analyzer = get(directory, name)?;
    // Of what is not there any more nobody needs to know.
    analyzer.statuses.retain(|id, _| present.contains(id));
    for id in ids {
        analyzer.statuses.insert(id, SaidStatus { archived, updated: directory.now });
    }
    if analyzer.statuses.len() > ANALYZER_STATUSES_MAX {
        let message = "Too many findings have a status of their own; use archive rules.";
        return Err(IamError::new(IamErrorCode::LimitExceeded, message));
    }
    put(directory, &analyzer)
}

/// Notes that a resource was scanned. Errors: `NoSuchEntity`.
pub fn note_scan(directory: &Directory<'_>, name: &str, resource: String) -> Result<(), IamError> {
    let mut analyzer = get(directory, name)?;
    analyzer.scanned = Some(Scanned { resource, at: directory.now });
    put(directory, &analyzer)
}

fn put(directory: &Directory<'_>, analyzer: &Analyzer) -> Result<(), IamError> {
    directory.put_document(KIND, &analyzer.name, None, analyzer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn criteria() {
        let check = |criterion: &Criterion, values: &[&str], expected: bool| {
            assert_eq!(criterion.holds(values), expected, "{criterion:?} {values:?}");
        };
        let none = Criterion::default();
        let eq = Criterion { eq: Some(list(&["a", "b"])), ..none.clone() };
        check(&eq, &["b"], true);
        check(&eq, &["c", "a"], true);
        check(&eq, &["c"], false);
        check(&eq, &[], false);
        let neq = Criterion { neq: Some(list(&["a"])), ..none.clone() };
        check(&neq, &["a", "b"], false);
        check(&neq, &["b"], true);
        check(&neq, &[], true);
        let contains =
            Criterion { contains: Some(list(&["b"])), neq: Some(list(&["bb"])), ..none.clone() };
        check(&contains, &["abc"], true);
        check(&contains, &["bb"], false);
        check(&Criterion { exists: Some(true), ..none.clone() }, &[], false);
        check(&Criterion { exists: Some(false), ..none }, &[], true);
    }

    #[test]
    fn filters() {
        let check = |property: &str, criterion: Criterion, expected: bool| {
            let filter = Filter::from([(property.to_owned(), criterion)]);
            assert_eq!(check_filter(&filter).is_ok(), expected, "{filter:?}");
        };
        let eq = || Criterion { eq: Some(list(&["x"])), ..Criterion::default() };
        check("resource", eq(), true);
        check("principal.AWS", eq(), true);
        check(
            "condition.aws:SourceIp",
            Criterion { exists: Some(true), ..Criterion::default() },
            true,
        );
        check("principal.", eq(), false);
        check("colour", eq(), false);
        check("resource", Criterion::default(), false);
        check("resource", Criterion { eq: Some(Vec::new()), ..Criterion::default() }, false);
    }

    #[test]
    fn names() {
        for (name, expected) in [
            ("a", true),
            ("_a", true),
            ("a.b-c_1", true),
            ("1a", false),
            ("", false),
            ("a/b", false),
        ] {
            assert_eq!(check_name("analyzerName", name, "_").is_ok(), expected, "{name}");
        }
        assert!(check_name("ruleName", "_a", "").is_err());
    }
}
