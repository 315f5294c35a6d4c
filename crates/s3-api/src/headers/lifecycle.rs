//! What answers say of a coming expiration.

use http::{HeaderMap, HeaderValue};
use identity::uri::encode_query;
use ops::Notes;

use crate::time::http_date;

/// Adds what an operation noted.
pub(crate) fn add(notes: &Notes, headers: &mut HeaderMap) {
    if let Some(note) = notes.expiration() {
        let (date, id) = (http_date(note.at), encode_query(note.rule_id.as_bytes()));
        insert(headers, "x-amz-expiration", &format!("expiry-date=\"{date}\", rule-id=\"{id}\""));
    }
    if let Some(note) = notes.abort() {
        insert(headers, "x-amz-abort-date", &http_date(note.at));
        insert(headers, "x-amz-abort-rule-id", &encode_query(note.rule_id.as_bytes()));
    }
}

fn insert(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
