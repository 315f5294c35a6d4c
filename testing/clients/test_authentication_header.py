"""Errors of the Authorization header: access-control.md §8.1, §8.2, §8.3."""

import datetime
import re
from dataclasses import replace

import pytest

from harness import expect
from harness.accounts import A, B
from harness.raw import RawClient, send
from harness.sigv4 import now, sign_headers

MALFORMED = "The authorization header is malformed; "
NOT_SIGNED = "There were headers present in the request which were not signed"


@pytest.fixture
def signed(owner, bucket):
    """The headers of a good `GET /bucket` and a way to send them spoiled."""
    target = f"/{bucket}"
    headers = sign_headers(B, "GET", owner.url + target, {"Host": owner.host})

    def send_with(**changed):
        names = {name.replace("_", "-"): value for name, value in changed.items()}
        spoiled = {name: value for name, value in (headers | names).items() if value is not None}
        return send(owner.address, "GET", target, spoiled)

    expect.ok(send_with())
    return headers, send_with


def test_two_mechanisms_at_once(owner, bucket):
    for query in ("X-Amz-Algorithm=AWS4-HMAC-SHA256", "Signature=abc"):
        expect.error(
            owner.get(bucket, query=query), 400, "InvalidArgument",
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query "
            "string parameter or the Authorization header should be specified",
            ArgumentName="Authorization", ArgumentValue=None,
        )


def test_unknown_scheme(signed):
    _, send_with = signed
    expect.error(send_with(Authorization="Bearer abc"), 400, "InvalidArgument",
                 "Unsupported Authorization Type", ArgumentName="Authorization", ArgumentValue="Bearer abc")


def test_scheme_without_a_blank(signed):
    _, send_with = signed
    expect.error(
        send_with(Authorization="AWS4-HMAC-SHA256"), 400, "InvalidArgument",
        "Authorization header is invalid -- one and only one ' ' (space) required.",
        ArgumentName="Authorization", ArgumentValue="AWS4-HMAC-SHA256",
    )


def test_signature_version_2(signed):
    _, send_with = signed
    expect.error(
        send_with(Authorization=f"AWS {B.access_key_id}:c2lnbmF0dXJl"), 400, "InvalidRequest",
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
    )


def test_no_date(signed):
    _, send_with = signed
    expect.denied(send_with(X_Amz_Date=None),
                  "AWS authentication requires a valid Date or x-amz-date header")


def test_tv_139_wrong_region(owner, bucket):
    expect.error(
        owner.get(bucket, region="aws-global"), 400, "AuthorizationHeaderMalformed",
        MALFORMED + "the region 'aws-global' is wrong; expecting 'us-east-1'", Region="us-east-1",
    )


def test_wrong_service(owner, bucket):
    expect.error(owner.get(bucket, service="ec2"), 400, "AuthorizationHeaderMalformed",
                 MALFORMED + 'incorrect service "ec2". This endpoint belongs to "s3".')


def credential_of(headers) -> str:
    return re.search(r"Credential=([^,]+),", headers["Authorization"]).group(1)


def test_spoiled_credentials(signed):
    headers, send_with = signed
    credential = credential_of(headers)
    key_id, day, region, service, terminal = credential.split("/")
    shape = 'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
    cases = {
        f"{key_id}/{day}/{region}/{service}/aws5": 'incorrect terminal "aws5". This endpoint uses "aws4_request".',
        f"{key_id}/2024x101/{region}/{service}/{terminal}":
            'incorrect date format "2024x101". This date in the credential must be in the format "yyyyMMdd".',
        f"{key_id}/{day}/{region}/{service}": shape,
        key_id: shape,
        f"{key_id}/20200101/{region}/{service}/{terminal}":
            "Invalid credential date. Date is not the same as X-Amz-Date.",
    }
    for spoiled, tail in cases.items():
        answer = send_with(Authorization=headers["Authorization"].replace(credential, spoiled))
        expect.error(answer, 400, "AuthorizationHeaderMalformed", MALFORMED + tail)


