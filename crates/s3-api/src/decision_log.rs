//! What the wire adds to the decisions about a request when it is answered.

use authz::ContextSource;
use http::header;
use http::request::Parts;
use model::{AddressRange, S3Error};
use ops::{Store, decisions};

use crate::context::RequestContext;
use crate::error::RequestIds;
use crate::forwarded;
use crate::headers::{owner, text};
use crate::origin::Origin;
use crate::query::Query;
use crate::service::Seen;

/// Leaves in the decision log what was decided, or why nothing was.
pub(crate) async fn record(
    store: &Store,
    parts: &Parts,
    (peer, proxies): (Origin, &[AddressRange]),
    seen: &Seen,
    (status, error): (u16, Option<&S3Error>),
    ids: &RequestIds,
) {
    let failed = error.is_some() || seen.call_error.is_some();
    let undecided = failed && decisions::is_undecided(store, &seen.notes, status);
    let query = Query::parse(parts.uri.query().filter(|_| undecided).unwrap_or_default());
    let query = query.unwrap_or_default();
    let origin = if undecided { forwarded::origin(&parts.headers, peer, proxies) } else { peer };
    let context = RequestContext::unsigned(parts, &query, seen.arrived, origin);
    let claimed = undecided.then(|| claimed_access_key_id(parts, &query)).flatten();
    let answered = decisions::Answered {
        time: seen.arrived,
        request_id: &ids.request_id,
        status,
        error,
        call_error: seen.call_error,
        access_key_id: seen.access_key_id.as_deref().or(claimed),
        operation: seen.operation,
        bucket: seen.bucket.as_ref(),
        key: seen.key.as_ref(),
        version: query.get("versionId"),
        expected_owner: owner::expected_bucket_owner(&parts.headers).ok().flatten(),
        context: undecided.then_some(&context as &dyn ContextSource),
    };
    decisions::conclude(store, &seen.notes, &answered).await;
}

/// The access key that a request names, before anybody has checked that. What looks like no id is
/// not repeated: it may be a secret that stands in the wrong place.
fn claimed_access_key_id<'a>(parts: &'a Parts, query: &'a Query<'_>) -> Option<&'a str> {
    let credential = text(&parts.headers, header::AUTHORIZATION)
        .and_then(|value| value.split_once("Credential="))
        .map(|(_, credential)| credential)
        .or_else(|| query.get("X-Amz-Credential"))
        .or_else(|| query.get("AWSAccessKeyId"))?;
    let id = credential.split_once('/').map_or(credential, |(id, _)| id);
    let is_id = ACCESS_KEY_ID_SHOWN_BYTES.contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    is_id.then_some(id)
}

/// Length of what is shown as an access key id; secrets are longer.
const ACCESS_KEY_ID_SHOWN_BYTES: std::ops::RangeInclusive<usize> = 16..=32;
