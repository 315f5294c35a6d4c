//! GetObject and HeadObject.

use std::ops::Range;

use http::{StatusCode, header};
use model::limits::PART_NUMBER_MAX;
use model::{ChecksumType, ETag, ErrorCode, S3Error, Timestamp, VersionId};
use ops::encryption::CustomerKey;
use ops::object::get::{self, Found, GetObject, part_range};
use ops::records::ObjectRecord;

use crate::answer::Answer;
use crate::body::ResponseBody;
use crate::handlers::Context;
use crate::headers::range::RequestedRange;
use crate::headers::{checksum, conditions, encryption, object_lock, range, text};
use crate::time::{http_date, parse_http_date};

/// What S3 says of an object whose writer named no type.
const DEFAULT_CONTENT_TYPE: &str = "binary/octet-stream";

pub(crate) async fn get(context: &Context<'_>) -> Result<Answer, S3Error> {
    let overrides = Overrides::read(context)?;
    let wanted = Wanted::read(context)?;
    let version = context.version()?;
    let input = input(context, version.as_ref())?;
    let customer_md5 = input.customer_key.as_ref().map(CustomerKey::md5);
    match get::get(context.store, &context.call()?, input).await? {
        Found::NotModified { etag, last_modified } => Ok(not_modified(&etag, last_modified)),
        Found::Object(object) => {
            let record = object.record()?;
            let selection = wanted.select(record)?;
            let length = selection.length(record);
            let body = match &selection {
                // Nothing to read, and nothing to open.
                _ if length == 0 => ResponseBody::empty(),
                Selection::Whole => ResponseBody::object(object.read(0..length)?, length),
                Selection::Part { range, .. } => {
                    ResponseBody::object(object.read(range.clone())?, length)
                }
            };
            let answer = describe(context, (record, customer_md5), &selection)
                .version(object.version()?.as_ref())
                .tag_count(object.tag_count());
            let answer = object_lock::tell(answer, &object.lock());
            Ok(overrides.apply(answer).length(length).body(body))
        }
    }
}

pub(crate) async fn head(context: &Context<'_>) -> Result<Answer, S3Error> {
    let overrides = Overrides::read(context)?;
    let wanted = Wanted::read(context)?;
    let version = context.version()?;
    let input = input(context, version.as_ref())?;
    let customer_md5 = input.customer_key.as_ref().map(CustomerKey::md5);
    match get::head(context.store, &context.call()?, input).await? {
        Found::NotModified { etag, last_modified } => Ok(not_modified(&etag, last_modified)),
        Found::Object(found) => {
            let record = &found.record;
            let selection = wanted.select(record)?;
            let length = selection.length(record);
            let answer = describe(context, (record, customer_md5), &selection)
                .version(found.version.as_ref())
                .tag_count(found.tag_count);
            let answer = object_lock::tell(answer, &found.lock);
            Ok(overrides.apply(answer).length(length))
        }
    }
}

/// What every read of an object asks for.
pub(super) fn input<'a>(
    context: &'a Context<'_>,
    version: Option<&'a VersionId>,
) -> Result<GetObject<'a>, S3Error> {
    Ok(GetObject {
        bucket: context.bucket()?,
        key: context.key()?,
        version,
        conditions: conditions::read(context.headers()),
        customer_key: encryption::settled_key(context.headers(), context.key_transport)?,
    })
}

pub(super) fn not_modified(etag: &model::ETag, last_modified: Timestamp) -> Answer {
    Answer::new(StatusCode::NOT_MODIFIED)
        .displayed("etag", format_args!("\"{etag}\""))
        .named("last-modified", http_date(last_modified))
}

/// Which bytes the request names.
enum Wanted<'a> {
    Range { header: Option<&'a str>, only_if: Option<&'a str> },
    PartNumber(u16),
}

/// Which bytes of the object are answered.
enum Selection {
    Whole,
    Part { range: Range<u64>, parts_count: Option<usize> },
}

impl<'a> Wanted<'a> {
    fn read(context: &'a Context<'_>) -> Result<Self, S3Error> {
        let range = text(context.headers(), header::RANGE);
        let Some(number) = context.query.get("partNumber") else {
            let only_if = text(context.headers(), header::IF_RANGE);
            return Ok(Self::Range { header: range, only_if });
        };
        if range.is_some() {
            return Err(S3Error::with_message(
                ErrorCode::InvalidRequest,
                "Cannot specify both Range header and partNumber query parameter",
            ));
        }
        part_number(number).map(Self::PartNumber)
    }

    fn select(&self, record: &ObjectRecord) -> Result<Selection, S3Error> {
        match self {
            // The client has part of another object: it needs the whole of this one.
            Self::Range { only_if: Some(validator), .. } if !is_current(validator, record) => {
                Ok(Selection::Whole)
            }
            Self::Range { header, .. } => Ok(match range::resolve(*header, record.size_bytes)? {
                RequestedRange::Whole => Selection::Whole,
                RequestedRange::Part(range) => Selection::Part { range, parts_count: None },
            }),
            Self::PartNumber(number) => Ok(Selection::Part {
                range: part_range(record, *number)?,
                parts_count: record.etag.parts.map(usize::from),
            }),
        }
    }
}

