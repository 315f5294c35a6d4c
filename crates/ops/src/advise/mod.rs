//! Advice before access is changed, for the operator.
//!
//! Comes from the command line or over the control socket; what the owner of a bucket may ask over the
//! network is in [`api`]. What is applied passes the gate, as the root user of the bucket's account.

pub mod api;
mod disable_acls;
mod policy;
mod public_access;
mod requests;

use authz::ContextSource;
use model::{BucketName, Principal, S3Error, Timestamp};

pub use self::disable_acls::{Journal, advise, apply, undo};
pub use self::policy::policy;
pub use self::public_access::{PublicAccessPlace, public_access_advice, set_public_access};
use crate::call::Call;
use crate::gate::no_such_bucket;
use crate::notes::Notes;
use crate::store::Store;
use crate::vault::BucketState;

async fn bucket(store: &Store, name: &BucketName) -> Result<std::sync::Arc<BucketState>, S3Error> {
    store.vault.bucket(name).await?.ok_or_else(|| no_such_bucket(name))
}

/// A call of the operator, who acts as the root user of an account.
fn call<'a>(
    caller: &'a Principal,
    context: &'a dyn ContextSource,
    notes: &'a Notes,
    now: Timestamp,
) -> Call<'a> {
    Call {
        caller,
        identity: None,
        now,
        request_id: "advise",
        context,
        expected_bucket_owner: None,
        source_expected_bucket_owner: None,
        request_payer: false,
        notes,
    }
}
