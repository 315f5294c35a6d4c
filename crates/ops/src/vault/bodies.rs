//! Bodies on their way in and out.

use std::collections::VecDeque;
use std::ops::Range;

use blob::{BlobReader, BlobStore, PinGuard};
use bytes::Bytes;
use encryption::{DataKey, Layers, Opener, Sealer};
use meta::{BlobHint, MetadataStore as _, ObjectPart};
use model::encryption::Salt;
use model::limits::SEGMENT_BODY_BYTES_MAX;
use model::{BlobRef, Checksum, ChecksumAlgorithm, ETag, S3Error, Timestamp};
use tokio::sync::SemaphorePermit;
use tokio::task::JoinHandle;

use super::Vault;
use super::encryption::{DataKeyState, Sealing, layers};
use super::objects::WritesObject;
use super::uploads::WritesPart;
use crate::error::{from_blob, from_meta};
use crate::gate::{Authorized, Op, op};
use crate::object::body::{BodyLength, BodySource, DeclaredIntegrity};
use crate::object::digest::{Checksums, Computed, Digests};

/// Bytes of a large body that are digested and written in one go.
const BATCH_BYTES: usize = 512 * 1024;
/// Bodies of which it costs more to have their MD5 computed together with others'.
const ALONE_BYTES_MAX: u64 = 16 * 1024;
/// Bodies below this lie in segments, also when they are sealed.
const SMALL_BYTES_MAX: usize = SEGMENT_BODY_BYTES_MAX
    - (SEGMENT_BODY_BYTES_MAX / Layers::Two.chunk_bytes() + 1) * Layers::Two.tag_bytes();
/// The number of the only part of an object that was written in one go.
const ONLY_PART: u16 = 1;

/// Operations that read the body of the decided object.
pub(crate) trait ReadsObject: Op {}
impl ReadsObject for op::GetObject {}
impl ReadsObject for op::CopySource {}
impl ReadsObject for op::PartCopySource {}

/// A body that is durable and not yet referred to.
pub(crate) struct Stored {
    /// Where it lies; none if it is empty.
    pub(crate) blob: Option<BlobRef>,
    /// Its length.
    pub(crate) size_bytes: u64,
    /// Its digests, already compared with what the client declared.
    pub(crate) computed: Computed,
    /// Its entity tag: the MD5, or random where the encryption hides it.
    pub(crate) etag: ETag,
    /// The salt of its key.
    pub(crate) salt: Option<Salt>,
}

impl Stored {
    /// The body as the part of an object with this number.
    pub(crate) fn part(&self, number: u16, checksum: Option<Checksum>) -> ObjectPart {
        ObjectPart {
            number,
            size_bytes: self.size_bytes,
            etag: self.etag,
            checksum,
            blob: self.blob,
            salt: self.salt,
        }
    }
}

/// What a body becomes on its way to the disk.
enum Passing {
    /// What it is.
    Open,
    /// Encrypted.
    Sealed(Box<Sealer>),
}

impl Passing {
    fn of(sealing: &Sealing, part: u16) -> Self {
        let Some(key) = &sealing.data_key else { return Self::Open };
        let layers = sealing.encryption.as_ref().map_or(Layers::One, layers);
        let key = key.body_key(part, sealing.salt.as_ref(), layers);
        Self::Sealed(Box::new(Sealer::new(key)))
    }

    /// What is to be written of the next bytes.
    fn pass(&mut self, bytes: Bytes, out: &mut Vec<Bytes>) -> Result<(), S3Error> {
        match self {
            Self::Open => out.push(bytes),
            Self::Sealed(sealer) => sealer.push(&bytes, out).map_err(S3Error::internal)?,
        }
        Ok(())
    }

    /// What is to be written at the end.
    fn finish(self, out: &mut Vec<Bytes>) -> Result<(), S3Error> {
        if let Self::Sealed(sealer) = self {
            out.extend(sealer.finish().map_err(S3Error::internal)?);
        }
        Ok(())
    }
}

impl Vault {
    /// Receives the body of the decided key.
    pub(crate) async fn store_object_body<O: WritesObject>(
        &self,
        authorized: &Authorized<O>,
        body: &mut impl BodySource,
        (declared, algorithm): (&DeclaredIntegrity, ChecksumAlgorithm),
        sealing: &Sealing,
    ) -> Result<Stored, S3Error> {
        let hint = BlobHint::Object {
            bucket: authorized.bucket()?.record.id,
            key: authorized.key()?.clone(),
        };
        self.store_body(&hint, body, (declared, algorithm), (sealing, ONLY_PART)).await
    }

