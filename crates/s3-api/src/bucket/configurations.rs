//! Configurations that are stored, checked and returned and have no effect here: analytics,
//! Intelligent-Tiering, inventory and metrics, of which a bucket has many, each with an id.
//!
//! AWS: API reference, PutBucketAnalyticsConfiguration and its kin.

use model::limits::{
    CONFIGURATION_ID_LENGTH_MAX, CONFIGURATIONS_PAGE_MAX, TAG_KEY_LENGTH_CHARACTERS_MAX,
};
use model::{ErrorCode, S3Error};
use ops::bucket::configurations::{self, KeepsConfigurations};

use crate::answer::Answer;
use crate::body::RequestBody;
use crate::document;
use crate::handlers::Context;
use crate::xml::schema::{Content, Field, Occurs, check, field, write};
use crate::xml::{Element, Malformed, XmlWriter, parse};

use Content::{All, Number, One, Text, Truth, Word};
use Occurs::{Any, Often, Once, Optionally};

/// A kind of configuration.
pub(crate) struct Kind {
    /// The root of a document.
    pub(crate) root: &'static str,
    /// The root of a listing.
    list_root: &'static str,
    schema: &'static [Field],
    /// What no schema says.
    rules: fn(&Element) -> Result<(), S3Error>,
}

const TAG: Content = All(&[field("Key", Once, Text), field("Value", Once, Text)]);

/// What is switched on and off.
pub(super) const SWITCHED: Content = Word(&["Enabled", "Disabled"]);

/// A filter by prefix and tags; analytics and Intelligent-Tiering have it.
pub(super) const FILTER: Content = One(&[
    field("Prefix", Optionally, Text),
    field("Tag", Optionally, TAG),
    field("And", Optionally, All(&[field("Prefix", Optionally, Text), field("Tag", Any, TAG)])),
]);

pub(crate) const ANALYTICS: Kind = Kind {
    root: "AnalyticsConfiguration",
    list_root: "ListBucketAnalyticsConfigurationResult",
    schema: &[
        field("Id", Once, Text),
        field("Filter", Optionally, FILTER),
        field(
            "StorageClassAnalysis",
            Once,
            All(&[field(
                "DataExport",
                Optionally,
                All(&[
                    field("OutputSchemaVersion", Once, Word(&["V_1"])),
                    field(
                        "Destination",
                        Once,
                        All(&[field(
                            "S3BucketDestination",
                            Once,
                            All(&[
                                field("Format", Once, Word(&["CSV"])),
                                field("BucketAccountId", Optionally, Text),
                                field("Bucket", Once, Text),
                                field("Prefix", Optionally, Text),
                            ]),
                        )]),
                    ),
                ]),
            )]),
        ),
    ],
    rules: |root| bucket_arn(path(root, &["StorageClassAnalysis", "DataExport", "Destination"])),
};

pub(crate) const INTELLIGENT_TIERING: Kind = Kind {
    root: "IntelligentTieringConfiguration",
    list_root: "ListBucketIntelligentTieringConfigurationsOutput",
    schema: &[
        field("Id", Once, Text),
        field("Filter", Optionally, FILTER),
        field("Status", Once, SWITCHED),
        field(
            "Tiering",
            Often,
            All(&[
                field("AccessTier", Once, Word(&["ARCHIVE_ACCESS", "DEEP_ARCHIVE_ACCESS"])),
                field("Days", Once, Number),
            ]),
        ),
    ],
    rules: tiers,
};

pub(crate) const INVENTORY: Kind = Kind {
    root: "InventoryConfiguration",
    list_root: "ListInventoryConfigurationsResult",
    schema: &[
        field(
            "Destination",
            Once,
            All(&[field(
                "S3BucketDestination",
                Once,
                All(&[
                    field("AccountId", Optionally, Text),
                    field("Bucket", Once, Text),
                    field("Format", Once, Word(&["CSV", "ORC", "Parquet"])),
                    field("Prefix", Optionally, Text),
                    field(
                        "Encryption",
                        Optionally,
                        One(&[
                            field("SSE-S3", Optionally, All(&[])),
                            field("SSE-KMS", Optionally, All(&[field("KeyId", Once, Text)])),
                        ]),
                    ),
                ]),
            )]),
        ),
        field("IsEnabled", Once, Truth),
        field("Filter", Optionally, All(&[field("Prefix", Once, Text)])),
        field("Id", Once, Text),
        field("IncludedObjectVersions", Once, Word(&["All", "Current"])),
        field(
            "OptionalFields",
            Optionally,
            All(&[field(
                "Field",
                Any,
                Word(&[
                    "Size",
                    "LastModifiedDate",
                    "StorageClass",
                    "ETag",
                    "IsMultipartUploaded",
                    "ReplicationStatus",
                    "EncryptionStatus",
                    "ObjectLockRetainUntilDate",
                    "ObjectLockMode",
                    "ObjectLockLegalHoldStatus",
                    "IntelligentTieringAccessTier",
                    "BucketKeyStatus",
                    "ChecksumAlgorithm",
                    "ObjectAccessControlList",
                    "ObjectOwner",
                    "LifecycleExpirationDate",
                ]),
            )]),
        ),
        field("Schedule", Once, All(&[field("Frequency", Once, Word(&["Daily", "Weekly"]))])),
    ],
    rules: |root| bucket_arn(path(root, &["Destination"])),
};

