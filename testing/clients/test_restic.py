"""restic 0.14 of Debian: a repository from init to prune."""

import json

import pytest

from harness import trees
from harness.buckets import new_name
from harness.programs import Program, aws_environment

LARGE = 20 * trees.MIB


@pytest.fixture
def restic(server, bucket, tmp_path):
    """restic on a repository that is not there yet."""
    environment = aws_environment() | {
        "RESTIC_REPOSITORY": f"s3:{server.url}/{bucket}/a repository",
        "RESTIC_PASSWORD": "correct horse", "RESTIC_CACHE_DIR": str(tmp_path / "cache"),
        "RESTIC_PROGRESS_FPS": "0",
    }
    return Program("restic", tmp_path, environment)


def test_a_repository_from_init_to_prune(restic, owner, bucket, tmp_path):
    files = trees.files(LARGE)
    directory = trees.write(tmp_path / "tree", files)
    restic("init")
    restic("backup", "--tag", "first", directory)
    (directory / "a.txt").write_bytes(b"changed")
    (directory / "large.bin").write_bytes(trees.content("other", LARGE))
    restic("backup", "--tag", "second", directory)
    assert "no errors were found" in restic("check", "--read-data")
    first, second = json.loads(restic("snapshots", "--json"))
    restic("restore", first["id"], "--target", tmp_path / "first")
    assert trees.read(tmp_path / "first" / directory.relative_to("/")) == files
    assert "a.txt" in restic("diff", first["id"], second["id"])
    stored = sum(map(int, owner.get(bucket, query="list-type=2").texts("Contents/Size")))
    restic("forget", "--keep-last", "1", "--group-by", "", "--prune", "--max-unused", "0")
    assert [one["id"] for one in json.loads(restic("snapshots", "--json"))] == [second["id"]]
    left = sum(map(int, owner.get(bucket, query="list-type=2").texts("Contents/Size")))
    assert left < stored - LARGE // 2, "pruning removes the packs of the first snapshot"
    assert "no errors were found" in restic("check", "--read-data")
    restic("restore", "latest", "--target", tmp_path / "second")
    assert trees.read(tmp_path / "second" / directory.relative_to("/")) == trees.read(directory)
    assert restic("list", "locks") == ""


def test_a_bucket_that_is_not_there_is_made(restic, server, s3):
    name = new_name("restic")
    restic.environment["RESTIC_REPOSITORY"] = f"s3:{server.url}/{name}"
    restic("init")
    assert s3.list_objects_v2(Bucket=name, Prefix="keys/")["KeyCount"] == 1
    assert "already" in restic.fails("init")
