//! Block Public Access of a bucket (§4.5).

use model::{ErrorCode, PublicAccessBlock, S3Error};
use ops::bucket::public_access;

use crate::answer::Answer;
use crate::body::RequestBody;
use crate::document;
use crate::handlers::Context;
use crate::xml::{Element, Malformed, XmlWriter};

const ROOT: &str = "PublicAccessBlockConfiguration";
const FLAGS: [&str; 4] =
    ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];

pub(crate) async fn get(context: &Context<'_>) -> Result<Answer, S3Error> {
    let found = public_access::get(context.store, &context.call()?, context.bucket()?).await?;
    let values = [
        found.block_public_acls,
        found.ignore_public_acls,
        found.block_public_policy,
        found.restrict_public_buckets,
    ];
    Ok(Answer::xml(XmlWriter::s3(ROOT, |xml| {
        for (name, value) in FLAGS.into_iter().zip(values) {
            xml.value(name, value);
        }
    })))
}

pub(crate) async fn put(context: &Context<'_>, body: &mut RequestBody) -> Result<Answer, S3Error> {
    let document = document::read_small(context, body).await?;
    let configuration = document::parsed(&document, ROOT, read).and_then(|found| {
        found.ok_or_else(|| {
            S3Error::with_message(
                ErrorCode::InvalidRequest,
                "Must specify at least one configuration.",
            )
        })
    });
    public_access::put(context.store, &context.call()?, context.bucket()?, configuration).await?;
    Ok(Answer::ok())
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
