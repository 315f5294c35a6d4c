//! The configuration file: TOML whose keys are the names of the settings.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use model::limits::CONFIGURATION_FILE_BYTES_MAX;
use toml::{Table, Value};

use super::{DestinationSettings, notifications, table};
use crate::failure::Failure;

/// The table that holds one table for each destination of event notifications.
const NOTIFICATIONS: &str = "notifications";

/// What a file says.
#[derive(Debug, Default)]
pub(super) struct Content {
    /// The values by the names of their settings.
    pub(super) values: BTreeMap<String, String>,
    /// The destinations of event notifications.
    pub(super) notifications: Vec<DestinationSettings>,
}

/// The values of a file by the names of their settings.
///
/// Errors name the file and the key. No error shows a line of the file, which may hold a secret.
pub(super) fn read(path: &Path) -> Result<Content, Failure> {
    let what = || format!("configuration file {}", path.display());
    let text = text(path).map_err(|error| Failure::usage(what(), error))?;
    values(&text).map_err(|why| {
        Failure::usage(what(), why).next("`grantry serve --help` lists all settings.")
    })
}

fn text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(CONFIGURATION_FILE_BYTES_MAX + 1).read_to_string(&mut text)?;
    let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
    if length > CONFIGURATION_FILE_BYTES_MAX {
        let message = format!("is larger than {CONFIGURATION_FILE_BYTES_MAX} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(text)
}

/// The values of a text, or what is wrong with it.
pub(super) fn values(text: &str) -> Result<Content, String> {
    let table: Table = toml::from_str(text).map_err(|error| syntax_error(text, &error))?;
    let mut content = Content::default();
    for (key, value) in table {
        match value {
            Value::Table(inner) if key == NOTIFICATIONS => {
                content.notifications = notifications::read(inner.into_iter().collect())?;
            }
            Value::Table(inner) => {
                for (inner_key, value) in inner {
                    insert(&mut content.values, format!("{key}.{inner_key}"), value)?;
                }
            }
            value => insert(&mut content.values, key, value)?,
        }
    }
    Ok(content)
}

/// Where the error is, without the text around it.
fn syntax_error(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start));
    match before {
        Some(before) => format!("line {}: {}", before.matches('\n').count() + 1, error.message()),
        None => error.message().to_owned(),
    }
}

fn insert(values: &mut BTreeMap<String, String>, name: String, value: Value) -> Result<(), String> {
    if !table::ALL.iter().any(|setting| setting.name == name) {
        return Err(format!("unknown key `{name}`"));
    }
    let text = plain(value).ok_or_else(|| {
        format!("key `{name}` must be a text, a number, a truth value, or a list of texts")
    })?;
    values.insert(name, text);
    Ok(())
}

/// The value as one would write it in the environment.
fn plain(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Integer(number) => Some(number.to_string()),
        Value::Boolean(truth) => Some(truth.to_string()),
        Value::Array(items) => {
            let texts: Option<Vec<String>> = items
                .into_iter()
                .map(|item| if let Value::String(text) = item { Some(text) } else { None })
                .collect();
            texts.map(|texts| texts.join(","))
        }
        Value::Float(_) | Value::Datetime(_) | Value::Table(_) => None,
    }
}
