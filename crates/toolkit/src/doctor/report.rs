//! Findings as people and programs read them.

use std::fmt::Write as _;

use serde::Serialize;

use super::{CHECKS, Finding, worst};
use crate::application::{Application, Severity};

/// An examination.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The profile.
    pub profile: &'static str,
    /// The application's version, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The endpoint.
    pub endpoint: String,
    /// The bucket.
    pub bucket: String,
    /// Who asked: the beginning of the access key id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_key: Option<String>,
    /// The worst of the findings.
    pub verdict: Severity,
    /// The findings, the gravest first.
    pub findings: Vec<Finding>,
    /// Keys of probes that could not be removed.
    pub leftovers: Vec<String>,
}

/// How text is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marks {
    /// Not at all.
    Plain,
    /// With the colours of terminals.
    Coloured,
}

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Only what is wrong.
    Problems,
    /// Everything.
    Everything,
}

impl Report {
    /// A report about an application.
    pub fn new(application: &Application, findings: Vec<Finding>, leftovers: Vec<String>) -> Self {
        let mut verdict = worst(&findings);
        if !leftovers.is_empty() {
            verdict = verdict.max(Severity::Warning);
        }
        Self {
            profile: application.profile,
            version: application.version.map(|version| version.to_string()),
            endpoint: application.endpoint.clone(),
            bucket: application.bucket.clone(),
            access_key: application.credentials.as_ref().map(crate::s3::Credentials::shown_id),
            verdict,
            findings,
            leftovers,
        }
    }

    /// 0 healthy, 1 warnings, 2 failing.
    pub fn exit_code(&self) -> u8 {
        match self.verdict {
            Severity::Ok | Severity::Info => 0,
            Severity::Warning => 1,
            Severity::Failing => 2,
        }
    }

    /// The text for terminals.
    pub fn text(&self, marks: Marks, detail: Detail) -> String {
        let mut text = String::new();
        if detail == Detail::Everything {
            _ = writeln!(text, "{} · bucket {} at {}", self.profile, self.bucket, self.endpoint);
        }
        for finding in &self.findings {
            let is_problem = finding.severity >= Severity::Warning;
            if is_problem || detail == Detail::Everything {
                push(&mut text, finding, marks);
            }
        }
        for key in &self.leftovers {
            _ = writeln!(text, "left over: {key} could not be deleted");
        }
        if detail == Detail::Everything {
            let count = |severity| {
                self.findings.iter().filter(|finding| finding.severity == severity).count()
            };
            _ = writeln!(
                text,
                "\n{}: {} failing, {} warnings, {} as they should be",
                word(self.verdict, marks),
                count(Severity::Failing),
                count(Severity::Warning),
                count(Severity::Ok)
            );
        }
        text
    }
}

fn push(text: &mut String, finding: &Finding, marks: Marks) {
    let title = CHECKS.iter().find(|(id, _)| *id == finding.id).map_or("", |(_, title)| title);
    _ = writeln!(
        text,
        "\n{} {} {title}\n     {}",
        word(finding.severity, marks),
        finding.id,
        finding.meaning
    );
    if finding.severity == Severity::Ok {
        return;
    }
    for evidence in &finding.evidence {
        _ = writeln!(text, "     seen: {evidence}");
    }
    if let Some(place) = &finding.place {
        let current =
            place.current.as_deref().map(|value| format!(" = `{value}`")).unwrap_or_default();
        _ = writeln!(text, "     where: {} {}{current}", place.origin, place.setting);
        if let Some(proposed) = &place.proposed {
            _ = writeln!(text, "     should be: {proposed}");
        }
    }
    if let Some(fix) = &finding.fix {
        _ = writeln!(text, "     fix: {fix}");
    }
}

/// The severity as a word of one width.
fn word(severity: Severity, marks: Marks) -> String {
    let (word, colour) = match severity {
        Severity::Ok => ("ok  ", "32"),
        Severity::Info => ("info", "36"),
        Severity::Warning => ("WARN", "33"),
        Severity::Failing => ("FAIL", "31"),
    };
    match marks {
        Marks::Plain => word.to_owned(),
        Marks::Coloured => format!("\u{1b}[1;{colour}m{word}\u{1b}[0m"),
    }
}
