"""The helpers themselves, against published examples: a wrong helper would test nothing."""

import datetime

from harness import acls, checksums, policies
from harness.accounts import Account
from harness.chunked import SIGNED, ChunkedUpload, ChunkSigner
from harness.raw import Response, object_path
from harness.sigv4 import presign, sign_headers, signing_key

# AWS: "Signature calculations for the Authorization header", the account of all examples.
EXAMPLE = Account(
    "example", "", "", "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
)
MIDNIGHT = datetime.datetime(2013, 5, 24, tzinfo=datetime.timezone.utc)


def test_header_signature_of_the_published_get_example():
    headers = sign_headers(
        EXAMPLE, "GET", "https://examplebucket.s3.amazonaws.com/test.txt",
        {"Host": "examplebucket.s3.amazonaws.com", "Range": "bytes=0-9"}, at=MIDNIGHT,
    )
    assert headers["Authorization"].endswith(
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    )


def test_presigned_url_of_the_published_example():
    url = presign(
        EXAMPLE, "GET", "https://examplebucket.s3.amazonaws.com/test.txt",
        expires_seconds=86400, at=MIDNIGHT,
    )
    assert url.endswith(
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )


def test_chunk_signatures_of_the_published_example():
    signer = ChunkSigner(
        key=signing_key(EXAMPLE, "20130524"),
        timestamp="20130524T000000Z",
        scope="20130524/us-east-1/s3/aws4_request",
        previous="4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    )
    upload = ChunkedUpload(payload=SIGNED)
    lines = upload.encode(b"a" * 66560, signer).split(b"\r\n")
    signatures = [line.partition(b"chunk-signature=")[2].decode() for line in lines[0:6:2]]
    assert signatures == [
        "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
        "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
        "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
    ]


def test_checksums_of_the_standard_check_string():
    text = b"123456789"
    assert checksums.of("CRC32", text) == "y/Q5Jg=="  # 0xcbf43926
    assert checksums.of("CRC32C", text) == "4waSgw=="  # 0xe3069283
    assert checksums.of("CRC64NVME", text) == "rosUhgp5mIg="  # 0xae8b14860a799888


def test_paths_are_encoded_once():
    assert object_path("b", "a b/+%/ü/..") == "/b/a%20b/%2B%25/%C3%BC/.."
    assert object_path("b") == "/b"
    assert object_path() == "/"


def test_acl_documents_are_read_as_they_are_written():
    text = policies.acl("cid", policies.canonical_user("cid", "FULL_CONTROL"),
                        policies.group(policies.ALL_USERS, "READ"))
    acl = acls.read(Response(200, None, text.encode()))
    assert acl == acls.Acl("cid", [("cid", "FULL_CONTROL"), (policies.ALL_USERS, "READ")])
