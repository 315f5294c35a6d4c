//! `OwnershipControls` documents: what was read means the same when it is written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use s3_api::fuzzing::{ownership_document, write_ownership_document};

fuzz_target!(|data: &[u8]| {
    let Ok(setting) = ownership_document(data) else { return };
    let written = write_ownership_document(setting);
    assert_eq!(ownership_document(written.as_bytes()).ok(), Some(setting), "{written}");
});
