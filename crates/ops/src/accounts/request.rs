//! What the operator gives, and what of it is allowed.

use std::fmt;

use identity::SecretAccessKey;
use model::limits::{
    ACCESS_KEY_ID_LENGTH_BYTES_MAX, ACCESS_KEY_ID_LENGTH_BYTES_MIN, ACCOUNT_NAME_LENGTH_BYTES_MAX,
    EMAIL_LENGTH_BYTES_MAX,
};
use model::{AccountId, CanonicalUserId};

use super::AccountError;

/// What an access key id must be.
pub const ACCESS_KEY_ID_ALLOWED: &str = "3 to 128 printable ASCII characters without blank, slash \
                                         and comma, which end it in a signature";

/// A value of an account or an access key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// The name for people.
    Name,
    /// The 12-digit id.
    AccountId,
    /// The canonical user id.
    CanonicalId,
    /// The e-mail address.
    Email,
    /// The id of an access key.
    AccessKeyId,
    /// The secret of an access key.
    SecretAccessKey,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "account name",
            Self::AccountId => "account id",
            Self::CanonicalId => "canonical id",
            Self::Email => "e-mail address",
            Self::AccessKeyId => "access key id",
            Self::SecretAccessKey => "secret access key",
        })
    }
}

/// A new account, as given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountRequest {
    /// Name for people; 1 to 64 bytes.
    pub name: String,
    /// Twelve digits; generated if not given.
    pub account_id: Option<String>,
    /// 64 hexadecimal digits, kept in their letter case; generated if not given.
    pub canonical_id: Option<String>,
    /// E-mail address, as a grantee may be named by it.
    pub email: Option<String>,
    /// The first access key.
    pub key: AccessKeyRequest,
}

/// A new access key, as given.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct AccessKeyRequest {
    /// 3 to 128 printable ASCII characters; generated if not given.
    pub access_key_id: Option<String>,
    /// 8 to 256 printable ASCII characters; generated if not given.
    pub secret_access_key: Option<String>,
}

/// Without the secret.
impl fmt::Debug for AccessKeyRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKeyRequest")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

/// A new account whose values are allowed.
pub(super) struct CheckedAccount {
    pub(super) name: String,
    pub(super) account_id: Option<AccountId>,
    pub(super) canonical_id: Option<CanonicalUserId>,
    pub(super) email: Option<String>,
    pub(super) key: CheckedKey,
}

/// A new access key whose values are allowed.
pub(super) struct CheckedKey {
    pub(super) access_key_id: Option<String>,
    pub(super) secret_access_key: Option<SecretAccessKey>,
}

impl AccountRequest {
    /// Checks every value; the error names the first that is not allowed.
    pub(super) fn check(self) -> Result<CheckedAccount, AccountError> {
        if !is_account_name(&self.name) {
            let allowed = "a name of 1 to 64 bytes without control characters, without blanks at \
                           its ends, that does not look like an id";
            return Err(invalid(Field::Name, &self.name, allowed));
        }
        let account_id = self.account_id.map(|text| {
            AccountId::parse(&text).ok_or_else(|| invalid(Field::AccountId, &text, "12 digits"))
        });
        let canonical_id = self.canonical_id.map(|text| {
            CanonicalUserId::parse(&text)
                // The id of anonymous callers owns what they write; nobody may have it (ID-4).
                .filter(|id| !id.is_anonymous())
                .ok_or_else(|| invalid(Field::CanonicalId, &text, "64 hexadecimal digits"))
        });
        if let Some(email) = &self.email
            && !is_email(email)
        {
            let allowed = "an address such as name@example.com of at most 254 bytes";
            return Err(invalid(Field::Email, email, allowed));
        }
        Ok(CheckedAccount {
            name: self.name,
            account_id: account_id.transpose()?,
            canonical_id: canonical_id.transpose()?,
            email: self.email,
            key: self.key.check()?,
        })
    }
}

impl AccessKeyRequest {
    /// Checks both values. The secret is in no error.
    pub(super) fn check(self) -> Result<CheckedKey, AccountError> {
        if let Some(id) = &self.access_key_id
            && !is_access_key_id(id)
        {
            return Err(invalid(Field::AccessKeyId, id, ACCESS_KEY_ID_ALLOWED));
        }
        let secret_access_key = self.secret_access_key.map(|text| {
            SecretAccessKey::parse(&text).ok_or_else(|| AccountError::Invalid {
                field: Field::SecretAccessKey,
                value: format!("of {} bytes", text.len()),
                allowed: "8 to 256 printable ASCII characters without blanks",
            })
        });
        Ok(CheckedKey {
            access_key_id: self.access_key_id,
            secret_access_key: secret_access_key.transpose()?,
        })
    }
}

fn invalid(field: Field, value: &str, allowed: &'static str) -> AccountError {
    AccountError::Invalid { field, value: format!("{value:?}"), allowed }
}

/// A name that looks like an id would make `account show` ambiguous.
fn is_account_name(name: &str) -> bool {
    (1..=ACCOUNT_NAME_LENGTH_BYTES_MAX).contains(&name.len())
        && name.trim() == name
        && !name.chars().any(char::is_control)
        && AccountId::parse(name).is_none()
        && CanonicalUserId::parse(name).is_none()
}

/// Only what an ACL could not carry is refused; whether mail arrives is not ours to know.
fn is_email(email: &str) -> bool {
    let parts = email.split_once('@');
    email.len() <= EMAIL_LENGTH_BYTES_MAX
        && !email.chars().any(|character| character.is_control() || character.is_whitespace())
        && parts.is_some_and(|(local, host)| {
            !local.is_empty() && !host.is_empty() && !host.contains('@')
        })
}

/// Whether a key may have this id. A credential is `KEY/date/region/service/aws4_request`, and a
/// comma ends it in the header.
pub fn is_access_key_id(id: &str) -> bool {
    (ACCESS_KEY_ID_LENGTH_BYTES_MIN..=ACCESS_KEY_ID_LENGTH_BYTES_MAX).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'/' | b','))
}
