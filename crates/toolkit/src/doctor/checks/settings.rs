//! C-08, C-15, C-20, C-21, C-30: what the bucket's settings say.

use crate::application::{Application, Severity};
use crate::doctor::finding::Finding;
use crate::doctor::seen::Seen;
use crate::doctor::tables::public_access::{self, PolicyReach, PublicAccessVerdict};
use crate::doctor::{Context, Known};
use crate::http::Exchange;
use crate::s3::document::Element;
use crate::s3::{PublicAccessFlags, is_archive};

/// The findings; what others need goes to `known`.
pub async fn check(context: &Context<'_>, known: &mut Known) -> Vec<Finding> {
    let client = context.client;
    let mut findings = Vec::new();
    let ownership = client.get_bucket_setting("ownershipControls").await;
    findings.push(self::ownership(&ownership, known));
    let flags = client.get_bucket_setting("publicAccessBlock").await;
    let policy = client.get_bucket_setting("policy").await;
    let status = client.get_bucket_setting("policyStatus").await;
    findings.push(policy_and_flags(context.application, known, &policy, &flags, &status));
    let versioning = client.get_bucket_setting("versioning").await;
    let lock = client.get_bucket_setting("object-lock").await;
    findings.extend(versions(known, &versioning, &lock));
    let lifecycle = client.get_bucket_setting("lifecycle").await;
    findings.extend(self::lifecycle(context.application, &lifecycle));
    let payment = client.get_bucket_setting("requestPayment").await;
    findings.extend(requester_pays(&payment));
    findings
}

fn ownership(asked: &Exchange, known: &mut Known) -> Finding {
    let seen = Seen::from(asked);
    if seen.is_success() {
        let value = asked.document().and_then(|document| {
            let rule = document.child("Rule")?;
            rule.text_of("ObjectOwnership").map(ToOwned::to_owned)
        });
        known.ownership.clone_from(&value);
        return match value.as_deref() {
            Some("BucketOwnerEnforced") => Finding::new(
                "C-08",
                Severity::Info,
                "BucketOwnerEnforced: ACLs are disabled on the bucket",
            ),
            Some(other) => Finding::ok("C-08", format!("{other}: the bucket takes ACLs")),
            None => Finding::new("C-08", Severity::Info, "the store does not say who owns objects"),
        }
        .seen(asked);
    }
    if seen.code == "OwnershipControlsNotFoundError" {
        known.ownership = Some("ObjectWriter".to_owned());
        return Finding::ok(
            "C-08",
            "no ownership controls: the bucket takes ACLs (the old default)",
        )
        .seen(asked);
    }
    let why = if seen.is(403) {
        "the application may not ask for Object Ownership; the upload with its ACL tells"
    } else {
        "the store has no Object Ownership; the upload with the application's ACL tells"
    };
    Finding::new("C-08", Severity::Info, why).seen(asked)
}

fn policy_and_flags(
    application: &Application,
    known: &mut Known,
    policy: &Exchange,
    flags: &Exchange,
    status: &Exchange,
) -> Finding {
    let public: Vec<&str> = application.public_prefixes().collect();
    let private: Vec<&str> = application
        .media_prefixes
        .iter()
        .filter(|prefix| !prefix.is_public)
        .map(|prefix| prefix.prefix.as_str())
        .collect();
    let reach = if policy.is_success() {
        let text = String::from_utf8_lossy(policy.body()).into_owned();
        public_access::reach(&text, &application.bucket, &public, &private)
    } else if policy.code() == Some("NoSuchBucketPolicy") {
        PolicyReach::Nothing
    } else {
        PolicyReach::Unknown
    };
    if flags.is_success() {
        known.flags = flags.document().as_ref().map(PublicAccessFlags::parse);
    } else if flags.code() == Some("NoSuchPublicAccessBlockConfiguration") {
        known.flags = Some(PublicAccessFlags::default());
    }
    known.reach = Some(reach);
    let are_acls_enabled = known.ownership.as_deref() != Some("BucketOwnerEnforced");
    let sends_public = application
        .upload_acls
        .iter()
        .any(|upload| upload.acl.as_deref().is_some_and(|acl| acl.starts_with("public-")));
    let verdict =
        public_access::read(reach, known.flags.unwrap_or_default(), are_acls_enabled, sends_public);
    if public.is_empty() && verdict == PublicAccessVerdict::NotReadable {
        return Finding::ok("C-15", "neither policy nor ACLs let the public read")
            .seen(policy)
            .seen(flags);
    }
    explain(verdict, reach, &private).all_seen([policy, status, flags])
}

