//! What a request says about its body: `x-amz-content-sha256`.
//!
//! AWS: "Signature Calculations for the Authorization Header: Transferring Payload in a Single
//! Chunk" and "… in Multiple Chunks".

use model::{ErrorCode, S3Error};

/// The parsed value of `x-amz-content-sha256`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayloadDeclaration {
    /// `UNSIGNED-PAYLOAD`, or absent where it may be: the body is not covered by the signature.
    Unsigned,
    /// The SHA-256 of the body, which must be compared: see [`PayloadDeclaration::check`].
    Hash([u8; 32]),
    /// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD`: `aws-chunked` with a signature on each chunk.
    StreamingSigned,
    /// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER`: the same with a signed trailer.
    StreamingSignedTrailer,
    /// `STREAMING-UNSIGNED-PAYLOAD-TRAILER`: `aws-chunked` without signatures on chunks.
    StreamingUnsignedTrailer,
}

const INVALID: &str = "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, \
    STREAMING-AWS4-HMAC-SHA256-PAYLOAD, or a valid sha256 value.";
const ANONYMOUS: &str = "Anonymous requests don't support this x-amz-content-sha256 value. \
    Please use UNSIGNED-PAYLOAD or STREAMING-UNSIGNED-PAYLOAD-TRAILER.";

impl PayloadDeclaration {
    /// Reads the value of the header or query parameter.
    ///
    /// `InvalidArgument` for a value that S3 does not know, `NotImplemented` for the values of
    /// SigV4A.
    pub fn parse(value: &[u8]) -> Result<Self, S3Error> {
        match value {
            b"UNSIGNED-PAYLOAD" => Ok(Self::Unsigned),
            b"STREAMING-AWS4-HMAC-SHA256-PAYLOAD" => Ok(Self::StreamingSigned),
            b"STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" => Ok(Self::StreamingSignedTrailer),
            b"STREAMING-UNSIGNED-PAYLOAD-TRAILER" => Ok(Self::StreamingUnsignedTrailer),
            b"STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"
            | b"STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER" => Err(S3Error::with_message(
                ErrorCode::NotImplemented,
                "Payloads signed with AWS4-ECDSA-P256-SHA256 are not implemented.",
            )),
            digest => Self::parse_hash(digest),
        }
    }

    fn parse_hash(value: &[u8]) -> Result<Self, S3Error> {
        let mut hash = [0; 32];
        if hex::decode_to_slice(value, &mut hash).is_ok() {
            return Ok(Self::Hash(hash));
        }
        let shown = String::from_utf8_lossy(value);
        Err(S3Error::invalid_argument(INVALID, "x-amz-content-sha256", shown))
    }

    /// Refuses what an unsigned request cannot have (§8.3, last row): chunk signatures without a
    /// key to check them.
    pub(crate) fn for_anonymous(self) -> Result<Self, S3Error> {
        match self {
            Self::StreamingSigned | Self::StreamingSignedTrailer => {
                Err(S3Error::with_message(ErrorCode::InvalidRequest, ANONYMOUS))
            }
            Self::Unsigned | Self::Hash(_) | Self::StreamingUnsignedTrailer => Ok(self),
        }
    }

    /// The value of `x-amz-content-sha256` that says this.
    pub fn header_value(self) -> String {
        match self {
            Self::Unsigned => "UNSIGNED-PAYLOAD".into(),
            Self::Hash(hash) => hex::encode(hash),
            Self::StreamingSigned => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD".into(),
            Self::StreamingSignedTrailer => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER".into(),
            Self::StreamingUnsignedTrailer => "STREAMING-UNSIGNED-PAYLOAD-TRAILER".into(),
        }
    }

    /// Whether the body is `aws-chunked`.
    pub fn is_streaming(self) -> bool {
        match self {
            Self::Unsigned | Self::Hash(_) => false,
            Self::StreamingSigned
            | Self::StreamingSignedTrailer
            | Self::StreamingUnsignedTrailer => true,
        }
    }

    /// Whether each chunk of the body carries a signature.
    pub fn has_signed_chunks(self) -> bool {
        matches!(self, Self::StreamingSigned | Self::StreamingSignedTrailer)
    }

    /// Whether a trailer may follow the body.
    pub fn has_trailer(self) -> bool {
        matches!(self, Self::StreamingSignedTrailer | Self::StreamingUnsignedTrailer)
    }

    /// Compares the SHA-256 of the whole body with the declared one; passes if none is declared.
    ///
    /// `XAmzContentSHA256Mismatch` with both values (§8.3).
    pub fn check(self, computed: &[u8; 32]) -> Result<(), S3Error> {
        match self {
            Self::Hash(declared) if declared != *computed => {
                Err(S3Error::new(ErrorCode::XAmzContentSHA256Mismatch)
                    .field("ClientComputedContentSHA256", hex::encode(declared))
                    .field("S3ComputedContentSHA256", hex::encode(computed)))
            }
            _ => Ok(()),
        }
    }
}
