//! A small store for tests, and ways to put into it what no request could.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use meta::{
    AccountRecord, BlobHint, BucketChange, BucketCreation, BucketId, CompleteUpload, DeleteObject,
    Initiator, MetadataStore as _, NewBucket, NewObject, ObjectHeaders, ObjectPart, PartRecord,
    Precondition, UploadId, UploadRecord, Versioning,
};
use model::limits::SEGMENT_BODY_BYTES_MAX;
use model::{
    AccessControlList, AccountId, AccountIdentity, BlobRef, BucketName, CanonicalUserId,
    ChecksumAlgorithm, ETag, GovernanceBypass, ObjectKey, ObjectLock, Timestamp, VersionId,
};

use super::Vault;
use crate::object::digest::{Computed, Digests};
use crate::upload::multipart_etag;

const BUCKET: BucketId = BucketId(1);

/// What of a record is wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Damage {
    ETag,
    Checksum,
    PartETag,
    Size,
}

/// A store with one bucket.
pub(crate) struct StoreFixture {
    directory: PathBuf,
    vault: Option<Vault>,
    /// The last blob of each key.
    blobs: BTreeMap<String, BlobRef>,
    versions: u64,
}

fn now() -> Timestamp {
    Timestamp::from_unix_seconds(1)
}

fn key(name: &str) -> ObjectKey {
    ObjectKey::parse(name).unwrap()
}

fn owner() -> CanonicalUserId {
    CanonicalUserId::parse(&"a".repeat(64)).unwrap()
}

/// Bytes without a pattern that could hide a swapped block.
fn bytes(length: usize) -> Bytes {
    let mut state = 7_u64;
    let next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(length).collect()
}

fn digests(bytes: &[u8]) -> Computed {
    let mut digests = Digests::new(ChecksumAlgorithm::Crc32c, false);
    digests.update(bytes);
    digests.finish()
}

impl StoreFixture {
    pub(crate) async fn new(directory: &Path) -> Self {
        std::fs::create_dir_all(directory).unwrap();
        let vault = Vault::open_plain(directory).unwrap();
        let identity = AccountIdentity {
            id: AccountId::parse("111122223333").unwrap(),
            canonical_id: owner(),
        };
        let account = AccountRecord {
            identity: identity.clone(),
            name: "a".into(),
            email: None,
            created: now(),
            public_access: None,
        };
        vault.meta.create_account(account).await.unwrap();
        let bucket = NewBucket {
            name: BucketName::parse("bucket").unwrap(),
            owner: identity.id,
            region: "us-east-1".into(),
            created: now(),
            object_ownership: None,
            public_access: None,
            object_lock: None,
            acl: AccessControlList::private(identity.canonical_id),
            settings: BTreeMap::new(),
        };
        let created = vault.meta.create_bucket(bucket).await.unwrap();
        assert!(matches!(created, BucketCreation::Created(bucket) if bucket.id == BUCKET));
        let directory = directory.to_owned();
        Self { directory, vault: Some(vault), blobs: BTreeMap::new(), versions: 0 }
    }

    pub(crate) fn reopen(&mut self) {
        self.vault = Some(Vault::open_plain(&self.directory).unwrap());
    }

    pub(crate) async fn close(&mut self) {
        self.vault.take().unwrap().shutdown().await;
    }

    /// The same store at another place, opened.
    pub(crate) fn move_to(&mut self, directory: &Path) {
        directory.clone_into(&mut self.directory);
        self.reopen();
    }

    /// The size of a key's current object.
    pub(crate) async fn current_size(&self, name: &str) -> Option<u64> {
        let found = self.vault().meta.object(BUCKET, &key(name), None).await.unwrap();
        found.and_then(meta::ObjectVersion::into_object).map(|record| record.size_bytes)
    }

    pub(crate) fn vault(&self) -> &Vault {
        self.vault.as_ref().unwrap()
    }

    /// The last blob that was written for a key.
    pub(crate) fn blob(&self, key: &str) -> BlobRef {
        self.blobs[key]
    }

