"""`grantry advise disable-acls`: after it is applied, everybody meets what they met before."""

import itertools
import json

import pytest

from harness.accounts import A, C
from harness.expect import ok

PUBLIC = {"x-amz-acl": "public-read"}


def advise(server, *arguments: str):
    return server.command("advise", "disable-acls", *arguments)


def report(server, bucket: str, *arguments: str) -> dict:
    done = advise(server, bucket, "--json", *arguments)
    assert done.returncode in (0, 3), done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def clients(server, owner, other, third, anonymous):
    return {"B": owner, "A": other, "C": third, "anonymous": anonymous}


def met(clients: dict, bucket: str, keys: list[str]) -> dict:
    """The status that each caller meets with each key, and with the bucket."""
    statuses = {}
    for (name, client), key in itertools.product(clients.items(), keys):
        statuses[name, key] = client.get(bucket, key).status
        statuses[name, key, "acl"] = client.get(bucket, key, query="acl").status
    for name, client in clients.items():
        statuses[name, "list"] = client.get(bucket).status
    return statuses


def with_grants(buckets, owner, other) -> tuple[str, list[str]]:
    """A bucket as applications leave it: canned ACLs, grants, and objects of another account."""
    bucket = buckets.with_acl("public-read")
    to_a = {"x-amz-grant-read": f'id="{A.canonical_id}"', "x-amz-grant-read-acp": f'id="{C.canonical_id}"'}
    buckets.allow(bucket, {
        "Sid": "Uploads", "Effect": "Allow", "Principal": {"AWS": A.root_arn}, "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{bucket}/uploads/*",
    })
    for key in ("public/1", "public/2", "public/deep/3", "mixed/open"):
        ok(owner.put(bucket, key, b"x", headers=PUBLIC))
    for key in ("mixed/private", "private"):
        ok(owner.put(bucket, key, b"x"))
    ok(owner.put(bucket, "signed", b"x", headers={"x-amz-acl": "authenticated-read"}))
    for key in ("shared/1", "shared/2"):
        ok(owner.put(bucket, key, b"x", headers=to_a))
    ok(other.put(bucket, "uploads/foreign", b"x"))
    ok(other.put(bucket, "uploads/public", b"x", headers=PUBLIC))
    return bucket, [
        "public/1", "public/2", "public/deep/3", "mixed/open", "mixed/private", "private", "signed",
        "shared/1", "shared/2", "uploads/foreign", "uploads/public",
    ]


def test_access_is_the_same_after_it_is_applied_and_undone(
    server, buckets, owner, other, clients, tmp_path
):
    bucket, keys = with_grants(buckets, owner, other)
    before = met(clients, bucket, keys)
    found = report(server, bucket)
    assert not found["already_disabled"] and found["versions"] == len(keys)
    assert found["bucket_grants"] == [
        {"grantee": "everyone, without signing", "permission": "READ", "count": 1, "examples": []}
    ]
    assert ("account " + A.account_id, "READ", 2) in [
        (line["grantee"], line["permission"], line["count"]) for line in found["object_grants"]
    ]
    assert [(line["owner"], line["count"]) for line in found["foreign_objects"]] == [
        ("account " + A.account_id, 2)
    ]
    # Nobody but the bucket owner, who comes to own everything, gains or loses anything.
    assert not found["blockers"] and not found["lost"]
    assert all(line["expected"] for line in found["differences"]), found["differences"]
    # Whole directories are said by their prefix.
    assert f"{bucket}/public/*" in found["policy"] and f"{bucket}/mixed/*" not in found["policy"]

    journal = tmp_path / "journal.json"
    done = advise(server, bucket, "--apply", "--accept", "--journal", str(journal))
    assert done.returncode == 0, done.stderr
    assert journal.stat().st_mode & 0o777 == 0o600
    after = met(clients, bucket, keys)
    changed = {what: (before[what], after[what]) for what in before if before[what] != after[what]}
    assert set(changed) == {
        ("B", "uploads/foreign"), ("B", "uploads/foreign", "acl"), ("B", "uploads/public", "acl"),
    } or set(changed) <= {("B", key, *rest) for key in ("uploads/foreign", "uploads/public")
                          for rest in ((), ("acl",))}, changed
    assert b"BucketOwnerEnforced" in owner.get(bucket, query="ownershipControls").body
    again = report(server, bucket)
    assert again["already_disabled"]

    done = advise(server, "--undo", str(journal))
    assert done.returncode == 0, done.stderr
    assert met(clients, bucket, keys) == before
    policy = json.loads(owner.get(bucket, query="policy").body)
    assert [statement["Sid"] for statement in policy["Statement"]] == ["Uploads"]


