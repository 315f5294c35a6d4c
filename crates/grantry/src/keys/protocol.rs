//! Requests about encryption keys and their answers, as they pass the control socket, and as `--json`
//! prints them: fields may be added, none renamed or removed. No key is ever in them.

use serde::{Deserialize, Serialize};

/// What a command wants.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Request {
    /// `keys master`
    ShowMasterKey,
    /// `keys list`
    ListEncryptionKeys,
    /// `keys rotate`
    RotateEncryptionKey {
        /// A managed key; none for the store's own.
        key: Option<String>,
    },
    /// `keys create`
    CreateEncryptionKey {
        /// Name or id of the account.
        account: String,
        /// `alias/…`
        alias: Option<String>,
        /// For people.
        description: String,
    },
    /// `keys enable` and `keys disable`
    EnableEncryptionKey {
        /// ARN, id or alias.
        key: String,
        /// Which of the two.
        enabled: bool,
    },
    /// One step of `keys rewrap`
    Rewrap {
        /// Where the step before ended.
        after: Option<String>,
    },
}

/// What a request was answered with.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// To `keys master`.
    MasterKey(MasterKey),
    /// To `keys list`.
    Keys(Vec<Key>),
    /// To everything else about one key.
    Key(Key),
    /// To `keys rewrap`.
    Rewrapped(Rewrapped),
}

/// The master key of a store.
#[derive(Serialize, Deserialize)]
pub(crate) struct MasterKey {
    /// Tells it from others.
    pub(crate) id: String,
    /// Where it came from.
    pub(crate) place: String,
    /// Whether the key before it is given too.
    pub(crate) with_previous: bool,
}

/// A key.
#[derive(Serialize, Deserialize)]
pub(crate) struct Key {
    /// Its number in the store.
    pub(crate) number: u32,
    /// When it was made, RFC 3339.
    pub(crate) created: String,
    /// Whether it wraps new data keys.
    pub(crate) newest: bool,
    /// Whether the master key of the store opens it.
    pub(crate) usable: bool,
    /// ARN of a managed key.
    pub(crate) arn: Option<String>,
    /// Account of a managed key.
    pub(crate) account_id: Option<String>,
    /// Aliases of a managed key.
    pub(crate) aliases: Vec<String>,
    /// Whether a managed key may be used.
    pub(crate) enabled: bool,
    /// Description of a managed key.
    pub(crate) description: String,
}

/// What rewrapping came to.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Rewrapped {
    /// Versions of objects that were looked at.
    pub(crate) versions: u64,
    /// Data keys that a newer key wraps now.
    #[serde(rename = "rewrapped")]
    pub(crate) data_keys: u64,
    /// Versions whose data key could not be opened.
    pub(crate) failed: u64,
    /// Where the next step begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}
