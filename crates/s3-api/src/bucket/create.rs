//! CreateBucket, HeadBucket, DeleteBucket, GetBucketLocation.

use model::{S3Error, TagSet};
use ops::bucket::create::{self, CreateBucket};

use super::tagging;
use crate::answer::Answer;
use crate::body::RequestBody;
use crate::document;
use crate::handlers::Context;
use crate::headers::{acl, object_lock, text};
use crate::xml::{Element, Malformed, XmlWriter};

pub(crate) async fn create(
    context: &Context<'_>,
    body: &mut RequestBody,
) -> Result<Answer, S3Error> {
    let document = document::read_small(context, body).await?;
    let configuration = if document.is_empty() {
        Configuration::default()
    } else {
        document::parsed(&document, "CreateBucketConfiguration", read)?
    };
    let bucket = context.bucket()?;
    let input = CreateBucket {
        bucket,
        acl: acl::read(context.headers()),
        object_ownership: text(context.headers(), "x-amz-object-ownership"),
        location_constraint: configuration.location.as_deref(),
        tags: TagSet::of_bucket(configuration.tags)?,
        object_lock: object_lock::enables_bucket(context.headers())?,
    };
    create::create(context.store, &context.call()?, input).await?;
    Ok(Answer::ok().named("location", format!("/{bucket}")))
}

/// The document as sent.
#[derive(Default)]
struct Configuration {
    location: Option<String>,
    tags: Vec<(String, String)>,
}

fn read(configuration: &Element) -> Result<Configuration, Malformed> {
    configuration.children(&["LocationConstraint", "Tags"])?;
    let text = configuration.optional_text("LocationConstraint")?;
    let tags = configuration.optional("Tags")?.map(tagging::pairs).transpose()?;
    Ok(Configuration {
        location: text.filter(|text| !text.is_empty()).map(str::to_owned),
        tags: tags.unwrap_or_default(),
    })
}

pub(crate) async fn head(context: &Context<'_>) -> Result<Answer, S3Error> {
    let found = create::head(context.store, &context.call()?, context.bucket()?).await?;
    Ok(Answer::ok()
        .named("x-amz-bucket-region", found.region)
        .named("x-amz-access-point-alias", "false")
        .named("content-type", "application/xml"))
}

pub(crate) async fn location(context: &Context<'_>) -> Result<Answer, S3Error> {
    let region = create::location(context.store, &context.call()?, context.bucket()?).await?;
    Ok(Answer::xml(XmlWriter::s3("LocationConstraint", |xml| {
        xml.content(region.as_deref().unwrap_or_default());
    })))
}

pub(crate) async fn delete(context: &Context<'_>) -> Result<Answer, S3Error> {
    create::delete(context.store, &context.call()?, context.bucket()?).await?;
    Ok(Answer::no_content())
}
