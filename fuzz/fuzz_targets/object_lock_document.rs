//! `ObjectLockConfiguration`, `Retention` and `LegalHold` documents and the headers of a locked write,
//! chosen by the first byte: what was read means the same when it is written, and no period is out of
//! its limits.
#![no_main]

use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use model::limits::{RETENTION_DAYS_MAX, RETENTION_YEARS_MAX};
use model::{RetentionPeriod, Timestamp};
use s3_api::fuzzing::{
    legal_hold_document, object_lock_document, object_lock_headers, retention_document,
    write_legal_hold_document, write_object_lock_document, write_retention_document,
};

const HEADERS: [HeaderName; 3] = [
    HeaderName::from_static("x-amz-object-lock-mode"),
    HeaderName::from_static("x-amz-object-lock-retain-until-date"),
    HeaderName::from_static("x-amz-object-lock-legal-hold"),
];

fuzz_target!(|data: &[u8]| {
    let Some((selector, data)) = data.split_first() else { return };
    match selector {
        b'c' => configuration(data),
        b'r' => retention(data),
        b'l' => legal_hold(data),
        _ => headers(data),
    }
});

fn configuration(data: &[u8]) {
    let Ok(read) = object_lock_document(data) else { return };
    if let Some(default) = read.default_retention {
        match default.period {
            RetentionPeriod::Days(days) => assert!((1..=RETENTION_DAYS_MAX).contains(&days)),
            RetentionPeriod::Years(years) => assert!((1..=RETENTION_YEARS_MAX).contains(&years)),
        }
        let now = Timestamp::from_unix_seconds(1_800_000_000);
        assert!(default.of_version(now).retain_until > now, "a retention that is over");
    }
    let written = write_object_lock_document(read);
    assert_eq!(object_lock_document(written.as_bytes()).ok(), Some(read), "{written}");
}

fn retention(data: &[u8]) {
    let Ok(read) = retention_document(data) else { return };
    let written = write_retention_document(read);
    // Four digits of a year are what the wire can write.
    let is_usual = read.is_none_or(|retention| {
        (-62_135_596_800..253_402_300_800).contains(&retention.retain_until.unix_seconds())
    });
    if is_usual {
        assert_eq!(retention_document(written.as_bytes()).ok(), Some(read), "{written}");
    }
}

fn legal_hold(data: &[u8]) {
    let Ok(read) = legal_hold_document(data) else { return };
    let written = write_legal_hold_document(read);
    assert_eq!(legal_hold_document(written.as_bytes()).ok(), Some(read), "{written}");
}

/// One line a header; an empty line is a header that is not sent.
fn headers(data: &[u8]) {
    let mut headers = HeaderMap::new();
    for (name, value) in HEADERS.into_iter().zip(data.split(|byte| *byte == b'\n')) {
        if let (false, Ok(value)) = (value.is_empty(), HeaderValue::from_bytes(value)) {
            headers.append(name, value);
        }
    }
    let Ok(lock) = object_lock_headers(&headers) else { return };
    let [mode, date, hold] = HEADERS;
    assert_eq!(lock.retention.is_some(), headers.contains_key(mode));
    assert_eq!(lock.retention.is_some(), headers.contains_key(date));
    assert_eq!(lock.legal_hold.is_some(), headers.contains_key(hold));
}
