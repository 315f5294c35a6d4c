//! Puts back what a journal says was emptied.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::journal::{Entry, read};
use super::rows::Source;
use super::{RecoverError, Recovery};
use crate::profiles::mastodon::keys::Attachment;

/// What was put back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Undone {
    /// Rows that name their old file again.
    pub put_back: usize,
    /// Rows that have another file by now, or are gone, or were never emptied: left alone.
    pub left_alone: usize,
    /// Objects that had been brought back: they stay.
    pub objects_kept: usize,
}

/// Undoes, the last change first.
pub async fn undo(recovery: &Recovery<'_>, path: &Path) -> Result<Undone, RecoverError> {
    let entries = read(path)?;
    if let Some(Entry::Begun { bucket, endpoint, .. }) = entries.first() {
        let application = recovery.application;
        if (bucket, endpoint) != (&application.bucket, &application.endpoint) {
            return Err(RecoverError::Refused(format!(
                "the journal is about bucket `{bucket}` at {endpoint}, and the application uses `{}` at {}",
                application.bucket, application.endpoint
            )));
        }
    }
    let mut undone = Undone::default();
    let mut sources: BTreeMap<Attachment, Option<Source>> = BTreeMap::new();
    for entry in entries.iter().rev() {
        recovery.go_on()?;
        match entry {
            Entry::Undeleted { .. } | Entry::Restored { .. } => undone.objects_kept += 1,
            Entry::Cleared { attachment, rows, .. } => {
                if !sources.contains_key(attachment) {
                    let found = Source::find(recovery.connection, *attachment, 0).await?;
                    sources.insert(*attachment, found);
                }
                let source = sources.get(attachment).and_then(Option::as_ref);
                let put_back = match source {
                    Some(source) => source.put_back(recovery.connection, rows).await?.len(),
                    None => 0,
                };
                undone.put_back += put_back;
                undone.left_alone += rows.len().saturating_sub(put_back);
            }
            Entry::Begun { .. } | Entry::Given { .. } => {}
        }
    }
    Ok(undone)
}
