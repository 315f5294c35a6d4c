use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use sha2::Sha256;

use model::Timestamp;

use super::*;

const ISSUER: &str = "https://login.example/realm";
const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

/// A provider with one P-256 key.
struct Provider {
    key: EcdsaKeyPair,
    random: SystemRandom,
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Provider {
    fn new() -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap();
        Self { key, random }
    }

    fn jwk(&self) -> Value {
        let point = self.key.public_key().as_ref();
        json!({"kty": "EC", "crv": "P-256", "kid": "one", "use": "sig", "alg": "ES256",
               "x": encode(&point[1..33]), "y": encode(&point[33..])})
    }

    fn keys(&self) -> KeySet {
        KeySet::parse(json!({"keys": [self.jwk()]}).to_string().as_bytes()).unwrap()
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
        let signature = self.key.sign(&self.random, signed.as_bytes()).unwrap();
        format!("{signed}.{}", encode(signature))
    }

    fn token(&self, claims: &Value) -> String {
        self.sign(&json!({"alg": "ES256", "kid": "one", "typ": "JWT"}), claims)
    }
}

fn claims() -> Value {
    json!({"iss": ISSUER, "sub": "ada", "aud": "grantry", "exp": 1_800_000_300,
           "iat": 1_799_999_990, "amr": ["mfa"]})
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

fn verify(token: &str, keys: &KeySet) -> Result<Claims, WebIdentityError> {
    let clients = ["grantry".to_owned(), "other".to_owned()];
    let expected = Expected { issuer: ISSUER, client_ids: &clients };
    UnverifiedToken::parse(token)?.verify(keys, &expected, NOW)
}

#[test]
fn a_good_token_says_who_it_is() {
    let provider = Provider::new();
    let found = verify(&provider.token(&claims()), &provider.keys()).unwrap();
    let expected = Claims {
        issuer: ISSUER.into(),
        subject: "ada".into(),
        audience: "grantry".into(),
        authentication_methods: vec!["mfa".into()],
    };
    assert_eq!(found, expected);
}

#[test]
fn claims_are_checked() {
    let provider = Provider::new();
    let keys = provider.keys();
    let check = |claims: Value, expected: Result<&str, WebIdentityError>| {
        let found = verify(&provider.token(&claims), &keys).map(|claims| claims.audience);
        assert_eq!(found, expected.map(str::to_owned), "{claims}");
    };
    for name in ["iss", "sub", "aud", "exp", "iat"] {
        check(
            without(name),
            Err(WebIdentityError::MissingClaim(match name {
                "iss" => "iss",
                "sub" => "sub",
                "aud" => "aud",
                "exp" => "exp",
                _ => "iat",
            })),
        );
    }
    check(with("iss", json!("https://login.example/realm/")), Err(WebIdentityError::Issuer));
    check(with("aud", json!("somebody")), Err(WebIdentityError::Audience));
    check(with("aud", json!(["grantry"])), Ok("grantry"));
    check(with("aud", json!(["grantry", "other"])), Err(WebIdentityError::Audience));
    check(with("aud", json!([])), Err(WebIdentityError::Audience));
    check(with("azp", json!("other")), Ok("other"));
    check(with("azp", json!("somebody")), Err(WebIdentityError::Audience));
    let expired = WebIdentityError::Expired { at: NOW };
    check(with("exp", json!(1_800_000_000)), Err(expired));
    check(with("exp", json!(1_800_000_000.5)), Ok("grantry"));
    check(with("exp", json!(1e300)), Ok("grantry"));
    check(with("exp", json!("1800000300")), Err(WebIdentityError::Malformed));
    check(with("iat", json!(1_800_000_300)), Ok("grantry"));
    check(with("iat", json!(1_800_000_301)), Err(WebIdentityError::NotYetValid));
    check(with("nbf", json!(1_800_000_301)), Err(WebIdentityError::NotYetValid));
    check(with("amr", json!("pwd")), Ok("grantry"));
    check(with("roles", json!(["anything"])), Ok("grantry"));
}

/// Ceph CVE-2024-48916 and MinIO CVE-2026-33322: the token chose its algorithm.
#[test]
fn ceph_cve_2024_48916_minio_cve_2026_33322_the_key_says_which_algorithm() {
    let provider = Provider::new();
    let keys = provider.keys();
    for name in ["none", "None", "NONE", "", "HS256", "HS384", "HS512", "PS256", "EdDSA", "ES512"] {
        let header = json!({"alg": name, "kid": "one"});
        let token = provider.sign(&header, &claims());
        assert_eq!(verify(&token, &keys), Err(WebIdentityError::Algorithm), "{name}");
        let unsigned = format!("{}.", token.rsplit_once('.').unwrap().0);
        assert_eq!(verify(&unsigned, &keys), Err(WebIdentityError::Algorithm), "{name}");
    }
    // A public value as the secret of an HMAC, under every name.
    let jwk = provider.jwk();
    for secret in [jwk["x"].as_str().unwrap(), "grantry", ISSUER] {
        for name in ["HS256", "ES256", "RS256"] {
            let header = json!({"alg": name, "kid": "one"}).to_string();
            let signed = format!("{}.{}", encode(header), encode(claims().to_string()));
            let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
            mac.update(signed.as_bytes());
            let token = format!("{signed}.{}", encode(mac.finalize().into_bytes()));
            assert!(verify(&token, &keys).is_err(), "{name} {secret}");
        }
    }
    // An algorithm of ours with a key of another kind.
    for name in ["RS256", "RS384", "RS512", "ES384"] {
        let token = provider.sign(&json!({"alg": name, "kid": "one"}), &claims());
        assert_eq!(verify(&token, &keys), Err(WebIdentityError::UnknownKey), "{name}");
    }
    // A key set cannot bring a symmetric key in.
    let symmetric = json!({"keys": [{"kty": "oct", "kid": "one", "alg": "HS256", "k": "AAAA"}]});
    let keys = KeySet::parse(symmetric.to_string().as_bytes()).unwrap();
    let token = provider.token(&claims());
    assert_eq!(verify(&token, &keys), Err(WebIdentityError::UnknownKey));
}

/// A token that brings its own key, or demands what we do not understand.
#[test]
fn headers_bring_no_keys() {
    let (provider, stranger) = (Provider::new(), Provider::new());
    let header = json!({"alg": "ES256", "jwk": stranger.jwk(), "jku": "https://evil.example"});
    let token = stranger.sign(&header, &claims());
    assert_eq!(verify(&token, &provider.keys()), Err(WebIdentityError::Signature));
    let header = json!({"alg": "ES256", "crit": ["b64"], "b64": false});
    let token = provider.sign(&header, &claims());
    assert_eq!(verify(&token, &provider.keys()), Err(WebIdentityError::Malformed));
}

#[test]
fn the_key_is_found_by_its_id() {
    let (provider, other) = (Provider::new(), Provider::new());
    let mut second = other.jwk();
    second["kid"] = json!("two");
    let both = json!({"keys": [provider.jwk(), second, {"kty": "OKP"}, 7]}).to_string();
    let both = KeySet::parse(both.as_bytes()).unwrap();
    assert!(verify(&provider.token(&claims()), &both).is_ok());
    assert_eq!(verify(&other.token(&claims()), &both), Err(WebIdentityError::Signature));
    let named = |kid| provider.sign(&json!({"alg": "ES256", "kid": kid}), &claims());
    assert_eq!(verify(&named("two"), &both), Err(WebIdentityError::Signature));
    assert_eq!(verify(&named("three"), &both), Err(WebIdentityError::UnknownKey));
    let nameless = provider.sign(&json!({"alg": "ES256"}), &claims());
    assert_eq!(verify(&nameless, &both), Err(WebIdentityError::UnknownKey));
    assert!(verify(&nameless, &provider.keys()).is_ok());
    let mut encryption = provider.jwk();
    encryption["use"] = json!("enc");
    let keys = KeySet::parse(json!({"keys": [encryption]}).to_string().as_bytes()).unwrap();
    assert_eq!(verify(&nameless, &keys), Err(WebIdentityError::UnknownKey));
}

#[test]
fn any_changed_character_is_refused() {
    let provider = Provider::new();
    let (token, keys) = (provider.token(&claims()), provider.keys());
    for position in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[position] = if changed[position] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(verify(&changed, &keys).is_err(), "{position}");
    }
}

