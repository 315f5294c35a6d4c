//! Event notifications: which changes of a bucket are told to whom.
//!
//! AWS: "Amazon S3 Event Notifications"; API reference, PutBucketNotificationConfiguration. Texts of
//! errors as users of Amazon S3 observed them.

use std::fmt;

use crate::account::AccountId;
use crate::error::S3Error;
use crate::error_code::ErrorCode;
use crate::limits::{
    NOTIFICATION_FILTER_VALUE_BYTES_MAX, NOTIFICATION_ID_LENGTH_CHARACTERS_MAX,
    NOTIFICATION_RULES_MAX,
};

/// A change that Grantry tells about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// PutObject.
    ObjectCreatedPut,
    /// PostObject.
    ObjectCreatedPost,
    /// CopyObject.
    ObjectCreatedCopy,
    /// CompleteMultipartUpload.
    ObjectCreatedCompleteMultipartUpload,
    /// A version was removed for good.
    ObjectRemovedDelete,
    /// A delete marker was added.
    ObjectRemovedDeleteMarkerCreated,
    /// PutObjectTagging.
    ObjectTaggingPut,
    /// DeleteObjectTagging.
    ObjectTaggingDelete,
    /// PutObjectAcl.
    ObjectAclPut,
    /// A lifecycle rule removed a version for good.
    LifecycleExpirationDelete,
    /// A lifecycle rule added a delete marker.
    LifecycleExpirationDeleteMarkerCreated,
}

impl EventKind {
    /// The name in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ObjectCreatedPut => "ObjectCreated:Put",
            Self::ObjectCreatedPost => "ObjectCreated:Post",
            Self::ObjectCreatedCopy => "ObjectCreated:Copy",
            Self::ObjectCreatedCompleteMultipartUpload => "ObjectCreated:CompleteMultipartUpload",
            Self::ObjectRemovedDelete => "ObjectRemoved:Delete",
            Self::ObjectRemovedDeleteMarkerCreated => "ObjectRemoved:DeleteMarkerCreated",
            Self::ObjectTaggingPut => "ObjectTagging:Put",
            Self::ObjectTaggingDelete => "ObjectTagging:Delete",
            Self::ObjectAclPut => "ObjectAcl:Put",
            Self::LifecycleExpirationDelete => "LifecycleExpiration:Delete",
            Self::LifecycleExpirationDeleteMarkerCreated => {
                "LifecycleExpiration:DeleteMarkerCreated"
            }
        }
    }
}

/// What a configuration may name. AWS: "Supported event types for SQS, SNS, and Lambda". Those that
/// are no [`EventKind`] never happen here (FAITHFULNESS.md).
const EVENTS: [&str; 27] = [
    "s3:ReducedRedundancyLostObject",
    "s3:ObjectCreated:*",
    "s3:ObjectCreated:Put",
    "s3:ObjectCreated:Post",
    "s3:ObjectCreated:Copy",
    "s3:ObjectCreated:CompleteMultipartUpload",
    "s3:ObjectRemoved:*",
    "s3:ObjectRemoved:Delete",
    "s3:ObjectRemoved:DeleteMarkerCreated",
    "s3:ObjectRestore:*",
    "s3:ObjectRestore:Post",
    "s3:ObjectRestore:Completed",
    "s3:ObjectRestore:Delete",
    "s3:Replication:*",
    "s3:Replication:OperationFailedReplication",
    "s3:Replication:OperationNotTracked",
    "s3:Replication:OperationMissedThreshold",
    "s3:Replication:OperationReplicatedAfterThreshold",
    "s3:LifecycleTransition",
    "s3:IntelligentTiering",
    "s3:ObjectAcl:Put",
    "s3:LifecycleExpiration:*",
    "s3:LifecycleExpiration:Delete",
    "s3:LifecycleExpiration:DeleteMarkerCreated",
    "s3:ObjectTagging:*",
    "s3:ObjectTagging:Put",
    "s3:ObjectTagging:Delete",
];

/// Which service a destination is one of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DestinationService {
    /// Amazon SNS: `TopicConfiguration`.
    Topic,
    /// Amazon SQS: `QueueConfiguration`.
    Queue,
    /// AWS Lambda: `CloudFunctionConfiguration`.
    CloudFunction,
}

impl DestinationService {
    /// All of them, in the order of documents.
    pub const ALL: [Self; 3] = [Self::Topic, Self::Queue, Self::CloudFunction];

