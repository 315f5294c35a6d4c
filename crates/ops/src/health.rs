//! How the store has fared: decisions and what is stored, hour by hour, and what the operator's watch
//! found.
//!
//! It is about all accounts, so only the management account hears of it.

mod history;
mod watch;

use std::path::PathBuf;

use iam::{IamError, IamErrorCode};
use serde::Serialize;

pub use self::history::Hour;
pub(crate) use self::history::{History, run};
pub use self::watch::{WatchReport, WatchedCheck, WatchedStep, read_textfile};
use crate::gate;
use crate::iam::ApiCall;
use crate::organizations;

/// How the store has fared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// The oldest first; hours in which no server ran are missing.
    pub hours: Vec<Hour>,
    /// What each file says that the settings name.
    pub watches: Vec<WatchReport>,
}

/// GetHealth. Whoever is not root needs an identity policy that allows `grantry:GetHealth`. Errors:
/// `AccessDenied`.
pub async fn get(call: &ApiCall<'_>) -> Result<Health, IamError> {
    gate::pass_action(call, "grantry:GetHealth", "*", call.context)?;
    let management = organizations::management(call.store).await?;
    if call.caller.account_id() != Some(management.identity.id) {
        let message = "Only the management account can see how the store as a whole fares.";
        return Err(IamError::new(IamErrorCode::AccessDenied, message));
    }
    let hours = history::look(call.store, call.now).await?;
    let files: Vec<PathBuf> = call.store.settings.watch_textfiles.clone();
    let read = move || files.iter().map(|file| watch::report(file)).collect();
    let watches = tokio::task::spawn_blocking(read).await.map_err(IamError::internal)?;
    Ok(Health { hours, watches })
}
