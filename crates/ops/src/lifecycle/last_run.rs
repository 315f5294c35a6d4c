//! The file that says when lifecycle last ran, so that a restart neither forgets a run that is due nor
//! repeats one. A run that was cut off is not noted: it begins again.

use std::io;
use std::path::Path;

use model::Timestamp;

/// When the last run began; none if there was none, or nobody knows: then one more is made.
pub(super) fn read(file: &Path) -> Option<Timestamp> {
    let text = std::fs::read_to_string(file).ok()?;
    text.trim().parse().ok().map(Timestamp::from_unix_millis)
}

/// Notes when a run began; the file is replaced as a whole.
pub(super) fn write(file: &Path, started: Timestamp) -> io::Result<()> {
    let fresh = file.with_extension("new");
    std::fs::write(&fresh, format!("{}\n", started.unix_millis))?;
    std::fs::rename(&fresh, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("lifecycle");
        assert_eq!(read(&file), None);
        let time = Timestamp::from_unix_millis(1_795_295_144_007);
        write(&file, time).unwrap();
        write(&file, time).unwrap();
        assert_eq!(read(&file), Some(time));
        std::fs::write(&file, "yesterday").unwrap();
        assert_eq!(read(&file), None);
    }
}
