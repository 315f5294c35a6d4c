//! Random sequences of operations, compared with a model of plain maps.
//!
//! Several buckets of one store run at the same time, each with a model of its own, so that their
//! writes share commits. Between rounds the store is closed and opened again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ::model::{BlobRef, VersionId};
use tokio::task::JoinSet;

use super::fixture::{
    Random, bucket, deletion, garbage, key, new_object, new_upload, object_part, time, upload_id,
};
use super::listing::{DELIMITERS, expected_items, list_all, text_of_pieces};
use super::version_listing::{expected_versions, list_all_versions};
use crate::{
    BucketChange, BucketId, CompleteUpload, DeleteObject, DeleteOutcome, ListObjectsQuery,
    ListStart, ListUploadsQuery, ListVersionsQuery, MetaError, MetadataStore, NewObject, Noun,
    ObjectChange, ObjectRecord, ObjectVersion, PartRecord, Precondition, UploadStart,
    VersionListStart, Versioning,
};

const BUCKETS: u64 = 32;
const ROUNDS: usize = 10;
/// Operations of all buckets together in all rounds; more if this variable says so.
const OPERATIONS: usize = 102_400;
const OPERATIONS_VARIABLE: &str = "GRANTRY_MODEL_OPERATIONS";

fn operations_per_round() -> usize {
    let wanted = std::env::var(OPERATIONS_VARIABLE).map(|text| text.parse().unwrap());
    wanted.unwrap_or(OPERATIONS).max(OPERATIONS) / ROUNDS / usize::try_from(BUCKETS).unwrap()
}

/// One bucket as it should be.
struct Model {
    bucket: BucketId,
    random: Random,
    /// Source of seeds that no other bucket uses.
    next_seed: u64,
    versioning: Versioning,
    /// Versions by key, oldest first.
    versions: BTreeMap<String, Vec<ObjectVersion>>,
    /// Key and parts of uploads by id.
    uploads: BTreeMap<String, (String, BTreeMap<u16, PartRecord>)>,
    garbage: BTreeSet<BlobRef>,
}

impl Model {
    fn new(bucket: BucketId, number: u64) -> Self {
        Self {
            bucket,
            random: Random(number),
            next_seed: number,
            versioning: Versioning::Off,
            versions: BTreeMap::new(),
            uploads: BTreeMap::new(),
            garbage: BTreeSet::new(),
        }
    }

    fn seed(&mut self) -> u64 {
        self.next_seed += BUCKETS;
        self.next_seed
    }

    fn any_key(&mut self) -> String {
        // Mostly few keys, so that each gets a history.
        let length = if self.random.below(4) == 0 { 2 } else { 1 };
        text_of_pieces(&mut self.random, length)
    }

    fn newest(&self, name: &str) -> Option<&ObjectVersion> {
        self.versions.get(name).and_then(|versions| versions.last())
    }

    fn current(&self, name: &str) -> Option<ObjectRecord> {
        self.newest(name).cloned().and_then(ObjectVersion::into_object)
    }

    /// An existing version id of the key more often than not.
    fn any_version(&mut self, name: &str) -> VersionId {
        let known = self.versions.get(name).cloned().unwrap_or_default();
        if known.is_empty() || self.random.below(8) == 0 {
            return VersionId::Null;
        }
        self.random.pick(&known).version().clone()
    }

    fn any_precondition(&mut self, current: Option<&ObjectRecord>) -> Precondition {
        match self.random.below(10) {
            0 => Precondition::IfNoneMatchAny,
            1 => Precondition::IfMatchAny,
            2 => Precondition::IfMatch(super::fixture::etag(3)),
            3 => current.map_or(Precondition::None, |record| Precondition::IfMatch(record.etag)),
            _ => Precondition::None,
        }
    }

    fn release(&mut self, version: ObjectVersion) {
        let record = version.into_object();
        self.garbage.extend(record.into_iter().flat_map(|r| r.parts).filter_map(|p| p.blob));
    }

    /// The null version of a key goes, unless versions are only added.
    fn replace_null(&mut self, name: &str) {
        if self.versioning == Versioning::Enabled {
            return;
        }
        let versions = self.versions.entry(name.to_owned()).or_default();
        let null = versions.iter().position(|version| *version.version() == VersionId::Null);
        if let Some(null) = null {
            let version = versions.remove(null);
            self.release(version);
        }
    }

