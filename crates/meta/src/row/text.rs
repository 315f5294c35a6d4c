//! Values that are stored as short texts, so that an operator can read them.

use model::{Checksum, ChecksumAlgorithm, ChecksumType};

use crate::bucket::Versioning;

/// The column `bucket.versioning`.
pub(crate) fn versioning_text(versioning: Versioning) -> &'static str {
    match versioning {
        Versioning::Off => "off",
        Versioning::Enabled => "enabled",
        Versioning::Suspended => "suspended",
    }
}

/// Reads [`versioning_text`].
pub(crate) fn parse_versioning(text: &str) -> Option<Versioning> {
    [Versioning::Off, Versioning::Enabled, Versioning::Suspended]
        .into_iter()
        .find(|&versioning| versioning_text(versioning) == text)
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
