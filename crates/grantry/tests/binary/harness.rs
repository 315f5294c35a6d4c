//! Starts and ends servers, runs commands, and speaks plain HTTP.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// Longest wait for anything that should happen at once, on a machine that is busy with tests.
const PATIENCE: Duration = Duration::from_mins(1);

/// A temporary place for one data directory.
pub(crate) struct Place {
    outer: TempDir,
    data_directory: PathBuf,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self::at("data")
    }

    /// A place whose data directory has this name.
    pub(crate) fn at(name: &str) -> Self {
        let outer = tempfile::tempdir().unwrap();
        let data_directory = outer.path().join(name);
        Self { outer, data_directory }
    }

    pub(crate) fn data_directory(&self) -> &Path {
        &self.data_directory
    }

    /// A command with this data directory, and nothing of the environment of the tests.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.command_without_directory(arguments);
        command.arg("--data-dir").arg(&self.data_directory);
        command
    }

    /// A command that takes no data directory as an option.
    pub(crate) fn command_without_directory(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_grantry"));
        command.args(arguments).env_clear().current_dir(self.outer.path());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a command that must succeed, and returns what it printed.
    pub(crate) fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command that must fail, and returns what it said on standard error.
    pub(crate) fn fail(&self, arguments: &[&str], exit_code: i32) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(exit_code), "{arguments:?}: {output:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    pub(crate) fn serve(&self) -> Server {
        self.serve_with(&[], &[])
    }

    /// Starts a server that logs what goes wrong.
    pub(crate) fn serve_quietly(&self) -> Server {
        self.start("warn", &[], &[])
    }

    /// Starts a server on a free port and waits until it listens.
    pub(crate) fn serve_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Server {
        self.start("trace", arguments, environment)
    }

    fn start(&self, level: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Server {
        let [output, log] = ["output", "log"].map(|name| self.outer.path().join(name));
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0", "--log", level]);
        let child = command
            .args(arguments)
            .envs(environment.iter().copied())
            .stdout(File::create(&output).unwrap())
            .stderr(File::create(&log).unwrap())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let mut server = Server { child, output, log, address: ([127, 0, 0, 1], 0).into() };
        server.address = server.await_address();
        server
    }
}

/// A running server, killed when dropped.
pub(crate) struct Server {
    child: Child,
    output: PathBuf,
    log: PathBuf,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// What it printed on standard output.
    pub(crate) fn output(&self) -> String {
        std::fs::read_to_string(&self.output).unwrap()
    }

    /// What it logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// The value of a variable that the first start tells to export.
    pub(crate) fn exported(&self, name: &str) -> String {
        let output = self.output();
        let start = format!("  export {name}=");
        let value = output.lines().find_map(|line| line.strip_prefix(&start));
        value.unwrap_or_else(|| panic!("no {name} in\n{output}")).to_owned()
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(self.child.id().try_into().unwrap()).unwrap();
        kill_process(id, signal).unwrap();
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let mut status = None;
        eventually("the server ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }

    /// Stops it in order.
    pub(crate) fn stop(&mut self) {
        self.signal(Signal::TERM);
        let status = self.wait();
        assert_eq!(status.code(), Some(0), "{}", self.log());
    }

    /// Sends one request on a connection of its own and returns the whole answer.
    pub(crate) fn request(&self, head: &str) -> String {
        let mut stream = self.connect();
        // In one piece: the server may answer and close before it has read everything.
        let whole = format!("{head}\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address);
        stream.write_all(whole.as_bytes()).unwrap();
        read_to_end(stream)
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    fn await_address(&mut self) -> SocketAddr {
        let mut address = None;
        eventually("the server listens", || {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the server ended with {status}:\n{}", self.log());
            }
            let output = self.output();
            address = output
                .split_once('\n')
                .and_then(|(line, _)| line.strip_prefix("listening on "))
                .and_then(|url| url.split_once("://"))
                .and_then(|(_, address)| address.parse().ok());
            address.is_some()
        });
        address.unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a server sends until it closes the connection.
pub(crate) fn read_to_end(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8(answer).unwrap()
}

/// Waits until something holds.
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let give_up = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < give_up, "{what}: not within {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
