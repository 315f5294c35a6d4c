//! C-03 to C-07: whether the bucket can be reached at all.

use std::time::Duration;

use crate::application::Severity;
use crate::doctor::Context;
use crate::doctor::finding::Finding;
use crate::doctor::seen::Seen;
use crate::doctor::tables::endpoint;
use crate::http::Exchange;
use crate::s3::{Addressing, Target, is_amazon};

/// A clock that is further off than this may soon be refused.
const SKEW_WARNING_SECONDS: i64 = 5 * 60;
/// Amazon refuses from here on. AWS: "Error responses", RequestTimeTooSkewed.
const SKEW_REFUSED_SECONDS: i64 = 15 * 60;
/// A connection that takes longer is slow.
const SLOW_CONNECTION: Duration = Duration::from_secs(2);

/// The findings, and whether further requests make sense.
pub async fn check(context: &Context<'_>) -> (Vec<Finding>, bool) {
    let client = context.client;
    if context.application.credentials.is_none() {
        let finding = Finding::new(
            "C-07",
            Severity::Failing,
            "the configuration has no usable access key; the SDK would look for an instance's role, which \
             cannot be asked from here",
        );
        let fix = "give --access-key-id and GRANTRY_SECRET_ACCESS_KEY, or run where the key is configured";
        return (vec![finding.fix(fix)], false);
    }
    let head = client.head_bucket().await;
    let mut findings = vec![connection(&head)];
    findings.extend(clock(context, &head));
    let mut asked = vec![&head];
    // The answer to HEAD has no body, and with it neither code nor web page.
    let is_page = head.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
    let is_enough = head.is_success() && !is_page;
    let get = if is_enough { head.clone() } else { client.get_bucket_setting("location").await };
    if !is_enough {
        asked.push(&get);
    }
    let region = region_hint(&head, &get);
    let mut finding = endpoint::read(&Seen::from(&head), &Seen::from(&get), region.as_deref());
    finding = finding.all_seen(asked);
    let is_fatal = finding.severity == Severity::Failing;
    if finding.id == "C-03" {
        findings.retain(|finding| finding.id != "C-03");
    }
    findings.push(finding);
    if !is_fatal {
        findings.push(Finding::ok("C-07", "the store accepts the access key").seen(&head));
    }
    findings.extend(addressing(context, &head).await);
    (findings, !is_fatal)
}

fn connection(head: &Exchange) -> Finding {
    let timing = head.timing;
    let slow = [timing.resolve, timing.connect, timing.tls].into_iter().flatten().sum::<Duration>();
    let parts: Vec<String> =
        [("name", timing.resolve), ("connection", timing.connect), ("TLS", timing.tls)]
            .into_iter()
            .filter_map(|(what, time)| Some(format!("{what} {} ms", time?.as_millis())))
            .collect();
    let version = head.outcome.as_ref().map_or("no answer", |answer| answer.version);
    let text = format!("{}; {version}", parts.join(", "));
    if slow > SLOW_CONNECTION {
        return Finding::new("C-03", Severity::Warning, format!("connecting is slow: {text}"))
            .fix("Mastodon gives up after 5 seconds (S3_OPEN_TIMEOUT)");
    }
    Finding::ok("C-03", text)
}

fn clock(context: &Context<'_>, head: &Exchange) -> Option<Finding> {
    let theirs = identity::dates::parse_http(head.header("date")?)?;
    let skew = (context.client.now().unix_seconds() - theirs.unix_seconds()).abs();
    Some(if skew > SKEW_REFUSED_SECONDS {
        Finding::new(
            "C-04",
            Severity::Failing,
            format!("this clock and the store's are {skew} seconds apart: requests are refused"),
        )
        .fix("enable NTP: requests are refused past 15 minutes")
    } else if skew > SKEW_WARNING_SECONDS {
        Finding::new(
            "C-04",
            Severity::Warning,
            format!("this clock and the store's are {skew} seconds apart"),
        )
        .fix("enable NTP: requests are refused past 15 minutes")
    } else {
        Finding::ok("C-04", format!("the clocks agree within {} seconds", skew.max(1)))
    })
}

fn region_hint(head: &Exchange, get: &Exchange) -> Option<String> {
    let of_header = [head, get].into_iter().find_map(|seen| seen.header("x-amz-bucket-region"));
    let of_body = || get.document()?.text_of("Region").map(ToOwned::to_owned);
    of_header.map(ToOwned::to_owned).or_else(of_body).filter(|region| !region.is_empty())
}

/// The other style works where the configured one does not: that is the fix.
async fn addressing(context: &Context<'_>, head: &Exchange) -> Option<Finding> {
    let target = context.client.target();
    let other = Target { addressing: target.addressing.other(), ..target.clone() };
    let name = |style| match style {
        Addressing::Path => "path style",
        Addressing::VirtualHost => "virtual-host style",
    };
    if head.is_success() {
        return Some(Finding::ok("C-06", format!("{} works", name(target.addressing))).seen(head));
    }
    let tried = context.client.with_target(other.clone()).head_bucket().await;
    tried.is_success().then(|| {
        let fix = match (other.addressing, is_amazon(&target.endpoint)) {
            (Addressing::Path, _) => {
                "unset S3_OVERRIDE_PATH_STYLE (its `true` means virtual-host style), \
                or take the bucket's name out of S3_ENDPOINT"
            }
            (Addressing::VirtualHost, true) => {
                "remove S3_ENDPOINT: Amazon's SDK finds the host by itself"
            }
            (Addressing::VirtualHost, false) => {
                "set S3_OVERRIDE_PATH_STYLE=true, which means \
                virtual-host style"
            }
        };
        Finding::new(
            "C-06",
            Severity::Failing,
            format!(
                "{} works, the configured {} does not",
                name(other.addressing),
                name(target.addressing)
            ),
        )
        .fix(fix)
        .all_seen([head, &tried])
    })
}
