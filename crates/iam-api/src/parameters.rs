//! The parameters of the query protocol.
//!
//! AWS: IAM user guide, "Making query requests". Names and values are form-encoded, lists are
//! written as `Tags.member.1.Key=…`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use iam::{IamError, IamErrorCode, Tag, validate};
use identity::uri::{decode_query, query_pairs};
use model::limits::{QUERY_LIST_MEMBERS_MAX, QUERY_PARAMETERS_MAX};

/// The parameters of one call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// Reads the query string and the body of a call. The same parameter twice would leave open
    /// which of the two is meant, and is refused. Errors: `MalformedQueryString`.
    pub fn parse(query: &str, body: &[u8]) -> Result<Self, IamError> {
        let body = str::from_utf8(body).map_err(|_| malformed("The request is not UTF-8."))?;
        let mut parameters = BTreeMap::new();
        for (name, value) in query_pairs(query).chain(query_pairs(body)) {
            if name.is_empty() && value.is_empty() {
                continue;
            }
            let (name, value) = (decode(name)?, decode(value)?);
            if parameters.len() >= QUERY_PARAMETERS_MAX {
                return Err(malformed("The request has too many parameters."));
            }
            if parameters.insert(name, value).is_some() {
                return Err(malformed("The request has a parameter more than once."));
            }
        }
        Ok(Self(parameters))
    }

    /// A parameter; one without a value counts as one with an empty value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A parameter that has to be there. Errors: `ValidationError`.
    pub fn required(&self, name: &str) -> Result<&str, IamError> {
        self.get(name).ok_or_else(|| validate::required(&lower_camel(name)))
    }

    /// A parameter that has to be there, to be kept.
    pub fn owned(&self, name: &str) -> Result<String, IamError> {
        self.required(name).map(str::to_owned)
    }

    /// `true` or `false`; absent is false. Errors: `ValidationError`.
    pub fn flag(&self, name: &str) -> Result<bool, IamError> {
        match self.get(name) {
            None => Ok(false),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            Some(text) => Err(malformed_value(name, text)),
        }
    }

    /// A whole number. Errors: `ValidationError`.
    pub fn number(&self, name: &str) -> Result<Option<u32>, IamError> {
        let Some(text) = self.get(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| malformed_value(name, text))
    }

    /// One of several words; absent is `None`. Errors: `ValidationError`.
    pub fn word<'w>(&self, name: &str, words: &[&'w str]) -> Result<Option<&'w str>, IamError> {
        let Some(text) = self.get(name) else { return Ok(None) };
        words.iter().find(|word| **word == text).copied().map(Some).ok_or_else(|| {
            let rule = format!("Member must satisfy enum value set: [{}]", words.join(", "));
            validate::constraint(&lower_camel(name), text, &rule)
        })
    }

    /// A list of texts: `name.member.1`, `name.member.2` and so on, to the first that is missing.
    /// Errors: `ValidationError`.
    pub fn list(&self, name: &str) -> Result<Vec<String>, IamError> {
        let members = (1..).map_while(|index| self.get(&format!("{name}.member.{index}")));
        bounded(members.map(str::to_owned), name)
    }

    /// A list of tags. Errors: `ValidationError`.
    pub fn tags(&self) -> Result<Vec<Tag>, IamError> {
        let member = |index: usize| {
            let key = self.get(&format!("Tags.member.{index}.Key"));
            let value = self.get(&format!("Tags.member.{index}.Value"));
            (key.is_some() || value.is_some()).then_some((index, key, value))
        };
        let members = bounded((1..).map_while(member), "Tags")?.into_iter();
        let tag = |(index, key, value): (usize, Option<&str>, Option<&str>)| {
            let missing = |part| validate::required(&format!("tags.{index}.member.{part}"));
            Ok(Tag {
                key: key.ok_or_else(|| missing("key"))?.to_owned(),
                value: value.ok_or_else(|| missing("value"))?.to_owned(),
            })
        };
        members.map(tag).collect()
    }

    /// How many members a list of structures has: `name.member.N.…`.
    pub fn members(&self, name: &str) -> Result<usize, IamError> {
        let has = |index: &usize| {
            let front = format!("{name}.member.{index}.");
            let next = self.0.range(front.clone()..).next();
            next.is_some_and(|(key, _)| key.starts_with(&front))
        };
        Ok(bounded((1..).take_while(has), name)?.len())
    }
}

fn bounded<T>(items: impl Iterator<Item = T>, name: &str) -> Result<Vec<T>, IamError> {
    let items: Vec<T> = items.take(QUERY_LIST_MEMBERS_MAX + 1).collect();
    if items.len() <= QUERY_LIST_MEMBERS_MAX {
        return Ok(items);
    }
    Err(IamError::validation(format!(
        "1 validation error detected: Value at '{}' failed to satisfy constraint: Member must have \
         length less than or equal to {QUERY_LIST_MEMBERS_MAX}",
        lower_camel(name)
    )))
}

fn decode(text: &str) -> Result<String, IamError> {
    let bytes: Cow<'_, [u8]> = decode_query(text);
    let not_text = || malformed("A parameter of the request is not UTF-8.");
    String::from_utf8(bytes.into_owned()).map_err(|_| not_text())
}

fn malformed(message: &'static str) -> IamError {
    IamError::new(IamErrorCode::MalformedQueryString, message)
}

fn malformed_value(name: &str, text: &str) -> IamError {
    IamError::new(
        IamErrorCode::ValidationError,
        format!("Value '{text}' at '{}' is not valid.", lower_camel(name)),
    )
}

/// `UserName` as errors call it: `userName`.
fn lower_camel(name: &str) -> String {
    let mut characters = name.chars();
    let first = characters.next().map(|c| c.to_ascii_lowercase());
    first.into_iter().chain(characters).collect()
}

#[cfg(test)]
mod tests;
