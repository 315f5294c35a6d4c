//! Removes the blobs of deleted and overwritten objects, and at the start those that a crash left
//! behind.
//!
//! A blob becomes garbage in the transaction that drops its last reference. It is removed only
//! after a grace time, so that a read which began before can finish, and forgotten only after it
//! was removed, so that a crash in between repeats the removal, which is harmless.

use std::pin::pin;
use std::time::Duration;

use model::Timestamp;

use crate::store::Store;

/// How long a blob is kept after its last reference went.
const GRACE_MILLIS: i64 = 60_000;
/// Pause between two looks.
const INTERVAL: Duration = Duration::from_secs(10);
/// Blobs removed at once.
const BATCH_MAX: usize = 1000;

/// Sweeps until `stop` ends.
pub(crate) async fn run(store: &Store, stop: impl Future<Output = ()> + Send) {
    let mut stop = pin!(stop);
    let started = (store.settings.clock)();
    tokio::select! {
        () = &mut stop => return,
        outcome = store.vault.sweep_orphans(started) => match outcome {
            Ok(0) => {}
            Ok(removed) => tracing::info!(removed, "removed bodies that a crash left behind"),
            Err(error) => {
                tracing::warn!(%error, cause = error.cause(), "looking for orphans failed");
            }
        }
    }
    loop {
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(INTERVAL) => {}
        }
        let now = (store.settings.clock)();
        let older_than = Timestamp::from_unix_millis(now.unix_millis.saturating_sub(GRACE_MILLIS));
        loop {
            match store.vault.sweep_garbage(older_than, BATCH_MAX).await {
                Ok(removed) if removed == BATCH_MAX => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(%error, cause = error.cause(), "removing unreferenced blobs failed");
                    break;
                }
            }
        }
    }
}
