//! TLS from files: what it speaks, how it is renewed, and what a handshake may cost.

use std::fs;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::client::Key;
use super::harness::{Place, Server, eventually, read_to_end};

/// A certificate that signed itself, with its key, in files.
pub(crate) struct Certificate {
    pub(crate) directory: tempfile::TempDir,
}

impl Certificate {
    pub(crate) fn new() -> Self {
        let certificate = Self { directory: tempfile::tempdir().unwrap() };
        certificate.renew();
        certificate
    }

    /// Puts another pair in the place of the old one.
    fn renew(&self) {
        let names = ["127.0.0.1".to_owned(), "localhost".to_owned()];
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        fs::write(self.certificate(), made.cert.pem()).unwrap();
        fs::write(self.key(), made.signing_key.serialize_pem()).unwrap();
    }

    pub(crate) fn certificate(&self) -> PathBuf {
        self.directory.path().join("certificate.pem")
    }

    fn key(&self) -> PathBuf {
        self.directory.path().join("key.pem")
    }

    /// Starts a server that speaks TLS with it.
    pub(crate) fn serve(&self, place: &Place, arguments: &[&str]) -> Server {
        let (certificate, key) = (self.certificate(), self.key());
        let [certificate, key] = [&certificate, &key].map(|path| path.to_str().unwrap());
        let tls = ["--tls-certificate", certificate, "--tls-private-key", key];
        place.serve_with(&[&tls, arguments].concat(), &[])
    }
}

/// What curl gets: the protocol's version and the status, or `0 000`; and the body.
fn curl(trusted: &Certificate, url: &str, arguments: &[&str]) -> (String, Vec<u8>) {
    let body = trusted.directory.path().join("body");
    let _ = fs::remove_file(&body);
    let output = Command::new("curl")
        .args(["--silent", "--show-error", "--max-time", "60", "--noproxy", "*"])
        .args(["--write-out", "%{http_version} %{http_code}"])
        .arg("--cacert")
        .arg(trusted.certificate())
        .arg("--output")
        .arg(&body)
        .args(arguments)
        .arg(url)
        .output()
        .unwrap_or_else(|error| panic!("these tests need curl: {error}"));
    let status = String::from_utf8(output.stdout).unwrap();
    (status, fs::read(&body).unwrap_or_default())
}

/// The same for a signed request without a body of its own.
fn signed(
    key: &Key,
    (trusted, server): (&Certificate, &Server),
    (method, path): (&str, &str),
    arguments: &[&str],
) -> (String, Vec<u8>) {
    let fields = key.signature(server, method, path);
    let fields: Vec<String> =
        fields.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let mut all = vec!["--request", method];
    for field in &fields {
        all.extend(["--header", field]);
    }
    all.extend(arguments);
    curl(trusted, &format!("https://{}{path}", server.address), &all)
}

