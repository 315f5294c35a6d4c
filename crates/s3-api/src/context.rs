//! The values that policy conditions see of a request (§5.7).

use std::borrow::Cow;

use authz::{ConditionKey, ContextSource, ContextValue};
use http::request::Parts;
use http::{HeaderMap, HeaderName};
use identity::SignatureVersion;
use model::Timestamp;
use ops::identities::{Session, Tag};

use crate::headers::{object_lock, text};
use crate::origin::Origin;
use crate::query::Query;

/// How a request was signed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SignedBy {
    /// `REST-HEADER`, `REST-QUERY-STRING` or `POST`.
    pub(crate) auth_type: &'static str,
    /// The version of the signature.
    pub(crate) version: SignatureVersion,
    /// When it was signed; not every signature says.
    pub(crate) at: Option<Timestamp>,
}

impl SignedBy {
    /// Field 20 of access log records.
    pub(crate) fn log_version(self) -> &'static str {
        match self.version {
            SignatureVersion::Version2 => "SigV2",
            SignatureVersion::Version4 => "SigV4",
        }
    }

    /// Field 22 of access log records; forms have no value of their own.
    pub(crate) fn log_type(self) -> &'static str {
        if self.auth_type == "REST-QUERY-STRING" { "QueryString" } else { "AuthHeader" }
    }
}

/// A request as conditions see it. A value is looked up only when a policy asks for it.
#[derive(Clone, Copy)]
pub(crate) struct RequestContext<'a> {
    /// The headers.
    pub(crate) headers: &'a HeaderMap,
    /// The query parameters.
    pub(crate) query: &'a Query<'a>,
    /// When the request arrived.
    pub(crate) now: Timestamp,
    /// Where it comes from.
    pub(crate) origin: Origin,
    /// The region of the endpoint.
    pub(crate) region: &'a str,
    /// How it was signed, unless anonymous.
    pub(crate) signed_by: Option<SignedBy>,
    /// The tags of the caller.
    pub(crate) principal_tags: &'a [Tag],
    /// The session, if the caller holds temporary credentials.
    pub(crate) session: Option<&'a Session>,
}

impl ContextSource for RequestContext<'_> {
    fn value(&self, key: &ConditionKey) -> ContextValue<'_> {
        self.circumstance(key)
            .or_else(|| name_of(&HEADERS, key).and_then(|name| self.header(name)))
            .or_else(|| {
                name_of(&PARAMETERS, key).and_then(|name| self.query.get(name)).map(Cow::Borrowed)
            })
            .map_or(ContextValue::Absent, ContextValue::One)
    }

    fn each(&self, tell: &mut dyn FnMut(&ConditionKey, &str)) {
        for key in &CIRCUMSTANCES {
            if let Some(value) = self.circumstance(key) {
                tell(key, &value);
            }
        }
        for tag in self.principal_tags {
            tell(&ConditionKey::PrincipalTag(tag.key.as_str().into()), &tag.value);
        }
        for name in self.headers.keys().map(HeaderName::as_str) {
            // Most headers are none of these, and every request has some.
            if !name.starts_with("x-amz-") && !name.starts_with("if-") {
                continue;
            }
            let known = HEADERS.iter().find(|(header, _)| *header == name);
            if let Some((header, key)) = known
                && let Some(value) = self.header(header)
            {
                tell(key, &value);
            }
        }
        for (name, key) in &PARAMETERS {
            if let Some(value) = self.query.get(name) {
                tell(key, value);
            }
        }
    }
}

/// What is no header, parameter, tag or time.
const CIRCUMSTANCES: [ConditionKey; 14] = [
    ConditionKey::SourceIp,
    ConditionKey::SecureTransport,
    ConditionKey::TlsVersion,
    ConditionKey::RequestedRegion,
    ConditionKey::UserAgent,
    ConditionKey::Referer,
    ConditionKey::AuthType,
    ConditionKey::SignatureVersion,
    ConditionKey::SignatureAge,
    ConditionKey::TokenIssueTime,
    ConditionKey::SourceIdentity,
    ConditionKey::FederatedProvider,
    ConditionKey::MultiFactorAuthPresent,
    ConditionKey::ObjectLockRemainingRetentionDays,
];

impl<'a> RequestContext<'a> {
    /// A request of which nobody knows who signed it.
    pub(crate) fn unsigned(
        parts: &'a Parts,
        query: &'a Query<'a>,
        now: Timestamp,
        origin: Origin,
    ) -> Self {
        let signed_by = None;
        let (region, principal_tags, session) = ("", Default::default(), None);
        let headers = &parts.headers;
        Self { headers, query, now, origin, region, signed_by, principal_tags, session }
    }

