//! The policy of a POST form, with the form that it is held against.
//!
//! A form that a policy allows is refused as soon as it has a field more, and after its time.
#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use fuzz::NOW;
use libfuzzer_sys::fuzz_target;
use model::{BucketName, Timestamp};
use s3_api::fuzzing::post_policy;

fuzz_target!(|data: &[u8]| {
    let Some(text) = data.split(|byte| *byte == 0).next() else { return };
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in data.split(|byte| *byte == 0).skip(1) {
        let line = String::from_utf8_lossy(line);
        if let Some((name, value)) = line.split_once('=')
            && !fields.iter().any(|(known, _)| known.eq_ignore_ascii_case(name))
        {
            fields.push((name.to_owned(), value.to_owned()));
        }
    }
    let bucket = BucketName::parse("some-bucket").expect("a good name");
    let base64 = BASE64.encode(text);
    let check = |fields: &[(String, String)], now| post_policy(&base64, fields, &bucket, now);
    if check(&fields, NOW).is_err() {
        return;
    }
    let end = Timestamp::from_unix_seconds(253_402_300_799);
    assert!(check(&fields, end).is_err(), "a policy is good for ever");
    let name = "x-amz-meta-unheard-of";
    let is_covered = String::from_utf8_lossy(text).to_ascii_lowercase().contains("unheard");
    if !is_covered && !text.contains(&b'\\') && !fields.iter().any(|(known, _)| known == name) {
        fields.push((name.to_owned(), "x".to_owned()));
        assert!(check(&fields, NOW).is_err(), "a field went unnoticed");
    }
});
