//! The parsers of this crate as the fuzz targets (`fuzz/`) see them. Nothing else uses this, and it
//! promises nothing: each function calls what a request would reach.

use http::HeaderMap;
use model::cors::CorsConfiguration;
use model::lifecycle::{LifecycleConfiguration, TransitionMinimumSize};
use model::notification::NotificationConfiguration;
use model::website::WebsiteConfiguration;
use model::{
    AccessControlList, BucketEncryption, BucketLogging, BucketName, ObjectKey, ObjectLock,
    ObjectLockConfiguration, ObjectOwnership, PublicAccessBlock, Retention, S3Error, TagSet,
    VersionId,
};
use ops::acl::AclInput;
use ops::bucket::logging::LoggingInput;
use ops::encryption::RequestedEncryption;
use ops::object::delete::DeleteEntry;
use ops::records::{ListStart, Versioning};
use ops::upload::complete::ChosenPart;

use crate::bucket::object_lock as bucket_lock;
use crate::bucket::{
    acl, configurations, cors, encryption, lifecycle, list, logging, notification, ownership,
    public_access, replication, tagging, versioning, website,
};
use crate::headers;
pub use crate::object::post::fuzzing::{PostForm, boundary, post_form, post_policy};
use crate::object::{delete, object_lock};
use crate::origin::KeyTransport;
use crate::query::Query;
use crate::upload::complete;
use crate::{document, xml};

/// `x-amz-copy-source`.
pub fn copy_source(header: &[u8]) -> Result<(BucketName, ObjectKey, Option<VersionId>), S3Error> {
    let source = headers::copy_source::parse(header)?;
    Ok((source.bucket, source.key, source.version))
}

/// `x-amz-acl` and `x-amz-grant-*`.
pub fn acl_headers(headers: &HeaderMap) -> Result<AclInput, S3Error> {
    headers::acl::read(headers)
}

/// An `AccessControlPolicy` document.
pub fn acl_document(document: &[u8]) -> Result<AclInput, S3Error> {
    acl::read(document)
}

/// The document of an ACL.
pub fn write_acl_document(acl: &AccessControlList) -> String {
    acl::document(acl)
}

/// An `OwnershipControls` document.
pub fn ownership_document(document: &[u8]) -> Result<ObjectOwnership, S3Error> {
    document::parsed(document, "OwnershipControls", ownership::read)
}

/// The document of an Object Ownership setting.
pub fn write_ownership_document(setting: ObjectOwnership) -> String {
    ownership::document(setting)
}

/// A `PublicAccessBlockConfiguration` document.
pub fn public_access_document(document: &[u8]) -> Result<PublicAccessBlock, S3Error> {
    public_access::configuration(document)
}

/// The document of a Block Public Access setting.
pub fn write_public_access_document(setting: PublicAccessBlock) -> String {
    xml::XmlWriter::s3(public_access::ROOT, |xml| public_access::write(xml, setting))
}

/// A `Tagging` document of a bucket.
pub fn tagging_document(document: &[u8]) -> Result<TagSet, S3Error> {
    document::parsed(document, tagging::ROOT, tagging::read).and_then(TagSet::of_bucket)
}

/// The document of tags.
pub fn write_tagging_document(tags: &TagSet) -> String {
    tagging::write(tags)
}

/// `x-amz-tagging`.
pub fn tagging_header(headers: &HeaderMap) -> Result<TagSet, S3Error> {
    headers::tagging::read(headers)
}

/// A `CORSConfiguration` document.
pub fn cors_document(document: &[u8]) -> Result<CorsConfiguration, S3Error> {
    cors::configuration(document)
}

/// The document of CORS rules.
pub fn write_cors_document(rules: &CorsConfiguration) -> String {
    cors::document(rules)
}

/// A `NotificationConfiguration` document.
pub fn notification_document(document: &[u8]) -> Result<NotificationConfiguration, S3Error> {
    notification::configuration(document)
}

/// The document of notifications.
pub fn write_notification_document(configuration: &NotificationConfiguration) -> String {
    notification::document(configuration)
}

/// A document of a configuration without effect, of one of several kinds, as it is returned.
pub fn configuration_document(kind: u8, document: &[u8]) -> Result<String, S3Error> {
    let kinds = [
        configurations::ANALYTICS,
        configurations::INTELLIGENT_TIERING,
        configurations::INVENTORY,
        configurations::METRICS,
    ];
    let (root, content) = match kinds.get(usize::from(kind)) {
        Some(kind) => (kind.root, configurations::read(kind, document)?.1),
        None if kind.is_multiple_of(2) => {
            ("ReplicationConfiguration", replication::read(document)?)
        }
        None => ("AccelerateConfiguration", replication::read_accelerate(document)?),
    };
    Ok(xml::XmlWriter::s3(root, |xml| xml.verbatim(&content)))
}

/// A `LifecycleConfiguration` document.
pub fn lifecycle_document(document: &[u8]) -> Result<LifecycleConfiguration, S3Error> {
    lifecycle::configuration(document, TransitionMinimumSize::default())
}

/// The document of lifecycle rules.
pub fn write_lifecycle_document(rules: &LifecycleConfiguration) -> String {
    lifecycle::document(rules)
}

