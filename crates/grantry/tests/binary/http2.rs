//! HTTP/2: its limits hold as those of HTTP/1 do.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use h2::{Reason, RecvStream};
use http::{Request, Response};
use rustix::process::Signal;
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::client::Key;
use super::harness::{Place, Server};
use super::tls::Certificate;

/// Longest wait for anything that should happen after a second or two.
const PATIENCE: Duration = Duration::from_secs(40);

async fn connect(certificate: &Certificate, server: &Server) -> TlsStream<TcpStream> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificate.certificate()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let stream = TcpStream::connect(server.address).await.unwrap();
    let name = server.address.ip().into();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
}

struct Client {
    requests: SendRequest<Bytes>,
    connection: JoinHandle<Result<(), h2::Error>>,
}

impl Client {
    async fn connect(certificate: &Certificate, server: &Server) -> Self {
        Self::with(&Builder::new(), certificate, server).await
    }

    async fn with(builder: &Builder, certificate: &Certificate, server: &Server) -> Self {
        let stream = connect(certificate, server).await;
        let (requests, connection) = builder.handshake(stream).await.unwrap();
        let connection = tokio::spawn(connection);
        let requests = requests.ready().await.unwrap();
        Self { requests, connection }
    }

    async fn get(&mut self, server: &Server, path: &str) -> Response<RecvStream> {
        let request = request(server, "GET", path, &[]);
        self.send(request).await
    }

    async fn send(&mut self, request: Request<()>) -> Response<RecvStream> {
        let (response, _) = self.requests.send_request(request, true).unwrap();
        timeout(PATIENCE, response).await.unwrap().unwrap()
    }

    /// How the connection ended.
    async fn end(self) -> Result<(), h2::Error> {
        timeout(PATIENCE, self.connection).await.unwrap().unwrap()
    }
}

