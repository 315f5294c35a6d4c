//! When files are read again.

use tempfile::TempDir;

use super::*;

struct Files {
    _directory: TempDir,
    files: TlsFiles,
}

impl Files {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let files = TlsFiles {
            certificate: directory.path().join("certificate.pem"),
            private_key: directory.path().join("key.pem"),
        };
        let made = Self { _directory: directory, files };
        made.renew();
        made
    }

    fn renew(&self) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        fs::write(&self.files.certificate, made.cert.pem()).unwrap();
        fs::write(&self.files.private_key, made.signing_key.serialize_pem()).unwrap();
    }
}

/// Long enough for any change to be seen.
async fn wait() {
    tokio::time::sleep(4 * LOOK_EVERY).await;
}

/// File systems whose clock is coarse must not hide a change from a test.
fn tick() {
    std::thread::sleep(Duration::from_millis(20));
}

#[tokio::test(start_paused = true)]
async fn a_changed_pair_is_used_and_an_unusable_one_is_not() {
    let made = Files::new();
    let mut current = watch(&made.files).unwrap();
    wait().await;
    assert!(!current.has_changed().unwrap(), "nothing changed");
    tick();
    made.renew();
    wait().await;
    assert!(current.has_changed().unwrap());
    current.mark_unchanged();
    tick();
    fs::write(&made.files.certificate, "damaged").unwrap();
    wait().await;
    fs::remove_file(&made.files.private_key).unwrap();
    wait().await;
    assert!(!current.has_changed().unwrap(), "the old pair stays");
    made.renew();
    wait().await;
    assert!(current.has_changed().unwrap());
}

#[tokio::test(start_paused = true)]
async fn half_a_change_is_waited_out() {
    let made = Files::new();
    let current = watch(&made.files).unwrap();
    for _ in 0..5 {
        tick();
        made.renew();
        tokio::time::sleep(LOOK_EVERY).await;
        assert!(!current.has_changed().unwrap(), "used while it still changed");
    }
    wait().await;
    assert!(current.has_changed().unwrap());
}

#[tokio::test]
async fn a_first_pair_that_is_unusable_is_an_error() {
    let made = Files::new();
    let other = Files::new();
    let mixed = TlsFiles { private_key: other.files.private_key.clone(), ..made.files.clone() };
    let message = watch(&mixed).unwrap_err().to_string();
    assert!(message.contains("`tls_private_key`: certificate and private key cannot"), "{message}");
    fs::remove_file(&made.files.private_key).unwrap();
    let message = watch(&made.files).unwrap_err().to_string();
    assert!(message.contains("/key.pem: No such file"), "{message}");
    let length = usize::try_from(TLS_FILE_BYTES_MAX).unwrap() + 1;
    fs::write(&made.files.private_key, vec![b'x'; length]).unwrap();
    let message = watch(&made.files).unwrap_err().to_string();
    assert!(message.contains("is larger than 262144 bytes"), "{message}");
}