    /// Receives a part of the decided upload.
    pub(crate) async fn store_part_body<O: WritesPart>(
        &self,
        authorized: &Authorized<O>,
        number: u16,
        body: &mut impl BodySource,
        (declared, algorithm): (&DeclaredIntegrity, ChecksumAlgorithm),
        sealing: &Sealing,
    ) -> Result<Stored, S3Error> {
        let hint = BlobHint::Part {
            bucket: authorized.bucket()?.record.id,
            key: authorized.key()?.clone(),
            upload: authorized.upload()?.id.clone(),
            number,
        };
        self.store_body(&hint, body, (declared, algorithm), (sealing, number)).await
    }

    async fn store_body(
        &self,
        hint: &BlobHint,
        body: &mut impl BodySource,
        (declared, algorithm): (&DeclaredIntegrity, ChecksumAlgorithm),
        (sealing, part): (&Sealing, u16),
    ) -> Result<Stored, S3Error> {
        let passing = Passing::of(sealing, part);
        let (blob, size_bytes, computed) =
            self.receive(&hint.encode(), body, (declared, algorithm), passing).await?;
        let md5 = if sealing.has_md5_tags() { computed.md5 } else { random_tag()? };
        let etag = ETag { md5, parts: None };
        Ok(Stored { blob, size_bytes, computed, etag, salt: sealing.salt })
    }

    async fn receive(
        &self,
        hint: &[u8],
        body: &mut impl BodySource,
        (declared, algorithm): (&DeclaredIntegrity, ChecksumAlgorithm),
        passing: Passing,
    ) -> Result<Received, S3Error> {
        let with_payload_hash = declared.payload_sha256.is_some();
        let digests = || Digests::new(algorithm, with_payload_hash);
        let small = SMALL_BYTES_MAX as u64;
        match body.length() {
            BodyLength::Exact(length) if length >= small => {
                self.store_large(hint, body, (declared, digests()), passing).await
            }
            BodyLength::Exact(length) | BodyLength::AtMost(length) => {
                let memory = self.reserve_memory(length.min(small)).await?;
                let running = if length <= ALONE_BYTES_MAX {
                    Running::All(digests())
                } else {
                    Running::WithoutMd5(Checksums::new(algorithm, with_payload_hash))
                };
                let mut head = Head { chunks: Vec::new(), size_bytes: 0, running };
                if head.fill(body).await? {
                    return self.store_small(hint, head, body, (declared, passing)).await;
                }
                // Longer than could be known: what was kept goes ahead of the rest, and is soon out of
                // memory.
                drop(memory);
                let mut whole = Preceded { head: head.chunks.into_iter(), rest: body };
                self.store_large(hint, &mut whole, (declared, digests()), passing).await
            }
        }
    }

