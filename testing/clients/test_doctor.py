"""`grantry doctor` against our own server, through a proxy that breaks things."""

import json
import signal
import time

import pytest

from harness import expect
from harness.faults import Fault, FaultProxy, s3_error
from harness.mastodons import Mastodon, finding, media_policy


@pytest.fixture
def media(buckets):
    """A bucket as it should be: ACLs disabled, media readable by policy."""
    name = buckets.enforced()
    buckets.allow(name, media_policy(name))
    return name


@pytest.fixture
def mastodon(server, media, tmp_path):
    return Mastodon(tmp_path / "live", server.url, media)


def versions(owner, bucket: str) -> list[str]:
    return expect.ok(owner.get(bucket, query="versions")).texts("Version/Key")


def test_a_healthy_mastodon(mastodon, media, owner):
    mastodon.write(S3_PERMISSION="")
    code, report = mastodon.doctor()
    failing = [one for one in report["findings"] if one["severity"] == "failing"]
    assert not failing, json.dumps(failing, indent=1)
    assert report["leftovers"] == []
    for check in ("C-05", "C-07", "C-09", "C-10", "C-12", "C-13", "C-14", "C-15", "C-16", "C-18", "C-19"):
        assert finding(report, check)["severity"] == "ok", finding(report, check)
    assert code == 0, report
    assert versions(owner, media) == []


def test_the_story(mastodon, media, owner):
    """ACLs disabled on the bucket, `public-read` in the file: doctor names the line and the value."""
    mastodon.write(S3_PERMISSION="public-read")
    code, report = mastodon.doctor()
    assert code == 2
    found = finding(report, "C-10", "failing")
    assert "BucketOwnerEnforced" in found["meaning"]
    assert "deleting the line restores public-read" in found["fix"]
    line = len(mastodon.lines) + 1
    assert found["place"] == {
        "origin": f"{mastodon.file}:{line}", "setting": "S3_PERMISSION", "current": "public-read",
        "proposed": "S3_PERMISSION=",
    }
    refused = found["evidence"][0]
    assert (refused["status"], refused["code"], refused["acl"]) == \
        (400, "AccessControlListNotSupported", "public-read")
    assert refused["request_id"]
    assert finding(report, "C-11", "failing")
    assert finding(report, "C-09")["severity"] == "ok"
    assert versions(owner, media) == []
    # The line that is absent means the same.
    code, report = mastodon.write().doctor("--only", "C-10")
    assert code == 2
    assert finding(report, "C-10", "failing")["place"]["origin"].endswith("(no such line)")
    # The text for people says it too, without colours for a pipe.
    done = mastodon.run("doctor", "mastodon", "--quiet", "--only", "C-10")
    assert "S3_PERMISSION=" in done.stdout and "\x1b" not in done.stdout


def test_a_versioned_bucket_keeps_nothing(mastodon, media, owner):
    document = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    expect.ok(owner.document("PUT", media, "versioning", document))
    code, report = mastodon.write(S3_PERMISSION="").doctor()
    assert code == 0, json.dumps(report, indent=1)
    assert finding(report, "C-20")["severity"] == "info"
    answer = expect.ok(owner.get(media, query="versions"))
    assert answer.texts("Version/Key") == [] and answer.texts("DeleteMarker/Key") == []


def test_what_the_bucket_says(mastodon, media, owner, buckets):
    mastodon.write(S3_PERMISSION="")
    buckets.allow(media, media_policy(media) | {"Resource": f"arn:aws:s3:::{media}/*"})
    _, report = mastodon.doctor("--only", "C-15,C-12")
    assert "backups/" in finding(report, "C-15", "warning")["meaning"]
    buckets.set_public_access_block(media, RestrictPublicBuckets=True)
    code, report = mastodon.doctor("--only", "C-15,C-12")
    assert code == 2
    assert "RestrictPublicBuckets" in finding(report, "C-15", "failing")["meaning"]
    assert "fix bucket" in finding(report, "C-12", "failing")["fix"]


def test_block_public_acls(server, buckets, tmp_path):
    bucket = buckets.preferred()
    buckets.set_public_access_block(bucket, BlockPublicAcls=True)
    mastodon = Mastodon(tmp_path, server.url, bucket).write(S3_PERMISSION="public-read")
    code, report = mastodon.doctor("--only", "C-10")
    found = finding(report, "C-10", "failing")
    assert code == 2 and "Block Public Access refuses public ACLs" in found["meaning"]
    assert {seen["acl"]: seen["status"] for seen in found["evidence"]} == {"public-read": 403, "private": 200}


def test_acls_that_work(server, buckets, tmp_path):
    bucket = buckets.preferred()
    mastodon = Mastodon(tmp_path, server.url, bucket).write(S3_PERMISSION="public-read")
    code, report = mastodon.doctor("--only", "C-08,C-10,C-11,C-12")
    assert code == 0, json.dumps(report, indent=1)


