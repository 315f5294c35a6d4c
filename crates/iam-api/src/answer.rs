//! What a call is answered with.

use serde_json::Value;

/// Status, content type and body of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The content type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
    /// The name of the action, if it is one that is known.
    pub action: Option<&'static str>,
    /// The code of the error, if it is one.
    pub error: Option<&'static str>,
}

impl Answer {
    /// What the query APIs answer with.
    pub(crate) const XML: &'static str = "text/xml";

    /// What an API that speaks JSON answers to an action that succeeded.
    pub(crate) fn document(
        content_type: &'static str,
        action: &'static str,
        document: &Value,
    ) -> Self {
        let body = document.to_string();
        Self { status: 200, content_type, body, action: Some(action), error: None }
    }

    /// What an API that speaks JSON answers to a call that it refuses. The cause is for the log alone.
    pub(crate) fn refusal(
        content_type: &'static str,
        (status, code): (u16, &'static str),
        document: &Value,
        cause: Option<&str>,
        request_id: &str,
    ) -> Self {
        if status >= 500 {
            tracing::error!(request_id, code, cause, "call failed");
        } else {
            tracing::debug!(request_id, code, "call refused");
        }
        Self { status, content_type, body: document.to_string(), action: None, error: Some(code) }
    }
}
