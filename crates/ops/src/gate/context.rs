//! The condition values that the gate knows better than the wire.

use std::borrow::Cow;

use authz::{ConditionKey, ContextSource, ContextValue};
use model::{SseAlgorithm, VersionId};

use crate::encryption::ShownEncryption;

/// Keys and values of tags.
pub(super) type Tags = [(String, String)];

/// The context of one decision: that of the request, with what belongs to the resource that is
/// decided about.
pub(super) struct DecisionContext<'a> {
    /// What the wire knows.
    pub(super) inner: &'a dyn ContextSource,
    /// `s3:versionid`: the version of this side. A copy names it in a header and a batch deletion
    /// in its document, so that the parameter of the URI says nothing about it.
    pub(super) version: Option<&'a VersionId>,
    /// The tags that the request writes: `s3:RequestObjectTag`, and `aws:RequestTag` for buckets.
    pub(super) request_tags: &'a Tags,
    /// The tags that the object has: `s3:ExistingObjectTag`.
    pub(super) existing_tags: &'a Tags,
    /// How the upload is encrypted: requests about its parts need not say it again (POL-56).
    pub(super) upload: Option<ShownEncryption>,
}

impl ContextSource for DecisionContext<'_> {
    fn value(&self, key: &ConditionKey) -> ContextValue<'_> {
        match key {
            ConditionKey::VersionId => one(self.version.map(VersionId::as_str)),
            ConditionKey::ExistingObjectTag(tag) => one(find(self.existing_tags, tag)),
            ConditionKey::RequestObjectTag(tag) | ConditionKey::RequestTag(tag) => {
                one(find(self.request_tags, tag))
            }
            ConditionKey::RequestObjectTagKeys | ConditionKey::TagKeys => keys(self.request_tags),
            other => match (self.inner.value(other), &self.upload) {
                (ContextValue::Absent, Some(upload)) => one(of_upload(upload, other)),
                (value, _) => value,
            },
        }
    }

    fn each(&self, tell: &mut dyn FnMut(&ConditionKey, &str)) {
        if let Some(version) = self.version {
            tell(&ConditionKey::VersionId, version.as_str());
        }
        for (key, value) in self.existing_tags {
            tell(&ConditionKey::ExistingObjectTag(key.as_str().into()), value);
        }
        for (key, value) in self.request_tags {
            tell(&ConditionKey::RequestObjectTag(key.as_str().into()), value);
            tell(&ConditionKey::RequestObjectTagKeys, key);
            tell(&ConditionKey::RequestTag(key.as_str().into()), value);
            tell(&ConditionKey::TagKeys, key);
        }
        self.inner.each(tell);
        let Some(upload) = &self.upload else { return };
        for key in &OF_UPLOADS {
            if let (ContextValue::Absent, Some(value)) =
                (self.inner.value(key), of_upload(upload, key))
            {
                tell(key, value);
            }
        }
    }
}

/// The keys whose values an upload has, where the request about it is silent.
const OF_UPLOADS: [ConditionKey; 3] = [
    ConditionKey::ServerSideEncryption,
    ConditionKey::ServerSideEncryptionKmsKeyId,
    ConditionKey::ServerSideEncryptionCustomerAlgorithm,
];

fn of_upload<'a>(upload: &'a ShownEncryption, key: &ConditionKey) -> Option<&'a str> {
    match key {
        ConditionKey::ServerSideEncryption => upload.algorithm.map(SseAlgorithm::as_str),
        ConditionKey::ServerSideEncryptionKmsKeyId => upload.kms_key.as_deref(),
        ConditionKey::ServerSideEncryptionCustomerAlgorithm => {
            upload.algorithm.is_none().then_some("AES256")
        }
        _ => None,
    }
}

fn find<'a>(tags: &'a Tags, wanted: &str) -> Option<&'a str> {
    tags.iter().find(|(key, _)| key == wanted).map(|(_, value)| value.as_str())
}

fn one(text: Option<&str>) -> ContextValue<'_> {
    text.map_or(ContextValue::Absent, |text| ContextValue::One(Cow::Borrowed(text)))
}

fn keys(tags: &Tags) -> ContextValue<'_> {
    if tags.is_empty() {
        return ContextValue::Absent;
    }
    ContextValue::Many(tags.iter().map(|(key, _)| Cow::Borrowed(key.as_str())).collect())
}
