"""Checksums of every algorithm by header and by trailer, verified and returned."""

import base64
import hashlib
from dataclasses import replace

import pytest

from harness import checksums, expect
from harness.accounts import B
from harness.checksums import ALGORITHMS, header_name
from harness.chunked import SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER, ChunkedUpload
from harness.raw import RawClient

BODY = hashlib.shake_128(b"checksums").digest(200_000)


def stored(owner, bucket, key="k") -> bytes:
    return expect.ok(owner.get(bucket, key)).body


def nothing_stored(owner, bucket, key="k") -> None:
    expect.bodiless(owner.head(bucket, key), 404)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_boto3_computes_and_checks(s3, bucket, algorithm):
    put = s3.put_object(Bucket=bucket, Key="k", Body=BODY, ChecksumAlgorithm=algorithm)
    field = f"Checksum{algorithm}"
    assert put[field] == checksums.of(algorithm, BODY)
    answer = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert answer["Body"].read() == BODY
    assert (answer[field], answer["ChecksumType"]) == (put[field], "FULL_OBJECT")
    assert field not in s3.head_object(Bucket=bucket, Key="k")
    assert s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")[field] == put[field]
    assert s3.list_objects_v2(Bucket=bucket)["Contents"][0]["ChecksumAlgorithm"] == [algorithm]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_wrong_checksum_in_a_header(owner, bucket, algorithm):
    headers = {header_name(algorithm): checksums.of(algorithm, b"another body")}
    expect.error(owner.put(bucket, "k", BODY, headers=headers), 400, "BadDigest")
    nothing_stored(owner, bucket)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_malformed_checksum_in_a_header(owner, bucket, algorithm):
    for bad in ("%%%", base64.b64encode(b"wrong length").decode() + "A"):
        answer = owner.put(bucket, "k", BODY, headers={header_name(algorithm): bad})
        expect.error(answer, 400, "InvalidRequest",
                     f"Value for {header_name(algorithm)} header is invalid.")
    nothing_stored(owner, bucket)


@pytest.mark.parametrize("payload", [UNSIGNED_TRAILER, SIGNED_TRAILER])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_checksum_in_a_trailer(owner, bucket, algorithm, payload):
    trailers = {header_name(algorithm): checksums.of(algorithm, BODY)}
    answer = expect.ok(ChunkedUpload(payload, trailers).send(owner, bucket, "k", BODY))
    assert answer.header(header_name(algorithm)) == trailers[header_name(algorithm)]
    assert stored(owner, bucket) == BODY
    head = owner.head(bucket, "k", headers={"x-amz-checksum-mode": "ENABLED"})
    assert head.header(header_name(algorithm)) == trailers[header_name(algorithm)]
    assert head.header("Content-Encoding") is None  # aws-chunked is of the transfer, not of the object


@pytest.mark.parametrize("payload", [UNSIGNED_TRAILER, SIGNED_TRAILER])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_wrong_checksum_in_a_trailer(owner, bucket, algorithm, payload):
    trailers = {header_name(algorithm): checksums.of(algorithm, b"another body")}
    expect.error(ChunkedUpload(payload, trailers).send(owner, bucket, "k", BODY), 400, "BadDigest")
    nothing_stored(owner, bucket)


def test_chunk_sizes_do_not_matter(owner, bucket):
    name = header_name("CRC32")
    for size in (1, 7, 8192, 65536, len(BODY), 10 * len(BODY)):
        body = BODY[:300] if size == 1 else BODY
        upload = ChunkedUpload(UNSIGNED_TRAILER, {name: checksums.of("CRC32", body)}, chunk_bytes=size)
        expect.ok(upload.send(owner, bucket, f"k{size}", body))
        assert stored(owner, bucket, f"k{size}") == body


def test_signed_chunks(owner, bucket):
    expect.ok(ChunkedUpload(SIGNED).send(owner, bucket, "k", BODY))
    assert stored(owner, bucket) == BODY
    expect.ok(ChunkedUpload(SIGNED).send(owner, bucket, "empty", b""))
    assert stored(owner, bucket, "empty") == b""


@pytest.mark.parametrize("payload", [SIGNED, SIGNED_TRAILER])
@pytest.mark.parametrize("spoiled", [0, 1, 3])
def test_each_chunk_signature_counts(owner, bucket, payload, spoiled):
    """MinIO CVE-2021-21390 was a last chunk whose signature nobody looked at."""
    trailers = {header_name("CRC32"): checksums.of("CRC32", BODY)} if payload == SIGNED_TRAILER else {}
    upload = ChunkedUpload(payload, trailers, spoiled_chunk=spoiled)
    expect.error(upload.send(owner, bucket, "k", BODY), 403, "SignatureDoesNotMatch")
    nothing_stored(owner, bucket)


def test_the_trailer_signature_counts(owner, bucket):
    trailers = {header_name("CRC32"): checksums.of("CRC32", BODY)}
    upload = ChunkedUpload(SIGNED_TRAILER, trailers, spoiled_trailer=True)
    expect.error(upload.send(owner, bucket, "k", BODY), 403, "SignatureDoesNotMatch")
    nothing_stored(owner, bucket)


def test_the_head_signature_counts_for_unsigned_chunks(server, bucket, owner):
    """MinIO CVE-2025-31489: the signature of a streaming upload with trailer was never checked."""
    forger = RawClient(server.url, replace(B, secret_access_key="not/the/secret/of/the/bucket/owner/00000"))
    trailers = {header_name("CRC32"): checksums.of("CRC32", BODY)}
    expect.error(ChunkedUpload(UNSIGNED_TRAILER, trailers).send(forger, bucket, "k", BODY),
                 403, "SignatureDoesNotMatch")
    nothing_stored(owner, bucket)


