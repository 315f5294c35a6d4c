//! `grantry account` without a server, with one, and in between.

use serde_json::Value;

use super::client::Key;
use super::harness::Place;

fn json(place: &Place, arguments: &[&str]) -> Value {
    serde_json::from_str(&place.succeed(&[arguments, &["--json"]].concat())).unwrap()
}

fn key(value: &Value) -> Key {
    let text = |name: &str| value["access_key"][name].as_str().unwrap().to_owned();
    Key { id: text("access_key_id"), secret: text("secret_access_key") }
}

/// Every command; the answers are the same with and without a server.
fn all_commands(place: &Place) {
    let canonical_id = "Ab".repeat(32);
    let created = json(
        place,
        &[
            "account",
            "create",
            "--name",
            "Moved Here",
            "--account-id",
            "000000000042",
            "--canonical-id",
            &canonical_id,
            "--email",
            "someone@example.com",
            "--access-key-id",
            "MixedCase",
            "--secret-access-key",
            "keep+THIS/secret",
        ],
    );
    let account = &created["account"];
    assert_eq!(account["name"], "Moved Here");
    assert_eq!(account["account_id"], "000000000042");
    assert_eq!(account["canonical_id"], canonical_id.as_str());
    assert_eq!(account["email"], "someone@example.com");
    assert_eq!(key(&created).id, "MixedCase");
    assert_eq!(key(&created).secret, "keep+THIS/secret");

    let second = key(&json(place, &["account", "key", "create", "Moved Here"]));
    assert!(second.id.starts_with("AKIA"));
    for name in ["Moved Here", "000000000042", &canonical_id] {
        let shown = json(place, &["account", "show", name]);
        assert_eq!(&shown["account"], account, "{name}");
        assert_eq!(shown["access_keys"].as_array().unwrap().len(), 2);
    }
    let accounts = json(place, &["account", "list"]);
    assert!(accounts["accounts"].as_array().unwrap().contains(account));

    let deleted = json(place, &["account", "key", "delete", &second.id]);
    assert_eq!(deleted["deleted_access_key_id"], second.id.as_str());
    let keys = json(place, &["account", "key", "list", "000000000042"]);
    assert_eq!(keys["access_keys"].as_array().unwrap().len(), 1);
    assert_eq!(keys["access_keys"][0]["access_key_id"], "MixedCase");
    assert_eq!(keys["access_keys"][0]["active"], true);

    let text = place.succeed(&["account", "show", "Moved Here"]);
    assert!(text.contains("account id     000000000042\n"), "{text}");
    assert!(text.contains("access key     MixedCase  active  "), "{text}");
    errors(place);
}

fn errors(place: &Place) {
    for (arguments, expected) in [
        (
            &["account", "create", "--name", "Moved Here"][..],
            "grantry: cannot create account \"Moved Here\": account name `Moved Here` is taken\n",
        ),
        (
            &["account", "create", "--name", "x", "--account-id", "42"],
            "grantry: cannot create account \"x\": account id \"42\" is not 12 digits\n",
        ),
        (
            &["account", "key", "create", "nobody"],
            "grantry: cannot create an access key of account \"nobody\": there is no account with \
             the name or id `nobody`\n",
        ),
        (
            &["account", "key", "delete", "mixedcase"],
            "grantry: cannot delete access key \"mixedcase\": there is no access key `mixedcase`\n",
        ),
    ] {
        let message = place.fail(arguments, 1);
        assert!(message.ends_with(expected), "{message}");
    }
}

#[test]
fn without_a_server() {
    let place = Place::new();
    all_commands(&place);
    // Whoever made an account before the first start wants no other.
    let server = place.serve();
    assert!(server.output().ends_with("access keys: MixedCase\n"), "{}", server.output());
    assert!(Key::new("MixedCase", "keep+THIS/secret").works(&server));
}

#[test]
fn with_a_running_server() {
    let place = Place::new();
    let server = place.serve();
    all_commands(&place);
    assert!(Key::new("MixedCase", "keep+THIS/secret").works(&server));
}

/// Longer than the 108 bytes that a socket address holds.
#[test]
fn with_a_running_server_at_a_long_path() {
    let place = Place::at(&"deep/".repeat(30));
    let server = place.serve();
    all_commands(&place);
    assert!(Key::new("MixedCase", "keep+THIS/secret").works(&server));
}

#[test]
fn keys_come_and_go_at_once() {
    let place = Place::new();
    let server = place.serve();
    let added = key(&json(&place, &["account", "key", "create", "default"]));
    assert!(added.works(&server));
    place.succeed(&["account", "key", "delete", &added.id]);
    assert!(!added.works(&server));
}

#[test]
fn a_command_during_start_or_stop_waits_for_the_server() {
    let place = Place::new();
    for _ in 0..3 {
        let mut server = place.serve();
        server.signal(rustix::process::Signal::TERM);
        assert_eq!(place.succeed(&["account", "list"]).lines().count(), 1);
        server.wait();
    }
}

#[test]
fn reading_makes_no_directory() {
    let place = Place::new();
    let message = place.fail(&["account", "list"], 1);
    assert!(message.starts_with("grantry: cannot open the data directory "), "{message}");
    assert!(!place.data_directory().exists());
}
