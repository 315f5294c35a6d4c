//! The ARN of a role, as callers name it.

use iam::{IamError, validate};
use model::AccountId;

/// Shortest ARN. AWS: STS API reference, `RoleArn`.
const LENGTH_MIN: usize = 20;
/// Longest ARN. AWS: STS API reference, `RoleArn`.
const LENGTH_MAX: usize = 2048;

/// The parts of `arn:aws:iam::111122223333:role/path/name`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RoleArn<'a> {
    /// The whole.
    pub(super) text: &'a str,
    /// The account.
    pub(super) account: AccountId,
    /// The name, without the path.
    pub(super) name: &'a str,
}

impl<'a> RoleArn<'a> {
    /// `ValidationError` if it is none.
    pub(super) fn parse(text: &'a str) -> Result<Self, IamError> {
        validate::length("roleArn", text, LENGTH_MIN, LENGTH_MAX)?;
        let parts = || {
            let (account, resource) = text.strip_prefix("arn:aws:iam::")?.split_once(':')?;
            let (_, name) = resource.strip_prefix("role")?.rsplit_once('/')?;
            let named = resource.starts_with("role/") && !name.is_empty();
            named.then_some(Self { text, account: AccountId::parse(account)?, name })
        };
        parts().ok_or_else(|| IamError::validation(format!("{text} is invalid")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_and_nothing_else() {
        for (text, name) in [
            ("arn:aws:iam::111122223333:role/r", Some("r")),
            ("arn:aws:iam::111122223333:role/team/a/r", Some("r")),
            ("arn:aws:iam::111122223333:role/", None),
            ("arn:aws:iam::111122223333:roles/r", None),
            ("arn:aws:iam::111122223333:user/r", None),
            ("arn:aws:iam::11112222333:role/reader", None),
            ("arn:aws:sts::111122223333:role/r", None),
            ("r", None),
        ] {
            assert_eq!(RoleArn::parse(text).ok().map(|arn| arn.name), name, "{text}");
        }
    }
}