#[test]
fn both_protocols_and_both_versions() {
    let (place, certificate) = (Place::new(), Certificate::new());
    let server = certificate.serve(&place, &[]);
    assert!(server.output().starts_with("listening on https://127.0.0.1:"), "{}", server.output());
    let key = Key::of_first_start(&server);
    let to = (&certificate, &server);
    assert_eq!(signed(&key, to, ("PUT", "/some-bucket"), &[]).0, "2 200");
    let content: Vec<u8> = (0..3_000_000_u32).flat_map(u32::to_le_bytes).collect();
    let file = certificate.directory.path().join("content");
    fs::write(&file, &content).unwrap();
    let upload = ["--upload-file", file.to_str().unwrap()];
    for (http, version) in [("--http1.1", "1.1"), ("--http2", "2")] {
        for tls in [&["--tlsv1.2", "--tls-max", "1.2"][..], &["--tlsv1.3"]] {
            let all = |more: &[&'static str]| [&[http][..], tls, more].concat();
            let path = format!("/some-bucket/{version}");
            let sent: Vec<&str> = all(&[]).into_iter().chain(upload).collect();
            let (status, answer) = signed(&key, to, ("PUT", &path), &sent);
            assert_eq!(status, format!("{version} 200"), "{}", String::from_utf8_lossy(&answer));
            let (status, received) = signed(&key, to, ("GET", &path), &all(&[]));
            assert_eq!(status, format!("{version} 200"));
            assert!(received == content, "{http} {tls:?} changed the bytes");
        }
    }
    // What neither side speaks any more.
    let old = ["--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0"];
    assert_eq!(curl(&certificate, &format!("https://{}/", server.address), &old).0, "0 000");
}

#[test]
fn plain_text_gets_no_answer() {
    let (place, certificate) = (Place::new(), Certificate::new());
    let server = certificate.serve(&place, &[]);
    let mut stream = server.connect();
    stream.write_all(b"GET /_grantry/health/live HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    // An alert of TLS, and the end.
    let _ = stream.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
}

#[test]
fn conditions_see_the_connection() {
    let (place, certificate) = (Place::new(), Certificate::new());
    let server = certificate.serve(&place, &[]);
    let key = Key::of_first_start(&server);
    let to = (&certificate, &server);
    signed(&key, to, ("PUT", "/some-bucket"), &[]);
    signed(&key, to, ("PUT", "/some-bucket/key"), &["--data", "12345"]);
    let deny = |condition: &str| {
        let policy = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Principal":"*",
               "Action":"s3:GetObject","Resource":"arn:aws:s3:::some-bucket/*",
               "Condition":{condition}}}]}}"#
        );
        let (status, answer) =
            signed(&key, to, ("PUT", "/some-bucket?policy="), &["--data", &policy]);
        assert_eq!(status, "2 204", "{}", String::from_utf8_lossy(&answer));
    };
    let get = |more: &[&str]| signed(&key, to, ("GET", "/some-bucket/key"), more).0;
    for (condition, old, new) in [
        (r#"{"NumericLessThan":{"s3:TlsVersion":"1.3"}}"#, "2 403", "2 200"),
        (r#"{"NumericEquals":{"s3:TlsVersion":"1.3"}}"#, "2 200", "2 403"),
        (r#"{"Bool":{"aws:SecureTransport":"false"}}"#, "2 200", "2 200"),
        (r#"{"Bool":{"aws:SecureTransport":"true"}}"#, "2 403", "2 403"),
    ] {
        deny(condition);
        assert_eq!(get(&["--tls-max", "1.2"]), old, "{condition}");
        assert_eq!(get(&["--tlsv1.3"]), new, "{condition}");
    }
    // What a stranger says of a secure connection does not count either.
    assert_eq!(get(&["--header", "X-Forwarded-Proto: http"]), "2 403");
}

#[test]
fn a_new_certificate_is_used_and_a_damaged_one_is_not() {
    let (place, certificate) = (Place::new(), Certificate::new());
    let server = certificate.serve(&place, &[]);
    let live = format!("https://{}/_grantry/health/live", server.address);
    let old = Certificate::new();
    fs::copy(certificate.certificate(), old.certificate()).unwrap();
    assert_eq!(curl(&old, &live, &[]).0, "2 200");
    certificate.renew();
    eventually("the new certificate is used", || curl(&certificate, &live, &[]).0 == "2 200");
    assert_eq!(curl(&old, &live, &[]).0, "0 000", "the old one is still used");

    let good = Certificate::new();
    fs::copy(certificate.certificate(), good.certificate()).unwrap();
    fs::write(certificate.certificate(), "damaged").unwrap();
    let message = "cannot use the new certificate; the old one stays";
    eventually("the damage is logged", || server.log().contains(message));
    assert_eq!(curl(&good, &live, &[]).0, "2 200");
}

#[test]
fn a_start_with_unusable_files_fails() {
    let (place, certificate) = (Place::new(), Certificate::new());
    fs::write(certificate.key(), "").unwrap();
    let (pem, key) = (certificate.certificate(), certificate.key());
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--tls-certificate"];
    let files = [pem.to_str().unwrap(), "--tls-private-key", key.to_str().unwrap()];
    let message = place.fail(&[&arguments[..], &files].concat(), 1);
    assert!(message.contains("there is no private key in the key file"), "{message}");
}

/// Slow handshakes hold a slot, and no longer than slow heads do.
#[test]
fn a_handshake_takes_a_slot_and_has_a_time_limit() {
    let (place, certificate) = (Place::new(), Certificate::new());
    let limits = ["--connections-max", "1", "--header-timeout-seconds", "2"];
    let server = certificate.serve(&place, &limits);
    let began = Instant::now();
    // A record that promises more than comes.
    let mut silent = server.connect();
    silent.write_all(&[22, 3, 1, 2, 0, 1]).unwrap();
    let live = format!("https://{}/_grantry/health/live", server.address);
    assert_eq!(curl(&certificate, &live, &[]).0, "2 200");
    assert!(began.elapsed() >= Duration::from_secs(2), "{:?}", began.elapsed());
    assert_eq!(read_to_end(silent), "");
}

#[test]
fn a_handshake_does_not_keep_the_server_from_stopping() {
    let (place, certificate) = (Place::new(), Certificate::new());
    let mut server = certificate.serve(&place, &[]);
    let _silent = server.connect();
    std::thread::sleep(Duration::from_millis(100));
    let began = Instant::now();
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}
