//! What a page of a listing costs in a large bucket. `cargo bench -p grantry-meta`;
//! docs/performance.md has figures.
//!
//! `GRANTRY_LISTING_KEYS` is how many keys the bucket gets, by default 100,000: half of them under one
//! prefix, each of the others under a prefix of its own. A second bucket has a fifth as many keys, all
//! deleted. They are written through the store, into a directory that goes with the run.
//!
//! `GRANTRY_LISTING_DIRECTORY` fills the buckets `wide` and `deleted` of a store that is there instead, the
//! directory `meta` of a data directory that no server uses; `testing/bench/listing.py` then asks a server.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a bench that cannot run ends at once"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use meta::{
    AccountRecord, BucketChange, BucketCreation, BucketId, DeleteObject, ListObjectsQuery,
    ListStart, ListVersionsQuery, MetadataStore, NewBucket, NewObject, ObjectHeaders, ObjectPart,
    Precondition, SqliteStore, VersionListStart, Versioning,
};
use model::encryption::KeyNumber;
use model::{
    AccessControlList, AccountId, AccountIdentity, BlobPlace, BlobRef, BucketName, CanonicalUserId,
    Checksum, ChecksumAlgorithm, ChecksumType, ETag, EncryptionMethod, GovernanceBypass,
    ObjectEncryption, ObjectKey, ObjectLock, Timestamp, VersionId, WrappedKey,
};

const KEYS_VARIABLE: &str = "GRANTRY_LISTING_KEYS";
const DIRECTORY_VARIABLE: &str = "GRANTRY_LISTING_DIRECTORY";
const KEYS: u64 = 100_000;
/// Writes at a time, which share commits.
const WRITERS: u64 = 512;
/// Pages of one kind.
const PAGES: usize = 200;
const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);
const PAGE: usize = 1000;

fn owner() -> CanonicalUserId {
    CanonicalUserId::parse(&"a".repeat(64)).unwrap()
}

fn version(number: u64) -> VersionId {
    VersionId::parse(&format!("{number:032x}")).unwrap()
}

/// As a client's PUT of 1 KiB makes it.
fn object(name: &str, number: u64) -> NewObject {
    let etag = ETag { md5: u128::from(number).to_le_bytes(), parts: None };
    let place = BlobPlace::Segment { segment: 1, offset_bytes: number * 1024 };
    let part = ObjectPart {
        number: 1,
        size_bytes: 1024,
        etag,
        checksum: None,
        blob: Some(BlobRef { place, length_bytes: 1040 }),
        salt: None,
    };
    NewObject {
        key: ObjectKey::parse(name).unwrap(),
        fresh_version: version(number),
        size_bytes: 1024,
        etag,
        last_modified: NOW,
        owner: owner(),
        storage_class: "STANDARD".into(),
        headers: ObjectHeaders {
            content_type: Some("application/octet-stream".into()),
            ..ObjectHeaders::default()
        },
        user_metadata: Vec::new(),
        tags: Vec::new(),
        checksum: Some(Checksum {
            algorithm: ChecksumAlgorithm::Crc64Nvme,
            checksum_type: ChecksumType::FullObject,
            value: number.to_be_bytes().to_vec(),
            parts: None,
        }),
        acl: None,
        lock: ObjectLock::default(),
        encryption: Some(ObjectEncryption {
            method: EncryptionMethod::S3Managed { key: KeyNumber(1) },
            data_key: WrappedKey([7; 64]),
        }),
        parts: vec![part],
        events: Vec::new(),
    }
}

async fn bucket(store: &SqliteStore, name: &str) -> BucketId {
    let new = NewBucket {
        name: BucketName::parse(name).unwrap(),
        owner: AccountId::parse("111122223333").unwrap(),
        region: "us-east-1".into(),
        created: NOW,
        object_ownership: None,
        public_access: None,
        object_lock: None,
        acl: AccessControlList::private(owner()),
        settings: BTreeMap::new(),
    };
    match store.create_bucket(new).await.unwrap() {
        BucketCreation::Created(record) | BucketCreation::Exists(record) => record.id,
    }
}

/// The key with this number: in turn under the one prefix and under one of its own.
fn key_of(number: u64) -> String {
    let place = number / 2;
    if number.is_multiple_of(2) { format!("huge/{place:08}") } else { format!("p{place:08}/x") }
}

async fn fill(store: &Arc<SqliteStore>, wide: BucketId, deleted: BucketId, keys: u64) {
    let mut writers = tokio::task::JoinSet::new();
    for first in 0..WRITERS {
        let store = Arc::clone(store);
        writers.spawn(async move {
            // Neighbouring keys are written together, as clients do.
            for number in (first..keys).step_by(WRITERS.try_into().unwrap()) {
                let new = object(&key_of(number), number);
                store.put_object(wide, new, Precondition::None).await.unwrap();
                if number.is_multiple_of(5) {
                    delete_one(&store, deleted, number, keys).await;
                }
            }
        });
    }
    while let Some(done) = writers.join_next().await {
        done.unwrap();
    }
}

async fn delete_one(store: &SqliteStore, bucket: BucketId, number: u64, keys: u64) {
    let name = format!("m/{:08}", number / 5);
    store.put_object(bucket, object(&name, number), Precondition::None).await.unwrap();
    let deletion = DeleteObject {
        key: ObjectKey::parse(&name).unwrap(),
        version: None,
        fresh_version: version(keys + number),
        owner: owner(),
        now: NOW,
        precondition: Precondition::None,
        bypass: GovernanceBypass::No,
        events: Vec::new(),
    };
    store.delete_object(bucket, deletion).await.unwrap();
}

