//! One call, after authentication.

use authz::{ContextSource, IdentityFacts};
use iam::{IamError, PageRequest};
use model::{Principal, Timestamp};
use ops::iam::ApiCall;
use ops::identities::Session;
use ops::sts::provider_keys::ProviderKeys;
use ops::{Notes, Store};

use crate::Parameters;

/// A call of a caller who is known.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// The store.
    pub store: &'a Store,
    /// Who calls; anonymous if the call is not signed.
    pub caller: &'a Principal,
    /// The access key that signed the call.
    pub access_key_id: Option<&'a str>,
    /// The caller's own policies; none for root and anonymous callers.
    pub identity: Option<&'a IdentityFacts>,
    /// The session, if the caller holds temporary credentials.
    pub session: Option<&'a Session>,
    /// The keys of OpenID Connect providers.
    pub providers: &'a ProviderKeys,
    /// Values of condition keys.
    pub context: &'a dyn ContextSource,
    /// What is asked.
    pub parameters: &'a Parameters,
    /// The id of the request, repeated in the answer.
    pub request_id: &'a str,
    /// When it arrived.
    pub now: Timestamp,
    /// What the decision log wants to know.
    pub notes: &'a Notes,
}

impl Call<'_> {
    /// What the operations want to know.
    pub(crate) fn api(&self) -> ApiCall<'_> {
        ApiCall {
            store: self.store,
            caller: self.caller,
            identity: self.identity,
            session: self.session,
            context: self.context,
            now: self.now,
            notes: self.notes,
        }
    }

    /// Which page of a listing is asked for. Errors: `ValidationError`.
    pub(crate) fn page(&self) -> Result<PageRequest, IamError> {
        PageRequest::parse(self.parameters.get("Marker"), self.parameters.get("MaxItems"))
    }
}
