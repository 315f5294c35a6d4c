//! `x-amz-tagging`: tags for a new object, written like the parameters of a URI.

use http::HeaderMap;
use model::{S3Error, TagSet};

use super::text;
use crate::query::Query;

const NAME: &str = "x-amz-tagging";
const DIRECTIVE: &str = "x-amz-tagging-directive";

/// The tags; none without the header. AWS: API reference, PutObject.
pub(crate) fn read(headers: &HeaderMap) -> Result<TagSet, S3Error> {
    let Some(value) = headers.get(NAME) else { return Ok(TagSet::default()) };
    let shown = || String::from_utf8_lossy(value.as_bytes()).into_owned();
    let unreadable = || {
        S3Error::invalid_argument(
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
            NAME,
            shown(),
        )
    };
    let several = headers.get_all(NAME).iter().count() > 1;
    let raw = text(headers, NAME).filter(|_| !several).ok_or_else(unreadable)?;
    if !is_encoded(raw) {
        return Err(unreadable());
    }
    let query = Query::parse(raw).ok_or_else(unreadable)?;
    let pairs: Vec<_> =
        query.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let repeated = |(index, (key, _)): (usize, &(String, String))| {
        pairs.iter().take(index).any(|(known, _)| known == key)
    };
    if pairs.iter().enumerate().any(repeated) {
        return Err(unreadable());
    }
    TagSet::of_object(pairs)
}

/// `x-amz-tagging-directive` of a copy: `None` copies the tags of the source, as by default.
pub(crate) fn replacement(headers: &HeaderMap) -> Result<Option<TagSet>, S3Error> {
    match text(headers, DIRECTIVE) {
        None | Some("COPY") => Ok(None),
        Some("REPLACE") => read(headers).map(Some),
        Some(other) => {
            Err(S3Error::invalid_argument("Unknown tagging directive.", DIRECTIVE, other))
        }
    }
}

/// Whether every `%` begins the number of a byte.
fn is_encoded(raw: &str) -> bool {
    raw.split('%').skip(1).all(|rest| {
        let mut digits = rest.bytes();
        let is_digit = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_hexdigit());
        is_digit(digits.next()) && is_digit(digits.next())
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use model::ErrorCode;

    use super::*;

    fn check(value: &str, expected: Result<&[(&str, &str)], ErrorCode>) {
        let mut headers = HeaderMap::new();
        headers.insert(NAME, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        let tags = read(&headers).map_err(|error| error.code());
        let found = tags.as_ref().map(|tags| {
            tags.pairs().iter().map(|(key, value)| (&**key, &**value)).collect::<Vec<_>>()
        });
        assert_eq!(found.map_err(|code| *code), expected.map(<[_]>::to_vec), "{value}");
    }

    #[test]
    fn tags() {
        check("", Ok(&[]));
        check("a=b&c", Ok(&[("a", "b"), ("c", "")]));
        check("k%20y=v+w&%C3%A4=%2B", Ok(&[("k y", "v w"), ("ä", "+")]));
        check("a=b=c", Ok(&[("a", "b=c")]));
        for bad in ["a=1&a=2", "a=%", "a=%4", "a=%zz", "a=%ff"] {
            check(bad, Err(ErrorCode::InvalidArgument));
        }
        check("=x", Err(ErrorCode::InvalidTag));
        check("a=%26", Err(ErrorCode::InvalidTag));
        let many: Vec<_> = (0..11).map(|number| format!("{number}=")).collect();
        check(&many.join("&"), Err(ErrorCode::BadRequest));
    }

    #[test]
    fn the_header_comes_once() {
        let mut headers = HeaderMap::new();
        headers.append(NAME, HeaderValue::from_static("a=b"));
        headers.append(NAME, HeaderValue::from_static("c=d"));
        assert_eq!(read(&headers).unwrap_err().code(), ErrorCode::InvalidArgument);
    }

    #[test]
    fn directives() {
        let of = |directive: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(NAME, HeaderValue::from_static("a=b"));
            headers.insert(DIRECTIVE, HeaderValue::from_static(directive));
            replacement(&headers).map_err(|error| error.code())
        };
        assert_eq!(of("COPY"), Ok(None));
        assert_eq!(of("REPLACE").unwrap().unwrap().pairs().len(), 1);
        assert_eq!(of("replace"), Err(ErrorCode::InvalidArgument));
    }
}
