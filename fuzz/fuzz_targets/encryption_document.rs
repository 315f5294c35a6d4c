//! `ServerSideEncryptionConfiguration` documents: what was read means the same when it is written, and
//! no key is named where none is used.
#![no_main]

use libfuzzer_sys::fuzz_target;
use model::SseAlgorithm;
use s3_api::fuzzing::{encryption_document, write_encryption_document};

fuzz_target!(|data: &[u8]| {
    let Ok(encryption) = encryption_document(data) else { return };
    let written = write_encryption_document(&encryption);
    let again = encryption_document(written.as_bytes()).ok();
    assert_eq!(again.as_ref(), Some(&encryption), "{written}");
    assert!(encryption.kms_key.is_none() || encryption.algorithm != SseAlgorithm::Aes256);
});
