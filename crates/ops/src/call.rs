//! What the wire tells about a request besides its operation.

use authz::{ContextSource, IdentityFacts};
use model::{AccountId, Principal, Timestamp};

use crate::notes::Notes;

/// Who calls, when, and with which circumstances. Authentication is over when this exists.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// The authenticated caller.
    pub caller: &'a Principal,
    /// The caller's own policies; none for root and anonymous callers.
    pub identity: Option<&'a IdentityFacts>,
    /// The id of the request, which its answer carries too.
    pub request_id: &'a str,
    /// When the request arrived.
    pub now: Timestamp,
    /// Values of policy condition keys.
    pub context: &'a dyn ContextSource,
    /// `x-amz-expected-bucket-owner` (EBO-1).
    pub expected_bucket_owner: Option<AccountId>,
    /// `x-amz-source-expected-bucket-owner` (EBO-4).
    pub source_expected_bucket_owner: Option<AccountId>,
    /// `x-amz-request-payer: requester`: the caller knows that it may have to pay (RP-2).
    pub request_payer: bool,
    /// What the answer and the access log want to know.
    pub notes: &'a Notes,
}
