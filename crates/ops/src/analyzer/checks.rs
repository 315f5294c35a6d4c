//! ValidatePolicy, CheckNoNewAccess, CheckAccessNotGranted and CheckNoPublicAccess.

use authz::Policy;
use authz::advice::validation;
use authz::checks::{self, Found, PolicyType};
use model::limits::IAM_POLICY_DOCUMENT_LENGTH_MAX;
use serde_json::json;

use super::{
    AnalyzerError, AnalyzerErrorCode as Code, InvalidReason, Issue, PolicyKind, analyze, pass,
};
use crate::iam::ApiCall;

/// What a policy that must not be public belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckedType {
    /// A bucket.
    Bucket,
    /// A role that is assumed.
    Role,
}

/// A statement because of which a check fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Counted from zero.
    pub index: u16,
    /// Its `Sid`.
    pub sid: Option<String>,
}

/// ValidatePolicy. Errors: `AccessDeniedException`, `ValidationException`.
pub async fn validate_policy(
    call: &ApiCall<'_>,
    text: String,
    kind: PolicyKind,
) -> Result<Vec<Issue>, AnalyzerError> {
    pass(call, "ValidatePolicy")?;
    check_length(&text)?;
    analyze(move || validation::validate(&text, &kind)).await
}

/// CheckNoNewAccess: the statements that give new access. Errors: `AccessDeniedException`,
/// `InvalidParameterException`, `UnprocessableEntityException`, `ValidationException`.
pub async fn no_new_access(
    call: &ApiCall<'_>,
    new: &str,
    existing: &str,
    policy_type: PolicyType,
) -> Result<Vec<Statement>, AnalyzerError> {
    pass(call, "CheckNoNewAccess")?;
    let (new, existing) = (parse(new, policy_type)?, parse(existing, policy_type)?);
    analyze(move || failing(&new, checks::new_access(&new, &existing, policy_type))).await?
}

/// CheckAccessNotGranted: the statements that grant some of these actions on some of these resources.
/// Without actions any is meant, without resources any. Errors as [`no_new_access`].
pub async fn access_not_granted(
    call: &ApiCall<'_>,
    policy: &str,
    access: Vec<(Vec<String>, Vec<String>)>,
    policy_type: PolicyType,
) -> Result<Vec<Statement>, AnalyzerError> {
    pass(call, "CheckAccessNotGranted")?;
    let policy = parse(policy, policy_type)?;
    let or_all = |list: Vec<String>| if list.is_empty() { vec!["*".to_owned()] } else { list };
    let statements: Vec<_> = access
        .into_iter()
        .map(|(actions, resources)| {
            let (actions, resources) = (or_all(actions), or_all(resources));
            json!({"Effect": "Allow", "Action": actions, "Resource": resources})
        })
        .collect();
    let document = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    let access = Policy::parse_identity_policy(&document)
        .map_err(|error| invalid(format!("Invalid access: {error}")))?;
    analyze(move || failing(&policy, checks::granted_access(&policy, &access, policy_type))).await?
}

/// CheckNoPublicAccess: the statements that let the public in. Errors as [`no_new_access`].
pub async fn no_public_access(
    call: &ApiCall<'_>,
    policy: &str,
    checked: CheckedType,
) -> Result<Vec<Statement>, AnalyzerError> {
    pass(call, "CheckNoPublicAccess")?;
    check_length(policy)?;
    let policy = match checked {
        CheckedType::Bucket => parse(policy, PolicyType::Resource)?,
        CheckedType::Role => Policy::parse_stored_trust_policy(policy)
            .map_err(|error| invalid(error.message().to_owned()))?,
    };
    analyze(move || failing(&policy, checks::public_access(&policy))).await?
}

fn parse(text: &str, policy_type: PolicyType) -> Result<Policy, AnalyzerError> {
    check_length(text)?;
    let parsed = match policy_type {
        PolicyType::Identity => Policy::parse_identity_policy(text),
        PolicyType::Resource => Policy::parse_resource_policy(text),
    };
    parsed.map_err(|error| invalid(error.message().to_owned()))
}

fn check_length(text: &str) -> Result<(), AnalyzerError> {
    if text.len() <= IAM_POLICY_DOCUMENT_LENGTH_MAX {
        return Ok(());
    }
    Err(AnalyzerError::invalid(
        InvalidReason::FieldValidationFailed,
        format!("A policy document has at most {IAM_POLICY_DOCUMENT_LENGTH_MAX} characters."),
    ))
}

fn invalid(message: String) -> AnalyzerError {
    AnalyzerError::new(Code::InvalidParameterException, message)
}

/// What was found is certain; that there is nothing is certain only without doubts.
fn failing(policy: &Policy, found: Found) -> Result<Vec<Statement>, AnalyzerError> {
    if found.statements.is_empty()
        && let Some(doubt) = found.doubts.first()
    {
        let message = format!("The policy cannot be analyzed: {doubt}.");
        return Err(AnalyzerError::new(Code::UnprocessableEntityException, message));
    }
    let statement = |index: u16| {
        let sid = policy.statement_label(index).sid.map(str::to_owned);
        Statement { index, sid }
    };
    Ok(found.statements.into_iter().map(statement).collect())
}
