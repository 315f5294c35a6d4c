//! Which files are usable.

use super::*;

fn pair() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    (made.cert.pem(), made.signing_key.serialize_pem())
}

fn error(certificate: &str, key: &str) -> String {
    TlsConfig::from_pem(certificate.as_bytes(), key.as_bytes()).unwrap_err().to_string()
}

#[test]
fn a_certificate_and_its_key_are_read() {
    let (certificate, key) = pair();
    let config = TlsConfig::from_pem(certificate.as_bytes(), key.as_bytes()).unwrap();
    assert_eq!(config.0.alpn_protocols, [&b"h2"[..], b"http/1.1"]);
}

#[test]
fn whatever_else_is_refused_and_no_key_is_shown() {
    let (certificate, key) = pair();
    let (_, other_key) = pair();
    let half = key.split_at(key.len() / 2).0;
    assert!(error("", &key).contains("no certificate in"));
    assert!(error(&key, &key).contains("no certificate in"));
    assert!(error(&certificate, "").contains("no private key in"));
    assert!(error(&certificate, &certificate).contains("no private key in"));
    for message in [
        error(&certificate, &other_key),
        error(&certificate, half),
        error(certificate.split_at(certificate.len() / 2).0, &key),
    ] {
        let inner = key.lines().nth(1).unwrap().split_at(20).0;
        assert!(!message.contains(inner) && !message.is_empty(), "{message}");
    }
    assert!(error(&certificate, &other_key).contains("cannot be used"));
}
