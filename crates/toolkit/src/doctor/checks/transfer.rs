//! C-17, C-18, C-19: 100-continue, multipart uploads, deletion.

use crate::application::Severity;
use crate::doctor::checks::checksums::{filler, md5_header};
use crate::doctor::finding::Finding;
use crate::doctor::{Context, Known};
use crate::http::Exchange;
use crate::s3::{Body, ObjectVersion, UploadedPart};

/// The smallest part that is not the last. AWS: "Amazon S3 multipart upload limits".
const PART_BYTES: usize = 5 * 1024 * 1024;
/// Keys of one DeleteObjects request, which is what Mastodon's vacuum sends.
const BATCH: usize = 1000;

fn directory(context: &Context<'_>) -> String {
    context.application.probe_directories.first().cloned().unwrap_or_default()
}

/// C-17.
pub async fn expect(context: &Context<'_>) -> Option<Finding> {
    let key = context.probes.key(&directory(context));
    let mut headers = context.application.upload_headers.clone();
    headers.push(("expect".to_owned(), "100-continue".to_owned()));
    let put = context.probes.put(&key, &headers).await;
    Some(match put.timing.interim {
        Some(time) => {
            Finding::ok("C-17", format!("100 Continue comes after {} ms", time.as_millis()))
        }
        None if put.is_success() => Finding::new(
            "C-17",
            Severity::Info,
            "no 100 Continue comes: a proxy swallows it, and each upload waits for a second",
        )
        .seen(&put),
        None => return None,
    })
}

/// C-18.
pub async fn multipart(context: &Context<'_>) -> Vec<Finding> {
    let client = context.client;
    let key = context.probes.key(&directory(context));
    let headers = context.application.upload_headers.clone();
    let headers: Vec<_> = headers.iter().map(|(name, value)| (&**name, &**value)).collect();
    let (created, id) = client.create_upload(&key, &headers).await;
    let Some(id) = id else { return vec![refused(&created)] };
    context.probes.remember_upload(&key, &id);
    let mut parts = Vec::new();
    for (number, length) in [(1, PART_BYTES), (2, 1)] {
        let sent = client.upload_part(&key, &id, number, Body::Unsigned(filler(length)), &[]).await;
        let Some(etag) = sent.header("etag").filter(|_| sent.is_success()) else {
            return vec![refused(&sent)];
        };
        parts.push(UploadedPart { number, etag: etag.to_owned() });
    }
    let completed = client.complete_upload(&key, &id, &parts).await;
    context.probes.note_version(&key, &completed);
    // The answer may be a success with an error in it.
    let is_error = completed.document().is_some_and(|document| document.name == "Error");
    let head = client.head_object(&key, None).await;
    let length = head.header("content-length").and_then(|text| text.parse().ok());
    if !completed.is_success() || is_error || length != Some(PART_BYTES + 1) {
        return vec![refused(&completed).seen(&head)];
    }
    let mut findings = vec![Finding::ok("C-18", "an upload in two parts arrives").seen(&completed)];
    findings.extend(stale_uploads(context).await);
    findings
}

fn refused(exchange: &Exchange) -> Finding {
    Finding::new("C-18", Severity::Failing, "multipart uploads fail: large files do not arrive")
        .fix(
            "allow s3:AbortMultipartUpload and s3:PutObject; with Mastodon a higher S3_MULTIPART_THRESHOLD \
             (in bytes) avoids parts",
        )
        .seen(exchange)
}

async fn stale_uploads(context: &Context<'_>) -> Option<Finding> {
    let asked = context.client.get_bucket_setting("uploads").await;
    let document = asked.document().filter(|_| asked.is_success())?;
    let day = context.client.now().unix_seconds() - 24 * 60 * 60;
    let today = identity::dates::format_extended(model::Timestamp::from_unix_seconds(day));
    let stale = document
        .children_named("Upload")
        .filter(|upload| upload.text_of("Initiated").is_some_and(|begun| begun < today.as_str()))
        .count();
    (stale > 0).then(|| {
        Finding::new(
            "C-18",
            Severity::Info,
            format!("{stale} multipart uploads began more than a day ago and were never completed; they \
                are paid for"),
        )
        .fix("a lifecycle rule with AbortIncompleteMultipartUpload")
        .seen(&asked)
    })
}

/// C-19.
pub async fn deletion(context: &Context<'_>, known: &Known) -> Vec<Finding> {
    let directory = directory(context);
    let headers = context.application.upload_headers.clone();
    let key = context.probes.key(&directory);
    let put = context.probes.put(&key, &headers).await;
    if !put.is_success() {
        return Vec::new();
    }
    let mut asked = vec![context.client.delete_object(&key, None).await];
    if let Some(version) = put.header("x-amz-version-id") {
        asked.push(context.client.delete_object(&key, Some(version)).await);
    }
    let pair = [context.probes.key(&directory), context.probes.key(&directory)];
    for key in &pair {
        context.probes.put(key, &headers).await;
    }
    asked.push(context.client.delete_objects(&objects(&pair), md5_header).await);
    // On a versioned bucket each key would leave a delete marker.
    if known.has_versions == Some(false) {
        let many: Vec<String> = (0..BATCH).map(|_| context.probes.key(&directory)).collect();
        asked.push(context.client.delete_objects(&objects(&many), md5_header).await);
    }
    let is_refused = |exchange: &&Exchange| {
        let has_error =
            exchange.document().is_some_and(|document| document.child("Error").is_some());
        !exchange.is_success() || has_error
    };
    let refused: Vec<&Exchange> = asked.iter().filter(is_refused).collect();
    if refused.is_empty() {
        return vec![Finding::ok("C-19", "objects can be deleted, one by one and many at once")];
    }
    let meaning =
        "the application may not delete: replaced and old files stay, and vacuuming fails";
    vec![
        Finding::new("C-19", Severity::Failing, meaning)
            .fix("allow s3:DeleteObject (and s3:DeleteObjectVersion) to the application")
            .all_seen(refused),
    ]
}

fn objects(keys: &[String]) -> Vec<ObjectVersion> {
    keys.iter().map(|key| ObjectVersion { key: key.clone(), version_id: None }).collect()
}
