//! Carries requests about accounts out.

use ops::Store;
use ops::accounts::{
    self, AccessKey, AccessKeyRequest, AccountError, AccountRecord, AccountRequest,
};

use super::protocol::{
    Account, AccountCreated, AccountDetails, Accounts, Answer, IssuedKey, Key, KeyCreated,
    KeyDeleted, Keys, NewAccount, NewKey, Request,
};
use crate::clock;

/// Carries one request out. The caller makes sure that it is the only one at this time.
pub(crate) async fn answer(store: &Store, request: &Request) -> Result<Answer, AccountError> {
    Ok(match request {
        Request::CreateAccount(account) => {
            let (account, key) =
                accounts::create(store, account_request(account), clock::now()).await?;
            Answer::AccountCreated(AccountCreated {
                account: account_answer(account),
                access_key: issued(&key),
            })
        }
        Request::ListAccounts => {
            let accounts = accounts::list(store).await?;
            Answer::Accounts(Accounts {
                accounts: accounts.into_iter().map(account_answer).collect(),
            })
        }
        Request::ShowAccount { account } => Answer::Account(AccountDetails {
            account: account_answer(accounts::find(store, account).await?),
            access_keys: keys(store, account).await?,
        }),
        Request::CreateKey { account, key } => {
            let key = accounts::create_key(store, account, key_request(key), clock::now()).await?;
            Answer::KeyCreated(KeyCreated { access_key: issued(&key) })
        }
        Request::ListKeys { account } => {
            Answer::Keys(Keys { access_keys: keys(store, account).await? })
        }
        Request::DeleteKey { access_key_id } => {
            accounts::delete_key(store, access_key_id).await?;
            Answer::KeyDeleted(KeyDeleted { deleted_access_key_id: access_key_id.clone() })
        }
    })
}

async fn keys(store: &Store, account: &str) -> Result<Vec<Key>, AccountError> {
    let keys = accounts::list_keys(store, account).await?;
    Ok(keys.into_iter().map(key_answer).collect())
}

fn account_request(account: &NewAccount) -> AccountRequest {
    AccountRequest {
        name: account.name.clone(),
        account_id: account.account_id.clone(),
        canonical_id: account.canonical_id.clone(),
        email: account.email.clone(),
        key: key_request(&account.key),
    }
}

fn key_request(key: &NewKey) -> AccessKeyRequest {
    AccessKeyRequest {
        access_key_id: key.access_key_id.clone(),
        secret_access_key: key.secret_access_key.clone(),
    }
}

fn account_answer(account: AccountRecord) -> Account {
    Account {
        name: account.name,
        account_id: account.identity.id.to_string(),
        canonical_id: account.identity.canonical_id.to_string(),
        email: account.email,
        created: clock::format(account.created),
    }
}

fn key_answer(key: AccessKey) -> Key {
    Key {
        access_key_id: key.access_key_id,
        active: key.active,
        created: clock::format(key.created),
    }
}

fn issued(key: &accounts::IssuedKey) -> IssuedKey {
    IssuedKey {
        access_key_id: key.access_key_id.clone(),
        secret_access_key: key.secret_access_key.expose().to_owned(),
    }
}
