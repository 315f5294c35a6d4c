//! PutObject.

use model::limits::PUT_SIZE_BYTES_MAX;
use model::{ErrorCode, S3Error};
use ops::encryption::CustomerKey;
use ops::object::VersionedRecord;
use ops::object::put::{self, PutObject};

use crate::answer::Answer;
use crate::body::RequestBody;
use crate::document;
use crate::handlers::Context;
use crate::headers::{acl, checksum, conditions, content, encryption};

pub(crate) async fn put(context: &Context<'_>, body: &mut RequestBody) -> Result<Answer, S3Error> {
    let headers = context.headers();
    check_length(body)?;
    let input = PutObject {
        bucket: context.bucket()?,
        key: context.key()?,
        acl: acl::read(headers),
        described: content::description(headers)?,
        declared: document::declared(context)?,
        conditions: conditions::read(headers),
        encryption: encryption::requested(headers, context.key_transport)?,
    };
    let customer_md5 = input.encryption.customer_key().map(CustomerKey::md5);
    let written = put::put(context.store, &context.call()?, input, body).await?;
    Ok(written_headers(context, Answer::ok(), &written, customer_md5))
}

/// A body has a length, and a single PUT a largest one.
pub(crate) fn check_length(body: &RequestBody) -> Result<(), S3Error> {
    let length = body.announced_length().ok_or(ErrorCode::MissingContentLength)?;
    if length > PUT_SIZE_BYTES_MAX {
        return Err(S3Error::new(ErrorCode::EntityTooLarge)
            .field("ProposedSize", length.to_string())
            .field("MaxSizeAllowed", PUT_SIZE_BYTES_MAX.to_string()));
    }
    Ok(())
}

/// Adds what an answer says about an object that was written.
pub(crate) fn written_headers(
    context: &Context<'_>,
    answer: Answer,
    written: &VersionedRecord,
    customer_md5: Option<[u8; 16]>,
) -> Answer {
    let record = &written.record;
    let shown = context.store.shown_encryption(record.encryption.as_ref());
    let answer = encryption::shown(answer, shown.as_ref(), customer_md5);
    let answer = encryption::shown_context(answer, shown.as_ref());
    let answer = answer
        .displayed("etag", format_args!("\"{}\"", record.etag))
        .version(written.version.as_ref());
    match &record.checksum {
        Some(value) => answer
            .named(value.algorithm.header(), checksum::encode(value))
            .named("x-amz-checksum-type", value.checksum_type.as_str()),
        None => answer,
    }
}
