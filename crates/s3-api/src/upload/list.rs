//! ListMultipartUploads and ListParts.

use model::S3Error;
use model::limits::{LIST_PARTS_MAX, LIST_UPLOADS_MAX};
use ops::records::{ListUploadsQuery, PartPage, UploadPage, UploadRecord, UploadStart};
use ops::upload::list;

use super::create::upload_id;
use crate::answer::Answer;
use crate::bucket::list::{encode, max_keys, url_encoded};
use crate::handlers::Context;
use crate::headers::checksum;
use crate::time::iso8601;
use crate::xml::XmlWriter;

pub(crate) async fn uploads(context: &Context<'_>) -> Result<Answer, S3Error> {
    let query = context.query;
    let prefix = query.get("prefix").unwrap_or_default();
    let delimiter = query.non_empty("delimiter");
    let key_marker = query.get("key-marker").unwrap_or_default();
    // Without a key marker the id marker is ignored. AWS: API reference, ListMultipartUploads.
    let id_marker = query.non_empty("upload-id-marker").filter(|_| !key_marker.is_empty());
    let limit = max_keys(query.get("max-uploads"), "max-uploads")?.min(LIST_UPLOADS_MAX);
    let url_encoded = url_encoded(query)?;
    let start = match (key_marker, id_marker) {
        ("", _) => UploadStart::Beginning,
        (key, Some(id)) => UploadStart::AfterUpload(key.to_owned(), id.to_owned()),
        (key, None) if is_common_prefix(key, prefix, delimiter) => {
            UploadStart::AfterPrefix(key.to_owned())
        }
        (key, None) => UploadStart::AfterKey(key.to_owned()),
    };
    let wanted = ListUploadsQuery { prefix, delimiter, start, limit };
    let bucket = context.bucket()?;
    let page = list::uploads(context.store, &context.call()?, bucket, wanted).await?;
    let truncated = page.next.is_some() && limit > 0;
    Ok(Answer::xml(XmlWriter::s3("ListMultipartUploadsResult", |xml| {
        xml.text("Bucket", bucket.as_str());
        xml.text("KeyMarker", &encode(key_marker, url_encoded));
        xml.text("UploadIdMarker", id_marker.unwrap_or_default());
        if truncated {
            let (key, id) = next_markers(page.next.as_ref());
            xml.text("NextKeyMarker", &encode(key, url_encoded));
            xml.text("NextUploadIdMarker", id);
        }
        xml.optional(
            "Prefix",
            query.get("prefix").map(|text| encode(text, url_encoded)).as_deref(),
        );
        xml.optional("Delimiter", delimiter.map(|text| encode(text, url_encoded)).as_deref());
        xml.value("MaxUploads", limit);
        if url_encoded {
            xml.text("EncodingType", "url");
        }
        xml.value("IsTruncated", truncated);
        upload_elements(xml, &page, url_encoded);
    })))
}

fn is_common_prefix(marker: &str, prefix: &str, delimiter: Option<&str>) -> bool {
    match (marker.strip_prefix(prefix), delimiter) {
        (Some(below), Some(delimiter)) => {
            below.find(delimiter).map(|at| at + delimiter.len()) == Some(below.len())
        }
        _ => false,
    }
}

fn next_markers(next: Option<&UploadStart>) -> (&str, &str) {
    match next {
        None | Some(UploadStart::Beginning) => ("", ""),
        Some(UploadStart::AfterKey(key) | UploadStart::AfterPrefix(key)) => (key, ""),
        Some(UploadStart::AfterUpload(key, id)) => (key, id),
    }
}

fn upload_elements(xml: &mut XmlWriter, page: &UploadPage, url_encoded: bool) {
    for upload in &page.uploads {
        xml.element("Upload", |xml| {
            xml.text("Key", &encode(upload.key.as_str(), url_encoded));
            xml.text("UploadId", upload.id.as_str());
            xml.element("Initiator", |xml| xml.text("ID", &upload.initiator.id));
            xml.element("Owner", |xml| xml.value("ID", &upload.owner));
            xml.text("StorageClass", &upload.storage_class);
            xml.value("Initiated", iso8601(upload.initiated));
            if let Some(algorithm) = upload.checksum_algorithm {
                xml.value("ChecksumAlgorithm", algorithm.as_str());
            }
            if let Some(kind) = upload.checksum_type {
                xml.value("ChecksumType", kind.as_str());
            }
        });
    }
    for prefix in &page.common_prefixes {
        xml.element("CommonPrefixes", |xml| xml.text("Prefix", &encode(prefix, url_encoded)));
    }
}

pub(crate) async fn parts(context: &Context<'_>) -> Result<Answer, S3Error> {
    let query = context.query;
    let limit = max_keys(query.get("max-parts"), "max-parts")?.min(LIST_PARTS_MAX);
    let marker = part_number_marker(query.non_empty("part-number-marker"))?;
    let id = upload_id(context)?;
    let (bucket, key) = (context.bucket()?, context.key()?);
    let wanted = (marker, limit);
    let call = context.call()?;
    let (upload, page) = list::parts(context.store, &call, bucket, key, id, wanted).await?;
    let truncated = page.next.is_some() && limit > 0;
    Ok(Answer::xml(XmlWriter::s3("ListPartsResult", |xml| {
        xml.text("Bucket", bucket.as_str());
        xml.text("Key", key.as_str());
        xml.text("UploadId", id);
        xml.value("PartNumberMarker", marker.unwrap_or(0));
        if let (true, Some(next)) = (truncated, page.next) {
            xml.value("NextPartNumberMarker", next);
        }
        xml.value("MaxParts", limit);
        xml.value("IsTruncated", truncated);
        part_elements(xml, &upload, &page);
    })))
}

fn part_number_marker(text: Option<&str>) -> Result<Option<u16>, S3Error> {
    let Some(text) = text else { return Ok(None) };
    // A marker beyond the last possible part is a page without parts, not an error.
    let number: u32 = text.parse().map_err(|_| {
        S3Error::invalid_argument(
            "Provided part-number-marker not an integer or within integer range",
            "part-number-marker",
            text,
        )
    })?;
    Ok(Some(u16::try_from(number).unwrap_or(u16::MAX)))
}

fn part_elements(xml: &mut XmlWriter, upload: &UploadRecord, page: &PartPage) {
    xml.element("Initiator", |xml| xml.text("ID", &upload.initiator.id));
    xml.element("Owner", |xml| xml.value("ID", &upload.owner));
    xml.text("StorageClass", &upload.storage_class);
    if let Some(algorithm) = upload.checksum_algorithm {
        xml.value("ChecksumAlgorithm", algorithm.as_str());
    }
    if let Some(kind) = upload.checksum_type {
        xml.value("ChecksumType", kind.as_str());
    }
    for record in &page.parts {
        xml.element("Part", |xml| {
            xml.value("PartNumber", record.part.number);
            xml.value("LastModified", iso8601(record.last_modified));
            xml.value("ETag", format_args!("&quot;{}&quot;", record.part.etag));
            xml.value("Size", record.part.size_bytes);
            if let Some(value) = &record.part.checksum {
                xml.value(value.algorithm.element(), checksum::encode(value));
            }
        });
    }
}
