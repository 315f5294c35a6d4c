//! Records for tests, each different from every other.

use std::collections::BTreeMap;

use ::model::encryption::KeyNumber;
use ::model::{
    AccessControlList, AccountId, AccountIdentity, BlobPlace, BlobRef, BucketName, CanonicalUserId,
    Checksum, ChecksumAlgorithm, ChecksumType, ETag, EncryptionMethod, GovernanceBypass, Grant,
    Grantee, Group, ObjectEncryption, ObjectKey, ObjectLock, ObjectOwnership, Permission,
    PublicAccessBlock, Retention, RetentionMode, Timestamp, VersionId, WrappedKey,
};

use crate::{
    AccountRecord, BucketCreation, BucketId, BucketRecord, DeleteObject, Initiator, MetadataStore,
    NewBucket, NewObject, ObjectHeaders, ObjectPart, PartRecord, Precondition, UploadId,
    UploadRecord,
};

/// A pseudo-random sequence (SplitMix64): the same numbers on every run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

pub(crate) fn time(millis: i64) -> Timestamp {
    Timestamp::from_unix_millis(1_700_000_000_000 + millis)
}

pub(crate) fn canonical_id(number: u64) -> CanonicalUserId {
    CanonicalUserId::parse(&format!("{number:064x}")).unwrap()
}

pub(crate) fn account_id(number: u64) -> AccountId {
    AccountId::from_number(number).unwrap()
}

pub(crate) fn account(number: u64) -> AccountRecord {
    AccountRecord {
        identity: AccountIdentity { id: account_id(number), canonical_id: canonical_id(number) },
        name: format!("account {number}"),
        email: Some(format!("{number}@example.com")),
        created: time(1),
        public_access: Some(PublicAccessBlock::ALL),
    }
}

pub(crate) fn bucket_name(name: &str) -> BucketName {
    BucketName::parse(name).unwrap()
}

pub(crate) fn new_bucket(name: &str, owner: u64) -> NewBucket {
    NewBucket {
        name: bucket_name(name),
        owner: account_id(owner),
        region: "eu-central-1".to_owned(),
        created: time(2),
        object_ownership: Some(ObjectOwnership::ObjectWriter),
        public_access: Some(PublicAccessBlock::NONE),
        object_lock: None,
        acl: public_acl(owner),
        settings: BTreeMap::new(),
    }
}

pub(crate) fn public_acl(owner: u64) -> AccessControlList {
    let mut acl = AccessControlList::private(canonical_id(owner));
    acl.grants
        .push(Grant { grantee: Grantee::Group(Group::AllUsers), permission: Permission::Read });
    acl
}

/// A new bucket of a new account.
pub(crate) async fn bucket<S: MetadataStore>(store: &S, name: &str) -> BucketRecord {
    if store.account(account_id(1)).await.unwrap().is_none() {
        store.create_account(account(1)).await.unwrap();
    }
    match store.create_bucket(new_bucket(name, 1)).await.unwrap() {
        BucketCreation::Created(record) => record,
        BucketCreation::Exists(record) => panic!("{} exists", record.name),
    }
}

pub(crate) fn key(text: &str) -> ObjectKey {
    ObjectKey::parse(text).unwrap()
}

pub(crate) fn version_id(seed: u64) -> VersionId {
    VersionId::parse(&format!("{seed:032x}")).unwrap()
}

pub(crate) fn blob(seed: u64) -> BlobRef {
    let place = match seed % 2 {
        0 => BlobPlace::File { id: u128::from(seed) },
        _ => BlobPlace::Segment { segment: 7, offset_bytes: seed },
    };
    BlobRef { place, length_bytes: seed % 1000 }
}

pub(crate) fn etag(seed: u64) -> ETag {
    ETag { md5: u128::from(seed).to_be_bytes(), parts: None }
}

pub(crate) fn checksum(seed: u64) -> Checksum {
    Checksum {
        algorithm: ChecksumAlgorithm::Crc64Nvme,
        checksum_type: ChecksumType::FullObject,
        value: seed.to_be_bytes().to_vec(),
        parts: None,
    }
}

pub(crate) fn object_part(number: u16, seed: u64) -> ObjectPart {
    ObjectPart {
        number,
        size_bytes: seed % 1000,
        etag: etag(seed),
        checksum: Some(checksum(seed)),
        blob: Some(blob(seed)),
        salt: None,
    }
}

