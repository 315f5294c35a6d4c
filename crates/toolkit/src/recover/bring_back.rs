//! Brings objects back as they were: from behind delete markers, from another bucket, from a directory.

use std::path::{Component, Path, PathBuf};

use bytes::Bytes;
use model::limits::RECOVER_OBJECT_BYTES_MAX;

use super::look::markers;
use super::memory::{Finding, LostKey};
use crate::application::{Application, UploadAcl};
use crate::profiles::mastodon::keys::Attachment;
use crate::s3::{Call, S3Client};
use crate::watch::checks::sampling::{Presence, presence};

/// Where copies of lost objects may be.
#[derive(Clone)]
pub enum Origin {
    /// Another bucket, with what stands there in front of every key.
    Bucket {
        /// Its client.
        client: Box<S3Client>,
        /// What stands in front.
        prefix: String,
    },
    /// A directory with a file for each key.
    Directory(PathBuf),
}

impl Origin {
    /// A copy; none if there is none.
    async fn fetch(&self, key: &str) -> Result<Option<Bytes>, String> {
        match self {
            Self::Bucket { client, prefix } => {
                let call = Call {
                    take_bytes: Some(RECOVER_OBJECT_BYTES_MAX),
                    ..Call::object("GET", &format!("{prefix}{key}"))
                };
                let exchange = client.send(call).await;
                match &exchange.outcome {
                    Ok(answer) if answer.status == 200 && answer.is_truncated => {
                        Err(format!("{key}: larger than {RECOVER_OBJECT_BYTES_MAX} bytes"))
                    }
                    Ok(answer) if answer.status == 200 => Ok(Some(answer.body.clone())),
                    Ok(answer)
                        if answer.status == 404
                            && answer.code.as_deref() != Some("NoSuchBucket") =>
                    {
                        Ok(None)
                    }
                    _ => Err(exchange.to_string()),
                }
            }
            Self::Directory(directory) => {
                let Some(path) = beneath(directory, key) else { return Ok(None) };
                let key = key.to_owned();
                let read = tokio::task::spawn_blocking(move || read_file(&path));
                let read = read.await.unwrap_or_else(|error| Err(std::io::Error::other(error)));
                read.map_err(|error| format!("{key}: {error}"))
            }
        }
    }
}

/// The file of a key. A key that leads elsewhere has none: what is found is published.
fn beneath(directory: &Path, key: &str) -> Option<PathBuf> {
    let relative = Path::new(key);
    let is_plain = |part: Component<'_>| matches!(part, Component::Normal(_));
    (!key.is_empty() && relative.components().all(is_plain)).then(|| directory.join(relative))
}

fn read_file(path: &Path) -> std::io::Result<Option<Bytes>> {
    let metadata = match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    if !metadata.is_file() {
        return Ok(None);
    }
    if metadata.len() > u64::try_from(RECOVER_OBJECT_BYTES_MAX).unwrap_or(u64::MAX) {
        return Err(std::io::Error::other("it is too large"));
    }
    std::fs::read(path).map(|bytes| Some(bytes.into()))
}

/// What became of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its delete markers were removed.
    Undeleted(Vec<String>),
    /// It was copied from elsewhere.
    Restored,
    /// There is nothing to bring back.
    Nothing,
    /// It could not be brought back.
    Failed(String),
}

/// Brings objects of one application back.
#[derive(Clone)]
pub struct BringBack {
    /// The bucket.
    pub client: S3Client,
    /// Whether the bucket keeps versions.
    pub has_versions: bool,
    /// Where else copies may be.
    pub origin: Option<Origin>,
}

