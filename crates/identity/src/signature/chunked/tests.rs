//! Tests of the `aws-chunked` decoder.

use std::sync::LazyLock;

use model::limits::{CHUNK_LINE_BYTES_MAX, SIGNED_CHUNK_BYTES_MAX};
use proptest::prelude::*;

use super::*;
use crate::payload::PayloadDeclaration;
use crate::sign::ChunkSigner;
use crate::signature::tests::support::Sent;

const CHECKSUM: (&str, &str) = ("x-amz-checksum-crc32c", "sOO8/Q==");
const SECOND: (&str, &str) = ("x-amz-checksum-sha1", "abc=");

type Trailers = Vec<(String, String)>;

fn head(payload: PayloadDeclaration, length: u64, trailers: &[(&str, &str)]) -> ChunkedHead {
    ChunkedHead {
        payload,
        decoded_length_bytes: length,
        trailer_names: trailers.iter().map(|(name, _)| (*name).to_owned()).collect(),
    }
}

fn seed() -> ChunkSeed {
    static SEED: LazyLock<ChunkSeed> = LazyLock::new(|| {
        Sent::new("PUT", "/b/k", "").signed_for(PayloadDeclaration::StreamingSigned).1
    });
    SEED.clone()
}

/// A body on the wire with what the decoder must be told about it.
#[derive(Clone)]
struct Body {
    head: ChunkedHead,
    wire: Vec<u8>,
}

impl Body {
    fn new(payload: PayloadDeclaration, chunks: &[&[u8]], trailers: &[(&str, &str)]) -> Self {
        let wire = match payload {
            PayloadDeclaration::StreamingUnsignedTrailer => unsigned(chunks, trailers),
            _ => signed(payload, chunks, trailers),
        };
        let length = chunks.iter().map(|chunk| chunk.len() as u64).sum();
        Self { head: head(payload, length, trailers), wire }
    }

    fn decoder(&self) -> ChunkedDecoder {
        ChunkedDecoder::new(self.head.clone(), Some(seed())).unwrap()
    }

    /// Feeds the wire in pieces that end at the given places.
    fn decode_split(&self, ends: &[usize]) -> Result<(Vec<u8>, Trailers), S3Error> {
        let mut decoder = self.decoder();
        let mut decoded = Vec::new();
        let wire = Bytes::from(self.wire.clone());
        let mut start = 0;
        for end in ends.iter().copied().chain([wire.len()]) {
            let mut input = wire.slice(start..end.max(start));
            start = end.max(start);
            while let Some(piece) = decoder.feed(&mut input)? {
                assert!(!piece.is_empty());
                decoded.extend_from_slice(&piece);
            }
            assert!(input.is_empty());
        }
        let trailers = decoder.finish()?;
        let trailers = trailers.into_iter().map(|trailer| (trailer.name, trailer.value));
        Ok((decoded, trailers.collect()))
    }

    fn decode(&self) -> Result<(Vec<u8>, Trailers), S3Error> {
        self.decode_split(&[])
    }

    fn replaced(mut self, from: &str, to: &str) -> Self {
        let wire = String::from_utf8(self.wire).unwrap();
        assert!(wire.contains(from), "{wire:?} has no {from:?}");
        self.wire = wire.replacen(from, to, 1).into_bytes();
        self
    }

    #[track_caller]
    fn refused(&self, code: ErrorCode, cause: &str) {
        let error = self.decode().unwrap_err();
        assert_eq!((error.code(), error.cause().unwrap_or_default()), (code, cause));
    }
}

fn signed(payload: PayloadDeclaration, chunks: &[&[u8]], trailers: &[(&str, &str)]) -> Vec<u8> {
    let mut signer = ChunkSigner::new(seed());
    let mut wire = Vec::new();
    for chunk in chunks {
        wire.extend(signer.chunk(chunk));
    }
    wire.extend(if payload.has_trailer() {
        signer.finish_with_trailers(trailers)
    } else {
        signer.finish()
    });
    wire
}

fn unsigned(chunks: &[&[u8]], trailers: &[(&str, &str)]) -> Vec<u8> {
    let mut wire = Vec::new();
    for chunk in chunks {
        wire.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
        wire.extend_from_slice(chunk);
        wire.extend_from_slice(b"\r\n");
    }
    wire.extend_from_slice(b"0\r\n");
    for (name, value) in trailers {
        wire.extend(format!("{name}:{value}\r\n").into_bytes());
    }
    wire.extend_from_slice(b"\r\n");
    wire
}

