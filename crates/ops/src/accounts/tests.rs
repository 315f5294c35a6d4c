//! On a real store in a temporary directory.

use std::sync::Arc;

use audit::decision_log::{DecisionLogOptions, Kept};
use authz::Switches;
use authz::admission::NewBucketDefaults;
use model::Timestamp;

use super::*;
use crate::identities::signer;
use crate::store::{LifecycleOptions, StoreOptions};

const NOW: Timestamp = Timestamp::from_unix_seconds(1_790_000_000);

fn now() -> Timestamp {
    NOW
}

fn open(directory: &tempfile::TempDir) -> Arc<Store> {
    Store::open(StoreOptions {
        data_directory: directory.path().to_owned(),
        master_key: identity::MasterKeySettings::default(),
        region: "us-east-1".into(),
        switches: Switches::default(),
        new_buckets: NewBucketDefaults::CURRENT,
        encrypts_by_default: true,
        access_log_interval: std::time::Duration::from_mins(5),
        decision_log: DecisionLogOptions { kept: Kept::All, days: 1, bytes: 1 << 20 },
        destinations: crate::events::destination::Destinations::default(),
        log_source_region: true,
        lifecycle: LifecycleOptions::default(),
        watch_textfiles: Vec::new(),
        clock: now,
    })
    .unwrap()
}

fn named(name: &str) -> AccountRequest {
    AccountRequest { name: name.into(), ..AccountRequest::default() }
}

fn key(id: &str, secret: &str) -> AccessKeyRequest {
    AccessKeyRequest { access_key_id: Some(id.into()), secret_access_key: Some(secret.into()) }
}

fn secret(text: &str) -> SecretAccessKey {
    SecretAccessKey::parse(text).unwrap()
}

/// ID-1: whoever moves from another store keeps ids and keys as they are.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_is_kept_in_its_letter_case() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    let canonical_id = "aB".repeat(32);
    let request = AccountRequest {
        account_id: Some("000000000042".into()),
        canonical_id: Some(canonical_id.clone()),
        email: Some("Moved@Example.com".into()),
        key: key("MixedCase-key=", "keep+THIS/secret"),
        ..named("Moved Here")
    };
    let (account, issued) = create(&store, request, NOW).await.unwrap();
    assert_eq!(account.identity.id.to_string(), "000000000042");
    assert_eq!(account.identity.canonical_id.as_str(), canonical_id);
    assert_eq!(account.email.as_deref(), Some("Moved@Example.com"));
    assert_eq!(issued.access_key_id, "MixedCase-key=");
    assert_eq!(issued.secret_access_key, secret("keep+THIS/secret"));
    for name in ["Moved Here", "000000000042", canonical_id.as_str()] {
        assert_eq!(find(&store, name).await.unwrap(), account, "{name}");
    }
    for other in ["moved here", &canonical_id.to_lowercase(), "000000000043", ""] {
        let error = find(&store, other).await.unwrap_err();
        assert!(matches!(error, AccountError::NoSuchAccount(_)), "{other}: {error}");
    }
    let signer = signer(&store, "MixedCase-key=").await.unwrap().unwrap();
    assert_eq!(signer.secret(), &secret("keep+THIS/secret"));
    assert_eq!(signer.principal().account(), Some(&account.identity));
    store.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_given_is_generated_and_survives_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    let (account, issued) = create(&store, named("one"), NOW).await.unwrap();
    let (other, other_issued) = create(&store, named("two"), NOW).await.unwrap();
    assert_ne!(account.identity.id, other.identity.id);
    assert_ne!(account.identity.canonical_id, other.identity.canonical_id);
    assert_ne!(issued.access_key_id, other_issued.access_key_id);
    store.shutdown().await;
    drop(store);

    let store = open(&directory);
    let found = signer(&store, &issued.access_key_id).await.unwrap().unwrap();
    assert_eq!(found.secret(), &issued.secret_access_key);
    assert_eq!(list(&store).await.unwrap().len(), 2);
    store.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_value_is_named_and_leaves_nothing_behind() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    let request = AccountRequest {
        account_id: Some("111122223333".into()),
        canonical_id: Some("c".repeat(64)),
        key: key("TAKEN", "secret-secret"),
        ..named("first")
    };
    create(&store, request, NOW).await.unwrap();

    let (id, canonical) = ("111122223333".to_owned(), "c".repeat(64));
    let cases = [
        (named("first"), Field::Name),
        (AccountRequest { account_id: Some(id), ..named("x") }, Field::AccountId),
        (AccountRequest { canonical_id: Some(canonical), ..named("x") }, Field::CanonicalId),
        (AccountRequest { key: key("TAKEN", "other-secret"), ..named("x") }, Field::AccessKeyId),
    ];
    for (request, expected) in cases {
        match create(&store, request, NOW).await.unwrap_err() {
            AccountError::Taken { field, .. } => assert_eq!(field, expected),
            other => panic!("{expected}: {other}"),
        }
    }
    assert_eq!(list(&store).await.unwrap().len(), 1);
    let error = create_key(&store, "first", key("TAKEN", "other-secret"), NOW).await.unwrap_err();
    assert_eq!(error.to_string(), "access key id `TAKEN` is taken");
    assert_eq!(
        compare_key(&store, "TAKEN", &secret("secret-secret")).await.unwrap(),
        KeyComparison::SameSecret
    );
    store.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_allowed_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    let mut cases = Vec::new();
    let long = "n".repeat(65);
    for name in ["", " lead", "trail ", "line\nfeed", "123456789012", &"a".repeat(64), &long] {
        cases.push((named(name), Field::Name));
    }
    for id in ["", "1", "12345678901x", "1234567890123"] {
        let request = AccountRequest { account_id: Some(id.into()), ..named("x") };
        cases.push((request, Field::AccountId));
    }
    for id in ["", "abc", model::account::ANONYMOUS_CANONICAL_ID] {
        let request = AccountRequest { canonical_id: Some(id.into()), ..named("x") };
        cases.push((request, Field::CanonicalId));
    }
    for email in ["", "nobody", "@host", "name@", "a b@host", "a@b@c"] {
        let request = AccountRequest { email: Some(email.into()), ..named("x") };
        cases.push((request, Field::Email));
    }
    for id in ["", "ab", "a/b/c", "a,b,c", "a b c", "schlüssel", &"k".repeat(129)] {
        let request = AccountRequest { key: key(id, "secret-secret"), ..named("x") };
        cases.push((request, Field::AccessKeyId));
    }
    for text in ["", "2short!", "with blank"] {
        let request = AccountRequest { key: key("GOOD", text), ..named("x") };
        cases.push((request, Field::SecretAccessKey));
    }
    for (request, expected) in cases {
        let shown = format!("{request:?}");
        match create(&store, request, NOW).await.unwrap_err() {
            AccountError::Invalid { field, .. } => assert_eq!(field, expected, "{shown}"),
            other => panic!("{shown}: {other}"),
        }
    }
    assert_eq!(list(&store).await.unwrap(), []);
    store.shutdown().await;
}