#[test]
fn what_is_no_token_is_malformed() {
    let provider = Provider::new();
    let keys = provider.keys();
    let long = "a".repeat(20_001);
    for text in ["", ".", "..", "a.b.c", "e30.e30.", "e30.e30.e30", "a.b.c.d.e", &long] {
        assert_eq!(verify(text, &keys), Err(WebIdentityError::Malformed), "{text:.20}");
    }
    let twice = r#"{"iss":"https://login.example/realm","iss":"https://evil.example"}"#;
    let head = encode(r#"{"alg":"ES256"}"#);
    let text = format!("{head}.{}.AAAA", encode(twice));
    assert_eq!(verify(&text, &keys), Err(WebIdentityError::Malformed));
}

#[test]
fn key_sets_are_limited() {
    for bad in ["", "[]", "{}", r#"{"keys":{}}"#] {
        assert!(KeySet::parse(bad.as_bytes()).is_err(), "{bad}");
    }
    let many = json!({"keys": vec![json!({}); 201]}).to_string();
    assert!(KeySet::parse(many.as_bytes()).is_err());
    let large = format!("{{\"keys\":[],\"x\":\"{}\"}}", "x".repeat(128 * 1024));
    assert!(KeySet::parse(large.as_bytes()).is_err());
}

proptest! {
    #[test]
    fn no_text_ends_the_program(text in ".{0,200}", head in "[a-zA-Z0-9_-]{0,40}") {
        let _ = UnverifiedToken::parse(&text);
        let _ = UnverifiedToken::parse(&format!("{head}.{head}.{head}"));
        let _ = KeySet::parse(text.as_bytes());
    }
}
