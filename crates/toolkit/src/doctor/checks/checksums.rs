//! C-16: whether the store takes what current SDKs send.

use bytes::Bytes;
use sha2::Digest as _;

use crate::application::{ChecksumMode, Severity};
use crate::doctor::Context;
use crate::doctor::finding::Finding;
use crate::http::Exchange;
use crate::s3::{Body, ObjectVersion, crc32_base64, md5_base64};

const FIX: &str = "add AWS_REQUEST_CHECKSUM_CALCULATION=when_required and \
    AWS_RESPONSE_CHECKSUM_VALIDATION=when_required, and restart";

/// Tries each way of proving that a body is complete.
pub async fn check(context: &Context<'_>) -> Vec<Finding> {
    let image = context.probes.image();
    let mut failed: Vec<(&str, Exchange)> = Vec::new();
    for (name, headers, body) in variants(&image) {
        let (put, got) = round_trip(context, &headers, body).await;
        if !put.is_success() {
            failed.push((name, put));
        } else if got.is_success() && got.body() != image {
            failed.push((name, got));
        }
    }
    failed.extend(parts(context, &image).await);
    failed.extend(deletion(context).await);
    let is_new = |name: &str| !name.contains("Content-MD5");
    let breaks_now = failed.iter().any(|(name, _)| match context.application.checksum {
        ChecksumMode::Crc32 => is_new(name),
        ChecksumMode::ContentMd5 => !is_new(name),
        ChecksumMode::None => false,
    });
    if failed.is_empty() {
        let text = "CRC32 in a header, CRC32 in a trailer and Content-MD5 are all taken";
        return vec![Finding::ok("C-16", text)];
    }
    let names: Vec<&str> = failed.iter().map(|(name, _)| *name).collect();
    let severity = if breaks_now { Severity::Failing } else { Severity::Warning };
    let when = if breaks_now {
        "which is what the application sends"
    } else {
        "which the application does not send yet (Mastodon does from 4.5 on)"
    };
    let meaning = format!("the store does not take {}, {when}", names.join(", "));
    vec![
        Finding::new("C-16", severity, meaning)
            .fix(FIX)
            .all_seen(failed.iter().map(|(_, exchange)| exchange)),
    ]
}

type Variant = (&'static str, Vec<(String, String)>, Body);

fn variants(bytes: &Bytes) -> [Variant; 3] {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let crc = vec![
        pair("x-amz-sdk-checksum-algorithm", "CRC32"),
        pair("x-amz-checksum-crc32", &crc32_base64(bytes)),
    ];
    let trailer = vec![pair("x-amz-sdk-checksum-algorithm", "CRC32")];
    let md5 = vec![pair("content-md5", &md5_base64(bytes))];
    [
        ("CRC32 in a header", crc, Body::Plain(bytes.clone())),
        ("aws-chunked with CRC32 in the trailer", trailer, Body::ChunkedWithTrailer(bytes.clone())),
        ("Content-MD5", md5, Body::Plain(bytes.clone())),
    ]
}

async fn round_trip(
    context: &Context<'_>,
    headers: &[(String, String)],
    body: Body,
) -> (Exchange, Exchange) {
    let directory = context.application.probe_directories.first().cloned().unwrap_or_default();
    let key = context.probes.key(&directory);
    let mut all = context.application.upload_headers.clone();
    all.extend_from_slice(headers);
    let put = context.probes.put_body(&key, &all, body).await;
    let got = context.client.get_object(&key).await;
    (put, got)
}

/// The same for parts.
async fn parts(context: &Context<'_>, image: &Bytes) -> Vec<(&'static str, Exchange)> {
    let directory = context.application.probe_directories.first().cloned().unwrap_or_default();
    let key = context.probes.key(&directory);
    let (_, id) = context.client.create_upload(&key, &[("content-type", "image/png")]).await;
    let Some(id) = id else { return Vec::new() };
    context.probes.remember_upload(&key, &id);
    let names = [
        "a part with CRC32 in a header",
        "a part with CRC32 in the trailer",
        "a part with Content-MD5",
    ];
    let mut failed = Vec::new();
    for (name, (number, (_, headers, body))) in names.into_iter().zip((1..).zip(variants(image))) {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (&**name, &**value)).collect();
        let sent = context.client.upload_part(&key, &id, number, body, &headers).await;
        if !sent.is_success() {
            failed.push((name, sent));
        }
    }
    failed
}

/// DeleteObjects needs a checksum; older stores know Content-MD5 only.
async fn deletion(context: &Context<'_>) -> Option<(&'static str, Exchange)> {
    let directory = context.application.probe_directories.first().cloned().unwrap_or_default();
    let key = context.probes.key(&directory);
    context.probes.remember(&key);
    let objects = [ObjectVersion { key, version_id: None }];
    let crc = |document: &[u8]| ("x-amz-checksum-crc32", crc32_base64(document));
    let deleted = context.client.delete_objects(&objects, crc).await;
    // A store that is asked with CRC32 only and may not delete at all is told elsewhere.
    (!deleted.is_success() && deleted.status() != Some(403))
        .then_some(("DeleteObjects with CRC32 only", deleted))
}

/// The checksum that every store takes.
pub(super) fn md5_header(document: &[u8]) -> (&'static str, String) {
    (("content-md5"), md5_base64(document))
}

/// A digest for the parts of multipart uploads; unused bytes differ from each other.
pub(super) fn filler(length: usize) -> Bytes {
    let mut bytes = Vec::with_capacity(length + 32);
    let mut block = sha2::Sha256::digest(b"grantry");
    while bytes.len() < length {
        bytes.extend_from_slice(&block);
        block = sha2::Sha256::digest(block);
    }
    bytes.truncate(length);
    bytes.into()
}
