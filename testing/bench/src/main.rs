//! `grantry-bench`: a load generator for S3 endpoints that says what a request costs the server.
//!
//! It measures from outside, through HTTP and `/proc`, so that every server is measured alike.
//! `docs/performance.md` has the method.

mod arguments;
mod connection;
mod failure;
mod load;
mod measure;
mod nginx;
mod prepare;
mod process;
mod program;
mod report;
mod requests;
mod server;
mod statistics;
mod target;
mod workload;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser as _;

use self::arguments::Arguments;
use self::failure::Failure;

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // If standard error is closed, nobody can be told.
            let _ = writeln!(io::stderr().lock(), "grantry-bench: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    let report = runtime(arguments.threads)?.block_on(measure::run(arguments))?;
    let text = if arguments.json { report.json()? } else { report.table() };
    let mut output = io::stdout().lock();
    let printed = output.write_all(text.as_bytes()).and_then(|()| output.flush());
    printed.map_err(|error| Failure::new("cannot print", error))
}

/// One thread is the cheapest: connections then wake each other without another processor.
fn runtime(threads: usize) -> Result<tokio::runtime::Runtime, Failure> {
    let mut builder = if threads == 1 {
        tokio::runtime::Builder::new_current_thread()
    } else {
        tokio::runtime::Builder::new_multi_thread()
    };
    let runtime = builder.worker_threads(threads).enable_all().build();
    runtime.map_err(|error| Failure::new("cannot start threads", error))
}
