//! An error as the client sees it, with what only the operator may see.

use std::borrow::Cow;
use std::fmt;

use crate::error_code::ErrorCode;
use crate::object_lock::LockRefusal;
use crate::time::Timestamp;

/// An S3 error: code, message, extra fields, and a cause for the log.
///
/// Created cheaply enough to be returned on every refused request. The extra fields are written
/// between `Message` and `RequestId` in the order in which they were added (§0.3).
#[derive(Clone, PartialEq, Eq)]
pub struct S3Error(Box<Parts>);

#[derive(Clone, PartialEq, Eq)]
struct Parts {
    code: ErrorCode,
    message: Cow<'static, str>,
    fields: Vec<(&'static str, String)>,
    headers: Vec<(&'static str, String)>,
    last_modified: Option<Timestamp>,
    cause: Option<String>,
    locked: Option<LockRefusal>,
}

impl S3Error {
    /// The error with its standard message.
    pub fn new(code: ErrorCode) -> Self {
        Self::with_message(code, code.message())
    }

    /// The error with another message.
    pub fn with_message(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        let message = message.into();
        Self(Box::new(Parts {
            code,
            message,
            fields: Vec::new(),
            headers: Vec::new(),
            last_modified: None,
            cause: None,
            locked: None,
        }))
    }

    /// `InvalidArgument` with the argument that was wrong (ACL-E1 and its kin).
    pub fn invalid_argument(
        message: impl Into<Cow<'static, str>>,
        name: &str,
        value: impl Into<String>,
    ) -> Self {
        Self::with_message(ErrorCode::InvalidArgument, message)
            .field("ArgumentName", name)
            .field("ArgumentValue", value)
    }

    /// `InternalError`; the cause goes to the log, never to the client.
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self::new(ErrorCode::InternalError).because(cause)
    }

    /// `AccessDenied` by Object Lock; by which lock goes to the decision log, never to the client.
    pub fn locked(refusal: LockRefusal) -> Self {
        let message = "Access Denied because object protected by object lock.";
        let mut error = Self::with_message(ErrorCode::AccessDenied, message);
        error.0.locked = Some(refusal);
        error
    }

    /// Adds an element to the XML body.
    #[must_use]
    pub fn field(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.fields.push((name, value.into()));
        self
    }

    /// Adds a response header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.headers.push((name, value.into()));
        self
    }

    /// Adds the `Last-Modified` header.
    #[must_use]
    pub fn last_modified_at(mut self, time: Timestamp) -> Self {
        self.0.last_modified = Some(time);
        self
    }

    /// Adds what the operator should read in the log.
    #[must_use]
    pub fn because(mut self, cause: impl fmt::Display) -> Self {
        self.0.cause = Some(cause.to_string());
        self
    }

    /// The code.
    pub fn code(&self) -> ErrorCode {
        self.0.code
    }

    /// The message for the client.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The extra XML elements.
    pub fn fields(&self) -> &[(&'static str, String)] {
        &self.0.fields
    }

    /// The extra response headers.
    pub fn headers(&self) -> &[(&'static str, String)] {
        &self.0.headers
    }

    /// The value of the `Last-Modified` header.
    pub fn last_modified(&self) -> Option<Timestamp> {
        self.0.last_modified
    }

    /// The lock that refuses, if one does.
    pub fn lock(&self) -> Option<LockRefusal> {
        self.0.locked
    }

    /// The cause for the log.
    pub fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }
}

impl From<ErrorCode> for S3Error {
    fn from(code: ErrorCode) -> Self {
        Self::new(code)
    }
}

impl fmt::Display for S3Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code.as_str(), self.0.message)
    }
}

impl fmt::Debug for S3Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Error")
            .field("code", &self.0.code)
            .field("message", &self.0.message)
            .field("fields", &self.0.fields)
            .field("cause", &self.0.cause)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for S3Error {}
