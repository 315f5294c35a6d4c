//! C-12, C-13, C-23, C-26: who reads what was uploaded, and what comes back.

use std::time::Duration;

use super::uploads::plain_headers;
use crate::application::{PublicUrl, PublicUrlKind, Severity, UploadAcl};
use crate::doctor::finding::Finding;
use crate::doctor::seen::Seen;
use crate::doctor::tables::anonymous::AnonymousVerdict;
use crate::doctor::{Context, Known};
use crate::http::{Exchange, HttpRequest};

/// How long an error may stay in a cache before it is a finding.
const NEGATIVE_CACHE_PATIENCE: Duration = Duration::from_secs(5);

/// C-12, C-23, C-26.
pub(super) async fn reading(
    context: &Context<'_>,
    known: &mut Known,
    key: &str,
    before: Option<&Exchange>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let first = context.application.upload_acls.first();
    // What the application uploads, if its own upload arrives; else the plain one.
    let own = match first.filter(|upload| upload.acl.is_some()) {
        Some(upload) => {
            let directory = key.rsplit_once('/').map_or("", |(front, _)| front);
            let directory =
                if directory.is_empty() { String::new() } else { format!("{directory}/") };
            let own = context.probes.key(&directory);
            let put = context.probes.put(&own, &context.application.headers_of(upload)).await;
            put.is_success().then_some(own)
        }
        None => None,
    };
    let plain_read = anonymous_get(context, key).await;
    if plain_read.is_success() {
        known.depends_on_acls = Some(false);
    }
    let (read_key, direct) = match &own {
        Some(own) => (own.as_str(), anonymous_get(context, own).await),
        None => (key, plain_read),
    };
    let mut alias = public_get(context, read_key).await;
    if read_key == key
        && let Some(before) = before
        && !before.is_success()
        && alias.as_ref().is_some_and(|alias| !alias.is_success())
        && direct.is_success()
    {
        findings.extend(negative_cache(context, key, &mut alias).await);
    }
    if context.application.public_prefixes().next().is_none() {
        findings.push(kept_private(&direct));
        return findings;
    }
    let seen = alias.as_ref().map(Seen::from);
    let are_right = alias.as_ref().unwrap_or(&direct).body() == context.probes.image();
    let verdict = AnonymousVerdict::of(seen.as_ref(), &Seen::from(&direct), are_right);
    let (meaning, fix) = verdict.explain();
    let severity = match verdict {
        AnonymousVerdict::Readable | AnonymousVerdict::ThroughAliasOnly => Severity::Ok,
        _ => Severity::Failing,
    };
    let mut finding = Finding::new("C-12", severity, meaning).seen(&direct).all_seen(&alias);
    if !fix.is_empty() {
        finding = finding.fix(fix);
    }
    findings.push(finding);
    findings.extend(headers(context, read_key, alias.as_ref().unwrap_or(&direct)).await);
    findings
}

/// C-12 for applications that hand their files out themselves.
fn kept_private(direct: &Exchange) -> Finding {
    if direct.is_success() {
        return Finding::new(
            "C-12",
            Severity::Failing,
            "everybody can read the files of the application",
        )
        .fix("take s3:GetObject from the public in the policy, and switch Block Public Access on")
        .seen(direct);
    }
    Finding::ok("C-12", "the public cannot read; the application hands files out itself")
        .seen(direct)
}

/// The error that was answered before the upload is still answered after it.
async fn negative_cache(
    context: &Context<'_>,
    key: &str,
    alias: &mut Option<Exchange>,
) -> Option<Finding> {
    let deadline = tokio::time::Instant::now() + NEGATIVE_CACHE_PATIENCE;
    while tokio::time::Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(500)).await;
        *alias = public_get(context, key).await;
        if alias.as_ref().is_some_and(Exchange::is_success) {
            return None;
        }
    }
    let fresh = context.probes.key(key.rsplit_once('.').map_or("", |_| directory_of(key)));
    let put = context.probes.put(&fresh, &plain_headers(context.application)).await;
    let got = public_get(context, &fresh).await?;
    (put.is_success() && got.is_success()).then(|| {
        Finding::new(
            "C-26",
            Severity::Warning,
            "the CDN keeps errors: a picture that was asked for before its upload stays broken",
        )
        .fix("lower the time that errors are cached for")
        .seen(&got)
    })
}

fn directory_of(key: &str) -> &str {
    key.rfind('/').and_then(|at| key.get(..=at)).unwrap_or("")
}

