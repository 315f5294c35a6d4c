//! JSON as policies need it: no object with two members of one name, and no deep nesting.
//!
//! A parser that keeps the last of two equal members would let `"Effect":"Deny"` and
//! `"Effect":"Allow"` stand in one statement and mean either, depending on the reader.

use std::collections::BTreeMap;
use std::fmt;

use model::limits::POLICY_DEPTH_MAX;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// A JSON value. Numbers and booleans are kept as the text that conditions compare with.
#[derive(Debug)]
pub(super) enum Json {
    Null,
    /// A number or a boolean.
    Scalar(String),
    Text(String),
    List(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

/// Reads one JSON document.
pub(super) fn parse(text: &str) -> Result<Json, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = AtDepth(1).deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// Bytes of a JSON document without insignificant white space (POL-1). IAM counts its policies so
/// too. AWS: IAM User Guide, "IAM and AWS STS quotas".
pub fn normalized_length_bytes(text: &str) -> usize {
    let mut length = 0;
    let mut inside_string = false;
    let mut escaped = false;
    for byte in text.bytes() {
        if inside_string {
            inside_string = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
        } else {
            inside_string = byte == b'"';
            if byte.is_ascii_whitespace() {
                continue;
            }
        }
        length += 1;
    }
    length
}

/// Reads a value that stands this many levels deep.
#[derive(Clone, Copy)]
struct AtDepth(usize);

impl AtDepth {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.0 >= POLICY_DEPTH_MAX {
            Err(E::custom("nested too deeply"))
        } else {
            Ok(Self(self.0 + 1))
        }
    }
}

impl<'de> DeserializeSeed<'de> for AtDepth {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AtDepth {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Scalar(value.to_string()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Scalar(value.to_string()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Scalar(value.to_string()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Scalar(value.to_string()))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let inner = self.deeper()?;
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(inner)? {
            values.push(value);
        }
        Ok(Json::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Json, A::Error> {
        let inner = self.deeper()?;
        let mut members = BTreeMap::new();
        while let Some(name) = object.next_key::<String>()? {
            let value = object.next_value_seed(inner)?;
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("an object has two members of one name"));
            }
        }
        Ok(Json::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_members_of_one_name_are_refused() {
        assert!(parse(r#"{"a":1,"b":{"a":2}}"#).is_ok());
        for bad in [r#"{"a":1,"a":1}"#, r#"{"x":[{"a":1,"\u0061":2}]}"#, "{} {}", "{", "", "{,}"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(&nested(POLICY_DEPTH_MAX - 1)).is_ok());
        assert!(parse(&nested(POLICY_DEPTH_MAX)).is_err());
        assert!(parse(&nested(1_000_000)).is_err());
    }

    #[test]
    fn white_space_counts_in_strings_only() {
        for (text, expected) in [("{ \"a b\" :\n\t1 }", 9), (r#"{"\" ":" \\"  }"#, 13), ("", 0)] {
            assert_eq!(normalized_length_bytes(text), expected, "{text}");
        }
    }
}
