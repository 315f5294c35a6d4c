//! The figures, as a table and as JSON.

use std::fmt::Write as _;

use serde::Serialize;

use crate::failure::Failure;
use crate::statistics::{float, median, range};
use crate::workload::{Aim, Operation, Workload, size_text};

const MEBIBYTE: f64 = 1024.0 * 1024.0;

/// Everything that was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// Memory before the first request.
    pub(crate) idle: Vec<Idle>,
    /// One for each workload on each server; those of one workload stand together.
    pub(crate) lines: Vec<Line>,
}

/// Memory of a server before the first request.
#[derive(Debug, Serialize)]
pub(crate) struct Idle {
    /// Its name.
    pub(crate) server: String,
    /// Resident memory.
    pub(crate) resident_bytes: u64,
}

/// One workload on one server.
#[derive(Debug, Serialize)]
pub(crate) struct Line {
    /// The server's name.
    pub(crate) server: String,
    /// What was done.
    pub(crate) workload: Workload,
    /// What was seen.
    pub(crate) rounds: Vec<Round>,
}

/// What was seen in one round.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Round {
    /// Good answers within the measured time.
    pub(crate) requests: u64,
    /// Bad answers and lost connections within it.
    pub(crate) errors: u64,
    /// What the first of them was, warm-up included.
    pub(crate) first_error: Option<String>,
    /// The measured time.
    pub(crate) seconds: f64,
    /// Good answers a second.
    pub(crate) requests_per_second: f64,
    /// Time that half of the good answers did not exceed.
    pub(crate) p50_micros: Option<f64>,
    /// Time that 99 of 100 did not exceed.
    pub(crate) p99_micros: Option<f64>,
    /// Processor time of the server, user and system, for one good answer.
    pub(crate) server_cpu_micros_per_request: Option<f64>,
    /// The same of the generator.
    pub(crate) generator_cpu_micros_per_request: Option<f64>,
    /// Resident memory of the server at the end.
    pub(crate) resident_bytes: Option<u64>,
    /// The most it ever was.
    pub(crate) peak_bytes: Option<u64>,
    /// `write_bytes` of the server for one good answer: page cache made dirty.
    pub(crate) written_bytes_per_request: Option<f64>,
    /// What the device below the data directory wrote for one good answer, on anybody's behalf.
    pub(crate) device_bytes_per_request: Option<f64>,
    /// Processors that were busy with neither server nor generator: noise.
    pub(crate) others_processors: f64,
}

impl Line {
    fn median(&self, figure: impl Fn(&Round) -> Option<f64>) -> Option<f64> {
        median(self.rounds.iter().filter_map(figure))
    }

    fn cells(&self) -> [String; 13] {
        let workload = self.workload;
        let object = match workload.operation {
            Operation::List => "1000 keys".to_owned(),
            _ => size_text(workload.size_bytes),
        };
        let millis = |micros: Option<f64>| number(micros.map(|micros| micros / 1e3), 2);
        let mebibytes = |bytes: Option<u64>| bytes.map(|bytes| float(bytes) / MEBIBYTE);
        let errors: u64 = self.rounds.iter().map(|round| round.errors).sum();
        [
            format!("{} {object} x{}", workload.operation.name(), workload.connections),
            format!("{} ({})", self.server, workload.signing.name()),
            number(self.median(|round| Some(round.requests_per_second)), 0),
            millis(self.median(|round| round.p50_micros)),
            millis(self.median(|round| round.p99_micros)),
            errors.to_string(),
            self.cpu_cell(),
            number(self.median(|round| round.generator_cpu_micros_per_request), 1),
            number(self.median(|round| mebibytes(round.resident_bytes)), 1),
            number(self.median(|round| mebibytes(round.peak_bytes)), 1),
            number(self.median(|round| round.written_bytes_per_request), 0),
            number(self.median(|round| round.device_bytes_per_request), 0),
            number(self.median(|round| Some(round.others_processors)), 2),
        ]
    }

    /// The median, and behind it the smallest and the largest.
    fn cpu_cell(&self) -> String {
        let cpu = |round: &Round| round.server_cpu_micros_per_request;
        match range(self.rounds.iter().filter_map(cpu)) {
            Some((low, high)) => {
                format!("{} ({low:.1}-{high:.1})", number(self.median(cpu), 1))
            }
            None => number(None, 1),
        }
    }
}

const HEADINGS: [&str; 13] = [
    "workload",
    "server",
    "req/s",
    "p50 ms",
    "p99 ms",
    "errors",
    "server CPU us/req",
    "generator us/req",
    "RSS MiB",
    "peak MiB",
    "dirtied B/req",
    "device B/req",
    "others CPUs",
];