    /// The element that holds the ARN; that of the rule is this with `Configuration` behind it.
    pub fn element(self) -> &'static str {
        match self {
            Self::Topic => "Topic",
            Self::Queue => "Queue",
            Self::CloudFunction => "CloudFunction",
        }
    }

    fn namespace(self) -> &'static str {
        match self {
            Self::Topic => "sns",
            Self::Queue => "sqs",
            Self::CloudFunction => "lambda",
        }
    }
}

/// `arn:aws:sqs:REGION:ACCOUNT:NAME`, and the like for the other services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DestinationArn {
    /// The service.
    pub service: DestinationService,
    /// The region.
    pub region: String,
    /// The account.
    pub account: AccountId,
    /// The name, under which the operator has set the destination up.
    pub name: String,
}

impl DestinationArn {
    /// Reads an ARN of this service.
    pub fn parse(service: DestinationService, text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let is_arn = parts.next() == Some("arn")
            && parts.next() == Some("aws")
            && parts.next() == Some(service.namespace());
        let region = parts.next().filter(|region| is_name(region))?.to_owned();
        let account = AccountId::parse(parts.next()?)?;
        if service == DestinationService::CloudFunction && parts.next() != Some("function") {
            return None;
        }
        let name = parts.next().filter(|name| is_name(name))?.to_owned();
        // A function may have a version or an alias behind its name, which means nothing here.
        let rest = parts.next();
        let ends = match service {
            DestinationService::CloudFunction => parts.next().is_none(),
            _ => rest.is_none(),
        };
        (is_arn && ends).then_some(Self { service, region, account, name })
    }
}

impl fmt::Display for DestinationArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { service, region, account, name } = self;
        let kind = if *service == DestinationService::CloudFunction { "function:" } else { "" };
        write!(f, "arn:aws:{}:{region}:{account}:{kind}{name}", service.namespace())
    }
}

/// Whether a text can be the name of a region or a destination.
pub fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=80).contains(&text.len()) && text.bytes().all(allowed)
}

/// One rule of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotificationRule {
    /// `Id`; the server makes one where there is none.
    pub id: String,
    /// Which service the destination is one of.
    pub service: DestinationService,
    /// The ARN of the destination.
    pub arn: String,
    /// Names of events, as `s3:ObjectCreated:*`.
    pub events: Vec<String>,
    /// Only keys that begin with this.
    pub prefix: Option<String>,
    /// Only keys that end with this.
    pub suffix: Option<String>,
}

impl NotificationRule {
    /// Whether a change of a key is told.
    pub fn matches(&self, kind: EventKind, key: &str) -> bool {
        self.events.iter().any(|pattern| covers(pattern, kind.as_str()))
            && self.prefix.as_deref().is_none_or(|prefix| key.starts_with(prefix))
            && self.suffix.as_deref().is_none_or(|suffix| key.ends_with(suffix))
    }

    fn prefix_text(&self) -> &str {
        self.prefix.as_deref().unwrap_or_default()
    }

    fn suffix_text(&self) -> &str {
        self.suffix.as_deref().unwrap_or_default()
    }

    /// Whether a change could be told by both.
    fn overlaps(&self, other: &Self) -> bool {
        let (prefix, suffix) = (self.prefix_text(), self.suffix_text());
        let (other_prefix, other_suffix) = (other.prefix_text(), other.suffix_text());
        let events = self.events.iter().any(|one| other.events.iter().any(|two| share(one, two)));
        events
            && (prefix.starts_with(other_prefix) || other_prefix.starts_with(prefix))
            && (suffix.ends_with(other_suffix) || other_suffix.ends_with(suffix))
    }
}

/// Whether `s3:NAME` or `s3:GROUP:*` is about the event.
fn covers(pattern: &str, event: &str) -> bool {
    let Some(pattern) = pattern.strip_prefix("s3:") else { return false };
    match pattern.strip_suffix('*') {
        Some(group) => event.starts_with(group),
        None => pattern == event,
    }
}

/// Whether two patterns have an event in common.
fn share(one: &str, two: &str) -> bool {
    let within = |pattern: &str, other: &str| {
        pattern == other || pattern.strip_suffix('*').is_some_and(|group| other.starts_with(group))
    };
    within(one, two) || within(two, one)
}

