//! What became of a request to create an account.
//!
//! Nothing is stored: the id of a request says which account it made and when, or why none.

use meta::AccountRecord;
use model::{AccountId, Timestamp};

/// The state of a request to create an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateAccountStatus {
    /// `car-…`
    pub id: String,
    /// The name of the account; unknown when a failed request is asked for later.
    pub account_name: Option<String>,
    /// When it was asked for, which is also when it was done.
    pub requested: Timestamp,
    /// The account, or why there is none.
    pub outcome: Result<AccountId, FailureReason>,
}

/// Why an account was not made. AWS: Organizations API reference, CreateAccountStatus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureReason {
    /// Another account has the address.
    EmailAlreadyExists,
}

impl FailureReason {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EmailAlreadyExists => "EMAIL_ALREADY_EXISTS",
        }
    }
}

const SUCCEEDED: char = 's';
const EMAIL_ALREADY_EXISTS: char = 'e';

impl CreateAccountStatus {
    pub(super) fn succeeded(account: &AccountRecord) -> Self {
        let id = account.identity.id;
        Self {
            id: write(SUCCEEDED, id.number(), account.created),
            account_name: Some(account.name.clone()),
            requested: account.created,
            outcome: Ok(id),
        }
    }

    pub(super) fn failed(
        account_name: Option<String>,
        requested: Timestamp,
        reason: FailureReason,
    ) -> Self {
        let FailureReason::EmailAlreadyExists = reason;
        let id = write(EMAIL_ALREADY_EXISTS, 0, requested);
        Self { id, account_name, requested, outcome: Err(reason) }
    }
}

/// What an id says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    Succeeded { account: AccountId, requested: Timestamp },
    Failed { requested: Timestamp, reason: FailureReason },
}

/// Reads an id. Whether such a request ever was is for the caller to find out.
pub(super) fn parse(id: &str) -> Option<Known> {
    let rest = id.strip_prefix("car-")?;
    let (kind, digits) = (rest.chars().next()?, rest.get(1..)?);
    let (account, millis) = digits.split_at_checked(10)?;
    if millis.len() != 12 {
        return None;
    }
    let account = AccountId::from_number(u64::from_str_radix(account, 16).ok()?)?;
    let requested = Timestamp::from_unix_millis(i64::from_str_radix(millis, 16).ok()?);
    match kind {
        SUCCEEDED => Some(Known::Succeeded { account, requested }),
        EMAIL_ALREADY_EXISTS => {
            Some(Known::Failed { requested, reason: FailureReason::EmailAlreadyExists })
        }
        _ => None,
    }
}

fn write(kind: char, account: u64, requested: Timestamp) -> String {
    format!("car-{kind}{account:010x}{:012x}", requested.unix_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_say_what_became_of_a_request() {
        let requested = Timestamp::from_unix_millis(1_800_000_000_123);
        let id = write(SUCCEEDED, 999_999_999_999, requested);
        assert!(id.len() <= 36 && id.len() >= 12, "{id}");
        let account = AccountId::parse("999999999999").unwrap();
        assert_eq!(parse(&id), Some(Known::Succeeded { account, requested }));
        let reason = FailureReason::EmailAlreadyExists;
        let failed = CreateAccountStatus::failed(None, requested, reason);
        assert_eq!(parse(&failed.id), Some(Known::Failed { requested, reason }));
        for bad in ["", "car-", "car-s", "car-s0000000001", "car-x000000000101a2b3c4d5e6", "s1"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
