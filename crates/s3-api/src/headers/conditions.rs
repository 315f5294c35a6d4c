//! Conditional requests: `If-Match` and its kin.

use http::HeaderMap;
use http::header::{AsHeaderName, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE};
use ops::object::Conditions;

use super::text;
use crate::time::parse_http_date;

/// The conditions of a GET, HEAD, PUT or DELETE.
pub(crate) fn read(headers: &HeaderMap) -> Conditions {
    named(headers, [IF_MATCH, IF_NONE_MATCH, IF_MODIFIED_SINCE, IF_UNMODIFIED_SINCE])
}

/// The conditions on the source of a copy.
pub(crate) fn copy_source(headers: &HeaderMap) -> Conditions {
    named(
        headers,
        [
            "x-amz-copy-source-if-match",
            "x-amz-copy-source-if-none-match",
            "x-amz-copy-source-if-modified-since",
            "x-amz-copy-source-if-unmodified-since",
        ],
    )
}

fn named<N: AsHeaderName>(
    headers: &HeaderMap,
    [matches, none_match, modified, unmodified]: [N; 4],
) -> Conditions {
    let owned = |name: N| text(headers, name).map(str::to_owned);
    let date = |name: N| text(headers, name).and_then(parse_http_date);
    Conditions {
        if_match: owned(matches),
        if_none_match: owned(none_match),
        if_modified_since: date(modified),
        if_unmodified_since: date(unmodified),
    }
}