pub(crate) const METRICS: Kind = Kind {
    root: "MetricsConfiguration",
    list_root: "ListMetricsConfigurationsResult",
    schema: &[
        field("Id", Once, Text),
        field(
            "Filter",
            Optionally,
            One(&[
                field("Prefix", Optionally, Text),
                field("Tag", Optionally, TAG),
                field("AccessPointArn", Optionally, Text),
                field(
                    "And",
                    Optionally,
                    All(&[
                        field("Prefix", Optionally, Text),
                        field("Tag", Any, TAG),
                        field("AccessPointArn", Optionally, Text),
                    ]),
                ),
            ]),
        ),
    ],
    rules: |_| Ok(()),
};

/// The element at the end of a path of elements.
fn path<'e>(root: &'e Element, names: &[&str]) -> Option<&'e Element> {
    names.iter().try_fold(root, |element, name| element.all(name).next())
}

/// The text of an element.
fn text_of(root: &Element, names: &[&str]) -> String {
    let found = path(root, names).and_then(|element| element.text().ok());
    found.map(|text| text.trim().to_owned()).unwrap_or_default()
}

/// The bucket of a destination, if there is one, is named by its ARN.
fn bucket_arn(destination: Option<&Element>) -> Result<(), S3Error> {
    let Some(destination) = destination else { return Ok(()) };
    let arn = text_of(destination, &["S3BucketDestination", "Bucket"]);
    if is_bucket_arn(&arn) {
        return Ok(());
    }
    let message = "Invalid bucket ARN.";
    Err(S3Error::with_message(ErrorCode::InvalidS3DestinationBucket, message))
}

/// `arn:aws:s3:::` and the name of a bucket.
pub(super) fn is_bucket_arn(arn: &str) -> bool {
    let name = arn.strip_prefix("arn:aws:s3:::");
    name.is_some_and(|name| model::BucketName::parse(name).is_some())
}

/// Each tier once, and not before its first day.
fn tiers(root: &Element) -> Result<(), S3Error> {
    let mut seen = Vec::new();
    for tiering in root.all("Tiering") {
        let (tier, days) = (text_of(tiering, &["AccessTier"]), text_of(tiering, &["Days"]));
        let least = if tier == "ARCHIVE_ACCESS" { 90 } else { 180 };
        if !days.parse().is_ok_and(|days: u32| (least..=730).contains(&days)) {
            let message = format!("'Days' for {tier} must be between {least} and 730");
            return Err(S3Error::invalid_argument(message, "Days", days));
        }
        if seen.contains(&tier) {
            return Err(ErrorCode::MalformedXML.into());
        }
        seen.push(tier);
    }
    Ok(())
}

/// Reads and checks a document, and says what is kept of it: its id and what stands in the root.
pub(crate) fn read(kind: &Kind, document: &[u8]) -> Result<(String, String), S3Error> {
    let malformed = |Malformed| S3Error::new(ErrorCode::MalformedXML);
    let root = parse(document, kind.root).map_err(malformed)?;
    check(&root, All(kind.schema)).map_err(malformed)?;
    check_tags(&root)?;
    (kind.rules)(&root)?;
    let id = root.required("Id").and_then(Element::text).map_err(malformed)?.to_owned();
    Ok((id, XmlWriter::fragment(|xml| write(xml, &root, All(kind.schema)))))
}

/// Keys of tags are neither empty nor too long nor given twice, wherever they stand.
pub(super) fn check_tags(element: &Element) -> Result<(), S3Error> {
    let mut keys = Vec::new();
    for tag in element.all("Tag") {
        let key = text_of(tag, &["Key"]);
        let length = key.chars().count();
        if !(1..=TAG_KEY_LENGTH_CHARACTERS_MAX).contains(&length) || keys.contains(&key) {
            return Err(ErrorCode::MalformedXML.into());
        }
        keys.push(key);
    }
    element.every().iter().try_for_each(check_tags)
}

/// The `id` of the query: 1 to 64 letters, digits, dots, hyphens and underscores.
fn id<'a>(context: &'a Context<'_>) -> Result<&'a str, S3Error> {
    let id = context.query.get("id").unwrap_or_default();
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    if (1..=CONFIGURATION_ID_LENGTH_MAX).contains(&id.len()) && id.bytes().all(allowed) {
        return Ok(id);
    }
    let message = "The specified configuration id is not valid";
    Err(S3Error::invalid_argument(message, "id", id))
}

pub(crate) async fn get<O: KeepsConfigurations>(
    context: &Context<'_>,
    kind: &Kind,
) -> Result<Answer, S3Error> {
    let (call, id) = (context.call()?, id(context)?);
    let content = configurations::get::<O>(context.store, &call, context.bucket()?, id).await?;
    Ok(Answer::xml(XmlWriter::s3(kind.root, |xml| xml.verbatim(&content))))
}

