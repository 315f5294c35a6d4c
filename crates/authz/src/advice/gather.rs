//! What the ACLs of a bucket give, and the shortest resources that say the same.
//!
//! Keys come in order, so that a directory ends before the next one begins: what holds for all keys
//! of one is said by its prefix, and only the directories that are open take memory.

use std::collections::{BTreeMap, BTreeSet};

use model::limits::ADVICE_RESOURCES_MAX;
use model::{CanonicalUserId, ObjectKey, Permission};

use super::{Beneficiary, Item, SeenVersion};
use crate::BucketFacts;
use crate::acl::AclsInForce;

/// Keys that are named as examples.
pub(super) const EXAMPLES_MAX: usize = 3;

/// What somebody may do with an object because of an ACL or because it owns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Deed {
    Read,
    ReadVersions,
    ReadAcl,
    ReadVersionAcls,
    Attributes,
    VersionAttributes,
    Replace,
    Delete,
}

impl Deed {
    /// The actions of policies that it is.
    pub(super) fn actions(self) -> &'static [&'static str] {
        match self {
            Self::Read => &["s3:GetObject"],
            Self::ReadVersions => &["s3:GetObjectVersion"],
            Self::ReadAcl => &["s3:GetObjectAcl"],
            Self::ReadVersionAcls => &["s3:GetObjectVersionAcl"],
            Self::Attributes => &["s3:GetObjectAttributes"],
            Self::VersionAttributes => &["s3:GetObjectVersionAttributes"],
            Self::Replace => &["s3:PutObject"],
            Self::Delete => &["s3:DeleteObject", "s3:DeleteObjectVersion"],
        }
    }

    fn kind(self) -> Kind {
        match self {
            Self::Read | Self::ReadAcl | Self::Attributes => Kind::Current,
            Self::ReadVersions | Self::ReadVersionAcls | Self::VersionAttributes => Kind::Versions,
            Self::Replace | Self::Delete => Kind::Keys,
        }
    }
}

/// Which keys a deed can be done with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// Those with a current object.
    Current,
    /// Those with any object version.
    Versions,
    /// All.
    Keys,
}

/// One line of the census of grants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CensusLine {
    /// Whom.
    pub beneficiary: Beneficiary,
    /// What.
    pub permission: Permission,
    /// To how many versions.
    pub count: u64,
    /// Some of their keys.
    pub examples: Vec<ObjectKey>,
}

/// Objects of another account than the bucket owner's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignOwner {
    /// Whose.
    pub owner: CanonicalUserId,
    /// How many versions.
    pub count: u64,
    /// Some of their keys.
    pub examples: Vec<ObjectKey>,
}

/// Everything about the ACLs of a bucket's objects.
#[derive(Clone, Debug, Default)]
pub struct Gathered {
    /// Grants of objects that are in force and not the bucket owner's own.
    pub census: Vec<CensusLine>,
    /// Objects that the bucket owner does not own.
    pub foreign: Vec<ForeignOwner>,
    /// How many versions there are.
    pub versions: u64,
    /// Keys of which a grantee may read some versions and not others, which no statement can say.
    pub mixed_versions: u64,
    /// Some of them.
    pub mixed_examples: Vec<ObjectKey>,
    /// Whether the resources are too many to be told.
    pub too_many: bool,
    /// For everybody and every deed, the resources.
    pub(super) items: BTreeMap<(Beneficiary, Deed), Vec<Item>>,
}

#[derive(Clone, Debug, Default)]
struct Cover {
    count: u64,
    items: Vec<Item>,
}

#[derive(Clone, Debug, Default)]
struct Node {
    /// The keys begin so.
    path: String,
    totals: BTreeMap<Kind, u64>,
    covers: BTreeMap<(Deed, Beneficiary), Cover>,
}

/// Reads versions one after the other.
pub struct Gatherer<'a> {
    bucket: &'a BucketFacts,
    in_force: AclsInForce,
    writers: BTreeSet<Beneficiary>,
    open: Vec<Node>,
    pending: Vec<SeenVersion>,
    census: BTreeMap<(Beneficiary, Permission), (u64, Vec<ObjectKey>)>,
    foreign: BTreeMap<CanonicalUserId, (u64, Vec<ObjectKey>)>,
    gathered: Gathered,
    resources: usize,
}

impl<'a> Gatherer<'a> {
    /// Begins.
    pub fn new(bucket: &'a BucketFacts) -> Self {
        let in_force = AclsInForce::of(bucket);
        let writes = |grant: &&model::Grant| {
            grant.permission.includes(Permission::Write) && in_force.counts(&grant.grantee)
        };
        let writers = bucket.acl.grants.iter().filter(writes);
        Self {
            bucket,
            in_force,
            writers: writers.map(|grant| Beneficiary::of_grantee(&grant.grantee)).collect(),
            open: vec![Node::default()],
            pending: Vec::new(),
            census: BTreeMap::new(),
            foreign: BTreeMap::new(),
            gathered: Gathered::default(),
            resources: 0,
        }
    }