def signed(asked) -> bool:
    return asked.is_signed


FIRST_ANSWERS = [
    (s3_error(301, "PermanentRedirect", x_amz_bucket_region="eu-west-1"), "C-05", "S3_REGION=eu-west-1"),
    (s3_error(307, "TemporaryRedirect"), "C-05", "redirects"),
    (s3_error(400, "AuthorizationHeaderMalformed", "<Region>x-1</Region>"), "C-05", "x-1"),
    (s3_error(400, "IllegalLocationConstraintException"), "C-05", "region"),
    (s3_error(403, "InvalidAccessKeyId"), "C-07", "access key id"),
    (s3_error(403, "SignatureDoesNotMatch"), "C-07", "secret"),
    (s3_error(403, "RequestTimeTooSkewed"), "C-04", "15 minutes"),
    (s3_error(404, "NoSuchBucket"), "C-05", "no such bucket"),
    (s3_error(405, "MethodNotAllowed"), "C-05", "not an S3 endpoint"),
    (s3_error(501, "NotImplemented"), "C-05", "not an S3 endpoint"),
    (s3_error(503, "SlowDown"), "C-05", "trouble"),
    (Fault(200, b"<!DOCTYPE html><html></html>", {"Content-Type": "text/html"}), "C-05", "web page"),
]


@pytest.mark.parametrize("fault, check, word", FIRST_ANSWERS, ids=lambda value: str(value)[:24])
def test_first_answers(mastodon, server, fault, check, word):
    """The table "Endpoint and region", row by row."""
    with FaultProxy(server.url, lambda asked: fault if asked.is_signed else None) as proxy:
        code, report = mastodon.write(S3_ENDPOINT=proxy.url, S3_PERMISSION="").doctor("--only", check)
    found = finding(report, check)
    assert word in found["meaning"] + found.get("fix", ""), found
    assert (code, found["severity"]) in ((2, "failing"), (1, "warning"))


def refuse(acl: str | None, fault: Fault, plain: Fault | None = None):
    """Refuses uploads with ACLs, or with this one."""
    def rule(asked):
        if asked.method != "PUT" or not asked.is_signed:
            return None
        if asked.acl is None:
            return plain
        return fault if acl in (None, asked.acl) else None
    return rule


DENIED = s3_error(403, "AccessDenied")
UPLOADS = [
    ("disabled", refuse(None, s3_error(400, "AccessControlListNotSupported")), "ACLs are disabled"),
    ("blocked", refuse("public-read", DENIED), "Block Public Access refuses"),
    ("forbidden", refuse(None, DENIED), "lacks s3:PutObjectAcl"),
    ("no ACLs", refuse(None, s3_error(501, "NotImplemented")), "this store has no ACLs"),
    ("canned ACL", refuse(None, s3_error(400, "InvalidRequest")), "this store has no ACLs"),
    ("bad value", refuse(None, s3_error(400, "InvalidArgument")), "no canned ACL"),
    ("no upload", refuse(None, DENIED, DENIED), "no upload is allowed"),
    ("trouble", refuse(None, s3_error(500, "InternalError"), s3_error(503, "SlowDown")), "in trouble"),
    ("header demanded", lambda asked: DENIED if asked.method == "PUT" and not asked.acl else None, "demands"),
]


@pytest.mark.parametrize("rule, word", [row[1:] for row in UPLOADS], ids=[row[0] for row in UPLOADS])
def test_uploads_with_and_without_acl(server, buckets, tmp_path, rule, word):
    """The table "PUT with vs without ACL", row by row."""
    with FaultProxy(server.url, rule) as proxy:
        mastodon = Mastodon(tmp_path, proxy.url, buckets.preferred()).write(S3_PERMISSION="public-read")
        code, report = mastodon.doctor("--only", "C-10")
    assert word in finding(report, "C-10")["meaning"], report
    assert code in (1, 2)
    assert report["leftovers"] == []


def test_an_acl_that_is_ignored(server, buckets, tmp_path):
    bucket = buckets.preferred()
    buckets.set_public_access_block(bucket, IgnorePublicAcls=True)
    mastodon = Mastodon(tmp_path, server.url, bucket).write(S3_PERMISSION="public-read")
    code, report = mastodon.doctor("--only", "C-10,C-12")
    assert code == 2
    assert "may not read all the same" in finding(report, "C-10", "failing")["meaning"]


ALIASES = [
    (None, "ok", "reads"),
    (DENIED, "failing", "does not"),
    (s3_error(404, "NoSuchKey"), "failing", "leads elsewhere"),
    (Fault(200, b"other", {"Content-Type": "image/png"}), "failing", "other bytes"),
    (Fault(502), "failing", "does not get"),
]


