//! Policies as they are written in JSON, in one of many spellings.

use spec::policy::{Condition, Effect, Operator, Patterns, Principals, Statement, Who};

use crate::bridge::canonical_digits;

/// The policy as JSON. `style` picks among spellings that mean the same.
pub(crate) fn policy_text(statements: &[Statement], style: u64) -> String {
    let mut spelling = Spelling(style);
    let statements: Vec<_> =
        statements.iter().map(|statement| statement_text(statement, &mut spelling)).collect();
    let list = statements.join(",");
    let list =
        if statements.len() == 1 && spelling.pick(2) == 1 { list } else { format!("[{list}]") };
    format!(r#"{{"Version":"2012-10-17","Statement":{list}}}"#)
}

/// A small source of choices; all zero for style 0.
struct Spelling(u64);

impl Spelling {
    fn pick(&mut self, choices: u64) -> usize {
        let choice = self.0 % choices;
        self.0 /= choices;
        usize::try_from(choice).unwrap()
    }

    /// A list, or its only element.
    fn list(&mut self, texts: &[String]) -> String {
        let quoted: Vec<_> = texts.iter().map(|text| format!("{text:?}")).collect();
        match quoted.as_slice() {
            [only] if self.pick(2) == 1 => only.clone(),
            many => format!("[{}]", many.join(",")),
        }
    }
}

fn statement_text(statement: &Statement, spelling: &mut Spelling) -> String {
    let mut members = vec![match statement.effect {
        Effect::Allow => r#""Effect":"Allow""#.to_owned(),
        Effect::Deny => r#""Effect":"Deny""#.to_owned(),
    }];
    match &statement.principals {
        Principals::Any(list) => {
            members.push(format!(r#""Principal":{}"#, principals_text(list, spelling)));
        }
        Principals::NoneOf(list) => {
            members.push(format!(r#""NotPrincipal":{}"#, principals_text(list, spelling)));
        }
        Principals::Bearer => {}
    }
    members.push(patterns_text("Action", &statement.actions, spelling));
    members.push(patterns_text("Resource", &statement.resources, spelling));
    if !statement.conditions.is_empty() {
        members.push(conditions_text(&statement.conditions, spelling));
    }
    let from = spelling.pick(3);
    let length = members.len();
    members.rotate_left(from % length);
    format!("{{{}}}", members.join(","))
}

fn patterns_text(name: &str, patterns: &Patterns, spelling: &mut Spelling) -> String {
    let not = if patterns.not { "Not" } else { "" };
    format!(r#""{not}{name}":{}"#, spelling.list(&patterns.any))
}

fn principals_text(list: &[Who], spelling: &mut Spelling) -> String {
    if list == [Who::Everyone] {
        return [r#""*""#, r#"{"AWS":"*"}"#, r#"{"AWS":["*"]}"#][spelling.pick(3)].to_owned();
    }
    let (mut aws, mut canonical, mut service) = (vec![], vec![], vec![]);
    for who in list {
        match *who {
            Who::Everyone => aws.push("*".to_owned()),
            Who::Account(account) => match spelling.pick(3) {
                0 => aws.push(account.id().to_owned()),
                1 => aws.push(format!("arn:aws:iam::{}:root", account.id())),
                _ => canonical.push(canonical_digits(account)),
            },
            Who::User(account, name) => {
                aws.push(format!("arn:aws:iam::{}:user/{name}", account.id()));
            }
            Who::Role(account, name) => {
                aws.push(format!("arn:aws:iam::{}:role/{name}", account.id()));
            }
            Who::Session(account, role, name) => {
                aws.push(format!("arn:aws:sts::{}:assumed-role/{role}/{name}", account.id()));
            }
            Who::FederatedUser(account, name) => {
                aws.push(format!("arn:aws:sts::{}:federated-user/{name}", account.id()));
            }
            Who::LogDelivery => service.push("logging.s3.amazonaws.com".to_owned()),
        }
    }
    let kinds = [("AWS", aws), ("CanonicalUser", canonical), ("Service", service)];
    let members: Vec<_> = kinds
        .iter()
        .filter(|(_, texts)| !texts.is_empty())
        .map(|(kind, texts)| format!("{kind:?}:{}", spelling.list(texts)))
        .collect();
    format!("{{{}}}", members.join(","))
}

fn conditions_text(conditions: &[Condition], spelling: &mut Spelling) -> String {
    let name = |condition: &Condition| {
        let operator = match condition.operator {
            Operator::StringEquals => "StringEquals",
            Operator::StringNotEquals => "StringNotEquals",
            Operator::StringLike => "StringLike",
            Operator::StringNotLike => "StringNotLike",
            Operator::StringEqualsIgnoreCase => "StringEqualsIgnoreCase",
            Operator::Bool => "Bool",
            Operator::IpAddress => "IpAddress",
            Operator::NotIpAddress => "NotIpAddress",
            Operator::Null => "Null",
        };
        format!("{operator}{}", if condition.if_exists { "IfExists" } else { "" })
    };
    let mut operators: Vec<String> = vec![];
    for condition in conditions {
        let name = name(condition);
        if !operators.contains(&name) {
            operators.push(name);
        }
    }
    let members: Vec<_> = operators
        .iter()
        .map(|operator| {
            let keys: Vec<_> = conditions
                .iter()
                .filter(|condition| name(condition) == *operator)
                .map(|condition| {
                    format!("{:?}:{}", condition.key, spelling.list(&condition.values))
                })
                .collect();
            format!("{operator:?}:{{{}}}", keys.join(","))
        })
        .collect();
    format!(r#""Condition":{{{}}}"#, members.join(","))
}
