"""Access logs: how logging is turned on, and what the delivered records say."""

import re
import time
from urllib.parse import quote

from . import policies
from .expect import ok

SERVICE = {"Service": "logging.s3.amazonaws.com"}
DELIVERY_SECONDS_MAX = 30

FIELDS = (
    "bucket_owner bucket time remote_ip requester request_id operation key request_uri status "
    "error_code bytes_sent object_size total_time turn_around_time referer user_agent version_id "
    "host_id signature_version cipher_suite authentication_type host_header tls_version "
    "access_point_arn acl_required source_region"
).split()
_FIELD = re.compile(r'\[([^\]]*)\]|"([^"]*)"|(\S+)')


def status(target: str, prefix: str = "", grants: str = "", key_format: str = "") -> str:
    """A BucketLoggingStatus that turns logging on."""
    target_grants = f"<TargetGrants>{grants}</TargetGrants>" if grants else ""
    return (
        f'<BucketLoggingStatus xmlns="{policies.S3_XMLNS}"><LoggingEnabled>'
        f"<TargetBucket>{target}</TargetBucket><TargetPrefix>{prefix}</TargetPrefix>"
        f"{target_grants}{key_format}</LoggingEnabled></BucketLoggingStatus>"
    )


def delivery_allowed(target: str, source: str, account) -> dict:
    """The statement that AWS recommends for target buckets (§9.3)."""
    return policies.allow(SERVICE, "s3:PutObject", policies.objects_arn(target), {
        "ArnLike": {"aws:SourceArn": policies.bucket_arn(source)},
        "StringEquals": {"aws:SourceAccount": account.account_id},
    })


def record(line: str) -> dict[str, str]:
    """A line taken apart; every field is there and none besides."""
    values = ["".join(groups) for groups in _FIELD.findall(line)]
    assert len(values) == len(FIELDS), line
    return dict(zip(FIELDS, values, strict=True))


def delivered(client, target: str, prefix: str = "") -> dict[str, list[dict[str, str]]]:
    """The records of every log object in the target bucket, by key."""
    listing = ok(client.get(target, query=f"list-type=2&prefix={quote(prefix, safe='')}"))
    keys = listing.texts("Contents/Key")
    return {
        key: [record(line) for line in ok(client.get(target, key)).body.decode().splitlines()]
        for key in keys
    }


def wait_for(client, target: str, wanted: int, prefix: str = "") -> list[dict[str, str]]:
    """All records, once there are as many as wanted."""
    deadline = time.monotonic() + DELIVERY_SECONDS_MAX
    while True:
        found = [one for records in delivered(client, target, prefix).values() for one in records]
        if len(found) >= wanted:
            return found
        assert time.monotonic() < deadline, f"{len(found)} of {wanted} records: {found}"
        time.sleep(0.1)  # nothing tells a client that a log object was written
