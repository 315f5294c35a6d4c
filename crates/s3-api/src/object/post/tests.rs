//! Forms fed in any pieces: what is read does not depend on how it arrives, and nothing panics.

use std::collections::VecDeque;

use bytes::Bytes;
use model::limits::{
    POST_FORM_FIELD_NAME_BYTES_MAX, POST_FORM_FIELD_VALUE_BYTES_MAX, POST_FORM_FIELDS_MAX,
    POST_FORM_PREFIX_BYTES_MAX, PUT_SIZE_BYTES_MAX,
};
use model::{ChecksumAlgorithm, ErrorCode, S3Error};
use ops::object::{BodyLength, BodySource};
use proptest::prelude::*;

use super::reader::{boundary, read};

/// A body that arrives in these pieces.
struct Pieces {
    left: VecDeque<Bytes>,
    length_bytes: u64,
}

impl Pieces {
    /// Cuts `body` into pieces of the given sizes, over and over.
    fn of(body: &[u8], sizes: &[usize]) -> Self {
        let mut left = VecDeque::new();
        let mut rest = body;
        let mut sizes = sizes.iter().cycle();
        while !rest.is_empty() {
            let (piece, tail) = rest.split_at((*sizes.next().unwrap()).clamp(1, rest.len()));
            left.push_back(Bytes::copy_from_slice(piece));
            rest = tail;
        }
        Self { left, length_bytes: body.len() as u64 }
    }
}

impl BodySource for Pieces {
    fn length(&self) -> BodyLength {
        BodyLength::Exact(self.length_bytes)
    }

    async fn next(&mut self) -> Result<Option<Bytes>, S3Error> {
        Ok(self.left.pop_front())
    }

    fn trailing_checksum(&self, _: ChecksumAlgorithm) -> Result<Vec<u8>, S3Error> {
        Err(ErrorCode::MalformedTrailerError.into())
    }
}

