//! `grantry`: command line, configuration, wiring, shutdown.
//!
//! The binary knows no rule of S3. It reads settings, opens the store, gives it to the wire layer,
//! and ends both in order.

mod account;
mod advise;
mod backup;
mod check;
mod cli;
mod clock;
mod control;
mod data_directory;
mod events;
mod explain;
mod failure;
mod inquiry;
mod keys;
mod lifecycle;
mod logs;
mod output;
mod serve;
mod settings;
mod tools;
mod who_can;

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
        Ok(code) => code,
        Err(failure) => {
            output::error(&failure);
            ExitCode::from(failure.exit_code)
        }
    }
}

fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Serve(ServeArguments { settings, print_settings }) => {
            let values = Values::collect(&settings.0, &|name| env::var_os(name))?;
            let settings = Settings::from_values(&values)?;
            if print_settings {
                output::print(&settings::print(&values))?;
            } else {
                serve::run(&settings)?;
            }
        }
        Command::Account(arguments) => {
            let values = Values::collect(&arguments.place.0, &|name| env::var_os(name))?;
            account::run(arguments.command, arguments.json, &Settings::from_values(&values)?)?;
        }
        Command::Explain(arguments) => {
            let values = Values::collect(&arguments.place.0, &|name| env::var_os(name))?;
            return explain::run(*arguments, &Settings::from_values(&values)?);
        }
        Command::Decisions(arguments) => {
            let values = Values::collect(&arguments.place.0, &|name| env::var_os(name))?;
            explain::list(*arguments, &Settings::from_values(&values)?)?;
        }
        Command::Keys(arguments) => {
            let values = Values::collect(&arguments.place.0, &|name| env::var_os(name))?;
            keys::run(arguments.command, arguments.json, &Settings::from_values(&values)?)?;
        }
        Command::Events(arguments) => {
            let values = Values::collect(&arguments.place.0, &|name| env::var_os(name))?;
            events::run(&arguments.command, arguments.json, &Settings::from_values(&values)?)?;
        }
        Command::Check(arguments) => {
            let values = Values::collect(&arguments.place.0, &|name| env::var_os(name))?;
            return check::run(&arguments, &Settings::from_values(&values)?);
        }
        Command::Backup(arguments) => {
            let values = Values::collect(&arguments.place.0, &|name| env::var_os(name))?;
            return backup::back_up(&arguments, &Settings::from_values(&values)?);
        }
        Command::Advise(arguments) => {
            let values = Values::collect(&arguments.place.0, &|name| env::var_os(name))?;
            return advise::run(&arguments, &Settings::from_values(&values)?);
        }
        Command::WhoCan(arguments) => {
            let values = Values::collect(&arguments.place.0, &|name| env::var_os(name))?;
            who_can::run(&arguments, &Settings::from_values(&values)?)?;
        }
        Command::Lifecycle(arguments) => {
            let values = Values::collect(&arguments.settings.0, &|name| env::var_os(name))?;
            lifecycle::run(&arguments, &Settings::from_values(&values)?)?;
        }
        Command::Restore(arguments) => {
            let values = Values::collect(&arguments.keys.0, &|name| env::var_os(name))?;
            return backup::restore(&arguments, &Settings::from_values(&values)?);
        }
        Command::Doctor(arguments) => return tools::doctor(&arguments),
        Command::Fix(arguments) => return tools::fix(&arguments),
        Command::Watch(arguments) => return tools::watch(&arguments),
        Command::Recover(arguments) => return tools::recover(&arguments),
        Command::Completions(arguments) => return tools::completions(&arguments),
        Command::Man(arguments) => return tools::man(&arguments),
    }
    Ok(ExitCode::SUCCESS)
}
