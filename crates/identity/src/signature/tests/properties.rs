//! What holds for arbitrary requests.

use proptest::prelude::*;

use super::support::*;
use crate::payload::PayloadDeclaration;
use crate::request::{HeaderField, SignedRequest};
use crate::signature::parse;
use crate::uri::{encode_path, encode_query};

/// Texts rich in what encoders get wrong.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just(" ".to_owned()),
        Just("+".to_owned()),
        Just("%2F".to_owned()),
        Just("/".to_owned()),
        Just("..".to_owned()),
        Just("&=?#;,".to_owned()),
        Just("ü€😀".to_owned()),
        Just("\u{0}\u{1}\u{7f}".to_owned()),
        "[A-Za-z0-9~_.-]{1,8}",
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// Header values as HTTP allows them: any byte but control characters; blanks anywhere.
fn header_value() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![Just(b' '), 0x20_u8..0x7f, 0x80_u8..];
    prop::collection::vec(byte, 0..40)
}

/// How a client may write a character on the wire that it encodes when it signs.
#[derive(Clone, Copy, Debug)]
enum Wire {
    Encoded,
    LowerCaseEscapes,
    Unescaped,
}

fn path_on_the_wire(key: &str, wire: Wire) -> String {
    let encoded = encode_path(format!("/{key}").as_bytes());
    match wire {
        Wire::Encoded => encoded,
        Wire::LowerCaseEscapes => lower_case_escapes(&encoded),
        Wire::Unescaped => {
            let plain = |escape: &str, c: &str| (escape.to_owned(), c.to_owned());
            [plain("%2B", "+"), plain("%24", "$"), plain("%3D", "="), plain("%40", "@")]
                .iter()
                .fold(encoded, |path, (escape, c)| path.replace(escape.as_str(), c))
        }
    }
}

fn lower_case_escapes(encoded: &str) -> String {
    let mut pieces = encoded.split('%');
    let mut out = pieces.next().unwrap().to_owned();
    for piece in pieces {
        let (escape, rest) = piece.split_at(2);
        out = out + "%" + &escape.to_ascii_lowercase() + rest;
    }
    out
}

fn wire() -> impl Strategy<Value = Wire> {
    prop_oneof![Just(Wire::Encoded), Just(Wire::LowerCaseEscapes), Just(Wire::Unescaped)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_was_signed_is_verified(
        key in text(),
        wire in wire(),
        pairs in prop::collection::vec((text(), text()), 0..5),
        values in prop::collection::vec(header_value(), 0..4),
    ) {
        let query: Vec<_> = pairs
            .iter()
            .map(|(n, v)| format!("q{}={}", encode_query(n.as_bytes()), encode_query(v.as_bytes())))
            .collect();
        let mut sent = Sent::new("PUT", &encode_path(format!("/{key}").as_bytes()), &query.join("&"));
        for value in &values {
            sent = sent.with("x-amz-meta-value", value).with("X-Amz-Meta-Other", value);
        }
        for signed in [sent.clone().signed(), sent.presigned(60)] {
            let mut signed = signed;
            signed.path = path_on_the_wire(&key, wire);
            prop_assert!(signed.check().is_ok(), "{:?}", signed.check());
            // Another order of parameters is the same request.
            let mut reversed: Vec<_> = signed.query.split('&').collect();
            reversed.reverse();
            signed.query = reversed.join("&");
            prop_assert!(signed.check().is_ok());
            // Another key is not.
            signed.path.push('x');
            prop_assert!(signed.check().is_err());
        }
    }

    /// Blanks at the ends and runs of blanks are not signed; everything else is.
    #[test]
    fn header_values_are_folded(value in "[ a-c]{0,12}") {
        let sent = Sent::new("PUT", "/k", "").with("x-amz-meta-a", &value).signed();
        let folded = value.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        prop_assert!(sent.clone().replaced("x-amz-meta-a", &folded).check().is_ok());
        let longer = folded + "x";
        prop_assert!(sent.replaced("x-amz-meta-a", &longer).check().is_err());
    }

    /// Garbage is refused or anonymous; it never panics.
    #[test]
    fn arbitrary_requests_never_panic(
        method in "\\PC{0,8}",
        path in "\\PC{0,40}",
        query in "(X-Amz-(Algorithm|Credential|Signature|Date|SignedHeaders|Expires)|Signature|\\PC|[=&%+]|AWS4-HMAC-SHA256){0,30}",
        authorization in prop::option::of(prop_oneof![
            prop::collection::vec(any::<u8>(), 0..80),
            "AWS4-HMAC-SHA256 (Credential=|SignedHeaders=|Signature=|[,/;=]|20130524|s3|aws4_request|us-east-1|\\PC){0,20}"
                .prop_map(String::into_bytes),
        ]),
        date in "\\PC{0,20}|[0-9]{8}T[0-9]{6}Z",
        sha256 in prop::collection::vec(any::<u8>(), 0..70),
        name in "\\PC{0,10}|x-amz-\\PC{0,5}",
    ) {
        let mut headers = vec![
            HeaderField { name: "x-amz-date", value: date.as_bytes() },
            HeaderField { name: "x-amz-content-sha256", value: &sha256 },
            HeaderField { name: &name, value: &sha256 },
        ];
        if let Some(value) = &authorization {
            headers.push(HeaderField { name: "Authorization", value });
        }
        let request =
            SignedRequest { method: &method, raw_path: &path, raw_query: &query, headers: &headers };
        let result = parse(&request, &SETTINGS, NOW);
        prop_assert!(authorization.is_none() || result.is_err());
    }

    #[test]
    fn arbitrary_payload_declarations_never_panic(value in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = PayloadDeclaration::parse(&value);
    }
}
