"""`kill -9` under load: what was acknowledged is there, what was not is there wholly or not at all.

`GRANTRY_CRASH_ROUNDS` sets the number of kills, `GRANTRY_CRASH_SEED` replays the same choices.
"""

import os
import random
import time

import pytest

from harness import sdk
from harness.accounts import FIRST
from harness.load import Key, Writer, digest
from harness.server import Server

ROUNDS = int(os.environ.get("GRANTRY_CRASH_ROUNDS", "5"))
SEED = int(os.environ.get("GRANTRY_CRASH_SEED", random.SystemRandom().randrange(2**32)))
WRITERS = 6
BUCKET = "crash-test"


@pytest.fixture
def crashing(tmp_path):
    server = Server(tmp_path / "crash").start()
    sdk.client(server.url, FIRST).create_bucket(Bucket=BUCKET)
    yield server
    server.kill()


def kill_under_load(server: Server, keys: dict[str, Key], chance: random.Random) -> int:
    """One round: load, SIGKILL at a random moment; the number of acknowledged writes."""
    writers = [
        Writer(server.url, BUCKET, number, keys, chance.getrandbits(64)) for number in range(WRITERS)
    ]
    for writer in writers:
        writer.start()
    time.sleep(chance.uniform(0.3, 3.0))
    server.kill()
    for writer in writers:
        writer.stopping.set()
        writer.join(60)
        assert writer.failure is None, writer.failure
    return sum(writer.acknowledgements for writer in writers)


def state_of(client, name: str) -> str | None:
    try:
        answer = client.get_object(Bucket=BUCKET, Key=name)
    except client.exceptions.NoSuchKey:
        return None
    body = answer["Body"].read()
    assert len(body) == answer["ContentLength"]
    return digest(body)


def check(server: Server, keys: dict[str, Key]) -> None:
    """Every key holds a state that it may hold, and the listing says the same."""
    client = sdk.client(server.url, FIRST)
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    listed = {entry["Key"] for page in pages for entry in page.get("Contents", [])}
    assert listed <= keys.keys(), "an object that nobody wrote"
    for name, key in keys.items():
        found = state_of(client, name)
        assert found in key.may_be(), f"{name}: found {found}, may be {key.may_be()} (seed {SEED})"
        assert (found is not None) == (name in listed), f"{name}: listing and GET differ (seed {SEED})"
        key.acknowledged, key.under_way = found, []
    for upload in client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []):
        assert upload["Key"] in keys
        client.abort_multipart_upload(Bucket=BUCKET, Key=upload["Key"], UploadId=upload["UploadId"])


def test_nothing_acknowledged_is_lost(crashing):
    chance, keys = random.Random(SEED), {}
    acknowledged = 0
    for _ in range(ROUNDS):
        acknowledged += kill_under_load(crashing, keys, chance)
        if chance.random() < 0.3:  # a crash while it recovers from a crash
            crashing.start()
            time.sleep(chance.uniform(0, 0.05))
            crashing.kill()
        crashing.start()
        check(crashing, keys)
    assert acknowledged > ROUNDS * 10, "too little load to mean anything"
    assert crashing.stop() == 0


def test_settings_and_accounts_survive_as_well(crashing):
    client = sdk.client(crashing.url, FIRST)
    client.delete_public_access_block(Bucket=BUCKET)
    client.put_bucket_ownership_controls(
        Bucket=BUCKET, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    )
    client.put_object(Bucket=BUCKET, Key="k", Body=b"x", ACL="public-read")
    crashing.kill()
    crashing.start()
    assert sdk.client(crashing.url, None).get_object(Bucket=BUCKET, Key="k")["Body"].read() == b"x"
    client = sdk.client(crashing.url, FIRST)
    client.put_public_access_block(
        Bucket=BUCKET, PublicAccessBlockConfiguration={"IgnorePublicAcls": True}
    )
    crashing.kill()
    crashing.start()
    anonymous = sdk.client(crashing.url, None)
    with pytest.raises(anonymous.exceptions.ClientError):
        anonymous.get_object(Bucket=BUCKET, Key="k")
