//! How far a walk through a bucket is, for a person at a terminal.

use std::io::{IsTerminal as _, Write as _, stderr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;
use toolkit::advise::Progress;
use toolkit::s3::S3Client;

/// How many versions there are: listing them is quicker than looking at them.
#[derive(Default)]
struct Total {
    versions: AtomicU64,
    is_known: AtomicBool,
}

/// Writes a line over itself; nothing where nobody watches.
pub(super) struct Meter {
    begun: Instant,
    total: Arc<Total>,
    counting: Option<JoinHandle<()>>,
}

impl Meter {
    /// Begins, and counts the versions meanwhile.
    pub(super) fn new(client: &S3Client, prefix: &str) -> Self {
        let total = Arc::new(Total::default());
        let counting = stderr()
            .is_terminal()
            .then(|| tokio::spawn(count(client.clone(), prefix.to_owned(), Arc::clone(&total))));
        Self { begun: Instant::now(), total, counting }
    }

    /// Says how far it is.
    pub(super) fn show(&mut self, progress: Progress) {
        if self.counting.is_some() {
            let is_known = self.total.is_known.load(Ordering::Acquire);
            let total = is_known.then(|| self.total.versions.load(Ordering::Acquire));
            let line = line(progress, self.begun.elapsed(), total);
            // Nobody is told if it cannot be said.
            let _ = write!(stderr(), "\r\x1b[K{line}");
        }
    }

    /// Clears the line.
    pub(super) fn end(self) {
        if let Some(counting) = self.counting {
            counting.abort();
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}

async fn count(client: S3Client, prefix: String, total: Arc<Total>) {
    let mut next: Option<(String, String)> = None;
    loop {
        let after = next.as_ref().map(|(key, version)| (key.as_str(), version.as_str()));
        // What cannot be counted is walked all the same.
        let (_, Some(page)) = client.list_versions(&prefix, after).await else { return };
        let versions = u64::try_from(page.versions.len()).unwrap_or(u64::MAX);
        total.versions.fetch_add(versions, Ordering::AcqRel);
        match page.next {
            Some(place) => next = Some(place),
            None => return total.is_known.store(true, Ordering::Release),
        }
    }
}

fn line(progress: Progress, elapsed: Duration, total: Option<u64>) -> String {
    let Progress { versions, walked } = progress;
    let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
    let rate = walked.saturating_mul(1000) / millis;
    match total {
        Some(total) if rate > 0 => {
            let left = total.saturating_sub(versions) / rate;
            let (minutes, seconds) = (left / 60, left % 60);
            format!("{versions} of {total} versions, {rate}/s, {minutes} min {seconds} s left")
        }
        _ => format!("{versions} versions, {rate}/s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_told_once_it_is_known() {
        let progress = Progress { versions: 4000, walked: 1000 };
        let two = Duration::from_secs(2);
        assert_eq!(line(progress, two, None), "4000 versions, 500/s");
        let expected = "4000 of 100000 versions, 500/s, 3 min 12 s left";
        assert_eq!(line(progress, two, Some(100_000)), expected);
        assert_eq!(
            line(progress, Duration::ZERO, Some(5000)),
            "4000 of 5000 versions, 1000000/s, 0 min 0 s left"
        );
    }
}
