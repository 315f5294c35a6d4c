//! The side of the server.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

use model::limits::CONTROL_REQUEST_BYTES_MAX;
use ops::Store;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;

use super::hold::Holding;
use super::path::SocketPath;
use super::{GREETING, Question, Reply};
use crate::data_directory::DataDirectory;
use crate::failure::Failure;
use crate::inquiry::Inquiry;
use crate::{account, events, explain, keys, lifecycle};

/// Longest time that one conversation may take; others wait meanwhile.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Pause after a failed accept, so that it does not fail as fast as it can.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(250);

/// What commands ask, by [`Question::KIND`].
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Request {
    /// Remove nothing until the connection ends.
    HoldRemovals,
    Account(account::protocol::Request),
    Decisions(explain::protocol::Request),
    Events(events::protocol::Request),
    Inquiry(Inquiry),
    Keys(keys::protocol::Request),
    Lifecycle(lifecycle::protocol::Request),
}

/// The socket, as long as the server runs.
pub(crate) struct ControlSocket {
    listener: UnixListener,
    path: SocketPath,
}

impl ControlSocket {
    /// Makes the socket. The caller holds the lock of the directory, so that a socket that is
    /// already there belongs to a server that has ended.
    pub(crate) fn bind(directory: &DataDirectory) -> Result<Self, Failure> {
        let what = || format!("cannot make the control socket in {}", directory.path().display());
        let path =
            SocketPath::new(directory.path()).map_err(|error| Failure::new(what(), error))?;
        let listener = bind(&path).map_err(|error| Failure::new(what(), error))?;
        Ok(Self { listener, path })
    }

    /// Answers requests one after another until `stop` ends; one that is being answered then is
    /// answered first.
    pub(crate) async fn serve(self, store: &Arc<Store>, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        // At most one at a time holds; others look through the store. All end when this function does: a server that stops does
        // not wait for a backup.
        let mut holds = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = stop.as_mut() => break,
            };
            match accepted {
                Ok((stream, _)) => {
                    while holds.try_join_next().is_some() {}
                    match serve_one(store, stream).await {
                        Some(GoesOn::Hold(holding)) => _ = holds.spawn(holding.last()),
                        Some(GoesOn::Inquiry(inquiry, stream)) => {
                            holds.spawn(answer_inquiry(Arc::clone(store), inquiry, stream));
                        }
                        None => {}
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept on the control socket; trying again");
                    tokio::time::sleep(ACCEPT_BACKOFF).await;
                }
            }
        }
        if let Err(error) = fs::remove_file(self.path.as_path()) {
            tracing::warn!(%error, "cannot remove the control socket");
        }
    }
}

/// The process's umask keeps others out between the two steps.
fn bind(path: &SocketPath) -> io::Result<UnixListener> {
    match fs::remove_file(path.as_path()) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path.as_path())?;
    fs::set_permissions(path.as_path(), Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// A conversation that others do not wait for.
enum GoesOn {
    Hold(Holding),
    Inquiry(Inquiry, UnixStream),
}

/// Has one conversation; one that holds removals, or asks what takes long, goes on afterwards.
async fn serve_one(store: &Store, stream: UnixStream) -> Option<GoesOn> {
    let outcome = tokio::time::timeout(TIMEOUT, converse(store, stream)).await;
    outcome.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).unwrap_or_else(|error| {
        tracing::warn!(%error, "a conversation on the control socket broke off");
        None
    })
}

async fn converse(store: &Store, mut stream: UnixStream) -> io::Result<Option<GoesOn>> {
    let (input, mut output) = stream.split();
    output.write_all(GREETING).await?;
    let mut line = Vec::new();
    BufReader::new(input.take(CONTROL_REQUEST_BYTES_MAX)).read_until(b'\n', &mut line).await?;
    if !line.ends_with(b"\n") {
        return refuse("the request is too long or incomplete", &mut output).await;
    }
    // What is wrong in the line is told nobody: it may be a secret.
    let Ok(request) = serde_json::from_slice(&line) else {
        let message = "the running server does not understand the request; is it another version?";
        return refuse(message, &mut output).await;
    };
    match request {
        Request::HoldRemovals => {
            return Ok(Holding::begin(store, stream).await?.map(GoesOn::Hold));
        }
        Request::Inquiry(inquiry) => return Ok(Some(GoesOn::Inquiry(inquiry, stream))),
        Request::Account(request) => answer(store, &request, &mut output).await?,
        Request::Decisions(request) => answer(store, &request, &mut output).await?,
        Request::Events(request) => answer(store, &request, &mut output).await?,
        Request::Keys(request) => answer(store, &request, &mut output).await?,
        Request::Lifecycle(request) => answer(store, &request, &mut output).await?,
    }
    Ok(None)
}

async fn refuse(
    message: &str,
    output: &mut (impl AsyncWrite + Unpin),
) -> io::Result<Option<GoesOn>> {
    send(&Reply::<()>::Error(message.to_owned()), output).await?;
    Ok(None)
}

async fn answer(
    store: &Store,
    question: &impl Question,
    output: &mut (impl AsyncWrite + Unpin),
) -> io::Result<()> {
    let reply = match question.answer(store).await {
        Ok(answer) => Reply::Answer(answer),
        Err(error) => Reply::Error(error),
    };
    send(&reply, output).await
}

async fn send(
    reply: &Reply<impl Serialize>,
    output: &mut (impl AsyncWrite + Unpin),
) -> io::Result<()> {
    let mut line = serde_json::to_vec(reply)?;
    line.push(b'\n');
    output.write_all(&line).await?;
    output.shutdown().await
}

/// Finds out what was asked; whoever asked may be gone by then.
async fn answer_inquiry(store: Arc<Store>, inquiry: Inquiry, mut stream: UnixStream) {
    if let Err(error) = answer(&store, &inquiry, &mut stream).await {
        tracing::warn!(%error, "an answer on the control socket reached nobody");
    }
}
