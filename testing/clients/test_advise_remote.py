"""`grantry advise` about a bucket behind another endpoint: a second Grantry stands for it, and moto."""

import gzip
import itertools
import json
import os
import subprocess

import pytest

from harness import access_log, sdk
from harness.accounts import A, B, C, FIRST
from harness.buckets import Buckets, new_name
from harness.expect import ok
from harness.raw import RawClient
from harness.server import Server, binary

PUBLIC = {"x-amz-acl": "public-read"}


@pytest.fixture(scope="module")
def far(tmp_path_factory):
    """The store elsewhere, which delivers access logs at once."""
    started = Server(
        tmp_path_factory.mktemp("far"), extra_env={"GRANTRY_ACCESS_LOG_INTERVAL_SECONDS": "1"}
    ).start()
    for account in (B, A, C):
        started.create_account(account)
    yield started
    started.stop()


def advise(directory, url: str, *arguments: str, key=B, **more) -> subprocess.CompletedProcess:
    """The binary as a client, with an empty home and the credentials of the bucket owner."""
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(directory), "AWS_ACCESS_KEY_ID": key.access_key_id,
        "AWS_SECRET_ACCESS_KEY": key.secret_access_key, "AWS_ENDPOINT_URL_S3": url,
        "AWS_REGION": "us-east-1",
    } | more
    return subprocess.run(
        [binary(), "advise", *arguments, "--remote"], env=environment, cwd=directory,
        capture_output=True, text=True, timeout=120, check=False,
    )


def report(directory, url: str, *arguments: str, **more) -> dict:
    done = advise(directory, url, "disable-acls", *arguments, "--json", **more)
    assert done.returncode in (0, 3), done.stderr
    return json.loads(done.stdout)


class World:
    """A bucket as applications leave it, with its logs, and everybody who uses it."""

    def __init__(self, server: Server):
        self.clients = {name: RawClient(server.url, key)
                        for name, key in (("B", B), ("A", A), ("C", C), ("anonymous", None))}
        owner, self.other, self.anonymous = (self.clients[name] for name in ("B", "A", "anonymous"))
        self.owner = owner
        made = Buckets(owner)
        self.bucket, self.logs = made.with_acl("public-read"), made.enforced()
        made.allow(self.bucket, {
            "Sid": "Uploads", "Effect": "Allow", "Principal": {"AWS": A.root_arn},
            "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{self.bucket}/uploads/*",
        })
        made.allow(self.logs, access_log.delivery_allowed(self.logs, self.bucket, B))
        ok(owner.put(self.bucket, query="versioning", body=b"<VersioningConfiguration>"
                     b"<Status>Enabled</Status></VersioningConfiguration>"))
        ok(owner.document("PUT", self.bucket, "logging", access_log.status(self.logs, "web/")))
        to_a = {"x-amz-grant-read": f'id="{A.canonical_id}"', "x-amz-grant-read-acp": f'id="{C.canonical_id}"'}
        for key in ("public/1", "public/2", "public/deep/3", "mixed/open"):
            ok(owner.put(self.bucket, key, b"x", headers=PUBLIC))
        for key in ("mixed/private", "private", "gone"):
            ok(owner.put(self.bucket, key, b"x"))
        ok(owner.put(self.bucket, "a b/\u00e9*?$+%20", b"x", headers={"x-amz-acl": "authenticated-read"}))
        for key in ("shared/1", "shared/2"):
            ok(owner.put(self.bucket, key, b"x", headers=to_a))
        ok(self.other.put(self.bucket, "uploads/foreign", b"x",
                          headers={"x-amz-grant-read": f'id="{C.canonical_id}"',
                                   "x-amz-grant-full-control": f'id="{B.canonical_id}"'}))
        ok(owner.delete(self.bucket, "gone"), 204)
        self.keys = ["public/1", "public/2", "public/deep/3", "mixed/open", "mixed/private", "private",
                     "gone", "a b/\u00e9*?$+%20", "shared/1", "shared/2", "uploads/foreign"]

    def met(self) -> dict:
        """The status that each caller meets with each key, its ACL, and the bucket."""
        statuses = {}
        for (name, client), key in itertools.product(self.clients.items(), self.keys):
            statuses[name, key] = client.get(self.bucket, key).status
            statuses[name, key, "acl"] = client.get(self.bucket, key, query="acl").status
        for name, client in self.clients.items():
            statuses[name, "list"] = client.get(self.bucket).status
        return statuses

    def settings(self) -> dict:
        def shown(query):
            answer = self.owner.get(self.bucket, query=query)
            return answer.status, answer.body if query != "policy" else json.loads(answer.body or b"{}")
        return {query: shown(query) for query in ("acl", "ownershipControls", "policy")}


