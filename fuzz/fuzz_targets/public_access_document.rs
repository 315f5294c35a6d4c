//! `PublicAccessBlockConfiguration` documents: what was read means the same when it is written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use s3_api::fuzzing::{public_access_document, write_public_access_document};

fuzz_target!(|data: &[u8]| {
    let Ok(setting) = public_access_document(data) else { return };
    let written = write_public_access_document(setting);
    let again = public_access_document(written.as_bytes()).ok();
    assert_eq!(again, Some(setting), "{written}");
});