fn request(
    server: &Server,
    method: &str,
    path: &str,
    fields: &[(&'static str, String)],
) -> Request<()> {
    let url = format!("https://{}{path}", server.address);
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in fields {
        request = request.header(*name, value);
    }
    request.body(()).unwrap()
}

fn signed(key: &Key, server: &Server, method: &str, path: &str) -> Request<()> {
    request(server, method, path, &key.signature(server, method, path))
}

async fn body(mut stream: RecvStream) -> Result<usize, h2::Error> {
    let mut length = 0;
    while let Some(data) = stream.data().await {
        length += data.as_ref().map_or(0, Bytes::len);
        stream.flow_control().release_capacity(data?.len())?;
    }
    Ok(length)
}

#[tokio::test]
async fn streams_and_heads_are_limited() {
    let (place, certificate) = (Place::new(), Certificate::new());
    let server = certificate.serve(&place, &[]);
    let mut client = Client::connect(&certificate, &server).await;
    assert_eq!(client.get(&server, "/_grantry/health/live").await.status(), 200);
    assert_eq!(client.requests.current_max_send_streams(), 64);
    for (bytes, status) in [(10_000, 403), (40_000, 400), (70_000, 431)] {
        let fields = [("x-long", "v".repeat(bytes))];
        let response = client.send(request(&server, "GET", "/", &fields)).await;
        assert_eq!(response.status(), status, "{bytes}");
    }
    // The connection is of use all the same.
    assert_eq!(client.get(&server, "/_grantry/health/live").await.status(), 200);
    // A head that goes on and on is not read to its end.
    let fields = [("x-long", "v".repeat(1_000_000))];
    let endless = request(&server, "GET", "/", &fields);
    let (response, _) = client.requests.send_request(endless, true).unwrap();
    assert!(timeout(PATIENCE, response).await.unwrap().is_err());
    assert!(client.end().await.is_err());
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let (place, certificate) = (Place::new(), Certificate::new());
    let server = certificate.serve(&place, &["--header-timeout-seconds", "1"]);
    let mut client = Client::connect(&certificate, &server).await;
    assert_eq!(client.get(&server, "/_grantry/health/live").await.status(), 200);
    let began = Instant::now();
    // With or without a last word from the side that has nothing to say.
    let _ = client.end().await;
    assert!(began.elapsed() >= Duration::from_millis(900), "{:?}", began.elapsed());
}

/// HTTP/2's form of the slow head: nothing may interrupt it, and it never ends.
#[tokio::test]
async fn a_head_that_never_ends_is_not_waited_for() {
    let (place, certificate) = (Place::new(), Certificate::new());
    let server = certificate.serve(&place, &["--header-timeout-seconds", "1"]);
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    // HEADERS on stream 1 with `:method: GET`, and no END_HEADERS.
    let head = [0, 0, 1, 1, 0, 0, 0, 0, 1, 0x82];
    for bytes in [&b""[..], b"PRI * HTTP/2.0\r\n", &[&settings[..], &head].concat()] {
        let mut stream = connect(&certificate, &server).await;
        if bytes.first() == Some(&0) {
            stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        }
        stream.write_all(bytes).await.unwrap();
        let mut rest = Vec::new();
        // Closed with or without a word of TLS.
        let end = timeout(PATIENCE, stream.read_to_end(&mut rest)).await;
        assert!(end.is_ok(), "the connection stays open after {bytes:?}");
    }
}

/// CVE-2023-44487, rapid reset. The pauses keep h2's own guard, which counts what was not accepted
/// yet, out of the test.
#[tokio::test]
async fn requests_that_are_taken_back_end_the_connection() {
    let (place, certificate) = (Place::new(), Certificate::new());
    let server = certificate.serve(&place, &[]);
    let key = Key::of_first_start(&server);
    let mut client = Client::connect(&certificate, &server).await;
    let created = client.send(signed(&key, &server, "PUT", "/some-bucket")).await;
    assert_eq!(created.status(), 200);
    let mut sent = 0;
    while sent < 1000 && !client.connection.is_finished() {
        let Ok((_, mut stream)) = client.requests.send_request(upload(&key, &server, 10), false)
        else {
            break;
        };
        tokio::time::sleep(Duration::from_millis(10)).await;
        stream.send_reset(Reason::CANCEL);
        sent += 1;
    }
    assert!((100..1000).contains(&sent), "{sent} requests were taken back");
    let _ = client.end().await;
    // Others are served.
    let mut client = Client::connect(&certificate, &server).await;
    assert_eq!(client.get(&server, "/_grantry/health/live").await.status(), 200);
}

#[tokio::test]
async fn an_answer_that_nobody_reads_is_given_up() {
    let (place, certificate) = (Place::new(), Certificate::new());
    let server = certificate.serve(&place, &["--write-timeout-seconds", "1"]);
    let key = Key::of_first_start(&server);
    // Room on the connection, so that it is the answer that stalls.
    let mut builder = Builder::new();
    builder.initial_connection_window_size(4_000_000);
    let mut client = Client::with(&builder, &certificate, &server).await;
    let created = client.send(signed(&key, &server, "PUT", "/some-bucket")).await;
    assert_eq!(created.status(), 200);
    put(&mut client, upload(&key, &server, 2_000_000), 2_000_000).await;

    let unread = client.send(signed(&key, &server, "GET", "/some-bucket/key")).await;
    let mut unread = unread.into_body();
    // The window of this answer stays closed; another one on the connection is read.
    tokio::time::sleep(Duration::from_secs(4)).await;
    let read = client.send(signed(&key, &server, "GET", "/some-bucket/key")).await;
    assert_eq!(body(read.into_body()).await.unwrap(), 2_000_000);
    let error = loop {
        match unread.data().await {
            Some(Ok(_)) => {}
            Some(Err(error)) => break error,
            None => panic!("the whole answer was sent"),
        }
    };
    assert_eq!(error.reason(), Some(Reason::CANCEL), "{error}");
}

/// The head of an upload.
fn upload(key: &Key, server: &Server, length: usize) -> Request<()> {
    let mut fields = key.signature(server, "PUT", "/some-bucket/key");
    fields.push(("content-length", length.to_string()));
    request(server, "PUT", "/some-bucket/key", &fields)
}

/// Sends a body and expects success.
async fn put(client: &mut Client, request: Request<()>, length: usize) {
    let (response, mut stream) = client.requests.send_request(request, false).unwrap();
    send(&mut stream, length).await;
    assert_eq!(timeout(PATIENCE, response).await.unwrap().unwrap().status(), 200);
}

async fn send(stream: &mut h2::SendStream<Bytes>, length: usize) {
    let mut left = length;
    while left > 0 {
        stream.reserve_capacity(left);
        let capacity = poll_fn(|context| stream.poll_capacity(context)).await.unwrap().unwrap();
        let now = capacity.min(left);
        left -= now;
        stream.send_data(vec![7; now].into(), left == 0).unwrap();
    }
}

#[tokio::test]
async fn a_request_in_flight_is_finished_at_the_end() {
    let (place, certificate) = (Place::new(), Certificate::new());
    let mut server = certificate.serve(&place, &[]);
    let key = Key::of_first_start(&server);
    let mut client = Client::connect(&certificate, &server).await;
    let created = client.send(signed(&key, &server, "PUT", "/some-bucket")).await;
    assert_eq!(created.status(), 200);
    let (response, mut stream) =
        client.requests.send_request(upload(&key, &server, 100_000), false).unwrap();
    // Answered, so the server has seen the other request too.
    assert_eq!(client.get(&server, "/_grantry/health/live").await.status(), 200);
    server.signal(Signal::TERM);
    tokio::time::sleep(Duration::from_millis(300)).await;
    send(&mut stream, 100_000).await;
    assert_eq!(timeout(PATIENCE, response).await.unwrap().unwrap().status(), 200);
    let _ = client.end().await;
    assert_eq!(server.wait().code(), Some(0), "{}", server.log());
}

/// Connections of HTTP/2 share the slots of all requests, so that few of them do not take more than
/// many of HTTP/1 may.
#[tokio::test]
async fn requests_of_all_connections_are_limited_together() {
    let (place, certificate) = (Place::new(), Certificate::new());
    let server = certificate.serve(&place, &["--connections-max", "2"]);
    let key = Key::of_first_start(&server);
    let mut client = Client::connect(&certificate, &server).await;
    let created = client.send(signed(&key, &server, "PUT", "/some-bucket")).await;
    assert_eq!(created.status(), 200);
    let mut held = Vec::new();
    for _ in 0..2 {
        held.push(client.requests.send_request(upload(&key, &server, 10), false).unwrap());
    }
    // They run on threads of their own, so the next one must not overtake them.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let live = request(&server, "GET", "/_grantry/health/live", &[]);
    let (response, _) = client.requests.send_request(live, true).unwrap();
    let mut response = std::pin::pin!(response);
    let early = timeout(Duration::from_millis(500), response.as_mut()).await;
    assert!(early.is_err(), "a third request was worked on");
    held.clear();
    let answer = timeout(PATIENCE, response).await.unwrap();
    assert_eq!(answer.unwrap().status(), 200);
}
