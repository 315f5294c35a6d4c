//! Whether "missing" can be believed: something that must be there is found, and something that cannot be
//! there is not.

use super::look::{Reading, look};
use super::rows::{End, Source};
use super::{RecoverError, Recovery};
use crate::watch::checks::sampling::Presence;

/// Rows of each end of a table that are tried until one of their objects is found.
const SAMPLE: i64 = 20;

/// Makes the controls. How answers are to be read, or why none can be.
pub async fn check(recovery: &Recovery<'_>, sources: &[Source]) -> Result<Reading, RecoverError> {
    bucket(recovery).await?;
    let reading = Reading {
        refused_is_missing: negative(recovery).await?,
        has_versions: has_versions(recovery).await,
    };
    positive(recovery, sources, reading).await?;
    Ok(reading)
}

/// The bucket must be there; a HEAD of a key in one that is not looks like a missing key.
async fn bucket(recovery: &Recovery<'_>) -> Result<(), RecoverError> {
    let head = recovery.client.head_bucket().await;
    match head.status() {
        // 403: the caller may not list. What that means is told by the next control.
        Some(200 | 403) => Ok(()),
        Some(404) => Err(RecoverError::Refused(format!(
            "there is no bucket `{}` at {}",
            recovery.application.bucket, recovery.application.endpoint
        ))),
        _ => Err(RecoverError::Store(format!("the bucket cannot be asked: {head}"))),
    }
}

/// A key that nobody has. Whether 403 is to be taken for missing.
async fn negative(recovery: &Recovery<'_>) -> Result<bool, RecoverError> {
    let random = identity::generate::request_id()
        .map_err(|_| RecoverError::Store("there are no random numbers".to_owned()))?;
    let directory = recovery.application.probe_directories.first().cloned().unwrap_or_default();
    let head = recovery.client.head_object(&format!("{directory}.control-{random}"), None).await;
    match head.status() {
        Some(404) => Ok(false),
        Some(403) if recovery.options.refused_is_missing => Ok(true),
        Some(403) => Err(RecoverError::Refused(
            "the application's key is refused (403) for a file that does not exist, because it lacks \
             s3:ListBucket: nobody can tell a missing file from a forbidden one. Grant s3:ListBucket on \
             the bucket, or take 403 for missing with --assume-403-missing"
                .to_owned(),
        )),
        Some(200) => Err(RecoverError::Refused(format!(
            "the store answers 200 for a key that cannot exist: {head}"
        ))),
        _ => Err(RecoverError::Store(format!("a key that cannot exist: {head}"))),
    }
}

/// Some object that the database names must be found, else this is another bucket.
async fn positive(
    recovery: &Recovery<'_>,
    sources: &[Source],
    reading: Reading,
) -> Result<(), RecoverError> {
    let prefix = recovery.key_prefix();
    let mut tried = 0;
    for end in [End::Newest, End::Oldest] {
        for source in sources {
            let rows = source.end(recovery.connection, end, SAMPLE).await?;
            let keys: Vec<String> = rows
                .iter()
                .filter_map(|row| {
                    row.keys(source.attachment(), prefix.as_deref()).into_iter().next()
                })
                .map(|original| original.key)
                .collect();
            tried += keys.len();
            // What stands behind a delete marker does not count here, so nobody looks for versions.
            let reading = Reading { has_versions: false, ..reading };
            let answers = look(recovery.client, reading, keys).await;
            if answers
                .iter()
                .any(|answer| matches!(answer, Presence::Present | Presence::Archived(_)))
            {
                return Ok(());
            }
        }
    }
    if tried == 0 {
        return Ok(());
    }
    Err(RecoverError::Refused(format!(
        "none of {tried} files that the database names is in bucket `{}` at {}: this is another bucket, \
         S3_KEY_PREFIX, region or database than the application's",
        recovery.application.bucket, recovery.application.endpoint
    )))
}

/// Whether the bucket keeps versions or did. A store that cannot say so has none.
async fn has_versions(recovery: &Recovery<'_>) -> bool {
    let answer = recovery.client.get_bucket_setting("versioning").await;
    let document = answer.document().filter(|_| answer.is_success());
    document.is_some_and(|document| document.text_of("Status").is_some())
}
