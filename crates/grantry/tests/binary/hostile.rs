//! Slow and malicious peers: what can be read in two ways is read in neither, what does not come is
//! not waited for, and nobody keeps others out. What connections may cost is in `connections.rs`,
//! what HTTP/2 adds in `http2.rs`.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use super::client::Key;
use super::harness::{Place, Server, eventually, read_to_end};
use super::regressions::Site;

/// What a server answers to exactly these bytes, until it closes the connection.
fn send(server: &Server, bytes: &str) -> String {
    let mut stream = server.connect();
    // The server may close before it has read everything.
    let _ = stream.write_all(bytes.as_bytes());
    let _ = stream.shutdown(Shutdown::Write);
    lossy_to_end(stream)
}

/// As `read_to_end`, for connections that may be reset.
fn lossy_to_end(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = stream.read(&mut buffer) {
        answer.extend_from_slice(&buffer[..length]);
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// How many answers there are: a request that was hidden in another one would have one of its own.
fn answers(text: &str) -> usize {
    text.matches("HTTP/1.1 ").count() - text.matches("HTTP/1.1 100 ").count()
}

const HIDDEN: &str = "GET /_grantry/health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

/// A proxy before us may see the end of a request elsewhere than we do, if it can be read in two
/// ways. Then what follows is never taken for the next request.
#[test]
fn no_request_is_hidden_in_another() {
    let place = Place::new();
    let server = place.serve();
    let length = HIDDEN.len();
    for fields in [
        format!("Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        format!("Transfer-Encoding: chunked\r\nContent-Length: {length}\r\n\r\n0\r\n\r\n"),
        format!("Content-Length: 0\r\nContent-Length: {length}\r\n\r\n"),
        format!("Content-Length: 0, {length}\r\n\r\n"),
        format!("Content-Length: +{length}\r\n\r\n"),
        "Content-Length: 0x0\r\n\r\n".to_owned(),
        "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n".to_owned(),
        "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n".to_owned(),
        "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n".to_owned(),
        "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n".to_owned(),
        "Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n".to_owned(),
        "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n\r\n".to_owned(),
        "X-Folded: a\r\n b\r\n\r\n".to_owned(),
        "X-Folded: a\r\n\tContent-Length: 0\r\n\r\n".to_owned(),
        " X-Leading: a\r\n\r\n".to_owned(),
        "X-Null: a\0b\r\n\r\n".to_owned(),
        "X-Return: a\rb\r\n\r\n".to_owned(),
        "X Blank: a\r\n\r\n".to_owned(),
        ": empty\r\n\r\n".to_owned(),
    ] {
        let answer =
            send(&server, &format!("GET / HTTP/1.1\r\nHost: localhost\r\n{fields}{HIDDEN}"));
        assert_eq!(answers(&answer), 1, "{fields:?}\n{answer}");
        assert!(!answer.contains("\r\n\r\nok\n"), "{fields:?}\n{answer}");
        assert!(answer.starts_with("HTTP/1.1 4"), "{fields:?}\n{answer}");
    }
}

/// Line feeds without carriage returns are line ends to us (RFC 9112, 2.2, allows both ways); what
/// stands behind such a head is seen as what it is.
#[test]
fn bare_line_feeds_end_lines() {
    let place = Place::new();
    let server = place.serve();
    let head = "GET /_grantry/health/live HTTP/1.1\nHost: localhost\nConnection: close\n\n";
    let answer = send(&server, &format!("{head}{HIDDEN}"));
    assert_eq!(answers(&answer), 1, "{answer}");
}

/// Lines of the chunked coding and its trailers are bounded: they are read into memory.
#[test]
fn endless_chunk_lines_and_trailers_are_cut() {
    let place = Place::new();
    let server = place.serve();
    let key = Key::of_first_start(&server);
    key.request(&server, "PUT", "/some-bucket", "");
    let head = |fields: &str| {
        let signature = key.signature(&server, "PUT", "/some-bucket?policy");
        let mut head = format!("PUT /some-bucket?policy HTTP/1.1\r\nHost: {}\r\n", server.address);
        for (name, value) in signature {
            head = format!("{head}{name}: {value}\r\n");
        }
        format!("{head}{fields}Transfer-Encoding: chunked\r\n\r\n")
    };
    let long = "x".repeat(4_000_000);
    let many = (0..100_000).map(|number| format!("x-{number}: y\r\n")).collect::<Vec<_>>().concat();
    for body in [
        format!("1;name={long}\r\n"),
        format!("{}1\r\n", "0".repeat(4_000_000)),
        format!("1\r\nx\r\n0\r\nx-trailer: {long}\r\n\r\n"),
        format!("1\r\nx\r\n0\r\n{many}\r\n"),
    ] {
        let answer = send(&server, &format!("{}{body}", head("")));
        assert!(!answer.starts_with("HTTP/1.1 2"), "{answer}");
    }
    assert!(resident_bytes(&server) < 80_000_000, "{}", resident_bytes(&server));
    assert!(key.works(&server));
}

/// The same for `aws-chunked`, which hyper knows nothing of.
#[test]
fn endless_lines_of_aws_chunked_are_cut() {
    let site = Site::new();
    site.open_bucket("open-bucket");
    let fields = [
        ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
        ("x-amz-decoded-content-length", "0"),
    ];
    let long = "x".repeat(1_000_000);
    for body in [format!("1;chunk-signature={long}\r\n"), format!("0\r\nx-a:{long}\r\n\r\n")] {
        let answer = site.anonymous("PUT", "/open-bucket/k", &fields, &body);
        assert_eq!((answer.status, answer.code()), (400, "IncompleteBody"));
    }
    site.is_well();
}

/// `VmRSS` of the server.
fn resident_bytes(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// An answer that comes while the client still sends reaches it: the rest is read and thrown away,
/// and the next request on the connection is answered.
#[test]
fn an_early_answer_does_not_break_the_client() {
    let place = Place::new();
    let server = place.serve();
    let body = "x".repeat(200_000);
    let mut stream = server.connect();
    let head = format!(
        "PUT /no-such-bucket/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    // Time enough to refuse it.
    assert!(server.request("GET /_grantry/health/live HTTP/1.1").starts_with("HTTP/1.1 200 "));
    stream.write_all(body.as_bytes()).unwrap();
    stream.write_all(HIDDEN.as_bytes()).unwrap();
    let answer = read_to_end(stream);
    assert_eq!(answers(&answer), 2, "{answer}");
    assert!(answer.starts_with("HTTP/1.1 404 ") && answer.ends_with("\r\n\r\nok\n"), "{answer}");
}

/// An answer to a client that sends without end: it is not read for ever.
#[test]
fn a_body_without_end_is_not_thrown_away_for_ever() {
    let place = Place::new();
    let server = place.serve();
    let mut stream = server.connect();
    write!(
        stream,
        "PUT /no-such-bucket/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000000000000\r\n\r\n"
    )
    .unwrap();
    let piece = vec![b'x'; 1024 * 1024];
    let mut sent = 0_u64;
    while stream.write_all(&piece).is_ok() {
        sent += piece.len() as u64;
        assert!(sent < 4_000_000_000, "the server reads on and on");
    }
}

/// Who waits for leave to send gets the answer instead, and no leave.
#[test]
fn expect_100_continue_is_refused_before_the_body() {
    let place = Place::new();
    let server = place.serve();
    let key = Key::of_first_start(&server);
    key.request(&server, "PUT", "/some-bucket", "");
    let mut stream = server.connect();
    write!(
        stream,
        "PUT /some-bucket/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\
         Expect: 100-continue\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let answer = read_to_end(stream);
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    assert!(!answer.contains(" 100 "), "{answer}");
}

#[test]
fn expect_100_continue_is_granted_when_the_body_is_wanted() {
    let place = Place::new();
    let server = place.serve();
    let key = Key::of_first_start(&server);
    key.request(&server, "PUT", "/some-bucket", "");
    let mut stream = server.connect();
    let mut head = format!("PUT /some-bucket/k HTTP/1.1\r\nHost: {}\r\n", server.address);
    for (name, value) in key.signature(&server, "PUT", "/some-bucket/k") {
        head = format!("{head}{name}: {value}\r\n");
    }
    head.push_str("Content-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut leave = [0; 25];
    stream.read_exact(&mut leave).unwrap();
    assert_eq!(&leave, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"12345").unwrap();
    assert!(read_to_end(stream).starts_with("HTTP/1.1 200 "));
}

/// Connections that say nothing, or never finish a head, are closed in time, and who comes
/// meanwhile gets a turn as soon as one is.
#[test]
fn idle_connections_keep_nobody_out() {
    let place = Place::new();
    let arguments = ["--connections-max", "8", "--header-timeout-seconds", "1"];
    let server = place.serve_with(&arguments, &[]);
    let mut held = Vec::new();
    for number in 0..24 {
        let mut stream = server.connect();
        if number % 2 == 0 {
            stream.write_all(b"GET / HTTP/1.1\r\nX-Slow: ").unwrap();
        }
        held.push(stream);
    }
    let answer = server.request("GET /_grantry/health/live HTTP/1.1");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    for stream in held {
        assert_eq!(lossy_to_end(stream), "");
    }
}

/// A kept connection that was used once is held to the same time as a new one.
#[test]
fn a_kept_connection_that_falls_silent_is_closed() {
    let place = Place::new();
    let server = place.serve_with(&["--header-timeout-seconds", "1"], &[]);
    let mut stream = server.connect();
    stream.write_all(b"GET /_grantry/health/live HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let answer = read_to_end(stream);
    assert_eq!(answers(&answer), 1, "{answer}");
}

/// A client that asks and asks and reads nothing is given up, and others are served meanwhile.
#[test]
fn answers_that_nobody_reads_are_given_up() {
    let place = Place::new();
    let server = place.serve_with(&["--write-timeout-seconds", "1"], &[]);
    let key = Key::of_first_start(&server);
    key.request(&server, "PUT", "/some-bucket", "");
    let body = "x".repeat(8_000_000);
    key.request(&server, "PUT", "/some-bucket/k", &body);
    let mut silent = key.send_head(&server, "GET", "/some-bucket/k", 0);
    assert!(key.works(&server));
    eventually("the connection is given up", || {
        let metrics = server.request("GET /_grantry/metrics HTTP/1.1");
        metrics.contains("\ngrantry_connections_open 1\n")
    });
    let mut received = Vec::new();
    let _ = silent.read_to_end(&mut received);
    assert!(received.len() < body.len(), "{} bytes were sent to nobody", received.len());
}

/// Slow bodies do not add up to more memory than their connections are worth.
#[test]
fn many_slow_uploads_are_cheap() {
    let place = Place::new();
    let server = place.serve();
    let key = Key::of_first_start(&server);
    key.request(&server, "PUT", "/some-bucket", "");
    let before = resident_bytes(&server);
    let mut slow = Vec::new();
    for number in 0..200 {
        let path = format!("/some-bucket/k{number}");
        let mut stream = key.send_head(&server, "PUT", &path, 4_000_000);
        stream.write_all(&[b'x'; 2000]).unwrap();
        slow.push(stream);
    }
    assert!(key.works(&server));
    let added = resident_bytes(&server).saturating_sub(before);
    assert!(added < 100_000_000, "{added} bytes for {} uploads", slow.len());
}
