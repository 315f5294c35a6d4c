//! The names of condition operators (§5.6).

use std::cmp::Ordering;

/// What an operator compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// `StringEquals`
    Text,
    /// `StringEqualsIgnoreCase`
    TextIgnoringCase,
    /// `StringLike`
    TextPattern,
    /// `Numeric…`
    Number(Comparison),
    /// `Date…`
    Date(Comparison),
    /// `Bool`
    Boolean,
    /// `BinaryEquals`
    Binary,
    /// `IpAddress`
    IpAddress,
    /// `ArnEquals` and `ArnLike`, which are the same
    Arn,
    /// `Null`
    Null,
}

/// How an operator compares values that have an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// Whether a request value that compares so with a policy value satisfies it.
    pub(super) fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

/// How an operator deals with several values in the request (POL-43).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quantifier {
    /// No prefix.
    Plain,
    /// `ForAllValues:`
    ForAllValues,
    /// `ForAnyValue:`
    ForAnyValue,
}

/// A condition operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Operator {
    pub(super) quantifier: Quantifier,
    pub(super) family: Family,
    /// `…Not…`: satisfied by a value that none of the policy's values matches.
    pub(super) negated: bool,
    /// `…IfExists`: satisfied if the key is absent.
    pub(super) if_exists: bool,
}

impl Operator {
    /// Reads a name such as `ForAnyValue:StringNotLikeIfExists`.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let (quantifier, rest) = if let Some(rest) = name.strip_prefix("ForAllValues:") {
            (Quantifier::ForAllValues, rest)
        } else if let Some(rest) = name.strip_prefix("ForAnyValue:") {
            (Quantifier::ForAnyValue, rest)
        } else {
            (Quantifier::Plain, name)
        };
        let (base, if_exists) = match rest.strip_suffix("IfExists") {
            Some(base) => (base, true),
            None => (rest, false),
        };
        let (family, negated) = parse_base(base)?;
        // `Null` asks about the key as such: there is no value for a prefix, and `IfExists` would
        // answer the question before it is asked.
        let decorated = if_exists || quantifier != Quantifier::Plain;
        (family != Family::Null || !decorated).then_some(Self {
            quantifier,
            family,
            negated,
            if_exists,
        })
    }
}

fn parse_base(name: &str) -> Option<(Family, bool)> {
    Some(match name {
        "StringEquals" => (Family::Text, false),
        "StringNotEquals" => (Family::Text, true),
        "StringEqualsIgnoreCase" => (Family::TextIgnoringCase, false),
        "StringNotEqualsIgnoreCase" => (Family::TextIgnoringCase, true),
        "StringLike" => (Family::TextPattern, false),
        "StringNotLike" => (Family::TextPattern, true),
        "Bool" => (Family::Boolean, false),
        "BinaryEquals" => (Family::Binary, false),
        "IpAddress" => (Family::IpAddress, false),
        "NotIpAddress" => (Family::IpAddress, true),
        "ArnEquals" | "ArnLike" => (Family::Arn, false),
        "ArnNotEquals" | "ArnNotLike" => (Family::Arn, true),
        "Null" => (Family::Null, false),
        _ => {
            if let Some(comparison) = name.strip_prefix("Numeric") {
                let (comparison, negated) = parse_comparison(comparison)?;
                (Family::Number(comparison), negated)
            } else {
                let (comparison, negated) = parse_comparison(name.strip_prefix("Date")?)?;
                (Family::Date(comparison), negated)
            }
        }
    })
}

fn parse_comparison(name: &str) -> Option<(Comparison, bool)> {
    Some(match name {
        "Equals" => (Comparison::Equal, false),
        "NotEquals" => (Comparison::Equal, true),
        "LessThan" => (Comparison::Less, false),
        "LessThanEquals" => (Comparison::LessOrEqual, false),
        "GreaterThan" => (Comparison::Greater, false),
        "GreaterThanEquals" => (Comparison::GreaterOrEqual, false),
        _ => return None,
    })
}