@pytest.fixture(scope="module")
def world(far):
    return World(far)


def test_everything_that_the_logs_hold_works_afterwards_and_undo_restores(far, world, tmp_path):
    before, settings = world.met(), world.settings()
    wanted = len(before) + 10
    access_log.wait_for(world.owner, world.logs, wanted, "web/")
    place = f"s3://{world.logs}/web/"
    found = report(tmp_path, far.url, world.bucket, "--access-logs", place)
    assert not found["already_disabled"] and found["versions"] == len(world.keys) + 1, found
    assert not found["blockers"] and not found["lost"] and not found["incomplete"], found
    assert found["bucket_grants"] == [
        {"grantee": "everyone, without signing", "permission": "READ", "count": 1, "examples": []}]
    grants = {(one["grantee"].split()[-1], one["permission"]): one["count"] for one in found["object_grants"]}
    assert grants[A.canonical_id, "READ"] == 2 and grants[C.canonical_id, "READ_ACP"] == 2, grants
    assert [(one["owner"].split()[-1], one["count"]) for one in found["foreign_objects"]] == [
        (A.canonical_id, 1)]
    assert all(one["expected"] for one in found["differences"]), found["differences"]
    assert found["requests_seen"] >= wanted
    assert f"{world.bucket}/public/*" in found["policy"] and "${*}${?}${$}" in found["policy"]
    # Nobody loses what the logs hold but those who sent ACLs, and those who were told that something is gone:
    # the bucket's READ told them, and no policy says it of a key without giving the key.
    told = {one["caller"]: [text for text in one["examples"] if text.endswith(" gone")] for one in found["requests"]}
    for one in found["requests"]:
        assert one["would_be_refused"] <= one["sent_acl"] + len(told[one["caller"]]), one
    assert sorted(map(tuple, filter(None, told.values()))) == 3 * [("GetObject gone", "GetObjectAcl gone")]
    assert sum(one["sent_acl"] for one in found["requests"]) >= 7, found["requests"]
    assert any(one["caller"] == "anonymous" and one["needed_acl"] for one in found["requests"])

    journal = tmp_path / "journal.json"
    arguments = ("disable-acls", world.bucket, "--access-logs", place, "--apply", "--journal", str(journal))
    refused = advise(tmp_path, far.url, *arguments)
    assert refused.returncode == 1 and "--accept" in refused.stderr, refused.stderr
    assert not journal.exists() and world.settings() == settings
    done = advise(tmp_path, far.url, *arguments, "--accept")
    assert done.returncode == 0, done.stderr
    assert journal.stat().st_mode & 0o777 == 0o600
    assert b"BucketOwnerEnforced" in world.owner.get(world.bucket, query="ownershipControls").body
    # The bucket owner comes to own the one object of A; for everybody else everything that is there is the same.
    after = world.met()
    changed = {what: (before[what], after[what]) for what in before if before[what] != after[what]}
    refused = {what for what, statuses in changed.items() if statuses == (404, 403)}
    assert {(name, key) for name, key, *_ in refused} == {(name, "gone") for name in ("A", "C", "anonymous")}
    assert all(what[:2] == ("B", "uploads/foreign") for what in changed.keys() - refused), changed
    assert report(tmp_path, far.url, world.bucket)["already_disabled"]

    done = advise(tmp_path, far.url, "disable-acls", "--undo", str(journal))
    assert done.returncode == 0, done.stderr
    assert world.met() == before and world.settings() == settings
    again = advise(tmp_path, far.url, "disable-acls", "--undo", str(journal))
    assert again.returncode == 1 and "was changed since" in again.stderr, again.stderr


def test_logs_are_read_from_files_too(far, world, tmp_path):
    """Downloaded, some of them packed; what cannot be read is said."""
    logs = tmp_path / "logs" / "2026"
    logs.mkdir(parents=True)
    access_log.wait_for(world.owner, world.logs, 5, "web/")
    listing = ok(world.owner.get(world.logs, query="list-type=2")).texts("Contents/Key")
    for number, key in enumerate(listing):
        body = ok(world.owner.get(world.logs, key)).body
        name = logs / f"{number}.gz"
        name.write_bytes(gzip.compress(body)) if number % 2 else name.with_suffix("").write_bytes(body)
    found = report(tmp_path, far.url, world.bucket, "--access-logs", str(tmp_path / "logs"))
    assert found["requests_seen"] > 5 and not found["incomplete"]
    assert any("records of access logs were read" in note for note in found["notes"])
    (logs / "rubbish").write_text("no record\n")
    found = report(tmp_path, far.url, world.bucket, "--access-logs", str(tmp_path / "logs"))
    assert found["incomplete"] == ["1 lines of the access logs cannot be read"]
    without = report(tmp_path, far.url, world.bucket)
    assert any(f"--access-logs s3://{world.logs}/web/" in note for note in without["notes"])


