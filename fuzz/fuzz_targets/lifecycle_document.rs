//! `LifecycleConfiguration` documents: what was read means the same when it is written, every rule has
//! an id, and nothing goes before its day or by a rule that is off or is about other keys.
#![no_main]

use libfuzzer_sys::fuzz_target;
use model::Timestamp;
use model::lifecycle::{LifecycleDay, LifecycleSubject, Standing};
use s3_api::fuzzing::{lifecycle_document, write_lifecycle_document};

fuzz_target!(|data: &[u8]| {
    let Ok(configuration) = lifecycle_document(data) else { return };
    let written = write_lifecycle_document(&configuration);
    assert_eq!(
        lifecycle_document(written.as_bytes()).ok().as_ref(),
        Some(&configuration),
        "{written}"
    );
    assert!(configuration.rules().iter().all(|rule| !rule.id().is_empty()));
    let last_modified = Timestamp::from_unix_seconds(1_800_000_000);
    for standing in [
        Standing::Current,
        Standing::LoneMarker,
        Standing::Marker,
        Standing::Noncurrent { since: last_modified, newer_versions: 3 },
    ] {
        let is_object = !matches!(standing, Standing::LoneMarker | Standing::Marker);
        let subject = LifecycleSubject {
            key: "logs/p/a",
            size_bytes: is_object.then_some(5),
            tags: &[],
            storage_class: "STANDARD",
            last_modified,
            standing,
        };
        let Some(due) = configuration.removal(LifecycleDay::default(), &subject) else { continue };
        assert!(due.rule.enabled && subject.key.starts_with(due.rule.key_prefix()));
        assert_ne!(standing, Standing::Marker);
        let before = Timestamp::from_unix_millis(due.at.unix_millis.saturating_sub(1));
        let early = configuration.action(before, LifecycleDay::default(), &subject);
        assert!(early.is_none_or(|(_, early)| early.at <= before));
    }
});
