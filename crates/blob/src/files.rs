//! Large bodies, each in a file of its own.

use std::io::IoSlice;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use model::limits::PUT_SIZE_BYTES_MAX;
use model::{BlobPlace, BlobRef};
use tokio::runtime::Handle;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::checksum::{BlockChecksums, table_checksum};
use crate::disk::{Disk, DiskFile};
use crate::error::BlobError;
use crate::format::{Header, Kind, in_memory};
use crate::record::check_hint;

/// Bytes that are collected before they go to the disk in one call. As many again are on their
/// way at most, so that a writer of 5 GiB takes two of these and its table of 320 KiB.
const WRITE_BATCH_BYTES: usize = 512 * 1024;
/// Pieces that are collected, however small they are.
const WRITE_BATCH_PARTS_MAX: usize = 1024;
/// Dirty bytes after which a file is flushed early, so that the last flush is short.
const WRITE_BACK_BYTES: u64 = 32 * 1024 * 1024;

/// The directory of large bodies: 256 directories by the first byte of the id.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    disk: Arc<dyn Disk>,
    directory: PathBuf,
}

impl Files {
    /// Makes the 256 directories if they are not there. The directory itself must exist.
    pub(crate) fn open(disk: Arc<dyn Disk>, directory: PathBuf) -> Result<Self, BlobError> {
        let failed = |error| BlobError::io("make the directories of files", error);
        let files = Self { disk, directory };
        for first_byte in 0..=u8::MAX {
            files.disk.create_directory(&files.subdirectory(first_byte)).map_err(failed)?;
        }
        // Even when all were there: a predecessor may have been killed before it came to this.
        files.disk.sync_directory(&files.directory).map_err(failed)?;
        Ok(files)
    }

    /// The disk beneath.
    pub(crate) fn disk(&self) -> &dyn Disk {
        self.disk.as_ref()
    }

    /// One of the 256 directories.
    pub(crate) fn subdirectory(&self, first_byte: u8) -> PathBuf {
        self.directory.join(format!("{first_byte:02x}"))
    }

    /// Opens a file, on the calling thread.
    pub(crate) fn open_file(&self, id: u128) -> std::io::Result<Arc<dyn DiskFile>> {
        self.disk.open(&self.path(id))
    }

    /// Removes a file; one that is not there is fine.
    pub(crate) fn remove(&self, id: u128) -> Result<(), BlobError> {
        match self.disk.remove(&self.path(id)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(BlobError::io("remove a file", error))
            }
            _ => Ok(()),
        }
    }

    /// Starts a new blob.
    pub(crate) async fn create(&self, hint: &[u8]) -> Result<BlobWriter, BlobError> {
        check_hint(hint)?;
        let files = self.clone();
        let hint = hint.to_vec();
        let draft = in_background(move || Draft::create(&files, hint)).await??;
        Ok(BlobWriter {
            waiting: Vec::new(),
            waiting_bytes: 0,
            stage: Stage::Idle(Box::new(draft)),
        })
    }

    /// Where a file lies.
    pub(crate) fn path(&self, id: u128) -> PathBuf {
        let [first_byte, ..] = id.to_be_bytes();
        self.subdirectory(first_byte).join(format!("{id:032x}.blob"))
    }
}

/// A large blob on its way to the disk. Dropped without [`Self::finish`], it leaves nothing.
#[must_use]
#[derive(Debug)]
pub struct BlobWriter {
    waiting: Vec<Bytes>,
    waiting_bytes: usize,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Idle(Box<Draft>),
    Busy(JoinHandle<Result<Box<Draft>, BlobError>>),
    /// A write failed; the file is gone, and so is every further attempt.
    Failed(BlobError),
}

impl BlobWriter {
    /// Takes the next bytes of the body. Waits only while an earlier batch is still being written
    /// and the next one is full. Once it failed it keeps failing.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), BlobError> {
        if let Stage::Failed(error) = &self.stage {
            return Err(error.clone());
        }
        if bytes.is_empty() {
            return Ok(());
        }
        self.waiting_bytes = self.waiting_bytes.saturating_add(bytes.len());
        self.waiting.push(bytes);
        let full =
            self.waiting_bytes >= WRITE_BATCH_BYTES || self.waiting.len() >= WRITE_BATCH_PARTS_MAX;
        if full { self.submit().await } else { Ok(()) }
    }

    /// Writes the rest and returns once everything is durable.
    pub async fn finish(mut self) -> Result<BlobRef, BlobError> {
        self.settle().await?;
        match std::mem::replace(&mut self.stage, Stage::Failed(BlobError::Closed)) {
            Stage::Idle(draft) => {
                let parts = std::mem::take(&mut self.waiting);
                let (blob, entry) = in_background(move || draft.finish(&parts)).await??;
                // Only now: had our caller gone away, nobody would know the file.
                entry.keep();
                Ok(blob)
            }
            Stage::Busy(_) => Err(BlobError::Closed),
            Stage::Failed(error) => Err(error),
        }
    }

    /// Hands what is waiting to another thread, after the batch before it.
    async fn submit(&mut self) -> Result<(), BlobError> {
        self.settle().await?;
        match std::mem::replace(&mut self.stage, Stage::Failed(BlobError::Closed)) {
            Stage::Idle(mut draft) => {
                let parts = std::mem::take(&mut self.waiting);
                self.waiting_bytes = 0;
                self.stage =
                    Stage::Busy(spawn_blocking(move || draft.write(&parts).map(|()| draft)));
                Ok(())
            }
            other => {
                self.stage = other;
                Err(BlobError::Closed)
            }
        }
    }

    /// Waits for the batch that is being written. May be dropped while waiting and called again.
    async fn settle(&mut self) -> Result<(), BlobError> {
        if let Stage::Busy(task) = &mut self.stage {
            self.stage = match task.await {
                Ok(Ok(draft)) => Stage::Idle(draft),
                Ok(Err(error)) => Stage::Failed(error),
                Err(_) => Stage::Failed(BlobError::Closed),
            };
        }
        match &self.stage {
            Stage::Failed(error) => Err(error.clone()),
            _ => Ok(()),
        }
    }
}

