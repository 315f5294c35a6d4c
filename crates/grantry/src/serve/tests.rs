//! The start-up message.

use identity::SecretAccessKey;
use model::{AccountId, AccountIdentity, CanonicalUserId, Timestamp};
use ops::accounts::{AccountRecord, IssuedKey};

use super::banner;
use super::root_account::RootAccount;

fn created(given: bool, access_key_id: &str) -> RootAccount {
    RootAccount::Created {
        account: AccountRecord {
            identity: AccountIdentity {
                id: AccountId::parse("111122223333").unwrap(),
                canonical_id: CanonicalUserId::parse(&"a".repeat(64)).unwrap(),
            },
            name: "default".into(),
            email: None,
            created: Timestamp::default(),
            public_access: None,
        },
        key: IssuedKey {
            access_key_id: access_key_id.into(),
            secret_access_key: SecretAccessKey::parse("the-secret").unwrap(),
        },
        given,
    }
}

fn text(address: &str, root: &RootAccount) -> String {
    banner::text("http", address.parse().unwrap(), "us-east-1", root, None)
}

#[test]
fn the_first_start_shows_commands_to_paste() {
    let text = text("127.0.0.1:9000", &created(false, "AKIAEXAMPLE"));
    for line in [
        "listening on http://127.0.0.1:9000",
        "  export AWS_ACCESS_KEY_ID=AKIAEXAMPLE",
        "  export AWS_SECRET_ACCESS_KEY=the-secret",
        "  export AWS_DEFAULT_REGION=us-east-1",
        "  export AWS_ENDPOINT_URL=http://127.0.0.1:9000",
        "  aws --endpoint-url http://127.0.0.1:9000 s3 mb s3://my-first-bucket",
    ] {
        assert!(text.lines().any(|other| other == line), "no {line} in\n{text}");
    }
}

#[test]
fn a_given_secret_is_not_shown_again() {
    let text = text("127.0.0.1:9000", &created(true, "Given"));
    assert!(text.contains("AWS_ACCESS_KEY_ID=Given\n") && !text.contains("the-secret"), "{text}");
}

#[test]
fn a_client_on_this_machine_cannot_connect_to_all_addresses() {
    for (address, endpoint) in
        [("0.0.0.0:80", "http://127.0.0.1:80"), ("[::]:80", "http://[::1]:80")]
    {
        let text = text(address, &created(false, "AKIAEXAMPLE"));
        assert!(text.starts_with(&format!("listening on http://{address}\n")), "{text}");
        assert!(text.contains(&format!("AWS_ENDPOINT_URL={endpoint}\n")), "{text}");
    }
}

#[test]
fn with_a_certificate_it_is_https() {
    let address = "127.0.0.1:9000".parse().unwrap();
    let root = created(false, "AKIAEXAMPLE");
    let console = Some("/_grantry/console/");
    let text = banner::text("https", address, "us-east-1", &root, console);
    assert!(text.starts_with("listening on https://127.0.0.1:9000\n"), "{text}");
    assert!(text.contains("AWS_ENDPOINT_URL=https://127.0.0.1:9000\n"), "{text}");
    assert!(text.contains("console at https://127.0.0.1:9000/_grantry/console/\n"), "{text}");
}

#[test]
fn words_are_quoted_for_the_shell() {
    let text = text("127.0.0.1:9000", &created(false, "it's;$(me)"));
    assert!(text.contains(r"AWS_ACCESS_KEY_ID='it'\''s;$(me)'"), "{text}");
}

#[test]
fn later_starts_name_keys_only() {
    let root = |ids: &[&str], more| RootAccount::Existing {
        access_key_ids: ids.iter().map(ToString::to_string).collect(),
        more,
    };
    let address = "127.0.0.1:9000";
    assert_eq!(
        text(address, &root(&["A1", "B2"], 3)),
        "listening on http://127.0.0.1:9000\naccess keys: A1, B2 and 3 more\n"
    );
    assert!(text(address, &root(&[], 0)).contains("`grantry account key create`"));
}
