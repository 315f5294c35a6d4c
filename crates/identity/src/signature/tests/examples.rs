//! The examples of AWS: "Signature Calculations for the Authorization Header", "… Transferring
//! Payload in Multiple Chunks" and "Authenticating Requests: Using Query Parameters".

use bytes::Bytes;

use super::support::*;
use crate::payload::PayloadDeclaration;
use crate::sign::ChunkSigner;
use crate::signature::Mechanism;
use crate::signature::chunked::{ChunkedDecoder, ChunkedHead};

const WELCOME_SHA256: &str = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";

fn authorization(signed_headers: &str, signature: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/20130524/us-east-1/s3/aws4_request,\
         SignedHeaders={signed_headers},Signature={signature}"
    )
}

/// Our signer makes AWS's signature, and AWS's header passes our check.
fn check(unsigned: Sent, payload: &str, signed_headers: &str, signature: &str) {
    let payload_declaration = PayloadDeclaration::parse(payload.as_bytes()).unwrap();
    let (signed, _) = unsigned.clone().signed_for(payload_declaration);
    assert_eq!(signed.header("authorization"), authorization(signed_headers, signature));
    let sent = unsigned
        .with("authorization", authorization(signed_headers, signature))
        .with("x-amz-content-sha256", payload)
        .with("x-amz-date", "20130524T000000Z");
    let verified = sent.check().unwrap();
    assert_eq!(verified.claim().payload(), payload_declaration);
    assert_eq!(verified.claim().access_key_id(), ACCESS_KEY);
    assert_eq!(verified.claim().mechanism(), Mechanism::Header);
    assert_eq!(verified.claim().signed_at(), Some(NOW));
    assert_eq!(verified.claim().signed_headers().collect::<Vec<_>>().join(";"), signed_headers);
}

#[test]
fn get_object() {
    check(
        Sent::new("GET", "/test.txt", "").with("range", "bytes=0-9"),
        EMPTY_SHA256,
        "host;range;x-amz-content-sha256;x-amz-date",
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    );
}

#[test]
fn put_object() {
    check(
        Sent::new("PUT", "/test$file.text", "")
            .with("date", "Fri, 24 May 2013 00:00:00 GMT")
            .with("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        WELCOME_SHA256,
        "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    );
}

#[test]
fn get_bucket_lifecycle() {
    check(
        Sent::new("GET", "/", "lifecycle"),
        EMPTY_SHA256,
        "host;x-amz-content-sha256;x-amz-date",
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    );
}

#[test]
fn list_objects() {
    check(
        Sent::new("GET", "/", "max-keys=2&prefix=J"),
        EMPTY_SHA256,
        "host;x-amz-content-sha256;x-amz-date",
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    );
}

#[test]
fn presigned_get_object() {
    let query = "X-Amz-Algorithm=AWS4-HMAC-SHA256\
        &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
        &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
        &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
    assert_eq!(Sent::new("GET", "/test.txt", "").presigned(86_400).query, query);
    let sent = Sent::new("GET", "/test.txt", query);
    let verified = sent.check_at(seconds_later(86_400)).unwrap();
    assert_eq!(verified.claim().expires_at(), Some(seconds_later(86_400)));
    assert_eq!(verified.claim().payload(), PayloadDeclaration::Unsigned);
    assert!(verified.chunk_seed().is_none());
}

fn chunked_put() -> Sent {
    let mut sent = Sent::new("PUT", "/examplebucket/chunkObject.txt", "");
    sent.headers.clear();
    sent.with("host", "s3.amazonaws.com")
        .with("x-amz-storage-class", "REDUCED_REDUNDANCY")
        .with("content-encoding", "aws-chunked")
        .with("x-amz-decoded-content-length", "66560")
}

/// Signs 65 KiB of `a` as AWS's example does, compares, decodes.
fn check_chunked(sent: Sent, payload: PayloadDeclaration, seed: &str, body: &str) {
    let (sent, chunk_seed) = sent.signed_for(payload);
    assert!(sent.header("authorization").ends_with(seed), "{}", sent.header("authorization"));
    let data = vec![b'a'; 66_560];
    let mut signer = ChunkSigner::new(chunk_seed);
    let mut wire = signer.chunk(&data[..65_536]);
    wire.extend(signer.chunk(&data[65_536..]));
    wire.extend(if payload.has_trailer() {
        signer.finish_with_trailers(&[("x-amz-checksum-crc32c", "sOO8/Q==")])
    } else {
        signer.finish()
    });
    let shown = String::from_utf8(wire.clone()).unwrap();
    assert_eq!(shown.replace(&"a".repeat(65_536), "A").replace(&"a".repeat(1024), "B"), body);

    let verified = sent.check().unwrap();
    let head = sent.view(|request| ChunkedHead::parse(request, payload)).unwrap().unwrap();
    let mut decoder = ChunkedDecoder::new(head, verified.chunk_seed()).unwrap();
    let mut input = Bytes::from(wire);
    let mut decoded = Vec::new();
    while let Some(piece) = decoder.feed(&mut input).unwrap() {
        decoded.extend_from_slice(&piece);
    }
    assert!(decoded == data);
    assert_eq!(decoder.finish().unwrap().len(), usize::from(payload.has_trailer()));
}

#[test]
fn put_object_in_chunks() {
    check_chunked(
        chunked_put().with("content-length", "66824"),
        PayloadDeclaration::StreamingSigned,
        "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
        "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\
         \r\nA\r\n\
         400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\
         \r\nB\r\n\
         0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\
         \r\n\r\n",
    );
}

#[test]
fn put_object_in_chunks_with_trailer() {
    check_chunked(
        chunked_put().with("x-amz-trailer", "x-amz-checksum-crc32c"),
        PayloadDeclaration::StreamingSignedTrailer,
        "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
        "10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\
         \r\nA\r\n\
         400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\
         \r\nB\r\n\
         0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n\
         x-amz-checksum-crc32c:sOO8/Q==\r\n\
         x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\
         \r\n\r\n",
    );
}
