"""The Ruby SDK of Debian, as Mastodon uses it: the diagnosis of seed 000 and the whole scenario."""

import shutil
import subprocess
from pathlib import Path

import pytest

from harness import expect
from harness.accounts import B
from harness.buckets import new_name

MASTODON = Path(__file__).parent / "mastodon"


@pytest.fixture
def ruby(server):
    """Runs a script with the environment of a Mastodon server; the endpoint comes from there too."""
    program = shutil.which("ruby")
    assert program, "no Ruby on the PATH; `make test` installs it"

    def run(script: str, bucket: str) -> str:
        environment = {
            "PATH": str(Path(program).parent), "LANG": "C.UTF-8",
            "RUBYOPT": f"-r{MASTODON / 'preload.rb'}",
            "AWS_ENDPOINT_URL_S3": server.url, "S3_REGION": "us-east-1", "S3_BUCKET": bucket,
            "AWS_ACCESS_KEY_ID": B.access_key_id, "AWS_SECRET_ACCESS_KEY": B.secret_access_key,
        }
        done = subprocess.run([program, MASTODON / script], env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_the_diagnosis_of_the_document_runs_unchanged(ruby, owner, buckets):
    bucket = buckets.publicly_readable()
    assert ruby("diagnosis.rb", bucket).splitlines() == [
        '["BucketOwnerEnforced"]',
        "PUT+acl FAILS: Aws::S3::Errors::AccessControlListNotSupported / The bucket does not allow ACLs",
        "MISSING",
    ]
    # The plain PUT succeeded and its object was deleted; the one with an ACL never came to be.
    assert expect.ok(owner.get(bucket, query="list-type=2")).texts("Contents/Key") == []


def test_the_diagnosis_of_a_bucket_with_acls(ruby, owner, buckets):
    """The same script says the opposite where the opposite is true."""
    bucket = buckets.object_writer()
    avatar = "cache/accounts/avatars/remote.tld/someuser/original/avatar.png"
    expect.ok(owner.put(bucket, avatar, b"avatar"))
    assert ruby("diagnosis.rb", bucket).splitlines() == ['["ObjectWriter"]', "PUT+acl: OK", "EXISTS"]


def test_the_scenario_step_by_step(ruby):
    """access-control.md §13."""
    refused = "AccessControlListNotSupported 400 The bucket does not allow ACLs"
    lines = ruby("replay.rb", new_name("mastodon")).splitlines()
    assert lines[6].startswith("7 head new.png: NotFound 404")
    assert lines[:6] + lines[7:] == [
        "1 bucket with old.png: stored",
        f"2 upload with public-read: {refused}",
        f"3 upload with private: {refused}",
        "4 stored: old.png",
        "5 public old.png: 200 old",
        "6 public new.png: 403 AccessDenied",
        "8 ownership: BucketOwnerEnforced",
        "9 upload without ACL: stored",
        "10 public new.png: 200 new",
        "11 synthetic check: passed",
    ]
