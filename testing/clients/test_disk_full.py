"""A full disk: a clear error, nothing of the write visible, and all well once there is space."""

import shutil
import subprocess

import pytest

from harness import expect
from harness.accounts import FIRST
from harness.raw import RawClient
from harness.server import Server

MIB = 1024 * 1024
DISK_BYTES = 48 * MIB
BALLAST_BYTES = 12 * MIB
MESSAGE = "The storage of this server is full. Nothing was written."


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own, which only root may mount."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("a file system of its own cannot be mounted here")
    server = Server(disk / "server")
    try:
        yield disk, server
    finally:
        if server.process is not None:
            server.kill()
        subprocess.run(["umount", str(disk)], check=True)


def body(number: int, size: int) -> bytes:
    return number.to_bytes(4, "big") * (size // 4)


@pytest.mark.parametrize("size", [100_000, 3 * MIB])
def test_a_full_disk_refuses_and_recovers(small_disk, size):
    """Small bodies share a segment, large ones have a file each."""
    disk, server = small_disk
    server.start()
    owner = RawClient(server.url, FIRST)
    expect.ok(owner.put("full"))
    (disk / "ballast").write_bytes(bytes(BALLAST_BYTES))
    written, refused = [], []
    # A refused write gives back what it had taken, so that the next may just fit.
    while len(refused) < 3 or refused[-3:] != list(range(number - 2, number + 1)):
        number = len(written) + len(refused)
        answer = owner.put("full", f"{number:04}", body(number, size))
        if answer.status == 200:
            written.append(number)
        else:
            expect.error(answer, 503, "ServiceUnavailable", MESSAGE)
            refused.append(number)
            expect.error(owner.get("full", f"{number:04}"), 404, "NoSuchKey")
    assert len(written) >= 3, "there was room at first"
    # What was confirmed is there, and nothing else.
    listed = owner.get("full", query="list-type=2").texts("Contents/Key")
    assert listed == [f"{number:04}" for number in written]
    for number in written:
        assert expect.ok(owner.get("full", f"{number:04}")).body == body(number, size)
    (disk / "ballast").unlink()
    expect.ok(owner.put("full", "late", body(9999, size)))
    server.kill()
    server.start()
    owner = RawClient(server.url, FIRST)
    assert expect.ok(owner.get("full", "late")).body == body(9999, size)
    for number in written:
        assert expect.ok(owner.get("full", f"{number:04}")).body == body(number, size)
    assert server.stop() == 0
    checked = server.command("check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
