//! Lets Prometheus fetch the metrics, by HTTP, from an address that the operator names.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use model::limits::WATCH_METRICS_CONNECTIONS_MAX;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::run::Published;

/// Time for one connection.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Pause after a failed accept, so that it does not fail as fast as it can.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(250);

/// Answers until it is dropped.
pub async fn serve(listener: TcpListener, published: Published) {
    let mut connections = JoinSet::new();
    loop {
        while connections.len() >= WATCH_METRICS_CONNECTIONS_MAX {
            connections.join_next().await;
        }
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(ACCEPT_BACKOFF).await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        let published = published.clone();
        connections.spawn(async move {
            let service = service_fn(move |request| {
                let answer = answer(&request, &published);
                async { Ok::<_, Infallible>(answer) }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(TIMEOUT)
                .serve_connection(TokioIo::new(stream), service);
            // Whoever asks notices that the connection ended.
            _ = timeout(TIMEOUT, connection).await;
        });
    }
}

fn answer(request: &Request<Incoming>, published: &Published) -> Response<Full<Bytes>> {
    let (status, text) = match (request.method(), request.uri().path()) {
        (&Method::GET, "/metrics") => (StatusCode::OK, published.text()),
        (_, "/metrics") => (StatusCode::METHOD_NOT_ALLOWED, String::new()),
        _ => (StatusCode::NOT_FOUND, "metrics are at /metrics\n".to_owned()),
    };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let kind = http::HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(http::header::CONTENT_TYPE, kind);
    response
}