const DATA: [&[u8]; 2] = [b"hello, chunked world", b"the end"];
const DECODED: &[u8] = b"hello, chunked worldthe end";

fn one_of_each() -> [Body; 3] {
    [
        Body::new(PayloadDeclaration::StreamingSigned, &DATA, &[]),
        Body::new(PayloadDeclaration::StreamingSignedTrailer, &DATA, &[CHECKSUM]),
        Body::new(PayloadDeclaration::StreamingUnsignedTrailer, &DATA, &[CHECKSUM]),
    ]
}

fn unsigned_body() -> Body {
    Body::new(PayloadDeclaration::StreamingUnsignedTrailer, &DATA, &[CHECKSUM])
}

fn signed_trailer_body() -> Body {
    Body::new(PayloadDeclaration::StreamingSignedTrailer, &DATA, &[CHECKSUM])
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[test]
fn bodies_are_decoded() {
    for body in one_of_each() {
        let (decoded, trailers) = body.decode().unwrap();
        assert_eq!(decoded, DECODED);
        let expected = body.head.trailer_names.iter().map(|_| owned(CHECKSUM));
        assert_eq!(trailers, expected.collect::<Vec<_>>());
    }
}

#[test]
fn empty_bodies_are_decoded() {
    for payload in [
        PayloadDeclaration::StreamingSigned,
        PayloadDeclaration::StreamingSignedTrailer,
        PayloadDeclaration::StreamingUnsignedTrailer,
    ] {
        let (decoded, trailers) = Body::new(payload, &[], &[]).decode().unwrap();
        assert!(decoded.is_empty() && trailers.is_empty());
    }
}

#[test]
fn several_trailers_keep_their_order() {
    for payload in
        [PayloadDeclaration::StreamingSignedTrailer, PayloadDeclaration::StreamingUnsignedTrailer]
    {
        let body = Body::new(payload, &DATA, &[SECOND, CHECKSUM]);
        assert_eq!(body.decode().unwrap().1, [owned(SECOND), owned(CHECKSUM)]);
    }
}

/// The form of AWS's example: trailer lines end with a line feed, an empty line follows.
#[test]
fn trailers_with_line_feeds_are_read() {
    let line = "sOO8/Q==\r\n";
    let body = signed_trailer_body().replaced(line, "sOO8/Q==\n\r\n");
    assert_eq!(body.decode().unwrap().1, [owned(CHECKSUM)]);
    let body = unsigned_body().replaced("sOO8/Q==\r\n\r\n", "sOO8/Q==\n\r\n");
    assert_eq!(body.decode().unwrap().1, [owned(CHECKSUM)]);
    let body = unsigned_body().replaced(CHECKSUM.0, "X-Amz-Checksum-CRC32C");
    assert_eq!(body.decode().unwrap().1, [owned(CHECKSUM)]);
    let body = unsigned_body().replaced("sOO8", " sOO8");
    assert_eq!(body.decode().unwrap().1, [owned(CHECKSUM)]);
}

#[test]
fn unsigned_data_is_not_copied() {
    let body = unsigned_body();
    let wire = Bytes::from(body.wire.clone());
    let range = wire.as_ptr_range();
    let mut input = wire.clone();
    let piece = body.decoder().feed(&mut input).unwrap().unwrap();
    assert!(range.contains(&piece.as_ptr()) && piece == DATA[0]);
}

/// No byte of a signed chunk leaves the decoder before the last one was checked.
#[test]
fn signed_data_is_held_back_until_verified() {
    let body = Body::new(PayloadDeclaration::StreamingSigned, &DATA, &[]);
    let mut decoder = body.decoder();
    let first_chunk = "14;chunk-signature=".len() + 64 + 2 + DATA[0].len();
    for at in 0..first_chunk - 1 {
        let mut byte = Bytes::copy_from_slice(&body.wire[at..=at]);
        assert_eq!(decoder.feed(&mut byte).unwrap(), None);
    }
    let mut last = Bytes::copy_from_slice(&body.wire[first_chunk - 1..first_chunk]);
    assert_eq!(decoder.feed(&mut last).unwrap().unwrap(), DATA[0]);
    assert!(!decoder.is_done());
}

/// MinIO CVE-2021-21390: also the last chunk, and here the trailer with its signature.
///
/// A changed byte may pass only if it changes letter case where HTTP and hexadecimal numbers
/// have none; what is decoded is then the same.
#[test]
fn minio_cve_2021_21390_every_changed_byte_of_a_signed_body_is_refused() {
    let [plain, trailer, _] = one_of_each();
    let line_feeds = trailer.clone().replaced("sOO8/Q==\r\n", "sOO8/Q==\n\r\n");
    for body in [plain, trailer, line_feeds] {
        let expected = body.decode().unwrap();
        for at in 0..body.wire.len() {
            // Each bit, and what the framing consists of.
            let bits = (0..8).map(|bit| body.wire[at] ^ (1 << bit));
            for byte in bits.chain(*b"\r\n \t;:=0fFA") {
                let mut changed = body.clone();
                let original = std::mem::replace(&mut changed.wire[at], byte);
                match changed.decode() {
                    Err(_) => {}
                    Ok(decoded) => {
                        assert!(byte.eq_ignore_ascii_case(&original), "byte {at}: {byte:02x}");
                        assert_eq!(decoded, expected);
                    }
                }
            }
        }
    }
}

#[test]
fn every_truncated_or_lengthened_body_is_refused() {
    for body in one_of_each() {
        for end in 0..body.wire.len() {
            let cut = Body { wire: body.wire[..end].to_vec(), ..body.clone() };
            cut.refused(
                ErrorCode::IncompleteBody,
                "the body ended before its last chunk or trailer",
            );
        }
        for garbage in [b"x".as_slice(), b"\r\n", b"0\r\n\r\n"] {
            let long = Body { wire: [&body.wire, garbage].concat(), ..body.clone() };
            long.refused(ErrorCode::IncompleteBody, "bytes behind the end of the body");
        }
    }
}

#[test]
fn chunks_cannot_be_dropped_repeated_or_swapped() {
    let payload = PayloadDeclaration::StreamingSigned;
    let whole = signed(payload, &[b"aaaa", b"bbbb"], &[]);
    let chunk_length = "4;chunk-signature=".len() + 64 + 2 + 4 + 2;
    let (first, rest) = whole.split_at(chunk_length);
    let (second, end) = rest.split_at(chunk_length);
    for (wire, length) in [
        ([second, end].concat(), 4),
        ([first, end].concat(), 4),
        ([second, first, end].concat(), 8),
        ([first, first, second, end].concat(), 12),
        (end.to_vec(), 0),
    ] {
        let error = Body { head: head(payload, length, &[]), wire }.decode().unwrap_err();
        assert_eq!(error.code(), ErrorCode::SignatureDoesNotMatch);
    }
}

#[test]
fn a_wrong_chunk_signature_is_explained() {
    let body = Body::new(PayloadDeclaration::StreamingSigned, &DATA, &[]);
    let error = body.replaced("the end", "the eng").decode().unwrap_err();
    assert_eq!(error.code(), ErrorCode::SignatureDoesNotMatch);
    let names: Vec<_> = error.fields().iter().map(|(name, _)| *name).collect();
    let expected = ["AWSAccessKeyId", "StringToSign", "SignatureProvided", "StringToSignBytes"];
    assert_eq!(names, expected);
    assert!(error.fields()[1].1.starts_with("AWS4-HMAC-SHA256-PAYLOAD\n20130524T000000Z\n"));
}

/// The signatures of chunks start from the verified head; without it there is no decoder.
#[test]
fn seaweedfs_2180_signed_chunks_need_a_verified_head() {
    for payload in [PayloadDeclaration::StreamingSigned, PayloadDeclaration::StreamingSignedTrailer]
    {
        let error = ChunkedDecoder::new(head(payload, 0, &[]), None).err().unwrap();
        assert_eq!(error.code(), ErrorCode::InternalError);
    }
    let body = Body::new(PayloadDeclaration::StreamingSigned, &DATA, &[]);
    let other = Sent::new("PUT", "/b/other", "");
    let (_, other_seed) = other.signed_for(PayloadDeclaration::StreamingSigned);
    let mut decoder = ChunkedDecoder::new(body.head, Some(other_seed)).unwrap();
    let error = decoder.feed(&mut Bytes::from(body.wire)).unwrap_err();
    assert_eq!(error.code(), ErrorCode::SignatureDoesNotMatch);
}

#[test]
fn a_refused_body_stays_refused() {
    let body = unsigned_body();
    let mut decoder = body.decoder();
    assert!(decoder.feed(&mut Bytes::from_static(b"zz\r\n")).is_err());
    assert!(decoder.feed(&mut Bytes::from(body.wire)).is_err());
    assert!(decoder.finish().is_err());
}

#[test]
fn lengths_must_add_up() {
    for mut body in one_of_each() {
        body.head.decoded_length_bytes += 1;
        let few = "fewer bytes than x-amz-decoded-content-length";
        body.refused(ErrorCode::IncompleteBody, few);
        body.head.decoded_length_bytes -= 2;
        let many = "more bytes than x-amz-decoded-content-length";
        body.refused(ErrorCode::IncompleteBody, many);
    }
}

#[test]
fn framing_is_strict() {
    let number = "a chunk length is not a hexadecimal number";
    for bad in ["", "+14", "-1", "0x14", "1 4", " 14", "14;a=b", "10000000000000000", "１"] {
        let body = unsigned_body().replaced("14\r\n", &format!("{bad}\r\n"));
        body.refused(ErrorCode::IncompleteBody, number);
    }
    let line = "a chunk line is not text with CR LF";
    unsigned_body().replaced("14\r\n", "14\n").refused(ErrorCode::IncompleteBody, line);
    let end = "expected a line break";
    unsigned_body().replaced("world\r\n", "world\n").refused(ErrorCode::IncompleteBody, end);
    unsigned_body().replaced("14\r\n", "13\r\n").refused(ErrorCode::IncompleteBody, end);
    let none = "a chunk has no signature";
    let [signed, ..] = one_of_each();
    signed.replaced(";chunk-signature", ";signature").refused(ErrorCode::IncompleteBody, none);
    // Leading zeros and capitals are hexadecimal numbers, too.
    unsigned_body().replaced("14\r\n", "0014\r\n").decode().unwrap();
}

#[test]
fn lines_and_signed_chunks_are_bounded() {
    let mut decoder = unsigned_body().decoder();
    let mut input = Bytes::from(vec![b'0'; CHUNK_LINE_BYTES_MAX]);
    assert_eq!(decoder.feed(&mut input).unwrap(), None);
    let error = decoder.feed(&mut Bytes::from_static(b"0")).unwrap_err();
    assert_eq!(error.cause(), Some("a chunk or trailer line is too long"));

    let payload = PayloadDeclaration::StreamingSigned;
    let line = |length: usize| format!("{length:x};chunk-signature={}\r\n", "0".repeat(64));
    let mut decoder = ChunkedDecoder::new(head(payload, u64::MAX, &[]), Some(seed())).unwrap();
    let error = decoder.feed(&mut line(SIGNED_CHUNK_BYTES_MAX + 1).into()).unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidRequest);
    assert_eq!(error.message(), "A signed chunk must not be larger than 16777216 bytes.");
    let mut decoder = ChunkedDecoder::new(head(payload, u64::MAX, &[]), Some(seed())).unwrap();
    assert_eq!(decoder.feed(&mut line(SIGNED_CHUNK_BYTES_MAX).into()).unwrap(), None);
}

