//! Asks for many objects at once, politely.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::http::{Exchange, HttpRequest};
use crate::s3::{S3Client, is_archive};

/// Requests that are under way at once.
const CONCURRENT_REQUESTS: usize = 16;

/// What is known of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It is there.
    Present,
    /// It is not.
    Missing,
    /// Its newest version is a delete marker: it can be brought back.
    Deleted,
    /// It is not there, or not for this caller: 403, where the caller may not list.
    Refused,
    /// It is there, in a storage class that cannot be read.
    Archived(String),
    /// Nothing can be said.
    Unclear(String),
}

/// What the answer to a HEAD says. AWS: API reference, HeadObject.
pub fn presence(exchange: &Exchange) -> Presence {
    match exchange.status() {
        Some(200 | 206) => match exchange.header("x-amz-storage-class") {
            Some(class) if is_archive(class) => Presence::Archived(class.to_owned()),
            _ => Presence::Present,
        },
        Some(404) if exchange.header("x-amz-delete-marker") == Some("true") => Presence::Deleted,
        Some(404) if exchange.code() == Some("NoSuchBucket") => {
            Presence::Unclear(exchange.result())
        }
        Some(404) => Presence::Missing,
        Some(403) => Presence::Refused,
        _ => Presence::Unclear(exchange.result()),
    }
}

/// Asks for each key; answers in the order of the keys.
pub async fn heads(client: &S3Client, keys: Vec<String>) -> Vec<Presence> {
    let client = client.clone();
    let all = keys.into_iter().map(|key| {
        let client = client.clone();
        async move { presence(&client.head_object(&key, None).await) }
    });
    at_once(all, Presence::Unclear("the request was dropped".to_owned())).await
}

/// Sends each request as the public does; answers in their order.
pub async fn public_reads(client: &S3Client, urls: Vec<String>) -> Vec<Result<(), String>> {
    let transport = client.transport().clone();
    let all = urls.into_iter().map(|url| {
        let transport = transport.clone();
        async move {
            let request = HttpRequest::new("GET", url).header("range", "bytes=0-15");
            picture(&transport.send(&request).await)
        }
    });
    at_once(all, Err("the request was dropped".to_owned())).await
}

/// Whether an answer is the beginning of a picture.
fn picture(exchange: &Exchange) -> Result<(), String> {
    if !matches!(exchange.status(), Some(200 | 206)) {
        return Err(exchange.result());
    }
    let kind = exchange.header("content-type").unwrap_or("nothing");
    if !kind.starts_with("image/") {
        return Err(format!("answers {kind} instead of a picture"));
    }
    let starts = [&b"\x89PNG"[..], b"\xff\xd8\xff", b"GIF8", b"RIFF", b"\0\0\0", b"<svg", b"<?xml"];
    if !starts.iter().any(|start| exchange.body().starts_with(start)) {
        return Err(format!("answers {kind}, but its bytes are no picture"));
    }
    Ok(())
}

/// Runs them, some at a time; answers in their order. One that ends without an answer is `dropped`.
pub(crate) async fn at_once<T, F>(all: impl Iterator<Item = F>, dropped: T) -> Vec<T>
where
    T: Clone + Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(CONCURRENT_REQUESTS));
    let mut tasks = JoinSet::new();
    for (index, future) in all.enumerate() {
        let places = Arc::clone(&places);
        tasks.spawn(async move {
            let _place = places.acquire_owned().await;
            (index, future.await)
        });
    }
    let mut answers = vec![dropped; tasks.len()];
    while let Some(done) = tasks.join_next().await {
        let Ok((index, answer)) = done else { continue };
        if let Some(slot) = answers.get_mut(index) {
            *slot = answer;
        }
    }
    answers
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::http::{Answer, Timing};

    fn exchange(status: u16, headers: &[(&str, &str)], body: &'static [u8]) -> Exchange {
        let headers = headers.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        Exchange {
            method: "HEAD".into(),
            url: "u".into(),
            request_headers: Vec::new(),
            request_bytes: 0,
            outcome: Ok(Answer::new(status, headers, Bytes::from_static(body), "HTTP/1.1")),
            timing: Timing::default(),
        }
    }

    #[test]
    fn only_a_404_is_missing() {
        let check = |status, headers: &[_], expected| {
            assert_eq!(presence(&exchange(status, headers, b"")), expected, "{status}");
        };
        check(200, &[], Presence::Present);
        check(200, &[("x-amz-storage-class", "STANDARD_IA")], Presence::Present);
        let archived = Presence::Archived("GLACIER".into());
        check(200, &[("x-amz-storage-class", "GLACIER")], archived);
        check(404, &[], Presence::Missing);
        check(404, &[("x-amz-delete-marker", "true")], Presence::Deleted);
        check(403, &[], Presence::Refused);
        for status in [301, 400, 429, 500, 503] {
            check(status, &[], Presence::Unclear(status.to_string()));
        }
        let no_bucket = b"<Error><Code>NoSuchBucket</Code></Error>";
        let found = presence(&exchange(404, &[], no_bucket));
        assert!(matches!(found, Presence::Unclear(_)));
    }

    #[test]
    fn pictures_are_known_by_type_and_bytes() {
        let png = ("content-type", "image/png");
        assert_eq!(picture(&exchange(206, &[png], b"\x89PNG\r\n")), Ok(()));
        assert!(picture(&exchange(200, &[png], b"<html>")).is_err());
        assert!(picture(&exchange(200, &[("content-type", "text/html")], b"\x89PNG")).is_err());
        assert!(picture(&exchange(403, &[png], b"\x89PNG")).is_err());
        assert!(picture(&exchange(200, &[png], b"")).is_err());
    }
}
