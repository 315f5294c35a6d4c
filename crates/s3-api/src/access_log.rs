//! Describes requests for the access logs of their buckets (§9.5).
//!
//! A request becomes a record when the last byte of its answer was sent, or when the client went
//! away before: the record is written when the body of the answer is dropped.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use audit::AccessLogRecord;
use audit::access_log::operation;
use http::request::Parts;
use http::{HeaderMap, Response};
use model::{ErrorCode, ObjectKey, Operation, Principal, Timestamp};
use ops::access_log::LoggedBucket;
use ops::{Notes, SideEffect, Store};
use percent_encoding::percent_decode_str;

use crate::body::{ResponseBody, Watcher};
use crate::context::SignedBy;
use crate::error::RequestIds;
use crate::headers::text;
use crate::origin::{Origin, TlsVersion, Transport};

/// What is known of a request to a bucket that keeps an access log.
pub(crate) struct Logged {
    /// The bucket.
    pub(crate) bucket: LoggedBucket,
    /// The key in the URI.
    pub(crate) key: Option<ObjectKey>,
    /// When the request arrived.
    pub(crate) received: Timestamp,
    /// Where it comes from, as far as trusted proxies tell.
    pub(crate) origin: Origin,
    /// How it was signed, unless anonymous or refused before that was known.
    pub(crate) signed_by: Option<SignedBy>,
    /// Who made it.
    pub(crate) requester: Option<String>,
}

/// ID-12: accounts appear by their canonical id, everybody else by ARN.
pub(crate) fn requester(principal: &Principal) -> Option<String> {
    match principal {
        Principal::Root(account) => Some(account.canonical_id.to_string()),
        other => other.arn(),
    }
}

/// What the answer says, beside what [`Logged`] has.
pub(crate) struct Answered<'a> {
    /// The request.
    pub(crate) parts: &'a Parts,
    /// When its first byte was there.
    pub(crate) started: Instant,
    /// What it asks for, if that is known.
    pub(crate) operation: Option<Operation>,
    /// Whether it is for a page of a website.
    pub(crate) is_website: bool,
    /// Bytes of the request's body.
    pub(crate) received_bytes: u64,
    /// What the operation noted.
    pub(crate) notes: &'a Notes,
    /// The ids of the request.
    pub(crate) ids: &'a RequestIds,
    /// The code of an error.
    pub(crate) error_code: Option<ErrorCode>,
    /// Whether records have the field of the source region (U-20).
    pub(crate) has_source_region: bool,
}

/// Has the records written when the answer has been sent.
pub(crate) fn watch(
    store: &Arc<Store>,
    logged: Logged,
    answered: &Answered<'_>,
    response: &mut Response<ResponseBody>,
) {
    let record = Entry::new(Arc::clone(store), logged, answered, response);
    response.body_mut().watch(Box::new(record));
}

/// The target of a request without the keys of customers, which a presigned URL may carry: no log is
/// to hold them.
fn without_keys(target: &str) -> Cow<'_, str> {
    let is_key = |parameter: &str| {
        let name = parameter.split('=').next().unwrap_or_default();
        let name = percent_decode_str(name).decode_utf8_lossy();
        name.to_ascii_lowercase().ends_with("-customer-key")
    };
    let Some((path, query)) = target.split_once('?') else { return Cow::Borrowed(target) };
    if !query.split('&').any(is_key) {
        return Cow::Borrowed(target);
    }
    let shown: Vec<Cow<'_, str>> = query
        .split('&')
        .map(|parameter| match parameter.split_once('=') {
            Some((name, _)) if is_key(parameter) => Cow::Owned(format!("{name}=-")),
            _ => Cow::Borrowed(parameter),
        })
        .collect();
    Cow::Owned(format!("{path}?{}", shown.join("&")))
}

/// Everything of the record that does not wait for the end of the answer.
struct Entry {
    store: Arc<Store>,
    logged: Logged,
    operation: Option<String>,
    request_uri: String,
    status: u16,
    error_code: Option<ErrorCode>,
    object_size_bytes: Option<u64>,
    started: Instant,
    turn_around_millis: u64,
    referer: Option<String>,
    user_agent: Option<String>,
    version_id: Option<String>,
    host: Option<String>,
    request_id: String,
    host_id: String,
    acl_required: bool,
    has_source_region: bool,
    side_effects: Vec<SideEffect>,
}

impl Entry {
    fn new(
        store: Arc<Store>,
        logged: Logged,
        answered: &Answered<'_>,
        response: &Response<ResponseBody>,
    ) -> Self {
        let Answered { parts, operation, notes, ids, .. } = answered;
        let header = |name| text(&parts.headers, name).map(str::to_owned);
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        let query = parts.uri.query().unwrap_or_default();
        Self {
            store,
            operation: operation.map(|operation| {
                let name = operation::name(operation);
                // §9.5, field 7.
                if answered.is_website { name.replacen("REST", "WEBSITE", 1) } else { name }
            }),
            request_uri: format!("{} {} {:?}", parts.method, without_keys(target), parts.version),
            status: response.status().as_u16(),
            error_code: answered.error_code,
            object_size_bytes: operation
                .filter(|_| answered.error_code.is_none())
                .and_then(|operation| object_size(operation, answered, response.headers())),
            started: answered.started,
            turn_around_millis: millis(answered.started),
            referer: header("referer"),
            user_agent: header("user-agent"),
            version_id: crate::query::Query::parse(query)
                .and_then(|query| query.get("versionId").map(str::to_owned)),
            host: header("host"),
            request_id: ids.request_id.clone(),
            host_id: ids.host_id.clone(),
            acl_required: notes.acl_required(),
            has_source_region: answered.has_source_region,
            side_effects: notes.take_side_effects(),
            logged,
        }
    }

