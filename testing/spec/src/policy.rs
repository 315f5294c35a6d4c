//! Statements and what they say (§5), and which policies are public (§4.4).

use crate::world::{Account, Caller};

/// `Effect`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// `Allow`
    Allow,
    /// `Deny`
    Deny,
}

/// One principal (§5.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// `"*"`
    Everyone,
    /// An account by digits, root ARN or canonical user id, which mean the same.
    Account(Account),
    /// An IAM user by name.
    User(Account, &'static str),
    /// A role by name.
    Role(Account, &'static str),
    /// A session of a role.
    Session(Account, &'static str, &'static str),
    /// A federated session.
    FederatedUser(Account, &'static str),
    /// `logging.s3.amazonaws.com`
    LogDelivery,
}

/// The principal of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principals {
    /// `Principal`
    Any(Vec<Who>),
    /// `NotPrincipal`
    NoneOf(Vec<Who>),
    /// An identity policy's bearer.
    Bearer,
}

/// `Action` or `Resource`, or with `Not` (POL-14).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patterns {
    /// Whether it is the `Not` form.
    pub not: bool,
    /// The patterns as they are written.
    pub any: Vec<String>,
}

/// Condition operators (§5.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `StringEquals`
    StringEquals,
    /// `StringNotEquals`
    StringNotEquals,
    /// `StringLike`
    StringLike,
    /// `StringNotLike`
    StringNotLike,
    /// `StringEqualsIgnoreCase`
    StringEqualsIgnoreCase,
    /// `Bool`
    Bool,
    /// `IpAddress`, IPv4 only here
    IpAddress,
    /// `NotIpAddress`
    NotIpAddress,
    /// `Null`
    Null,
}

/// One operator with one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// How to compare.
    pub operator: Operator,
    /// Whether the operator ends in `IfExists`.
    pub if_exists: bool,
    /// The key.
    pub key: &'static str,
    /// With what.
    pub values: Vec<String>,
}

/// A statement of a policy of `Version` 2012-10-17.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// What it does.
    pub effect: Effect,
    /// To whom.
    pub principals: Principals,
    /// Which actions.
    pub actions: Patterns,
    /// On which resources.
    pub resources: Patterns,
    /// When.
    pub conditions: Vec<Condition>,
}

/// How something that allows names the caller (§6.4, §6.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// By its account only: delegation.
    Account,
    /// As one of everybody.
    Everyone,
    /// By its role.
    Role,
    /// Itself.
    Itself,
}

/// A question to a policy.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Who asks.
    pub caller: Caller,
    /// For which action.
    pub action: &'a str,
    /// On which ARN.
    pub resource: &'a str,
    /// Values of condition keys.
    pub context: &'a [(&'static str, String)],
}

/// Whether any statement denies (§6.1).
pub fn denies(policy: &[Statement], question: Question<'_>) -> bool {
    policy.iter().any(|statement| {
        statement.effect == Effect::Deny
            && !names(&statement.principals, question.caller).is_empty()
            && covers(statement, question)
    })
}

/// How the statements that allow name the caller; none if none allows.
pub fn allows(policy: &[Statement], question: Question<'_>) -> Vec<Named> {
    let allowing = policy.iter().filter(|it| it.effect == Effect::Allow && covers(it, question));
    allowing.flat_map(|statement| names(&statement.principals, question.caller)).collect()
}

fn names(principals: &Principals, caller: Caller) -> Vec<Named> {
    match principals {
        Principals::Bearer => vec![Named::Itself],
        Principals::Any(list) => list.iter().filter_map(|who| named(*who, caller)).collect(),
        // §5.4: everyone except the listed. To be exempt, the account must be listed as well as the
        // user; for a session the role and the session (AWS: IAM User Guide, "NotPrincipal").
        Principals::NoneOf(list) => {
            let listed = |named_as| list.iter().any(|who| named(*who, caller) == Some(named_as));
            let exempt = listed(Named::Itself)
                && match caller {
                    Caller::Anonymous | Caller::Root(_) | Caller::LogDelivery => true,
                    Caller::Session(..) => listed(Named::Account) && listed(Named::Role),
                    Caller::User(..) | Caller::FederatedUser(..) => listed(Named::Account),
                };
            if exempt { Vec::new() } else { vec![Named::Everyone] }
        }
    }
}

