//! Bucket policies: what is accepted stays readable, and reading it twice gives one meaning.
#![no_main]

use authz::Policy;
use authz::policy::PolicyOptions;
use fuzz::{Directory, seen};
use libfuzzer_sys::fuzz_target;
use model::BucketName;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let bucket = BucketName::parse("some-bucket").expect("a good name");
    let read = || Policy::parse_bucket_policy(text, &bucket, &Directory, PolicyOptions::default());
    if let Ok(policy) = read() {
        let stored = Policy::parse_stored_bucket_policy(text, &bucket);
        let stored = stored.expect("what was accepted can be read when it is stored");
        assert_eq!(stored.public_statement(), policy.public_statement());
    }
    assert_eq!(seen(read()).err(), seen(read()).err());
});
