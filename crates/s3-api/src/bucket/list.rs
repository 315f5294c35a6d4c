//! ListBuckets, ListObjects and ListObjectsV2.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use model::S3Error;
use model::limits::{LIST_BUCKETS_MAX, LIST_KEYS_MAX};
use ops::bucket::list;
use ops::records::{ListBucketsQuery, ListEntry, ListObjectsQuery, ListStart, ObjectPage};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::answer::Answer;
use crate::handlers::Context;
use crate::query::Query;
use crate::time::{iso8601, iso8601_display};
use crate::xml::XmlWriter;

/// What `encoding-type=url` leaves as it is. A blank becomes `+` afterwards, as on S3.
const URL_ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b' ')
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'/')
    .remove(b'*');

/// What an entry of a listing takes besides its key, generously.
const ENTRY_BYTES: usize = 384;

pub(crate) async fn buckets(context: &Context<'_>) -> Result<Answer, S3Error> {
    let query = context.query;
    let limit = match query.get("max-buckets") {
        None => LIST_BUCKETS_MAX,
        Some(text) => {
            text.parse().ok().filter(|limit| (1..=LIST_BUCKETS_MAX).contains(limit)).ok_or_else(
                || {
                    S3Error::invalid_argument(
                        "Argument max-buckets must be an integer between 1 and 10000",
                        "max-buckets",
                        text,
                    )
                },
            )?
        }
    };
    let after = query.non_empty("continuation-token").map(decode_token).transpose()?;
    let prefix = query.get("prefix").unwrap_or_default();
    let wanted = ListBucketsQuery {
        prefix,
        after: after.as_deref(),
        region: query.non_empty("bucket-region"),
        limit,
    };
    let (account, page) = list::buckets(context.store, &context.call()?, wanted).await?;
    Ok(Answer::xml(XmlWriter::s3("ListAllMyBucketsResult", |xml| {
        // ID-17: no DisplayName.
        xml.element("Owner", |xml| xml.text("ID", account.canonical_id.as_str()));
        xml.element("Buckets", |xml| {
            for bucket in &page.buckets {
                xml.element("Bucket", |xml| {
                    xml.text("Name", bucket.name.as_str());
                    xml.value("CreationDate", iso8601(bucket.created));
                    xml.text("BucketRegion", &bucket.region);
                });
            }
        });
        if let Some(next) = &page.next {
            xml.text("ContinuationToken", &BASE64.encode(next.as_str()));
        }
        xml.optional("Prefix", query.non_empty("prefix"));
    })))
}

fn decode_token(token: &str) -> Result<String, S3Error> {
    let decoded = BASE64.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.ok_or_else(|| {
        S3Error::invalid_argument(
            "The continuation token provided is incorrect",
            "continuation-token",
            token,
        )
    })
}

/// The parameters that all listings of keys share.
pub(crate) struct Parameters<'a> {
    /// `prefix`
    pub(super) prefix: &'a str,
    /// `delimiter`, unless it is empty.
    pub(super) delimiter: Option<&'a str>,
    /// `max-keys`, at most 1,000.
    pub(crate) limit: usize,
    /// `encoding-type=url`
    pub(crate) url_encoded: bool,
}

impl<'a> Parameters<'a> {
    /// Reads what the query says.
    pub(crate) fn read(query: &'a Query<'_>) -> Result<Self, S3Error> {
        Ok(Self {
            prefix: query.get("prefix").unwrap_or_default(),
            delimiter: query.non_empty("delimiter"),
            limit: max_keys(query.get("max-keys"), "max-keys")?.min(LIST_KEYS_MAX),
            url_encoded: url_encoded(query)?,
        })
    }

    /// Encodes a text if the client asked for it.
    pub(super) fn encode<'t>(&self, text: &'t str) -> Cow<'t, str> {
        encode(text, self.url_encoded)
    }
}

/// Encodes a text if the client asked for `encoding-type=url`.
pub(crate) fn encode(text: &str, url_encoded: bool) -> Cow<'_, str> {
    if !url_encoded {
        return Cow::Borrowed(text);
    }
    let encoded: Cow<'_, str> = utf8_percent_encode(text, URL_ENCODED).into();
    if encoded.contains(' ') { Cow::Owned(encoded.replace(' ', "+")) } else { encoded }
}

/// Whether `encoding-type=url` was asked for.
pub(crate) fn url_encoded(query: &Query<'_>) -> Result<bool, S3Error> {
    match query.get("encoding-type") {
        None => Ok(false),
        Some("url") => Ok(true),
        Some(other) => Err(S3Error::invalid_argument(
            "Invalid Encoding Method specified in Request",
            "encoding-type",
            other,
        )),
    }
}

