//! What the person at the terminal reads.

use std::io::{self, Write};

use serde::Serialize;

use crate::failure::Failure;

/// Prints to standard output.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    let printed = output.write_all(text.as_bytes()).and_then(|()| output.flush());
    printed.map_err(|error| Failure::new("cannot print", error))
}

/// Prints to standard error; if that fails, nobody can be told.
pub(crate) fn error(failure: &Failure) {
    let _ = writeln!(io::stderr().lock(), "grantry: {failure}");
}

/// Says something besides the answer, on standard error.
pub(crate) fn error_line(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// A line of JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string(value);
    text.map(|text| format!("{text}\n")).map_err(|error| Failure::new("cannot write JSON", error))
}
