//! The file that holds the master key: 64 hexadecimal digits and a line feed, mode 0600.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::KEY_BYTES;

/// Digits and line feed.
const FILE_BYTES: usize = 2 * KEY_BYTES + 1;

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// The file could not be read or written.
    #[error("cannot {action} the master key file `{}`: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Somebody else than its owner may use the file.
    #[error(
        "the master key file `{}` has mode {mode:04o}; only its owner may have access, or the group \
         may read it if root owns it: run `chmod 600` on it", path.display()
    )]
    Permissions {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file holds something else.
    #[error(
        "the master key file `{}` must hold exactly 64 hexadecimal digits and a line feed",
        path.display()
    )]
    Content {
        /// The file.
        path: PathBuf,
    },
    /// The operating system gives no random numbers.
    #[error("no random numbers for a new master key: {0}")]
    Random(getrandom::Error),
}

impl MasterKeyError {
    /// Whether there is no such file.
    pub fn is_missing_file(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}

type Key = Zeroizing<[u8; KEY_BYTES]>;

pub(super) fn load(path: &Path) -> Result<Key, MasterKeyError> {
    read(path).map_err(|error| error.into_error(path))
}

pub(super) fn load_or_create(path: &Path) -> Result<Key, MasterKeyError> {
    match read(path) {
        Ok(key) => return Ok(key),
        // Only this means that there is no key; a file that cannot be read is not a missing one.
        Err(ReadError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error.into_error(path)),
    }
    create(path)?;
    // Read back, so that the key in memory is the one on the disk, whoever created it first.
    load(path)
}

enum ReadError {
    Io(io::Error),
    Permissions(u32),
    Content,
}

impl ReadError {
    fn into_error(self, path: &Path) -> MasterKeyError {
        let path = path.to_owned();
        match self {
            Self::Io(source) => MasterKeyError::Io { action: "read", path, source },
            Self::Permissions(mode) => MasterKeyError::Permissions { path, mode },
            Self::Content => MasterKeyError::Content { path },
        }
    }
}

fn read(path: &Path) -> Result<Key, ReadError> {
    let file = File::open(path).map_err(ReadError::Io)?;
    // Of the open file, so that what was checked is what is read.
    let metadata = file.metadata().map_err(ReadError::Io)?;
    if !metadata.is_file() {
        return Err(ReadError::Content);
    }
    let forbidden = forbidden_mode(metadata.uid(), rustix::process::geteuid().as_raw());
    if metadata.mode() & forbidden != 0 {
        return Err(ReadError::Permissions(metadata.mode() & 0o7777));
    }
    let mut text = Zeroizing::new(Vec::with_capacity(FILE_BYTES + 1));
    file.take(FILE_BYTES as u64 + 1).read_to_end(&mut text).map_err(ReadError::Io)?;
    parse(text.strip_suffix(b"\n").unwrap_or(&text)).ok_or(ReadError::Content)
}

/// Permission bits that a key file may not have. A file of root's may be read by its group: so look
/// credentials that systemd hands to a service, and secrets that Kubernetes mounts.
fn forbidden_mode(owner: u32, process_user: u32) -> u32 {
    if owner == 0 && process_user != 0 { 0o037 } else { 0o077 }
}

/// The key with these digits.
pub(super) fn parse(digits: &[u8]) -> Option<Key> {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    hex::decode_to_slice(digits, key.as_mut_slice()).ok()?;
    Some(key)
}

/// What a file with this key holds.
pub(super) fn content(key: &Key) -> Result<Zeroizing<[u8; FILE_BYTES]>, hex::FromHexError> {
    let mut text = Zeroizing::new([b'\n'; FILE_BYTES]);
    let (digits, _line_feed) = text.split_at_mut(2 * KEY_BYTES);
    hex::encode_to_slice(key.as_slice(), digits)?;
    Ok(text)
}

/// Writes a new key beside `path` and links it there: the name appears with the whole key behind
/// it or not at all, and unlike a rename, a link never replaces what is already there.
fn create(path: &Path) -> Result<(), MasterKeyError> {
    let failed =
        |action| move |source| MasterKeyError::Io { action, path: path.to_owned(), source };
    let temporary = temporary_path(path)?;
    let written = write_new(&temporary)?.map_err(failed("write"));
    let linked = written.and_then(|()| match fs::hard_link(&temporary, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other.map_err(failed("create")),
    });
    // Remove the temporary file in any case; report what went wrong first.
    let removed = fs::remove_file(&temporary).map_err(failed("clean up beside"));
    linked?;
    removed?;
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))
        .and_then(|directory| directory.sync_all())
        .map_err(failed("flush the directory of"))
}

fn temporary_path(path: &Path) -> Result<PathBuf, MasterKeyError> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(MasterKeyError::Random)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", hex::encode(random)));
    Ok(path.with_file_name(name))
}

/// The outer error is about random numbers, the inner one about the file.
fn write_new(path: &Path) -> Result<io::Result<()>, MasterKeyError> {
    let mut key: Key = Zeroizing::new([0; KEY_BYTES]);
    getrandom::fill(key.as_mut_slice()).map_err(MasterKeyError::Random)?;
    Ok(content(&key).map_err(io::Error::other).and_then(|text| write(path, text.as_slice())))
}

fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text)?;
    file.sync_all()
}

/// Writes a key into a new file.
pub(super) fn save(path: &Path, key: &Key) -> Result<(), MasterKeyError> {
    let text = content(key).map_err(io::Error::other);
    text.and_then(|text| write(path, text.as_slice())).map_err(|source| MasterKeyError::Io {
        action: "write",
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_read_a_key_file() {
        let refused = |owner, user, mode: u32| mode & forbidden_mode(owner, user) != 0;
        for mode in [0o600, 0o400] {
            assert!(!refused(7, 7, mode) && !refused(0, 7, mode) && !refused(0, 0, mode));
        }
        assert!(!refused(0, 7, 0o440) && !refused(0, 7, 0o640));
        assert!(refused(7, 7, 0o440) && refused(0, 0, 0o440), "whoever owns it could close it");
        for mode in [0o404, 0o444, 0o460, 0o610] {
            assert!(refused(7, 7, mode) && refused(0, 7, mode) && refused(0, 0, mode), "{mode:o}");
        }
    }
}
