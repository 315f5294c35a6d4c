//! One call of IAM's API, and what it asks the gate for.

use std::borrow::Cow;

use authz::{ConditionKey, ContextSource, ContextValue, IdentityFacts};
use iam::{Directory, IamError, Tag};
use identity::Session;
use model::{Principal, Timestamp};

use super::Target;
use crate::gate::{self, AuthorizedCall};
use crate::notes::Notes;
use crate::store::Store;

/// Who calls, when, and with which circumstances. Authentication is over when this exists.
#[derive(Clone, Copy)]
pub struct ApiCall<'a> {
    /// The store.
    pub store: &'a Store,
    /// The authenticated caller.
    pub caller: &'a Principal,
    /// The caller's own policies; none for root and anonymous callers.
    pub identity: Option<&'a IdentityFacts>,
    /// The session, if the caller holds temporary credentials.
    pub session: Option<&'a Session>,
    /// Values of policy condition keys.
    pub context: &'a dyn ContextSource,
    /// When the call arrived.
    pub now: Timestamp,
    /// What the decision log wants to know.
    pub notes: &'a Notes,
}

impl ApiCall<'_> {
    /// Passes the gate, then reads what is of one moment.
    pub(crate) fn read<T>(
        &self,
        asked: Asked,
        work: impl FnOnce(&Directory<'_>, &AuthorizedCall) -> Result<T, IamError>,
    ) -> Result<T, IamError> {
        let authorized = gate::pass_api(self, asked)?;
        self.store.vault.read_iam(&authorized, self.now, |directory| work(directory, &authorized))
    }

    /// Passes the gate, then changes something in one transaction.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        asked: Asked,
        work: impl FnOnce(&Directory<'_>, &AuthorizedCall) -> Result<T, IamError> + Send + 'static,
    ) -> Result<T, IamError> {
        let authorized = gate::pass_api(self, asked)?;
        self.store.vault.write_iam(authorized, self.now, work).await
    }

    /// The name of the calling user, where a call may leave out whom it is about; none for root.
    pub(crate) fn own_name(&self) -> Result<Option<&str>, IamError> {
        match self.caller {
            Principal::User { user, .. } => Ok(Some(&user.name)),
            Principal::Root(_) => Ok(None),
            _ => Err(IamError::validation(
                "Must specify userName when calling with non-User credentials",
            )),
        }
    }

    /// The user that is named, else the caller; the root user is no user of that kind.
    pub(crate) fn user_or_caller(&self, user: Option<&str>) -> Result<Target, IamError> {
        Ok(match user.map_or_else(|| self.own_name(), |name| Ok(Some(name)))? {
            Some(name) => Target::user(name),
            None => Target::Root,
        })
    }
}

/// What a call asks the gate for.
pub(crate) struct Asked {
    /// The action, as `iam:CreateUser`.
    pub(crate) action: String,
    /// What it acts on.
    pub(crate) target: Target,
    /// Values of condition keys that only this action has.
    pub(crate) values: OwnValues,
}

/// Values of condition keys that a call has beside its circumstances.
pub(crate) type OwnValues = Vec<(String, Vec<String>)>;

impl Asked {
    /// An action on a target.
    pub(crate) fn new(action: &str, target: Target) -> Self {
        Self { action: format!("iam:{action}"), target, values: Vec::new() }
    }

    /// An action of another service that keeps its things like IAM.
    pub(crate) fn of_service(service: &str, action: &str, target: Target) -> Self {
        Self { action: format!("{service}:{action}"), target, values: Vec::new() }
    }

    /// With the value of a condition key, if there is one.
    #[must_use]
    pub(crate) fn with(mut self, key: &str, value: Option<&str>) -> Self {
        self.values.extend(value.map(|value| (key.to_owned(), vec![value.to_owned()])));
        self
    }

    /// With the tags that the call brings along.
    #[must_use]
    pub(crate) fn with_tags(mut self, tags: &[Tag]) -> Self {
        let pairs = tags.iter();
        self.values.extend(
            pairs.map(|tag| (format!("aws:RequestTag/{}", tag.key), vec![tag.value.clone()])),
        );
        self.with_tag_keys(tags.iter().map(|tag| tag.key.clone()).collect())
    }

    /// With the keys of tags that the call names.
    #[must_use]
    pub(crate) fn with_tag_keys(mut self, keys: Vec<String>) -> Self {
        if !keys.is_empty() {
            self.values.push(("aws:TagKeys".to_owned(), keys));
        }
        self
    }

    /// With the tags of what it acts on, which the gate has looked up.
    pub(crate) fn resource_tags(&mut self, tags: &[Tag]) {
        self.values.extend(resource_tags(tags));
    }
}

/// The tags of what a call acts on, as conditions see them.
pub(crate) fn resource_tags(tags: &[Tag]) -> OwnValues {
    let both = |tag: &Tag| {
        let key = |service| format!("{service}:ResourceTag/{}", tag.key);
        ["aws", "iam"].map(|service| (key(service), vec![tag.value.clone()]))
    };
    tags.iter().flat_map(both).collect()
}

/// The circumstances of a call together with what the call adds.
pub(crate) struct CallContext<'a> {
    pub(crate) own: &'a [(String, Vec<String>)],
    pub(crate) circumstances: &'a dyn ContextSource,
}

impl CallContext<'_> {
    fn own(&self, key: &ConditionKey) -> Option<&[String]> {
        let found = self.own.iter().find(|(known, _)| key.is_named(known));
        found.map(|(_, values)| values.as_slice())
    }
}

impl ContextSource for CallContext<'_> {
    fn value(&self, key: &ConditionKey) -> ContextValue<'_> {
        let Some(values) = self.own(key) else { return self.circumstances.value(key) };
        match values {
            [value] if !key.is_multivalued() => ContextValue::One(Cow::Borrowed(value)),
            values => ContextValue::Many(
                values.iter().map(|value| Cow::Borrowed(value.as_str())).collect(),
            ),
        }
    }

    fn each(&self, tell: &mut dyn FnMut(&ConditionKey, &str)) {
        for (name, values) in self.own {
            let key = ConditionKey::parse(name);
            for value in values {
                tell(&key, value);
            }
        }
        self.circumstances.each(&mut |key, value| {
            if self.own(key).is_none() {
                tell(key, value);
            }
        });
    }
}
