//! Tests of the master key and its file.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;

const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";

fn master_key(fill: u8) -> MasterKey {
    MasterKey::from_bytes(Zeroizing::new([fill; KEY_BYTES]))
}

fn secret() -> SecretAccessKey {
    SecretAccessKey::parse("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY").unwrap()
}

#[test]
fn a_sealed_secret_opens_for_its_access_key_only() {
    let sealed = master_key(7).seal(&secret(), KEY_ID).unwrap();
    assert_eq!(master_key(7).open(&sealed, KEY_ID), Ok(secret()));
    assert_eq!(master_key(7).open(&sealed, "AKIAOTHER"), Err(OpenError::Changed));
    assert_eq!(master_key(8).open(&sealed, KEY_ID), Err(OpenError::OtherKey));
}

#[test]
fn every_changed_or_missing_byte_is_noticed() {
    let sealed = master_key(7).seal(&secret(), KEY_ID).unwrap();
    for at in 0..sealed.len() {
        for bit in 0..8 {
            let mut changed = sealed.clone();
            changed[at] ^= 1 << bit;
            assert!(master_key(7).open(&changed, KEY_ID).is_err(), "byte {at} bit {bit}");
        }
        assert!(master_key(7).open(&sealed[..at], KEY_ID).is_err(), "{at} bytes");
    }
}

#[test]
fn sealing_twice_gives_different_bytes() {
    let key = master_key(7);
    assert_ne!(key.seal(&secret(), KEY_ID).unwrap(), key.seal(&secret(), KEY_ID).unwrap());
}

#[test]
fn rustfs_ghsa_8cm2_debug_shows_no_key() {
    let text = format!("{:?}", master_key(7));
    assert!(text.contains("redacted") && !text.contains("0707"), "{text}");
}

#[test]
fn a_new_file_is_private_and_read_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("master.key");
    assert!(matches!(MasterKey::load(&path), Err(MasterKeyError::Io { .. })));
    let created = MasterKey::load_or_create(&path).unwrap();
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    assert_eq!(fs::read(&path).unwrap().len(), file_bytes());
    assert_eq!(*MasterKey::load_or_create(&path).unwrap().key, *created.key);
    assert_eq!(*MasterKey::load(&path).unwrap().key, *created.key);
    let names: Vec<_> =
        fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["master.key"]);
    assert_ne!(*created.key, [0; KEY_BYTES]);
}

fn file_bytes() -> usize {
    2 * KEY_BYTES + 1
}

#[test]
fn a_file_that_others_may_read_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("master.key");
    MasterKey::load_or_create(&path).unwrap();
    for mode in [0o640, 0o604, 0o620, 0o601] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let error = MasterKey::load_or_create(&path).unwrap_err();
        assert!(matches!(error, MasterKeyError::Permissions { mode: m, .. } if m == mode));
        assert!(error.to_string().contains(&format!("mode {mode:04o}")), "{error}");
    }
}

/// An unreadable state is an error, never "absent" (RustFS GHSA-j548 and its kin).
#[test]
fn a_file_that_holds_no_key_is_refused_and_kept() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("master.key");
    let digits = "0a".repeat(KEY_BYTES);
    let odd = format!("{}0", "0a".repeat(KEY_BYTES - 1));
    for bad in ["", "\n", "0a", &odd, &format!("{digits}\n\n"), &format!("{digits}0a")] {
        fs::write(&path, bad).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let error = MasterKey::load_or_create(&path).unwrap_err();
        assert!(matches!(error, MasterKeyError::Content { .. }), "{bad:?}");
        assert_eq!(fs::read(&path).unwrap(), bad.as_bytes());
    }
    fs::write(&path, &digits).unwrap();
    assert_eq!(*MasterKey::load(&path).unwrap().key, [0x0a; KEY_BYTES]);
    assert!(MasterKey::load(directory.path()).is_err());
}

#[test]
fn two_who_create_at_once_get_the_same_key() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("master.key");
    let create = || *MasterKey::load_or_create(&path).unwrap().key;
    let keys: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(create)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(keys.iter().all(|key| *key == keys[0]));
}
