//! The bucket policy (§5.1) and whether it is public (§4.5).

use http::header::CONTENT_TYPE;
use model::ErrorCode;
use model::S3Error;
use model::limits::BUCKET_POLICY_BODY_BYTES_MAX;
use ops::bucket::policy;

use crate::answer::Answer;
use crate::body::{RequestBody, ResponseBody};
use crate::document;
use crate::handlers::Context;
use crate::xml::XmlWriter;

pub(crate) async fn get(context: &Context<'_>) -> Result<Answer, S3Error> {
    let text = policy::get(context.store, &context.call()?, context.bucket()?).await?;
    Ok(Answer::ok().header(CONTENT_TYPE, "application/json").body(ResponseBody::from(text)))
}

pub(crate) async fn put(context: &Context<'_>, body: &mut RequestBody) -> Result<Answer, S3Error> {
    let document = document::read(context, body, BUCKET_POLICY_BODY_BYTES_MAX).await?;
    // POL-E1 covers whatever does not start as JSON does, bytes that are no text included.
    let text =
        String::from_utf8(document.to_vec()).map_err(|_| S3Error::new(ErrorCode::MalformedPolicy));
    policy::put(context.store, &context.call()?, context.bucket()?, text).await?;
    Ok(Answer::no_content())
}

pub(crate) async fn delete(context: &Context<'_>) -> Result<Answer, S3Error> {
    policy::delete(context.store, &context.call()?, context.bucket()?).await?;
    Ok(Answer::no_content())
}

pub(crate) async fn status(context: &Context<'_>) -> Result<Answer, S3Error> {
    let public = policy::is_public(context.store, &context.call()?, context.bucket()?).await?;
    Ok(Answer::xml(XmlWriter::s3("PolicyStatus", |xml| xml.value("IsPublic", public))))
}