/// Everything that a form said.
#[derive(Debug, PartialEq, Eq)]
struct Read {
    fields: Vec<(String, String)>,
    file: Vec<u8>,
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn read_within(body: &mut Pieces, sizes: (u64, u64)) -> Result<Read, S3Error> {
    run(async {
        let (fields, mut part) = read(body, "b").await?;
        part.narrow(sizes.0, sizes.1);
        let BodyLength::AtMost(most) = part.length() else { panic!("nobody announced the length") };
        let mut file = Vec::new();
        while let Some(chunk) = part.next().await? {
            assert!(!chunk.is_empty());
            file.extend_from_slice(&chunk);
        }
        assert!(part.next().await?.is_none(), "the end stays the end");
        assert!(file.len() as u64 <= most);
        let fields = fields.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok(Read { fields: fields.collect(), file })
    })
}

fn read_pieces(body: &[u8], sizes: &[usize]) -> Result<Read, ErrorCode> {
    read_within(&mut Pieces::of(body, sizes), (0, u64::MAX)).map_err(|error| error.code())
}

fn field(name: &str, value: &str) -> String {
    format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
}

const FILE_HEAD: &str = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"cat.jpg\"\r\n\
    Content-Type: image/jpeg\r\n\r\n";

fn form(fields: &[(&str, &str)], file: &[u8]) -> Vec<u8> {
    let mut body: String = fields.iter().map(|(name, value)| field(name, value)).collect();
    body.push_str(FILE_HEAD);
    [body.as_bytes(), file, b"\r\n--b--\r\n"].concat()
}

fn expected(fields: &[(&str, &str)], file: &[u8]) -> Read {
    let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Read { fields: fields.collect(), file: file.to_vec() }
}

#[test]
fn every_piece_size_reads_the_same() {
    let fields =
        [("key", "u/${filename}"), ("empty", ""), ("x-amz-meta-ü", "zwei\r\nZeilen\r\n--")];
    let files: [&[u8]; 5] =
        [b"", b"\r\n", b"bytes", b"\r\n--\r\n--a\r\r\n-\r\n-b--b--", b"\r\n\r\n--c\r\n--"];
    for file in files {
        let body = form(&fields, file);
        for size in 1..=body.len() {
            assert_eq!(read_pieces(&body, &[size]), Ok(expected(&fields, file)), "{size}");
        }
    }
}

#[test]
fn what_surrounds_the_form_is_ignored() {
    let plain = form(&[("key", "k")], b"file");
    let preamble = [b"preamble\r\nmore\r\n".as_slice(), &plain].concat();
    let epilogue = [&plain, b"anything\r\n--b\r\nat all".as_slice()].concat();
    let unended = plain.strip_suffix(b"\r\n").unwrap().to_vec();
    let late = [
        plain.strip_suffix(b"--\r\n").unwrap(),
        b"\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nother\r\n--b--",
    ]
    .concat();
    for body in [preamble, epilogue, unended, late] {
        let read = read_pieces(&body, &[7]);
        assert_eq!(read, Ok(expected(&[("key", "k")], b"file")), "{}", body.escape_ascii());
    }
}

#[test]
fn what_is_no_form_is_refused() {
    let malformed = ErrorCode::MalformedPOSTRequest;
    let part = |head: &str| format!("--b\r\n{head}\r\n\r\nv\r\n--b--");
    for (body, code) in [
        (String::new(), malformed),
        ("no delimiter".into(), malformed),
        ("--b".into(), malformed),
        ("--bx\r\n".into(), malformed),
        ("--b\r\n".into(), malformed),
        (part(""), malformed),
        (part("Content-Type: text/plain"), malformed),
        (part("no colon"), malformed),
        (part("Content-Disposition: form-data"), malformed),
        (part("Content-Disposition: form-data; name=\"\""), malformed),
        (part("Content-Disposition: attachment; name=\"key\""), malformed),
        (part("Content-Disposition: form-data; name=\"a\"; name=\"b\""), malformed),
        (
            part(
                "Content-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b",
            ),
            malformed,
        ),
        // TV-140's neighbour: the fields are right and the file is missing.
        (format!("{}--b--", field("key", "k")), ErrorCode::InvalidArgument),
        ("--b--".into(), ErrorCode::InvalidArgument),
        (
            format!("{}{}{FILE_HEAD}\r\n--b--", field("key", "k"), field("KEY", "l")),
            ErrorCode::InvalidArgument,
        ),
        // A delimiter with a tail of its own is neither a delimiter nor safely data.
        (format!("{FILE_HEAD}data\r\n--bx\r\n--b--"), malformed),
    ] {
        assert_eq!(read_pieces(body.as_bytes(), &[5]), Err(code), "{body:?}");
    }
    let not_utf8 =
        [b"--b\r\nContent-Disposition: form-data; name=key\r\n\r\n\xff".as_slice(), b"\r\n--b--"];
    assert_eq!(read_pieces(&not_utf8.concat(), &[5]), Err(malformed));
}

/// A body that breaks off is never taken for a shorter file.
#[test]
fn a_form_that_breaks_off_is_refused() {
    let body = form(&[("key", "k")], b"\r\n--bytes of the file");
    let end = body.len() - b"\r\n".len();
    for length in 0..end {
        let cut = read_pieces(&body[..length], &[11]);
        assert_eq!(cut, Err(ErrorCode::MalformedPOSTRequest), "{length} of {end}");
    }
}

#[test]
fn what_stands_before_the_file_is_limited() {
    let too_long = Err(ErrorCode::MaxPostPreDataLengthExceeded);
    let file = vec![b'x'; 3 * POST_FORM_PREFIX_BYTES_MAX];
    // All in one piece: the file itself does not count.
    let overhead = form(&[("a", ""), ("b", "")], b"").len() - b"\r\n--b--\r\n".len();
    for (over, sizes) in [(0, 1000), (0, 1_000_000), (1, 1000), (1, 1_000_000)] {
        let first = "v".repeat(POST_FORM_FIELD_VALUE_BYTES_MAX);
        let second = "v".repeat(POST_FORM_PREFIX_BYTES_MAX - overhead - first.len() + over);
        let body = form(&[("a", &first), ("b", &second)], &file);
        let read = read_pieces(&body, &[sizes]).map(|read| read.file.len());
        assert_eq!(read, if over == 0 { Ok(file.len()) } else { too_long }, "{sizes}");
    }
    let value = "v".repeat(POST_FORM_FIELD_VALUE_BYTES_MAX + 1);
    assert_eq!(read_pieces(&form(&[("a", &value)], b""), &[1000]).map(|_| 0), too_long);
    let name = "n".repeat(POST_FORM_FIELD_NAME_BYTES_MAX + 1);
    assert_eq!(read_pieces(&form(&[(&name, "")], b""), &[1000]).map(|_| 0), too_long);
    let names: Vec<String> = (0..=POST_FORM_FIELDS_MAX).map(|number| number.to_string()).collect();
    let fields: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    assert_eq!(read_pieces(&form(&fields, b""), &[1000]).map(|_| 0), too_long);
    let most = &fields[1..];
    assert_eq!(read_pieces(&form(most, b""), &[1000]), Ok(expected(most, b"")));
    // A preamble and header lines without end are no way around it.
    for start in ["", "--b\r\n", "--b\r\nContent-Disposition: form-data; name=\"a"] {
        let endless = start.to_owned() + &"x".repeat(2 * POST_FORM_PREFIX_BYTES_MAX);
        assert_eq!(read_pieces(endless.as_bytes(), &[1000]).map(|_| 0), too_long, "{start}");
    }
}

#[test]
fn sizes_are_checked_while_the_file_arrives() {
    let body = form(&[("key", "k")], &[b'x'; 1000]);
    for (sizes, code) in [
        ((0, 1000), None),
        ((1000, 1000), None),
        ((0, 999), Some(ErrorCode::EntityTooLarge)),
        ((1001, 2000), Some(ErrorCode::EntityTooSmall)),
        ((5, 4), Some(ErrorCode::EntityTooLarge)),
    ] {
        let read = read_within(&mut Pieces::of(&body, &[10]), sizes);
        assert_eq!(read.err().map(|error| error.code()), code, "{sizes:?}");
    }
    // What is too large is not read to its end.
    let mut pieces = Pieces::of(&form(&[("key", "k")], &vec![b'x'; 100_000]), &[100]);
    let error = read_within(&mut pieces, (0, 1000)).unwrap_err();
    assert_eq!(error.fields()[1], ("MaxSizeAllowed", "1000".to_owned()));
    assert!(pieces.left.len() > 900);
}

#[test]
fn a_file_without_a_range_has_the_limit_of_a_put() {
    let body = form(&[("key", "k")], b"file");
    let mut pieces = Pieces::of(&body, &[20]);
    pieces.length_bytes = u64::MAX;
    run(async {
        let (_, part) = read(&mut pieces, "b").await.unwrap();
        assert_eq!(part.length(), BodyLength::AtMost(PUT_SIZE_BYTES_MAX));
    });
}

/// SeaweedFS #7912: what is no form must not be treated as one.
#[test]
fn only_forms_have_a_boundary() {
    let check = |content_type: Option<&str>| boundary(content_type).map_err(|error| error.code());
    let form = |boundary: &str| format!("multipart/form-data; boundary={boundary}");
    assert_eq!(
        check(Some(&form("----WebKitFormBoundaryA1"))),
        Ok("----WebKitFormBoundaryA1".into())
    );
    assert_eq!(check(Some("Multipart/Form-Data;charset=utf-8;Boundary=\"a b\"")), Ok("a b".into()));
    for content_type in [
        None,
        Some(""),
        Some("text/plain"),
        Some("multipart/mixed; boundary=x"),
        Some("application/x-www-form-urlencoded"),
    ] {
        assert_eq!(check(content_type), Err(ErrorCode::PreconditionFailed), "{content_type:?}");
    }
    let long = "x".repeat(71);
    for bad in ["", "\"\"", "\"a \"", "\"a\u{1}\"", "ü", &long] {
        assert_eq!(check(Some(&form(bad))), Err(ErrorCode::MalformedPOSTRequest), "{bad:?}");
    }
    assert_eq!(check(Some("multipart/form-data")), Err(ErrorCode::MalformedPOSTRequest));
}

/// Bytes of which delimiters are made, and others.
fn tricky_bytes() -> impl Strategy<Value = Vec<u8>> {
    let token = prop_oneof![
        Just(b"\r".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"--".to_vec()),
        Just(b"b".to_vec()),
        Just(b"\r\n--b".to_vec()),
        Just(b"Content-Disposition: form-data; name=file\r\n\r\n".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..20),
    ];
    proptest::collection::vec(token, 0..40).prop_map(|tokens| tokens.concat())
}

/// What can be sent: a file must not contain the delimiter of its form.
fn before_delimiter(mut file: Vec<u8>) -> Vec<u8> {
    if let Some(at) = memchr::memmem::find(&file, b"\r\n--b") {
        file.truncate(at);
    }
    file
}

proptest! {
    #[test]
    fn any_file_in_any_pieces_is_read_as_it_was_sent(
        value in "[^\r]{0,50}",
        file in tricky_bytes(),
        sizes in proptest::collection::vec(1_usize..200, 1..8),
    ) {
        let file = before_delimiter(file);
        let fields = [("key", value.as_str())];
        let body = form(&fields, &file);
        prop_assert_eq!(read_pieces(&body, &sizes), Ok(expected(&fields, &file)));
    }

    #[test]
    fn garbage_is_read_the_same_in_any_pieces_and_never_panics(
        start in 0_usize..4,
        garbage in tricky_bytes(),
        sizes in proptest::collection::vec(1_usize..50, 1..8),
    ) {
        let starts: [&[u8]; 4] = [b"", b"--b\r\n", b"--b\r\nContent-Disposition: ", FILE_HEAD.as_bytes()];
        let body = [starts[start], &garbage].concat();
        prop_assert_eq!(read_pieces(&body, &sizes), read_pieces(&body, &[usize::MAX]));
    }

    #[test]
    fn a_changed_byte_never_panics(at in any::<proptest::sample::Index>(), byte: u8, size in 1_usize..30) {
        let mut body = form(&[("key", "k"), ("acl", "private")], b"bytes\r\n--");
        let at = at.index(body.len());
        body[at] = byte;
        let _ = read_pieces(&body, &[size]);
    }
}
