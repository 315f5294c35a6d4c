//! C-14, C-24, C-25: what browsers and the curious see.

use crate::application::{PublicUrlKind, Severity};
use crate::doctor::Context;
use crate::doctor::finding::Finding;
use crate::http::{Exchange, HttpRequest, WhereTo};
use crate::s3::Call;

/// C-14.
pub async fn listing(context: &Context<'_>) -> Vec<Finding> {
    let call = Call::bucket("GET").parameter("max-keys", "1");
    let mut asked = vec![context.client.anonymous().send(call).await];
    for url in &context.application.public_urls {
        if url.kind == PublicUrlKind::Alias {
            let request = HttpRequest::new("GET", format!("{}?max-keys=1", url.base));
            asked.push(context.client.transport().send(&request).await);
        }
    }
    let lists = |exchange: &&Exchange| {
        exchange.is_success()
            && exchange.document().is_some_and(|document| document.name == "ListBucketResult")
    };
    let open: Vec<&Exchange> = asked.iter().filter(lists).collect();
    if open.is_empty() {
        return vec![Finding::ok("C-14", "the public cannot list the bucket").all_seen(&asked)];
    }
    vec![
        Finding::new("C-14", Severity::Failing, "everybody can list all files, also the private ones")
            .fix("take the listing from the public, and allow it s3:GetObject on the media prefixes only")
            .all_seen(open),
    ]
}

/// C-24.
pub async fn cors(context: &Context<'_>) -> Option<Finding> {
    let web = context.application.web_url.as_ref()?;
    let base = &context.application.public_urls.first()?.base;
    let directory = context.application.probe_directories.first().cloned().unwrap_or_default();
    let key = context.probes.key(&directory);
    let first = context.application.upload_acls.first()?;
    let put = context.probes.put(&key, &context.application.headers_of(first)).await;
    if !put.is_success() {
        context.probes.put(&key, &context.application.upload_headers).await;
    }
    let url = format!("{base}{}", identity::uri::encode_path(key.as_bytes()));
    let preflight = HttpRequest::new("OPTIONS", url.clone())
        .header("origin", web.clone())
        .header("access-control-request-method", "GET");
    let preflight = context.client.transport().send(&preflight).await;
    let get = HttpRequest::new("GET", url).header("origin", web.clone());
    let get = context.client.transport().send(&get).await;
    let allowed = [&preflight, &get].into_iter().any(|seen| {
        seen.header("access-control-allow-origin")
            .is_some_and(|origin| origin == "*" || origin == web)
    });
    Some(if allowed {
        Finding::ok("C-24", "scripts of the web application may read media").seen(&get)
    } else {
        Finding::new(
            "C-24",
            Severity::Warning,
            "no Access-Control-Allow-Origin comes: parts of the web interface cannot show media",
        )
        .fix("allow GET and HEAD from every origin in the CORS rules of the bucket or the proxy")
        .all_seen([&preflight, &get])
    })
}

/// C-25.
pub async fn content_security_policy(context: &Context<'_>) -> Option<Finding> {
    let web = context.application.web_url.as_ref()?;
    let media = WhereTo::parse(&context.application.public_urls.first()?.base).ok()?;
    let page = context.client.transport().send(&HttpRequest::new("GET", format!("{web}/"))).await;
    let Some(policy) = page.header("content-security-policy") else {
        return Some(
            Finding::new(
                "C-25",
                Severity::Info,
                "the web application sends no content security policy, or \
                cannot be reached from here",
            )
            .seen(&page),
        );
    };
    let missing: Vec<&str> = ["img-src", "media-src"]
        .into_iter()
        .filter(|directive| !allows(policy, directive, &media))
        .collect();
    Some(if missing.is_empty() {
        Finding::ok("C-25", "browsers may load media from the media host").seen(&page)
    } else {
        Finding::new(
            "C-25",
            Severity::Failing,
            format!(
                "the web application's {} lacks {}: browsers refuse the media",
                missing.join(" and "),
                media.authority
            ),
        )
        .fix("set S3_ALIAS_HOST (or EXTRA_MEDIA_HOSTS) to the media host, and restart")
        .seen(&page)
    })
}

/// Whether a directive, or `default-src` in its place, names the host.
fn allows(policy: &str, directive: &str, media: &WhereTo) -> bool {
    let find = |wanted: &str| {
        policy.split(';').map(str::trim).find_map(|part| {
            let (name, sources) = part.split_once(' ')?;
            name.eq_ignore_ascii_case(wanted).then_some(sources)
        })
    };
    let Some(sources) = find(directive).or_else(|| find("default-src")) else { return true };
    sources.split_whitespace().any(|source| {
        let host = source.split_once("://").map_or(source, |(_, rest)| rest);
        let host = host.split('/').next().unwrap_or(host);
        let is_scheme = source == "https:" && media.is_https || source == "*";
        let is_below = host
            .strip_prefix('*')
            .is_some_and(|suffix| suffix.starts_with('.') && media.authority.ends_with(suffix));
        is_scheme || is_below || host.eq_ignore_ascii_case(&media.authority)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_of_browsers_are_read() {
        let media = WhereTo::parse("https://files.example/x").unwrap();
        let check = |policy: &str, expected: bool| {
            assert_eq!(allows(policy, "img-src", &media), expected, "{policy}");
        };
        check("img-src 'self' https://files.example", true);
        check("img-src 'self' data:; media-src https://files.example", false);
        check("default-src https://files.example", true);
        check("img-src https:", true);
        check("img-src https://*.example", true);
        check("img-src https://other.example", false);
        check("script-src 'self'", true);
    }
}
