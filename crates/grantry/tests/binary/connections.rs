//! What connections may cost, and what is not S3.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use super::client::Key;
use super::harness::{Place, eventually, read_to_end};

#[test]
fn health_and_metrics() {
    let place = Place::new();
    let server = place.serve();
    let key = Key::of_first_start(&server);
    key.request(&server, "PUT", "/some-bucket", "");
    key.request(&server, "PUT", "/some-bucket/key", "12345");
    key.request(&server, "GET", "/no-such-bucket", "");
    let get = |path: &str| server.request(&format!("GET /_grantry/{path} HTTP/1.1"));
    for path in ["health/live", "health/ready"] {
        let answer = get(path);
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nok\n"));
    }
    let mut metrics = String::new();
    // A client sees the end of a connection a little before the server counts it.
    eventually("ended connections are not counted", || {
        metrics = get("metrics");
        metrics.contains("\ngrantry_connections_open 1\n")
    });
    for line in [
        r#"grantry_requests_total{operation="CreateBucket",status="2xx",code=""} 1"#,
        r#"grantry_requests_total{operation="ListObjects",status="4xx",code="NoSuchBucket"} 1"#,
        r#"grantry_request_duration_seconds_count{operation="PutObject"} 1"#,
        "grantry_request_body_bytes_total 5",
        "grantry_connections_open 1",
        "grantry_stored_buckets 1",
        "grantry_stored_objects 1",
        "grantry_stored_bytes 5",
    ] {
        assert!(metrics.lines().any(|other| other == line), "no {line} in\n{metrics}");
    }
    assert!(metrics.contains("content-type: application/openmetrics-text"), "{metrics}");
    assert!(get("").starts_with("HTTP/1.1 404 "));
    assert!(get("health/live/x").starts_with("HTTP/1.1 404 "));
    let answer = server.request("POST /_grantry/metrics HTTP/1.1");
    assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
    assert!(answer.contains("allow: GET, HEAD\r\n"), "{answer}");
    let answer = server.request("HEAD /_grantry/health/live HTTP/1.1");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\n"), "{answer}");
}

#[test]
fn oversized_heads_are_refused() {
    let place = Place::new();
    let server = place.serve();
    for (bytes, status) in [(40_000, "HTTP/1.1 400 "), (200_000, "HTTP/1.1 431 ")] {
        let mut stream = server.connect();
        let long = "v".repeat(bytes);
        // The server may close before it has read everything.
        let _ = write!(stream, "GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: {long}\r\n\r\n");
        let mut answer = [0; 13];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(String::from_utf8_lossy(&answer), status);
    }
    let many = "\r\nX-Many: 1".repeat(101);
    let answer = server.request(&format!("GET / HTTP/1.1{many}"));
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    assert!(server.request("GET / HTTP/1.1").starts_with("HTTP/1.1 "));
}

#[test]
fn a_head_that_does_not_come_ends_the_connection() {
    let place = Place::new();
    let server = place.serve_with(&["--header-timeout-seconds", "1"], &[]);
    let mut slow = server.connect();
    slow.write_all(b"GET / HTTP/1.1\r\nHost: loc").unwrap();
    let idle = server.connect();
    assert_eq!(read_to_end(slow), "");
    assert_eq!(read_to_end(idle), "");
}

#[test]
fn connections_beyond_the_limit_wait() {
    let place = Place::new();
    let server = place.serve_with(&["--connections-max", "2"], &[]);
    let first = server.connect();
    let second = server.connect();
    let mut third = server.connect();
    write!(third, "GET /_grantry/health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .unwrap();
    third.set_read_timeout(Some(std::time::Duration::from_millis(300))).unwrap();
    let mut answer = [0; 15];
    assert!(third.read_exact(&mut answer).is_err());
    drop(first);
    third.set_read_timeout(Some(std::time::Duration::from_secs(30))).unwrap();
    third.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
    drop(second);
}

/// The server's own user may send anything to the control socket, and the server lives on.
#[test]
fn nonsense_on_the_control_socket() {
    let place = Place::new();
    let server = place.serve();
    let socket = place.data_directory().join("control.sock");
    let ask = |line: &[u8]| {
        let mut stream = UnixStream::connect(&socket).unwrap();
        // The server may close before it has read everything.
        let _ = stream.write_all(line);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        answer
    };
    let list = b"{\"account\":\"list_accounts\"}\n";
    let lines = [
        &b"\n"[..],
        b"{}\n",
        b"\"drop\"\n",
        b"\xff\xfe\n",
        b"{\"drop\":\"list_accounts\"}\n",
        b"{\"account\":{\"delete_key\":{}}}\n",
    ];
    for line in lines {
        assert!(ask(line).contains("does not understand"), "{}", String::from_utf8_lossy(line));
    }
    assert!(ask(list.trim_ascii_end()).contains("incomplete"));
    ask(&vec![b'x'; 1024 * 1024]);
    eventually("the server answers again", || ask(list).contains("default"));
    assert!(server.log().contains("listening"));
}

#[test]
fn a_body_that_does_not_come_is_not_waited_for() {
    let place = Place::new();
    let server = place.serve_with(&["--body-timeout-seconds", "1"], &[]);
    let key = Key::of_first_start(&server);
    key.request(&server, "PUT", "/some-bucket", "");
    let mut stream = key.send_head(&server, "PUT", "/some-bucket/key", 10);
    stream.write_all(b"12345").unwrap();
    let answer = read_to_end(stream);
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(answer.contains("<Code>RequestTimeout</Code>"), "{answer}");
}