    /// Repeated headers are joined by commas, as signatures see them.
    fn header(&self, name: &str) -> Option<Cow<'a, str>> {
        let mut values = self.headers.get_all(name).iter();
        let first = String::from_utf8_lossy(values.next()?.as_bytes());
        Some(values.fold(first, |joined, value| {
            Cow::Owned(format!("{joined},{}", String::from_utf8_lossy(value.as_bytes())))
        }))
    }

    fn circumstance(&self, key: &ConditionKey) -> Option<Cow<'a, str>> {
        match key {
            ConditionKey::SourceIp => {
                Some(Cow::Owned(self.origin.address.to_canonical().to_string()))
            }
            ConditionKey::CurrentTime => Some(Cow::Owned(crate::time::iso8601(self.now))),
            ConditionKey::EpochTime => Some(Cow::Owned(self.now.unix_seconds().to_string())),
            ConditionKey::SecureTransport => {
                let is_secure = self.origin.transport.is_secure();
                Some(Cow::Borrowed(if is_secure { "true" } else { "false" }))
            }
            ConditionKey::TlsVersion => self.origin.transport.tls_version().map(Cow::Borrowed),
            ConditionKey::RequestedRegion => Some(Cow::Borrowed(self.region)),
            ConditionKey::UserAgent => text(self.headers, "user-agent").map(Cow::Borrowed),
            ConditionKey::Referer => text(self.headers, "referer").map(Cow::Borrowed),
            ConditionKey::AuthType => self.signed_by.map(|by| Cow::Borrowed(by.auth_type)),
            ConditionKey::SignatureVersion => self.signed_by.map(|by| {
                Cow::Borrowed(match by.version {
                    SignatureVersion::Version2 => "AWS",
                    SignatureVersion::Version4 => "AWS4-HMAC-SHA256",
                })
            }),
            ConditionKey::SignatureAge => self.signed_by.and_then(|by| by.at).map(|at| {
                let age = self.now.unix_millis.saturating_sub(at.unix_millis).max(0);
                Cow::Owned(age.to_string())
            }),
            ConditionKey::ObjectLockRemainingRetentionDays => {
                let days = object_lock::remaining_days(self.headers, self.now)?;
                Some(Cow::Owned(days.to_string()))
            }
            ConditionKey::TokenIssueTime => {
                self.session.map(|session| Cow::Owned(crate::time::iso8601(session.issued)))
            }
            ConditionKey::SourceIdentity => {
                self.session?.source_identity.as_deref().map(Cow::Borrowed)
            }
            ConditionKey::FederatedProvider => {
                self.session?.federated_provider.as_deref().map(Cow::Borrowed)
            }
            // There are no devices. AWS: "AWS global condition context keys": only temporary
            // credentials have the key.
            ConditionKey::MultiFactorAuthPresent => self.session.map(|_| Cow::Borrowed("false")),
            // Keys of tags are compared without regard to letter case.
            ConditionKey::PrincipalTag(key) => {
                let mut tags = self.principal_tags.iter();
                let tag = tags.find(|tag| tag.key.to_lowercase() == key.to_lowercase())?;
                Some(Cow::Borrowed(&tag.value))
            }
            _ => None,
        }
    }
}

/// The headers whose text is the value of a key.
const HEADERS: [(&str, ConditionKey); 20] = [
    ("x-amz-acl", ConditionKey::CannedAcl),
    ("x-amz-grant-full-control", ConditionKey::GrantFullControl),
    ("x-amz-grant-read", ConditionKey::GrantRead),
    ("x-amz-grant-read-acp", ConditionKey::GrantReadAcp),
    ("x-amz-grant-write", ConditionKey::GrantWrite),
    ("x-amz-grant-write-acp", ConditionKey::GrantWriteAcp),
    ("x-amz-copy-source", ConditionKey::CopySource),
    ("x-amz-content-sha256", ConditionKey::ContentSha256),
    ("if-match", ConditionKey::IfMatch),
    ("if-none-match", ConditionKey::IfNoneMatch),
    ("x-amz-metadata-directive", ConditionKey::MetadataDirective),
    ("x-amz-object-ownership", ConditionKey::ObjectOwnership),
    ("x-amz-server-side-encryption", ConditionKey::ServerSideEncryption),
    ("x-amz-server-side-encryption-aws-kms-key-id", ConditionKey::ServerSideEncryptionKmsKeyId),
    (
        "x-amz-server-side-encryption-customer-algorithm",
        ConditionKey::ServerSideEncryptionCustomerAlgorithm,
    ),
    ("x-amz-storage-class", ConditionKey::StorageClass),
    ("x-amz-website-redirect-location", ConditionKey::WebsiteRedirectLocation),
    ("x-amz-object-lock-mode", ConditionKey::ObjectLockMode),
    ("x-amz-object-lock-retain-until-date", ConditionKey::ObjectLockRetainUntilDate),
    ("x-amz-object-lock-legal-hold", ConditionKey::ObjectLockLegalHold),
];

/// The query parameters whose value is the value of a key.
const PARAMETERS: [(&str, ConditionKey); 3] = [
    ("prefix", ConditionKey::Prefix),
    ("delimiter", ConditionKey::Delimiter),
    ("max-keys", ConditionKey::MaxKeys),
];

