//! What a bucket had before ACLs were disabled, as it is kept in a file and passes the control socket.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use model::{BucketName, CanonicalUserId, Grant, Grantee, Group, ObjectOwnership, Permission};
use ops::advise::Journal;
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
    applied: Option<String>,
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

    /// Writes a new file; one that is there stays.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Failure> {
        let what = || format!("cannot write {}", path.display());
        let text = super::json(self)?;
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let written = file.and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
        written.map_err(|error| Failure::new(what(), error))
    }

    /// Reads a file.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let what = || format!("cannot read {}", path.display());
        let text = std::fs::read_to_string(path).map_err(|error| Failure::new(what(), error))?;
        serde_json::from_str(&text).map_err(|error| Failure::new(what(), error))
    }

    /// The bucket.
    pub(crate) fn bucket(&self) -> &str {
        &self.bucket
    }
}
