//! What a bucket had before it was changed, as it is kept in a file and passes the control socket.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use model::{
    BucketName, CanonicalUserId, Grant, Grantee, Group, ObjectOwnership, Permission,
    PublicAccessBlock,
};
use ops::advise::Journal;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// The journal.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredJournal {
    bucket: String,
    ownership: Option<String>,
    policy: Option<String>,
    grants: Vec<StoredGrant>,
    pub(super) applied: Option<String>,
    /// Where the bucket is, if it is not in this store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) remote: Option<StoredPlace>,
}

/// An S3 endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredPlace {
    pub(super) endpoint: String,
    pub(super) region: String,
}

/// What Block Public Access was before it was turned on.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredPublicAccess {
    /// The bucket, or
    pub(crate) bucket: Option<String>,
    /// the account.
    pub(crate) account: Option<String>,
    /// What was set.
    pub(crate) before: Option<StoredFlags>,
    /// Where it is, if it is not in this store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) remote: Option<StoredPlace>,
}

/// The four settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct StoredFlags {
    block_public_acls: bool,
    ignore_public_acls: bool,
    block_public_policy: bool,
    restrict_public_buckets: bool,
}

impl From<PublicAccessBlock> for StoredFlags {
    fn from(flags: PublicAccessBlock) -> Self {
        Self {
            block_public_acls: flags.block_public_acls,
            ignore_public_acls: flags.ignore_public_acls,
            block_public_policy: flags.block_public_policy,
            restrict_public_buckets: flags.restrict_public_buckets,
        }
    }
}

impl From<StoredFlags> for PublicAccessBlock {
    fn from(flags: StoredFlags) -> Self {
        Self {
            block_public_acls: flags.block_public_acls,
            ignore_public_acls: flags.ignore_public_acls,
            block_public_policy: flags.block_public_policy,
            restrict_public_buckets: flags.restrict_public_buckets,
        }
    }
}

/// A grant of the bucket ACL: a canonical user id or the URI of a group, and the permission.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredGrant {
    grantee: String,
    permission: String,
}

impl StoredJournal {
    pub(crate) fn of(journal: &Journal) -> Self {
        let grant = |grant: &Grant| StoredGrant {
            grantee: match &grant.grantee {
                Grantee::CanonicalUser(id) => id.to_string(),
                Grantee::Group(group) => group.uri().to_owned(),
            },
            permission: grant.permission.to_string(),
        };
        Self {
            bucket: journal.bucket.to_string(),
            ownership: journal.ownership.map(|setting| setting.as_str().to_owned()),
            policy: journal.policy.clone(),
            grants: journal.grants.iter().map(grant).collect(),
            applied: journal.applied.clone(),
            remote: None,
        }
    }

    /// The journal again.
    pub(crate) fn read(&self) -> Result<Journal, String> {
        let wrong = || "the journal is damaged".to_owned();
        let grant = |grant: &StoredGrant| {
            let grantee = match Group::from_uri(&grant.grantee) {
                Some(group) => Grantee::Group(group),
                None => Grantee::CanonicalUser(CanonicalUserId::parse(&grant.grantee)?),
            };
            Some(Grant { grantee, permission: Permission::parse(&grant.permission)? })
        };
        let ownership = match &self.ownership {
            Some(name) => Some(ObjectOwnership::parse(name).ok_or_else(wrong)?),
            None => None,
        };
        Ok(Journal {
            bucket: BucketName::parse(&self.bucket).ok_or_else(wrong)?,
            ownership,
            policy: self.policy.clone(),
            grants: self.grants.iter().map(grant).collect::<Option<_>>().ok_or_else(wrong)?,
            applied: self.applied.clone(),
        })
    }

    /// The bucket.
    pub(crate) fn bucket(&self) -> &str {
        &self.bucket
    }
}

/// Writes a new file; one that is there stays.
pub(super) fn write(path: &Path, journal: &impl Serialize) -> Result<(), Failure> {
    let what = || format!("cannot write {}", path.display());
    let text = super::json(journal)?;
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let written = file.and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(|error| Failure::new(what(), error))
}

/// Writes a file in the place of one that is there.
pub(super) fn replace(path: &Path, journal: &impl Serialize) -> Result<(), Failure> {
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(".new");
    let fresh = PathBuf::from(fresh);
    write(&fresh, journal)?;
    let what = || format!("cannot write {}", path.display());
    std::fs::rename(&fresh, path).map_err(|error| Failure::new(what(), error))
}

/// Reads a file.
pub(super) fn open<J: DeserializeOwned>(path: &Path) -> Result<J, Failure> {
    let what = || format!("cannot read {}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| Failure::new(what(), error))?;
    serde_json::from_str(&text).map_err(|error| Failure::new(what(), error))
}