    async fn store(&self, hint: &[u8], body: Bytes) -> Option<BlobRef> {
        let blobs = &self.vault().blobs;
        if body.is_empty() {
            return None;
        }
        if body.len() < SEGMENT_BODY_BYTES_MAX {
            return Some(blobs.append(hint, vec![body]).await.unwrap());
        }
        let mut writer = blobs.create(hint).await.unwrap();
        writer.write(body).await.unwrap();
        Some(writer.finish().await.unwrap())
    }

    fn object(&mut self, name: &str, size_bytes: u64, computed: Computed) -> NewObject {
        self.versions += 1;
        NewObject {
            key: key(name),
            fresh_version: VersionId::parse(&format!("{:032x}", self.versions)).unwrap(),
            size_bytes,
            etag: ETag { md5: computed.md5, parts: None },
            last_modified: now(),
            owner: owner(),
            storage_class: "STANDARD".into(),
            headers: ObjectHeaders::default(),
            user_metadata: Vec::new(),
            tags: Vec::new(),
            lock: ObjectLock::default(),
            checksum: Some(computed.checksum),
            acl: None,
            encryption: None,
            parts: Vec::new(),
            events: Vec::new(),
        }
    }

    async fn write(&self, object: NewObject) {
        self.vault().meta.put_object(BUCKET, object, Precondition::None).await.unwrap();
    }

    /// Writes an object.
    pub(crate) async fn put(&mut self, name: &str, length: usize) {
        let object = self.prepare(name, length).await;
        self.write(object).await;
    }

    async fn prepare(&mut self, name: &str, length: usize) -> NewObject {
        let body = bytes(length);
        let mut object = self.object(name, length as u64, digests(&body));
        let hint = BlobHint::Object { bucket: BUCKET, key: key(name) }.encode();
        if let Some(blob) = self.store(&hint, body).await {
            self.blobs.insert(name.to_owned(), blob);
            object.parts = vec![single(blob, object.etag)];
        }
        object
    }

    /// Writes an object whose record is not true.
    pub(crate) async fn put_wrong(&mut self, name: &str, damage: Damage) {
        let mut object = self.prepare(name, 5000).await;
        match damage {
            Damage::ETag => object.etag.md5[0] ^= 1,
            Damage::Checksum => object.checksum.as_mut().unwrap().value[0] ^= 1,
            Damage::PartETag => object.parts[0].etag.md5[0] ^= 1,
            Damage::Size => object.size_bytes += 1,
        }
        self.write(object).await;
    }

    /// Makes an object of a blob that was written for another one.
    pub(crate) async fn put_record(&mut self, name: &str, blob: BlobRef) {
        let length = usize::try_from(blob.length_bytes).unwrap();
        let mut object = self.object(name, blob.length_bytes, digests(&bytes(length)));
        object.parts = vec![single(blob, object.etag)];
        self.write(object).await;
    }

    /// Makes a second version of a key, with the blob of the first.
    pub(crate) async fn add_version_of(&mut self, name: &str) {
        let change = BucketChange::Versioning(Versioning::Enabled);
        self.vault().meta.update_bucket(BUCKET, change, None).await.unwrap();
        self.put_record(name, self.blob(name)).await;
    }

    /// Starts an upload and stores its parts.
    async fn upload(&mut self, name: &str, lengths: &[usize]) -> (UploadId, Vec<ObjectPart>) {
        let id = UploadId::parse(&format!("upload-of-{name}")).unwrap();
        let upload = UploadRecord {
            id: id.clone(),
            bucket: BUCKET,
            key: key(name),
            initiated: now(),
            initiator: Initiator { id: owner().to_string(), canonical_id: owner() },
            owner: owner(),
            acl: None,
            storage_class: "STANDARD".into(),
            headers: ObjectHeaders::default(),
            user_metadata: Vec::new(),
            tags: Vec::new(),
            lock: ObjectLock::default(),
            checksum_algorithm: None,
            checksum_type: None,
            encryption: None,
        };
        self.vault().meta.create_upload(upload).await.unwrap();
        let mut parts = Vec::new();
        for (number, length) in (1..).zip(lengths) {
            let body = bytes(*length);
            let computed = digests(&body);
            let upload = id.clone();
            let hint = BlobHint::Part { bucket: BUCKET, key: key(name), upload, number };
            let blob = self.store(&hint.encode(), body).await;
            self.blobs.insert(name.to_owned(), blob.unwrap());
            let part = ObjectPart {
                number,
                size_bytes: *length as u64,
                etag: ETag { md5: computed.md5, parts: None },
                checksum: Some(computed.checksum),
                blob,
                salt: None,
            };
            let record = PartRecord { part: part.clone(), last_modified: now() };
            self.vault().meta.put_part(&id, record).await.unwrap();
            parts.push(part);
        }
        (id, parts)
    }

