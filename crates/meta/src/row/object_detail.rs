//! The column `detail` of an object: what neither its listing nor its summary shows.
//!
//! A sequence of fields, each a tag and its value; what is absent has its default. A tag that is not
//! known here makes the row unreadable: it may be what decides about access.

use model::encryption::KeyNumber;
use model::{
    BlobPlace, BlobRef, Checksum, ChecksumAlgorithm, ChecksumType, ETag, EncryptionMethod,
    ObjectEncryption, Retention, RetentionMode, Timestamp, WrappedKey,
};

use super::binary::{Decoder, Encoder, Malformed};
use super::document::AclDocument;
use crate::object::{ObjectHeaders, ObjectPart, ObjectRecord};

/// Room for a detail of common size without growing.
const DETAIL_BYTES: usize = 192;

const ACL: u8 = 1;
const USER_METADATA: u8 = 2;
const TAG: u8 = 3;
const CHECKSUM: u8 = 4;
const PART: u8 = 5;
const RETENTION: u8 = 6;
const LEGAL_HOLD: u8 = 7;
const ENCRYPTION: u8 = 8;
/// A part behind its salt.
const SALTED_PART: u8 = 9;
/// The headers follow in the order of [`ObjectHeaders::values`].
const FIRST_HEADER: u8 = 16;

/// As [`ObjectHeaders::values`].
fn headers_mut(headers: &mut ObjectHeaders) -> [&mut Option<String>; 7] {
    let ObjectHeaders {
        content_type,
        cache_control,
        content_disposition,
        content_encoding,
        content_language,
        expires,
        website_redirect_location,
    } = headers;
    [
        content_type,
        cache_control,
        content_disposition,
        content_encoding,
        content_language,
        expires,
        website_redirect_location,
    ]
}

/// Writes the column. The ACL is JSON, as that of a bucket: few objects have one.
pub(super) fn encode_detail(record: &ObjectRecord) -> Result<Vec<u8>, serde_json::Error> {
    let mut out = Encoder::with_capacity(DETAIL_BYTES);
    if let Some(acl) = &record.acl {
        out.byte(ACL);
        out.bytes(&serde_json::to_vec(&AclDocument::from(acl))?);
    }
    for (tag, value) in (FIRST_HEADER..).zip(record.headers.values()) {
        if let Some(value) = value {
            out.byte(tag);
            out.text(value);
        }
    }
    for (tag, pairs) in [(USER_METADATA, &record.user_metadata), (TAG, &record.tags)] {
        for (name, value) in pairs {
            out.byte(tag);
            out.text(name);
            out.text(value);
        }
    }
    if let Some(checksum) = &record.checksum {
        out.byte(CHECKSUM);
        encode_checksum(&mut out, checksum);
    }
    if let Some(retention) = record.lock.retention {
        out.byte(RETENTION);
        out.byte(mode_code(retention.mode));
        out.fixed(&retention.retain_until.unix_millis.to_le_bytes());
    }
    if let Some(is_held) = record.lock.legal_hold {
        out.byte(LEGAL_HOLD);
        out.byte(is_held.into());
    }
    if let Some(encryption) = &record.encryption {
        out.byte(ENCRYPTION);
        encode_encryption(&mut out, encryption);
    }
    for part in &record.parts {
        match &part.salt {
            None => out.byte(PART),
            Some(salt) => {
                out.byte(SALTED_PART);
                out.fixed(salt);
            }
        }
        encode_part(&mut out, part);
    }
    Ok(out.finish())
}

/// Reads the column into a record that has none of its fields yet.
pub(super) fn decode_detail(column: &[u8], record: &mut ObjectRecord) -> Option<()> {
    let mut column = Decoder(column);
    while !column.is_empty() {
        match column.byte()? {
            ACL => {
                let acl: AclDocument = serde_json::from_slice(column.bytes()?).ok()?;
                record.acl = Some(acl.decode()?);
            }
            USER_METADATA => record.user_metadata.push(decode_pair(&mut column)?),
            TAG => record.tags.push(decode_pair(&mut column)?),
            CHECKSUM => record.checksum = Some(decode_checksum(&mut column)?),
            ENCRYPTION => record.encryption = Some(decode_encryption(&mut column)?),
            PART => record.parts.push(decode_part(&mut column)?),
            RETENTION => record.lock.retention = Some(decode_retention(&mut column)?),
            LEGAL_HOLD => record.lock.legal_hold = Some(decode_hold(&mut column)?),
            SALTED_PART => {
                let salt = Some(column.fixed()?);
                record.parts.push(ObjectPart { salt, ..decode_part(&mut column)? });
            }
            tag => {
                let index = usize::from(tag.checked_sub(FIRST_HEADER)?);
                let header = headers_mut(&mut record.headers).into_iter().nth(index)?;
                *header = Some(column.text()?.to_owned());
            }
        }
    }
    Some(())
}

