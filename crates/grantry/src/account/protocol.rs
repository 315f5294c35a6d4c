//! Requests about accounts and their answers, as they pass the control socket.
//!
//! The answers are also what `--json` prints, so their names are a promise: fields may be added,
//! none renamed or removed.
//!
//! None of these types can be printed for debugging, because some hold a secret.

use serde::{Deserialize, Serialize};

/// What a command wants.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Request {
    /// `account create`
    CreateAccount(NewAccount),
    /// `account list`
    ListAccounts,
    /// `account show`
    ShowAccount {
        /// Name or id.
        account: String,
    },
    /// `account key create`
    CreateKey {
        /// Name or id.
        account: String,
        /// The new key.
        key: NewKey,
    },
    /// `account key list`
    ListKeys {
        /// Name or id.
        account: String,
    },
    /// `account key delete`
    DeleteKey {
        /// Id of the key.
        access_key_id: String,
    },
}

/// A new account; what is absent is generated.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAccount {
    /// Name for people.
    pub(crate) name: String,
    /// Twelve digits.
    pub(crate) account_id: Option<String>,
    /// 64 hexadecimal digits.
    pub(crate) canonical_id: Option<String>,
    /// E-mail address.
    pub(crate) email: Option<String>,
    /// The first access key.
    pub(crate) key: NewKey,
}

/// A new access key; what is absent is generated.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewKey {
    /// Id.
    pub(crate) access_key_id: Option<String>,
    /// Secret.
    pub(crate) secret_access_key: Option<String>,
}

/// What a request was answered with.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// To `account create`.
    AccountCreated(AccountCreated),
    /// To `account list`.
    Accounts(Accounts),
    /// To `account show`.
    Account(AccountDetails),
    /// To `account key create`.
    KeyCreated(KeyCreated),
    /// To `account key list`.
    Keys(Keys),
    /// To `account key delete`.
    KeyDeleted(KeyDeleted),
}

/// The new account and its key.
#[derive(Serialize, Deserialize)]
pub(crate) struct AccountCreated {
    /// The account.
    pub(crate) account: Account,
    /// Its key, with the secret.
    pub(crate) access_key: IssuedKey,
}

/// All accounts.
#[derive(Serialize, Deserialize)]
pub(crate) struct Accounts {
    /// By account id.
    pub(crate) accounts: Vec<Account>,
}

/// One account.
#[derive(Serialize, Deserialize)]
pub(crate) struct AccountDetails {
    /// The account.
    pub(crate) account: Account,
    /// Its keys, without secrets.
    pub(crate) access_keys: Vec<Key>,
}

/// A new key.
#[derive(Serialize, Deserialize)]
pub(crate) struct KeyCreated {
    /// The key, with the secret.
    pub(crate) access_key: IssuedKey,
}

/// The keys of an account.
#[derive(Serialize, Deserialize)]
pub(crate) struct Keys {
    /// By id, without secrets.
    pub(crate) access_keys: Vec<Key>,
}

/// A key that is no more.
#[derive(Serialize, Deserialize)]
pub(crate) struct KeyDeleted {
    /// Its id.
    pub(crate) deleted_access_key_id: String,
}

/// An account.
#[derive(Serialize, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the ids have the names that they have in options")]
pub(crate) struct Account {
    /// Name for people.
    pub(crate) name: String,
    /// Twelve digits.
    pub(crate) account_id: String,
    /// 64 hexadecimal digits.
    pub(crate) canonical_id: String,
    /// E-mail address.
    pub(crate) email: Option<String>,
    /// When it was created, RFC 3339.
    pub(crate) created: String,
}

/// An access key.
#[derive(Serialize, Deserialize)]
pub(crate) struct Key {
    /// Id.
    pub(crate) access_key_id: String,
    /// Whether it is accepted.
    pub(crate) active: bool,
    /// When it was created, RFC 3339.
    pub(crate) created: String,
}

/// An access key with its secret.
#[derive(Serialize, Deserialize)]
pub(crate) struct IssuedKey {
    /// Id.
    pub(crate) access_key_id: String,
    /// Secret.
    pub(crate) secret_access_key: String,
}
