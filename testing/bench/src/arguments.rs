//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use model::BucketName;

use crate::failure::Failure;
use crate::server;
use crate::target::{self, Credentials, Target};
use crate::workload::{self, Operation, Signing, Workload};

/// Largest object: its body is held in memory.
const SIZE_BYTES_MAX: usize = 1024 * 1024 * 1024;
/// Most connections: each takes a descriptor here and one in a server that was started here.
const CONNECTIONS_MAX: usize = 4096;
/// Longest phase of a round: dates of signatures, which are made before, stay in range for 15
/// minutes.
const PHASE_SECONDS_MAX: f64 = 300.0;
const ROUNDS_MAX: usize = 100;
const THREADS_MAX: usize = 64;
const KEYS_MAX: usize = 10_000_000;
/// Servers that can be compared.
const TARGETS_MAX: usize = 2;

/// Loads an S3 endpoint and says what a request costs the server.
///
/// Without an endpoint, starts target/release/grantry on an empty data directory on loopback.
/// Without operations, runs the workloads for which Grantry has aims. With two servers, each round
/// runs on one and then on the other, and ratios are shown.
///
/// The objects it writes stay in the bucket and in BUCKET-list of a server it did not start.
#[derive(Debug, Parser)]
#[command(name = "grantry-bench", version)]
pub(crate) struct Arguments {
    /// Operations to measure, in all combinations with sizes, connections and signing
    #[arg(long, value_enum, value_delimiter = ',')]
    operations: Vec<Operation>,
    /// Sizes of objects: bytes, or with KiB or MiB behind the number
    #[arg(long, value_parser = parse_size, value_delimiter = ',', default_value = "1KiB")]
    sizes: Vec<usize>,
    /// Connections, each with one request at a time
    #[arg(long, value_parser = parse_connections, value_delimiter = ',', default_value = "16")]
    connections: Vec<usize>,
    /// How requests are signed
    #[arg(long, value_enum, value_delimiter = ',', default_value = "header")]
    signing: Vec<Signing>,
    /// Measured time of a round
    #[arg(long, value_name = "SECONDS", value_parser = parse_phase, default_value = "2.5")]
    pub(crate) seconds: Duration,
    /// Time before that which does not count
    #[arg(long, value_name = "SECONDS", value_parser = parse_phase, default_value = "0.5")]
    pub(crate) warm_up: Duration,
    /// Rounds of each workload on each server; the report shows medians
    #[arg(long, value_name = "NUMBER", value_parser = parse_rounds, default_value = "3")]
    pub(crate) rounds: usize,
    /// Keys in the bucket that LIST reads
    #[arg(long, value_name = "NUMBER", value_parser = parse_keys, default_value = "50000")]
    pub(crate) list_keys: usize,
    /// Objects that a round of DELETE deletes
    #[arg(long, value_name = "NUMBER", value_parser = parse_keys, default_value = "20000")]
    pub(crate) delete_keys: usize,
    /// Endpoint to drive, http://HOST:PORT; up to two
    #[arg(long = "endpoint", value_name = "URL")]
    endpoints: Vec<String>,
    /// Access key of the endpoint; one for all, or one for each. Without, nothing is signed
    #[arg(long = "access-key-id", value_name = "ID", requires = "secrets")]
    access_key_ids: Vec<String>,
    /// Its secret
    #[arg(long = "secret-access-key", value_name = "SECRET", id = "secrets")]
    secrets: Vec<String>,
    /// Process of the endpoint, if it runs on this machine; one for each
    #[arg(long = "server-pid", value_name = "PID", requires = "endpoints")]
    server_pids: Vec<u32>,
    /// Start our own server although an endpoint is given, and compare
    #[arg(long)]
    pub(crate) own: bool,
    /// Compare reads with nginx, which is started from this program with the same objects as files
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) nginx: Option<PathBuf>,
    /// The server to start
    #[arg(long, value_name = "PROGRAM", default_value = "target/release/grantry")]
    pub(crate) server: PathBuf,
    /// Where servers that are started keep their data [default: beside the server]
    #[arg(long, value_name = "DIRECTORY")]
    directory: Option<PathBuf>,
    /// Region to sign for
    #[arg(long, default_value = "us-east-1")]
    pub(crate) region: String,
    /// Bucket to use; made if it is not there
    #[arg(long, value_parser = parse_bucket, default_value = "grantry-bench")]
    pub(crate) bucket: String,
    /// Threads of the generator
    #[arg(long, value_name = "NUMBER", value_parser = parse_threads, default_value = "1")]
    pub(crate) threads: usize,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

