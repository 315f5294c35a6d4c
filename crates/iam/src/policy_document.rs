//! Policy documents before they are stored.
//!
//! The language is understood by `authz`; here stand the sizes and the errors of IAM.

use authz::Policy;
use authz::policy::{PrincipalNames, with_unique_ids};
use model::limits::{IAM_POLICY_DOCUMENT_LENGTH_MAX, IAM_TRUST_POLICY_CHARACTERS_MAX};

use crate::{IamError, validate};

/// Refuses what is no identity policy. Errors: `MalformedPolicyDocument`, `ValidationError`.
pub fn check_identity_policy(document: &str) -> Result<(), IamError> {
    check_length(document)?;
    Policy::parse_identity_policy(document)
        .map(drop)
        .map_err(|error| IamError::malformed_policy(error.message().to_owned()))
}

/// A trust policy as it is kept: with the unique ids of users and roles (POL-3). Refuses what is
/// none. Errors: `MalformedPolicyDocument`, `LimitExceeded`, `ValidationError`.
pub fn kept_trust_policy(document: &str, names: &dyn PrincipalNames) -> Result<String, IamError> {
    check_length(document)?;
    if characters(document) > IAM_TRUST_POLICY_CHARACTERS_MAX {
        return Err(IamError::quota("ACLSizePerRole", IAM_TRUST_POLICY_CHARACTERS_MAX));
    }
    Policy::parse_trust_policy(document, names)
        .map_err(|error| IamError::malformed_policy(error.message().to_owned()))?;
    Ok(with_unique_ids(document, names))
}

fn check_length(document: &str) -> Result<(), IamError> {
    validate::length("policyDocument", document, 1, IAM_POLICY_DOCUMENT_LENGTH_MAX)
}

/// The size of a document as quotas see it: without white space outside of texts.
pub fn characters(document: &str) -> usize {
    let (mut count, mut in_text, mut escaped) = (0, false, false);
    for c in document.chars() {
        if in_text || !c.is_ascii_whitespace() {
            count += 1;
        }
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = in_text;
        } else if c == '"' {
            in_text = !in_text;
        }
    }
    count
}
