//! The actions that a statement lists (POL-30, POL-34), expanded once to bits.

use super::pattern::{Pattern, Variables, Wildcards};
use crate::Action;

/// The actions of a statement.
#[derive(Debug)]
pub(super) struct Actions {
    bits: u128,
}

impl Actions {
    pub(super) fn contains(&self, action: Action) -> bool {
        self.bits & action.bit() != 0
    }
}

/// The actions that one element of a list means.
#[derive(Clone, Copy, Debug)]
pub(super) struct ListedActions {
    bits: u128,
}

impl ListedActions {
    /// Reads `s3:Get*`, `*` or the like. `None` if it is not written as an action; without any
    /// action in it if it speaks of nothing that S3 knows.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (service, name) = if text == "*" { ("*", "*") } else { text.split_once(':')? };
        let is_name = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|byte| {
                    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'*' | b'?')
                })
        };
        if !is_name(service) || !is_name(name) {
            return None;
        }
        if service != "*" && !service.eq_ignore_ascii_case("s3") {
            return Some(Self { bits: 0 });
        }
        let pattern =
            Pattern::parse(&name.to_ascii_lowercase(), Wildcards::Active, Variables::Literal);
        let pattern = pattern.ok()?;
        let matches = |action: &&Action| {
            let name = action.name().to_ascii_lowercase();
            name.strip_prefix("s3:").is_some_and(|name| pattern.matches(name))
        };
        Some(Self { bits: union(Action::ALL.iter().filter(matches).map(|action| action.bit())) })
    }

    /// Everything that the list does not name (`NotAction`).
    pub(super) fn complement(listed: &[Self]) -> Self {
        let all = union(Action::ALL.iter().map(|action| action.bit()));
        Self { bits: all & !union(listed.iter().map(|one| one.bits)) }
    }

    /// Whether one of its actions satisfies `predicate`. An element without wildcards has only one
    /// action, so this is at once the strict rule for names and the lenient one for wildcards
    /// (POL-19, POL-20).
    pub(super) fn any(self, predicate: impl Fn(Action) -> bool) -> bool {
        let named = |action: &&Action| self.bits & action.bit() != 0;
        Action::ALL.iter().filter(named).any(|&action| predicate(action))
    }

    /// What a statement with this list applies to.
    pub(super) fn actions(listed: &[Self]) -> Actions {
        Actions { bits: union(listed.iter().map(|one| one.bits)) }
    }
}

fn union(bits: impl Iterator<Item = u128>) -> u128 {
    bits.fold(0, |all, one| all | one)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Option<Vec<&'static str>> {
        let listed = ListedActions::parse(text)?;
        let actions = ListedActions::actions(&[listed]);
        let contained = Action::ALL.iter().filter(|&&action| actions.contains(action));
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
        for text in ["", "s3", ":", "s3:", "GetObject", "s3:Get Object", "s3:${aws:username}"] {
            assert_eq!(names(text), None, "{text}");
        }
    }

    #[test]
    fn complement() {
        let listed =
            [ListedActions::parse("s3:Get*").unwrap(), ListedActions::parse("iam:*").unwrap()];
        let rest = ListedActions::actions(&[ListedActions::complement(&listed)]);
        for &action in Action::ALL {
            assert_eq!(rest.contains(action), !action.name().starts_with("s3:Get"), "{action:?}");
        }
    }
}
