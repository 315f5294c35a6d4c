//! C-09 to C-11, C-22, C-28, C-29: uploads as the application does them.

use super::reading::{anonymous_get, missing_key, other_prefixes, public_get, reading};
use crate::application::{AclRemedy, Application, Severity, UploadAcl};
use crate::doctor::checks::configuration::place;
use crate::doctor::finding::Finding;
use crate::doctor::seen::Seen;
use crate::doctor::tables::acl::{AclVerdict, Tried};
use crate::doctor::{Context, Known};
use crate::http::Exchange;
use crate::s3::is_archive;

/// All findings about uploads.
pub async fn check(context: &Context<'_>, known: &mut Known) -> Vec<Finding> {
    let mut findings = Vec::new();
    let application = context.application;
    let directory = application.probe_directories.first().cloned().unwrap_or_default();
    let key = context.probes.key(&directory);
    let before = public_get(context, &key).await;
    let plain = context.probes.put(&key, &plain_headers(application)).await;
    findings.push(plain_upload(context, &key, &plain).await);
    findings.extend(quota(&plain));
    for upload in &application.upload_acls {
        findings.extend(as_application(context, known, &directory, upload, &plain).await);
    }
    if !plain.is_success() {
        return findings;
    }
    findings.extend(reading(context, known, &key, before.as_ref()).await);
    // Behind the reading: it makes the plain upload public.
    findings.extend(acl_change(context, &key).await);
    findings.extend(other_prefixes(context).await);
    findings.push(missing_key(context, &directory).await);
    findings.extend(storage_class(context, &directory).await);
    findings.extend(encryption(application, &plain));
    findings
}

pub(super) fn plain_headers(application: &Application) -> Vec<(String, String)> {
    application.upload_headers.clone()
}

/// C-09.
async fn plain_upload(context: &Context<'_>, key: &str, put: &Exchange) -> Finding {
    let seen = Seen::from(put);
    if !seen.is_success() {
        let (meaning, fix) = match (seen.status, seen.is_trouble()) {
            (Some(403), _) => (
                "the application may not upload, with or without ACL",
                "allow s3:PutObject, s3:GetObject and s3:DeleteObject on the bucket's keys, s3:ListBucket \
                 on the bucket, to the application",
            ),
            (_, true) => (
                "the store is in trouble: plain uploads fail",
                "ask the provider; S3_RETRY_LIMIT=3 helps over short trouble",
            ),
            _ => ("a plain upload is refused", "see the answer"),
        };
        return Finding::new("C-09", Severity::Failing, meaning).fix(fix).seen(put);
    }
    let head = context.client.head_object(key, None).await;
    let get = context.client.get_object(key).await;
    if head.status() == Some(404) || get.status() == Some(404) {
        return Finding::new(
            "C-09",
            Severity::Failing,
            "the store confirms the upload and does not have the object afterwards",
        )
        .fix("this is a fault of the store or of a proxy: ask the provider")
        .all_seen([put, &head, &get]);
    }
    if get.is_success() && get.body() != context.probes.image() {
        return Finding::new("C-09", Severity::Failing, "other bytes come back than were uploaded")
            .fix("a proxy or the store changes bodies: ask the provider")
            .all_seen([put, &get]);
    }
    Finding::ok("C-09", "a plain upload arrives, and the same bytes come back").seen(put)
}

/// C-28.
fn quota(put: &Exchange) -> Option<Finding> {
    let code = put.code().unwrap_or_default();
    let is_full = put.status() == Some(507) || code.contains("Quota") || code == "EntityTooLarge";
    is_full.then(|| {
        Finding::new("C-28", Severity::Failing, "the store is full, or a quota is used up")
            .fix("free space, or raise the quota at the provider")
            .seen(put)
    })
}

