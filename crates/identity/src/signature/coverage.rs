//! Which headers a signature must cover (§8.3): `host` and every `x-amz-*` header.
//!
//! An `x-amz-*` header outside the signature would let anybody who holds a presigned URL turn a
//! PutObject into a CopyObject or choose its ACL (SeaweedFS 88ac2d043).

use model::{ErrorCode, S3Error};

use super::Mechanism;
use crate::request::SignedRequest;
use crate::uri::{decode_query, query_pairs};

/// Refuses a request with headers that should be signed and are not.
pub(super) fn check(
    request: &SignedRequest<'_>,
    signed_headers: &str,
    mechanism: Mechanism,
) -> Result<(), S3Error> {
    let is_signed =
        |name: &str| signed_headers.split(';').any(|signed| signed.eq_ignore_ascii_case(name));
    let mut uncovered: Vec<String> = Vec::new();
    if !is_signed("host") {
        uncovered.push("host".into());
    }
    for field in request.headers.iter().filter(|field| starts_with_x_amz(field.name)) {
        let in_query = match mechanism {
            Mechanism::Presigned => agrees_with_query(request, field.name),
            _ => None,
        };
        if in_query.unwrap_or_else(|| is_signed(field.name)) {
            continue;
        }
        let name = field.name.to_ascii_lowercase();
        if !uncovered.contains(&name) {
            uncovered.push(name);
        }
    }
    if uncovered.is_empty() {
        return Ok(());
    }
    Err(S3Error::with_message(
        ErrorCode::AccessDenied,
        "There were headers present in the request which were not signed",
    )
    .field("HeadersNotSigned", uncovered.join(", ")))
}

pub(super) fn starts_with_x_amz(name: &str) -> bool {
    name.as_bytes().get(..6).is_some_and(|start| start.eq_ignore_ascii_case(b"x-amz-"))
}

/// Signers of URLs may move headers into the query, where they are signed. A header of the same
/// name then says either the same or something nobody signed (§8.4). `None`: not in the query.
fn agrees_with_query(request: &SignedRequest<'_>, name: &str) -> Option<bool> {
    let header = request.header(name)?;
    let mut agrees = None;
    for (parameter, value) in query_pairs(request.raw_query) {
        if decode_query(parameter).eq_ignore_ascii_case(name.as_bytes()) {
            agrees = Some(agrees.unwrap_or(true) && *decode_query(value) == *header);
        }
    }
    agrees
}
