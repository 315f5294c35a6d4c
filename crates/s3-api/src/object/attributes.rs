//! GetObjectAttributes.

use http::HeaderMap;
use model::limits::LIST_PARTS_MAX;
use model::{Checksum, ErrorCode, S3Error};
use ops::object::get::{self, Found};
use ops::records::ObjectRecord;

use super::get::{input, not_modified};
use crate::answer::Answer;
use crate::handlers::Context;
use crate::headers::{checksum, text};
use crate::time::http_date;
use crate::xml::XmlWriter;

const WANTED: &str = "x-amz-object-attributes";

pub(crate) async fn get(context: &Context<'_>) -> Result<Answer, S3Error> {
    let wanted = Wanted::read(context.headers())?;
    let page = Page::read(context.headers())?;
    let version = context.version()?;
    let input = input(context, version.as_ref())?;
    match get::attributes(context.store, &context.call()?, input).await? {
        Found::NotModified { etag, last_modified } => Ok(not_modified(&etag, last_modified)),
        Found::Object(found) => Ok(Answer::xml(document(&found.record, wanted, &page))
            .named("last-modified", http_date(found.record.last_modified))
            .version(found.version.as_ref())),
    }
}

/// The attributes that the client names; at least one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Wanted {
    etag: bool,
    checksum: bool,
    object_parts: bool,
    storage_class: bool,
    object_size: bool,
}

impl Wanted {
    fn read(headers: &HeaderMap) -> Result<Self, S3Error> {
        let mut wanted = Self::default();
        for value in headers.get_all(WANTED) {
            let list = String::from_utf8_lossy(value.as_bytes()).into_owned();
            for name in list.split(',').map(str::trim).filter(|name| !name.is_empty()) {
                let flag = match name {
                    "ETag" => &mut wanted.etag,
                    "Checksum" => &mut wanted.checksum,
                    "ObjectParts" => &mut wanted.object_parts,
                    "StorageClass" => &mut wanted.storage_class,
                    "ObjectSize" => &mut wanted.object_size,
                    _ => {
                        return Err(S3Error::invalid_argument(
                            "Invalid attribute name specified.",
                            WANTED,
                            name,
                        ));
                    }
                };
                *flag = true;
            }
        }
        if wanted == Self::default() {
            return Err(S3Error::with_message(
                ErrorCode::InvalidRequest,
                "The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty",
            ));
        }
        Ok(wanted)
    }
}

/// Which parts are listed.
struct Page {
    after: u16,
    limit: usize,
}

impl Page {
    fn read(headers: &HeaderMap) -> Result<Self, S3Error> {
        let after = match text(headers, "x-amz-part-number-marker") {
            None => 0,
            Some(marker) => marker.parse().map_err(|_| {
                S3Error::invalid_argument(
                    "Provided x-amz-part-number-marker not an integer or within integer range",
                    "x-amz-part-number-marker",
                    marker,
                )
            })?,
        };
        let limit =
            crate::bucket::list::max_keys(text(headers, "x-amz-max-parts"), "x-amz-max-parts")?;
        Ok(Self { after, limit: limit.min(LIST_PARTS_MAX) })
    }
}

fn document(record: &ObjectRecord, wanted: Wanted, page: &Page) -> String {
    XmlWriter::s3("GetObjectAttributesResponse", |xml| {
        if wanted.etag {
            xml.value("ETag", record.etag);
        }
        if let (true, Some(value)) = (wanted.checksum, &record.checksum) {
            xml.element("Checksum", |xml| {
                checksum_element(xml, value);
                xml.value("ChecksumType", value.checksum_type.as_str());
            });
        }
        if let (true, Some(count)) = (wanted.object_parts, record.etag.parts) {
            xml.element("ObjectParts", |xml| object_parts(xml, record, count, page));
        }
        if wanted.storage_class {
            xml.text("StorageClass", &record.storage_class);
        }
        if wanted.object_size {
            xml.value("ObjectSize", record.size_bytes);
        }
    })
}

/// Parts are listed one by one only where each has a checksum, as on S3; their count is always.
fn object_parts(xml: &mut XmlWriter, record: &ObjectRecord, count: u16, page: &Page) {
    let mut parts = record.parts.iter().filter(|part| part.number > page.after).peekable();
    let listed: Vec<_> = parts.by_ref().take(page.limit).collect();
    let with_checksums = listed.iter().any(|part| part.checksum.is_some());
    if with_checksums {
        xml.value("IsTruncated", parts.peek().is_some());
        xml.value("MaxParts", page.limit);
        xml.value("NextPartNumberMarker", listed.last().map_or(page.after, |part| part.number));
        for part in &listed {
            xml.element("Part", |xml| {
                if let Some(value) = &part.checksum {
                    checksum_element(xml, value);
                }
                xml.value("PartNumber", part.number);
                xml.value("Size", part.size_bytes);
            });
        }
        xml.value("PartNumberMarker", page.after);
    }
    xml.value("PartsCount", count);
}

fn checksum_element(xml: &mut XmlWriter, value: &Checksum) {
    xml.value(value.algorithm.element(), checksum::encode(value));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(values: &[&str]) -> Result<Wanted, ErrorCode> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(WANTED, value.parse().unwrap());
        }
        Wanted::read(&headers).map_err(|error| error.code())
    }

    #[test]
    fn names_of_attributes() {
        let some = wanted(&["ETag, ObjectSize", "Checksum"]).unwrap();
        assert!(some.etag && some.object_size && some.checksum);
        assert!(!some.object_parts && !some.storage_class);
        assert_eq!(wanted(&[]), Err(ErrorCode::InvalidRequest));
        assert_eq!(wanted(&[" , "]), Err(ErrorCode::InvalidRequest));
        assert_eq!(wanted(&["etag"]), Err(ErrorCode::InvalidArgument));
    }
}
