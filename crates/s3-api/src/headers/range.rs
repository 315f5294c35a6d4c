//! `Range` of GET and HEAD, and `x-amz-copy-source-range` of UploadPartCopy.

use std::ops::Range;

use model::{ErrorCode, S3Error};

/// Which bytes of an object a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RequestedRange {
    /// No range, or one that RFC 9110 says to ignore: the whole object with status 200.
    Whole,
    /// These bytes with status 206.
    Part(Range<u64>),
}

/// Resolves a `Range` header against the size of the object.
///
/// Several ranges and malformed ones are ignored, as S3 does; a range outside the object is
/// `InvalidRange` 416.
pub(crate) fn resolve(header: Option<&str>, size_bytes: u64) -> Result<RequestedRange, S3Error> {
    let Some(header) = header else { return Ok(RequestedRange::Whole) };
    let Some((first, last)) = parse(header) else { return Ok(RequestedRange::Whole) };
    let range = match (first, last) {
        (Some(first), Some(last)) if first > last => return Ok(RequestedRange::Whole),
        (Some(first), last) => {
            let end = last.map_or(size_bytes, |last| last.saturating_add(1).min(size_bytes));
            first..end
        }
        (None, Some(suffix)) => size_bytes.saturating_sub(suffix)..size_bytes,
        (None, None) => return Ok(RequestedRange::Whole),
    };
    if range.is_empty() {
        return Err(S3Error::new(ErrorCode::InvalidRange)
            .field("RangeRequested", header)
            .field("ActualObjectSize", size_bytes.to_string())
            .header("content-range", format!("bytes */{size_bytes}")));
    }
    Ok(RequestedRange::Part(range))
}

/// `bytes=FIRST-LAST` of `x-amz-copy-source-range`: both ends are needed and must lie inside.
pub(crate) fn resolve_copy_range(header: &str, size_bytes: u64) -> Result<Range<u64>, S3Error> {
    let invalid = |message: &'static str| {
        S3Error::invalid_argument(message, "x-amz-copy-source-range", header)
    };
    match parse(header) {
        Some((Some(first), Some(last))) if first <= last => {
            if last >= size_bytes {
                return Err(invalid("Range specified is not valid for source object of size: ")
                    .because(size_bytes));
            }
            Ok(first..last.saturating_add(1))
        }
        _ => Err(invalid(
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy",
        )),
    }
}

/// `bytes=a-b`, `bytes=a-`, `bytes=-n`.
fn parse(header: &str) -> Option<(Option<u64>, Option<u64>)> {
    let (first, last) = header.trim().strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| -> Option<Option<u64>> {
        if text.is_empty() {
            return Some(None);
        }
        // `parse` would take a sign.
        text.bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| text.parse().ok())
            .flatten()
            .map(Some)
    };
    Some((number(first.trim())?, number(last.trim())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: &str, size: u64, expected: &str) {
        let shown = match resolve(Some(header), size) {
            Ok(RequestedRange::Whole) => "whole".to_owned(),
            Ok(RequestedRange::Part(range)) => format!("{range:?}"),
            Err(error) => error.code().as_str().to_owned(),
        };
        assert_eq!(shown, expected, "{header} of {size}");
    }

    #[test]
    fn ranges() {
        check("bytes=0-9", 100, "0..10");
        check("bytes=90-", 100, "90..100");
        check("bytes=90-1000", 100, "90..100");
        check("bytes=-10", 100, "90..100");
        check("bytes=-1000", 100, "0..100");
        check("bytes=100-", 100, "InvalidRange");
        check("bytes=-0", 100, "InvalidRange");
        check("bytes=0-0", 0, "InvalidRange");
        check("bytes=5-2", 100, "whole");
        check("bytes=0-1,5-6", 100, "whole");
        check("bytes=+1-2", 100, "whole");
        check("lines=1-2", 100, "whole");
        check("bytes=-", 100, "whole");
        check("bytes=0-18446744073709551615", 100, "0..100");
        check("bytes=0-18446744073709551616", 100, "whole");
    }

    #[test]
    fn copy_ranges_must_be_complete_and_inside() {
        assert_eq!(resolve_copy_range("bytes=0-9", 10).unwrap(), 0..10);
        for bad in ["bytes=0-10", "bytes=0-", "bytes=-5", "0-9", "bytes=5-4"] {
            assert_eq!(
                resolve_copy_range(bad, 10).unwrap_err().code(),
                ErrorCode::InvalidArgument,
                "{bad}"
            );
        }
    }
}
