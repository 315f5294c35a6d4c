//! The errors of IAM as clients see them.
//!
//! AWS: IAM API reference, the errors of each action and "Common Error Types".

use std::borrow::Cow;
use std::fmt;

use model::S3Error;

macro_rules! error_codes {
    ($($(#[doc = $doc:literal])* $variant:ident = $status:literal;)*) => {
        /// An error code. The name on the wire is the variant's name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum IamErrorCode {
            $($(#[doc = $doc])* $variant,)*
        }

        impl IamErrorCode {
            /// All codes.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The text of `<Code>`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant),)* }
            }

            /// The HTTP status.
            pub fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }
        }
    };
}

error_codes! {
    /// The caller may not do this.
    AccessDenied = 403;
    /// Another change came in between.
    ConcurrentModification = 409;
    /// Something still refers to what is to be deleted.
    DeleteConflict = 409;
    /// The name is taken.
    EntityAlreadyExists = 409;
    /// The name of a user cannot be changed.
    EntityTemporarilyUnmodifiable = 409;
    /// The session has ended.
    ExpiredToken = 403;
    /// The token of an identity provider has ended.
    ExpiredTokenException = 400;
    /// An identity provider cannot be reached.
    IDPCommunicationError = 400;
    /// The signature lacks a part.
    IncompleteSignature = 400;
    /// There is no such action.
    InvalidAction = 400;
    /// The access key or session token is unknown.
    InvalidClientTokenId = 403;
    /// The message is none that this server encoded.
    InvalidAuthorizationMessageException = 400;
    /// The token of an identity provider is not accepted.
    InvalidIdentityToken = 400;
    /// A value is not allowed.
    InvalidInput = 400;
    /// A parameter is not allowed.
    InvalidParameterValue = 400;
    /// The kind of the user does not allow this.
    InvalidUserType = 400;
    /// An account has no more room.
    LimitExceeded = 409;
    /// A policy is not understood.
    MalformedPolicyDocument = 400;
    /// The body is not a list of parameters.
    MalformedQueryString = 400;
    /// No action is named.
    MissingAction = 400;
    /// The request is not signed.
    MissingAuthenticationToken = 403;
    /// There is no such thing.
    NoSuchEntity = 404;
    /// The action exists at AWS, but not here.
    NotImplemented = 501;
    /// Caller and action do not go together.
    NotAuthorized = 400;
    /// Session policies and tags do not fit into a token.
    PackedPolicyTooLarge = 400;
    /// Policies of services cannot be attached.
    PolicyNotAttachable = 400;
    /// The server failed.
    ServiceFailure = 500;
    /// The server cannot answer now.
    ServiceUnavailable = 503;
    /// The signature is wrong, or for another service.
    SignatureDoesNotMatch = 403;
    /// What AWS itself manages cannot be changed.
    UnmodifiableEntity = 400;
    /// A parameter breaks its constraint.
    ValidationError = 400;
}

/// An error: code, message, and a cause for the log.
#[derive(Clone, PartialEq, Eq)]
pub struct IamError(Box<Parts>);

#[derive(Clone, PartialEq, Eq)]
struct Parts {
    code: IamErrorCode,
    message: Cow<'static, str>,
    cause: Option<String>,
}

impl IamError {
    /// An error with its message.
    pub fn new(code: IamErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Parts { code, message: message.into(), cause: None }))
    }

    /// `ServiceFailure`; the cause goes to the log, never to the client.
    pub fn internal(cause: impl fmt::Display) -> Self {
        let message = "The request processing has failed because of an unknown error, exception or \
                       failure.";
        let mut error = Self::new(IamErrorCode::ServiceFailure, message);
        error.0.cause = Some(cause.to_string());
        error
    }

    /// `ValidationError`.
    pub fn validation(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(IamErrorCode::ValidationError, message)
    }

    /// `InvalidInput`.
    pub fn input(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(IamErrorCode::InvalidInput, message)
    }

    /// `NoSuchEntity`.
    pub fn missing(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(IamErrorCode::NoSuchEntity, message)
    }

    /// `EntityAlreadyExists`.
    pub fn exists(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(IamErrorCode::EntityAlreadyExists, message)
    }

    /// `DeleteConflict`.
    pub fn conflict(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(IamErrorCode::DeleteConflict, message)
    }

    /// `LimitExceeded` about a quota that AWS has a name for.
    pub fn quota(name: &str, limit: usize) -> Self {
        let message = format!("Cannot exceed quota for {name}: {limit}");
        Self::new(IamErrorCode::LimitExceeded, message)
    }

    /// `MalformedPolicyDocument`.
    pub fn malformed_policy(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(IamErrorCode::MalformedPolicyDocument, message)
    }

    /// The code.
    pub fn code(&self) -> IamErrorCode {
        self.0.code
    }

    /// The message for the client.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The cause for the log.
    pub fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// Adds what the operator should read in the log.
    #[must_use]
    pub fn because(mut self, cause: impl fmt::Display) -> Self {
        self.0.cause = Some(cause.to_string());
        self
    }
}

/// Errors of what lies below and knows S3 only. The codes of signatures are translated where
/// signatures are checked.
impl From<S3Error> for IamError {
    fn from(error: S3Error) -> Self {
        use model::ErrorCode;
        match error.code() {
            ErrorCode::ServiceUnavailable | ErrorCode::SlowDown => {
                Self::new(IamErrorCode::ServiceUnavailable, error.message().to_owned())
            }
            ErrorCode::AccessDenied => {
                Self::new(IamErrorCode::AccessDenied, error.message().to_owned())
            }
            _ => Self::internal(error.cause().unwrap_or(error.message())),
        }
    }
}

impl fmt::Display for IamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code.as_str(), self.0.message)
    }
}

impl fmt::Debug for IamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IamError")
            .field("code", &self.0.code)
            .field("message", &self.0.message)
            .field("cause", &self.0.cause)
            .finish()
    }
}

impl std::error::Error for IamError {}
