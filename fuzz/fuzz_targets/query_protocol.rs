//! Calls of IAM and STS: what a client encodes is what is read, wherever the query ends and the body
//! begins; nothing comes twice; and no text of a client breaks the document of an error.
#![no_main]

use std::collections::BTreeMap;

use iam::{IamError, IamErrorCode};
use iam_api::{Parameters, Service};
use identity::uri::encode_query;
use libfuzzer_sys::fuzz_target;
use model::limits::{QUERY_LIST_MEMBERS_MAX, QUERY_PARAMETERS_MAX};
use s3_api::fuzzing::query_error_message;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        assert!(Parameters::parse("", data).is_err(), "a body that is no text");
        return;
    };
    let whole = Parameters::parse("", text.as_bytes());
    check_places(text, &whole);
    if let Err(error) = &whole {
        assert_eq!(error.code(), IamErrorCode::MalformedQueryString);
    }
    if let Ok(parameters) = &whole {
        check_lists(parameters);
        let errors = [
            parameters.required(text).err(),
            parameters.flag("Flag").err(),
            parameters.number("MaxItems").err(),
            parameters.word("Status", &["Active", "Inactive"]).err(),
        ];
        errors.into_iter().flatten().for_each(|error| check_error(&error));
    }
    check_encoded(text);
});

/// Query and body are one list.
fn check_places(text: &str, whole: &Result<Parameters, IamError>) {
    for (at, _) in text.match_indices('&').take(4) {
        let (query, body) = text.split_at(at);
        let parts = Parameters::parse(query, body.as_bytes());
        assert_eq!(parts.as_ref().ok(), whole.as_ref().ok(), "cut at {at}");
    }
}

fn check_lists(parameters: &Parameters) {
    for name in ["PolicyArns", "Tags", "ActionNames"] {
        if let Ok(list) = parameters.list(name) {
            assert!(list.len() <= QUERY_LIST_MEMBERS_MAX);
            for (index, member) in (1..).zip(&list) {
                let name = format!("{name}.member.{index}");
                assert_eq!(parameters.get(&name), Some(member.as_str()));
            }
            assert_eq!(parameters.get(&format!("{name}.member.{}", list.len() + 1)), None);
        }
        if let (Ok(tags), Ok(members)) = (parameters.tags(), parameters.members("Tags")) {
            assert!(tags.len() <= members);
        }
    }
    if let Err(error) = parameters.tags() {
        check_error(&error);
    }
}

/// Lines of `name=value`, encoded as clients do.
fn check_encoded(text: &str) {
    let mut sent = BTreeMap::new();
    let mut encoded = Vec::new();
    for line in text.lines().take(QUERY_PARAMETERS_MAX) {
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        if !name.is_empty() && !sent.contains_key(name) {
            sent.insert(name, value);
            encoded.push([name, value].map(|text| encode_query(text.as_bytes())).join("="));
        }
    }
    let body = encoded.join("&");
    let parameters = Parameters::parse("", body.as_bytes()).expect("what clients send is read");
    for (name, value) in &sent {
        assert_eq!(parameters.get(name), Some(*value), "{name}");
    }
    if let Some(first) = encoded.first() {
        let twice = Parameters::parse(first, body.as_bytes());
        assert!(twice.is_err(), "a parameter came twice");
    }
}

fn check_error(error: &IamError) {
    assert_eq!(error.code(), IamErrorCode::ValidationError);
    let service = Service::named("iam").expect("the service");
    let answer = service.error(error, "00000000-0000-0000-0000-000000000000");
    assert_eq!(answer.status, 400);
    // Characters that XML does not have.
    let shown = |character: char| match character {
        '\t' | '\n' | '\r' => character,
        '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
        character => character,
    };
    let message: String = error.message().chars().map(shown).collect();
    assert_eq!(query_error_message(&answer.body), Some(message), "{}", answer.body);
}
