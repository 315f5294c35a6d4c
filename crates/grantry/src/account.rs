//! `grantry account`: the commands about accounts and access keys.
//!
//! A command becomes one [`Request`], which is answered here or by the running server.

mod answer;
mod handler;
pub(crate) mod protocol;
mod text;

use ops::Store;

use self::answer::to_json;
use self::protocol::{Answer, NewKey, Request};
use crate::cli::{AccountCommand, CreateAccountArguments, KeyArguments, KeyCommand};
use crate::control::{Question, converse};
use crate::data_directory::DataDirectory;
use crate::failure::Failure;
use crate::output;
use crate::settings::Settings;

/// Carries a command out and prints its answer.
pub(crate) fn run(command: AccountCommand, json: bool, settings: &Settings) -> Result<(), Failure> {
    let request = request(command);
    let directory = match request {
        // So that accounts can be made before the first start, which then makes none.
        Request::CreateAccount(_) => DataDirectory::create(&settings.data_directory),
        _ => DataDirectory::open(&settings.data_directory),
    }?;
    let answer = converse(&directory, settings, |session| session.ask(&request))?;
    output::print(&if json { to_json(&answer)? } else { text::text(&answer) })
}

fn request(command: AccountCommand) -> Request {
    match command {
        AccountCommand::Create(CreateAccountArguments {
            name,
            account_id,
            canonical_id,
            email,
            key,
        }) => Request::CreateAccount(protocol::NewAccount {
            name,
            account_id,
            canonical_id,
            email,
            key: new_key(key),
        }),
        AccountCommand::List => Request::ListAccounts,
        AccountCommand::Show { account } => Request::ShowAccount { account },
        AccountCommand::Key { command: KeyCommand::Create { account, key } } => {
            Request::CreateKey { account, key: new_key(key) }
        }
        AccountCommand::Key { command: KeyCommand::List { account } } => {
            Request::ListKeys { account }
        }
        AccountCommand::Key { command: KeyCommand::Delete { access_key_id } } => {
            Request::DeleteKey { access_key_id }
        }
    }
}

fn new_key(key: KeyArguments) -> NewKey {
    NewKey { access_key_id: key.access_key_id, secret_access_key: key.secret_access_key }
}

impl Question for Request {
    type Answer = Answer;
    const KIND: &'static str = "account";

    fn failed(&self) -> String {
        what(self)
    }

    async fn answer(&self, store: &Store) -> Result<Answer, String> {
        handler::answer(store, self).await.map_err(|error| error.to_string())
    }
}

/// What failed, if the request did.
fn what(request: &Request) -> String {
    match request {
        Request::CreateAccount(account) => format!("cannot create account {:?}", account.name),
        Request::ListAccounts => "cannot list accounts".to_owned(),
        Request::ShowAccount { account } => format!("cannot show account {account:?}"),
        Request::CreateKey { account, .. } => {
            format!("cannot create an access key of account {account:?}")
        }
        Request::ListKeys { account } => format!("cannot list access keys of account {account:?}"),
        Request::DeleteKey { access_key_id } => {
            format!("cannot delete access key {access_key_id:?}")
        }
    }
}