fn name_of(names: &[(&'static str, ConditionKey)], key: &ConditionKey) -> Option<&'static str> {
    names.iter().find(|(_, known)| known == key).map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::{TlsVersion, Transport};

    #[test]
    fn values_come_from_the_request() {
        let mut headers = HeaderMap::new();
        headers.append("x-amz-grant-read", "id=a".parse().unwrap());
        headers.append("x-amz-grant-read", "id=b".parse().unwrap());
        headers.append("x-forwarded-for", "10.0.0.1".parse().unwrap());
        let query = Query::parse("prefix=foo/&prefix=bar/").unwrap();
        let context = RequestContext {
            headers: &headers,
            query: &query,
            now: Timestamp::from_unix_millis(5_000),
            origin: Origin {
                address: "::ffff:192.0.2.1".parse().unwrap(),
                transport: Transport::Plain,
            },
            region: "us-east-1",
            signed_by: Some(SignedBy {
                auth_type: "REST-HEADER",
                version: SignatureVersion::Version2,
                at: Some(Timestamp::from_unix_seconds(4)),
            }),
            principal_tags: &[],
            session: None,
        };
        let check = |key, expected: Option<&str>| {
            let expected = expected
                .map_or(ContextValue::Absent, |value| ContextValue::One(Cow::Borrowed(value)));
            assert_eq!(context.value(&key), expected, "{key:?}");
        };
        check(ConditionKey::GrantRead, Some("id=a,id=b"));
        check(ConditionKey::Prefix, Some("foo/"));
        check(ConditionKey::MaxKeys, None);
        check(ConditionKey::AuthType, Some("REST-HEADER"));
        check(ConditionKey::SignatureVersion, Some("AWS"));
        check(ConditionKey::SignatureAge, Some("1000"));
        // RustFS CVE-2026-21862: a forwarded address is not the source address.
        check(ConditionKey::SourceIp, Some("192.0.2.1"));
        check(ConditionKey::SourceVpc, None);
    }

    /// What a policy can see is what the decision log records, but for the time.
    #[test]
    fn everything_is_told() {
        let mut headers = HeaderMap::new();
        for (name, key) in &HEADERS {
            let is_date = *key == ConditionKey::ObjectLockRetainUntilDate;
            let value = if is_date { "2030-01-01T00:00:00Z" } else { "x" };
            headers.append(*name, value.parse().unwrap());
        }
        for name in ["user-agent", "referer"] {
            headers.append(name, "x".parse().unwrap());
        }
        let query = Query::parse("prefix=a&delimiter=b&max-keys=1").unwrap();
        let tags = [Tag { key: "team".into(), value: "blue".into() }];
        let context = RequestContext {
            headers: &headers,
            query: &query,
            now: Timestamp::from_unix_millis(5_000),
            origin: Origin {
                address: "192.0.2.1".parse().unwrap(),
                transport: Transport::Tls(Some(TlsVersion::V1_3)),
            },
            region: "us-east-1",
            signed_by: Some(SignedBy {
                auth_type: "REST-HEADER",
                version: SignatureVersion::Version4,
                at: Some(Timestamp::from_unix_seconds(4)),
            }),
            principal_tags: &tags,
            session: None,
        };
        let mut told = Vec::new();
        context.each(&mut |key, value| told.push((key.clone(), value.to_owned())));
        let plain = ConditionKey::PLAIN.iter().cloned();
        for key in plain.chain([ConditionKey::PrincipalTag("team".into())]) {
            let expected = match context.value(&key) {
                ContextValue::One(value) => Some(value.into_owned()),
                _ => None,
            };
            let timed = matches!(key, ConditionKey::CurrentTime | ConditionKey::EpochTime);
            let found =
                told.iter().find(|(known, _)| *known == key).map(|(_, value)| value.clone());
            assert_eq!(found, expected.filter(|_| !timed), "{key:?}");
        }
    }

    #[test]
    fn tls_is_what_the_connection_says() {
        for (transport, secure, version) in [
            (Transport::Plain, "false", None),
            (Transport::Tls(None), "true", None),
            (Transport::Tls(Some(TlsVersion::V1_2)), "true", Some("1.2")),
            (Transport::Tls(Some(TlsVersion::V1_3)), "true", Some("1.3")),
        ] {
            let context = RequestContext {
                headers: &HeaderMap::new(),
                query: &Query::parse("").unwrap(),
                now: Timestamp::from_unix_millis(0),
                origin: Origin { address: "192.0.2.1".parse().unwrap(), transport },
                region: "us-east-1",
                signed_by: None,
                principal_tags: &[],
                session: None,
            };
            let one = |text| ContextValue::One(Cow::Borrowed(text));
            assert_eq!(context.value(&ConditionKey::SecureTransport), one(secure));
            let version = version.map_or(ContextValue::Absent, one);
            assert_eq!(context.value(&ConditionKey::TlsVersion), version);
        }
    }
}