#[test]
fn trailers_are_those_announced() {
    let code = ErrorCode::MalformedTrailerError;
    for payload in
        [PayloadDeclaration::StreamingSignedTrailer, PayloadDeclaration::StreamingUnsignedTrailer]
    {
        let mut missing = Body::new(payload, &DATA, &[CHECKSUM]);
        missing.head.trailer_names.push(SECOND.0.to_owned());
        missing.refused(code, "an announced trailer is missing");

        let unexpected = "a trailer was not announced, or came twice";
        let mut surplus = Body::new(payload, &DATA, &[CHECKSUM, SECOND]);
        surplus.head.trailer_names.pop();
        surplus.refused(code, unexpected);

        let mut twice = Body::new(payload, &DATA, &[CHECKSUM, CHECKSUM]);
        twice.refused(code, unexpected);
        twice.head.trailer_names.clear();
        twice.refused(code, unexpected);
    }
    let line = "a trailer line is not `name:value`";
    unsigned_body().replaced("crc32c:", "crc32c ").refused(code, line);
    unsigned_body().replaced("sOO8", "s\u{1}O8").refused(code, line);
    // A signature that nobody asked for is a trailer that was not announced.
    let body =
        unsigned_body().replaced("sOO8/Q==\r\n", "sOO8/Q==\r\nx-amz-trailer-signature:0\r\n");
    body.refused(code, "a trailer was not announced, or came twice");
}