/// Each of the methods, and none, for a few seeds in a row.
pub(crate) fn encryption(seed: u64) -> Option<ObjectEncryption> {
    let key = KeyNumber(u32::try_from(seed % 300).unwrap());
    let method = match seed % 5 {
        0 => return None,
        1 => EncryptionMethod::S3Managed { key },
        2 => EncryptionMethod::Customer,
        3 => EncryptionMethod::Kms {
            key,
            context: None,
            bucket_key_enabled: true,
            is_dual_layer: false,
        },
        _ => EncryptionMethod::Kms {
            key,
            context: Some(format!("{{\"a\":\"{seed}\"}}")),
            bucket_key_enabled: false,
            is_dual_layer: seed.is_multiple_of(2),
        },
    };
    Some(ObjectEncryption { method, data_key: WrappedKey([seed.to_le_bytes()[0]; 64]) })
}

/// An object with every field set, whose values depend on the seed.
pub(crate) fn new_object(name: &str, seed: u64) -> NewObject {
    let text = |name: &str| Some(format!("{name} {seed} \"é\""));
    NewObject {
        key: key(name),
        fresh_version: version_id(seed),
        size_bytes: seed % 1000,
        etag: etag(seed),
        last_modified: time(i64::try_from(seed % 1_000_000).unwrap()),
        owner: canonical_id(seed % 3),
        storage_class: "STANDARD".to_owned(),
        headers: ObjectHeaders {
            content_type: text("content type"),
            cache_control: text("cache control"),
            content_disposition: text("content disposition"),
            content_encoding: text("content encoding"),
            content_language: text("content language"),
            expires: text("expires"),
            website_redirect_location: text("website redirect location"),
        },
        user_metadata: vec![("b".into(), seed.to_string()), ("a".into(), "\u{1}".into())],
        tags: vec![("tag".into(), seed.to_string())],
        checksum: Some(checksum(seed)),
        acl: Some(public_acl(seed % 3)),
        // Kept by nothing, as everything in the databases of older schemas.
        lock: ObjectLock::default(),
        encryption: None,
        parts: vec![object_part(1, seed)],
        events: Vec::new(),
    }
}

/// A lock that holds until [`time`] of so many milliseconds.
pub(crate) fn retained(mode: RetentionMode, until_millis: i64) -> ObjectLock {
    let retention = Retention { mode, retain_until: time(until_millis) };
    ObjectLock { retention: Some(retention), legal_hold: None }
}

/// Writes [`new_object`].
pub(crate) async fn put<S: MetadataStore>(
    store: &S,
    bucket: BucketId,
    name: &str,
    seed: u64,
) -> crate::ObjectRecord {
    store.put_object(bucket, new_object(name, seed), Precondition::None).await.unwrap()
}

pub(crate) fn deletion(name: &str, version: Option<VersionId>, seed: u64) -> DeleteObject {
    DeleteObject {
        key: key(name),
        version,
        fresh_version: version_id(seed),
        owner: canonical_id(2),
        now: time(5),
        precondition: Precondition::None,
        events: Vec::new(),
        bypass: GovernanceBypass::No,
    }
}

pub(crate) fn upload_id(text: &str) -> UploadId {
    UploadId::parse(text).unwrap()
}

pub(crate) fn new_upload(bucket: BucketId, name: &str, id: &str) -> UploadRecord {
    let object = new_object(name, 77);
    UploadRecord {
        id: upload_id(id),
        bucket,
        key: key(name),
        initiated: time(9),
        initiator: Initiator {
            id: "arn:aws:iam::000000000001:user/x".to_owned(),
            canonical_id: canonical_id(1),
        },
        owner: canonical_id(2),
        acl: object.acl,
        storage_class: object.storage_class,
        headers: object.headers,
        user_metadata: object.user_metadata,
        tags: object.tags,
        lock: object.lock,
        checksum_algorithm: Some(ChecksumAlgorithm::Sha256),
        checksum_type: Some(ChecksumType::Composite),
        encryption: object.encryption,
    }
}

pub(crate) fn part(number: u16, seed: u64) -> PartRecord {
    PartRecord { part: object_part(number, seed), last_modified: time(10) }
}

/// All garbage, in the order of blobs.
pub(crate) async fn garbage<S: MetadataStore>(store: &S) -> Vec<BlobRef> {
    let mut blobs = store.garbage(time(i64::from(u32::MAX)), usize::MAX).await.unwrap();
    blobs.sort();
    blobs
}
