"""One server for all tests that only talk to it; tests that stop or kill one start their own."""

import pytest

from harness import sdk
from harness.accounts import A, B, C, FIRST
from harness.buckets import Buckets
from harness.raw import RawClient
from harness.server import Server


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


@pytest.fixture
def own_server(tmp_path):
    """A server of one test, started with the first account only."""
    started = Server(tmp_path / "own").start()
    yield started
    started.kill()


@pytest.fixture(scope="session")
def owner(server):
    """Requests of B, the bucket owner."""
    return RawClient(server.url, B)


@pytest.fixture(scope="session")
def other(server):
    """Requests of A, another account."""
    return RawClient(server.url, A)


@pytest.fixture(scope="session")
def third(server):
    """Requests of C, a third account."""
    return RawClient(server.url, C)


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
def s3(server):
    """boto3 as B."""
    return sdk.client(server.url, B)


@pytest.fixture(scope="session")
def other_s3(server):
    """boto3 as A."""
    return sdk.client(server.url, A)


@pytest.fixture(scope="session")
def anonymous_s3(server):
    """boto3 without credentials."""
    return sdk.client(server.url, None)


@pytest.fixture
def bucket(buckets):
    """A default bucket of B."""
    return buckets.default()
