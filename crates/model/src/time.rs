//! Points in time. Nothing here reads a clock.

/// Seconds of a day. UTC has no leap seconds here, as nowhere in POSIX.
pub const DAY_SECONDS: i64 = 24 * 60 * 60;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp {
    /// Milliseconds since the epoch; negative before it.
    pub unix_millis: i64,
}

impl Timestamp {
    /// The time with this number of milliseconds since the epoch.
    pub const fn from_unix_millis(unix_millis: i64) -> Self {
        Self { unix_millis }
    }

    /// The time with this number of whole seconds since the epoch.
    pub const fn from_unix_seconds(seconds: i64) -> Self {
        Self { unix_millis: seconds.saturating_mul(1000) }
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn unix_seconds(self) -> i64 {
        self.unix_millis.div_euclid(1000)
    }

    /// Without the fraction of a second, as HTTP dates and conditional requests see it.
    #[must_use]
    pub const fn truncated_to_seconds(self) -> Self {
        Self::from_unix_seconds(self.unix_seconds())
    }
}
