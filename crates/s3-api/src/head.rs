//! The head of a request as a whole: its host, its size, and what it says of the body.

use http::header;
use http::request::Parts;
use model::limits::{REQUEST_HEAD_BYTES_MAX, REQUEST_HEADERS_MAX};
use model::{ErrorCode, S3Error};

use crate::headers::text;

/// Whether it names one host and is of a size that heads have.
pub(crate) fn check_head(parts: &Parts) -> Result<(), S3Error> {
    // RFC 9112, section 3.2: without exactly one Host nobody knows which bucket is meant.
    let hosts = parts.headers.get_all(header::HOST).iter().count();
    if hosts > 1 || (hosts == 0 && parts.version == http::Version::HTTP_11) {
        return Err(ErrorCode::BadRequest.into());
    }
    let size: usize = parts
        .headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum::<usize>()
        + parts.uri.path_and_query().map_or(0, |path| path.as_str().len());
    if size > REQUEST_HEAD_BYTES_MAX || parts.headers.len() > REQUEST_HEADERS_MAX {
        return Err(S3Error::new(ErrorCode::RequestHeaderSectionTooLarge)
            .field("MaxSizeAllowed", REQUEST_HEAD_BYTES_MAX.to_string()));
    }
    Ok(())
}

/// The host that it names.
pub(crate) fn host(parts: &Parts) -> Option<&str> {
    text(&parts.headers, header::HOST)
        .or_else(|| parts.uri.authority().map(http::uri::Authority::as_str))
}

/// Whether the client waits for leave to send the body.
pub(crate) fn awaits_continue(parts: &Parts) -> bool {
    text(&parts.headers, header::EXPECT)
        .is_some_and(|value| value.eq_ignore_ascii_case("100-continue"))
}

/// The length of the body in bytes; none where the client does not say.
pub(crate) fn content_length(parts: &Parts) -> Result<Option<u64>, S3Error> {
    let announced = text(&parts.headers, header::CONTENT_LENGTH);
    announced.map(|value| value.parse().map_err(|_| ErrorCode::BadRequest.into())).transpose()
}
