//! Trust policies: what is accepted stays readable and keeps its meaning, it speaks of nothing but
//! assuming roles, and it lets nobody in whom no `Allow` names.
#![no_main]

use authz::Policy;
use fuzz::{Directory, answers, check_meaning};
use libfuzzer_sys::fuzz_target;

const ROLE: &str = "arn:aws:iam::111122223333:role/reader";
const ACTIONS: [&str; 3] = ["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:TagSession"];

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(policy) = Policy::parse_trust_policy(text, &Directory) else { return };
    let stored = |text: &str| Policy::parse_stored_trust_policy(text).ok();
    let ask = |policy: &Policy| answers(policy, &ACTIONS, ROLE);
    let again = stored(text).expect("what was accepted can be read when it is stored");
    assert_eq!(ask(&again), ask(&policy));
    check_meaning(&policy, stored, ask);
    for action in ["s3:GetObject", "iam:CreateUser", "organizations:DeletePolicy"] {
        for outcome in answers(&policy, &[action], ROLE) {
            assert_eq!(outcome.allow, None, "{action} is allowed by a trust policy");
        }
    }
});
