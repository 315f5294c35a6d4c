//! What can be wrong with a policy document, in the words of S3 (§5.3) and in those of IAM.
//!
//! Amazon reads bucket policies and role trust policies with one reader and identity policies with
//! another, which answers in other words. AWS: IAM API Reference, `MalformedPolicyDocument`; most
//! texts of IAM are recorded in public issues.

use std::borrow::Cow;
use std::fmt;

use model::{ErrorCode, S3Error};

/// Why a document is not taken as a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Malformed {
    /// POL-E1: empty, or the first byte is not `{`.
    FirstByte,
    /// POL-E2: broken JSON, including members given twice.
    Json(String),
    /// POL-E3, E5, E7, E9, E11: an element is missing.
    Missing(&'static str),
    /// POL-E4: `"Statement": []`.
    StatementEmpty,
    /// POL-E6: `Effect` is neither `Allow` nor `Deny`.
    Effect(String),
    /// POL-E8: a principal that does not exist or cannot be written so; as `"AWS":"…"` if it is one
    /// value of a list.
    Principal(Option<String>),
    /// POL-E10: not an action of S3, or not written as an action.
    Action(String),
    /// POL-E12: not a resource of this bucket, or not written as a resource.
    Resource(String),
    /// POL-E13: an action without a fitting resource.
    ActionResource,
    /// POL-E14: unknown condition key.
    ConditionKey,
    /// POL-E15: a condition key that one of the actions does not have.
    ConditionCombination,
    /// POL-E16: unknown condition operator.
    ConditionType(String),
    /// POL-E17: malformed address or CIDR block.
    IpAddress,
    /// POL-E18: unknown version.
    Version,
    /// An identity policy of the version before 2012, or without one.
    VersionTooOld,
    /// POL-E19: an element of the wrong JSON type, an unknown element (POL-15), or two of which
    /// only one may stand (POL-14).
    Syntax,
    /// A date that is none, which IAM notices later than the rest.
    Date,
    /// POL-E20: more than 20 KiB.
    TooLarge,
    /// POL-E21: no text was recorded.
    AllowNotPrincipal,
    /// POL-13. The text is that of IAM.
    SidNotUnique,
    /// An identity policy with a principal.
    IdentityPrincipal,
    /// A trust policy with `Resource`.
    TrustResource,
    /// A trust policy with `NotResource`.
    TrustNotResource,
    /// A trust policy with `NotPrincipal`.
    TrustNotPrincipal,
    /// A trust policy with an action that does not assume a role.
    TrustAction,
}

