//! Writes what waits in the spool into the target buckets.
//!
//! The log delivery service is a caller like any other: it passes the gate, and what the target
//! bucket does not allow it is not written (§9.3). The key of a log object depends on nothing but
//! the records in it, so a delivery that a crash cut off writes the same objects again.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use audit::{LogObject, PartitionDay, SealedLog, SpoolError, SpooledRecord};
use authz::{ConditionKey, ContextSource, ContextValue};
use bytes::Bytes;
use meta::ObjectHeaders;
use model::{
    BucketName, ChecksumAlgorithm, ErrorCode, ObjectKey, ObjectOwnership, Permission, Principal,
    S3Error, Timestamp,
};
use sha2::{Digest as _, Sha256};

use crate::acl::{AclInput, GrantInput};
use crate::bucket::logging::refuses_delivery;
use crate::call::Call;
use crate::encryption::RequestedEncryption;
use crate::notes::Notes;
use crate::object::put::{PutObject, put};
use crate::object::{BodyLength, BodySource, Conditions, DeclaredIntegrity, Description};
use crate::store::Store;
use crate::vault::BucketState;

/// The service principal that policies of target buckets name (§9.3).
const SERVICE: Principal = Principal::Service("logging.s3.amazonaws.com");
/// Lines that are held in memory while they are sorted by bucket.
const BATCH_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Delivers every `interval` until `stop` ends. What then still waits is delivered by the next
/// process.
pub(crate) async fn run(store: &Store, interval: Duration, stop: impl Future<Output = ()> + Send) {
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(interval) => {}
        }
        if let Err(error) = deliver(store, (store.settings.clock)()).await {
            tracing::warn!(%error, cause = error.cause(), "access logs could not be delivered");
        }
    }
}

/// Delivers everything that was added before this call. Errors: those of the store; a target
/// bucket that refuses is none.
pub(crate) async fn deliver(store: &Store, now: Timestamp) -> Result<(), S3Error> {
    let spool = Arc::clone(&store.access_logs.spool);
    for log in blocking(move || spool.seal(now)).await? {
        let mut reader = Some(log.records().map_err(S3Error::internal)?);
        let mut number = 0;
        while let Some(mut records) = reader.take() {
            let (batch, ended, records) = blocking(move || {
                let (batch, ended) = read_batch(&mut records)?;
                Ok((batch, ended, records))
            })
            .await?;
            deliver_batch(store, &log, number, batch, now).await?;
            number += 1;
            reader = (!ended).then_some(records);
        }
        blocking(move || log.remove()).await?;
    }
    Ok(())
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SpoolError> + Send + 'static,
) -> Result<T, S3Error> {
    let done = tokio::task::spawn_blocking(work).await.map_err(S3Error::internal)?;
    done.map_err(S3Error::internal)
}

/// Records that go into one log object each: of one bucket and one day.
type Batch = BTreeMap<(BucketName, PartitionDay), Lines>;

#[derive(Default)]
struct Lines {
    text: String,
    count: u64,
}

/// Reads as much as may be held, and says whether that was all.
fn read_batch(
    records: &mut impl Iterator<Item = Result<SpooledRecord, SpoolError>>,
) -> Result<(Batch, bool), SpoolError> {
    let mut batch = Batch::new();
    let mut bytes = 0;
    for record in records {
        let record = record?;
        bytes += record.line.len();
        let lines = batch.entry((record.bucket, PartitionDay::of(record.time))).or_default();
        lines.text.push_str(&record.line);
        lines.text.push('\n');
        lines.count += 1;
        if bytes >= BATCH_BYTES_MAX {
            return Ok((batch, false));
        }
    }
    Ok((batch, true))
}

async fn deliver_batch(
    store: &Store,
    log: &SealedLog,
    number: u64,
    batch: Batch,
    now: Timestamp,
) -> Result<(), S3Error> {
    for ((bucket, day), lines) in batch {
        let count = lines.count;
        let unique = unique(log.sealed, number, &bucket, day);
        // Logging that was turned off meanwhile, and buckets that are gone, want nothing any more.
        let Some(source) = store.vault.bucket(&bucket).await? else { continue };
        let parcel = Parcel { source: &source, day, unique, sealed: log.sealed, now };
        let counter = match parcel.write(store, lines.text).await {
            Ok(()) => &store.access_logs.delivered,
            Err(error) if error.code().status() >= 500 => return Err(error),
            Err(error) => {
                tracing::warn!(%bucket, %error, records = count, "a target bucket takes no access log");
                &store.access_logs.refused
            }
        };
        counter.fetch_add(count, Ordering::Relaxed);
    }
    Ok(())
}

