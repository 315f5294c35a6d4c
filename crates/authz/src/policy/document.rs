//! From JSON to compiled statements, with the errors of §5.3 in the order of POL-18.
//!
//! AWS: IAM User Guide, "Grammar of the IAM JSON policy language".

use std::collections::{BTreeMap, BTreeSet};

use model::BucketName;
use model::limits::{BUCKET_POLICY_BODY_BYTES_MAX, BUCKET_POLICY_BYTES_MAX, POLICY_STATEMENTS_MAX};

use super::action_pattern::ListedActions;
use super::condition::Condition;
use super::json::{self, Json};
use super::malformed::Malformed;
use super::operator::Operator;
use super::pattern::Variables;
use super::principal::{PrincipalPattern, Principals};
use super::resource::{ResourcePattern, Resources};
use super::statement::{Effect, Statement, required_keys};
use super::{PrincipalDirectory, ResourceStar};
use crate::ConditionKey;

/// What a policy is attached to, which decides what it may say.
#[derive(Clone, Copy)]
pub(super) enum Grammar<'a> {
    /// A bucket.
    Bucket {
        bucket: &'a BucketName,
        directory: &'a dyn PrincipalDirectory,
        resource_star: ResourceStar,
    },
    /// A user, a role or a session.
    Identity,
    /// A role, saying who may assume it.
    Trust { directory: &'a dyn PrincipalDirectory },
    /// Anything that has a policy of its own; nobody says what.
    Resource { directory: &'a dyn PrincipalDirectory },
}

/// The actions that a trust policy may allow. AWS: IAM User Guide, "Roles terms and concepts";
/// Service Authorization Reference, "AWS Security Token Service".
pub(crate) const TRUST_ACTIONS: [&str; 6] = [
    "sts:AssumeRole",
    "sts:AssumeRoleWithWebIdentity",
    "sts:AssumeRoleWithSAML",
    "sts:TagSession",
    "sts:SetSourceIdentity",
    "sts:SetContext",
];

/// Reads and compiles a policy.
pub(super) fn parse(text: &str, grammar: Grammar<'_>) -> Result<Box<[Statement]>, Malformed> {
    let mut members = Members(read_object(text)?);
    let variables = read_version(members.take("Version"), grammar)?;
    let statements = match members.take("Statement") {
        None => return Err(Malformed::Missing("Statement")),
        Some(Json::List(list)) if list.is_empty() => return Err(Malformed::StatementEmpty),
        Some(Json::List(list)) => list,
        Some(single) => vec![single],
    };
    members.take("Id").map(text_of).transpose()?;
    members.must_be_empty()?;
    if statements.len() > POLICY_STATEMENTS_MAX {
        return Err(Malformed::TooLarge);
    }
    let reader = StatementReader { grammar, variables };
    let mut sids = BTreeSet::new();
    let mut compiled = Vec::with_capacity(statements.len());
    for statement in statements {
        let statement = reader.read(statement)?;
        // POL-13; tools write empty ones where none was given.
        if let Some(sid) = statement.sid.as_deref().filter(|sid| !sid.is_empty())
            && !sids.insert(sid.to_owned())
        {
            return Err(Malformed::SidNotUnique);
        }
        compiled.push(statement);
    }
    Ok(compiled.into())
}

fn read_object(text: &str) -> Result<BTreeMap<String, Json>, Malformed> {
    if !text.starts_with('{') {
        return Err(Malformed::FirstByte);
    }
    if text.len() > BUCKET_POLICY_BODY_BYTES_MAX {
        return Err(Malformed::TooLarge);
    }
    let document = json::parse(text).map_err(|error| Malformed::Json(error.to_string()))?;
    if json::normalized_length_bytes(text) > BUCKET_POLICY_BYTES_MAX {
        return Err(Malformed::TooLarge);
    }
    match document {
        Json::Object(members) => Ok(members),
        _ => Err(Malformed::FirstByte),
    }
}

fn read_version(version: Option<Json>, grammar: Grammar<'_>) -> Result<Variables, Malformed> {
    match version.map(text_of).transpose()?.as_deref() {
        None | Some("2008-10-17") => match grammar {
            Grammar::Bucket { .. } | Grammar::Trust { .. } | Grammar::Resource { .. } => {
                Ok(Variables::Literal)
            }
            Grammar::Identity => Err(Malformed::VersionTooOld),
        },
        Some("2012-10-17") => Ok(match grammar {
            Grammar::Bucket { .. } => Variables::Known,
            Grammar::Identity | Grammar::Trust { .. } | Grammar::Resource { .. } => Variables::Any,
        }),
        Some(_) => Err(Malformed::Version),
    }
}

/// The members of an object that were not read yet.
struct Members(BTreeMap<String, Json>);

impl Members {
    fn of(json: Json) -> Result<Self, Malformed> {
        match json {
            Json::Object(members) => Ok(Self(members)),
            _ => Err(Malformed::Syntax),
        }
    }

    fn take(&mut self, name: &str) -> Option<Json> {
        self.0.remove(name)
    }

    /// Takes the one of two members that stands there (POL-14), and says whether it is the second,
    /// which names exceptions.
    fn take_either(
        &mut self,
        name: &'static str,
        exceptions: &str,
    ) -> Result<(Json, Names), Malformed> {
        match (self.take(name), self.take(exceptions)) {
            (Some(json), None) => Ok((json, Names::Members)),
            (None, Some(json)) => Ok((json, Names::Exceptions)),
            (None, None) => Err(Malformed::Missing(name)),
            (Some(_), Some(_)) => Err(Malformed::Syntax),
        }
    }

    /// POL-15.
    fn must_be_empty(&self) -> Result<(), Malformed> {
        if self.0.is_empty() { Ok(()) } else { Err(Malformed::Syntax) }
    }
}

/// What a list names: those that are meant, or those that are not.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    Members,
    Exceptions,
}