def test_requests_that_send_or_need_acls_are_told(server, buckets, owner, anonymous):
    bucket = buckets.object_writer()
    # What SDKs say behind their name changes from one request to the next.
    for key, features in (("picture", "A,B"), ("picture 2", "B,A")):
        ok(owner.put(bucket, key, b"x", headers=PUBLIC | {"user-agent": f"uploader/1.0 ua/2.1 m/{features}"}))
    assert anonymous.get(bucket, "picture", headers={"user-agent": "browser/2.0"}).status == 200
    found = report(server, bucket)
    lines = {line["user_agent"]: line for line in found["requests"]}
    assert lines["uploader/1.0"]["sent_acl"] == 2
    # The ACL in the request is what BucketOwnerEnforced refuses.
    assert lines["uploader/1.0"]["would_be_refused"] == 2
    assert sorted(lines["uploader/1.0"]["examples"]) == ["PutObject picture", "PutObject picture 2"]
    assert lines["browser/2.0"]["needed_acl"] == 1
    assert lines["browser/2.0"]["would_be_refused"] == 0
    done = advise(server, bucket, "--apply")
    assert done.returncode == 1 and "--accept" in done.stderr, done.stderr
    assert b"ObjectWriter" in owner.get(bucket, query="ownershipControls").body


def test_block_public_policy_is_in_the_way(server, buckets, owner):
    bucket = buckets.object_writer()
    ok(owner.put(bucket, "a", b"x", headers=PUBLIC))
    buckets.set_public_access_block(bucket, BlockPublicPolicy=True)
    found = report(server, bucket)
    assert any("BlockPublicPolicy" in blocker for blocker in found["blockers"]), found
    done = advise(server, bucket, "--apply", "--accept")
    assert done.returncode == 1 and "BlockPublicPolicy" in done.stderr


def test_writing_new_keys_is_lost_unless_asked_for(server, buckets, owner, other):
    bucket = buckets.object_writer()
    ok(owner.put(bucket, query="acl", headers={"x-amz-grant-write": f'id="{A.canonical_id}"'}))
    ok(owner.put(bucket, "own", b"x"))
    ok(other.put(bucket, "theirs", b"x"))
    found = report(server, bucket)
    assert any("creating new keys" in line["what"] for line in found["lost"]), found
    assert '"s3:DeleteObject"' in found["policy"] and f"{bucket}/theirs" in found["policy"]
    wide = report(server, bucket, "--grant-writes")
    assert not any("creating new keys" in line["what"] for line in wide["lost"])
    # It tells that A may then replace what is not its own.
    assert any(
        line["action"] == "s3:PutObject" and line["direction"] == "gains" and not line["expected"]
        for line in wide["differences"]
    ), wide["differences"]


def findings(server, *arguments: str) -> list[tuple]:
    done = server.command("advise", "policy", *arguments, "--json")
    assert done.returncode in (0, 3), done.stderr
    found = json.loads(done.stdout)
    assert (done.returncode == 0) == (not found)
    return [(one["code"], one["statement"], one["line"]) for one in found]


def test_mistakes_in_a_policy_are_found(server, buckets, owner, anonymous, tmp_path):
    bucket = buckets.publicly_readable()
    assert ("PUBLIC_ACCESS", 1) in [one[:2] for one in findings(server, bucket)]
    ok(owner.put(bucket, "a/1", b"x"))
    buckets.allow(bucket, {
        "Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "s3:GetObjectTagging"],
        "Resource": f"arn:aws:s3:::{bucket}/*",
    })
    for _ in range(12):
        ok(anonymous.get(bucket, "a/1"))
    text = server.command("advise", "policy", bucket).stdout
    assert "none of them for s3:GetObjectTagging; their keys begin with \"a/1\"" in text, text

    file = tmp_path / "policy.json"
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": A.root_arn}, "Action": "s3:GetObject",
         "Resource": "arn:aws:s3:::b-b/a/*"},
        {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b-b/*"},
    ]}, indent=1))
    assert findings(server, str(file)) == [("SHADOWED_BY_DENY", 1, 4)]
    file.write_text('{"Statement": [')
    assert findings(server, str(file))[0][0] == "JSON_SYNTAX"
    assert server.command("advise", "policy", buckets.default()).returncode == 1


def test_what_block_public_access_would_take_is_told_and_taken(server, buckets, owner, anonymous):
    bucket = buckets.object_writer()
    ok(owner.put(bucket, "open", b"x", headers=PUBLIC))
    ok(owner.put(bucket, "own", b"x"))
    assert anonymous.get(bucket, "open").status == 200
    done = server.command("advise", "block-public-access", bucket, "--json")
    assert done.returncode == 3, done.stderr
    settings = {one["setting"]: one for one in json.loads(done.stdout)["settings"]}
    lost = [(one["who"], one["action"], one["examples"]) for one in settings["IgnorePublicAcls"]["differences"]]
    assert ("everyone, without signing", "s3:GetObject", ["open"]) in lost
    assert [one["caller"] for one in settings["IgnorePublicAcls"]["requests"]] == ["anonymous"]
    # The upload with a public ACL is what BlockPublicAcls refuses.
    assert settings["BlockPublicAcls"]["requests"][0]["examples"] == ["PutObject open"]
    assert not settings["RestrictPublicBuckets"]["differences"]
    done = server.command("advise", "block-public-access", bucket, "--apply")
    assert done.returncode == 0, done.stderr
    assert anonymous.get(bucket, "open").status == 403 and owner.get(bucket, "own").status == 200
    assert server.command("advise", "block-public-access", bucket).returncode == 0
