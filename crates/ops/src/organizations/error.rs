//! The errors of Organizations. AWS: Organizations API reference, "Common Errors" and those of each
//! action.

use std::borrow::Cow;

use iam::{IamError, IamErrorCode};
use model::S3Error;

macro_rules! error_codes {
    ($($(#[doc = $doc:literal])* $variant:ident = $status:literal;)*) => {
        /// An error code. The name on the wire is the variant's name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum OrganizationsErrorCode {
            $($(#[doc = $doc])* $variant,)*
        }

        impl OrganizationsErrorCode {
            /// The text of `__type`.
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
    AccessDeniedException = 400;
    /// There is no such account.
    AccountNotFoundException = 400;
    /// There is no such request to create an account.
    CreateAccountStatusNotFoundException = 400;
    /// The session has ended.
    ExpiredTokenException = 400;
    /// The signature lacks a part.
    IncompleteSignatureException = 400;
    /// A value is not allowed.
    InvalidInputException = 400;
    /// The signature is wrong.
    InvalidSignatureException = 400;
    /// The request is not signed.
    MissingAuthenticationTokenException = 400;
    /// The body is not what the action expects.
    SerializationException = 400;
    /// The server failed.
    ServiceException = 500;
    /// The access key or session token is unknown.
    UnrecognizedClientException = 400;
    /// There is no such action, or not here.
    UnknownOperationException = 400;
}

/// An error: code, message, and a cause for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationsError {
    /// The code.
    pub code: OrganizationsErrorCode,
    /// The message for the client.
    pub message: Cow<'static, str>,
    /// The cause for the log.
    pub cause: Option<String>,
}

impl OrganizationsError {
    /// An error with its message.
    pub fn new(code: OrganizationsErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), cause: None }
    }
}

impl From<S3Error> for OrganizationsError {
    fn from(error: S3Error) -> Self {
        IamError::from(error).into()
    }
}

/// What the gate and signatures say in the words of IAM.
impl From<IamError> for OrganizationsError {
    fn from(error: IamError) -> Self {
        use OrganizationsErrorCode as C;
        let code = match error.code() {
            IamErrorCode::AccessDenied => C::AccessDeniedException,
            IamErrorCode::MissingAuthenticationToken => C::MissingAuthenticationTokenException,
            IamErrorCode::InvalidClientTokenId => C::UnrecognizedClientException,
            IamErrorCode::ExpiredToken => C::ExpiredTokenException,
            IamErrorCode::SignatureDoesNotMatch => C::InvalidSignatureException,
            IamErrorCode::IncompleteSignature => C::IncompleteSignatureException,
            IamErrorCode::InvalidInput | IamErrorCode::ValidationError => C::InvalidInputException,
            _ => C::ServiceException,
        };
        Self {
            code,
            message: error.message().to_owned().into(),
            cause: error.cause().map(str::to_owned),
        }
    }
}
