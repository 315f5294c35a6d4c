//! `x-amz-expected-bucket-owner` and `x-amz-source-expected-bucket-owner` (§11.1).

use http::HeaderMap;
use model::{AccountId, ErrorCode, S3Error};

/// The owner that the caller expects the bucket to have (EBO-1).
pub(crate) fn expected_bucket_owner(headers: &HeaderMap) -> Result<Option<AccountId>, S3Error> {
    account_id(headers, "x-amz-expected-bucket-owner")
}

/// The owner that the caller expects the source bucket of a copy to have (EBO-4).
pub(crate) fn source_expected_bucket_owner(
    headers: &HeaderMap,
) -> Result<Option<AccountId>, S3Error> {
    account_id(headers, "x-amz-source-expected-bucket-owner")
}

fn account_id(headers: &HeaderMap, name: &str) -> Result<Option<AccountId>, S3Error> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    let text = String::from_utf8_lossy(value.as_bytes());
    let valid = AccountId::parse(&text).filter(|id| id.number() != 0);
    // EBO-3: the message quotes the value in brackets.
    valid.map(Some).ok_or_else(|| {
        S3Error::with_message(
            ErrorCode::InvalidBucketOwnerAWSAccountID,
            format!(
                "The value of the expected bucket owner parameter must be an AWS Account ID... [{text}]"
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twelve_digits_or_an_error() {
        let mut headers = HeaderMap::new();
        assert_eq!(expected_bucket_owner(&headers).unwrap(), None);
        for bad in ["0000", "0000000000020", "abcd", "aa000000000$", "invalid"] {
            headers.insert("x-amz-expected-bucket-owner", bad.parse().unwrap());
            let error = expected_bucket_owner(&headers).unwrap_err();
            assert_eq!(error.code(), ErrorCode::InvalidBucketOwnerAWSAccountID);
            assert!(error.message().ends_with(&format!("[{bad}]")));
        }
        headers.insert("x-amz-expected-bucket-owner", "111122223333".parse().unwrap());
        assert_eq!(expected_bucket_owner(&headers).unwrap().unwrap().to_string(), "111122223333");
    }
}
