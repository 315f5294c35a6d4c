//! Bodies in the `aws-chunked` framing.
//!
//! What is decoded, and which error there is, does not depend on how the body arrives. What a
//! client frames is decoded to what it framed, and a changed byte of it never is to anything else.
#![no_main]

use bytes::Bytes;
use fuzz::{ACCESS_KEY, NOW, pieces, secret, seen};
use identity::sign::{ChunkSigner, HeaderSignature, Signer, header};
use identity::{
    ChunkedDecoder, ChunkedHead, HeaderField, PayloadDeclaration, SignedRequest, Trailer,
};
use libfuzzer_sys::fuzz_target;
use model::S3Error;

const FORMS: [PayloadDeclaration; 3] = [
    PayloadDeclaration::StreamingSigned,
    PayloadDeclaration::StreamingSignedTrailer,
    PayloadDeclaration::StreamingUnsignedTrailer,
];

fuzz_target!(|data: &[u8]| {
    let [form, length, sizes @ .., _, _] = data.get(..6).unwrap_or(&[0, 0, 1, 1, 0, 0]) else {
        return;
    };
    let body = data.get(6..).unwrap_or_default();
    let form = FORMS[usize::from(*form) % FORMS.len()];
    let whole = decode(form, u64::from(*length), &[Bytes::copy_from_slice(body)]);
    let cut = decode(form, u64::from(*length), &pieces(body, sizes));
    assert_eq!(whole.1, cut.1, "the outcome depends on how the body arrives");
    if whole.1.is_ok() {
        assert_eq!(whole.0, cut.0, "the bytes depend on how the body arrives");
        assert_eq!(whole.0.len(), usize::from(*length));
    }
    framed_is_decoded(form, body, sizes);
});

type Outcome = Result<Vec<(String, String)>, (String, String, Vec<String>)>;

fn request(length: &str) -> [HeaderField<'_>; 2] {
    [
        HeaderField { name: "x-amz-decoded-content-length", value: length.as_bytes() },
        HeaderField { name: "host", value: b"localhost" },
    ]
}

fn signed(form: PayloadDeclaration) -> HeaderSignature {
    let secret = secret();
    let signer = Signer {
        access_key_id: ACCESS_KEY,
        secret: &secret,
        security_token: None,
        region: "us-east-1",
        signed_at: NOW,
    };
    let request = SignedRequest { method: "PUT", raw_path: "/b/k", raw_query: "", headers: &[] };
    header(&signer, &request, form)
}

/// The bytes that came out, and how it ended.
fn decode(form: PayloadDeclaration, length: u64, input: &[Bytes]) -> (Vec<u8>, Outcome) {
    let mut out = Vec::new();
    let outcome = decode_into(form, length, input, &mut out).map(|trailers| {
        trailers.into_iter().map(|trailer| (trailer.name, trailer.value)).collect()
    });
    (out, seen(outcome))
}

fn decode_into(
    form: PayloadDeclaration,
    length: u64,
    input: &[Bytes],
    out: &mut Vec<u8>,
) -> Result<Vec<Trailer>, S3Error> {
    let length = length.to_string();
    let mut headers = request(&length).to_vec();
    if form.has_trailer() {
        headers.push(HeaderField { name: "x-amz-trailer", value: b"x-amz-checksum-crc32" });
    }
    let request =
        SignedRequest { method: "PUT", raw_path: "/b/k", raw_query: "", headers: &headers };
    let head = ChunkedHead::parse(&request, form)?.expect("a streaming form");
    let seed = form.has_signed_chunks().then(|| signed(form).chunk_seed);
    let mut decoder = ChunkedDecoder::new(head, seed)?;
    for piece in input {
        let mut piece = piece.clone();
        while let Some(data) = decoder.feed(&mut piece)? {
            out.extend_from_slice(&data);
        }
    }
    decoder.finish()
}

fn framed_is_decoded(form: PayloadDeclaration, body: &[u8], sizes: &[u8]) {
    // Each chunk is signed, which takes longer than all else.
    let body = body.get(..16).unwrap_or(body);
    let trailers = [("x-amz-checksum-crc32", "AAAAAA==")];
    let mut framed = Vec::new();
    if form.has_signed_chunks() {
        let mut signer = ChunkSigner::new(signed(form).chunk_seed);
        for chunk in pieces(body, sizes) {
            framed.extend(signer.chunk(&chunk));
        }
        framed.extend(match form.has_trailer() {
            true => signer.finish_with_trailers(&trailers),
            false => signer.finish(),
        });
    } else {
        for chunk in pieces(body, sizes) {
            framed.extend(format!("{:x}\r\n", chunk.len()).bytes());
            framed.extend_from_slice(&chunk);
            framed.extend_from_slice(b"\r\n");
        }
        framed.extend_from_slice(b"0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n");
    }
    let length = body.len() as u64;
    let (decoded, outcome) = decode(form, length, &pieces(&framed, sizes));
    assert!(outcome.is_ok() && decoded == body, "{outcome:?}");
    if form.has_signed_chunks() {
        let at = sizes.iter().fold(0, |at, size| at * 256 + usize::from(*size)) % framed.len();
        framed[at] ^= 1;
        let (decoded, outcome) = decode(form, length, &[framed.into()]);
        // The letter case of digits and of the trailer's name, and the size of padding, mean nothing.
        assert!(outcome.is_err() || decoded == body, "a changed byte went unnoticed");
    }
}