/// C-10 for one kind of upload.
async fn as_application(
    context: &Context<'_>,
    known: &mut Known,
    directory: &str,
    upload: &UploadAcl,
    plain: &Exchange,
) -> Vec<Finding> {
    let application = context.application;
    let key = context.probes.key(directory);
    let put = context.probes.put(&key, &application.headers_of(upload)).await;
    let mut asked = vec![put.clone()];
    let is_public = upload.acl.as_deref().is_some_and(|acl| acl.starts_with("public-"));
    let mut private = None;
    if is_public && put.status() == Some(403) {
        let private_key = context.probes.key(directory);
        let as_private = UploadAcl::new(Some("private"), &upload.purpose);
        let tried = context.probes.put(&private_key, &application.headers_of(&as_private)).await;
        private = Some(Seen::from(&tried));
        asked.push(tried);
    }
    let anonymous = if is_public && put.is_success() {
        let got = anonymous_get(context, &key).await;
        known.depends_on_acls = depends_on_acls(known.depends_on_acls, &got);
        asked.push(got);
        asked.last().map(Seen::from)
    } else {
        None
    };
    let (plain, with) = (Seen::from(plain), Seen::from(&put));
    let verdict = AclVerdict::of(&Tried {
        plain: &plain,
        acl: upload.acl.as_deref(),
        as_application: &with,
        private: private.as_ref(),
        anonymous: anonymous.as_ref(),
        blocks_public_acls: known.flags.map(|flags| flags.block_public_acls),
    });
    let mut findings = vec![acl_finding(application, upload, verdict, known).all_seen(&asked)];
    if with.is_success() && upload.acl.is_some() {
        findings.extend(multipart_with_acl(context, directory, upload).await);
    }
    findings
}

/// Nothing is known about what the public reads without ACLs until a plain upload was read.
fn depends_on_acls(before: Option<bool>, with_acl: &Exchange) -> Option<bool> {
    before.or_else(|| with_acl.is_success().then_some(true))
}

/// Multipart uploads carry the ACL at their beginning, which some stores treat differently.
async fn multipart_with_acl(
    context: &Context<'_>,
    directory: &str,
    upload: &UploadAcl,
) -> Option<Finding> {
    let key = context.probes.key(directory);
    let headers = context.application.headers_of(upload);
    let headers: Vec<_> = headers.iter().map(|(name, value)| (&**name, &**value)).collect();
    let (created, id) = context.client.create_upload(&key, &headers).await;
    if let Some(id) = id {
        context.probes.remember_upload(&key, &id);
        return None;
    }
    Some(
        Finding::new(
            "C-10",
            Severity::Failing,
            "small files are taken with the ACL, multipart uploads with it are refused: large files fail",
        )
        .fix("stop sending ACLs, as for an upload that is refused")
        .seen(&created),
    )
}

/// What a verdict means for this application, and what to do about it.
fn acl_finding(
    application: &Application,
    upload: &UploadAcl,
    verdict: AclVerdict,
    known: &Known,
) -> Finding {
    let acl = upload.acl.as_deref().unwrap_or_default();
    let purpose = &upload.purpose;
    let sends = format!("{} sends `x-amz-acl: {acl}` with {purpose}", application.title);
    let failing = |meaning: String| Finding::new("C-10", Severity::Failing, meaning);
    let stop = |finding: Finding| stop_sending(finding, application);
    match verdict {
        AclVerdict::NotSent => {
            Finding::ok("C-10", format!("{purpose}: no ACL is sent, and the upload arrives"))
        }
        AclVerdict::Healthy => {
            Finding::ok("C-10", format!("{purpose}: the upload with `x-amz-acl: {acl}` arrives"))
        }
        AclVerdict::Disabled => {
            let by = known.ownership.as_deref().unwrap_or("the bucket's settings");
            stop(failing(format!(
                "ACLs are disabled on the bucket ({by}), and {sends}: every such upload fails"
            )))
        }
        AclVerdict::PublicBlocked => stop(failing(format!(
            "Block Public Access refuses public ACLs, and {sends}: every such upload fails. Do not set \
             `private` unless a policy makes the media public"
        ))),
        AclVerdict::NoPermission => stop(failing(format!(
            "{sends}, and the application lacks s3:PutObjectAcl: every such upload fails"
        ))),
        AclVerdict::NoAcls => {
            stop(failing(format!("this store has no ACLs, and {sends}: every such upload fails")))
        }
        AclVerdict::BadValue => {
            let bytes: Vec<String> = acl.bytes().map(|byte| format!("{byte:02x}")).collect();
            stop(failing(format!("{sends}, which is no canned ACL (bytes {})", bytes.join(" "))))
        }
        AclVerdict::Ignored => Finding::new(
            "C-10",
            Severity::Failing,
            format!(
                "{sends}; the store takes it, and the public may not read all the same \
                 (IgnorePublicAcls, or a CDN that should read as somebody else)"
            ),
        )
        .fix("serve public reads by a bucket policy: grantry fix bucket"),
        AclVerdict::NoUpload => failing(format!("no upload is allowed, neither with nor without ACL ({purpose})"))
            .fix("allow s3:PutObject on the bucket's keys to the application; look for an explicit Deny"),
        AclVerdict::HeaderDemanded => Finding::new(
            "C-10",
            Severity::Warning,
            format!(
                "{purpose}: only uploads with `x-amz-acl: {acl}` are allowed; a policy demands the header \
                 (condition key s3:x-amz-acl, or one about encryption)"
            ),
        )
        .fix("remove that condition from the policy before the application stops sending ACLs"),
        AclVerdict::Trouble => failing(format!("the store is in trouble: {purpose} fails"))
            .fix("ask the provider; S3_RETRY_LIMIT=3 helps over short trouble"),
        AclVerdict::Other => {
            failing(format!("{purpose}: the upload is refused; the answer stands in the evidence"))
        }
    }
}

