//! From JSON to compiled statements, with the errors of §5.3 in the order of POL-18.

use std::collections::{BTreeMap, BTreeSet};

use model::limits::{BUCKET_POLICY_BODY_BYTES_MAX, BUCKET_POLICY_BYTES_MAX, POLICY_STATEMENTS_MAX};
use model::{BucketName, S3Error};

use super::action_pattern::ListedActions;
use super::condition::Condition;
use super::json::{self, Json};
use super::malformed::{
    ACTION, ACTION_RESOURCE, ALLOW_NOT_PRINCIPAL, CONDITION_COMBINATION, CONDITION_KEY, FIRST_BYTE,
    IDENTITY_PRINCIPAL, JSON, PRINCIPAL, RESOURCE, SID_NOT_UNIQUE, STATEMENT_EMPTY, SYNTAX,
    TOO_LARGE, VERSION, invalid_condition_type, invalid_effect, malformed, missing,
};
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
}

/// Reads and compiles a policy.
pub(super) fn parse(text: &str, grammar: Grammar<'_>) -> Result<Box<[Statement]>, S3Error> {
    let mut members = Members(read_object(text)?);
    let variables = read_version(members.take("Version"), grammar)?;
    let statements = match members.take("Statement") {
        None => return Err(missing("Statement")),
        Some(Json::List(list)) if list.is_empty() => return Err(malformed(STATEMENT_EMPTY)),
        Some(Json::List(list)) => list,
        Some(single) => vec![single],
    };
    members.take("Id").map(text_of).transpose()?;
    members.must_be_empty()?;
    if statements.len() > POLICY_STATEMENTS_MAX {
        return Err(malformed(TOO_LARGE));
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
            return Err(malformed(SID_NOT_UNIQUE));
        }
        compiled.push(statement);
    }
    Ok(compiled.into())
}

fn read_object(text: &str) -> Result<BTreeMap<String, Json>, S3Error> {
    if !text.starts_with('{') {
        return Err(malformed(FIRST_BYTE));
    }
    if text.len() > BUCKET_POLICY_BODY_BYTES_MAX {
        return Err(malformed(TOO_LARGE));
    }
    let document = json::parse(text).map_err(|error| malformed(JSON).because(error))?;
    if json::normalized_length_bytes(text) > BUCKET_POLICY_BYTES_MAX {
        return Err(malformed(TOO_LARGE));
    }
    match document {
        Json::Object(members) => Ok(members),
        _ => Err(malformed(FIRST_BYTE)),
    }
}

fn read_version(version: Option<Json>, grammar: Grammar<'_>) -> Result<Variables, S3Error> {
    match version.map(text_of).transpose()?.as_deref() {
        None | Some("2008-10-17") => Ok(Variables::Literal),
        Some("2012-10-17") => Ok(match grammar {
            Grammar::Bucket { .. } => Variables::Known,
            Grammar::Identity => Variables::Any,
        }),
        Some(_) => Err(malformed(VERSION)),
    }
}

/// The members of an object that were not read yet.
struct Members(BTreeMap<String, Json>);

impl Members {
    fn of(json: Json) -> Result<Self, S3Error> {
        match json {
            Json::Object(members) => Ok(Self(members)),
            _ => Err(malformed(SYNTAX)),
        }
    }

    fn take(&mut self, name: &str) -> Option<Json> {
        self.0.remove(name)
    }

    /// Takes the one of two members that stands there (POL-14), and says whether it is the second,
    /// which names exceptions.
    fn take_either(&mut self, name: &str, exceptions: &str) -> Result<(Json, Names), S3Error> {
        match (self.take(name), self.take(exceptions)) {
            (Some(json), None) => Ok((json, Names::Members)),
            (None, Some(json)) => Ok((json, Names::Exceptions)),
            (None, None) => Err(missing(name)),
            (Some(_), Some(_)) => Err(malformed(SYNTAX)),
        }
    }

    /// POL-15.
    fn must_be_empty(&self) -> Result<(), S3Error> {
        if self.0.is_empty() { Ok(()) } else { Err(malformed(SYNTAX)) }
    }
}

/// What a list names: those that are meant, or those that are not.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    Members,
    Exceptions,
}

fn text_of(json: Json) -> Result<String, S3Error> {
    match json {
        Json::Text(text) => Ok(text),
        _ => Err(malformed(SYNTAX)),
    }
}

/// A text or a list of texts.
fn texts_of(json: Json) -> Result<Vec<String>, S3Error> {
    match json {
        Json::List(list) => list.into_iter().map(text_of).collect(),
        single => text_of(single).map(|text| vec![text]),
    }
}

/// The values under a condition key: texts, numbers and booleans, at least one.
fn condition_texts_of(json: Json) -> Result<Vec<String>, S3Error> {
    let scalar = |json| match json {
        Json::Text(text) | Json::Scalar(text) => Ok(text),
        _ => Err(malformed(SYNTAX)),
    };
    match json {
        Json::List(list) if list.is_empty() => Err(malformed(SYNTAX)),
        Json::List(list) => list.into_iter().map(scalar).collect(),
        single => scalar(single).map(|text| vec![text]),
    }
}

/// Compiles each text, of which there must be at least one, or fails with the message.
fn compile_all<T>(
    texts: &[String],
    message: &'static str,
    compile: impl Fn(&str) -> Option<T>,
) -> Result<Box<[T]>, S3Error> {
    if texts.is_empty() {
        return Err(malformed(message));
    }
    texts.iter().map(|text| compile(text).ok_or_else(|| malformed(message))).collect()
}

