//! The conversation of a backup: the server removes nothing as long as it lasts.
//!
//! The command says "hold", copies, and asks at the end whether the hold stood all the time. If the
//! server ended meanwhile, so did the connection, and the copy may lack what was removed since.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream as Connection;
use std::time::Duration;

use ops::Store;
use ops::store::RemovalHold;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use super::{Reply, Unreachable, client};
use crate::data_directory::DataDirectory;

/// Longest wait for a removal that is under way, and for the end of another backup; below the
/// patience of the command.
const HOLD_TIMEOUT: Duration = Duration::from_secs(8);
/// What the command sends at its end, and what it gets back.
const END: &[u8] = b"\n";
/// The request, as JSON a string.
const HOLD: &str = "hold_removals";
/// Longest reply of this conversation.
const REPLY_BYTES_MAX: u64 = 1024;

/// The command's end of a hold.
pub(crate) struct Held {
    connection: Connection,
}

/// Asks the server to remove nothing. The inner error is the server's.
pub(crate) fn hold(directory: &DataDirectory) -> Result<Result<Held, String>, Unreachable> {
    let connection = client::greeted(directory)?;
    match ask(&connection).map_err(Unreachable::Failed)? {
        Reply::Held => Ok(Ok(Held { connection })),
        Reply::Error(message) => Ok(Err(message)),
        Reply::Answer(()) => Err(client::another_question()),
    }
}

fn ask(mut connection: &Connection) -> io::Result<Reply> {
    let mut line = serde_json::to_vec(HOLD)?;
    line.push(b'\n');
    connection.write_all(&line)?;
    let mut reply = Vec::new();
    BufReader::new(connection.take(REPLY_BYTES_MAX)).read_until(b'\n', &mut reply)?;
    Ok(serde_json::from_slice(&reply)?)
}

impl Held {
    /// Ends the hold; an error if it ended before.
    pub(crate) fn end(mut self) -> io::Result<()> {
        self.connection.write_all(END)?;
        let mut reply = [0; END.len()];
        self.connection.read_exact(&mut reply)
    }
}

/// The server's end of a hold.
pub(super) struct Holding {
    stream: UnixStream,
    hold: RemovalHold,
}

impl Holding {
    /// Waits for removals to rest, and tells the command.
    pub(super) async fn begin(store: &Store, mut stream: UnixStream) -> io::Result<Option<Self>> {
        let held = tokio::time::timeout(HOLD_TIMEOUT, store.hold_removals()).await;
        let (reply, hold): (Reply, _) = if let Ok(hold) = held {
            (Reply::Held, Some(hold))
        } else {
            let message = "another backup is under way, or many bodies are being removed";
            (Reply::Error(message.to_owned()), None)
        };
        let mut line = serde_json::to_vec(&reply)?;
        line.push(b'\n');
        stream.write_all(&line).await?;
        Ok(hold.map(|hold| Self { stream, hold }))
    }

    /// Holds until the command says that it is done, or is gone.
    pub(super) async fn last(mut self) {
        tracing::info!("a backup began; removed bodies are kept until it ends");
        let mut end = [0; END.len()];
        let done = self.stream.read_exact(&mut end).await.is_ok();
        // Whoever asked may be gone.
        let told = done && self.stream.write_all(END).await.is_ok();
        drop(self.hold);
        tracing::info!(completed = told, "the backup ended");
    }
}
