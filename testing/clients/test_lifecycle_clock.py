"""A clock that is far ahead of the last run of the lifecycle rules: nothing is removed until somebody says that it is
right."""

import time

import pytest
import requests

from harness import sdk
from harness.accounts import B
from harness.buckets import new_name
from harness.raw import RawClient
from harness.server import Server
from test_lifecycle import expire, keys, set_rules

DAY_MILLIS = 86_400_000


@pytest.fixture
def aged(tmp_path):
    """A server whose last run was 31 days ago by its clock, with one object that is due."""
    started = Server(tmp_path / "own").start()
    started.create_account(B)
    yield started
    started.kill()


def due(aged) -> str:
    bucket = new_name()
    sdk.client(aged.url, B).create_bucket(Bucket=bucket)
    sdk.client(aged.url, B).put_object(Bucket=bucket, Key="k", Body=b"x")
    set_rules(RawClient(aged.url, B), bucket, expire())
    return bucket


def last_run(aged, days: int) -> None:
    assert aged.stop() == 0
    (aged.data_dir / "lifecycle").write_text(f"{int(time.time() * 1000) - days * DAY_MILLIS}\n")


def left(aged, bucket) -> list[str]:
    return keys(sdk.client(aged.url, B), bucket)


def clock_ahead(aged) -> int:
    lines = requests.get(f"{aged.url}/_grantry/metrics", timeout=60).text.splitlines()
    return int(next(line for line in lines if line.startswith("grantry_lifecycle_clock_ahead ")).split()[1])


def test_a_running_server(aged):
    bucket = due(aged)
    last_run(aged, 31)
    aged.start()
    deadline = time.monotonic() + 30
    while "lifecycle rules remove nothing" not in aged.stdout + aged.stderr:
        assert time.monotonic() < deadline, aged.stderr
        time.sleep(0.02)
    assert clock_ahead(aged) == 1
    done = aged.command("lifecycle", "--run-now")
    assert done.returncode == 1 and "too far ahead of the last run" in done.stderr and "--trust-clock" in done.stderr
    assert left(aged, bucket) == ["k"]
    assert aged.command("lifecycle", "--dry-run").stdout.startswith(f"{bucket}/"), "a dry run judges all the same"
    assert aged.command("lifecycle", "--run-now", "--trust-clock").returncode == 0
    assert left(aged, bucket) == [] and clock_ahead(aged) == 0
    assert aged.command("lifecycle", "--run-now").returncode == 0, "the clock is believed from then on"


def test_without_a_server(aged):
    bucket = due(aged)
    last_run(aged, 31)
    assert "too far ahead" in aged.command("lifecycle", "--run-now").stderr
    assert aged.command("lifecycle", "--run-now", "--trust-clock").returncode == 0
    aged.start()
    assert left(aged, bucket) == []


def test_a_short_absence_is_none(aged):
    """A run that was missed is made at the start."""
    bucket = due(aged)
    last_run(aged, 29)
    aged.start()
    deadline = time.monotonic() + 30
    while left(aged, bucket):
        assert time.monotonic() < deadline, aged.stderr
        time.sleep(0.02)
    assert clock_ahead(aged) == 0


def test_the_setting(aged):
    bucket = due(aged)
    last_run(aged, 31)
    aged.extra_env["GRANTRY_LIFECYCLE_CLOCK_DAYS_MAX"] = "32"
    assert aged.command("lifecycle", "--run-now").returncode == 0
    aged.start()
    assert left(aged, bucket) == []


def test_trust_is_for_runs(aged):
    assert aged.command("lifecycle", "--dry-run", "--trust-clock").returncode == 2
