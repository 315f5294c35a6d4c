//! The effective settings, as a configuration file with comments.

use super::notifications;
use super::table::{self, Exposure, Setting};
use super::values::{Given, Values};

/// All settings with their values and where these come from. What is printed could be used as a
/// configuration file, but for the secrets, which are left out.
pub(crate) fn print(values: &Values) -> String {
    let mut lines = Vec::new();
    let mut current = "";
    for setting in table::ALL {
        let (in_table, key) = setting.name.split_once('.').unwrap_or(("", setting.name));
        if in_table != current {
            current = in_table;
            lines.push(format!("\n[{in_table}]\n"));
        }
        lines.push(line(setting, key, values.get(setting)));
    }
    lines.push(notifications::print(values.notifications()));
    lines.concat()
}

fn line(setting: &Setting, key: &str, given: Option<&Given>) -> String {
    let Some(given) = given else { return format!("# {key} is not set\n") };
    let source = given.source.describe(setting);
    match setting.exposure {
        Exposure::Secret => format!("# {key} is not shown  # {source}\n"),
        Exposure::Public | Exposure::NoFlag => {
            let value = toml::Value::String(given.text.clone());
            format!("{key} = {value}  # {source}\n")
        }
    }
}
