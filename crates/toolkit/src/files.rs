//! Files that are written so that a crash leaves the old or the new one.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

/// The label of SELinux; other systems have none.
const SELINUX_LABEL: &str = "security.selinux";
/// Longer labels do not exist.
const LABEL_BYTES_MAX: usize = 1024;

/// What a file is besides its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appearance {
    /// Permission bits, whatever the process's umask is.
    mode: u32,
    /// User and group; the process's own without.
    owner: Option<(u32, u32)>,
    label: Option<Vec<u8>>,
}

impl Appearance {
    /// That of a new file.
    pub fn with_mode(mode: u32) -> Self {
        Self { mode, owner: None, label: None }
    }

    /// That of a file that is there.
    pub fn of(file: &File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        let mut label = vec![0; LABEL_BYTES_MAX];
        let label = rustix::fs::fgetxattr(file.as_fd(), SELINUX_LABEL, label.as_mut_slice())
            .ok()
            .and_then(|length| label.get(..length).map(<[u8]>::to_vec));
        let owner = Some((metadata.uid(), metadata.gid()));
        Ok(Self { mode: metadata.mode() & 0o7777, owner, label })
    }

    /// The same, and nobody else may read or write it.
    #[must_use]
    pub fn for_owner_only(&self) -> Self {
        Self { mode: 0o600, ..self.clone() }
    }

    fn give(&self, file: &File) -> io::Result<()> {
        if let Some((user, group)) = self.owner {
            let metadata = file.metadata()?;
            if (metadata.uid(), metadata.gid()) != (user, group) {
                std::os::unix::fs::fchown(file, Some(user), Some(group))?;
            }
        }
        // After the owner: changing that takes some bits away.
        file.set_permissions(Permissions::from_mode(self.mode))?;
        if let Some(label) = &self.label {
            let flags = rustix::fs::XattrFlags::empty();
            rustix::fs::fsetxattr(file.as_fd(), SELINUX_LABEL, label, flags)?;
        }
        Ok(())
    }
}

/// Writes a file that is not there yet, and flushes it.
pub fn create(path: &Path, bytes: &[u8], appearance: &Appearance) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    appearance.give(&file)?;
    file.sync_all()
}

/// Writes a file beside the one that is meant and renames it, both flushed: whoever reads sees the old
/// one or the new one.
pub fn replace(path: &Path, bytes: &[u8], appearance: &Appearance) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let directory = directory.unwrap_or_else(|| Path::new("."));
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().ok_or(io::ErrorKind::InvalidFilename)?);
    name.push(format!(".{}", std::process::id()));
    let fresh = directory.join(name);
    // That of a process that had this number and was killed.
    match std::fs::remove_file(&fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let written = create(&fresh, bytes, appearance).and_then(|()| std::fs::rename(&fresh, path));
    if let Err(error) = written {
        // Whatever there is of it is of no use.
        _ = std::fs::remove_file(&fresh);
        return Err(error);
    }
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_new_file_is_in_the_place_of_the_old_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("state");
        for (text, mode) in [("old", 0o600), ("new", 0o644)] {
            replace(&path, text.as_bytes(), &Appearance::with_mode(mode)).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
            assert_eq!(Appearance::of(&File::open(&path).unwrap()).unwrap().mode, mode);
        }
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_a_killed_process_left_is_no_obstacle_and_no_way_out() {
        let directory = tempfile::tempdir().unwrap();
        let (path, elsewhere) =
            (directory.path().join("state"), directory.path().join("elsewhere"));
        std::fs::write(&elsewhere, "untouched").unwrap();
        let left = directory.path().join(format!(".state.{}", std::process::id()));
        std::os::unix::fs::symlink(&elsewhere, &left).unwrap();
        replace(&path, b"new", &Appearance::with_mode(0o600)).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(std::fs::read_to_string(&elsewhere).unwrap(), "untouched");
    }

    #[test]
    fn a_name_that_is_taken_stays() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("backup");
        std::fs::write(&path, "first").unwrap();
        assert!(create(&path, b"second", &Appearance::with_mode(0o600)).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "first");
    }
}
