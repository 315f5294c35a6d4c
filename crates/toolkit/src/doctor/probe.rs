//! Objects that an examination writes, and how none of them stays.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use crc_fast::{CrcAlgorithm, checksum};
use parking_lot::Mutex;
use tokio::task::JoinSet;

use crate::http::Exchange;
use crate::s3::{Body, Call, S3Client};

/// Size of the picture that is uploaded.
pub const PROBE_BYTES: usize = 1024;

/// Writes probes and remembers each before it is sent, so that whatever interrupts the examination
/// can be cleaned up after. Clones share what they remember.
#[derive(Clone)]
pub struct Probes {
    client: S3Client,
    run: String,
    next: Arc<AtomicU32>,
    written: Arc<Mutex<Vec<Written>>>,
    uploads: Arc<Mutex<Vec<(String, String)>>>,
    image: Bytes,
}

#[derive(Clone)]
struct Written {
    key: String,
    version_id: Option<String>,
}

impl Probes {
    /// Probes of one run; `run` is random, so that no two runs meet.
    pub fn new(client: S3Client, run: &str) -> Self {
        Self {
            client,
            run: run.to_owned(),
            next: Arc::default(),
            written: Arc::default(),
            uploads: Arc::default(),
            image: png(run),
        }
    }

    /// The picture.
    pub fn image(&self) -> Bytes {
        self.image.clone()
    }

    /// A key that nobody has, directly below a directory.
    pub fn key(&self, directory: &str) -> String {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        format!("{directory}.probe-{}-{number}.png", self.run)
    }

    /// Writes the picture with these headers.
    pub async fn put(&self, key: &str, headers: &[(String, String)]) -> Exchange {
        self.put_body(key, headers, Body::Plain(self.image())).await
    }

    /// Writes the body with these headers.
    pub async fn put_body(&self, key: &str, headers: &[(String, String)], body: Body) -> Exchange {
        self.remember(key);
        let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let call = Call::object("PUT", key).headers(headers).body(body);
        let exchange = self.client.send(call).await;
        self.note_version(key, &exchange);
        exchange
    }

    /// Remembers a key that is about to be written.
    pub fn remember(&self, key: &str) {
        self.written.lock().push(Written { key: key.to_owned(), version_id: None });
    }

    /// Remembers the version that an answer names.
    pub fn note_version(&self, key: &str, exchange: &Exchange) {
        let Some(version) = exchange.header("x-amz-version-id") else { return };
        let mut written = self.written.lock();
        let found = written.iter_mut().rev().find(|one| one.key == key);
        if let Some(found) = found {
            found.version_id = Some(version.to_owned());
        }
    }

    /// Remembers a multipart upload.
    pub fn remember_upload(&self, key: &str, upload_id: &str) {
        self.remember(key);
        self.uploads.lock().push((key.to_owned(), upload_id.to_owned()));
    }

    /// Removes everything that was written, each version of it. What stays is returned.
    pub async fn clean_up(&self) -> Vec<String> {
        let uploads = std::mem::take(&mut *self.uploads.lock());
        for (key, upload_id) in uploads {
            self.client.abort_upload(&key, &upload_id).await;
        }
        let mut written = std::mem::take(&mut *self.written.lock());
        written.sort_by(|a, b| (&a.key, &b.version_id).cmp(&(&b.key, &a.version_id)));
        written.dedup_by(|later, earlier| later.key == earlier.key);
        let mut removals = JoinSet::new();
        for one in written {
            let client = self.client.clone();
            removals.spawn(async move {
                let is_gone = remove(&client, &one).await;
                (!is_gone).then_some(one.key)
            });
        }
        let mut leftovers: Vec<String> = removals.join_all().await.into_iter().flatten().collect();
        leftovers.sort_unstable();
        leftovers.dedup();
        leftovers
    }
}

/// Removes all versions where the store tells them. A plain DELETE comes last and only where something
/// is still there: on a versioned bucket it would leave a delete marker.
async fn remove(client: &S3Client, one: &Written) -> bool {
    let (_, page) = client.list_versions(&one.key, None).await;
    let versions = page.map(|page| page.versions).unwrap_or_default();
    for version in versions.iter().filter(|version| version.key == one.key) {
        client.delete_object(&one.key, Some(&version.version_id)).await;
    }
    if client.head_object(&one.key, None).await.status() == Some(404) {
        return true;
    }
    client.delete_object(&one.key, one.version_id.as_deref()).await;
    // A caller who may not list is told 403 for what is gone.
    matches!(client.head_object(&one.key, None).await.status(), Some(403 | 404))
}

/// A picture of one pixel, filled up with a comment to the size of a probe.
pub(crate) fn png(comment: &str) -> Bytes {
    let mut image = b"\x89PNG\r\n\x1a\n".to_vec();
    // 1 × 1, 8 bits, grey.
    chunk(&mut image, *b"IHDR", &[0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
    let mut data = Vec::new();
    // A stored block of two bytes: no filter, black. RFC 1950, RFC 1951 section 3.2.4.
    chunk(&mut data, *b"IDAT", &[0x78, 1, 1, 2, 0, 0xfd, 0xff, 0, 0, 0, 2, 0, 1]);
    chunk(&mut data, *b"IEND", &[]);
    let frame = 12;
    let room = PROBE_BYTES.saturating_sub(image.len() + data.len() + frame);
    let mut text = format!("Comment\0grantry {comment} ").into_bytes();
    text.resize(room, b'.');
    chunk(&mut image, *b"tEXt", &text);
    image.extend(data);
    image.into()
}

fn chunk(image: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    image.extend(u32::try_from(data.len()).unwrap_or(0).to_be_bytes());
    let begin = image.len();
    image.extend(kind);
    image.extend_from_slice(data);
    let covered = image.get(begin..).unwrap_or_default();
    let crc = checksum(CrcAlgorithm::Crc32IsoHdlc, covered);
    image.extend(u32::try_from(crc).unwrap_or(0).to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probes_are_pictures_of_one_size() {
        for comment in ["", "ABCDEF0123456789"] {
            let image = png(comment);
            assert_eq!(image.len(), PROBE_BYTES);
            assert!(image.starts_with(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"));
            // The check sum of an empty IEND is known.
            assert!(image.ends_with(b"IEND\xae\x42\x60\x82"));
        }
    }
}
