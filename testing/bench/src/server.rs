//! A Grantry of our own, on an empty data directory.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command, Stdio};

use identity::generate;
use tempfile::TempDir;

use crate::failure::Failure;
use crate::program::Program;
use crate::target::{Credentials, Target};

const ACCESS_KEY_ID: &str = "GRANTRYBENCH";
const READY: &str = "listening on http://";

/// The server; ended, and its data removed, when dropped.
pub(crate) struct Server {
    authority: String,
    credentials: Credentials,
    program: Program,
    /// Held open so that the server can go on writing to it.
    _output: Option<BufReader<ChildStdout>>,
    /// Last, so that it is removed when the server has ended.
    _directory: TempDir,
}

impl Server {
    /// Starts `program` on loopback with its data in a new directory within `parent`.
    pub(crate) fn start(program: &Path, parent: &Path) -> Result<Self, Failure> {
        let failed = |error| Failure::new("cannot make a data directory", error);
        let directory = TempDir::with_prefix_in("grantry-bench-", parent).map_err(failed)?;
        let failed = |error| Failure::new("cannot generate a secret", error);
        let secret = generate::secret_access_key().map_err(failed)?;
        let mut command = Command::new(program);
        command
            .arg("serve")
            .env("GRANTRY_LISTEN", "127.0.0.1:0")
            .env("GRANTRY_DATA_DIR", directory.path().join("data"))
            .env("GRANTRY_ROOT_ACCESS_KEY_ID", ACCESS_KEY_ID)
            .env("GRANTRY_ROOT_SECRET_ACCESS_KEY", secret.expose())
            .env("GRANTRY_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut program = Program::start(&mut command)?;
        let mut output = program.child().stdout.take().map(BufReader::new);
        let mut line = String::new();
        if let Some(output) = &mut output {
            let failed = |error| Failure::new("cannot hear from the server", error);
            output.read_line(&mut line).map_err(failed)?;
        }
        let authority = line
            .trim_end()
            .strip_prefix(READY)
            .ok_or_else(|| Failure::new("the server did not start", "its log says why"))?;
        let authority = authority.to_owned();
        let credentials = Credentials { access_key_id: ACCESS_KEY_ID.to_owned(), secret };
        Ok(Self { authority, credentials, program, _output: output, _directory: directory })
    }

    /// The server as a target.
    pub(crate) fn target(&self, region: &str, bucket: &str) -> Target {
        Target {
            name: "grantry".into(),
            authority: self.authority.clone(),
            credentials: Some(self.credentials.clone()),
            pid: Some(self.program.pid()),
            region: region.to_owned(),
            bucket: bucket.to_owned(),
            read_only: false,
        }
    }
}

/// Where servers keep their data if nothing else is said: beside the program, because the
/// directory for temporary files is often in memory, where flushing costs nothing.
pub(crate) fn default_directory(program: &Path) -> PathBuf {
    match program.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}
