//! `NotificationConfiguration` documents: what was read means the same when it is written, ids are
//! unique, and no change of a key is told by two rules.
#![no_main]

use libfuzzer_sys::fuzz_target;
use model::notification::{DestinationArn, EventKind};
use s3_api::fuzzing::{notification_document, write_notification_document};

fuzz_target!(|data: &[u8]| {
    let Ok(configuration) = notification_document(data) else { return };
    let written = write_notification_document(&configuration);
    assert_eq!(
        notification_document(written.as_bytes()).ok().as_ref(),
        Some(&configuration),
        "{written}"
    );
    let rules = configuration.rules();
    for (index, rule) in rules.iter().enumerate() {
        assert!(!rule.id.is_empty() && !rule.events.is_empty());
        assert!(DestinationArn::parse(rule.service, &rule.arn).is_some(), "{}", rule.arn);
        assert!(rules.iter().skip(index + 1).all(|other| other.id != rule.id));
        let prefix = rule.prefix.as_deref().unwrap_or_default();
        let suffix = rule.suffix.as_deref().unwrap_or_default();
        for key in ["a/b.jpg", prefix, suffix, &format!("{prefix}{suffix}")] {
            for kind in [
                EventKind::ObjectCreatedPut,
                EventKind::ObjectRemovedDelete,
                EventKind::ObjectAclPut,
            ] {
                let telling = rules.iter().filter(|rule| rule.matches(kind, key)).count();
                assert!(telling <= 1, "{telling} rules tell {kind:?} of {key:?}");
            }
        }
    }
});
