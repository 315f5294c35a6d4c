//! What changes for whom: every object is decided about before and after.

use std::collections::BTreeMap;

use model::{AclRequest, CannedAcl, ObjectKey, Operation, Principal, VersionId};

use super::SeenVersion;
use super::gather::EXAMPLES_MAX;
use crate::{
    Action, Asks, BucketFacts, ConditionKey, ContextSource, ContextValue, Facts, IdentityFacts,
    ObjectFacts, Request, Side, Switches, Verdict, decide,
};

/// Whether something is gained or lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// Allowed before and not after.
    Loses,
    /// Allowed after and not before.
    Gains,
}

/// What changes for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Who, as it was given.
    pub who: String,
    /// Which way.
    pub direction: Direction,
    /// The action.
    pub action: Action,
    /// For how many versions; 1 for actions on the bucket.
    pub count: u64,
    /// Some of their keys.
    pub examples: Vec<ObjectKey>,
}

/// A bucket before and after.
pub struct Comparison<'a> {
    before: &'a BucketFacts,
    after: &'a BucketFacts,
    switches: &'a Switches,
    callers: Vec<(String, Principal, Option<IdentityFacts>)>,
    found: BTreeMap<(usize, Direction, Action), (u64, Vec<ObjectKey>)>,
}

/// An ordinary request: signed, over TLS, from an address of which nobody says anything.
struct Ordinary;

impl ContextSource for Ordinary {
    fn value(&self, key: &ConditionKey) -> ContextValue<'_> {
        let text = match key {
            ConditionKey::SecureTransport => "true",
            ConditionKey::TlsVersion => "1.3",
            ConditionKey::SourceIp => "198.51.100.1",
            ConditionKey::AuthType => "REST-HEADER",
            ConditionKey::SignatureVersion => "AWS4-HMAC-SHA256",
            _ => return ContextValue::Absent,
        };
        ContextValue::One(text.into())
    }
}

const ON_BUCKET: [(Operation, Action); 4] = [
    (Operation::ListObjectsV2, Action::ListBucket),
    (Operation::ListObjectVersions, Action::ListBucketVersions),
    (Operation::ListMultipartUploads, Action::ListBucketMultipartUploads),
    (Operation::GetBucketAcl, Action::GetBucketAcl),
];

const ON_CURRENT: [(Operation, Action); 6] = [
    (Operation::GetObject, Action::GetObject),
    (Operation::GetObjectAcl, Action::GetObjectAcl),
    (Operation::GetObjectAttributes, Action::GetObjectAttributes),
    (Operation::PutObjectAcl, Action::PutObjectAcl),
    (Operation::PutObject, Action::PutObject),
    (Operation::DeleteObject, Action::DeleteObject),
];

const ON_VERSION: [(Operation, Action); 3] = [
    (Operation::GetObject, Action::GetObjectVersion),
    (Operation::GetObjectAcl, Action::GetObjectVersionAcl),
    (Operation::DeleteObject, Action::DeleteObjectVersion),
];

impl<'a> Comparison<'a> {
    /// Begins. Callers come with the names that differences have for them.
    pub fn new(
        before: &'a BucketFacts,
        after: &'a BucketFacts,
        switches: &'a Switches,
        callers: Vec<(String, Principal, Option<IdentityFacts>)>,
    ) -> Self {
        Self { before, after, switches, callers, found: BTreeMap::new() }
    }

    /// Decides about the bucket itself.
    pub fn add_bucket(&mut self) {
        for (operation, action) in ON_BUCKET {
            self.compare(operation, action, None, ObjectFacts::NotLoaded, false);
        }
    }

    /// Decides about a version.
    pub fn add(&mut self, version: &SeenVersion) {
        let SeenVersion { key, owner, acl, is_latest, is_marker } = version;
        let object = if *is_marker {
            ObjectFacts::DeleteMarker { owner }
        } else {
            ObjectFacts::Present { owner, acl: acl.as_ref() }
        };
        for (operation, action) in ON_CURRENT.into_iter().filter(|_| *is_latest && !is_marker) {
            self.compare(operation, action, Some(key), object, false);
        }
        for (operation, action) in ON_VERSION.into_iter().filter(|_| !is_marker) {
            self.compare(operation, action, Some(key), object, true);
        }
    }

    /// What has been found, by caller.
    pub fn finish(self) -> Vec<Difference> {
        let callers = self.callers;
        let difference =
            |((at, direction, action), (count, examples)): ((usize, _, _), (u64, _))| {
                let who = callers.get(at).map(|(name, ..)| name.clone()).unwrap_or_default();
                Difference { who, direction, action, count, examples }
            };
        self.found.into_iter().map(difference).collect()
    }

    fn compare(
        &mut self,
        operation: Operation,
        action: Action,
        key: Option<&ObjectKey>,
        object: ObjectFacts<'_>,
        versioned: bool,
    ) {
        for (at, (_, principal, identity)) in self.callers.iter().enumerate() {
            let may = |bucket| {
                let asked = Asked { operation, key, object, versioned };
                self.may(asked, bucket, principal, identity.as_ref())
            };
            let direction = match (may(self.before), may(self.after)) {
                (true, false) => Direction::Loses,
                (false, true) => Direction::Gains,
                _ => continue,
            };
            let (count, examples) = self.found.entry((at, direction, action)).or_default();
            *count += 1;
            if let Some(key) = key
                && examples.len() < EXAMPLES_MAX
                && !examples.contains(key)
            {
                examples.push(key.clone());
            }
        }
    }

    fn may(
        &self,
        asked: Asked<'_>,
        bucket: &BucketFacts,
        caller: &Principal,
        identity: Option<&IdentityFacts>,
    ) -> bool {
        let acl = match asked.operation {
            // The one ACL that is taken with and without ACLs.
            Operation::PutObjectAcl => AclRequest::Canned(CannedAcl::BucketOwnerFullControl),
            _ => AclRequest::Absent,
        };
        let version = VersionId::Null;
        let request = Request {
            caller,
            operation: asked.operation,
            side: Side::Whole,
            bucket: Some(&bucket.name),
            key: asked.key,
            version: asked.versioned.then_some(&version),
            acl: &acl,
            asks: Asks { request_payer: true, ..Asks::default() },
            new_policy_is_public: false,
            context: &Ordinary,
        };
        let facts = Facts {
            bucket: Some(bucket),
            object: asked.object,
            upload: None,
            identity,
            switches: self.switches,
        };
        decide(&request, &facts).verdict == Verdict::Allow
    }
}

#[derive(Clone, Copy)]
struct Asked<'a> {
    operation: Operation,
    key: Option<&'a ObjectKey>,
    object: ObjectFacts<'a>,
    versioned: bool,
}
