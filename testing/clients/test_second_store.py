"""The tools against a store that is not ours: moto, behind a proxy where the story needs a bucket without ACLs."""

import json

import boto3
import pytest
from botocore.config import Config

from harness.accounts import B
from harness.buckets import new_name
from harness.faults import FaultProxy, s3_error
from harness.listeners import Hook
from harness.mastodons import Mastodon, finding, media_policy
from harness.policies import policy


@pytest.fixture
def bucket(moto_server):
    name = new_name("moto")
    moto_server.put_bucket(name)
    return name


@pytest.fixture
def s3(moto_server):
    return boto3.client("s3", endpoint_url=moto_server.url, aws_access_key_id=B.access_key_id,
                        aws_secret_access_key=B.secret_access_key, region_name="us-east-1",
                        config=Config(s3={"addressing_style": "path"}))


def refuse_acls(asked):
    """As a bucket with ACLs disabled answers."""
    if asked.method == "PUT" and asked.acl is not None:
        return s3_error(400, "AccessControlListNotSupported")
    return None


def keys(s3, bucket):
    return [found["Key"] for found in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def watch(mastodon, directory, code, *, hook):
    """One run of the upload check; its result, and what was told."""
    configuration = directory / "watch.toml"
    configuration.write_text(f"[schedule]\nconfirm_pause_seconds = 0\n[[webhook]]\nurl = '{hook.url}'\n")
    before = len(hook.posts)
    done = mastodon.run("watch", "mastodon", "--once", "--only", "write", "--json", "--watch-config", configuration,
                        "--state-dir", directory / "state")
    assert done.returncode == code, done.stdout + done.stderr
    told = [json.loads(post.body)["subject"] for post in hook.posts[before:]]
    return json.loads(done.stdout)["results"][0], told


def test_the_story(moto_server, s3, bucket, tmp_path):
    """Media are public by policy; uploads carry an ACL that the store does not take."""
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(media_policy(bucket)))
    with FaultProxy(moto_server.url, refuse_acls) as proxy, Hook() as hook:
        mastodon = Mastodon(tmp_path / "live", proxy.url, bucket).write(S3_PERMISSION="public-read")
        code, report = mastodon.doctor()
        cause = finding(report, "C-10", "failing")
        assert code == 2 and cause["place"]["proposed"] == "S3_PERMISSION="
        assert cause["evidence"][0]["code"] == "AccessControlListNotSupported"
        assert finding(report, "C-09")["severity"] == "ok"
        assert report["leftovers"] == [] and keys(s3, bucket) == []
        result, told = watch(mastodon, tmp_path, 2, hook=hook)
        assert result["code"] == "put AccessControlListNotSupported"
        assert told == ["[CRITICAL] Mastodon fails: uploads"]

        done = mastodon.fix("--yes")
        assert done.returncode == 0, done.stdout + done.stderr
        code, report = mastodon.doctor("--only", "C-09,C-10,C-12")
        assert code == 0, json.dumps(report, indent=1)
        result, told = watch(mastodon, tmp_path, 0, hook=hook)
        assert [step["name"] for step in result["steps"]] == ["put", "head", "get", "public-get", "delete", "gone"]
        assert len(told) == 1 and told[0].startswith("[OK] Mastodon works again after")
    assert keys(s3, bucket) == []


def test_a_store_that_is_public_by_acl(moto_server, s3, bucket, tmp_path):
    """Here the header is what lets the public read: watch sees it go, and fix refuses to take it away."""
    with Hook() as hook:
        mastodon = Mastodon(tmp_path / "live", moto_server.url, bucket).write(S3_PERMISSION="public-read")
        code, report = mastodon.doctor("--only", "C-09,C-10,C-12")
        assert code == 0, json.dumps(report, indent=1)
        watch(mastodon, tmp_path, 0, hook=hook)
        refused = mastodon.fix("--yes")
        assert refused.returncode == 2 and "fix bucket" in refused.stderr

        mastodon.write(S3_PERMISSION="")
        result, told = watch(mastodon, tmp_path, 2, hook=hook)
        assert result["code"].startswith("public-get") and told == ["[CRITICAL] Mastodon fails: uploads"]
        code, report = mastodon.doctor("--only", "C-12")
        assert code == 2 and "fix bucket" in finding(report, "C-12", "failing")["fix"]

        done = mastodon.run("fix", "bucket", "mastodon", "--yes")
        assert done.returncode == 0, done.stdout + done.stderr
        watch(mastodon, tmp_path, 0, hook=hook)
        # Now that the policy lets the public read, the header can go.
        assert mastodon.write(S3_PERMISSION="public-read").fix("--yes").returncode == 0
    assert keys(s3, bucket) == []


def test_what_a_whole_examination_finds(moto_server, s3, bucket, tmp_path):
    """Every check comes to an end, whatever this store does not have."""
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(media_policy(bucket)))
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    mastodon = Mastodon(tmp_path / "live", moto_server.url, bucket).write(S3_PERMISSION="")
    _, report = mastodon.doctor()
    seen = {found["id"] for found in report["findings"]}
    assert {"C-01", "C-03", "C-05", "C-07", "C-08", "C-09", "C-10", "C-12", "C-13", "C-16", "C-18", "C-19"} <= seen
    for check in ("C-05", "C-09", "C-10", "C-12", "C-19"):
        assert finding(report, check)["severity"] == "ok", finding(report, check)
    assert finding(report, "C-18", "ok")["meaning"] == "an upload in two parts arrives"
    assert "the public too" in finding(report, "C-13", "warning")["meaning"], "moto hides no key from anybody"
    assert finding(report, "C-20")["severity"] == "info"
    assert report["leftovers"] == []
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
    left = s3.list_object_versions(Bucket=bucket)
    assert [found["Key"] for found in left.get("Versions", []) + left.get("DeleteMarkers", [])] == []
