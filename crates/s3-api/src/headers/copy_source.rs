//! `x-amz-copy-source`: bucket, key and version that are copied.

use model::{BucketName, ObjectKey, S3Error, VersionId};
use percent_encoding::percent_decode_str;

/// What a copy reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CopySource {
    /// The source bucket.
    pub(crate) bucket: BucketName,
    /// The source key.
    pub(crate) key: ObjectKey,
    /// The source version, when one is named.
    pub(crate) version: Option<VersionId>,
}

/// Parses `[/]bucket/key[?versionId=id]`, percent-encoded as a whole.
///
/// The `?` is looked for before decoding, so that a key may hold an encoded one. Decoded exactly
/// once; the result is what is decided about and what is read.
pub(crate) fn parse(header: &[u8]) -> Result<CopySource, S3Error> {
    let raw = str::from_utf8(header).unwrap_or_default();
    let invalid =
        |message: &'static str| S3Error::invalid_argument(message, "x-amz-copy-source", raw);
    let (path, version) = match raw.split_once("?versionId=") {
        Some((path, version)) => {
            let version = VersionId::parse(version).ok_or_else(|| {
                S3Error::invalid_argument("Invalid version id specified", "versionId", version)
            })?;
            (path, Some(version))
        }
        None => (raw, None),
    };
    let path = percent_decode_str(path)
        .decode_utf8()
        .map_err(|_| invalid("Invalid copy source encoding"))?;
    let path = path.strip_prefix('/').unwrap_or(&path);
    let (bucket, key) =
        path.split_once('/').ok_or_else(|| invalid("Invalid copy source object key"))?;
    let bucket =
        BucketName::parse(bucket).ok_or_else(|| invalid("Invalid copy source bucket name"))?;
    let key = ObjectKey::parse(key).map_err(|_| invalid("Invalid copy source object key"))?;
    Ok(CopySource { bucket, key, version })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: &str, expected: &str) {
        let shown = match parse(header.as_bytes()) {
            Ok(source) => {
                let version =
                    source.version.map(|version| format!(" {version}")).unwrap_or_default();
                format!("{} {:?}{version}", source.bucket, source.key)
            }
            Err(error) => error.message().to_owned(),
        };
        assert_eq!(shown, expected, "{header}");
    }

    #[test]
    fn forms() {
        check("photos/cat.jpg", "photos \"cat.jpg\"");
        check("/photos/a%2Fb%20c", "photos \"a/b c\"");
        check("photos/a+b", "photos \"a+b\"");
        check("photos%2Fcat", "photos \"cat\"");
        check("photos/a?versionId=null", "photos \"a\" null");
        check("photos/a%3FversionId=null", "photos \"a?versionId=null\"");
        check("photos/../other/x", "photos \"../other/x\"");
        check("photos/a?versionId=bad", "Invalid version id specified");
        check("", "Invalid copy source object key");
        check("photos", "Invalid copy source object key");
        check("photos/", "Invalid copy source object key");
        check("../photos/x", "Invalid copy source bucket name");
        check("photos/%ff", "Invalid copy source encoding");
    }
}
