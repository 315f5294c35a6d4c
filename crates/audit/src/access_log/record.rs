//! One line of a server access log (§9.5).

use std::fmt;
use std::net::IpAddr;

use jiff::tz::TimeZone;
use model::Timestamp;
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

/// A request as an access log describes it. Absent fields are written as `-`.
#[derive(Clone, Copy, Debug, Default)]
pub struct AccessLogRecord<'a> {
    /// Canonical user id of the source bucket's owner.
    pub bucket_owner: &'a str,
    /// The bucket of the request.
    pub bucket: &'a str,
    /// When the request was received.
    pub time: Timestamp,
    /// The apparent address of the client.
    pub remote_ip: Option<IpAddr>,
    /// Canonical user id of root, ARN of everybody else who signed (ID-12).
    pub requester: Option<&'a str>,
    /// `x-amz-request-id`.
    pub request_id: &'a str,
    /// `REST.VERB.RESOURCE`; see [`operation`](super::operation).
    pub operation: &'a str,
    /// The key as it is stored.
    pub key: Option<&'a str>,
    /// Method, URI and protocol of the request line.
    pub request_uri: &'a str,
    /// HTTP status; none where nobody asked.
    pub status: Option<u16>,
    /// Code of an S3 error.
    pub error_code: Option<&'a str>,
    /// Bytes of the answer's body that were sent.
    pub bytes_sent: u64,
    /// Size of the object, in bytes.
    pub object_size_bytes: Option<u64>,
    /// From the first byte received to the last byte sent.
    pub total_millis: Option<u64>,
    /// From the last byte received to the first byte sent.
    pub turn_around_millis: Option<u64>,
    /// The header `Referer`.
    pub referer: Option<&'a str>,
    /// The header `User-Agent`.
    pub user_agent: Option<&'a str>,
    /// The version that the request names.
    pub version_id: Option<&'a str>,
    /// `x-amz-id-2`.
    pub host_id: &'a str,
    /// `SigV2` or `SigV4`.
    pub signature_version: Option<&'a str>,
    /// The TLS cipher suite.
    pub cipher_suite: Option<&'a str>,
    /// `AuthHeader` or `QueryString`.
    pub authentication_type: Option<&'a str>,
    /// The header `Host`.
    pub host_header: Option<&'a str>,
    /// `TLSv1.2` or `TLSv1.3`.
    pub tls_version: Option<&'a str>,
    /// Whether an ACL was needed for the request to succeed (§9.6).
    pub acl_required: bool,
    /// The region that the request came from, where the operator wants the field (U-20).
    pub source_region: Option<&'a str>,
}

/// What must not stand in a key: everything but unreserved characters and the slash.
const IN_KEY: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// What would end a quoted field.
const IN_QUOTES: &AsciiSet = &CONTROLS.add(b'"').add(b'\\');
/// What would end a field without quotes.
const IN_WORD: &AsciiSet = &IN_QUOTES.add(b' ');

/// The line without its line feed. What clients sent cannot begin a new field or line: the
/// characters that could are percent-encoded.
impl fmt::Display for AccessLogRecord<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = jiff::Timestamp::from_millisecond(self.time.unix_millis).unwrap_or_default();
        let time = known.to_zoned(TimeZone::UTC);
        write!(
            f,
            "{} {} [{}] ",
            self.bucket_owner,
            self.bucket,
            time.strftime("%d/%b/%Y:%H:%M:%S +0000")
        )?;
        displayed(f, self.remote_ip)?;
        word(f, self.requester)?;
        word(f, Some(self.request_id))?;
        word(f, Some(self.operation))?;
        match self.key {
            Some(key) => write!(f, "{} ", utf8_percent_encode(key, IN_KEY))?,
            None => f.write_str("- ")?,
        }
        quoted(f, Some(self.request_uri))?;
        displayed(f, self.status)?;
        word(f, self.error_code)?;
        displayed(f, Some(self.bytes_sent).filter(|bytes| *bytes > 0))?;
        displayed(f, self.object_size_bytes)?;
        displayed(f, self.total_millis)?;
        displayed(f, self.turn_around_millis)?;
        quoted(f, self.referer)?;
        quoted(f, self.user_agent)?;
        word(f, self.version_id)?;
        word(f, Some(self.host_id))?;
        word(f, self.signature_version)?;
        word(f, self.cipher_suite)?;
        word(f, self.authentication_type)?;
        word(f, self.host_header)?;
        word(f, self.tls_version)?;
        // Access points do not exist here.
        f.write_str("- ")?;
        f.write_str(if self.acl_required { "Yes" } else { "-" })?;
        match self.source_region {
            Some(region) => write!(f, " {region}"),
            None => Ok(()),
        }
    }
}

