//! Published weaknesses of S3 servers, against the real binary, one file a class.
//!
//! Each entry of the classes below has a test named after it, here or beside the code; a test fails
//! when its guard is taken out. Entries about what this server does not have are named in the last
//! column.
//!
//! **A. A signature not, or not wholly, verified** ([`signatures`]; `advisories` of
//! `identity/src/signature/tests/`; `identity/src/signature/chunked/tests.rs`)
//!
//! | entry | test |
//! |---|---|
//! | MinIO CVE-2020-11012 | `minio_cve_2020_11012_…` |
//! | MinIO CVE-2025-31489, CVE-2026-40344 | `minio_cve_2025_31489_…`, `minio_cve_2026_40344_…`, here and in `advisories` |
//! | MinIO CVE-2026-41145 | `minio_cve_2026_41145_…`, here and in `advisories` |
//! | MinIO CVE-2021-21390, SeaweedFS 2180 | in `chunked/tests.rs` |
//! | SeaweedFS 7912 | `seaweedfs_7912_…`, here and in `advisories` |
//! | lakeFS CVE-2025-68671, floci 1841, ministack 1232 | in `advisories` |
//! | SeaweedFS 88ac2d043, 689b5b61b | in `advisories`; the first also here |
//! | versitygw df74e7fd | `versitygw_df74e7fd_…`, here and in `advisories` |
//! | Garage 6d33e721, RustFS GHSA-3p3x | in `advisories`; the comparison is `subtle`'s |
//! | SeaweedFS ac524e140, RustFS GHSA-5qfg, Ceph CVE-2024-48916, MinIO CVE-2026-33322 | tokens of identity providers are not accepted at all: `unknown_scheme` of `mechanism_errors` |
//!
//! **C. Decided about one thing, acted on another** ([`resources`])
//!
//! | entry | test |
//! |---|---|
//! | Ceph CVE-2023-43040 | `ceph_cve_2023_43040_…`, here and in `object/post/policy/tests.rs` |
//! | MinIO CVE-2023-28434, CVE-2023-28433 | `minio_cve_2023_28433_…` |
//! | SeaweedFS CVE-2026-54917, CVE-2026-55874 | `seaweedfs_cve_2026_54917_…` |
//! | versitygw cd0b4e6d, 67aaa80d, eecc1a77 | `versitygw_67aaa80d_…`; `the_key_is_held_to_the_rules_of_any_key` of `object/post/fields.rs` |
//! | SeaweedFS 311bc3a6d, 0ad83d506 | `seaweedfs_311bc3a6d_…` |
//! | RustFS GHSA-8r6f, rclone GHSA-8v25, lakeFS CVE-2026-26187, MinIO CVE-2026-42600, RustFS GHSA-pq29 | `rustfs_ghsa_8r6f_…`: no path is made of a key |
//! | RustFS GHSA-f4vq | archives are not unpacked here |
//! | s3-proxy CVE-2026-42882 | `s3_proxy_cve_2026_42882_…`, here and in `advisories` |
//!
//! **D. A value of the client's believed** ([`client_values`])
//!
//! | entry | test |
//! |---|---|
//! | RustFS CVE-2026-21862 | in `forwarded.rs` |
//! | RustFS GHSA-6r96 | `rustfs_ghsa_6r96_…` |
//! | SeaweedFS cce98fcec | `seaweedfs_cce98fcec_…` |
//! | MinIO CVE-2021-43858 | `minio_cve_2021_43858_…` |
//! | MinIO CVE-2026-34204 | `minio_cve_2026_34204_…` |
//! | Ceph CVE-2020-10753, 2021-3524, 2015-5245 | `ceph_cve_2020_10753_…` |
//! | Ceph CVE-2020-1760, 2016-9579 | `ceph_cve_2020_1760_…` |
//! | MinIO CVE-2021-21287, SeaweedFS CVE-2026-73080 | the server opens no connections |
//!
//! **F. Crash, exhaustion, false durability** ([`crashes`])
//!
//! | entry | test |
//! |---|---|
//! | Ceph CVE-2016-8626, 2018-7262, 2019-10222, 2019-19337, 2020-12059, 2022-3854, 2024-47866; RustFS GHSA-gw2x | `ceph_cve_2020_12059_…`; the fuzz targets |
//! | versitygw GHSA-v2ch, 422b5a70, 4ef090db | `versitygw_…`; `one_rule_with_one_known_value` of `bucket/ownership.rs` |
//! | MinIO CVE-2022-31028, Ceph CVE-2019-3821, 2020-1700 | in `connections.rs` and `hostile.rs` |
//! | MinIO CVE-2026-39414, Ceph CVE-2018-16846 | `minio_cve_2026_39414_…`, `ceph_cve_2018_16846_…` |
//! | quick-xml RUSTSEC-2026-0194, 0195 | `rustsec_2026_0194_…` |
//! | RustFS GHSA-xrrf | `rustfs_ghsa_xrrf_…` |
//! | RustFS GHSA-j548 | damaged rows are errors: `meta`'s tests of damaged rows |

