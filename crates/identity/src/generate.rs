//! New names and secrets, all from the operating system's random numbers.

use std::cell::RefCell;

use model::{AccountId, CanonicalUserId, S3Error, VersionId};
use zeroize::Zeroizing;

use crate::secret::SecretAccessKey;

const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// What version and upload ids consist of; safe in URLs as they are.
const URL_SAFE: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._";
const UPPER_ALPHANUMERIC: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// What the access key ids of temporary credentials begin with.
const TEMPORARY_PREFIX: &str = "ASIA";
/// Length of an upload id; as short as ids can be that cannot be guessed, with room to spare.
const UPLOAD_ID_LENGTH: usize = 64;
/// Length of a request id, as on AWS.
const REQUEST_ID_LENGTH: usize = 16;
/// Random bytes that each thread holds for request ids: a system call every 200 requests or so.
const REQUEST_ID_BUFFER_BYTES: usize = 4096;

/// An access key id: `AKIA` and 16 characters. AWS: IAM user guide, "Unique identifiers".
pub fn access_key_id() -> Result<String, S3Error> {
    Ok(format!("AKIA{}", *characters(BASE32, 16)?))
}

/// The access key id of temporary credentials: `ASIA` and 16 characters. AWS: IAM user guide,
/// "Unique identifiers".
pub fn temporary_access_key_id() -> Result<String, S3Error> {
    Ok(format!("{TEMPORARY_PREFIX}{}", *characters(BASE32, 16)?))
}

/// Whether an access key id has the form of temporary credentials, which need a session token.
pub fn is_temporary_access_key_id(access_key_id: &str) -> bool {
    access_key_id.starts_with(TEMPORARY_PREFIX)
}

/// A unique id of IAM: a prefix of four letters, such as `AIDA`, and 17 characters. AWS: IAM user
/// guide, "Unique identifiers".
pub fn unique_id(prefix: &str) -> Result<String, S3Error> {
    Ok(format!("{prefix}{}", *characters(BASE32, 17)?))
}

/// A secret access key: 40 characters, 240 random bits.
pub fn secret_access_key() -> Result<SecretAccessKey, S3Error> {
    Ok(SecretAccessKey::from_checked(characters(BASE64, 40)?))
}

/// An account id: twelve digits, the first not 0 because spreadsheets and shells drop it (ID-1).
pub fn account_id() -> Result<AccountId, S3Error> {
    const FIRST: u64 = 100_000_000_000;
    const COUNT: u64 = AccountId::MAX - FIRST + 1;
    // The part of the numbers of 64 bits that divides evenly.
    const USABLE: u64 = u64::MAX - u64::MAX % COUNT;
    loop {
        let mut bytes = [0; 8];
        fill(&mut bytes)?;
        let number = u64::from_ne_bytes(bytes);
        if number < USABLE
            && let Some(id) = AccountId::from_number(FIRST + number % COUNT)
        {
            return Ok(id);
        }
    }
}

/// A canonical user id: 64 lower-case hexadecimal digits (ID-1).
pub fn canonical_user_id() -> Result<CanonicalUserId, S3Error> {
    let mut bytes = [0; 32];
    fill(&mut bytes)?;
    CanonicalUserId::parse(&hex::encode(bytes))
        .ok_or_else(|| S3Error::internal("a generated canonical user id is invalid"))
}

/// An upload id.
pub fn upload_id() -> Result<String, S3Error> {
    Ok(characters(URL_SAFE, UPLOAD_ID_LENGTH)?.to_string())
}

/// A version id; never `null`, which is shorter.
pub fn version_id() -> Result<VersionId, S3Error> {
    Ok(VersionId::Id(characters(URL_SAFE, VersionId::LENGTH)?.as_str().into()))
}

/// A request id: 16 upper-case letters and digits. Cheap, because every request needs one.
pub fn request_id() -> Result<String, S3Error> {
    thread_local! {
        static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }
    BUFFER.with_borrow_mut(|buffer| {
        let mut id = String::with_capacity(REQUEST_ID_LENGTH);
        while id.len() < REQUEST_ID_LENGTH {
            let Some(byte) = buffer.pop() else {
                let mut fresh = vec![0; REQUEST_ID_BUFFER_BYTES];
                fill(&mut fresh)?;
                *buffer = fresh;
                continue;
            };
            id.extend(pick(UPPER_ALPHANUMERIC, byte));
        }
        Ok(id)
    })
}

/// So many characters of the alphabet, each as likely as any other.
fn characters(alphabet: &[u8], count: usize) -> Result<Zeroizing<String>, S3Error> {
    let mut text = Zeroizing::new(String::with_capacity(count));
    let mut random = Zeroizing::new([0; 64]);
    while text.len() < count {
        fill(random.as_mut_slice())?;
        let missing = count - text.len();
        text.extend(random.iter().filter_map(|byte| pick(alphabet, *byte)).take(missing));
    }
    Ok(text)
}

/// The character that a random byte stands for; none for bytes beyond the last whole multiple of
/// the alphabet's length, which would favour its first characters.
fn pick(alphabet: &[u8], random: u8) -> Option<char> {
    let random = usize::from(random);
    let usable = 256 - 256 % alphabet.len();
    let index = (random < usable).then(|| random % alphabet.len())?;
    alphabet.get(index).copied().map(char::from)
}

fn fill(bytes: &mut [u8]) -> Result<(), S3Error> {
    getrandom::fill(bytes).map_err(|error| S3Error::internal(format!("no random numbers: {error}")))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn shapes() {
        for _ in 0..100 {
            let key = access_key_id().unwrap();
            assert!(key.starts_with("AKIA") && key.len() == 20);
            assert!(key.bytes().all(|byte| BASE32.contains(&byte)));

            let secret = secret_access_key().unwrap();
            assert_eq!(secret.expose().len(), 40);
            assert_eq!(SecretAccessKey::parse(secret.expose()), Some(secret.clone()));

            let account = account_id().unwrap().to_string();
            assert!(account.len() == 12 && !account.starts_with('0'));
            assert_eq!(canonical_user_id().unwrap().as_str().len(), 64);

            let version = version_id().unwrap();
            assert_eq!(VersionId::parse(version.as_str()), Some(version));

            let upload = upload_id().unwrap();
            assert!(upload.len() == 64 && upload.bytes().all(|byte| URL_SAFE.contains(&byte)));

            let request = request_id().unwrap();
            assert_eq!(request.len(), 16);
            assert!(request.bytes().all(|byte| UPPER_ALPHANUMERIC.contains(&byte)));
        }
    }

    /// RustFS GHSA-r5qv and its kin: secrets that are the same everywhere.
    #[test]
    fn rustfs_ghsa_r5qv_nothing_comes_twice() {
        let mut seen = HashSet::new();
        for _ in 0..2000 {
            assert!(seen.insert(request_id().unwrap()));
            assert!(seen.insert(access_key_id().unwrap()));
            assert!(seen.insert(secret_access_key().unwrap().expose().to_owned()));
        }
    }

    #[test]
    fn each_character_is_as_likely() {
        for alphabet in [BASE32, BASE64, URL_SAFE, UPPER_ALPHANUMERIC] {
            let mut counts = vec![0; 128];
            for random in 0..=255 {
                if let Some(character) = pick(alphabet, random) {
                    counts[character as usize] += 1;
                }
            }
            let expected = 256 / alphabet.len();
            assert!(alphabet.iter().all(|byte| counts[usize::from(*byte)] == expected));
        }
    }
}