def test_a_part_is_never_taken_for_the_whole(far, world, tmp_path):
    for flags in (("--prefix", "public/"), ("--sample", "3"), ("--versions-max", "1")):
        found = report(tmp_path, far.url, world.bucket, *flags)
        # A page is looked at whole.
        assert found["incomplete"] or flags[0] == "--versions-max", flags
        if found["incomplete"]:
            done = advise(tmp_path, far.url, "disable-acls", world.bucket, *flags, "--apply", "--accept")
            assert done.returncode == 1 and "only a part" in done.stderr, done.stderr


def test_a_census_is_gone_on_with(far, world, tmp_path):
    census = tmp_path / "census"
    whole = report(tmp_path, far.url, world.bucket, "--census", str(census))
    assert census.stat().st_mode & 0o777 == 0o600
    lines = census.read_text().splitlines(keepends=True)
    again = report(tmp_path, far.url, world.bucket, "--census", str(census))
    assert again == whole and census.read_text() == "".join(lines)
    # Cut off in the middle of a line.
    census.write_text("".join(lines)[:-30])
    assert report(tmp_path, far.url, world.bucket, "--census", str(census))["versions"] == whole["versions"]
    done = advise(tmp_path, far.url, "disable-acls", world.logs, "--census", str(census))
    assert done.returncode in (0, 1)
    other = tmp_path / "other"
    other.write_text("something else")
    done = advise(tmp_path, far.url, "disable-acls", world.bucket, "--census", str(other))
    assert done.returncode == 1 and other.read_text() == "something else"


def test_an_acl_that_nobody_may_read_is_said(far, tmp_path):
    clients = {name: RawClient(far.url, key) for name, key in (("B", B), ("A", A))}
    made = Buckets(clients["B"])
    bucket = made.object_writer()
    made.allow(bucket, {"Effect": "Allow", "Principal": {"AWS": A.root_arn}, "Action": "s3:PutObject",
                        "Resource": f"arn:aws:s3:::{bucket}/*"})
    ok(clients["A"].put(bucket, "closed", b"x"))
    found = report(tmp_path, far.url, bucket)
    assert any("may not be read, as closed" in one for one in found["incomplete"]), found


def test_a_step_that_fails_undoes_those_before(far, tmp_path):
    """Who may not change the ownership: the policy and the ACL come back."""
    owner = RawClient(far.url, B)
    made = Buckets(owner)
    bucket = made.with_acl("public-read")
    made.allow(bucket, {"Effect": "Deny", "Principal": "*", "Action": "s3:PutBucketOwnershipControls",
                        "Resource": f"arn:aws:s3:::{bucket}"})
    ok(owner.put(bucket, "open", b"x", headers=PUBLIC))
    settings = {query: owner.get(bucket, query=query).body for query in ("acl", "policy", "ownershipControls")}
    journal = tmp_path / "journal"
    done = advise(tmp_path, far.url, "disable-acls", bucket, "--apply", "--accept", "--journal", str(journal))
    assert done.returncode == 1 and "is undone" in done.stderr, done.stderr
    assert {query: owner.get(bucket, query=query).body for query in settings} == settings


def test_credentials_are_found_as_the_aws_tools_find_them(far, world, tmp_path):
    aws = tmp_path / ".aws"
    aws.mkdir()
    (aws / "config").write_text(f"[profile far]\nregion = us-east-1\nendpoint_url = {far.url}\n")
    (aws / "credentials").write_text(
        f"[far]\naws_access_key_id = {B.access_key_id}\naws_secret_access_key = {B.secret_access_key}\n")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    command = [binary(), "advise", "disable-acls", world.bucket, "--json"]

    def run(*arguments, **more):
        return subprocess.run([*command, *arguments], env=environment | more, cwd=tmp_path,
                              capture_output=True, text=True, timeout=60, check=False)

    for done in (run("--profile", "far"), run("--remote", AWS_PROFILE="far")):
        assert done.returncode == 0, done.stderr
    done = run("--profile", "near")
    assert done.returncode == 2 and "`near`" in done.stderr
    done = run("--endpoint-url", far.url)
    assert done.returncode == 2 and "credentials" in done.stderr
    env_file = tmp_path / ".env.production"
    env_file.write_text(
        f"S3_ENABLED=true\nS3_BUCKET=x\nS3_REGION=us-east-1\nS3_ENDPOINT={far.url}\nS3_HOSTNAME=h\n"
        f"AWS_ACCESS_KEY_ID={B.access_key_id}\nAWS_SECRET_ACCESS_KEY={B.secret_access_key}\n")
    done = run("--application", "mastodon", "--env-file", str(env_file), "--addressing", "path")
    assert done.returncode == 0, done.stderr


