//! Server access logging of a bucket (§9.1).

use crate::acl::Grant;
use crate::bucket::BucketName;

/// Where the access log of a bucket goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketLogging {
    /// The bucket that log objects are written to.
    pub target_bucket: BucketName,
    /// What their keys begin with; may be empty (LOG-1).
    pub target_prefix: String,
    /// What is granted on each log object, besides the bucket owner's full control (LOG-2).
    pub target_grants: Vec<Grant>,
    /// How their keys go on; absent means [`LogKeyFormat::SimplePrefix`], and is answered as absent.
    pub key_format: Option<LogKeyFormat>,
}

/// How the key of a log object is made (§9.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogKeyFormat {
    /// Prefix, time of delivery, unique string.
    SimplePrefix,
    /// Also account, region, bucket and day.
    PartitionedPrefix(PartitionDateSource),
}

/// Which day a partitioned key names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PartitionDateSource {
    /// The day of the records.
    #[default]
    EventTime,
    /// The day of the delivery.
    DeliveryTime,
}

impl PartitionDateSource {
    /// The name in XML.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EventTime => "EventTime",
            Self::DeliveryTime => "DeliveryTime",
        }
    }

    /// The source with this XML name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::EventTime, Self::DeliveryTime].into_iter().find(|source| source.as_str() == text)
    }
}
