//! Reads `multipart/form-data` while it arrives: the fields into memory, up to a small limit; the
//! file as a stream that ends at the delimiter.
//!
//! RFC 7578, RFC 2046 section 5.1. What is unusual and can be read in two ways is refused, since
//! whoever made the form and whoever checks it must see the same fields.

use bytes::{Buf as _, Bytes, BytesMut};
use memchr::memmem::Finder;
use model::limits::{
    POST_FORM_FIELD_NAME_BYTES_MAX, POST_FORM_FIELD_VALUE_BYTES_MAX, POST_FORM_FIELDS_MAX,
    POST_FORM_PREFIX_BYTES_MAX, PUT_SIZE_BYTES_MAX,
};
use model::{ChecksumAlgorithm, ErrorCode, S3Error};
use ops::object::{BodyLength, BodySource};

use super::fields::Fields;
use super::parameters::Parameters;

const LINE_END: &[u8] = b"\r\n";
/// Longest boundary. RFC 2046, 5.1.1.
const BOUNDARY_BYTES_MAX: usize = 70;

/// The boundary in a `Content-Type`; `412 PreconditionFailed` if it is not that of a form (§8.4).
pub(super) fn boundary(content_type: Option<&str>) -> Result<String, S3Error> {
    let parsed = content_type.and_then(Parameters::parse);
    let form = parsed.filter(|parsed| parsed.kind.eq_ignore_ascii_case("multipart/form-data"));
    let form = form.ok_or_else(|| {
        S3Error::new(ErrorCode::PreconditionFailed)
            .field("Condition", "Bucket POST must be of the enclosure-type multipart/form-data")
    })?;
    let boundary = form.get("boundary").unwrap_or_default();
    let valid = !boundary.is_empty()
        && boundary.len() <= BOUNDARY_BYTES_MAX
        && boundary.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
        && !boundary.ends_with(' ');
    if valid { Ok(boundary.to_owned()) } else { Err(malformed()) }
}

/// Reads everything that stands before the bytes of the file.
pub(super) async fn read<'a, B: BodySource>(
    body: &'a mut B,
    boundary: &str,
) -> Result<(Fields, FilePart<'a, B>), S3Error> {
    let mut reader = FormReader::new(body, boundary);
    // What stands before the first delimiter belongs to nobody.
    reader.take_until_delimiter().await?;
    let mut fields = Fields::default();
    while reader.part_follows().await? {
        let head = reader.part_head().await?;
        if head.name.eq_ignore_ascii_case("file") {
            fields.set_file_name(head.file_name.as_deref().unwrap_or_default());
            return Ok((fields, FilePart::new(reader)));
        }
        let value = reader.take_until_delimiter().await?;
        if value.len() > POST_FORM_FIELD_VALUE_BYTES_MAX || fields.len() >= POST_FORM_FIELDS_MAX {
            return Err(too_long());
        }
        let value = str::from_utf8(&value).map_err(|_| malformed())?;
        fields.add(head.name, value.to_owned())?;
    }
    // AWS: API reference, error code IncorrectNumberOfFilesInPostRequest, which Amazon answers as an
    // InvalidArgument with this text (catalogued).
    Err(S3Error::invalid_argument(
        "POST requires exactly one file upload per request.",
        "file",
        "0",
    ))
}

/// `MalformedPOSTRequest`.
fn malformed() -> S3Error {
    ErrorCode::MalformedPOSTRequest.into()
}

fn too_long() -> S3Error {
    ErrorCode::MaxPostPreDataLengthExceeded.into()
}

/// What a part's headers say.
struct PartHead {
    name: String,
    file_name: Option<String>,
}

/// A form of which the bytes before `pending` were understood.
struct FormReader<'a, B> {
    body: &'a mut B,
    pending: Bytes,
    /// A line end, two hyphens and the boundary.
    delimiter: Finder<'static>,
    /// Bytes that may still stand before the file.
    prefix_left_bytes: usize,
    /// Bytes that came out of `body`.
    received_bytes: u64,
}

