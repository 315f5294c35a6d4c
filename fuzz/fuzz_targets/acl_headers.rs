//! `x-amz-acl` and `x-amz-grant-*`: what was read means the same when it is written.
#![no_main]

use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use ops::acl::{AclInput, GranteeInput};
use s3_api::fuzzing::acl_headers;

const NAMES: [&str; 6] = [
    "x-amz-acl",
    "x-amz-grant-full-control",
    "x-amz-grant-read",
    "x-amz-grant-read-acp",
    "x-amz-grant-write",
    "x-amz-grant-write-acp",
];

fuzz_target!(|data: &[u8]| {
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n') {
        let Some((name, value)) = line.split_first() else { continue };
        let name = HeaderName::from_static(NAMES[usize::from(*name) % NAMES.len()]);
        let Ok(value) = HeaderValue::from_bytes(value) else { continue };
        headers.append(name, value);
    }
    let Ok(acl) = acl_headers(&headers) else { return };
    let mut written = HeaderMap::new();
    let mut write = |name: &'static str, value: String| match HeaderValue::from_str(&value) {
        Ok(value) => written.append(name, value),
        // A lossy text that no header can hold.
        Err(_) => true,
    };
    match &acl {
        AclInput::Absent => assert!(headers.is_empty()),
        AclInput::Canned(canned) => _ = write("x-amz-acl", canned.as_str().to_owned()),
        AclInput::Grants(grants) => {
            for grant in grants {
                let value = match &grant.grantee {
                    // Quotes have no escape, so a text with one cannot be written in general.
                    GranteeInput::Account(id) if id.text.contains('"') => return,
                    GranteeInput::Account(id) => format!("id=\"{}\"", id.text),
                    GranteeInput::Group(group) => format!("uri=\"{}\"", group.uri()),
                };
                write(grant.permission.grant_header(), value);
            }
        }
        AclInput::Document { .. } => panic!("headers hold no document"),
    }
    let again = acl_headers(&written).expect("what was written can be read");
    assert_eq!(again, acl, "{written:?}");
});
