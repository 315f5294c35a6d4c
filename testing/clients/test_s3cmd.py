"""s3cmd 2.3 of Debian: put, get, sync, copies and moves, and what it does to ACLs and policies."""

import pytest

from harness import policies, trees
from harness.accounts import B
from harness.buckets import new_name
from harness.programs import Program

LARGE = 17 * trees.MIB


@pytest.fixture
def s3cmd(server, tmp_path):
    """s3cmd with a configuration for path style."""
    address = f"127.0.0.1:{server.port}"
    configuration = tmp_path / "s3cfg"
    configuration.write_text(
        "[default]\n"
        f"access_key = {B.access_key_id}\nsecret_key = {B.secret_access_key}\n"
        f"host_base = {address}\nhost_bucket = {address}\nuse_https = False\n"
        "multipart_chunk_size_mb = 5\nmax_retries = 1\n"
    )
    program = Program("s3cmd", tmp_path)

    class S3cmd:
        def __call__(self, *arguments) -> str:
            return program("--config", configuration, "--no-progress", *arguments)

        def fails(self, *arguments) -> str:
            return program.fails("--config", configuration, "--no-progress", *arguments)

    return S3cmd()


def listed(s3cmd, uri) -> dict[str, int]:
    """Sizes by name, below a prefix that ends with a slash."""
    found = {}
    for line in s3cmd("ls", "--recursive", uri).splitlines():
        _, _, size, name = line.split(maxsplit=3)
        found[name.removeprefix(uri)] = int(size)
    return found


def test_buckets(s3cmd):
    name = new_name("s3cmd")
    assert s3cmd("mb", f"s3://{name}") == f"Bucket 's3://{name}/' created\n"
    assert f"s3://{name}\n" in s3cmd("ls")
    assert "Location:  us-east-1" in s3cmd("info", f"s3://{name}")
    s3cmd("rb", f"s3://{name}")
    assert f"s3://{name}\n" not in s3cmd("ls")


def test_files_come_back_as_they_went(s3cmd, bucket, owner, tmp_path):
    files = trees.files(LARGE)
    directory = trees.write(tmp_path / "tree", files)
    # Some of the names: s3cmd takes `*` for a wildcard here, and `sync` below has all of them.
    chosen = ("a.txt", "dir/b c.txt", "dir/sub/plus+and%25percent%", "dir/ünï-日本語-🦀.txt", "empty", "large.bin")
    files = {name: files[name] for name in chosen}
    for name in files:
        s3cmd("put", directory / name, f"s3://{bucket}/put/{name}")
        s3cmd("get", f"s3://{bucket}/put/{name}", tmp_path / "got")
        assert (tmp_path / "got").read_bytes() == files[name], name
        (tmp_path / "got").unlink()
    assert listed(s3cmd, f"s3://{bucket}/put/") == {name: len(body) for name, body in files.items()}
    info = s3cmd("info", f"s3://{bucket}/put/a.txt")
    assert f"File size: {len(files['a.txt'])}\n" in info
    s3cmd("cp", f"s3://{bucket}/put/dir/b c.txt", f"s3://{bucket}/copy +%.txt")
    s3cmd("cp", f"s3://{bucket}/put/large.bin", f"s3://{bucket}/large copy")
    s3cmd("mv", f"s3://{bucket}/copy +%.txt", f"s3://{bucket}/moved +%.txt")
    assert set(listed(s3cmd, f"s3://{bucket}/")) == {"moved +%.txt", "large copy", *(f"put/{name}" for name in files)}
    s3cmd("get", f"s3://{bucket}/large copy", tmp_path / "got")
    assert (tmp_path / "got").read_bytes() == files["large.bin"]
    s3cmd("modify", "--add-header=Cache-Control:max-age=60", f"s3://{bucket}/moved +%.txt")
    assert owner.head(bucket, "moved +%.txt").header("Cache-Control") == "max-age=60"
    s3cmd("del", f"s3://{bucket}/moved +%.txt")
    s3cmd("rm", "--recursive", "--force", f"s3://{bucket}/put/")
    assert set(listed(s3cmd, f"s3://{bucket}/")) == {"large copy"}


