//! What the targets share.

use bytes::Bytes;
use identity::{HeaderField, SecretAccessKey, SignedRequest};
use model::{S3Error, Timestamp};

/// The access key that targets sign with.
pub const ACCESS_KEY: &str = "AKIAIOSFODNN7EXAMPLE";
/// 2013-05-24T00:00:00Z, when everything happens.
pub const NOW: Timestamp = Timestamp::from_unix_seconds(1_369_353_600);

/// The secret that targets sign with.
pub fn secret() -> SecretAccessKey {
    SecretAccessKey::parse("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY").expect("a good secret")
}

/// Cuts bytes into pieces, as the network might. The sizes come from `seed`, which is used over
/// and over.
pub fn pieces(data: &[u8], seed: &[u8]) -> Vec<Bytes> {
    let mut sizes = seed.iter().cycle();
    let mut rest = data;
    let mut pieces = Vec::new();
    while !rest.is_empty() {
        let size = sizes.next().map_or(rest.len(), |size| usize::from(*size) + 1);
        let (piece, tail) = rest.split_at(size.min(rest.len()));
        pieces.push(Bytes::copy_from_slice(piece));
        rest = tail;
    }
    pieces
}

/// What a client sees of an outcome: errors are equal if it cannot tell them apart.
pub fn seen<T>(outcome: Result<T, S3Error>) -> Result<T, (String, String, Vec<String>)> {
    outcome.map_err(|error| {
        let fields = error.fields().iter().map(|(name, value)| format!("{name}={value}"));
        (error.code().as_str().to_owned(), error.message().to_owned(), fields.collect())
    })
}

/// A request that a fuzzer writes as lines: method, path, query, then headers.
pub struct Written<'a> {
    /// The method.
    pub method: &'a str,
    /// The path, encoded.
    pub path: &'a str,
    /// The query, encoded.
    pub query: &'a str,
    /// The headers.
    pub headers: Vec<HeaderField<'a>>,
}

impl<'a> Written<'a> {
    /// None where an HTTP server would not let the request in.
    pub fn read(data: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(data).ok()?;
        let mut lines = text.split('\n');
        let (method, path, query) = (lines.next()?, lines.next()?, lines.next()?);
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .filter(|(name, value)| {
                http::HeaderName::from_bytes(name.as_bytes()).is_ok()
                    && http::HeaderValue::from_str(value).is_ok()
            })
            .map(|(name, value)| HeaderField { name, value: value.as_bytes() })
            .collect();
        Some(Self { method, path, query, headers })
    }

    /// As authentication sees it.
    pub fn view(&self) -> SignedRequest<'_> {
        SignedRequest {
            method: self.method,
            raw_path: self.path,
            raw_query: self.query,
            headers: &self.headers,
        }
    }

    /// Without what claims a signature, and with a host: what a client may sign.
    pub fn unsigned(mut self) -> Option<Self> {
        let claims = |name: &str| {
            let name = name.to_ascii_lowercase();
            name.starts_with("x-amz-") || matches!(&*name, "authorization" | "date" | "host")
        };
        self.headers.retain(|field| !claims(field.name));
        self.headers.truncate(90);
        self.headers.push(HeaderField { name: "host", value: b"localhost" });
        let well_formed = |text| identity::uri::has_well_formed_escapes(text);
        let claims = ["x-amz-", "signature", "awsaccesskeyid"];
        let is_claim = |(name, _): (&str, &str)| {
            let name = identity::uri::decode_query(name).to_ascii_lowercase();
            claims.iter().any(|claim| name.starts_with(claim.as_bytes()))
        };
        let usable = well_formed(self.path)
            && well_formed(self.query)
            && !identity::uri::query_pairs(self.query).any(is_claim);
        usable.then_some(self)
    }
}