fn displayed(f: &mut fmt::Formatter<'_>, value: Option<impl fmt::Display>) -> fmt::Result {
    match value {
        Some(value) => write!(f, "{value} "),
        None => f.write_str("- "),
    }
}

fn word(f: &mut fmt::Formatter<'_>, text: Option<&str>) -> fmt::Result {
    displayed(
        f,
        text.filter(|text| !text.is_empty()).map(|text| utf8_percent_encode(text, IN_WORD)),
    )
}

fn quoted(f: &mut fmt::Formatter<'_>, text: Option<&str>) -> fmt::Result {
    let text = text.filter(|text| !text.is_empty()).unwrap_or("-");
    write!(f, "\"{}\" ", utf8_percent_encode(text, IN_QUOTES))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn record() -> AccessLogRecord<'static> {
        AccessLogRecord {
            bucket_owner: "79a5",
            bucket: "photos",
            time: Timestamp::from_unix_seconds(1_549_411_238),
            remote_ip: Some(IpAddr::from([192, 0, 2, 3])),
            requester: Some("arn:aws:iam::111122223333:user/alice"),
            request_id: "3E57427F3EXAMPLE",
            operation: "REST.GET.OBJECT",
            key: Some("a b/ü+.jpg"),
            request_uri: "GET /photos/a%20b/%C3%BC%2B.jpg?x-note=1 HTTP/1.1",
            status: Some(200),
            error_code: None,
            bytes_sent: 113,
            object_size_bytes: Some(113),
            total_millis: Some(7),
            turn_around_millis: Some(6),
            referer: None,
            user_agent: Some("curl/7.15.1"),
            version_id: None,
            host_id: "grantry/3E57427F3EXAMPLE",
            signature_version: Some("SigV4"),
            cipher_suite: Some("TLS13_AES_256_GCM_SHA384"),
            authentication_type: Some("AuthHeader"),
            host_header: Some("photos.s3.localhost"),
            tls_version: Some("TLSv1.3"),
            acl_required: true,
            source_region: None,
        }
    }

    #[test]
    fn fields_in_amazons_order() {
        expect![[r#"79a5 photos [06/Feb/2019:00:00:38 +0000] 192.0.2.3 arn:aws:iam::111122223333:user/alice 3E57427F3EXAMPLE REST.GET.OBJECT a%20b/%C3%BC%2B.jpg "GET /photos/a%20b/%C3%BC%2B.jpg?x-note=1 HTTP/1.1" 200 - 113 113 7 6 "-" "curl/7.15.1" - grantry/3E57427F3EXAMPLE SigV4 TLS13_AES_256_GCM_SHA384 AuthHeader photos.s3.localhost TLSv1.3 - Yes"#]]
        .assert_eq(&record().to_string());
    }

    #[test]
    fn what_is_absent_is_a_hyphen() {
        let anonymous = AccessLogRecord {
            remote_ip: None,
            requester: None,
            key: None,
            status: Some(403),
            error_code: Some("AccessDenied"),
            bytes_sent: 0,
            object_size_bytes: None,
            turn_around_millis: None,
            user_agent: Some(""),
            signature_version: None,
            cipher_suite: None,
            authentication_type: None,
            host_header: None,
            tls_version: None,
            acl_required: false,
            source_region: Some("eu-central-1"),
            ..record()
        };
        expect![[r#"79a5 photos [06/Feb/2019:00:00:38 +0000] - - 3E57427F3EXAMPLE REST.GET.OBJECT - "GET /photos/a%20b/%C3%BC%2B.jpg?x-note=1 HTTP/1.1" 403 AccessDenied - - 7 - "-" "-" - grantry/3E57427F3EXAMPLE - - - - - - - eu-central-1"#]]
        .assert_eq(&anonymous.to_string());
    }

    /// Nobody writes a second record, or a field of their own, by what they send.
    #[test]
    fn clients_cannot_forge_fields() {
        let hostile = "x\" 200 -\n79a5 \\ \t";
        let forged = AccessLogRecord {
            key: Some(hostile),
            request_uri: hostile,
            referer: Some(hostile),
            user_agent: Some(hostile),
            version_id: Some(hostile),
            host_header: Some(hostile),
            ..record()
        };
        let line = forged.to_string();
        assert!(!line.contains(['\n', '\t', '\\']));
        let quotes = line.matches('"').count();
        assert_eq!(quotes, record().to_string().matches('"').count());
        let outside: usize = line.split('"').step_by(2).map(|part| part.matches(' ').count()).sum();
        let plain = record().to_string();
        let expected: usize =
            plain.split('"').step_by(2).map(|part| part.matches(' ').count()).sum();
        assert_eq!(outside, expected);
    }
}
