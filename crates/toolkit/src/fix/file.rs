//! Replaces a file so that a crash leaves the old or the new one, and keeps what it is.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use model::Timestamp;

/// The label of SELinux; other systems have none.
const SELINUX_LABEL: &str = "security.selinux";
/// Longer labels do not exist.
const LABEL_BYTES_MAX: usize = 1024;

/// A file as it was read.
pub struct Original {
    /// Where it really is, behind symbolic links.
    path: PathBuf,
    /// Its text.
    pub text: String,
    owner: (u32, u32),
    mode: u32,
    label: Option<Vec<u8>>,
}

/// Reads a file that is to be changed.
pub fn read(path: &Path) -> io::Result<Original> {
    let path = path.canonicalize()?;
    let mut file = File::open(&path)?;
    let metadata = file.metadata()?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    let mut label = vec![0; LABEL_BYTES_MAX];
    let label = rustix::fs::fgetxattr(file.as_fd(), SELINUX_LABEL, label.as_mut_slice())
        .ok()
        .and_then(|length| label.get(..length).map(<[u8]>::to_vec));
    Ok(Original {
        path,
        text,
        owner: (metadata.uid(), metadata.gid()),
        mode: metadata.mode() & 0o7777,
        label,
    })
}

impl Original {
    /// Writes the new text in the file's place and the old one beside it; where the latter is.
    pub fn replace(&self, text: &str, now: Timestamp) -> io::Result<PathBuf> {
        let directory = self.path.parent().unwrap_or(Path::new("/"));
        let stamp = identity::dates::format_basic(now);
        let backup = self.beside(&format!(".bak-{stamp}"));
        self.write(&backup, &self.text, 0o600)?;
        let fresh = self.beside(&format!(".new-{stamp}"));
        let written = self.write(&fresh, text, self.mode);
        let renamed = written.and_then(|()| std::fs::rename(&fresh, &self.path));
        if let Err(error) = renamed {
            // Whatever there is of it is of no use.
            _ = std::fs::remove_file(&fresh);
            return Err(error);
        }
        File::open(directory)?.sync_all()?;
        Ok(backup)
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(suffix);
        self.path.with_file_name(name)
    }

    fn write(&self, path: &Path, text: &str, mode: u32) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(text.as_bytes())?;
        let metadata = file.metadata()?;
        if (metadata.uid(), metadata.gid()) != self.owner {
            std::os::unix::fs::fchown(&file, Some(self.owner.0), Some(self.owner.1))?;
        }
        // After the owner: changing that takes some bits away.
        file.set_permissions(Permissions::from_mode(mode))?;
        if let Some(label) = &self.label {
            let flags = rustix::fs::XattrFlags::empty();
            rustix::fs::fsetxattr(file.as_fd(), SELINUX_LABEL, label, flags)?;
        }
        file.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mode_links_and_a_backup() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("env");
        std::fs::write(&path, "old\n").unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        let link = directory.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let backup = read(&link).unwrap().replace("new\n", Timestamp::default()).unwrap();
        assert_eq!(std::fs::read_to_string(&link).unwrap(), "new\n");
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(path.metadata().unwrap().mode() & 0o7777, 0o640);
        assert_eq!(std::fs::read_to_string(&backup).unwrap(), "old\n");
        assert_eq!(backup.metadata().unwrap().mode() & 0o7777, 0o600);
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 3);
    }

    #[test]
    fn a_directory_that_cannot_be_written_changes_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("env");
        std::fs::write(&path, "old\n").unwrap();
        let original = read(&path).unwrap();
        // The name of the backup is taken.
        let taken = original.beside(".bak-19700101T000000Z");
        std::fs::write(&taken, "").unwrap();
        assert!(original.replace("new\n", Timestamp::default()).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old\n");
    }
}
