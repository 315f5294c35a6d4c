//! Letting a record refer to a copy of its blob.

use model::{BlobRef, Timestamp};

use super::object_row::insert_object;
use super::transaction::Transaction;
use super::{garbage, object_read};
use crate::blob_hint::BlobHint;
use crate::blob_move::BlobMove;
use crate::error::MetaError;
use crate::object::ObjectRecord;

/// Follows each move whose old place a version of the key still refers to; says which it followed.
pub(crate) fn follow(
    tx: &Transaction,
    moves: &[BlobMove],
    now: Timestamp,
) -> Result<Vec<bool>, MetaError> {
    moves.iter().map(|moved| follow_one(tx, moved, now)).collect()
}

fn follow_one(tx: &Transaction, moved: &BlobMove, now: Timestamp) -> Result<bool, MetaError> {
    let (BlobHint::Object { bucket, key } | BlobHint::Part { bucket, key, .. }) = &moved.hint;
    // Two records with one blob are damage; the one that stays behind would lose its bytes.
    let Some((place, mut record)) = object_read::only_version_with(tx, *bucket, key, &moved.from)?
    else {
        return Ok(false);
    };
    tx.note_changed((*bucket, key.clone()));
    repoint(&mut record, &moved.from, moved.to);
    insert_object(tx, place, *bucket, &record)?;
    garbage::add(tx, [moved.from], now)?;
    Ok(true)
}

fn repoint(record: &mut ObjectRecord, from: &BlobRef, to: BlobRef) {
    for part in &mut record.parts {
        if part.blob.as_ref() == Some(from) {
            part.blob = Some(to);
        }
    }
}
