//! UploadPart and UploadPartCopy.

use model::S3Error;
use ops::encryption::CustomerKey;
use ops::object::copy::Source;
use ops::upload::part::{self, PartTarget, UploadedPart};

use super::create::upload_id;
use crate::answer::Answer;
use crate::body::RequestBody;
use crate::document;
use crate::handlers::Context;
use crate::headers::{checksum, conditions, encryption, range, text};
use crate::object::copy::source_header;
use crate::object::get::part_number;
use crate::object::put::check_length;
use crate::time::iso8601;
use crate::xml::XmlWriter;

pub(crate) async fn upload(
    context: &Context<'_>,
    body: &mut RequestBody,
) -> Result<Answer, S3Error> {
    check_length(body)?;
    let declared = document::declared(context)?;
    let key = encryption::settled_key(context.headers(), context.key_transport)?;
    let target = target(context, key.as_ref())?;
    let part = part::upload(context.store, &context.call()?, target, &declared, body).await?;
    let answer = Answer::ok().displayed("etag", format_args!("\"{}\"", part.etag));
    let answer = shown(context, answer, &part, key.as_ref());
    Ok(match &part.checksum {
        Some(value) => answer.named(value.algorithm.header(), checksum::encode(value)),
        None => answer,
    })
}

pub(crate) async fn copy(context: &Context<'_>) -> Result<Answer, S3Error> {
    let headers = context.headers();
    let source = source_header(headers)?;
    let conditions = conditions::copy_source(headers);
    let header = text(headers, "x-amz-copy-source-range");
    let range = |size_bytes| match header {
        Some(header) => range::resolve_copy_range(header, size_bytes),
        None => Ok(0..size_bytes),
    };
    let source_key = encryption::source_key(headers, context.key_transport)?;
    let key = encryption::settled_key(headers, context.key_transport)?;
    let source = Source {
        bucket: &source.bucket,
        key: &source.key,
        version: source.version.as_ref(),
        conditions: &conditions,
        customer_key: source_key.as_ref(),
    };
    let target = target(context, key.as_ref())?;
    let part = part::copy(context.store, &context.call()?, target, source, range).await?;
    let document = XmlWriter::s3("CopyPartResult", |xml| {
        xml.value("LastModified", iso8601(part.last_modified));
        xml.value("ETag", format_args!("&quot;{}&quot;", part.etag));
        if let Some(value) = &part.checksum {
            xml.value(value.algorithm.element(), checksum::encode(value));
        }
    });
    let answer = shown(context, Answer::xml(document), &part, key.as_ref());
    Ok(answer.source_version(part.source_version.as_ref()))
}

fn shown(
    context: &Context<'_>,
    answer: Answer,
    part: &UploadedPart,
    key: Option<&CustomerKey>,
) -> Answer {
    let shown = context.store.shown_encryption(part.encryption.as_ref());
    encryption::shown(answer, shown.as_ref(), key.map(CustomerKey::md5))
}

fn target<'a>(
    context: &'a Context<'_>,
    customer_key: Option<&'a CustomerKey>,
) -> Result<PartTarget<'a>, S3Error> {
    Ok(PartTarget {
        bucket: context.bucket()?,
        key: context.key()?,
        upload_id: upload_id(context)?,
        number: part_number(context.query.get("partNumber").unwrap_or_default())?,
        customer_key,
    })
}
