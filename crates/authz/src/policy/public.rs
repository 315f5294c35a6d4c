//! Whether a bucket policy is public (§4.4). AWS: S3 User Guide, "The meaning of 'public'".
//!
//! A statement that allows is public until it proves otherwise: it must tie its users down to
//! fixed values, by its principals or by one of its conditions. Actions and resources play no role
//! (BPA-14), and `Deny` neither helps nor hurts (BPA-13).

use model::{AccountId, AddressRange};

use super::arn::{ArnPattern, split_arn};
use super::condition::{Condition, Values};
use super::operator::Quantifier;
use super::pattern::Pattern;
use super::principal::{PrincipalPattern, Principals};
use super::statement::{Effect, Statement};
use crate::ConditionKey;

/// Whether the statement makes its policy public.
pub(super) fn is_public(statement: &Statement) -> bool {
    statement.effect == Effect::Allow
        && !has_fixed_principals(&statement.principals)
        && !statement.conditions.iter().any(is_anchor)
}

fn has_fixed_principals(principals: &Principals) -> bool {
    match principals {
        Principals::Bearer => true,
        // Everybody can have an account with an identity provider (BPA-14).
        Principals::Listed(listed) => !listed.iter().any(|principal| {
            matches!(principal, PrincipalPattern::Everyone | PrincipalPattern::Federated(_))
        }),
        Principals::AllExcept(_) => false,
    }
}

/// Whether the condition ties the users of a statement down to fixed values. Every one of its
/// values must, as each of them satisfies it (U-17).
fn is_anchor(condition: &Condition) -> bool {
    let operator = condition.operator;
    // BPA-11, BPA-12.
    let satisfied_without_value = operator.negated
        || operator.if_exists
        || operator.quantifier == Quantifier::ForAllValues
        || (operator.quantifier == Quantifier::Plain && condition.key.is_multivalued());
    !satisfied_without_value
        && match condition.key {
            ConditionKey::SourceIp => are_narrow_blocks(&condition.values),
            ConditionKey::DataAccessPointArn => are_access_points_of_accounts(&condition.values),
            ConditionKey::DataAccessPointAccount
            | ConditionKey::PrincipalAccount
            | ConditionKey::PrincipalArn
            | ConditionKey::PrincipalOrgId
            | ConditionKey::PrincipalOrgPaths
            | ConditionKey::SourceAccount
            | ConditionKey::SourceArn
            | ConditionKey::SourceOwner
            | ConditionKey::SourceVpc
            | ConditionKey::SourceVpce
            | ConditionKey::UserId => are_fixed(&condition.values),
            _ => false,
        }
}

fn are_narrow_blocks(values: &Values) -> bool {
    match values {
        Values::Addresses(blocks) => !blocks.iter().copied().any(is_too_broad),
        _ => false,
    }
}

/// Whether a block is too broad to keep a policy from being public: broader than /8 or, for IPv6,
/// /32 (§4.4). No private range of RFC 1918 is broader than /8, so the exemption for them needs no
/// rule of its own.
fn is_too_broad(block: AddressRange) -> bool {
    let broadest = if block.is_ipv4() { 8 } else { 32 };
    block.prefix_length_bits() < broadest
}

fn are_fixed(values: &Values) -> bool {
    match values {
        Values::Texts(patterns)
        | Values::TextsIgnoringCase(patterns)
        | Values::Patterns(patterns) => {
            patterns.iter().all(|pattern| fixed_text(pattern).is_some())
        }
        Values::Arns(arns) => arns.iter().all(|arn| match arn {
            ArnPattern::Any => false,
            ArnPattern::Parts(parts) => parts.iter().all(|part| fixed_text(part).is_some()),
        }),
        _ => false,
    }
}

/// The text of a pattern without variables and wildcards. A `*` that the operator takes literally
/// is none either: Amazon looks at the text of the policy.
fn fixed_text(pattern: &Pattern) -> Option<&str> {
    pattern.as_literal().filter(|text| !text.contains(['*', '?']))
}

/// Whether each value names an access point, or all access points, of a fixed account.
fn are_access_points_of_accounts(values: &Values) -> bool {
    match values {
        Values::Patterns(patterns) => patterns.iter().all(|pattern| {
            let start = fixed_text(pattern).or_else(|| pattern.as_literal_before_final_run());
            start.and_then(split_arn).is_some_and(|[_, _, _, _, account, name]| {
                AccountId::parse(account).is_some() && name.starts_with("accesspoint/")
            })
        }),
        Values::Arns(arns) => arns.iter().all(|arn| match arn {
            ArnPattern::Any => false,
            ArnPattern::Parts(parts) => {
                let [arn, partition, service, region, account, name] = &**parts;
                let start = fixed_text(name).or_else(|| name.as_literal_before_final_run());
                [arn, partition, service, region].iter().all(|part| fixed_text(part).is_some())
                    && fixed_text(account).and_then(AccountId::parse).is_some()
                    && start.is_some_and(|start| start.starts_with("accesspoint/"))
            }
        }),
        other => are_fixed(other),
    }
}

#[cfg(test)]
mod tests;
