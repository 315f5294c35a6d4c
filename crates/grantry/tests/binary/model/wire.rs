//! A connection that is kept, and documents taken apart: as little of a client as the model needs.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use identity::sign::{Signer, header};
use identity::uri::{encode_path, encode_query};
use identity::{HeaderField, PayloadDeclaration, SecretAccessKey, SignedRequest};
use md5::{Digest as _, Md5};

use crate::client::{Key, now};
use crate::harness::Server;

/// The server went away; whether it did what it was asked is not known.
#[derive(Debug)]
pub(crate) struct Lost;

/// A request before it is signed.
#[derive(Default)]
pub(crate) struct Ask {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Ask {
    pub(crate) fn new(method: &'static str, bucket: &str, key: &str) -> Self {
        let path = match key {
            "" => format!("/{bucket}"),
            key => format!("/{bucket}/{}", encode_path(key.as_bytes())),
        };
        Self { method, path, ..Self::default() }
    }

    pub(crate) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    pub(crate) fn version(self, id: Option<&str>) -> Self {
        match id {
            Some(id) => self.query("versionId", id),
            None => self,
        }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Sends this body, with its digest: writes into buckets with Object Lock need one.
    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        let digest = BASE64.encode(Md5::digest(&self.body));
        self.header("content-md5", digest)
    }
}

/// What was answered.
pub(crate) struct Reply {
    pub(crate) status: u16,
    headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    pub(crate) fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap()
    }

    /// The code of an error; empty for a success or a bodiless answer.
    pub(crate) fn code(&self) -> &str {
        if self.status < 400 { "" } else { first(self.text(), "Code").unwrap_or_default() }
    }
}

/// One connection of one key.
pub(crate) struct Connection<'s> {
    stream: BufReader<TcpStream>,
    host: String,
    key: &'s Key,
    secret: SecretAccessKey,
}

impl<'s> Connection<'s> {
    pub(crate) fn open(server: &Server, key: &'s Key) -> Self {
        let stream = server.connect();
        stream.set_nodelay(true).unwrap();
        Self {
            stream: BufReader::new(stream),
            host: server.address.to_string(),
            key,
            secret: SecretAccessKey::parse(&key.secret).unwrap(),
        }
    }

    pub(crate) fn send(&mut self, ask: &Ask) -> Result<Reply, Lost> {
        let query: Vec<_> = ask
            .query
            .iter()
            .map(|(name, value)| format!("{name}={}", encode_query(value.as_bytes())))
            .collect();
        let query = query.join("&");
        let mut fields = vec![HeaderField { name: "host", value: self.host.as_bytes() }];
        fields.extend(
            ask.headers.iter().map(|(name, value)| HeaderField { name, value: value.as_bytes() }),
        );
        let request = SignedRequest {
            method: ask.method,
            raw_path: &ask.path,
            raw_query: &query,
            headers: &fields,
        };
        let signer = Signer {
            access_key_id: &self.key.id,
            secret: &self.secret,
            security_token: None,
            region: "us-east-1",
            signed_at: now(),
        };
        let signature = header(&signer, &request, PayloadDeclaration::Unsigned).headers;
        let target =
            if query.is_empty() { ask.path.clone() } else { format!("{}?{query}", ask.path) };
        let mut head = format!("{} {target} HTTP/1.1\r\nhost: {}\r\n", ask.method, self.host);
        let all = ask.headers.iter().chain(&signature);
        for (name, value) in all {
            head.extend([name, ": ", value, "\r\n"]);
        }
        head.extend(["content-length: ", &ask.body.len().to_string(), "\r\n\r\n"]);
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&ask.body);
        self.stream.get_mut().write_all(&bytes).map_err(|_| Lost)?;
        self.receive(ask.method == "HEAD").map_err(|_| Lost)
    }

    fn receive(&mut self, is_bodiless: bool) -> std::io::Result<Reply> {
        let mut line = || {
            let mut line = String::new();
            match self.stream.read_line(&mut line)? {
                0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
                _ => Ok::<_, std::io::Error>(line.trim_end().to_owned()),
            }
        };
        let status = line()?.split(' ').nth(1).unwrap().parse().unwrap();
        let mut headers = BTreeMap::new();
        loop {
            let field = line()?;
            let Some((name, value)) = field.split_once(": ") else { break };
            headers.insert(name.to_ascii_lowercase(), value.to_owned());
        }
        let length = match headers.get("content-length") {
            Some(length) if !is_bodiless && status != 204 => length.parse().unwrap(),
            _ => 0,
        };
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok(Reply { status, headers, body })
    }
}

/// The entity tag of these bytes.
pub(crate) fn etag(body: &[u8]) -> String {
    hex(&Md5::digest(body))
}

/// The entity tag of an upload of one part with these bytes.
pub(crate) fn etag_of_upload(body: &[u8]) -> String {
    format!("{}-1", hex(&Md5::digest(Md5::digest(body))))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

/// The contents of every element with this name, in order; none of them contains itself.
pub(crate) fn all<'t>(text: &'t str, name: &str) -> Vec<&'t str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    text.split(&open).skip(1).map(|rest| rest.split_once(&close).unwrap().0).collect()
}

/// The content of the first element with this name.
pub(crate) fn first<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    Some(text.split_once(&open)?.1.split_once(&close)?.0)
}

/// Resolves what documents escape.
pub(crate) fn unescape(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    text.replace("&amp;", "&")
}

/// The opposite of [`unescape`].
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
