//! Examines an application's bucket by doing what the application does.

pub mod checks;
pub mod finding;
pub mod probe;
mod report;
pub mod seen;
pub mod sidekiq;
pub mod tables;

use std::collections::BTreeSet;

pub use finding::{Evidence, Finding, Place};
pub use probe::Probes;
pub use report::{Detail, Marks, Report};
pub use seen::Seen;

use crate::application::{Application, Severity};
use crate::s3::{PublicAccessFlags, S3Client};

/// All checks with what each of them looks at.
pub const CHECKS: [(&str, &str); 30] = [
    ("C-01", "configuration"),
    ("C-02", "running service"),
    ("C-03", "name, connection, TLS"),
    ("C-04", "clock"),
    ("C-05", "bucket and region"),
    ("C-06", "addressing style"),
    ("C-07", "credentials"),
    ("C-08", "object ownership"),
    ("C-09", "plain upload"),
    ("C-10", "upload as the application does it"),
    ("C-11", "later change of an ACL"),
    ("C-12", "reading by the public"),
    ("C-13", "answer for a missing key"),
    ("C-14", "listing by the public"),
    ("C-15", "policy and Block Public Access"),
    ("C-16", "checksums of current SDKs"),
    ("C-17", "100-continue"),
    ("C-18", "multipart upload"),
    ("C-19", "deletion"),
    ("C-20", "versioning and Object Lock"),
    ("C-21", "lifecycle"),
    ("C-22", "storage class"),
    ("C-23", "headers as the public gets them"),
    ("C-24", "CORS"),
    ("C-25", "content security policy"),
    ("C-26", "cached errors"),
    ("C-27", "failing jobs"),
    ("C-28", "quota"),
    ("C-29", "encryption"),
    ("C-30", "requester pays"),
];

/// What to examine.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The checks that are wanted; all if empty.
    pub only: BTreeSet<String>,
}

impl Options {
    /// Whether any of these is wanted.
    pub fn wants(&self, ids: &[&str]) -> bool {
        self.only.is_empty() || ids.iter().any(|id| self.only.contains(*id))
    }
}

/// What one check learns that another needs.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Object Ownership, if the store says it.
    pub ownership: Option<String>,
    /// Block Public Access of the bucket, if the store says it.
    pub flags: Option<PublicAccessFlags>,
    /// What the policy gives to everyone.
    pub reach: Option<tables::public_access::PolicyReach>,
    /// Whether versioning is on or was, if the store says it.
    pub has_versions: Option<bool>,
    /// Whether the public reads objects only thanks to their ACLs; if it could be found out.
    pub depends_on_acls: Option<bool>,
}

/// What every check has at hand.
pub struct Context<'a> {
    /// The application.
    pub application: &'a Application,
    /// A client with the application's credentials.
    pub client: &'a S3Client,
    /// Where probes are written.
    pub probes: &'a Probes,
    /// What to examine.
    pub options: &'a Options,
}

/// Runs the checks in order. The probes stay; whoever called cleans them up, also if this is dropped
/// half way.
pub async fn examine(context: &Context<'_>) -> (Vec<Finding>, Known) {
    let mut known = Known::default();
    let mut findings = checks::configuration::check(context.application);
    let options = context.options;
    if options.wants(&["C-02"]) {
        findings.extend(checks::service::check(context.application).await);
    }
    let (reached, may_go_on) = checks::reach::check(context).await;
    findings.extend(reached);
    if may_go_on {
        findings.extend(ask_the_store(context, &mut known).await);
    }
    if options.wants(&["C-27"]) {
        findings.extend(checks::queues::check(context).await);
    }
    findings.retain(|finding| options.wants(&[finding.id]));
    findings.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), finding.id));
    (findings, known)
}

async fn ask_the_store(context: &Context<'_>, known: &mut Known) -> Vec<Finding> {
    let options = context.options;
    let mut findings = Vec::new();
    let of_uploads =
        ["C-09", "C-10", "C-11", "C-12", "C-13", "C-22", "C-23", "C-26", "C-28", "C-29"];
    let of_settings = ["C-08", "C-15", "C-20", "C-21", "C-30", "C-19"];
    if options.wants(&of_settings) || options.wants(&of_uploads) {
        findings.extend(checks::settings::check(context, known).await);
    }
    if options.wants(&of_uploads) {
        findings.extend(checks::uploads::check(context, known).await);
    }
    if options.wants(&["C-14"]) {
        findings.extend(checks::public::listing(context).await);
    }
    if options.wants(&["C-16"]) {
        findings.extend(checks::checksums::check(context).await);
    }
    if options.wants(&["C-17"]) {
        findings.extend(checks::transfer::expect(context).await);
    }
    if options.wants(&["C-18"]) {
        findings.extend(checks::transfer::multipart(context).await);
    }
    if options.wants(&["C-19"]) {
        findings.extend(checks::transfer::deletion(context, known).await);
    }
    if options.wants(&["C-24"]) {
        findings.extend(checks::public::cors(context).await);
    }
    if options.wants(&["C-25"]) {
        findings.extend(checks::public::content_security_policy(context).await);
    }
    findings
}

/// The worst of the findings.
pub fn worst(findings: &[Finding]) -> Severity {
    findings.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Ok)
}
