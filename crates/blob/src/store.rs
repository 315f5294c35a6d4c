//! The store that everybody shares.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use model::{BlobPlace, BlobRef};
use tokio::sync::{mpsc, oneshot};

use crate::append::{Append, Appender, Message, QUEUE_RECORDS_MAX};
use crate::buffers::Buffers;
use crate::disk::{Disk, RealDisk};
use crate::error::BlobError;
use crate::files::{BlobWriter, Files, in_background};
use crate::options::Options;
use crate::pins::{PinGuard, Pins};
use crate::reader::BlobReader;
use crate::record::Record;
use crate::release;
use crate::scan::{self, FileScan, SegmentScan, SegmentSummary, StoredFile, timestamp};
use crate::segments::Segments;
use crate::usage::{self, Released, SegmentUsage};

/// The bytes of one data directory. Cheap to clone; all clones are the same store.
///
/// One process at a time may have a directory open; the caller sees to that.
#[derive(Clone)]
pub struct BlobStore(Arc<Inner>);

struct Inner {
    segments: Arc<Segments>,
    files: Files,
    pins: Pins,
    buffers: Buffers,
    appends: mpsc::Sender<Message>,
}

impl BlobStore {
    /// Opens the store in a directory, which is made if only its parent exists, and starts the
    /// thread that appends.
    pub fn open(directory: &Path, options: Options) -> Result<Self, BlobError> {
        Self::open_on(Arc::new(RealDisk), directory, options)
    }

    /// Like [`Self::open`], on another disk.
    pub fn open_on(
        disk: Arc<dyn Disk>,
        directory: &Path,
        options: Options,
    ) -> Result<Self, BlobError> {
        let failed = |error| BlobError::io("make the data directory", error);
        let segments = directory.join("segments");
        let files = directory.join("files");
        for made in [directory, &segments, &files] {
            disk.create_directory(made).map_err(failed)?;
        }
        if let Some(parent) = directory.parent() {
            // The parent of a relative name of one component is the empty path.
            let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
            disk.sync_directory(parent).map_err(failed)?;
        }
        disk.sync_directory(directory).map_err(failed)?;
        let segments = Arc::new(Segments::open(Arc::clone(&disk), segments)?);
        let files = Files::open(disk, files)?;
        let (appends, messages) = mpsc::channel(QUEUE_RECORDS_MAX);
        let appender = Appender::new(Arc::clone(&segments), options);
        std::thread::Builder::new()
            .name("blob-append".to_owned())
            .spawn(move || appender.run(messages))
            .map_err(|error| BlobError::io("start the appending thread", error))?;
        Ok(Self(Arc::new(Inner {
            segments,
            files,
            pins: Pins::default(),
            buffers: Buffers::default(),
            appends,
        })))
    }

    /// Stores a body below [`SEGMENT_BODY_BYTES_MAX`](model::limits::SEGMENT_BODY_BYTES_MAX),
    /// given in pieces, and returns once it is durable. `hint` tells the orphan sweep whose it is.
    ///
    /// If the future is dropped, the body may be stored all the same, as an orphan.
    pub async fn append(&self, hint: &[u8], body: Vec<Bytes>) -> Result<BlobRef, BlobError> {
        let record = Record::new(hint, body)?;
        let (answer, answered) = oneshot::channel();
        let append = Message::Append(Append { record, answer });
        self.0.appends.send(append).await.map_err(|_| BlobError::Closed)?;
        answered.await.map_err(|_| BlobError::Closed)?
    }

    /// Starts a body of any length up to
    /// [`PUT_SIZE_BYTES_MAX`](model::limits::PUT_SIZE_BYTES_MAX) in a file of its own.
    pub async fn create(&self, hint: &[u8]) -> Result<BlobWriter, BlobError> {
        self.0.files.create(hint).await
    }

    /// Reads a range of a blob; what lies beyond its end is left out.
    ///
    /// The file of a large blob is opened now, on the calling thread, so that a release that
    /// comes later does not hurt. A small blob must be pinned for that.
    pub fn reader(&self, blob: &BlobRef, range: Range<u64>) -> BlobReader {
        match blob.place {
            BlobPlace::Segment { segment, offset_bytes } => {
                let segments = Arc::clone(&self.0.segments);
                BlobReader::in_segment(
                    &self.0.buffers,
                    segments,
                    (segment, offset_bytes),
                    *blob,
                    range,
                )
            }
            BlobPlace::File { id } => {
                BlobReader::in_file(&self.0.buffers, self.0.files.open_file(id), *blob, range)
            }
        }
    }

    /// Keeps blobs from being released by calls of [`Self::release`] that start later.
    ///
    /// Pin first, then look whether the metadata still refers to the blob: a release follows the
    /// commit that drops the reference, so whoever still sees the reference holds the blob.
    pub fn pin(&self, blobs: &[BlobRef]) -> PinGuard {
        self.0.pins.pin(blobs)
    }

    /// Gives the space of blobs back, except of those that are pinned, which are returned.
    /// Releasing twice, or what does not exist, is fine. Not flushed: a crash may undo it.
    pub async fn release(&self, blobs: &[BlobRef]) -> Result<Vec<BlobRef>, BlobError> {
        let (pinned, unpinned) = self.0.pins.split(blobs);
        if !unpinned.is_empty() {
            let inner = Arc::clone(&self.0);
            in_background(move || release::release_all(&inner.segments, &inner.files, &unpinned))
                .await??;
        }
        Ok(pinned)
    }

