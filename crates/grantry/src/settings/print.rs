//! The effective settings, as a configuration file with comments.

use std::fmt::Write as _;

use super::table::{self, Exposure, Setting};
use super::values::{Given, Values};

/// All settings with their values and where these come from. What is printed could be used as a
/// configuration file, but for the secrets, which are left out.
pub(crate) fn print(values: &Values) -> String {
    let mut text = String::new();
    let mut current = "";
    for setting in table::ALL {
        let (in_table, key) = setting.name.split_once('.').unwrap_or(("", setting.name));
        if in_table != current {
            current = in_table;
            text.push_str(&format!("\n[{in_table}]\n"));
        }
        text.push_str(&line(setting, key, values.get(setting)));
    }
    text
}

fn line(setting: &Setting, key: &str, given: Option<&Given>) -> String {
    let mut line = String::new();
    let written = match given {
        None => writeln!(line, "# {key} is not set"),
        Some(given) => {
            let source = given.source.describe(setting);
            match setting.exposure {
                Exposure::Secret => writeln!(line, "# {key} is not shown  # {source}"),
                Exposure::Public | Exposure::NoFlag => {
                    let value = toml::Value::String(given.text.clone());
                    writeln!(line, "{key} = {value}  # {source}")
                }
            }
        }
    };
    // Writing to a text cannot fail.
    written.map(|()| line).unwrap_or_default()
}
