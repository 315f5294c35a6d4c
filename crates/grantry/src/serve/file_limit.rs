//! How many files the process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files beside connections: database, segments, bodies that are read or written.
const OTHER_FILES: u64 = 1024;

/// Raises the limit as far as the system lets us. Many systems start processes with 1,024, which
/// serves old programs, not us.
pub(super) fn raise(connections_max: u32) {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let files = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(error) => {
            tracing::warn!(%error, "cannot raise the limit of open files");
            limit.current
        }
    };
    let wanted = u64::from(connections_max) + OTHER_FILES;
    if let Some(files) = files.filter(|files| *files < wanted) {
        tracing::warn!(
            files,
            wanted,
            "the limit of open files is low for `connections_max`; raise it or lower that"
        );
    }
}
