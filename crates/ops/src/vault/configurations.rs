//! Configurations that are kept without effect.

use meta::BucketChange;
use model::S3Error;

use super::Vault;
use super::settings::written;
use crate::bucket::configurations::{Configurations, KeepsConfigurations};
use crate::bucket::replication::{ACCELERATE, REPLICATION};
use crate::gate::{Authorized, Op, op};

/// Operations that set or remove replication.
pub(crate) trait ChangesReplication: Op {}
impl ChangesReplication for op::PutBucketReplication {}
impl ChangesReplication for op::DeleteBucketReplication {}

impl Vault {
    /// Replaces all configurations of a kind.
    pub(crate) async fn set_configurations<O: KeepsConfigurations>(
        &self,
        authorized: &Authorized<O>,
        all: &Configurations,
    ) -> Result<(), S3Error> {
        let text = if all.is_empty() { None } else { Some(written(all)?) };
        let change = BucketChange::Setting { name: O::KIND.to_owned(), text };
        self.change(&authorized.bucket()?.record, change).await
    }

    /// Sets or removes replication.
    pub(crate) async fn set_replication<O: ChangesReplication>(
        &self,
        authorized: &Authorized<O>,
        text: Option<String>,
    ) -> Result<(), S3Error> {
        let change = BucketChange::Setting { name: REPLICATION.to_owned(), text };
        self.change(&authorized.bucket()?.record, change).await
    }

    /// Sets acceleration.
    pub(crate) async fn set_accelerate(
        &self,
        authorized: &Authorized<op::PutBucketAccelerateConfiguration>,
        text: String,
    ) -> Result<(), S3Error> {
        let change = BucketChange::Setting { name: ACCELERATE.to_owned(), text: Some(text) };
        self.change(&authorized.bucket()?.record, change).await
    }
}
