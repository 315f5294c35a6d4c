//! The tags of an object.

use model::{S3Error, TagSet};
use ops::object::tagging;

use crate::answer::Answer;
use crate::body::RequestBody;
use crate::bucket::tagging::{ROOT, read, write};
use crate::document;
use crate::handlers::Context;

pub(crate) async fn get(context: &Context<'_>) -> Result<Answer, S3Error> {
    let version = context.version()?;
    let (bucket, key) = (context.bucket()?, context.key()?);
    let call = context.call()?;
    let (tags, version) = tagging::get(context.store, &call, bucket, key, version.as_ref()).await?;
    Ok(Answer::xml(write(&tags)).version(version.as_ref()))
}

pub(crate) async fn put(context: &Context<'_>, body: &mut RequestBody) -> Result<Answer, S3Error> {
    let version = context.version()?;
    let document = document::read_small(context, body).await?;
    let tags = document::parsed(&document, ROOT, read).and_then(TagSet::of_object);
    let (bucket, key) = (context.bucket()?, context.key()?);
    let call = context.call()?;
    let changed = tagging::put(context.store, &call, bucket, key, version.as_ref(), tags).await?;
    Ok(Answer::ok().version(changed.as_ref()))
}

pub(crate) async fn delete(context: &Context<'_>) -> Result<Answer, S3Error> {
    let version = context.version()?;
    let (bucket, key) = (context.bucket()?, context.key()?);
    let call = context.call()?;
    let changed = tagging::delete(context.store, &call, bucket, key, version.as_ref()).await?;
    Ok(Answer::no_content().version(changed.as_ref()))
}

/// The field `tagging` of a form: the document of PutObjectTagging. AWS: "Browser-based uploads
/// using POST", HTML form fields.
pub(crate) fn of_form(field: Option<&str>) -> Result<TagSet, S3Error> {
    match field.filter(|text| !text.is_empty()) {
        None => Ok(TagSet::default()),
        Some(text) => document::parsed(text.as_bytes(), ROOT, read).and_then(TagSet::of_object),
    }
}
