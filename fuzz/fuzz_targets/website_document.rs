//! `WebsiteConfiguration` documents: what was read means the same when it is written, and nothing in it
//! ends a header of an answer.
#![no_main]

use http::HeaderValue;
use libfuzzer_sys::fuzz_target;
use model::website::WebsiteConfiguration;
use s3_api::fuzzing::{website_document, write_website_document};

fuzz_target!(|data: &[u8]| {
    let Ok(website) = website_document(data) else { return };
    let written = write_website_document(&website);
    assert_eq!(website_document(written.as_bytes()).ok().as_ref(), Some(&website), "{written}");
    let is_host = |host: &str| {
        assert!(HeaderValue::try_from(host).is_ok() && !host.contains('/'), "{host:?}");
    };
    match website {
        WebsiteConfiguration::RedirectAll { host, .. } => is_host(&host),
        WebsiteConfiguration::Pages(pages) => {
            assert!(!pages.index_suffix.is_empty() && !pages.index_suffix.contains('/'));
            assert!(pages.rules.len() <= 50);
            for rule in &pages.rules {
                rule.host.as_deref().map(is_host);
                assert!(rule.status.is_none_or(|status| (301..400).contains(&status)));
                assert!(rule.error_status.is_none_or(|status| (400..600).contains(&status)));
                let prefix = rule.prefix.as_deref().unwrap_or_default();
                assert!(rule.matches(&format!("{prefix}rest"), rule.error_status));
            }
        }
    }
});
