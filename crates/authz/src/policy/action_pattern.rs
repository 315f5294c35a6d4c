//! The actions that a statement lists (POL-30, POL-34). Those of S3 are expanded once to bits;
//! those of other services are compared by name.

use super::AskedAction;
use super::language::Language;
use super::pattern::{Pattern, Variables, Wildcards};
use crate::Action;

/// The actions of a statement.
#[derive(Debug)]
pub(super) struct Actions {
    bits: u128,
    names: Box<[Names]>,
}

impl Actions {
    pub(super) fn contains(&self, action: AskedAction<'_>) -> bool {
        match action {
            AskedAction::S3(action) => self.bits & action.bit() != 0,
            AskedAction::Api(name) => {
                let name = name.to_ascii_lowercase();
                self.names.iter().any(|names| names.contain(&name))
            }
        }
    }
}

impl Actions {
    /// What its elements match, of actions in lower case: one language for each element, and for
    /// each exception.
    pub(super) fn languages(&self) -> impl Iterator<Item = Language> {
        let patterns = self.names.iter().flat_map(|names| match names {
            Names::Like(pattern) => std::slice::from_ref(pattern),
            Names::Unlike(patterns) => patterns,
        });
        patterns.map(|pattern| {
            let name = Language::of_pattern(&pattern.name);
            Language::of_pattern(&pattern.service).then(":").then_language(&name)
        })
    }
}

/// The actions that one element of a list means.
#[derive(Clone, Debug)]
pub(super) struct ListedActions {
    bits: u128,
    names: Names,
}

/// The same for services that are not S3, by name.
#[derive(Clone, Debug)]
enum Names {
    Like(NamePattern),
    Unlike(Box<[NamePattern]>),
}

impl Names {
    fn contain(&self, name: &str) -> bool {
        match self {
            Self::Like(pattern) => pattern.matches(name),
            Self::Unlike(patterns) => !patterns.iter().any(|pattern| pattern.matches(name)),
        }
    }
}

/// `service:Name` in lower case, with wildcards that do not cross the colon.
#[derive(Clone, Debug)]
struct NamePattern {
    service: Pattern,
    name: Pattern,
}

impl NamePattern {
    fn matches(&self, action: &str) -> bool {
        action
            .split_once(':')
            .is_some_and(|(service, name)| self.service.matches(service) && self.name.matches(name))
    }
}

impl ListedActions {
    /// Reads `s3:Get*`, `*` or the like. `None` if it is not written as an action.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (service, name) = if text == "*" { ("*", "*") } else { text.split_once(':')? };
        let is_name = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|byte| {
                    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'*' | b'?')
                })
        };
        // A service is written out or left open, as IAM has it.
        let is_service = is_name(service) && (service == "*" || !service.contains(['*', '?']));
        if !is_service || !is_name(name) {
            return None;
        }
        let lower = |text: &str| {
            let text = text.to_ascii_lowercase();
            Pattern::parse(&text, Wildcards::Active, Variables::Literal).ok()
        };
        let pattern = NamePattern { service: lower(service)?, name: lower(name)? };
        let matches = |action: &&Action| pattern.matches(&action.name().to_ascii_lowercase());
        let bits = union(Action::ALL.iter().filter(matches).map(|action| action.bit()));
        Some(Self { bits, names: Names::Like(pattern) })
    }

    /// Everything that the list does not name (`NotAction`).
    pub(super) fn complement(listed: &[Self]) -> Self {
        let all = union(Action::ALL.iter().map(|action| action.bit()));
        let pattern = |one: &Self| match &one.names {
            Names::Like(pattern) => Some(pattern.clone()),
            Names::Unlike(_) => None,
        };
        Self {
            bits: all & !union(listed.iter().map(|one| one.bits)),
            names: Names::Unlike(listed.iter().filter_map(pattern).collect()),
        }
    }

    /// Whether one of its actions satisfies `predicate`. An element without wildcards has only one
    /// action, so this is at once the strict rule for names and the lenient one for wildcards
    /// (POL-19, POL-20).
    pub(super) fn any(&self, predicate: impl Fn(Action) -> bool) -> bool {
        let named = |action: &&Action| self.bits & action.bit() != 0;
        Action::ALL.iter().filter(named).any(|&action| predicate(action))
    }

    /// Whether it means this action of another service.
    pub(super) fn names(&self, action: &str) -> bool {
        self.names.contain(&action.to_ascii_lowercase())
    }

    /// What a statement with this list applies to.
    pub(super) fn actions(listed: Box<[Self]>) -> Actions {
        Actions {
            bits: union(listed.iter().map(|one| one.bits)),
            names: listed.into_iter().map(|one| one.names).collect(),
        }
    }
}

