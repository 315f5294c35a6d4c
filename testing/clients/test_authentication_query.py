"""Errors of presigned URLs: access-control.md §8.4."""

import datetime
import re
from dataclasses import replace
from urllib.parse import quote, urlsplit

import pytest

from harness import expect
from harness.accounts import B
from harness.raw import send
from harness.sigv4 import now, presign

PARSING = "Error parsing the X-Amz-Credential parameter; "
CODE = "AuthorizationQueryParametersError"
NAMES = ("Algorithm", "Credential", "Signature", "Date", "SignedHeaders", "Expires")


@pytest.fixture
def url(owner, bucket) -> str:
    expect.ok(owner.put(bucket, "k", b"x"))
    return f"{owner.url}/{bucket}/k"


@pytest.fixture
def use(owner):
    """Sends a presigned URL."""
    def send_url(presigned, method="GET", headers=None, body=b""):
        parts = urlsplit(presigned)
        all_headers = {"Host": owner.host} | dict(headers or {})
        if method == "PUT":
            all_headers["Content-Length"] = str(len(body))
        return send(owner.address, method, f"{parts.path}?{parts.query}", all_headers, body)
    return send_url


def with_parameter(presigned: str, name: str, value: str | None) -> str:
    """The URL with one X-Amz- parameter replaced or left out."""
    spoiled = f"&X-Amz-{name}={quote(value, safe='')}" if value is not None else ""
    return re.sub(rf"[?&]X-Amz-{name}=[^&]*", spoiled, presigned).replace("/k&", "/k?", 1)


def test_good_ones_work(url, use):
    assert expect.ok(use(presign(B, "GET", url))).body == b"x"


