//! `grantry keys`: the commands about keys that encrypt objects.
//!
//! As with `grantry account`, a request is carried out here or by the running server. Rewrapping is
//! many requests, one for each page of objects, so that a server answers others in between.

pub(crate) mod handler;
pub(crate) mod protocol;
mod text;

use self::protocol::{Answer, Request, Rewrapped};
use crate::cli::KeysCommand;
use crate::control::{Access, client, reach};
use crate::data_directory::{DataDirectory, Lock};
use crate::failure::Failure;
use crate::settings::Settings;
use crate::{output, serve};

/// Carries a command out and prints its answer.
pub(crate) fn run(command: KeysCommand, json: bool, settings: &Settings) -> Result<(), Failure> {
    let directory = DataDirectory::open(&settings.data_directory)?;
    let answer = match command {
        KeysCommand::Rewrap => rewrap(&directory, settings)?,
        command => ask(&request(command), &directory, settings)?,
    };
    output::print(&if json { text::json(&answer)? } else { text::text(&answer) })
}

fn request(command: KeysCommand) -> Request {
    match command {
        KeysCommand::Master => Request::ShowMasterKey,
        KeysCommand::List => Request::ListEncryptionKeys,
        KeysCommand::Rotate { key } => Request::RotateEncryptionKey { key },
        KeysCommand::Create { account, alias, description } => {
            Request::CreateEncryptionKey { account, alias, description }
        }
        KeysCommand::Enable { key } => Request::EnableEncryptionKey { key, enabled: true },
        KeysCommand::Disable { key } => Request::EnableEncryptionKey { key, enabled: false },
        KeysCommand::Rewrap => Request::Rewrap { after: None },
    }
}

/// Page by page; the answer is the sum.
fn rewrap(directory: &DataDirectory, settings: &Settings) -> Result<Answer, Failure> {
    let mut sum = Rewrapped::default();
    loop {
        let request = Request::Rewrap { after: sum.next.take() };
        let Answer::Rewrapped(page) = ask(&request, directory, settings)? else {
            return Err(Failure::new("cannot rewrap", "the server answered another question"));
        };
        sum.versions += page.versions;
        sum.data_keys += page.data_keys;
        sum.failed += page.failed;
        sum.next = page.next;
        if sum.next.is_none() {
            return Ok(Answer::Rewrapped(sum));
        }
    }
}

fn ask(
    request: &Request,
    directory: &DataDirectory,
    settings: &Settings,
) -> Result<Answer, Failure> {
    let failed = |message: String| Failure::new("cannot manage encryption keys", message);
    match reach(directory, || client::ask(directory, request))? {
        Access::Here(lock) => answer_here(request, directory, &lock, settings)
            .and_then(|answer| answer.map_err(failed)),
        Access::Server(answer) => answer.map_err(failed),
    }
}

/// The lock is held for as long as the store is open. The inner error is that of the request.
fn answer_here(
    request: &Request,
    directory: &DataDirectory,
    _lock: &Lock,
    settings: &Settings,
) -> Result<Result<Answer, String>, Failure> {
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|error| Failure::new("cannot start threads", error))?;
    runtime.block_on(async {
        let store = serve::open_store(directory, settings)?;
        let answer = handler::answer(&store, request).await;
        store.shutdown().await;
        Ok(answer.map_err(|error| error.to_string()))
    })
}
