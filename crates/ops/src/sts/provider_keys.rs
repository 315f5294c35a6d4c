//! The keys of OpenID Connect providers: fetched from where the provider says, and remembered.
//!
//! OpenID Connect Discovery 1.0, sections 4.1 to 4.3. What travels is decided elsewhere: this knows
//! which documents are needed, not how they are fetched.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;

use identity::web_identity::KeySet;
use model::Timestamp;
use model::limits::{KEY_SET_BYTES_MAX, PROVIDERS_CACHED_MAX};
use parking_lot::Mutex;
use tokio::sync::Semaphore;

/// How long keys are believed without asking again. A key that a provider withdraws counts so long.
const KEYS_MILLIS: i64 = 3_600_000;
/// How soon a provider is asked again after keys that do not fit, or after a failure: whoever can send
/// a token must not make us ask without end.
const RETRY_MILLIS: i64 = 30_000;
/// Providers that are asked at the same time.
const FETCHES_MAX: usize = 8;

/// A document on its way.
pub type Fetching<'a> = Pin<Box<dyn Future<Output = Result<Vec<u8>, String>> + Send + 'a>>;

/// Fetches documents by HTTPS. An error is a text for the log.
pub trait Fetch: Send + Sync {
    /// The document at a URL, of at most `limit_bytes`.
    fn get<'a>(&'a self, url: &'a str, limit_bytes: usize) -> Fetching<'a>;
}

/// Why there are no keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// The provider cannot be reached.
    #[error("cannot fetch from the identity provider: {0}")]
    Fetch(String),
    /// It does not say what it must.
    #[error("the identity provider's document is wrong: {0}")]
    Document(&'static str),
}

/// Remembers the keys of providers.
pub struct ProviderKeys {
    fetch: Box<dyn Fetch>,
    known: Mutex<BTreeMap<String, Known>>,
    fetches: Semaphore,
}

/// What came of the last question.
#[derive(Clone)]
struct Known {
    asked: Timestamp,
    keys: Result<Arc<KeySet>, ProviderError>,
}

impl ProviderKeys {
    /// Nothing is known yet.
    pub fn new(fetch: Box<dyn Fetch>) -> Self {
        let fetches = Semaphore::new(FETCHES_MAX);
        Self { fetch, known: Mutex::default(), fetches }
    }

    /// The keys of a provider, fetched if they are unknown or old.
    pub async fn get(&self, issuer: &str, now: Timestamp) -> Result<Arc<KeySet>, ProviderError> {
        let fresh = |known: &Known| match known.keys {
            Ok(_) => age(known, now) < KEYS_MILLIS,
            Err(_) => age(known, now) < RETRY_MILLIS,
        };
        self.known_or_fetched(issuer, now, fresh).await
    }

    /// The keys of a provider, fetched again unless that was done only just now.
    pub async fn refreshed(
        &self,
        issuer: &str,
        now: Timestamp,
    ) -> Result<Arc<KeySet>, ProviderError> {
        self.known_or_fetched(issuer, now, |known| age(known, now) < RETRY_MILLIS).await
    }

    async fn known_or_fetched(
        &self,
        issuer: &str,
        now: Timestamp,
        fresh: impl Fn(&Known) -> bool,
    ) -> Result<Arc<KeySet>, ProviderError> {
        let known = || self.known.lock().get(issuer).filter(|known| fresh(known)).cloned();
        if let Some(known) = known() {
            return known.keys;
        }
        // The semaphore is never closed; without a permit the question is asked all the same.
        let _permit = self.fetches.acquire().await;
        // Somebody else may have asked while this waited.
        if let Some(known) = known() {
            return known.keys;
        }
        let keys = self.ask(issuer).await;
        let mut known = self.known.lock();
        if known.len() >= PROVIDERS_CACHED_MAX && !known.contains_key(issuer) {
            known.clear();
        }
        known.insert(issuer.to_owned(), Known { asked: now, keys: keys.clone() });
        keys
    }

    async fn ask(&self, issuer: &str) -> Result<Arc<KeySet>, ProviderError> {
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let document = self.fetch(&url).await?;
        let place = key_set_url(&document, issuer)?;
        let document = self.fetch(&place).await?;
        let keys = KeySet::parse(&document);
        Ok(Arc::new(keys.map_err(|_| ProviderError::Document("the key set is none"))?))
    }

