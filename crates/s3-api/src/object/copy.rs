//! CopyObject.

use http::HeaderMap;
use model::S3Error;
use ops::encryption::CustomerKey;
use ops::object::copy::{self, CopyObject, Replacement, Source};

use crate::answer::Answer;
use crate::handlers::Context;
use crate::headers::{
    acl, checksum, conditions, content, copy_source, encryption, object_lock, tagging, text,
};
use crate::time::iso8601;
use crate::xml::XmlWriter;

pub(crate) async fn copy(context: &Context<'_>) -> Result<Answer, S3Error> {
    let headers = context.headers();
    let source = source_header(headers)?;
    let source_conditions = conditions::copy_source(headers);
    let source_key = encryption::source_key(headers, context.key_transport)?;
    let requested = encryption::requested(headers, context.key_transport)?;
    let customer_md5 = requested.customer_key().map(CustomerKey::md5);
    let storage_class = match text(headers, "x-amz-storage-class") {
        Some(_) => Some(content::storage_class(headers)?),
        None => None,
    };
    let input = CopyObject {
        source: Source {
            bucket: &source.bucket,
            key: &source.key,
            version: source.version.as_ref(),
            conditions: &source_conditions,
            customer_key: source_key.as_ref(),
        },
        bucket: context.bucket()?,
        key: context.key()?,
        acl: acl::read(headers),
        replace: replacement(headers)?,
        tags: tagging::replacement(headers)?,
        lock: object_lock::read(headers)?,
        storage_class,
        website_redirect_location: text(headers, "x-amz-website-redirect-location")
            .map(str::to_owned),
        checksum_algorithm: checksum::algorithm(headers)?,
        conditions: conditions::read(headers),
        encryption: requested,
    };
    let copied = copy::copy(context.store, &context.call()?, input).await?;
    let record = &copied.written.record;
    let document = XmlWriter::s3("CopyObjectResult", |xml| {
        xml.value("LastModified", iso8601(record.last_modified));
        xml.value("ETag", format_args!("&quot;{}&quot;", record.etag));
        if let Some(value) = &record.checksum {
            xml.value("ChecksumType", value.checksum_type.as_str());
            xml.value(value.algorithm.element(), checksum::encode(value));
        }
    });
    let shown = context.store.shown_encryption(record.encryption.as_ref());
    let answer = encryption::shown(Answer::xml(document), shown.as_ref(), customer_md5);
    Ok(encryption::shown_context(answer, shown.as_ref())
        .version(copied.written.version.as_ref())
        .source_version(copied.source_version.as_ref()))
}

/// The `x-amz-copy-source` header; the router saw that there is one.
pub(crate) fn source_header(headers: &HeaderMap) -> Result<copy_source::CopySource, S3Error> {
    let value = headers.get("x-amz-copy-source").map(http::HeaderValue::as_bytes);
    copy_source::parse(value.unwrap_or_default())
}

/// `x-amz-metadata-directive`: `COPY` unless it says `REPLACE`.
fn replacement(headers: &HeaderMap) -> Result<Option<Replacement>, S3Error> {
    const NAME: &str = "x-amz-metadata-directive";
    match text(headers, NAME) {
        None | Some("COPY") => Ok(None),
        Some("REPLACE") => Ok(Some(Replacement {
            headers: content::object_headers(headers),
            user_metadata: content::user_metadata(headers)?,
        })),
        Some(other) => Err(S3Error::invalid_argument("Unknown metadata directive.", NAME, other)),
    }
}