/// Equal for equal records, so that a repeated delivery overwrites what it wrote before.
fn unique(sealed: Timestamp, number: u64, bucket: &BucketName, day: PartitionDay) -> u64 {
    let text = format!("{}/{number}/{bucket}/{day:?}", sealed.unix_millis);
    let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
    let (first, _) = digest.split_first_chunk().unwrap_or((&[0; 8], &[]));
    u64::from_be_bytes(*first)
}

/// The records of one log object.
struct Parcel<'a> {
    source: &'a BucketState,
    day: PartitionDay,
    unique: u64,
    sealed: Timestamp,
    now: Timestamp,
}

impl Parcel<'_> {
    async fn write(&self, store: &Store, text: String) -> Result<(), S3Error> {
        let Some(logging) = &self.source.logging else { return Ok(()) };
        let key = LogObject {
            prefix: &logging.target_prefix,
            format: logging.key_format,
            account: self.source.facts.owner.id,
            region: &self.source.record.region,
            bucket: self.source.record.name.as_str(),
            delivered: self.sealed,
            day: self.day,
            unique: self.unique,
        }
        .key();
        let key = ObjectKey::parse(&key).map_err(|_| ErrorCode::KeyTooLongError)?;
        let target = store.vault.bucket(&logging.target_bucket).await?;
        let target = target.ok_or(ErrorCode::NoSuchBucket)?;
        if let Some(why) = refuses_delivery(&target) {
            return Err(S3Error::with_message(ErrorCode::InvalidTargetBucketForLogging, why));
        }
        let context = DeliveryContext { source: self.source, now: self.now };
        let notes = Notes::default();
        let request_id = identity::generate::request_id()?;
        let call = Call {
            request_id: &request_id,
            caller: &SERVICE,
            identity: None,
            now: self.now,
            context: &context,
            expected_bucket_owner: Some(self.source.facts.owner.id),
            source_expected_bucket_owner: None,
            request_payer: false,
            notes: &notes,
        };
        let input = PutObject {
            bucket: &logging.target_bucket,
            key: &key,
            acl: Ok(self.acl(&target)),
            described: described(),
            declared: DeclaredIntegrity::default(),
            conditions: Conditions::default(),
            encryption: RequestedEncryption::Default,
        };
        put(store, &call, input, &mut Text(Some(Bytes::from(text)))).await.map(drop)
    }

    /// The bucket owner's full control and the target grants; nothing where ACLs are disabled
    /// (LOG-2, LOG-8).
    fn acl(&self, target: &BucketState) -> AclInput {
        if target.facts.ownership == Some(ObjectOwnership::BucketOwnerEnforced) {
            return AclInput::Absent;
        }
        let owner = GrantInput::canonical_user(
            &self.source.facts.owner.canonical_id,
            Permission::FullControl,
        );
        let asked = self.source.logging.iter().flat_map(|logging| &logging.target_grants);
        AclInput::Grants(std::iter::once(owner).chain(asked.map(GrantInput::of)).collect())
    }
}

fn described() -> Description {
    let content_type = Some("text/plain".to_owned());
    Description {
        headers: ObjectHeaders { content_type, ..ObjectHeaders::default() },
        user_metadata: Vec::new(),
        storage_class: "STANDARD".into(),
        tags: model::TagSet::default(),
        lock: model::ObjectLock::default(),
    }
}

/// What the conditions of a target bucket's policy see (§9.3).
struct DeliveryContext<'a> {
    source: &'a BucketState,
    now: Timestamp,
}

impl ContextSource for DeliveryContext<'_> {
    fn value(&self, key: &ConditionKey) -> ContextValue<'_> {
        let one = |text: String| ContextValue::One(Cow::Owned(text));
        match key {
            ConditionKey::SourceArn => one(format!("arn:aws:s3:::{}", self.source.record.name)),
            ConditionKey::SourceAccount => one(self.source.facts.owner.id.to_string()),
            ConditionKey::EpochTime => one(self.now.unix_seconds().to_string()),
            ConditionKey::SecureTransport => ContextValue::One(Cow::Borrowed("true")),
            _ => ContextValue::Absent,
        }
    }
}

/// A body that is in memory.
struct Text(Option<Bytes>);

impl BodySource for Text {
    fn length(&self) -> BodyLength {
        BodyLength::Exact(self.0.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }

    async fn next(&mut self) -> Result<Option<Bytes>, S3Error> {
        Ok(self.0.take())
    }

    fn trailing_checksum(&self, _: ChecksumAlgorithm) -> Result<Vec<u8>, S3Error> {
        Err(S3Error::internal("a delivery has no trailer"))
    }
}
