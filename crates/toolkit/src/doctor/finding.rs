//! What an examination found.

use serde::Serialize;

use crate::application::Severity;
use crate::http::Exchange;

/// One finding.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// The check, `C-01` to `C-30`.
    pub id: &'static str,
    /// How serious.
    pub severity: Severity,
    /// What it means, in one or two sentences.
    pub meaning: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
    /// Where the setting stands that is to be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// What was asked and answered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
}

/// A setting to change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Where it stands: `file:line`, or what else it comes from.
    pub origin: String,
    /// The name of the setting.
    pub setting: String,
    /// Its value now, unless it is a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<String>,
    /// What should stand there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposed: Option<String>,
}

/// A request and its answer, without secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// The method.
    pub method: String,
    /// The URL.
    pub url: String,
    /// The ACL that was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acl: Option<String>,
    /// The status; none if no answer came.
    pub status: Option<u16>,
    /// The code of the S3 error, or why no answer came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The id under which the server knows the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// How long it took.
    pub millis: u64,
}

impl From<&Exchange> for Evidence {
    fn from(exchange: &Exchange) -> Self {
        let acl = exchange.request_headers.iter().find(|(name, _)| name == "x-amz-acl");
        let code = match &exchange.outcome {
            Ok(answer) => answer.code.clone(),
            Err(failure) => Some(format!("{}: {}", failure.kind, failure.text)),
        };
        Self {
            method: exchange.method.clone(),
            url: exchange.url.clone(),
            acl: acl.map(|(_, value)| value.clone()),
            status: exchange.status(),
            code,
            request_id: exchange.request_id().map(ToOwned::to_owned),
            millis: u64::try_from(exchange.timing.total.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

impl std::fmt::Display for Evidence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.url)?;
        if let Some(acl) = &self.acl {
            write!(f, " [x-amz-acl: {acl}]")?;
        }
        f.write_str(" →")?;
        if let Some(status) = self.status {
            write!(f, " {status}")?;
        }
        if let Some(code) = &self.code {
            write!(f, " {code}")?;
        }
        if let Some(id) = &self.request_id {
            write!(f, ", request {id}")?;
        }
        write!(f, ", {} ms", self.millis)
    }
}

impl Finding {
    /// A finding without evidence.
    pub fn new(id: &'static str, severity: Severity, meaning: impl Into<String>) -> Self {
        let meaning = meaning.into();
        Self { id, severity, meaning, fix: None, place: None, evidence: Vec::new() }
    }

    /// Everything is as it should be.
    pub fn ok(id: &'static str, meaning: impl Into<String>) -> Self {
        Self::new(id, Severity::Ok, meaning)
    }

    /// Adds what to do.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    /// Adds where to do it.
    #[must_use]
    pub fn place(mut self, place: Option<Place>) -> Self {
        self.place = place;
        self
    }

    /// Adds a request and its answer.
    #[must_use]
    pub fn seen(mut self, exchange: &Exchange) -> Self {
        self.evidence.push(exchange.into());
        self
    }

    /// Adds requests and their answers.
    #[must_use]
    pub fn all_seen<'a>(mut self, exchanges: impl IntoIterator<Item = &'a Exchange>) -> Self {
        self.evidence.extend(exchanges.into_iter().map(Evidence::from));
        self
    }
}
