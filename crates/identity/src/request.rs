//! What a signature covers of a request, free of any HTTP library.

use std::borrow::Cow;

/// One header field as received.
#[derive(Clone, Copy)]
pub struct HeaderField<'a> {
    /// The name in any letter case.
    pub name: &'a str,
    /// The value's bytes, which need not be UTF-8.
    pub value: &'a [u8],
}

/// A request as far as authentication looks at it.
///
/// Borrowed and cheap to build: one slice of `(name, value)` references over the parsed head.
/// Fields of the same name must stand in the order in which they came.
#[derive(Clone, Copy)]
pub struct SignedRequest<'a> {
    /// The method, upper case.
    pub method: &'a str,
    /// The path as received, percent-encoded; never normalised.
    pub raw_path: &'a str,
    /// The query string as received, without `?`; empty if there is none.
    pub raw_query: &'a str,
    /// All header fields.
    pub headers: &'a [HeaderField<'a>],
}

impl<'a> SignedRequest<'a> {
    /// The values of all fields with this name, in order.
    pub fn header_values<'n>(&self, name: &'n str) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
        self.headers
            .iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name))
            .map(|field| field.value)
    }

    /// Whether any field has this name.
    pub fn has_header(&self, name: &str) -> bool {
        self.header_values(name).next().is_some()
    }

    /// The one value of a header: trimmed, repeated fields joined with commas, as signatures see
    /// it (§8.3). A header that must be single is therefore invalid, not ambiguous, when repeated.
    pub fn header(&self, name: &str) -> Option<Cow<'a, [u8]>> {
        let mut values = self.header_values(name).map(trim);
        let first = values.next()?;
        let mut joined = Cow::Borrowed(first);
        for value in values {
            let all = joined.to_mut();
            all.push(b',');
            all.extend_from_slice(value);
        }
        Some(joined)
    }

    /// The one value of a header that is there exactly once, trimmed, if it is UTF-8.
    pub(crate) fn single_text(&self, name: &str) -> Option<&'a str> {
        let mut values = self.header_values(name);
        let only = values.next().filter(|_| values.next().is_none())?;
        std::str::from_utf8(trim(only)).ok()
    }

    /// [`SignedRequest::header`] as text; `Some(Err)` if it is not UTF-8.
    pub fn header_text(&self, name: &str) -> Option<Result<Cow<'a, str>, NotText>> {
        Some(match self.header(name)? {
            Cow::Borrowed(bytes) => {
                std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| NotText)
            }
            Cow::Owned(bytes) => String::from_utf8(bytes).map(Cow::Owned).map_err(|_| NotText),
        })
    }
}

/// A header value that is not UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotText;

/// Bytes as text, with marks in place of what is not UTF-8.
pub(crate) fn lossy(bytes: Cow<'_, [u8]>) -> Cow<'_, str> {
    match bytes {
        Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

/// Without the blanks and tabs at both ends.
pub(crate) fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = value {
        value = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}
