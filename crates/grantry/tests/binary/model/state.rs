//! One bucket as it should be, in plain maps.

use std::collections::BTreeMap;

/// The versioning state of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Versioning {
    Off,
    Enabled,
    Suspended,
}

/// Mode and date of a retention, as the wire has them.
pub(crate) type Retention = (&'static str, String);

/// An object, or what an upload will make.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) body: Vec<u8>,
    pub(crate) etag: String,
    /// `x-amz-meta-n`, of which there are no two.
    pub(crate) note: String,
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) retention: Option<Retention>,
    pub(crate) is_held: Option<bool>,
}

/// A version; without an object it is a delete marker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) id: String,
    pub(crate) object: Option<Object>,
}

/// An upload in progress.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    pub(crate) key: String,
    pub(crate) object: Object,
    pub(crate) parts: BTreeMap<u16, Vec<u8>>,
}

/// A bucket.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    pub(crate) is_locked: bool,
    pub(crate) versioning: Versioning,
    /// Days of the default retention, which is governance.
    pub(crate) default_days: Option<u32>,
    /// Versions by key, oldest first; no key without one.
    pub(crate) keys: BTreeMap<String, Vec<Version>>,
    pub(crate) uploads: BTreeMap<String, Upload>,
    pub(crate) tags: Vec<(String, String)>,
    /// The origin of the only CORS rule.
    pub(crate) cors_origin: Option<String>,
}

/// A version in a listing: key, id, whether it is the latest, and the tag unless it is a delete marker.
pub(crate) type Listed = (String, String, bool, Option<String>);

/// A key or common prefix of a listing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Item {
    Key(String, String),
    Prefix(String),
}

impl Bucket {
    pub(crate) fn new(name: String, is_locked: bool) -> Self {
        Self {
            name,
            is_locked,
            versioning: if is_locked { Versioning::Enabled } else { Versioning::Off },
            default_days: None,
            keys: BTreeMap::new(),
            uploads: BTreeMap::new(),
            tags: Vec::new(),
            cors_origin: None,
        }
    }

    pub(crate) fn newest(&self, key: &str) -> Option<&Version> {
        self.keys.get(key)?.last()
    }

    /// The current object.
    pub(crate) fn current(&self, key: &str) -> Option<&Object> {
        self.newest(key)?.object.as_ref()
    }

    pub(crate) fn version(&self, key: &str, id: &str) -> Option<&Version> {
        self.keys.get(key)?.iter().find(|version| version.id == id)
    }

    pub(crate) fn object_mut(&mut self, key: &str, id: Option<&str>) -> &mut Object {
        let versions = self.keys.get_mut(key).unwrap();
        let version = match id {
            Some(id) => versions.iter_mut().find(|version| version.id == id),
            None => versions.last_mut(),
        };
        version.unwrap().object.as_mut().unwrap()
    }

    /// Whether the version must not be removed by somebody who may bypass governance.
    pub(crate) fn is_protected(&self, key: &str, id: &str, bypasses: bool) -> bool {
        let object = self.version(key, id).and_then(|version| version.object.as_ref());
        object.is_some_and(|object| {
            let mode = object.retention.as_ref().map(|(mode, _)| *mode);
            object.is_held == Some(true)
                || mode == Some("COMPLIANCE")
                || (mode == Some("GOVERNANCE") && !bypasses)
        })
    }

    /// Adds a version, with the id that the server gave it; a null version replaces that before.
    pub(crate) fn push(&mut self, key: &str, version: Version) {
        let versions = self.keys.entry(key.to_owned()).or_default();
        if version.id == "null" {
            versions.retain(|old| old.id != "null");
        }
        versions.push(version);
    }

    pub(crate) fn remove(&mut self, key: &str, id: &str) {
        let Some(versions) = self.keys.get_mut(key) else { return };
        versions.retain(|version| version.id != id);
        if versions.is_empty() {
            self.keys.remove(key);
        }
    }

    /// The version id that answers mention.
    pub(crate) fn mentioned<'v>(&self, id: &'v str) -> Option<&'v str> {
        (self.versioning != Versioning::Off || id != "null").then_some(id)
    }

    /// The whole listing of current objects.
    pub(crate) fn listing(&self, prefix: &str, delimiter: &str, after: &str) -> Vec<Item> {
        let mut items = Vec::new();
        for (key, rest) in self.keys.keys().filter_map(|key| Some((key, key.strip_prefix(prefix)?)))
        {
            // A page behind a key may begin with the prefix that the key is under.
            let Some(object) = self.current(key).filter(|_| key.as_str() > after) else { continue };
            let item = match rest.split_once(delimiter) {
                Some((start, _)) if !delimiter.is_empty() => {
                    Item::Prefix(format!("{prefix}{start}{delimiter}"))
                }
                _ => Item::Key(key.clone(), object.etag.clone()),
            };
            if items.last() != Some(&item) {
                items.push(item);
            }
        }
        items
    }

    /// The whole listing of versions.
    pub(crate) fn versions(&self) -> Vec<Listed> {
        let mut listed = Vec::new();
        for (key, versions) in &self.keys {
            for (age, version) in versions.iter().rev().enumerate() {
                let etag = version.object.as_ref().map(|object| object.etag.clone());
                listed.push((key.clone(), version.id.clone(), age == 0, etag));
            }
        }
        listed
    }
}
