"""The calls of this server's own API that only the console makes: advice for bucket owners, and health."""

import json
from datetime import UTC, datetime

import pytest

from harness.accounts import A, B, C, FIRST
from harness.expect import ok
from harness.iam import Administrator, allow
from harness.raw import RawClient, Response
from harness.server import Server

TEXTFILE = """\
# TYPE grantry_watch_level gauge
grantry_watch_level{check="write"} 0
grantry_watch_level{check="pictures"} 2
grantry_watch_last_run_timestamp_seconds{check="write"} 1795295144.5
grantry_watch_last_success_timestamp_seconds{check="write"} 1795295144.5
grantry_watch_step_up{step="put"} 1
grantry_watch_objects{check="pictures",state="missing"} 3
grantry_watch_undelivered_notices 1
"""


def call(url: str, holder, action: str, document: dict) -> Response:
    headers = {"X-Amz-Target": f"Grantry.{action}", "Content-Type": "application/x-amz-json-1.1"}
    signing = {"service": "grantry"} if holder else {}
    return RawClient(url, holder).to("POST", "/", headers, json.dumps(document).encode(), **signing)


def code(answer: Response) -> tuple[int, str]:
    return answer.status, json.loads(answer.body)["__type"]


def test_a_bucket_owner_is_advised_as_the_operator_is(server, buckets, owner, other):
    bucket = buckets.with_acl("public-read")
    ok(owner.put(bucket, "shared/1", b"x", headers={"x-amz-grant-read": f'id="{A.canonical_id}"'}))
    ok(owner.put(bucket, "signed", b"x", headers={"x-amz-acl": "authenticated-read"}))
    answer = call(server.url, B, "AdviseDisableAcls", {"bucket": bucket})
    assert answer.status == 200, answer.body
    told = json.loads(answer.body)
    done = server.command("advise", "disable-acls", bucket, "--json")
    assert done.returncode in (0, 3), done.stderr
    expected = json.loads(done.stdout)
    same = ("bucket_grants", "object_grants", "foreign_objects", "policy", "lost", "blockers", "versions")
    assert {name: told["advice"][name] for name in same} == {name: expected[name] for name in same}
    assert told["isHarmless"] is (done.returncode == 0)


def test_of_other_accounts_an_owner_hears_no_more_than_it_knows(server, buckets, owner):
    """The ACL lets every account in, the policy that is made says so: no account is told apart."""
    bucket = buckets.object_writer()
    ok(owner.put(bucket, query="acl", headers={"x-amz-grant-write": 'uri="http://acs.amazonaws.com/groups/global/AuthenticatedUsers"'}))
    ok(owner.put(bucket, "signed", b"x", headers={"x-amz-acl": "authenticated-read"}))
    ok(owner.put(bucket, "shared", b"x", headers={"x-amz-grant-read": f'id="{A.canonical_id}"'}))
    answer = call(server.url, B, "AdviseDisableAcls", {"bucket": bucket})
    assert answer.status == 200, answer.body
    text = answer.body.decode()
    assert A.account_id in text and C.account_id not in text and C.canonical_id not in text
    who = {line["who"] for line in json.loads(answer.body)["advice"]["differences"]}
    assert who <= {"any other account", f"account {A.account_id}", f"the bucket owner, account {B.account_id}"}, who


def test_who_may_ask_for_advice(server, buckets, owner):
    bucket = buckets.object_writer()
    administrator = Administrator(server.url, B)
    question = {"bucket": bucket}
    named = administrator.user(allow("grantry:AdviseDisableAcls", f"arn:aws:s3:::{bucket}"))
    assert call(server.url, named.key, "AdviseDisableAcls", question).status == 200
    elsewhere = administrator.user(allow("grantry:AdviseDisableAcls", "arn:aws:s3:::another"))
    everything_of_s3 = administrator.user(allow("s3:*"))
    for holder in (elsewhere.key, everything_of_s3.key):
        assert code(call(server.url, holder, "AdviseDisableAcls", question)) == (403, "AccessDenied")
    assert call(server.url, None, "AdviseDisableAcls", question).status == 403
    # A bucket of another account is a bucket that is not there.
    for holder, name in ((C, bucket), (B, "no-such-bucket-here"), (B, "No name")):
        assert code(call(server.url, holder, "AdviseDisableAcls", {"bucket": name})) == (404, "NoSuchEntity")
    assert call(server.url, B, "AdviseDisableAcls", {}).status == 400
    assert call(server.url, B, "AdviseDisableAcls", question | {"more": 1}).status == 400


@pytest.fixture
def own_server(tmp_path):
    textfile = tmp_path / "mastodon.prom"
    textfile.write_text(TEXTFILE)
    missing = tmp_path / "missing.prom"
    server = Server(tmp_path / "store", {"GRANTRY_WATCH_TEXTFILES": f"{textfile},{missing}"}).start()
    server.create_account(B)
    yield server
    server.kill()


def test_health_survives_a_restart_and_shows_what_the_watch_found(own_server):
    server = own_server
    first = RawClient(server.url, FIRST)
    ok(first.put("kept-bucket"))
    ok(first.put("kept-bucket", "key", b"12345"))
    for _ in range(3):
        assert RawClient(server.url, None).get("kept-bucket", "key").status == 403

    def health() -> dict:
        answer = call(server.url, FIRST, "GetHealth", {})
        assert answer.status == 200, answer.body
        return json.loads(answer.body)

    def totals(hours: list[dict]) -> tuple[int, int]:
        refused = [count for hour in hours for count in hour["refused"].values()]
        return sum(hour["allowed"] for hour in hours), sum(refused)

    hours = health()["hours"]
    allowed, refused = totals(hours)
    assert allowed >= 2 and refused == 3, hours
    assert abs(hours[-1]["startSeconds"] - datetime.now(UTC).timestamp()) <= 2 * 3600
    assert server.stop() == 0
    file = server.data_dir / "history"
    assert file.stat().st_mode & 0o777 == 0o600
    server.start()
    hours = health()["hours"]
    assert totals(hours) == (allowed, refused)
    assert (hours[-1]["buckets"], hours[-1]["objects"], hours[-1]["bytes"]) == (1, 1, 5)

    watch, missing = health()["watches"]
    assert (watch["name"], watch["problem"], watch["undeliveredNotices"]) == ("mastodon", None, 1)
    pictures, write = watch["checks"]
    assert (pictures["check"], pictures["level"], pictures["counts"]) == ("pictures", "failing", {"missing": 3})
    assert (write["check"], write["level"], write["lastRunMillis"]) == ("write", "ok", 1795295144500)
    assert watch["steps"] == [{"step": "put", "isOk": True, "tookMillis": None}]
    assert missing["name"] == "missing" and missing["problem"] and not missing["checks"]


def test_health_is_for_the_management_account(own_server):
    server = own_server
    administrator = Administrator(server.url, FIRST)
    assert call(server.url, administrator.user(allow("grantry:GetHealth")).key, "GetHealth", {}).status == 200
    assert code(call(server.url, administrator.user(allow("s3:*")).key, "GetHealth", {})) == (403, "AccessDenied")
    assert code(call(server.url, B, "GetHealth", {})) == (403, "AccessDenied")
    assert call(server.url, None, "GetHealth", {}).status == 403
    assert call(server.url, FIRST, "GetHealth", {"of": "everybody"}).status == 400