/// §5.4
fn named(who: Who, caller: Caller) -> Option<Named> {
    let itself = |same: bool| same.then_some(Named::Itself);
    match who {
        Who::Everyone => Some(Named::Everyone),
        Who::Account(account) if caller == Caller::Root(account) => Some(Named::Itself),
        Who::Account(account) => caller.is_of(account).then_some(Named::Account),
        Who::User(account, name) => itself(caller == Caller::User(account, name)),
        Who::Role(account, role) => match caller {
            Caller::Session(of, name, _) if of == account && name == role => Some(Named::Role),
            _ => None,
        },
        Who::Session(account, role, name) => itself(caller == Caller::Session(account, role, name)),
        Who::FederatedUser(account, name) => itself(caller == Caller::FederatedUser(account, name)),
        Who::LogDelivery => itself(caller == Caller::LogDelivery),
    }
}

fn covers(statement: &Statement, question: Question<'_>) -> bool {
    let Question { action, resource, .. } = question;
    // POL-63: a variable without a value keeps the whole statement from matching.
    let condition_values = statement.conditions.iter().filter(|it| takes_variables(it.operator));
    let mut texts =
        statement.resources.any.iter().chain(condition_values.flat_map(|it| &it.values));
    if texts.any(|text| expanded(text, question).is_none()) {
        return false;
    }
    // POL-12, POL-30: action names without regard to letter case.
    let action = statement
        .actions
        .any
        .iter()
        .any(|pattern| like(&literal(&pattern.to_lowercase()), &action.to_lowercase()));
    // POL-33: keys byte for byte, and wildcards cross slashes.
    let resource = statement
        .resources
        .any
        .iter()
        .any(|pattern| expanded(pattern, question).is_some_and(|it| like(&it, resource)));
    // POL-34: the Not forms are complements. POL-40: all conditions.
    action != statement.actions.not
        && resource != statement.resources.not
        && statement.conditions.iter().all(|condition| holds(condition, question))
}

/// POL-60
fn takes_variables(operator: Operator) -> bool {
    !matches!(
        operator,
        Operator::Bool | Operator::IpAddress | Operator::NotIpAddress | Operator::Null
    )
}

/// §5.6, for keys of one value.
fn holds(condition: &Condition, question: Question<'_>) -> bool {
    use Operator as O;
    let negated =
        matches!(condition.operator, O::StringNotEquals | O::StringNotLike | O::NotIpAddress);
    let value = value_of(condition.key, question);
    if condition.operator == O::Null {
        return condition.values.iter().any(|wanted| (wanted == "true") == value.is_none());
    }
    // POL-41
    let Some(value) = value else { return negated || condition.if_exists };
    // POL-40: one of the values, or for a negated operator none of them.
    let found = condition.values.iter().any(|wanted| match condition.operator {
        O::Bool => wanted.eq_ignore_ascii_case(&value),
        O::IpAddress | O::NotIpAddress => in_range(wanted, &value),
        O::Null => false,
        O::StringLike | O::StringNotLike => {
            expanded(wanted, question).is_some_and(|wanted| like(&wanted, &value))
        }
        O::StringEquals | O::StringNotEquals => {
            expanded(wanted, question).is_some_and(|wanted| text(&wanted) == value)
        }
        O::StringEqualsIgnoreCase => expanded(wanted, question)
            .is_some_and(|wanted| text(&wanted).eq_ignore_ascii_case(&value)),
    });
    found != negated
}

/// The value of a condition key (§5.7); those about the caller from §1.2.
fn value_of(key: &str, question: Question<'_>) -> Option<String> {
    let caller = question.caller;
    let account = caller.account().map(|account| account.id().to_owned());
    match key {
        "aws:PrincipalAccount" => account,
        "aws:PrincipalType" => match caller {
            Caller::Anonymous => Some("Anonymous".into()),
            Caller::Root(_) => Some("Account".into()),
            Caller::User(..) => Some("User".into()),
            Caller::Session(..) => Some("AssumedRole".into()),
            Caller::FederatedUser(..) => Some("FederatedUser".into()),
            Caller::LogDelivery => None,
        },
        "aws:username" => match caller {
            Caller::User(_, name) => Some(name.into()),
            _ => None,
        },
        "aws:userid" => match caller {
            Caller::Anonymous => Some("anonymous".into()),
            Caller::Root(_) => account,
            Caller::User(_, name) => Some(format!("AIDA{name}")),
            Caller::Session(_, role, session) => Some(format!("AROA{role}:{session}")),
            Caller::FederatedUser(of, name) => Some(format!("{}:{name}", of.id())),
            Caller::LogDelivery => None,
        },
        _ => {
            let here = question.context.iter().find(|(name, _)| *name == key);
            here.filter(|_| belongs_to(key, question.action)).map(|(_, value)| value.clone())
        }
    }
}

/// The table of §5.7, for the keys that are used here.
fn belongs_to(key: &str, action: &str) -> bool {
    match key {
        "s3:prefix" => matches!(action, "s3:ListBucket" | "s3:ListBucketVersions"),
        "s3:x-amz-acl" => matches!(
            action,
            "s3:CreateBucket"
                | "s3:PutBucketAcl"
                | "s3:PutObject"
                | "s3:PutObjectAcl"
                | "s3:PutObjectVersionAcl"
                | "s3:BypassGovernanceRetention"
        ),
        _ => true,
    }
}