fn text_of(json: Json) -> Result<String, Malformed> {
    match json {
        Json::Text(text) => Ok(text),
        _ => Err(Malformed::Syntax),
    }
}

/// A text or a list of texts.
fn texts_of(json: Json) -> Result<Vec<String>, Malformed> {
    match json {
        Json::List(list) => list.into_iter().map(text_of).collect(),
        single => text_of(single).map(|text| vec![text]),
    }
}

/// The values under a condition key: texts, numbers and booleans, at least one.
fn condition_texts_of(json: Json) -> Result<Vec<String>, Malformed> {
    let scalar = |json| match json {
        Json::Text(text) | Json::Scalar(text) => Ok(text),
        _ => Err(Malformed::Syntax),
    };
    match json {
        Json::List(list) if list.is_empty() => Err(Malformed::Syntax),
        Json::List(list) => list.into_iter().map(scalar).collect(),
        single => scalar(single).map(|text| vec![text]),
    }
}

/// Compiles each text, or fails with what `wrong` says about it.
fn compile_all<T>(
    texts: &[String],
    wrong: impl Fn(&str) -> Malformed,
    compile: impl Fn(&str) -> Option<T>,
) -> Result<Box<[T]>, Malformed> {
    texts.iter().map(|text| compile(text).ok_or_else(|| wrong(text))).collect()
}

struct StatementReader<'a> {
    grammar: Grammar<'a>,
    variables: Variables,
}