def test_sync_both_ways(s3cmd, bucket, tmp_path):
    files = trees.files(LARGE)
    directory = trees.write(tmp_path / "tree", files)
    s3cmd("sync", f"{directory}/", f"s3://{bucket}/backup/")
    assert listed(s3cmd, f"s3://{bucket}/backup/") == {name: len(body) for name, body in files.items()}
    assert "upload:" not in s3cmd("sync", f"{directory}/", f"s3://{bucket}/backup/")
    (tmp_path / "back").mkdir()
    s3cmd("sync", f"s3://{bucket}/backup/", f"{tmp_path}/back/")
    assert trees.read(tmp_path / "back") == files
    (directory / "a.txt").unlink()
    (directory / "empty").write_bytes(b"no longer")
    said = s3cmd("sync", "--delete-removed", f"{directory}/", f"s3://{bucket}/backup/")
    assert "delete: " in said and "a.txt" in said
    assert listed(s3cmd, f"s3://{bucket}/backup/")["empty"] == 9
    s3cmd("sync", f"s3://{bucket}/backup/", f"s3://{bucket}/again/")  # from bucket to bucket: copies
    again = listed(s3cmd, f"s3://{bucket}/again/")
    assert again == listed(s3cmd, f"s3://{bucket}/backup/") and "a.txt" not in again


def test_uploads_in_parts_are_seen_and_aborted(s3cmd, bucket, owner):
    uri = f"s3://{bucket}/unfinished"
    answer = owner.post(bucket, "unfinished", query="uploads")
    upload = answer.text("UploadId")
    assert upload in s3cmd("multipart", f"s3://{bucket}")
    s3cmd("listmp", uri, upload)
    s3cmd("abortmp", uri, upload)
    assert upload not in s3cmd("multipart", f"s3://{bucket}")


def test_acls_are_refused_where_they_are_disabled(s3cmd, bucket, tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    s3cmd("put", tmp_path / "file", f"s3://{bucket}/k")
    refused = "S3 error: 400 (AccessControlListNotSupported): The bucket does not allow ACLs"
    assert refused in s3cmd.fails("put", "--acl-public", tmp_path / "file", f"s3://{bucket}/k")
    assert refused in s3cmd.fails("setacl", f"--acl-grant=read:{B.canonical_id}", f"s3://{bucket}")
    for uri in (f"s3://{bucket}", f"s3://{bucket}/k"):
        # Block Public Access, which is on as well, comes first (TV-080).
        assert "403 (AccessDenied)" in s3cmd.fails("setacl", "--acl-public", uri)


def test_acls_where_they_are_enabled(s3cmd, buckets, anonymous, tmp_path):
    bucket = buckets.object_writer()
    (tmp_path / "file").write_bytes(b"x")
    s3cmd("put", "--acl-public", tmp_path / "file", f"s3://{bucket}/k")
    assert anonymous.get(bucket, "k").body == b"x"
    assert "*anon*: READ" in s3cmd("info", f"s3://{bucket}/k")
    s3cmd("setacl", "--acl-private", f"s3://{bucket}/k")
    assert anonymous.get(bucket, "k").status == 403
    s3cmd("setacl", "--acl-public", "--recursive", f"s3://{bucket}")
    assert anonymous.get(bucket, "k").body == b"x"


def test_policies(s3cmd, buckets, anonymous, tmp_path):
    bucket = buckets.enforced()
    (tmp_path / "policy.json").write_text(policies.public_read(bucket))
    s3cmd("put", tmp_path / "policy.json", f"s3://{bucket}/k")
    s3cmd("setpolicy", tmp_path / "policy.json", f"s3://{bucket}")
    assert anonymous.get(bucket, "k").status == 200
    assert "s3:GetObject" in s3cmd("info", f"s3://{bucket}")
    s3cmd("delpolicy", f"s3://{bucket}")
    assert anonymous.get(bucket, "k").status == 403
