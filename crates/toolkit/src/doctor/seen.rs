//! An answer as far as decisions depend on it.

use crate::http::{Exchange, FailureKind};

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The status; none if no answer came.
    pub status: Option<u16>,
    /// The code of the S3 error; empty without.
    pub code: String,
    /// Why no answer came.
    pub failure: Option<FailureKind>,
    /// Whether the body is a web page.
    pub is_html: bool,
}

impl Seen {
    /// An answer with a status and a code.
    pub fn answer(status: u16, code: &str) -> Self {
        Self { status: Some(status), code: code.to_owned(), failure: None, is_html: false }
    }

    /// A success.
    pub fn success() -> Self {
        Self::answer(200, "")
    }

    /// No answer.
    pub fn nothing(failure: FailureKind) -> Self {
        Self { status: None, code: String::new(), failure: Some(failure), is_html: false }
    }

    /// A web page.
    pub fn html(status: u16) -> Self {
        Self { is_html: true, ..Self::answer(status, "") }
    }

    /// Whether it is a success.
    pub fn is_success(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status)) && !self.is_html
    }

    /// Whether the store, not the request, is at fault.
    pub fn is_trouble(&self) -> bool {
        self.status.is_none_or(|status| status >= 500 && status != 501)
    }

    /// Whether it has this status.
    pub fn is(&self, status: u16) -> bool {
        self.status == Some(status)
    }

    /// Whether the store says that it does not know what was asked of it.
    pub fn is_unknown_to_store(&self) -> bool {
        matches!(self.status, Some(405 | 501)) || self.code == "NotImplemented"
    }
}

impl From<&Exchange> for Seen {
    fn from(exchange: &Exchange) -> Self {
        match &exchange.outcome {
            Err(failure) => Self::nothing(failure.kind),
            Ok(answer) => {
                let kind = answer.header("content-type").unwrap_or_default();
                let begin = answer.body.get(..64).unwrap_or(&answer.body).to_ascii_lowercase();
                let looks_like = begin.trim_ascii_start().starts_with(b"<!doctype html")
                    || begin.trim_ascii_start().starts_with(b"<html");
                Self {
                    status: Some(answer.status),
                    code: answer.code.clone().unwrap_or_default(),
                    failure: None,
                    // Some stores name the type of an empty body.
                    is_html: looks_like
                        || (kind.starts_with("text/html") && !answer.body.is_empty()),
                }
            }
        }
    }
}
