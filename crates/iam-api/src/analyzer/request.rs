//! What a request says, in its path, its query and its body.

use identity::uri::{decode_path, decode_query, query_pairs};
use model::limits::ANALYZER_PAGE_MAX;
use ops::analyzer::{AnalyzerError, InvalidReason};
use serde::de::DeserializeOwned;

/// A request as it arrived.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Its method.
    pub method: &'a str,
    /// Its path, still encoded.
    pub raw_path: &'a str,
    /// Its query, still encoded.
    pub raw_query: &'a str,
    /// Its body.
    pub body: &'a [u8],
}

impl Request<'_> {
    /// The pieces of the path between its slashes. `None` if one of them is no text.
    pub(super) fn path(&self) -> Option<Vec<String>> {
        let pieces = self.raw_path.strip_prefix('/')?.split('/');
        pieces.map(|piece| String::from_utf8(decode_path(piece).into_owned()).ok()).collect()
    }

    /// The values of a parameter of the query.
    pub(super) fn all(&self, name: &str) -> Vec<String> {
        let values = query_pairs(self.raw_query).filter(|(own, _)| *own == name);
        values
            .filter_map(|(_, value)| String::from_utf8(decode_query(value).into_owned()).ok())
            .collect()
    }

    /// The first value of a parameter of the query.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        self.all(name).into_iter().next()
    }

    /// The body, in which unknown members are ignored, as AWS ignores them.
    pub(super) fn document<T: DeserializeOwned>(&self) -> Result<T, AnalyzerError> {
        serde_json::from_slice(self.body).map_err(|error| {
            let message = format!("The request is not what this action expects: {error}");
            AnalyzerError::invalid(InvalidReason::CannotParse, message)
        })
    }
}

/// Which part of a list is wanted. A token is the place where the next part begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Page {
    start: usize,
    length: usize,
}

impl Page {
    /// Reads `nextToken` and `maxResults`.
    pub(super) fn parse(token: Option<&str>, length: Option<usize>) -> Result<Self, AnalyzerError> {
        let wrong = || AnalyzerError::field("You specified an invalid value for nextToken.");
        let start = token.map_or(Ok(0), |token| token.parse().map_err(|_| wrong()))?;
        let length = length.unwrap_or(ANALYZER_PAGE_MAX);
        if length == 0 {
            return Err(AnalyzerError::field("maxResults must be greater than 0."));
        }
        Ok(Self { start, length: length.min(ANALYZER_PAGE_MAX) })
    }

    /// The same from the query of a request.
    pub(super) fn of(request: &Request<'_>) -> Result<Self, AnalyzerError> {
        let length = match request.parameter("maxResults") {
            None => None,
            Some(text) => Some(text.parse().map_err(|_| {
                AnalyzerError::field("You specified an invalid value for maxResults.")
            })?),
        };
        Self::parse(request.parameter("nextToken").as_deref(), length)
    }

    /// The part, and the token of the next one.
    pub(super) fn cut<T>(self, items: Vec<T>) -> (Vec<T>, Option<String>) {
        let end = self.start.saturating_add(self.length);
        let next = (items.len() > end).then(|| end.to_string());
        (items.into_iter().skip(self.start).take(self.length).collect(), next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_queries_are_decoded() {
        let request = Request {
            method: "GET",
            raw_path: "/tags/arn%3Aaws%3Ax%3Aanalyzer%2Fa",
            raw_query: "tagKeys=a&tagKeys=b%20c&x",
            body: b"",
        };
        assert_eq!(request.path().unwrap(), ["tags", "arn:aws:x:analyzer/a"]);
        assert_eq!(request.all("tagKeys"), ["a", "b c"]);
        assert_eq!(request.parameter("y"), None);
    }

    #[test]
    fn pages() {
        let items: Vec<_> = (0..5).collect();
        let page = |token, length| Page::parse(token, length).unwrap().cut(items.clone());
        assert_eq!(page(None, None), (vec![0, 1, 2, 3, 4], None));
        assert_eq!(page(None, Some(2)), (vec![0, 1], Some("2".to_owned())));
        assert_eq!(page(Some("4"), Some(2)), (vec![4], None));
        assert_eq!(page(Some("9"), Some(2)), (vec![], None));
        assert!(Page::parse(Some("x"), None).is_err());
        assert!(Page::parse(None, Some(0)).is_err());
    }
}
