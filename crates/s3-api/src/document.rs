//! Request bodies that are documents: read as a whole, limited, checked, parsed.

use bytes::{Bytes, BytesMut};
use model::limits::DOCUMENT_BODY_BYTES_MAX;
use model::{ErrorCode, S3Error};
use ops::object::{BodySource as _, DeclaredIntegrity};

use crate::body::RequestBody;
use crate::handlers::Context;
use crate::headers::checksum;
use crate::xml::{Element, Malformed, parse};

/// Reads a body of at most `limit_bytes` and checks it against everything that the client declared
/// about it.
pub(crate) async fn read(
    context: &Context<'_>,
    body: &mut RequestBody,
    limit_bytes: usize,
) -> Result<Bytes, S3Error> {
    receive(body, declared(context)?, limit_bytes).await
}

/// As [`read`], where `x-amz-checksum-*` headers speak of something else than this body.
pub(crate) async fn read_described_elsewhere(
    context: &Context<'_>,
    body: &mut RequestBody,
    limit_bytes: usize,
) -> Result<Bytes, S3Error> {
    let payload_sha256 = context.payload_sha256;
    let declared = DeclaredIntegrity { payload_sha256, ..DeclaredIntegrity::default() };
    receive(body, declared, limit_bytes).await
}

async fn receive(
    body: &mut RequestBody,
    declared: DeclaredIntegrity,
    limit_bytes: usize,
) -> Result<Bytes, S3Error> {
    let too_large = || S3Error::new(ErrorCode::MaxMessageLengthExceeded);
    if body.announced_length().is_some_and(|length| length > limit_bytes as u64) {
        return Err(too_large());
    }
    let mut document = BytesMut::new();
    while let Some(chunk) = body.next().await? {
        if document.len() + chunk.len() > limit_bytes {
            return Err(too_large());
        }
        document.extend_from_slice(&chunk);
    }
    declared.verify_document(&document, |algorithm| body.trailing_checksum(algorithm))?;
    Ok(document.freeze())
}

/// Reads a document of ordinary size.
pub(crate) async fn read_small(
    context: &Context<'_>,
    body: &mut RequestBody,
) -> Result<Bytes, S3Error> {
    read(context, body, DOCUMENT_BODY_BYTES_MAX).await
}

/// What the client declared about the body.
pub(crate) fn declared(context: &Context<'_>) -> Result<DeclaredIntegrity, S3Error> {
    let mut declared = checksum::read(context.headers())?;
    declared.payload_sha256 = context.payload_sha256;
    Ok(declared)
}

/// `MalformedXML` unless the document follows its schema.
pub(crate) fn parsed<T>(
    document: &[u8],
    root: &str,
    read: impl FnOnce(&Element) -> Result<T, Malformed>,
) -> Result<T, S3Error> {
    parse(document, root)
        .and_then(|element| read(&element))
        .map_err(|Malformed| ErrorCode::MalformedXML.into())
}
