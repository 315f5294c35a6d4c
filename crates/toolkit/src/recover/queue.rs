//! Jobs for Sidekiq, written as its own client would write them.

use std::sync::Arc;

use parking_lot::Mutex;
use redis::{Commands as _, Connection};
use serde_json::json;

use super::fate::Worker;
use crate::application::RedisAddress;
use crate::doctor::sidekiq::{SidekiqError, connect, key_prefix};

/// The queue of the workers that fetch.
const QUEUE: &str = "pull";

/// A job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// What is to run.
    pub worker: Worker,
    /// The row.
    pub id: i64,
    /// Its own id: 24 hexadecimal digits.
    pub jid: String,
}

impl Job {
    /// A job with an id of its own.
    pub fn new(worker: Worker, id: i64) -> Result<Self, SidekiqError> {
        let mut bytes = [0; 12];
        getrandom::fill(&mut bytes)
            .map_err(|_| SidekiqError::Redis("there are no random numbers".to_owned()))?;
        Ok(Self { worker, id, jid: hex::encode(bytes) })
    }

    /// The job as Sidekiq reads it. Times are numbers with a fraction: every version takes those for
    /// seconds, while version 8 takes whole numbers for milliseconds.
    fn text(&self, now_millis: i64, is_enqueued: bool) -> String {
        let now: f64 = seconds(now_millis).parse().unwrap_or(0.0);
        let mut job = json!({
            "class": self.worker.class,
            "args": [self.id],
            "retry": self.worker.retries,
            "queue": QUEUE,
            "jid": self.jid,
            "created_at": now,
        });
        if let (true, Some(fields)) = (is_enqueued, job.as_object_mut()) {
            fields.insert("enqueued_at".to_owned(), json!(now));
        }
        job.to_string()
    }
}

/// Seconds with a fraction.
fn seconds(millis: i64) -> String {
    format!("{}.{:03}", millis.div_euclid(1000), millis.rem_euclid(1000))
}

/// What takes the jobs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Takers {
    /// Processes of Sidekiq that run.
    pub processes: usize,
    /// Those of them that take jobs of the queue.
    pub of_queue: usize,
    /// Jobs that wait already.
    pub waiting: u64,
}

/// The queues of one Sidekiq.
#[derive(Clone)]
pub struct Queues {
    connection: Arc<Mutex<Connection>>,
    prefix: String,
}

impl Queues {
    /// Connects.
    pub async fn open(address: &RedisAddress) -> Result<Self, SidekiqError> {
        let address = address.clone();
        blocking(move || {
            let mut connection = connect(&address)?;
            let prefix = key_prefix(&mut connection, &address)?;
            Ok(Self { connection: Arc::new(Mutex::new(connection)), prefix })
        })
        .await
    }

    /// Who would take the jobs.
    pub async fn takers(&self) -> Result<Takers, SidekiqError> {
        let own = self.clone();
        blocking(move || {
            let mut guard = own.connection.lock();
            let connection = &mut *guard;
            let prefix = &own.prefix;
            let processes: Vec<String> = connection.smembers(format!("{prefix}processes"))?;
            let mut takers = Takers::default();
            for process in processes {
                let info: Option<String> = connection.hget(format!("{prefix}{process}"), "info")?;
                // A process that died leaves its name, and nothing behind it.
                let Some(info) = info else { continue };
                takers.processes += 1;
                takers.of_queue += usize::from(takes(&info));
            }
            takers.waiting = connection.llen(format!("{prefix}queue:{QUEUE}"))?;
            Ok(takers)
        })
        .await
    }

    /// Gives jobs that run at once.
    pub async fn push(&self, jobs: Vec<Job>, now_millis: i64) -> Result<(), SidekiqError> {
        let own = self.clone();
        blocking(move || {
            let mut pipe = redis::pipe();
            pipe.atomic().sadd(format!("{}queues", own.prefix), QUEUE).ignore();
            for job in &jobs {
                let text = job.text(now_millis, true);
                pipe.lpush(format!("{}queue:{QUEUE}", own.prefix), text).ignore();
            }
            Ok(pipe.query::<()>(&mut *own.connection.lock())?)
        })
        .await
    }

    /// Gives jobs that run later, each with its time.
    pub async fn schedule(
        &self,
        jobs: Vec<(Job, i64)>,
        now_millis: i64,
    ) -> Result<(), SidekiqError> {
        let own = self.clone();
        blocking(move || {
            let mut pipe = redis::pipe();
            pipe.atomic();
            for (job, at_millis) in &jobs {
                let text = job.text(now_millis, false);
                pipe.zadd(format!("{}schedule", own.prefix), text, seconds(*at_millis)).ignore();
            }
            Ok(pipe.query::<()>(&mut *own.connection.lock())?)
        })
        .await
    }
}

/// Whether a process takes jobs of the queue, from what it says of itself.
fn takes(info: &str) -> bool {
    let info: serde_json::Value = serde_json::from_str(info).unwrap_or_default();
    let queues = info.get("queues").and_then(|queues| queues.as_array());
    queues.is_some_and(|queues| queues.iter().any(|queue| queue == QUEUE))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SidekiqError> + Send + 'static,
) -> Result<T, SidekiqError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(SidekiqError::Redis(error.to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_are_written_as_every_version_reads_them() {
        let worker = Worker { class: "RedownloadAvatarWorker", retries: 7 };
        let job = Job { jid: "ab".into(), ..Job::new(worker, 116_123_456_789_012_345).unwrap() };
        let text = job.text(1_700_000_000_000, true);
        assert!(text.contains("\"args\":[116123456789012345]"), "{text}");
        assert!(text.contains("\"created_at\":1700000000.0"), "a number with a fraction: {text}");
        assert!(text.contains("\"enqueued_at\":1700000000.0") && text.contains("\"retry\":7"));
        let later = job.text(1_700_000_000_250, false);
        assert!(later.contains("\"created_at\":1700000000.25") && !later.contains("enqueued_at"));
        assert!(!later.contains("\"at\""), "{later}");
    }

    #[test]
    fn every_job_has_an_id_of_its_own() {
        let worker = Worker { class: "W", retries: 3 };
        let (one, two) = (Job::new(worker, 1).unwrap(), Job::new(worker, 1).unwrap());
        assert!(one.jid.len() == 24 && one.jid != two.jid);
    }

    #[test]
    fn processes_say_which_queues_they_take() {
        assert!(takes(r#"{"queues":["default","pull"]}"#));
        assert!(!takes(r#"{"queues":["default"]}"#) && !takes("{}") && !takes("no json"));
    }
}
