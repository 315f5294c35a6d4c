//! What calls that make sessions have in common: duration, session policies, tags, source identity.

use authz::{ContextSource, Policy};
use iam::{IamError, IamErrorCode, Tag, validate};
use identity::session::{Session, SessionPolicies, SessionTag};
use model::Timestamp;
use model::limits::{
    SESSION_POLICY_ARNS_MAX, SESSION_POLICY_CHARACTERS_MAX, SESSION_SECONDS_MIN, SESSION_TAGS_MAX,
};

use crate::iam::{CallContext, OwnValues};

/// What a caller asks of a session. Absent and empty mean the same, except for the policies.
#[derive(Clone, Debug, Default)]
pub struct SessionRequest {
    /// `DurationSeconds`.
    pub duration_seconds: Option<u64>,
    /// `Policy`, an inline session policy.
    pub policy: Option<String>,
    /// `PolicyArns`, managed session policies.
    pub policy_arns: Vec<String>,
    /// `Tags`.
    pub tags: Vec<Tag>,
    /// `TransitiveTagKeys`.
    pub transitive_tag_keys: Vec<String>,
    /// `SourceIdentity`.
    pub source_identity: Option<String>,
    /// Whether `SerialNumber` or `TokenCode` was sent.
    pub names_mfa_device: bool,
}

impl SessionRequest {
    /// Checks the form of everything. Errors: `ValidationError`, `MalformedPolicyDocument`,
    /// `InvalidParameterValue`; `AccessDenied` for a device, of which there are none.
    pub(super) fn check(&self, seconds_max: u64) -> Result<(), IamError> {
        if let Some(seconds) = self.duration_seconds {
            check_duration(seconds, seconds_max)?;
        }
        if let Some(policy) = &self.policy {
            validate::length("policy", policy, 1, SESSION_POLICY_CHARACTERS_MAX)?;
            Policy::parse_identity_policy(policy)
                .map_err(|error| IamError::malformed_policy(error.to_string()))?;
        }
        check_count("policyArns", self.policy_arns.len(), SESSION_POLICY_ARNS_MAX)?;
        for arn in &self.policy_arns {
            validate::length("policyArns.member.arn", arn, 20, 2048)?;
        }
        check_count("tags", self.tags.len(), SESSION_TAGS_MAX)?;
        validate::tags(&self.tags)?;
        self.check_transitive_keys()?;
        if let Some(identity) = &self.source_identity {
            check_name("sourceIdentity", identity, 2, 64)?;
        }
        if self.names_mfa_device {
            let message = "MultiFactorAuthentication failed, unable to validate MFA code.  Please \
                           verify your MFA serial number is valid and associated with this user.";
            return Err(IamError::new(IamErrorCode::AccessDenied, message));
        }
        Ok(())
    }

    fn check_transitive_keys(&self) -> Result<(), IamError> {
        check_count("transitiveTagKeys", self.transitive_tag_keys.len(), SESSION_TAGS_MAX)?;
        let asked = |key: &String| self.tags.iter().any(|tag| tag.key.eq_ignore_ascii_case(key));
        if self.transitive_tag_keys.iter().all(asked) {
            return Ok(());
        }
        let message = "The specified transitive tag key must be included in the requested tags.";
        Err(IamError::new(IamErrorCode::InvalidParameterValue, message))
    }

    /// The policies, if any were sent.
    pub(super) fn policies(&self) -> Option<SessionPolicies> {
        let none = self.policy.is_none() && self.policy_arns.is_empty();
        (!none).then(|| SessionPolicies {
            inline: self.policy.clone(),
            arns: self.policy_arns.clone(),
        })
    }

