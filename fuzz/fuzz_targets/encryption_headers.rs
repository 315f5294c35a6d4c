//! `x-amz-server-side-encryption*`: a customer's key is never told, neither by what was read nor by an
//! error, and a method is never taken for another.
#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use ops::encryption::RequestedEncryption;
use s3_api::fuzzing::encryption_headers;

const NAMES: [&str; 7] = [
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-context",
    "x-amz-server-side-encryption-bucket-key-enabled",
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-server-side-encryption-customer-key",
    "x-amz-server-side-encryption-customer-key-md5",
];
const KEY: &str = NAMES[5];

fuzz_target!(|data: &[u8]| {
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n') {
        let Some((name, value)) = line.split_first() else { continue };
        let name = HeaderName::from_static(NAMES[usize::from(*name) % NAMES.len()]);
        let Ok(value) = HeaderValue::from_bytes(value) else { continue };
        headers.append(name, value);
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match encryption_headers(&headers) {
        Ok(RequestedEncryption::Customer(key)) => {
            let sent = STANDARD.decode(text(KEY).expect("a key was sent")).expect("in Base64");
            assert_eq!(sent.len(), 32);
            assert_eq!(text(NAMES[6]), Some(STANDARD.encode(key.md5()).as_str()));
            assert_eq!(format!("{key:?}"), "CustomerKey(redacted)");
        }
        Ok(RequestedEncryption::S3Managed) => assert_eq!(text(NAMES[0]), Some("AES256")),
        Ok(RequestedEncryption::Kms(kms)) => {
            let expected = if kms.is_dual_layer { "aws:kms:dsse" } else { "aws:kms" };
            assert_eq!(text(NAMES[0]), Some(expected));
        }
        Ok(RequestedEncryption::Default) => {
            assert!(headers.get(KEY).is_none_or(|value| value.to_str().is_err()));
        }
        Err(error) => {
            // Messages are literals; what was sent stands in the fields.
            let Some(key) = text(KEY).filter(|key| key.len() > 8) else { return };
            let others = NAMES.iter().filter(|name| **name != KEY);
            let elsewhere = others.filter_map(|name| text(name)).any(|value| value.contains(key));
            // Names of headers are ours, whatever part of them a key looks like.
            let mut values = error.fields().iter().map(|(_, value)| value.as_str());
            let told = values.any(|value| !NAMES.contains(&value) && value.contains(key));
            assert!(elsewhere || !told, "{error:?}");
        }
    }
});
