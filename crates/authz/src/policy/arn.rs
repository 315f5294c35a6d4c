//! Amazon Resource Names: six parts with colons between them, the last of which may hold more.

use std::fmt;

use super::pattern::{InvalidVariable, Pattern, Variables, Wildcards};
use super::request_values::RequestValues;
use crate::ConditionKey;

/// The six parts of an ARN.
pub(super) fn split_arn(text: &str) -> Option<[&str; 6]> {
    let mut parts = text.splitn(6, ':');
    Some([parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?])
}

/// An ARN of a condition, whose parts are matched one by one (§5.6).
#[derive(Clone, Debug)]
pub(super) enum ArnPattern {
    /// `*` alone: any ARN.
    Any,
    Parts(Box<[Pattern; 6]>),
}

/// Why a text is not an ARN pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct InvalidArn;

impl From<InvalidVariable> for InvalidArn {
    fn from(_: InvalidVariable) -> Self {
        Self
    }
}

impl ArnPattern {
    pub(super) fn parse(text: &str, variables: Variables) -> Result<Self, InvalidArn> {
        if text == "*" {
            return Ok(Self::Any);
        }
        let part = |text| Pattern::parse(text, Wildcards::Active, variables);
        let [arn, partition, service, region, account, resource] =
            split_outside_variables(text, variables).ok_or(InvalidArn)?;
        let parts = [
            part(arn)?,
            part(partition)?,
            part(service)?,
            part(region)?,
            part(account)?,
            part(resource)?,
        ];
        Ok(Self::Parts(Box::new(parts)))
    }

    /// Whether `text` is an ARN that matches. A variable without a value matches nothing.
    pub(super) fn matches(&self, text: &str, values: &RequestValues<'_>) -> bool {
        let Some(texts) = split_arn(text) else { return false };
        match self {
            Self::Any => true,
            // From the end, where ARNs differ.
            Self::Parts(parts) => parts
                .iter()
                .zip(texts)
                .rev()
                .all(|(part, text)| part.resolve(values).is_some_and(|part| part.matches(text))),
        }
    }

    /// The part behind the fifth colon; absent in `*`.
    pub(super) fn resource(&self) -> Option<&Pattern> {
        match self {
            Self::Any => None,
            Self::Parts(parts) => parts.last(),
        }
    }

    /// The keys of all its variables.
    pub(super) fn variable_keys(&self) -> impl Iterator<Item = &ConditionKey> {
        let parts = match self {
            Self::Any => None,
            Self::Parts(parts) => Some(parts.iter()),
        };
        parts.into_iter().flatten().flat_map(Pattern::variable_keys)
    }

    pub(super) fn required_keys(&self) -> impl Iterator<Item = &ConditionKey> {
        let parts = match self {
            Self::Any => None,
            Self::Parts(parts) => Some(parts.iter()),
        };
        parts.into_iter().flatten().flat_map(Pattern::required_keys)
    }
}

/// As a policy writes it.
impl fmt::Display for ArnPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Parts(parts) = self else { return f.write_str("*") };
        for (at, part) in parts.iter().enumerate() {
            write!(f, "{}{part}", if at == 0 { "" } else { ":" })?;
        }
        Ok(())
    }
}

/// Splits as [`split_arn`] does, but not at the colon of `${aws:username}`.
fn split_outside_variables(text: &str, variables: Variables) -> Option<[&str; 6]> {
    if variables == Variables::Literal {
        return split_arn(text);
    }
    let (arn, rest) = split_at_colon(text)?;
    let (partition, rest) = split_at_colon(rest)?;
    let (service, rest) = split_at_colon(rest)?;
    let (region, rest) = split_at_colon(rest)?;
    let (account, resource) = split_at_colon(rest)?;
    Some([arn, partition, service, region, account, resource])
}

/// Splits at the first colon that is not inside `${…}`.
fn split_at_colon(text: &str) -> Option<(&str, &str)> {
    let mut inside_variable = false;
    let mut previous = b' ';
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' if previous == b'$' => inside_variable = true,
            b'}' => inside_variable = false,
            b':' if !inside_variable => return Some((text.get(..at)?, text.get(at + 1..)?)),
            _ => {}
        }
        previous = byte;
    }
    None
}
