//! The certificate of the server: read from files, and read again when they change.

#[cfg(test)]
mod tests;

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use model::limits::TLS_FILE_BYTES_MAX;
use s3_api::tls::{TlsConfig, TlsError};
use tokio::sync::watch;

use crate::failure::Failure;
use crate::settings::TlsFiles;

/// How often the files are looked at. A change counts when it is seen twice alike, so it is used
/// within three times this.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Why the files cannot be used.
#[derive(Debug)]
enum LoadError {
    File(PathBuf, io::Error),
    Content(TlsError),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Content(error) => error.fmt(f),
        }
    }
}

/// What tells one state of a file from another; none for a file that cannot be looked at.
type FileStamp = Option<(SystemTime, u64, u64, u64)>;
/// The same of certificate and key.
type Stamp = [FileStamp; 2];

/// Reads the files and watches them from now on. Must be called inside a runtime. Who holds the
/// receiver sees the newest pair that was usable.
pub(super) fn watch(files: &TlsFiles) -> Result<watch::Receiver<TlsConfig>, Failure> {
    let loaded = stamp(files);
    let config = load(files).map_err(|error| {
        Failure::new("cannot use `tls_certificate` with `tls_private_key`", error)
    })?;
    warn_about_readers(&files.private_key);
    let (sender, receiver) = watch::channel(config);
    tokio::spawn(follow(files.clone(), loaded, sender));
    Ok(receiver)
}

/// Loads the files whenever they have changed and come to rest, as long as somebody wants them.
async fn follow(files: TlsFiles, mut loaded: Stamp, sender: watch::Sender<TlsConfig>) {
    let mut last_seen = loaded;
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = sender.closed() => return,
        }
        let seen = look(&files).await;
        // Between two writes, of the certificate and of the key, they do not belong together.
        let is_at_rest = seen == last_seen;
        last_seen = seen;
        if seen == loaded || !is_at_rest {
            continue;
        }
        loaded = seen;
        reload(&files, &sender).await;
    }
}

async fn look(files: &TlsFiles) -> Stamp {
    let files = files.clone();
    tokio::task::spawn_blocking(move || stamp(&files)).await.unwrap_or_default()
}

async fn reload(files: &TlsFiles, sender: &watch::Sender<TlsConfig>) {
    let path = files.certificate.display();
    let read = files.clone();
    match tokio::task::spawn_blocking(move || load(&read)).await {
        Ok(Ok(config)) => {
            sender.send_replace(config);
            tracing::info!(%path, "new connections get the new certificate");
        }
        Ok(Err(error)) => {
            tracing::error!(%path, %error, "cannot use the new certificate; the old one stays");
        }
        Err(error) => {
            tracing::error!(%path, %error, "reading the new certificate failed; the old one stays");
        }
    }
}

fn stamp(files: &TlsFiles) -> Stamp {
    let of = |path: &Path| {
        let found = fs::metadata(path).ok()?;
        Some((found.modified().ok()?, found.len(), found.ino(), found.dev()))
    };
    [of(&files.certificate), of(&files.private_key)]
}

fn load(files: &TlsFiles) -> Result<TlsConfig, LoadError> {
    let certificate = read(&files.certificate)?;
    let private_key = read(&files.private_key)?;
    TlsConfig::from_pem(&certificate, &private_key).map_err(LoadError::Content)
}

fn read(path: &Path) -> Result<Vec<u8>, LoadError> {
    let failed = |error| LoadError::File(path.to_owned(), error);
    let mut content = Vec::new();
    let mut file = File::open(path).map_err(failed)?.take(TLS_FILE_BYTES_MAX + 1);
    file.read_to_end(&mut content).map_err(failed)?;
    if u64::try_from(content.len()).unwrap_or(u64::MAX) > TLS_FILE_BYTES_MAX {
        let message = format!("is larger than {TLS_FILE_BYTES_MAX} bytes");
        return Err(failed(io::Error::new(io::ErrorKind::FileTooLarge, message)));
    }
    Ok(content)
}

/// Groups that read keys are common; everybody is not.
fn warn_about_readers(private_key: &Path) {
    let mode = fs::metadata(private_key).map_or(0, |found| found.mode() & 0o777);
    if mode & 0o004 != 0 {
        let path = private_key.display();
        tracing::warn!(%path, "everybody may read the private key: its mode is {mode:04o}");
    }
}
