//! Session tokens: what was issued is what is opened; another text, however little was changed, and
//! another access key open nothing.
#![no_main]

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::sync::LazyLock;

use fuzz::edited;
use identity::session::{SessionHolder, SessionPolicies, SessionTag, SessionUser};
use identity::{MasterKey, Session, SessionCredentials, SessionKeys};
use libfuzzer_sys::fuzz_target;
use model::{AccountId, Timestamp};

static KEYS: LazyLock<SessionKeys> = LazyLock::new(|| keys("ab"));
static OTHER_KEYS: LazyLock<SessionKeys> = LazyLock::new(|| keys("cd"));
static ISSUED: LazyLock<SessionCredentials> =
    LazyLock::new(|| KEYS.issue(&session("sessions are made of this")).expect("credentials"));

fuzz_target!(|data: &[u8]| {
    let issued = &*ISSUED;
    let text = String::from_utf8_lossy(data);
    assert!(KEYS.open(&text, &issued.access_key_id).is_err(), "a token out of nothing");
    let changed = edited(&issued.session_token, data);
    let outcome = KEYS.open(&changed, &issued.access_key_id);
    assert_eq!(outcome.is_ok(), changed == issued.session_token, "a changed token is accepted");
    let longer = format!("{}{text}", issued.session_token);
    let outcome = KEYS.open(&longer, &issued.access_key_id);
    assert_eq!(outcome.is_ok(), text.is_empty(), "a longer token is accepted");

    let session = session(&text);
    let Ok(issued) = KEYS.issue(&session) else { panic!("cannot be sealed: {session:?}") };
    let opened = KEYS.open(&issued.session_token, &issued.access_key_id);
    // What no request could carry is refused like any other text.
    assert!(opened.as_ref() == Ok(&session) || text.len() > 1000, "{opened:?}");
    let other = edited(&issued.access_key_id, data);
    if other != issued.access_key_id {
        assert!(KEYS.open(&issued.session_token, &other).is_err(), "it opens with {other}");
        assert_ne!(KEYS.secret_access_key(&other), issued.secret_access_key);
    }
    assert!(OTHER_KEYS.open(&issued.session_token, &issued.access_key_id).is_err());
});

/// The keys that belong to a master key of this byte, over and over.
fn keys(byte: &str) -> SessionKeys {
    let name = format!("grantry-fuzz-{}-{byte}", std::process::id());
    let path = std::env::temp_dir().join(name);
    let mut file = std::fs::OpenOptions::new();
    let mut file = file.write(true).create_new(true).mode(0o600).open(&path).expect("a file");
    file.write_all(format!("{}\n", byte.repeat(32)).as_bytes()).expect("a written file");
    let key = MasterKey::load(&path).expect("a master key");
    std::fs::remove_file(&path).expect("no file");
    SessionKeys::derive(&key)
}

fn session(text: &str) -> Session {
    let mut parts = text.split('\n').map(str::to_owned);
    let mut part = || parts.next().unwrap_or_default();
    let user = SessionUser { unique_id: part(), name: part() };
    let holder = match text.len() % 4 {
        0 => SessionHolder::Root,
        1 => SessionHolder::User(user),
        2 => SessionHolder::FederatedUser { name: part(), issuer: Some(user) },
        _ => {
            SessionHolder::Role { unique_id: user.unique_id, name: user.name, session_name: part() }
        }
    };
    Session {
        account: AccountId::parse("111122223333").expect("a good account id"),
        holder,
        issued: Timestamp::from_unix_seconds(1_000),
        expires: Timestamp::from_unix_seconds(1_900),
        policies: Some(SessionPolicies { inline: Some(part()), arns: vec![part()] }),
        tags: vec![SessionTag { key: part(), value: part(), transitive: text.len() > 9 }],
        source_identity: Some(part()),
        federated_provider: None,
    }
}
