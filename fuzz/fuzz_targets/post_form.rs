//! POST forms: what is read does not depend on how the form arrives, and what a browser writes is
//! read as it was meant.
#![no_main]

use fuzz::{pieces, seen};
use libfuzzer_sys::fuzz_target;
use s3_api::fuzzing::{boundary, post_form};

fuzz_target!(|data: &[u8]| {
    let [sizes @ .., _] = data.get(..5).unwrap_or(&[1, 2, 3, 4, 0]) else { return };
    let rest = data.get(5..).unwrap_or_default();
    let line_end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let (line, body) = rest.split_at(line_end);
    let body = body.get(1..).unwrap_or_default();
    let named = std::str::from_utf8(line).ok().and_then(|line| boundary(line).ok());
    let named = named.unwrap_or_else(|| "b".to_owned());
    let whole = seen(post_form(&named, pieces(body, &[]).into()));
    let cut = seen(post_form(&named, pieces(body, sizes).into()));
    assert_eq!(whole, cut, "the outcome depends on how the form arrives");
    written_is_read(body, sizes);
});

/// A form whose file is `body`.
fn written_is_read(body: &[u8], sizes: &[u8]) {
    let boundary = "----fuzz-boundary";
    if body.windows(boundary.len()).any(|window| window == boundary.as_bytes()) {
        return;
    }
    let mut form = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nuploads/${{filename}}\
         \r\n--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n"
    )
    .into_bytes();
    form.extend_from_slice(body);
    form.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    let read = post_form(boundary, pieces(&form, sizes).into()).expect("a good form");
    assert_eq!(read.key.map(|key| key.as_str().to_owned()).as_deref(), Some("uploads/a.txt"));
    assert_eq!(read.file, body);
}
