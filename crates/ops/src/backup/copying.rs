//! Making a backup.

use std::fs::{self, File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use identity::{MasterKeySettings, MasterKeySource};
use model::BlobRef;
use sha2::{Digest as _, Sha256};

use super::manifest::{Entry, ManifestWriter};
use super::{
    Amount, BackupError, Watcher, in_file, make_directory, make_empty_directory, sync_directories,
};
use crate::store::OpenError;
use crate::vault::{CopiedMetadata, REFERRING, SourceBodies, copy_metadata, is_store};

/// Bytes that are read at once.
const BUFFER_BYTES: usize = 256 * 1024;

/// What a backup holds.
#[derive(Clone, Debug, Default)]
pub struct BackupOptions {
    /// Copy the master key too, which opens the secrets of all access keys: where it is.
    pub master_key: Option<MasterKeySettings>,
}

/// A backup that lacks its manifest's end, and hence is none so far.
#[must_use]
pub struct Copied {
    manifest: ManifestWriter,
    amount: Amount,
}

impl Copied {
    /// Makes it a backup. Call it only if nothing was removed from the store meanwhile.
    pub fn finish(self) -> Result<Amount, BackupError> {
        self.manifest.finish()?;
        Ok(self.amount)
    }
}

/// Copies the store in `data_directory` into the empty directory `target`. Waits for the disk on the
/// calling thread.
pub async fn copy(
    data_directory: &Path,
    target: &Path,
    options: BackupOptions,
    watcher: &mut dyn Watcher,
) -> Result<Copied, BackupError> {
    if !is_store(data_directory) {
        return Err(BackupError::NoStore(data_directory.to_owned()));
    }
    make_empty_directory(target)?;
    for directory in ["meta", "blobs", "blobs/segments", "blobs/files"] {
        make_directory(&target.join(directory))?;
    }
    let mut copier = Copier {
        from: data_directory,
        to: target,
        manifest: ManifestWriter::create(target)?,
        amount: Amount::default(),
        watcher,
        buffer: vec![0; BUFFER_BYTES],
    };
    copy_metadata(data_directory, target)?;
    copier.copy_bodies().await?;
    if let Some(settings) = &options.master_key {
        copier.add_master_key(settings).await?;
    }
    copier.add_metadata()?;
    sync_directories(target)?;
    Ok(Copied { manifest: copier.manifest, amount: copier.amount })
}

struct Copier<'a> {
    from: &'a Path,
    to: &'a Path,
    manifest: ManifestWriter,
    amount: Amount,
    watcher: &'a mut dyn Watcher,
    buffer: Vec<u8>,
}

