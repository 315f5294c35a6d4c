//! Object Lock: what keeps a version from being removed, and the setting of a bucket.
//!
//! AWS: "Locking objects with Object Lock". Texts of errors as they were observed by users of
//! Amazon S3.

use crate::error::S3Error;
use crate::error_code::ErrorCode;
use crate::limits::{RETENTION_DAYS_MAX, RETENTION_YEARS_MAX};
use crate::time::Timestamp;

const MILLIS_PER_DAY: i64 = 24 * 60 * 60 * 1000;
const DAYS_PER_YEAR: u32 = 365;

/// How strict a retention is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RetentionMode {
    /// Whoever may bypass it can lift it.
    Governance,
    /// Nobody can lift it, the root user included.
    Compliance,
}

impl RetentionMode {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Governance => "GOVERNANCE",
            Self::Compliance => "COMPLIANCE",
        }
    }

    /// The mode with this name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Governance, Self::Compliance].into_iter().find(|mode| mode.as_str() == text)
    }
}

/// Until when a version stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Retention {
    /// How strict it is.
    pub mode: RetentionMode,
    /// The first moment at which it no longer holds.
    pub retain_until: Timestamp,
}

/// Whether the request may lift a governance retention: it says so, and that was allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GovernanceBypass {
    /// It may not.
    #[default]
    No,
    /// `x-amz-bypass-governance-retention: true` and `s3:BypassGovernanceRetention`.
    Authorized,
}

impl GovernanceBypass {
    /// The right of an allowed request that asked for it, or did not.
    pub fn allowed_if(is_asked: bool) -> Self {
        if is_asked { Self::Authorized } else { Self::No }
    }
}

impl Retention {
    /// Whether it holds at `now`, for somebody with this right.
    pub fn holds(self, now: Timestamp, bypass: GovernanceBypass) -> bool {
        let is_bypassed =
            self.mode == RetentionMode::Governance && bypass == GovernanceBypass::Authorized;
        now < self.retain_until && !is_bypassed
    }

    /// Whether it may be replaced by `new`, or taken away. One that holds may only be extended, and
    /// compliance never becomes governance.
    pub fn may_become(self, new: Option<Self>, now: Timestamp, bypass: GovernanceBypass) -> bool {
        let extends =
            new.is_some_and(|new| new.mode == self.mode && new.retain_until >= self.retain_until);
        extends || !self.holds(now, bypass)
    }
}

/// The lock of one version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ObjectLock {
    /// Until when it stays, if it has or had a retention.
    pub retention: Option<Retention>,
    /// Whether a legal hold keeps it; `None` if it never had one.
    pub legal_hold: Option<bool>,
}

impl ObjectLock {
    /// Whether the version must not be removed.
    pub fn forbids_removal(&self, now: Timestamp, bypass: GovernanceBypass) -> bool {
        self.legal_hold == Some(true)
            || self.retention.is_some_and(|retention| retention.holds(now, bypass))
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Checks what a request asks for. Error: `InvalidArgument` if the retention would be over.
    pub fn check_future(&self, now: Timestamp, argument: &str) -> Result<(), S3Error> {
        match self.retention {
            Some(retention) if retention.retain_until <= now => Err(S3Error::with_message(
                ErrorCode::InvalidArgument,
                "The retain until date must be in the future!",
            )
            .field("ArgumentName", argument)),
            _ => Ok(()),
        }
    }
}

/// What Object Lock was asked to let happen to a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LockedChange {
    /// Removing the version for good.
    Removal,
    /// Giving it this retention in the place of the one that it has, or none.
    Retention(Option<Retention>),
}

/// A change that Object Lock rules on, and the lock that does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LockRefusal {
    /// The lock of the version.
    pub lock: ObjectLock,
    /// What was to happen.
    pub change: LockedChange,
}

impl LockRefusal {
    /// Whether the lock forbids the change at `now`, to somebody with this right.
    pub fn stands(&self, now: Timestamp, bypass: GovernanceBypass) -> bool {
        match self.change {
            LockedChange::Removal => self.lock.forbids_removal(now, bypass),
            LockedChange::Retention(new) => {
                self.lock.retention.is_some_and(|old| !old.may_become(new, now, bypass))
            }
        }
    }

    /// The legal hold that forbids it. It says nothing about retentions.
    pub fn is_held(&self) -> bool {
        self.change == LockedChange::Removal && self.lock.legal_hold == Some(true)
    }
}

/// How long new versions are retained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RetentionPeriod {
    /// Days of 24 hours.
    Days(u32),
    /// Years of 365 days.
    Years(u32),
}

impl RetentionPeriod {
    fn days(self) -> u32 {
        match self {
            Self::Days(days) => days,
            Self::Years(years) => years.saturating_mul(DAYS_PER_YEAR),
        }
    }
}

/// The retention of new versions that say nothing about theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DefaultRetention {
    /// How strict it is.
    pub mode: RetentionMode,
    /// How long it lasts.
    pub period: RetentionPeriod,
}

impl DefaultRetention {
    /// Checks the period, which came as numbers of any sign. Error: `InvalidRetentionPeriod`.
    pub fn new(
        mode: RetentionMode,
        days: Option<i64>,
        years: Option<i64>,
    ) -> Result<Self, S3Error> {
        let (number, max, period): (_, _, fn(u32) -> RetentionPeriod) = match (days, years) {
            (Some(days), None) => (days, RETENTION_DAYS_MAX, RetentionPeriod::Days),
            (None, Some(years)) => (years, RETENTION_YEARS_MAX, RetentionPeriod::Years),
            _ => return Err(ErrorCode::MalformedXML.into()),
        };
        if number <= 0 {
            return Err(S3Error::with_message(
                ErrorCode::InvalidRetentionPeriod,
                "Default retention period must be a positive integer value.",
            ));
        }
        let number =
            u32::try_from(number).ok().filter(|number| *number <= max).ok_or_else(|| {
                S3Error::with_message(
                    ErrorCode::InvalidRetentionPeriod,
                    "Default retention period is too large.",
                )
            })?;
        Ok(Self { mode, period: period(number) })
    }

