//! `Tagging` documents and `x-amz-tagging`: what was read means the same when it is written, also in
//! the other of the two ways.
#![no_main]

use http::{HeaderMap, HeaderName, HeaderValue};
use identity::uri::encode_query;
use libfuzzer_sys::fuzz_target;
use model::TagSet;
use s3_api::fuzzing::{tagging_document, tagging_header, write_tagging_document};

const HEADER: HeaderName = HeaderName::from_static("x-amz-tagging");

fuzz_target!(|data: &[u8]| {
    if let Ok(tags) = tagging_document(data) {
        assert!(tags.pairs().iter().all(|(key, _)| !key.to_ascii_lowercase().starts_with("aws:")));
        assert_eq!(reread(&tags), tags);
        if tags.pairs().len() <= 10 {
            let pairs = tags.pairs().iter();
            let pairs = pairs.map(|(key, value)| {
                format!("{}={}", encode_query(key.as_bytes()), encode_query(value.as_bytes()))
            });
            let written = pairs.collect::<Vec<_>>().join("&");
            assert_eq!(header(written.as_bytes()), Some(tags), "{written}");
        }
    }
    if let Some(tags) = header(data) {
        assert_eq!(reread(&tags), tags);
    }
});

fn header(value: &[u8]) -> Option<TagSet> {
    let value = HeaderValue::from_bytes(value).ok()?;
    tagging_header(&HeaderMap::from_iter([(HEADER, value)])).ok()
}

fn reread(tags: &TagSet) -> TagSet {
    let written = write_tagging_document(tags);
    tagging_document(written.as_bytes()).expect("what was written can be read")
}
