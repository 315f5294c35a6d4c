//! A small S3 client, just enough to see whether a key works.

use std::io::Write;
use std::net::TcpStream;

use identity::sign::{Signer, header};
use identity::{HeaderField, PayloadDeclaration, SecretAccessKey, SignedRequest};
use model::Timestamp;

use super::harness::{Server, read_to_end};

/// An access key.
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl Key {
    pub(crate) fn new(id: &str, secret: &str) -> Self {
        Self { id: id.to_owned(), secret: secret.to_owned() }
    }

    /// The key that a first start printed.
    pub(crate) fn of_first_start(server: &Server) -> Self {
        Self::new(&server.exported("AWS_ACCESS_KEY_ID"), &server.exported("AWS_SECRET_ACCESS_KEY"))
    }

    /// Sends the head of a signed request with an unsigned body of this length.
    pub(crate) fn send_head(
        &self,
        server: &Server,
        method: &str,
        path: &str,
        body_length: usize,
    ) -> TcpStream {
        let mut stream = server.connect();
        let head = self.head(server, method, path, &[("Content-Length", &body_length.to_string())]);
        stream.write_all(head.as_bytes()).unwrap();
        stream
    }

    /// The head of a signed request, with further fields that are not signed.
    fn head(&self, server: &Server, method: &str, path: &str, fields: &[(&str, &str)]) -> String {
        let mut head = vec![
            format!("{method} {path} HTTP/1.1"),
            format!("Host: {}", server.address),
            "Connection: close".to_owned(),
        ];
        head.extend(fields.iter().map(|(name, value)| format!("{name}: {value}")));
        let signature = self.signature(server, method, path);
        head.extend(signature.iter().map(|(name, value)| format!("{name}: {value}")));
        format!("{}\r\n\r\n", head.join("\r\n"))
    }

    /// The header fields that sign a request with an unsigned body.
    pub(crate) fn signature(
        &self,
        server: &Server,
        method: &str,
        path: &str,
    ) -> Vec<(&'static str, String)> {
        let (raw_path, raw_query) = path.split_once('?').unwrap_or((path, ""));
        let host = server.address.to_string();
        let request = SignedRequest {
            method,
            raw_path,
            raw_query,
            headers: &[HeaderField { name: "host", value: host.as_bytes() }],
        };
        let signer = Signer {
            access_key_id: &self.id,
            secret: &SecretAccessKey::parse(&self.secret).unwrap(),
            security_token: None,
            region: "us-east-1",
            signed_at: now(),
        };
        header(&signer, &request, PayloadDeclaration::Unsigned).headers
    }

    /// The whole answer to a signed request.
    pub(crate) fn request(&self, server: &Server, method: &str, path: &str, body: &str) -> String {
        let mut stream = self.send_head(server, method, path, body.len());
        stream.write_all(body.as_bytes()).unwrap();
        read_to_end(stream)
    }

    /// The whole answer to a signed GET request with further fields that are not signed.
    pub(crate) fn get_with(&self, server: &Server, path: &str, fields: &[(&str, &str)]) -> String {
        let mut stream = server.connect();
        stream.write_all(self.head(server, "GET", path, fields).as_bytes()).unwrap();
        read_to_end(stream)
    }

    /// Whether the server takes requests that are signed with this key.
    pub(crate) fn works(&self, server: &Server) -> bool {
        let answer = self.request(server, "GET", "/", "");
        let refused = ["InvalidAccessKeyId", "SignatureDoesNotMatch"];
        let refused = refused.iter().any(|code| answer.contains(code));
        assert_ne!(answer.starts_with("HTTP/1.1 200"), refused, "{answer}");
        !refused
    }
}

pub(crate) fn now() -> Timestamp {
    let since_epoch = std::time::UNIX_EPOCH.elapsed().unwrap();
    Timestamp::from_unix_millis(since_epoch.as_millis().try_into().unwrap())
}