    /// Waits until small bodies may take so much more memory together.
    async fn reserve_memory(&self, length_bytes: u64) -> Result<SemaphorePermit<'_>, S3Error> {
        let kib = u32::try_from(length_bytes.div_ceil(1024)).unwrap_or(u32::MAX);
        self.body_memory.acquire_many(kib).await.map_err(S3Error::internal)
    }

    /// Appends a body to a segment, once it is complete and right.
    async fn store_small(
        &self,
        hint: &[u8],
        head: Head,
        body: &impl BodySource,
        (declared, mut passing): (&DeclaredIntegrity, Passing),
    ) -> Result<Received, S3Error> {
        let computed = match head.running {
            Running::All(digests) => digests.finish(),
            Running::WithoutMd5(checksums) => {
                checksums.finish(self.md5.digest(head.chunks.clone()).await?)
            }
        };
        declared.verify(&computed, |algorithm| body.trailing_checksum(algorithm))?;
        let mut written = Vec::with_capacity(head.chunks.len());
        for chunk in head.chunks {
            passing.pass(chunk, &mut written)?;
        }
        passing.finish(&mut written)?;
        let blob = match head.size_bytes {
            0 => None,
            _ => Some(self.blobs.append(hint, written).await.map_err(from_blob)?),
        };
        Ok((blob, head.size_bytes as u64, computed))
    }

    /// Writes the body to a file of its own while it arrives. Digests are computed on another
    /// thread, beside the receiving and writing of the next batch. An error leaves no file.
    async fn store_large(
        &self,
        hint: &[u8],
        body: &mut impl BodySource,
        (declared, digests): (&DeclaredIntegrity, Digests),
        mut passing: Passing,
    ) -> Result<Received, S3Error> {
        let mut writer = self.blobs.create(hint).await.map_err(from_blob)?;
        let mut digesting = Digesting::Idle(Box::new(digests));
        let mut size_bytes = 0;
        let mut written = Vec::new();
        loop {
            let batch = next_batch(body).await?;
            if batch.is_empty() {
                break;
            }
            digesting = digesting.add(batch.clone()).await?;
            for chunk in batch {
                size_bytes += chunk.len() as u64;
                passing.pass(chunk, &mut written)?;
            }
            for chunk in written.drain(..) {
                writer.write(chunk).await.map_err(from_blob)?;
            }
        }
        passing.finish(&mut written)?;
        for chunk in written {
            writer.write(chunk).await.map_err(from_blob)?;
        }
        let computed = digesting.finish().await?.finish();
        declared.verify(&computed, |algorithm| body.trailing_checksum(algorithm))?;
        let blob = writer.finish().await.map_err(from_blob)?;
        Ok((Some(blob), size_bytes, computed))
    }

    /// Removes a body that no record came to refer to. What a crash leaves behind instead is found
    /// by its hint.
    pub(crate) async fn abandon(&self, stored: Option<BlobRef>) {
        let Some(blob) = stored else { return };
        if let Err(error) = self.blobs.release(&[blob]).await {
            tracing::warn!(%error, %blob, "an unreferenced blob could not be removed");
        }
    }

    /// Reads part of the decided object.
    pub(crate) fn read_body<O: ReadsObject>(
        &self,
        authorized: &Authorized<O>,
        data_key: Option<&DataKey>,
        range: Range<u64>,
    ) -> Result<BodyReader, S3Error> {
        let record = authorized.object()?;
        let sealed = match (data_key, &record.encryption) {
            (None, None) => None,
            (Some(key), Some(encryption)) => Some((key, layers(encryption))),
            _ => return Err(S3Error::internal("an encrypted body is read without its key")),
        };
        let mut pieces = VecDeque::new();
        let mut start = 0_u64;
        for part in &record.parts {
            let end = start.saturating_add(part.size_bytes);
            let from = range.start.max(start);
            let to = range.end.min(end);
            if let (Some(blob), true) = (part.blob, from < to) {
                let range = from - start..to - start;
                pieces.push_back(match sealed {
                    None => Piece { blob, range, opener: None },
                    Some(key) => Piece::sealed(blob, &range, part, key),
                });
            }
            start = end;
        }
        let blobs: Vec<BlobRef> = pieces.iter().map(|piece| piece.blob).collect();
        Ok(BodyReader {
            _pin: (blobs.len() > 1).then(|| self.blobs.pin(&blobs)),
            blobs: self.blobs.clone(),
            pieces,
            current: None,
        })
    }

    /// Removes garbage that is older than `older_than`; returns how many blobs were looked at.
    pub(crate) async fn sweep_garbage(
        &self,
        older_than: Timestamp,
        limit: usize,
    ) -> Result<usize, S3Error> {
        let _removing = self.removals.lock().await;
        let garbage = self.meta.garbage(older_than, limit).await.map_err(from_meta)?;
        if garbage.is_empty() {
            return Ok(0);
        }
        let pinned = self.blobs.release(&garbage).await.map_err(from_blob)?;
        let removed: Vec<BlobRef> =
            garbage.into_iter().filter(|blob| !pinned.contains(blob)).collect();
        self.meta.forget_garbage(&removed).await.map_err(from_meta)?;
        Ok(removed.len())
    }
}

/// A body on the disk: where it lies, how long it was when it came, and its digests.
type Received = (Option<BlobRef>, u64, Computed);

/// An entity tag that tells nothing of the bytes.
fn random_tag() -> Result<[u8; 16], S3Error> {
    let mut tag = [0; 16];
    getrandom::fill(&mut tag).map_err(S3Error::internal)?;
    Ok(tag)
}

/// The beginning of a body, kept in memory; the whole of a small one.
struct Head {
    chunks: Vec<Bytes>,
    size_bytes: usize,
    running: Running,
}

/// What is computed of a body while it arrives.
enum Running {
    /// Everything.
    All(Digests),
    /// All but the MD5, which follows when the body is there.
    WithoutMd5(Checksums),
}

impl Head {
    /// Reads until the body ends (true) or is too long for a segment (false).
    async fn fill(&mut self, body: &mut impl BodySource) -> Result<bool, S3Error> {
        while self.size_bytes < SMALL_BYTES_MAX {
            let Some(chunk) = body.next().await? else { return Ok(true) };
            match &mut self.running {
                Running::All(digests) => digests.update(&chunk),
                Running::WithoutMd5(checksums) => checksums.update(&chunk),
            }
            self.size_bytes += chunk.len();
            self.chunks.push(chunk);
        }
        Ok(false)
    }
}

