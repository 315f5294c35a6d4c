//! The way through one bucket, a page at a time: first its versions, then its uploads.
//!
//! What is remembered between two pages is a place, however large the bucket is. A place can be
//! written down, so that a dry run may go on in another conversation.

use std::sync::Arc;

use meta::{
    ListStart, ListUploadsQuery, ListVersionsQuery, ListedVersion, UploadStart, VersionEntry,
    VersionListStart,
};
use model::lifecycle::{LifecycleConfiguration, LifecycleRule, Standing};
use model::limits::{LIST_KEYS_MAX, LIST_UPLOADS_MAX};
use model::{ErrorCode, ObjectKey, S3Error, Timestamp, VersionId};
use serde::{Deserialize, Serialize};

use super::LifecycleClock;
use super::judge::{self, Judged, StaleUpload};
use crate::store::Store;
use crate::vault::BucketState;

/// Where a walk has come to.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Place {
    /// Behind this version.
    Versions(Option<AfterVersion>),
    /// Behind this upload: its key and id.
    Uploads(Option<(String, String)>),
    /// At the end.
    End,
}

/// A version, and what is known of those before it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AfterVersion {
    key: String,
    version: String,
    modified_millis: i64,
    newer_versions: u64,
}

/// What one page holds.
pub(super) enum Page {
    /// Versions of which something is due.
    Versions(Vec<Judged>),
    /// Uploads that end.
    Uploads(Vec<StaleUpload>),
}

/// A walk through a bucket.
pub(super) struct Walk<'s> {
    store: &'s Store,
    bucket: Arc<BucketState>,
    clock: LifecycleClock,
    place: Place,
}

impl<'s> Walk<'s> {
    /// Begins or goes on at a place.
    pub(super) fn new(
        store: &'s Store,
        bucket: Arc<BucketState>,
        clock: LifecycleClock,
        place: Place,
    ) -> Self {
        Self { store, bucket, clock, place }
    }

    /// Where it has come to.
    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// The next page; none at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Page>, S3Error> {
        let bucket = Arc::clone(&self.bucket);
        let Some(rules) = &bucket.settings.lifecycle else { return Ok(None) };
        let prefix = common_prefix(rules);
        match (self.place.clone(), prefix) {
            (Place::Versions(after), Some(prefix)) => {
                self.versions(rules, prefix, after).await.map(Page::Versions).map(Some)
            }
            (Place::Uploads(after), Some(prefix)) if rules.aborts_uploads() => {
                self.uploads(prefix, after).await.map(Page::Uploads).map(Some)
            }
            _ => {
                self.place = Place::End;
                Ok(None)
            }
        }
    }

    async fn versions(
        &mut self,
        rules: &LifecycleConfiguration,
        prefix: &str,
        after: Option<AfterVersion>,
    ) -> Result<Vec<Judged>, S3Error> {
        let start = match &after {
            Some(after) => after.start()?,
            None => VersionListStart::Key(ListStart::Beginning),
        };
        let query = ListVersionsQuery { prefix, delimiter: None, start, limit: LIST_KEYS_MAX };
        let page = self.store.vault.lifecycle_versions(&self.bucket, query).await?;
        let mut entries = page.entries.into_iter().peekable();
        let mut before = after;
        let mut judged = Vec::new();
        while let Some(entry) = entries.next() {
            // Whether a delete marker hides something is known once its successor is.
            if entries.peek().is_none() && page.next.is_some() {
                break;
            }
            let standing = standing(&entry, before.as_ref(), entries.peek());
            before = Some(AfterVersion::of(&entry, before.as_ref()));
            judged.extend(self.judge(rules, entry, standing).await?);
        }
        self.place = match page.next {
            Some(_) => Place::Versions(before),
            None => Place::Uploads(None),
        };
        Ok(judged)
    }

    async fn judge(
        &self,
        rules: &LifecycleConfiguration,
        entry: VersionEntry,
        standing: Standing,
    ) -> Result<Option<Judged>, S3Error> {
        let is_object = matches!(entry.content, ListedVersion::Object(_));
        let tags = if is_object && rules.wants_tags(entry.key().as_str()) {
            match self.store.vault.lifecycle_tags(&self.bucket, &entry).await? {
                Some(tags) => tags,
                // Gone or replaced meanwhile.
                None => return Ok(None),
            }
        } else {
            Vec::new()
        };
        Ok(judge::version(&self.bucket, self.clock, entry, standing, &tags))
    }

    async fn uploads(
        &mut self,
        prefix: &str,
        after: Option<(String, String)>,
    ) -> Result<Vec<StaleUpload>, S3Error> {
        let start = match after {
            Some((key, id)) => UploadStart::AfterUpload(key, id),
            None => UploadStart::Beginning,
        };
        let query = ListUploadsQuery { prefix, delimiter: None, start, limit: LIST_UPLOADS_MAX };
        let page = self.store.vault.lifecycle_uploads(&self.bucket, query).await?;
        self.place = match page.next {
            Some(UploadStart::AfterUpload(key, id)) => Place::Uploads(Some((key, id))),
            _ => Place::End,
        };
        let judge = |upload| judge::upload(&self.bucket, self.clock, upload);
        Ok(page.uploads.into_iter().filter_map(judge).collect())
    }
}

