//! C-27: jobs of Sidekiq that fail for the store.

use crate::application::Severity;
use crate::doctor::Context;
use crate::doctor::finding::Finding;
use crate::doctor::sidekiq;

/// What is recent enough to be going on.
const NOW_SECONDS: i64 = 60 * 60;

/// Counts them.
pub async fn check(context: &Context<'_>) -> Vec<Finding> {
    let Some(address) = context.application.redis.clone() else { return Vec::new() };
    let asked = tokio::task::spawn_blocking(move || sidekiq::count_failures(&address)).await;
    let counted = match asked {
        Ok(Ok(counted)) => counted,
        Ok(Err(error)) => {
            return vec![Finding::new(
                "C-27",
                Severity::Info,
                format!("Redis cannot be asked: {error}"),
            )];
        }
        Err(error) => return vec![Finding::new("C-27", Severity::Info, error.to_string())],
    };
    if counted.is_empty() {
        return vec![Finding::ok("C-27", "no job fails for the store")];
    }
    let now = context.client.now().unix_seconds();
    counted
        .into_iter()
        .map(|group| {
            let is_now = group.last_unix_seconds.is_some_and(|last| now - last < NOW_SECONDS);
            let severity = if is_now { Severity::Failing } else { Severity::Warning };
            let time = |seconds: Option<i64>| {
                seconds.map_or_else(
                    || "?".to_owned(),
                    |seconds| {
                        identity::dates::format_extended(model::Timestamp::from_unix_seconds(seconds))
                    },
                )
            };
            Finding::new(
                "C-27",
                severity,
                format!(
                    "{} jobs of {} in Sidekiq's {} set failed with {} (first {}, last {})",
                    group.count,
                    group.worker,
                    group.set,
                    group.error_class,
                    time(group.first_unix_seconds),
                    time(group.last_unix_seconds)
                ),
            )
            .fix("they are tried again by themselves once uploads work; dead ones by hand, in Sidekiq's page")
        })
        .collect()
}
