//! A request that tests can build, sign, change and check.

use model::{S3Error, Timestamp};

use crate::payload::PayloadDeclaration;
use crate::request::{HeaderField, SignedRequest};
use crate::secret::SecretAccessKey;
use crate::sign::{self, Signer};
use crate::signature::{ChunkSeed, Claim, SignatureSettings, SignedClaim, Verified, parse};
use crate::signing_key::SigningKeyCache;

pub(crate) const ACCESS_KEY: &str = "AKIAIOSFODNN7EXAMPLE";
pub(crate) const EMPTY_SHA256: &str =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/// 2013-05-24T00:00:00Z
pub(crate) const NOW: Timestamp = Timestamp::from_unix_seconds(1_369_353_600);
pub(crate) const SETTINGS: SignatureSettings<'static> = SignatureSettings {
    regions: &["us-east-1", "eu-west-3"],
    services: &["s3"],
    body_sha256: None,
    version_2: None,
};

pub(crate) fn secret() -> SecretAccessKey {
    SecretAccessKey::parse("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY").unwrap()
}

pub(crate) fn seconds_later(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(NOW.unix_seconds() + seconds)
}

/// An owned request.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
}

impl Sent {
    pub(crate) fn new(method: &str, path: &str, query: &str) -> Self {
        let sent = Self {
            method: method.into(),
            path: path.into(),
            query: query.into(),
            headers: Vec::new(),
        };
        sent.with("host", "examplebucket.s3.amazonaws.com")
    }

    /// Adds a header.
    pub(crate) fn with(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.into(), value.as_ref().to_vec()));
        self
    }

    /// Removes all headers of this name.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self
    }

    pub(crate) fn replaced(self, name: &str, value: &str) -> Self {
        self.without(name).with(name, value)
    }

    pub(crate) fn header(&self, name: &str) -> String {
        let (_, value) = self.headers.iter().find(|(other, _)| other == name).unwrap();
        String::from_utf8(value.clone()).unwrap()
    }

    /// Changes the text of a header.
    pub(crate) fn edit(self, name: &str, from: &str, to: &str) -> Self {
        let value = self.header(name);
        assert!(value.contains(from), "{value} has no {from}");
        self.replaced(name, &value.replace(from, to))
    }

    pub(crate) fn edit_query(mut self, from: &str, to: &str) -> Self {
        assert!(self.query.contains(from), "{} has no {from}", self.query);
        self.query = self.query.replace(from, to);
        self
    }

    pub(crate) fn view<'a, T>(&'a self, look: impl FnOnce(&SignedRequest<'a>) -> T) -> T {
        let headers: Vec<_> =
            self.headers.iter().map(|(name, value)| HeaderField { name, value }).collect();
        // A claim borrows from the request, and tests want to keep one without the other.
        let headers = Vec::leak(headers);
        look(&SignedRequest {
            method: &self.method,
            raw_path: &self.path,
            raw_query: &self.query,
            headers,
        })
    }

    /// Signs with the `Authorization` header.
    pub(crate) fn signed(self) -> Self {
        self.signed_for(PayloadDeclaration::parse(EMPTY_SHA256.as_bytes()).unwrap()).0
    }

    pub(crate) fn signed_for(mut self, payload: PayloadDeclaration) -> (Self, ChunkSeed) {
        let secret = secret();
        let signature = self.view(|request| sign::header(&signer(&secret), request, payload));
        for (name, value) in signature.headers {
            self = self.with(name, value);
        }
        (self, signature.chunk_seed)
    }

    pub(crate) fn presigned(mut self, expires_seconds: u64) -> Self {
        let secret = secret();
        self.query = self.view(|request| sign::presign(&signer(&secret), request, expires_seconds));
        self
    }

    pub(crate) fn parse_at(&self, now: Timestamp) -> Result<Claim<'_>, S3Error> {
        self.parse_with(&SETTINGS, now)
    }

    pub(crate) fn parse_with(
        &self,
        settings: &SignatureSettings<'_>,
        now: Timestamp,
    ) -> Result<Claim<'_>, S3Error> {
        self.view(|request| parse(request, settings, now))
    }

    pub(crate) fn claim(&self) -> SignedClaim<'_> {
        match self.parse_at(NOW).unwrap() {
            Claim::Signed(claim) => *claim,
            Claim::Anonymous { .. } => panic!("anonymous"),
        }
    }

    /// Parses and verifies as a server does that knows one access key. Anonymous requests are an
    /// error here, with their own code.
    pub(crate) fn check_at(&self, now: Timestamp) -> Result<Verified<'_>, S3Error> {
        self.check_with(&SETTINGS, now)
    }

    pub(crate) fn check_with(
        &self,
        settings: &SignatureSettings<'_>,
        now: Timestamp,
    ) -> Result<Verified<'_>, S3Error> {
        match self.parse_with(settings, now)? {
            Claim::Anonymous { .. } => Err(S3Error::new(model::ErrorCode::MissingSecurityHeader)),
            Claim::Signed(claim) if claim.access_key_id() != ACCESS_KEY => {
                Err(crate::unknown_access_key(claim.access_key_id()))
            }
            Claim::Signed(claim) => {
                self.view(|request| claim.verify(request, &secret(), &SigningKeyCache::new()))
            }
        }
    }

    pub(crate) fn check(&self) -> Result<Verified<'_>, S3Error> {
        self.check_at(NOW)
    }

    /// Expects a refusal with exactly this code, message and these fields.
    #[track_caller]
    pub(crate) fn refused(&self, code: &str, message: &str, fields: &[(&str, &str)]) {
        self.refused_at(NOW, code, message, fields);
    }

    #[track_caller]
    pub(crate) fn refused_at(
        &self,
        now: Timestamp,
        code: &str,
        message: &str,
        fields: &[(&str, &str)],
    ) {
        let error = self.check_at(now).unwrap_err();
        let found: Vec<_> =
            error.fields().iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!((error.code().as_str(), error.message(), &*found), (code, message, fields));
    }
}

fn signer(secret: &SecretAccessKey) -> Signer<'_> {
    Signer {
        access_key_id: ACCESS_KEY,
        secret,
        security_token: None,
        region: "us-east-1",
        signed_at: NOW,
    }
}
