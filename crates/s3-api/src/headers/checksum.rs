//! What the client says about the bytes it sends: `Content-MD5` and `x-amz-checksum-*`.
//!
//! AWS: "Checking object integrity for data uploads in Amazon S3".

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::HeaderMap;
use model::{ChecksumAlgorithm, ChecksumType, ErrorCode, S3Error};
use ops::object::DeclaredIntegrity;

use super::text;

/// Reads all declarations; a declared trailer has its value only after the body was read.
pub(crate) fn read(headers: &HeaderMap) -> Result<DeclaredIntegrity, S3Error> {
    let mut declared =
        DeclaredIntegrity { content_md5: content_md5(headers)?, ..DeclaredIntegrity::default() };
    for algorithm in ChecksumAlgorithm::ALL {
        let Some(value) = text(headers, algorithm.header()) else { continue };
        if declared.checksum.is_some() {
            return Err(multiple_checksums());
        }
        declared.checksum = Some((algorithm, decode(algorithm, value)?));
    }
    declared.trailer = trailer(headers)?;
    if declared.checksum.is_some() && declared.trailer.is_some() {
        return Err(multiple_checksums());
    }
    Ok(declared)
}

fn multiple_checksums() -> S3Error {
    S3Error::with_message(
        ErrorCode::InvalidRequest,
        "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    )
}

fn content_md5(headers: &HeaderMap) -> Result<Option<[u8; 16]>, S3Error> {
    let Some(value) = headers.get("content-md5") else { return Ok(None) };
    let decoded = BASE64.decode(value.as_bytes()).ok().and_then(|md5| md5.try_into().ok());
    decoded.map(Some).ok_or_else(|| {
        S3Error::new(ErrorCode::InvalidDigest)
            .field("Content-MD5", String::from_utf8_lossy(value.as_bytes()))
    })
}

/// The checksum that `x-amz-trailer` announces.
fn trailer(headers: &HeaderMap) -> Result<Option<ChecksumAlgorithm>, S3Error> {
    let Some(names) = text(headers, "x-amz-trailer") else { return Ok(None) };
    let mut found = None;
    for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let algorithm = ChecksumAlgorithm::ALL
            .into_iter()
            .find(|algorithm| algorithm.header().eq_ignore_ascii_case(name));
        let algorithm = algorithm.ok_or_else(|| {
            S3Error::with_message(
                ErrorCode::InvalidRequest,
                "The value specified in the x-amz-trailer header is not supported",
            )
        })?;
        if found.replace(algorithm).is_some() {
            return Err(multiple_checksums());
        }
    }
    Ok(found)
}

/// Decodes a checksum value of the right length.
pub(crate) fn decode(algorithm: ChecksumAlgorithm, value: &str) -> Result<Vec<u8>, S3Error> {
    let decoded = BASE64.decode(value).ok();
    decoded.filter(|bytes| bytes.len() == algorithm.length_bytes()).ok_or_else(|| {
        S3Error::with_message(
            ErrorCode::InvalidRequest,
            format!("Value for {} header is invalid.", algorithm.header()),
        )
    })
}

/// `x-amz-checksum-algorithm` of CreateMultipartUpload and CopyObject.
pub(crate) fn algorithm(headers: &HeaderMap) -> Result<Option<ChecksumAlgorithm>, S3Error> {
    let Some(value) = text(headers, "x-amz-checksum-algorithm") else { return Ok(None) };
    ChecksumAlgorithm::parse(value).map(Some).ok_or_else(|| {
        S3Error::with_message(
            ErrorCode::InvalidRequest,
            "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]",
        )
    })
}

/// `x-amz-checksum-type` of CreateMultipartUpload and CompleteMultipartUpload.
pub(crate) fn checksum_type(headers: &HeaderMap) -> Result<Option<ChecksumType>, S3Error> {
    let Some(value) = text(headers, "x-amz-checksum-type") else { return Ok(None) };
    ChecksumType::parse(value).map(Some).ok_or_else(|| {
        S3Error::with_message(
            ErrorCode::InvalidRequest,
            "Value for x-amz-checksum-type header is invalid.",
        )
    })
}

/// The base64 form of a checksum as headers and XML carry it.
pub(crate) fn encode(checksum: &model::Checksum) -> String {
    let value = BASE64.encode(&checksum.value);
    match checksum.parts {
        Some(parts) => format!("{value}-{parts}"),
        None => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pairs: &[(&'static str, &str)]) -> Result<DeclaredIntegrity, S3Error> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        read(&headers)
    }

    #[test]
    fn declarations() {
        let declared = check(&[
            ("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg=="),
            ("x-amz-checksum-crc32", "AAAAAA=="),
        ])
        .unwrap();
        assert!(declared.content_md5.is_some());
        assert_eq!(declared.checksum, Some((ChecksumAlgorithm::Crc32, vec![0; 4])));
        let declared = check(&[("x-amz-trailer", "x-amz-checksum-crc64nvme")]).unwrap();
        assert_eq!(declared.trailer, Some(ChecksumAlgorithm::Crc64Nvme));
    }

    #[test]
    fn wrong_values_are_refused() {
        for (pairs, code) in [
            (vec![("content-md5", "x")], ErrorCode::InvalidDigest),
            (vec![("content-md5", "AAAA")], ErrorCode::InvalidDigest),
            (vec![("x-amz-checksum-crc32", "AAAA")], ErrorCode::InvalidRequest),
            (
                vec![("x-amz-checksum-crc32", "AAAAAA=="), ("x-amz-checksum-crc32c", "AAAAAA==")],
                ErrorCode::InvalidRequest,
            ),
            (vec![("x-amz-trailer", "x-amz-meta-x")], ErrorCode::InvalidRequest),
        ] {
            assert_eq!(check(&pairs).unwrap_err().code(), code, "{pairs:?}");
        }
    }
}
