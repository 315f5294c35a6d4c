//! What is not S3: health, metrics and the console, below a path that no bucket can have.
//!
//! None asks who calls: orchestrators, Prometheus and a browser that shows the sign-in page have no
//! keys. None names a bucket, a key, or anybody.

use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode};
use ops::{Store, status};

use crate::body::ResponseBody;
use crate::console;
use crate::metrics::Metrics;

/// What the paths begin with. `_` cannot stand in a bucket name.
pub const PREFIX: &str = "/_grantry/";

const TEXT: &str = "text/plain; charset=utf-8";
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Whether the path is one of these, whatever S3 would make of it.
pub fn is_reserved(path: &str) -> bool {
    path.starts_with(PREFIX)
}

/// The answer to a request whose path [`is_reserved`].
pub async fn answer(
    parts: &Parts,
    store: &Store,
    metrics: &Metrics,
    has_console: bool,
) -> Response<ResponseBody> {
    let method = &parts.method;
    let name = parts.uri.path().strip_prefix(PREFIX).unwrap_or_default();
    if has_console && console::is_path(name) {
        return console::answer(parts, name);
    }
    let (status, content_type, text) = match name {
        "health/live" | "health/ready" | "metrics"
            if !matches!(*method, Method::GET | Method::HEAD) =>
        {
            (StatusCode::METHOD_NOT_ALLOWED, TEXT, "only GET and HEAD\n".to_owned())
        }
        "health/live" => (StatusCode::OK, TEXT, "ok\n".to_owned()),
        "health/ready" => ready(store).await,
        "metrics" => exposition(store, metrics).await,
        _ => (StatusCode::NOT_FOUND, TEXT, "there is nothing here\n".to_owned()),
    };
    let text = if *method == Method::HEAD { String::new() } else { text };
    response(status, content_type, text)
}

async fn exposition(store: &Store, metrics: &Metrics) -> (StatusCode, &'static str, String) {
    metrics.refresh_stored(store).await;
    metrics.refresh_logs(store);
    metrics.refresh_events(store);
    metrics.refresh_lifecycle(store);
    match metrics.text() {
        Ok(text) => (StatusCode::OK, OPEN_METRICS, text),
        Err(error) => {
            tracing::error!(%error, "cannot write the metrics");
            (StatusCode::INTERNAL_SERVER_ERROR, TEXT, "cannot write the metrics\n".to_owned())
        }
    }
}

/// Ready is who can read the metadata. Why not is told in words of this program; the cause, which
/// may hold paths, goes to the log.
async fn ready(store: &Store) -> (StatusCode, &'static str, String) {
    match status::check(store).await {
        Ok(()) => (StatusCode::OK, TEXT, "ok\n".to_owned()),
        Err(error) => {
            tracing::error!(%error, cause = error.cause(), "not ready");
            let reason = format!("not ready: the metadata cannot be read: {}\n", error.message());
            (StatusCode::SERVICE_UNAVAILABLE, TEXT, reason)
        }
    }
}

fn response(
    status: StatusCode,
    content_type: &'static str,
    text: String,
) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    }
    response
}