def test_announced_and_sent_trailers_must_agree(owner, bucket):
    name = header_name("CRC32")
    cases = [
        ChunkedUpload(trailers={}, announced=[name]),
        ChunkedUpload(trailers={name: checksums.of("CRC32", BODY)}, announced=[header_name("SHA256")]),
        ChunkedUpload(trailers={name: "not base64"}),
    ]
    for upload in cases:
        answer = upload.send(owner, bucket, "k", BODY)
        assert answer.status == 400 and answer.code in ("MalformedTrailerError", "InvalidRequest"), answer
        nothing_stored(owner, bucket)


def test_lengths_must_agree(owner, bucket):
    trailers = {header_name("CRC32"): checksums.of("CRC32", BODY)}
    for length in (len(BODY) - 1, len(BODY) + 1):
        upload = ChunkedUpload(UNSIGNED_TRAILER, trailers, decoded_length=length)
        answer = upload.send(owner, bucket, "k", BODY)
        assert answer.status == 400 and answer.code in ("IncompleteBody", "InvalidRequest"), answer
    expect.error(ChunkedUpload(SIGNED, cut_off=True).send(owner, bucket, "k", BODY), 400, "IncompleteBody")
    nothing_stored(owner, bucket)


def test_content_md5(owner, bucket):
    good = base64.b64encode(hashlib.md5(BODY).digest()).decode()
    other = base64.b64encode(hashlib.md5(b"another body").digest()).decode()
    expect.ok(owner.put(bucket, "good", BODY, headers={"Content-MD5": good}))
    expect.error(
        owner.put(bucket, "k", BODY, headers={"Content-MD5": other}), 400, "BadDigest",
        "The Content-MD5 you specified did not match what we received.",
        ExpectedDigest=None, CalculatedDigest=None,
    )
    for malformed in ("", "xyz", base64.b64encode(b"short").decode()):
        expect.error(owner.put(bucket, "k", BODY, headers={"Content-MD5": malformed}),
                     400, "InvalidDigest", "The Content-MD5 you specified was invalid.")
    nothing_stored(owner, bucket)


def test_two_checksums_at_once_are_refused(owner, bucket):
    headers = {header_name(one): checksums.of(one, BODY) for one in ("CRC32", "SHA256")}
    expect.error(owner.put(bucket, "k", BODY, headers=headers), 400, "InvalidRequest")
    nothing_stored(owner, bucket)


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "SHA1", "SHA256"])
def test_composite_checksum_of_a_multipart_upload(s3, bucket, algorithm):
    where, field = {"Bucket": bucket, "Key": "k"}, f"Checksum{algorithm}"
    upload = s3.create_multipart_upload(**where, ChecksumAlgorithm=algorithm)
    assert (upload["ChecksumAlgorithm"], upload["ChecksumType"]) == (algorithm, "COMPOSITE")
    bodies = [BODY * 27, BODY]
    parts = []
    for number, body in enumerate(bodies, 1):
        put = s3.upload_part(**where, UploadId=upload["UploadId"], PartNumber=number, Body=body,
                             ChecksumAlgorithm=algorithm)
        assert put[field] == checksums.of(algorithm, body)
        parts.append({"PartNumber": number, "ETag": put["ETag"], field: put[field]})
    answer = s3.complete_multipart_upload(
        **where, UploadId=upload["UploadId"], MultipartUpload={"Parts": parts}
    )
    joined = b"".join(base64.b64decode(part[field]) for part in parts)
    assert answer[field] == f"{checksums.of(algorithm, joined)}-2"
    assert answer["ChecksumType"] == "COMPOSITE"
    head = s3.head_object(**where, ChecksumMode="ENABLED")
    assert (head[field], head["ChecksumType"]) == (answer[field], "COMPOSITE")


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME"])
def test_full_object_checksum_of_a_multipart_upload(s3, bucket, algorithm):
    where, field = {"Bucket": bucket, "Key": "k"}, f"Checksum{algorithm}"
    upload = s3.create_multipart_upload(
        **where, ChecksumAlgorithm=algorithm, ChecksumType="FULL_OBJECT"
    )["UploadId"]
    bodies = [BODY * 27, BODY]
    parts = []
    for number, body in enumerate(bodies, 1):
        put = s3.upload_part(**where, UploadId=upload, PartNumber=number, Body=body,
                             ChecksumAlgorithm=algorithm)
        parts.append({"PartNumber": number, "ETag": put["ETag"], field: put[field]})
    complete = {**where, "UploadId": upload, "MultipartUpload": {"Parts": parts}}
    with expect.client_error("BadDigest", 400):
        s3.complete_multipart_upload(
            **complete, ChecksumType="FULL_OBJECT", **{field: checksums.of(algorithm, b"other")}
        )
    whole = checksums.of(algorithm, b"".join(bodies))
    answer = s3.complete_multipart_upload(**complete, ChecksumType="FULL_OBJECT", **{field: whole})
    assert (answer[field], answer["ChecksumType"]) == (whole, "FULL_OBJECT")


def test_an_object_without_checksum_gets_crc64nvme(owner, bucket):
    """AWS: "Checking object integrity in Amazon S3", default since December 2024."""
    expect.ok(owner.put(bucket, "k", BODY))
    head = owner.head(bucket, "k", headers={"x-amz-checksum-mode": "ENABLED"})
    assert head.header("x-amz-checksum-crc64nvme") == checksums.of("CRC64NVME", BODY)
