//! `BucketLoggingStatus` documents: what was read means the same when it is written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use model::{BucketLogging, BucketName, CanonicalUserId, Grant, Grantee};
use ops::acl::{GrantInput, GranteeInput};
use s3_api::fuzzing::{logging_document, write_logging_document};

fuzz_target!(|data: &[u8]| {
    let Ok(input) = logging_document(data) else { return };
    let Some(input) = input else {
        let written = write_logging_document(None);
        assert_eq!(logging_document(written.as_bytes()).ok(), Some(None), "{written}");
        return;
    };
    // Names and ids that nobody can have are refused later; they cannot be written.
    let Some(target_bucket) = BucketName::parse(&input.target_bucket) else { return };
    let grants = input.target_grants.iter().map(known).collect::<Option<Vec<_>>>();
    let Some(target_grants) = grants else { return };
    let target_prefix = input.target_prefix.clone();
    let logging =
        BucketLogging { target_bucket, target_prefix, target_grants, key_format: input.key_format };
    let written = write_logging_document(Some(&logging));
    let Ok(Some(again)) = logging_document(written.as_bytes()) else {
        panic!("cannot read what was written: {written}")
    };
    assert_eq!(again.target_bucket, input.target_bucket);
    assert_eq!(again.target_prefix, input.target_prefix);
    assert_eq!(again.key_format, input.key_format);
    let again = again.target_grants.iter().map(known).collect::<Option<Vec<_>>>();
    assert_eq!(again, Some(logging.target_grants), "{written}");
});

fn known(grant: &GrantInput) -> Option<Grant> {
    let grantee = match &grant.grantee {
        GranteeInput::Account(id) => Grantee::CanonicalUser(CanonicalUserId::parse(&id.text)?),
        GranteeInput::Group(group) => Grantee::Group(*group),
    };
    Some(Grant { grantee, permission: grant.permission })
}