    /// The retention of a version written at `now`.
    pub fn of_version(self, now: Timestamp) -> Retention {
        let millis = i64::from(self.period.days()).saturating_mul(MILLIS_PER_DAY);
        let retain_until = Timestamp::from_unix_millis(now.unix_millis.saturating_add(millis));
        Retention { mode: self.mode, retain_until }
    }
}

/// That a bucket has Object Lock, which it never loses again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ObjectLockConfiguration {
    /// The retention of new versions, if there is a rule.
    pub default_retention: Option<DefaultRetention>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use RetentionMode::{Compliance, Governance};

    const NOW: Timestamp = Timestamp::from_unix_seconds(1000);
    const BYPASS: [GovernanceBypass; 2] = [GovernanceBypass::No, GovernanceBypass::Authorized];

    fn until(mode: RetentionMode, seconds: i64) -> Retention {
        Retention { mode, retain_until: Timestamp::from_unix_seconds(seconds) }
    }

    #[test]
    fn removal() {
        let check = |retention, legal_hold, expected: [bool; 2]| {
            let lock = ObjectLock { retention, legal_hold };
            assert_eq!(
                BYPASS.map(|bypass| lock.forbids_removal(NOW, bypass)),
                expected,
                "{lock:?}"
            );
        };
        check(None, None, [false, false]);
        check(None, Some(false), [false, false]);
        check(None, Some(true), [true, true]);
        check(Some(until(Governance, 1001)), None, [true, false]);
        check(Some(until(Compliance, 1001)), None, [true, true]);
        check(Some(until(Compliance, 1000)), Some(false), [false, false]);
        check(Some(until(Governance, 999)), None, [false, false]);
        check(Some(until(Governance, 1001)), Some(true), [true, true]);
        check(Some(until(Governance, 999)), Some(true), [true, true]);
    }

    #[test]
    fn changes_of_a_retention() {
        let check = |old: Retention, new: Option<Retention>, expected: [bool; 2]| {
            let found = BYPASS.map(|bypass| old.may_become(new, NOW, bypass));
            assert_eq!(found, expected, "{old:?} {new:?}");
        };
        let (governance, compliance) = (until(Governance, 2000), until(Compliance, 2000));
        check(governance, Some(until(Governance, 2000)), [true, true]);
        check(governance, Some(until(Governance, 3000)), [true, true]);
        check(governance, Some(until(Governance, 1999)), [false, true]);
        check(governance, Some(until(Compliance, 3000)), [false, true]);
        check(governance, None, [false, true]);
        check(compliance, Some(until(Compliance, 3000)), [true, true]);
        check(compliance, Some(until(Compliance, 1999)), [false, false]);
        check(compliance, None, [false, false]);
        // Ceph bug 1989752: compliance could become governance.
        check(compliance, Some(until(Governance, 9000)), [false, false]);
        check(until(Compliance, 1000), Some(until(Governance, 2000)), [true, true]);
        check(until(Compliance, 1000), None, [true, true]);
    }

    #[test]
    fn refusals() {
        let governance = until(Governance, 2000);
        let check = |change, retention, legal_hold, expected: [bool; 2]| {
            let refusal = LockRefusal { lock: ObjectLock { retention, legal_hold }, change };
            let found = BYPASS.map(|bypass| refusal.stands(NOW, bypass));
            assert_eq!(found, expected, "{refusal:?}");
        };
        let (removal, held) = (LockedChange::Removal, Some(true));
        check(removal, Some(governance), None, [true, false]);
        check(removal, None, held, [true, true]);
        check(LockedChange::Retention(None), Some(governance), held, [true, false]);
        check(LockedChange::Retention(Some(governance)), Some(governance), held, [false, false]);
        check(LockedChange::Retention(None), None, held, [false, false]);
    }

    #[test]
    fn default_periods() {
        let check = |days, years, expected: Result<i64, ErrorCode>| {
            let found = DefaultRetention::new(Governance, days, years);
            let until = found.map(|default| default.of_version(NOW).retain_until.unix_seconds());
            assert_eq!(until.map_err(|error| error.code()), expected, "{days:?} {years:?}");
        };
        check(Some(1), None, Ok(1000 + 86_400));
        check(None, Some(2), Ok(1000 + 730 * 86_400));
        check(Some(36_500), None, Ok(1000 + 36_500 * 86_400));
        check(None, Some(100), Ok(1000 + 36_500 * 86_400));
        for number in [0, -1, i64::MIN, 36_501, i64::MAX] {
            check(Some(number), None, Err(ErrorCode::InvalidRetentionPeriod));
            check(None, Some(number), Err(ErrorCode::InvalidRetentionPeriod));
        }
        check(None, Some(101), Err(ErrorCode::InvalidRetentionPeriod));
        check(Some(1), Some(1), Err(ErrorCode::MalformedXML));
        check(None, None, Err(ErrorCode::MalformedXML));
    }

    #[test]
    fn only_the_future_can_be_asked_for() {
        let asked = |seconds| {
            let lock = ObjectLock { retention: Some(until(Governance, seconds)), legal_hold: None };
            lock.check_future(NOW, "x").map_err(|error| error.code())
        };
        assert_eq!(asked(1001), Ok(()));
        assert_eq!(asked(1000), Err(ErrorCode::InvalidArgument));
        assert_eq!(ObjectLock::default().check_future(NOW, "x"), Ok(()));
    }
}
