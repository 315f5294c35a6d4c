//! Block Public Access of a bucket (§4.5).

use model::{ErrorCode, PublicAccessBlock, S3Error};
use ops::bucket::public_access;

use crate::answer::Answer;
use crate::body::RequestBody;
use crate::document;
use crate::handlers::Context;
use crate::xml::{Element, Malformed, XmlWriter};

/// The root element, here and in S3 Control.
pub(crate) const ROOT: &str = "PublicAccessBlockConfiguration";
const FLAGS: [&str; 4] =
    ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];

pub(crate) async fn get(context: &Context<'_>) -> Result<Answer, S3Error> {
    let found = public_access::get(context.store, &context.call()?, context.bucket()?).await?;
    Ok(Answer::xml(XmlWriter::s3(ROOT, |xml| write(xml, found))))
}

/// The four flags (§4.5), also for S3 Control.
pub(crate) fn write(xml: &mut XmlWriter, configuration: PublicAccessBlock) {
    let values = [
        configuration.block_public_acls,
        configuration.ignore_public_acls,
        configuration.block_public_policy,
        configuration.restrict_public_buckets,
    ];
    for (name, value) in FLAGS.into_iter().zip(values) {
        xml.value(name, value);
    }
}

pub(crate) async fn put(context: &Context<'_>, body: &mut RequestBody) -> Result<Answer, S3Error> {
    let document = document::read_small(context, body).await?;
    let configuration = configuration(&document);
    public_access::put(context.store, &context.call()?, context.bucket()?, configuration).await?;
    Ok(Answer::ok())
}

/// Reads the document of a PUT, also that of S3 Control.
pub(crate) fn configuration(document: &[u8]) -> Result<PublicAccessBlock, S3Error> {
    document::parsed(document, ROOT, read)?.ok_or_else(|| {
        S3Error::with_message(ErrorCode::InvalidRequest, "Must specify at least one configuration.")
    })
}

/// Omitted flags are false (BPA-5); a document without any flag is an error of its own.
fn read(configuration: &Element) -> Result<Option<PublicAccessBlock>, Malformed> {
    if configuration.children(&FLAGS)?.is_empty() {
        return Ok(None);
    }
    let flag = |name| Ok(configuration.optional_bool(name)?.unwrap_or(false));
    Ok(Some(PublicAccessBlock {
        block_public_acls: flag("BlockPublicAcls")?,
        ignore_public_acls: flag("IgnorePublicAcls")?,
        block_public_policy: flag("BlockPublicPolicy")?,
        restrict_public_buckets: flag("RestrictPublicBuckets")?,
    }))
}

pub(crate) async fn delete(context: &Context<'_>) -> Result<Answer, S3Error> {
    public_access::delete(context.store, &context.call()?, context.bucket()?).await?;
    Ok(Answer::no_content())
}
