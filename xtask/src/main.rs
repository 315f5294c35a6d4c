//! `cargo run -p xtask -- tidy` runs the checks, `cargo run -p xtask -- docs` writes what is
//! generated.

use std::fs;
use std::io;
use std::process::ExitCode;

use xtask::{CHECKS, Workspace, generated};

fn main() -> ExitCode {
    let command = std::env::args().nth(1);
    let done = match command.as_deref() {
        Some("tidy") => tidy(),
        Some("docs") => docs(),
        _ => {
            eprintln!("usage: cargo run -p xtask -- tidy|docs");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("the repository cannot be read or written: {error}");
            ExitCode::FAILURE
        }
    }
}

fn tidy() -> io::Result<bool> {
    let workspace = Workspace::read()?;
    let mut clean = true;
    for (name, check) in CHECKS {
        for finding in check(&workspace) {
            clean = false;
            println!("{name}: {finding}");
        }
    }
    Ok(clean)
}

fn docs() -> io::Result<bool> {
    let workspace = Workspace::read()?;
    let mut complete = true;
    for (path, text) in generated::current(&workspace) {
        match text {
            Ok(text) if workspace.text(path) != Some(text.as_str()) => {
                fs::write(Workspace::root().join(path), text)?;
                println!("wrote {path}");
            }
            Ok(_) => {}
            Err(finding) => {
                complete = false;
                println!("{finding}");
            }
        }
    }
    Ok(complete)
}