    /// The next version.
    pub fn add(&mut self, version: SeenVersion) {
        self.gathered.versions += 1;
        if self.pending.first().is_some_and(|first| first.key != version.key) {
            self.end_key();
        }
        self.count(&version);
        self.pending.push(version);
    }

    /// Ends, and tells everything.
    pub fn finish(mut self) -> Gathered {
        self.end_key();
        while self.open.len() > 1 {
            self.close();
        }
        let root = self.open.pop().unwrap_or_default();
        for ((deed, beneficiary), items) in collapsed(&root) {
            self.gathered.items.insert((beneficiary, deed), items);
        }
        self.gathered.census = self
            .census
            .into_iter()
            .map(|((beneficiary, permission), (count, examples))| CensusLine {
                beneficiary,
                permission,
                count,
                examples,
            })
            .collect();
        self.gathered.foreign = self
            .foreign
            .into_iter()
            .map(|(owner, (count, examples))| ForeignOwner { owner, count, examples })
            .collect();
        self.gathered
    }

    fn is_own(&self, id: &CanonicalUserId) -> bool {
        *id == self.bucket.owner.canonical_id
    }

    fn count(&mut self, version: &SeenVersion) {
        let note = |(count, examples): &mut (u64, Vec<ObjectKey>)| {
            *count += 1;
            if examples.len() < EXAMPLES_MAX && !examples.contains(&version.key) {
                examples.push(version.key.clone());
            }
        };
        if !self.is_own(&version.owner) {
            note(self.foreign.entry(version.owner.clone()).or_default());
        }
        let own = Beneficiary::of_owner(&self.bucket.owner.canonical_id);
        for grant in version.acl.iter().flat_map(|acl| &acl.grants) {
            let beneficiary = Beneficiary::of_grantee(&grant.grantee);
            let is_owner = beneficiary == Beneficiary::of_owner(&version.owner);
            if self.in_force.counts(&grant.grantee) && beneficiary != own && !is_owner {
                note(self.census.entry((beneficiary, grant.permission)).or_default());
            }
        }
    }

    /// Whom a version gives a permission. Its owner has what it wants of its own.
    fn holders(&self, version: &SeenVersion, wanted: Permission) -> BTreeSet<Beneficiary> {
        let mut holders = BTreeSet::from([Beneficiary::of_owner(&version.owner)]);
        for grant in version.acl.iter().flat_map(|acl| &acl.grants) {
            if grant.permission.includes(wanted) && self.in_force.counts(&grant.grantee) {
                holders.insert(Beneficiary::of_grantee(&grant.grantee));
            }
        }
        holders
    }

    /// What is to be said of the key whose versions have gone by.
    fn end_key(&mut self) {
        let versions = std::mem::take(&mut self.pending);
        let Some(first) = versions.first() else { return };
        let objects: Vec<_> = versions.iter().filter(|version| !version.is_marker).collect();
        let current = versions.iter().find(|version| version.is_latest && !version.is_marker);
        let mut deeds: BTreeMap<Deed, BTreeSet<Beneficiary>> = BTreeMap::new();
        let mut is_mixed = false;
        for (permission, now, always) in [
            (Permission::Read, Deed::Read, Deed::ReadVersions),
            (Permission::ReadAcp, Deed::ReadAcl, Deed::ReadVersionAcls),
        ] {
            if let Some(current) = current {
                deeds.insert(now, self.holders(current, permission));
            }
            let each: Vec<_> =
                objects.iter().map(|object| self.holders(object, permission)).collect();
            let all =
                each.iter().skip(1).fold(each.first().cloned().unwrap_or_default(), |all, one| {
                    all.intersection(one).cloned().collect()
                });
            is_mixed |= each.iter().any(|one| *one != all);
            deeds.insert(always, all);
        }
        let owner = |version: &SeenVersion| BTreeSet::from([Beneficiary::of_owner(&version.owner)]);
        // No ACL reaches attributes, but the account of the owner does (§6.3).
        if let Some(current) = current.filter(|current| !current.owner.is_anonymous()) {
            deeds.insert(Deed::Attributes, owner(current));
        }
        let is_one_owners = versions.iter().all(|version| version.owner == first.owner);
        let is_object_owners = objects
            .iter()
            .all(|object| Some(&object.owner) == objects.first().map(|one| &one.owner));
        if let Some(object) =
            objects.first().filter(|one| is_object_owners && !one.owner.is_anonymous())
        {
            deeds.insert(Deed::VersionAttributes, owner(object));
        }
        if is_one_owners && self.may_write(&first.owner) {
            deeds.insert(Deed::Replace, owner(first));
            deeds.insert(Deed::Delete, owner(first));
        }
        if is_mixed {
            self.gathered.mixed_versions += 1;
            if self.gathered.mixed_examples.len() < EXAMPLES_MAX {
                self.gathered.mixed_examples.push(first.key.clone());
            }
        }
        let kinds = [
            (Kind::Current, current.is_some()),
            (Kind::Versions, !objects.is_empty()),
            (Kind::Keys, true),
        ];
        let kinds = kinds.into_iter().filter(|(_, counts)| *counts).map(|(kind, _)| kind);
        let key = first.key.clone();
        self.place(&key, kinds.collect(), deeds);
    }

