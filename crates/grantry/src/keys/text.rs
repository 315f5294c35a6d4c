//! Answers for people, and for machines.

use super::protocol::{Answer, Key};
use crate::failure::Failure;

/// The answer as indented JSON, without the name of its kind.
pub(super) fn json(answer: &Answer) -> Result<String, Failure> {
    let json = match answer {
        Answer::MasterKey(key) => serde_json::to_string_pretty(key),
        Answer::Keys(keys) => serde_json::to_string_pretty(keys),
        Answer::Key(key) => serde_json::to_string_pretty(key),
        Answer::Rewrapped(done) => serde_json::to_string_pretty(done),
    };
    json.map(|json| format!("{json}\n")).map_err(|error| Failure::new("cannot write JSON", error))
}

/// The answer as lines of text.
pub(super) fn text(answer: &Answer) -> String {
    match answer {
        Answer::MasterKey(key) => {
            let previous = if key.with_previous {
                "the key before it is given too: what that sealed is sealed anew, and it is needed for \
                 sessions and backups from before only\n"
            } else {
                ""
            };
            format!("{}  from {}\n{previous}", key.id, key.place)
        }
        Answer::Keys(keys) if keys.is_empty() => {
            "no keys yet; the first encrypted object makes one\n".to_owned()
        }
        Answer::Keys(keys) => keys.iter().map(line).collect(),
        Answer::Key(key) => line(key),
        Answer::Rewrapped(done) => format!(
            "looked at {} versions of objects, wrapped {} data keys anew{}\n",
            done.versions,
            done.data_keys,
            match done.failed {
                0 => String::new(),
                failed => format!(", {failed} could not be opened (see the log)"),
            }
        ),
    }
}

fn line(key: &Key) -> String {
    let state = match (key.usable, key.enabled, key.newest) {
        (false, _, _) => "unusable: of another master key",
        (true, false, _) => "disabled",
        (true, true, true) => "wraps",
        (true, true, false) => "opens",
    };
    let name = key.arn.as_deref().unwrap_or("AES256");
    let aliases: Vec<_> = key.aliases.iter().flat_map(|alias| ["  ", alias]).collect();
    let aliases = aliases.concat();
    let description = if key.description.is_empty() { "" } else { "  " };
    format!(
        "{}  {}  {state}  {name}{aliases}{description}{}\n",
        key.number, key.created, key.description
    )
}
