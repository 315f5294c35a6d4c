//! Looks at every version of a remote bucket.

use std::time::Duration;

use tokio::time::sleep;

use super::census::{Census, Entry};
use super::parallel::each;
use super::{AdviseError, acl};
use crate::http::Exchange;
use crate::s3::{Call, ListedVersion, S3Client};

/// How often a call is tried that a busy store or a bad connection refused.
const TRIES: u32 = 6;
/// Half of the time before the second try; there is twice as long before each further one.
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// How to look.
#[derive(Clone, Debug)]
pub struct WalkOptions {
    /// Calls at once.
    pub at_once: usize,
    /// Versions after which it stops, to go on another time.
    pub versions_max: Option<u64>,
}

/// How far it is.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Versions that were seen, with those of earlier walks.
    pub versions: u64,
    /// Those of this walk.
    pub walked: u64,
}

/// Looks at what the census has not yet, and tells how far it is after each page.
pub async fn walk(
    client: &S3Client,
    census: &mut Census,
    options: &WalkOptions,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<(), AdviseError> {
    let before = census.versions();
    while !census.is_complete() {
        let walked = census.versions().saturating_sub(before);
        if options.versions_max.is_some_and(|max| walked >= max) {
            return Ok(());
        }
        page(client, census, options).await?;
        let versions = census.versions();
        progress(Progress { versions, walked: versions.saturating_sub(before) });
    }
    Ok(())
}

async fn page(
    client: &S3Client,
    census: &mut Census,
    options: &WalkOptions,
) -> Result<(), AdviseError> {
    let mut mark = census.mark().cloned().unwrap_or_default();
    let prefix = census.head().prefix.clone();
    let after = mark.next.take();
    let page = listed(client, &prefix, after.as_ref()).await?;
    let mut entries = Vec::new();
    for version in page.versions {
        if mark.keys == 0 || mark.last_key != version.key {
            mark.keys = mark.keys.saturating_add(1);
            mark.last_key.clone_from(&version.key);
        }
        if (mark.keys.saturating_sub(1)).checked_rem(census.head().every) == Some(0) {
            entries.push(Some(entry(version)));
        }
    }
    let is_object = |(_, entry): &(usize, &Entry)| !entry.marker;
    let wanted = entries.iter().flatten().enumerate().filter(is_object);
    let wanted: Vec<_> = wanted.map(|(place, entry)| (place, entry.clone())).collect();
    let ask = |(place, entry)| {
        let client = client.clone();
        async move { (place, with_acl(&client, entry).await) }
    };
    let mut failed = None;
    let done = |_, (place, result): (usize, Result<Option<Entry>, AdviseError>)| match result {
        Ok(entry) => {
            if let Some(place) = entries.get_mut(place) {
                *place = entry;
            }
        }
        Err(error) => failed = Some(error),
    };
    each(options.at_once, wanted, ask, done).await?;
    if let Some(error) = failed {
        return Err(error);
    }
    mark.next = page.next;
    census.add(entries.into_iter().flatten().collect(), mark)
}

fn entry(version: ListedVersion) -> Entry {
    Entry {
        key: version.key,
        version: version.version_id,
        owner: version.owner.unwrap_or_default(),
        latest: version.is_latest,
        marker: version.is_delete_marker,
        grants: None,
    }
}

async fn listed(
    client: &S3Client,
    prefix: &str,
    after: Option<&(String, String)>,
) -> Result<crate::s3::VersionPage, AdviseError> {
    let mut tries = Tries::default();
    loop {
        let after = after.map(|(key, version)| (key.as_str(), version.as_str()));
        let (exchange, page) = client.list_versions(prefix, after).await;
        match page {
            Some(page) => return Ok(page),
            None if tries.again(&exchange).await => {}
            None => return Err(AdviseError::refused("cannot list the versions", exchange)),
        }
    }
}

/// The version with its ACL; none if it was deleted meanwhile.
async fn with_acl(client: &S3Client, mut entry: Entry) -> Result<Option<Entry>, AdviseError> {
    // The version that a request without one sees needs no permission for versions.
    let version = Some(entry.version.as_str()).filter(|_| !entry.latest);
    let mut tries = Tries::default();
    loop {
        let call = Call::object("GET", &entry.key).flag("acl").version(version);
        let exchange = client.send(call).await;
        match (exchange.status(), exchange.document().filter(|_| exchange.is_success())) {
            (_, Some(document)) => {
                entry.set_acl(&acl::parse(&document)?);
                return Ok(Some(entry));
            }
            (Some(404), _) => return Ok(None),
            // An object of another account, which need not show it.
            (Some(403), _) if !entry.owner.is_empty() => return Ok(Some(entry)),
            _ if tries.again(&exchange).await => {}
            _ => {
                let what = format!("cannot read the ACL of {:?}", entry.key);
                return Err(AdviseError::refused(what, exchange));
            }
        }
    }
}

/// Tries of one call.
#[derive(Default)]
pub(super) struct Tries(u32);

impl Tries {
    /// Waits and says yes if the call is worth another try.
    pub(super) async fn again(&mut self, exchange: &Exchange) -> bool {
        let is_passing = exchange.status().is_none_or(|status| status == 429 || status >= 500);
        let is_hopeless = exchange.status() == Some(501);
        is_passing && !is_hopeless && self.later().await
    }

    /// Waits and says yes if there are tries left.
    pub(super) async fn later(&mut self) -> bool {
        self.0 = self.0.saturating_add(1);
        if self.0 >= TRIES {
            return false;
        }
        sleep(FIRST_WAIT.saturating_mul(1 << self.0.min(TRIES))).await;
        true
    }
}
