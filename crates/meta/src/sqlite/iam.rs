//! The transactions of IAM.
//!
//! What IAM allows to be stored depends on what is stored already: limits, conflicts, versions. So
//! the rules run inside the transaction that writes, as a function that gets [`IamRows`].

use std::sync::Arc;

use model::{AccountId, CanonicalUserId, IamKind, IamRelation};
use parking_lot::Mutex;
use rusqlite::Connection;

use super::{SqliteStore, access_key, access_key_use, account, iam_entity, iam_link};
use crate::account::{AccessKeyRecord, AccountRecord};
use crate::error::MetaError;
use crate::iam::{AccessKeyUse, IamRow};

/// The rows of IAM, as one transaction sees them.
pub struct IamRows<'c> {
    connection: &'c Connection,
}

impl SqliteStore {
    /// Runs a read of several rows that all are of one moment. Errors: those of `work`.
    pub fn read_iam<T, E: From<MetaError>>(
        &self,
        work: impl FnOnce(&IamRows<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut refusal = None;
        let outcome = self.readers.snapshot(|connection| {
            work(&IamRows { connection }).map_err(|error| {
                refusal = Some(error);
                MetaError::Refused
            })
        });
        outcome.map_err(|error| refusal.unwrap_or_else(|| error.into()))
    }

    /// Runs a change in one transaction; all of it is undone if `work` fails. Errors: those of
    /// `work`, and those of every write.
    pub async fn write_iam<T, E>(
        &self,
        work: impl FnOnce(&IamRows<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<MetaError> + Send + 'static,
    {
        let refusal = Arc::new(Mutex::new(None));
        let place = Arc::clone(&refusal);
        let outcome = self.writer.write(move |connection| {
            work(&IamRows { connection }).map_err(|error| {
                *place.lock() = Some(error);
                MetaError::Refused
            })
        });
        outcome.await.map_err(|error| match (error, refusal.lock().take()) {
            (MetaError::Refused, Some(refusal)) => refusal,
            (error, _) => error.into(),
        })
    }

    /// Notes when access keys were used; keys that are gone are left out.
    pub async fn note_access_key_uses(&self, uses: Vec<AccessKeyUse>) -> Result<(), MetaError> {
        self.writer.write(move |tx| access_key_use::note(tx, &uses)).await
    }
}

impl IamRows<'_> {
    /// The row of this name.
    pub fn get(
        &self,
        account: AccountId,
        kind: IamKind,
        key: &str,
    ) -> Result<Option<IamRow>, MetaError> {
        iam_entity::find(self.connection, account, kind, key)
    }

    /// The row with this unique id, of whatever account.
    pub fn by_id(&self, id: &str) -> Result<Option<IamRow>, MetaError> {
        iam_entity::by_id(self.connection, id)
    }

    /// At most `limit` rows of a kind behind a key; behind the empty key stands everything with a
    /// name.
    pub fn page(
        &self,
        account: AccountId,
        kind: IamKind,
        after: &str,
        limit: usize,
    ) -> Result<Vec<IamRow>, MetaError> {
        iam_entity::page(self.connection, account, kind, after, limit)
    }

    /// How many rows of a kind an account has.
    pub fn count(&self, account: AccountId, kind: IamKind) -> Result<usize, MetaError> {
        iam_entity::count(self.connection, account, kind)
    }

    /// Kind and key of every row that refers to a target.
    pub fn holders(
        &self,
        account: AccountId,
        relation: IamRelation,
        target: &str,
    ) -> Result<Vec<(IamKind, String)>, MetaError> {
        iam_link::holders(self.connection, account, relation, target)
    }

    /// Adds or replaces a row with what it refers to. Errors: `NotFound` (account).
    pub fn put(&self, row: &IamRow, links: &[(IamRelation, String)]) -> Result<(), MetaError> {
        iam_entity::put(self.connection, row, links)
    }

    /// Removes a row; done also when there is none.
    pub fn delete(&self, account: AccountId, kind: IamKind, key: &str) -> Result<(), MetaError> {
        iam_entity::delete(self.connection, account, kind, key)
    }

    /// The account with this id.
    pub fn account(&self, id: AccountId) -> Result<Option<AccountRecord>, MetaError> {
        account::by_id(self.connection, id)
    }

    /// The account with this canonical user id.
    pub fn account_by_canonical_id(
        &self,
        id: &CanonicalUserId,
    ) -> Result<Option<AccountRecord>, MetaError> {
        account::by_canonical_id(self.connection, id)
    }

    /// The access key with this id.
    pub fn access_key(&self, id: &str) -> Result<Option<AccessKeyRecord>, MetaError> {
        access_key::find(self.connection, id)
    }

    /// The access keys of a user of the account, or of its root user, by id.
    pub fn access_keys(
        &self,
        account: AccountId,
        user: Option<&str>,
    ) -> Result<Vec<AccessKeyRecord>, MetaError> {
        access_key::list_of(self.connection, account, user)
    }

    /// Adds an access key. Errors: `AlreadyExists` (access key), `NotFound` (account).
    pub fn create_access_key(&self, key: &AccessKeyRecord) -> Result<(), MetaError> {
        access_key::create(self.connection, key)
    }

    /// Accepts or refuses a key from now on. Errors: `NotFound` (access key).
    pub fn set_access_key_active(&self, id: &str, active: bool) -> Result<(), MetaError> {
        access_key::set_active(self.connection, id, active)
    }

    /// Removes a key. Errors: `NotFound` (access key).
    pub fn delete_access_key(&self, id: &str) -> Result<(), MetaError> {
        access_key::delete(self.connection, id)
    }

    /// When a key was last used, as far as that is written down yet.
    pub fn access_key_use(&self, id: &str) -> Result<Option<AccessKeyUse>, MetaError> {
        access_key_use::find(self.connection, id)
    }
}
