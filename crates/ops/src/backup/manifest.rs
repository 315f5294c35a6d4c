//! The list of what a backup holds.
//!
//! Lines of text: `grantry backup 1`; for each file its SHA-256, its length and its path; and
//! `end N SUM` with the number of files and the SHA-256 of all lines before.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};

use model::limits::BACKUP_MANIFEST_LINE_BYTES_MAX;
use sha2::{Digest as _, Sha256};

use super::{BackupError, in_file};

const FIRST_LINE: &str = "grantry backup 1";
const NAME: &str = "MANIFEST";
/// The name until it is complete.
const UNFINISHED_NAME: &str = "MANIFEST.unfinished";
/// What a backup may hold.
const ROOTS: [&str; 3] = ["meta", "blobs", "master.key"];

/// One file of a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Relative to the backup and to the data directory alike.
    pub(super) path: PathBuf,
    /// Length.
    pub(super) size_bytes: u64,
    /// Checksum.
    pub(super) sha256: [u8; 32],
}

/// A manifest that is being written.
pub(super) struct ManifestWriter {
    directory: PathBuf,
    file: BufWriter<File>,
    sum: Sha256,
    files: u64,
}

impl ManifestWriter {
    pub(super) fn create(directory: &Path) -> Result<Self, BackupError> {
        let path = directory.join(UNFINISHED_NAME);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let file = BufWriter::new(file.map_err(in_file(&path))?);
        let directory = directory.to_owned();
        let mut manifest = Self { directory, file, sum: Sha256::new(), files: 0 };
        manifest.line(FIRST_LINE)?;
        Ok(manifest)
    }

    pub(super) fn add(&mut self, entry: &Entry) -> Result<(), BackupError> {
        let sum = hex::encode(entry.sha256);
        self.files += 1;
        self.line(&format!("{sum} {} {}", entry.size_bytes, entry.path.display()))
    }

    /// Makes it durable under its name.
    pub(super) fn finish(mut self) -> Result<(), BackupError> {
        let sum = hex::encode(self.sum.clone().finalize());
        self.line(&format!("end {} {sum}", self.files))?;
        let (from, to) = (self.directory.join(UNFINISHED_NAME), self.directory.join(NAME));
        let file = self.file.into_inner().map_err(|error| in_file(&from)(error.into_error()))?;
        file.sync_all().map_err(in_file(&from))?;
        fs::rename(&from, &to).map_err(in_file(&to))?;
        let directory = File::open(&self.directory).and_then(|directory| directory.sync_all());
        directory.map_err(in_file(&self.directory))
    }

    fn line(&mut self, line: &str) -> Result<(), BackupError> {
        let line = format!("{line}\n");
        self.sum.update(&line);
        let path = self.directory.join(UNFINISHED_NAME);
        self.file.write_all(line.as_bytes()).map_err(in_file(&path))
    }
}

/// Goes through the manifest of a backup; an error if it is not whole. Since that is known only at
/// its end, callers that act on entries go through it once before.
pub(super) fn read(
    backup: &Path,
    mut visit: impl FnMut(Entry) -> Result<(), BackupError>,
) -> Result<(), BackupError> {
    let path = backup.join(NAME);
    let mut file = BufReader::new(File::open(&path).map_err(in_file(&path))?);
    let damaged = |what: &str| BackupError::Damaged(format!("the manifest {what}"));
    let mut sum = Sha256::new();
    let first = next_line(&path, &mut file)?;
    if first != FIRST_LINE {
        return Err(damaged("is of another version, or none"));
    }
    sum.update(format!("{first}\n"));
    let mut files: u64 = 0;
    loop {
        let line = next_line(&path, &mut file)?;
        if let Some(end) = line.strip_prefix("end ") {
            let expected = format!("{files} {}", hex::encode(sum.finalize()));
            return if end == expected { Ok(()) } else { Err(damaged("is damaged")) };
        }
        sum.update(format!("{line}\n"));
        files += 1;
        visit(parse(&line).ok_or_else(|| damaged("has an unreadable line"))?)?;
    }
}

/// A whole line without its end; empty at the end of the file, which is never right.
fn next_line(path: &Path, file: &mut impl BufRead) -> Result<String, BackupError> {
    let mut line = String::new();
    let mut limited = file.by_ref().take(BACKUP_MANIFEST_LINE_BYTES_MAX);
    limited.read_line(&mut line).map_err(in_file(path))?;
    let cut = || BackupError::Damaged("the manifest is cut off".to_owned());
    line.strip_suffix('\n').map(str::to_owned).ok_or_else(cut)
}

fn parse(line: &str) -> Option<Entry> {
    let mut fields = line.splitn(3, ' ');
    let sha256 = hex::decode(fields.next()?).ok()?.try_into().ok()?;
    let size_bytes = fields.next()?.parse().ok()?;
    let path = PathBuf::from(fields.next()?);
    let normal = path.components().all(|component| matches!(component, Component::Normal(_)));
    let known = ROOTS.iter().any(|root| path.starts_with(root));
    (normal && known).then_some(Entry { path, size_bytes, sha256 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(directory: &Path) -> Result<Vec<Entry>, BackupError> {
        let mut entries = Vec::new();
        read(directory, |entry| {
            entries.push(entry);
            Ok(())
        })?;
        Ok(entries)
    }

    #[test]
    fn every_changed_or_missing_byte_is_noticed() {
        let directory = tempfile::tempdir().unwrap();
        let mut writer = ManifestWriter::create(directory.path()).unwrap();
        let entry = Entry { path: "blobs/x".into(), size_bytes: 7, sha256: [9; 32] };
        writer.add(&entry).unwrap();
        assert!(entries(directory.path()).is_err(), "not finished");
        writer.finish().unwrap();
        assert_eq!(entries(directory.path()).unwrap(), [entry]);

        let path = directory.path().join(NAME);
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            fs::write(&path, &damaged).unwrap();
            assert!(entries(directory.path()).is_err(), "byte {at}");
            fs::write(&path, &whole[..at]).unwrap();
            assert!(entries(directory.path()).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn paths_stay_inside() {
        let sum = "00".repeat(32);
        for path in ["../meta/x", "/etc/passwd", "meta/../../x", "LOCK", "", "meta/./x/.."] {
            assert_eq!(parse(&format!("{sum} 1 {path}")), None, "{path}");
        }
        assert!(parse(&format!("{sum} 1 meta/metadata.sqlite3")).is_some());
    }
}
