//! Reading access logs, ours and Amazon's (§9.5).
//!
//! Lenient where the logs are: older lines end earlier, newer ones may go on, and what a client sent may
//! have quotation marks in it.

use authz::advice::{LoggedRequest, SentAcl};
use authz::{ConditionKey, Side};
use model::limits::ACCESS_LOG_LINE_BYTES_MAX;
use model::{CannedAcl, ObjectKey, Timestamp};
use percent_encoding::percent_decode_str;

use super::operation;

/// Why a line is none of an access log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// It is longer than any.
    #[error("the line is too long")]
    TooLong,
    /// It has no fields up to the error code.
    #[error("the line is no record of an access log")]
    NoRecord,
}

/// A line, taken apart. What is `-`, or not there, is absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessLogLine {
    /// Canonical user id of the source bucket's owner.
    pub bucket_owner: Option<String>,
    /// The bucket of the request.
    pub bucket: String,
    /// When the request was received.
    pub time: Timestamp,
    /// The apparent address of the client.
    pub remote_ip: Option<String>,
    /// Canonical user id, or ARN.
    pub requester: Option<String>,
    /// `x-amz-request-id`.
    pub request_id: Option<String>,
    /// `REST.VERB.RESOURCE` and its kin.
    pub operation: String,
    /// The key.
    pub key: Option<ObjectKey>,
    /// Method, URI and protocol.
    pub request_uri: Option<String>,
    /// HTTP status.
    pub status: Option<u16>,
    /// Code of an S3 error.
    pub error_code: Option<String>,
    /// The header `Referer`.
    pub referer: Option<String>,
    /// The header `User-Agent`.
    pub user_agent: Option<String>,
    /// The version that the request names.
    pub version_id: Option<String>,
    /// `SigV2` or `SigV4`.
    pub signature_version: Option<String>,
    /// `AuthHeader` or `QueryString`.
    pub authentication_type: Option<String>,
    /// `TLSv1.2` and its kin.
    pub tls_version: Option<String>,
    /// Whether an ACL was needed, or one was sent (§9.6).
    pub acl_required: bool,
}

/// Reads a line without its line feed.
pub fn parse(line: &str) -> Result<AccessLogLine, LineError> {
    if line.len() > ACCESS_LOG_LINE_BYTES_MAX {
        return Err(LineError::TooLong);
    }
    let mut fields = Fields(line);
    let mut next = || fields.next();
    let bucket_owner = next().ok_or(LineError::NoRecord)?;
    let bucket = next().ok_or(LineError::NoRecord)?;
    let time = next().and_then(time).ok_or(LineError::NoRecord)?;
    let [remote_ip, requester, request_id, operation, key, request_uri, status, error_code] =
        std::array::from_fn(|_| next());
    let error_code = error_code.ok_or(LineError::NoRecord)?;
    // Bytes sent, size of the object, total time, turn-around time.
    let _: [_; 4] = std::array::from_fn(|_| next());
    let [referer, user_agent, version_id] = std::array::from_fn(|_| next().and_then(given));
    let _host_id = next();
    let signature_version = next().and_then(given);
    let _cipher_suite = next();
    let authentication_type = next().and_then(given);
    let _host_header = next();
    let tls_version = next().and_then(given);
    let _access_point = next();
    let acl_required = next() == Some("Yes");
    let request_uri = request_uri.and_then(given);
    Ok(AccessLogLine {
        bucket_owner: given(bucket_owner),
        bucket: bucket.to_owned(),
        time,
        remote_ip: remote_ip.and_then(given),
        requester: requester.and_then(given),
        request_id: request_id.and_then(given),
        operation: operation.unwrap_or_default().to_owned(),
        key: key.and_then(given).and_then(|key| decoded_key(&key, request_uri.as_deref())),
        request_uri,
        status: status.and_then(|status| status.parse().ok()),
        error_code: given(error_code),
        referer,
        user_agent,
        version_id,
        signature_version,
        authentication_type,
        tls_version,
        acl_required,
    })
}

/// What is left of a line.
struct Fields<'a>(&'a str);

impl<'a> Iterator for Fields<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let rest = self.0.trim_start_matches(' ');
        if rest.is_empty() {
            return None;
        }
        let (field, rest) = if let Some(inside) = rest.strip_prefix('[') {
            inside.split_once(']')?
        } else if let Some(inside) = rest.strip_prefix('"') {
            quoted(inside)
        } else {
            rest.split_once(' ').unwrap_or((rest, ""))
        };
        self.0 = rest;
        Some(field)
    }
}

/// A field ends with a quotation mark that a blank or nothing follows: what clients sent may have others.
fn quoted(inside: &str) -> (&str, &str) {
    let marks = inside.match_indices('"');
    let end = marks
        .map(|(at, _)| at)
        .find(|&at| matches!(inside.as_bytes().get(at.saturating_add(1)), None | Some(b' ')));
    match end.and_then(|at| Some((inside.get(..at)?, inside.get(at.saturating_add(1)..)?))) {
        Some(parts) => parts,
        None => (inside, ""),
    }
}

fn given(field: &str) -> Option<String> {
    (field != "-" && !field.is_empty()).then(|| field.to_owned())
}

fn time(field: &str) -> Option<Timestamp> {
    let time = jiff::Zoned::strptime("%d/%b/%Y:%H:%M:%S %z", field).ok()?;
    Some(Timestamp::from_unix_millis(time.timestamp().as_millisecond()))
}

