"""Assertions that look at the whole answer, not only at its status."""

import contextlib

import pytest
from botocore.exceptions import ClientError

from .raw import Response

_FIRST_FIELDS = ["Code", "Message"]
_LAST_FIELDS = ["RequestId", "HostId"]


def ok(response: Response, status: int = 200) -> Response:
    """The response, if it has this status."""
    assert response.status == status, f"{response.status} {response.body.decode(errors='replace')}"
    return response


def error(
    response: Response, status: int, code: str, message: str | None = None, **extra: str | None
) -> dict[str, str]:
    """Checks an S3 error and its envelope (§0.3); `field=None` means present with any text."""
    shown = f"{response.status} {response.body.decode(errors='replace')}"
    assert response.status == status, shown
    names = [name for name, _ in response.fields]
    assert response.code == code, shown
    assert names[:2] == _FIRST_FIELDS and names[-2:] == _LAST_FIELDS, shown
    assert len(names) == len(set(names)), f"a field twice: {shown}"
    assert response.error["RequestId"] == response.header("x-amz-request-id"), shown
    assert response.error["HostId"] == response.header("x-amz-id-2"), shown
    assert response.error["RequestId"] and response.error["HostId"], shown
    assert response.header("Content-Type") == "application/xml", response.headers.items()
    if message is not None:
        assert response.error["Message"] == message, shown
    for name, value in extra.items():
        field = name.replace("_", "-")
        assert field in names, f"no {field}: {shown}"
        assert value is None or response.error[field] == value, shown
    return response.error


def denied(response: Response, message: str | None = None) -> dict[str, str]:
    """403 AccessDenied; the message only where the specification fixes it (AUTH-4)."""
    return error(response, 403, "AccessDenied", message)


def not_supported(response: Response) -> dict[str, str]:
    """The refusal of every ACL in a BucketOwnerEnforced bucket (OWN-E8)."""
    return error(
        response, 400, "AccessControlListNotSupported", "The bucket does not allow ACLs"
    )


def bodiless(response: Response, status: int) -> Response:
    """An error to a HEAD: status and headers, no body (§0.3)."""
    assert response.status == status, response.headers.items()
    assert response.body == b""
    assert response.header("x-amz-request-id") and response.header("x-amz-id-2")
    return response


@contextlib.contextmanager
def client_error(code: str, status: int):
    """The block must end with this error of an SDK client; yields it filled in afterwards."""
    with pytest.raises(ClientError) as caught:
        yield caught
    answer = caught.value.response
    assert answer["Error"]["Code"] == code, answer
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == status, answer