fn stop_sending(finding: Finding, application: &Application) -> Finding {
    let restart = if application.services.is_empty() {
        "restart the application".to_owned()
    } else {
        format!("restart {}", application.services.join(" and "))
    };
    match &application.acl_remedy {
        AclRemedy::Setting { name, value } => {
            let line = application.format.line(name, value.as_deref());
            let remark = if application.profile == "mastodon" {
                " (present and empty: deleting the line restores public-read)"
            } else {
                ""
            };
            finding
                .fix(format!(
                    "set `{line}`{remark}; serve public reads by a bucket policy; {restart}. \
                     `grantry fix {} --env-file …` does it",
                    application.profile
                ))
                .place(Some(place(application, name, Some(line))))
        }
        AclRemedy::Instructions(text) | AclRemedy::Impossible(text) => {
            finding.fix(format!("{text}; then {restart}"))
        }
        AclRemedy::NotNeeded => finding,
    }
}

/// C-11.
async fn acl_change(context: &Context<'_>, key: &str) -> Option<Finding> {
    let application = context.application;
    if !application.changes_acls {
        return Some(Finding::ok("C-11", "the application does not change ACLs later"));
    }
    let acl = application.upload_acls.first()?.acl.as_deref()?;
    let changed = context.client.put_object_acl(key, acl).await;
    if changed.is_success() {
        return Some(Finding::ok("C-11", "the ACL of an object can be changed").seen(&changed));
    }
    let what = if application.profile == "mastodon" {
        "suspending users fails, and so does deleting posts by moderators"
    } else {
        "changing who may see a file fails"
    };
    let meaning = format!("{} changes ACLs later, and that is refused: {what}", application.title);
    let finding = Finding::new("C-11", Severity::Failing, meaning).seen(&changed);
    Some(stop_sending(finding, application))
}

/// C-22.
async fn storage_class(context: &Context<'_>, directory: &str) -> Option<Finding> {
    let class = context.application.storage_class.as_ref()?;
    let mut headers = plain_headers(context.application);
    headers.push(("x-amz-storage-class".to_owned(), class.clone()));
    let put = context.probes.put(&context.probes.key(directory), &headers).await;
    Some(if !put.is_success() {
        Finding::new("C-22", Severity::Failing, format!("the storage class `{class}` is refused"))
            .fix("unset it (Mastodon: remove S3_STORAGE_CLASS)")
            .seen(&put)
    } else if is_archive(class) {
        Finding::new(
            "C-22",
            Severity::Failing,
            format!("objects in `{class}` cannot be read at once"),
        )
        .fix("unset it (Mastodon: remove S3_STORAGE_CLASS)")
        .seen(&put)
    } else {
        Finding::ok("C-22", format!("the storage class `{class}` is taken")).seen(&put)
    })
}

/// C-29.
fn encryption(application: &Application, put: &Exchange) -> Option<Finding> {
    let method = put.header("x-amz-server-side-encryption").unwrap_or_default();
    let is_public = application.media_prefixes.iter().any(|prefix| prefix.is_public);
    (method.starts_with("aws:kms") && is_public).then(|| {
        Finding::new(
            "C-29",
            Severity::Failing,
            "objects are encrypted with a KMS key: anonymous readers can never read them",
        )
        .fix("use SSE-S3 (AES256) as the bucket's default encryption for public media")
        .seen(put)
    })
}
