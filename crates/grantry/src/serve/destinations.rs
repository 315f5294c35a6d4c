//! The destinations of event notifications, as the settings name them.

use std::sync::Arc;

use notify::{Nats, Redis, TlsClient, Webhook};
use ops::events::destination::{Destination, Destinations, Sender};

use super::providers;
use crate::failure::Failure;
use crate::settings::{DestinationKind, DestinationSettings};

/// Sets all of them up; nobody is connected to yet.
pub(super) fn all(settings: &[DestinationSettings]) -> Result<Destinations, Failure> {
    settings.iter().map(destination).collect::<Result<_, _>>().map(Destinations::new)
}

fn destination(settings: &DestinationSettings) -> Result<Destination, Failure> {
    let what = || format!("cannot set up `notifications.{}`", settings.name);
    let failed = |error| Failure::usage(what(), error);
    let certificates = providers::certificates(settings.ca_file.as_deref())
        .map_err(|error| Failure::new(format!("{}: cannot read `ca_file`", what()), error))?;
    let tls = TlsClient::new(certificates).map_err(failed)?;
    let sender: Arc<dyn Sender> = match &settings.kind {
        DestinationKind::Webhook(webhook) => {
            Arc::new(Webhook::new(webhook.clone(), &tls).map_err(failed)?)
        }
        DestinationKind::Redis(redis) => {
            Arc::new(Redis::new(redis.clone(), ca_file(settings)?).map_err(failed)?)
        }
        DestinationKind::Nats(nats) => Arc::new(Nats::new(nats.clone(), &tls).map_err(failed)?),
    };
    Ok(Destination {
        name: settings.name.clone(),
        accounts: settings.accounts.clone(),
        attempts_max: settings.attempts_max,
        age_max: settings.age_max,
        sender,
    })
}

/// The certificates of `ca_file`, for a client that reads them itself.
fn ca_file(settings: &DestinationSettings) -> Result<Option<Vec<u8>>, Failure> {
    let failed = |error| {
        let what =
            format!("cannot set up `notifications.{}`: cannot read `ca_file`", settings.name);
        Failure::new(what, error)
    };
    settings.ca_file.as_ref().map(std::fs::read).transpose().map_err(failed)
}
