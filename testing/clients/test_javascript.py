"""The AWS SDK for JavaScript, version 3, in Node; the scripts are in `javascript/`."""

import base64
import json
import zlib
from pathlib import Path

import pytest

from harness import checksums, trees
from harness.programs import Program, aws_environment

SCRIPTS = Path(__file__).parent / "javascript"
KEYS = [*trees.NAMES, "/leading", "double//slash", "dots/../up", "trailing/", "new\nline", "tab\t"]


@pytest.fixture
def node(server, bucket, tmp_path):
    """Runs a script on an empty bucket and gives back what it reports."""
    assert (SCRIPTS / "node_modules").is_dir(), "the SDK is not installed; `make test-clients` does it"

    def run(script: str, **more: str) -> dict:
        environment = aws_environment() | {"ENDPOINT": server.url, "BUCKET": bucket} | more
        return json.loads(Program("node", tmp_path, environment)(SCRIPTS / script))

    return run


def test_objects(node):
    found = node("objects.mjs", KEYS=json.dumps(KEYS))
    assert found["all"] == sorted(KEYS, key=str.encode)
    assert found == {
        "wrong": [], "all": found["all"], "deleted": len(KEYS), "errors": [],
        "same": {"buffer": True, "stream": True}, "range": True, "empty": 0, "left": [],
    }


def test_checksums(node):
    found = node("checksums.mjs")
    for algorithm in checksums.ALGORITHMS:
        for kind in ("buffer", "stream"):
            fact = found["facts"][algorithm][kind]
            assert fact["same"] and fact["type"] == "FULL_OBJECT", (algorithm, kind, fact)
        assert found["facts"][algorithm]["buffer"] == found["facts"][algorithm]["stream"]
    assert found["wrong"]["name"] == "BadDigest" and found["wrong"]["status"] == 400


def test_uploads_in_parts(node, server, bucket):
    found = node("uploads.mjs")
    for name in ("buffer", "stream", "sha256"):
        assert found[name]["same"] and found[name]["parts"] == "3", found[name]
    assert found["small"] == f"{server.url}/{bucket}/small"
    assert found["part"] and found["parts"] == 3 and found["type"] == "COMPOSITE"
    assert found["size"] == 12 * 1024 * 1024 + 345
    assert found["aborted"] == "AbortError" and found["open"] == 0


def test_presigned_urls_and_forms(node):
    assert node("presigned.mjs") == {
        "put": 200, "get": [200, "presigned", "text/x-test", "attachment"], "head": 200,
        "otherType": 403, "changed": 403, "post": [204, None], "tooLarge": [400, "EntityTooLarge"],
        "posted": "from a form", "delete": 204, "gone": 404,
    }


def test_errors(node):
    """As the SDK's own classes where it has one, with Amazon's name, status and message."""
    found = node("errors.mjs")
    assert found.pop("inHost") == "kept"
    assert found.pop("again") == "no error"  # us-east-1: making one's own bucket again succeeds
    messages = {name: fact.pop("message") for name, fact in found.items()}
    assert {name: tuple(fact.values()) for name, fact in found.items()} == {
        "missingKey": ("NoSuchKey", "NoSuchKey", 404),
        "missingHead": ("NotFound", "NotFound", 404),
        "missingBucket": ("NotFound", "NotFound", 404),
        "full": ("BucketNotEmpty", "S3ServiceException", 409),
        "acl": ("AccessControlListNotSupported", "S3ServiceException", 400),
        "bucketAcl": ("AccessDenied", "AccessDenied", 403),  # Block Public Access comes first (TV-080)
        "exists": ("PreconditionFailed", "S3ServiceException", 412),
        "range": ("InvalidRange", "S3ServiceException", 416),
        "anonymous": ("AccessDenied", "AccessDenied", 403),
        "wrongKey": ("SignatureDoesNotMatch", "S3ServiceException", 403),
        "elsewhere": ("AuthorizationHeaderMalformed", "S3ServiceException", 400),
    }
    assert messages["acl"] == "The bucket does not allow ACLs"
    assert messages["missingKey"] == "The specified key does not exist."
