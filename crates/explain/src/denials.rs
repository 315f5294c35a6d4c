//! Changes that could help where a statement denies.

use audit::decision_log::{PolicyOrigin, Record};
use authz::{ConditionKey, Policy, Source, Subject};
use serde_json::Value;

use crate::call;
use crate::candidates::{self, bucket_name, bucket_policy, caller, is_of_aws, owner_account};
use crate::change::{Change, PolicyEdit, PolicyPlace, RequestChange};
use crate::document::{narrowed, statement_text, without_statement};
use crate::world::decided;

/// A statement denies.
pub(crate) fn explicit(record: &Record, source: Source) -> Vec<Option<Vec<Change>>> {
    let Some((policy, index)) = denying(record) else { return Vec::new() };
    match source {
        Source::ResourcePolicy if record.call.is_some() => call::deny_of_trust(record, index),
        Source::ResourcePolicy => deny_of_bucket(record, index),
        Source::IdentityPolicy => {
            let caller = record.caller.as_deref();
            let origin = caller.and_then(|caller| caller.origins.get(usize::from(policy)));
            let of_caller = caller.and_then(|caller| caller.identity.as_ref());
            let policy = of_caller.and_then(|facts| facts.policies.get(usize::from(policy)));
            vec![take_out(record, origin, policy.map(|policy| &**policy), index)]
        }
        Source::PermissionsBoundary => {
            let caller = record.caller.as_deref();
            let origin = caller.and_then(|caller| caller.boundary_origin.as_ref());
            let of_caller = caller.and_then(|caller| caller.identity.as_ref());
            let boundary = of_caller.and_then(|facts| facts.boundary.as_deref());
            vec![take_out(record, origin, boundary, index), candidates::drop_boundary(record)]
        }
        Source::SessionPolicy => {
            let identity = record.caller.as_ref().and_then(|caller| caller.identity.as_ref());
            let session = identity.and_then(|identity| identity.session.as_ref());
            let policy = session.and_then(|session| session.get(usize::from(policy)));
            vec![
                policy.and_then(|policy| without_statement(policy, index)).map(|policy| {
                    vec![Change::ChangeRequest(RequestChange::NewSession { policy })]
                }),
            ]
        }
    }
}

/// Which statement denies: the policy among those of its kind, and the statement.
fn denying(record: &Record) -> Option<(u16, u16)> {
    match decided(record)?.trace.deciding()?.subject {
        Subject::Statement { policy, statement } => Some((policy, statement)),
        Subject::Whole | Subject::Grant(_) => None,
    }
}

fn take_out(
    record: &Record,
    origin: Option<&PolicyOrigin>,
    policy: Option<&Policy>,
    index: u16,
) -> Option<Vec<Change>> {
    let (origin, policy) = (origin?, policy?);
    let (holder_kind, holder) = origin.holder.clone();
    let document = without_statement(policy, index);
    let place = match origin.arn.clone() {
        // Nobody can edit those of AWS, and one without statements cannot be.
        Some(arn) if is_of_aws(&arn) || document.is_none() => return None,
        Some(policy_arn) => PolicyPlace::Managed { policy_arn },
        None => PolicyPlace::Inline { holder_kind, holder, policy_name: origin.name.clone() },
    };
    Some(vec![Change::RemovePolicyStatement(PolicyEdit {
        account: caller(record)?.account_id()?.to_string(),
        place,
        statement: statement_text(policy, index)?,
        document,
    })])
}

/// First another request, if the statement speaks of what a client can change; then an exception for
/// the caller; then the end of the statement.
fn deny_of_bucket(record: &Record, index: u16) -> Vec<Option<Vec<Change>>> {
    let Some(policy) = bucket_policy(record) else { return Vec::new() };
    let edit = |statement, document| {
        let bucket = bucket_name(record)?;
        let account = owner_account(record)?;
        Some(PolicyEdit { account, place: PolicyPlace::Bucket { bucket }, statement, document })
    };
    let mut found = other_requests(policy, index);
    let narrower = caller(record).and_then(|caller| narrowed(policy, index, caller));
    found.push(narrower.and_then(|(statement, document)| {
        Some(vec![Change::NarrowPolicyStatement(edit(statement, Some(document))?)])
    }));
    found.push(statement_text(policy, index).and_then(|statement| {
        let document = without_statement(policy, index);
        Some(vec![Change::RemovePolicyStatement(edit(statement, document)?)])
    }));
    found
}

fn other_requests(policy: &Policy, index: u16) -> Vec<Option<Vec<Change>>> {
    let statement: Option<Value> =
        statement_text(policy, index).and_then(|text| serde_json::from_str(&text).ok());
    let conditions = statement.as_ref().and_then(|statement| statement.get("Condition"));
    let mut found = Vec::new();
    for (operator, keys) in conditions.and_then(Value::as_object).into_iter().flatten() {
        for (name, values) in keys.as_object().into_iter().flatten() {
            let change = match ConditionKey::parse(name) {
                ConditionKey::SecureTransport => Some(RequestChange::UseTls),
                ConditionKey::CannedAcl
                | ConditionKey::GrantFullControl
                | ConditionKey::GrantRead
                | ConditionKey::GrantReadAcp
                | ConditionKey::GrantWrite
                | ConditionKey::GrantWriteAcp => Some(RequestChange::RemoveAcl),
                ConditionKey::ServerSideEncryption | ConditionKey::StorageClass => {
                    wanted_header(operator, name, values)
                }
                _ => None,
            };
            found.push(change.map(|change| vec![Change::ChangeRequest(change)]));
        }
    }
    found
}

/// The header that a `Deny` of everything else wants.
fn wanted_header(operator: &str, name: &str, values: &Value) -> Option<RequestChange> {
    let header = name.strip_prefix("s3:")?;
    let value = match (operator, values) {
        ("Null", _) => "AES256",
        (_, Value::String(one)) => one,
        (_, Value::Array(several)) => several.first()?.as_str()?,
        _ => return None,
    };
    let (name, value) = (header.to_owned(), value.to_owned());
    Some(RequestChange::AddHeader { name, value })
}
