//! What the lifecycle worker tells: what it did, and what it takes for the time.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use model::Timestamp;
use ops::lifecycle::LifecycleStatus;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use super::seconds;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ActionLabel {
    action: &'static str,
}

type Seconds = Gauge<f64, AtomicU64>;

/// The gauges of the worker.
#[derive(Default)]
pub(super) struct LifecycleMetrics {
    actions: Family<ActionLabel, Gauge>,
    errors: Gauge,
    runs: Gauge,
    clock_ahead: Gauge,
    clock: Seconds,
    last_run: Seconds,
    last_duration: Seconds,
    next_run: Seconds,
}

impl LifecycleMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("grantry_lifecycle");
        registry.register(
            "actions",
            "What lifecycle rules did since the start, by kind; kept is what was due but locked or changed",
            self.actions.clone(),
        );
        registry.register(
            "errors",
            "Times since the start that lifecycle rules could not be carried out",
            self.errors.clone(),
        );
        registry.register("runs", "Runs of the worker since the start", self.runs.clone());
        registry.register(
            "clock_ahead",
            "1 while the clock is so far ahead of the last run that nothing is removed",
            self.clock_ahead.clone(),
        );
        for (name, help, gauge) in [
            ("clock", "What the worker takes for the time, in seconds since 1970", &self.clock),
            ("last_run", "When the last run began; 0 if there was none", &self.last_run),
            ("last_run_duration", "How long the last run took", &self.last_duration),
            (
                "next_run",
                "When the next run begins; 0 before the worker has started",
                &self.next_run,
            ),
        ] {
            registry.register_with_unit(name, help, Unit::Seconds, gauge.clone());
        }
    }

    pub(super) fn set(&self, status: &LifecycleStatus) {
        let total = status.total;
        for (action, value) in [
            ("object_expired", total.objects_expired),
            ("delete_marker_added", total.markers_added),
            ("noncurrent_version_removed", total.noncurrent_removed),
            ("delete_marker_removed", total.markers_removed),
            ("upload_aborted", total.uploads_aborted),
            ("kept", total.kept),
        ] {
            self.actions.get_or_create(&ActionLabel { action }).set(whole(value));
        }
        self.errors.set(whole(total.errors));
        self.runs.set(whole(status.runs_finished));
        self.clock_ahead.set(i64::from(status.is_ahead));
        self.clock.set(seconds(status.clock));
        self.last_run.set(seconds(status.last_started.unwrap_or_default()));
        self.next_run.set(seconds(status.next_run.unwrap_or_default()));
        if let Some(run) = status.last_run {
            self.last_duration.set(between(run.started, run.finished).as_secs_f64());
        }
    }
}

fn whole(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn between(start: Timestamp, end: Timestamp) -> Duration {
    let millis = end.unix_millis.saturating_sub(start.unix_millis);
    Duration::from_millis(u64::try_from(millis).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use ops::lifecycle::{LifecycleCounts, RunReport};

    use super::*;

    #[test]
    fn what_the_worker_tells() {
        let mut registry = Registry::default();
        let metrics = LifecycleMetrics::default();
        metrics.register(&mut registry);
        let time = Timestamp::from_unix_seconds;
        let counts = LifecycleCounts { objects_expired: 3, kept: 1, ..LifecycleCounts::default() };
        let run = RunReport { started: time(100), finished: time(102), counts, ahead_of: None };
        metrics.set(&LifecycleStatus {
            clock: time(150),
            next_run: Some(time(200)),
            last_started: Some(time(100)),
            is_ahead: true,
            runs_started: 1,
            runs_finished: 1,
            last_run: Some(run),
            total: counts,
        });
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        for line in [
            r#"grantry_lifecycle_actions{action="object_expired"} 3"#,
            r#"grantry_lifecycle_actions{action="upload_aborted"} 0"#,
            r#"grantry_lifecycle_actions{action="kept"} 1"#,
            "grantry_lifecycle_errors 0",
            "grantry_lifecycle_clock_ahead 1",
            "grantry_lifecycle_clock_seconds 150.0",
            "grantry_lifecycle_last_run_seconds 100.0",
            "grantry_lifecycle_last_run_duration_seconds 2.0",
            "grantry_lifecycle_next_run_seconds 200.0",
        ] {
            assert!(text.lines().any(|other| other == line), "no {line} in\n{text}");
        }
    }
}
