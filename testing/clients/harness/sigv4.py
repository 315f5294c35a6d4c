"""Signature Version 4 by botocore's own signer, with every ingredient open to tampering."""

import contextlib
import datetime
import hashlib
import hmac
from unittest import mock

import botocore.auth
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from .accounts import Account

REGION = "us-east-1"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"


def now() -> datetime.datetime:
    """The time that a signature carries unless a test says otherwise."""
    return datetime.datetime.now(datetime.timezone.utc)


class _HeaderSigner(S3SigV4Auth):
    """botocore's header signer that signs whatever payload hash the test wants to claim."""

    def __init__(self, credentials, service, region, payload_hash):
        super().__init__(credentials, service, region)
        self._payload_hash = payload_hash

    def payload(self, request):
        return self._payload_hash


@contextlib.contextmanager
def _clock(at: datetime.datetime):
    with mock.patch.object(botocore.auth, "get_current_datetime", lambda *_, **__: at):
        yield


def credentials(account: Account, token: str | None = None) -> Credentials:
    """The account's root key as botocore wants it."""
    return Credentials(account.access_key_id, account.secret_access_key, token)


def sign_headers(
    account: Account,
    method: str,
    url: str,
    headers: dict[str, str],
    body: bytes = b"",
    *,
    payload_hash: str | None = None,
    region: str = REGION,
    service: str = "s3",
    at: datetime.datetime | None = None,
) -> dict[str, str]:
    """`headers` with Authorization, X-Amz-Date and X-Amz-Content-SHA256 added."""
    claimed = payload_hash or hashlib.sha256(body).hexdigest()
    request = AWSRequest(method=method, url=url, headers=dict(headers), data=body)
    with _clock(at or now()):
        _HeaderSigner(credentials(account), service, region, claimed).add_auth(request)
    return dict(request.headers.items())


def presign(
    account: Account,
    method: str,
    url: str,
    headers: dict[str, str] | None = None,
    *,
    expires_seconds: int | str = 300,
    region: str = REGION,
    service: str = "s3",
    at: datetime.datetime | None = None,
) -> str:
    """The URL with the six query parameters of a presigned request."""
    request = AWSRequest(method=method, url=url, headers=dict(headers or {}))
    signer = S3SigV4QueryAuth(credentials(account), service, region, expires=expires_seconds)
    with _clock(at or now()):
        signer.add_auth(request)
    return request.url


def signing_key(account: Account, day: str, region: str = REGION, service: str = "s3") -> bytes:
    """The derived key of one day, region and service, for signatures that botocore cannot make."""
    key = b"AWS4" + account.secret_access_key.encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
