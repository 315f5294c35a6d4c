//! `CORSConfiguration` documents: what was read means the same when it is written, nothing in it ends
//! a header of an answer, and no origin is allowed that no rule names.
#![no_main]

use http::HeaderName;
use libfuzzer_sys::fuzz_target;
use model::cors::{CorsQuestion, METHODS};
use s3_api::fuzzing::{cors_document, write_cors_document};

fuzz_target!(|data: &[u8]| {
    let Ok(configuration) = cors_document(data) else { return };
    let written = write_cors_document(&configuration);
    assert_eq!(cors_document(written.as_bytes()).ok().as_ref(), Some(&configuration), "{written}");
    let rules = configuration.rules();
    for rule in rules {
        assert!(rule.allowed_methods.iter().all(|method| METHODS.contains(&method.as_str())));
        let is_name = |name: &String| HeaderName::from_bytes(name.as_bytes()).is_ok();
        assert!(rule.expose_headers.iter().all(is_name), "{:?}", rule.expose_headers);
    }
    for origin in ["http://a.example", "null", "https://a.example:8443"] {
        let question = CorsQuestion { origin, method: "GET", headers: &["x-amz-date"] };
        let Some(grant) = configuration.answer(question) else { continue };
        assert!(grant.origin == origin || grant.is_for_everybody());
        let named = |allowed: &String| allowed.contains('*') || allowed == origin;
        assert!(grant.rule.allowed_origins.iter().any(named), "{origin} is not named");
        assert!(grant.rule.allowed_methods.iter().any(|method| method == "GET"));
        let named =
            |allowed: &String| allowed.contains('*') || allowed.eq_ignore_ascii_case("x-amz-date");
        assert!(grant.rule.allowed_headers.iter().any(named), "a header is not named");
    }
});
