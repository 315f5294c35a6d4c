//! The keys of log objects (§9.4).

use jiff::civil::DateTime;
use jiff::tz::Offset;
use model::{AccountId, LogKeyFormat, PartitionDateSource, Timestamp};

/// A day in UTC, which the records of one log object share where keys are made of event times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartitionDay(i64);

impl PartitionDay {
    /// The day of a time.
    pub fn of(time: Timestamp) -> Self {
        Self(time.unix_seconds().div_euclid(SECONDS_PER_DAY))
    }

    fn midnight(self) -> Timestamp {
        Timestamp::from_unix_seconds(self.0.saturating_mul(SECONDS_PER_DAY))
    }
}

const SECONDS_PER_DAY: i64 = 86_400;

/// Bytes that a key has at most besides the target prefix and the names of region and bucket.
pub const KEY_OVERHEAD_BYTES_MAX: usize = 80;

/// One log object.
#[derive(Clone, Copy, Debug)]
pub struct LogObject<'a> {
    /// The target prefix, used as it is.
    pub prefix: &'a str,
    /// How the rest is made; absent means `SimplePrefix`.
    pub format: Option<LogKeyFormat>,
    /// The account that owns the source bucket.
    pub account: AccountId,
    /// The region of the source bucket.
    pub region: &'a str,
    /// The source bucket.
    pub bucket: &'a str,
    /// When the records are delivered.
    pub delivered: Timestamp,
    /// The day of the records.
    pub day: PartitionDay,
    /// What tells log objects of one second apart; 16 hexadecimal digits are written.
    pub unique: u64,
}

impl LogObject<'_> {
    /// The key. Equal log objects have equal keys, so that a delivery which a crash cut off can be
    /// repeated.
    pub fn key(&self) -> String {
        let prefix = self.prefix;
        let unique = self.unique;
        let partition = match self.format {
            None | Some(LogKeyFormat::SimplePrefix) => {
                return format!("{prefix}{}-{unique:016X}", stamp(self.delivered));
            }
            Some(LogKeyFormat::PartitionedPrefix(source)) => source,
        };
        let time = match partition {
            PartitionDateSource::EventTime => self.day.midnight(),
            PartitionDateSource::DeliveryTime => self.delivered,
        };
        let (account, region, bucket) = (self.account, self.region, self.bucket);
        let day = civil(time).strftime("%Y/%m/%d").to_string();
        format!("{prefix}{account}/{region}/{bucket}/{day}/{}-{unique:016X}", stamp(time))
    }
}

fn stamp(time: Timestamp) -> String {
    civil(time).strftime("%Y-%m-%d-%H-%M-%S").to_string()
}

fn civil(time: Timestamp) -> DateTime {
    let known = jiff::Timestamp::from_millisecond(time.unix_millis).unwrap_or_default();
    Offset::UTC.to_datetime(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(format: Option<LogKeyFormat>) -> String {
        let event = Timestamp::from_unix_seconds(1_549_411_238);
        LogObject {
            prefix: "web",
            format,
            account: AccountId::parse("111122223333").unwrap(),
            region: "eu-central-1",
            bucket: "photos",
            delivered: Timestamp::from_unix_seconds(1_549_500_000),
            day: PartitionDay::of(event),
            unique: 0x00AB_CDEF,
        }
        .key()
    }

    #[test]
    fn keys() {
        assert_eq!(key(None), "web2019-02-07-00-40-00-0000000000ABCDEF");
        assert_eq!(key(Some(LogKeyFormat::SimplePrefix)), key(None));
        assert_eq!(
            key(Some(LogKeyFormat::PartitionedPrefix(PartitionDateSource::EventTime))),
            "web111122223333/eu-central-1/photos/2019/02/06/2019-02-06-00-00-00-0000000000ABCDEF"
        );
        assert_eq!(
            key(Some(LogKeyFormat::PartitionedPrefix(PartitionDateSource::DeliveryTime))),
            "web111122223333/eu-central-1/photos/2019/02/07/2019-02-07-00-40-00-0000000000ABCDEF"
        );
    }

    #[test]
    fn overhead_is_what_it_says() {
        let format = LogKeyFormat::PartitionedPrefix(PartitionDateSource::EventTime);
        let names = "web".len() + "eu-central-1".len() + "photos".len();
        assert!(key(Some(format)).len() - names <= KEY_OVERHEAD_BYTES_MAX);
    }
}