/// An unfinished file, moved from thread to thread.
struct Draft {
    files: Files,
    file: Arc<dyn DiskFile>,
    entry: Entry,
    id: u128,
    hint: Vec<u8>,
    body_bytes: u64,
    unflushed_bytes: u64,
    checksums: BlockChecksums,
}

impl Draft {
    fn create(files: &Files, hint: Vec<u8>) -> Result<Self, BlobError> {
        let failed = |error| BlobError::io("make a file", error);
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|error| failed(error.into()))?;
        let id = u128::from_be_bytes(random);
        let path = files.path(id);
        let file = files.disk.create(&path).map_err(failed)?;
        let draft = Self {
            files: files.clone(),
            file,
            entry: Entry { disk: Arc::clone(&files.disk), path: Some(path) },
            id,
            hint,
            body_bytes: 0,
            unflushed_bytes: 0,
            checksums: BlockChecksums::new(),
        };
        draft.write_header(Kind::Unfinished).map_err(failed)?;
        Ok(draft)
    }

    fn header(&self, kind: Kind) -> Header {
        let body_bytes = if kind == Kind::Live { self.body_bytes } else { 0 };
        let place = BlobPlace::File { id: self.id };
        Header { kind, place, hint_bytes: self.hint.len(), body_bytes }
    }

    /// Writes the header, whose fixed part lies within one sector, and returns its checksum.
    fn write_header(&self, kind: Kind) -> std::io::Result<u32> {
        let (head, checksum) = self.header(kind).encode(&self.hint);
        self.file.write_all_at(&mut [IoSlice::new(&head), IoSlice::new(&self.hint)], 0)?;
        Ok(checksum)
    }

    fn write(&mut self, parts: &[Bytes]) -> Result<(), BlobError> {
        let added_bytes: u64 = parts.iter().map(|part| part.len() as u64).sum();
        let offset_bytes = self.header(Kind::Live).table_offset_bytes();
        if self.body_bytes.saturating_add(added_bytes) > PUT_SIZE_BYTES_MAX {
            return Err(BlobError::TooLong { what: "a blob", limit_bytes: PUT_SIZE_BYTES_MAX });
        }
        self.body_bytes += added_bytes;
        for part in parts {
            self.checksums.update(part);
        }
        let mut slices: Vec<_> = parts.iter().map(|part| IoSlice::new(part)).collect();
        self.file
            .write_all_at(&mut slices, offset_bytes)
            .map_err(|error| BlobError::io("write a file", error))?;
        self.unflushed_bytes += added_bytes;
        if self.unflushed_bytes >= WRITE_BACK_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// Flushes. If that fails the whole blob has failed: the kernel may have forgotten the bytes,
    /// and a second flush would not tell.
    fn flush(&mut self) -> Result<(), BlobError> {
        self.unflushed_bytes = 0;
        self.file.sync_data().map_err(|error| BlobError::io("flush a file", error))
    }

    fn finish(mut self, parts: &[Bytes]) -> Result<(BlobRef, Entry), BlobError> {
        let failed = |error| BlobError::io("finish a file", error);
        self.write(parts)?;
        let header = self.header(Kind::Live);
        let checksums = std::mem::replace(&mut self.checksums, BlockChecksums::new());
        let mut tail = checksums.finish();
        let checksum = self.write_header(Kind::Live).map_err(failed)?;
        let sum = table_checksum(checksum, &tail);
        tail.extend_from_slice(&sum.to_le_bytes());
        let offset_bytes = header.table_offset_bytes();
        tail.resize(in_memory(header.record_bytes().saturating_sub(offset_bytes)), 0);
        self.file.write_all_at(&mut [IoSlice::new(&tail)], offset_bytes).map_err(failed)?;
        self.flush()?;
        let [first_byte, ..] = self.id.to_be_bytes();
        let directory = self.files.subdirectory(first_byte);
        self.files.disk.sync_directory(&directory).map_err(failed)?;
        Ok((header.blob(), self.entry))
    }
}

impl std::fmt::Debug for Draft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Draft").field("body_bytes", &self.body_bytes).finish_non_exhaustive()
    }
}

/// The name of a file that goes when nobody keeps it.
struct Entry {
    disk: Arc<dyn Disk>,
    path: Option<PathBuf>,
}

impl Entry {
    fn keep(mut self) {
        self.path = None;
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let Some(path) = self.path.take() else { return };
        let disk = Arc::clone(&self.disk);
        let remove = move || remove_or_warn(disk.as_ref(), &path);
        // Freeing gigabytes takes the file system a while; not on a thread that serves requests.
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(remove)),
            Err(_) => remove(),
        }
    }
}

fn remove_or_warn(disk: &dyn Disk, path: &Path) {
    if let Err(error) = disk.remove(path) {
        // The file stays "unfinished" and the orphan sweep finds it.
        tracing::warn!(%error, "unfinished file not removed");
    }
}

/// Runs what may wait for the disk on a thread that may wait.
pub(crate) async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, BlobError> {
    // The task neither panics nor is cancelled; it is not run when the runtime is shutting down.
    spawn_blocking(work).await.map_err(|_| BlobError::Closed)
}