impl AfterVersion {
    fn of(entry: &VersionEntry, before: Option<&Self>) -> Self {
        let modified = match &entry.content {
            ListedVersion::Object(object) => object.last_modified,
            ListedVersion::DeleteMarker(marker) => marker.last_modified,
        };
        Self {
            key: entry.key().as_str().to_owned(),
            version: entry.version.as_str().to_owned(),
            modified_millis: modified.unix_millis,
            newer_versions: match before {
                Some(before) if !entry.is_latest => before.newer_versions.saturating_add(1),
                _ => 0,
            },
        }
    }

    fn start(&self) -> Result<VersionListStart, S3Error> {
        let invalid = || S3Error::new(ErrorCode::InvalidArgument);
        let key = ObjectKey::parse(&self.key).map_err(|_| invalid())?;
        let version = VersionId::parse(&self.version).ok_or_else(invalid)?;
        Ok(VersionListStart::Version(key, version))
    }
}

/// The place of a version among those of its key, from its neighbours in the listing.
fn standing(
    entry: &VersionEntry,
    before: Option<&AfterVersion>,
    next: Option<&VersionEntry>,
) -> Standing {
    match (entry.is_latest, &entry.content) {
        (true, ListedVersion::Object(_)) => Standing::Current,
        (true, ListedVersion::DeleteMarker(_)) => {
            let hides = next.is_some_and(|next| next.key() == entry.key());
            if hides { Standing::Marker } else { Standing::LoneMarker }
        }
        (false, _) => Standing::Noncurrent {
            since: Timestamp::from_unix_millis(before.map_or(i64::MAX, |one| one.modified_millis)),
            newer_versions: before.map_or(0, |before| before.newer_versions),
        },
    }
}

/// What all keys begin with that an enabled rule is about; none without such a rule.
fn common_prefix(rules: &LifecycleConfiguration) -> Option<&str> {
    let mut prefixes =
        rules.rules().iter().filter(|rule| rule.enabled).map(LifecycleRule::key_prefix);
    let first = prefixes.next()?;
    Some(prefixes.fold(first, |common, prefix| {
        let same = common.char_indices().zip(prefix.chars());
        let differs = same.clone().find(|((_, left), right)| left != right);
        let end = match differs {
            Some(((at, _), _)) => at,
            None => common.len().min(prefix.len()),
        };
        common.get(..end).unwrap_or_default()
    }))
}

#[cfg(test)]
mod tests {
    use model::lifecycle::TransitionMinimumSize;

    use super::*;

    #[test]
    fn common_prefixes() {
        let of = |prefixes: &[&str]| {
            let rule = |prefix: &&str| LifecycleRule {
                prefix: Some((*prefix).to_owned()),
                enabled: !prefix.is_empty() || prefixes.len() == 1,
                ..LifecycleRule::default()
            };
            let rules = prefixes.iter().map(rule).collect();
            let rules = LifecycleConfiguration::stored(rules, TransitionMinimumSize::default());
            common_prefix(&rules).map(str::to_owned)
        };
        for (prefixes, expected) in [
            (&[][..], None),
            (&[""], Some("")),
            (&["logs/a", "logs/b"], Some("logs/")),
            (&["logs/", "logs/b"], Some("logs/")),
            (&["größe", "größte", ""], Some("größ")),
            (&["a", "b"], Some("")),
        ] {
            assert_eq!(of(prefixes).as_deref(), expected, "{prefixes:?}");
        }
    }
}
