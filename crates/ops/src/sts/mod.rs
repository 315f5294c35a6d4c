//! The actions of the Security Token Service: who am I, and credentials that end by themselves.
//!
//! AWS: STS API reference; IAM user guide, "Temporary security credentials in IAM". How a session
//! looks is told in `identity::session`, who stands behind it at every use in the vault.

pub mod assume_role;
pub mod caller_identity;
pub mod federation_token;
pub mod provider_keys;
pub mod request;
mod role_arn;
pub mod session_token;
pub mod web_identity;

use identity::{Session, SessionCredentials};
use model::{Principal, Timestamp};

pub use self::request::SessionRequest;

/// A session that was made.
#[derive(Clone, Debug)]
pub struct IssuedSession {
    /// What the caller signs with from now on.
    pub credentials: SessionCredentials,
    /// When they end.
    pub expires: Timestamp,
    /// ARN of the session's principal.
    pub arn: String,
    /// `AROA…:session` or `111122223333:name`.
    pub id: String,
    /// `PackedPolicySize`; absent if the session has neither policies nor tags.
    pub packed_size_percent: Option<usize>,
    /// The source identity that is in force.
    pub source_identity: Option<String>,
}

impl IssuedSession {
    fn new(credentials: SessionCredentials, session: Session, arn: String, id: String) -> Self {
        let packed = session.packed_size_percent();
        Self {
            credentials,
            expires: session.expires,
            arn,
            id,
            packed_size_percent: (packed > 0).then_some(packed),
            source_identity: session.source_identity,
        }
    }
}

/// `aws:userid` (§1.2), as GetCallerIdentity tells it; none for callers without one.
pub fn user_id(principal: &Principal) -> Option<String> {
    Some(match principal {
        Principal::Root(account) => account.id.to_string(),
        Principal::User { user, .. } => user.unique_id.clone(),
        Principal::AssumedRole { role, session_name, .. } => {
            format!("{}:{session_name}", role.unique_id)
        }
        Principal::FederatedUser { account, name } => format!("{}:{name}", account.id),
        Principal::Anonymous | Principal::Service(_) => return None,
    })
}