def test_components(signed):
    headers, send_with = signed
    credential = f"Credential={credential_of(headers)}"
    names = "SignedHeaders=host;x-amz-content-sha256;x-amz-date"
    signature = f"Signature={'0' * 64}"
    cases = {
        "Something": "the authorization header requires three components: Credential, SignedHeaders, and Signature.",
        f"X=1, {names}, {signature}": "missing Credential.",
        f"{credential}, X=1, {signature}": "missing SignedHeaders.",
        f"{credential}, {names}, X=1": "missing Signature.",
        f"{credential}, {names}, Signature": 'the authorization component "Signature" is malformed.',
    }
    for spoiled, tail in cases.items():
        answer = send_with(Authorization=f"AWS4-HMAC-SHA256 {spoiled}")
        expect.error(answer, 400, "AuthorizationHeaderMalformed", MALFORMED + tail)


def test_tv_133_unknown_access_key(server, bucket):
    stranger = RawClient(server.url, replace(B, access_key_id="AKIANOBODYHASTHISKEY"))
    expect.error(stranger.get(bucket), 403, "InvalidAccessKeyId",
                 "The AWS Access Key Id you provided does not exist in our records.",
                 AWSAccessKeyId="AKIANOBODYHASTHISKEY")


def test_access_key_ids_keep_their_letter_case(server, bucket):
    for changed in (A.access_key_id.upper(), B.access_key_id.lower()):
        stranger = RawClient(server.url, replace(A, access_key_id=changed))
        expect.error(stranger.get(bucket), 403, "InvalidAccessKeyId", AWSAccessKeyId=changed)


def test_tv_134_wrong_secret(server, bucket):
    forger = RawClient(server.url, replace(B, secret_access_key="not/the/secret/of/the/bucket/owner/00000"))
    fields = expect.error(
        forger.get(bucket, query="list-type=2"), 403, "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your key "
        "and signing method.",
        AWSAccessKeyId=B.access_key_id, StringToSign=None, SignatureProvided=None,
        StringToSignBytes=None, CanonicalRequest=None, CanonicalRequestBytes=None,
    )
    assert fields["StringToSign"].startswith("AWS4-HMAC-SHA256\n")
    assert fields["CanonicalRequest"].startswith(f"GET\n/{bucket}\nlist-type=2\nhost:")
    assert re.fullmatch("[0-9a-f]{64}", fields["SignatureProvided"])
    for name in ("StringToSign", "CanonicalRequest"):
        assert bytes.fromhex(fields[f"{name}Bytes"]) == fields[name].encode()


def test_a_signature_covers_everything_that_was_signed(owner, bucket, signed):
    headers, send_with = signed
    expect.error(send_with(X_Amz_Content_SHA256="UNSIGNED-PAYLOAD"), 403, "SignatureDoesNotMatch")
    expect.error(send_with(Host="localhost"), 403, "SignatureDoesNotMatch")
    for target in (f"/{bucket}?list-type=2", f"/{bucket}/k", "/"):
        expect.error(send(owner.address, "GET", target, headers), 403, "SignatureDoesNotMatch")
    expect.error(send(owner.address, "DELETE", f"/{bucket}", headers), 403, "SignatureDoesNotMatch")
    missing = {name: value for name, value in headers.items() if name != "X-Amz-Content-SHA256"}
    assert send(owner.address, "GET", f"/{bucket}", missing).status in (400, 403)


def test_every_character_of_the_signature_counts(signed):
    headers, send_with = signed
    head, _, signature = headers["Authorization"].rpartition("Signature=")
    for at in range(0, 64, 7):
        other = "0" if signature[at] != "0" else "1"
        spoiled = signature[:at] + other + signature[at + 1:]
        answer = send_with(Authorization=f"{head}Signature={spoiled}")
        expect.error(answer, 403, "SignatureDoesNotMatch", SignatureProvided=spoiled)
    for spoiled in ("", signature[:-1], signature + "0"):
        answer = send_with(Authorization=f"{head}Signature={spoiled}")
        assert answer.status in (400, 403), answer