impl Malformed {
    /// The text for bucket policies and trust policies.
    pub(super) fn text(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::FirstByte => "Policies must be valid JSON and the first byte must be '{'",
            Self::Json(_) => "This policy contains invalid Json",
            Self::Missing(element) => {
                return Cow::Owned(format!("Missing required field {element}"));
            }
            Self::StatementEmpty => "Could not parse the policy: Statement is empty!",
            Self::Effect(effect) => return Cow::Owned(format!("Invalid effect: {effect}")),
            Self::Principal(_) => "Invalid principal in policy",
            Self::Action(_) => "Policy has invalid action",
            Self::Resource(_) => "Policy has invalid resource",
            Self::ActionResource => "Action does not apply to any resource(s) in statement",
            Self::ConditionKey => "Policy has an invalid condition key",
            Self::ConditionCombination => {
                "Conditions do not apply to combination of actions and resources in statement"
            }
            Self::ConditionType(name) => {
                return Cow::Owned(format!("Invalid Condition type : {name}"));
            }
            Self::IpAddress => "Invalid IP address in Conditions",
            Self::Version => "The policy must contain a valid version string",
            Self::VersionTooOld => "Policy document must be version 2012-10-17 or greater.",
            Self::Syntax | Self::Date => "Invalid policy syntax.",
            Self::TooLarge => {
                "Normalized policy document exceeds the maximum allowed size of 20480 bytes"
            }
            Self::AllowNotPrincipal => "Allow with NotPrincipal is not allowed.",
            Self::SidNotUnique => "Statement IDs (SID) in a single policy must be unique.",
            Self::IdentityPrincipal => "Policy document should not specify a principal.",
            Self::TrustResource => "Has prohibited field Resource",
            Self::TrustNotResource => "AssumeRole policy must not contain resources.",
            Self::TrustNotPrincipal => "AssumeRole policy must not contain NotPrincipal field.",
            Self::TrustAction => "AssumeRole policy may only specify STS AssumeRole actions.",
        })
    }

    /// The error of PutBucketPolicy, 400 `MalformedPolicy`.
    pub(super) fn in_bucket_policy(self) -> S3Error {
        let error = S3Error::with_message(ErrorCode::MalformedPolicy, self.text());
        match self {
            Self::Json(cause) => error.because(cause),
            _ => error,
        }
    }

    /// The error about a trust policy, which names a principal that it does not know.
    pub(super) fn in_trust_policy(self) -> MalformedPolicyDocument {
        match &self {
            Self::Principal(Some(principal)) => {
                MalformedPolicyDocument(format!("{}: {principal}", self.text()).into())
            }
            _ => MalformedPolicyDocument(self.text()),
        }
    }

    /// The error about an identity policy.
    pub(super) fn in_identity_policy(self) -> MalformedPolicyDocument {
        MalformedPolicyDocument(match &self {
            Self::VersionTooOld | Self::SidNotUnique | Self::IdentityPrincipal | Self::TooLarge => {
                self.text()
            }
            Self::Missing("Action") => "Policy statement must contain actions.".into(),
            Self::Missing("Resource") => "Policy statement must contain resources.".into(),
            Self::Action(action) => action_text(action),
            Self::Resource(resource) => resource_text(resource),
            Self::Effect(effect) if is_effect_in_other_case(effect) => LEGACY.into(),
            Self::Date => LEGACY.into(),
            _ => "Syntax errors in policy.".into(),
        })
    }
}

const LEGACY: &str = "The policy failed legacy parsing";

fn is_effect_in_other_case(effect: &str) -> bool {
    ["Allow", "Deny"].iter().any(|known| known.eq_ignore_ascii_case(effect))
}

/// What IAM says about an action that is not written as one.
fn action_text(action: &str) -> Cow<'static, str> {
    match action.split_once(':') {
        None => "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.".into(),
        Some((_, name)) if name.contains(':') => {
            "Actions/Condition can contain only one colon.".into()
        }
        Some((vendor, name)) if !name.is_empty() => format!("Vendor {vendor} is not valid").into(),
        Some(_) => LEGACY.into(),
    }
}

/// What IAM says about a resource that is not written as one.
fn resource_text(resource: &str) -> Cow<'static, str> {
    let mut parts = resource.splitn(6, ':');
    let (Some(_), Some(partition)) = (parts.next(), parts.next()) else {
        return format!("Resource {resource} must be in ARN format or \"*\".").into();
    };
    let mut rest = || parts.next().filter(|part| !part.is_empty());
    if partition != "aws" {
        let service = rest().unwrap_or("*");
        let rest = parts.collect::<Vec<_>>().join(":");
        let rest = if rest.is_empty() { "*:*:*" } else { &rest };
        return format!(
            "Partition \"{partition}\" is not valid for resource \
             \"arn:{partition}:{service}:{rest}\"."
        )
        .into();
    }
    match rest() {
        None => "Resource vendor must be fully qualified and cannot contain regexes.".into(),
        Some(service) if service.contains(['*', '?']) => {
            "Resource vendor must be fully qualified and cannot contain regexes.".into()
        }
        Some("iam") if !resource.starts_with("arn:aws:iam::") => {
            format!("IAM resource {resource} cannot contain region information.").into()
        }
        Some(_) => LEGACY.into(),
    }
}

/// What IAM and STS answer to a document that is not a policy: 400 `MalformedPolicyDocument` with
/// this message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MalformedPolicyDocument(Cow<'static, str>);

impl MalformedPolicyDocument {
    /// The message for the client.
    pub fn message(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MalformedPolicyDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for MalformedPolicyDocument {}
