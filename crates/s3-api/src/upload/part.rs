//! UploadPart and UploadPartCopy.

use model::S3Error;
use ops::object::copy::Source;
use ops::upload::part::{self, PartTarget};

use super::create::upload_id;
use crate::answer::Answer;
use crate::body::RequestBody;
use crate::document;
use crate::handlers::Context;
use crate::headers::{checksum, conditions, content, range, text};
use crate::object::copy::source_header;
use crate::object::get::part_number;
use crate::object::put::check_length;
use crate::time::iso8601;
use crate::xml::XmlWriter;

pub(crate) async fn upload(
    context: &Context<'_>,
    body: &mut RequestBody,
) -> Result<Answer, S3Error> {
    content::refuse_unsupported(context.headers())?;
    check_length(body)?;
    let declared = document::declared(context)?;
    let target = target(context)?;
    let part = part::upload(context.store, &context.call()?, target, &declared, body).await?;
    let answer = Answer::ok().displayed("etag", format_args!("\"{}\"", part.etag));
    Ok(match &part.checksum {
        Some(value) => answer.named(value.algorithm.header(), checksum::encode(value)),
        None => answer,
    })
}

pub(crate) async fn copy(context: &Context<'_>) -> Result<Answer, S3Error> {
    let headers = context.headers();
    content::refuse_unsupported(headers)?;
    let source = source_header(headers)?;
    let conditions = conditions::copy_source(headers);
    let header = text(headers, "x-amz-copy-source-range");
    let range = |size_bytes| match header {
        Some(header) => range::resolve_copy_range(header, size_bytes),
        None => Ok(0..size_bytes),
    };
    let source = Source {
        bucket: &source.bucket,
        key: &source.key,
        version: source.version.as_ref(),
        conditions: &conditions,
    };
    let target = target(context)?;
    let part = part::copy(context.store, &context.call()?, target, source, range).await?;
    let document = XmlWriter::s3("CopyPartResult", |xml| {
        xml.value("LastModified", iso8601(part.last_modified));
        xml.value("ETag", format_args!("&quot;{}&quot;", part.etag));
        if let Some(value) = &part.checksum {
            xml.value(value.algorithm.element(), checksum::encode(value));
        }
    });
    Ok(Answer::xml(document).source_version(part.source_version.as_ref()))
}

fn target<'a>(context: &'a Context<'_>) -> Result<PartTarget<'a>, S3Error> {
    Ok(PartTarget {
        bucket: context.bucket()?,
        key: context.key()?,
        upload_id: upload_id(context)?,
        number: part_number(context.query.get("partNumber").unwrap_or_default())?,
    })
}