    fn check_precondition(
        precondition: Precondition,
        current: Option<&ObjectRecord>,
    ) -> Result<(), MetaError> {
        let matches = match (precondition, current) {
            (Precondition::None, _) | (Precondition::IfMatchAny, Some(_)) => true,
            (Precondition::IfNoneMatchAny, current) => current.is_none(),
            // Not drawn here; the contract of versioning has it.
            (Precondition::IfUnmoved { .. }, _) => false,
            (_, None) => return Err(MetaError::NotFound { what: Noun::Object }),
            (Precondition::IfMatch(etag), Some(record)) => record.etag == etag,
        };
        if matches { Ok(()) } else { Err(MetaError::PreconditionFailed) }
    }

    /// Compares what a write answered, and enters it.
    fn written(&mut self, object: NewObject, record: &ObjectRecord) {
        let name = object.key.as_str().to_owned();
        let newest = self.newest(&name).map_or(0, ObjectVersion::sequence);
        assert!(record.sequence > newest, "sequences grow");
        self.replace_null(&name);
        let version = match self.versioning {
            Versioning::Enabled => object.fresh_version,
            _ => VersionId::Null,
        };
        assert_eq!(record.version, version);
        assert_eq!((record.etag, &record.parts), (object.etag, &object.parts));
        let version = ObjectVersion::Object(Arc::new(record.clone()));
        self.versions.entry(name).or_default().push(version);
    }
}

impl Model {
    async fn put<S: MetadataStore>(&mut self, store: &S) {
        let name = self.any_key();
        let object = new_object(&name, self.seed());
        let current = self.current(&name);
        let precondition = self.any_precondition(current.as_ref());
        let result = store.put_object(self.bucket, object.clone(), precondition).await;
        match Self::check_precondition(precondition, current.as_ref()) {
            Ok(()) => self.written(object, &result.unwrap()),
            Err(error) => assert_eq!(result, Err(error)),
        }
    }

    async fn delete<S: MetadataStore>(&mut self, store: &S) {
        let name = self.any_key();
        let current = self.current(&name);
        let precondition = self.any_precondition(current.as_ref());
        let request = DeleteObject { precondition, ..deletion(&name, None, self.seed()) };
        let result = store.delete_object(self.bucket, request.clone()).await;
        if let Err(error) = Self::check_precondition(precondition, current.as_ref()) {
            assert_eq!(result, Err(error));
            return;
        }
        self.replace_null(&name);
        let outcome = result.unwrap();
        if self.versioning == Versioning::Off {
            assert_eq!(outcome == DeleteOutcome::Nothing, current.is_none());
            return;
        }
        let DeleteOutcome::Marked { version } = outcome else { panic!("{outcome:?}") };
        let marker = store.object(self.bucket, &key(&name), Some(&version)).await.unwrap();
        let marker = marker.unwrap();
        assert!(matches!(marker, ObjectVersion::DeleteMarker(_)));
        let newest = self.newest(&name).map_or(0, ObjectVersion::sequence);
        assert!(marker.sequence() > newest);
        self.versions.entry(name).or_default().push(marker);
    }

    async fn delete_version<S: MetadataStore>(&mut self, store: &S) {
        let name = self.any_key();
        let version = self.any_version(&name);
        let request = deletion(&name, Some(version.clone()), self.seed());
        let outcome = store.delete_object(self.bucket, request).await.unwrap();
        let versions = self.versions.entry(name).or_default();
        let Some(at) = versions.iter().position(|known| *known.version() == version) else {
            assert_eq!(outcome, DeleteOutcome::Nothing);
            return;
        };
        let removed = versions.remove(at);
        let delete_marker = matches!(removed, ObjectVersion::DeleteMarker(_));
        assert_eq!(outcome, DeleteOutcome::Removed { version, delete_marker });
        self.release(removed);
    }

    async fn read<S: MetadataStore>(&mut self, store: &S) {
        let name = self.any_key();
        let newest = store.object(self.bucket, &key(&name), None).await.unwrap();
        assert_eq!(newest.as_ref(), self.newest(&name), "{name:?}");
        let version = self.any_version(&name);
        let found = store.object(self.bucket, &key(&name), Some(&version)).await.unwrap();
        let versions = self.versions.get(&name).cloned().unwrap_or_default();
        assert_eq!(found, versions.into_iter().find(|known| *known.version() == version));
    }

