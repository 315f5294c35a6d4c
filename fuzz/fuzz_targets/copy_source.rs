//! `x-amz-copy-source`: what was read means the same when it is written.
#![no_main]

use fuzz::seen;
use identity::uri::encode_path;
use libfuzzer_sys::fuzz_target;
use s3_api::fuzzing::copy_source;

fuzz_target!(|data: &[u8]| {
    let Ok((bucket, key, version)) = copy_source(data) else { return };
    let version_text = version.as_ref().map(|id| format!("?versionId={id}")).unwrap_or_default();
    for start in ["", "/"] {
        let written =
            format!("{start}{bucket}/{}{version_text}", encode_path(key.as_str().as_bytes()));
        let again = seen(copy_source(written.as_bytes()));
        assert_eq!(again, Ok((bucket.clone(), key.clone(), version.clone())), "{written}");
    }
});