fn union(bits: impl Iterator<Item = u128>) -> u128 {
    bits.fold(0, |all, one| all | one)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(texts: &[&str]) -> Box<[ListedActions]> {
        texts.iter().map(|text| ListedActions::parse(text).unwrap()).collect()
    }

    fn names(text: &str) -> Option<Vec<&'static str>> {
        let actions = ListedActions::actions([ListedActions::parse(text)?].into());
        let contained =
            Action::ALL.iter().filter(|&&action| actions.contains(AskedAction::S3(action)));
        Some(contained.map(|action| action.name()).collect())
    }

    #[test]
    fn patterns() {
        for (text, expected) in [
            ("s3:GetObject", &["s3:GetObject"][..]),
            ("S3:getobject", &["s3:GetObject"]),
            ("s3:GetObject?cl", &["s3:GetObjectAcl"]),
            (
                "s3:*Retention",
                &["s3:GetObjectRetention", "s3:PutObjectRetention", "s3:BypassGovernanceRetention"],
            ),
            ("s3:GetObject ", &[]),
            ("s3:Foo", &[]),
            ("ec2:GetObject", &[]),
        ] {
            assert_eq!(names(text).unwrap_or_default(), expected, "{text}");
        }
        for text in ["*", "s3:*", "*:*", "S3:*"] {
            assert_eq!(names(text).unwrap().len(), Action::ALL.len(), "{text}");
        }
        let wrong =
            ["", "s3", ":", "s3:", "GetObject", "s3:Get Object", "s3:${aws:username}", "s*:*"];
        for text in wrong {
            assert_eq!(names(text), None, "{text}");
        }
    }

    #[test]
    fn actions_of_other_services() {
        for (texts, action, expected) in [
            (&["iam:CreateUser"][..], "iam:CreateUser", true),
            (&["IAM:createuser"], "iam:CreateUser", true),
            (&["iam:Create*"], "iam:CreateUser", true),
            (&["iam:*"], "iam:CreateUser", true),
            (&["*"], "iam:CreateUser", true),
            (&["*:*"], "iam:CreateUser", true),
            (&["*:CreateUser"], "iam:CreateUser", true),
            (&["iam:CreateUse"], "iam:CreateUser", false),
            (&["sts:CreateUser"], "iam:CreateUser", false),
            (&["s3:*"], "s3-outposts:GetObject", false),
            (&["s3:*", "sts:*"], "iam:CreateUser", false),
        ] {
            let asked = AskedAction::Api(action);
            assert_eq!(
                ListedActions::actions(listed(texts)).contains(asked),
                expected,
                "{texts:?}"
            );
            let rest = [ListedActions::complement(&listed(texts))];
            let rest = ListedActions::actions(rest.into());
            assert_eq!(rest.contains(asked), !expected, "not {texts:?}");
        }
    }

    #[test]
    fn complement() {
        let rest = [ListedActions::complement(&listed(&["s3:Get*", "iam:*"]))];
        let rest = ListedActions::actions(rest.into());
        for &action in Action::ALL {
            let expected = !action.name().starts_with("s3:Get");
            assert_eq!(rest.contains(AskedAction::S3(action)), expected, "{action:?}");
        }
    }
}
