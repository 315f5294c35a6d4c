//! Starting, stopping, and what lies on the disk.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::process::Signal;

use super::client::Key;
use super::harness::{Place, eventually, read_to_end};

#[test]
fn credentials_are_printed_once() {
    let place = Place::new();
    let mut first = place.serve();
    let key = Key::of_first_start(&first);
    assert!(first.output().contains("account `default`"));
    assert!(key.works(&first));
    first.stop();

    let second = place.serve();
    let address = format!("http://{}", second.address);
    let mut expected = vec![format!("listening on {address}"), format!("access keys: {}", key.id)];
    if s3_api::console::is_built() {
        expected.insert(1, format!("console at {address}/_grantry/console/"));
    }
    assert_eq!(second.output().lines().collect::<Vec<_>>(), expected);
    assert!(key.works(&second));
}

#[test]
fn the_key_that_was_given_is_made_and_not_shown() {
    let place = Place::new();
    let key = Key::new("Given-Key", "given/secret+1");
    let environment = [
        ("GRANTRY_ROOT_ACCESS_KEY_ID", key.id.as_str()),
        ("GRANTRY_ROOT_SECRET_ACCESS_KEY", key.secret.as_str()),
    ];
    let mut server = place.serve_with(&[], &environment);
    assert_eq!(server.exported("AWS_ACCESS_KEY_ID"), "Given-Key");
    assert!(!server.output().contains(&key.secret));
    assert!(key.works(&server));
    server.stop();

    // The same key again is what a unit file does.
    let mut server = place.serve_with(&[], &environment);
    assert!(!server.log().contains("WARN"), "{}", server.log());
    server.stop();

    let other = [environment[0], ("GRANTRY_ROOT_SECRET_ACCESS_KEY", "another-secret")];
    let mut server = place.serve_with(&[], &other);
    assert!(server.log().contains("the stored one counts"), "{}", server.log());
    assert!(key.works(&server));
    assert!(!Key::new("Given-Key", "another-secret").works(&server));
    server.stop();

    let other = [("GRANTRY_ROOT_ACCESS_KEY_ID", "Other-Key"), environment[1]];
    let server = place.serve_with(&[], &other);
    assert!(server.log().contains("names no stored key and is not used"), "{}", server.log());
    assert!(!Key::new("Other-Key", &key.secret).works(&server));
}

#[test]
fn a_second_server_on_the_directory_fails_clearly() {
    let place = Place::new();
    let server = place.serve();
    let message = place.fail(&["serve", "--listen", "127.0.0.1:0"], 1);
    let path = place.data_directory().to_str().unwrap();
    let expected = format!(
        "grantry: cannot use the data directory {path}: another grantry server (process {}) is \
         using it\n",
        server.id()
    );
    assert!(message.contains(&expected), "{message}");
}

/// A start that fails must not have made, and shown, the only key.
#[test]
fn an_address_in_use_is_reported_before_anything_is_made() {
    let place = Place::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let message = place.fail(&["serve", "--listen", &address], 1);
    assert!(message.contains(&format!("cannot listen on {address}: ")), "{message}");
    assert!(!place.data_directory().join("meta").exists());
}

#[test]
fn wrong_settings_are_usage_errors() {
    let place = Place::new();
    let message = place.fail(&["serve", "--listen", "here"], 2);
    assert!(
        message.starts_with("grantry: setting `listen`: \"here\" (flag --listen)"),
        "{message}"
    );
    let message = place.fail(&["serve", "--config", "missing.toml"], 2);
    assert!(message.starts_with("grantry: configuration file missing.toml: "), "{message}");
    place.fail(&["serve", "--no-such-flag"], 2);
    assert!(!place.data_directory().exists());
}

#[test]
fn settings_can_be_printed_without_starting() {
    let place = Place::new();
    let mut command = place.command(&["serve", "--print-settings"]);
    command.env("GRANTRY_REGION", "eu-west-1");
    command.env("GRANTRY_ROOT_ACCESS_KEY_ID", "Key");
    command.env("GRANTRY_ROOT_SECRET_ACCESS_KEY", "never-printed");
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    let region = "region = \"eu-west-1\"  # environment variable GRANTRY_REGION\n";
    assert!(text.contains(region), "{text}");
    assert!(!text.contains("never-printed"), "{text}");
    assert!(!place.data_directory().exists());
}

#[test]
fn help_shows_every_setting_and_no_value_of_the_environment() {
    let place = Place::new();
    let mut command = place.command(&["serve", "--help"]);
    command.env("GRANTRY_ROOT_SECRET_ACCESS_KEY", "never-printed");
    let text = String::from_utf8(command.output().unwrap().stdout).unwrap();
    for part in ["--listen", "GRANTRY_LISTEN", "GRANTRY_ROOT_SECRET_ACCESS_KEY", "--switches-"] {
        assert!(text.contains(part), "no {part} in\n{text}");
    }
    assert!(!text.contains("never-printed"), "{text}");
}

#[test]
fn both_signals_stop_in_order() {
    for signal in [Signal::TERM, Signal::INT] {
        let place = Place::new();
        let mut server = place.serve();
        // A kept connection that waits for its next request must not hold the server up.
        let idle = server.connect();
        // It was accepted when a later one was answered.
        server.request("GET /_grantry/health/live HTTP/1.1");
        server.signal(signal);
        assert_eq!(server.wait().code(), Some(0), "{}", server.log());
        assert_eq!(read_to_end(idle), "");
        assert!(!place.data_directory().join("control.sock").exists());
    }
}

