//! The values of a variable, divided into classes that no policy in force tells apart further, with
//! one value of each.

use std::collections::BTreeSet;

use model::limits::OBJECT_KEY_LENGTH_BYTES_MAX;

use super::domain::{self, Domain, Variable};
use super::values;
use super::{Caller, Doubt, Question};
use crate::policy::condition::Condition;
use crate::policy::language::{self, Language};
use crate::policy::vocabulary::{Compared, Vocabulary};
use crate::{ConditionKey, ContextSource, ContextValue};

/// One value of a variable, which stands for all of its class.
#[derive(Clone, Debug)]
pub(crate) struct Class {
    /// The object key, for the variable that it is.
    pub(crate) object_key: String,
    values: Vec<(ConditionKey, ContextValue<'static>)>,
    /// Which of the division's marks it bears.
    pub(crate) marks: Vec<bool>,
}

impl Class {
    /// What it is under a condition key of its variable.
    pub(crate) fn value(&self, key: &ConditionKey) -> ContextValue<'static> {
        let wanted = |own: &ConditionKey| own == key || Variable::of(own) == Variable::of(key);
        let exact = self.values.iter().find(|(own, _)| own == key);
        let found = exact.or_else(|| self.values.iter().find(|(own, _)| wanted(own)));
        found.map_or(ContextValue::Absent, |(_, value)| value.clone())
    }

    /// Whether it has a value under its key.
    pub(crate) fn is_present(&self) -> bool {
        self.values.iter().any(|(_, value)| *value != ContextValue::Absent)
    }
}

/// What tells classes apart, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Where it holds.
    pub(crate) yes: String,
    /// Where it does not.
    pub(crate) no: String,
}

/// A variable with its classes.
#[derive(Clone, Debug)]
pub(crate) struct Division<'a> {
    pub(crate) variable: Variable,
    pub(crate) classes: Vec<Class>,
    pub(crate) marks: Vec<Mark>,
    #[cfg_attr(not(test), expect(dead_code, reason = "tests look up the class of a value"))]
    conditions: Vec<&'a Condition>,
    /// Why there may be classes that were not found.
    pub(crate) doubt: Option<Doubt>,
}

/// Divides variables for one caller.
pub(crate) struct Divider<'a> {
    pub(crate) question: &'a Question<'a>,
    pub(crate) caller: &'a Caller,
    pub(crate) vocabulary: Vocabulary<'a>,
}

/// The values that are not open.
struct Known<'a>(&'a Question<'a>, &'a Caller);

impl ContextSource for Known<'_> {
    fn value(&self, key: &ConditionKey) -> ContextValue<'_> {
        match domain_of(key, self.1, self.0) {
            Some(Domain::Fixed(value)) => value,
            _ => ContextValue::Absent,
        }
    }
}

fn domain_of(key: &ConditionKey, caller: &Caller, question: &Question<'_>) -> Option<Domain> {
    match Variable::of(key) {
        Variable::Time | Variable::Transport => None,
        _ => Some(domain::of(key, caller, question)),
    }
}

/// Whether the caller itself says what the value is.
pub(crate) fn is_about_caller(key: &ConditionKey) -> bool {
    matches!(
        key,
        ConditionKey::PrincipalAccount
            | ConditionKey::PrincipalArn
            | ConditionKey::PrincipalIsAwsService
            | ConditionKey::PrincipalServiceName
            | ConditionKey::PrincipalType
            | ConditionKey::UserId
            | ConditionKey::UserName
    )
}

impl<'a> Divider<'a> {
    fn is_open(&self, key: &ConditionKey) -> bool {
        !is_about_caller(key)
            && !matches!(domain_of(key, self.caller, self.question), Some(Domain::Fixed(_)))
    }

