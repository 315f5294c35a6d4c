//! The control socket: how commands reach a running server.
//!
//! The server greets, one line of JSON goes in, one comes out, then the connection ends. A command
//! that was not greeted knows that nothing has happened, and may try again. The socket lies in the data
//! directory with mode 0600, so that only the server's own user can open it; there is no other
//! proof of who asks.

pub(crate) mod client;
pub(crate) mod hold;
mod path;
pub(crate) mod server;
mod session;

use std::io;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

pub(crate) use self::session::{Question, Session, ask, converse};
use crate::data_directory::{Attempt, DataDirectory, Lock};
use crate::failure::Failure;

/// How long to wait for a process that holds the lock but does not answer: a server that starts or
/// stops, or another command like this.
const PATIENCE: Duration = Duration::from_secs(10);
/// Pause between two attempts.
const PAUSE: Duration = Duration::from_millis(50);

/// The greeting; the number changes when an older program could not take part any more.
const GREETING: &[u8] = b"grantry control 1\n";

/// What comes back: an answer, or why there is none.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reply<A = ()> {
    /// The request was carried out.
    Answer(A),
    /// It was not; the text is for the operator.
    Error(String),
    /// Nothing is removed until the connection ends.
    Held,
}

/// Why a server cannot be asked.
pub(crate) enum Unreachable {
    /// Nobody has greeted us, and hence nothing has happened: a server may be starting or
    /// stopping.
    NobodyListens(io::Error),
    /// The conversation broke off. Whether the request was carried out is not known.
    Failed(io::Error),
}

/// Whoever may use the data directory.
pub(crate) enum Access<T> {
    /// This process; no server is running.
    Here(Lock),
    /// The running server, and what it answered.
    Server(T),
}

/// Takes the lock of the directory, or asks the server that has it.
pub(crate) fn reach<T>(
    directory: &DataDirectory,
    ask: impl Fn() -> Result<T, Unreachable>,
) -> Result<Access<T>, Failure> {
    let give_up = Instant::now() + PATIENCE;
    loop {
        let holder = match directory.try_lock()? {
            Attempt::Locked(lock) => return Ok(Access::Here(lock)),
            Attempt::Busy { process_id } => process_id,
        };
        let why = match ask() {
            Ok(answer) => return Ok(Access::Server(answer)),
            Err(Unreachable::Failed(error)) => {
                return Err(Failure::new("cannot talk to the running server", error));
            }
            Err(Unreachable::NobodyListens(error)) => error,
        };
        if Instant::now() > give_up {
            let holder = holder.map_or_else(String::new, |id| format!(" {id}"));
            let what = format!("cannot use the data directory {}", directory.path().display());
            let why = format!("process{holder} holds it, but does not answer on its socket: {why}");
            return Err(Failure::new(what, why));
        }
        std::thread::sleep(PAUSE);
    }
}