fn explain(verdict: PublicAccessVerdict, reach: PolicyReach, private: &[&str]) -> Finding {
    match verdict {
        PublicAccessVerdict::ReadableByPolicy if reach == PolicyReach::SomeMedia => Finding::new(
            "C-15",
            Severity::Warning,
            "the policy lets the public read some of the media prefixes, not all of them",
        )
        .fix("grantry fix bucket adds the missing ones"),
        PublicAccessVerdict::ReadableByPolicy => {
            Finding::ok("C-15", "the policy lets the public read the media, and nothing else")
        }
        PublicAccessVerdict::ReadableTooMuch => Finding::new(
            "C-15",
            Severity::Warning,
            format!(
                "the policy lets the public read {} too; whoever guesses a URL reads what is meant for \
                 one person",
                private.join(", ")
            ),
        )
        .fix("limit the policy to the media prefixes: grantry fix bucket"),
        PublicAccessVerdict::Restricted => Finding::new(
            "C-15",
            Severity::Failing,
            "the policy is public, and RestrictPublicBuckets takes its effect away: the public gets 403",
        )
        .fix("switch RestrictPublicBuckets off, on the bucket and the account: grantry fix bucket"),
        PublicAccessVerdict::ReadableByAcl => Finding::new(
            "C-15",
            Severity::Info,
            "no policy lets the public read; it depends on the ACL of each object",
        ),
        PublicAccessVerdict::NotReadable => Finding::new(
            "C-15",
            Severity::Warning,
            "neither policy nor ACLs let the public read the media (a CDN that signs its requests may)",
        )
        .fix("grantry fix bucket writes a policy for the media prefixes"),
        PublicAccessVerdict::Unknown => Finding::new(
            "C-15",
            Severity::Info,
            "the policy cannot be read or is not understood; the public request tells",
        ),
    }
}

fn versions(known: &mut Known, versioning: &Exchange, lock: &Exchange) -> Vec<Finding> {
    let status = versioning
        .document()
        .filter(|_| versioning.is_success())
        .map(|document| document.text_of("Status").unwrap_or_default().to_owned());
    known.has_versions = status.as_ref().map(|status| !status.is_empty());
    let mut findings = Vec::new();
    findings.push(
        match status.as_deref() {
            Some("Enabled") => Finding::new(
                "C-20",
                Severity::Info,
                "versioning is on: what is deleted stays as an old version, and is paid for",
            )
            .fix(
                "a lifecycle rule for noncurrent versions; the probes here are deleted by version",
            ),
            Some(_) => Finding::ok("C-20", "versioning is off"),
            None => {
                Finding::new("C-20", Severity::Info, "the store does not tell about versioning")
            }
        }
        .seen(versioning),
    );
    let has_lock = lock.is_success()
        && lock
            .document()
            .is_some_and(|document| document.text_of("ObjectLockEnabled") == Some("Enabled"));
    if has_lock {
        findings.push(
            Finding::new(
                "C-20",
                Severity::Warning,
                "Object Lock is on: with a default retention nothing can be deleted, and uploads need a \
                 checksum",
            )
            .fix("keep media in a bucket without Object Lock")
            .seen(lock),
        );
    }
    findings
}

fn requester_pays(asked: &Exchange) -> Option<Finding> {
    let document = asked.document().filter(|_| asked.is_success())?;
    Some(match document.text_of("Payer") {
        Some("Requester") => Finding::new(
            "C-30",
            Severity::Failing,
            "the requester pays: anonymous readers are refused",
        )
        .fix("set the payer to BucketOwner")
        .seen(asked),
        _ => Finding::ok("C-30", "the owner pays").seen(asked),
    })
}