@pytest.mark.parametrize("fault, severity, word", ALIASES, ids=["200", "403", "404", "bytes", "502"])
def test_the_host_of_the_application(mastodon, server, media, fault, severity, word):
    """The table "Anonymous GET", as seen through the host that the application links to."""
    with FaultProxy(server.url, lambda asked: fault if asked.method == "GET" else None) as proxy:
        host = proxy.url.removeprefix("http://")
        mastodon.write(S3_PERMISSION="", S3_ALIAS_HOST=f"{host}/{media}")
        _, report = mastodon.doctor("--only", "C-12")
    found = finding(report, "C-12")
    assert (found["severity"], word in found["meaning"]) == (severity, True), found


def test_checksums_that_a_store_does_not_take(mastodon, server):
    def rule(asked):
        is_new = "x-amz-checksum-crc32" in asked.headers or "x-amz-trailer" in asked.headers
        return s3_error(400, "InvalidRequest") if asked.method == "PUT" and is_new else None

    with FaultProxy(server.url, rule) as proxy:
        mastodon.write(S3_ENDPOINT=proxy.url, S3_PERMISSION="")
        code, report = mastodon.doctor("--only", "C-16", "--app-version", "4.5.0")
        assert code == 2
        assert "AWS_REQUEST_CHECKSUM_CALCULATION=when_required" in finding(report, "C-16")["fix"]
        code, report = mastodon.doctor("--only", "C-16", "--app-version", "4.4.0")
        assert code == 1


def test_a_clock_that_is_wrong(mastodon, server):
    with FaultProxy(server.url) as proxy:
        proxy.changes.append(lambda asked, headers: [
            (name, "Mon, 01 Jan 2024 00:00:00 GMT" if name.lower() == "date" else value)
            for name, value in headers])
        code, report = mastodon.write(S3_ENDPOINT=proxy.url, S3_PERMISSION="").doctor("--only", "C-04")
    assert code == 2 and "NTP" in finding(report, "C-04", "failing")["fix"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_examination_leaves_nothing(mastodon, server, media, owner, number):
    def rule(asked):
        # The third upload hangs: the object is there, and its answer never comes.
        if asked.method == "PUT" and sum(one.method == "PUT" for one in proxy.asked) == 3:
            hang.append(asked)
            time.sleep(3)
        return None

    hang = []
    with FaultProxy(server.url, rule) as proxy:
        process = mastodon.write(S3_ENDPOINT=proxy.url, S3_PERMISSION="").start("doctor", "mastodon")
        deadline = time.monotonic() + 30
        while not hang and time.monotonic() < deadline:
            time.sleep(0.02)
        assert versions(owner, media) != []
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 128 + number, said
    assert "removed again" in said
    assert versions(owner, media) == []


def test_what_cannot_be_deleted_is_named(mastodon, server, media):
    rule = lambda asked: DENIED if asked.method in ("DELETE", "POST") else None  # noqa: E731
    with FaultProxy(server.url, rule) as proxy:
        code, report = mastodon.write(S3_ENDPOINT=proxy.url, S3_PERMISSION="").doctor("--only", "C-09")
    assert code == 1 and report["leftovers"], report


@pytest.mark.parametrize("lines, word", [
    ({"S3_ENABLED": "True"}, "only exactly `true` counts"),
    ({"S3_BUCKET": ""}, "S3_BUCKET"),
])
def test_what_cannot_be_examined(mastodon, lines, word):
    done = mastodon.write(**lines).run("doctor", "mastodon")
    assert done.returncode == 3 and word in done.stderr


def test_nobody_listens(mastodon):
    code, report = mastodon.write(S3_ENDPOINT="http://127.0.0.1:1").doctor()
    assert code == 2 and "no answer" in finding(report, "C-03", "failing")["meaning"]


def test_a_secret_that_the_file_cuts_off(mastodon):
    mastodon.write(AWS_SECRET_ACCESS_KEY="abc#defghijklmnop", S3_PERMISSION="")
    code, report = mastodon.doctor()
    assert code == 2
    assert "single quotes" in finding(report, "C-01", "failing")["place"]["proposed"]


def test_jobs_that_fail(mastodon, redis_server):
    job = {"class": "ActivityPub::ProcessingWorker", "retry": 8, "queue": "ingress", "failed_at": 1.7e9,
           "error_class": "Aws::S3::Errors::AccessControlListNotSupported"}
    redis_server.send("ZADD", "dead", "1", json.dumps(job))
    redis_server.send("ZADD", "retry", "1", json.dumps(job | {"error_class": "RuntimeError"}))
    mastodon.write(S3_PERMISSION="", REDIS_PORT=str(redis_server.port))
    code, report = mastodon.doctor("--only", "C-27")
    found = finding(report, "C-27")
    assert code == 1 and found["severity"] == "warning"
    assert "1 jobs of ActivityPub::ProcessingWorker in Sidekiq's dead set" in found["meaning"]
