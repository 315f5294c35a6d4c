//! `Delete` documents: what was read means the same when it is written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use s3_api::fuzzing::delete_document;

fuzz_target!(|data: &[u8]| {
    let Ok(entries) = delete_document(data) else { return };
    let mut written = String::from("<Delete>");
    for entry in &entries {
        written += "<Object>";
        element(&mut written, "Key", Some(entry.key.as_str()));
        element(&mut written, "VersionId", entry.version.as_deref());
        element(&mut written, "ETag", entry.if_match.as_deref());
        written += "</Object>";
    }
    written += "</Delete>";
    assert_eq!(delete_document(written.as_bytes()).ok(), Some(entries), "{written}");
});

/// Every character as a reference, so that it means nothing but itself.
fn element(out: &mut String, name: &str, text: Option<&str>) {
    let Some(text) = text else { return };
    *out += &format!("<{name}>");
    for character in text.chars() {
        *out += &format!("&#x{:x};", u32::from(character));
    }
    *out += &format!("</{name}>");
}