/// A piece of a pattern.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Piece {
    Run,
    One,
    Exactly(char),
}

fn literal(pattern: &str) -> Vec<Piece> {
    let piece = |character| match character {
        '*' => Piece::Run,
        '?' => Piece::One,
        other => Piece::Exactly(other),
    };
    pattern.chars().map(piece).collect()
}

/// §5.8: the pattern with its variables replaced. What a variable holds is literal (POL-64), and a
/// variable without a value makes the whole unmatchable (POL-63).
fn expanded(pattern: &str, question: Question<'_>) -> Option<Vec<Piece>> {
    let exactly = |text: &str| text.chars().map(Piece::Exactly).collect::<Vec<_>>();
    let Some((before, rest)) = pattern.split_once("${") else { return Some(literal(pattern)) };
    let Some((variable, after)) = rest.split_once('}') else { return Some(literal(pattern)) };
    let value = match (variable, variable.split_once(',')) {
        ("*" | "?" | "$", _) => Some(variable.to_owned()), // POL-62
        (_, Some((key, default))) => {
            let default = default.trim().trim_matches('\'').to_owned();
            Some(value_of(key.trim(), question).unwrap_or(default))
        }
        (key, None) => value_of(key, question),
    };
    Some([literal(before), exactly(&value?), expanded(after, question)?].concat())
}

/// POL-17: `*` is any run of characters, `?` is one.
fn like(pattern: &[Piece], text: &str) -> bool {
    let mut rest = text.chars();
    let first = rest.next();
    let rest = rest.as_str();
    match pattern.split_first() {
        None => first.is_none(),
        Some((Piece::Run, after)) => like(after, text) || (first.is_some() && like(pattern, rest)),
        Some((Piece::One, after)) => first.is_some() && like(after, rest),
        Some((Piece::Exactly(wanted), after)) => first == Some(*wanted) && like(after, rest),
    }
}

/// The pattern where wildcards mean nothing.
fn text(pattern: &[Piece]) -> String {
    let character = |piece: &Piece| match piece {
        Piece::Run => '*',
        Piece::One => '?',
        Piece::Exactly(character) => *character,
    };
    pattern.iter().map(character).collect()
}

/// Whether an IPv4 address lies in `a.b.c.d/n`, or is `a.b.c.d` (§5.6).
fn in_range(range: &str, address: &str) -> bool {
    let (network, length) = range.split_once('/').unwrap_or((range, "32"));
    let number = |text: &str| text.parse::<std::net::Ipv4Addr>().ok().map(u32::from);
    match (number(network), number(address), length.parse::<u32>()) {
        (Some(network), Some(address), Ok(length)) => {
            // Of 32 bits the last 32 - length do not count; with /0 none counts.
            let shift = 32_u32.saturating_sub(length);
            network.checked_shr(shift).unwrap_or(0) == address.checked_shr(shift).unwrap_or(0)
        }
        _ => false,
    }
}

/// §4.4: not public only if every Allow statement is held to fixed values (BPA-13, BPA-14).
pub fn is_public(policy: &[Statement]) -> bool {
    let allowing = policy.iter().filter(|statement| statement.effect == Effect::Allow);
    allowing.into_iter().any(|statement| {
        !fixed_principals(&statement.principals) && !statement.conditions.iter().any(is_anchor)
    })
}

fn fixed_principals(principals: &Principals) -> bool {
    match principals {
        Principals::Any(list) => !list.contains(&Who::Everyone),
        Principals::NoneOf(_) => false,
        Principals::Bearer => true,
    }
}

fn is_anchor(condition: &Condition) -> bool {
    // BPA-12: no negative operator, IfExists or Null.
    if condition.if_exists {
        return false;
    }
    match condition.operator {
        Operator::StringEquals | Operator::StringLike | Operator::StringEqualsIgnoreCase => {
            let anchors = [
                "aws:PrincipalAccount",
                "aws:SourceAccount",
                "aws:SourceVpc",
                "aws:SourceVpce",
                "aws:userid",
            ];
            let fixed = |value: &String| !value.contains(['*', '?']) && !value.contains("${");
            anchors.contains(&condition.key) && condition.values.iter().all(fixed)
        }
        // A range not broader than /8 (U-17: all of them).
        Operator::IpAddress => condition.values.iter().all(|range| {
            let length = range.split_once('/').map_or("32", |(_, length)| length);
            length.parse::<u32>().is_ok_and(|length| length >= 8)
        }),
        _ => false,
    }
}