impl StatementReader<'_> {
    fn read(&self, json: Json) -> Result<Statement, Malformed> {
        let mut members = Members::of(json)?;
        let effect = read_effect(members.take("Effect"))?;
        let principals = self.read_principals(&mut members, effect)?;
        let listed_actions = self.read_actions(&mut members)?;
        let resources = self.read_resources(&mut members)?;
        let condition = members.take("Condition");
        let sid = members.take("Sid").map(text_of).transpose()?;
        members.must_be_empty()?;
        self.check_resources(&listed_actions, &resources)?;
        let conditions = self.read_conditions(condition)?;
        self.check_conditions(&listed_actions, &conditions)?;
        Ok(Statement {
            sid: sid.map(String::into_boxed_str),
            effect,
            principals,
            actions: ListedActions::actions(listed_actions),
            required_keys: required_keys(&resources, &conditions),
            resources,
            conditions,
        })
    }

    fn read_principals(
        &self,
        members: &mut Members,
        effect: Effect,
    ) -> Result<Principals, Malformed> {
        let directory = match self.grammar {
            Grammar::Bucket { directory, .. }
            | Grammar::Trust { directory }
            | Grammar::Resource { directory } => directory,
            Grammar::Identity => {
                let given = members.take("Principal").or_else(|| members.take("NotPrincipal"));
                return match given {
                    None => Ok(Principals::Bearer),
                    Some(_) => Err(Malformed::IdentityPrincipal),
                };
            }
        };
        let (json, names) = members.take_either("Principal", "NotPrincipal")?;
        if names == Names::Exceptions && matches!(self.grammar, Grammar::Trust { .. }) {
            return Err(Malformed::TrustNotPrincipal);
        }
        let listed = read_principal_list(json, directory)?;
        match (names, effect) {
            (Names::Members, _) => Ok(Principals::Listed(listed)),
            (Names::Exceptions, Effect::Deny) => Ok(Principals::AllExcept(listed)),
            (Names::Exceptions, Effect::Allow) => Err(Malformed::AllowNotPrincipal),
        }
    }

    fn read_actions(&self, members: &mut Members) -> Result<Box<[ListedActions]>, Malformed> {
        let (json, names) = members.take_either("Action", "NotAction")?;
        let texts = texts_of(json)?;
        if texts.is_empty() {
            return Err(match self.grammar {
                Grammar::Bucket { .. } => Malformed::Action(String::new()),
                Grammar::Identity | Grammar::Trust { .. } | Grammar::Resource { .. } => {
                    Malformed::Missing("Action")
                }
            });
        }
        let wrong = |text: &str| match self.grammar {
            Grammar::Trust { .. } => Malformed::TrustAction,
            _ => Malformed::Action(text.to_owned()),
        };
        let listed = compile_all(&texts, wrong, |text| {
            let listed = ListedActions::parse(text)?;
            let meant = match self.grammar {
                Grammar::Bucket { .. } => listed.any(|_| true),
                Grammar::Identity | Grammar::Resource { .. } => true,
                Grammar::Trust { .. } => {
                    let written_out =
                        text.get(..4).is_some_and(|service| service.eq_ignore_ascii_case("sts:"));
                    written_out && TRUST_ACTIONS.iter().any(|action| listed.names(action))
                }
            };
            meant.then_some(listed)
        })?;
        match (names, self.grammar) {
            (Names::Members, _) => Ok(listed),
            (Names::Exceptions, Grammar::Trust { .. }) => Err(Malformed::TrustAction),
            (Names::Exceptions, _) => Ok(Box::new([ListedActions::complement(&listed)])),
        }
    }

    fn read_resources(&self, members: &mut Members) -> Result<Resources, Malformed> {
        // A trust policy, as any other.
        if let Grammar::Resource { .. } = self.grammar
            && !members.0.contains_key("Resource")
            && !members.0.contains_key("NotResource")
        {
            return Ok(Resources::everything());
        }
        if let Grammar::Trust { .. } = self.grammar {
            return match (members.take("Resource"), members.take("NotResource")) {
                (None, None) => Ok(Resources::everything()),
                (Some(_), _) => Err(Malformed::TrustResource),
                (None, Some(_)) => Err(Malformed::TrustNotResource),
            };
        }
        let (json, names) = members.take_either("Resource", "NotResource")?;
        let variables = self.variables;
        let texts = texts_of(json)?;
        if texts.is_empty() {
            return Err(match self.grammar {
                Grammar::Bucket { .. } => Malformed::Resource(String::new()),
                Grammar::Identity | Grammar::Trust { .. } | Grammar::Resource { .. } => {
                    Malformed::Missing("Resource")
                }
            });
        }
        let wrong = |text: &str| Malformed::Resource(text.to_owned());
        let listed = compile_all(&texts, wrong, |text| match self.grammar {
            Grammar::Bucket { bucket, resource_star, .. } => {
                ResourcePattern::parse_for_bucket(text, bucket, resource_star, variables)
            }
            Grammar::Identity | Grammar::Trust { .. } | Grammar::Resource { .. } => {
                ResourcePattern::parse_for_identity(text, variables)
            }
        })?;
        Ok(match names {
            Names::Members => Resources::Listed(listed),
            Names::Exceptions => Resources::AllExcept(listed),
        })
    }

    fn read_conditions(&self, json: Option<Json>) -> Result<Box<[Condition]>, Malformed> {
        let operators = json.map(Members::of).transpose()?;
        let mut conditions = Vec::new();
        for (name, keys) in operators.into_iter().flat_map(|members| members.0) {
            let operator =
                Operator::parse(&name).ok_or_else(|| Malformed::ConditionType(name.clone()))?;
            for (key, values) in Members::of(keys)?.0 {
                let key = self.read_condition_key(&key)?;
                let texts = condition_texts_of(values)?;
                conditions.push(Condition::compile(key, operator, &texts, self.variables)?);
            }
        }
        Ok(conditions.into())
    }

    fn read_condition_key(&self, name: &str) -> Result<ConditionKey, Malformed> {
        match (ConditionKey::parse(name), self.grammar) {
            (ConditionKey::Foreign(_), Grammar::Bucket { .. }) => Err(Malformed::ConditionKey),
            (key, _) => Ok(key),
        }
    }

    /// POL-E13, POL-20. IAM does not ask this of identity policies.
    fn check_resources(
        &self,
        listed_actions: &[ListedActions],
        resources: &Resources,
    ) -> Result<(), Malformed> {
        let fits =
            |actions: &ListedActions| actions.any(|action| resources.fits(action.resource_type()));
        match self.grammar {
            Grammar::Bucket { .. } if !listed_actions.iter().all(fits) => {
                Err(Malformed::ActionResource)
            }
            _ => Ok(()),
        }
    }

    /// POL-E15, POL-19. IAM does not ask this of identity policies.
    fn check_conditions(
        &self,
        listed_actions: &[ListedActions],
        conditions: &[Condition],
    ) -> Result<(), Malformed> {
        let applies = |condition: &Condition| {
            let key = &condition.key;
            listed_actions.iter().all(|actions| actions.any(|action| key.applies_to(action)))
        };
        match self.grammar {
            Grammar::Bucket { .. } if !conditions.iter().all(applies) => {
                Err(Malformed::ConditionCombination)
            }
            _ => Ok(()),
        }
    }
}