mod client_values;
mod crashes;
mod resources;
mod signatures;

use std::io::Write;

use identity::sign::{Signer, header};
use identity::{HeaderField, PayloadDeclaration, SecretAccessKey, SignedRequest};

use super::client::{Key, now};
use super::harness::{Place, Server, read_to_end};

/// A server whose new buckets know ACLs and may be public, with a bucket of its first account.
pub(super) struct Site {
    place: Place,
    server: Server,
    key: Key,
}

impl Site {
    pub(super) fn new() -> Self {
        let place = Place::new();
        let old = [
            "--new-buckets-block-public-access",
            "none",
            "--new-buckets-object-ownership",
            "ObjectWriter",
        ];
        let server = place.serve_with(&old, &[]);
        let key = Key::of_first_start(&server);
        let site = Self { place, server, key };
        assert_eq!(site.signed("PUT", "/some-bucket", &[], "").status, 200);
        site
    }

    /// A bucket in which everybody may write.
    pub(super) fn open_bucket(&self, name: &str) {
        let acl = [("x-amz-acl", "public-read-write")];
        assert_eq!(self.signed("PUT", &format!("/{name}"), &acl, "").status, 200);
    }

    fn put(&self, target: &str, body: &str) {
        let answer = self.signed("PUT", target, &[], body);
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    /// The keys of a bucket, in order.
    fn keys(&self, bucket: &str) -> Vec<String> {
        let page = self.signed("GET", &format!("/{bucket}"), &[], "").body;
        let parts = page.split("<Key>").skip(1);
        parts.map(|part| part.split("</Key>").next().unwrap().to_owned()).collect()
    }

    /// The answer to a request of the first account; all fields are signed.
    fn signed(&self, method: &str, target: &str, fields: &[(&str, &str)], body: &str) -> Answer {
        let head = self.signed_head(method, target, fields, PayloadDeclaration::Unsigned);
        self.send(&format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()))
    }

    /// The head of a signed request, without the empty line that ends it.
    fn signed_head(
        &self,
        method: &str,
        target: &str,
        fields: &[(&str, &str)],
        payload: PayloadDeclaration,
    ) -> String {
        let (raw_path, raw_query) = target.split_once('?').unwrap_or((target, ""));
        let host = self.server.address.to_string();
        let mut signed = vec![HeaderField { name: "host", value: host.as_bytes() }];
        signed.extend(
            fields.iter().map(|(name, value)| HeaderField { name, value: value.as_bytes() }),
        );
        let request = SignedRequest { method, raw_path, raw_query, headers: &signed };
        let signer = Signer {
            access_key_id: &self.key.id,
            secret: &SecretAccessKey::parse(&self.key.secret).unwrap(),
            security_token: None,
            region: "us-east-1",
            signed_at: now(),
        };
        let signature = header(&signer, &request, payload);
        let added = signature.headers.iter().map(|(name, value)| (*name, value.as_str()));
        self.head(method, target, &fields.iter().copied().chain(added).collect::<Vec<_>>())
    }

    fn head(&self, method: &str, target: &str, fields: &[(&str, &str)]) -> String {
        let mut head = format!(
            "{method} {target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n",
            self.server.address
        );
        for (name, value) in fields {
            head = format!("{head}{name}: {value}\r\n");
        }
        head
    }

    /// The answer to a request of nobody.
    pub(super) fn anonymous(
        &self,
        method: &str,
        target: &str,
        fields: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let head = self.head(method, target, fields);
        self.send(&format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()))
    }

    /// The answer to exactly these bytes.
    fn send(&self, request: &str) -> Answer {
        let mut stream = self.server.connect();
        stream.write_all(request.as_bytes()).unwrap();
        Answer::read(&read_to_end(stream))
    }

    /// The server answers, as if nothing had happened.
    #[track_caller]
    pub(super) fn is_well(&self) {
        let answer = self.server.request("GET /_grantry/health/live HTTP/1.1");
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}\n{}", self.server.log());
    }
}

/// A form upload with these fields and a file, as a browser sends it.
fn form(fields: &[(&str, &str)], file: &str) -> (&'static str, String) {
    let mut body = String::new();
    for (name, value) in fields {
        body = format!(
            "{body}--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        );
    }
    body = format!(
        "{body}--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n{file}\r\n--b--\r\n"
    );
    ("multipart/form-data; boundary=b", body)
}

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn read(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        let status = head.split(' ').nth(1).unwrap_or_default().parse().unwrap_or(0);
        Self { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }

    pub(super) fn code(&self) -> &str {
        let after = self.body.split("<Code>").nth(1).unwrap_or_default();
        after.split("</Code>").next().unwrap()
    }
}
