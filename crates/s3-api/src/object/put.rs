//! PutObject.

use model::limits::PUT_SIZE_BYTES_MAX;
use model::{ErrorCode, S3Error, VersionId};
use ops::object::put::{self, PutObject};
use ops::records::ObjectRecord;

use crate::answer::Answer;
use crate::body::RequestBody;
use crate::document;
use crate::handlers::Context;
use crate::headers::{acl, checksum, conditions, content};

pub(crate) async fn put(context: &Context<'_>, body: &mut RequestBody) -> Result<Answer, S3Error> {
    let headers = context.headers();
    content::refuse_unsupported(headers)?;
    check_length(body)?;
    let input = PutObject {
        bucket: context.bucket()?,
        key: context.key()?,
        acl: acl::read(headers),
        described: content::description(headers)?,
        declared: document::declared(context)?,
        conditions: conditions::read(headers),
    };
    let written = put::put(context.store, &context.call()?, input, body).await?;
    Ok(written_headers(Answer::ok(), &written))
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
pub(crate) fn written_headers(answer: Answer, written: &ObjectRecord) -> Answer {
    let answer = answer
        .displayed("etag", format_args!("\"{}\"", written.etag))
        .optional("x-amz-version-id", version_text(&written.version));
    match &written.checksum {
        Some(value) => answer
            .named(value.algorithm.header(), checksum::encode(value))
            .named("x-amz-checksum-type", value.checksum_type.as_str()),
        None => answer,
    }
}

/// The text of `x-amz-version-id`; buckets without versioning do not mention theirs.
pub(crate) fn version_text(version: &VersionId) -> Option<&str> {
    version.named().map(VersionId::as_str)
}
