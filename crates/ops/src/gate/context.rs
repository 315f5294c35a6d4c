//! The condition values that the gate knows better than the wire.

use std::borrow::Cow;

use authz::{ConditionKey, ContextSource, ContextValue};
use model::VersionId;

/// The context of one decision: that of the request, with what belongs to the resource that is
/// decided about.
pub(super) struct DecisionContext<'a> {
    /// What the wire knows.
    pub(super) inner: &'a dyn ContextSource,
    /// `s3:versionid`: the version of this side. A copy names it in a header and a batch deletion
    /// in its document, so that the parameter of the URI says nothing about it.
    pub(super) version: Option<&'a VersionId>,
}

impl ContextSource for DecisionContext<'_> {
    fn value(&self, key: &ConditionKey) -> ContextValue<'_> {
        match key {
            ConditionKey::VersionId => one(self.version.map(VersionId::as_str)),
            other => self.inner.value(other),
        }
    }
}

fn one(text: Option<&str>) -> ContextValue<'_> {
    text.map_or(ContextValue::Absent, |text| ContextValue::One(Cow::Borrowed(text)))
}