/// Keys are percent-encoded, by Amazon often twice; the path of the URI, which is encoded once, tells
/// which it is.
fn decoded_key(field: &str, request_uri: Option<&str>) -> Option<ObjectKey> {
    let once = percent_decode_str(field).decode_utf8().ok()?;
    let twice = percent_decode_str(&once).decode_utf8().ok();
    let path = request_uri
        .and_then(|uri| uri.split(' ').nth(1))
        .map(|target| target.split('?').next().unwrap_or_default())
        .and_then(|path| percent_decode_str(path).decode_utf8().ok());
    let is_named = |key: &str| {
        path.as_ref()
            .is_some_and(|path| path.strip_suffix(key).is_some_and(|front| front.ends_with('/')))
    };
    let key = match &twice {
        Some(twice) if *twice != once && !is_named(&once) && is_named(twice) => twice,
        _ => &once,
    };
    ObjectKey::parse(key).ok()
}

impl AccessLogLine {
    /// The request, as far as it was decided about: not where a signature was wrong, nothing was asked
    /// of the bucket, or the server failed.
    pub fn request(&self) -> Option<LoggedRequest> {
        let (operation, side) = operation::named(&self.operation, self.key.is_some())?;
        let was_allowed = self.was_allowed()?;
        let query = self.query();
        let parameter = |name: &str| {
            query.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        };
        let is_acl = |(name, _): &(String, String)| {
            let name = name.to_ascii_lowercase();
            name == "x-amz-acl" || name.starts_with("x-amz-grant-")
        };
        let harmless = CannedAcl::BucketOwnerFullControl.as_str();
        let acl = match parameter("x-amz-acl") {
            Some(value) if value == harmless => Some(SentAcl::BucketOwnerFullControl),
            _ => query.iter().any(is_acl).then_some(SentAcl::Other),
        };
        let mut context = self.circumstances();
        for (key, name) in [
            (ConditionKey::Prefix, "prefix"),
            (ConditionKey::Delimiter, "delimiter"),
            (ConditionKey::MaxKeys, "max-keys"),
            (ConditionKey::CannedAcl, "x-amz-acl"),
        ] {
            context.extend(parameter(name).map(|value| (key, value.clone())));
        }
        Some(LoggedRequest {
            requester: self.requester.clone(),
            user_agent: self.user_agent.clone(),
            operation,
            side,
            key: self.key.clone(),
            version: self.version_id.clone(),
            was_allowed,
            acl_required: self.acl_required,
            acl,
            context,
        })
    }

    /// Whether the decision let it through; none if it was not decided about.
    fn was_allowed(&self) -> Option<bool> {
        match (self.status?, self.error_code.as_deref()) {
            (_, Some("AccessDenied" | "AllAccessDisabled" | "AccessControlListNotSupported")) => {
                Some(false)
            }
            // What the object or the conditions are is asked afterwards.
            (200..400 | 404 | 412 | 416, _) => Some(true),
            _ => None,
        }
    }

    fn query(&self) -> Vec<(String, String)> {
        let target = self.request_uri.as_deref().and_then(|uri| uri.split(' ').nth(1));
        let query = target.and_then(|target| Some(target.split_once('?')?.1)).unwrap_or_default();
        let decoded = |text: &str| {
            percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
        };
        query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| (decoded(name), decoded(value)))
            .collect()
    }

    /// What the log tells of the circumstances.
    fn circumstances(&self) -> Vec<(ConditionKey, String)> {
        let known = jiff::Timestamp::from_millisecond(self.time.unix_millis).unwrap_or_default();
        let mut told = vec![
            (ConditionKey::CurrentTime, known.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
            (ConditionKey::EpochTime, self.time.unix_seconds().to_string()),
            (ConditionKey::SecureTransport, self.tls_version.is_some().to_string()),
        ];
        let tls = self.tls_version.as_ref().and_then(|text| text.get("TLSv".len()..));
        let signature = match self.signature_version.as_deref() {
            Some("SigV4") => Some("AWS4-HMAC-SHA256"),
            Some("SigV2") => Some("AWS"),
            _ => None,
        };
        let kind = match self.authentication_type.as_deref() {
            Some("AuthHeader") => Some("REST-HEADER"),
            Some("QueryString") => Some("REST-QUERY-STRING"),
            _ => None,
        };
        for (key, value) in [
            (ConditionKey::SourceIp, self.remote_ip.as_deref()),
            (ConditionKey::Referer, self.referer.as_deref()),
            (ConditionKey::UserAgent, self.user_agent.as_deref()),
            (ConditionKey::VersionId, self.version_id.as_deref()),
            (ConditionKey::TlsVersion, tls),
            (ConditionKey::SignatureVersion, signature),
            (ConditionKey::AuthType, kind),
        ] {
            told.extend(value.map(|value| (key, value.to_owned())));
        }
        told
    }
}

/// The half of a copy that an operation name speaks of.
pub(super) fn side_of(name: &str) -> Side {
    match name {
        operation::COPY_SOURCE | operation::PART_COPY_SOURCE => Side::CopySource,
        "REST.COPY.OBJECT" | "REST.COPY.PART" => Side::CopyDestination,
        _ => Side::Whole,
    }
}

#[cfg(test)]
mod tests;
