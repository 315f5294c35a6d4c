//! What every [`MetadataStore`](crate::MetadataStore) must do, as functions over the trait: the
//! same suite runs on each implementation. Every function expects an empty store.

pub(crate) mod account;
pub(crate) mod bucket;
pub(crate) mod fixture;
pub(crate) mod listing;
pub(crate) mod model;
pub(crate) mod object;
pub(crate) mod object_lock;
pub(crate) mod upload;
pub(crate) mod version_listing;
pub(crate) mod versioning;
