//! `grantry account`: the commands about accounts and access keys.
//!
//! A command becomes one [`Request`]. Without a running server the request is carried out here, on
//! the opened store; with one it goes to it over the control socket. Either way the same function
//! answers it.

mod answer;
pub(crate) mod handler;
pub(crate) mod protocol;
mod text;

use self::answer::to_json;
use self::protocol::{Answer, NewKey, Request};
use crate::cli::{AccountCommand, CreateAccountArguments, KeyArguments, KeyCommand};
use crate::control::{Access, client, reach};
use crate::data_directory::{DataDirectory, Lock};
use crate::failure::Failure;
use crate::settings::Settings;
use crate::{output, serve};

/// Carries a command out and prints its answer.
pub(crate) fn run(command: AccountCommand, json: bool, settings: &Settings) -> Result<(), Failure> {
    let request = request(command);
    let directory = match request {
        // So that accounts can be made before the first start, which then makes none.
        Request::CreateAccount(_) => DataDirectory::create(&settings.data_directory),
        _ => DataDirectory::open(&settings.data_directory),
    }?;
    let answer = ask(&request, &directory, settings)?;
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

/// Has the request answered by whoever may use the data directory: this process or the server.
fn ask(
    request: &Request,
    directory: &DataDirectory,
    settings: &Settings,
) -> Result<Answer, Failure> {
    match reach(directory, || client::ask(directory, request))? {
        Access::Here(lock) => answer_here(request, directory, &lock, settings),
        Access::Server(answer) => answer.map_err(|message| Failure::new(what(request), message)),
    }
}

/// The lock is held for as long as the store is open.
fn answer_here(
    request: &Request,
    directory: &DataDirectory,
    _lock: &Lock,
    settings: &Settings,
) -> Result<Answer, Failure> {
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|error| Failure::new("cannot start threads", error))?;
    runtime.block_on(async {
        let store = serve::open_store(directory, settings)?;
        let answer = handler::answer(&store, request).await;
        store.shutdown().await;
        answer.map_err(|error| Failure::new(what(request), error))
    })
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