fn lifecycle(application: &Application, asked: &Exchange) -> Vec<Finding> {
    if asked.code() == Some("NoSuchLifecycleConfiguration") {
        return vec![Finding::ok("C-21", "no lifecycle rules").seen(asked)];
    }
    let Some(document) = asked.document().filter(|_| asked.is_success()) else {
        return vec![
            Finding::new("C-21", Severity::Info, "the store does not tell about lifecycle rules")
                .seen(asked),
        ];
    };
    let public: Vec<&str> = application.public_prefixes().collect();
    let found: Vec<Finding> = document
        .children_named("Rule")
        .filter_map(|rule| rule_finding(rule, &public))
        .map(|finding| finding.seen(asked))
        .collect();
    if found.is_empty() {
        return vec![
            Finding::ok("C-21", "no lifecycle rule removes or archives live media").seen(asked),
        ];
    }
    found
}

/// What a rule does to live media; none if it leaves them alone.
fn rule_finding(rule: &Element, public: &[&str]) -> Option<Finding> {
    if rule.text_of("Status") != Some("Enabled") {
        return None;
    }
    let filter = rule.child("Filter");
    let and = filter.and_then(|filter| filter.child("And"));
    // Media have no tags.
    let has_tag = [filter, and].into_iter().flatten().any(|place| place.child("Tag").is_some());
    let prefix = [Some(rule), filter, and]
        .into_iter()
        .flatten()
        .find_map(|place| place.text_of("Prefix"))
        .unwrap_or_default();
    let touches = public.iter().any(|media| {
        media.starts_with(prefix) || (prefix.starts_with(media) && !prefix.contains("/."))
    });
    if has_tag || !touches {
        return None;
    }
    let id = rule.text_of("ID").unwrap_or("without an id");
    let expires = rule.child("Expiration").is_some_and(|expiration| {
        expiration.child("Days").is_some() || expiration.child("Date").is_some()
    });
    if expires {
        return Some(
            Finding::new(
                "C-21",
                Severity::Failing,
                format!("the lifecycle rule `{id}` deletes live media; the rows stay, the pictures vanish"),
            )
            .fix(format!("remove the expiration of the rule `{id}`, or limit its prefix")),
        );
    }
    let archive = rule
        .children_named("Transition")
        .filter_map(|transition| transition.text_of("StorageClass"))
        .find(|class| is_archive(class))?;
    Some(
        Finding::new(
            "C-21",
            Severity::Failing,
            format!("the lifecycle rule `{id}` moves live media to {archive}, where nobody can read them"),
        )
        .fix(format!("remove that transition of the rule `{id}`")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::document::parse;

    fn check(rule: &str, expected: Option<&str>) {
        let rule = format!("<Rule><ID>r</ID><Status>Enabled</Status>{rule}</Rule>");
        let found = rule_finding(&parse(rule.as_bytes()).unwrap(), &["accounts/", "cache/"]);
        match expected {
            Some(word) => assert!(found.unwrap().meaning.contains(word), "{rule}"),
            None => assert!(found.is_none(), "{rule}"),
        }
    }

    #[test]
    fn rules_that_hurt_are_told_from_those_that_do_not() {
        let days = "<Expiration><Days>1</Days></Expiration>";
        check(&format!("<Filter><Prefix></Prefix></Filter>{days}"), Some("deletes"));
        check(&format!("<Prefix>cache/</Prefix>{days}"), Some("deletes"));
        check(&format!("<Filter/>{days}"), Some("deletes"));
        check(&format!("<Filter><And><Prefix>acc</Prefix></And></Filter>{days}"), Some("deletes"));
        check(&format!("<Filter><Prefix>tombstone/</Prefix></Filter>{days}"), None);
        check(&format!("<Filter><Prefix>backups/</Prefix></Filter>{days}"), None);
        check(&format!("<Filter><Prefix>accounts/avatars/.watch/</Prefix></Filter>{days}"), None);
        check(&format!("<Filter><Tag><Key>a</Key></Tag></Filter>{days}"), None);
        check(
            "<Filter/><Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>",
            None,
        );
        let move_to = |class| {
            format!("<Filter/><Transition><StorageClass>{class}</StorageClass></Transition>")
        };
        check(&move_to("DEEP_ARCHIVE"), Some("DEEP_ARCHIVE"));
        check(&move_to("STANDARD_IA"), None);
        check("<Filter/><AbortIncompleteMultipartUpload/>", None);
    }
}
