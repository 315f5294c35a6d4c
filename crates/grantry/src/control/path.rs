//! Where the control socket is.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Name of the socket in the data directory.
const SOCKET_FILE: &str = "control.sock";
/// Longest path that fits into a socket address, with its final zero: `sun_path` of unix(7).
const ADDRESS_BYTES_MAX: usize = 107;

/// A path of the socket that fits into a socket address, however long that of the directory is.
///
/// A long one is replaced with the same directory as the kernel names it for this process, which
/// holds for as long as the directory is kept open here.
pub(super) struct SocketPath {
    path: PathBuf,
    _directory: Option<File>,
}

impl SocketPath {
    /// The path of the socket in `directory`.
    pub(super) fn new(directory: &Path) -> io::Result<Self> {
        let path = directory.join(SOCKET_FILE);
        if path.as_os_str().as_bytes().len() <= ADDRESS_BYTES_MAX {
            return Ok(Self { path, _directory: None });
        }
        let directory = File::open(directory)?;
        let path = PathBuf::from(format!("/proc/self/fd/{}", directory.as_raw_fd()));
        Ok(Self { path: path.join(SOCKET_FILE), _directory: Some(directory) })
    }

    /// The path, to be used while this exists.
    pub(super) fn as_path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_paths_are_shortened_and_mean_the_same_file() {
        let outer = tempfile::tempdir().unwrap();
        let short = SocketPath::new(outer.path()).unwrap();
        assert_eq!(short.as_path(), outer.path().join(SOCKET_FILE));

        let deep = outer.path().join("d".repeat(120));
        std::fs::create_dir(&deep).unwrap();
        let long = SocketPath::new(&deep).unwrap();
        assert!(long.as_path().as_os_str().len() <= ADDRESS_BYTES_MAX);
        std::fs::write(long.as_path(), "same").unwrap();
        assert_eq!(std::fs::read_to_string(deep.join(SOCKET_FILE)).unwrap(), "same");
    }
}