    /// The tags of the new session: those that the calling session hands on, then those of the
    /// request, none of which may replace one that is handed on.
    pub(super) fn session_tags(
        &self,
        calling: Option<&Session>,
    ) -> Result<Vec<SessionTag>, IamError> {
        let handed_on = calling.map(|session| session.tags.as_slice()).unwrap_or_default();
        let mut tags: Vec<SessionTag> =
            handed_on.iter().filter(|tag| tag.transitive).cloned().collect();
        for Tag { key, value } in &self.tags {
            if tags.iter().any(|known| known.key.eq_ignore_ascii_case(key)) {
                let message = "One of the specified transitive tag keys can't be set because it \
                               conflicts with a transitive tag key from the calling session.";
                return Err(IamError::new(IamErrorCode::InvalidParameterValue, message));
            }
            let named = |transitive: &String| transitive.eq_ignore_ascii_case(key);
            let transitive = self.transitive_tag_keys.iter().any(named);
            tags.push(SessionTag { key: key.clone(), value: value.clone(), transitive });
        }
        check_count("tags", tags.len(), SESSION_TAGS_MAX)?;
        Ok(tags)
    }

    /// The values of condition keys that these arguments have.
    pub(super) fn values(&self) -> Values {
        let mut values = Values::default();
        for Tag { key, value } in &self.tags {
            values.add(&format!("aws:RequestTag/{key}"), [value.clone()]);
        }
        values.add("aws:TagKeys", self.tags.iter().map(|tag| tag.key.clone()));
        values.add("sts:TransitiveTagKeys", self.transitive_tag_keys.iter().cloned());
        values
    }
}

/// When a session of so many seconds that begins now begins and ends. Tokens count whole seconds.
pub(super) fn lifetime(now: Timestamp, seconds: u64) -> (Timestamp, Timestamp) {
    let issued = now.truncated_to_seconds();
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    (issued, Timestamp::from_unix_seconds(issued.unix_seconds().saturating_add(seconds)))
}

/// `PackedPolicyTooLarge` if policies and tags do not fit into the token.
pub(super) fn check_packed_size(session: &Session) -> Result<(), IamError> {
    let percent = session.packed_size_percent();
    if percent <= 100 {
        return Ok(());
    }
    let message =
        format!("Packed policy consumes {percent}% of allotted space, please use smaller policy.");
    Err(IamError::new(IamErrorCode::PackedPolicyTooLarge, message))
}

fn check_duration(seconds: u64, max: u64) -> Result<(), IamError> {
    let refused =
        |rule: String| Err(validate::constraint("durationSeconds", &seconds.to_string(), &rule));
    if seconds < SESSION_SECONDS_MIN {
        return refused(format!(
            "Member must have value greater than or equal to {SESSION_SECONDS_MIN}"
        ));
    }
    if seconds > max {
        return refused(format!("Member must have value less than or equal to {max}"));
    }
    Ok(())
}

fn check_count(parameter: &str, count: usize, max: usize) -> Result<(), IamError> {
    if count <= max {
        return Ok(());
    }
    Err(IamError::validation(format!(
        "1 validation error detected: Value at '{parameter}' failed to satisfy constraint: Member \
         must have length less than or equal to {max}"
    )))
}

/// The name of a session, a federated user or a source identity. AWS: STS API reference,
/// `RoleSessionName`.
pub(super) fn check_name(
    parameter: &str,
    value: &str,
    min: usize,
    max: usize,
) -> Result<(), IamError> {
    check_characters(parameter, value, (min, max), "+=,.@-", "[\\w+=,.@-]*")
}

/// A text of letters, digits, `_` and some more.
pub(super) fn check_characters(
    parameter: &str,
    value: &str,
    (min, max): (usize, usize),
    besides: &str,
    pattern: &str,
) -> Result<(), IamError> {
    validate::length(parameter, value, min, max)?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || besides.contains(c);
    if value.chars().all(allowed) {
        return Ok(());
    }
    let rule = format!("Member must satisfy regular expression pattern: {pattern}");
    Err(validate::constraint(parameter, value, &rule))
}

/// Values of condition keys that only one call has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Values(OwnValues);

impl Values {
    /// Adds the values of a key; nothing if there are none.
    pub(super) fn add(&mut self, key: &str, values: impl IntoIterator<Item = String>) {
        let values: Vec<String> = values.into_iter().collect();
        if !values.is_empty() {
            self.0.push((key.to_owned(), values));
        }
    }

    /// Together with the circumstances of the call.
    pub(super) fn with<'a>(&'a self, circumstances: &'a dyn ContextSource) -> CallContext<'a> {
        CallContext { own: &self.0, circumstances }
    }
}
