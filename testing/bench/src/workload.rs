//! What is measured: an operation, the size of its objects, and how many clients call at once.

use clap::ValueEnum;
use serde::Serialize;

/// Keys in one page of a listing.
pub(crate) const LIST_PAGE_KEYS: usize = model::limits::LIST_KEYS_MAX;

/// Operations that can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Operation {
    /// PutObject, each time to a key that did not exist.
    Put,
    /// GetObject, over objects that were written before.
    Get,
    /// HeadObject, over the same objects.
    Head,
    /// DeleteObject, of objects that exist; each round writes its own first.
    Delete,
    /// ListObjectsV2, pages of 1,000 keys at places all over a bucket.
    List,
}

impl Operation {
    /// Whether a server that can only read can be asked for it.
    pub(crate) fn reads_an_object(self) -> bool {
        match self {
            Self::Get | Self::Head => true,
            Self::Put | Self::Delete | Self::List => false,
        }
    }

    /// Its name in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Put => "PUT",
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Delete => "DELETE",
            Self::List => "LIST",
        }
    }
}

/// How requests say who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Signing {
    /// With the `Authorization` header and, for a body, its SHA-256.
    Header,
    /// With the query string; the body is not signed.
    Presigned,
    /// Not at all.
    None,
}

impl Signing {
    /// Its name in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Presigned => "presigned",
            Self::None => "none",
        }
    }
}

/// What is aimed at.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Aim {
    /// Server CPU time of a request, in µs.
    ServerCpuMicrosAtMost(f64),
    /// Requests a second, divided by those of nginx in the same run.
    NginxRatioAtLeast(f64),
}

/// One line of the report.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Workload {
    /// What is called.
    pub(crate) operation: Operation,
    /// Size of the objects; without meaning for LIST, whose objects are empty.
    pub(crate) size_bytes: usize,
    /// Connections, each with one request at a time.
    pub(crate) connections: usize,
    /// How requests are signed.
    pub(crate) signing: Signing,
    /// What is aimed at, if anything.
    pub(crate) aim: Option<Aim>,
}

/// The workloads for which there are aims, with these aims.
pub(crate) fn standard() -> Vec<Workload> {
    let cpu = |operation, size_bytes, connections, micros| Workload {
        operation,
        size_bytes,
        connections,
        signing: Signing::Header,
        aim: Some(Aim::ServerCpuMicrosAtMost(micros)),
    };
    let ratio = Workload {
        aim: Some(Aim::NginxRatioAtLeast(0.8)),
        ..cpu(Operation::Get, 16 * 1024 * 1024, 4, 0.0)
    };
    vec![
        cpu(Operation::Get, 1024, 64, 25.0),
        cpu(Operation::Head, 1024, 64, 20.0),
        cpu(Operation::Put, 1024, 64, 90.0),
        cpu(Operation::Put, 128 * 1024, 16, 400.0),
        cpu(Operation::Get, 128 * 1024, 16, 80.0),
        cpu(Operation::Delete, 1024, 64, 60.0),
        cpu(Operation::List, 0, 16, 1000.0),
        ratio,
    ]
}

/// A size as it is written: `1 KiB`, `16 MiB`, `17 B`.
pub(crate) fn size_text(bytes: usize) -> String {
    const UNITS: [(usize, &str); 2] = [(1024 * 1024, "MiB"), (1024, "KiB")];
    for (unit, name) in UNITS {
        if bytes >= unit && bytes.is_multiple_of(unit) {
            return format!("{} {name}", bytes / unit);
        }
    }
    format!("{bytes} B")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_written_in_the_largest_whole_unit() {
        for (bytes, text) in [
            (0, "0 B"),
            (17, "17 B"),
            (1024, "1 KiB"),
            (1025, "1025 B"),
            (128 * 1024, "128 KiB"),
            (16 * 1024 * 1024, "16 MiB"),
        ] {
            assert_eq!(size_text(bytes), text);
        }
    }

    #[test]
    fn every_standard_workload_has_an_aim() {
        assert!(standard().iter().all(|workload| workload.aim.is_some()));
    }
}
