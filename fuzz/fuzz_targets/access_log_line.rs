//! Lines of access logs: no line ends the reader, and whatever clients send, what was written is read.
#![no_main]

use audit::AccessLogRecord;
use audit::access_log::line::parse;
use libfuzzer_sys::fuzz_target;
use model::{ObjectKey, Timestamp};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for line in text.lines() {
        if let Ok(line) = parse(line) {
            let _ = line.request();
        }
    }
    let Some((key, agent)) = text.split_once('\n') else { return };
    let Ok(key) = ObjectKey::parse(key) else { return };
    // A key of this name looks like none.
    if key.as_str() == "-" {
        return;
    }
    let record = AccessLogRecord {
        bucket_owner: "79a5",
        bucket: "photos",
        time: Timestamp::from_unix_seconds(1_549_411_238),
        request_id: "3E57427F3EXAMPLE",
        operation: "REST.GET.OBJECT",
        key: Some(key.as_str()),
        request_uri: "GET / HTTP/1.1",
        user_agent: Some(agent),
        host_id: "h",
        acl_required: true,
        ..AccessLogRecord::default()
    };
    let line = record.to_string();
    let read = parse(&line).expect("a line of ours");
    assert_eq!(read.key.as_ref(), Some(&key), "{line}");
    assert_eq!(read.operation, record.operation);
    assert!(read.acl_required, "{line}");
});
