//! What a profile knows about an application: where its files go and what its uploads look like.

use std::fmt;
use std::path::PathBuf;

use crate::config::{Format, Layers, Origin};
use crate::s3::{Addressing, Credentials, Target};

/// A version of an application; parts that nobody gave are 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Version(pub u32, pub u32, pub u32);

impl Version {
    /// Reads `4.3.8`, `v4.3.8`, `4.3.8+glitch`, `4.4.0-rc1`, `4`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches('v');
        let mut parts = text.split(['.', '-', '+']);
        let first = parts.next()?.parse().ok()?;
        let mut next = || parts.next().and_then(|part| part.parse().ok()).unwrap_or(0);
        Some(Self(first, next(), next()))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// One kind of upload, by the ACL that it carries.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct UploadAcl {
    /// The value of `x-amz-acl`; none if no header is sent, empty if an empty one is.
    pub acl: Option<String>,
    /// What is uploaded that way.
    pub purpose: String,
}

impl UploadAcl {
    /// A kind of upload.
    pub fn new(acl: Option<&str>, purpose: &str) -> Self {
        Self { acl: acl.map(ToOwned::to_owned), purpose: purpose.to_owned() }
    }
}

/// A prefix below which the application keeps files.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct MediaPrefix {
    /// The prefix, with a slash at its end; empty for the whole bucket.
    pub prefix: String,
    /// Whether the public reads what is below it.
    pub is_public: bool,
}

impl MediaPrefix {
    /// A prefix that the public reads.
    pub fn public(prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), is_public: true }
    }

    /// A prefix that the public does not read.
    pub fn private(prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), is_public: false }
    }
}

/// A base of URLs under which the public reads.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct PublicUrl {
    /// What it is: `alias`, `direct`.
    pub kind: PublicUrlKind,
    /// The URL in front of a key, with a slash at its end.
    pub base: String,
}

/// Whose host a public URL has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PublicUrlKind {
    /// The application's own name for its media: a CDN or a proxy.
    Alias,
    /// The store itself.
    Direct,
}

/// How uploads prove that they are complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChecksumMode {
    /// `Content-MD5`, as SDKs did before 2025.
    ContentMd5,
    /// `x-amz-checksum-crc32` with the request's head.
    Crc32,
    /// The SHA-256 of the signature only.
    None,
}

/// Where the database is.
#[derive(Clone, PartialEq, Eq)]
pub struct Database {
    /// `postgres://…`, if the application has one; it wins.
    pub url: Option<String>,
    /// Host name, or a directory with a socket.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Name of the database.
    pub name: String,
    /// Role.
    pub user: String,
    /// Password; secret.
    pub password: String,
    /// `disable`, `prefer`, `require` …
    pub ssl_mode: String,
}

/// Without password and URL.
impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Database({}@{}:{}/{})", self.user, self.host, self.port, self.name)
    }
}

/// Where Redis is.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisAddress {
    /// `redis://…`, `rediss://…` or `unix://…`; secret, for it may have a password.
    pub url: String,
    /// Sentinels as `host:port`, and the name of their master, if they are used.
    pub sentinels: Vec<String>,
    /// The name of the sentinels' master.
    pub sentinel_master: Option<String>,
    /// User and password of the sentinels, if they have any; secret.
    pub sentinel_login: Option<(String, String)>,
    /// What stands before every key, without colon.
    pub namespace: Option<String>,
}

/// Without secrets.
impl fmt::Debug for RedisAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisAddress")
            .field("sentinels", &self.sentinels)
            .field("namespace", &self.namespace)
            .finish_non_exhaustive()
    }
}

/// How the application sends mail.
#[derive(Clone, PartialEq, Eq)]
pub struct Smtp {
    /// Host name.
    pub server: String,
    /// Port.
    pub port: u16,
    /// User name, if it logs in.
    pub login: Option<String>,
    /// Password; secret.
    pub password: Option<String>,
    /// Sender.
    pub from: Option<String>,
    /// Whether TLS comes before anything else.
    pub is_implicit_tls: bool,
    /// `auto`, `always` or `never`.
    pub starttls: String,
}

/// Without the password.
impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Smtp({}:{})", self.server, self.port)
    }
}

/// How serious a remark or finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// As it should be.
    Ok,
    /// Worth knowing.
    Info,
    /// Works today, and will hurt.
    Warning,
    /// Does not work.
    Failing,
}

