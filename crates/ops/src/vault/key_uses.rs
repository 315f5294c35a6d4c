//! When access keys were last used: noted in memory, written down now and then.
//!
//! A crash may lose the last minutes of it; no request waits for it.

use std::collections::BTreeMap;

use iam::IamError;
use meta::AccessKeyUse;
use model::limits::ACCESS_KEY_USES_BUFFERED_MAX;
use model::{S3Error, Timestamp};
use parking_lot::Mutex;

use super::iam::Failure;
use super::{CallerState, Vault};
use crate::error::from_meta;

/// Uses that are not written down yet, by key.
#[derive(Default)]
pub(super) struct KeyUses(Mutex<BTreeMap<String, AccessKeyUse>>);

impl Vault {
    /// Notes that a key signed a request that was verified.
    pub(crate) fn note_key_use(
        &self,
        caller: &CallerState,
        access_key_id: &str,
        service: &str,
        region: &str,
        now: Timestamp,
    ) {
        // The keys of sessions are stored nowhere, so there is nothing to note their use beside.
        if caller.session.is_some() || !caller.is_worth_noting(now) {
            return;
        }
        let mut uses = self.key_uses.0.lock();
        if uses.len() >= ACCESS_KEY_USES_BUFFERED_MAX && !uses.contains_key(access_key_id) {
            return;
        }
        let noted = AccessKeyUse {
            access_key_id: access_key_id.to_owned(),
            used: now,
            service: service.to_owned(),
            region: region.to_owned(),
        };
        uses.insert(access_key_id.to_owned(), noted);
    }

    /// Writes the noted uses down.
    pub(crate) async fn flush_key_uses(&self) -> Result<(), S3Error> {
        let uses = std::mem::take(&mut *self.key_uses.0.lock());
        if uses.is_empty() {
            return Ok(());
        }
        self.meta.note_access_key_uses(uses.into_values().collect()).await.map_err(from_meta)
    }

    /// When a key was last used, written down or not.
    pub(crate) fn last_use(&self, access_key_id: &str) -> Result<Option<AccessKeyUse>, IamError> {
        let noted = self.key_uses.0.lock().get(access_key_id).cloned();
        let read = self
            .meta
            .read_iam(|rows| -> Result<_, Failure> { Ok(rows.access_key_use(access_key_id)?) });
        let written = read.map_err(|Failure(error)| error)?;
        Ok(match (written, noted) {
            (Some(written), Some(noted)) if written.used > noted.used => Some(written),
            (written, noted) => noted.or(written),
        })
    }
}