def test_a_policy_elsewhere_is_compared_with_its_logs(far, tmp_path):
    owner, anonymous = RawClient(far.url, B), RawClient(far.url, None)
    made = Buckets(owner)
    bucket, logs = made.enforced(), made.enforced()
    made.allow(logs, access_log.delivery_allowed(logs, bucket, B))
    ok(owner.document("PUT", bucket, "logging", access_log.status(logs)))
    ok(owner.put(bucket, "a/1", b"x"))
    made.allow(bucket, {
        "Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "s3:GetObjectTagging"],
        "Resource": f"arn:aws:s3:::{bucket}/*",
    })
    for _ in range(12):
        ok(anonymous.get(bucket, "a/1"))
    access_log.wait_for(owner, logs, 14)
    done = advise(tmp_path, far.url, "policy", bucket, "--access-logs", f"s3://{logs}/", "--json")
    assert done.returncode == 3, done.stderr
    found = {one["code"]: one["message"] for one in json.loads(done.stdout)}
    assert "none of them for s3:GetObjectTagging; their keys begin with \"a/1\"" in found["WIDER_THAN_USED"]
    assert "PUBLIC_ACCESS" in found


def test_block_public_access_elsewhere(far, tmp_path):
    owner, anonymous = RawClient(far.url, B), RawClient(far.url, None)
    bucket = Buckets(owner).object_writer()
    ok(owner.put(bucket, "open", b"x", headers=PUBLIC))
    shown = owner.get(bucket, query="publicAccessBlock").status
    done = advise(tmp_path, far.url, "block-public-access", bucket, "--json")
    assert done.returncode == 3, done.stderr
    settings = {one["setting"]: one for one in json.loads(done.stdout)["settings"]}
    lost = [(one["who"], one["action"]) for one in settings["IgnorePublicAcls"]["differences"]]
    assert ("everyone, without signing", "s3:GetObject") in lost
    journal = tmp_path / "journal"
    done = advise(tmp_path, far.url, "block-public-access", bucket, "--apply", "--journal", str(journal))
    assert done.returncode == 0 and anonymous.get(bucket, "open").status == 403, done.stderr
    done = advise(tmp_path, far.url, "block-public-access", "--undo", str(journal))
    assert done.returncode == 0 and anonymous.get(bucket, "open").status == 200, done.stderr
    assert owner.get(bucket, query="publicAccessBlock").status == shown

    # For the whole account: C, whose buckets nobody else uses.
    third = RawClient(far.url, C)
    names = [Buckets(third).object_writer() for _ in range(2)]
    for name in names:
        ok(third.put(name, "open", b"x", headers=PUBLIC))
    account = ("block-public-access", "--account", C.account_id)
    done = advise(tmp_path, far.url, *account, "--json", key=C)
    assert done.returncode == 3, done.stderr
    assert sorted(one["bucket"] for one in json.loads(done.stdout)["buckets"]) == sorted(names)
    journal = tmp_path / "account-journal"
    done = advise(tmp_path, far.url, *account, "--apply", "--journal", str(journal), key=C)
    assert done.returncode == 0, done.stderr
    assert {anonymous.get(name, "open").status for name in names} == {403}
    done = advise(tmp_path, far.url, "block-public-access", "--undo", str(journal), key=C)
    assert done.returncode == 0 and {anonymous.get(name, "open").status for name in names} == {200}


def test_another_server_is_read(moto_server, tmp_path):
    """moto, which has neither our code nor our opinions."""
    key = FIRST
    s3 = sdk.client(moto_server.url, key)
    bucket = new_name("moto")
    s3.create_bucket(Bucket=bucket, ObjectOwnership="ObjectWriter")
    s3.put_object(Bucket=bucket, Key="public/1", Body=b"x", ACL="public-read")
    s3.put_object(Bucket=bucket, Key="public/2", Body=b"x", ACL="public-read")
    s3.put_object(Bucket=bucket, Key="private", Body=b"x")
    found = report(tmp_path, moto_server.url, bucket, key=key)
    assert found["versions"] == 3, found
    assert [(one["permission"], one["count"]) for one in found["object_grants"]] == [("READ", 2)], found
    assert f"{bucket}/public/*" in found["policy"]
