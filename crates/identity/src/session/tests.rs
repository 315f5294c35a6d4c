use proptest::prelude::*;

use model::{AccountId, Timestamp};

use super::*;

fn keys() -> SessionKeys {
    let directory = tempfile::tempdir().unwrap();
    SessionKeys::derive(&MasterKey::load_or_create(&directory.path().join("k")).unwrap())
}

fn session() -> Session {
    Session {
        account: AccountId::parse("111122223333").unwrap(),
        holder: SessionHolder::Role {
            unique_id: "AROAEXAMPLE".into(),
            name: "reader".into(),
            session_name: "nightly".into(),
        },
        issued: Timestamp::from_unix_seconds(1_000),
        expires: Timestamp::from_unix_seconds(1_900),
        policies: Some(SessionPolicies {
            inline: Some(r#"{"Statement":[]}"#.into()),
            arns: vec!["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess".into()],
        }),
        tags: vec![SessionTag { key: "team".into(), value: "a b".into(), transitive: true }],
        source_identity: Some("ada".into()),
        federated_provider: None,
    }
}

#[test]
fn what_was_issued_is_what_is_opened() {
    let keys = keys();
    let issued = keys.issue(&session()).unwrap();
    assert!(issued.access_key_id.starts_with("ASIA") && issued.access_key_id.len() == 20);
    assert_eq!(issued.secret_access_key.expose().len(), 40);
    assert_eq!(keys.secret_access_key(&issued.access_key_id), issued.secret_access_key);
    assert_eq!(keys.open(&issued.session_token, &issued.access_key_id), Ok(session()));
}

#[test]
fn every_kind_of_holder_survives() {
    let keys = keys();
    let user = SessionUser { unique_id: "AIDAX".into(), name: "ada".into() };
    for holder in [
        SessionHolder::Root,
        SessionHolder::User(user.clone()),
        SessionHolder::FederatedUser { name: "bob".into(), issuer: Some(user) },
        SessionHolder::FederatedUser { name: "bob".into(), issuer: None },
    ] {
        let bare = Session { holder, policies: None, tags: Vec::new(), ..session() };
        let issued = keys.issue(&bare).unwrap();
        assert_eq!(keys.open(&issued.session_token, &issued.access_key_id), Ok(bare));
    }
}

#[test]
fn a_token_of_another_key_or_store_is_refused() {
    let keys = keys();
    let one = keys.issue(&session()).unwrap();
    let two = keys.issue(&session()).unwrap();
    assert_ne!(one.secret_access_key, two.secret_access_key);
    assert_eq!(keys.open(&one.session_token, &two.access_key_id), Err(InvalidToken));
    assert_eq!(self::keys().open(&one.session_token, &one.access_key_id), Err(InvalidToken));
    for garbage in ["", "A", "AQ", "not base64!", &"A".repeat(SESSION_TOKEN_BYTES_MAX + 1)] {
        assert_eq!(keys.open(garbage, &one.access_key_id), Err(InvalidToken), "{garbage:.20}");
    }
}

/// Every character of a token, and every bit of its bytes.
#[test]
fn any_changed_bit_is_refused() {
    let keys = keys();
    let issued = keys.issue(&session()).unwrap();
    let sealed = URL_SAFE_NO_PAD.decode(&issued.session_token).unwrap();
    for position in 0..sealed.len() {
        for bit in 0..8 {
            let mut changed = sealed.clone();
            changed[position] ^= 1 << bit;
            let token = URL_SAFE_NO_PAD.encode(changed);
            let opened = keys.open(&token, &issued.access_key_id);
            assert_eq!(opened, Err(InvalidToken), "byte {position}, bit {bit}");
        }
    }
    for position in 0..issued.session_token.len() {
        let mut changed = issued.session_token.clone().into_bytes();
        changed[position] = if changed[position] == b'A' { b'B' } else { b'A' };
        let token = String::from_utf8(changed).unwrap();
        assert_eq!(keys.open(&token, &issued.access_key_id), Err(InvalidToken), "{position}");
    }
    for length in 0..issued.session_token.len() {
        let token = issued.session_token.get(..length).unwrap();
        assert_eq!(keys.open(token, &issued.access_key_id), Err(InvalidToken), "{length}");
    }
}

/// RustFS GHSA-m77q: session tokens signed with the root user's secret. Neither the key that seals
/// stored secrets nor any secret opens or makes a token.
#[test]
fn rustfs_ghsa_m77q_tokens_have_a_key_of_their_own() {
    let directory = tempfile::tempdir().unwrap();
    let master = MasterKey::load_or_create(&directory.path().join("k")).unwrap();
    let keys = SessionKeys::derive(&master);
    let issued = keys.issue(&session()).unwrap();
    let sealed = URL_SAFE_NO_PAD.decode(&issued.session_token).unwrap();
    assert!(master.open(&sealed, &issued.access_key_id).is_err());
    let secret = crate::generate::secret_access_key().unwrap();
    let stored = master.seal(&secret, &issued.access_key_id).unwrap();
    let forged = URL_SAFE_NO_PAD.encode(stored);
    assert_eq!(keys.open(&forged, &issued.access_key_id), Err(InvalidToken));
    assert_ne!(keys.token_key, keys.secret_key);
    assert_ne!(keys.token_key, master.derive(b"another purpose"));
}

#[test]
fn a_session_ends_at_its_last_moment() {
    let session = session();
    assert!(!session.has_ended(Timestamp::from_unix_millis(1_899_999)));
    assert!(session.has_ended(Timestamp::from_unix_millis(1_900_000)));
}

#[test]
fn nothing_secret_is_printed() {
    let keys = keys();
    let issued = keys.issue(&session()).unwrap();
    let shown = format!("{keys:?} {issued:?}");
    assert!(!shown.contains(&issued.session_token), "{shown}");
    assert!(!shown.contains(issued.secret_access_key.expose()), "{shown}");
}

#[test]
fn the_packed_size_counts_policies_and_tags() {
    let empty = Session { policies: None, tags: Vec::new(), ..session() };
    assert_eq!(empty.packed_size_percent(), 0);
    assert_eq!(session().packed_size_percent(), 3);
    let tag =
        |n| SessionTag { key: format!("{n:0128}"), value: "v".repeat(256), transitive: false };
    let full = Session { tags: (0..50).map(tag).collect(), ..empty };
    assert!(full.packed_size_percent() > 100);
}

proptest! {
    /// Whatever text: an answer, and not a session.
    #[test]
    fn no_other_text_is_a_token(text in "[A-Za-z0-9_-]{0,300}") {
        prop_assert_eq!(keys().open(&text, "ASIAIOSFODNN7EXAMPLE"), Err(InvalidToken));
    }
}
