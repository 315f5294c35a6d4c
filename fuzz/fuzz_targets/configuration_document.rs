//! Documents of configurations that are kept without effect, chosen by the first byte: what was read is
//! written in one form, which is read as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use s3_api::fuzzing::configuration_document;

fuzz_target!(|data: &[u8]| {
    let Some((kind, document)) = data.split_first() else { return };
    let Ok(written) = configuration_document(*kind, document) else { return };
    let again = configuration_document(*kind, written.as_bytes());
    assert_eq!(again.ok().as_ref(), Some(&written), "{written}");
});