impl BringBack {
    /// Tries one key: first from behind markers, then from elsewhere.
    pub async fn key(&self, lost: &LostKey, headers: &[(String, String)]) -> Outcome {
        if self.has_versions {
            match self.undelete(&lost.key).await {
                Ok(None) => {}
                Ok(Some(markers)) => return Outcome::Undeleted(markers),
                Err(why) => return Outcome::Failed(why),
            }
        }
        let Some(origin) = &self.origin else { return Outcome::Nothing };
        match origin.fetch(&lost.key).await {
            Ok(None) => Outcome::Nothing,
            // An empty copy is none: media are not empty.
            Ok(Some(bytes)) if bytes.is_empty() => Outcome::Nothing,
            Ok(Some(bytes)) => self.put(&lost.key, bytes, headers).await,
            Err(why) => Outcome::Failed(why),
        }
    }

    async fn undelete(&self, key: &str) -> Result<Option<Vec<String>>, String> {
        let Some(markers) = markers(&self.client, key).await? else { return Ok(None) };
        for marker in &markers {
            let removed = self.client.delete_object(key, Some(marker)).await;
            if !removed.is_success() {
                return Err(removed.to_string());
            }
        }
        let head = self.client.head_object(key, None).await;
        match presence(&head) {
            Presence::Present | Presence::Archived(_) => Ok(Some(markers)),
            _ => Err(head.to_string()),
        }
    }

    /// Never over something that is there by now.
    async fn put(&self, key: &str, bytes: Bytes, headers: &[(String, String)]) -> Outcome {
        let head = self.client.head_object(key, None).await;
        if presence(&head) == Presence::Present {
            return Outcome::Restored;
        }
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let put = self.client.put_object(key, bytes, &headers).await;
        if put.is_success() { Outcome::Restored } else { Outcome::Failed(put.to_string()) }
    }
}

/// The headers with which the application itself would upload a file.
pub fn headers(
    application: &Application,
    finding: &Finding,
    lost: &LostKey,
) -> Vec<(String, String)> {
    let is_private = matches!(finding.attachment, Attachment::Backup | Attachment::Import);
    let kind = match (is_private, application.upload_acls.as_slice()) {
        (true, [.., last]) => last.clone(),
        (false, [first, ..]) => first.clone(),
        (_, []) => UploadAcl::new(None, "media"),
    };
    let mut headers = application.headers_of(&kind);
    let stored = finding.row.content_type.as_deref().filter(|_| lost.style == "original");
    let content_type = stored.unwrap_or_else(|| content_type(&lost.key));
    headers.push(("content-type".to_owned(), content_type.to_owned()));
    headers
}

/// The type of a file by its name.
fn content_type(key: &str) -> &'static str {
    let extension = key.rsplit_once('.').map_or("", |(_, extension)| extension);
    match extension.to_ascii_lowercase().as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "heic" => "image/heic",
        "mp4" => "video/mp4",
        "webm" => "video/webm",
        "mp3" => "audio/mpeg",
        "ogg" | "oga" => "audio/ogg",
        "zip" => "application/zip",
        "gz" => "application/gzip",
        "csv" => "text/csv",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn keys_lead_nowhere_else() {
        let directory = Path::new("/copies");
        assert_eq!(beneath(directory, "a/b.png"), Some("/copies/a/b.png".into()));
        for key in ["", "/etc/passwd", "../x", "a/../../x", "a/..", "./../x"] {
            assert_eq!(beneath(directory, key), None, "{key}");
        }
    }

    #[test]
    fn only_files_are_read() {
        let place = TempDir::new().unwrap();
        let file = place.path().join("f");
        std::fs::write(&file, b"x").unwrap();
        std::os::unix::fs::symlink(&file, place.path().join("link")).unwrap();
        assert_eq!(read_file(&file).unwrap(), Some(Bytes::from_static(b"x")));
        assert_eq!(read_file(&place.path().join("link")).unwrap(), None);
        assert_eq!(read_file(place.path()).unwrap(), None);
        assert_eq!(read_file(&place.path().join("no")).unwrap(), None);
    }

    #[test]
    fn types_by_name() {
        assert_eq!(content_type("a/small/v.PNG"), "image/png");
        assert_eq!(content_type("a/b"), "application/octet-stream");
    }
}