impl Copier<'_> {
    async fn copy_bodies(&mut self) -> Result<(), BackupError> {
        let bodies = SourceBodies::open(self.from)?;
        for segment in bodies.segments()? {
            let (path, length_bytes) = segment?;
            self.copy_file(&path, length_bytes)?;
        }
        let metadata = CopiedMetadata::open(self.to)?;
        for table in REFERRING {
            let mut after = None;
            loop {
                let page = metadata.references(table, after.as_ref())?;
                for damage in page.damaged {
                    self.watcher.damaged(&damage);
                }
                for blob in page.blobs {
                    self.take_large_body(&bodies, &blob)?;
                }
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        metadata.forget_garbage_in_files().await?;
        Ok(metadata.close().await?)
    }

    fn take_large_body(
        &mut self,
        bodies: &SourceBodies,
        blob: &BlobRef,
    ) -> Result<(), BackupError> {
        let Some(path) = bodies.file_of(blob) else { return Ok(()) };
        match path.try_exists() {
            Ok(true) => self.link_or_copy(&path),
            Ok(false) => {
                self.watcher.damaged(&format!("{blob} is referred to and does not exist"));
                Ok(())
            }
            Err(error) => Err(in_file(&path)(error)),
        }
    }

    /// Links where the file system can; a finished body never changes, so that both names may share
    /// the bytes.
    fn link_or_copy(&mut self, path: &Path) -> Result<(), BackupError> {
        let (relative, target) = self.places(path)?;
        if target.try_exists().map_err(in_file(&target))? {
            // Two records refer to it; `grantry check` says so.
            return Ok(());
        }
        if fs::hard_link(path, &target).is_err() {
            return self.copy_file(path, None);
        }
        self.amount.links += 1;
        self.add(relative, &target)
    }

    /// The path in the backup, whose directory is made.
    fn places(&self, path: &Path) -> Result<(PathBuf, PathBuf), BackupError> {
        let relative = path.strip_prefix(self.from).unwrap_or(path).to_owned();
        let target = self.to.join(&relative);
        if let Some(parent) = target.parent() {
            make_directory(parent)?;
        }
        Ok((relative, target))
    }

    /// Copies a file, or its first bytes.
    fn copy_file(&mut self, path: &Path, length_bytes: Option<u64>) -> Result<(), BackupError> {
        let (relative, target) = self.places(path)?;
        let source = File::open(path).map_err(in_file(path))?;
        let source = source.take(length_bytes.unwrap_or(u64::MAX));
        let (size_bytes, sha256) = copy_bytes(source, path, &target, &mut self.buffer)?;
        self.note(&Entry { path: relative, size_bytes, sha256 })
    }

    /// Notes a file that is in the backup already.
    fn add(&mut self, relative: PathBuf, target: &Path) -> Result<(), BackupError> {
        let (size_bytes, sha256) = sum_of(target, &mut self.buffer)?;
        self.note(&Entry { path: relative, size_bytes, sha256 })
    }

    /// Only the key of this store: a backup with another one could not be used.
    async fn add_master_key(&mut self, settings: &MasterKeySettings) -> Result<(), BackupError> {
        let metadata = CopiedMetadata::open(self.to)?;
        let key = metadata.master_key(self.from, settings);
        metadata.close().await?;
        let target = MasterKeySource::file_in(self.to);
        key?.save(&target).map_err(OpenError::from)?;
        self.add(PathBuf::from(MasterKeySource::file_name()), &target)
    }

    fn add_metadata(&mut self) -> Result<(), BackupError> {
        let directory = self.to.join("meta");
        for entry in fs::read_dir(&directory).map_err(in_file(&directory))? {
            let name = entry.map_err(in_file(&directory))?.file_name();
            self.add(Path::new("meta").join(&name), &directory.join(&name))?;
        }
        Ok(())
    }

    fn note(&mut self, entry: &Entry) -> Result<(), BackupError> {
        self.manifest.add(entry)?;
        self.amount.files += 1;
        self.amount.bytes = self.amount.bytes.saturating_add(entry.size_bytes);
        self.watcher.progress(self.amount);
        Ok(())
    }
}

/// Copies bytes into a new file and makes them durable; zeros become holes.
pub(super) fn copy_bytes(
    mut source: impl Read,
    source_path: &Path,
    target: &Path,
    buffer: &mut [u8],
) -> Result<(u64, [u8; 32]), BackupError> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(target);
    let file = file.map_err(in_file(target))?;
    let mut sum = Sha256::new();
    let mut size_bytes: u64 = 0;
    loop {
        let count = source.read(buffer).map_err(in_file(source_path))?;
        let bytes = buffer.get(..count).unwrap_or_default();
        if bytes.is_empty() {
            break;
        }
        sum.update(bytes);
        if bytes.iter().any(|byte| *byte != 0) {
            file.write_all_at(bytes, size_bytes).map_err(in_file(target))?;
        }
        size_bytes = size_bytes.saturating_add(count as u64);
    }
    file.set_len(size_bytes).and_then(|()| file.sync_all()).map_err(in_file(target))?;
    Ok((size_bytes, sum.finalize().into()))
}

/// Length and checksum of a file.
pub(super) fn sum_of(path: &Path, buffer: &mut [u8]) -> Result<(u64, [u8; 32]), BackupError> {
    let mut file = File::open(path).map_err(in_file(path))?;
    let mut sum = Sha256::new();
    let mut size_bytes: u64 = 0;
    loop {
        let count = file.read(buffer).map_err(in_file(path))?;
        if count == 0 {
            return Ok((size_bytes, sum.finalize().into()));
        }
        sum.update(buffer.get(..count).unwrap_or_default());
        size_bytes = size_bytes.saturating_add(count as u64);
    }
}
