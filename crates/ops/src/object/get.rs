//! GetObject and HeadObject.

use std::ops::Range;

use bytes::Bytes;
use encryption::DataKey;
use meta::ObjectRecord;
use model::{BucketName, ETag, ErrorCode, ObjectKey, ObjectLock, S3Error, Timestamp, VersionId};

use super::conditions::{Conditions, Outcome};
use super::object_lock;
use super::versioned::VersionedRecord;
use crate::call::Call;
use crate::encryption::CustomerKey;
use crate::gate::{self, Authorized, Intent, Op, op};
use crate::lifecycle::note_expiration_of;
use crate::notes::Notes;
use crate::store::Store;
use crate::vault::{BodyReader, NeedsCustomerKey};

/// What GetObject and HeadObject are asked for.
pub struct GetObject<'a> {
    /// The bucket.
    pub bucket: &'a BucketName,
    /// The key.
    pub key: &'a ObjectKey,
    /// The version, when one is named.
    pub version: Option<&'a VersionId>,
    /// Conditions.
    pub conditions: Conditions,
    /// The customer's key, where one came along.
    pub customer_key: Option<CustomerKey>,
}

/// What a read found.
pub enum Found<T> {
    /// The conditions say that the client already has it.
    NotModified {
        /// The entity tag for the 304 answer.
        etag: ETag,
        /// The date for the 304 answer.
        last_modified: Timestamp,
    },
    /// The object.
    Object(T),
}

/// An object that the caller may read.
pub struct Readable<'s> {
    store: &'s Store,
    authorized: Authorized<op::GetObject>,
    data_key: Option<DataKey>,
    tag_count: Option<usize>,
    lock: ObjectLock,
}

impl Readable<'_> {
    /// What is known of the object.
    pub fn record(&self) -> Result<&ObjectRecord, S3Error> {
        self.authorized.object()
    }

    /// The version that the answer mentions.
    pub fn version(&self) -> Result<Option<VersionId>, S3Error> {
        self.authorized.mentioned(&self.record()?.version)
    }

    /// As [`VersionedRecord::tag_count`].
    pub fn tag_count(&self) -> Option<usize> {
        self.tag_count
    }

    /// As [`VersionedRecord::lock`].
    pub fn lock(&self) -> ObjectLock {
        self.lock
    }

    /// Reads some of its bytes; the range must lie inside the object.
    pub fn read(&self, range: Range<u64>) -> Result<ObjectBytes, S3Error> {
        let key = self.data_key.as_ref();
        self.store.vault.read_body(&self.authorized, key, range).map(ObjectBytes)
    }
}

/// The bytes of an object, verified block by block as they are read.
pub struct ObjectBytes(BodyReader);

impl ObjectBytes {
    /// The next bytes, or `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, S3Error> {
        self.0.next().await
    }
}

/// Finds an object to read. Conditions are judged after the decision, never before it.
pub async fn get<'s>(
    store: &'s Store,
    call: &Call<'_>,
    input: GetObject<'_>,
) -> Result<Found<Readable<'s>>, S3Error> {
    let authorized = pass::<op::GetObject>(store, call, &input).await?;
    let data_key = store.vault.data_key(&authorized, input.customer_key.as_ref())?;
    if let Some(unchanged) = check(&authorized, &input.conditions)? {
        return Ok(unchanged);
    }
    let tag_count = tag_count(store, call, &input, authorized.object()?).await;
    let lock = object_lock::shown(store, call, &input, &authorized.object()?.lock).await;
    note_expiration_of(store, call, &authorized).await?;
    Ok(Found::Object(Readable { store, authorized, data_key, tag_count, lock }))
}

/// Finds an object to describe.
pub async fn head(
    store: &Store,
    call: &Call<'_>,
    input: GetObject<'_>,
) -> Result<Found<VersionedRecord>, S3Error> {
    let authorized = pass::<op::HeadObject>(store, call, &input).await?;
    let mut found = described(store, &authorized, &input)?;
    if let Found::Object(object) = &mut found {
        object.tag_count = tag_count(store, call, &input, &object.record).await;
        object.lock = object_lock::shown(store, call, &input, &object.record.lock).await;
        note_expiration_of(store, call, &authorized).await?;
    }
    Ok(found)
}

/// How many tags an object has, for callers who may read them. Costs another decision only where
/// there are any.
async fn tag_count(
    store: &Store,
    call: &Call<'_>,
    input: &GetObject<'_>,
    record: &ObjectRecord,
) -> Option<usize> {
    if record.tags.is_empty() {
        return None;
    }
    // What comes out is no part of the answer to the request.
    let notes = Notes::default();
    let aside = Call { notes: &notes, ..*call };
    let allowed = pass::<op::GetObjectTagging>(store, &aside, input).await.is_ok();
    allowed.then_some(record.tags.len())
}

fn described<O: NeedsCustomerKey>(
    store: &Store,
    authorized: &Authorized<O>,
    input: &GetObject<'_>,
) -> Result<Found<VersionedRecord>, S3Error> {
    // The key is not needed, but whoever may not read the object may not know its digests either.
    store.vault.data_key(authorized, input.customer_key.as_ref())?;
    Ok(match check(authorized, &input.conditions)? {
        Some(unchanged) => unchanged,
        None => Found::Object(VersionedRecord::new(authorized, authorized.object()?.clone())?),
    })
}

/// Finds an object whose attributes are asked for, one by one. AWS: API reference,
/// GetObjectAttributes.
pub async fn attributes(
    store: &Store,
    call: &Call<'_>,
    input: GetObject<'_>,
) -> Result<Found<VersionedRecord>, S3Error> {
    let authorized = pass::<op::GetObjectAttributes>(store, call, &input).await?;
    described(store, &authorized, &input)
}

async fn pass<O: Op>(
    store: &Store,
    call: &Call<'_>,
    input: &GetObject<'_>,
) -> Result<Authorized<O>, S3Error> {
    let intent = Intent { version: input.version, ..Intent::object(input.bucket, input.key) };
    gate::pass::<O>(store, call, intent).await
}

fn check<O: Op, T>(
    authorized: &Authorized<O>,
    conditions: &Conditions,
) -> Result<Option<Found<T>>, S3Error> {
    let record = authorized.object()?;
    let outcome = conditions.check_read(&record.etag, record.last_modified)?;
    Ok(match outcome {
        Outcome::Proceed => None,
        Outcome::NotModified => {
            Some(Found::NotModified { etag: record.etag, last_modified: record.last_modified })
        }
    })
}

/// The bytes of a part of an object: `partNumber` of GET and HEAD. An object that was not uploaded
/// in parts has part 1.
pub fn part_range(record: &ObjectRecord, number: u16) -> Result<Range<u64>, S3Error> {
    if record.etag.parts.is_none() && number == 1 {
        return Ok(0..record.size_bytes);
    }
    let mut start = 0_u64;
    for part in &record.parts {
        let end = start.saturating_add(part.size_bytes);
        if part.number == number {
            return Ok(start..end);
        }
        start = end;
    }
    Err(S3Error::new(ErrorCode::InvalidPartNumber)
        .field("PartNumberRequested", number.to_string())
        .field("ActualPartCount", record.parts.len().to_string()))
}
