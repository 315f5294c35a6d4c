//! S3 Control: what is set for an account.
//!
//! SDKs put the account id in front of the endpoint's host and into the header `x-amz-account-id`.
//! The header is what counts: a bucket may be called like an account id, and `v20180820` is a
//! bucket name as well, but no request of S3 has this header.

pub(crate) mod public_access;

use http::request::Parts;
use model::{AccountId, ErrorCode, S3Error};

use crate::headers::text;
use crate::resolve::Resource;

/// The version of the API, with which every path begins.
const PREFIX: &str = "/v20180820/";
const PUBLIC_ACCESS_BLOCK: &str = "/v20180820/configuration/publicAccessBlock";

/// What a request of S3 Control is about; `None` if it is one of S3.
pub(crate) fn resolve(parts: &Parts) -> Result<Option<Resource>, S3Error> {
    let path = parts.uri.path();
    if !path.starts_with(PREFIX) || !parts.headers.contains_key("x-amz-account-id") {
        return Ok(None);
    }
    if path != PUBLIC_ACCESS_BLOCK {
        return Err(S3Error::with_message(
            ErrorCode::NotImplemented,
            "This is an operation of AWS S3 Control that this server does not implement.",
        ));
    }
    // What is not the id of an account cannot be the caller's.
    let account = text(&parts.headers, "x-amz-account-id").and_then(AccountId::parse);
    account
        .map(|account| Some(Resource::Account(account)))
        .ok_or_else(|| ErrorCode::AccessDenied.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, account: Option<&str>, expected: &str) {
        let mut request = http::Request::builder().uri(path);
        if let Some(account) = account {
            request = request.header("x-amz-account-id", account);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let shown = match resolve(&parts) {
            Ok(None) => "s3".to_owned(),
            Ok(Some(Resource::Account(account))) => account.to_string(),
            Ok(Some(other)) => format!("{other:?}"),
            Err(error) => error.code().as_str().to_owned(),
        };
        assert_eq!(shown, expected, "{path} {account:?}");
    }

    #[test]
    fn path_and_header_together_are_s3_control() {
        let id = Some("111122223333");
        check(PUBLIC_ACCESS_BLOCK, id, "111122223333");
        check(PUBLIC_ACCESS_BLOCK, None, "s3");
        check(PUBLIC_ACCESS_BLOCK, Some("me"), "AccessDenied");
        check("/v20180820/jobs", id, "NotImplemented");
        check("/v20180820", id, "s3");
        check("/v20180820/configuration/publicaccessblock", id, "NotImplemented");
        check("/photos/v20180820/configuration/publicAccessBlock", id, "s3");
    }
}
