//! The values of condition keys for one question.

use std::borrow::Cow;
use std::cell::OnceCell;

use model::Principal;

use super::{AskedAction, Query};
use crate::{ConditionKey, ContextValue};

/// Answers keys about the caller from the caller (§1.2) and all others from the request context.
pub(super) struct RequestValues<'a> {
    query: Query<'a>,
    /// Written once for all statements that ask for it.
    principal_arn: OnceCell<Option<String>>,
}

impl<'a> RequestValues<'a> {
    pub(super) fn new(query: Query<'a>) -> Self {
        Self { query, principal_arn: OnceCell::new() }
    }

    pub(super) fn get(&self, key: &ConditionKey) -> ContextValue<'_> {
        let caller = self.query.caller;
        match key {
            _ if self.query.provider.is_some() && is_about_caller(key) => ContextValue::Absent,
            ConditionKey::PrincipalAccount => {
                one(caller.account_id().map(|id| Cow::Owned(id.to_string())))
            }
            ConditionKey::PrincipalArn => {
                let arn = self.principal_arn.get_or_init(|| principal_arn(caller));
                one(arn.as_deref().map(Cow::Borrowed))
            }
            ConditionKey::PrincipalIsAwsService => one(match caller {
                Principal::Anonymous => None,
                Principal::Service(_) => Some(Cow::Borrowed("true")),
                _ => Some(Cow::Borrowed("false")),
            }),
            ConditionKey::PrincipalServiceName => one(match caller {
                Principal::Service(name) => Some(Cow::Borrowed(*name)),
                _ => None,
            }),
            ConditionKey::PrincipalType => one(principal_type(caller).map(Cow::Borrowed)),
            ConditionKey::UserId => one(user_id(caller)),
            ConditionKey::UserName => one(match caller {
                Principal::User { user, .. } => Some(Cow::Borrowed(&*user.name)),
                _ => None,
            }),
            // A key that the action does not have is absent whatever the request carries, as for
            // instance `?prefix=` on GetObject; so are tags where POL-51 says so.
            _ => match self.query.action {
                // S3 knows no keys of other services.
                AskedAction::S3(action)
                    if matches!(key, ConditionKey::Foreign(_)) || !key.available_to(action) =>
                {
                    ContextValue::Absent
                }
                AskedAction::S3(_) | AskedAction::Api(_) => self.query.context.value(key),
            },
        }
    }

    /// The value for a variable: lists have none.
    pub(super) fn single(&self, key: &ConditionKey) -> Option<Cow<'_, str>> {
        match self.get(key) {
            ContextValue::One(value) => Some(value),
            ContextValue::Absent | ContextValue::Many(_) => None,
        }
    }
}

/// Whether the caller itself answers. Of who bears the token of an identity provider nothing is known
/// but what the token says, which is in the context.
fn is_about_caller(key: &ConditionKey) -> bool {
    matches!(
        key,
        ConditionKey::PrincipalAccount
            | ConditionKey::PrincipalArn
            | ConditionKey::PrincipalIsAwsService
            | ConditionKey::PrincipalServiceName
            | ConditionKey::PrincipalType
            | ConditionKey::UserId
            | ConditionKey::UserName
    )
}

fn one(value: Option<Cow<'_, str>>) -> ContextValue<'_> {
    value.map_or(ContextValue::Absent, ContextValue::One)
}

/// For a session, the ARN of its role. AWS: IAM User Guide, "AWS global condition context keys",
/// aws:PrincipalArn.
fn principal_arn(caller: &Principal) -> Option<String> {
    match caller {
        Principal::AssumedRole { account, role, .. } => {
            Some(format!("arn:aws:iam::{}:role{}{}", account.id, role.path, role.name))
        }
        _ => caller.arn(),
    }
}

fn principal_type(caller: &Principal) -> Option<&'static str> {
    match caller {
        Principal::Anonymous => Some("Anonymous"),
        Principal::Root(_) => Some("Account"),
        Principal::User { .. } => Some("User"),
        Principal::AssumedRole { .. } => Some("AssumedRole"),
        Principal::FederatedUser { .. } => Some("FederatedUser"),
        Principal::Service(_) => None,
    }
}

/// `aws:userid`: the unique id of the caller.
pub fn user_id(caller: &Principal) -> Option<Cow<'_, str>> {
    Some(match caller {
        Principal::Anonymous => Cow::Borrowed("anonymous"),
        Principal::Root(account) => Cow::Owned(account.id.to_string()),
        Principal::User { user, .. } => Cow::Borrowed(&*user.unique_id),
        Principal::AssumedRole { role, session_name, .. } => {
            Cow::Owned(format!("{}:{session_name}", role.unique_id))
        }
        Principal::FederatedUser { account, name } => Cow::Owned(format!("{}:{name}", account.id)),
        Principal::Service(_) => return None,
    })
}
