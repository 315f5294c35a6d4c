//! GetObjectAcl and PutObjectAcl (§2).

use model::S3Error;
use ops::object::acl;

use crate::answer::Answer;
use crate::body::RequestBody;
use crate::bucket::acl::{document, requested};
use crate::handlers::Context;

pub(crate) async fn get(context: &Context<'_>) -> Result<Answer, S3Error> {
    let version = context.version()?;
    let (bucket, key) = (context.bucket()?, context.key()?);
    let call = context.call()?;
    let (acl, version) = acl::get(context.store, &call, bucket, key, version.as_ref()).await?;
    Ok(Answer::xml(document(&acl)).version(version.as_ref()))
}

pub(crate) async fn put(context: &Context<'_>, body: &mut RequestBody) -> Result<Answer, S3Error> {
    let version = context.version()?;
    let acl = requested(context, body).await;
    let (bucket, key) = (context.bucket()?, context.key()?);
    let call = context.call()?;
    let changed = acl::put(context.store, &call, bucket, key, version.as_ref(), acl).await?;
    Ok(Answer::ok().version(changed.as_ref()))
}
