//! Replication and Transfer Acceleration: kept and returned, without effect. AWS: API reference,
//! PutBucketReplication, PutBucketAccelerateConfiguration.

use model::limits::{
    LIFECYCLE_RULE_ID_LENGTH_CHARACTERS_MAX, REPLICATION_BODY_BYTES_MAX, REPLICATION_RULES_MAX,
};
use model::{ErrorCode, S3Error};
use ops::bucket::replication;

use super::configurations::{FILTER, SWITCHED, check_tags, is_bucket_arn};
use crate::answer::Answer;
use crate::body::RequestBody;
use crate::document;
use crate::handlers::Context;
use crate::xml::schema::{Content, Field, Occurs, check, field, write};
use crate::xml::{Element, Malformed, XmlWriter, parse};

use Content::{All, Number, Text, Word};
use Occurs::{Often, Once, Optionally};

const ROOT: &str = "ReplicationConfiguration";
const ACCELERATE: &str = "AccelerateConfiguration";
const ACCELERATE_SCHEMA: &[Field] = &[field("Status", Once, Word(&["Enabled", "Suspended"]))];

const SWITCH: Content = All(&[field("Status", Once, SWITCHED)]);
const MINUTES: Content = All(&[field("Minutes", Once, Number)]);

const RULE: &[Field] = &[
    field("ID", Optionally, Text),
    field("Priority", Optionally, Number),
    field("Prefix", Optionally, Text),
    field("Filter", Optionally, FILTER),
    field("Status", Once, SWITCHED),
    field(
        "SourceSelectionCriteria",
        Optionally,
        All(&[
            field("SseKmsEncryptedObjects", Optionally, SWITCH),
            field("ReplicaModifications", Optionally, SWITCH),
        ]),
    ),
    field("ExistingObjectReplication", Optionally, SWITCH),
    field(
        "Destination",
        Once,
        All(&[
            field("Bucket", Once, Text),
            field("Account", Optionally, Text),
            field(
                "StorageClass",
                Optionally,
                Word(&[
                    "STANDARD",
                    "REDUCED_REDUNDANCY",
                    "STANDARD_IA",
                    "ONEZONE_IA",
                    "INTELLIGENT_TIERING",
                    "GLACIER",
                    "DEEP_ARCHIVE",
                    "GLACIER_IR",
                ]),
            ),
            field(
                "AccessControlTranslation",
                Optionally,
                All(&[field("Owner", Once, Word(&["Destination"]))]),
            ),
            field(
                "EncryptionConfiguration",
                Optionally,
                All(&[field("ReplicaKmsKeyID", Optionally, Text)]),
            ),
            field(
                "ReplicationTime",
                Optionally,
                All(&[field("Status", Once, SWITCHED), field("Time", Once, MINUTES)]),
            ),
            field(
                "Metrics",
                Optionally,
                All(&[
                    field("Status", Once, SWITCHED),
                    field("EventThreshold", Optionally, MINUTES),
                ]),
            ),
        ]),
    ),
    field("DeleteMarkerReplication", Optionally, SWITCH),
];

const SCHEMA: &[Field] = &[field("Role", Once, Text), field("Rule", Often, All(RULE))];

fn malformed(Malformed: Malformed) -> S3Error {
    ErrorCode::MalformedXML.into()
}

fn request(message: &'static str) -> S3Error {
    S3Error::with_message(ErrorCode::InvalidRequest, message)
}

/// Reads and checks a document, and says what is kept of it: what stands in the root.
pub(crate) fn read(document: &[u8]) -> Result<String, S3Error> {
    let root = parse(document, ROOT).map_err(malformed)?;
    check(&root, All(SCHEMA)).map_err(malformed)?;
    check_tags(&root)?;
    let role = root.required("Role").and_then(Element::text).map_err(malformed)?;
    if !is_role_arn(role) {
        let message = "Invalid Role specified in replication configuration";
        return Err(S3Error::invalid_argument(message, "Role", role));
    }
    if root.all("Rule").count() > REPLICATION_RULES_MAX {
        return Err(request(
            "The number of replication rules must not exceed the allowed limit of 1000 rules.",
        ));
    }
    check_rules(&root)?;
    Ok(XmlWriter::fragment(|xml| write(xml, &root, All(SCHEMA))))
}

/// `arn:aws:iam::DIGITS:role/NAME`
fn is_role_arn(text: &str) -> bool {
    let rest = text.strip_prefix("arn:aws:iam::").and_then(|rest| rest.split_once(":role/"));
    rest.is_some_and(|(account, name)| {
        account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) && !name.is_empty()
    })
}

