//! What a call is answered with.

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
}
