//! Tokens of OpenID Connect providers. Nothing is accepted but what the provider signed, with its
//! own algorithm, for us, and in its time; keys of others prove nothing.
#![no_main]

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fuzz::{NOW, edited};
use identity::web_identity::{
    Claims, Discovery, Expected, KeySet, UnverifiedToken, WebIdentityError,
};
use libfuzzer_sys::fuzz_target;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

const ISSUER: &str = "https://login.example/realm";
const HEADER: &str = r#"{"alg":"ES256","kid":"one"}"#;
const CLAIMS: &str = r#"{"iss":"https://login.example/realm","sub":"ada","aud":"grantry","exp":1369353900,"iat":1369353590}"#;

static PROVIDER: LazyLock<Provider> = LazyLock::new(Provider::new);
static TOKEN: LazyLock<String> = LazyLock::new(|| PROVIDER.sign(HEADER, CLAIMS));

/// A provider with one key.
struct Provider {
    key: EcdsaKeyPair,
    random: SystemRandom,
    keys: KeySet,
    x: String,
}

fuzz_target!(|data: &[u8]| {
    let Some((choice, data)) = data.split_first() else { return };
    let text = String::from_utf8_lossy(data);
    match choice % 5 {
        0 => assert!(verify(&text, &PROVIDER.keys).is_err(), "a token out of nothing"),
        1 => {
            let changed = edited(&TOKEN, data);
            let is_same = changed == *TOKEN;
            assert_eq!(verify(&changed, &PROVIDER.keys).is_ok(), is_same, "{changed}");
        }
        2 => check_claims(&text),
        3 => check_header(&text),
        _ => check_keys(&text),
    }
});

fn verify(token: &str, keys: &KeySet) -> Result<Claims, WebIdentityError> {
    let client_ids = ["grantry".to_owned(), "other".to_owned()];
    let expected = Expected { issuer: ISSUER, client_ids: &client_ids };
    UnverifiedToken::parse(token)?.verify(keys, &expected, NOW)
}

/// Whatever the provider signs is accepted only if it says what it must, in the eyes of another
/// reader too.
fn check_claims(text: &str) {
    let Ok(claims) = verify(&PROVIDER.sign(HEADER, text), &PROVIDER.keys) else { return };
    let value: Value = serde_json::from_str(text).expect("accepted, and no JSON");
    let now = NOW.unix_seconds() as f64;
    assert_eq!(value["iss"], ISSUER);
    assert_eq!(value["sub"], claims.subject.as_str());
    assert!(["grantry", "other"].contains(&claims.audience.as_str()), "{}", claims.audience);
    let says = |name: &str| value[name] == claims.audience.as_str();
    let only = value["aud"] == json!([claims.audience]);
    assert!(says("azp") || (value["azp"].is_null() && (says("aud") || only)), "{text}");
    assert!(value["exp"].as_f64().is_some_and(|end| end > now - 0.001), "{text}");
    assert!(value["iat"].as_f64().is_some_and(|start| start < now + 301.0), "{text}");
    assert!(value["nbf"].as_f64().is_none_or(|start| start < now + 301.0), "{text}");
}

/// The algorithm belongs to the key.
fn check_header(text: &str) {
    if verify(&PROVIDER.sign(text, CLAIMS), &PROVIDER.keys).is_err() {
        return;
    }
    let value: Value = serde_json::from_str(text).expect("accepted, and no JSON");
    assert_eq!(value["alg"], "ES256");
    assert!(value["kid"].is_null() || value["kid"] == "one", "{text}");
    assert!(value["crit"].is_null(), "{text}");
}

/// Another set of keys proves nothing, unless it has the provider's key too.
fn check_keys(text: &str) {
    _ = Discovery::parse(text.as_bytes());
    let Ok(keys) = KeySet::parse(text.as_bytes()) else { return };
    let is_verified = verify(&TOKEN, &keys).is_ok();
    assert!(!is_verified || text.contains(&PROVIDER.x), "{text}");
}

impl Provider {
    fn new() -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
        let key = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).expect("a key");
        let point = key.public_key().as_ref();
        let (x, y) = (encode(&point[1..33]), encode(&point[33..]));
        let set = json!({"keys": [
            {"kty": "EC", "crv": "P-256", "kid": "one", "use": "sig", "alg": "ES256", "x": x, "y": y},
        ]});
        let keys = KeySet::parse(set.to_string().as_bytes()).expect("a key set");
        Self { key, random, keys, x }
    }

    fn sign(&self, header: &str, claims: &str) -> String {
        let signed = format!("{}.{}", encode(header.as_bytes()), encode(claims.as_bytes()));
        let signature = self.key.sign(&self.random, signed.as_bytes()).expect("a signature");
        format!("{signed}.{}", encode(signature.as_ref()))
    }
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
