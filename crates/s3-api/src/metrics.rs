//! What the server counts, for Prometheus.
//!
//! Every label comes from a table of this program or from the settings, never from a request, so the
//! number of series is bounded.

mod worker;

use std::fmt;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use model::Timestamp;
use ops::Store;
use ops::status::{self, StoredUsage};
use ops::{access_log, decisions, events, lifecycle};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use tokio::sync::Mutex;
use tokio::time::Instant;

use self::worker::LifecycleMetrics;

/// Age at which the stored amounts are read again: often enough for a graph, seldom enough that
/// scrapes of a store with many buckets cost nothing.
const STORED_AGE_MAX: Duration = Duration::from_secs(15);

/// Label of requests that were refused before it was known what they ask for.
const UNKNOWN_OPERATION: &str = "Unknown";

/// Upper bounds of the duration histogram, in seconds: from a cached read to a large upload.
const DURATION_BOUNDS: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    operation: &'static str,
    status: &'static str,
    code: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OperationLabel {
    operation: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DestinationLabel {
    destination: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DestinationOutcomeLabels {
    destination: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: &'static str,
}

/// Makes the histogram of an operation that is seen for the first time.
#[derive(Clone)]
struct Durations;

impl MetricConstructor<Histogram> for Durations {
    fn new_metric(&self) -> Histogram {
        Histogram::new(DURATION_BOUNDS)
    }
}

/// The counters of one server.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Family<OperationLabel, Histogram, Durations>,
    received_bytes: Counter,
    sent_bytes: Counter,
    connections: Gauge,
    access_log_records: Family<OutcomeLabel, Gauge>,
    decision_records: Family<OutcomeLabel, Gauge>,
    events: Family<DestinationOutcomeLabels, Gauge>,
    events_waiting: Family<DestinationLabel, Gauge>,
    events_oldest: Family<DestinationLabel, Gauge>,
    events_dead: Family<DestinationLabel, Gauge>,
    lifecycle: LifecycleMetrics,
    stored_buckets: Gauge,
    stored_objects: Gauge,
    stored_bytes: Gauge,
    /// When the stored amounts were last read.
    stored_read: Mutex<Option<Instant>>,
}

impl Metrics {
    /// Counters at zero, of a process of this version that started at this time.
    pub fn new(version: &'static str, started: Timestamp) -> Self {
        let mut metrics = Self {
            registry: Registry::default(),
            requests: Family::default(),
            durations: Family::new_with_constructor(Durations),
            received_bytes: Counter::default(),
            sent_bytes: Counter::default(),
            connections: Gauge::default(),
            access_log_records: Family::default(),
            decision_records: Family::default(),
            events: Family::default(),
            events_waiting: Family::default(),
            events_oldest: Family::default(),
            events_dead: Family::default(),
            lifecycle: LifecycleMetrics::default(),
            stored_buckets: Gauge::default(),
            stored_objects: Gauge::default(),
            stored_bytes: Gauge::default(),
            stored_read: Mutex::new(None),
        };
        metrics.register_requests();
        metrics.register_events();
        metrics.lifecycle.register(&mut metrics.registry);
        metrics.register_store();
        metrics.register_process(version, started);
        metrics
    }

    fn register_requests(&mut self) {
        let registry = self.registry.sub_registry_with_prefix("grantry");
        registry.register(
            "requests",
            "Requests by operation, class of the status, and error code",
            self.requests.clone(),
        );
        registry.register_with_unit(
            "request_duration",
            "Time from the request head to the head of the answer",
            Unit::Seconds,
            self.durations.clone(),
        );
        registry.register_with_unit(
            "request_body",
            "Bytes of request bodies",
            Unit::Bytes,
            self.received_bytes.clone(),
        );
        registry.register_with_unit(
            "response_body",
            "Bytes of answer bodies",
            Unit::Bytes,
            self.sent_bytes.clone(),
        );
        registry.register("connections_open", "Open connections", self.connections.clone());
        registry.register(
            "access_log_records",
            "Access log records since the start, by what became of them",
            self.access_log_records.clone(),
        );
        registry.register(
            "decision_log_records",
            "Records of the decision log since the start, by what became of them",
            self.decision_records.clone(),
        );
    }

    fn register_events(&mut self) {
        let registry = self.registry.sub_registry_with_prefix("grantry_events");
        registry.register(
            "outcomes",
            "Event notifications since the start, by what became of them; failed counts attempts",
            self.events.clone(),
        );
        registry.register(
            "waiting",
            "Event notifications that wait for their destination",
            self.events_waiting.clone(),
        );
        registry.register_with_unit(
            "oldest_age",
            "How long the oldest waits; 0 if none does",
            Unit::Seconds,
            self.events_oldest.clone(),
        );
        registry.register(
            "dead",
            "Event notifications that were given up and are kept",
            self.events_dead.clone(),
        );
    }

    fn register_store(&mut self) {
        let registry = self.registry.sub_registry_with_prefix("grantry_stored");
        registry.register("buckets", "Buckets of all accounts", self.stored_buckets.clone());
        registry.register(
            "objects",
            "Object versions and delete markers of all buckets",
            self.stored_objects.clone(),
        );
        registry.register("bytes", "Sizes of all object versions", self.stored_bytes.clone());
    }

    fn register_process(&mut self, version: &'static str, started: Timestamp) {
        let start = Gauge::<f64, AtomicU64>::default();
        start.set(seconds(started));
        self.registry.register_with_unit(
            "process_start_time",
            "When the process started, in seconds since 1970",
            Unit::Seconds,
            start,
        );
        self.registry.register(
            "grantry_build",
            "The running version",
            Info::new(vec![("version", version)]),
        );
    }

    /// Counts one answered request.
    pub fn observe(
        &self,
        operation: Option<&'static str>,
        status: u16,
        error_code: Option<&'static str>,
        duration: Duration,
        received_bytes: u64,
        sent_bytes: u64,
    ) {
        let operation = operation.unwrap_or(UNKNOWN_OPERATION);
        let code = error_code.unwrap_or_default();
        let labels = RequestLabels { operation, status: status_class(status), code };
        self.requests.get_or_create(&labels).inc();
        self.durations.get_or_create(&OperationLabel { operation }).observe(duration.as_secs_f64());
        self.received_bytes.inc_by(received_bytes);
        self.sent_bytes.inc_by(sent_bytes);
    }

    /// Counts a connection as open until the result is dropped.
    pub fn connection_opened(&self) -> OpenConnection {
        self.connections.inc();
        OpenConnection(self.connections.clone())
    }

    /// Takes over what became of access log records and of decisions.
    pub(crate) fn refresh_logs(&self, store: &Store) {
        let counts = access_log::counts(store);
        for (outcome, value) in [
            ("delivered", counts.delivered),
            ("refused", counts.refused),
            ("dropped", counts.dropped),
        ] {
            let gauge = self.access_log_records.get_or_create(&OutcomeLabel { outcome });
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        }
        let counts = decisions::counts(store);
        for (outcome, value) in [("written", counts.written), ("dropped", counts.dropped)] {
            let gauge = self.decision_records.get_or_create(&OutcomeLabel { outcome });
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        }
    }

    /// Takes over what waits in the queue of events, and what became of the others.
    pub(crate) fn refresh_events(&self, store: &Store) {
        let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        for status in events::status(store) {
            let label = DestinationLabel { destination: status.name };
            self.events_waiting.get_or_create(&label).set(number(status.waiting));
            self.events_oldest.get_or_create(&label).set(number(status.oldest_age.as_secs()));
            self.events_dead.get_or_create(&label).set(number(status.dead));
            for (outcome, value) in [
                ("delivered", status.delivered),
                ("failed", status.failed),
                ("died", status.died),
                ("forgotten", status.forgotten),
            ] {
                let destination = label.destination.clone();
                let labels = DestinationOutcomeLabels { destination, outcome };
                self.events.get_or_create(&labels).set(number(value));
            }
        }
    }

    /// Takes over what the lifecycle worker believes and has done.
    pub(crate) fn refresh_lifecycle(&self, store: &Store) {
        self.lifecycle.set(&lifecycle::status(store));
    }

    /// Reads how much is stored, unless that was done a moment ago. Scrapes that come meanwhile
    /// wait, instead of reading it as well.
    pub(crate) async fn refresh_stored(&self, store: &Store) {
        let mut read = self.stored_read.lock().await;
        if read.is_some_and(|time| time.elapsed() < STORED_AGE_MAX) {
            return;
        }
        match status::usage(store).await {
            Ok(usage) => self.set_stored(usage),
            Err(error) => {
                tracing::warn!(%error, cause = error.cause(), "cannot read how much is stored");
            }
        }
        // After an error too: an ailing database is not helped by more reads.
        *read = Some(Instant::now());
    }

    fn set_stored(&self, usage: StoredUsage) {
        let gauges = [
            (&self.stored_buckets, usage.buckets),
            (&self.stored_objects, usage.objects),
            (&self.stored_bytes, usage.bytes),
        ];
        for (gauge, value) in gauges {
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        }
    }

    /// Everything in the OpenMetrics text format, which Prometheus reads.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// A connection that counts as open until this is dropped.
pub struct OpenConnection(Gauge);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.dec();
    }
}