fn check_rules(root: &Element) -> Result<(), S3Error> {
    let (mut ids, mut priorities) = (Vec::new(), Vec::new());
    for rule in root.all("Rule") {
        let text = |name| rule.optional_text(name).map_err(malformed);
        if let Some(id) = text("ID")?.filter(|id| !id.is_empty()) {
            if id.chars().count() > LIFECYCLE_RULE_ID_LENGTH_CHARACTERS_MAX {
                let message = "ID length should not exceed allowed limit of 255";
                return Err(S3Error::invalid_argument(message, "ID", id));
            }
            if ids.contains(&id) {
                let message = "Rule Id must be unique";
                return Err(S3Error::invalid_argument(message, "ID", id));
            }
            ids.push(id);
        }
        if let Some(priority) = text("Priority")?.map(str::trim) {
            if priorities.contains(&priority) {
                let message = format!("Found duplicate priority {priority}.");
                return Err(S3Error::with_message(ErrorCode::InvalidRequest, message));
            }
            priorities.push(priority);
        }
        let has = |name: &str| rule.all(name).next().is_some();
        match (has("Filter"), has("Prefix")) {
            (true, true) | (false, false) => return Err(ErrorCode::MalformedXML.into()),
            (true, false) if !has("Priority") => {
                return Err(request(
                    "Priority must be specified for this version of Cross Region Replication configuration schema. Please refer to S3 Developer Guide for more information.",
                ));
            }
            (true, false) if !has("DeleteMarkerReplication") => {
                return Err(request(
                    "DeleteMarkerReplication must be specified for this version of Cross Region Replication configuration schema. Please refer to S3 Developer Guide for more information.",
                ));
            }
            _ => {}
        }
        let bucket = rule.required("Destination").and_then(|to| to.required("Bucket"));
        let arn = bucket.and_then(Element::text).map_err(malformed)?;
        if !is_bucket_arn(arn) {
            return Err(S3Error::invalid_argument("Invalid bucket ARN.", "Bucket", arn));
        }
    }
    Ok(())
}

/// The buckets that a kept configuration names.
fn destinations(content: &str) -> Result<Vec<String>, S3Error> {
    let root = parse(format!("<{ROOT}>{content}</{ROOT}>").as_bytes(), ROOT).map_err(malformed)?;
    let of_rule = |rule: &Element| {
        let arn = rule.required("Destination")?.required("Bucket")?.text()?;
        Ok(arn.trim_start_matches("arn:aws:s3:::").to_owned())
    };
    root.all("Rule").map(of_rule).collect::<Result<_, _>>().map_err(malformed)
}

pub(crate) async fn get(context: &Context<'_>) -> Result<Answer, S3Error> {
    let content = replication::get(context.store, &context.call()?, context.bucket()?).await?;
    Ok(Answer::xml(XmlWriter::s3(ROOT, |xml| xml.verbatim(&content))))
}

pub(crate) async fn put(context: &Context<'_>, body: &mut RequestBody) -> Result<Answer, S3Error> {
    let document = document::read(context, body, REPLICATION_BODY_BYTES_MAX).await?;
    let input = read(&document).and_then(|content| Ok((destinations(&content)?, content)));
    replication::put(context.store, &context.call()?, context.bucket()?, input).await?;
    Ok(Answer::ok())
}

pub(crate) async fn delete(context: &Context<'_>) -> Result<Answer, S3Error> {
    replication::delete(context.store, &context.call()?, context.bucket()?).await?;
    Ok(Answer::no_content())
}

/// Empty as long as nobody set it.
pub(crate) async fn get_accelerate(context: &Context<'_>) -> Result<Answer, S3Error> {
    let call = context.call()?;
    let content = replication::get_accelerate(context.store, &call, context.bucket()?).await?;
    Ok(Answer::xml(XmlWriter::s3(ACCELERATE, |xml| xml.verbatim(&content.unwrap_or_default()))))
}

pub(crate) async fn put_accelerate(
    context: &Context<'_>,
    body: &mut RequestBody,
) -> Result<Answer, S3Error> {
    let document = document::read_small(context, body).await?;
    let content = read_accelerate(&document);
    let content = if context.bucket()?.as_str().contains('.') {
        content.and(Err(request(
            "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names",
        )))
    } else {
        content
    };
    let call = context.call()?;
    replication::put_accelerate(context.store, &call, context.bucket()?, content).await?;
    Ok(Answer::ok())
}

pub(crate) fn read_accelerate(document: &[u8]) -> Result<String, S3Error> {
    let root = parse(document, ACCELERATE).map_err(malformed)?;
    check(&root, All(ACCELERATE_SCHEMA)).map_err(malformed)?;
    Ok(XmlWriter::fragment(|xml| write(xml, &root, All(ACCELERATE_SCHEMA))))
}
