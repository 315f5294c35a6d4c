//! Query strings, parameters of listings and continuation tokens.
//!
//! A place in a listing survives its token, a text its encoding, and a query what a client writes.
#![no_main]

use identity::uri::encode_query;
use libfuzzer_sys::fuzz_target;
use model::limits::LIST_KEYS_MAX;
use ops::records::ListStart;
use s3_api::fuzzing::{continuation, continuation_token, list_parameters, query, url_encoded};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(start) = continuation(text) {
        let token = continuation_token(&start);
        assert_eq!(continuation(&token).ok(), Some(start), "{token}");
    }
    for start in [ListStart::AfterKey(text.into()), ListStart::AfterPrefix(text.into())] {
        assert_eq!(continuation(&continuation_token(&start)).ok(), Some(start));
    }
    let encoded = url_encoded(text);
    let again = query(&format!("p={encoded}")).expect("a text");
    let expected = if text.is_empty() { "" } else { text };
    assert_eq!(again, [("p".to_owned(), expected.to_owned())], "{encoded}");
    if let Some(Ok(parameters)) = list_parameters(text) {
        assert!(parameters.limit <= LIST_KEYS_MAX);
    }
    if let Some(pairs) = query(text) {
        let write = |(name, value): &(String, String)| {
            format!("{}={}", encode_query(name.as_bytes()), encode_query(value.as_bytes()))
        };
        let written = pairs.iter().map(write).collect::<Vec<_>>().join("&");
        assert_eq!(query(&written), Some(pairs), "{written}");
    }
});
