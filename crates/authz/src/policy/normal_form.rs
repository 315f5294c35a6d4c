//! How GetBucketPolicy writes a policy where it is not asked for the bytes it was given (POL-2):
//! without white space, members in the order of the recordings, lists of one element as that
//! element.

use std::fmt::Write as _;

use super::json::{self, Json};

/// The members of a policy, in the order of the recordings.
const POLICY_MEMBERS: [&str; 3] = ["Version", "Id", "Statement"];
/// The members that a statement can have, in the order of the recordings.
pub(super) const STATEMENT_MEMBERS: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

/// The normal form of a document; absent if it is not JSON.
pub(super) fn of(text: &str) -> Option<String> {
    let document = json::parse(text).ok()?;
    let mut normal = String::with_capacity(text.len());
    write(&document, List::Stays, &mut normal);
    Some(normal)
}

/// What becomes of a list of one element.
#[derive(Clone, Copy, PartialEq, Eq)]
enum List {
    /// The list of statements stays one.
    Stays,
    Unwrapped,
}

fn write(value: &Json, list: List, text: &mut String) {
    match value {
        Json::Null => text.push_str("null"),
        Json::Scalar(scalar) => text.push_str(scalar),
        Json::Text(string) => write_text(string, text),
        Json::List(values) => match values.as_slice() {
            [only] if list == List::Unwrapped => write(only, list, text),
            values => write_all('[', values.iter(), ']', text, |value, text| {
                write(value, List::Unwrapped, text);
            }),
        },
        Json::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            // Names that are not listed stay in the order of the map, behind those that are.
            members.sort_by_key(|(name, _)| {
                let mut order = POLICY_MEMBERS.iter().chain(&STATEMENT_MEMBERS);
                order.position(|known| known == name).unwrap_or(usize::MAX)
            });
            write_all('{', members.into_iter(), '}', text, |(name, value), text| {
                write_text(name, text);
                text.push(':');
                let list = if name == "Statement" { List::Stays } else { List::Unwrapped };
                write(value, list, text);
            });
        }
    }
}

fn write_all<T>(
    open: char,
    items: impl Iterator<Item = T>,
    close: char,
    text: &mut String,
    write_one: impl Fn(T, &mut String),
) {
    text.push(open);
    for (index, item) in items.enumerate() {
        if index > 0 {
            text.push(',');
        }
        write_one(item, text);
    }
    text.push(close);
}

fn write_text(string: &str, text: &mut String) {
    text.push('"');
    for character in string.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            control if control < ' ' => {
                // Writing to a text cannot fail.
                let _ = write!(text, "\\u{:04x}", u32::from(control));
            }
            other => text.push(other),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_forms() {
        for (text, expected) in [
            (
                r#"{ "Statement": [ {"Resource":["a"], "Action":["b","c"], "Principal":{"AWS":["*"]}, "Effect":"Allow","Sid":"s"} ], "Version":"2012-10-17" }"#,
                r#"{"Version":"2012-10-17","Statement":[{"Sid":"s","Effect":"Allow","Principal":{"AWS":"*"},"Action":["b","c"],"Resource":"a"}]}"#,
            ),
            (
                r#"{"Statement":{"Condition":{"Bool":{"z":true,"a":["é\"\\\u0001"]}},"NotAction":"x"},"Id":"i"}"#,
                r#"{"Id":"i","Statement":{"NotAction":"x","Condition":{"Bool":{"a":"é\"\\\u0001","z":true}}}}"#,
            ),
        ] {
            assert_eq!(of(text).as_deref(), Some(expected), "{text}");
            assert_eq!(of(expected).as_deref(), Some(expected), "{expected}");
        }
        assert_eq!(of("{"), None);
    }
}
