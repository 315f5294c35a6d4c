//! Sub-resources of a bucket that the metadata keeps as texts without knowing what they mean.
//!
//! They are read once, together with the bucket, and stay in memory with it. A text that cannot be
//! read is an error of the bucket: it is never taken for a sub-resource that is not there.

mod lifecycle;

use std::collections::BTreeMap;

use model::cors::{CorsConfiguration, CorsRule};
use model::lifecycle::LifecycleConfiguration;
use model::notification::NotificationConfiguration;
use model::website::WebsiteConfiguration;
use model::{BucketEncryption, S3Error, SseAlgorithm, TagSet};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use self::lifecycle::LifecycleDocument;
use crate::bucket::{notification, website};

/// Name of the tags among the settings.
pub(super) const TAGGING: &str = "tagging";
/// Name of the rules of cross-origin resource sharing among the settings.
pub(super) const CORS: &str = "cors";
/// Name of the lifecycle rules among the settings.
pub(super) const LIFECYCLE: &str = "lifecycle";
/// Name of the default encryption among the settings.
pub(super) const ENCRYPTION: &str = "encryption";

/// The sub-resources of a bucket, understood.
#[derive(Debug, Default)]
pub(crate) struct BucketSettings {
    /// The tags, unless the bucket has none.
    pub(crate) tags: Option<TagSet>,
    /// The rules of cross-origin resource sharing.
    pub(crate) cors: Option<CorsConfiguration>,
    /// Who is told about changes, unless nobody is.
    pub(crate) notifications: Option<NotificationConfiguration>,
    /// The rules about how long objects stay.
    pub(crate) lifecycle: Option<LifecycleConfiguration>,
    /// What it answers on a website host.
    pub(crate) website: Option<WebsiteConfiguration>,
    /// The default encryption.
    pub(crate) encryption: Option<BucketEncryption>,
}

impl BucketSettings {
    /// Understands what is stored.
    pub(super) fn read(texts: &BTreeMap<String, String>) -> Result<Self, S3Error> {
        let rules: Option<Vec<RuleDocument>> = parsed(texts, CORS)?;
        let lifecycle: Option<LifecycleDocument> = parsed(texts, LIFECYCLE)?;
        let encryption: Option<EncryptionDocument> = parsed(texts, ENCRYPTION)?;
        Ok(Self {
            website: texts
                .get(website::stored::NAME)
                .map(|text| website::stored::parse(text))
                .transpose()?,
            notifications: texts
                .get(notification::stored::NAME)
                .map(|text| notification::stored::parse(text))
                .transpose()?,
            tags: parsed(texts, TAGGING)?.map(TagSet::stored),
            cors: rules.map(|rules| {
                CorsConfiguration::stored(rules.into_iter().map(CorsRule::from).collect())
            }),
            lifecycle: lifecycle.map(LifecycleConfiguration::from),
            encryption: encryption.map(BucketEncryption::try_from).transpose()?,
        })
    }
}

/// The text of the rules.
pub(super) fn written_cors(rules: &CorsConfiguration) -> Result<String, S3Error> {
    let documents: Vec<_> = rules.rules().iter().cloned().map(RuleDocument::from).collect();
    written(&documents)
}

/// The text of lifecycle rules.
pub(super) fn written_lifecycle(rules: &LifecycleConfiguration) -> Result<String, S3Error> {
    written(&LifecycleDocument::from(rules))
}

/// The text of the default encryption.
pub(super) fn written_encryption(encryption: &BucketEncryption) -> Result<String, S3Error> {
    written(&EncryptionDocument {
        algorithm: encryption.algorithm.as_str().to_owned(),
        kms_key: encryption.kms_key.clone(),
        bucket_key_enabled: encryption.bucket_key_enabled,
        blocks_customer_keys: encryption.blocks_customer_keys,
    })
}

/// The default encryption as it is kept.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EncryptionDocument {
    algorithm: String,
    kms_key: Option<String>,
    bucket_key_enabled: bool,
    blocks_customer_keys: bool,
}

