//! Request headers: each file reads one family.

pub(crate) mod acl;
pub(crate) mod checksum;
pub(crate) mod conditions;
pub(crate) mod content;
pub(crate) mod copy_source;
pub(crate) mod encryption;
pub(crate) mod lifecycle;
pub(crate) mod object_lock;
pub(crate) mod owner;
pub(crate) mod range;
pub(crate) mod tagging;

use http::HeaderMap;
use http::header::AsHeaderName;

/// The value of a header as text; absent when it is not visible ASCII or UTF-8.
///
/// Names that HTTP defines are found faster as constants of [`http::header`] than as texts.
pub(crate) fn text(headers: &HeaderMap, name: impl AsHeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| str::from_utf8(value.as_bytes()).ok())
}