impl Report {
    /// As JSON, all rounds of it.
    pub(crate) fn json(&self) -> Result<String, Failure> {
        let text = serde_json::to_string_pretty(self);
        text.map(|text| text + "\n").map_err(|error| Failure::new("cannot write JSON", error))
    }

    /// As tables of medians: the figures, the aims, and the ratios of two servers.
    pub(crate) fn table(&self) -> String {
        let mut rows = vec![HEADINGS.map(str::to_owned)];
        rows.extend(self.lines.iter().map(Line::cells));
        let mut text = String::new();
        for idle in &self.idle {
            let mebibytes = float(idle.resident_bytes) / MEBIBYTE;
            let _ = writeln!(text, "{}: {mebibytes:.1} MiB resident when idle", idle.server);
        }
        text.push('\n');
        text.push_str(&align(&rows));
        for (title, notes) in
            [("Aims", self.aims()), ("Ratios", self.ratios()), ("Errors", self.errors())]
        {
            if !notes.is_empty() {
                let _ = write!(text, "\n{title}\n{notes}");
            }
        }
        text
    }

    fn aims(&self) -> String {
        let mut text = String::new();
        for (index, line) in self.lines.iter().enumerate() {
            let Some(aim) = line.workload.aim else { continue };
            if line.server == "nginx" {
                continue;
            }
            let (found, wanted) = match aim {
                Aim::ServerCpuMicrosAtMost(most) => {
                    let found = line.median(|round| round.server_cpu_micros_per_request);
                    (found.map(|found| (found, found <= most)), format!("at most {most:.0} us"))
                }
                Aim::NginxRatioAtLeast(least) => {
                    let nginx = self.lines.get(index + 1).filter(|next| next.server == "nginx");
                    let found = nginx.and_then(|nginx| {
                        ratio(line, nginx, |round| Some(round.requests_per_second))
                    });
                    let wanted = format!("at least {least} of nginx's req/s");
                    (found.map(|found| (found, found >= least)), wanted)
                }
            };
            let [name, ..] = line.cells();
            let verdict = match found {
                Some((found, true)) => format!("{found:.2}, reached"),
                Some((found, false)) => format!("{found:.2}, missed"),
                None => "not measured".to_owned(),
            };
            let _ = writeln!(text, "  {name}: {wanted}: {verdict}");
        }
        text
    }

    /// Of the first server to the second, round by round.
    fn ratios(&self) -> String {
        let mut text = String::new();
        for pair in self.lines.windows(2) {
            let [first, second] = pair else { continue };
            let (left, right) = (first.workload, second.workload);
            let same = left.operation == right.operation
                && left.size_bytes == right.size_bytes
                && left.connections == right.connections;
            if !same || first.server == second.server {
                continue;
            }
            let [name, ..] = first.cells();
            let _ = writeln!(
                text,
                "  {name}, {} / {}: req/s {}, server CPU {}, p99 {}",
                first.server,
                second.server,
                number(ratio(first, second, |round| Some(round.requests_per_second)), 2),
                number(ratio(first, second, |round| round.server_cpu_micros_per_request), 2),
                number(ratio(first, second, |round| round.p99_micros), 2),
            );
        }
        text
    }

    fn errors(&self) -> String {
        let mut text = String::new();
        for line in &self.lines {
            let error = line.rounds.iter().find_map(|round| round.first_error.as_ref());
            if let Some(error) = error {
                let [name, server, ..] = line.cells();
                let _ = writeln!(text, "  {name}, {server}: {error}");
            }
        }
        text
    }
}

/// The median of the ratios of rounds that ran one after the other: what disturbed the machine for
/// longer than a round disturbed both.
fn ratio(first: &Line, second: &Line, figure: impl Fn(&Round) -> Option<f64>) -> Option<f64> {
    let pairs = first.rounds.iter().zip(&second.rounds);
    let ratios = pairs.filter_map(|(first, second)| {
        let divisor = figure(second).filter(|divisor| *divisor > 0.0)?;
        Some(figure(first)? / divisor)
    });
    median(ratios)
}

fn number(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.decimals$}"))
}

/// Columns of equal width; the first two begin at the left, numbers end at the right.
fn align<const COLUMNS: usize>(rows: &[[String; COLUMNS]]) -> String {
    const TEXT_COLUMNS: usize = 2;
    let mut widths = [0; COLUMNS];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (index, (width, cell)) in widths.iter().zip(row).enumerate() {
            let _ = if index < TEXT_COLUMNS {
                write!(line, "{cell:<width$}  ")
            } else {
                write!(line, "{cell:>width$}  ")
            };
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests;
