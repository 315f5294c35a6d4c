//! Event notifications of a bucket.

pub(crate) mod stored;

use model::notification::{NotificationConfiguration, SentRule};
use model::{BucketName, S3Error};

use crate::call::Call;
use crate::events;
use crate::gate::{self, Intent, op};
use crate::store::Store;

/// Checks what was sent, and gives ids to rules that have none.
pub fn checked(
    rules: Vec<SentRule>,
    event_bridge: bool,
) -> Result<NotificationConfiguration, S3Error> {
    NotificationConfiguration::new(rules, event_bridge, identity::generate::request_id)
}

/// The stored configuration; an empty one where there is none.
pub async fn get(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
) -> Result<NotificationConfiguration, S3Error> {
    let intent = Intent::bucket(bucket);
    let authorized =
        gate::pass::<op::GetBucketNotificationConfiguration>(store, call, intent).await?;
    Ok(authorized.bucket()?.settings.notifications.clone().unwrap_or_default())
}

/// Whether the destinations must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DestinationCheck {
    /// They must, and each gets a test event.
    Required,
    /// `x-amz-skip-destination-validation: true`.
    Skipped,
}

/// Replaces the configuration; an empty one removes it.
pub async fn put(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
    configuration: Result<NotificationConfiguration, S3Error>,
    check: DestinationCheck,
) -> Result<(), S3Error> {
    let argument = configuration.clone().map(drop);
    let intent = Intent { argument, ..Intent::bucket(bucket) };
    let authorized =
        gate::pass::<op::PutBucketNotificationConfiguration>(store, call, intent).await?;
    let configuration = configuration?;
    let state = authorized.bucket()?;
    let rules = configuration.rules();
    if check == DestinationCheck::Required {
        events::check_destinations(store, state, rules, configuration.event_bridge())?;
    }
    store.vault.set_notifications(&authorized, &configuration).await?;
    if check == DestinationCheck::Required {
        events::queue_tests(store, call, state, rules).await?;
    }
    Ok(())
}
