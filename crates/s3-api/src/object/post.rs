//! PostObject: the upload of a file by a browser's form (§8.4).
//!
//! The order is that of §12.1: the shape of the form, its signature, its policy, and only then the
//! decision about the signer, with the same gate as PutObject. The bucket is the one of the URI
//! alone. Nothing of the file is kept before all of that.

mod fields;
pub(crate) mod fuzzing;
mod parameters;
mod policy;
mod reader;
mod success;
#[cfg(test)]
mod tests;

use model::{ErrorCode, Principal, S3Error};
use ops::Call;
use ops::encryption::CustomerKey;
use ops::object::Description;
use ops::object::put::{self, PutObject};

use self::policy::PostPolicy;
use crate::answer::Answer;
use crate::authenticate::authenticate_form;
use crate::body::RequestBody;
use crate::context::RequestContext;
use crate::handlers::Context;
use crate::headers::{acl, checksum, content, encryption, text};

pub(crate) async fn post(context: &Context<'_>, body: &mut RequestBody) -> Result<Answer, S3Error> {
    refuse_signed_request(context)?;
    let boundary = reader::boundary(text(context.headers(), "content-type"))?;
    if body.announced_length().is_none() {
        return Err(ErrorCode::MissingContentLength.into());
    }
    let (mut fields, mut file) = reader::read(body, &boundary).await?;
    let authentication = fields.authentication();
    let signed = authenticate_form(
        context.store,
        context.keys,
        context.accepted,
        &authentication,
        context.now,
    )
    .await?;
    fields.substitute_file_name()?;
    let bucket = context.bucket()?;
    let mut principal = &Principal::Anonymous;
    let mut signed_by = None;
    if let Some(form) = &signed {
        let (min, max) = PostPolicy::parse(&form.policy)?.check(&fields, bucket, context.now)?;
        file.narrow(min, max);
        context.notes.signed_by(&form.signer);
        principal = form.signer.principal();
        signed_by = Some(form.signed_by);
    }
    let key = fields.key()?;
    let headers = fields.headers(context.headers())?;
    let input = PutObject {
        bucket,
        key: &key,
        acl: acl::of_form(fields.get("acl")),
        described: Description {
            tags: super::tagging::of_form(fields.get("tagging"))?,
            ..content::description(&headers)?
        },
        declared: checksum::read(&headers)?,
        conditions: ops::object::Conditions::default(),
        encryption: encryption::requested(&headers, context.key_transport)?,
    };
    let customer_md5 = input.encryption.customer_key().map(CustomerKey::md5);
    let principal_tags = signed.as_ref().map(|form| form.signer.tags()).unwrap_or_default();
    let session = signed.as_ref().and_then(|form| form.signer.session());
    let conditions = RequestContext {
        headers: &headers,
        signed_by,
        principal_tags,
        session,
        ..context.conditions
    };
    let identity = signed.as_ref().and_then(|form| form.signer.identity());
    let request_payer = text(&headers, "x-amz-request-payer") == Some("requester");
    let call = Call {
        caller: principal,
        identity,
        context: &conditions,
        request_payer,
        ..context.call()?
    };
    let written = put::post(context.store, &call, input, &mut file).await?;
    // Fields behind the file are ignored, but the client has to get rid of them.
    body.discard().await;
    Ok(success::answer(context, &fields, (bucket, &key), (&written, customer_md5)))
}

/// A form is authenticated by its fields. The signature of a header would cover a hash of the whole
/// form, and AWS documents that query strings do not authenticate forms.
fn refuse_signed_request(context: &Context<'_>) -> Result<(), S3Error> {
    if context.conditions.signed_by.is_none() {
        return Ok(());
    }
    Err(S3Error::with_message(
        ErrorCode::InvalidRequest,
        "A POST form is authenticated by its fields, not by a header or the query string.",
    ))
}
