//! Waits for the first few files, before thousands are asked for.

use std::time::Duration;

use super::rows::Source;
use super::{RecoverError, Recovery};
use crate::doctor::sidekiq::count_failures;
use crate::watch::checks::sampling::{Presence, heads};

/// How often is looked.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Failed jobs are counted once in so many looks.
const LOOKS_A_COUNT: u64 = 10;

/// Waits until the files of the rows are there again; how many are.
pub(super) async fn wait(
    recovery: &Recovery<'_>,
    batches: &[(&Source, Vec<i64>)],
) -> Result<usize, RecoverError> {
    let began = recovery.now();
    let expected: usize = batches.iter().map(|(_, ids)| ids.len()).sum();
    let patience = i64::try_from(recovery.options.canary_seconds).unwrap_or(i64::MAX);
    for looks in 1.. {
        recovery.go_on()?;
        let mut back = 0;
        for (source, ids) in batches {
            back += are_back(recovery, source, ids).await?;
        }
        let waited = recovery.now().unix_seconds() - began.unix_seconds();
        if back == expected || waited >= patience {
            return Ok(back);
        }
        if looks % LOOKS_A_COUNT == 0 {
            uploads_of_workers(recovery, began.unix_seconds()).await?;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(0)
}

/// How many of the rows name a file again that is there.
async fn are_back(
    recovery: &Recovery<'_>,
    source: &Source,
    ids: &[i64],
) -> Result<usize, RecoverError> {
    let prefix = recovery.key_prefix();
    let named = source.named(recovery.connection, ids).await?;
    let keys: Vec<String> = named
        .values()
        .filter_map(|row| row.keys(source.attachment(), prefix.as_deref()).into_iter().next())
        .map(|original| original.key)
        .collect();
    let answers = heads(recovery.client, keys).await;
    Ok(answers.iter().filter(|answer| **answer == Presence::Present).count())
}

/// Workers that cannot upload would burn all their tries.
async fn uploads_of_workers(recovery: &Recovery<'_>, since: i64) -> Result<(), RecoverError> {
    let Some(address) = recovery.application.redis.clone() else { return Ok(()) };
    let counted = tokio::task::spawn_blocking(move || count_failures(&address)).await;
    let Ok(Ok(failures)) = counted else { return Ok(()) };
    let ours = failures.iter().find(|failed| {
        failed.worker.starts_with("Redownload")
            && failed.last_unix_seconds.is_some_and(|last| last >= since)
    });
    match ours {
        None => Ok(()),
        Some(failed) => Err(RecoverError::Refused(format!(
            "the first jobs fail at the store with {}: run `grantry doctor`, restart the application's \
             services if its settings were changed, and try again",
            failed.error_class
        ))),
    }
}
