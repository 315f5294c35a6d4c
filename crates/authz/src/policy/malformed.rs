//! The errors of policy validation (§5.3), all of them 400 `MalformedPolicy`.

use model::{ErrorCode, S3Error};

/// POL-E1: empty, or the first byte is not `{`.
pub(super) const FIRST_BYTE: &str = "Policies must be valid JSON and the first byte must be '{'";
/// POL-E2: broken JSON, including members given twice.
pub(super) const JSON: &str = "This policy contains invalid Json";
/// POL-E4: `"Statement": []`.
pub(super) const STATEMENT_EMPTY: &str = "Could not parse the policy: Statement is empty!";
/// POL-E8: a principal that does not exist or cannot be written so.
pub(super) const PRINCIPAL: &str = "Invalid principal in policy";
/// POL-E10: not an action of S3.
pub(super) const ACTION: &str = "Policy has invalid action";
/// POL-E12: not a resource of this bucket.
pub(super) const RESOURCE: &str = "Policy has invalid resource";
/// POL-E13: an action without a fitting resource.
pub(super) const ACTION_RESOURCE: &str = "Action does not apply to any resource(s) in statement";
/// POL-E14: unknown condition key.
pub(super) const CONDITION_KEY: &str = "Policy has an invalid condition key";
/// POL-E15: a condition key that one of the actions does not have.
pub(super) const CONDITION_COMBINATION: &str =
    "Conditions do not apply to combination of actions and resources in statement";
/// POL-E17: malformed address or CIDR block.
pub(super) const IP_ADDRESS: &str = "Invalid IP address in Conditions";
/// POL-E18: unknown version.
pub(super) const VERSION: &str = "The policy must contain a valid version string";
/// POL-E19: an element of the wrong JSON type, an unknown element (POL-15), or two of which only
/// one may stand (POL-14).
pub(super) const SYNTAX: &str = "Invalid policy syntax.";
/// POL-E20: more than 20 KiB.
pub(super) const TOO_LARGE: &str =
    "Normalized policy document exceeds the maximum allowed size of 20480 bytes";
/// POL-E21: no text was recorded.
pub(super) const ALLOW_NOT_PRINCIPAL: &str = "Allow with NotPrincipal is not allowed.";
/// POL-13. The text is that of IAM.
pub(super) const SID_NOT_UNIQUE: &str = "Statement IDs (SID) in a single policy must be unique.";
/// An identity policy with a principal. The text is that of IAM.
pub(super) const IDENTITY_PRINCIPAL: &str = "Policy document should not specify a principal.";

/// The error with one of the messages above.
pub(super) fn malformed(message: &'static str) -> S3Error {
    S3Error::with_message(ErrorCode::MalformedPolicy, message)
}

/// POL-E3, E5, E7, E9, E11: an element is missing.
pub(super) fn missing(element: &str) -> S3Error {
    with_text(format!("Missing required field {element}"))
}

/// POL-E6: `Effect` is neither `Allow` nor `Deny`.
pub(super) fn invalid_effect(effect: &str) -> S3Error {
    with_text(format!("Invalid effect: {effect}"))
}

/// POL-E16: unknown condition operator.
pub(super) fn invalid_condition_type(operator: &str) -> S3Error {
    with_text(format!("Invalid Condition type : {operator}"))
}

fn with_text(message: String) -> S3Error {
    S3Error::with_message(ErrorCode::MalformedPolicy, message)
}
