//! The lock of an object: what a writer may say of it, and GetObjectRetention, PutObjectRetention,
//! GetObjectLegalHold and PutObjectLegalHold. Locks belong to the bucket owner's side, whoever owns
//! the object (§3.8).

use authz::Asks;
use model::{
    BucketName, ErrorCode, ObjectKey, ObjectLock, Retention, S3Error, Timestamp, VersionId,
};

use super::get::GetObject;
use crate::call::Call;
use crate::gate::{self, Authorized, Intent, Op, op};
use crate::notes::Notes;
use crate::store::Store;

/// Which version of which object.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    /// The bucket.
    pub bucket: &'a BucketName,
    /// The key.
    pub key: &'a ObjectKey,
    /// The version, when one is named.
    pub version: Option<&'a VersionId>,
}

impl<'a> Target<'a> {
    fn intent(self) -> Intent<'a> {
        Intent { version: self.version, ..Intent::object(self.bucket, self.key) }
    }
}

/// The retention of the current or the named version.
pub async fn retention(
    store: &Store,
    call: &Call<'_>,
    target: Target<'_>,
) -> Result<Retention, S3Error> {
    let decided = gate::pass::<op::GetObjectRetention>(store, call, target.intent()).await?;
    check_bucket(&decided)?;
    decided.object()?.lock.retention.ok_or_else(|| ErrorCode::NoSuchObjectLockConfiguration.into())
}

/// Places, changes or takes away a retention. One that holds may only be extended, unless it is a
/// governance retention and the caller may and wants to bypass it.
pub async fn put_retention(
    store: &Store,
    call: &Call<'_>,
    target: Target<'_>,
    retention: Result<Option<Retention>, S3Error>,
    bypass_governance: bool,
) -> Result<(), S3Error> {
    let retention = retention.and_then(|retention| {
        let lock = ObjectLock { retention, legal_hold: None };
        lock.check_future(call.now, "RetainUntilDate").map(|()| retention)
    });
    let intent = Intent {
        argument: retention.clone().map(drop),
        asks: Asks { bypass_governance, ..Asks::default() },
        ..target.intent()
    };
    let decided = gate::pass::<op::PutObjectRetention>(store, call, intent).await?;
    check_bucket(&decided)?;
    store.vault.set_retention(&decided, retention?, call.now).await
}

/// Whether a legal hold keeps the current or the named version.
pub async fn legal_hold(
    store: &Store,
    call: &Call<'_>,
    target: Target<'_>,
) -> Result<bool, S3Error> {
    let decided = gate::pass::<op::GetObjectLegalHold>(store, call, target.intent()).await?;
    check_bucket(&decided)?;
    decided.object()?.lock.legal_hold.ok_or_else(|| ErrorCode::NoSuchObjectLockConfiguration.into())
}

/// Places or lifts a legal hold.
pub async fn put_legal_hold(
    store: &Store,
    call: &Call<'_>,
    target: Target<'_>,
    is_held: Result<bool, S3Error>,
) -> Result<(), S3Error> {
    let intent = Intent { argument: is_held.clone().map(drop), ..target.intent() };
    let decided = gate::pass::<op::PutObjectLegalHold>(store, call, intent).await?;
    check_bucket(&decided)?;
    store.vault.set_legal_hold(&decided, is_held?).await
}

/// The permissions that a new object with this lock needs (§5.9).
pub(crate) fn asks(lock: &ObjectLock) -> Asks {
    Asks {
        retention: lock.retention.is_some(),
        legal_hold: lock.legal_hold.is_some(),
        ..Asks::default()
    }
}

/// Checks the arguments of a write, before the decision.
pub(crate) fn check_argument(lock: &ObjectLock, now: Timestamp) -> Result<(), S3Error> {
    lock.check_future(now, "x-amz-object-lock-retain-until-date")
}

/// Only a bucket with Object Lock has locked objects.
pub(crate) fn check_new<O: Op>(
    authorized: &Authorized<O>,
    lock: &ObjectLock,
) -> Result<(), S3Error> {
    if lock.is_empty() { Ok(()) } else { check_bucket(authorized) }
}

/// What will be locked must be protected on its way, as bytes that arrived wrong could not be removed
/// again. `what` is `Put Object` or `Put Part`.
pub(crate) fn check_protected<O: Op>(
    authorized: &Authorized<O>,
    lock: &ObjectLock,
    is_protected: bool,
    what: &str,
) -> Result<(), S3Error> {
    let of_bucket = authorized.bucket()?.record.object_lock;
    let retains = of_bucket.is_some_and(|of_bucket| of_bucket.default_retention.is_some());
    if is_protected || (lock.is_empty() && !retains) {
        return Ok(());
    }
    Err(S3Error::with_message(
        ErrorCode::InvalidRequest,
        format!(
            "Content-MD5 OR x-amz-checksum- HTTP header is required for {what} requests with Object Lock parameters"
        ),
    ))
}

fn check_bucket<O: Op>(authorized: &Authorized<O>) -> Result<(), S3Error> {
    if authorized.bucket()?.record.object_lock.is_some() {
        return Ok(());
    }
    Err(S3Error::with_message(
        ErrorCode::InvalidRequest,
        "Bucket is missing Object Lock Configuration",
    ))
}

/// What a reader is told of a lock: what GetObjectRetention and GetObjectLegalHold would tell it.
/// Costs further decisions only where there is a lock. AWS: API reference, GetObject.
pub(super) async fn shown(
    store: &Store,
    call: &Call<'_>,
    input: &GetObject<'_>,
    lock: &ObjectLock,
) -> ObjectLock {
    // What comes out is no part of the answer to the request.
    let notes = Notes::default();
    let call = Call { notes: &notes, ..*call };
    let target = Target { bucket: input.bucket, key: input.key, version: input.version };
    let mut shown = ObjectLock::default();
    if lock.retention.is_some()
        && gate::pass::<op::GetObjectRetention>(store, &call, target.intent()).await.is_ok()
    {
        shown.retention = lock.retention;
    }
    if lock.legal_hold.is_some()
        && gate::pass::<op::GetObjectLegalHold>(store, &call, target.intent()).await.is_ok()
    {
        shown.legal_hold = lock.legal_hold;
    }
    shown
}
