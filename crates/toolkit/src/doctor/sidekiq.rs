//! Sidekiq's sets of failed jobs in Redis.

use std::collections::BTreeMap;
use std::time::Duration;

use redis::{Client, Commands as _, Connection, ConnectionInfo, IntoConnectionInfo as _};
use serde::Deserialize;

use crate::application::RedisAddress;

/// Jobs of one set that are looked at. Dead sets hold 10 000 by default.
const JOBS_MAX: isize = 20_000;
/// Jobs that are asked for at once.
const PAGE: isize = 500;
const TIMEOUT: Duration = Duration::from_secs(5);

/// Jobs that failed alike.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct FailedJobs {
    /// `retry` or `dead`.
    pub set: &'static str,
    /// The class of the error.
    pub error_class: String,
    /// The class of the job.
    pub worker: String,
    /// How many.
    pub count: u64,
    /// When the first of them failed for the first time.
    pub first_unix_seconds: Option<i64>,
    /// When the last of them failed.
    pub last_unix_seconds: Option<i64>,
}

/// Redis cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum SidekiqError {
    /// As Redis says it; without the URL, which may have a password.
    #[error("{0}")]
    Redis(String),
    /// No sentinel knows the master.
    #[error("none of the sentinels {0} knows the master")]
    NoMaster(String),
}

impl From<redis::RedisError> for SidekiqError {
    fn from(error: redis::RedisError) -> Self {
        Self::Redis(format!("{:?} {}", error.kind(), error.detail().unwrap_or_default()))
    }
}

/// The part of a job that matters.
#[derive(Deserialize)]
struct Job {
    class: Option<String>,
    wrapped: Option<String>,
    error_class: Option<String>,
    failed_at: Option<f64>,
    retried_at: Option<f64>,
}

/// Connects, through sentinels if there are some.
pub fn connect(address: &RedisAddress) -> Result<Connection, SidekiqError> {
    let mut info: ConnectionInfo = address.url.as_str().into_connection_info()?;
    if let Some(master) = &address.sentinel_master
        && !address.sentinels.is_empty()
    {
        let (host, port) = master_address(address, master)?;
        info = info.set_addr(redis::ConnectionAddr::Tcp(host, port));
    }
    Ok(opened(info)?)
}

fn opened(info: ConnectionInfo) -> Result<Connection, redis::RedisError> {
    let connection = Client::open(info)?.get_connection_with_timeout(TIMEOUT)?;
    connection.set_read_timeout(Some(TIMEOUT))?;
    connection.set_write_timeout(Some(TIMEOUT))?;
    Ok(connection)
}

fn master_address(address: &RedisAddress, master: &str) -> Result<(String, u16), SidekiqError> {
    let login = address.sentinel_login.as_ref().map_or(String::new(), |(user, password)| {
        let encode = |text: &str| identity::uri::encode_query(text.as_bytes());
        format!("{}:{}@", encode(user), encode(password))
    });
    for sentinel in &address.sentinels {
        let Ok(info) = format!("redis://{login}{sentinel}").as_str().into_connection_info() else {
            continue;
        };
        let Ok(mut connection) = opened(info) else { continue };
        let asked = redis::cmd("SENTINEL")
            .arg("get-master-addr-by-name")
            .arg(master)
            .query::<(String, u16)>(&mut connection);
        if let Ok(found) = asked {
            return Ok(found);
        }
    }
    Err(SidekiqError::NoMaster(address.sentinels.join(", ")))
}

/// What stands in front of every key: the namespace with its colon if its keys exist, else nothing.
pub fn key_prefix(
    connection: &mut Connection,
    address: &RedisAddress,
) -> Result<String, SidekiqError> {
    let Some(namespace) = &address.namespace else { return Ok(String::new()) };
    for key in ["queues", "processes", "retry", "dead", "stat:processed"] {
        let is_there: bool = connection.exists(format!("{namespace}:{key}"))?;
        if is_there {
            return Ok(format!("{namespace}:"));
        }
    }
    Ok(String::new())
}

/// Jobs that wait for another try, or are given up, because of the store.
pub fn count_failures(address: &RedisAddress) -> Result<Vec<FailedJobs>, SidekiqError> {
    let mut connection = connect(address)?;
    let prefix = key_prefix(&mut connection, address)?;
    let mut groups = BTreeMap::new();
    for set in ["retry", "dead"] {
        let key = format!("{prefix}{set}");
        let mut start = 0;
        while start < JOBS_MAX {
            let jobs: Vec<String> = connection.zrange(&key, start, start + PAGE - 1)?;
            if jobs.is_empty() {
                break;
            }
            for job in &jobs {
                count(&mut groups, set, job);
            }
            start += PAGE;
        }
    }
    Ok(groups.into_values().collect())
}

fn count(
    groups: &mut BTreeMap<(&'static str, String, String), FailedJobs>,
    set: &'static str,
    job: &str,
) {
    let Ok(job) = serde_json::from_str::<Job>(job) else { return };
    let Some(error_class) = job.error_class.filter(|class| is_of_store(class)) else { return };
    let worker = job.wrapped.or(job.class).unwrap_or_default();
    let key = (set, error_class.clone(), worker.clone());
    let group = groups.entry(key).or_insert_with(|| FailedJobs {
        set,
        error_class,
        worker,
        count: 0,
        first_unix_seconds: None,
        last_unix_seconds: None,
    });
    group.count += 1;
    let first = job.failed_at.map(unix_seconds);
    let last = job.retried_at.or(job.failed_at).map(unix_seconds);
    group.first_unix_seconds = [group.first_unix_seconds, first].into_iter().flatten().min();
    group.last_unix_seconds = [group.last_unix_seconds, last].into_iter().flatten().max();
}

/// Errors of the SDK, of its connection, and of the breaker around both.
fn is_of_store(error_class: &str) -> bool {
    error_class.starts_with("Aws::S3::Errors::")
        || matches!(error_class, "Seahorse::Client::NetworkingError" | "Stoplight::Error::RedLight")
}

/// Sidekiq writes seconds up to version 7, milliseconds from 8 on.
fn unix_seconds(time: f64) -> i64 {
    let seconds = if time > 100_000_000_000.0 { time / 1000.0 } else { time };
    // No time of a job is near the limits of 64 bits.
    #[expect(clippy::cast_possible_truncation, reason = "the fraction of a second is dropped")]
    let whole = seconds.clamp(0.0, 1e15) as i64;
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_of_the_store_are_grouped() {
        let mut groups = BTreeMap::new();
        for job in [
            r#"{"class":"A","error_class":"Aws::S3::Errors::AccessDenied","failed_at":10.5}"#,
            r#"{"class":"A","error_class":"Aws::S3::Errors::AccessDenied","failed_at":5,"retried_at":1700000000123}"#,
            r#"{"class":"W","wrapped":"B","error_class":"Stoplight::Error::RedLight"}"#,
            r#"{"class":"A","error_class":"RuntimeError"}"#,
            "no json",
        ] {
            count(&mut groups, "retry", job);
        }
        let found: Vec<_> = groups.into_values().collect();
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].count, found[0].first_unix_seconds), (2, Some(5)));
        assert_eq!(found[0].last_unix_seconds, Some(1_700_000_000));
        assert_eq!(found[1].worker, "B");
    }
}
