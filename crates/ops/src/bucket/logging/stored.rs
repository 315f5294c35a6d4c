//! The text in which the configuration is stored with its bucket.

use model::{
    BucketLogging, BucketName, CanonicalUserId, Grant, Grantee, Group, LogKeyFormat,
    PartitionDateSource, Permission, S3Error,
};
use serde::{Deserialize, Serialize};

/// The name of the sub-resource in the bucket's record.
pub(crate) const NAME: &str = "logging";

#[derive(Serialize, Deserialize)]
struct Document {
    target_bucket: String,
    target_prefix: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    target_grants: Vec<StoredGrant>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key_format: Option<StoredFormat>,
}

#[derive(Serialize, Deserialize)]
struct StoredGrant {
    #[serde(flatten)]
    grantee: StoredGrantee,
    permission: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredGrantee {
    Id(String),
    Uri(String),
}

#[derive(Serialize, Deserialize)]
enum StoredFormat {
    SimplePrefix,
    PartitionedPrefix(String),
}

/// The configuration as text.
pub(crate) fn text(logging: &BucketLogging) -> Result<String, S3Error> {
    let grant = |grant: &Grant| StoredGrant {
        grantee: match &grant.grantee {
            Grantee::CanonicalUser(id) => StoredGrantee::Id(id.to_string()),
            Grantee::Group(group) => StoredGrantee::Uri(group.uri().into()),
        },
        permission: grant.permission.as_str().into(),
    };
    let format = |format: LogKeyFormat| match format {
        LogKeyFormat::SimplePrefix => StoredFormat::SimplePrefix,
        LogKeyFormat::PartitionedPrefix(source) => {
            StoredFormat::PartitionedPrefix(source.as_str().into())
        }
    };
    let document = Document {
        target_bucket: logging.target_bucket.to_string(),
        target_prefix: logging.target_prefix.clone(),
        target_grants: logging.target_grants.iter().map(grant).collect(),
        key_format: logging.key_format.map(format),
    };
    serde_json::to_string(&document).map_err(S3Error::internal)
}

/// Reads it back; a text that cannot be read is an error, never "logging is off".
pub(crate) fn parse(text: &str) -> Result<BucketLogging, S3Error> {
    let document: Document = serde_json::from_str(text).map_err(S3Error::internal)?;
    read(document).ok_or_else(|| S3Error::internal("a stored logging configuration is damaged"))
}

fn read(document: Document) -> Option<BucketLogging> {
    let grant = |stored: StoredGrant| {
        let grantee = match stored.grantee {
            StoredGrantee::Id(id) => Grantee::CanonicalUser(CanonicalUserId::parse(&id)?),
            StoredGrantee::Uri(uri) => Grantee::Group(Group::from_uri(&uri)?),
        };
        Some(Grant { grantee, permission: Permission::parse(&stored.permission)? })
    };
    let key_format = match document.key_format {
        None => None,
        Some(StoredFormat::SimplePrefix) => Some(LogKeyFormat::SimplePrefix),
        Some(StoredFormat::PartitionedPrefix(source)) => {
            Some(LogKeyFormat::PartitionedPrefix(PartitionDateSource::parse(&source)?))
        }
    };
    Some(BucketLogging {
        target_bucket: BucketName::parse(&document.target_bucket)?,
        target_prefix: document.target_prefix,
        target_grants: document.target_grants.into_iter().map(grant).collect::<Option<_>>()?,
        key_format,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_back_as_written() {
        let logging = BucketLogging {
            target_bucket: BucketName::parse("logs").unwrap(),
            target_prefix: "web/\"ü".into(),
            target_grants: vec![
                Grant {
                    grantee: Grantee::Group(Group::LogDelivery),
                    permission: Permission::ReadAcp,
                },
                Grant {
                    grantee: Grantee::CanonicalUser(CanonicalUserId::anonymous()),
                    permission: Permission::FullControl,
                },
            ],
            key_format: Some(LogKeyFormat::PartitionedPrefix(PartitionDateSource::DeliveryTime)),
        };
        assert_eq!(parse(&text(&logging).unwrap()).unwrap(), logging);
        let plain = BucketLogging { target_grants: vec![], key_format: None, ..logging };
        assert_eq!(parse(&text(&plain).unwrap()).unwrap(), plain);
        assert!(parse("{}").is_err());
        assert!(parse(&text(&plain).unwrap().replace("logs", "L")).is_err());
    }
}
