//! What describes an object: content headers, user metadata, storage class.

use http::HeaderMap;
use model::limits::USER_METADATA_BYTES_MAX;
use model::{ErrorCode, S3Error};
use ops::object::Description;
use ops::records::ObjectHeaders;

use super::{object_lock, tagging, text};

/// Storage classes that S3 accepts on a write. We keep the name and store every class alike.
const STORAGE_CLASSES: [&str; 11] = [
    "STANDARD",
    "REDUCED_REDUNDANCY",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER",
    "DEEP_ARCHIVE",
    "GLACIER_IR",
    "OUTPOSTS",
    "SNOW",
    "EXPRESS_ONEZONE",
];

/// Everything that describes an object besides its bytes.
pub(crate) fn description(headers: &HeaderMap) -> Result<Description, S3Error> {
    Ok(Description {
        headers: object_headers(headers),
        user_metadata: user_metadata(headers)?,
        storage_class: storage_class(headers)?,
        tags: tagging::read(headers)?,
        lock: object_lock::read(headers)?,
    })
}

/// The system metadata that the client controls.
///
/// `aws-chunked` is taken out of `Content-Encoding`: it describes the transfer, not the object.
pub(crate) fn object_headers(headers: &HeaderMap) -> ObjectHeaders {
    let owned = |name: &str| text(headers, name).map(str::to_owned);
    ObjectHeaders {
        content_type: owned("content-type"),
        cache_control: owned("cache-control"),
        content_disposition: owned("content-disposition"),
        content_encoding: text(headers, "content-encoding").and_then(without_aws_chunked),
        content_language: owned("content-language"),
        expires: owned("expires"),
        website_redirect_location: owned("x-amz-website-redirect-location"),
    }
}

fn without_aws_chunked(value: &str) -> Option<String> {
    let codings = value.split(',').map(str::trim);
    let kept: Vec<&str> = codings.filter(|coding| *coding != "aws-chunked").collect();
    let kept = kept.join(",");
    (!kept.is_empty()).then_some(kept)
}

/// `x-amz-meta-*`, names in lower case without the prefix, values of repeated headers joined by
/// commas. AWS: "Working with object metadata".
pub(crate) fn user_metadata(headers: &HeaderMap) -> Result<Vec<(String, String)>, S3Error> {
    let mut metadata: Vec<(String, String)> = Vec::new();
    let mut size_bytes = 0_usize;
    for name in headers.keys() {
        let Some(short) = name.as_str().strip_prefix("x-amz-meta-") else { continue };
        let values: Vec<_> = headers
            .get_all(name)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        let value = values.join(",");
        size_bytes += short.len() + value.len();
        metadata.push((short.to_owned(), value));
    }
    if size_bytes > USER_METADATA_BYTES_MAX {
        return Err(S3Error::new(ErrorCode::MetadataTooLarge)
            .field("Size", size_bytes.to_string())
            .field("MaxSizeAllowed", USER_METADATA_BYTES_MAX.to_string()));
    }
    metadata.sort();
    Ok(metadata)
}

/// `x-amz-storage-class`, by default `STANDARD`.
pub(crate) fn storage_class(headers: &HeaderMap) -> Result<String, S3Error> {
    let Some(value) = text(headers, "x-amz-storage-class") else { return Ok("STANDARD".into()) };
    if STORAGE_CLASSES.contains(&value) {
        return Ok(value.to_owned());
    }
    Err(S3Error::new(ErrorCode::InvalidStorageClass).field("StorageClassRequested", value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn transfer_coding_is_not_stored() {
        let read =
            |value: &str| object_headers(&headers(&[("content-encoding", value)])).content_encoding;
        assert_eq!(read("aws-chunked"), None);
        assert_eq!(read("aws-chunked,gzip").as_deref(), Some("gzip"));
        assert_eq!(read("gzip, aws-chunked").as_deref(), Some("gzip"));
    }

    #[test]
    fn metadata_is_joined_and_limited() {
        let read = user_metadata(&headers(&[
            ("x-amz-meta-b", "1"),
            ("x-amz-meta-a", "x"),
            ("x-amz-meta-b", "2"),
        ]));
        let expected = [("a".to_owned(), "x".to_owned()), ("b".to_owned(), "1,2".to_owned())];
        assert_eq!(read.unwrap(), expected);
        let large = "x".repeat(USER_METADATA_BYTES_MAX);
        let error = user_metadata(&headers(&[("x-amz-meta-a", &large)])).unwrap_err();
        assert_eq!(error.code(), ErrorCode::MetadataTooLarge);
    }

    #[test]
    fn unknown_storage_class_is_refused() {
        assert_eq!(storage_class(&headers(&[])).unwrap(), "STANDARD");
        let error = storage_class(&headers(&[("x-amz-storage-class", "COLD")])).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidStorageClass);
    }
}
