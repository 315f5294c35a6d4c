//! Rows of IAM, and the transaction in which IAM reads and changes them.

use model::{AccountId, IamKind, Timestamp};

/// One user, group, role, managed policy or identity provider of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IamRow {
    /// The account.
    pub account: AccountId,
    /// What it is.
    pub kind: IamKind,
    /// Its name as names are compared. Unique among its kind in the account.
    pub key: String,
    /// Its unique id, for the kinds that have one. Unique in the store.
    pub id: Option<String>,
    /// What it holds, as JSON; the store does not read it.
    pub document: String,
}

/// When and for what an access key was last used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessKeyUse {
    /// The key.
    pub access_key_id: String,
    /// When.
    pub used: Timestamp,
    /// The service that the request was signed for.
    pub service: String,
    /// The region that the request was signed for.
    pub region: String,
}