def test_tv_135_clock_skew(owner, bucket):
    for minutes in (-20, 20):
        moment = now() + datetime.timedelta(minutes=minutes)
        fields = expect.error(
            owner.get(bucket, at=moment), 403, "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
            RequestTime=moment.strftime("%Y%m%dT%H%M%SZ"), ServerTime=None,
            MaxAllowedSkewMilliseconds="900000",
        )
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", fields["ServerTime"])
    for minutes in (-14, 14):
        expect.ok(owner.get(bucket, at=now() + datetime.timedelta(minutes=minutes)))


@pytest.mark.parametrize("extra, named", [
    ({"x-amz-acl": "public-read"}, "x-amz-acl"),
    ({"x-amz-copy-source": "/b/k"}, "x-amz-copy-source"),
    ({"x-amz-meta-a": "1", "x-amz-storage-class": "STANDARD"}, "x-amz-meta-a, x-amz-storage-class"),
    ({"X-Amz-Grant-Read": 'uri="x"'}, "x-amz-grant-read"),
])
def test_unsigned_amz_headers_are_refused(owner, bucket, extra, named):
    answer = owner.put(bucket, "k", b"x", unsigned_headers=extra)
    expect.error(answer, 403, "AccessDenied", NOT_SIGNED, HeadersNotSigned=named)
    expect.bodiless(owner.head(bucket, "k"), 404)


def test_other_headers_need_no_signature(owner, bucket):
    expect.ok(owner.put(bucket, "k", b"x", unsigned_headers={"X-Forwarded-For": "192.0.2.1", "Accept": "*/*"}))


def test_body_must_have_the_hash_that_was_signed(owner, bucket):
    claimed = "0" * 64
    fields = expect.error(
        owner.put(bucket, "k", b"x", payload_hash=claimed), 400, "XAmzContentSHA256Mismatch",
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
        ClientComputedContentSHA256=claimed, S3ComputedContentSHA256=None,
    )
    assert re.fullmatch("[0-9a-f]{64}", fields["S3ComputedContentSHA256"])
    expect.bodiless(owner.head(bucket, "k"), 404)


def test_unsigned_payload(owner, bucket):
    expect.ok(owner.put(bucket, "k", b"x", payload_hash="UNSIGNED-PAYLOAD"))
    assert owner.get(bucket, "k").body == b"x"


@pytest.mark.parametrize("value", ["nonsense", "STREAMING-NONSENSE", "a" * 63])
def test_unknown_payload_values(owner, bucket, value):
    answer = owner.put(bucket, "k", b"x", payload_hash=value)
    assert answer.status == 400 and answer.code in ("InvalidArgument", "InvalidRequest"), answer
    expect.bodiless(owner.head(bucket, "k"), 404)


def test_session_token_of_a_permanent_key(owner, bucket):
    """§8.3: a token that does not belong to the key."""
    answer = owner.get(bucket, headers={"x-amz-security-token": "made up"})
    expect.error(answer, 400, "InvalidToken", "The provided token is malformed or otherwise invalid.",
                 Token_0="made up")


def test_anonymous_with_a_signed_payload_value(anonymous, buckets):
    """§8.3; versitygw df74e7fd ignored the header on anonymous requests."""
    name = buckets.with_acl("public-read-write")
    answer = anonymous.put(name, "k", b"x", headers={"x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"})
    expect.error(
        answer, 400, "InvalidRequest",
        "Anonymous requests don't support this x-amz-content-sha256 value. Please use UNSIGNED-PAYLOAD or "
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER.",
    )
    expect.ok(anonymous.put(name, "k", b"x", headers={"x-amz-content-sha256": "UNSIGNED-PAYLOAD"}))


def test_malformed_authentication_is_never_anonymous(owner, buckets):
    """A spoiled signature on a public object is an error, not a fall back to nobody."""
    name = buckets.publicly_readable()
    expect.ok(owner.put(name, "k", b"x"))
    target = f"/{name}/k"
    for value in ("", "garbage", "AWS4-HMAC-SHA256 x", "AWS a:b", "Basic dXNlcjpwYXNz"):
        answer = send(owner.address, "GET", target, {"Host": owner.host, "Authorization": value})
        assert 400 <= answer.status < 500 and answer.code is not None, (value, answer)