struct Bench {
    store: Arc<SqliteStore>,
    deleted: BucketId,
    keys: u64,
}

impl Bench {
    /// Lists page after page of different places and prints the median.
    async fn objects(
        &self,
        what: &str,
        bucket: BucketId,
        delimited: bool,
        pages: impl Fn(u64) -> (String, ListStart),
    ) {
        let mut times = Vec::with_capacity(PAGES);
        let mut items = 0;
        for place in self.places() {
            let (prefix, start) = pages(place);
            let query = ListObjectsQuery {
                prefix: &prefix,
                delimiter: delimited.then_some("/"),
                start,
                with_owners: false,
                limit: PAGE,
            };
            let begun = Instant::now();
            let page = self.store.list_objects(bucket, query).await.unwrap();
            times.push(begun.elapsed());
            items = page.entries.len() + page.common_prefixes.len();
        }
        report(what, items, times);
    }

    async fn versions(&self, what: &str, pages: impl Fn(u64) -> VersionListStart) {
        let mut times = Vec::with_capacity(PAGES);
        let mut items = 0;
        for place in self.places() {
            let query = ListVersionsQuery {
                prefix: "m/",
                delimiter: None,
                start: pages(place),
                limit: PAGE,
            };
            let begun = Instant::now();
            let page = self.store.list_object_versions(self.deleted, query).await.unwrap();
            times.push(begun.elapsed());
            items = page.entries.len();
        }
        report(what, items, times);
    }

    /// Places all over the first nine tenths of the bucket, in no order.
    fn places(&self) -> impl Iterator<Item = u64> {
        let span = self.keys / 2 * 9 / 10;
        (0..PAGES as u64).map(move |page| page.wrapping_mul(0x9e37_79b9_7f4a_7c15) % span.max(1))
    }
}

fn report(what: &str, items: usize, mut times: Vec<Duration>) {
    times.sort();
    let micros = |at: usize| times.get(at).map_or(0, Duration::as_micros);
    println!("| {what} | {items} | {} | {} |", micros(PAGES / 2), micros(PAGES * 99 / 100));
}

/// Fills the buckets of a store that is there.
async fn fill_existing(directory: &Path, keys: u64) {
    let store = Arc::new(SqliteStore::open(directory).unwrap());
    let [wide, deleted] = ["wide", "deleted"].map(|name| BucketName::parse(name).unwrap());
    let wide = store.bucket(&wide).await.unwrap().expect("a bucket called `wide`").id;
    let deleted = store.bucket(&deleted).await.unwrap().expect("a bucket called `deleted`").id;
    fill(&store, wide, deleted, keys).await;
    store.shutdown().await.unwrap();
}

async fn run(keys: u64) {
    let directory = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteStore::open(directory.path()).unwrap());
    let account = AccountRecord {
        identity: AccountIdentity {
            id: AccountId::parse("111122223333").unwrap(),
            canonical_id: owner(),
        },
        name: "bench".into(),
        email: None,
        created: NOW,
        public_access: None,
    };
    store.create_account(account).await.unwrap();
    let wide = bucket(&store, "wide").await;
    let deleted = bucket(&store, "deleted").await;
    let versioned = BucketChange::Versioning(Versioning::Enabled);
    store.update_bucket(deleted, versioned, None).await.unwrap();
    let begun = Instant::now();
    fill(&store, wide, deleted, keys).await;
    let seconds = begun.elapsed().as_secs_f64();
    println!("{keys} keys and {} deleted ones were written in {seconds:.0} s\n", keys / 5);
    println!("| page | items | median, µs | p99, µs |\n|---|---|---|---|");
    let bench = Bench { store, deleted, keys };
    let begin = || ListStart::Beginning;
    bench.objects("first", wide, false, |_| (String::new(), begin())).await;
    bench
        .objects("start-after anywhere", wide, false, |place| {
            (String::new(), ListStart::AfterKey(format!("huge/{place:08}")))
        })
        .await;
    bench
        .objects("prefix of 100", wide, false, |place| {
            (format!("huge/{:06}", place / 100), begin())
        })
        .await;
    bench.objects("delimiter, the huge prefix alone", wide, true, |_| ("h".into(), begin())).await;
    bench
        .objects("delimiter, first 1,000 prefixes", wide, true, |_| (String::new(), begin()))
        .await;
    bench
        .objects("delimiter, 1,000 of millions of prefixes", wide, true, |place| {
            (String::new(), ListStart::AfterPrefix(format!("p{place:08}/")))
        })
        .await;
    bench.objects("prefix without keys", wide, true, |place| (format!("q{place}"), begin())).await;
    bench.objects("everything deleted", deleted, false, |_| ("m/".into(), begin())).await;
    bench.versions("versions, first", |_| VersionListStart::Key(begin())).await;
    bench
        .versions("versions from anywhere", |place| {
            VersionListStart::Key(ListStart::AfterKey(format!("m/{:08}", place * 2 / 5)))
        })
        .await;
    bench.store.shutdown().await.unwrap();
}

fn main() {
    let keys = std::env::var(KEYS_VARIABLE).map(|text| text.parse().expect("a number of keys"));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let keys = keys.unwrap_or(KEYS);
    match std::env::var_os(DIRECTORY_VARIABLE) {
        Some(directory) => runtime.block_on(fill_existing(Path::new(&directory), keys)),
        None => runtime.block_on(run(keys)),
    }
}
