//! What the targets share.

use authz::policy::{AskedAction, AskedResource, Outcome, PrincipalDirectory, Query, normal_form};
use authz::{NoContext, Policy};
use bytes::Bytes;
use identity::{HeaderField, SecretAccessKey, SignedRequest};
use model::{AccountId, AccountIdentity, CanonicalUserId, Principal, S3Error, Timestamp};
use serde_json::Value;

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

/// A directory in which half of all names exist.
pub struct Directory;

impl PrincipalDirectory for Directory {
    fn account_exists(&self, account_id: &str) -> bool {
        account_id.len().is_multiple_of(2)
    }

    fn canonical_id_exists(&self, canonical_id: &str) -> bool {
        canonical_id.len().is_multiple_of(2)
    }

    fn unique_id_exists(&self, unique_id: &str) -> bool {
        unique_id.len().is_multiple_of(2)
    }

    fn iam_arn_exists(&self, arn: &str) -> bool {
        arn.len().is_multiple_of(2)
    }
}

/// What a policy answers to the root user of an account, and to whoever bears a provider's token.
pub fn answers(policy: &Policy, actions: &[&str], resource: &str) -> Vec<Outcome> {
    let root = Principal::Root(AccountIdentity {
        id: AccountId::parse("111122223333").expect("a good account id"),
        canonical_id: CanonicalUserId::parse(&"1".repeat(64)).expect("a good canonical id"),
    });
    let callers = [
        (Principal::Anonymous, None),
        (Principal::Anonymous, Some("accounts.google.com")),
        (root, None),
    ];
    let mut outcomes = Vec::new();
    for (caller, provider) in &callers {
        for action in actions {
            outcomes.push(policy.evaluate(&Query {
                caller,
                provider: *provider,
                action: AskedAction::new(action),
                resource: AskedResource::new(resource),
                context: &NoContext,
            }));
        }
    }
    outcomes
}

/// The policy with `Deny` for each `Allow`; none if JSON of our own might write a number another
/// way.
pub fn all_denied(policy: &str) -> Option<String> {
    let mut document: Value = serde_json::from_str(policy).ok()?;
    if has_number(&document) {
        return None;
    }
    match document.get_mut("Statement")? {
        Value::Array(statements) => statements.iter_mut().for_each(deny),
        statement => deny(statement),
    }
    Some(document.to_string())
}

fn deny(statement: &mut Value) {
    if let Some(effect) = statement.get_mut("Effect") {
        *effect = "Deny".into();
    }
}

fn has_number(value: &Value) -> bool {
    match value {
        Value::Number(_) => true,
        Value::Array(values) => values.iter().any(has_number),
        Value::Object(members) => members.values().any(has_number),
        _ => false,
    }
}

/// What must hold of an accepted policy: its normal form is accepted and is its own normal form, and
/// what it allows is denied, and nothing allowed, when each statement of it denies.
pub fn check_meaning(
    policy: &Policy,
    read: impl Fn(&str) -> Option<Policy>,
    ask: impl Fn(&Policy) -> Vec<Outcome>,
) {
    let normal = normal_form(policy.text());
    let again = read(&normal).expect("the normal form is accepted");
    assert_eq!(normal_form(again.text()), normal);
    let outcomes = ask(policy);
    assert_eq!(ask(&again), outcomes, "the normal form means something else");
    let Some(denied) = all_denied(policy.text()) else { return };
    let denied = read(&denied).expect("a policy that denies is accepted");
    for (outcome, denied) in outcomes.iter().zip(ask(&denied)) {
        assert_eq!(denied.allow, None, "a policy without `Allow` allows");
        let matched = outcome.allow.is_some() || outcome.deny.is_some();
        assert!(!matched || denied.deny.is_some(), "what was allowed is not denied");
    }
}

/// A text with changes: three bytes say where, the third what. Zero takes out what stands there.
pub fn edited(text: &str, edits: &[u8]) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for edit in edits.chunks_exact(3) {
        let [high, low, with] = edit else { continue };
        let length = characters.len().max(1);
        let at = usize::from(u16::from_be_bytes([*high, *low])) % length;
        match (characters.get_mut(at), with & 0x7f) {
            (Some(_), 0) => _ = characters.remove(at),
            (Some(place), with) => *place = char::from(with),
            (None, with) => characters.push(char::from(with)),
        }
    }
    characters.into_iter().collect()
}
