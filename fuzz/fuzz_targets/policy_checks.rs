//! Policies that nobody stored: issues lie inside the text, a policy gives nothing new compared with
//! itself, and what it gives compared with one that gives nothing it also grants.
#![no_main]

use authz::Policy;
use authz::advice::lint::PolicyKind;
use authz::advice::validation::{bucket_of, validate};
use authz::checks::{PolicyType, granted_access, new_access, public_access};
use libfuzzer_sys::fuzz_target;

const NOTHING: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#;
const EVERYTHING: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;

/// Longer policies can take seconds, which is no matter of correctness.
const REASONED_BYTES_MAX: usize = 400;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let length = text.chars().count();
    let is_short = text.len() <= REASONED_BYTES_MAX;
    let bucket = bucket_of(text).map(PolicyKind::Bucket).filter(|_| is_short);
    let kinds = [PolicyKind::Identity, PolicyKind::Trust, PolicyKind::Resource];
    for kind in kinds.into_iter().chain(bucket) {
        let issues = validate(text, &kind);
        for issue in &issues {
            assert!(issue.start.offset <= issue.end.offset && issue.end.offset <= length);
        }
        let is_refused = match &kind {
            PolicyKind::Identity => Policy::parse_identity_policy(text).is_err(),
            PolicyKind::Trust => Policy::parse_stored_trust_policy(text).is_err(),
            PolicyKind::Resource => Policy::parse_resource_policy(text).is_err(),
            PolicyKind::Bucket(_) => false,
        };
        let has_error = issues.iter().any(|issue| issue.kind == "ERROR");
        assert!(!is_refused || has_error, "refused without an error: {kind:?}");
    }
    if !is_short {
        return;
    }
    if let Ok(policy) = Policy::parse_identity_policy(text) {
        check(&policy, PolicyType::Identity);
    }
    if let Ok(policy) = Policy::parse_resource_policy(text) {
        check(&policy, PolicyType::Resource);
        let public = public_access(&policy);
        assert!(public.statements.is_empty() || policy.is_public());
    }
});

fn check(policy: &Policy, policy_type: PolicyType) {
    let of = |text| Policy::parse_identity_policy(text).expect("a policy");
    assert!(new_access(policy, policy, policy_type).statements.is_empty(), "new to itself");
    let added = new_access(policy, &of(NOTHING), policy_type);
    let granted = granted_access(policy, &of(EVERYTHING), policy_type);
    assert_eq!(added.statements, granted.statements);
}