/// What the configuration itself says, before anything is asked of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// How serious.
    pub severity: Severity,
    /// The name of the setting.
    pub setting: String,
    /// Where it stands.
    pub origin: Origin,
    /// What is wrong; never a secret.
    pub meaning: String,
    /// What it is now, if that may be shown.
    pub current: Option<String>,
    /// What it should be.
    pub proposed: Option<String>,
}

/// How the application is made to send no ACL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AclRemedy {
    /// A value in its configuration file, in the file's own notation.
    Setting {
        /// The name.
        name: String,
        /// What must stand there; none for "no value" (`null`).
        value: Option<String>,
    },
    /// Somebody has to do it by hand, as this text says.
    Instructions(String),
    /// There is no way: the bucket must take ACLs.
    Impossible(String),
    /// It sends none.
    NotNeeded,
}

/// One application as it is configured.
#[derive(Clone, Debug)]
pub struct Application {
    /// Name of the profile.
    pub profile: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// The application's version, if it is known.
    pub version: Option<Version>,
    /// `http://` or `https://`, host, perhaps port and path.
    pub endpoint: String,
    /// The region that is signed for.
    pub region: String,
    /// The bucket.
    pub bucket: String,
    /// How the bucket is named in requests.
    pub addressing: Addressing,
    /// Who asks; none if the SDK looks for credentials elsewhere (an instance role).
    pub credentials: Option<Credentials>,
    /// Where the secret stands.
    pub credentials_origin: Origin,
    /// The kinds of uploads, the most frequent first.
    pub upload_acls: Vec<UploadAcl>,
    /// Whether it calls PutObjectAcl later.
    pub changes_acls: bool,
    /// Headers of every upload besides the ACL, names in lower case.
    pub upload_headers: Vec<(String, String)>,
    /// `x-amz-storage-class`, if it is sent.
    pub storage_class: Option<String>,
    /// Where files go.
    pub media_prefixes: Vec<MediaPrefix>,
    /// Directories in which probes are written, with a slash at their ends; the first is used most.
    pub probe_directories: Vec<String>,
    /// A directory that only its owner may read, if there is one.
    pub private_probe_directory: Option<String>,
    /// Where the public reads, the application's own way first.
    pub public_urls: Vec<PublicUrl>,
    /// Files of at least this size are sent in parts.
    pub multipart_threshold_bytes: u64,
    /// How uploads prove that they are complete.
    pub checksum: ChecksumMode,
    /// URL of the web application itself.
    pub web_url: Option<String>,
    /// Its database.
    pub database: Option<Database>,
    /// Its Redis with Sidekiq's queues.
    pub redis: Option<RedisAddress>,
    /// Its way of sending mail.
    pub smtp: Option<Smtp>,
    /// Services of systemd to restart after a change.
    pub services: Vec<String>,
    /// Everything that was read, the strongest first.
    pub layers: Layers,
    /// The file in which the operator should change settings.
    pub main_file: Option<PathBuf>,
    /// How that file is written.
    pub format: Format,
    /// What the configuration itself says.
    pub remarks: Vec<Remark>,
    /// How ACLs are stopped.
    pub acl_remedy: AclRemedy,
    /// Other settings that carry an ACL and are stopped in the same way.
    pub acl_settings: Vec<String>,
    /// Names of the settings whose values are secrets.
    pub secret_settings: Vec<&'static str>,
}

impl Application {
    /// The bucket as a client sees it.
    pub fn target(&self) -> Target {
        Target {
            endpoint: self.endpoint.clone(),
            region: self.region.clone(),
            bucket: self.bucket.clone(),
            addressing: self.addressing,
            credentials: self.credentials.clone(),
        }
    }

    /// The headers of one kind of upload, with its ACL and storage class.
    pub fn headers_of(&self, upload: &UploadAcl) -> Vec<(String, String)> {
        let mut headers = self.upload_headers.clone();
        headers.extend(upload.acl.clone().map(|acl| ("x-amz-acl".to_owned(), acl)));
        headers.extend(
            self.storage_class.clone().map(|class| ("x-amz-storage-class".to_owned(), class)),
        );
        headers
    }

    /// The prefixes that the public reads.
    pub fn public_prefixes(&self) -> impl Iterator<Item = &str> {
        let public = self.media_prefixes.iter().filter(|prefix| prefix.is_public);
        public.map(|prefix| prefix.prefix.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number() {
        let version = |text| Version::parse(text).unwrap();
        assert!(version("4.10.0") > version("v4.9.1"));
        assert_eq!(version("4.3.8+glitch"), Version(4, 3, 8));
        assert_eq!(version("4.4.0-rc1"), Version(4, 4, 0));
        assert_eq!(version("4").to_string(), "4.0.0");
        assert_eq!(Version::parse("main"), None);
    }
}
