//! Endpoint, region and credentials: what the first signed request says.

use crate::application::Severity;
use crate::doctor::finding::Finding;
use crate::doctor::seen::Seen;
use crate::http::FailureKind;

/// What the first answers mean. `head` is HEAD of the bucket, `get` a GET whose body has the error's
/// code; `region` is what the store says about the bucket's region.
pub fn read(head: &Seen, get: &Seen, region: Option<&str>) -> Finding {
    if let Some(failure) = get.failure.or(head.failure) {
        return no_answer(failure);
    }
    if get.is_html || head.is_html {
        return failing(
            "C-05",
            "the answer is a web page, not S3: the endpoint is a proxy's, a console's or a web site's",
            "give the address of the S3 API, not that of the console or site",
        );
    }
    if head.is_success() {
        return Finding::ok("C-05", "the bucket answers to the application's own credentials");
    }
    by_code(&get.code, region).unwrap_or_else(|| by_status(head, get, region))
}

fn by_status(head: &Seen, get: &Seen, region: Option<&str>) -> Finding {
    match get.status.or(head.status) {
        Some(301) => wrong_region(region),
        Some(307) => new_bucket(),
        Some(404) => no_bucket(),
        Some(405 | 501) => failing(
            "C-05",
            "this is not an S3 endpoint: it does not know the request",
            "give the address of the S3 API; a console's port looks like this",
        ),
        Some(403) => Finding::new(
            "C-05",
            Severity::Info,
            "the credentials may not list the bucket; uploads do not need that, but a missing key \
             then looks like a forbidden one",
        )
        .fix("grant s3:ListBucket on the bucket to the application, not to the public"),
        Some(status) if status >= 500 => failing(
            "C-05",
            format!("the store is in trouble: it answers {status}"),
            "ask the provider; until then uploads fail",
        ),
        _ => failing(
            "C-05",
            format!("the bucket cannot be asked for: {} {}", get.status.unwrap_or(0), get.code),
            "compare endpoint, region and bucket with what the provider says",
        ),
    }
}

fn by_code(code: &str, region: Option<&str>) -> Option<Finding> {
    Some(match code {
        "PermanentRedirect"
        | "AuthorizationHeaderMalformed"
        | "IllegalLocationConstraintException" => wrong_region(region),
        "TemporaryRedirect" => new_bucket(),
        "InvalidAccessKeyId" => failing(
            "C-07",
            "the store does not know the access key id",
            "give a key that exists; an id that was deleted or belongs elsewhere looks the same",
        ),
        "SignatureDoesNotMatch" => failing(
            "C-07",
            "the secret is not that of the access key, or a proxy changes host or path on the way",
            "write the secret in single quotes: `#`, `$` and blanks are special in the file; and let \
                 proxies pass the Host header on",
        ),
        "ExpiredToken" | "InvalidToken" | "TokenRefreshRequired" => failing(
            "C-07",
            "the credentials are temporary and have expired, or lack their session token",
            "give the key of a user, or let the SDK find the instance's role",
        ),
        "RequestTimeTooSkewed" => failing(
            "C-04",
            "the clock of this machine and that of the store are more than 15 minutes apart",
            "enable NTP: requests are refused past 15 minutes",
        ),
        "NoSuchBucket" => no_bucket(),
        _ => return None,
    })
}

fn failing(id: &'static str, meaning: impl Into<String>, fix: &str) -> Finding {
    Finding::new(id, Severity::Failing, meaning).fix(fix)
}

fn wrong_region(region: Option<&str>) -> Finding {
    match region {
        Some(region) => failing(
            "C-05",
            format!("the bucket is in the region {region}, which is not the configured one"),
            "",
        )
        .fix(format!("set the region to {region} (Mastodon: S3_REGION={region})")),
        None => failing(
            "C-05",
            "the region or the endpoint is not that of the bucket",
            "set region and endpoint to those of the bucket",
        ),
    }
}

