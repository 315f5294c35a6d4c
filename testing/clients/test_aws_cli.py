"""The AWS CLI, unchanged: Debian's version 2 and version 1 from the package index."""

import json
import os

import pytest
import requests

from harness import policies
from harness.aws_cli import Cli
from harness.buckets import new_name


@pytest.fixture(scope="module", params=[1, 2], ids=["v1", "v2"])
def aws(request, server, tmp_path_factory):
    """Both command line clients; a missing one is a failure, `make test` installs them."""
    return Cli(request.param, server.url, tmp_path_factory.mktemp("home"))


@pytest.fixture
def made(aws):
    """A bucket made by `aws s3 mb`."""
    name = new_name("cli")
    assert aws("s3", "mb", f"s3://{name}") == f"make_bucket: {name}\n"
    return name


@pytest.fixture
def tree(tmp_path):
    """A small tree of files with names that need encoding."""
    files = {"a.txt": b"a", "dir/b c.txt": b"b c", "dir/sub/ü+%.bin": bytes(range(256)) * 40, "empty": b""}
    for name, body in files.items():
        path = tmp_path / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    return tmp_path / "tree", files


def test_buckets_are_made_listed_and_removed(aws, made):
    assert made in aws("s3", "ls")
    assert aws("s3", "rb", f"s3://{made}") == f"remove_bucket: {made}\n"
    assert made not in aws("s3", "ls")


def test_cp_ls_and_presign(aws, made, tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"hello")
    aws("s3", "cp", source, f"s3://{made}/dir/hello.txt")
    assert " 5 dir/hello.txt" in aws("s3", "ls", "--recursive", f"s3://{made}")
    assert "PRE dir/" in aws("s3", "ls", f"s3://{made}")
    aws("s3", "cp", f"s3://{made}/dir/hello.txt", target)
    assert target.read_bytes() == b"hello"
    aws("s3", "cp", f"s3://{made}/dir/hello.txt", f"s3://{made}/copy.txt")
    aws("s3", "mv", f"s3://{made}/copy.txt", f"s3://{made}/moved.txt")
    assert "copy.txt" not in aws("s3", "ls", f"s3://{made}")
    url = aws("s3", "presign", f"s3://{made}/moved.txt").strip()
    assert requests.get(url, timeout=30).content == b"hello"


def test_sync_both_ways_and_recursive_removal(aws, made, tree, tmp_path):
    directory, files = tree
    aws("s3", "sync", directory, f"s3://{made}/backup")
    listed = aws.json("list-objects-v2", "--bucket", made)["Contents"]
    assert [entry["Key"] for entry in listed] == sorted(f"backup/{name}" for name in files)
    assert aws("s3", "sync", directory, f"s3://{made}/backup") == ""  # nothing to do
    back = tmp_path / "back"
    aws("s3", "sync", f"s3://{made}/backup", back)
    assert {str(path.relative_to(back)): path.read_bytes() for path in back.rglob("*") if path.is_file()} == files
    (directory / "a.txt").unlink()
    assert "delete: s3://" in aws("s3", "sync", "--delete", directory, f"s3://{made}/backup")
    aws("s3", "rm", "--recursive", f"s3://{made}")
    assert aws("s3", "ls", "--recursive", f"s3://{made}") == ""
    aws("s3", "rb", f"s3://{made}")


def test_a_big_file_goes_in_parts(aws, made, tmp_path):
    body = os.urandom(1024 * 1024) * 30
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(body)
    aws("s3", "cp", "--no-progress", source, f"s3://{made}/big")
    head = aws.json("head-object", "--bucket", made, "--key", "big")
    assert head["ContentLength"] == len(body) and head["ETag"].endswith('-4"')
    aws("s3", "cp", "--no-progress", f"s3://{made}/big", target)
    assert target.read_bytes() == body
    # UploadPartCopy. Version 2 would also copy the tags, which this server does not have yet.
    no_tags = ["--copy-props", "metadata-directive"] if aws.version == 2 else []
    aws("s3", "cp", "--no-progress", *no_tags, f"s3://{made}/big", f"s3://{made}/copy")
    assert aws.json("head-object", "--bucket", made, "--key", "copy")["ContentLength"] == len(body)


def test_acls_are_refused_by_default(aws, made, tmp_path):
    source = tmp_path / "source"
    source.write_bytes(b"x")
    refused = aws("s3api", "put-object", "--bucket", made, "--key", "k", "--body", source,
                  "--acl", "public-read", status=aws.refused)
    assert "AccessControlListNotSupported" in refused and "The bucket does not allow ACLs" in refused
    controls = aws.json("get-bucket-ownership-controls", "--bucket", made)
    assert controls["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert "AccessControlListNotSupported" in aws(
        "s3", "cp", source, f"s3://{made}/k", "--acl", "public-read", status=1
    )


def test_opening_a_bucket_to_the_public(aws, made, tmp_path):
    """The recipe of seed 000 as an operator types it."""
    source, policy = tmp_path / "source", tmp_path / "policy.json"
    source.write_bytes(b"avatar")
    policy.write_text(policies.public_read(made))
    url = f"{aws.url}/{made}/avatar.png"
    aws("s3", "cp", source, f"s3://{made}/avatar.png")
    assert requests.get(url, timeout=30).status_code == 403
    refused = aws("s3api", "put-bucket-policy", "--bucket", made, "--policy", f"file://{policy}", status=aws.refused)
    assert "AccessDenied" in refused
    aws("s3api", "put-public-access-block", "--bucket", made, "--public-access-block-configuration",
        "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=false,RestrictPublicBuckets=false")
    aws("s3api", "put-bucket-policy", "--bucket", made, "--policy", f"file://{policy}")
    assert requests.get(url, timeout=30).content == b"avatar"
    assert requests.get(url + "-missing", timeout=30).status_code == 403
    assert aws.json("get-bucket-policy-status", "--bucket", made)["PolicyStatus"]["IsPublic"] is True
    missing = aws("s3api", "head-object", "--bucket", made, "--key", "missing", status=aws.refused)
    assert "404" in missing


def test_multipart_by_hand(aws, made, tmp_path):
    where = ("--bucket", made, "--key", "by-hand")
    upload = aws.json("create-multipart-upload", *where)["UploadId"]
    source = tmp_path / "part"
    source.write_bytes(b"a part")
    part = aws.json("upload-part", *where, "--upload-id", upload, "--part-number", "1", "--body", source)
    assert len(aws.json("list-parts", *where, "--upload-id", upload)["Parts"]) == 1
    parts = json.dumps({"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
    aws.json("complete-multipart-upload", *where, "--upload-id", upload, "--multipart-upload", parts)
    aborted = aws.json("create-multipart-upload", *where)["UploadId"]
    aws("s3api", "abort-multipart-upload", *where, "--upload-id", aborted)
    assert "Uploads" not in (aws("s3api", "list-multipart-uploads", "--bucket", made) or "{}")
    assert aws.json("head-object", *where)["ContentLength"] == 6
