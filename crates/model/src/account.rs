//! Accounts and their two names (§1.1).

use std::fmt;
use std::sync::Arc;

/// A 12-digit account id (ID-1), as it stands in ARNs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(u64);

impl AccountId {
    /// Largest id that has twelve digits.
    pub const MAX: u64 = 999_999_999_999;

    /// Reads exactly twelve ASCII digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().ok().map(Self)).flatten()
    }

    /// The id with this numeric value, which must have at most twelve digits.
    pub fn from_number(number: u64) -> Option<Self> {
        (number <= Self::MAX).then_some(Self(number))
    }

    /// The id with this many others behind it; the first one if there are not so many.
    pub fn from_the_end(behind: u64) -> Self {
        Self(Self::MAX.saturating_sub(behind))
    }

    /// The numeric value; leading zeros are lost.
    pub fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}", self.0)
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A canonical user id: the name of an account in ACLs (ID-1, ID-3).
///
/// 64 hexadecimal digits in the letter case in which they were given (a migrated account keeps
/// its own), or the 32 digits of the anonymous user (ID-4). Compared byte for byte.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CanonicalUserId(Arc<str>);

/// What the anonymous user is called as an owner (ID-4).
pub const ANONYMOUS_CANONICAL_ID: &str = "65a011a29cdf8ec533ec3d1ccaae921c";

impl CanonicalUserId {
    /// Reads 64 hexadecimal digits, or the anonymous user's id.
    pub fn parse(text: &str) -> Option<Self> {
        let hex = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        (hex || text == ANONYMOUS_CANONICAL_ID).then(|| Self(text.into()))
    }

    /// The anonymous user (ID-4).
    pub fn anonymous() -> Self {
        Self(ANONYMOUS_CANONICAL_ID.into())
    }

    /// Whether this is the anonymous user.
    pub fn is_anonymous(&self) -> bool {
        &*self.0 == ANONYMOUS_CANONICAL_ID
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CanonicalUserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for CanonicalUserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Both names of one account (ID-1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AccountIdentity {
    /// The 12 digits.
    pub id: AccountId,
    /// The canonical user id.
    pub canonical_id: CanonicalUserId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_id_is_twelve_digits() {
        assert_eq!(AccountId::parse("000000000042").unwrap().to_string(), "000000000042");
        for bad in ["", "42", "0000000000420", "00000000004a", "+00000000042", "１２３４"] {
            assert_eq!(AccountId::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn canonical_id_keeps_letter_case() {
        let upper = "A".repeat(64);
        assert_eq!(CanonicalUserId::parse(&upper).unwrap().as_str(), upper);
        assert!(CanonicalUserId::parse(ANONYMOUS_CANONICAL_ID).unwrap().is_anonymous());
        for bad in [String::new(), "a".repeat(63), "a".repeat(65), "g".repeat(64), "a".repeat(32)] {
            assert_eq!(CanonicalUserId::parse(&bad), None, "{bad}");
        }
    }
}
