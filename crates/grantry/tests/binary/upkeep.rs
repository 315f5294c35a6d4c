//! `grantry check`, `backup` and `restore`, with and without a server.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::Value;

use super::client::Key;
use super::harness::{Place, Server, eventually};

/// The files below a directory with their lengths.
fn files_below(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files
}

/// A store with a small and a large object in `bucket`, at rest.
fn filled(place: &Place) -> Key {
    let mut server = place.serve();
    let key = Key::of_first_start(&server);
    put(&key, &server, "/bucket", "");
    put(&key, &server, "/bucket/small", "some bytes");
    put(&key, &server, "/bucket/large", &"x".repeat(3_000_000));
    server.stop();
    key
}

fn put(key: &Key, server: &Server, path: &str, body: &str) {
    let answer = key.request(server, "PUT", path, body);
    assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
}

fn get(key: &Key, server: &Server, path: &str) -> String {
    let answer = key.request(server, "GET", path, "");
    assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

fn large_body(place: &Place) -> PathBuf {
    let files = files_below(&place.data_directory().join("blobs/files"));
    assert_eq!(files.len(), 1);
    files[0].clone()
}

/// Kinds and keys of the findings, and the summary.
fn findings(output: &Output) -> (Vec<(String, Value)>, Value) {
    let text = str::from_utf8(&output.stdout).unwrap();
    let mut lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let summary = lines.pop().unwrap()["summary"].clone();
    let short = |line: &Value| (line["kind"].as_str().unwrap().to_owned(), line["key"].clone());
    (lines.iter().map(short).collect(), summary)
}

#[test]
fn a_whole_store_has_exit_code_0() {
    let place = Place::new();
    filled(&place);
    let text = place.succeed(&["check"]);
    assert!(text.starts_with("no inconsistency in ") && text.lines().count() == 1, "{text}");
    let (found, summary) = findings(&place.run(&["check", "--json", "--fast"]));
    assert_eq!(found, []);
    assert_eq!((&summary["blobs"], &summary["body_bytes"]), (&2.into(), &0.into()));
}

#[test]
fn a_damaged_body_has_exit_code_1_and_stays() {
    let place = Place::new();
    filled(&place);
    let path = large_body(&place);
    let mut bytes = fs::read(&path).unwrap();
    bytes[1_000_000] ^= 1;
    fs::write(&path, bytes).unwrap();
    for arguments in [&["check"][..], &["check", "--repair"], &["check"]] {
        let output = place.run(arguments);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let text = str::from_utf8(&output.stdout).unwrap();
        assert!(text.starts_with("damaged-body bucket bucket key \"large\" blob f:"), "{text}");
        assert_eq!(text.lines().count(), 2);
    }
    assert!(path.exists());
    let (found, _) = findings(&place.run(&["check", "--json"]));
    assert_eq!(found, [("damaged-body".to_owned(), "large".into())]);
}

#[test]
fn what_a_crash_left_is_removed_by_repair() {
    let place = Place::new();
    filled(&place);
    let leftover = place.data_directory().join(format!("blobs/files/ab/ab{:030x}.blob", 1));
    fs::write(&leftover, [0; 10]).unwrap();
    let output = place.run(&["check", "--json", "--repair"]);
    assert_eq!(output.status.code(), Some(1));
    let (found, summary) = findings(&output);
    assert_eq!(found, [("unfinished".to_owned(), Value::Null)]);
    assert_eq!(summary["repaired"], 1);
    assert!(!leftover.exists());
    place.succeed(&["check"]);
}

#[test]
fn what_cannot_be_checked_has_exit_code_3() {
    let place = Place::new();
    let message = place.fail(&["check"], 3);
    assert!(message.starts_with("grantry: cannot open the data directory "), "{message}");
    fs::create_dir(place.data_directory()).unwrap();
    let message = place.fail(&["check"], 3);
    assert!(message.ends_with("there is no store in this directory\n"), "{message}");
    place.fail(&["check", "--nonsense"], 2);
    let server = place.serve();
    let message = place.fail(&["check"], 3);
    let expected = format!("a running server (process {}) is using it\n", server.id());
    assert!(message.contains(&expected), "{message}");
    assert!(message.contains("Stop the server first"), "{message}");
}

/// Runs `restore`, which takes no `--data-dir`.
fn restore(backup: &Path, to: &Place) -> Output {
    let mut command = to.command_without_directory(&["restore"]);
    command.arg(backup).arg(to.data_directory()).output().unwrap()
}

#[test]
fn a_store_at_rest_is_backed_up_and_restored() {
    let place = Place::new();
    let key = filled(&place);
    let backup = place.data_directory().with_file_name("backup");
    let said = place.succeed(&["backup", backup.to_str().unwrap()]);
    assert!(said.contains("It does not hold the master key."), "{said}");
    assert!(!backup.join("master.key").exists());
    assert_eq!(fs::metadata(&backup).unwrap().mode() & 0o777, 0o700);
    let message = place.fail(&["backup", backup.to_str().unwrap()], 1);
    assert!(message.contains("is not empty"), "{message}");

    let other = Place::new();
    let output = restore(&backup, &other);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let said = str::from_utf8(&output.stdout).unwrap();
    assert!(
        said.contains("Put the master key there") && said.contains("no inconsistency"),
        "{said}"
    );
    assert_eq!(restore(&backup, &other).status.code(), Some(1), "it is not empty any more");
    // Without the key no server starts, and none makes a new one.
    let message = other.fail(&["serve", "--listen", "127.0.0.1:0"], 1);
    assert!(message.contains("master key"), "{message}");
    fs::copy(place.data_directory().join("master.key"), other.data_directory().join("master.key"))
        .unwrap();
    let server = other.serve();
    assert_eq!(get(&key, &server, "/bucket/small"), "some bytes");
    assert_eq!(get(&key, &server, "/bucket/large").len(), 3_000_000);
}

#[test]
fn a_changed_backup_is_not_restored() {
    let place = Place::new();
    filled(&place);
    let backup = place.data_directory().with_file_name("backup");
    place.succeed(&["backup", backup.to_str().unwrap()]);
    let segment = files_below(&backup.join("blobs/segments")).remove(0);
    let mut bytes = fs::read(&segment).unwrap();
    bytes[60] ^= 1;
    fs::write(&segment, bytes).unwrap();
    let other = Place::new();
    let output = restore(&backup, &other);
    assert_eq!(output.status.code(), Some(1));
    assert!(str::from_utf8(&output.stderr).unwrap().contains("was changed"), "{output:?}");
    assert!(!other.data_directory().join("meta").exists());
}

fn place_is_clean(place: &Place) {
    assert_eq!(findings(&place.run(&["check", "--json"])).0, []);
}

/// The body of the object with this number; every twentieth is large.
fn body(number: usize) -> String {
    let length = if number.is_multiple_of(20) { 1_100_000 } else { 500 + number };
    format!("{number} ").repeat(length / 2)
}

/// Writes, overwrites and deletes until told to stop; `written` counts what was acknowledged.
fn write_until(key: &Key, server: &Server, stop: &AtomicBool, written: &AtomicUsize) {
    let mut number = 0;
    while !stop.load(Ordering::SeqCst) {
        put(key, server, &format!("/bucket/key-{number}"), &body(number));
        put(key, server, "/bucket/changing", &body(number));
        put(key, server, &format!("/bucket/gone-{number}"), "x");
        key.request(server, "DELETE", &format!("/bucket/gone-{number}"), "");
        number += 1;
        written.store(number, Ordering::SeqCst);
    }
}

#[test]
fn a_backup_during_writes_holds_all_that_was_acknowledged_before() {
    let place = Place::new();
    let server = place.serve();
    let key = Key::of_first_start(&server);
    put(&key, &server, "/bucket", "");
    let (stop, written) = (AtomicBool::new(false), AtomicUsize::new(0));
    let backup = place.data_directory().with_file_name("backup");
    let mut before = 0;
    std::thread::scope(|scope| {
        scope.spawn(|| write_until(&key, &server, &stop, &written));
        eventually("some objects are written", || written.load(Ordering::SeqCst) >= 45);
        before = written.load(Ordering::SeqCst);
        place.succeed(&["backup", backup.to_str().unwrap(), "--with-master-key"]);
        stop.store(true, Ordering::SeqCst);
    });
    eventually("the server heard of it", || server.log().contains("the backup ended"));
    let after = written.load(Ordering::SeqCst);
    drop(server);

    let other = Place::new();
    let output = restore(&backup, &other);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    // Bodies whose metadata came after the snapshot are the only thing that may be found.
    let said = str::from_utf8(&output.stdout).unwrap();
    let found = said.lines().filter(|line| line.contains(" key "));
    assert!(found.clone().all(|line| line.starts_with("orphan ")), "{said}");
    place_is_clean(&other);
    let server = other.serve();
    for number in 0..before {
        let read = get(&key, &server, &format!("/bucket/key-{number}"));
        assert!(read == body(number), "key-{number} has other bytes");
    }
    let changing = get(&key, &server, "/bucket/changing");
    assert!((before - 1..=after).any(|number| body(number) == changing));
}

/// A server that stops does not wait for a backup, and the backup says that it failed.
#[test]
fn a_server_that_ends_takes_the_backup_with_it() {
    use std::io::{BufRead, BufReader, Read, Write};
    let place = Place::new();
    let mut server = place.serve();
    let path = place.data_directory().join("control.sock");
    let mut stream = std::os::unix::net::UnixStream::connect(path).unwrap();
    stream.write_all(b"\"hold_removals\"\n").unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "grantry control 1");
    assert_eq!(lines.next().unwrap().unwrap(), "\"held\"");
    // Other requests are answered meanwhile, and another backup is told to wait.
    assert_eq!(place.succeed(&["account", "list"]).lines().count(), 1);
    let backup = place.data_directory().with_file_name("backup");
    let message = place.fail(&["backup", backup.to_str().unwrap()], 1);
    assert!(message.contains("another backup is under way"), "{message}");
    server.stop();
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
}
