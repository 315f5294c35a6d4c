//! What the request's headers say about an `aws-chunked` body.

use model::{ChecksumAlgorithm, ErrorCode, S3Error};

use crate::payload::PayloadDeclaration;
use crate::request::SignedRequest;

/// The announced shape of an `aws-chunked` body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChunkedHead {
    pub(super) payload: PayloadDeclaration,
    pub(super) decoded_length_bytes: u64,
    /// Lower case, each at most once.
    pub(super) trailer_names: Vec<String>,
}

impl ChunkedHead {
    /// Reads `x-amz-decoded-content-length` and `x-amz-trailer`; `None` if the body is not
    /// `aws-chunked`.
    ///
    /// Errors: `MissingContentLength`; `InvalidArgument` for a length that is no number;
    /// `InvalidRequest` for trailers that S3 does not know or that the framing cannot carry.
    pub fn parse(
        request: &SignedRequest<'_>,
        payload: PayloadDeclaration,
    ) -> Result<Option<Self>, S3Error> {
        if !payload.is_streaming() {
            return Ok(None);
        }
        let decoded_length_bytes = parse_length(request)?;
        let trailer_names = parse_trailer_names(request)?;
        if !payload.has_trailer() && !trailer_names.is_empty() {
            return Err(S3Error::with_message(
                ErrorCode::InvalidRequest,
                "The x-amz-trailer header requires an x-amz-content-sha256 value with TRAILER.",
            ));
        }
        Ok(Some(Self { payload, decoded_length_bytes, trailer_names }))
    }

    /// Length of the body after decoding.
    pub fn decoded_length_bytes(&self) -> u64 {
        self.decoded_length_bytes
    }

    /// The announced trailers, lower case.
    pub fn trailer_names(&self) -> &[String] {
        &self.trailer_names
    }
}

fn parse_length(request: &SignedRequest<'_>) -> Result<u64, S3Error> {
    const NAME: &str = "x-amz-decoded-content-length";
    let Some(value) = request.header(NAME) else {
        return Err(S3Error::new(ErrorCode::MissingContentLength));
    };
    let text = String::from_utf8_lossy(&value);
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits).ok_or_else(|| {
        let message = "The value of x-amz-decoded-content-length must be a non-negative integer.";
        S3Error::invalid_argument(message, NAME, text)
    })
}

/// S3 takes checksums as trailers and nothing else.
fn parse_trailer_names(request: &SignedRequest<'_>) -> Result<Vec<String>, S3Error> {
    let mut names: Vec<String> = Vec::new();
    let Some(value) = request.header("x-amz-trailer") else {
        return Ok(names);
    };
    for name in String::from_utf8_lossy(&value).split(',') {
        let name = name.trim().to_ascii_lowercase();
        let known = ChecksumAlgorithm::ALL.iter().any(|algorithm| algorithm.header() == name);
        if !known || names.contains(&name) {
            return Err(S3Error::with_message(
                ErrorCode::InvalidRequest,
                "The value specified in the x-amz-trailer header is not supported",
            ));
        }
        names.push(name);
    }
    Ok(names)
}
