//! What Mastodon's configuration says by itself (C-01).

use crate::application::{Application, Remark, Severity, UploadAcl};
use crate::config::{Layers, Origin, dotenv};

/// Below this size a file cannot be sent in parts, so an SDK refuses a smaller threshold.
const THRESHOLD_MIN: i64 = 5 * 1024 * 1024;
/// Regions whose old host name with a dash still resolves.
const DASH_REGIONS: [&str; 9] = [
    "us-east-1",
    "us-west-1",
    "us-west-2",
    "eu-west-1",
    "eu-central-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-northeast-1",
    "sa-east-1",
];

/// `String#to_i` of Ruby: the digits at the beginning, 0 without any.
pub(super) fn ruby_integer(text: &str) -> i64 {
    let text = text.trim_start();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let digits: String = digits
        .chars()
        .take_while(|character| character.is_ascii_digit() || *character == '_')
        .filter(char::is_ascii_digit)
        .collect();
    sign * digits.parse::<i64>().unwrap_or(0)
}

struct Remarks<'a> {
    layers: &'a Layers,
    found: Vec<Remark>,
}

impl Remarks<'_> {
    fn add(&mut self, severity: Severity, setting: &str, meaning: &str, proposed: Option<&str>) {
        let shown = !super::SECRETS.contains(&setting);
        let current = self.layers.get(setting).filter(|_| shown);
        self.found.push(Remark {
            severity,
            setting: setting.to_owned(),
            origin: self.layers.origin(setting),
            meaning: meaning.to_owned(),
            current,
            proposed: proposed.map(ToOwned::to_owned),
        });
    }
}

/// Everything that the configuration says.
pub(super) fn all(application: &Application) -> Vec<Remark> {
    let mut remarks = Remarks { layers: &application.layers, found: Vec::new() };
    permission(&mut remarks, application.upload_acls.first());
    endpoint(&mut remarks, &application.bucket);
    numbers(&mut remarks);
    urls(&mut remarks, &application.region);
    secrets(&mut remarks);
    others(&mut remarks);
    repeated(&mut remarks);
    remarks.found
}

fn permission(remarks: &mut Remarks<'_>, sent: Option<&UploadAcl>) {
    if remarks.layers.find("S3_PERMISSION").is_none() {
        remarks.add(
            Severity::Info,
            "S3_PERMISSION",
            "the line is absent, which means `public-read`: every upload carries x-amz-acl",
            None,
        );
    } else if let Some(acl) = sent.and_then(|sent| sent.acl.as_deref())
        && !CANNED_ACLS.contains(&acl)
        && !acl.is_empty()
    {
        remarks.add(
            Severity::Failing,
            "S3_PERMISSION",
            "this is no canned ACL; it is sent as it stands, quotes included",
            Some("S3_PERMISSION="),
        );
    }
    for unread in ["S3_ACL", "S3_NO_INHERIT"] {
        if remarks.layers.find(unread).is_some() {
            remarks.add(
                Severity::Info,
                unread,
                "no version of Mastodon reads this setting; it changes nothing",
                Some("remove the line"),
            );
        }
    }
}

/// AWS: "Access control list (ACL) overview", section "Canned ACL".
const CANNED_ACLS: [&str; 7] = [
    "private",
    "public-read",
    "public-read-write",
    "authenticated-read",
    "aws-exec-read",
    "bucket-owner-read",
    "bucket-owner-full-control",
];

fn endpoint(remarks: &mut Remarks<'_>, bucket: &str) {
    let Some(endpoint) = remarks.layers.get("S3_ENDPOINT") else { return };
    if endpoint.is_empty() {
        remarks.add(
            Severity::Failing,
            "S3_ENDPOINT",
            "it is set but empty, which the SDK takes for an endpoint",
            Some("remove the line, or give the endpoint"),
        );
    } else if !endpoint.starts_with("http://") && !endpoint.starts_with("https://") {
        remarks.add(
            Severity::Failing,
            "S3_ENDPOINT",
            "the SDK needs a URL with its scheme",
            Some(&format!("S3_ENDPOINT=https://{endpoint}")),
        );
    } else if endpoint.contains(&format!("://{bucket}.")) {
        remarks.add(
            Severity::Warning,
            "S3_ENDPOINT",
            "the bucket's name stands in the endpoint: keys land below a directory of that name",
            Some(&format!("S3_ENDPOINT={}", endpoint.replacen(&format!("://{bucket}."), "://", 1))),
        );
    }
}