struct StatementReader<'a> {
    grammar: Grammar<'a>,
    variables: Variables,
}

impl StatementReader<'_> {
    fn read(&self, json: Json) -> Result<Statement, S3Error> {
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
            actions: ListedActions::actions(&listed_actions),
            required_keys: required_keys(&resources, &conditions),
            resources,
            conditions,
        })
    }

    fn read_principals(
        &self,
        members: &mut Members,
        effect: Effect,
    ) -> Result<Principals, S3Error> {
        let Grammar::Bucket { directory, .. } = self.grammar else {
            let given = members.take("Principal").or_else(|| members.take("NotPrincipal"));
            return given.map_or(Ok(Principals::Bearer), |_| Err(malformed(IDENTITY_PRINCIPAL)));
        };
        let (json, names) = members.take_either("Principal", "NotPrincipal")?;
        let listed = read_principal_list(json, directory)?;
        match (names, effect) {
            (Names::Members, _) => Ok(Principals::Listed(listed)),
            (Names::Exceptions, Effect::Deny) => Ok(Principals::AllExcept(listed)),
            (Names::Exceptions, Effect::Allow) => Err(malformed(ALLOW_NOT_PRINCIPAL)),
        }
    }

    fn read_actions(&self, members: &mut Members) -> Result<Box<[ListedActions]>, S3Error> {
        let (json, names) = members.take_either("Action", "NotAction")?;
        let listed = compile_all(&texts_of(json)?, ACTION, |text| {
            let listed = ListedActions::parse(text)?;
            match self.grammar {
                Grammar::Bucket { .. } => listed.any(|_| true).then_some(listed),
                Grammar::Identity => Some(listed),
            }
        })?;
        Ok(match names {
            Names::Members => listed,
            Names::Exceptions => Box::new([ListedActions::complement(&listed)]),
        })
    }

    fn read_resources(&self, members: &mut Members) -> Result<Resources, S3Error> {
        let (json, names) = members.take_either("Resource", "NotResource")?;
        let variables = self.variables;
        let listed = compile_all(&texts_of(json)?, RESOURCE, |text| match self.grammar {
            Grammar::Bucket { bucket, resource_star, .. } => {
                ResourcePattern::parse_for_bucket(text, bucket, resource_star, variables)
            }
            Grammar::Identity => ResourcePattern::parse_for_identity(text, variables),
        })?;
        Ok(match names {
            Names::Members => Resources::Listed(listed),
            Names::Exceptions => Resources::AllExcept(listed),
        })
    }

    fn read_conditions(&self, json: Option<Json>) -> Result<Box<[Condition]>, S3Error> {
        let operators = json.map(Members::of).transpose()?;
        let mut conditions = Vec::new();
        for (name, keys) in operators.into_iter().flat_map(|members| members.0) {
            let operator = Operator::parse(&name).ok_or_else(|| invalid_condition_type(&name))?;
            for (key, values) in Members::of(keys)?.0 {
                let key = self.read_condition_key(&key)?;
                let texts = condition_texts_of(values)?;
                conditions.push(Condition::compile(key, operator, &texts, self.variables)?);
            }
        }
        Ok(conditions.into())
    }

    fn read_condition_key(&self, name: &str) -> Result<ConditionKey, S3Error> {
        match (ConditionKey::parse(name), self.grammar) {
            (ConditionKey::Foreign(_), Grammar::Bucket { .. }) => Err(malformed(CONDITION_KEY)),
            (key, _) => Ok(key),
        }
    }

    /// POL-E13, POL-20. IAM does not ask this of identity policies.
    fn check_resources(
        &self,
        listed_actions: &[ListedActions],
        resources: &Resources,
    ) -> Result<(), S3Error> {
        let fits =
            |actions: &ListedActions| actions.any(|action| resources.fits(action.resource_type()));
        match self.grammar {
            Grammar::Bucket { .. } if !listed_actions.iter().all(fits) => {
                Err(malformed(ACTION_RESOURCE))
            }
            _ => Ok(()),
        }
    }

    /// POL-E15, POL-19. IAM does not ask this of identity policies.
    fn check_conditions(
        &self,
        listed_actions: &[ListedActions],
        conditions: &[Condition],
    ) -> Result<(), S3Error> {
        let applies = |condition: &Condition| {
            let key = &condition.key;
            listed_actions.iter().all(|actions| actions.any(|action| key.applies_to(action)))
        };
        match self.grammar {
            Grammar::Bucket { .. } if !conditions.iter().all(applies) => {
                Err(malformed(CONDITION_COMBINATION))
            }
            _ => Ok(()),
        }
    }
}

fn read_effect(json: Option<Json>) -> Result<Effect, S3Error> {
    let effect = text_of(json.ok_or_else(|| missing("Effect"))?)?;
    match effect.as_str() {
        "Allow" => Ok(Effect::Allow),
        "Deny" => Ok(Effect::Deny),
        other => Err(invalid_effect(other)),
    }
}

fn read_principal_list(
    json: Json,
    directory: &dyn PrincipalDirectory,
) -> Result<Box<[PrincipalPattern]>, S3Error> {
    let members = match json {
        Json::Text(text) if text == "*" => return Ok(Box::new([PrincipalPattern::Everyone])),
        Json::Text(_) => return Err(malformed(PRINCIPAL)),
        other => Members::of(other)?.0,
    };
    let mut listed = Vec::new();
    for (kind, names) in members {
        let names = texts_of(names)?;
        let of_kind = compile_all(&names, PRINCIPAL, |text| match kind.as_str() {
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
        return Err(malformed(PRINCIPAL));
    }
    Ok(listed.into())
}