/// RustFS GHSA-r54g and its kin: secrets in logs.
#[test]
fn rustfs_ghsa_r54g_no_error_and_no_debug_text_holds_the_secret() {
    let request = key("GOOD", "not a secret that we take");
    assert!(!format!("{request:?}").contains("secret that"));
    let error = request.check().map(|_| ()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "secret access key of 25 bytes is not 8 to 256 printable ASCII characters without blanks"
    );
    assert!(!format!("{error:?}").contains("secret that"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_key_is_refused_at_once_though_it_was_remembered() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    create(&store, named("owner"), NOW).await.unwrap();
    create_key(&store, "owner", key("SECOND", "secret-secret"), NOW).await.unwrap();
    assert_eq!(list_keys(&store, "owner").await.unwrap().len(), 2);
    assert!(signer(&store, "SECOND").await.unwrap().is_some());
    delete_key(&store, "SECOND").await.unwrap();
    assert!(signer(&store, "SECOND").await.unwrap().is_none());
    assert_eq!(list_keys(&store, "owner").await.unwrap().len(), 1);
    let error = delete_key(&store, "SECOND").await.unwrap_err();
    assert_eq!(error.to_string(), "there is no access key `SECOND`");
    store.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_compared_by_their_secrets() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    let request = AccountRequest { key: key("ROOT", "secret-one"), ..named("owner") };
    create(&store, request, NOW).await.unwrap();
    for (id, text, expected) in [
        ("ROOT", "secret-one", KeyComparison::SameSecret),
        ("ROOT", "secret-two", KeyComparison::OtherSecret),
        ("root", "secret-one", KeyComparison::NoSuchKey),
    ] {
        assert_eq!(compare_key(&store, id, &secret(text)).await.unwrap(), expected, "{id} {text}");
    }
    store.shutdown().await;
}
