//! What callers hear whose signature is refused.
//!
//! AWS: IAM API reference, "Common Errors". Signatures are checked by code that speaks S3; this
//! puts its errors into the words of the other APIs.

use iam::{IamError, IamErrorCode};
use model::{ErrorCode, S3Error};

const MISMATCH: &str = "The request signature we calculated does not match the signature you \
    provided. Check your AWS Secret Access Key and signing method. Consult the service \
    documentation for details.";

/// The same refusal in the words of the query APIs. `expected` is the name of the API.
pub fn of_signature(error: &S3Error, expected: &str) -> IamError {
    use IamErrorCode as C;
    let (code, message) = match error.code() {
        ErrorCode::InvalidAccessKeyId | ErrorCode::InvalidToken => (
            C::InvalidClientTokenId,
            "The security token included in the request is invalid.".into(),
        ),
        ErrorCode::ExpiredToken => {
            (C::ExpiredToken, "The security token included in the request is expired".into())
        }
        ErrorCode::SignatureDoesNotMatch => (C::SignatureDoesNotMatch, MISMATCH.to_owned()),
        ErrorCode::RequestTimeTooSkewed => {
            (C::SignatureDoesNotMatch, "Signature expired or not yet current".to_owned())
        }
        ErrorCode::AuthorizationHeaderMalformed | ErrorCode::AuthorizationQueryParametersError => {
            let text = error.message();
            if text.contains("incorrect service") {
                let message =
                    format!("Credential should be scoped to correct service: '{expected}'. ");
                (C::SignatureDoesNotMatch, message)
            } else if text.contains("the region") {
                (C::SignatureDoesNotMatch, "Credential should be scoped to a valid region. ".into())
            } else {
                (C::IncompleteSignature, text.to_owned())
            }
        }
        ErrorCode::AccessDenied | ErrorCode::InvalidRequest | ErrorCode::InvalidArgument => {
            (C::IncompleteSignature, error.message().to_owned())
        }
        _ => return error.clone().into(),
    };
    IamError::new(code, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_have_the_words_of_the_api() {
        let header = |tail: &str| {
            let message = format!("The authorization header is malformed; {tail}");
            S3Error::with_message(ErrorCode::AuthorizationHeaderMalformed, message)
        };
        for (error, code) in [
            (ErrorCode::InvalidAccessKeyId.into(), IamErrorCode::InvalidClientTokenId),
            (ErrorCode::SignatureDoesNotMatch.into(), IamErrorCode::SignatureDoesNotMatch),
            (header("incorrect service \"s3\"."), IamErrorCode::SignatureDoesNotMatch),
            (header("the region 'x' is wrong"), IamErrorCode::SignatureDoesNotMatch),
            (header("missing Signature."), IamErrorCode::IncompleteSignature),
            (S3Error::internal("x"), IamErrorCode::ServiceFailure),
        ] {
            assert_eq!(of_signature(&error, "iam").code(), code, "{error}");
        }
    }
}
