//! Bodies as the wire hands them over.

use std::future::Future;

use bytes::Bytes;
use model::{ChecksumAlgorithm, ErrorCode, S3Error};

use super::digest::{Computed, Digests};

/// What is known of the length of a body before it was read, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyLength {
    /// The client announced it, and it is held to that.
    Exact(u64),
    /// Only the end will tell, as for the file of a POST form; it is at most this.
    AtMost(u64),
}

/// The body of a write, already free of its transfer coding.
pub trait BodySource: Send {
    /// What is known of its length.
    fn length(&self) -> BodyLength;

    /// The next bytes; `None` at the end, and only after as many as [`length`](Self::length)
    /// allows. Fewer or more are an error (`IncompleteBody`), as is a chunk signature that does
    /// not match.
    fn next(&mut self) -> impl Future<Output = Result<Option<Bytes>, S3Error>> + Send;

    /// The checksum that followed the body; known once `next` has returned `None`.
    fn trailing_checksum(&self, algorithm: ChecksumAlgorithm) -> Result<Vec<u8>, S3Error>;
}

/// What the client declared about the bytes it sends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeclaredIntegrity {
    /// `Content-MD5`.
    pub content_md5: Option<[u8; 16]>,
    /// The `x-amz-checksum-*` header.
    pub checksum: Option<(ChecksumAlgorithm, Vec<u8>)>,
    /// The checksum that `x-amz-trailer` announces.
    pub trailer: Option<ChecksumAlgorithm>,
    /// `x-amz-content-sha256`, where it is a hash. Covered by the signature.
    pub payload_sha256: Option<[u8; 32]>,
}

impl DeclaredIntegrity {
    /// The algorithm of the declared checksum.
    pub fn algorithm(&self) -> Option<ChecksumAlgorithm> {
        self.checksum.as_ref().map(|(algorithm, _)| *algorithm).or(self.trailer)
    }

    /// Whether the client declared anything that protects the bytes on their way.
    pub fn is_protected(&self) -> bool {
        self.content_md5.is_some() || self.algorithm().is_some()
    }

    /// Checks a document that was received as a whole; `trailing` is the checksum behind it.
    pub fn verify_document(
        &self,
        document: &[u8],
        trailing: impl FnOnce(ChecksumAlgorithm) -> Result<Vec<u8>, S3Error>,
    ) -> Result<(), S3Error> {
        let algorithm = self.algorithm().unwrap_or(DEFAULT_ALGORITHM);
        let mut digests = Digests::new(algorithm, self.payload_sha256.is_some());
        digests.update(document);
        self.verify(&digests.finish(), trailing)
    }

    /// Compares what was received with everything that the client declared about it.
    pub(crate) fn verify(
        &self,
        computed: &Computed,
        trailing: impl FnOnce(ChecksumAlgorithm) -> Result<Vec<u8>, S3Error>,
    ) -> Result<(), S3Error> {
        if let (Some(declared), Some(found)) = (self.payload_sha256, computed.payload_sha256)
            && declared != found
        {
            return Err(S3Error::new(ErrorCode::XAmzContentSHA256Mismatch)
                .field("ClientComputedContentSHA256", hex::encode(declared))
                .field("S3ComputedContentSHA256", hex::encode(found)));
        }
        if let Some(declared) = self.content_md5
            && declared != computed.md5
        {
            return Err(S3Error::new(ErrorCode::BadDigest)
                .field("ExpectedDigest", hex::encode(declared))
                .field("CalculatedDigest", hex::encode(computed.md5)));
        }
        let declared = match (&self.checksum, self.trailer) {
            (Some((_, value)), _) => value.clone(),
            (None, Some(algorithm)) => trailing(algorithm)?,
            (None, None) => return Ok(()),
        };
        if declared == computed.checksum.value {
            return Ok(());
        }
        Err(S3Error::with_message(
            ErrorCode::BadDigest,
            format!(
                "The {} you specified did not match the calculated checksum.",
                computed.checksum.algorithm.as_str()
            ),
        ))
    }
}

/// What S3 computes where the client asks for nothing. AWS: "Checking object integrity in Amazon
/// S3", default integrity protections since December 2024.
pub(crate) const DEFAULT_ALGORITHM: ChecksumAlgorithm = ChecksumAlgorithm::Crc64Nvme;
