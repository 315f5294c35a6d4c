//! The digests of a body, computed while it passes.

use crc_fast::CrcAlgorithm;
use md5::{Digest as _, Md5};
use model::{Checksum, ChecksumAlgorithm, ChecksumType};
use sha1::Sha1;
use sha2::Sha256;

use super::md5::Md5Digest;

/// One running checksum.
pub(crate) enum ChecksumState {
    /// Any of the CRCs.
    Crc(ChecksumAlgorithm, crc_fast::Digest),
    /// SHA-1.
    Sha1(Sha1),
    /// SHA-256.
    Sha256(Sha256),
}

impl ChecksumState {
    /// A checksum of no bytes yet.
    pub(crate) fn new(algorithm: ChecksumAlgorithm) -> Self {
        match crc_kind(algorithm) {
            Some(kind) => Self::Crc(algorithm, crc_fast::Digest::new(kind)),
            None if algorithm == ChecksumAlgorithm::Sha1 => Self::Sha1(Sha1::new()),
            None => Self::Sha256(Sha256::new()),
        }
    }

    /// Adds bytes.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Crc(_, digest) => digest.update(bytes),
            Self::Sha1(digest) => digest.update(bytes),
            Self::Sha256(digest) => digest.update(bytes),
        }
    }

    /// The value: big-endian bytes of the algorithm's length.
    pub(crate) fn finish(self) -> Vec<u8> {
        match self {
            Self::Crc(algorithm, digest) => low_bytes(digest.finalize(), algorithm),
            Self::Sha1(digest) => digest.finalize().to_vec(),
            Self::Sha256(digest) => digest.finalize().to_vec(),
        }
    }
}

/// The checksum of a whole object in one call.
pub(crate) fn checksum_of(algorithm: ChecksumAlgorithm, bytes: &[u8]) -> Vec<u8> {
    let mut state = ChecksumState::new(algorithm);
    state.update(bytes);
    state.finish()
}

/// The CRC of two stretches of bytes, from the CRC of each and the length of the second. The SHA
/// algorithms cannot be combined; [`ChecksumAlgorithm::supports`] keeps them out.
pub(crate) fn combine(
    algorithm: ChecksumAlgorithm,
    first: &[u8],
    second: &[u8],
    second_length_bytes: u64,
) -> Vec<u8> {
    let Some(kind) = crc_kind(algorithm) else { return Vec::new() };
    let number = |bytes: &[u8]| bytes.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    let combined =
        crc_fast::checksum_combine(kind, number(first), number(second), second_length_bytes);
    low_bytes(combined, algorithm)
}

fn crc_kind(algorithm: ChecksumAlgorithm) -> Option<CrcAlgorithm> {
    match algorithm {
        ChecksumAlgorithm::Crc32 => Some(CrcAlgorithm::Crc32IsoHdlc),
        ChecksumAlgorithm::Crc32c => Some(CrcAlgorithm::Crc32Iscsi),
        ChecksumAlgorithm::Crc64Nvme => Some(CrcAlgorithm::Crc64Nvme),
        ChecksumAlgorithm::Sha1 | ChecksumAlgorithm::Sha256 => None,
    }
}

fn low_bytes(value: u64, algorithm: ChecksumAlgorithm) -> Vec<u8> {
    let value = value.to_be_bytes();
    let unused = value.len().saturating_sub(algorithm.length_bytes());
    value.get(unused..).unwrap_or_default().to_vec()
}

/// Everything that one body needs: MD5 for the entity tag, and [`Checksums`].
pub(crate) struct Digests {
    md5: Md5,
    checksums: Checksums,
}

/// What one body needs besides MD5: one additional checksum, and SHA-256 when the request declared
/// the hash of its payload.
pub(crate) struct Checksums {
    algorithm: ChecksumAlgorithm,
    checksum: ChecksumState,
    payload: Option<Sha256>,
}

/// What [`Digests`] computed.
pub(crate) struct Computed {
    /// MD5 of the body.
    pub(crate) md5: Md5Digest,
    /// The additional checksum.
    pub(crate) checksum: Checksum,
    /// SHA-256, when it was asked for.
    pub(crate) payload_sha256: Option<[u8; 32]>,
}

impl Digests {
    /// Digests of no bytes yet.
    pub(crate) fn new(algorithm: ChecksumAlgorithm, with_payload_hash: bool) -> Self {
        Self { md5: Md5::new(), checksums: Checksums::new(algorithm, with_payload_hash) }
    }

    /// Adds bytes.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.md5.update(bytes);
        self.checksums.update(bytes);
    }

    /// The values.
    pub(crate) fn finish(self) -> Computed {
        self.checksums.finish(self.md5.finalize().into())
    }
}

impl Checksums {
    /// Checksums of no bytes yet.
    pub(crate) fn new(algorithm: ChecksumAlgorithm, with_payload_hash: bool) -> Self {
        Self {
            algorithm,
            checksum: ChecksumState::new(algorithm),
            // A SHA-256 checksum already is the payload hash.
            payload: (with_payload_hash && algorithm != ChecksumAlgorithm::Sha256)
                .then(Sha256::new),
        }
    }

    /// Adds bytes.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.checksum.update(bytes);
        if let Some(payload) = &mut self.payload {
            payload.update(bytes);
        }
    }

    /// The values, beside an MD5 that was computed elsewhere.
    pub(crate) fn finish(self, md5: Md5Digest) -> Computed {
        let checksum = self.checksum.finish();
        let payload_sha256 = match self.payload {
            Some(payload) => Some(payload.finalize().into()),
            None => checksum.as_slice().try_into().ok(),
        };
        Computed {
            md5,
            checksum: Checksum {
                algorithm: self.algorithm,
                checksum_type: ChecksumType::FullObject,
                value: checksum,
                parts: None,
            },
            payload_sha256,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check values of the CRC catalogue and of FIPS 180-4 for "123456789".
    #[test]
    fn check_values() {
        let hex = |algorithm| hex::encode(checksum_of(algorithm, b"123456789"));
        assert_eq!(hex(ChecksumAlgorithm::Crc32), "cbf43926");
        assert_eq!(hex(ChecksumAlgorithm::Crc32c), "e3069283");
        assert_eq!(hex(ChecksumAlgorithm::Crc64Nvme), "ae8b14860a799888");
        assert_eq!(hex(ChecksumAlgorithm::Sha1), "f7c3bc1d808e04732adf679965ccc34ca7ae3441");
        assert_eq!(
            hex(ChecksumAlgorithm::Sha256),
            "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"
        );
    }

    #[test]
    fn crcs_of_parts_combine() {
        use ChecksumAlgorithm::{Crc32, Crc32c, Crc64Nvme};
        for algorithm in [Crc32, Crc32c, Crc64Nvme] {
            let first = checksum_of(algorithm, b"1234");
            let second = checksum_of(algorithm, b"56789");
            let whole = checksum_of(algorithm, b"123456789");
            assert_eq!(combine(algorithm, &first, &second, 5), whole, "{algorithm:?}");
        }
    }

    #[test]
    fn payload_hash_is_shared_with_a_sha256_checksum() {
        for algorithm in ChecksumAlgorithm::ALL {
            let mut digests = Digests::new(algorithm, true);
            digests.update(b"1234");
            digests.update(b"56789");
            let computed = digests.finish();
            let expected = checksum_of(ChecksumAlgorithm::Sha256, b"123456789");
            assert_eq!(computed.payload_sha256.unwrap().as_slice(), expected, "{algorithm:?}");
            assert_eq!(hex::encode(computed.md5), "25f9e794323b453885f5181f1b624d0b");
        }
    }
}
