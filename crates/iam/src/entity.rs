//! What IAM stores: one JSON document for each user, group, role, policy and provider.
//!
//! Members are never renamed, and a new one gets a default: documents of all versions are read.
//! What is not known is refused, because it might have been a restriction.

use std::collections::{BTreeMap, BTreeSet};

use model::{AccountId, IamKind, IamRelation, Timestamp};
use serde::{Deserialize, Serialize};

use crate::IamError;

/// A tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tag {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// A user, a group or a role: what policies can be given to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Which of the three it is.
    #[serde(with = "kind_text")]
    pub kind: IamKind,
    /// `/` or `/division/team/`.
    pub path: String,
    /// The name, in the letter case in which it was given.
    pub name: String,
    /// `AIDA…`, `AGPA…` or `AROA…`.
    pub id: String,
    /// When it was created.
    #[serde(with = "milliseconds")]
    pub created: Timestamp,
    /// Its tags. Groups have none.
    #[serde(default)]
    pub tags: Vec<Tag>,
    /// Inline policies by name, as received.
    #[serde(default)]
    pub inline_policies: BTreeMap<String, String>,
    /// ARNs of attached managed policies, in the order in which they were attached.
    #[serde(default)]
    pub attached_policies: Vec<String>,
    /// ARN of the permissions boundary.
    #[serde(default)]
    pub boundary: Option<String>,
    /// Users: keys of the groups that it is in.
    #[serde(default)]
    pub groups: BTreeSet<String>,
    /// Roles: what only they have.
    #[serde(default)]
    pub role: Option<RoleDetail>,
}

/// What only roles have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleDetail {
    /// Who may assume the role; as received, but for users and roles, who are kept by their unique
    /// ids (POL-3).
    pub trust_policy: String,
    /// For people.
    #[serde(default)]
    pub description: Option<String>,
    /// Longest session that AssumeRole may ask for.
    pub max_session_seconds: u32,
}

impl Identity {
    /// Reads a stored document.
    pub fn parse(document: &str) -> Result<Self, IamError> {
        crate::tables::read(document)
    }

    /// The key of its row: names differ in more than letter case.
    pub fn key(&self) -> String {
        key_of(&self.name)
    }

    /// Its ARN.
    pub fn arn(&self, account: AccountId) -> String {
        self.kind.arn(account, &self.path, &self.name)
    }

    /// What it refers to.
    pub(crate) fn links(&self) -> Vec<(IamRelation, String)> {
        let member = self.groups.iter().map(|group| (IamRelation::Member, group.clone()));
        let attached = self.attached_policies.iter();
        let attached = attached.map(|arn| (IamRelation::Attached, arn.clone()));
        let boundary = self.boundary.iter().map(|arn| (IamRelation::Boundary, arn.clone()));
        member.chain(attached).chain(boundary).collect()
    }
}

/// A managed policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManagedPolicy {
    /// Its path.
    pub path: String,
    /// Its name.
    pub name: String,
    /// `ANPA…`
    pub id: String,
    /// When it was created.
    #[serde(with = "milliseconds")]
    pub created: Timestamp,
    /// When its versions last changed.
    #[serde(with = "milliseconds")]
    pub updated: Timestamp,
    /// For people.
    #[serde(default)]
    pub description: Option<String>,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<Tag>,
    /// At least one, oldest first.
    pub versions: Vec<PolicyVersion>,
    /// Number of the version that is in force.
    pub default_version: u32,
    /// Number of the next version; numbers are not given out again.
    pub next_version: u32,
}

/// A version of a managed policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyVersion {
    /// The number in `v1`.
    pub number: u32,
    /// The policy as received.
    pub document: String,
    /// When it was created.
    #[serde(with = "milliseconds")]
    pub created: Timestamp,
}

impl PolicyVersion {
    /// `v1`
    pub fn id(&self) -> String {
        format!("v{}", self.number)
    }
}

impl ManagedPolicy {
    /// The version that is in force; always there in what was stored.
    pub fn in_force(&self) -> Option<&PolicyVersion> {
        self.version(self.default_version)
    }

    /// The version with this number.
    pub fn version(&self, number: u32) -> Option<&PolicyVersion> {
        self.versions.iter().find(|version| version.number == number)
    }
}

/// An OpenID Connect identity provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenIdConnectProvider {
    /// Its URL without `https://`.
    pub url: String,
    /// Audiences that it issues tokens for.
    #[serde(default)]
    pub client_ids: Vec<String>,
    /// SHA-1 thumbprints of certificates, as given. What a token is checked with are the keys of
    /// the provider's JWKS document.
    #[serde(default)]
    pub thumbprints: Vec<String>,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<Tag>,
    /// When it was created.
    #[serde(with = "milliseconds")]
    pub created: Timestamp,
}

/// What belongs to the account itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountSettings {
    /// Its alias.
    #[serde(default)]
    pub alias: Option<String>,
}

/// An access key without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessKey {
    /// Its id.
    pub id: String,
    /// The unique id of its user; none for the root user.
    pub user: Option<String>,
    /// Whether requests signed with it are accepted.
    pub active: bool,
    /// When it was created.
    pub created: Timestamp,
}

/// The key of a row: names are unique without regard to letter case.
pub fn key_of(name: &str) -> String {
    name.to_ascii_lowercase()
}

pub(crate) mod milliseconds {
    use model::Timestamp;
    use serde::{Deserialize as _, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is given by serde")]
    pub(crate) fn serialize<S: Serializer>(time: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_i64(time.unix_millis)
    }

    pub(crate) fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<Timestamp, D::Error> {
        i64::deserialize(from).map(Timestamp::from_unix_millis)
    }
}

mod kind_text {
    use model::IamKind;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is given by serde")]
    pub(super) fn serialize<S: Serializer>(kind: &IamKind, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(kind.as_str())
    }

    pub(super) fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<IamKind, D::Error> {
        let text = String::deserialize(from)?;
        IamKind::parse(&text).ok_or_else(|| D::Error::custom(format!("no such kind: {text}")))
    }
}