fn status_class(status: u16) -> &'static str {
    match status / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        5 => "5xx",
        _ => "other",
    }
}

/// Whole seconds: a double holds them exactly for the next 285 million years.
fn seconds(time: Timestamp) -> f64 {
    Duration::from_secs(u64::try_from(time.unix_seconds()).unwrap_or_default()).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has_line(metrics: &Metrics, line: &str) {
        let text = metrics.text().unwrap();
        assert!(text.lines().any(|other| other == line), "no line {line} in\n{text}");
    }

    #[test]
    fn requests_are_counted_by_operation_status_and_code() {
        let metrics = Metrics::new("1.2.3", Timestamp::from_unix_seconds(1_700_000_000));
        let millisecond = Duration::from_millis(1);
        metrics.observe(Some("GetObject"), 200, None, millisecond, 0, 5000);
        metrics.observe(Some("GetObject"), 206, None, millisecond, 0, 500);
        metrics.observe(Some("PutObject"), 403, Some("AccessDenied"), millisecond, 70, 200);
        metrics.observe(None, 400, Some("InvalidURI"), millisecond, 0, 0);
        for line in [
            r#"grantry_requests_total{operation="GetObject",status="2xx",code=""} 2"#,
            r#"grantry_requests_total{operation="PutObject",status="4xx",code="AccessDenied"} 1"#,
            r#"grantry_requests_total{operation="Unknown",status="4xx",code="InvalidURI"} 1"#,
            r#"grantry_request_duration_seconds_bucket{le="0.001",operation="GetObject"} 2"#,
            r#"grantry_request_duration_seconds_count{operation="PutObject"} 1"#,
            "grantry_request_body_bytes_total 70",
            "grantry_response_body_bytes_total 5700",
            "process_start_time_seconds 1700000000.0",
            r#"grantry_build_info{version="1.2.3"} 1"#,
        ] {
            has_line(&metrics, line);
        }
    }

    #[test]
    fn a_connection_is_open_until_it_is_dropped() {
        let metrics = Metrics::new("1.2.3", Timestamp::default());
        let first = metrics.connection_opened();
        let second = metrics.connection_opened();
        has_line(&metrics, "grantry_connections_open 2");
        drop(first);
        has_line(&metrics, "grantry_connections_open 1");
        drop(second);
        has_line(&metrics, "grantry_connections_open 0");
    }

    #[test]
    fn stored_amounts() {
        let metrics = Metrics::new("1.2.3", Timestamp::default());
        metrics.set_stored(StoredUsage { buckets: 2, objects: 30, bytes: u64::MAX });
        has_line(&metrics, "grantry_stored_buckets 2");
        has_line(&metrics, "grantry_stored_objects 30");
        has_line(&metrics, &format!("grantry_stored_bytes {}", i64::MAX));
    }
}
