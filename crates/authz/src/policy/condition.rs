//! Conditions, compiled (§5.6).

use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use model::AddressRange;
use model::limits::CONDITION_VALUE_BYTES_MAX;

use super::arn::ArnPattern;
use super::malformed::Malformed;
use super::operator::{Comparison, Family, Operator, Quantifier};
use super::pattern::{Pattern, Variables, Wildcards};
use super::request_values::RequestValues;
use super::scalar::{parse_boolean, parse_date, parse_number};
use super::statement::Effect;
use crate::{ConditionKey, ContextValue};

/// One key under one operator, with the values of the policy.
#[derive(Debug)]
pub(crate) struct Condition {
    pub(super) key: ConditionKey,
    pub(super) operator: Operator,
    pub(super) values: Values,
}

/// The values of the policy, one of which must match (POL-40).
#[derive(Debug)]
pub(super) enum Values {
    Texts(Box<[Pattern]>),
    TextsIgnoringCase(Box<[Pattern]>),
    Patterns(Box<[Pattern]>),
    /// In units of 10⁻⁹.
    Numbers(Comparison, Box<[i128]>),
    /// In nanoseconds since the epoch.
    Dates(Comparison, Box<[i128]>),
    Booleans(Box<[bool]>),
    Binaries(Box<[Box<[u8]>]>),
    Addresses(Box<[AddressRange]>),
    Arns(Box<[ArnPattern]>),
    /// Whether the key must be absent.
    Absences(Box<[bool]>),
}

impl Condition {
    /// Compiles the values under a key. Values that the operator cannot compare with are refused
    /// rather than never matched: a `Deny` that can never apply is a trap.
    pub(super) fn compile(
        key: ConditionKey,
        operator: Operator,
        texts: &[String],
        variables: Variables,
    ) -> Result<Self, Malformed> {
        let pattern = |wildcards| move |text: &str| Pattern::parse(text, wildcards, variables).ok();
        let literals = || compile_all(texts, Malformed::Syntax, pattern(Wildcards::Literal));
        let values = match operator.family {
            Family::Text => Values::Texts(literals()?),
            Family::TextIgnoringCase => Values::TextsIgnoringCase(literals()?),
            Family::TextPattern => {
                Values::Patterns(compile_all(texts, Malformed::Syntax, pattern(Wildcards::Active))?)
            }
            Family::Number(comparison) => {
                Values::Numbers(comparison, compile_all(texts, Malformed::Syntax, parse_number)?)
            }
            Family::Date(comparison) => {
                Values::Dates(comparison, compile_all(texts, Malformed::Date, parse_date)?)
            }
            Family::Boolean => {
                Values::Booleans(compile_all(texts, Malformed::Syntax, parse_boolean)?)
            }
            Family::Binary => Values::Binaries(compile_all(texts, Malformed::Syntax, |text| {
                BASE64.decode(text).ok().map(Vec::into_boxed_slice)
            })?),
            Family::IpAddress => {
                Values::Addresses(compile_all(texts, Malformed::IpAddress, AddressRange::parse)?)
            }
            Family::Arn => Values::Arns(compile_all(texts, Malformed::Syntax, |text| {
                ArnPattern::parse(text, variables).ok()
            })?),
            Family::Null => Values::Absences(compile_all(texts, Malformed::Syntax, parse_boolean)?),
        };
        Ok(Self { key, operator, values })
    }

    /// Whether the request satisfies the condition (POL-40 to POL-43) of a statement with this
    /// effect.
    pub(super) fn holds(&self, values: &RequestValues<'_>, effect: Effect) -> bool {
        let value = values.get(&self.key);
        if let Values::Absences(absences) = &self.values {
            let absent = match &value {
                ContextValue::Absent => true,
                ContextValue::One(_) => false,
                ContextValue::Many(list) => list.is_empty(),
            };
            return absences.contains(&absent);
        }
        match &value {
            // A policy and a request that are made for it could keep us busy for seconds.
            _ if is_too_long(&value) => effect == Effect::Deny,
            ContextValue::Absent => self.holds_without_value(),
            ContextValue::One(text) => self.satisfied_by(text, values),
            ContextValue::Many(list) if list.is_empty() => self.holds_without_value(),
            ContextValue::Many(list) => {
                let mut satisfied = list.iter().map(|text| self.satisfied_by(text, values));
                match (self.operator.quantifier, self.operator.negated) {
                    // Without a prefix, the OR and NOR of POL-40 extend to the request's values.
                    (Quantifier::ForAllValues, _) | (Quantifier::Plain, true) => {
                        satisfied.all(|satisfied| satisfied)
                    }
                    (Quantifier::ForAnyValue, _) | (Quantifier::Plain, false) => {
                        satisfied.any(|satisfied| satisfied)
                    }
                }
            }
        }
    }

