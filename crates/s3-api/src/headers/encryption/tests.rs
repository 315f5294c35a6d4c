use http::HeaderName;

use super::*;
use crate::origin::{CustomerKeysOverHttp, Origin, Transport};

const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const MD5: &str = "cLyPS3KoaSFGi/joRB3OUQ==";

fn from(address: &str, transport: Transport) -> Origin {
    Origin { address: address.parse().unwrap(), transport }
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(HeaderName::from_static(name), value.parse().unwrap());
    }
    headers
}

fn key_headers<'a>(algorithm: &'a str, key: &'a str, md5: &'a str) -> HeaderMap {
    let all = [(CUSTOMER_ALGORITHM, algorithm), (CUSTOMER_KEY, key), (CUSTOMER_KEY_MD5, md5)];
    let sent: Vec<_> = all.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    headers(&sent)
}

fn asked(pairs: &[(&'static str, &str)]) -> Result<RequestedEncryption, ErrorCode> {
    requested(&headers(pairs), KeyTransport::Safe).map_err(|error| error.code())
}

#[test]
fn methods() {
    use RequestedEncryption as Requested;
    assert!(matches!(asked(&[]), Ok(Requested::Default)));
    assert!(matches!(asked(&[(METHOD, "AES256")]), Ok(Requested::S3Managed)));
    let context = STANDARD.encode("{\"b\": \"2\", \"a\": \"1\"}");
    let all =
        [(METHOD, "aws:kms"), (KMS_KEY, "alias/x"), (CONTEXT, &context), (BUCKET_KEY, "True")];
    let Ok(Requested::Kms(kms)) = asked(&all) else { panic!() };
    let expected = RequestedKms {
        key: Some("alias/x".into()),
        context: Some("{\"a\":\"1\",\"b\":\"2\"}".into()),
        bucket_key_enabled: Some(true),
        is_dual_layer: false,
    };
    assert_eq!(kms, expected);
    let dual = [(METHOD, "aws:kms:dsse"), (KMS_KEY, "alias/x")];
    assert!(matches!(asked(&dual), Ok(Requested::Kms(kms)) if kms.is_dual_layer));
    for (bad, code) in [
        ((METHOD, "aes256"), ErrorCode::InvalidArgument),
        ((KMS_KEY, "alias/x"), ErrorCode::InvalidArgument),
        ((CONTEXT, &context), ErrorCode::InvalidArgument),
        ((BUCKET_KEY, "1"), ErrorCode::InvalidArgument),
    ] {
        assert_eq!(asked(&[bad]).unwrap_err(), code, "{bad:?}");
    }
    for json in ["", "[]", "{\"a\": 1}", "x"] {
        let context = STANDARD.encode(json);
        let code = asked(&[(METHOD, "aws:kms"), (CONTEXT, &context)]).unwrap_err();
        assert_eq!(code, ErrorCode::InvalidArgument, "{json}");
    }
    let both = [
        (METHOD, "AES256"),
        (CUSTOMER_ALGORITHM, "AES256"),
        (CUSTOMER_KEY, KEY),
        (CUSTOMER_KEY_MD5, MD5),
    ];
    assert_eq!(asked(&both).unwrap_err(), ErrorCode::InvalidArgument);
}

#[test]
fn customer_keys() {
    let read = |algorithm, key, md5| {
        let found = customer_key(&key_headers(algorithm, key, md5), KeyTransport::Safe);
        found.map(|key| key.is_some()).map_err(|error| error.message().to_owned())
    };
    assert_eq!(read("", "", ""), Ok(false));
    assert_eq!(read("AES256", KEY, MD5), Ok(true));
    let short = STANDARD.encode([0; 31]);
    let long = STANDARD.encode([0; 33]);
    let longest = STANDARD.encode([0; 999]);
    let md5_of = |length| STANDARD.encode(CustomerKey::md5_of(&vec![0; length]));
    for (algorithm, key, md5, expected) in [
        ("", KEY, MD5, "must provide a valid encryption algorithm."),
        ("AES256", "", MD5, "must provide an appropriate secret key."),
        ("AES256", "", "", "must provide an appropriate secret key."),
        ("AES128", KEY, MD5, "Supported value: AES256."),
        ("AES256", KEY, "", "must provide the client calculated MD5 of the secret key."),
        ("AES256", KEY, "AAAA", "did not match the hash that was provided."),
        ("AES256", &short, MD5, "did not match the hash that was provided."),
        ("AES256", &short, &md5_of(31), "The secret key was invalid for the specified algorithm."),
        ("AES256", &long, &md5_of(33), "The secret key was invalid for the specified algorithm."),
        (
            "AES256",
            &longest,
            &md5_of(999),
            "The secret key was invalid for the specified algorithm.",
        ),
        ("AES256", "x!", MD5, "The secret key was invalid for the specified algorithm."),
    ] {
        let message = read(algorithm, key, md5).unwrap_err();
        assert!(message.ends_with(expected), "{message}");
        assert!(key.len() < 5 || !message.contains(key), "the key is told nobody");
    }
}

#[test]
fn keys_do_not_travel_in_the_open() {
    use CustomerKeysOverHttp::{Accept, Loopback, Reject};
    let sent = key_headers("AES256", KEY, MD5);
    let read = |rule: CustomerKeysOverHttp, address, transport| {
        let transport = rule.judge(from(address, transport));
        customer_key(&sent, transport).map(drop).map_err(|error| error.code())
    };
    let refused = Err(ErrorCode::InvalidRequest);
    for rule in [Reject, Loopback] {
        assert_eq!(read(rule, "192.0.2.1", Transport::Plain), refused);
        assert_eq!(read(rule, "::ffff:192.0.2.1", Transport::Plain), refused);
    }
    for rule in [Reject, Loopback, Accept] {
        assert_eq!(read(rule, "192.0.2.1", Transport::Tls(None)), Ok(()));
    }
    assert_eq!(read(Reject, "::1", Transport::Plain), refused);
    assert_eq!(read(Loopback, "::1", Transport::Plain), Ok(()));
    assert_eq!(read(Loopback, "::ffff:127.0.0.1", Transport::Plain), Ok(()));
    assert_eq!(read(Accept, "192.0.2.1", Transport::Plain), Ok(()));
    assert_eq!(CustomerKeysOverHttp::default(), Loopback);
}

#[test]
fn a_reader_names_no_method() {
    let error = settled_key(&headers(&[(METHOD, "AES256")]), KeyTransport::Safe).unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidArgument);
}
