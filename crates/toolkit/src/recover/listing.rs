//! Looking for many objects at once: a listing tells of a thousand in one request.

use sha2::{Digest as _, Sha256};

use model::limits::RECOVER_LISTED_KEYS_MAX;

use super::progress::Progress;
use super::{RecoverError, Recovery};
use crate::profiles::mastodon::keys::Attachment;
use crate::s3::is_archive;

/// From so many rows on a listing is cheaper than a HEAD for each.
const ROWS_WORTH_A_LISTING: u64 = 20_000;
/// Keys of one page.
const PAGE_KEYS: u16 = 1000;

/// How objects are looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    /// Whatever is cheaper.
    #[default]
    Auto,
    /// One HEAD for each key.
    Head,
    /// A listing of each prefix.
    List,
}

impl Method {
    /// Whether so many rows are looked for in a listing.
    pub fn lists(self, rows: u64) -> bool {
        match self {
            Self::Auto => rows >= ROWS_WORTH_A_LISTING,
            Self::Head => false,
            Self::List => true,
        }
    }
}

/// The keys of a listing: eight bytes of a digest of each. Two keys with the same eight bytes would let a
/// missing object pass for one that is there, never the other way round.
#[derive(Debug, Default)]
pub struct KeySet(Vec<u64>);

impl KeySet {
    fn push(&mut self, key: &str) {
        self.0.push(digest(key));
    }

    fn finished(mut self) -> Self {
        self.0.sort_unstable();
        self.0.dedup();
        self
    }

    /// Whether the key was listed.
    pub fn has(&self, key: &str) -> bool {
        self.0.binary_search(&digest(key)).is_ok()
    }
}

fn digest(key: &str) -> u64 {
    let digest = Sha256::digest(key.as_bytes());
    digest.first_chunk().copied().map_or(0, u64::from_be_bytes)
}

/// Lists everything below the prefixes of a kind of file.
pub async fn list(
    recovery: &Recovery<'_>,
    attachment: Attachment,
    rows: u64,
) -> Result<KeySet, RecoverError> {
    let front = recovery.key_prefix().map_or(String::new(), |prefix| prefix + "/");
    let mut keys = KeySet::default();
    for cache in ["", "cache/"] {
        let prefix = format!("{front}{cache}{}/", attachment.directory());
        let mut next = None;
        loop {
            recovery.go_on()?;
            let (exchange, page) =
                recovery.client.list_objects(&prefix, next.as_deref(), PAGE_KEYS).await;
            let page = page.ok_or_else(|| {
                RecoverError::Store(format!("the listing of `{prefix}`: {exchange}"))
            })?;
            // What is in an archive is there and cannot be read: a HEAD tells.
            let readable = page.objects.iter().filter(|object| !is_archive(&object.storage_class));
            for object in readable {
                keys.push(&object.key);
            }
            if keys.0.len() > RECOVER_LISTED_KEYS_MAX {
                return Err(RecoverError::Store(format!(
                    "there are more than {RECOVER_LISTED_KEYS_MAX} objects below `{prefix}`; ask for each \
                     with --method head"
                )));
            }
            let done = u64::try_from(keys.0.len()).unwrap_or(u64::MAX);
            recovery.tell(Progress {
                what: "listed objects",
                done,
                total: rows.max(done),
                found: 0,
            });
            match page.next {
                Some(token) => next = Some(token),
                None => break,
            }
        }
    }
    Ok(keys.finished())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listed_keys_are_known() {
        let mut keys = KeySet::default();
        for key in ["b", "a", "b"] {
            keys.push(key);
        }
        let keys = keys.finished();
        assert!(keys.has("a") && keys.has("b") && !keys.has("c"));
        assert!(!KeySet::default().has(""));
    }

    #[test]
    fn small_tables_are_asked_for_one_by_one() {
        assert!(!Method::Auto.lists(19_999) && Method::Auto.lists(20_000));
        assert!(Method::List.lists(1) && !Method::Head.lists(1_000_000));
    }
}