    /// The value of a key that is not open.
    pub(crate) fn fixed_value(&self, key: &ConditionKey) -> Option<ContextValue<'static>> {
        match domain_of(key, self.caller, self.question) {
            Some(Domain::Fixed(value)) => Some(value),
            _ => None,
        }
    }

    /// The keys that objects can have, behind a beginning.
    pub(crate) fn object_keys(&self, beginning: &str) -> Division<'a> {
        let known = Known(self.question, self.caller);
        let is_open = |key: &ConditionKey| self.is_open(key);
        let (compared, names) = self.vocabulary.resources(&known, &is_open);
        let bucket = format!("{}/", self.question.bucket.name);
        let start = Language::literal(&format!("{bucket}{beginning}"));
        let domain = if beginning.is_empty() {
            start.then_some_text()
        } else {
            start.then_language(&Language::everything())
        };
        let (languages, marks) = once(compared.languages.clone(), names);
        let found = language::classes(&domain, &languages);
        let key_of = |text: &str| text.strip_prefix(&bucket).unwrap_or_default().to_owned();
        let classes = found.classes.iter().map(|class| Class {
            object_key: key_of(&class.text),
            values: Vec::new(),
            marks: class.within.clone(),
        });
        Division {
            variable: Variable::ObjectKey,
            classes: classes
                .filter(|class| class.object_key.len() <= OBJECT_KEY_LENGTH_BYTES_MAX)
                .collect(),
            marks: marks.iter().map(|name| key_mark(name, &bucket)).collect(),
            conditions: Vec::new(),
            doubt: doubt_of(&compared, &found),
        }
    }

    /// The class of a key that is there.
    pub(crate) fn class_of_key(&self, key: &str) -> Vec<bool> {
        let known = Known(self.question, self.caller);
        let (compared, names) = self.vocabulary.resources(&known, &|key| self.is_open(key));
        let (languages, _) = once(compared.languages, names);
        let name = Language::literal(&format!("{}/{key}", self.question.bucket.name));
        let found = language::classes(&name, &languages).classes;
        found.into_iter().next().map(|class| class.within).unwrap_or_default()
    }

    /// The values of the variable of a condition key. `None` if it is not open.
    pub(crate) fn values_of(
        &self,
        key: &ConditionKey,
    ) -> Result<Division<'a>, ContextValue<'static>> {
        let variable = Variable::of(key);
        let conditions = self.vocabulary.conditions(|own| Variable::of(own) == variable);
        let known = Known(self.question, self.caller);
        let compared = self.vocabulary.compared(&conditions, &known, &|key| self.is_open(key));
        let domain = domain::of(key, self.caller, self.question);
        let (values, mut doubt) = match (&variable, domain) {
            (Variable::Key(_), Domain::Fixed(value)) => return Err(value),
            (_, domain) => values::of_variable(key, &domain, &compared),
        };
        if let Some(other) = &compared.coupled_with {
            doubt = Some(Doubt::Coupled(other.name().into_owned()));
        } else if compared.is_beyond {
            doubt = Some(Doubt::LetterCase);
        } else if is_grant_header(key) {
            doubt = Some(Doubt::GrantHeaders);
        }
        let classes = values.into_iter().map(|values: Vec<_>| Class {
            marks: self.vocabulary.holding(&conditions, &Values(&values, &known)),
            object_key: String::new(),
            values,
        });
        let mut division = Division {
            classes: classes.collect(),
            marks: conditions
                .iter()
                .map(|one| Mark { yes: one.phrase(true), no: one.phrase(false) })
                .collect(),
            variable,
            conditions,
            doubt,
        };
        division.name_finite_values(key, self);
        if needs_more_permissions(key) {
            division.name_presence(key);
        }
        Ok(division)
    }
}

