//! Bringing a backup back.

use std::fs::{self, File};
use std::path::Path;

use identity::MasterKeySource;

use super::copying::copy_bytes;
use super::{Amount, BackupError, Watcher, in_file, make_directory, manifest, sync_directories};

/// Bytes that are read at once.
const BUFFER_BYTES: usize = 256 * 1024;

/// What was restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restored {
    /// How much.
    pub amount: Amount,
    /// Whether the backup held the master key.
    pub with_master_key: bool,
}

/// Copies a backup into a data directory that holds nothing but the lock, which the caller has. Every
/// file is compared with the manifest. An error leaves the directory as it was.
pub fn restore(
    backup: &Path,
    data_directory: &Path,
    watcher: &mut dyn Watcher,
) -> Result<Restored, BackupError> {
    // Whether the manifest is whole is known at its end.
    manifest::read(backup, |_| Ok(()))?;
    let restored = copy_all(backup, data_directory, watcher);
    if restored.is_err() {
        // Half a store must not look like one.
        for name in ["meta", "blobs"] {
            let _ = fs::remove_dir_all(data_directory.join(name));
        }
        let _ = fs::remove_file(MasterKeySource::file_in(data_directory));
    }
    restored
}

fn copy_all(
    backup: &Path,
    data_directory: &Path,
    watcher: &mut dyn Watcher,
) -> Result<Restored, BackupError> {
    let mut restored = Restored { amount: Amount::default(), with_master_key: false };
    let mut buffer = vec![0; BUFFER_BYTES];
    manifest::read(backup, |entry| {
        let (from, to) = (backup.join(&entry.path), data_directory.join(&entry.path));
        if let Some(parent) = to.parent() {
            make_directory(parent)?;
        }
        let source = File::open(&from).map_err(in_file(&from))?;
        let (size_bytes, sha256) = copy_bytes(source, &from, &to, &mut buffer)?;
        if (size_bytes, sha256) != (entry.size_bytes, entry.sha256) {
            return Err(BackupError::Damaged(format!("{} was changed", from.display())));
        }
        restored.with_master_key |= entry.path == Path::new(MasterKeySource::file_name());
        restored.amount.files += 1;
        restored.amount.bytes = restored.amount.bytes.saturating_add(size_bytes);
        watcher.progress(restored.amount);
        Ok(())
    })?;
    sync_directories(data_directory)?;
    Ok(restored)
}