/// C-23.
async fn headers(context: &Context<'_>, key: &str, public: &Exchange) -> Vec<Finding> {
    if !public.is_success() {
        return Vec::new();
    }
    let origin = context.client.head_object(key, None).await;
    let mut wrong = Vec::new();
    let expected = context.application.upload_headers.iter();
    for (name, value) in
        expected.filter(|(name, _)| name == "content-type" || name == "cache-control")
    {
        match public.header(name) {
            Some(found) if found == value => {}
            Some(found) => wrong.push(format!("{name} is `{found}` instead of `{value}`")),
            None => wrong.push(format!("{name} is missing (it should be `{value}`)")),
        }
    }
    if public.header("content-disposition").is_some_and(|value| value.starts_with("attachment")) {
        wrong.push("content-disposition makes browsers download instead of show".to_owned());
    }
    for seen in [&origin, public] {
        if seen.header("content-encoding").is_some_and(|value| value.contains("aws-chunked")) {
            wrong.push("content-encoding has `aws-chunked` left on the object".to_owned());
        }
    }
    if wrong.is_empty() {
        return vec![Finding::ok("C-23", "the public gets the headers that were uploaded")];
    }
    vec![
        Finding::new("C-23", Severity::Warning, wrong.join("; "))
            .fix("correct the proxy or CDN; the store's own headers stand in the evidence")
            .all_seen([&origin, public]),
    ]
}

/// The other media prefixes, and the private one.
pub(super) async fn other_prefixes(context: &Context<'_>) -> Vec<Finding> {
    let application = context.application;
    let Some(upload) = application.upload_acls.first() else { return Vec::new() };
    let mut findings = Vec::new();
    for directory in application.probe_directories.iter().skip(1) {
        let key = context.probes.key(directory);
        let put = context.probes.put(&key, &application.headers_of(upload)).await;
        if !put.is_success() {
            continue;
        }
        let got = match public_get(context, &key).await {
            Some(got) => got,
            None => anonymous_get(context, &key).await,
        };
        if !got.is_success() {
            findings.push(
                Finding::new(
                    "C-12",
                    Severity::Failing,
                    format!("the public may not read what lies below {directory}"),
                )
                .fix("grantry fix bucket adds the prefix to the policy")
                .seen(&got),
            );
        }
    }
    if let Some(directory) = &application.private_probe_directory {
        let private =
            UploadAcl::new(application.upload_acls.last().and_then(|last| last.acl.as_deref()), "");
        let key = context.probes.key(directory);
        let put = context.probes.put(&key, &application.headers_of(&private)).await;
        let got = anonymous_get(context, &key).await;
        if put.is_success() && got.is_success() {
            findings.push(
                Finding::new(
                    "C-15",
                    Severity::Warning,
                    format!(
                        "the public can read what lies below {directory}: exports of users are open to \
                         whoever guesses their URL"
                    ),
                )
                .fix("limit the policy to the media prefixes: grantry fix bucket")
                .seen(&got),
            );
        }
    }
    findings
}

/// C-13: the controls that tell missing from forbidden.
pub(super) async fn missing_key(context: &Context<'_>, directory: &str) -> Finding {
    let key = context.probes.key(directory);
    let signed = context.client.head_object(&key, None).await;
    let anonymous = anonymous_get(context, &key).await;
    let asked = [&signed, &anonymous];
    match (signed.status(), anonymous.status()) {
        (Some(404), Some(404)) => Finding::new(
            "C-13",
            Severity::Warning,
            "a missing key is answered with 404 to the public too: on Amazon the public may then list the \
             bucket",
        )
        .fix("grant s3:ListBucket to the application, not to the public"),
        (Some(404), _) => Finding::ok(
            "C-13",
            "the application can tell a missing key (404) from a forbidden one (403); the public cannot",
        ),
        (Some(403), _) => Finding::new(
            "C-13",
            Severity::Warning,
            "the application is told 403 for a key that does not exist: it cannot tell missing from \
             forbidden, and neither can `recover`",
        )
        .fix("grant s3:ListBucket on the bucket to the application, not to the public"),
        _ => Finding::new("C-13", Severity::Info, "the answer for a missing key is unusual"),
    }
    .all_seen(asked)
}

/// GET as the public does it, at the application's own host; none if it has no other than the store.
pub(super) async fn public_get(context: &Context<'_>, key: &str) -> Option<Exchange> {
    let alias: &PublicUrl =
        context.application.public_urls.iter().find(|url| url.kind == PublicUrlKind::Alias)?;
    Some(get(context, &alias.base, key).await)
}

/// GET without signature at the store itself.
pub(super) async fn anonymous_get(context: &Context<'_>, key: &str) -> Exchange {
    context.client.anonymous().get_object(key).await
}

async fn get(context: &Context<'_>, base: &str, key: &str) -> Exchange {
    let url = format!("{base}{}", identity::uri::encode_path(key.as_bytes()));
    context.client.transport().send(&HttpRequest::new("GET", url)).await
}
