//! Blobs that were copied to another place.

use model::BlobRef;

use crate::blob_hint::BlobHint;

/// A blob with the same bytes as another, which is to be referred to in its stead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobMove {
    /// Whose it is.
    pub hint: BlobHint,
    /// The old place.
    pub from: BlobRef,
    /// The new place.
    pub to: BlobRef,
}