#[test]
fn requests_in_flight_finish_and_new_connections_are_refused() {
    let place = Place::new();
    let mut server = place.serve();
    let key = Key::of_first_start(&server);
    let answer = key.request(&server, "PUT", "/in-flight", "");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

    let mut upload = key.send_head(&server, "PUT", "/in-flight/object", 10);
    upload.write_all(b"01234").unwrap();
    // Its head has arrived when an answer to a later one has.
    assert!(key.works(&server));
    server.signal(Signal::TERM);
    let address = server.address;
    eventually("new connections are refused", || TcpStream::connect(address).is_err());
    upload.write_all(b"56789").unwrap();
    let answer = read_to_end(upload);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}\n{}", server.log());
    assert_eq!(server.wait().code(), Some(0));

    let server = place.serve();
    let answer = key.request(&server, "GET", "/in-flight/object", "");
    assert!(answer.ends_with("\r\n\r\n0123456789"), "{answer}");
}

#[test]
fn requests_that_do_not_finish_are_cut_off() {
    let place = Place::new();
    let mut server = place.serve_with(&["--shutdown-timeout-seconds", "1"], &[]);
    let key = Key::of_first_start(&server);
    key.request(&server, "PUT", "/cut-off", "");
    let mut upload = key.send_head(&server, "PUT", "/cut-off/object", 10);
    upload.write_all(b"01234").unwrap();
    assert!(key.works(&server));
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(0));
    assert!(server.log().contains("did not finish in time"), "{}", server.log());
    let mut answer = Vec::new();
    let _ = upload.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP/1.1 200"));
}

#[test]
fn a_second_signal_stops_at_once() {
    let place = Place::new();
    let mut server = place.serve();
    let key = Key::of_first_start(&server);
    key.request(&server, "PUT", "/at-once", "");
    let mut upload = key.send_head(&server, "PUT", "/at-once/object", 10);
    upload.write_all(b"01234").unwrap();
    assert!(key.works(&server));
    server.signal(Signal::TERM);
    eventually("the first signal was seen", || server.log().contains("requests in flight"));
    server.signal(Signal::INT);
    assert_eq!(server.wait().code(), Some(130));
}

#[test]
fn a_killed_server_leaves_a_directory_that_starts_again() {
    let place = Place::new();
    let mut server = place.serve();
    let key = Key::of_first_start(&server);
    server.signal(Signal::KILL);
    server.wait();
    assert!(place.data_directory().join("control.sock").exists());
    let server = place.serve();
    assert!(key.works(&server));
    assert_eq!(place.succeed(&["account", "list"]).lines().count(), 1);
}

#[test]
fn everything_on_the_disk_is_for_its_owner_only() {
    let place = Place::new();
    let server = place.serve();
    place.succeed(&["account", "create", "--name", "second"]);
    for path in files(place.data_directory()) {
        let metadata = std::fs::symlink_metadata(&path).unwrap();
        let expected = if metadata.is_dir() { 0o700 } else { 0o600 };
        let mode = metadata.permissions().mode() & 0o777;
        assert_eq!(mode, expected, "{} has mode {mode:o}", path.display());
    }
    let mode = std::fs::metadata(place.data_directory()).unwrap().mode() & 0o777;
    assert_eq!(mode, 0o700);
    drop(server);
}

#[test]
fn others_in_the_directory_are_worth_a_warning() {
    let place = Place::new();
    std::fs::create_dir(place.data_directory()).unwrap();
    let open = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(place.data_directory(), open).unwrap();
    let server = place.serve();
    assert!(server.log().contains("its mode is 0755"), "{}", server.log());
}

/// RustFS GHSA-r54g, Ceph CVE-2018-16889: secrets in logs. The server logs everything it can.
#[test]
fn rustfs_ghsa_r54g_no_secret_in_any_file_or_log() {
    let place = Place::new();
    let mut server = place.serve();
    let first = Key::of_first_start(&server);
    let given = Key::new("SECOND", "a-secret-that-was-given");
    let create = ["account", "create", "--name", "second", "--access-key-id", &given.id];
    place.succeed(&[&create[..], &["--secret-access-key", &given.secret]].concat());
    assert!(first.works(&server) && given.works(&server));
    assert!(!Key::new("SECOND", "a-wrong-secret").works(&server));
    let shown = [
        place.succeed(&["account", "show", "second"]),
        place.succeed(&["account", "key", "list", "second", "--json"]),
        place.fail(&["account", "key", "create", "second", "--access-key-id", "SECOND"], 1),
    ];
    server.stop();
    let mut places: Vec<(String, Vec<u8>)> = files(place.data_directory())
        .filter(|path| path.is_file())
        .map(|path| (path.display().to_string(), std::fs::read(path).unwrap()))
        .collect();
    places.push(("log".to_owned(), server.log().into_bytes()));
    places.extend(shown.map(|text| ("shown".to_owned(), text.into_bytes())));
    assert!(places.len() > 5);
    for (name, bytes) in places {
        for secret in [&first.secret, &given.secret] {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "a secret stands in {name}");
        }
    }
}

/// Everything below a directory.
fn files(directory: &Path) -> impl Iterator<Item = PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path.clone());
            }
            found.push(path);
        }
    }
    found.into_iter()
}