impl Division<'_> {
    /// Marks whether there is a value, which counts even where no condition asks.
    fn name_presence(&mut self, key: &ConditionKey) {
        let name = key.name();
        self.marks
            .push(Mark { yes: format!("{name} is present"), no: format!("{name} is absent") });
        for class in &mut self.classes {
            class.marks.push(class.is_present());
        }
    }

    /// Marks the values of a key that has only a few, so that answers can call them by name.
    fn name_finite_values(&mut self, key: &ConditionKey, divider: &Divider<'_>) {
        let Variable::Key(_) = &self.variable else { return };
        let Domain::Finite(_) = domain::of(key, divider.caller, divider.question) else { return };
        let name = key.name().into_owned();
        let values: Vec<_> = self.classes.iter().map(|class| class.value(key)).collect();
        for (at, value) in values.iter().enumerate() {
            self.marks.push(match value {
                ContextValue::One(text) => {
                    Mark { yes: format!("{name} is {text}"), no: format!("{name} is not {text}") }
                }
                _ => Mark { yes: format!("{name} is absent"), no: format!("{name} is present") },
            });
            for (other, class) in self.classes.iter_mut().enumerate() {
                class.marks.push(other == at);
            }
        }
    }
}

/// Patterns that stand in several statements count once.
fn once(languages: Vec<Language>, names: Vec<String>) -> (Vec<Language>, Vec<String>) {
    let mut seen = BTreeSet::new();
    languages.into_iter().zip(names).filter(|(language, _)| seen.insert(language.clone())).unzip()
}

fn key_mark(name: &str, bucket: &str) -> Mark {
    let pattern = name.strip_prefix(bucket).unwrap_or(name);
    Mark { yes: format!("key is like {pattern}"), no: format!("key is not like {pattern}") }
}

fn doubt_of(compared: &Compared, found: &language::TextClasses) -> Option<Doubt> {
    if let Some(key) = &compared.coupled_with {
        return Some(Doubt::Coupled(key.name().into_owned()));
    }
    (!found.complete).then_some(Doubt::TooManyPatterns)
}

/// Whether a request with a value under this key needs permission for more than one without.
fn needs_more_permissions(key: &ConditionKey) -> bool {
    use ConditionKey as K;
    matches!(
        key,
        K::CopySource
            | K::ObjectLockLegalHold
            | K::ObjectLockMode
            | K::ObjectLockRetainUntilDate
            | K::RequestObjectTag(_)
            | K::RequestObjectTagKeys
    )
}

fn is_grant_header(key: &ConditionKey) -> bool {
    use ConditionKey as K;
    matches!(
        key,
        K::GrantFullControl | K::GrantRead | K::GrantReadAcp | K::GrantWrite | K::GrantWriteAcp
    )
}

/// Values as a request would have them, with those that every request has.
struct Values<'v>(&'v [(ConditionKey, ContextValue<'static>)], &'v Known<'v>);

impl ContextSource for Values<'_> {
    fn value(&self, key: &ConditionKey) -> ContextValue<'_> {
        let exact = self.0.iter().find(|(own, _)| own == key);
        let same = || self.0.iter().find(|(own, _)| Variable::of(own) == Variable::of(key));
        match exact.or_else(same) {
            Some((_, value)) => value.clone(),
            None => self.1.value(key),
        }
    }
}

#[cfg(test)]
impl Divider<'_> {
    /// The class of a value.
    pub(crate) fn class_of(
        &self,
        division: &Division<'_>,
        context: &dyn ContextSource,
    ) -> Option<usize> {
        let key = match &division.variable {
            Variable::Key(key) => Some(key),
            _ => None,
        };
        if let Some(key) = key
            && let Domain::Finite(_) = domain::of(key, self.caller, self.question)
        {
            let value = context.value(key);
            return division.classes.iter().position(|class| class.value(key) == value);
        }
        let mut marks = self.vocabulary.holding(&division.conditions, context);
        marks.extend(
            key.filter(|key| needs_more_permissions(key))
                .map(|key| context.value(key) != ContextValue::Absent),
        );
        division.classes.iter().position(|class| class.marks.starts_with(&marks))
    }
}