    async fn change<S: MetadataStore>(&mut self, store: &S) {
        let name = self.any_key();
        let version = self.any_version(&name);
        let versions = self.versions.entry(name.clone()).or_default();
        let known = versions.iter_mut().find(|known| *known.version() == version);
        let Some(ObjectVersion::Object(record)) = known else { return };
        let record = Arc::make_mut(record);
        record.tags = vec![("changed".to_owned(), version.to_string())];
        let change = ObjectChange::Tags(record.tags.clone());
        let changed = store
            .update_object(self.bucket, &key(&name), record.sequence, change, Vec::new())
            .await;
        assert_eq!(changed.as_ref(), Ok(&*record));
    }

    async fn list<S: MetadataStore>(&mut self, store: &S) {
        let keys: Vec<String> =
            self.versions.keys().filter(|name| self.current(name).is_some()).cloned().collect();
        let length = self.random.below(3);
        let prefix = text_of_pieces(&mut self.random, length);
        let delimiter = *self.random.pick(&DELIMITERS);
        let start = match self.random.below(2) {
            0 => ListStart::Beginning,
            _ => ListStart::AfterKey(self.any_key()),
        };
        let expected = expected_items(&keys, &prefix, delimiter, &start);
        let limit = 1 + self.random.below(20);
        let query =
            ListObjectsQuery { prefix: &prefix, delimiter, start, with_owners: false, limit };
        assert_eq!(list_all(store, self.bucket, query).await, expected);
    }

    async fn list_versions<S: MetadataStore>(&mut self, store: &S) {
        let length = self.random.below(3);
        let prefix = text_of_pieces(&mut self.random, length);
        let delimiter = *self.random.pick(&DELIMITERS);
        let start = match self.random.below(3) {
            0 => VersionListStart::Key(ListStart::Beginning),
            1 => VersionListStart::Key(ListStart::AfterKey(self.any_key())),
            _ => {
                let name = self.any_key();
                let version = self.any_version(&name);
                VersionListStart::Version(key(&name), version)
            }
        };
        let limit = 1 + self.random.below(20);
        let query = ListVersionsQuery { prefix: &prefix, delimiter, start, limit };
        let expected = expected_versions(&self.versions, &query);
        assert_eq!(list_all_versions(store, self.bucket, query).await, expected);
    }

    async fn set_versioning<S: MetadataStore>(&mut self, store: &S) {
        self.versioning = *self.random.pick(&[Versioning::Enabled, Versioning::Suspended]);
        let change = BucketChange::Versioning(self.versioning);
        store.update_bucket(self.bucket, change, None).await.unwrap();
    }

    async fn start_upload<S: MetadataStore>(&mut self, store: &S) {
        let (name, id) = (self.any_key(), self.seed().to_string());
        store.create_upload(new_upload(self.bucket, &name, &id)).await.unwrap();
        self.uploads.insert(id, (name, BTreeMap::new()));
    }

    fn any_upload(&mut self) -> Option<String> {
        let ids: Vec<String> = self.uploads.keys().cloned().collect();
        (!ids.is_empty()).then(|| self.random.pick(&ids).clone())
    }

    async fn put_part<S: MetadataStore>(&mut self, store: &S) {
        let Some(id) = self.any_upload() else { return self.start_upload(store).await };
        let number = 1 + u16::try_from(self.random.below(5)).unwrap();
        let part = object_part(number, self.seed());
        let stored = PartRecord { part, last_modified: time(10) };
        store.put_part(&upload_id(&id), stored.clone()).await.unwrap();
        let (_, parts) = self.uploads.get_mut(&id).unwrap();
        let replaced = parts.insert(number, stored);
        self.garbage.extend(replaced.and_then(|replaced| replaced.part.blob));
    }

    async fn list_parts<S: MetadataStore>(&mut self, store: &S) {
        let Some(id) = self.any_upload() else { return };
        let after = u16::try_from(self.random.below(5)).unwrap();
        let page = store.list_parts(&upload_id(&id), Some(after), 3).await.unwrap();
        let (_, parts) = &self.uploads[&id];
        let rest: Vec<_> = parts.range(after + 1..).map(|(_, stored)| stored.clone()).collect();
        assert_eq!(page.next.is_some(), rest.len() > 3);
        assert_eq!(page.parts[..], rest[..rest.len().min(3)]);
    }

    async fn list_uploads<S: MetadataStore>(&mut self, store: &S) {
        let start = UploadStart::Beginning;
        let query = ListUploadsQuery { prefix: "", delimiter: None, start, limit: 1000 };
        let page = store.list_uploads(self.bucket, query).await.unwrap();
        let listed: Vec<_> = page
            .uploads
            .iter()
            .map(|upload| (upload.key.as_str().to_owned(), upload.id.as_str().to_owned()))
            .collect();
        let mut expected: Vec<_> =
            self.uploads.iter().map(|(id, (name, _))| (name.clone(), id.clone())).collect();
        expected.sort();
        assert_eq!(listed, expected);
    }

