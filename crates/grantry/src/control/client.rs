//! The side of the command.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use model::limits::CONTROL_ANSWER_BYTES_MAX;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::path::SocketPath;
use super::{GREETING, Question, Reply, Unreachable};
use crate::data_directory::DataDirectory;

/// Longest wait for the greeting.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Asks the server that uses the directory. The inner error is the server's.
pub(crate) fn ask<Q: Question>(
    directory: &DataDirectory,
    question: &Q,
) -> Result<Result<Q::Answer, String>, Unreachable> {
    let stream = greeted(directory)?;
    stream.set_read_timeout(Some(Q::PATIENCE)).map_err(Unreachable::Failed)?;
    let request = BTreeMap::from([(Q::KIND, question)]);
    match converse(&stream, &request).map_err(Unreachable::Failed)? {
        Reply::Answer(answer) => Ok(Ok(answer)),
        Reply::Error(message) => Ok(Err(message)),
        Reply::Held => Err(another_question()),
    }
}

/// The server took part, but with something else.
pub(super) fn another_question() -> Unreachable {
    Unreachable::Failed(io::Error::other("it answered another question"))
}

/// A connection to the server that uses the directory, which has greeted us.
pub(super) fn greeted(directory: &DataDirectory) -> Result<UnixStream, Unreachable> {
    let mut stream = connect(directory).map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied => Unreachable::Failed(error),
        _ => Unreachable::NobodyListens(error),
    })?;
    let mut greeting = [0; GREETING.len()];
    stream.read_exact(&mut greeting).map_err(Unreachable::NobodyListens)?;
    if greeting != GREETING {
        return Err(Unreachable::Failed(io::Error::other("it is another version")));
    }
    Ok(stream)
}

fn connect(directory: &DataDirectory) -> io::Result<UnixStream> {
    let path = SocketPath::new(directory.path())?;
    let stream = UnixStream::connect(path.as_path())?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    Ok(stream)
}

fn converse<A: DeserializeOwned>(
    mut stream: &UnixStream,
    request: &impl Serialize,
) -> io::Result<Reply<A>> {
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut answer = Vec::new();
    BufReader::new(stream.take(CONTROL_ANSWER_BYTES_MAX)).read_until(b'\n', &mut answer)?;
    if answer.is_empty() {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it closed the connection"));
    }
    Ok(serde_json::from_slice(&answer)?)
}