/// Whether the validator of `If-Range`, an entity tag or a date, is that of the object (RFC 9110,
/// section 13.1.5). A weak tag never is.
fn is_current(validator: &str, record: &ObjectRecord) -> bool {
    match parse_http_date(validator) {
        Some(date) => date == record.last_modified.truncated_to_seconds(),
        None => ETag::parse(validator.trim()) == Some(record.etag),
    }
}

/// `partNumber`: 1 to 10,000.
pub(crate) fn part_number(text: &str) -> Result<u16, S3Error> {
    let number = text.parse().ok().filter(|number| (1..=PART_NUMBER_MAX).contains(number));
    number.ok_or_else(|| {
        S3Error::invalid_argument(
            "Part number must be an integer between 1 and 10000, inclusive",
            "partNumber",
            text,
        )
    })
}

impl Selection {
    fn length(&self, record: &ObjectRecord) -> u64 {
        match self {
            Self::Whole => record.size_bytes,
            Self::Part { range, .. } => range.end.saturating_sub(range.start),
        }
    }
}

/// Everything that the headers say of an object.
fn describe(
    context: &Context<'_>,
    (record, customer_md5): (&ObjectRecord, Option<[u8; 16]>),
    selection: &Selection,
) -> Answer {
    let headers = &record.headers;
    let answer = match selection {
        Selection::Whole => Answer::ok(),
        Selection::Part { range, .. } => content_range(range, record.size_bytes),
    };
    let mut answer = answer
        .fixed(header::ACCEPT_RANGES, "bytes")
        .owned(header::LAST_MODIFIED, http_date(record.last_modified))
        .owned(header::ETAG, format!("\"{}\"", record.etag));
    answer = match headers.content_type.as_deref() {
        Some(content_type) => answer.header(header::CONTENT_TYPE, content_type),
        None => answer.fixed(header::CONTENT_TYPE, DEFAULT_CONTENT_TYPE),
    };
    answer = answer
        .optional("cache-control", headers.cache_control.as_deref())
        .optional("content-disposition", headers.content_disposition.as_deref())
        .optional("content-encoding", headers.content_encoding.as_deref())
        .optional("content-language", headers.content_language.as_deref())
        .optional("expires", headers.expires.as_deref())
        .optional("x-amz-website-redirect-location", headers.website_redirect_location.as_deref());
    if record.storage_class != "STANDARD" {
        answer = answer.named("x-amz-storage-class", &record.storage_class);
    }
    for (name, value) in &record.user_metadata {
        answer = answer.dynamic(&format!("x-amz-meta-{name}"), value);
    }
    if let Selection::Part { parts_count: Some(count), .. } = selection {
        answer = answer.displayed("x-amz-mp-parts-count", count);
    }
    let shown = context.store.shown_encryption(record.encryption.as_ref());
    let answer = encryption::shown(answer, shown.as_ref(), customer_md5);
    with_checksum(context, record, selection, answer)
}

fn content_range(range: &Range<u64>, size_bytes: u64) -> Answer {
    let answer = Answer::new(StatusCode::PARTIAL_CONTENT);
    if range.is_empty() {
        // Part 1 of an empty object has no first byte to name.
        return answer;
    }
    let last = range.end.saturating_sub(1);
    answer.displayed("content-range", format_args!("bytes {}-{last}/{size_bytes}", range.start))
}

/// The checksum, when asked for. That of a range cannot be known.
fn with_checksum(
    context: &Context<'_>,
    record: &ObjectRecord,
    selection: &Selection,
    answer: Answer,
) -> Answer {
    let asked = text(context.headers(), "x-amz-checksum-mode")
        .is_some_and(|mode| mode.eq_ignore_ascii_case("ENABLED"));
    let covers = match selection {
        Selection::Whole => true,
        Selection::Part { range, .. } => *range == (0..record.size_bytes),
    };
    match &record.checksum {
        Some(value) if asked && covers => {
            // SDKs skip a composite value by its suffix, and check a full-object one.
            debug_assert!(value.checksum_type == ChecksumType::Composite || value.parts.is_none());
            answer
                .named(value.algorithm.header(), checksum::encode(value))
                .named("x-amz-checksum-type", value.checksum_type.as_str())
        }
        _ => answer,
    }
}

/// The `response-*` parameters. AWS: API reference, GetObject.
struct Overrides<'a>(Vec<(&'static str, &'a str)>);

const OVERRIDES: [(&str, &str); 6] = [
    ("response-content-type", "content-type"),
    ("response-content-language", "content-language"),
    ("response-expires", "expires"),
    ("response-cache-control", "cache-control"),
    ("response-content-disposition", "content-disposition"),
    ("response-content-encoding", "content-encoding"),
];

impl<'a> Overrides<'a> {
    fn read(context: &'a Context<'_>) -> Result<Self, S3Error> {
        if context.query.is_empty() {
            return Ok(Self(Vec::new()));
        }
        let found: Vec<_> = OVERRIDES
            .into_iter()
            .filter_map(|(parameter, header)| Some((header, context.query.get(parameter)?)))
            .collect();
        if !found.is_empty() && context.principal.is_anonymous() {
            // EVAL-10
            return Err(S3Error::with_message(
                ErrorCode::InvalidRequest,
                "Request specific response headers cannot be used for anonymous GET requests.",
            ));
        }
        Ok(Self(found))
    }

    fn apply(&self, answer: Answer) -> Answer {
        self.0.iter().fold(answer, |answer, (header, value)| answer.named(header, value))
    }
}
