//! Gives space back: of deleted and overwritten objects, of segments that are mostly dead, and of
//! what a crash left behind.
//!
//! A blob becomes garbage in the transaction that drops its last reference. It is removed only
//! after a grace time, so that a read which began before can finish, and forgotten only after it
//! was removed, so that a crash in between repeats the removal, which is harmless.

use std::pin::pin;
use std::time::Duration;

use model::{S3Error, Timestamp};

use crate::store::Store;
use crate::vault::Ledger;

/// How long a blob is kept after its last reference went.
const GRACE_MILLIS: i64 = 60_000;
/// Pause between two looks.
const INTERVAL: Duration = Duration::from_secs(10);
/// After how many looks one at a segment follows that was not asked for by a release.
const SURVEY_EVERY: u32 = 6;
/// Blobs removed at once.
const BATCH_MAX: usize = 1000;

/// Sweeps until `stop` ends.
pub(crate) async fn run(store: &Store, stop: impl Future<Output = ()> + Send) {
    let mut stop = pin!(stop);
    tokio::select! {
        () = &mut stop => {}
        ((), (), (), (), ()) = async {
            tokio::join!(
                sweep_orphans(store),
                sweep_garbage(store),
                compact(store),
                forget_uploads(store),
                note_key_uses(store)
            )
        } => {}
    }
}

/// Again and again, when access keys were last used.
async fn note_key_uses(store: &Store) {
    loop {
        tokio::time::sleep(INTERVAL).await;
        if let Err(error) = store.vault.flush_key_uses().await {
            warn("noting the use of access keys failed", &error);
        }
    }
}

/// Once, what earlier runs left behind.
async fn sweep_orphans(store: &Store) {
    match store.vault.sweep_orphans((store.settings.clock)()).await {
        Ok(0) => {}
        Ok(removed) => tracing::info!(removed, "removed bodies that a crash left behind"),
        Err(error) => warn("looking for orphans failed", &error),
    }
}

/// Again and again, what lost its last reference a while ago.
async fn sweep_garbage(store: &Store) {
    loop {
        tokio::time::sleep(INTERVAL).await;
        let now = (store.settings.clock)();
        let older_than = Timestamp::from_unix_millis(now.unix_millis.saturating_sub(GRACE_MILLIS));
        loop {
            match store.vault.sweep_garbage(older_than, BATCH_MAX).await {
                Ok(removed) if removed == BATCH_MAX => {}
                Ok(_) => break,
                Err(error) => {
                    warn("removing unreferenced blobs failed", &error);
                    break;
                }
            }
        }
    }
}

/// Again and again, completed uploads whose completion nobody will repeat any more.
async fn forget_uploads(store: &Store) {
    loop {
        tokio::time::sleep(INTERVAL).await;
        if let Err(error) = store.vault.forget_completed_uploads((store.settings.clock)()).await {
            warn("forgetting completed uploads failed", &error);
        }
    }
}

/// Again and again, segments that are dead or mostly dead.
async fn compact(store: &Store) {
    let mut ledger = Ledger::default();
    for look in 1_u32.. {
        tokio::time::sleep(INTERVAL).await;
        let mut outcome = store.vault.compact(&mut ledger, store.settings.clock).await.map(drop);
        if look % SURVEY_EVERY == 0 && outcome.is_ok() {
            outcome = store.vault.survey_next(&mut ledger, store.settings.clock).await.map(drop);
        }
        if let Err(error) = outcome {
            warn("giving back the space of segments failed", &error);
        }
    }
}

fn warn(what: &str, error: &S3Error) {
    tracing::warn!(%error, cause = error.cause(), "{what}");
}