    fn record(&self, sent_bytes: u64) -> AccessLogRecord<'_> {
        let logged = &self.logged;
        let tls_version = match logged.origin.transport {
            Transport::Tls(Some(TlsVersion::V1_2)) => Some("TLSv1.2"),
            Transport::Tls(Some(TlsVersion::V1_3)) => Some("TLSv1.3"),
            Transport::Tls(None) | Transport::Plain => None,
        };
        let address: IpAddr = logged.origin.address.to_canonical();
        AccessLogRecord {
            bucket_owner: logged.bucket.owner().as_str(),
            bucket: logged.bucket.name(),
            time: logged.received,
            remote_ip: Some(address),
            requester: logged.requester.as_deref(),
            request_id: &self.request_id,
            operation: self.operation.as_deref().unwrap_or("-"),
            key: logged.key.as_ref().map(ObjectKey::as_str),
            request_uri: &self.request_uri,
            status: Some(self.status),
            error_code: self.error_code.map(ErrorCode::as_str),
            bytes_sent: sent_bytes,
            object_size_bytes: self.object_size_bytes,
            total_millis: Some(millis(self.started)),
            turn_around_millis: Some(self.turn_around_millis),
            referer: self.referer.as_deref(),
            user_agent: self.user_agent.as_deref(),
            version_id: self.version_id.as_deref(),
            host_id: &self.host_id,
            signature_version: logged.signed_by.map(SignedBy::log_version),
            // The TLS library tells which suite, but not on every connection that a proxy opens.
            cipher_suite: None,
            authentication_type: logged.signed_by.map(SignedBy::log_type),
            host_header: self.host.as_deref(),
            tls_version,
            acl_required: self.acl_required,
            // Where a client is, nobody tells.
            source_region: self.has_source_region.then_some("-"),
        }
    }

    fn side_effect(&self, effect: &SideEffect, request: &AccessLogRecord<'_>) {
        match effect {
            SideEffect::CopySource { bucket, key, version, acl_required } => {
                let operation = match request.operation {
                    "REST.COPY.PART" => operation::PART_COPY_SOURCE,
                    _ => operation::COPY_SOURCE,
                };
                let record = AccessLogRecord {
                    bucket_owner: bucket.owner().as_str(),
                    bucket: bucket.name(),
                    operation,
                    key: key.as_ref().map(ObjectKey::as_str),
                    version_id: version.as_ref().map(model::VersionId::as_str),
                    bytes_sent: 0,
                    object_size_bytes: None,
                    acl_required: *acl_required,
                    ..*request
                };
                bucket.add(&self.store, &record);
            }
            SideEffect::BatchDelete { key, version, error, acl_required } => {
                let record = AccessLogRecord {
                    operation: operation::BATCH_DELETE,
                    key: Some(key.as_str()),
                    version_id: version.as_deref(),
                    status: Some(error.as_ref().map_or(204, |error| error.code().status())),
                    error_code: error.as_ref().map(|error| error.code().as_str()),
                    bytes_sent: 0,
                    object_size_bytes: None,
                    acl_required: *acl_required,
                    ..*request
                };
                self.logged.bucket.add(&self.store, &record);
            }
        }
    }
}

impl Watcher for Entry {
    fn sent(&self, bytes: u64) {
        let record = self.record(bytes);
        self.logged.bucket.add(&self.store, &record);
        for effect in &self.side_effects {
            self.side_effect(effect, &record);
        }
    }
}

/// The size of the object that was read or written, where the request was about one.
fn object_size(operation: Operation, answered: &Answered<'_>, headers: &HeaderMap) -> Option<u64> {
    match operation {
        Operation::GetObject | Operation::HeadObject => text(headers, "content-range")
            .and_then(|range| range.rsplit_once('/'))
            .map(|(_, size)| size)
            .or_else(|| text(headers, "content-length"))
            .and_then(|size| size.parse().ok()),
        Operation::PutObject | Operation::UploadPart => Some(answered.received_bytes),
        _ => None,
    }
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_customers_are_not_logged() {
        let check = |target, expected| assert_eq!(without_keys(target), expected);
        check("/a?b=c&d", "/a?b=c&d");
        check(
            "/a?x=1&X-Amz-Server-Side-Encryption-Customer-Key=c2VjcmV0&y",
            "/a?x=1&X-Amz-Server-Side-Encryption-Customer-Key=-&y",
        );
        check(
            "/a?x-amz-server-side-encryption-customer%2dkey=s",
            "/a?x-amz-server-side-encryption-customer%2dkey=-",
        );
        check(
            "/a?x-amz-server-side-encryption-customer-key-MD5=m",
            "/a?x-amz-server-side-encryption-customer-key-MD5=m",
        );
    }
}