    async fn fetch(&self, url: &str) -> Result<Vec<u8>, ProviderError> {
        self.fetch.get(url, KEY_SET_BYTES_MAX).await.map_err(ProviderError::Fetch)
    }
}

fn age(known: &Known, now: Timestamp) -> i64 {
    now.unix_millis.saturating_sub(known.asked.unix_millis)
}

/// `jwks_uri` of a discovery document, which must be that of the issuer (section 4.3).
fn key_set_url(document: &[u8], issuer: &str) -> Result<String, ProviderError> {
    let found = identity::web_identity::Discovery::parse(document)
        .ok_or(ProviderError::Document("the discovery document is none"))?;
    if found.issuer != issuer {
        return Err(ProviderError::Document("the discovery document is of another issuer"));
    }
    if !found.jwks_uri.starts_with("https://") {
        return Err(ProviderError::Document("`jwks_uri` is no https URL"));
    }
    Ok(found.jwks_uri)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const ISSUER: &str = "https://login.example/realm";

    /// Answers from memory and counts.
    struct Fake {
        count: Arc<AtomicUsize>,
        discovery: Option<&'static str>,
    }

    impl Fetch for Fake {
        fn get<'a>(&'a self, url: &'a str, _limit_bytes: usize) -> Fetching<'a> {
            self.count.fetch_add(1, Ordering::Relaxed);
            let document = match url {
                "https://login.example/realm/.well-known/openid-configuration" => self.discovery,
                "https://keys.example/all" => Some(r#"{"keys":[]}"#),
                _ => Some("no such place"),
            };
            Box::pin(async move { document.map(Into::into).ok_or_else(|| "down".to_owned()) })
        }
    }

    const GOOD: &str =
        r#"{"issuer":"https://login.example/realm","jwks_uri":"https://keys.example/all"}"#;

    fn provider(discovery: Option<&'static str>) -> (ProviderKeys, Arc<AtomicUsize>) {
        let count = Arc::new(AtomicUsize::new(0));
        let fake = Fake { count: Arc::clone(&count), discovery };
        (ProviderKeys::new(Box::new(fake)), count)
    }

    #[tokio::test]
    async fn keys_are_remembered_for_an_hour() {
        let (keys, count) = provider(Some(GOOD));
        let at = Timestamp::from_unix_millis;
        for (now, expected) in [(0, 2), (1, 2), (KEYS_MILLIS - 1, 2), (KEYS_MILLIS, 4)] {
            keys.get(ISSUER, at(now)).await.unwrap();
            assert_eq!(count.load(Ordering::Relaxed), expected, "{now}");
        }
        keys.refreshed(ISSUER, at(KEYS_MILLIS + RETRY_MILLIS - 1)).await.unwrap();
        assert_eq!(count.load(Ordering::Relaxed), 4);
        keys.refreshed(ISSUER, at(KEYS_MILLIS + RETRY_MILLIS)).await.unwrap();
        assert_eq!(count.load(Ordering::Relaxed), 6);
    }

    #[tokio::test]
    async fn a_failure_is_remembered_for_a_while() {
        let (keys, count) = provider(None);
        let at = Timestamp::from_unix_millis;
        for (now, expected) in [(0, 1), (RETRY_MILLIS - 1, 1), (RETRY_MILLIS, 2)] {
            let error = keys.get(ISSUER, at(now)).await.unwrap_err();
            assert_eq!(error, ProviderError::Fetch("down".to_owned()));
            assert_eq!(count.load(Ordering::Relaxed), expected, "{now}");
        }
    }

    #[tokio::test]
    async fn the_discovery_document_must_be_that_of_the_issuer() {
        for wrong in [
            "[]",
            "{}",
            r#"{"issuer":"https://evil.example","jwks_uri":"https://keys.example/all"}"#,
            r#"{"issuer":"https://login.example/realm","jwks_uri":"http://keys.example/all"}"#,
            r#"{"issuer":"https://login.example/realm","jwks_uri":"file:///etc/passwd"}"#,
            r#"{"issuer":"https://login.example/realm","jwks_uri":"https://keys.example/else"}"#,
        ] {
            let (keys, _) = provider(Some(wrong));
            let error = keys.get(ISSUER, Timestamp::default()).await.unwrap_err();
            assert!(matches!(error, ProviderError::Document(_)), "{wrong}: {error}");
        }
    }
}