#[test]
fn a_signed_trailer_needs_its_signature() {
    let body = signed_trailer_body();
    let wire = String::from_utf8(body.wire.clone()).unwrap();
    let (start, _) = wire.split_once("x-amz-trailer-signature").unwrap();
    let code = ErrorCode::MalformedTrailerError;
    let without = Body { wire: format!("{start}\r\n").into_bytes(), ..body.clone() };
    without.refused(code, "the trailer's signature is missing");
    let line_feed = without.replaced("Q==\r\n\r\n", "Q==\n\r\n\r\n");
    line_feed.refused(code, "the trailer's signature is malformed");
    let error = body.replaced("sOO8", "sOO9").decode().unwrap_err();
    assert_eq!(error.code(), ErrorCode::SignatureDoesNotMatch);
    assert!(error.fields()[1].1.starts_with("AWS4-HMAC-SHA256-TRAILER\n"));
}

fn parse_head(
    payload: PayloadDeclaration,
    headers: &[(&str, &str)],
) -> Result<Option<ChunkedHead>, S3Error> {
    let sent = headers
        .iter()
        .fold(Sent::new("PUT", "/b/k", ""), |sent, (name, value)| sent.with(name, value));
    sent.view(|request| ChunkedHead::parse(request, payload))
}

#[test]
fn heads() {
    let trailer = PayloadDeclaration::StreamingUnsignedTrailer;
    let length = ("x-amz-decoded-content-length", "27");
    let names = ("x-amz-trailer", "x-amz-checksum-CRC32C, x-amz-checksum-sha1");
    let parsed = parse_head(trailer, &[length, names]).unwrap().unwrap();
    assert_eq!(parsed, head(trailer, 27, &[CHECKSUM, SECOND]));
    assert_eq!(parse_head(PayloadDeclaration::Unsigned, &[names]).unwrap(), None);

    let refused = |payload, headers: &[(&str, &str)], code| {
        assert_eq!(parse_head(payload, headers).unwrap_err().code(), code, "{headers:?}");
    };
    refused(trailer, &[], ErrorCode::MissingContentLength);
    for bad in ["", "-1", "+1", "1.0", "0x1", "99999999999999999999", "１"] {
        let length = ("x-amz-decoded-content-length", bad);
        refused(trailer, &[length], ErrorCode::InvalidArgument);
    }
    for bad in ["", "content-length", "x-amz-meta-a", "x-amz-checksum-sha1,x-amz-checksum-sha1"] {
        refused(trailer, &[length, ("x-amz-trailer", bad)], ErrorCode::InvalidRequest);
    }
    let untrailed = PayloadDeclaration::StreamingSigned;
    refused(untrailed, &[length, names], ErrorCode::InvalidRequest);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn splits_do_not_matter(
        chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..200), 0..6),
        mut ends in prop::collection::vec(0_usize..2000, 0..40),
    ) {
        let chunks: Vec<&[u8]> = chunks.iter().map(Vec::as_slice).collect();
        ends.sort_unstable();
        for (payload, trailers) in [
            (PayloadDeclaration::StreamingSigned, [].as_slice()),
            (PayloadDeclaration::StreamingSignedTrailer, &[CHECKSUM]),
            (PayloadDeclaration::StreamingUnsignedTrailer, &[CHECKSUM, SECOND]),
        ] {
            let body = Body::new(payload, &chunks, trailers);
            let ends: Vec<_> = ends.iter().map(|end| *end.min(&body.wire.len())).collect();
            let (decoded, received) = body.decode_split(&ends).unwrap();
            prop_assert_eq!(&decoded, &chunks.concat());
            prop_assert_eq!(received, trailers.iter().copied().map(owned).collect::<Vec<_>>());
            let each: Vec<_> = (0..body.wire.len()).collect();
            prop_assert_eq!(body.decode_split(&each).unwrap().0, decoded);
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(
        wire in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..300),
            "([0-9a-f]{1,3}|\r\n|\n|;chunk-signature=|x-amz-checksum-crc32c:|x-amz-trailer-signature:|.){0,40}"
                .prop_map(String::into_bytes),
        ],
        length in prop_oneof![0_u64..40, any::<u64>()],
    ) {
        for body in one_of_each() {
            let head = ChunkedHead { decoded_length_bytes: length, ..body.head };
            let _ = Body { head, wire: wire.clone() }.decode();
        }
    }
}
