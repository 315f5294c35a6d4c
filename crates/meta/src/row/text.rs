//! Values that are stored as short texts, so that an operator can read them.

use model::{
    Checksum, ChecksumAlgorithm, ChecksumType, DefaultRetention, ObjectLockConfiguration,
    RetentionMode, RetentionPeriod,
};

use crate::bucket::{VersionRules, Versioning};

/// The column `bucket.versioning`: `enabled`, or `enabled lock GOVERNANCE 30 days`. Object Lock stands
/// here because no lock is ever without versioning, and every write reads both.
pub(crate) fn version_rules_text(rules: VersionRules) -> String {
    let versioning = match rules.versioning {
        Versioning::Off => "off",
        Versioning::Enabled => "enabled",
        Versioning::Suspended => "suspended",
    };
    let Some(lock) = rules.object_lock else { return versioning.to_owned() };
    let Some(retention) = lock.default_retention else { return format!("{versioning} lock") };
    let mode = retention.mode.as_str();
    match retention.period {
        RetentionPeriod::Days(days) => format!("{versioning} lock {mode} {days} days"),
        RetentionPeriod::Years(years) => format!("{versioning} lock {mode} {years} years"),
    }
}

/// Reads [`version_rules_text`].
pub(crate) fn parse_version_rules(text: &str) -> Option<VersionRules> {
    let mut words = text.split(' ');
    let versioning = match words.next()? {
        "off" => Versioning::Off,
        "enabled" => Versioning::Enabled,
        "suspended" => Versioning::Suspended,
        _ => return None,
    };
    let object_lock = match words.next() {
        None => None,
        // A lock that could not be kept would be none.
        Some("lock") if versioning == Versioning::Enabled => Some(parse_lock(&mut words)?),
        Some(_) => return None,
    };
    words.next().is_none().then_some(VersionRules { versioning, object_lock })
}

fn parse_lock<'t>(words: &mut impl Iterator<Item = &'t str>) -> Option<ObjectLockConfiguration> {
    let Some(mode) = words.next() else { return Some(ObjectLockConfiguration::default()) };
    let mode = RetentionMode::parse(mode)?;
    let number = words.next()?.parse().ok()?;
    let period = match words.next()? {
        "days" => RetentionPeriod::Days(number),
        "years" => RetentionPeriod::Years(number),
        _ => return None,
    };
    Some(ObjectLockConfiguration { default_retention: Some(DefaultRetention { mode, period }) })
}

/// `CRC32C:FULL_OBJECT:HEX`, with `:PARTS` behind it if it counts parts.
pub(crate) fn checksum_text(checksum: &Checksum) -> String {
    let mut text = format!(
        "{}:{}:{}",
        checksum.algorithm.as_str(),
        checksum.checksum_type.as_str(),
        hex::encode(&checksum.value)
    );
    if let Some(parts) = checksum.parts {
        text.push(':');
        text.push_str(&parts.to_string());
    }
    text
}

/// Reads [`checksum_text`].
pub(crate) fn parse_checksum(text: &str) -> Option<Checksum> {
    let mut fields = text.split(':');
    let algorithm = ChecksumAlgorithm::parse(fields.next()?)?;
    let checksum_type = ChecksumType::parse(fields.next()?)?;
    let value = hex::decode(fields.next()?).ok()?;
    let parts = match fields.next() {
        Some(parts) => Some(parts.parse().ok()?),
        None => None,
    };
    let complete = fields.next().is_none() && value.len() == algorithm.length_bytes();
    complete.then_some(Checksum { algorithm, checksum_type, value, parts })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_rules() {
        let lock = |retention: Option<(RetentionMode, RetentionPeriod)>| {
            let default_retention =
                retention.map(|(mode, period)| DefaultRetention { mode, period });
            VersionRules {
                versioning: Versioning::Enabled,
                object_lock: Some(ObjectLockConfiguration { default_retention }),
            }
        };
        let plain = |versioning| VersionRules { versioning, object_lock: None };
        for (rules, text) in [
            (plain(Versioning::Off), "off"),
            (plain(Versioning::Enabled), "enabled"),
            (plain(Versioning::Suspended), "suspended"),
            (lock(None), "enabled lock"),
            (
                lock(Some((RetentionMode::Governance, RetentionPeriod::Days(30)))),
                "enabled lock GOVERNANCE 30 days",
            ),
            (
                lock(Some((RetentionMode::Compliance, RetentionPeriod::Years(7)))),
                "enabled lock COMPLIANCE 7 years",
            ),
        ] {
            assert_eq!(version_rules_text(rules), text);
            assert_eq!(parse_version_rules(text), Some(rules));
        }
    }

    /// RustFS GHSA-j548: a lock that could not be read was taken for no lock.
    #[test]
    fn ghsa_j548_an_unreadable_lock_is_no_unlocked_bucket() {
        for text in [
            "",
            "Enabled",
            "enabled ",
            "enabled  lock",
            "enabled locked",
            "enabled lock ",
            "enabled lock GOVERNANCE",
            "enabled lock GOVERNANCE 30",
            "enabled lock GOVERNANCE 30 months",
            "enabled lock GOVERNANCE x days",
            "enabled lock governance 30 days",
            "enabled lock GOVERNANCE 30 days more",
            "suspended lock",
            "off lock",
        ] {
            assert_eq!(parse_version_rules(text), None, "{text}");
        }
    }
}
