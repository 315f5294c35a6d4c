"""s3fs 1.90 of Debian: a bucket as a directory."""

import os
import shutil
import subprocess
import threading

import pytest

from harness import trees
from harness.accounts import B
from harness.programs import Program, find

LARGE = 25 * trees.MIB
MOUNT_SECONDS_MAX = 30


def may_mount() -> bool:
    return os.access("/dev/fuse", os.R_OK | os.W_OK)


pytestmark = pytest.mark.skipif(not may_mount(), reason="this machine has no /dev/fuse, so nothing can be mounted")


@pytest.fixture
def mounted(server, bucket, tmp_path):
    """The bucket as a directory; each use mounts it anew, so that nothing comes from a cache."""
    secrets = tmp_path / "secrets"
    secrets.write_text(f"{B.access_key_id}:{B.secret_access_key}")
    secrets.chmod(0o600)
    point = tmp_path / "mounted"
    point.mkdir()
    running = []

    class Mounted:
        path = point

        def mount(self):
            options = (f"url={server.url},use_path_request_style,endpoint=us-east-1,sigv4,"
                       f"passwd_file={secrets},multipart_size=5,singlepart_copy_limit=5,parallel_count=4,retries=1")
            Program("s3fs", tmp_path)(bucket, point, "-o", options)
            running.append(point)

        def unmount(self):
            # It returns after what was written has been uploaded.
            subprocess.run([find("fusermount"), "-u", str(point)], check=True, timeout=MOUNT_SECONDS_MAX)
            running.pop()

    mount = Mounted()
    mount.mount()
    yield mount
    if running:
        subprocess.run([find("fusermount"), "-u", "-z", str(point)], check=True, timeout=MOUNT_SECONDS_MAX)


def test_files_are_written_read_renamed_and_removed(mounted, owner, bucket):
    files = trees.files(LARGE)
    trees.write(mounted.path, files)
    mounted.unmount()
    mounted.mount()
    assert trees.read(mounted.path) == files
    os.rename(mounted.path / "dir/b c.txt", mounted.path / "renamed +%.txt")
    os.rename(mounted.path / "large.bin", mounted.path / "moved.bin")  # copied in parts
    with (mounted.path / "a.txt").open("ab") as appended:
        appended.write(b" and more")
    with (mounted.path / "moved.bin").open("r+b") as patched:
        patched.seek(7 * trees.MIB)
        patched.write(b"patched")
    os.truncate(mounted.path / "empty", 5)
    shutil.copytree(mounted.path / "dir", mounted.path / "copied")
    os.rename(mounted.path / "copied", mounted.path / "renamed directory")
    mounted.unmount()
    mounted.mount()
    large = bytearray(files["large.bin"])
    large[7 * trees.MIB:7 * trees.MIB + 7] = b"patched"
    expected = {name: body for name, body in files.items() if name not in ("dir/b c.txt", "large.bin")}
    expected |= {"renamed +%.txt": files["dir/b c.txt"], "moved.bin": bytes(large), "empty": bytes(5)}
    expected["a.txt"] += b" and more"
    expected |= {f"renamed directory/{name[4:]}": body for name, body in expected.items() if name.startswith("dir/")}
    assert trees.read(mounted.path) == expected
    assert owner.get(bucket, "a.txt").body == expected["a.txt"]
    for name in os.listdir(mounted.path):
        path = mounted.path / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert os.listdir(mounted.path) == []
    assert owner.get(bucket, query="list-type=2").texts("Contents/Key") == []


def test_attributes_are_kept(mounted):
    path = mounted.path / "attributes"
    path.write_bytes(b"x")
    os.utime(path, (1_600_000_000, 1_600_000_000))
    path.chmod(0o640)
    os.symlink("attributes", mounted.path / "link")
    mounted.unmount()
    mounted.mount()
    found = path.stat()
    assert (found.st_mode & 0o777, int(found.st_mtime)) == (0o640, 1_600_000_000)
    assert os.readlink(mounted.path / "link") == "attributes"


def test_objects_of_other_clients_are_files(mounted, owner, bucket):
    owner.put(bucket, "from/elsewhere.txt", b"stored by another client")
    assert (mounted.path / "from/elsewhere.txt").read_bytes() == b"stored by another client"
    (mounted.path / "from/elsewhere.txt").unlink()
    assert owner.head(bucket, "from/elsewhere.txt").status == 404