pub(crate) async fn put<O: KeepsConfigurations>(
    context: &Context<'_>,
    body: &mut RequestBody,
    kind: &Kind,
) -> Result<Answer, S3Error> {
    let document = document::read_small(context, body).await?;
    let id = id(context)?;
    let content = read(kind, &document).and_then(|(named, content)| {
        let mismatch = || S3Error::new(ErrorCode::IdMismatch);
        (named == id).then_some(content).ok_or_else(mismatch)
    });
    let call = context.call()?;
    configurations::put::<O>(context.store, &call, context.bucket()?, id, content).await?;
    Ok(Answer::no_content())
}

pub(crate) async fn delete<O: KeepsConfigurations>(
    context: &Context<'_>,
) -> Result<Answer, S3Error> {
    let (call, id) = (context.call()?, id(context)?);
    configurations::delete::<O>(context.store, &call, context.bucket()?, id).await?;
    Ok(Answer::no_content())
}

/// A page; the token of the next one is the last id of this one.
pub(crate) async fn list<O: KeepsConfigurations>(
    context: &Context<'_>,
    kind: &Kind,
) -> Result<Answer, S3Error> {
    let token = context.query.non_empty("continuation-token");
    let call = context.call()?;
    let all = configurations::all::<O>(context.store, &call, context.bucket()?).await?;
    let after = token.unwrap_or_default();
    let mut rest = all.iter().filter(|(id, _)| id.as_str() > after).peekable();
    let page: Vec<_> = rest.by_ref().take(CONFIGURATIONS_PAGE_MAX).collect();
    let next = rest.peek().and_then(|_| page.last()).map(|(id, _)| id.as_str());
    Ok(Answer::xml(XmlWriter::s3(kind.list_root, |xml| {
        xml.optional("ContinuationToken", token);
        for (_, content) in &page {
            xml.element(kind.root, |xml| xml.verbatim(content));
        }
        xml.value("IsTruncated", next.is_some());
        xml.optional("NextContinuationToken", next);
    })))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(kind: &Kind, content: &str) -> Option<ErrorCode> {
        let document = format!("<{0}>{content}</{0}>", kind.root);
        read(kind, document.as_bytes()).err().map(|error| error.code())
    }

    const TIER: &str = "<Tiering><AccessTier>ARCHIVE_ACCESS</AccessTier><Days>90</Days></Tiering>";

    #[test]
    fn documents() {
        let inventory = "<Destination><S3BucketDestination><Bucket>arn:aws:s3:::target</Bucket><Format>CSV</Format></S3BucketDestination></Destination><IsEnabled>true</IsEnabled><Id>i</Id><IncludedObjectVersions>All</IncludedObjectVersions><Schedule><Frequency>Daily</Frequency></Schedule>";
        assert_eq!(code(&INVENTORY, inventory), None);
        let (id, kept) = read(
            &INVENTORY,
            format!("<InventoryConfiguration>{inventory}</InventoryConfiguration>").as_bytes(),
        )
        .unwrap();
        assert_eq!((id.as_str(), kept.as_str()), ("i", inventory));
        let malformed = Some(ErrorCode::MalformedXML);
        for bad in [
            inventory.replace("CSV", "XML"),
            inventory.replace("<Id>i</Id>", ""),
            inventory.replace("Daily", "Hourly"),
            inventory.replace("<Id>i</Id>", "<Id>i</Id><Other/>"),
        ] {
            assert_eq!(code(&INVENTORY, &bad), malformed, "{bad}");
        }
        let elsewhere = inventory.replace("arn:aws:s3:::target", "target");
        assert_eq!(code(&INVENTORY, &elsewhere), Some(ErrorCode::InvalidS3DestinationBucket));
        assert_eq!(code(&METRICS, "<Id>i</Id>"), None);
        assert_eq!(code(&METRICS, "<Id>i</Id><Filter/>"), malformed);
        assert_eq!(code(&ANALYTICS, "<Id>i</Id><StorageClassAnalysis/>"), None);
        let tag = "<Tag><Key>k</Key><Value>v</Value></Tag>";
        let twice = format!("<Id>i</Id><Filter><And>{tag}{tag}</And></Filter>");
        assert_eq!(code(&METRICS, &twice), malformed);
    }

    #[test]
    fn tiers_have_their_days() {
        let of = |tiers: &str| {
            code(&INTELLIGENT_TIERING, &format!("<Id>i</Id><Status>Enabled</Status>{tiers}"))
        };
        assert_eq!(of(TIER), None);
        assert_eq!(of(""), Some(ErrorCode::MalformedXML));
        assert_eq!(of(&TIER.repeat(2)), Some(ErrorCode::MalformedXML));
        assert_eq!(of(&TIER.replace("90", "89")), Some(ErrorCode::InvalidArgument));
        assert_eq!(of(&TIER.replace("90", "731")), Some(ErrorCode::InvalidArgument));
        assert_eq!(of(&TIER.replace("ARCHIVE", "DEEP_ARCHIVE")), Some(ErrorCode::InvalidArgument));
    }
}
