//! What the tests of the policy language share.

mod evaluation;
mod laws;
mod validation;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use model::principal::IamName;
use model::{AccountId, AccountIdentity, CanonicalUserId};

use super::*;
use crate::{ConditionKey, ContextValue};

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const OTHER_ACCOUNT: &str = "444455556666";

pub(crate) fn bucket() -> BucketName {
    BucketName::parse("bucket").unwrap()
}

pub(crate) fn canonical_id(account: &str) -> String {
    let digit = account.get(..1).unwrap();
    digit.repeat(64)
}

pub(crate) fn account(id: &str) -> AccountIdentity {
    AccountIdentity {
        id: AccountId::parse(id).unwrap(),
        canonical_id: CanonicalUserId::parse(&canonical_id(id)).unwrap(),
    }
}

fn iam_name(path: &str, name: &str, unique_id: &str) -> Arc<IamName> {
    Arc::new(IamName { path: path.into(), name: name.into(), unique_id: unique_id.into() })
}

pub(crate) fn root(id: &str) -> Principal {
    Principal::Root(account(id))
}

pub(crate) fn user(id: &str, name: &str) -> Principal {
    Principal::User { account: account(id), user: iam_name("/", name, "AIDAX") }
}

pub(crate) fn user_in(id: &str, path: &str, name: &str) -> Principal {
    Principal::User { account: account(id), user: iam_name(path, name, "AIDAX") }
}

pub(crate) fn session(id: &str, path: &str, role: &str, session_name: &str) -> Principal {
    let role = iam_name(path, role, "AROAX");
    Principal::AssumedRole { account: account(id), role, session_name: session_name.into() }
}

pub(crate) fn federated(id: &str, name: &str) -> Principal {
    Principal::FederatedUser { account: account(id), name: name.into() }
}

/// A context that a test writes down.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorded(BTreeMap<String, Vec<String>>, BTreeMap<String, String>);

impl Recorded {
    pub(crate) fn with(mut self, key: &str, value: &str) -> Self {
        self.1.insert(ConditionKey::parse(key).name().into_owned(), value.into());
        self
    }

    pub(crate) fn with_list(mut self, key: &str, values: &[&str]) -> Self {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        self.0.insert(ConditionKey::parse(key).name().into_owned(), values);
        self
    }
}

impl ContextSource for Recorded {
    fn value(&self, key: &ConditionKey) -> ContextValue<'_> {
        let name = key.name();
        if let Some(value) = self.1.get(&*name) {
            return ContextValue::One(Cow::Borrowed(value));
        }
        self.0.get(&*name).map_or(ContextValue::Absent, |values| {
            ContextValue::Many(values.iter().map(|value| Cow::Borrowed(&**value)).collect())
        })
    }
}

/// Knows two accounts, and in each the user `x`, the user `/team/y` and the role `r`.
pub(crate) struct Directory;

impl PrincipalDirectory for Directory {
    fn account_exists(&self, account_id: &str) -> bool {
        [ACCOUNT, OTHER_ACCOUNT].contains(&account_id)
    }

    fn canonical_id_exists(&self, id: &str) -> bool {
        [ACCOUNT, OTHER_ACCOUNT].iter().any(|account| canonical_id(account) == id)
    }

    fn iam_arn_exists(&self, arn: &str) -> bool {
        ["user/x", "user/team/y", "role/r"]
            .iter()
            .any(|entity| arn.ends_with(&format!(":{entity}")))
    }

    fn unique_id_exists(&self, unique_id: &str) -> bool {
        ["AIDAX", "AROAX"].contains(&unique_id)
    }
}

pub(crate) fn try_bucket_policy(text: &str) -> Result<Policy, S3Error> {
    Policy::parse_bucket_policy(text, &bucket(), &Directory, PolicyOptions::default())
}

pub(crate) fn bucket_policy(text: &str) -> Policy {
    try_bucket_policy(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A bucket policy of these statements.
pub(crate) fn policy_of(statements: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)
}

/// Asks about `bucket/key`, or about `bucket` if the key is empty.
pub(crate) fn ask(
    policy: &Policy,
    caller: &Principal,
    action: Action,
    key: &str,
    context: &dyn ContextSource,
) -> Outcome {
    let resource = match key {
        "" => AskedResource::Bucket("bucket"),
        key => AskedResource::Object("bucket", key),
    };
    let action = AskedAction::S3(action);
    policy.evaluate(&Query { caller, provider: None, action, resource, context })
}
