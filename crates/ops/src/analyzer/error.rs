//! The errors of Access Analyzer. AWS: IAM Access Analyzer API reference, the errors of each action
//! and "Common Errors".

use std::borrow::Cow;
use std::fmt;

use iam::{IamError, IamErrorCode};
use model::S3Error;

macro_rules! error_codes {
    ($($(#[doc = $doc:literal])* $variant:ident = $status:literal;)*) => {
        /// An error code. The name on the wire is the variant's name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum AnalyzerErrorCode {
            $($(#[doc = $doc])* $variant,)*
        }

        impl AnalyzerErrorCode {
            /// Its name.
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
    AccessDeniedException = 403;
    /// The name is taken.
    ConflictException = 409;
    /// The session has ended.
    ExpiredTokenException = 403;
    /// The signature lacks a part.
    IncompleteSignatureException = 403;
    /// The server failed.
    InternalServerException = 500;
    /// A policy is not one.
    InvalidParameterException = 400;
    /// The signature is wrong.
    InvalidSignatureException = 403;
    /// The request is not signed.
    MissingAuthenticationTokenException = 403;
    /// There is no such thing.
    ResourceNotFoundException = 404;
    /// There is no more room.
    ServiceQuotaExceededException = 402;
    /// The server cannot answer now.
    ThrottlingException = 429;
    /// There is no such action, or not here.
    UnknownOperationException = 404;
    /// What was asked is beyond the analysis.
    UnprocessableEntityException = 422;
    /// The access key or session token is unknown.
    UnrecognizedClientException = 403;
    /// A value is not allowed.
    ValidationException = 400;
}

/// Why a value is not allowed: the member `reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidReason {
    /// The body is not what the action expects.
    CannotParse,
    /// A value breaks its constraint.
    FieldValidationFailed,
    /// AWS has it, and this server has not.
    NotSupported,
}

impl InvalidReason {
    /// Its name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CannotParse => "cannotParse",
            Self::FieldValidationFailed => "fieldValidationFailed",
            Self::NotSupported => "notSupported",
        }
    }
}

/// An error: code, message, and a cause for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnalyzerError {
    /// The code.
    pub code: AnalyzerErrorCode,
    /// The message for the client.
    pub message: Cow<'static, str>,
    /// What it is about, for the codes that say so: type and id.
    pub resource: Option<(&'static str, String)>,
    /// Why a value is not allowed.
    pub reason: Option<InvalidReason>,
    /// The cause for the log.
    pub cause: Option<String>,
}

impl AnalyzerError {
    /// An error with its message.
    pub fn new(code: AnalyzerErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), resource: None, reason: None, cause: None }
    }

    /// `ValidationException`.
    pub fn invalid(reason: InvalidReason, message: impl Into<Cow<'static, str>>) -> Self {
        let error = Self::new(AnalyzerErrorCode::ValidationException, message);
        Self { reason: Some(reason), ..error }
    }

    /// `ValidationException` about the value of a member.
    pub fn field(message: impl Into<Cow<'static, str>>) -> Self {
        Self::invalid(InvalidReason::FieldValidationFailed, message)
    }

    /// An error about something that has a name.
    pub fn about(
        code: AnalyzerErrorCode,
        resource_type: &'static str,
        id: &str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { resource: Some((resource_type, id.to_owned())), ..Self::new(code, message) }
    }

    /// `InternalServerException`; the cause goes to the log, never to the client.
    pub fn internal(cause: impl fmt::Display) -> Self {
        let message = "Internal server error.";
        let error = Self::new(AnalyzerErrorCode::InternalServerException, message);
        Self { cause: Some(cause.to_string()), ..error }
    }
}

impl From<S3Error> for AnalyzerError {
    fn from(error: S3Error) -> Self {
        IamError::from(error).into()
    }
}

/// What the gate, signatures and the store say in the words of IAM.
impl From<IamError> for AnalyzerError {
    fn from(error: IamError) -> Self {
        use AnalyzerErrorCode as C;
        let code = match error.code() {
            IamErrorCode::AccessDenied => C::AccessDeniedException,
            IamErrorCode::EntityAlreadyExists => C::ConflictException,
            IamErrorCode::ExpiredToken => C::ExpiredTokenException,
            IamErrorCode::IncompleteSignature => C::IncompleteSignatureException,
            IamErrorCode::InvalidClientTokenId => C::UnrecognizedClientException,
            IamErrorCode::InvalidInput | IamErrorCode::ValidationError => {
                return Self::field(error.message().to_owned());
            }
            IamErrorCode::LimitExceeded => C::ServiceQuotaExceededException,
            IamErrorCode::MissingAuthenticationToken => C::MissingAuthenticationTokenException,
            IamErrorCode::NoSuchEntity => C::ResourceNotFoundException,
            IamErrorCode::ConcurrentModification | IamErrorCode::ServiceUnavailable => {
                C::ThrottlingException
            }
            IamErrorCode::SignatureDoesNotMatch => C::InvalidSignatureException,
            _ => return Self::internal(error.cause().unwrap_or(error.message())),
        };
        Self {
            cause: error.cause().map(str::to_owned),
            ..Self::new(code, error.message().to_owned())
        }
    }
}