    /// Whether bucket WRITE reaches what this account owns (§2.5).
    fn may_write(&self, owner: &CanonicalUserId) -> bool {
        let is_account = !owner.is_anonymous();
        self.writers.contains(&Beneficiary::of_owner(owner))
            || self.writers.contains(&Beneficiary::Everyone)
            || (is_account && self.writers.contains(&Beneficiary::AnyAccount))
    }

    /// Puts a key where it belongs, and closes the directories that have ended.
    fn place(
        &mut self,
        key: &ObjectKey,
        kinds: Vec<Kind>,
        deeds: BTreeMap<Deed, BTreeSet<Beneficiary>>,
    ) {
        let key = key.as_str();
        while self.open.last().is_some_and(|node| !key.starts_with(&node.path)) {
            self.close();
        }
        let mut path = self.open.last().map_or(String::new(), |node| node.path.clone());
        while let Some(at) = key.get(path.len()..).and_then(|rest| rest.find('/')) {
            let Some(longer) = key.get(..=path.len() + at) else { break };
            longer.clone_into(&mut path);
            self.open.push(Node { path: path.clone(), ..Node::default() });
        }
        let own = Beneficiary::of_owner(&self.bucket.owner.canonical_id);
        let Some(node) = self.open.last_mut() else { return };
        for kind in kinds {
            *node.totals.entry(kind).or_default() += 1;
        }
        for (deed, holders) in deeds {
            for holder in holders.iter().filter(|one| **one != own && !is_covered(one, &holders)) {
                let cover = node.covers.entry((deed, holder.clone())).or_default();
                cover.count += 1;
                self.resources += 1;
                if self.resources > ADVICE_RESOURCES_MAX {
                    self.gathered.too_many = true;
                } else {
                    cover.items.push(Item::Key(key.to_owned()));
                }
            }
        }
    }

    /// Ends the innermost directory: what holds for all of it is said by its prefix.
    fn close(&mut self) {
        let Some(child) = self.open.pop() else { return };
        let items = collapsed(&child);
        let before: usize = child.covers.values().map(|cover| cover.items.len()).sum();
        let after: usize = items.values().map(Vec::len).sum();
        self.resources = self.resources.saturating_sub(before.saturating_sub(after));
        let Some(parent) = self.open.last_mut() else { return };
        for (kind, total) in &child.totals {
            *parent.totals.entry(*kind).or_default() += total;
        }
        for (who, items) in items {
            let count = child.covers.get(&who).map_or(0, |cover| cover.count);
            let cover = parent.covers.entry(who).or_default();
            cover.count += count;
            cover.items.extend(items);
        }
    }
}

/// Whether somebody else, who is given it too, includes this one.
fn is_covered(one: &Beneficiary, holders: &BTreeSet<Beneficiary>) -> bool {
    match one {
        Beneficiary::Everyone => false,
        Beneficiary::Account(_) => {
            holders.contains(&Beneficiary::Everyone) || holders.contains(&Beneficiary::AnyAccount)
        }
        Beneficiary::AnyAccount | Beneficiary::Anonymous | Beneficiary::LogDelivery => {
            holders.contains(&Beneficiary::Everyone)
        }
    }
}

/// The resources of a directory: its prefix for those who have all of it.
fn collapsed(node: &Node) -> BTreeMap<(Deed, Beneficiary), Vec<Item>> {
    let count = |deed: Deed, beneficiary: &Beneficiary| {
        node.covers.get(&(deed, beneficiary.clone())).map_or(0, |cover| cover.count)
    };
    let mut items = BTreeMap::new();
    for ((deed, beneficiary), cover) in &node.covers {
        // Each key is counted for the broadest of those who have it.
        let broader = match beneficiary {
            Beneficiary::Everyone => 0,
            Beneficiary::Account(_) => {
                count(*deed, &Beneficiary::AnyAccount) + count(*deed, &Beneficiary::Everyone)
            }
            _ => count(*deed, &Beneficiary::Everyone),
        };
        let total = node.totals.get(&deed.kind()).copied().unwrap_or(0);
        let is_all = cover.count + broader == total && total > 1;
        let own = if is_all { vec![Item::Below(node.path.clone())] } else { cover.items.clone() };
        items.insert((*deed, beneficiary.clone()), own);
    }
    items
}
