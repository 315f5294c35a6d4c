//! Block Public Access of an account (§4.5).

use model::S3Error;
use ops::s3_control::public_access;

use crate::answer::Answer;
use crate::body::RequestBody;
use crate::bucket::public_access as document_of_bucket;
use crate::document;
use crate::handlers::Context;
use crate::xml::XmlWriter;

pub(crate) async fn get(context: &Context<'_>) -> Result<Answer, S3Error> {
    let found = public_access::get(context.store, &context.call()?, context.account()?).await?;
    let root = document_of_bucket::ROOT;
    Ok(Answer::xml(XmlWriter::s3_control(root, |xml| document_of_bucket::write(xml, found))))
}

pub(crate) async fn put(context: &Context<'_>, body: &mut RequestBody) -> Result<Answer, S3Error> {
    let document = document::read_small(context, body).await?;
    let configuration = document_of_bucket::configuration(&document);
    public_access::put(context.store, &context.call()?, context.account()?, configuration).await?;
    Ok(Answer::ok())
}

pub(crate) async fn delete(context: &Context<'_>) -> Result<Answer, S3Error> {
    public_access::delete(context.store, &context.call()?, context.account()?).await?;
    Ok(Answer::no_content())
}