fn numbers(remarks: &mut Remarks<'_>) {
    if let Some(threshold) = remarks.layers.get("S3_MULTIPART_THRESHOLD")
        && ruby_integer(&threshold) < THRESHOLD_MIN
    {
        remarks.add(
            Severity::Failing,
            "S3_MULTIPART_THRESHOLD",
            "the unit is bytes, and below 5 MiB the SDK refuses every larger file: nearly all media \
             fails",
            Some("S3_MULTIPART_THRESHOLD=15728640"),
        );
    }
    for name in ["S3_OPEN_TIMEOUT", "S3_READ_TIMEOUT"] {
        let Some(value) = remarks.layers.get(name) else { continue };
        if ruby_integer(&value) <= 0 {
            remarks.add(
                Severity::Failing,
                name,
                "it is read as a whole number of seconds, here 0",
                Some(&format!("{name}=5")),
            );
        }
    }
}

fn urls(remarks: &mut Remarks<'_>, region: &str) {
    let mut has_alias = false;
    for name in ["S3_ALIAS_HOST", "S3_CLOUDFRONT_HOST"] {
        let Some(host) = remarks.layers.non_empty(name) else { continue };
        has_alias = true;
        let bare = host.split_once("://").map_or(host.as_str(), |(_, rest)| rest);
        let bare = bare.trim_end_matches('/');
        if bare != host {
            remarks.add(
                Severity::Failing,
                name,
                "the scheme and the slash are added by Mastodon: with them here every URL is broken",
                Some(&format!("{name}={bare}")),
            );
        }
    }
    let has_hostname = remarks.layers.non_empty("S3_HOSTNAME").is_some();
    let has_endpoint = remarks.layers.non_empty("S3_ENDPOINT").is_some();
    if !has_alias && !has_hostname && (has_endpoint || !DASH_REGIONS.contains(&region)) {
        remarks.add(
            Severity::Warning,
            "S3_HOSTNAME",
            "without it and without S3_ALIAS_HOST links to media go to s3-REGION.amazonaws.com, \
             which is not where this bucket is",
            Some("S3_HOSTNAME=the host of the store, or S3_ALIAS_HOST=the host of the CDN"),
        );
    }
}

fn secrets(remarks: &mut Remarks<'_>) {
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        let Origin::File { path, line } = remarks.layers.origin(name) else { continue };
        let text = crate::config::read_text(&path).unwrap_or_default();
        let raw = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
        let Some((_, value)) = raw.split_once(['=', ':']) else { continue };
        let value = value.trim();
        let is_literal = value.starts_with('\'');
        let is_cut = value.contains('#') && !value.starts_with('"');
        let is_expanded = value.contains('$') || dotenv::has_command(value);
        if !is_literal && (is_cut || is_expanded) {
            remarks.add(
                Severity::Failing,
                name,
                "`#` ends an unquoted value and `$` is expanded: the application sees another secret \
                 than the file shows",
                Some("the same value in single quotes"),
            );
        }
    }
    let id = remarks.layers.get("AWS_ACCESS_KEY_ID").unwrap_or_default();
    if id.starts_with("ASIA") {
        remarks.add(
            Severity::Warning,
            "AWS_ACCESS_KEY_ID",
            "this is a temporary key, and Mastodon passes no session token on",
            Some("the key of a user, or an instance role and no key at all"),
        );
    }
}

fn others(remarks: &mut Remarks<'_>) {
    if remarks.layers.get("S3_STORAGE_CLASS").as_deref() == Some("") {
        remarks.add(
            Severity::Warning,
            "S3_STORAGE_CLASS",
            "it is set but empty, so that an empty header is sent",
            Some("remove the line"),
        );
    }
    if remarks.layers.get("S3_SIGNATURE_VERSION").is_some_and(|version| version != "v4") {
        remarks.add(
            Severity::Failing,
            "S3_SIGNATURE_VERSION",
            "the SDK knows `v4` only and refuses to start",
            Some("remove the line"),
        );
    }
    if remarks.layers.non_empty("S3_KEY_PREFIX").is_some() {
        remarks.add(
            Severity::Info,
            "S3_KEY_PREFIX",
            "with a prefix `tootctl media remove-orphans` recognises no file",
            None,
        );
    }
}

/// Names that stand more than once with different values.
fn repeated(remarks: &mut Remarks<'_>) {
    for front in ["S3_", "AWS_"] {
        for name in remarks.layers.names_below(front) {
            let places = remarks.layers.places(&name);
            let Some(((value, origin), weaker)) = places.split_first() else { continue };
            for (other, place) in weaker {
                if other != value {
                    remarks.add(
                        Severity::Warning,
                        &name,
                        &format!("{place} says something else, but {origin} is stronger"),
                        Some("one line only"),
                    );
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_those_of_ruby() {
        for (text, expected) in [
            ("15", 15),
            ("50MB", 50),
            ("0.5", 0),
            ("5s", 5),
            ("", 0),
            (" -3", -3),
            ("1_000", 1000),
            ("x", 0),
        ] {
            assert_eq!(ruby_integer(text), expected, "{text}");
        }
    }
}
