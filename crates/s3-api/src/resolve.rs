//! Which bucket and key a request names, by host or by path.
//!
//! AWS: "Virtual hosting of general purpose buckets". The path is decoded once, here; what comes
//! out is what the decision and the store use (class C of the published weaknesses: decided about
//! one name, acted on another).

use identity::uri::decode_path;
use model::key::InvalidKey;
use model::{AccountId, BucketName, ErrorCode, ObjectKey, S3Error, Target};

/// What a request is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Resource {
    /// The endpoint.
    Service,
    /// An account, by S3 Control; the one that `x-amz-account-id` names.
    Account(AccountId),
    /// A bucket.
    Bucket(BucketName),
    /// A key in a bucket.
    Object(BucketName, ObjectKey),
}

impl Resource {
    /// The row group of the operation table that applies.
    pub(crate) fn target(&self) -> Target {
        match self {
            Self::Service => Target::Service,
            Self::Account(_) => Target::Account,
            Self::Bucket(_) => Target::Bucket,
            Self::Object(..) => Target::Object,
        }
    }

    /// The bucket, if one is named.
    pub(crate) fn bucket(&self) -> Option<&BucketName> {
        match self {
            Self::Service | Self::Account(_) => None,
            Self::Bucket(bucket) | Self::Object(bucket, _) => Some(bucket),
        }
    }

    /// The key, if one is named.
    pub(crate) fn key(&self) -> Option<&ObjectKey> {
        match self {
            Self::Object(_, key) => Some(key),
            _ => None,
        }
    }

    /// The account, if one is named.
    pub(crate) fn account(&self) -> Option<AccountId> {
        match self {
            Self::Account(account) => Some(*account),
            _ => None,
        }
    }
}

/// Whether the host names a bucket, so that the whole path is a key.
pub(crate) fn is_virtual_host(host: Option<&str>, base_domains: &[String]) -> bool {
    host.and_then(|host| bucket_of_host(host, base_domains)).is_some()
}

/// Resolves host and raw (percent-encoded) path.
pub(crate) fn resolve(
    host: Option<&str>,
    raw_path: &str,
    base_domains: &[String],
) -> Result<Resource, S3Error> {
    let path = key_of_path(raw_path)?;
    let path = path.as_str();
    if let Some(bucket) = host.and_then(|host| bucket_of_host(host, base_domains)) {
        // Hosts have no letter case (RFC 9110, section 4.2.3), bucket names have only one.
        return in_bucket(&bucket.to_ascii_lowercase(), path);
    }
    match path.split_once('/') {
        _ if path.is_empty() => Ok(Resource::Service),
        None => in_bucket(path, ""),
        Some((bucket, key)) => in_bucket(bucket, key),
    }
}

fn in_bucket(bucket: &str, key: &str) -> Result<Resource, S3Error> {
    let invalid = || S3Error::new(ErrorCode::InvalidBucketName).field("BucketName", bucket);
    let bucket = BucketName::parse(bucket).ok_or_else(invalid)?;
    match ObjectKey::parse(key) {
        Ok(key) => Ok(Resource::Object(bucket, key)),
        Err(InvalidKey::Empty) => Ok(Resource::Bucket(bucket)),
        Err(InvalidKey::TooLong) => Err(key_too_long(key.len())),
    }
}

/// `KeyTooLongError` with the fields that S3 adds.
pub(crate) fn key_too_long(length_bytes: usize) -> S3Error {
    S3Error::new(ErrorCode::KeyTooLongError)
        .field("Size", length_bytes.to_string())
        .field("MaxSizeAllowed", model::limits::OBJECT_KEY_LENGTH_BYTES_MAX.to_string())
}

/// The name in `name[:port]`.
pub(crate) fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// The key that a raw path names on a host that names the bucket: everything behind the first slash.
pub(crate) fn key_of_path(raw_path: &str) -> Result<String, S3Error> {
    let path = decode_path(raw_path);
    let path = str::from_utf8(&path)
        .map_err(|_| S3Error::new(ErrorCode::InvalidURI).field("URI", raw_path))?;
    Ok(path.strip_prefix('/').unwrap_or(path).to_owned())
}

/// The bucket in `bucket.base-domain[:port]`; of several base domains the longest wins, so that
/// `b.s3.localhost` is bucket `b` and not bucket `b.s3` of `localhost`.
pub(crate) fn bucket_of_host<'a>(host: &'a str, base_domains: &[String]) -> Option<&'a str> {
    let name = without_port(host);
    let is_base = |domain: &String| name.eq_ignore_ascii_case(domain);
    if base_domains.iter().any(is_base) {
        return None;
    }
    base_domains
        .iter()
        .filter_map(|domain| {
            let label_end = name.len().checked_sub(domain.len() + 1)?;
            let (bucket, rest) = name.split_at_checked(label_end)?;
            let matches = rest.strip_prefix('.')?.eq_ignore_ascii_case(domain);
            (matches && !bucket.is_empty()).then_some((domain.len(), bucket))
        })
        .max_by_key(|(length, _)| *length)
        .map(|(_, bucket)| bucket)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(host: &str, path: &str, expected: &str) {
        let domains = ["localhost".to_owned(), "s3.localhost".to_owned()];
        let shown = match resolve(Some(host), path, &domains) {
            Ok(Resource::Service) => "service".to_owned(),
            Ok(Resource::Account(account)) => format!("account {account}"),
            Ok(Resource::Bucket(bucket)) => format!("bucket {bucket}"),
            Ok(Resource::Object(bucket, key)) => format!("{bucket} {key:?}"),
            Err(error) => error.code().as_str().to_owned(),
        };
        assert_eq!(shown, expected, "{host} {path}");
    }

    #[test]
    fn hosts_and_paths() {
        check("127.0.0.1:9000", "/", "service");
        check("127.0.0.1:9000", "/photos", "bucket photos");
        check("127.0.0.1:9000", "/photos/", "bucket photos");
        check("127.0.0.1:9000", "/photos/a%2Fb//../c%20d", "photos \"a/b//../c d\"");
        check("s3.localhost:9000", "/photos/k", "photos \"k\"");
        check("photos.s3.localhost:9000", "/k", "photos \"k\"");
        check("photos.s3.localhost", "/", "bucket photos");
        check("PHOTOS.s3.localhost", "/k", "photos \"k\"");
        check("a.photos.LOCALHOST", "/photos/k", "a.photos \"photos/k\"");
        check("other.example", "/photos/k", "photos \"k\"");
        check("127.0.0.1", "/Photos", "InvalidBucketName");
        check("127.0.0.1", "/photos/%ff", "InvalidURI");
        check("127.0.0.1", &format!("/photos/{}", "k".repeat(1025)), "KeyTooLongError");
        check("[::1]:9000", "/photos", "bucket photos");
    }

    /// Under a bucket's own host every path is a key, the paths of our own endpoints included.
    #[test]
    fn virtual_hosts() {
        let domains = ["localhost".to_owned()];
        assert!(is_virtual_host(Some("photos.localhost:9000"), &domains));
        assert!(!is_virtual_host(Some("localhost:9000"), &domains));
        assert!(!is_virtual_host(Some("127.0.0.1"), &domains));
        assert!(!is_virtual_host(None, &domains));
        check("photos.localhost", "/_grantry/metrics", "photos \"_grantry/metrics\"");
    }
}
