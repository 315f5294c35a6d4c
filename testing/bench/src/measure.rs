//! Runs workloads in rounds and takes the figures.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::load::{Load, Observed};
use crate::nginx::Nginx;
use crate::prepare;
use crate::process::{self, Usage};
use crate::report::{Idle, Line, Report, Round};
use crate::server::Server;
use crate::statistics::{float, per_request, percentile};
use crate::target::Target;
use crate::workload::{Operation, Signing, Workload};

/// How long servers are left alone before their idle memory is read.
const SETTLE: Duration = Duration::from_millis(500);

/// Measures all workloads on all servers.
pub(crate) async fn run(arguments: &Arguments) -> Result<Report, Failure> {
    let workloads = arguments.workloads();
    let given = arguments.targets()?;
    let servers = Servers::start(arguments, &workloads)?;
    let targets = servers.targets(arguments, given);
    tokio::time::sleep(SETTLE).await;
    let idle = targets.iter().map(idle).collect::<Result<Vec<_>, Failure>>()?;
    let mut lines = Vec::new();
    for workload in &workloads {
        lines.extend(measure(arguments, &targets, workload).await?);
    }
    Ok(Report { idle: idle.into_iter().flatten().collect(), lines })
}

/// The servers that were started here.
struct Servers {
    grantry: Option<Server>,
    nginx: Option<Nginx>,
}

impl Servers {
    fn start(arguments: &Arguments, workloads: &[Workload]) -> Result<Self, Failure> {
        let directory = arguments.directory();
        let grantry = arguments
            .starts_server()
            .then(|| Server::start(&arguments.server, &directory))
            .transpose()?;
        let nginx = arguments
            .nginx
            .as_ref()
            .map(|program| Nginx::start(program, &directory, &arguments.bucket, workloads))
            .transpose()?;
        Ok(Self { grantry, nginx })
    }

    /// Ours first, the yardstick last.
    fn targets(&self, arguments: &Arguments, given: Vec<Target>) -> Vec<Target> {
        let mut targets = Vec::new();
        if let Some(server) = &self.grantry {
            targets.push(server.target(&arguments.region, &arguments.bucket));
        }
        targets.extend(given);
        targets.extend(self.nginx.as_ref().map(|nginx| nginx.target(&arguments.bucket)));
        targets
    }
}

fn idle(target: &Target) -> Result<Option<Idle>, Failure> {
    let Some(pid) = target.pid else { return Ok(None) };
    let resident_bytes = process::memory(pid)?.resident_bytes;
    Ok(Some(Idle { server: target.name.clone(), resident_bytes }))
}

/// All rounds of one workload: A, B, A, B …
async fn measure(
    arguments: &Arguments,
    targets: &[Target],
    workload: &Workload,
) -> Result<Vec<Line>, Failure> {
    let able = |target: &&Target| !target.read_only || workload.operation.reads_an_object();
    let targets: Vec<&Target> = targets.iter().filter(able).collect();
    let mut lines = Vec::new();
    for target in &targets {
        prepare::once(target, workload, arguments.list_keys).await?;
        let signing = if target.credentials.is_some() { workload.signing } else { Signing::None };
        let workload = Workload { signing, ..*workload };
        lines.push(Line { server: target.name.clone(), workload, rounds: Vec::new() });
    }
    for _ in 0..arguments.rounds {
        for (target, line) in targets.iter().zip(&mut lines) {
            line.rounds.push(round(arguments, target, workload).await?);
        }
    }
    Ok(lines)
}

async fn round(
    arguments: &Arguments,
    target: &Target,
    workload: &Workload,
) -> Result<Round, Failure> {
    let run = run_name();
    let delete_keys = arguments.delete_keys as u64;
    prepare::round(target, workload, &run, delete_keys).await?;
    let source = prepare::source(target, workload, &run, arguments.list_keys, delete_keys)?;
    let directory = arguments.directory();
    // What is deleted in a warm-up could not be deleted again.
    let warm_up = match workload.operation {
        Operation::Delete => Duration::ZERO,
        _ => arguments.warm_up,
    };
    // Before the first request, so that a workload without warm-up is seen from its beginning.
    let mut before = Snapshot::take(target, &directory)?;
    let mut load = Load::start(&target.authority, workload.connections, source).await?;
    if !warm_up.is_zero() {
        tokio::time::sleep(warm_up).await;
        before = Snapshot::take(target, &directory)?;
    }
    // Whichever comes first: the end of the time, or of the requests.
    let _ = tokio::time::timeout(arguments.seconds, load.finished()).await;
    let after = Snapshot::take(target, &directory)?;
    let observed = load.stop().await;
    figures(target, &observed, &before, &after)
}

/// A name for the keys of one round, which nobody used before.
fn run_name() -> String {
    static ROUNDS: AtomicU64 = AtomicU64::new(0);
    let round = ROUNDS.fetch_add(1, Ordering::Relaxed);
    let start = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("run/{:x}-{round}", start.as_millis())
}

/// The meters at one moment.
struct Snapshot {
    at: Instant,
    server: Option<Usage>,
    generator_cpu: Duration,
    device_written_bytes: Option<u64>,
    machine_busy: Duration,
}

impl Snapshot {
    fn take(target: &Target, directory: &Path) -> Result<Self, Failure> {
        Ok(Self {
            at: Instant::now(),
            server: target.pid.map(process::usage).transpose()?,
            generator_cpu: process::own_cpu()?,
            device_written_bytes: process::device_written_bytes(directory),
            machine_busy: process::machine_busy()?,
        })
    }
}

fn figures(
    target: &Target,
    observed: &Observed,
    before: &Snapshot,
    after: &Snapshot,
) -> Result<Round, Failure> {
    let nanos = observed.latencies_nanos(before.at, after.at);
    let requests = nanos.len() as u64;
    let seconds = after.at.duration_since(before.at).as_secs_f64();
    let memory = target.pid.map(process::memory).transpose()?;
    let server_cpu =
        before.server.zip(after.server).map(|(from, to)| to.cpu.saturating_sub(from.cpu));
    let generator_cpu = after.generator_cpu.saturating_sub(before.generator_cpu);
    let others = after
        .machine_busy
        .saturating_sub(before.machine_busy)
        .saturating_sub(server_cpu.unwrap_or_default())
        .saturating_sub(generator_cpu);
    let written = before
        .server
        .zip(after.server)
        .and_then(|(from, to)| Some(to.written_bytes?.saturating_sub(from.written_bytes?)));
    let device = before.device_written_bytes.zip(after.device_written_bytes);
    let device = device.map(|(from, to)| to.saturating_sub(from));
    let micros = |cpu: Duration| per_request(cpu.as_secs_f64() * 1e6, requests);
    let latency = |percent| percentile(&nanos, percent).map(|nanos| float(nanos) / 1e3);
    Ok(Round {
        requests,
        errors: observed.errors(before.at, after.at),
        first_error: observed.first_error.clone(),
        seconds,
        requests_per_second: float(requests) / seconds,
        p50_micros: latency(50),
        p99_micros: latency(99),
        server_cpu_micros_per_request: server_cpu.and_then(micros),
        generator_cpu_micros_per_request: micros(generator_cpu),
        resident_bytes: memory.map(|memory| memory.resident_bytes),
        peak_bytes: memory.map(|memory| memory.peak_bytes),
        written_bytes_per_request: written.and_then(|bytes| per_request(float(bytes), requests)),
        device_bytes_per_request: device.and_then(|bytes| per_request(float(bytes), requests)),
        others_processors: others.as_secs_f64() / seconds,
    })
}