fn new_bucket() -> Finding {
    Finding::new(
        "C-05",
        Severity::Warning,
        "the store redirects for now: the bucket is new, and its name \
        is not known everywhere yet",
    )
    .fix("try again in some minutes")
}

fn no_bucket() -> Finding {
    failing(
        "C-05",
        "there is no such bucket. Mastodon would create one on the first upload, with ACLs disabled",
        "correct the name of the bucket (Mastodon: S3_BUCKET)",
    )
}

fn no_answer(failure: FailureKind) -> Finding {
    match failure {
        FailureKind::Name => failing(
            "C-03",
            "the host name of the endpoint has no address",
            "correct the host name; a bucket that is named in the host needs a DNS record of its own, \
             path style does not",
        ),
        FailureKind::Tls => failing(
            "C-03",
            "the TLS handshake fails: the certificate is for another name or from an unknown issuer",
            "use path style for bucket names with dots; correct the host name; install the issuer's \
             certificate",
        ),
        FailureKind::Request => failing(
            "C-03",
            "the endpoint is no http:// or https:// URL",
            "give scheme, host and perhaps port",
        ),
        FailureKind::Connect | FailureKind::Timeout | FailureKind::Transfer => failing(
            "C-03",
            format!("the endpoint gives no answer: {failure}"),
            "look whether the store runs, and whether a firewall is between",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        head: &Seen,
        get: &Seen,
        region: Option<&str>,
        id: &str,
        severity: Severity,
        word: &str,
    ) {
        let finding = read(head, get, region);
        let text = format!("{} {}", finding.meaning, finding.fix.clone().unwrap_or_default());
        assert_eq!((finding.id, finding.severity), (id, severity), "{get:?}: {text}");
        assert!(text.contains(word), "{get:?}: {text}");
    }

    /// One line a row of the specification's table "Endpoint and region".
    #[test]
    fn rows_of_the_table() {
        use Severity::{Failing, Info, Ok, Warning};
        let both = |status, code: &str, region, id, severity, word| {
            let (head, get) = (Seen::answer(status, ""), Seen::answer(status, code));
            check(&head, &get, region, id, severity, word);
        };
        both(200, "", None, "C-05", Ok, "answers");
        both(301, "PermanentRedirect", Some("eu-west-1"), "C-05", Failing, "S3_REGION=eu-west-1");
        both(301, "", None, "C-05", Failing, "region");
        both(307, "TemporaryRedirect", None, "C-05", Warning, "try again");
        both(307, "", None, "C-05", Warning, "new");
        both(400, "AuthorizationHeaderMalformed", Some("x-1"), "C-05", Failing, "x-1");
        both(400, "IllegalLocationConstraintException", None, "C-05", Failing, "region");
        both(403, "InvalidAccessKeyId", None, "C-07", Failing, "access key id");
        both(403, "SignatureDoesNotMatch", None, "C-07", Failing, "single quotes");
        both(400, "ExpiredToken", None, "C-07", Failing, "expired");
        both(403, "RequestTimeTooSkewed", None, "C-04", Failing, "NTP");
        both(403, "AccessDenied", None, "C-05", Info, "ListBucket");
        both(404, "NoSuchBucket", None, "C-05", Failing, "create one");
        both(405, "MethodNotAllowed", None, "C-05", Failing, "not an S3 endpoint");
        both(501, "NotImplemented", None, "C-05", Failing, "not an S3 endpoint");
        both(503, "SlowDown", None, "C-05", Failing, "trouble");
        check(&Seen::answer(403, ""), &Seen::html(403), None, "C-05", Failing, "web page");
        check(&Seen::html(200), &Seen::html(200), None, "C-05", Failing, "web page");
        for (failure, word) in [
            (FailureKind::Name, "no address"),
            (FailureKind::Tls, "path style"),
            (FailureKind::Connect, "firewall"),
            (FailureKind::Timeout, "too long"),
        ] {
            let nothing = Seen::nothing(failure);
            check(&nothing, &nothing, None, "C-03", Failing, word);
        }
    }
}