/// A body whose first chunks were read already.
struct Preceded<'a, B> {
    head: std::vec::IntoIter<Bytes>,
    rest: &'a mut B,
}

impl<B: BodySource> BodySource for Preceded<'_, B> {
    fn length(&self) -> BodyLength {
        self.rest.length()
    }

    async fn next(&mut self) -> Result<Option<Bytes>, S3Error> {
        match self.head.next() {
            Some(chunk) => Ok(Some(chunk)),
            None => self.rest.next().await,
        }
    }

    fn trailing_checksum(&self, algorithm: ChecksumAlgorithm) -> Result<Vec<u8>, S3Error> {
        self.rest.trailing_checksum(algorithm)
    }
}

async fn next_batch(body: &mut impl BodySource) -> Result<Vec<Bytes>, S3Error> {
    let mut batch = Vec::new();
    let mut size = 0;
    while size < BATCH_BYTES
        && let Some(chunk) = body.next().await?
    {
        size += chunk.len();
        batch.push(chunk);
    }
    Ok(batch)
}

/// Digests that are either here or at work on another thread.
enum Digesting {
    Idle(Box<Digests>),
    Busy(JoinHandle<Box<Digests>>),
}

impl Digesting {
    async fn add(self, batch: Vec<Bytes>) -> Result<Self, S3Error> {
        let mut digests = self.finish().await?;
        Ok(Self::Busy(tokio::task::spawn_blocking(move || {
            for chunk in &batch {
                digests.update(chunk);
            }
            digests
        })))
    }

    async fn finish(self) -> Result<Box<Digests>, S3Error> {
        match self {
            Self::Idle(digests) => Ok(digests),
            Self::Busy(task) => task.await.map_err(S3Error::internal),
        }
    }
}

/// Part of a blob that is to be read.
struct Piece {
    blob: BlobRef,
    range: Range<u64>,
    opener: Option<Opener>,
}

impl Piece {
    /// The chunks of a sealed body that a range of it touches.
    fn sealed(
        blob: BlobRef,
        range: &Range<u64>,
        part: &ObjectPart,
        key: (&DataKey, Layers),
    ) -> Self {
        let opener = SealedPart::opener(part, key, range);
        Self { blob, range: opener.sealed_range(), opener: Some(opener) }
    }
}

/// Opens what is read of sealed parts.
pub(crate) struct SealedPart;

impl SealedPart {
    fn opener(part: &ObjectPart, (key, layers): (&DataKey, Layers), range: &Range<u64>) -> Opener {
        // The number counts for parts of an upload only, whatever became of the object.
        let number = if part.salt.is_some() { part.number } else { ONLY_PART };
        Opener::new(key.body_key(number, part.salt.as_ref(), layers), part.size_bytes, range)
    }

    /// For the whole of a part, where its key is known.
    pub(crate) fn whole(part: &ObjectPart, key: &DataKeyState) -> Option<Opener> {
        let DataKeyState::Known(key, layers) = key else { return None };
        Some(Self::opener(part, (key, *layers), &(0..part.size_bytes)))
    }
}

/// Reads a body that may lie in several blobs. Every byte was compared with its checksum.
pub(crate) struct BodyReader {
    blobs: BlobStore,
    pieces: VecDeque<Piece>,
    current: Option<(BlobReader, Option<Opener>)>,
    _pin: Option<PinGuard>,
}

impl BodyReader {
    /// The next bytes, or `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, S3Error> {
        loop {
            if let Some((reader, opener)) = &mut self.current {
                if let Some(chunk) = reader.next_chunk().await {
                    let mut chunk = chunk.map_err(from_blob)?;
                    if let Some(opener) = opener {
                        let open = opener.open(chunk.as_mut()).map_err(S3Error::internal)?;
                        chunk = chunk.narrow(open);
                    }
                    return Ok(Some(chunk.into_bytes()));
                }
                if let Some(opener) = opener {
                    opener.finish().map_err(S3Error::internal)?;
                }
                self.current = None;
            }
            let Some(piece) = self.pieces.pop_front() else { return Ok(None) };
            let reader = self.blobs.reader(&piece.blob, piece.range);
            self.current = Some((reader, piece.opener));
        }
    }
}

#[cfg(test)]
mod tests;