fn decode_pair(column: &mut Decoder<'_>) -> Option<(String, String)> {
    Some((column.text()?.to_owned(), column.text()?.to_owned()))
}

fn mode_code(mode: RetentionMode) -> u8 {
    match mode {
        RetentionMode::Governance => 1,
        RetentionMode::Compliance => 2,
    }
}

fn decode_retention(column: &mut Decoder<'_>) -> Option<Retention> {
    let code = column.byte()?;
    let mode = [RetentionMode::Governance, RetentionMode::Compliance]
        .into_iter()
        .find(|&mode| mode_code(mode) == code)?;
    let retain_until = Timestamp::from_unix_millis(i64::from_le_bytes(column.fixed()?));
    Some(Retention { mode, retain_until })
}

fn decode_hold(column: &mut Decoder<'_>) -> Option<bool> {
    match column.byte()? {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}

const S3_MANAGED: u8 = 1;
const KMS: u8 = 2;
const CUSTOMER: u8 = 3;
/// Flags of [`KMS`].
const HAS_CONTEXT: u8 = 1;
const BUCKET_KEY: u8 = 2;
const DUAL_LAYER: u8 = 4;

fn encode_encryption(out: &mut Encoder, encryption: &ObjectEncryption) {
    match &encryption.method {
        EncryptionMethod::S3Managed { key } => {
            out.byte(S3_MANAGED);
            out.number(key.0.into());
        }
        EncryptionMethod::Kms { key, context, bucket_key_enabled, is_dual_layer } => {
            out.byte(KMS);
            out.number(key.0.into());
            let flag = |flag, is_set| if is_set { flag } else { 0 };
            out.byte(
                flag(HAS_CONTEXT, context.is_some())
                    | flag(BUCKET_KEY, *bucket_key_enabled)
                    | flag(DUAL_LAYER, *is_dual_layer),
            );
            if let Some(context) = context {
                out.text(context);
            }
        }
        EncryptionMethod::Customer => out.byte(CUSTOMER),
    }
    out.fixed(&encryption.data_key.0);
}

fn decode_encryption(column: &mut Decoder<'_>) -> Option<ObjectEncryption> {
    let kind = column.byte()?;
    let method = match kind {
        S3_MANAGED => EncryptionMethod::S3Managed { key: decode_key_number(column)? },
        KMS => {
            let key = decode_key_number(column)?;
            let flags =
                column.byte().filter(|flags| *flags <= HAS_CONTEXT | BUCKET_KEY | DUAL_LAYER)?;
            EncryptionMethod::Kms {
                key,
                context: match flags & HAS_CONTEXT {
                    0 => None,
                    _ => Some(column.text()?.to_owned()),
                },
                bucket_key_enabled: flags & BUCKET_KEY != 0,
                is_dual_layer: flags & DUAL_LAYER != 0,
            }
        }
        CUSTOMER => EncryptionMethod::Customer,
        _ => return None,
    };
    Some(ObjectEncryption { method, data_key: WrappedKey(column.fixed()?) })
}

fn decode_key_number(column: &mut Decoder<'_>) -> Option<KeyNumber> {
    column.number()?.try_into().ok().map(KeyNumber)
}

/// The encryption of an upload, whose detail is JSON: the same bytes in hexadecimal digits.
pub(crate) fn encryption_text(encryption: &ObjectEncryption) -> String {
    let mut out = Encoder::default();
    encode_encryption(&mut out, encryption);
    hex::encode(out.finish())
}

/// Reads [`encryption_text`].
pub(crate) fn parse_encryption(text: &str) -> Option<ObjectEncryption> {
    let bytes = hex::decode(text).ok()?;
    let mut column = Decoder(&bytes);
    let encryption = decode_encryption(&mut column)?;
    column.is_empty().then_some(encryption)
}

fn encode_part(out: &mut Encoder, part: &ObjectPart) {
    out.number(part.number.into());
    out.number(part.size_bytes);
    encode_etag(out, part.etag);
    match &part.checksum {
        None => out.byte(0),
        Some(checksum) => encode_checksum(out, checksum),
    }
    let Some(blob) = part.blob else { return out.byte(0) };
    match blob.place {
        BlobPlace::Segment { segment, offset_bytes } => {
            out.byte(1);
            out.number(segment.into());
            out.number(offset_bytes);
        }
        BlobPlace::File { id } => {
            out.byte(2);
            out.fixed(&id.to_le_bytes());
        }
    }
    out.number(blob.length_bytes);
}

fn decode_part(column: &mut Decoder<'_>) -> Option<ObjectPart> {
    Some(ObjectPart {
        number: column.number()?.try_into().ok()?,
        size_bytes: column.number()?,
        etag: decode_etag(column)?,
        checksum: match decode_checksum_kind(column).ok()? {
            None => None,
            Some(kind) => Some(decode_checksum_of(kind, column)?),
        },
        blob: match column.byte()? {
            0 => None,
            kind => Some(decode_blob(kind, column)?),
        },
        salt: None,
    })
}

fn decode_blob(kind: u8, column: &mut Decoder<'_>) -> Option<BlobRef> {
    let place = match kind {
        1 => BlobPlace::Segment {
            segment: column.number()?.try_into().ok()?,
            offset_bytes: column.number()?,
        },
        2 => BlobPlace::File { id: u128::from_le_bytes(column.fixed()?) },
        _ => return None,
    };
    Some(BlobRef { place, length_bytes: column.number()? })
}

/// Adds the digest, and the number of parts plus one, or 0 if it counts none.
pub(super) fn encode_etag(out: &mut Encoder, etag: ETag) {
    out.fixed(&etag.md5);
    encode_count(out, etag.parts);
}

/// Reads [`encode_etag`].
pub(super) fn decode_etag(column: &mut Decoder<'_>) -> Option<ETag> {
    Some(ETag { md5: column.fixed()?, parts: decode_count(column).ok()? })
}

fn encode_count(out: &mut Encoder, count: Option<u16>) {
    out.number(count.map_or(0, |count| u64::from(count) + 1));
}

fn decode_count(column: &mut Decoder<'_>) -> Result<Option<u16>, Malformed> {
    match column.number().ok_or(Malformed)? {
        0 => Ok(None),
        more => u16::try_from(more - 1).map(Some).map_err(|_| Malformed),
    }
}

const COMPOSITE: u8 = 0x80;

fn algorithm_code(algorithm: ChecksumAlgorithm) -> u8 {
    match algorithm {
        ChecksumAlgorithm::Crc32 => 1,
        ChecksumAlgorithm::Crc32c => 2,
        ChecksumAlgorithm::Crc64Nvme => 3,
        ChecksumAlgorithm::Sha1 => 4,
        ChecksumAlgorithm::Sha256 => 5,
    }
}

/// Adds one byte: algorithm and type, or 0 if there is no checksum.
pub(super) fn encode_checksum_kind(
    out: &mut Encoder,
    kind: Option<(ChecksumAlgorithm, ChecksumType)>,
) {
    out.byte(match kind {
        None => 0,
        Some((algorithm, ChecksumType::FullObject)) => algorithm_code(algorithm),
        Some((algorithm, ChecksumType::Composite)) => algorithm_code(algorithm) | COMPOSITE,
    });
}

/// Reads [`encode_checksum_kind`].
pub(super) fn decode_checksum_kind(
    column: &mut Decoder<'_>,
) -> Result<Option<(ChecksumAlgorithm, ChecksumType)>, Malformed> {
    let byte = column.byte().ok_or(Malformed)?;
    if byte == 0 {
        return Ok(None);
    }
    let code = byte & !COMPOSITE;
    let mut algorithms = ChecksumAlgorithm::ALL.into_iter();
    let algorithm = algorithms.find(|&algorithm| algorithm_code(algorithm) == code);
    let algorithm = algorithm.ok_or(Malformed)?;
    let composite = byte & COMPOSITE != 0;
    let kind = if composite { ChecksumType::Composite } else { ChecksumType::FullObject };
    Ok(Some((algorithm, kind)))
}

fn encode_checksum(out: &mut Encoder, checksum: &Checksum) {
    encode_checksum_kind(out, Some((checksum.algorithm, checksum.checksum_type)));
    out.bytes(&checksum.value);
    encode_count(out, checksum.parts);
}

fn decode_checksum(column: &mut Decoder<'_>) -> Option<Checksum> {
    let kind = decode_checksum_kind(column).ok()??;
    decode_checksum_of(kind, column)
}

fn decode_checksum_of(
    (algorithm, checksum_type): (ChecksumAlgorithm, ChecksumType),
    column: &mut Decoder<'_>,
) -> Option<Checksum> {
    let value = column.bytes()?.to_vec();
    let parts = decode_count(column).ok()?;
    (value.len() == algorithm.length_bytes()).then_some(Checksum {
        algorithm,
        checksum_type,
        value,
        parts,
    })
}
