"""rclone 1.60 of Debian: sync, check, server-side copies, uploads in parts by several threads."""

import json

import pytest
import requests

from harness import trees
from harness.accounts import B
from harness.buckets import new_name
from harness.programs import Program

LARGE = 17 * trees.MIB
PARTS = ("--s3-upload-cutoff", "5Mi", "--s3-chunk-size", "5Mi", "--s3-upload-concurrency", "4")


@pytest.fixture
def rclone(server, tmp_path):
    """rclone with a remote `g:`; the log must be silent."""
    configuration = tmp_path / "rclone.conf"
    configuration.write_text(
        "[g]\ntype = s3\nprovider = Other\n"
        f"endpoint = {server.url}\nregion = us-east-1\n"
        f"access_key_id = {B.access_key_id}\nsecret_access_key = {B.secret_access_key}\n"
        "acl = bucket-owner-full-control\n"
    )
    environment = {"RCLONE_CONFIG": str(configuration), "RCLONE_RETRIES": "1", "RCLONE_LOW_LEVEL_RETRIES": "1"}
    return Program("rclone", tmp_path, environment)


@pytest.fixture
def tree(tmp_path):
    return trees.write(tmp_path / "tree", trees.files(LARGE)), trees.files(LARGE)


def test_sync_check_and_back(rclone, bucket, tree, tmp_path):
    directory, files = tree
    rclone("sync", directory, f"g:{bucket}/backup", *PARTS)
    listed = json.loads(rclone("lsjson", "-R", "--files-only", "--hash", f"g:{bucket}/backup"))
    assert {entry["Path"]: entry["Size"] for entry in listed} == {name: len(body) for name, body in files.items()}
    rclone("check", "--one-way", directory, f"g:{bucket}/backup")
    rclone("check", "--download", directory, f"g:{bucket}/backup")
    # A second run sees that there is nothing to do, times of modification included.
    again = rclone.run("sync", "-v", directory, f"g:{bucket}/backup", *PARTS)
    assert again.returncode == 0 and "There was nothing to transfer" in again.stderr
    rclone("sync", f"g:{bucket}/backup", tmp_path / "back", "--multi-thread-cutoff", "5Mi",
           "--multi-thread-streams", "4")
    assert trees.read(tmp_path / "back") == files
    (directory / "a.txt").unlink()
    (directory / "empty").write_bytes(b"no longer")
    rclone("sync", directory, f"g:{bucket}/backup", *PARTS)
    rclone("check", directory, f"g:{bucket}/backup")
    rclone("purge", f"g:{bucket}/backup")
    assert json.loads(rclone("lsjson", "-R", f"g:{bucket}")) == []


def test_copies_on_the_server(rclone, bucket, tree, buckets):
    directory, files = tree
    other = buckets.default()
    rclone("copy", directory, f"g:{bucket}", *PARTS)
    for name in files:
        rclone("copyto", f"g:{bucket}/{name}", f"g:{bucket}/copied/{name}")
    # Beyond the cutoff the copy is made of parts.
    rclone("sync", f"g:{bucket}", f"g:{other}", "--s3-copy-cutoff", "5Mi", *PARTS, "--exclude", "copied/**")
    rclone("check", "--download", directory, f"g:{bucket}/copied")
    rclone("check", "--download", directory, f"g:{other}")
    rclone("moveto", f"g:{other}/dir/b c.txt", f"g:{other}/moved +%.txt")
    names = {entry["Path"] for entry in json.loads(rclone("lsjson", "-R", "--files-only", f"g:{other}"))}
    assert names == (set(files) - {"dir/b c.txt"}) | {"moved +%.txt"}


def test_buckets_streams_and_links(rclone):
    name = new_name("rclone")
    rclone("mkdir", f"g:{name}")
    assert f"{name}\n" in rclone("lsf", "--dirs-only", "g:").replace("/", "")
    rclone("rcat", f"g:{name}/streamed", text="from standard input")
    assert rclone("cat", f"g:{name}/streamed") == "from standard input"
    assert rclone("cat", "--offset", "5", "--count", "8", f"g:{name}/streamed") == "standard"
    rclone("touch", f"g:{name}/streamed", "--timestamp", "2020-02-02T02:02:02")
    assert "2020-02-02 02:02:02" in rclone("lsl", f"g:{name}/streamed")
    link = rclone("link", "--expire", "10m", f"g:{name}/streamed").strip()
    assert requests.get(link, timeout=30).content == b"from standard input"
    rclone("deletefile", f"g:{name}/streamed")
    assert "directory not found" in rclone.fails("lsf", f"g:{name}-missing")
    rclone("rmdir", f"g:{name}")


def test_acls_are_refused_where_they_are_disabled(rclone, bucket, tree):
    """This rclone sends `private` unless it is told otherwise, and checks the bucket by creating it."""
    directory, _ = tree
    copy = ("copyto", directory / "a.txt", f"g:{bucket}/a.txt")
    refused = "AccessControlListNotSupported: The bucket does not allow ACLs"
    for acl in ("private", "public-read"):
        assert refused in rclone.fails(*copy, "--s3-no-check-bucket", "--s3-acl", acl)
    assert "InvalidBucketAclWithObjectOwnership" in rclone.fails(*copy, "--s3-acl", "public-read")
    rclone(*copy, "--s3-acl", "bucket-owner-full-control")


def test_acls_are_set_where_they_are_enabled(rclone, buckets, tree, anonymous):
    bucket = buckets.object_writer()
    directory, files = tree
    for acl in ("public-read", "private"):
        rclone("copyto", directory / "a.txt", f"g:{bucket}/{acl}", "--s3-no-check-bucket", "--s3-acl", acl)
    assert anonymous.get(bucket, "public-read").body == files["a.txt"]
    assert anonymous.get(bucket, "private").status == 403
