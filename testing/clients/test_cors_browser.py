"""CORS in a real browser: what a page of another origin can do with the SDK for JavaScript, presigned URLs
and forms, with rules and without. The page and its driver are in `javascript/`."""

import json
import shutil

import pytest

from harness.programs import Program, aws_environment
from test_javascript import SCRIPTS


@pytest.fixture
def in_browser(server, bucket, s3, tmp_path):
    """Runs the page against a bucket with these rules; what it could do, and the keys that are there."""
    assert (SCRIPTS / "node_modules" / "playwright-core").is_dir(), "`make test-clients` installs it"
    chromium = shutil.which("chromium")
    assert chromium, "Chromium is not installed; `make tools` does it"
    s3.put_object(Bucket=bucket, Key="before", Body=b"was there")

    def run(*rules: dict) -> tuple[dict, set[str]]:
        if rules:
            s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": list(rules)})
        environment = aws_environment() | {
            "ENDPOINT": server.url, "BUCKET": bucket, "CHROMIUM": chromium, "HOME": str(tmp_path)}
        found = json.loads(Program("node", tmp_path, environment)(SCRIPTS / "browser.mjs"))
        return found, {entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", [])}

    return run


def test_a_page_without_rules(in_browser):
    """Nothing can be read; only the form, which a browser sends unasked, arrives."""
    found, keys = in_browser()
    assert set(found.values()) == {"failed"}, found
    assert keys == {"before", "form"}


def test_a_page_with_rules(in_browser, s3, bucket):
    found, keys = in_browser({"AllowedOrigins": ["http://127.0.0.1:*"], "AllowedMethods": ["GET", "PUT", "POST"],
                              "AllowedHeaders": ["*"], "ExposeHeaders": ["ETag", "Location"]})
    assert found["get"][0] == "was there" and found["get"][1].startswith('"')
    assert found["missing"] == "refused 404 NoSuchKey", "errors are shared too"
    assert found["put"] == "done" and found["presigned"] == [200, True]
    assert found["form"][0] == 204 and found["form"][1].endswith("/form")
    assert found["delete"] == "failed", "DELETE is not allowed"
    assert keys == {"before", "sdk", "presigned", "form"}
    assert s3.head_object(Bucket=bucket, Key="sdk")["Metadata"] == {"page": "yes"}


def test_a_page_that_may_only_read(in_browser):
    """Headers of signatures are allowed by name; what is not exposed stays hidden; nothing is written."""
    found, keys = in_browser(
        {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"], "AllowedHeaders": ["authorization", "x-amz-*", "amz-*"]})
    assert found["get"] == ["was there", None], "no ETag without ExposeHeaders"
    assert (found["put"], found["presigned"], found["form"]) == ("failed", "failed", "failed")
    assert keys == {"before", "form"}