impl<'a, B: BodySource> FormReader<'a, B> {
    fn new(body: &'a mut B, boundary: &str) -> Self {
        let delimiter = format!("\r\n--{boundary}");
        Self {
            body,
            // The first delimiter may stand at the very beginning, without its line end.
            pending: Bytes::from_static(LINE_END),
            delimiter: Finder::new(delimiter.as_bytes()).into_owned(),
            prefix_left_bytes: POST_FORM_PREFIX_BYTES_MAX + LINE_END.len(),
            received_bytes: 0,
        }
    }

    /// Waits for more bytes. A form that ends before its last delimiter is malformed.
    async fn receive(&mut self) -> Result<(), S3Error> {
        let chunk = self.body.next().await?.ok_or_else(malformed)?;
        self.received_bytes = self.received_bytes.saturating_add(chunk.len() as u64);
        if self.pending.is_empty() {
            self.pending = chunk;
        } else {
            let mut joined = BytesMut::with_capacity(self.pending.len() + chunk.len());
            joined.extend_from_slice(&self.pending);
            joined.extend_from_slice(&chunk);
            self.pending = joined.freeze();
        }
        Ok(())
    }

    async fn take_until_delimiter(&mut self) -> Result<Bytes, S3Error> {
        let delimiter = self.delimiter.clone();
        self.take_until(&delimiter).await
    }

    async fn take_line(&mut self) -> Result<Bytes, S3Error> {
        self.take_until(&Finder::new(LINE_END)).await
    }

    /// Takes what stands before a pattern, and the pattern itself away.
    async fn take_until(&mut self, pattern: &Finder<'_>) -> Result<Bytes, S3Error> {
        loop {
            let window = self.pending.get(..self.prefix_left_bytes).unwrap_or(&self.pending);
            if let Some(at) = pattern.find(window) {
                let taken = self.pending.split_to(at);
                let length = pattern.needle().len();
                self.pending.advance(length);
                self.prefix_left_bytes -= at + length;
                return Ok(taken);
            }
            if self.pending.len() >= self.prefix_left_bytes {
                return Err(too_long());
            }
            self.receive().await?;
        }
    }

    /// Reads on behind a delimiter: a line end if another part follows, two hyphens if none does.
    async fn part_follows(&mut self) -> Result<bool, S3Error> {
        while self.pending.len() < LINE_END.len() {
            self.receive().await?;
        }
        let mark = self.pending.split_to(LINE_END.len());
        self.prefix_left_bytes = self.prefix_left_bytes.saturating_sub(LINE_END.len());
        match mark.as_ref() {
            LINE_END => Ok(true),
            b"--" => Ok(false),
            _ => Err(malformed()),
        }
    }

    async fn part_head(&mut self) -> Result<PartHead, S3Error> {
        let mut head = None;
        loop {
            let line = self.take_line().await?;
            if line.is_empty() {
                return head.ok_or_else(malformed);
            }
            let line = str::from_utf8(&line).map_err(|_| malformed())?;
            let (name, value) = line.split_once(':').ok_or_else(malformed)?;
            if !name.eq_ignore_ascii_case("content-disposition") {
                continue;
            }
            if head.replace(disposition(value)?).is_some() {
                return Err(malformed());
            }
        }
    }
}

fn disposition(value: &str) -> Result<PartHead, S3Error> {
    let parsed = Parameters::parse(value).ok_or_else(malformed)?;
    let name = parsed.get("name").unwrap_or_default();
    if !parsed.kind.eq_ignore_ascii_case("form-data") || name.is_empty() {
        return Err(malformed());
    }
    if name.len() > POST_FORM_FIELD_NAME_BYTES_MAX {
        return Err(too_long());
    }
    Ok(PartHead { name: name.to_owned(), file_name: parsed.get("filename").map(str::to_owned) })
}

