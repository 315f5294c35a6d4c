//! CreateMultipartUpload and AbortMultipartUpload.

use model::{ErrorCode, S3Error};
use ops::encryption::CustomerKey;
use ops::upload::create::{self, CreateUpload};

use crate::answer::Answer;
use crate::handlers::Context;
use crate::headers::{acl, checksum, content, encryption};
use crate::xml::XmlWriter;

pub(crate) async fn create(context: &Context<'_>) -> Result<Answer, S3Error> {
    let headers = context.headers();
    let input = CreateUpload {
        bucket: context.bucket()?,
        key: context.key()?,
        acl: acl::read(headers),
        described: content::description(headers)?,
        checksum_algorithm: checksum::algorithm(headers)?,
        checksum_type: checksum::checksum_type(headers)?,
        encryption: encryption::requested(headers, context.key_transport)?,
    };
    let customer_md5 = input.encryption.customer_key().map(CustomerKey::md5);
    let upload = create::create(context.store, &context.call()?, input).await?;
    let document = XmlWriter::s3("InitiateMultipartUploadResult", |xml| {
        xml.text("Bucket", context.bucket().map_or("", |bucket| bucket.as_str()));
        xml.text("Key", upload.key.as_str());
        xml.text("UploadId", upload.id.as_str());
    });
    let shown = context.store.shown_encryption(upload.encryption.as_ref());
    let answer = encryption::shown(Answer::xml(document), shown.as_ref(), customer_md5);
    Ok(encryption::shown_context(answer, shown.as_ref())
        .optional(
            "x-amz-checksum-algorithm",
            upload.checksum_algorithm.map(model::ChecksumAlgorithm::as_str),
        )
        .optional("x-amz-checksum-type", upload.checksum_type.map(model::ChecksumType::as_str)))
}

pub(crate) async fn abort(context: &Context<'_>) -> Result<Answer, S3Error> {
    let id = upload_id(context)?;
    let (bucket, key) = (context.bucket()?, context.key()?);
    create::abort(context.store, &context.call()?, bucket, key, id).await?;
    Ok(Answer::no_content())
}

/// The `uploadId` parameter; the router saw that there is one.
pub(crate) fn upload_id<'a>(context: &'a Context<'_>) -> Result<&'a str, S3Error> {
    context.query.get("uploadId").ok_or_else(|| ErrorCode::NoSuchUpload.into())
}
