//! `x-amz-server-side-encryption*`: how an object is to be encrypted, and the keys of customers.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use model::limits::{ENCRYPTION_CONTEXT_BYTES_MAX, KMS_KEY_NAME_LENGTH_MAX};
use model::{ErrorCode, S3Error, SseAlgorithm};
use ops::encryption::{
    CUSTOMER_KEY_BYTES, CustomerKey, RequestedEncryption, RequestedKms, ShownEncryption,
};

use super::text;
use crate::answer::Answer;
use crate::origin::KeyTransport;

const METHOD: &str = "x-amz-server-side-encryption";
const KMS_KEY: &str = "x-amz-server-side-encryption-aws-kms-key-id";
const CONTEXT: &str = "x-amz-server-side-encryption-context";
const BUCKET_KEY: &str = "x-amz-server-side-encryption-bucket-key-enabled";
const CUSTOMER_ALGORITHM: &str = "x-amz-server-side-encryption-customer-algorithm";
const CUSTOMER_KEY: &str = "x-amz-server-side-encryption-customer-key";
const CUSTOMER_KEY_MD5: &str = "x-amz-server-side-encryption-customer-key-md5";
const SOURCE_ALGORITHM: &str = "x-amz-copy-source-server-side-encryption-customer-algorithm";
const SOURCE_KEY: &str = "x-amz-copy-source-server-side-encryption-customer-key";
const SOURCE_KEY_MD5: &str = "x-amz-copy-source-server-side-encryption-customer-key-md5";

/// How a writer wants an object to be encrypted.
pub(crate) fn requested(
    headers: &HeaderMap,
    transport: KeyTransport,
) -> Result<RequestedEncryption, S3Error> {
    let method = method(headers)?;
    if let Some(key) = customer_key(headers, transport)? {
        return match text(headers, METHOD) {
            None => Ok(RequestedEncryption::Customer(key)),
            Some(value) => Err(S3Error::invalid_argument(
                "Server Side Encryption with Customer provided key is incompatible with the encryption method specified",
                METHOD,
                value,
            )),
        };
    }
    let kms = RequestedKms {
        key: kms_key(headers)?,
        context: context(headers)?,
        bucket_key_enabled: bucket_key(headers)?,
        is_dual_layer: method == Some(SseAlgorithm::AwsKmsDsse),
    };
    match method {
        Some(SseAlgorithm::AwsKms | SseAlgorithm::AwsKmsDsse) => Ok(RequestedEncryption::Kms(kms)),
        other if kms.key.is_some() || kms.context.is_some() => Err(S3Error::invalid_argument(
            "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms",
            METHOD,
            other.map_or("null", SseAlgorithm::as_str),
        )),
        Some(SseAlgorithm::Aes256) => Ok(RequestedEncryption::S3Managed),
        None => Ok(RequestedEncryption::Default),
    }
}

fn method(headers: &HeaderMap) -> Result<Option<SseAlgorithm>, S3Error> {
    let Some(value) = text(headers, METHOD) else { return Ok(None) };
    SseAlgorithm::parse(value).map(Some).ok_or_else(|| {
        S3Error::invalid_argument("The encryption method specified is not supported", METHOD, value)
    })
}

fn kms_key(headers: &HeaderMap) -> Result<Option<String>, S3Error> {
    let Some(value) = text(headers, KMS_KEY).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    if value.len() > KMS_KEY_NAME_LENGTH_MAX {
        return Err(S3Error::invalid_argument("The KMS key id is too long.", KMS_KEY, value));
    }
    Ok(Some(value.to_owned()))
}

/// The context as JSON with its names in order, so that equal contexts are equal texts.
fn context(headers: &HeaderMap) -> Result<Option<String>, S3Error> {
    let Some(value) = headers.get(CONTEXT) else { return Ok(None) };
    let decoded = STANDARD.decode(value.as_bytes()).ok();
    let pairs: Option<BTreeMap<String, String>> = decoded
        .filter(|json| json.len() <= ENCRYPTION_CONTEXT_BYTES_MAX)
        .and_then(|json| serde_json::from_slice(&json).ok());
    let pairs = pairs.ok_or_else(|| {
        S3Error::invalid_argument(
            "The header 'x-amz-server-side-encryption-context' shall be Base64-encoded UTF-8 string holding JSON which represents a string-string map",
            CONTEXT,
            String::from_utf8_lossy(value.as_bytes()),
        )
    })?;
    serde_json::to_string(&pairs).map(Some).map_err(S3Error::internal)
}

fn bucket_key(headers: &HeaderMap) -> Result<Option<bool>, S3Error> {
    match text(headers, BUCKET_KEY) {
        None => Ok(None),
        Some(value) if value.eq_ignore_ascii_case("true") => Ok(Some(true)),
        Some(value) if value.eq_ignore_ascii_case("false") => Ok(Some(false)),
        Some(value) => Err(S3Error::invalid_argument(
            "The bucket key setting must be true or false.",
            BUCKET_KEY,
            value,
        )),
    }
}

