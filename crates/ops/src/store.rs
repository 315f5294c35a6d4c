//! The store as a whole: opened once, shared by all requests.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use audit::decision_log::{DecisionLog, DecisionLogOptions};
use authz::Switches;
use authz::admission::NewBucketDefaults;
use identity::MasterKeySettings;
use model::Timestamp;
use model::lifecycle::LifecycleDay;
use tokio::sync::watch;

use crate::access_log::{AccessLogs, delivery};
use crate::events::destination::Destinations;
use crate::events::{self, EventQueue};
use crate::health::{self, History};
use crate::lifecycle::{self, Lifecycle};
use crate::vault::Vault;
pub use crate::vault::{OpenError, RemovalHold};

/// How a store is opened.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// Where everything lies. The caller holds the lock on it.
    pub data_directory: PathBuf,
    /// Where the key is that seals secrets and keys.
    pub master_key: MasterKeySettings,
    /// The region of the endpoint, and of buckets that name none.
    pub region: String,
    /// The operator's choices where Amazon's behaviour is open (§15.1).
    pub switches: Switches,
    /// What a new bucket gets.
    pub new_buckets: NewBucketDefaults,
    /// Whether new objects are encrypted where neither writer nor bucket says how.
    pub encrypts_by_default: bool,
    /// Time between two deliveries of access logs.
    pub access_log_interval: Duration,
    /// Which decisions are recorded, and for how long.
    pub decision_log: DecisionLogOptions,
    /// Where events go.
    pub destinations: Destinations,
    /// Whether access log records have the field of the source region (U-20).
    pub log_source_region: bool,
    /// When lifecycle rules are carried out.
    pub lifecycle: LifecycleOptions,
    /// Textfiles of `grantry watch` that the management account is shown.
    pub watch_textfiles: Vec<PathBuf>,
    /// The clock of background work. Requests bring their own time.
    pub clock: fn() -> Timestamp,
}

/// When lifecycle rules are carried out.
#[derive(Clone, Copy, Debug)]
pub struct LifecycleOptions {
    /// Time between two runs, counted from midnight UTC.
    pub interval: Duration,
    /// How long the days of the rules are.
    pub day: LifecycleDay,
    /// How far the clock may be ahead of the last run; beyond that it is not believed.
    pub clock_ahead_max: Duration,
}

impl Default for LifecycleOptions {
    fn default() -> Self {
        let day = Duration::from_hours(24);
        Self { interval: day, day: LifecycleDay::default(), clock_ahead_max: day * 30 }
    }
}

/// An open store.
pub struct Store {
    pub(crate) vault: Vault,
    pub(crate) access_logs: AccessLogs,
    pub(crate) decisions: Arc<DecisionLog>,
    pub(crate) events: EventQueue,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) history: History,
    pub(crate) settings: StoreOptions,
}

impl Store {
    /// Opens or creates a store. The time this takes does not depend on what it holds, unless the
    /// master key was changed: then all that the one before it sealed is sealed anew.
    pub fn open(settings: StoreOptions) -> Result<Arc<Self>, OpenError> {
        let vault = Vault::open(&settings.data_directory, &settings.master_key)?
            .encrypting(settings.encrypts_by_default);
        let access_logs = AccessLogs::open(&settings.data_directory, (settings.clock)())?;
        let decisions = Arc::new(DecisionLog::open(
            &settings.data_directory.join("decisions"),
            settings.decision_log,
            &settings.switches,
            settings.clock,
        )?);
        let events = EventQueue::new(&settings.destinations);
        let lifecycle = Lifecycle::open(&settings.data_directory);
        let history = History::open(&settings.data_directory);
        Ok(Arc::new(Self { vault, access_logs, decisions, events, lifecycle, history, settings }))
    }

    /// The region of the endpoint.
    pub fn region(&self) -> &str {
        &self.settings.region
    }

    /// Removes blobs that nothing refers to any more, delivers access logs and events and carries
    /// lifecycle rules out, until `stop` ends.
    pub async fn run_background(self: Arc<Self>, stop: impl Future<Output = ()> + Send) {
        let (ended, watched) = watch::channel(false);
        let stopped = || {
            let mut watched = watched.clone();
            async move {
                // An error means that nobody is left who could tell: stop as well.
                let _ = watched.wait_for(|ended| *ended).await;
            }
        };
        tokio::join!(
            async {
                stop.await;
                ended.send_replace(true);
            },
            crate::sweep::run(&self, stopped()),
            delivery::run(&self, self.settings.access_log_interval, stopped()),
            events::delivery::run(&self, stopped()),
            lifecycle::run(&self, stopped()),
            health::run(&self, stopped()),
        );
    }

    /// Keeps blobs that were referred to from being removed until the hold is dropped. Waits for
    /// another hold, and for a removal that is under way.
    pub async fn hold_removals(&self) -> RemovalHold {
        self.vault.hold_removals().await
    }

    /// Finishes what is under way and closes the store.
    pub async fn shutdown(&self) {
        self.vault.shutdown().await;
    }
}
