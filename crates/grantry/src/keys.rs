//! `grantry keys`: the commands about keys that encrypt objects.
//!
//! As with `grantry account`, a request is carried out here or by the running server. Rewrapping is
//! many requests, one for each page of objects, so that a server answers others in between.

mod handler;
pub(crate) mod protocol;
mod text;

use ops::Store;

use self::protocol::{Answer, Request, Rewrapped};
use crate::cli::KeysCommand;
use crate::control::{Question, Session, converse};
use crate::data_directory::DataDirectory;
use crate::failure::Failure;
use crate::output;
use crate::settings::Settings;

/// Carries a command out and prints its answer.
pub(crate) fn run(command: KeysCommand, json: bool, settings: &Settings) -> Result<(), Failure> {
    let directory = DataDirectory::open(&settings.data_directory)?;
    let answer = converse(&directory, settings, |session| match command {
        KeysCommand::Rewrap => rewrap(session),
        command => session.ask(&request(command)),
    })?;
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
fn rewrap(session: &mut Session<'_>) -> Result<Answer, Failure> {
    let mut sum = Rewrapped::default();
    loop {
        let request = Request::Rewrap { after: sum.next.take() };
        let Answer::Rewrapped(page) = session.ask(&request)? else {
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

impl Question for Request {
    type Answer = Answer;
    const KIND: &'static str = "keys";

    fn failed(&self) -> String {
        "cannot manage encryption keys".to_owned()
    }

    async fn answer(&self, store: &Store) -> Result<Answer, String> {
        handler::answer(store, self).await.map_err(|error| error.to_string())
    }
}