/// The key that the object was, or is to be, encrypted with.
fn customer_key(
    headers: &HeaderMap,
    transport: KeyTransport,
) -> Result<Option<CustomerKey>, S3Error> {
    read_key(headers, [CUSTOMER_ALGORITHM, CUSTOMER_KEY, CUSTOMER_KEY_MD5], transport)
}

/// The key that the source of a copy was encrypted with.
pub(crate) fn source_key(
    headers: &HeaderMap,
    transport: KeyTransport,
) -> Result<Option<CustomerKey>, S3Error> {
    read_key(headers, [SOURCE_ALGORITHM, SOURCE_KEY, SOURCE_KEY_MD5], transport)
}

/// The key of an object that is read, or of an upload that a part belongs to. What only those may say
/// who begin to write is refused.
pub(crate) fn settled_key(
    headers: &HeaderMap,
    transport: KeyTransport,
) -> Result<Option<CustomerKey>, S3Error> {
    if let Some(value) = text(headers, METHOD) {
        return Err(S3Error::invalid_argument(
            "x-amz-server-side-encryption header is not supported for this operation.",
            METHOD,
            value,
        ));
    }
    customer_key(headers, transport)
}

/// Values of the headers never stand in an error: they may be keys.
fn read_key(
    headers: &HeaderMap,
    [algorithm, key, md5]: [&str; 3],
    transport: KeyTransport,
) -> Result<Option<CustomerKey>, S3Error> {
    let [algorithm, key, md5] = [algorithm, key, md5].map(|name| text(headers, name));
    if [algorithm, key, md5].iter().all(Option::is_none) {
        return Ok(None);
    }
    let invalid = |message: &'static str| S3Error::invalid_argument(message, METHOD, "null");
    if transport == KeyTransport::Unsafe {
        return Err(S3Error::with_message(
            ErrorCode::InvalidRequest,
            "Requests specifying Server Side Encryption with Customer provided keys must be made over a secure connection.",
        ));
    }
    let algorithm = algorithm.ok_or_else(|| invalid("Requests specifying Server Side Encryption with Customer provided keys must provide a valid encryption algorithm."))?;
    let key = key.ok_or_else(|| invalid("Requests specifying Server Side Encryption with Customer provided keys must provide an appropriate secret key."))?;
    if algorithm != "AES256" {
        return Err(S3Error::new(ErrorCode::InvalidEncryptionAlgorithmError)
            .field("ArgumentName", METHOD)
            .field("ArgumentValue", algorithm));
    }
    let wrong_key = || invalid("The secret key was invalid for the specified algorithm.");
    let bytes = STANDARD.decode(key).map_err(|_| wrong_key())?;
    let bytes = zeroize::Zeroizing::new(bytes);
    let md5 = md5.ok_or_else(|| invalid("Requests specifying Server Side Encryption with Customer provided keys must provide the client calculated MD5 of the secret key."))?;
    // Before the length, as Amazon's answers to keys of 24 bytes show.
    if md5 != STANDARD.encode(CustomerKey::md5_of(&bytes)) {
        return Err(invalid(
            "The calculated MD5 hash of the key did not match the hash that was provided.",
        ));
    }
    let bytes: &[u8; CUSTOMER_KEY_BYTES] = bytes.as_slice().try_into().map_err(|_| wrong_key())?;
    Ok(Some(CustomerKey::new(bytes)))
}

/// Adds what an answer says of how an object is encrypted; `customer_md5` is that of the customer's
/// key, which the request brought along.
pub(crate) fn shown(
    answer: Answer,
    encryption: Option<&ShownEncryption>,
    customer_md5: Option<[u8; 16]>,
) -> Answer {
    let Some(encryption) = encryption else { return answer };
    let Some(algorithm) = encryption.algorithm else {
        return answer
            .named(CUSTOMER_ALGORITHM, "AES256")
            .optional(CUSTOMER_KEY_MD5, customer_md5.map(|md5| STANDARD.encode(md5)));
    };
    let answer =
        answer.named(METHOD, algorithm.as_str()).optional(KMS_KEY, encryption.kms_key.as_deref());
    if encryption.bucket_key_enabled { answer.named(BUCKET_KEY, "true") } else { answer }
}

/// Adds the encryption context, which only answers to writes tell.
pub(crate) fn shown_context(answer: Answer, encryption: Option<&ShownEncryption>) -> Answer {
    let context = encryption.and_then(|encryption| encryption.context.as_deref());
    answer.optional(CONTEXT, context.map(|context| STANDARD.encode(context)))
}

#[cfg(test)]
mod tests;