impl Arguments {
    /// What to measure, in order.
    pub(crate) fn workloads(&self) -> Vec<Workload> {
        if self.operations.is_empty() {
            return workload::standard();
        }
        let mut workloads = Vec::new();
        for &operation in &self.operations {
            // Sizes mean nothing to LIST: one is enough.
            let sizes: &[usize] =
                if operation == Operation::List { &[0] } else { self.sizes.as_slice() };
            for &size_bytes in sizes {
                for &connections in &self.connections {
                    workloads.extend(self.signing.iter().map(|&signing| Workload {
                        operation,
                        size_bytes,
                        connections,
                        signing,
                        aim: None,
                    }));
                }
            }
        }
        workloads
    }

    /// Whether to start a Grantry.
    pub(crate) fn starts_server(&self) -> bool {
        self.own || self.endpoints.is_empty()
    }

    /// Where servers that are started keep their data.
    pub(crate) fn directory(&self) -> PathBuf {
        self.directory.clone().unwrap_or_else(|| server::default_directory(&self.server))
    }

    /// The endpoints that were given, with their keys and processes.
    pub(crate) fn targets(&self) -> Result<Vec<Target>, Failure> {
        let count = self.endpoints.len();
        let started = usize::from(self.starts_server()) + usize::from(self.nginx.is_some());
        if count + started > TARGETS_MAX {
            return Err(Failure::new("cannot compare", "more than two servers"));
        }
        let keys = self.access_key_ids.len();
        if keys != self.secrets.len() || (keys > 1 && keys != count) {
            let why = "each endpoint needs one id and one secret, or all share one of each";
            return Err(Failure::new("cannot assign the access keys", why));
        }
        if self.server_pids.len() > count {
            return Err(Failure::new("cannot assign the processes", "more than endpoints"));
        }
        self.endpoints.iter().enumerate().map(|(index, url)| self.target(index, url)).collect()
    }

    fn target(&self, index: usize, endpoint: &str) -> Result<Target, Failure> {
        // The only key is everybody's.
        let key = if self.access_key_ids.len() == 1 { 0 } else { index };
        let credentials = match (self.access_key_ids.get(key), self.secrets.get(key)) {
            (Some(id), Some(secret)) => Some(Credentials::parse(id, secret)?),
            _ => None,
        };
        let authority = target::authority(endpoint)?;
        Ok(Target {
            name: authority.clone(),
            authority,
            credentials,
            pid: self.server_pids.get(index).copied(),
            region: self.region.clone(),
            bucket: self.bucket.clone(),
            read_only: false,
        })
    }
}

fn parse_size(text: &str) -> Result<usize, String> {
    let (number, unit) = match (text.strip_suffix("MiB"), text.strip_suffix("KiB")) {
        (Some(number), _) => (number, 1024 * 1024),
        (_, Some(number)) => (number, 1024),
        _ => (text, 1),
    };
    let number: usize = number.trim_end().parse().map_err(|_| "write 512, 1KiB or 16MiB")?;
    let size = number.checked_mul(unit).filter(|size| *size <= SIZE_BYTES_MAX);
    size.ok_or_else(|| "at most 1024MiB".to_owned())
}

fn parse_phase(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "write seconds, such as 2.5")?;
    let range = 0.0..=PHASE_SECONDS_MAX;
    if !range.contains(&seconds) {
        return Err(format!("between 0 and {PHASE_SECONDS_MAX} seconds"));
    }
    Ok(Duration::from_secs_f64(seconds))
}

fn parse_count(text: &str, max: usize) -> Result<usize, String> {
    let count = text.parse().ok().filter(|count| (1..=max).contains(count));
    count.ok_or_else(|| format!("between 1 and {max}"))
}

fn parse_connections(text: &str) -> Result<usize, String> {
    parse_count(text, CONNECTIONS_MAX)
}

fn parse_rounds(text: &str) -> Result<usize, String> {
    parse_count(text, ROUNDS_MAX)
}

fn parse_threads(text: &str) -> Result<usize, String> {
    parse_count(text, THREADS_MAX)
}

fn parse_keys(text: &str) -> Result<usize, String> {
    parse_count(text, KEYS_MAX)
}

fn parse_bucket(text: &str) -> Result<String, String> {
    // Room for `-list` must be left.
    match BucketName::parse(&format!("{text}-list")) {
        Some(_) => Ok(text.to_owned()),
        None => Err("not the name of a bucket, or too long".to_owned()),
    }
}

#[cfg(test)]
mod tests;
