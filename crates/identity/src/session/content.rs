//! What a session token says.

use model::limits::SESSION_PACKED_BYTES_MAX;
use model::{AccountId, Timestamp};
use serde::{Deserialize, Serialize};

/// One session. The short names are those in the token, which every request carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// The account whose principal the session is (ID-10).
    #[serde(rename = "a", with = "account_id")]
    pub account: AccountId,
    /// Who acts.
    #[serde(rename = "h")]
    pub holder: SessionHolder,
    /// `aws:TokenIssueTime`.
    #[serde(rename = "i", with = "seconds")]
    pub issued: Timestamp,
    /// The first moment at which the session is over.
    #[serde(rename = "e", with = "seconds")]
    pub expires: Timestamp,
    /// What limits the session besides the permissions of its user or role; absent if it was made
    /// without any.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub policies: Option<SessionPolicies>,
    /// Session tags: `aws:PrincipalTag/…`.
    #[serde(rename = "t", default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<SessionTag>,
    /// `aws:SourceIdentity`, which goes on to every session made with this one.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub source_identity: Option<String>,
    /// `aws:FederatedProvider`.
    #[serde(rename = "f", default, skip_serializing_if = "Option::is_none")]
    pub federated_provider: Option<String>,
}

/// Who acts in a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SessionHolder {
    /// A role: AssumeRole and its kin.
    #[serde(rename = "R")]
    Role {
        /// `AROA…`; a role made anew under the same name has another.
        #[serde(rename = "u")]
        unique_id: String,
        /// The friendly name.
        #[serde(rename = "n")]
        name: String,
        /// `RoleSessionName`.
        #[serde(rename = "s")]
        session_name: String,
    },
    /// An IAM user: GetSessionToken.
    #[serde(rename = "U")]
    User(SessionUser),
    /// The root user: GetSessionToken.
    #[serde(rename = "A")]
    Root,
    /// A federated user: GetFederationToken.
    #[serde(rename = "F")]
    FederatedUser {
        /// Name of the federated user.
        #[serde(rename = "n")]
        name: String,
        /// Whose permissions it has at most; none for those of the root user.
        #[serde(rename = "o")]
        issuer: Option<SessionUser>,
    },
}

/// An IAM user behind a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionUser {
    /// `AIDA…`; a user made anew under the same name has another.
    #[serde(rename = "u")]
    pub unique_id: String,
    /// The friendly name when the session began; users can be renamed.
    #[serde(rename = "n")]
    pub name: String,
}

/// Session policies. A session may do what any of them allows, if its user or role may.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionPolicies {
    /// The inline policy as it was sent.
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    pub inline: Option<String>,
    /// Managed policies, which are looked up at every use.
    #[serde(rename = "a", default, skip_serializing_if = "Vec::is_empty")]
    pub arns: Vec<String>,
}

/// One session tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionTag {
    /// The key; letter case is kept and not compared.
    #[serde(rename = "k")]
    pub key: String,
    /// The value.
    #[serde(rename = "v")]
    pub value: String,
    /// Whether the tag goes on to sessions of roles that are assumed with this one.
    #[serde(rename = "t", default, skip_serializing_if = "std::ops::Not::not")]
    pub transitive: bool,
}

impl Session {
    /// Whether the session is over (§8.3: `ExpiredToken`).
    pub fn has_ended(&self, now: Timestamp) -> bool {
        now >= self.expires
    }

    /// `PackedPolicySize`: what session policies and tags take of the room that they have, in
    /// percent, rounded up. Above 100 the session must not be made.
    pub fn packed_size_percent(&self) -> usize {
        let size =
            |bytes: serde_json::Result<Vec<u8>>| bytes.map_or(usize::MAX, |bytes| bytes.len());
        let policies = self.policies.as_ref().map_or(0, |found| size(serde_json::to_vec(found)));
        let tags = if self.tags.is_empty() { 0 } else { size(serde_json::to_vec(&self.tags)) };
        policies.saturating_add(tags).saturating_mul(100).div_ceil(SESSION_PACKED_BYTES_MAX)
    }

    pub(super) fn to_bytes(&self) -> Option<Vec<u8>> {
        serde_json::to_vec(self).ok()
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

mod account_id {
    use model::AccountId;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is given by serde")]
    pub(super) fn serialize<S: Serializer>(id: &AccountId, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(id.number())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<AccountId, D::Error> {
        let number = u64::deserialize(from)?;
        AccountId::from_number(number).ok_or_else(|| D::Error::custom("no account id"))
    }
}

mod seconds {
    use model::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is given by serde")]
    pub(super) fn serialize<S: Serializer>(time: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_i64(time.unix_seconds())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        i64::deserialize(from).map(Timestamp::from_unix_seconds)
    }
}
