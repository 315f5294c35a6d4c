//! Carries requests about encryption keys out.

use ops::Store;
use ops::encryption::keys::{self, KeyError, KeySummary, MasterKeySummary};

use super::protocol::{Answer, Key, MasterKey, Request, Rewrapped};
use crate::clock;

/// Carries one request out.
pub(crate) async fn answer(store: &Store, request: &Request) -> Result<Answer, KeyError> {
    Ok(match request {
        Request::ShowMasterKey => {
            let MasterKeySummary { id, place, with_previous } = keys::master(store);
            Answer::MasterKey(MasterKey { id, place, with_previous })
        }
        Request::ListEncryptionKeys => {
            Answer::Keys(keys::list(store).into_iter().map(key).collect())
        }
        Request::RotateEncryptionKey { key: name } => {
            Answer::Key(key(keys::rotate(store, name.as_deref(), clock::now()).await?))
        }
        Request::CreateEncryptionKey { account, alias, description } => {
            let wanted = (account.as_str(), alias.as_deref(), description.as_str());
            Answer::Key(key(keys::create(store, wanted, clock::now()).await?))
        }
        Request::EnableEncryptionKey { key: name, enabled } => {
            Answer::Key(key(keys::set_enabled(store, name, *enabled).await?))
        }
        Request::Rewrap { after } => {
            let done = keys::rewrap(store, after.as_deref()).await?;
            Answer::Rewrapped(Rewrapped {
                versions: done.versions,
                data_keys: done.rewrapped,
                failed: done.failed,
                next: done.next,
            })
        }
    })
}

fn key(summary: KeySummary) -> Key {
    let kms = summary.kms;
    Key {
        number: summary.number,
        created: clock::format(summary.created),
        newest: summary.is_newest,
        usable: summary.can_be_opened,
        arn: kms.as_ref().map(|kms| kms.arn.clone()),
        account_id: kms.as_ref().map(|kms| kms.account.clone()),
        aliases: kms.as_ref().map(|kms| kms.aliases.clone()).unwrap_or_default(),
        enabled: kms.as_ref().is_none_or(|kms| kms.enabled),
        description: kms.map(|kms| kms.description).unwrap_or_default(),
    }
}
