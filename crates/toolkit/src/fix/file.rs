//! Changes a configuration file: it keeps what it is, and the old one stays beside it.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use model::Timestamp;

use crate::files::{self, Appearance};

/// A file as it was read.
pub struct Original {
    /// Where it really is, behind symbolic links.
    path: PathBuf,
    /// Its text.
    pub text: String,
    appearance: Appearance,
}

/// Reads a file that is to be changed.
pub fn read(path: &Path) -> io::Result<Original> {
    let path = path.canonicalize()?;
    let mut file = File::open(&path)?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    let appearance = Appearance::of(&file)?;
    Ok(Original { path, text, appearance })
}

impl Original {
    /// Writes the new text in the file's place and the old one beside it; where the latter is.
    pub fn replace(&self, text: &str, now: Timestamp) -> io::Result<PathBuf> {
        let backup = self.beside(&format!(".bak-{}", identity::dates::format_basic(now)));
        // Nobody looks after it.
        files::create(&backup, self.text.as_bytes(), &self.appearance.for_owner_only())?;
        files::replace(&self.path, text.as_bytes(), &self.appearance)?;
        Ok(backup)
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(suffix);
        self.path.with_file_name(name)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

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
