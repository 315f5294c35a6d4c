//! `VersioningConfiguration` documents: what was read means the same when it is written, nothing asks
//! for the state of before, and nothing but a client with its device for MFA delete.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ops::records::Versioning;
use s3_api::fuzzing::{versioning_document, write_versioning_document};

fuzz_target!(|data: &[u8]| {
    let Ok(state) = versioning_document(data) else { return };
    assert_ne!(state, Versioning::Off, "versioning was turned off");
    let written = write_versioning_document(state);
    assert_eq!(versioning_document(written.as_bytes()).ok(), Some(state), "{written}");
});
