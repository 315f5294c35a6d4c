//! The control socket: how commands reach a running server.
//!
//! The server greets, one line of JSON goes in, one comes out, then the connection ends. A command
//! that was not greeted knows that nothing has happened, and may try again. The socket lies in the data
//! directory with mode 0600, so that only the server's own user can open it; there is no other
//! proof of who asks.

pub(crate) mod client;
mod path;
pub(crate) mod server;

use std::io;

use serde::{Deserialize, Serialize};

use crate::account::protocol::Answer;

/// The greeting; the number changes when an older program could not take part any more.
const GREETING: &[u8] = b"grantry control 1\n";

/// What comes back: an answer, or why there is none.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reply {
    /// The request was carried out.
    Answer(Answer),
    /// It was not; the text is for the operator.
    Error(String),
}

/// Why a server cannot be asked.
pub(crate) enum Unreachable {
    /// Nobody has greeted us, and hence nothing has happened: a server may be starting or
    /// stopping.
    NobodyListens(io::Error),
    /// The conversation broke off. Whether the request was carried out is not known.
    Failed(io::Error),
}