/// A page size, by default 1,000.
pub(crate) fn max_keys(text: Option<&str>, name: &str) -> Result<usize, S3Error> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(LIST_KEYS_MAX) };
    let not_a_number = |_| {
        S3Error::invalid_argument(
            format!("Provided {name} not an integer or within integer range"),
            name,
            text,
        )
    };
    let number: i32 = text.parse().map_err(not_a_number)?;
    usize::try_from(number).map_err(|_| {
        S3Error::invalid_argument(
            format!("Argument {name} must be an integer between 0 and 2147483647"),
            name,
            text,
        )
    })
}

pub(crate) async fn objects(context: &Context<'_>) -> Result<Answer, S3Error> {
    let parameters = Parameters::read(context.query)?;
    let marker = context.query.get("marker").unwrap_or_default();
    let query = ListObjectsQuery {
        prefix: parameters.prefix,
        delimiter: parameters.delimiter,
        start: start_after_marker(marker, &parameters),
        with_owners: true,
        limit: parameters.limit,
    };
    let bucket = context.bucket()?;
    let page = list::objects(context.store, &context.call()?, bucket, query).await?;
    let truncated = page.next.is_some() && parameters.limit > 0;
    Ok(Answer::xml(XmlWriter::s3("ListBucketResult", |xml| {
        xml.text("Name", bucket.as_str());
        xml.text("Prefix", &parameters.encode(parameters.prefix));
        xml.text("Marker", &parameters.encode(marker));
        if let (true, Some(_), Some(next)) = (truncated, parameters.delimiter, &page.next) {
            xml.text("NextMarker", &parameters.encode(start_text(next)));
        }
        page_parameters(xml, &parameters, truncated);
        page_content(xml, &page, &parameters);
    })))
}

/// A marker that is a common prefix stands for everything below it, so that `NextMarker` leads on.
pub(crate) fn start_after_marker(marker: &str, parameters: &Parameters<'_>) -> ListStart {
    let below = marker.strip_prefix(parameters.prefix);
    match (below, parameters.delimiter) {
        _ if marker.is_empty() => ListStart::Beginning,
        (Some(below), Some(delimiter))
            if below.find(delimiter).map(|at| at + delimiter.len()) == Some(below.len()) =>
        {
            ListStart::AfterPrefix(marker.to_owned())
        }
        _ => ListStart::AfterKey(marker.to_owned()),
    }
}

fn start_text(start: &ListStart) -> &str {
    match start {
        ListStart::Beginning => "",
        ListStart::AfterKey(text) | ListStart::AfterPrefix(text) => text,
    }
}

pub(crate) async fn objects_v2(context: &Context<'_>) -> Result<Answer, S3Error> {
    let parameters = Parameters::read(context.query)?;
    let token = context.query.get("continuation-token");
    let start_after = context.query.non_empty("start-after");
    let start = match (token, start_after) {
        (Some(token), _) => continuation(token)?,
        (None, Some(key)) => ListStart::AfterKey(key.to_owned()),
        (None, None) => ListStart::Beginning,
    };
    let query = ListObjectsQuery {
        prefix: parameters.prefix,
        delimiter: parameters.delimiter,
        start,
        with_owners: context.query.get("fetch-owner") == Some("true"),
        limit: parameters.limit,
    };
    let bucket = context.bucket()?;
    let page = list::objects_v2(context.store, &context.call()?, bucket, query).await?;
    let truncated = page.next.is_some() && parameters.limit > 0;
    Ok(Answer::xml(XmlWriter::s3("ListBucketResult", |xml| {
        xml.text("Name", bucket.as_str());
        xml.text("Prefix", &parameters.encode(parameters.prefix));
        xml.optional("ContinuationToken", token);
        if let (true, Some(next)) = (truncated, &page.next) {
            xml.text("NextContinuationToken", &continuation_token(next));
        }
        xml.optional("StartAfter", start_after.map(|key| parameters.encode(key)).as_deref());
        xml.value("KeyCount", page.entries.len() + page.common_prefixes.len());
        page_parameters(xml, &parameters, truncated);
        page_content(xml, &page, &parameters);
    })))
}

/// Opaque to clients: what the next page starts behind, and whether that is a key or a prefix.
pub(crate) fn continuation_token(start: &ListStart) -> String {
    match start {
        ListStart::Beginning => String::new(),
        ListStart::AfterKey(key) => BASE64.encode(format!("k{key}")),
        ListStart::AfterPrefix(prefix) => BASE64.encode(format!("p{prefix}")),
    }
}