/// A rule as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentRule {
    /// `Id`
    pub id: Option<String>,
    /// Which service the destination is one of.
    pub service: DestinationService,
    /// The ARN of the destination.
    pub arn: String,
    /// `Event`
    pub events: Vec<String>,
    /// `FilterRule`: name and value.
    pub filter: Vec<(String, String)>,
}

/// The notifications of a bucket, checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotificationConfiguration {
    rules: Vec<NotificationRule>,
    event_bridge: bool,
}

impl NotificationConfiguration {
    /// Checks what PutBucketNotificationConfiguration was given. `fresh_id` makes ids for rules that
    /// have none. Errors: `MalformedXML`, `InvalidArgument`.
    pub fn new(
        sent: Vec<SentRule>,
        event_bridge: bool,
        mut fresh_id: impl FnMut() -> Result<String, S3Error>,
    ) -> Result<Self, S3Error> {
        if sent.len() > NOTIFICATION_RULES_MAX {
            let message = format!(
                "The number of notification configurations should not exceed {NOTIFICATION_RULES_MAX}."
            );
            return Err(S3Error::with_message(ErrorCode::InvalidArgument, message));
        }
        let mut rules: Vec<NotificationRule> = Vec::with_capacity(sent.len());
        for rule in sent {
            let rule = checked(rule, &mut fresh_id)?;
            if rules.iter().any(|other| other.id == rule.id) {
                return Err(S3Error::with_message(
                    ErrorCode::InvalidArgument,
                    "Same ID used for multiple configurations. IDs must be unique",
                ));
            }
            if rules.iter().any(|other| other.overlaps(&rule)) {
                return Err(S3Error::with_message(
                    ErrorCode::InvalidArgument,
                    "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same event type.",
                ));
            }
            rules.push(rule);
        }
        Ok(Self { rules, event_bridge })
    }

    /// Notifications that were checked before they were stored.
    pub fn stored(rules: Vec<NotificationRule>, event_bridge: bool) -> Self {
        Self { rules, event_bridge }
    }

    /// The rules in their order.
    pub fn rules(&self) -> &[NotificationRule] {
        &self.rules
    }

    /// Whether every event goes to the event bus: `EventBridgeConfiguration`.
    pub fn event_bridge(&self) -> bool {
        self.event_bridge
    }

    /// Whether nobody is told anything.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty() && !self.event_bridge
    }
}

fn checked(
    sent: SentRule,
    fresh_id: &mut impl FnMut() -> Result<String, S3Error>,
) -> Result<NotificationRule, S3Error> {
    let SentRule { id, service, arn, events, filter } = sent;
    if events.is_empty() {
        return Err(ErrorCode::MalformedXML.into());
    }
    let id = match id.filter(|id| !id.is_empty()) {
        Some(id) if id.chars().count() > NOTIFICATION_ID_LENGTH_CHARACTERS_MAX => {
            return Err(S3Error::with_message(
                ErrorCode::InvalidArgument,
                "ID length should not exceed allowed limit of 255",
            ));
        }
        Some(id) => id,
        None => fresh_id()?,
    };
    if let Some(unknown) = events.iter().find(|event| !EVENTS.contains(&event.as_str())) {
        let message = "The event is not supported for notifications";
        return Err(S3Error::invalid_argument(message, "Event", unknown.clone()));
    }
    if DestinationArn::parse(service, &arn).is_none() {
        return Err(S3Error::invalid_argument(
            "The ARN could not be parsed",
            service.element(),
            arn,
        ));
    }
    let (mut prefix, mut suffix) = (None, None);
    for (name, value) in filter {
        let (place, kind) = match name.to_ascii_lowercase().as_str() {
            "prefix" => (&mut prefix, "prefix"),
            "suffix" => (&mut suffix, "suffix"),
            _ => {
                let message = "filter rule name must be either prefix or suffix";
                return Err(S3Error::invalid_argument(message, "FilterRule.Name", name));
            }
        };
        if value.len() > NOTIFICATION_FILTER_VALUE_BYTES_MAX {
            let message =
                "Size of filter rule value cannot exceed 1024 bytes in UTF-8 representation";
            return Err(S3Error::invalid_argument(message, "FilterRule.Value", value));
        }
        if place.is_some() {
            let message = format!("Cannot specify more than one {kind} rule in a filter.");
            return Err(S3Error::with_message(ErrorCode::InvalidArgument, message));
        }
        *place = Some(value);
    }
    Ok(NotificationRule { id, service, arn, events, prefix, suffix })
}

#[cfg(test)]
mod tests;
