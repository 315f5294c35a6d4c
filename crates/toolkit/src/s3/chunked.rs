//! The body that current SDKs send over HTTPS: chunks without signatures, the CRC32 behind them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use crc_fast::{CrcAlgorithm, checksum};

/// The value of `x-amz-checksum-crc32`.
pub fn crc32_base64(bytes: &[u8]) -> String {
    let crc = checksum(CrcAlgorithm::Crc32IsoHdlc, bytes);
    // Its upper half is empty.
    STANDARD.encode(u32::try_from(crc).unwrap_or_default().to_be_bytes())
}

/// The framed body.
pub(super) fn frame(bytes: &Bytes) -> Bytes {
    let mut framed = format!("{:x}\r\n", bytes.len()).into_bytes();
    if bytes.is_empty() {
        framed.clear();
    } else {
        framed.extend_from_slice(bytes);
        framed.extend_from_slice(b"\r\n");
    }
    framed.extend_from_slice(b"0\r\n");
    framed.extend_from_slice(
        format!("x-amz-checksum-crc32:{}\r\n\r\n", crc32_base64(bytes)).as_bytes(),
    );
    framed.into()
}

/// The headers that belong to it.
pub(super) fn headers(bytes: &Bytes) -> [(&'static str, String); 3] {
    [
        ("content-encoding", "aws-chunked".to_owned()),
        ("x-amz-decoded-content-length", bytes.len().to_string()),
        ("x-amz-trailer", "x-amz-checksum-crc32".to_owned()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_those_of_the_sdks() {
        // The check value of CRC-32/ISO-HDLC is cbf43926.
        assert_eq!(crc32_base64(b"123456789"), "y/Q5Jg==");
        let framed = frame(&Bytes::from_static(b"123456789"));
        let expected = b"9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n";
        assert_eq!(framed, expected.as_slice());
        let framed = frame(&Bytes::new());
        assert_eq!(framed, b"0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n".as_slice());
    }
}