def test_tv_136_expired(url, use):
    made = now() - datetime.timedelta(seconds=100)
    fields = expect.error(
        use(presign(B, "GET", url, expires_seconds=10, at=made)), 403, "AccessDenied",
        "Request has expired", Expires=None, ServerTime=None, X_Amz_Expires="10",
    )
    expected = (made + datetime.timedelta(seconds=10)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert fields["Expires"] == expected
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", fields["ServerTime"])


def test_not_valid_yet(url, use):
    made = now() + datetime.timedelta(minutes=20)
    expect.denied(use(presign(B, "GET", url, at=made)), "Request is not valid yet")


@pytest.mark.parametrize("name", NAMES)
def test_tv_137_a_parameter_is_missing(url, use, name):
    """TV-137 is the one without X-Amz-Signature. Without X-Amz-Algorithm it is still no anonymous request."""
    expect.error(
        use(with_parameter(presign(B, "GET", url), name, None)), 400, CODE,
        "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
        "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
    )


@pytest.mark.parametrize("missing", ["Signature", "Expires", "AWSAccessKeyId"])
def test_version_2_with_a_parameter_missing(url, use, missing):
    parameters = {"AWSAccessKeyId": B.access_key_id, "Expires": "9999999999", "Signature": "c2ln"}
    query = "&".join(f"{name}={value}" for name, value in parameters.items() if name != missing)
    expect.denied(use(f"{url}?{query}"),
                  "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters")


def test_version_2_is_not_supported(url, use):
    query = f"AWSAccessKeyId={B.access_key_id}&Expires=9999999999&Signature=c2ln"
    expect.error(
        use(f"{url}?{query}"), 400, "InvalidRequest",
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
    )


def test_wrong_region(url, use):
    expect.error(use(presign(B, "GET", url, region="eu-west-1")), 400, CODE,
                 PARSING + "the region 'eu-west-1' is wrong; expecting 'us-east-1'", Region="us-east-1")


def test_wrong_service(url, use):
    expect.error(use(presign(B, "GET", url, service="ec2")), 400, CODE,
                 PARSING + 'incorrect service "ec2". This endpoint belongs to "s3".')


def test_spoiled_credentials(url, use):
    day = now().strftime("%Y%m%d")
    shape = 'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
    cases = {
        f"{B.access_key_id}/{day}/us-east-1/s3/aws5":
            'incorrect terminal "aws5". This endpoint uses "aws4_request".',
        f"{B.access_key_id}/2024x101/us-east-1/s3/aws4_request":
            'incorrect date format "2024x101". This date in the credential must be in the format "yyyyMMdd".',
        f"{B.access_key_id}/{day}/us-east-1/s3": shape,
        "nonsense": shape,
    }
    for credential, tail in cases.items():
        spoiled = with_parameter(presign(B, "GET", url), "Credential", credential)
        expect.error(use(spoiled), 400, CODE, PARSING + tail)


@pytest.mark.parametrize("expires, message", [
    ("604801", "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires "
               "must be less than 604800 seconds"),
    ("-1", "X-Amz-Expires must be non-negative"),
    ("soon", "X-Amz-Expires should be a number"),
])
def test_lifetimes(url, use, expires, message):
    expect.error(use(presign(B, "GET", url, expires_seconds=expires)), 400, CODE, message)


def test_algorithm(url, use):
    spoiled = with_parameter(presign(B, "GET", url), "Algorithm", "AWS4-HMAC-MD5")
    expect.error(use(spoiled), 400, CODE,
                 'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"')


def test_date_shape(url, use):
    spoiled = with_parameter(presign(B, "GET", url), "Date", "2024-01-01")
    expect.error(use(spoiled), 400, CODE,
                 'X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd\'T\'HHmmss\'Z\'"')


def test_scope_date_differs_from_the_date(url, use):
    spoiled = with_parameter(
        presign(B, "GET", url), "Credential", f"{B.access_key_id}/20200101/us-east-1/s3/aws4_request"
    )
    answer = use(spoiled)
    expect.error(answer, 400, CODE)
    assert re.fullmatch(
        r'Invalid credential date "20200101"\. This date is not the same as X-Amz-Date: "\d{8}(T\d{6}Z)?"\.',
        answer.error["Message"],
    ), answer.error


def test_unknown_access_key_and_wrong_secret(url, use):
    stranger = replace(B, access_key_id="AKIANOBODYHASTHISKEY")
    expect.error(use(presign(stranger, "GET", url)), 403, "InvalidAccessKeyId",
                 AWSAccessKeyId="AKIANOBODYHASTHISKEY")
    forger = replace(B, secret_access_key="not/the/secret/of/the/bucket/owner/00000")
    expect.error(use(presign(forger, "GET", url)), 403, "SignatureDoesNotMatch",
                 AWSAccessKeyId=B.access_key_id, StringToSign=None, SignatureProvided=None,
                 StringToSignBytes=None, CanonicalRequest=None, CanonicalRequestBytes=None)


def test_an_expired_url_is_expired_before_it_is_wrong(url, use):
    """§12.1: stage 3 comes before the access key and the signature."""
    forger = replace(B, access_key_id="AKIANOBODYHASTHISKEY")
    made = now() - datetime.timedelta(minutes=1)
    expect.denied(use(presign(forger, "GET", url, expires_seconds=1, at=made)), "Request has expired")


def test_tv_138_unsigned_acl_header(owner, bucket, use):
    answer = use(presign(B, "PUT", f"{owner.url}/{bucket}/new"), "PUT", {"x-amz-acl": "public-read"}, b"x")
    expect.error(answer, 403, "AccessDenied",
                 "There were headers present in the request which were not signed", HeadersNotSigned="x-amz-acl")
    expect.bodiless(owner.head(bucket, "new"), 404)


def test_unsigned_copy_source_header(owner, bucket, use, url):
    """A presigned PUT must not become a copy of anything its signer can read."""
    answer = use(presign(B, "PUT", f"{owner.url}/{bucket}/new"), "PUT", {"x-amz-copy-source": f"/{bucket}/k"})
    expect.error(answer, 403, "AccessDenied", HeadersNotSigned="x-amz-copy-source")
    expect.bodiless(owner.head(bucket, "new"), 404)


def test_signed_in_the_query_and_sent_with_another_value(owner, bucket, use):
    made = presign(B, "PUT", f"{owner.url}/{bucket}/new?x-amz-meta-a=signed")
    answer = use(made, "PUT", {"x-amz-meta-a": "other"}, b"x")
    expect.error(answer, 403, "AccessDenied", HeadersNotSigned="x-amz-meta-a")
    expect.bodiless(owner.head(bucket, "new"), 404)