    async fn abort<S: MetadataStore>(&mut self, store: &S) {
        let Some(id) = self.any_upload() else { return };
        store.abort_upload(&upload_id(&id), time(11)).await.unwrap();
        let (_, parts) = self.uploads.remove(&id).unwrap();
        self.garbage.extend(parts.into_values().filter_map(|stored| stored.part.blob));
    }

    async fn complete<S: MetadataStore>(&mut self, store: &S) {
        let Some(id) = self.any_upload() else { return };
        let (name, stored) = self.uploads[&id].clone();
        let chosen = stored.keys().copied().filter(|_| self.random.below(3) > 0);
        let chosen: BTreeSet<u16> = chosen.collect();
        let parts: Vec<_> = chosen.iter().map(|number| stored[number].part.clone()).collect();
        let size_bytes = parts.iter().map(|part| part.size_bytes).sum();
        let object = NewObject { size_bytes, parts, ..new_object(&name, self.seed()) };
        let current = self.current(&name);
        let precondition = self.any_precondition(current.as_ref());
        let completion =
            CompleteUpload { id: upload_id(&id), object: object.clone(), precondition };
        let result = store.complete_upload(completion).await;
        if let Err(error) = Self::check_precondition(precondition, current.as_ref()) {
            assert_eq!(result, Err(error));
            return;
        }
        self.written(object, &result.unwrap());
        self.uploads.remove(&id);
        let unused = stored.into_values().filter(|stored| !chosen.contains(&stored.part.number));
        self.garbage.extend(unused.filter_map(|stored| stored.part.blob));
    }

    async fn step<S: MetadataStore>(&mut self, store: &S) {
        match self.random.below(100) {
            0..30 => self.put(store).await,
            30..42 => self.delete(store).await,
            42..54 => self.delete_version(store).await,
            54..68 => self.read(store).await,
            68..72 => self.change(store).await,
            72..76 => self.list(store).await,
            76..80 => self.list_versions(store).await,
            80 => self.set_versioning(store).await,
            81..83 => self.start_upload(store).await,
            83..91 => self.put_part(store).await,
            91..93 => self.list_parts(store).await,
            93..95 => self.list_uploads(store).await,
            95..97 => self.abort(store).await,
            _ => self.complete(store).await,
        }
    }

    /// Compares everything.
    async fn check_all<S: MetadataStore>(&mut self, store: &S) {
        let (mut objects, mut bytes) = (0, 0);
        for (name, versions) in &self.versions {
            let newest = store.object(self.bucket, &key(name), None).await.unwrap();
            assert_eq!(newest.as_ref(), versions.last(), "{name:?}");
            for version in versions {
                let id = version.version();
                let found = store.object(self.bucket, &key(name), Some(id)).await.unwrap();
                assert_eq!(found.as_ref(), Some(version));
                objects += 1;
                bytes += version.clone().into_object().map_or(0, |record| record.size_bytes);
            }
        }
        let usage = store.bucket_usage(self.bucket).await.unwrap();
        assert_eq!((usage.objects, usage.bytes), (objects, bytes));
        self.list(store).await;
        self.list_versions(store).await;
        self.list_uploads(store).await;
    }
}

/// Runs the models; `reopen` closes the store and opens it again.
pub(crate) async fn agrees<S: MetadataStore, F>(store: S, reopen: impl Fn(S) -> F)
where
    F: Future<Output = S>,
{
    let mut models = Vec::new();
    for number in 0..BUCKETS {
        let id = bucket(&store, &format!("bucket-{number}")).await.id;
        models.push(Model::new(id, number));
    }
    let mut store = Arc::new(store);
    for _ in 0..ROUNDS {
        let mut running = JoinSet::new();
        for mut model in models {
            let store = Arc::clone(&store);
            running.spawn(async move {
                for _ in 0..operations_per_round() {
                    model.step(&*store).await;
                }
                model
            });
        }
        models = running.join_all().await;
        store = Arc::new(reopen(Arc::into_inner(store).unwrap()).await);
        let mut expected = BTreeSet::new();
        for model in &mut models {
            model.check_all(&*store).await;
            expected.extend(model.garbage.iter().copied());
        }
        assert_eq!(garbage(&*store).await, Vec::from_iter(expected));
    }
}
