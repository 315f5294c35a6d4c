//! Jobs of Sidekiq that failed because of the store: the cheapest proof that uploads fail now.

use super::super::result::{CheckName, CheckResult, Level};
use super::Watched;
use crate::doctor::sidekiq::{FailedJobs, count_failures};

/// Makes the check.
pub async fn check(watched: &Watched<'_>) -> CheckResult {
    let Some(address) = watched.application.redis.clone() else {
        return CheckResult::new(CheckName::Queue, Level::Unknown, "no Redis is known");
    };
    match tokio::task::spawn_blocking(move || count_failures(&address)).await {
        Ok(Ok(failures)) => verdict(&failures),
        Ok(Err(error)) => unknown(&error.to_string()),
        Err(error) => unknown(&error.to_string()),
    }
}

fn unknown(why: &str) -> CheckResult {
    let summary = format!("Sidekiq's jobs cannot be counted: {why}");
    CheckResult::new(CheckName::Queue, Level::Unknown, summary).code("no-redis")
}

/// Jobs that wait for another try fail now; those that were given up may be old.
fn verdict(failures: &[FailedJobs]) -> CheckResult {
    let sum = |set: &str| -> u64 {
        failures.iter().filter(|group| group.set == set).map(|group| group.count).sum()
    };
    let (retry, dead) = (sum("retry"), sum("dead"));
    let level = match (retry, dead) {
        (0, 0) => Level::Ok,
        (0, _) => Level::Warning,
        _ => Level::Failing,
    };
    let summary = match level {
        Level::Ok => "no job failed because of the store".to_owned(),
        _ => format!(
            "because of the store {retry} jobs wait for another try and {dead} were given up"
        ),
    };
    let mut result = CheckResult::new(CheckName::Queue, level, summary);
    if level != Level::Ok {
        let mut classes: Vec<&str> =
            failures.iter().map(|group| group.error_class.as_str()).collect();
        classes.sort_unstable();
        classes.dedup();
        result.code = Some(classes.join(" "));
    }
    result.details = failures
        .iter()
        .map(|group| {
            format!("{}: {} × {} in {}", group.set, group.count, group.error_class, group.worker)
        })
        .collect();
    result.counts = vec![("retry".to_owned(), retry), ("dead".to_owned(), dead)];
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(set: &'static str, count: u64) -> FailedJobs {
        FailedJobs {
            set,
            error_class: "Aws::S3::Errors::AccessDenied".into(),
            worker: "RedownloadAvatarWorker".into(),
            count,
            first_unix_seconds: None,
            last_unix_seconds: None,
        }
    }

    #[test]
    fn jobs_that_are_tried_again_are_a_failure() {
        assert_eq!(verdict(&[]).level, Level::Ok);
        assert_eq!(verdict(&[group("dead", 3)]).level, Level::Warning);
        let both = verdict(&[group("retry", 2), group("dead", 3)]);
        assert_eq!(both.level, Level::Failing);
        assert_eq!(both.code.as_deref(), Some("Aws::S3::Errors::AccessDenied"));
        assert_eq!(both.counts, [("retry".to_owned(), 2), ("dead".to_owned(), 3)]);
        assert_eq!(both.details.len(), 2);
    }
}
