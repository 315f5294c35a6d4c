//! Bucket policies: what is accepted stays readable, and reading it twice gives one meaning.
#![no_main]

use authz::Policy;
use authz::policy::{PolicyOptions, PrincipalDirectory};
use libfuzzer_sys::fuzz_target;
use model::BucketName;

/// A directory in which half of all names exist.
struct Directory;

impl PrincipalDirectory for Directory {
    fn account_exists(&self, account_id: &str) -> bool {
        account_id.len().is_multiple_of(2)
    }

    fn canonical_id_exists(&self, canonical_id: &str) -> bool {
        canonical_id.len().is_multiple_of(2)
    }

    fn iam_arn_exists(&self, arn: &str) -> bool {
        arn.len().is_multiple_of(2)
    }
}

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let bucket = BucketName::parse("some-bucket").expect("a good name");
    let read = || Policy::parse_bucket_policy(text, &bucket, &Directory, PolicyOptions::default());
    if let Ok(policy) = read() {
        let stored = Policy::parse_stored_bucket_policy(text, &bucket);
        let stored = stored.expect("what was accepted can be read when it is stored");
        assert_eq!(stored.public_statement(), policy.public_statement());
    }
    let code = |error: &model::S3Error| (error.code().as_str(), error.message().to_owned());
    let (first, second) = (read(), read());
    assert_eq!(first.as_ref().err().map(code), second.as_ref().err().map(code));
    let _ = Policy::parse_identity_policy(text);
});
