//! Calls of the management APIs: IAM, STS, Organizations.

use std::sync::Arc;

use authz::{ApiDecision, ApiFacts, ApiRequest, ContextSource, Policy, RoleFacts, RoleRequest};
use minicbor::{Decode, Encode};
use model::{AccountId, Principal};

use super::record::Record;
use super::stored::Text;

/// A decision about a call, to be recorded.
pub struct DecidedCall<'a> {
    /// The actions that it needs, as `iam:CreateUser`. Only roles that are assumed need several.
    pub actions: &'a [&'a str],
    /// The ARN of what it acts on, or `*`.
    pub resource: &'a str,
    /// The account that the resource belongs to.
    pub owner: AccountId,
    /// What the decision also rests on, if a role is to be assumed.
    pub role: Option<DecidedRole<'a>>,
    /// Values of condition keys.
    pub context: &'a dyn ContextSource,
    /// The decision.
    pub decision: &'a ApiDecision<'a>,
}

/// What says who may assume a role.
#[derive(Clone, Copy)]
pub struct DecidedRole<'a> {
    /// Its trust policy, if the role exists.
    pub trust: Option<&'a Policy>,
    /// The identity provider whose token the caller bears.
    pub provider: Option<&'a str>,
}

/// A call as it was recorded.
#[derive(Clone, Debug)]
pub struct RecordedCall {
    /// The actions that it needs.
    pub actions: Vec<String>,
    /// The ARN of what it acts on, or `*`.
    pub resource: String,
    /// The account that the resource belongs to.
    pub owner: AccountId,
    /// What says who may assume the role, if one is to be assumed.
    pub role: Option<RecordedRole>,
}

/// A role as it was.
#[derive(Clone, Debug)]
pub struct RecordedRole {
    /// Its trust policy; absent if there is no role with the ARN.
    pub trust: Option<Arc<Policy>>,
    /// The identity provider whose token the caller bore.
    pub provider: Option<String>,
}

#[derive(Encode, Decode)]
#[cbor(map)]
pub(super) struct StoredCall<'a> {
    #[n(0)]
    actions: Vec<Text<'a>>,
    #[n(1)]
    resource: Text<'a>,
    #[n(2)]
    pub(super) owner: u64,
    #[n(3)]
    role: Option<StoredRole<'a>>,
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct StoredRole<'a> {
    #[n(0)]
    trust: Option<Text<'a>>,
    #[n(1)]
    provider: Option<Text<'a>>,
}

impl<'a> From<&DecidedCall<'a>> for StoredCall<'a> {
    fn from(call: &DecidedCall<'a>) -> Self {
        Self {
            actions: call.actions.iter().map(|&action| action.into()).collect(),
            resource: call.resource.into(),
            owner: call.owner.number(),
            role: call.role.map(|role| StoredRole {
                trust: role.trust.map(|policy| policy.text().into()),
                provider: role.provider.map(Text::from),
            }),
        }
    }
}

impl StoredCall<'_> {
    /// One that is damaged, or of a newer version, is none.
    pub(super) fn read(&self) -> Option<RecordedCall> {
        Some(RecordedCall {
            actions: self.actions.iter().map(ToString::to_string).collect(),
            resource: self.resource.to_string(),
            owner: AccountId::from_number(self.owner)?,
            role: match &self.role {
                None => None,
                Some(role) => Some(role.read()?),
            },
        })
    }
}

impl StoredRole<'_> {
    fn read(&self) -> Option<RecordedRole> {
        let trust = match &self.trust {
            None => None,
            Some(text) => Some(Arc::new(Policy::parse_stored_trust_policy(text).ok()?)),
        };
        Some(RecordedRole { trust, provider: self.provider.as_deref().map(str::to_owned) })
    }
}

/// A recorded call with the facts that it was decided on.
pub enum AskedCall<'a> {
    /// An action on a resource.
    Action(ApiRequest<'a>, ApiFacts<'a>),
    /// A role that is to be assumed.
    Role(RoleRequest<'a>, RoleFacts<'a>),
}

impl Record {
    /// Hands a recorded call and its facts to whoever decides or explains. None for requests of S3,
    /// and where nobody knows who called.
    pub fn ask_call<R>(&self, asked: impl FnOnce(AskedCall<'_>) -> R) -> Option<R> {
        let (call, caller) = (self.call.as_ref()?, self.caller.as_deref()?);
        let (owner, switches) = (call.owner, &self.switches);
        let Some(role) = &call.role else {
            let request = ApiRequest {
                caller: &caller.principal,
                action: call.actions.first()?,
                resource: &call.resource,
                context: &self.context,
            };
            let identity = caller.identity.as_ref();
            let facts = ApiFacts { owner, resource_policy: None, identity, switches };
            return Some(asked(AskedCall::Action(request, facts)));
        };
        let actions: Vec<&str> = call.actions.iter().map(String::as_str).collect();
        // The token speaks for the caller, whoever signed the call.
        let signed = role.provider.is_none();
        let request = RoleRequest {
            caller: if signed { &caller.principal } else { &Principal::Anonymous },
            provider: role.provider.as_deref(),
            actions: &actions,
            role: &call.resource,
            context: &self.context,
        };
        let identity = caller.identity.as_ref().filter(|_| signed);
        let facts = RoleFacts { owner, trust: role.trust.as_deref(), identity, switches };
        Some(asked(AskedCall::Role(request, facts)))
    }
}
