//! Cross-origin resource sharing of a bucket.

use std::sync::Arc;

use authz::NoContext;
use model::cors::{CorsConfiguration, CorsGrant, CorsQuestion};
use model::{BucketName, ErrorCode, ObjectKey, Principal, S3Error, Timestamp};

use crate::call::Call;
use crate::gate::{self, Authorized, Intent, Op, op};
use crate::notes::Notes;
use crate::store::Store;
use crate::vault::BucketState;

/// The stored rules; `NoSuchCORSConfiguration` without any.
pub async fn get(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
) -> Result<CorsConfiguration, S3Error> {
    let intent = Intent::bucket(bucket);
    let authorized = gate::pass::<op::GetBucketCors>(store, call, intent).await?;
    let rules = authorized.bucket()?.settings.cors.clone();
    rules.ok_or_else(|| {
        S3Error::new(ErrorCode::NoSuchCORSConfiguration).field("BucketName", bucket.as_str())
    })
}

/// Replaces the rules.
pub async fn put(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
    rules: Result<CorsConfiguration, S3Error>,
) -> Result<(), S3Error> {
    let intent = Intent { argument: rules.clone().map(drop), ..Intent::bucket(bucket) };
    let authorized = gate::pass::<op::PutBucketCors>(store, call, intent).await?;
    store.vault.set_cors(&authorized, &rules?).await
}

/// Removes the rules; done also when there are none.
pub async fn delete(store: &Store, call: &Call<'_>, bucket: &BucketName) -> Result<(), S3Error> {
    let intent = Intent::bucket(bucket);
    let authorized = gate::pass::<op::DeleteBucketCors>(store, call, intent).await?;
    store.vault.remove_cors(&authorized).await
}

/// What the rules of a bucket are asked about: the bucket or one of its keys.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The bucket.
    pub bucket: &'a BucketName,
    /// The key, if there is one.
    pub key: Option<&'a ObjectKey>,
}

impl Asked<'_> {
    fn refused(&self, message: &'static str, method: &str) -> S3Error {
        S3Error::with_message(ErrorCode::AccessForbidden, message)
            .field("Method", method)
            .field("ResourceType", if self.key.is_some() { "OBJECT" } else { "BUCKET" })
    }
}

/// Answers a preflight, which asks before anybody is known: a browser signs none.
pub async fn preflight<T>(
    store: &Store,
    call: &Call<'_>,
    asked: Asked<'_>,
    question: CorsQuestion<'_>,
    answer: impl FnOnce(CorsGrant<'_>) -> T,
) -> Result<T, S3Error> {
    let found = match asked.key {
        None => {
            let intent = Intent::bucket(asked.bucket);
            rules(gate::pass::<op::PreflightBucket>(store, call, intent).await)?
        }
        Some(key) => {
            let intent = Intent::object(asked.bucket, key);
            rules(gate::pass::<op::PreflightObject>(store, call, intent).await)?
        }
    };
    let refused = |message| asked.refused(message, question.method);
    let Some(state) = found else { return Err(refused("CORSResponse: Bucket not found")) };
    let Some(rules) = &state.settings.cors else {
        return Err(refused("CORSResponse: CORS is not enabled for this bucket."));
    };
    rules.answer(question).map(answer).ok_or_else(|| {
        refused(
            "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
        )
    })
}

/// The bucket that the decision is about; none if it does not exist, which every caller may know
/// (§7.1).
fn rules<O: Op>(
    decided: Result<Authorized<O>, S3Error>,
) -> Result<Option<Arc<BucketState>>, S3Error> {
    match decided {
        Ok(authorized) => authorized.bucket().cloned().map(Some),
        Err(error) if error.code() == ErrorCode::NoSuchBucket => Ok(None),
        Err(error) => Err(error),
    }
}

/// What the answer to a request from another origin says besides, also where it is an error. `None`
/// without rules; `Some(None)` where none of them allows the request, which is done all the same:
/// it is the browser that keeps the answer from the page.
pub async fn on_actual_request<T>(
    store: &Store,
    now: Timestamp,
    bucket: &BucketName,
    question: CorsQuestion<'_>,
    answer: impl FnOnce(Option<CorsGrant<'_>>) -> T,
) -> Option<T> {
    // Who asks does not matter: errors about the caller are answered like everything else.
    let notes = Notes::default();
    let call = Call {
        request_id: "",
        caller: &Principal::Anonymous,
        identity: None,
        now,
        context: &NoContext,
        expected_bucket_owner: None,
        source_expected_bucket_owner: None,
        request_payer: false,
        notes: &notes,
    };
    let intent = Intent::bucket(bucket);
    let authorized = gate::pass::<op::PreflightBucket>(store, &call, intent).await.ok()?;
    let rules = authorized.bucket().ok()?.settings.cors.as_ref()?;
    Some(answer(rules.answer(question)))
}
