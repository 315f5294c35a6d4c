//! CompleteMultipartUpload.

use http::HeaderMap;
use model::limits::{COMPLETE_UPLOAD_BODY_BYTES_MAX, PART_NUMBER_MAX};
use model::{ChecksumAlgorithm, ETag, ErrorCode, S3Error};
use ops::upload::complete::{self, ChosenPart, CompleteUpload};

use super::create::upload_id;
use crate::answer::Answer;
use crate::body::RequestBody;
use crate::document;
use crate::handlers::Context;
use crate::headers::{checksum, conditions, encryption, text};
use crate::xml::{Element, Malformed, XmlWriter};

pub(crate) async fn complete(
    context: &Context<'_>,
    body: &mut RequestBody,
) -> Result<Answer, S3Error> {
    let headers = context.headers();
    // The checksum headers speak of the object here.
    let limit = COMPLETE_UPLOAD_BODY_BYTES_MAX;
    let document = document::read_described_elsewhere(context, body, limit).await?;
    let parts = document::parsed(&document, "CompleteMultipartUpload", read).and_then(checked);
    let (bucket, key) = (context.bucket()?, context.key()?);
    let input = CompleteUpload {
        bucket,
        key,
        upload_id: upload_id(context)?,
        parts,
        checksum: object_checksum(headers)?,
        checksum_type: checksum::checksum_type(headers)?,
        object_size_bytes: object_size(headers)?,
        conditions: conditions::read(headers),
    };
    let completed = complete::complete(context.store, &context.call()?, input).await?;
    let document = XmlWriter::s3("CompleteMultipartUploadResult", |xml| {
        let host = text(headers, "host").unwrap_or_default();
        let scheme = context.conditions.origin.transport.scheme();
        xml.text("Location", &format!("{scheme}://{host}{}", context.parts.uri.path()));
        xml.text("Bucket", bucket.as_str());
        xml.text("Key", key.as_str());
        xml.value("ETag", format_args!("&quot;{}&quot;", completed.etag));
        if let Some(value) = &completed.checksum {
            xml.value(value.algorithm.element(), checksum::encode(value));
            xml.value("ChecksumType", value.checksum_type.as_str());
        }
    });
    let shown = context.store.shown_encryption(completed.encryption.as_ref());
    let answer = encryption::shown(Answer::xml(document), shown.as_ref(), None);
    Ok(answer.version(completed.version.as_ref()))
}

/// The checksum of the whole object; the suffix of a composite one names the number of parts.
fn object_checksum(headers: &HeaderMap) -> Result<Option<(ChecksumAlgorithm, Vec<u8>)>, S3Error> {
    for algorithm in ChecksumAlgorithm::ALL {
        if let Some(value) = text(headers, algorithm.header()) {
            let value = value.split_once('-').map_or(value, |(value, _)| value);
            return Ok(Some((algorithm, checksum::decode(algorithm, value)?)));
        }
    }
    Ok(None)
}

fn object_size(headers: &HeaderMap) -> Result<Option<u64>, S3Error> {
    const NAME: &str = "x-amz-mp-object-size";
    let Some(value) = text(headers, NAME) else { return Ok(None) };
    value.parse().map(Some).map_err(|_| {
        S3Error::with_message(
            ErrorCode::InvalidRequest,
            format!("Value for {NAME} header is invalid."),
        )
    })
}

/// One `Part` as sent.
pub(crate) struct RawPart {
    number: u16,
    etag: String,
    checksum: Option<(ChecksumAlgorithm, String)>,
}

pub(crate) fn read(document: &Element) -> Result<Vec<RawPart>, Malformed> {
    let parts = document.children(&["Part"])?;
    if parts.is_empty() || parts.len() > usize::from(PART_NUMBER_MAX) {
        return Err(Malformed);
    }
    parts.iter().map(part).collect()
}

fn part(element: &Element) -> Result<RawPart, Malformed> {
    let mut names = vec!["PartNumber", "ETag"];
    names.extend(ChecksumAlgorithm::ALL.map(ChecksumAlgorithm::element));
    element.children(&names)?;
    let number = element.required("PartNumber")?.text()?.trim().parse().map_err(|_| Malformed)?;
    let mut checksum = None;
    for algorithm in ChecksumAlgorithm::ALL {
        if let Some(value) = element.optional_text(algorithm.element())? {
            checksum = Some((algorithm, value.to_owned()));
        }
    }
    let etag = element.required("ETag")?.text()?.to_owned();
    Ok(RawPart { number, etag, checksum })
}

pub(crate) fn checked(parts: Vec<RawPart>) -> Result<Vec<ChosenPart>, S3Error> {
    parts
        .into_iter()
        .map(|part| {
            let checksum = match part.checksum {
                Some((algorithm, value)) => Some((algorithm, checksum::decode(algorithm, &value)?)),
                None => None,
            };
            Ok(ChosenPart { number: part.number, etag: ETag::parse(part.etag.trim()), checksum })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(parts: &str) -> Result<Vec<ChosenPart>, ErrorCode> {
        let document = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
        document::parsed(document.as_bytes(), "CompleteMultipartUpload", read)
            .and_then(checked)
            .map_err(|error| error.code())
    }

    #[test]
    fn documents() {
        let part = |number: u32, etag: &str| {
            format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
        };
        let tag = "&quot;d41d8cd98f00b204e9800998ecf8427e&quot;";
        let parts = check(&part(1, tag)).unwrap();
        assert_eq!((parts[0].number, parts[0].etag.is_some()), (1, true));
        // A text that is no entity tag matches no part: InvalidPart, found where parts are.
        assert_eq!(check(&part(1, "x")).unwrap()[0].etag, None);
        let malformed = Err(ErrorCode::MalformedXML);
        assert_eq!(check(""), malformed);
        assert_eq!(check(&part(65_536, tag)), malformed);
        assert_eq!(check("<Part><ETag>x</ETag></Part>"), malformed);
        assert_eq!(check("<Other/>"), malformed);
    }
}
