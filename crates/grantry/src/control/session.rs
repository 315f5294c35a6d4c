//! Questions of commands, answered by whoever has the store open: the command itself, or the running
//! server.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use ops::Store;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::runtime::Runtime;

use super::{Access, client, reach};
use crate::data_directory::{DataDirectory, Lock};
use crate::failure::Failure;
use crate::serve;
use crate::settings::Settings;

/// A question of a command. Either way the same function answers it.
pub(crate) trait Question: Serialize {
    /// What it is answered with.
    type Answer: Serialize + DeserializeOwned;
    /// The name of the questions of this kind on the control socket.
    const KIND: &'static str;
    /// Longest wait for the server: a commit on a slow disk, behind others.
    const PATIENCE: Duration = Duration::from_secs(30);

    /// What failed, if the answer is an error.
    fn failed(&self) -> String;

    /// Answers it. The error is for the operator.
    fn answer(&self, store: &Store) -> impl Future<Output = Result<Self::Answer, String>> + Send;
}

/// Asks one question.
pub(crate) fn ask<Q: Question>(question: &Q, settings: &Settings) -> Result<Q::Answer, Failure> {
    let directory = DataDirectory::open(&settings.data_directory)?;
    converse(&directory, settings, |session| session.ask(question))
}

/// Asks several questions one after the other.
pub(crate) fn converse<T>(
    directory: &DataDirectory,
    settings: &Settings,
    talk: impl FnOnce(&mut Session<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let mut session = Session { directory, settings, opened: None };
    let outcome = talk(&mut session);
    if let Some(Opened { store, runtime, .. }) = session.opened {
        runtime.block_on(store.shutdown());
    }
    outcome
}

/// A conversation with whoever has the store open.
pub(crate) struct Session<'s> {
    directory: &'s DataDirectory,
    settings: &'s Settings,
    opened: Option<Opened>,
}

/// The store, opened by this process, which holds the lock for as long.
struct Opened {
    store: Arc<Store>,
    runtime: Runtime,
    _lock: Lock,
}

impl Session<'_> {
    /// Asks the server; without one, the store is opened and stays open for the next question.
    pub(crate) fn ask<Q: Question>(&mut self, question: &Q) -> Result<Q::Answer, Failure> {
        let opened = match &self.opened {
            Some(opened) => opened,
            None => match reach(self.directory, || client::ask(self.directory, question))? {
                Access::Server(answer) => return answer.map_err(|why| failure(question, why)),
                Access::Here(lock) => {
                    self.opened.insert(open(self.directory, self.settings, lock)?)
                }
            },
        };
        let answer = opened.runtime.block_on(question.answer(&opened.store));
        answer.map_err(|why| failure(question, why))
    }
}

fn failure(question: &impl Question, why: String) -> Failure {
    Failure::new(question.failed(), why)
}

fn open(directory: &DataDirectory, settings: &Settings, lock: Lock) -> Result<Opened, Failure> {
    let runtime =
        Runtime::new().map_err(|error: io::Error| Failure::new("cannot start threads", error))?;
    let store = runtime.block_on(async { serve::open_store(directory, settings) })?;
    Ok(Opened { store, runtime, _lock: lock })
}
