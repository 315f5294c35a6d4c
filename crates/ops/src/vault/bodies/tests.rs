//! Bodies of known and unknown length, on both sides of the border between segments and files.

use std::path::Path;
use std::time::{Duration, Instant};

use meta::{BlobHint, BucketId};
use model::{BlobPlace, ErrorCode, ObjectKey};

use super::*;

/// A body that arrives in pieces and may break off.
struct Pieces {
    left: VecDeque<Bytes>,
    length: BodyLength,
    breaks_off: bool,
}

impl Pieces {
    fn of(body: &[u8], length: BodyLength) -> Self {
        let left = body.chunks(100_000).map(Bytes::copy_from_slice).collect();
        Self { left, length, breaks_off: false }
    }
}

impl BodySource for Pieces {
    fn length(&self) -> BodyLength {
        self.length
    }

    async fn next(&mut self) -> Result<Option<Bytes>, S3Error> {
        match self.left.pop_front() {
            None if self.breaks_off => Err(ErrorCode::IncompleteBody.into()),
            piece => Ok(piece),
        }
    }

    fn trailing_checksum(&self, _: ChecksumAlgorithm) -> Result<Vec<u8>, S3Error> {
        Err(ErrorCode::MalformedTrailerError.into())
    }
}

fn bytes(length: usize) -> Vec<u8> {
    (0..=250).cycle().take(length).collect()
}

async fn store(vault: &Vault, body: &mut Pieces) -> Result<Stored, S3Error> {
    let hint = BlobHint::Object { bucket: BucketId(1), key: ObjectKey::parse("k").unwrap() };
    let declared = DeclaredIntegrity::default();
    let sealing = Sealing::default();
    let algorithm = ChecksumAlgorithm::Sha256;
    vault.store_body(&hint, body, (&declared, algorithm), (&sealing, ONLY_PART)).await
}

async fn read(vault: &Vault, stored: &Stored) -> Vec<u8> {
    let mut found = Vec::new();
    if let Some(blob) = stored.blob {
        let mut reader = vault.blobs.reader(&blob, 0..blob.length_bytes);
        while let Some(chunk) = reader.next().await {
            found.extend_from_slice(&chunk.unwrap());
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_stored_alike_whether_its_length_is_known() {
    const BORDER: usize = SMALL_BYTES_MAX;
    let directory = tempfile::tempdir().unwrap();
    let vault = Vault::open_plain(directory.path()).unwrap();
    for length in [0, 1, BORDER - 1, BORDER, BORDER + 1, 3 * BORDER + 7] {
        let body = bytes(length);
        let size = length as u64;
        for known in [
            BodyLength::Exact(size),
            BodyLength::AtMost(size),
            BodyLength::AtMost(size + 100),
            BodyLength::AtMost(u64::MAX),
        ] {
            let stored = store(&vault, &mut Pieces::of(&body, known)).await.unwrap();
            assert_eq!(stored.size_bytes, size, "{known:?}");
            let digest = crate::object::digest::checksum_of(ChecksumAlgorithm::Sha256, &body);
            assert_eq!(stored.computed.checksum.value, digest, "{known:?}");
            assert!(read(&vault, &stored).await == body, "{length} bytes, {known:?}");
            let in_file = stored.blob.map(|blob| matches!(blob.place, BlobPlace::File { .. }));
            let expected = (length > 0).then_some(length >= BORDER);
            assert_eq!(in_file, expected, "{length} bytes, {known:?}");
        }
    }
    vault.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_is_given_back_and_a_broken_body_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let vault = Vault::open_plain(directory.path()).unwrap();
    let free = vault.body_memory.available_permits();
    let files_before = count_files(directory.path());
    for length in [10, SEGMENT_BODY_BYTES_MAX + 10] {
        let mut body = Pieces::of(&bytes(length), BodyLength::AtMost(u64::MAX));
        body.breaks_off = true;
        let error = store(&vault, &mut body).await.err().unwrap();
        assert_eq!(error.code(), ErrorCode::IncompleteBody);
        assert_eq!(vault.body_memory.available_permits(), free);
    }
    // Unfinished files are removed in the background.
    let deadline = Instant::now() + Duration::from_secs(10);
    while count_files(directory.path()) > files_before && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(count_files(directory.path()), files_before);
    vault.shutdown().await;
}

fn count_files(directory: &Path) -> usize {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { count_files(&path) } else { 1 }).sum()
}