    /// The answer for an absent key (POL-41, POL-43).
    fn holds_without_value(&self) -> bool {
        self.operator.if_exists
            || match self.operator.quantifier {
                Quantifier::Plain => self.operator.negated,
                Quantifier::ForAllValues => true,
                Quantifier::ForAnyValue => false,
            }
    }

    /// Whether one request value satisfies the operator. A value of another type never does, not
    /// even a negated one (POL-42).
    fn satisfied_by(&self, text: &str, values: &RequestValues<'_>) -> bool {
        self.values.matched_by(text, values).is_some_and(|matched| matched != self.operator.negated)
    }

    /// The keys of the variables that must have a value.
    pub(super) fn required_keys(&self) -> impl Iterator<Item = &ConditionKey> {
        let (patterns, arns) = self.values.patterns();
        let of_arns = arns.iter().flat_map(ArnPattern::required_keys);
        patterns.iter().flat_map(Pattern::required_keys).chain(of_arns)
    }

    /// The keys of all its variables.
    pub(super) fn variable_keys(&self) -> impl Iterator<Item = &ConditionKey> {
        let (patterns, arns) = self.values.patterns();
        let of_arns = arns.iter().flat_map(ArnPattern::variable_keys);
        patterns.iter().flat_map(Pattern::variable_keys).chain(of_arns)
    }
}

impl Values {
    /// Those that can hold variables.
    fn patterns(&self) -> (&[Pattern], &[ArnPattern]) {
        match self {
            Self::Texts(patterns)
            | Self::TextsIgnoringCase(patterns)
            | Self::Patterns(patterns) => (patterns, &[]),
            Self::Arns(arns) => (&[], arns),
            _ => (&[], &[]),
        }
    }

    /// Whether one of the values matches; `None` if `text` is not of their type.
    fn matched_by(&self, text: &str, values: &RequestValues<'_>) -> Option<bool> {
        Some(match self {
            Self::Texts(patterns) => any_literal(patterns, values, |literal| literal == text),
            Self::TextsIgnoringCase(patterns) => {
                any_literal(patterns, values, |literal| equal_ignoring_case(literal, text))
            }
            Self::Patterns(patterns) => patterns.iter().any(|pattern| {
                pattern.resolve(values).is_some_and(|pattern| pattern.matches(text))
            }),
            Self::Numbers(comparison, numbers) => {
                let number = parse_number(text)?;
                numbers.iter().any(|own| comparison.holds(number.cmp(own)))
            }
            Self::Dates(comparison, dates) => {
                let date = parse_date(text)?;
                dates.iter().any(|own| comparison.holds(date.cmp(own)))
            }
            Self::Booleans(booleans) => booleans.contains(&parse_boolean(text)?),
            Self::Binaries(binaries) => binaries.iter().any(|own| **own == *text.as_bytes()),
            Self::Addresses(blocks) => {
                let address: IpAddr = text.parse().ok()?;
                blocks.iter().any(|block| block.contains(address))
            }
            Self::Arns(patterns) => patterns.iter().any(|pattern| pattern.matches(text, values)),
            // Answered before any value is looked at.
            Self::Absences(_) => return None,
        })
    }
}

fn is_too_long(value: &ContextValue<'_>) -> bool {
    let length = match value {
        ContextValue::Absent => 0,
        ContextValue::One(text) => text.len(),
        ContextValue::Many(list) => list.iter().map(|text| text.len()).sum(),
    };
    length > CONDITION_VALUE_BYTES_MAX
}

fn any_literal(
    patterns: &[Pattern],
    values: &RequestValues<'_>,
    predicate: impl Fn(&str) -> bool,
) -> bool {
    patterns.iter().any(|pattern| {
        pattern.resolve(values).is_some_and(|pattern| pattern.as_literal().is_some_and(&predicate))
    })
}

fn equal_ignoring_case(a: &str, b: &str) -> bool {
    a.chars().flat_map(char::to_lowercase).eq(b.chars().flat_map(char::to_lowercase))
}

fn compile_all<T>(
    texts: &[String],
    wrong: Malformed,
    compile: impl Fn(&str) -> Option<T>,
) -> Result<Box<[T]>, Malformed> {
    texts.iter().map(|text| compile(text)).collect::<Option<_>>().ok_or(wrong)
}

#[cfg(test)]
mod tests;
