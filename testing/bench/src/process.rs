//! What a process has used, from `/proc`.
//!
//! A server may be several processes (nginx has workers): a process counts with its descendants.
//! Linux manual page proc(5) has the formats.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use crate::failure::Failure;

/// Unit of memory in `/proc`.
const KIBIBYTE: u64 = 1024;
/// Unit of block device statistics, whatever the sectors of the device are.
const SECTOR_BYTES: u64 = 512;

/// What processes have used since they started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// User and system time. Its resolution is one tick of the clock, 10 ms as a rule.
    pub(crate) cpu: Duration,
    /// Bytes of page cache made dirty on behalf of it; none if the kernel does not tell us. Kernels
    /// with large folios count a whole folio for any byte of it, so this can be far too much.
    pub(crate) written_bytes: Option<u64>,
}

/// What processes hold in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Memory {
    /// Resident now (`VmRSS`).
    pub(crate) resident_bytes: u64,
    /// The most that was ever resident (`VmHWM`); of several processes, the sum of theirs.
    pub(crate) peak_bytes: u64,
}

/// Processor time of this process alone: servers that it started are its descendants.
pub(crate) fn own_cpu() -> Result<Duration, Failure> {
    cpu(std::process::id())
}

fn cpu(pid: u32) -> Result<Duration, Failure> {
    let text = read(&format!("/proc/{pid}/stat"))?;
    cpu_ticks(&text)
        .map(ticks_duration)
        .ok_or_else(|| Failure::new(format!("cannot understand /proc/{pid}/stat"), text))
}

/// What `pid` and its descendants have used.
pub(crate) fn usage(pid: u32) -> Result<Usage, Failure> {
    let mut total = Usage { cpu: Duration::ZERO, written_bytes: Some(0) };
    for pid in tree(pid) {
        total.cpu += cpu(pid)?;
        let written = read(&format!("/proc/{pid}/io")).ok();
        let written = written.and_then(|text| field(&text, "write_bytes:"));
        total.written_bytes = total.written_bytes.zip(written).map(|(sum, more)| sum + more);
    }
    Ok(total)
}

/// What `pid` and its descendants hold.
pub(crate) fn memory(pid: u32) -> Result<Memory, Failure> {
    let mut total = Memory::default();
    for pid in tree(pid) {
        let text = read(&format!("/proc/{pid}/status"))?;
        total.resident_bytes += field(&text, "VmRSS:").unwrap_or(0) * KIBIBYTE;
        total.peak_bytes += field(&text, "VmHWM:").unwrap_or(0) * KIBIBYTE;
    }
    Ok(total)
}

/// For how long the processors of this machine have worked, for whomever; steal included.
pub(crate) fn machine_busy() -> Result<Duration, Failure> {
    let text = read("/proc/stat")?;
    busy_ticks(&text)
        .map(ticks_duration)
        .ok_or_else(|| Failure::new("cannot understand /proc/stat", "no line `cpu`"))
}

/// Bytes that the block device below `directory` has written, for whomever; none if there is no
/// such device, as in memory.
pub(crate) fn device_written_bytes(directory: &Path) -> Option<u64> {
    let device = fs::metadata(directory).ok()?.dev();
    let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
    let text = fs::read_to_string(format!("/sys/dev/block/{major}:{minor}/stat")).ok()?;
    sectors_written(&text).map(|sectors| sectors * SECTOR_BYTES)
}

/// Field 7 (Linux documentation, "Block layer statistics in /sys/block/<dev>/stat").
fn sectors_written(stat: &str) -> Option<u64> {
    stat.split_whitespace().nth(6)?.parse().ok()
}

fn read(path: &str) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| Failure::new(format!("cannot read {path}"), error))
}

/// A process and its descendants, as far as they can be seen.
fn tree(pid: u32) -> Vec<u32> {
    let mut found = vec![pid];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        found.extend(children(parent));
        next += 1;
    }
    found
}

fn children(pid: u32) -> Vec<u32> {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let lists =
        threads.filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("children")).ok());
    lists
        .flat_map(|list| {
            list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>()
        })
        .collect()
}

fn ticks_duration(ticks: u64) -> Duration {
    let ticks_per_second = rustix::param::clock_ticks_per_second().max(1);
    Duration::from_micros(ticks.saturating_mul(1_000_000) / ticks_per_second)
}

/// `utime` and `stime` together. The name of the program, in parentheses, may hold anything.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    // The state follows the name and is field 3; utime is field 14, stime field 15.
    let mut fields = fields.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

/// user, nice, system, irq, softirq and steal; not idle and iowait, and not guest, which user
/// contains.
fn busy_ticks(stat: &str) -> Option<u64> {
    let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
    let fields = line.split_whitespace().take(8).enumerate();
    fields
        .filter(|(index, _)| !matches!(index, 3 | 4))
        .map(|(_, field)| field.parse::<u64>().ok())
        .sum()
}

/// The number behind a name at the start of a line.
fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_times_behind_a_name_with_parentheses() {
        let stat = "17 (a) b (c) S 1 17 17 0 -1 4194560 100 0 0 0 250 31 9 9 20 0 4 0 100 1 2";
        assert_eq!(cpu_ticks(stat), Some(281));
        assert_eq!(cpu_ticks("17 (a) S 1"), None);
        assert_eq!(cpu_ticks(""), None);
    }

    #[test]
    fn idle_time_is_not_work() {
        let stat = "cpu  1 10 100 9999 9999 1000 10000 100000 7 7\ncpu0 5 5 5 5 5 5 5 5 5 5\n";
        assert_eq!(busy_ticks(stat), Some(111_111));
        assert_eq!(busy_ticks("cpu0 1 1 1 1 1 1 1 1 1 1\n"), None);
    }

    #[test]
    fn reads_fields_by_name() {
        let io = "rchar: 1\nwchar: 2\nwrite_bytes: 4096\ncancelled_write_bytes: 8\n";
        assert_eq!(field(io, "write_bytes:"), Some(4096));
        assert_eq!(field("VmHWM:\t   11456 kB\n", "VmHWM:"), Some(11456));
        assert_eq!(field(io, "VmRSS:"), None);
    }

    #[test]
    fn reads_what_a_device_wrote() {
        let stat = "  308504 39542 15015674 787525 369249 197479 74907848 355989 0 124376 1194716";
        assert_eq!(sectors_written(stat), Some(74_907_848));
        assert_eq!(sectors_written("1 2 3"), None);
        assert_eq!(device_written_bytes(Path::new("/proc")), None);
    }

    #[test]
    fn this_process_is_seen() {
        let pid = std::process::id();
        assert_eq!(tree(pid).first(), Some(&pid));
        let memory = memory(pid).unwrap();
        assert!(memory.resident_bytes > 0 && memory.peak_bytes >= memory.resident_bytes);
        assert!(machine_busy().unwrap() > own_cpu().unwrap());
        assert!(usage(u32::MAX).is_err());
    }
}
