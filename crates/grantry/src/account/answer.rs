//! Answers for machines.

use super::protocol::Answer;
use crate::failure::Failure;

/// The answer as indented JSON, without the name of its kind.
pub(super) fn to_json(answer: &Answer) -> Result<String, Failure> {
    let json = match answer {
        Answer::AccountCreated(answer) => serde_json::to_string_pretty(answer),
        Answer::Accounts(answer) => serde_json::to_string_pretty(answer),
        Answer::Account(answer) => serde_json::to_string_pretty(answer),
        Answer::KeyCreated(answer) => serde_json::to_string_pretty(answer),
        Answer::Keys(answer) => serde_json::to_string_pretty(answer),
        Answer::KeyDeleted(answer) => serde_json::to_string_pretty(answer),
    };
    json.map(|json| format!("{json}\n")).map_err(|error| Failure::new("cannot write JSON", error))
}