    /// Leaves an upload in progress with one part.
    pub(crate) async fn start_upload(&mut self, name: &str, length: usize) {
        self.upload(name, &[length]).await;
    }

    /// Writes an object in parts.
    pub(crate) async fn put_multipart(&mut self, name: &str, lengths: &[usize]) {
        let (id, parts) = self.upload(name, lengths).await;
        let whole: Vec<u8> = lengths.iter().flat_map(|length| bytes(*length)).collect();
        let mut object = self.object(name, whole.len() as u64, digests(&whole));
        object.etag = multipart_etag(&parts).unwrap();
        object.parts = parts;
        let completion = CompleteUpload { id, object, precondition: Precondition::None };
        self.vault().meta.complete_upload(completion).await.unwrap();
    }

    /// Deletes an object; its blob becomes garbage.
    pub(crate) async fn delete(&mut self, name: &str) {
        self.versions += 1;
        let deletion = DeleteObject {
            key: key(name),
            version: None,
            fresh_version: VersionId::parse(&format!("{:032x}", self.versions)).unwrap(),
            owner: owner(),
            now: now(),
            precondition: Precondition::None,
            events: Vec::new(),
            bypass: GovernanceBypass::No,
        };
        self.vault().meta.delete_object(BUCKET, deletion).await.unwrap();
    }

    /// Takes away the body of an object that still refers to it.
    pub(crate) async fn release(&self, name: &str) {
        self.vault().blobs.release(&[self.blob(name)]).await.unwrap();
    }

    /// Writes a blob that nothing refers to.
    pub(crate) async fn append_orphan(&self, name: &str, length: usize) -> BlobRef {
        let hint = BlobHint::Object { bucket: BUCKET, key: key(name) }.encode();
        self.store(&hint, bytes(length)).await.unwrap()
    }

    /// Writes a blob with a hint that is none.
    pub(crate) async fn append_unexplained(&self) {
        self.store(b"?", bytes(10)).await.unwrap();
    }

    /// The bytes of an object's last blob.
    pub(crate) async fn read(&self, name: &str) -> Vec<u8> {
        let mut reader = self.vault().blobs.reader(&self.blob(name), 0..u64::MAX);
        let mut read = Vec::new();
        while let Some(chunk) = reader.next().await {
            read.extend_from_slice(&chunk.unwrap());
        }
        read
    }

    /// Changes one row of the closed store behind its back.
    pub(crate) fn sql(&self, statement: &str) {
        let database = self.directory.join("meta/metadata.sqlite3");
        let connection = rusqlite::Connection::open(database).unwrap();
        assert_eq!(connection.execute(statement, []).unwrap(), 1, "{statement}");
    }

    /// Notes a blob as garbage, whatever it is: an upload that is aborted does that.
    pub(crate) async fn note_garbage(&mut self, blob: BlobRef) {
        let (id, _) = self.upload("passing", &[]).await;
        let etag = ETag { md5: [0; 16], parts: None };
        let record = PartRecord { part: single(blob, etag), last_modified: now() };
        self.vault().meta.put_part(&id, record).await.unwrap();
        self.vault().meta.abort_upload(&id, now()).await.unwrap();
    }
}

fn single(blob: BlobRef, etag: ETag) -> ObjectPart {
    ObjectPart {
        number: 1,
        size_bytes: blob.length_bytes,
        etag,
        checksum: None,
        blob: Some(blob),
        salt: None,
    }
}
