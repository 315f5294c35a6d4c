//! Policies of users, groups and roles: what is accepted keeps its meaning in its normal form, is never
//! public, and allows nothing once each statement of it denies.
#![no_main]

use authz::Policy;
use fuzz::{answers, check_meaning};
use libfuzzer_sys::fuzz_target;

const ACTIONS: [&str; 4] = ["s3:GetObject", "s3:PutObject", "s3:ListBucket", "iam:CreateUser"];

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(policy) = Policy::parse_identity_policy(text) else { return };
    assert!(!policy.is_public(), "an identity policy is public");
    let read = |text: &str| Policy::parse_identity_policy(text).ok();
    for resource in ["arn:aws:s3:::photos/cat.jpg", "arn:aws:s3:::photos", "*"] {
        check_meaning(&policy, read, |policy| answers(policy, &ACTIONS, resource));
    }
});
