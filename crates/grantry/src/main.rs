//! `grantry`: command line, configuration, wiring, shutdown.
//!
//! The binary knows no rule of S3. It reads settings, opens the store, gives it to the wire layer,
//! and ends both in order.

mod account;
mod cli;
mod clock;
mod control;
mod data_directory;
mod failure;
mod logs;
mod output;
mod serve;
mod settings;

use std::env;
use std::process::ExitCode;

use clap::Parser as _;
use rustix::fs::Mode;

use self::cli::{Cli, Command, ServeArguments};
use self::failure::Failure;
use self::settings::{Settings, Values};

fn main() -> ExitCode {
    // Whatever is made from here on is for its owner only.
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::error(&failure);
            ExitCode::from(failure.exit_code)
        }
    }
}

fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Serve(ServeArguments { settings, print_settings }) => {
            let values = Values::collect(&settings.0, &|name| env::var_os(name))?;
            let settings = Settings::from_values(&values)?;
            if print_settings {
                return output::print(&settings::print(&values));
            }
            serve::run(&settings)
        }
        Command::Account(arguments) => {
            let values = Values::collect(&arguments.place.0, &|name| env::var_os(name))?;
            account::run(arguments.command, arguments.json, &Settings::from_values(&values)?)
        }
    }
}