/// A `WebsiteConfiguration` document.
pub fn website_document(document: &[u8]) -> Result<WebsiteConfiguration, S3Error> {
    website::configuration(document)
}

/// The document of a website.
pub fn write_website_document(website: &WebsiteConfiguration) -> String {
    website::document(website)
}

/// A `ServerSideEncryptionConfiguration` document.
pub fn encryption_document(document: &[u8]) -> Result<BucketEncryption, S3Error> {
    encryption::configuration(document)
}

/// The document of a default encryption.
pub fn write_encryption_document(encryption: &BucketEncryption) -> String {
    encryption::document(encryption)
}

/// `x-amz-server-side-encryption*`, as they come from the machine itself.
pub fn encryption_headers(headers: &HeaderMap) -> Result<RequestedEncryption, S3Error> {
    headers::encryption::requested(headers, KeyTransport::Safe)
}

/// A `BucketLoggingStatus` document.
pub fn logging_document(document: &[u8]) -> Result<Option<LoggingInput>, S3Error> {
    logging::read(document)
}

/// The document of a logging configuration.
pub fn write_logging_document(logging: Option<&BucketLogging>) -> String {
    logging::written(logging)
}

/// An `ObjectLockConfiguration` document.
pub fn object_lock_document(document: &[u8]) -> Result<ObjectLockConfiguration, S3Error> {
    bucket_lock::configuration(document)
}

/// The document of a configuration of Object Lock.
pub fn write_object_lock_document(configuration: ObjectLockConfiguration) -> String {
    bucket_lock::document(configuration)
}

/// A `Retention` document.
pub fn retention_document(document: &[u8]) -> Result<Option<Retention>, S3Error> {
    object_lock::retention(document)
}

/// The document of a retention.
pub fn write_retention_document(retention: Option<Retention>) -> String {
    object_lock::retention_document(retention)
}

/// A `LegalHold` document.
pub fn legal_hold_document(document: &[u8]) -> Result<bool, S3Error> {
    object_lock::legal_hold(document)
}

/// The document of a legal hold.
pub fn write_legal_hold_document(is_held: bool) -> String {
    object_lock::legal_hold_document(is_held)
}

/// The headers with which a writer locks an object.
pub fn object_lock_headers(headers: &HeaderMap) -> Result<ObjectLock, S3Error> {
    headers::object_lock::read(headers)
}

/// A `VersioningConfiguration` document, sent without `x-amz-mfa`.
pub fn versioning_document(document: &[u8]) -> Result<Versioning, S3Error> {
    versioning::parsed(document, false)
}

/// The document of a versioning state.
pub fn write_versioning_document(state: Versioning) -> String {
    versioning::document(state)
}

/// A `CompleteMultipartUpload` document.
pub fn complete_document(document: &[u8]) -> Result<Vec<ChosenPart>, S3Error> {
    document::parsed(document, "CompleteMultipartUpload", complete::read)
        .and_then(complete::checked)
}

/// A `Delete` document.
pub fn delete_document(document: &[u8]) -> Result<Vec<DeleteEntry>, S3Error> {
    let request = document::parsed(document, "Delete", delete::read)?;
    request.entries.into_iter().map(delete::checked).collect()
}

/// A query string as handlers see it: decoded names and values; `None` if they are no text.
pub fn query(raw: &str) -> Option<Vec<(String, String)>> {
    let query = Query::parse(raw)?;
    Some(query.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

/// What a listing asks for.
#[derive(Debug)]
pub struct ListParameters {
    /// Where the page begins.
    pub start: ListStart,
    /// Its largest number of entries.
    pub limit: usize,
    /// `encoding-type=url`.
    pub url_encoded: bool,
}

/// The parameters of ListObjects; `None` if the query is no text.
pub fn list_parameters(raw_query: &str) -> Option<Result<ListParameters, S3Error>> {
    let query = Query::parse(raw_query)?;
    Some(list::Parameters::read(&query).map(|parameters| ListParameters {
        start: list::start_after_marker(query.get("marker").unwrap_or_default(), &parameters),
        limit: parameters.limit,
        url_encoded: parameters.url_encoded,
    }))
}

/// A continuation token of ListObjectsV2.
pub fn continuation(token: &str) -> Result<ListStart, S3Error> {
    list::continuation(token)
}

/// The continuation token for a place in a listing.
pub fn continuation_token(start: &ListStart) -> String {
    list::continuation_token(start)
}

/// A text as `encoding-type=url` shows it.
pub fn url_encoded(text: &str) -> String {
    list::encode(text, true).into_owned()
}

/// A document with one element that holds this text, and the text that is read back from it.
pub fn xml_text(text: &str) -> Option<String> {
    let document = xml::XmlWriter::plain("A", |xml| xml.text("B", text));
    let root = xml::parse(document.as_bytes(), "A").ok()?;
    root.required("B").and_then(xml::Element::text).ok().map(str::to_owned)
}

/// The message in an error document of the query protocol of IAM; `None` if it cannot be read.
pub fn query_error_message(document: &str) -> Option<String> {
    let root = xml::parse(document.as_bytes(), "ErrorResponse").ok()?;
    let message = root.required("Error").and_then(|error| error.required("Message")).ok()?;
    message.text().ok().map(str::to_owned)
}
