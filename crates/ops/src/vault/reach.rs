//! The facts about everybody, for the question who may do something. Read-only, and without a
//! decision: what is read is for the operator, never for a request.

use std::sync::Arc;

use authz::IdentityFacts;
use authz::advice::SeenVersion;
use authz::reach::{Caller, CallerKind, KnownObject};
use iam::bearer::{self, BornePolicy};
use iam::{Directory, Identity};
use meta::{ListStart, ListVersionsQuery, ListedVersion, MetadataStore as _, VersionListStart};
use model::limits::LIST_KEYS_MAX;
use model::principal::IamName;
use model::{AccountIdentity, CanonicalUserId, IamKind, ObjectKey, Principal, S3Error, Timestamp};

use super::Vault;
use super::callers::known_identity;
use super::facts::BucketState;
use crate::error::from_meta;

/// A part of the objects of a bucket.
pub(crate) struct ObjectsSeen {
    /// Versions whose owner or ACL is not what an object of the bucket owner has without asking.
    pub(crate) remarkable: Vec<KnownObject>,
    /// How many versions were looked at.
    pub(crate) seen: usize,
    /// Where to go on; absent at the end.
    pub(crate) next: Option<VersionListStart>,
}

impl Vault {
    /// The root user, the users and the roles of an account, with what they bear.
    pub(crate) fn callers_of(&self, account: &AccountIdentity) -> Result<Vec<Caller>, S3Error> {
        let read = self.in_account(account.id, Timestamp::default(), |directory| {
            let mut callers = vec![root(account)];
            for kind in [IamKind::User, IamKind::Role] {
                for identity in iam::identity::all(directory, kind)? {
                    callers.push(caller(directory, account, &identity)?);
                }
            }
            Ok(callers)
        });
        read.map_err(|error| S3Error::internal(error.cause().unwrap_or(error.message())))
    }

    /// A page of the versions of objects below a prefix.
    pub(crate) async fn objects_seen(
        &self,
        bucket: &BucketState,
        prefix: &str,
        start: VersionListStart,
    ) -> Result<ObjectsSeen, S3Error> {
        let query = ListVersionsQuery { prefix, delimiter: None, start, limit: LIST_KEYS_MAX };
        let page = self.meta.list_object_versions(bucket.record.id, query).await;
        let page = page.map_err(from_meta)?;
        let mut remarkable: Vec<KnownObject> = Vec::new();
        let seen = page.entries.len();
        for entry in &page.entries {
            let ListedVersion::Object(listed) = &entry.content else { continue };
            let found = self.object_facts(bucket, &listed.key, Some(&entry.version)).await?;
            // Deleted since.
            let Some(meta::ObjectVersion::Object(object)) = found else { continue };
            let own = &bucket.facts.owner.canonical_id;
            let is_plain =
                object.owner == *own && object.acl.as_ref().is_none_or(|acl| is_private(acl, own));
            if is_plain {
                continue;
            }
            let same = remarkable.iter_mut().rev().find(|known| {
                known.key == object.key && known.owner == object.owner && known.acl == object.acl
            });
            match same {
                Some(known) => known.versions += 1,
                None => remarkable.push(known_object(&object)),
            }
        }
        Ok(ObjectsSeen { remarkable, seen, next: page.next })
    }

    /// A page of all versions with their ACLs, and where the next one begins.
    pub(crate) async fn versions_seen(
        &self,
        bucket: &BucketState,
        start: VersionListStart,
    ) -> Result<(Vec<SeenVersion>, Option<VersionListStart>), S3Error> {
        let query = ListVersionsQuery { prefix: "", delimiter: None, start, limit: LIST_KEYS_MAX };
        let page = self.meta.list_object_versions(bucket.record.id, query).await;
        let page = page.map_err(from_meta)?;
        let mut seen = Vec::with_capacity(page.entries.len());
        for entry in page.entries {
            let is_latest = entry.is_latest;
            let found = self.object_facts(bucket, entry.key(), Some(&entry.version)).await?;
            seen.extend(match found {
                Some(meta::ObjectVersion::Object(object)) => Some(SeenVersion {
                    key: object.key.clone(),
                    owner: object.owner.clone(),
                    acl: object.acl.clone(),
                    is_latest,
                    is_marker: false,
                }),
                Some(meta::ObjectVersion::DeleteMarker(marker)) => Some(SeenVersion {
                    key: marker.key,
                    owner: marker.owner,
                    acl: None,
                    is_latest,
                    is_marker: true,
                }),
                // Deleted since.
                None => None,
            });
        }
        Ok((seen, page.next))
    }

    /// The current version of one key, with its tags.
    pub(crate) async fn object_seen(
        &self,
        bucket: &BucketState,
        key: &ObjectKey,
    ) -> Result<Option<(KnownObject, Vec<(String, String)>)>, S3Error> {
        match self.object_facts(bucket, key, None).await? {
            Some(meta::ObjectVersion::Object(object)) => {
                Ok(Some((known_object(&object), object.tags.clone())))
            }
            _ => Ok(None),
        }
    }

    /// Where a walk through the versions of a bucket begins.
    pub(crate) fn first_version() -> VersionListStart {
        VersionListStart::Key(ListStart::Beginning)
    }
}

fn known_object(object: &meta::ObjectRecord) -> KnownObject {
    KnownObject {
        key: object.key.clone(),
        owner: object.owner.clone(),
        acl: object.acl.clone(),
        versions: 1,
    }
}

/// Whether the ACL gives its owner everything and nobody else anything.
fn is_private(acl: &model::AccessControlList, owner: &CanonicalUserId) -> bool {
    *acl == model::AccessControlList::private(owner.clone())
}

fn root(account: &AccountIdentity) -> Caller {
    Caller {
        principal: Principal::Root(account.clone()),
        identity: None,
        policy_names: Vec::new(),
        boundary_name: String::new(),
        tags: Some(Vec::new()),
        kind: CallerKind::Root,
    }
}

fn caller(
    directory: &Directory<'_>,
    account: &AccountIdentity,
    identity: &Identity,
) -> Result<Caller, iam::IamError> {
    let known = known_identity(directory, identity)?;
    let borne = bearer::bearings(directory, identity)?;
    let name: Arc<IamName> = known.name;
    let account = account.clone();
    let (principal, kind) = match identity.kind {
        IamKind::Role => {
            let session_name = "session".into();
            (Principal::AssumedRole { account, role: name, session_name }, CallerKind::Role)
        }
        _ => (Principal::User { account, user: name }, CallerKind::User),
    };
    let facts: IdentityFacts = known.facts;
    Ok(Caller {
        principal,
        identity: Some(facts),
        policy_names: borne.policies.iter().map(|policy| name_of(policy, identity)).collect(),
        boundary_name: borne.boundary.map(|boundary| boundary.name).unwrap_or_default(),
        tags: Some(known.tags.into_iter().map(|tag| (tag.key, tag.value)).collect()),
        kind,
    })
}

/// The policy, and the group that it comes from.
fn name_of(policy: &BornePolicy, bearer: &Identity) -> String {
    let (kind, holder) = &policy.holder;
    let managed = if policy.arn.is_some() { "managed policy" } else { "inline policy" };
    if *kind == bearer.kind {
        format!("{managed} {}", policy.name)
    } else {
        format!("group {holder}, {managed} {}", policy.name)
    }
}
