//! The query string of a request.

use std::borrow::Cow;

use identity::uri::{decode_query, query_pairs};

/// The parameters of a query string in the order in which they were sent.
#[derive(Debug, Default)]
pub(crate) struct Query<'a> {
    parameters: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> Query<'a> {
    /// Decodes a raw query string; `None` where a name or value is not UTF-8.
    ///
    /// `+` means a blank in names and values, as S3 reads it.
    pub(crate) fn parse(raw: &'a str) -> Option<Self> {
        let mut parameters = Vec::new();
        for (name, value) in query_pairs(raw) {
            parameters.push((decode(name)?, decode(value)?));
        }
        Some(Self { parameters })
    }

    /// The first value of a parameter.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_ref())
    }

    /// The first value of a parameter, unless it is empty.
    pub(crate) fn non_empty(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// Whether a parameter is there, with or without a value.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// All parameters in the order in which they were sent.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters.iter().map(|(name, value)| (name.as_ref(), value.as_ref()))
    }

    /// Whether there is no parameter at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.parameters.is_empty()
    }
}

/// The same decoding that signatures are checked with, so that what was signed is what is done.
fn decode(text: &str) -> Option<Cow<'_, str>> {
    match decode_query(text) {
        Cow::Borrowed(bytes) => str::from_utf8(bytes).ok().map(Cow::Borrowed),
        Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_and_decodes() {
        let query = Query::parse("acl&prefix=a%2Fb+c%2B&x=&x=2").unwrap();
        assert!(query.has("acl"));
        assert_eq!(query.get("prefix"), Some("a/b c+"));
        assert_eq!(query.get("x"), Some(""));
        assert_eq!(query.non_empty("x"), None);
        assert!(Query::parse("a=%ff").is_none());
        assert!(Query::parse("").unwrap().is_empty());
    }
}
