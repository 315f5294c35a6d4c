//! Blobs that must stay for a while.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use model::BlobRef;
use parking_lot::Mutex;

/// How often each blob is pinned.
#[derive(Clone, Default)]
pub(crate) struct Pins(Arc<Mutex<HashMap<BlobRef, usize>>>);

/// Keeps blobs from being released for as long as it lives. Made by
/// [`BlobStore::pin`](crate::BlobStore::pin).
#[must_use]
pub struct PinGuard {
    pins: Pins,
    blobs: Vec<BlobRef>,
}

impl Pins {
    /// Pins blobs once more.
    pub(crate) fn pin(&self, blobs: &[BlobRef]) -> PinGuard {
        let mut pinned = self.0.lock();
        for blob in blobs {
            *pinned.entry(*blob).or_insert(0) += 1;
        }
        drop(pinned);
        PinGuard { pins: self.clone(), blobs: blobs.to_vec() }
    }

    /// Splits blobs into those that are pinned and those that are not.
    pub(crate) fn split(&self, blobs: &[BlobRef]) -> (Vec<BlobRef>, Vec<BlobRef>) {
        let pinned = self.0.lock();
        blobs.iter().partition(|blob| pinned.contains_key(blob))
    }
}

impl Drop for PinGuard {
    fn drop(&mut self) {
        let mut pinned = self.pins.0.lock();
        for blob in &self.blobs {
            if let Some(count) = pinned.get_mut(blob) {
                *count -= 1;
                if *count == 0 {
                    pinned.remove(blob);
                }
            }
        }
    }
}

impl fmt::Debug for PinGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PinGuard").field("blobs", &self.blobs).finish_non_exhaustive()
    }
}