    /// What was released in each segment since this was last asked. What an earlier run released is
    /// not in it; [`Self::survey`] finds that.
    pub fn take_released(&self) -> BTreeMap<u32, Released> {
        self.0.segments.released().take()
    }

    /// Walks through a segment and says what it holds; reads its headers. Errors:
    /// [`BlobError::NotFound`], [`BlobError::Corrupt`].
    pub async fn survey(&self, segment: u32) -> Result<SegmentUsage, BlobError> {
        let inner = Arc::clone(&self.0);
        in_background(move || {
            let place = BlobPlace::Segment { segment, offset_bytes: 0 };
            let file = inner.segments.handle(segment);
            let file = file.map_err(|error| BlobError::open("open a segment", place, error))?;
            usage::survey(segment, &file)
        })
        .await?
    }

    /// Was the segment written by an earlier run? Nothing is appended to it any more.
    pub fn is_of_earlier_run(&self, segment: u32) -> bool {
        self.0.segments.is_of_earlier_run(segment)
    }

    /// The segment that is being appended to.
    pub fn active_segment(&self) -> Option<u32> {
        self.0.segments.active()
    }

    /// Seals the segment that is being appended to, so that its space can come back; the next
    /// record begins another.
    pub async fn seal_active_segment(&self) {
        let (answer, answered) = oneshot::channel();
        if self.0.appends.send(Message::Seal(answer)).await.is_ok() {
            let _ = answered.await;
        }
    }

    /// Removes the file of a segment all of whose records are released, as far as that can be
    /// proved; says whether it did. Any other segment is left alone.
    pub async fn remove_released_segment(&self, segment: u32) -> Result<bool, BlobError> {
        let inner = Arc::clone(&self.0);
        in_background(move || release::remove_released_segment(&inner.segments, segment)).await?
    }

    /// The numbers of all segments, ascending. Reads one directory, on the calling thread.
    pub fn segment_numbers(&self) -> Result<Vec<u32>, BlobError> {
        self.0.segments.list()
    }

    /// All segments, by number. Waits for the disk on the calling thread.
    pub fn segments(&self) -> Result<Vec<SegmentSummary>, BlobError> {
        let failed = |error| BlobError::io("look at a segment", error);
        let active = self.0.segments.active();
        let mut summaries = Vec::new();
        for segment in self.0.segments.list()? {
            let file = match self.0.segments.handle(segment) {
                // Removed since its name was read.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                other => other.map_err(failed)?,
            };
            let modified = timestamp(file.modified().map_err(failed)?);
            let is_active = active == Some(segment);
            summaries.push(SegmentSummary { segment, is_active, modified });
        }
        Ok(summaries)
    }

    /// The live records of a segment with their hints. Waits for the disk on the calling thread.
    ///
    /// A record is there before the metadata that refers to it. Whoever looks for orphans leaves
    /// out the active segment and those last written a short while ago.
    pub fn scan_segment(&self, segment: u32) -> Result<SegmentScan, BlobError> {
        let place = BlobPlace::Segment { segment, offset_bytes: 0 };
        let file = self.0.segments.handle(segment);
        let file = file.map_err(|error| BlobError::open("open a segment", place, error))?;
        Ok(SegmentScan::new(segment, file))
    }

    /// The hint of a blob, whose header and length are compared with the reference; its body is not
    /// read. Waits for the disk on the calling thread. Errors: [`BlobError::NotFound`],
    /// [`BlobError::Corrupt`].
    pub fn inspect(&self, blob: &BlobRef) -> Result<Vec<u8>, BlobError> {
        let file = match blob.place {
            BlobPlace::Segment { segment, .. } => self.0.segments.handle(segment),
            BlobPlace::File { id } => self.0.files.open_file(id),
        };
        let file = file.map_err(|error| BlobError::open("open a blob", blob.place, error))?;
        scan::inspect(file.as_ref(), blob)
    }

    /// Looks at the first header of a segment, which no reader needs. Waits for the disk on the
    /// calling thread. Errors: [`BlobError::Corrupt`].
    pub fn check_segment_start(&self, segment: u32) -> Result<(), BlobError> {
        let place = BlobPlace::Segment { segment, offset_bytes: 0 };
        let file = self.0.segments.handle(segment);
        let file = file.map_err(|error| BlobError::open("open a segment", place, error))?;
        scan::check_start(segment, file.as_ref())
    }

    /// All large blobs, finished or not, in no order. Waits for the disk on the calling thread.
    pub fn files(&self) -> impl Iterator<Item = Result<StoredFile, BlobError>> + Send + use<> {
        FileScan::new(self.0.files.clone())
    }

    /// Stores what was handed over before, seals the segment, and takes nothing small any more:
    /// later calls of [`Self::append`] fail with [`BlobError::Closed`]. Reading goes on.
    pub async fn shutdown(&self) {
        let (answer, answered) = oneshot::channel();
        if self.0.appends.send(Message::Shutdown(answer)).await.is_ok() {
            let _ = answered.await;
        }
    }
}

impl std::fmt::Debug for BlobStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlobStore").finish_non_exhaustive()
    }
}
