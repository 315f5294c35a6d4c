//! Accounts and their access keys (§1.1).

use std::fmt;

use model::{AccountId, AccountIdentity, PublicAccessBlock, Timestamp};

/// One account. Its id, its canonical user id (byte for byte) and its name are each unique.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRecord {
    /// Both ids of the account (ID-1).
    pub identity: AccountIdentity,
    /// Name for people.
    pub name: String,
    /// E-mail address, as a grantee may be named by it.
    pub email: Option<String>,
    /// When the account was created.
    pub created: Timestamp,
    /// Block Public Access of the whole account (§4.1).
    pub public_access: Option<PublicAccessBlock>,
}

/// Whose key it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KeyOwner {
    /// The root user of the account.
    Root,
    /// An IAM user of the account.
    User {
        /// The user's unique id, `AIDA…`; its name may change.
        id: String,
    },
}

/// One access key. Ids are compared byte for byte.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessKeyRecord {
    /// The id that requests carry.
    pub access_key_id: String,
    /// The account that the key belongs to.
    pub account: AccountId,
    /// Whose key it is.
    pub owner: KeyOwner,
    /// The secret, encrypted by the `identity` crate; the store cannot read it.
    pub sealed_secret: Vec<u8>,
    /// Whether requests signed with it are accepted.
    pub active: bool,
    /// When the key was created.
    pub created: Timestamp,
}

/// Without the secret, even sealed.
impl fmt::Debug for AccessKeyRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKeyRecord")
            .field("access_key_id", &self.access_key_id)
            .field("account", &self.account)
            .field("owner", &self.owner)
            .field("active", &self.active)
            .field("created", &self.created)
            .finish_non_exhaustive()
    }
}
