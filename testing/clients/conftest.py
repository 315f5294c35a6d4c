"""One server for all tests that only talk to it; tests that stop or kill one start their own.

The test vectors run twice: as the root users of the accounts, and as users whom IAM allows all of S3.
"""

import pytest

from harness import sdk
from harness.accounts import A, B, C, FIRST
from harness.buckets import Buckets
from harness.iam import Administrator, allow
from harness.raw import RawClient
from harness.server import Server
from harness.services import Moto, Redis


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A running server with the accounts A, B and C."""
    started = Server(tmp_path_factory.mktemp("server")).start()
    try:
        for account in (B, A, C):
            started.create_account(account)
        yield started
    finally:
        started.stop()


@pytest.fixture(autouse=True)
def still_alive(request):
    """No test may end the shared server, whatever it sends."""
    yield
    if "server" in request.fixturenames:
        shared = request.getfixturevalue("server")
        assert shared.process.poll() is None, f"the server ended:\n{shared.stderr[-4000:]}"


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory):
    """Redis, empty at first."""
    started = Redis(tmp_path_factory.mktemp("redis")).start()
    yield started
    started.stop()


@pytest.fixture(scope="session")
def moto_server(tmp_path_factory):
    """A store that is not ours."""
    started = Moto(tmp_path_factory.mktemp("moto")).start()
    yield started
    started.stop()


@pytest.fixture
def own_server(tmp_path):
    """A server of one test, started with the first account only."""
    started = Server(tmp_path / "own").start()
    yield started
    started.kill()


def pytest_generate_tests(metafunc):
    if "callers" in metafunc.fixturenames and metafunc.module.__name__.startswith("test_vectors_"):
        metafunc.parametrize("callers", ["root", "user"], indirect=True, scope="session")


@pytest.fixture(scope="session")
def callers(server, request):
    """Whose keys act for B, A and C, by the account's name."""
    if getattr(request, "param", "root") == "root":
        return {account.name: account for account in (B, A, C)}
    return {account.name: Administrator(server.url, account).user(allow("s3:*")).key for account in (B, A, C)}


@pytest.fixture(scope="session")
def arns(callers):
    """How policies and refusals name who acts for B, A and C (§1.2)."""
    return {
        account.name: account.root_arn if callers[account.name] is account else
        f"arn:aws:iam::{account.account_id}:user/{callers[account.name].name}"
        for account in (B, A, C)
    }


@pytest.fixture(scope="session")
def root(server):
    """Requests of B's root user, whoever acts for B else."""
    return RawClient(server.url, B)


@pytest.fixture(scope="session")
def owner(server, callers):
    """Requests of B, the bucket owner."""
    return RawClient(server.url, callers[B.name])


@pytest.fixture(scope="session")
def other(server, callers):
    """Requests of A, another account."""
    return RawClient(server.url, callers[A.name])


@pytest.fixture(scope="session")
def third(server, callers):
    """Requests of C, a third account."""
    return RawClient(server.url, callers[C.name])


@pytest.fixture(scope="session")
def anonymous(server):
    """Unsigned requests."""
    return RawClient(server.url, None)


@pytest.fixture(scope="session")
def first(server):
    """Requests of the account that the server made at its first start."""
    return RawClient(server.url, FIRST)


@pytest.fixture(scope="session")
def buckets(owner):
    """Buckets of B in any state."""
    return Buckets(owner)


@pytest.fixture(scope="session")
def s3(server, callers):
    """boto3 as B."""
    return sdk.client(server.url, callers[B.name])


@pytest.fixture(scope="session")
def other_s3(server, callers):
    """boto3 as A."""
    return sdk.client(server.url, callers[A.name])


@pytest.fixture(scope="session")
def anonymous_s3(server):
    """boto3 without credentials."""
    return sdk.client(server.url, None)


@pytest.fixture
def bucket(buckets):
    """A default bucket of B."""
    return buckets.default()