pub(crate) fn continuation(token: &str) -> Result<ListStart, S3Error> {
    let decoded = decode_token(token)?;
    let mut characters = decoded.chars();
    match characters.next() {
        Some('k') => Ok(ListStart::AfterKey(characters.as_str().to_owned())),
        Some('p') => Ok(ListStart::AfterPrefix(characters.as_str().to_owned())),
        _ => Err(S3Error::invalid_argument(
            "The continuation token provided is incorrect",
            "continuation-token",
            token,
        )),
    }
}

/// What every listing repeats of its parameters.
pub(super) fn page_parameters(xml: &mut XmlWriter, parameters: &Parameters<'_>, truncated: bool) {
    xml.value("MaxKeys", parameters.limit);
    xml.optional("Delimiter", parameters.delimiter.map(|text| parameters.encode(text)).as_deref());
    if parameters.url_encoded {
        xml.text("EncodingType", "url");
    }
    xml.value("IsTruncated", truncated);
}

fn page_content(xml: &mut XmlWriter, page: &ObjectPage, parameters: &Parameters<'_>) {
    let keys: usize = page.entries.iter().map(|entry| entry.key.as_str().len()).sum();
    xml.reserve(keys + ENTRY_BYTES * page.entries.len());
    for entry in &page.entries {
        xml.element("Contents", |xml| contents(xml, entry, parameters));
    }
    common_prefixes(xml, &page.common_prefixes, parameters);
}

/// One element for each common prefix.
pub(super) fn common_prefixes(
    xml: &mut XmlWriter,
    prefixes: &[String],
    parameters: &Parameters<'_>,
) {
    for prefix in prefixes {
        xml.element("CommonPrefixes", |xml| xml.text("Prefix", &parameters.encode(prefix)));
    }
}

fn contents(xml: &mut XmlWriter, entry: &ListEntry, parameters: &Parameters<'_>) {
    xml.text("Key", &parameters.encode(entry.key.as_str()));
    xml.value("LastModified", iso8601_display(entry.last_modified));
    described(xml, entry);
}

/// What a listing shows of an object besides its name and date.
pub(super) fn described(xml: &mut XmlWriter, entry: &ListEntry) {
    xml.value("ETag", format_args!("&quot;{}&quot;", entry.etag));
    if let Some(algorithm) = entry.checksum_algorithm {
        xml.plain_text("ChecksumAlgorithm", algorithm.as_str());
    }
    if let Some(kind) = entry.checksum_type {
        xml.plain_text("ChecksumType", kind.as_str());
    }
    xml.number("Size", entry.size_bytes);
    if let Some(owner) = &entry.owner {
        xml.element("Owner", |xml| xml.text("ID", owner.as_str()));
    }
    xml.text("StorageClass", &entry.storage_class);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_round_trip() {
        for start in [ListStart::AfterKey("ä/b".into()), ListStart::AfterPrefix("p/".into())] {
            assert_eq!(continuation(&continuation_token(&start)).unwrap(), start);
        }
        for bad in ["", "!", "eA", "_w"] {
            assert!(continuation(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn markers() {
        let check = |marker: &str, prefix: &'static str, delimiter, expected: &str| {
            let parameters = Parameters { prefix, delimiter, limit: 1, url_encoded: false };
            assert_eq!(format!("{:?}", start_after_marker(marker, &parameters)), expected);
        };
        check("", "", None, "Beginning");
        check("a/", "", None, "AfterKey(\"a/\")");
        check("a/", "", Some("/"), "AfterPrefix(\"a/\")");
        check("a/b", "", Some("/"), "AfterKey(\"a/b\")");
        check("a/b/", "", Some("/"), "AfterKey(\"a/b/\")");
        check("a/b/", "a/", Some("/"), "AfterPrefix(\"a/b/\")");
    }

    #[test]
    fn url_encoding() {
        assert_eq!(encode("a b+c/d&\u{1}é", true), "a+b%2Bc/d%26%01%C3%A9");
        assert_eq!(encode("a b", false), "a b");
    }

    #[test]
    fn page_sizes() {
        assert_eq!(max_keys(None, "max-keys").unwrap(), 1000);
        assert_eq!(max_keys(Some(""), "max-keys").unwrap(), 1000);
        assert_eq!(max_keys(Some("0"), "max-keys").unwrap(), 0);
        for bad in ["-1", "x", "2147483648"] {
            assert!(max_keys(Some(bad), "max-keys").is_err(), "{bad}");
        }
    }
}