/// The bytes of the form's file. What follows it in the form is ignored, as AWS documents.
pub(super) struct FilePart<'a, B> {
    form: FormReader<'a, B>,
    size_bytes: u64,
    size_bytes_min: u64,
    size_bytes_max: u64,
    ended: bool,
}

impl<'a, B: BodySource> FilePart<'a, B> {
    fn new(form: FormReader<'a, B>) -> Self {
        Self {
            form,
            size_bytes: 0,
            size_bytes_min: 0,
            size_bytes_max: PUT_SIZE_BYTES_MAX,
            ended: false,
        }
    }

    /// Narrows the allowed size to a `content-length-range`.
    pub(super) fn narrow(&mut self, min_bytes: u64, max_bytes: u64) {
        self.size_bytes_min = self.size_bytes_min.max(min_bytes);
        self.size_bytes_max = self.size_bytes_max.min(max_bytes);
    }

    fn count(&mut self, chunk: Bytes) -> Result<Option<Bytes>, S3Error> {
        self.size_bytes = self.size_bytes.saturating_add(chunk.len() as u64);
        if self.size_bytes > self.size_bytes_max {
            return Err(S3Error::new(ErrorCode::EntityTooLarge)
                .field("ProposedSize", self.size_bytes.to_string())
                .field("MaxSizeAllowed", self.size_bytes_max.to_string()));
        }
        Ok(Some(chunk))
    }

    fn check_min(&self) -> Result<(), S3Error> {
        if self.size_bytes < self.size_bytes_min {
            return Err(S3Error::new(ErrorCode::EntityTooSmall)
                .field("ProposedSize", self.size_bytes.to_string())
                .field("MinSizeAllowed", self.size_bytes_min.to_string()));
        }
        Ok(())
    }

    /// What can be handed on of the bytes that arrived: all up to the delimiter, or up to what may
    /// be the beginning of one.
    async fn available(&mut self) -> Result<Bytes, S3Error> {
        let pending = &mut self.form.pending;
        if let Some(at) = self.form.delimiter.find(pending) {
            let chunk = pending.split_to(at);
            pending.advance(self.form.delimiter.needle().len());
            self.form.part_follows().await?;
            self.ended = true;
            return Ok(chunk);
        }
        let kept = unfinished_delimiter_bytes(pending, self.form.delimiter.needle());
        Ok(pending.split_to(pending.len() - kept))
    }
}

/// How many of the last bytes may be the first ones of a delimiter. It starts with the only
/// carriage return in it, so only the last one of the data can start it.
fn unfinished_delimiter_bytes(data: &[u8], delimiter: &[u8]) -> usize {
    let tail_at = data.len().saturating_sub(delimiter.len() - 1);
    let tail = data.get(tail_at..).unwrap_or_default();
    memchr::memrchr(b'\r', tail)
        .and_then(|at| tail.get(at..))
        .filter(|rest| delimiter.starts_with(rest))
        .map_or(0, <[u8]>::len)
}

impl<B: BodySource> BodySource for FilePart<'_, B> {
    fn length(&self) -> BodyLength {
        let (BodyLength::Exact(form) | BodyLength::AtMost(form)) = self.form.body.length();
        let left = form.saturating_sub(self.form.received_bytes);
        let rest = left.saturating_add(self.form.pending.len() as u64);
        BodyLength::AtMost(rest.min(self.size_bytes_max))
    }

    async fn next(&mut self) -> Result<Option<Bytes>, S3Error> {
        loop {
            if self.ended {
                self.check_min()?;
                return Ok(None);
            }
            let chunk = self.available().await?;
            if !chunk.is_empty() {
                return self.count(chunk);
            }
            if !self.ended {
                self.form.receive().await?;
            }
        }
    }

    fn trailing_checksum(&self, _: ChecksumAlgorithm) -> Result<Vec<u8>, S3Error> {
        // No trailer belongs to a part of a form.
        Err(ErrorCode::MalformedTrailerError.into())
    }
}
