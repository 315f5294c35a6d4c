//! `CompleteMultipartUpload` documents: what was read means the same when it is written, and texts
//! survive in XML.
#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use libfuzzer_sys::fuzz_target;
use s3_api::fuzzing::{complete_document, xml_text};

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data)
        && let Some(read) = xml_text(text)
    {
        // XML has one line end; the others become it.
        let line_ends = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n");
        assert_eq!(line_ends(&read), line_ends(text));
    }
    let Ok(parts) = complete_document(data) else { return };
    let mut written = String::from("<CompleteMultipartUpload>");
    for part in &parts {
        let etag = part.etag.as_ref().map_or("none".to_owned(), ToString::to_string);
        let checksum = part.checksum.as_ref().map(|(algorithm, value)| {
            let name = algorithm.element();
            format!("<{name}>{}</{name}>", BASE64.encode(value))
        });
        let number = part.number;
        let checksum = checksum.unwrap_or_default();
        written +=
            &format!("<Part>{checksum}<ETag>{etag}</ETag><PartNumber>{number}</PartNumber></Part>");
    }
    written += "</CompleteMultipartUpload>";
    assert_eq!(complete_document(written.as_bytes()).ok(), Some(parts), "{written}");
});