fn read_effect(json: Option<Json>) -> Result<Effect, Malformed> {
    let effect = text_of(json.ok_or(Malformed::Missing("Effect"))?)?;
    match effect.as_str() {
        "Allow" => Ok(Effect::Allow),
        "Deny" => Ok(Effect::Deny),
        other => Err(Malformed::Effect(other.to_owned())),
    }
}

fn read_principal_list(
    json: Json,
    directory: &dyn PrincipalDirectory,
) -> Result<Box<[PrincipalPattern]>, Malformed> {
    let members = match json {
        Json::Text(text) if text == "*" => return Ok(Box::new([PrincipalPattern::Everyone])),
        Json::Text(_) => return Err(Malformed::Principal(None)),
        other => Members::of(other)?.0,
    };
    let mut listed = Vec::new();
    for (kind, names) in members {
        let names = texts_of(names)?;
        if names.is_empty() {
            return Err(Malformed::Principal(None));
        }
        let wrong = |text: &str| Malformed::Principal(Some(format!("\"{kind}\":\"{text}\"")));
        let of_kind = compile_all(&names, wrong, |text| match kind.as_str() {
            "AWS" => PrincipalPattern::parse_aws(text, directory),
            "CanonicalUser" => PrincipalPattern::parse_canonical(text, directory),
            "Service" => PrincipalPattern::parse_service(text),
            "Federated" => PrincipalPattern::parse_federated(text),
            _ => None,
        })?;
        listed.extend(of_kind);
    }
    // POL-E8: `*` stands alone.
    let mixed = listed.len() > 1 && listed.contains(&PrincipalPattern::Everyone);
    if listed.is_empty() || mixed {
        return Err(Malformed::Principal(None));
    }
    Ok(listed.into())
}