impl TryFrom<EncryptionDocument> for BucketEncryption {
    type Error = S3Error;

    fn try_from(document: EncryptionDocument) -> Result<Self, S3Error> {
        let unknown = || S3Error::internal("the setting `encryption`: unknown algorithm");
        Ok(Self {
            algorithm: SseAlgorithm::parse(&document.algorithm).ok_or_else(unknown)?,
            kms_key: document.kms_key,
            bucket_key_enabled: document.bucket_key_enabled,
            blocks_customer_keys: document.blocks_customer_keys,
        })
    }
}

/// A rule as it is kept.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleDocument {
    id: Option<String>,
    allowed_origins: Vec<String>,
    allowed_methods: Vec<String>,
    allowed_headers: Vec<String>,
    expose_headers: Vec<String>,
    max_age_seconds: Option<u32>,
}

impl From<CorsRule> for RuleDocument {
    fn from(rule: CorsRule) -> Self {
        Self {
            id: rule.id,
            allowed_origins: rule.allowed_origins,
            allowed_methods: rule.allowed_methods,
            allowed_headers: rule.allowed_headers,
            expose_headers: rule.expose_headers,
            max_age_seconds: rule.max_age_seconds,
        }
    }
}

impl From<RuleDocument> for CorsRule {
    fn from(document: RuleDocument) -> Self {
        Self {
            id: document.id,
            allowed_origins: document.allowed_origins,
            allowed_methods: document.allowed_methods,
            allowed_headers: document.allowed_headers,
            expose_headers: document.expose_headers,
            max_age_seconds: document.max_age_seconds,
        }
    }
}

fn parsed<T: DeserializeOwned>(
    texts: &BTreeMap<String, String>,
    name: &str,
) -> Result<Option<T>, S3Error> {
    let Some(text) = texts.get(name) else { return Ok(None) };
    let unreadable = |error| S3Error::internal(format_args!("the setting `{name}`: {error}"));
    serde_json::from_str(text).map(Some).map_err(unreadable)
}

/// The text of a sub-resource.
pub(super) fn written<T: Serialize + ?Sized>(document: &T) -> Result<String, S3Error> {
    serde_json::to_string(document).map_err(S3Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str) -> Result<BucketSettings, S3Error> {
        BucketSettings::read(&BTreeMap::from([(name.to_owned(), text.to_owned())]))
    }

    #[test]
    fn what_is_written_is_read() {
        let tags = TagSet::stored(vec![("größe".into(), "a \"b\"".into())]);
        let text = written(tags.pairs()).unwrap();
        assert_eq!(read(TAGGING, &text).unwrap().tags, Some(tags));
        assert_eq!(read("other", "x").unwrap().tags, None);
        let full = CorsRule {
            id: Some("i".into()),
            allowed_origins: vec!["http://*.org".into()],
            allowed_methods: vec!["GET".into(), "PUT".into()],
            allowed_headers: vec!["*".into()],
            expose_headers: vec!["ETag".into()],
            max_age_seconds: Some(7),
        };
        let rules = CorsConfiguration::stored(vec![full, CorsRule::default()]);
        let text = written_cors(&rules).unwrap();
        assert_eq!(read(CORS, &text).unwrap().cors, Some(rules));
        for encryption in [
            BucketEncryption::default(),
            BucketEncryption {
                algorithm: SseAlgorithm::AwsKms,
                kms_key: Some("alias/x".into()),
                bucket_key_enabled: true,
                blocks_customer_keys: false,
            },
        ] {
            let text = written_encryption(&encryption).unwrap();
            assert_eq!(read(ENCRYPTION, &text).unwrap().encryption, Some(encryption));
        }
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        for text in ["", "{}", "[[\"a\"]]", "[[\"a\",1]]"] {
            assert!(read(TAGGING, text).is_err(), "{text}");
            assert!(read(CORS, text).is_err(), "{text}");
            assert!(read(ENCRYPTION, text).is_err(), "{text}");
        }
    }
}
