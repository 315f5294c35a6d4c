"""Object Lock: configuration, retention, legal hold, who may do what, and every way to remove a version."""

import base64
import datetime
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from harness import expect, policies
from harness.accounts import A, B
from harness.buckets import new_name
from harness.expect import client_error
from harness.iam import Administrator, allow, deny
from harness.raw import RawClient
from test_aws_cli import aws  # noqa: F401 (fixture)
from test_lifecycle import day, mine, raw, rule, run_until, set_rules, versions  # noqa: F401 (fixtures)
from test_post_form import form, post

KEY = "dir/a b+c"
MODE, DATE, HOLD = ("x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date",
                    "x-amz-object-lock-legal-hold")
BYPASS = {"x-amz-bypass-governance-retention": "true"}
PROTECTED = "Access Denied because object protected by object lock."
NO_LOCK = "Bucket is missing Object Lock Configuration"


def later(days=1.0):
    """A time after now, to the second, as the wire has it."""
    then = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)
    return then.replace(microsecond=0)


def wire(time):
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def configuration(rule=""):
    rule = f"<Rule><DefaultRetention>{rule}</DefaultRetention></Rule>" if rule else ""
    return (f'<ObjectLockConfiguration xmlns="{policies.S3_XMLNS}"><ObjectLockEnabled>Enabled</ObjectLockEnabled>'
            f"{rule}</ObjectLockConfiguration>")


def retention(mode, until):
    return (f'<Retention xmlns="{policies.S3_XMLNS}"><Mode>{mode}</Mode><RetainUntilDate>{wire(until)}'
            "</RetainUntilDate></Retention>")


NO_RETENTION = f'<Retention xmlns="{policies.S3_XMLNS}"/>'


def hold(status):
    return f'<LegalHold xmlns="{policies.S3_XMLNS}"><Status>{status}</Status></LegalHold>'


def md5(body):
    return {"Content-MD5": base64.b64encode(hashlib.md5(body).digest()).decode()}


def put(client, bucket, key=KEY, body=b"x", **lock):
    """Writes an object; the id of its version."""
    headers = md5(body) | {"x-amz-object-lock-" + name.replace("_", "-"): value for name, value in lock.items()}
    return expect.ok(client.put(bucket, key, body, headers=headers)).header("x-amz-version-id")


def set_retention(client, bucket, document, version, headers=None):
    query = f"retention&versionId={version}"
    return client.document("PUT", bucket, query, document, key=KEY, headers=headers or {})


def remove(client, bucket, version, key=KEY, headers=None):
    return client.delete(bucket, key, f"versionId={version}", headers=headers or {})


def enable(owner, bucket):
    status = f'<VersioningConfiguration xmlns="{policies.S3_XMLNS}"><Status>Enabled</Status></VersioningConfiguration>'
    expect.ok(owner.document("PUT", bucket, "versioning", status))


@pytest.fixture
def vault(owner):
    """A new bucket of B with Object Lock."""
    name = new_name("lock")
    expect.ok(owner.put(name, headers={"x-amz-bucket-object-lock-enabled": "true"}))
    return name


@pytest.fixture
def governed(owner, vault):
    """The version of an object under governance for a day."""
    return put(owner, vault, mode="GOVERNANCE", retain_until_date=wire(later()))


@pytest.fixture
def admin(server):
    return Administrator(server.url, B)


# The bucket


def test_a_bucket_is_created_with_object_lock(owner, vault):
    answer = expect.ok(owner.get(vault, query="object-lock"))
    assert answer.text("ObjectLockEnabled") == "Enabled"
    assert answer.texts("Rule") == []
    assert expect.ok(owner.get(vault, query="versioning")).text("Status") == "Enabled"
    suspended = (f'<VersioningConfiguration xmlns="{policies.S3_XMLNS}"><Status>Suspended</Status>'
                 "</VersioningConfiguration>")
    expect.error(owner.document("PUT", vault, "versioning", suspended), 409, "InvalidBucketState",
                 "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.")
    enable(owner, vault)
    again = owner.put(vault, headers={"x-amz-bucket-object-lock-enabled": "true"})
    expect.error(again, 409, "BucketAlreadyOwnedByYou")


def test_a_bucket_without_object_lock(owner, bucket):
    expect.error(owner.get(bucket, query="object-lock"), 404, "ObjectLockConfigurationNotFoundError",
                 "Object Lock configuration does not exist for this bucket", BucketName=bucket)
    message = "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"
    answer = owner.document("PUT", bucket, "object-lock", configuration())
    expect.error(answer, 409, "InvalidBucketState", message)
    expect.ok(owner.put(bucket, KEY, b"x"))
    for query, document in (("retention", retention("GOVERNANCE", later())), ("legal-hold", hold("ON"))):
        expect.error(owner.document("PUT", bucket, query, document, key=KEY), 400, "InvalidRequest", NO_LOCK)
        expect.error(owner.get(bucket, KEY, query), 400, "InvalidRequest", NO_LOCK)
    locked = md5(b"y") | {MODE: "GOVERNANCE", DATE: wire(later())}
    for headers in (locked, md5(b"y") | {HOLD: "ON"}):
        expect.error(owner.put(bucket, "new", b"y", headers=headers), 400, "InvalidRequest", NO_LOCK)
        expect.error(owner.post(bucket, "new", query="uploads", headers=headers), 400, "InvalidRequest", NO_LOCK)
        copy = headers | {"x-amz-copy-source": f"/{bucket}/dir/a%20b%2Bc"}
        del copy["Content-MD5"]
        expect.error(owner.put(bucket, "new", headers=copy), 400, "InvalidRequest", NO_LOCK)
    expect.bodiless(owner.head(bucket, "new"), 404)
    off = owner.put(new_name(), headers={"x-amz-bucket-object-lock-enabled": "maybe"})
    expect.error(off, 400, "InvalidArgument", ArgumentName="x-amz-bucket-object-lock-enabled")


def test_an_existing_bucket_gets_object_lock(owner, bucket):
    enable(owner, bucket)
    before = put(owner, bucket)
    expect.ok(owner.document("PUT", bucket, "object-lock", configuration("<Mode>COMPLIANCE</Mode><Years>1</Years>")))
    answer = expect.ok(owner.get(bucket, query="object-lock"))
    assert (answer.text("Rule/DefaultRetention/Mode"), answer.text("Rule/DefaultRetention/Years")) == ("COMPLIANCE", "1")
    missing = owner.get(bucket, KEY, f"retention&versionId={before}")
    expect.error(missing, 404, "NoSuchObjectLockConfiguration",
                 "The specified object does not have a ObjectLock configuration")
    expect.error(owner.get(bucket, KEY, "legal-hold"), 404, "NoSuchObjectLockConfiguration")
    expect.ok(remove(owner, bucket, before), 204)
    new = put(owner, bucket)
    expect.denied(remove(owner, bucket, new, headers=BYPASS), PROTECTED)
    expect.ok(owner.document("PUT", bucket, "object-lock", configuration()))
    assert expect.ok(owner.get(bucket, query="object-lock")).texts("Rule") == []
    free = put(owner, bucket)
    expect.ok(remove(owner, bucket, free), 204)


@pytest.mark.parametrize("rule, code", [
    ("<Mode>GOVERNANCE</Mode><Days>0</Days>", "InvalidRetentionPeriod"),
    ("<Mode>GOVERNANCE</Mode><Years>-1</Years>", "InvalidRetentionPeriod"),
    ("<Mode>GOVERNANCE</Mode><Days>36501</Days>", "InvalidRetentionPeriod"),
    ("<Mode>GOVERNANCE</Mode><Days>1</Days><Years>1</Years>", "MalformedXML"),
    ("<Mode>GOVERNANCE</Mode>", "MalformedXML"),
    ("<Mode>STRICT</Mode><Days>1</Days>", "MalformedXML"),
    ("<Days>1</Days>", "MalformedXML"),
])
def test_a_bad_configuration(owner, vault, rule, code):
    expect.error(owner.document("PUT", vault, "object-lock", configuration(rule)), 400, code)
    assert expect.ok(owner.get(vault, query="object-lock")).texts("Rule") == []


def test_a_default_retention(owner, vault):
    expect.ok(owner.document("PUT", vault, "object-lock", configuration("<Mode>GOVERNANCE</Mode><Days>2</Days>")))
    message = ("Content-MD5 OR x-amz-checksum- HTTP header is required for Put {} requests with Object Lock "
               "parameters")
    expect.error(owner.put(vault, KEY, b"x"), 400, "InvalidRequest", message.format("Object"))
    upload = expect.ok(owner.post(vault, KEY, query="uploads")).text("UploadId")
    part = owner.put(vault, KEY, b"x", query=f"partNumber=1&uploadId={upload}")
    expect.error(part, 400, "InvalidRequest", message.format("Part"))
    expect.ok(owner.delete(vault, KEY, f"uploadId={upload}"), 204)
    version = put(owner, vault)
    head = expect.ok(owner.head(vault, KEY))
    assert head.header(MODE) == "GOVERNANCE" and head.header(HOLD) is None
    until = datetime.datetime.fromisoformat(head.header(DATE))
    assert abs(until - later(2)) < datetime.timedelta(minutes=2)
    expect.denied(remove(owner, vault, version), PROTECTED)
    # What a request says stands above the default.
    put(owner, vault, "said", mode="COMPLIANCE", retain_until_date=wire(later(5)))
    assert expect.ok(owner.head(vault, "said")).header(MODE) == "COMPLIANCE"
    # A copy takes the default of its bucket, and nothing of its source.
    expect.ok(owner.put(vault, "copy", headers={"x-amz-copy-source": f"/{vault}/said"}))
    assert expect.ok(owner.head(vault, "copy")).header(MODE) == "GOVERNANCE"


# The object


def test_headers_and_sub_resources_say_the_same(owner, vault):
    until = later(3)
    put(owner, vault, mode="COMPLIANCE", retain_until_date=wire(until), legal_hold="ON")
    for answer in (owner.get(vault, KEY), owner.head(vault, KEY)):
        expect.ok(answer)
        assert [answer.header(name) for name in (MODE, DATE, HOLD)] == ["COMPLIANCE", wire(until), "ON"]
    answer = expect.ok(owner.get(vault, KEY, "retention"))
    assert (answer.text("Mode"), answer.text("RetainUntilDate")) == ("COMPLIANCE", wire(until))
    assert expect.ok(owner.get(vault, KEY, "legal-hold")).text("Status") == "ON"
    expect.ok(owner.document("PUT", vault, "legal-hold", hold("OFF"), key=KEY))
    assert expect.ok(owner.head(vault, KEY)).header(HOLD) == "OFF"
    plain = put(owner, vault, "plain")
    head = expect.ok(owner.head(vault, "plain", f"versionId={plain}"))
    assert [head.header(name) for name in (MODE, DATE, HOLD)] == [None, None, None]


@pytest.mark.parametrize("lock, message", [
    ({"mode": "GOVERNANCE"},
     "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied"),
    ({"retain_until_date": "2099-01-01T00:00:00Z"},
     "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied"),
    ({"mode": "GOVERNANCE", "retain_until_date": "2020-01-01T00:00:00Z"},
     "The retain until date must be in the future!"),
    ({"mode": "GOVERNANCE", "retain_until_date": "tomorrow"},
     "The retain until date must be provided in ISO 8601 format"),
    ({"mode": "governance", "retain_until_date": "2099-01-01T00:00:00Z"}, "Unknown wormMode directive."),
    ({"legal_hold": "YES"}, "Legal Hold must be either of 'ON' or 'OFF'"),
])
def test_bad_lock_headers(owner, vault, lock, message):
    headers = {"x-amz-object-lock-" + name.replace("_", "-"): value for name, value in lock.items()}
    expect.ok(owner.put(vault, "source", b"x"))
    for answer in (
        owner.put(vault, KEY, b"x", headers=headers | md5(b"x")),
        owner.put(vault, KEY, headers=headers | {"x-amz-copy-source": f"/{vault}/source"}),
        owner.post(vault, KEY, query="uploads", headers=headers),
    ):
        expect.error(answer, 400, "InvalidArgument", message)
    expect.bodiless(owner.head(vault, KEY), 404)


def test_a_locked_write_must_be_protected_on_its_way(owner, vault):
    headers = {MODE: "GOVERNANCE", DATE: wire(later())}
    message = "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters"
    for lock in (headers, {HOLD: "ON"}):
        expect.error(owner.put(vault, KEY, b"x", headers=lock), 400, "InvalidRequest", message)
    expect.ok(owner.put(vault, KEY, b"x", headers=headers | {"x-amz-checksum-crc32": "jNwWgw=="}))


def test_bad_documents(owner, vault, governed):
    for document in (
        "<Retention><Mode>GOVERNANCE</Mode></Retention>", "<Retention><Mode>x</Mode></Retention>",
        "<Retention><Mode>COMPLIANCE</Mode><RetainUntilDate>soon</RetainUntilDate></Retention>", "<Other/>",
    ):
        expect.error(owner.document("PUT", vault, "retention", document, key=KEY), 400, "MalformedXML")
    past = retention("GOVERNANCE", later(-1))
    expect.error(owner.document("PUT", vault, "retention", past, key=KEY, headers=BYPASS), 400, "InvalidArgument",
                 "The retain until date must be in the future!", ArgumentName="RetainUntilDate")
    for document in (hold("on"), "<LegalHold/>", "<Other/>"):
        expect.error(owner.document("PUT", vault, "legal-hold", document, key=KEY), 400, "MalformedXML")
    expect.error(owner.get(vault, KEY, "legal-hold"), 404, "NoSuchObjectLockConfiguration")


def test_a_delete_marker_has_no_lock(owner, vault, governed):
    marker = expect.ok(owner.delete(vault, KEY), 204).header("x-amz-version-id")
    for query in ("retention", f"retention&versionId={marker}", "legal-hold"):
        expect.error(owner.get(vault, KEY, query), 405, "MethodNotAllowed")
    answer = owner.document("PUT", vault, "legal-hold", hold("ON"), key=KEY)
    expect.error(answer, 405, "MethodNotAllowed")
    expect.error(owner.get(vault, "missing", "retention"), 404, "NoSuchKey")
    expect.ok(remove(owner, vault, marker), 204)
    assert expect.ok(owner.get(vault, KEY)).body == b"x"


def test_a_multipart_upload_keeps_what_was_said_at_its_start(s3, owner, vault):
    until = later(1)
    upload = s3.create_multipart_upload(
        Bucket=vault, Key=KEY, ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until,
        ObjectLockLegalHoldStatus="ON")["UploadId"]
    part = s3.upload_part(Bucket=vault, Key=KEY, UploadId=upload, PartNumber=1, Body=b"x")
    bare = owner.put(vault, KEY, b"x", query=f"partNumber=2&uploadId={upload}")
    expect.error(bare, 400, "InvalidRequest")
    done = s3.complete_multipart_upload(
        Bucket=vault, Key=KEY, UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]}]})
    head = s3.head_object(Bucket=vault, Key=KEY)
    assert (head["ObjectLockMode"], head["ObjectLockRetainUntilDate"], head["ObjectLockLegalHoldStatus"]) == (
        "COMPLIANCE", until, "ON")
    with client_error("AccessDenied", 403):
        s3.delete_object(Bucket=vault, Key=KEY, VersionId=done["VersionId"])
    aborted = s3.create_multipart_upload(Bucket=vault, Key="b", ObjectLockLegalHoldStatus="ON")["UploadId"]
    s3.abort_multipart_upload(Bucket=vault, Key="b", UploadId=aborted)


def test_a_form_locks_its_file(server, owner, vault):
    until = wire(later())
    fields = {"key": KEY, MODE: "GOVERNANCE", DATE: until, HOLD: "ON"}
    version = expect.ok(post(server, vault, form(B, vault, fields)), 204).header("x-amz-version-id")
    head = expect.ok(owner.head(vault, KEY))
    assert [head.header(name) for name in (MODE, DATE, HOLD)] == ["GOVERNANCE", until, "ON"]
    expect.denied(remove(owner, vault, version, headers=BYPASS), PROTECTED)


# Removing and changing


@pytest.mark.parametrize("lock, removable, bypassed", [
    ({"mode": "GOVERNANCE"}, False, True), ({"mode": "COMPLIANCE"}, False, False),
    ({"legal_hold": "ON"}, False, False), ({"legal_hold": "OFF"}, True, True), ({}, True, True),
    ({"mode": "GOVERNANCE", "legal_hold": "ON"}, False, False),
])
@pytest.mark.parametrize("bypass", [False, True])
def test_every_way_to_remove_a_version(owner, vault, lock, removable, bypassed, bypass):
    """Root of the owning account, who may do everything else."""
    if "mode" in lock:
        lock = lock | {"retain_until_date": wire(later())}
    headers = BYPASS if bypass else {}
    allowed = bypassed if bypass else removable
    version = put(owner, vault, **lock)
    # New versions and delete markers go above it; they remove nothing.
    put(owner, vault, body=b"newer")
    expect.ok(owner.delete(vault, KEY, headers=headers), 204)
    batch = (f'<Delete xmlns="{policies.S3_XMLNS}"><Object><Key>{KEY}</Key><VersionId>{version}</VersionId></Object>'
             "<Object><Key>other</Key></Object></Delete>")
    if not allowed:
        expect.denied(remove(owner, vault, version, headers=headers), PROTECTED)
        answer = expect.ok(owner.document("POST", vault, "delete", batch, headers=headers))
        assert (answer.text("Error/Code"), answer.text("Error/Message")) == ("AccessDenied", PROTECTED)
        assert answer.texts("Deleted/Key") == ["other"]
        assert expect.ok(owner.get(vault, KEY, f"versionId={version}")).body == b"x"
        expect.error(owner.delete(vault), 409, "BucketNotEmpty")
    else:
        answer = expect.ok(owner.document("POST", vault, "delete", batch, headers=headers))
        assert answer.texts("Error") == []
        expect.error(owner.get(vault, KEY, f"versionId={version}"), 404, "NoSuchVersion")


def test_governance_is_extended_by_all_and_shortened_by_some(owner, vault, governed):
    longer, shorter = retention("GOVERNANCE", later(2)), retention("GOVERNANCE", later(0.5))
    expect.ok(set_retention(owner, vault, longer, governed))
    for document in (shorter, NO_RETENTION, retention("COMPLIANCE", later(3))):
        expect.denied(set_retention(owner, vault, document, governed), PROTECTED)
    expect.ok(set_retention(owner, vault, shorter, governed, BYPASS))
    expect.ok(set_retention(owner, vault, NO_RETENTION, governed, BYPASS))
    expect.error(owner.get(vault, KEY, f"retention&versionId={governed}"), 404, "NoSuchObjectLockConfiguration")
    expect.ok(remove(owner, vault, governed), 204)


def test_governance_becomes_compliance_with_the_bypass(owner, vault, governed):
    expect.ok(set_retention(owner, vault, retention("COMPLIANCE", later(1)), governed, BYPASS))
    expect.denied(remove(owner, vault, governed, headers=BYPASS), PROTECTED)


def test_ceph_bz1989752(owner, vault):
    """COMPLIANCE could become GOVERNANCE, and then be bypassed."""
    until = later(1)
    version = put(owner, vault, mode="COMPLIANCE", retain_until_date=wire(until))
    for headers in ({}, BYPASS):
        for document in (
            retention("GOVERNANCE", until), retention("GOVERNANCE", later(9)), NO_RETENTION,
            retention("COMPLIANCE", until - datetime.timedelta(seconds=1)),
        ):
            expect.denied(set_retention(owner, vault, document, version, headers), PROTECTED)
        expect.denied(remove(owner, vault, version, headers=headers), PROTECTED)
    longer = later(2)
    expect.ok(set_retention(owner, vault, retention("COMPLIANCE", longer), version))
    answer = expect.ok(owner.get(vault, KEY, "retention"))
    assert (answer.text("Mode"), answer.text("RetainUntilDate")) == ("COMPLIANCE", wire(longer))


def test_a_short_retention_ends(owner, vault):
    """The only clock is the server's, so this waits for it: two seconds at most."""
    version = put(owner, vault, mode="COMPLIANCE", retain_until_date=wire(later(2 / 86400)))
    refused = remove(owner, vault, version)
    while refused.status == 403:
        refused = remove(owner, vault, version)
    expect.ok(refused, 204)


def test_lifecycle_removes_what_is_not_locked(day, mine, raw):  # noqa: F811
    """A run has the rights of nobody: neither governance nor compliance nor a legal hold ends."""
    name = new_name("lock")
    expect.ok(raw.put(name, headers={"x-amz-bucket-object-lock-enabled": "true"}))
    until = wire(later())
    kept = {
        put(raw, name, mode="GOVERNANCE", retain_until_date=until),
        put(raw, name, mode="COMPLIANCE", retain_until_date=until),
        put(raw, name, legal_hold="ON"),
    }
    put(raw, name)
    put(raw, name, legal_hold="OFF")
    newest = put(raw, name)
    set_rules(raw, name, rule(
        "<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration>"))
    done = run_until(day, lambda: {one[3] for one in versions(mine, name)} == kept | {newest})
    assert done["noncurrent_versions_removed"] == 2
    mine.delete_bucket_lifecycle(Bucket=name)


# Who


def test_minio_cve_2023_25812(admin, owner, vault, governed):
    """An explicit Deny of s3:BypassGovernanceRetention was not asked for."""
    denied = admin.user(allow("s3:*"), deny("s3:BypassGovernanceRetention"))
    silent = admin.user(allow(["s3:DeleteObject*", "s3:PutObjectRetention"]))
    batch = (f'<Delete xmlns="{policies.S3_XMLNS}"><Object><Key>{KEY}</Key><VersionId>{governed}</VersionId>'
             "</Object></Delete>")
    for user in (denied, silent):
        client = RawClient(user.url, user.key)
        expect.denied(remove(client, vault, governed, headers=BYPASS))
        expect.denied(remove(client, vault, governed), PROTECTED)
        for headers in (BYPASS, {}):
            answer = expect.ok(client.document("POST", vault, "delete", batch, headers=headers))
            assert answer.text("Error/Code") == "AccessDenied"
        shorter = retention("GOVERNANCE", later(0.5))
        expect.denied(set_retention(client, vault, shorter, governed, BYPASS))
        expect.denied(set_retention(client, vault, shorter, governed), PROTECTED)
    statement = policies.deny("*", "s3:BypassGovernanceRetention", policies.objects_arn(vault))
    expect.ok(owner.document("PUT", vault, "policy", policies.policy(statement)), 204)
    expect.denied(remove(owner, vault, governed, headers=BYPASS))
    expect.ok(owner.delete(vault, query="policy"), 204)
    able = admin.user(allow(["s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"]))
    expect.ok(remove(RawClient(able.url, able.key), vault, governed, headers=BYPASS), 204)


@pytest.mark.parametrize("action, call", [
    ("s3:GetObjectRetention", lambda c, b: c.get(b, KEY, "retention")),
    ("s3:PutObjectRetention",
     lambda c, b: c.document("PUT", b, "retention", retention("GOVERNANCE", later(3)), key=KEY)),
    ("s3:GetObjectLegalHold", lambda c, b: c.get(b, KEY, "legal-hold")),
    ("s3:PutObjectLegalHold", lambda c, b: c.document("PUT", b, "legal-hold", hold("ON"), key=KEY)),
    ("s3:GetBucketObjectLockConfiguration", lambda c, b: c.get(b, query="object-lock")),
    ("s3:PutBucketObjectLockConfiguration",
     lambda c, b: c.document("PUT", b, "object-lock", configuration())),
])
def test_each_call_has_its_permission(admin, owner, other, anonymous, vault, action, call):
    put(owner, vault, mode="GOVERNANCE", retain_until_date=wire(later()), legal_hold="ON")
    # Whoever may not list gets the same answer for a key that is not there.
    able = admin.user(allow(action), allow("s3:ListBucket"))
    unable = admin.user(allow("s3:*"), deny(action))
    expect.denied(call(RawClient(unable.url, unable.key), vault))
    for stranger in (other, anonymous):
        assert call(stranger, vault).status == 403
    expect.ok(call(RawClient(able.url, able.key), vault))


def test_a_writer_who_locks_needs_more_than_a_writer(admin, owner, vault):
    writer = admin.user(allow("s3:PutObject"))
    client = RawClient(writer.url, writer.key)
    expect.ok(client.put(vault, "plain", b"x"))
    for lock in ({MODE: "GOVERNANCE", DATE: wire(later())}, {HOLD: "ON"}, {HOLD: "OFF"}):
        expect.denied(client.put(vault, KEY, b"x", headers=md5(b"x") | lock))
        expect.denied(client.post(vault, KEY, query="uploads", headers=lock))
    expect.bodiless(owner.head(vault, KEY), 404)
    creator = admin.user(allow("s3:CreateBucket"))
    name = new_name("lock")
    locked = {"x-amz-bucket-object-lock-enabled": "true"}
    expect.denied(RawClient(creator.url, creator.key).put(name, headers=locked))
    expect.bodiless(owner.head(name), 404)


def test_a_reader_sees_of_a_lock_what_it_may_see(admin, owner, vault):
    put(owner, vault, mode="GOVERNANCE", retain_until_date=wire(later()), legal_hold="ON")
    for actions, seen in (
        (["s3:GetObject"], [False, False]), (["s3:GetObject", "s3:GetObjectRetention"], [True, False]),
        (["s3:GetObject", "s3:GetObjectLegalHold"], [False, True]), (["s3:*"], [True, True]),
    ):
        user = admin.user(allow(actions))
        client = RawClient(user.url, user.key)
        for answer in (client.get(vault, KEY), client.head(vault, KEY)):
            expect.ok(answer)
            assert [answer.header(MODE) is not None, answer.header(HOLD) is not None] == seen, actions
            assert (answer.header(DATE) is not None) == seen[0]


def test_conditions_of_policies(admin, owner, vault):
    """Both in headers and in documents: mode, date, days that remain, legal hold."""
    limits = [
        allow("s3:PutObject"),
        allow("s3:PutObjectRetention", Condition={
            "StringEquals": {"s3:object-lock-mode": "GOVERNANCE"},
            "NumericLessThanEquals": {"s3:object-lock-remaining-retention-days": "10"},
            "DateLessThan": {"s3:object-lock-retain-until-date": wire(later(5))},
        }),
        allow("s3:PutObjectLegalHold", Condition={"StringEquals": {"s3:object-lock-legal-hold": "ON"}}),
    ]
    user = admin.user(*limits)
    client = RawClient(user.url, user.key)
    put(owner, vault)

    def by_header(mode, days):
        return client.put(vault, "new", b"x", headers=md5(b"x") | {MODE: mode, DATE: wire(later(days))})

    def by_document(mode, days):
        # A header says what would be allowed, and means nothing here.
        headers = {MODE: "GOVERNANCE", DATE: wire(later(1))}
        return client.document("PUT", vault, "retention", retention(mode, later(days)), key=KEY, headers=headers)

    for way in (by_header, by_document):
        expect.denied(way("COMPLIANCE", 1))
        expect.denied(way("GOVERNANCE", 7))
        expect.denied(way("GOVERNANCE", 11))
        expect.ok(way("GOVERNANCE", 3))
    only_days = admin.user(allow("s3:PutObjectRetention", Condition={
        "NumericLessThanEquals": {"s3:object-lock-remaining-retention-days": "10"}}))
    client = RawClient(only_days.url, only_days.key)
    expect.denied(by_document("GOVERNANCE", 11))
    expect.ok(by_document("GOVERNANCE", 9))
    client = RawClient(user.url, user.key)
    expect.ok(client.document("PUT", vault, "legal-hold", hold("ON"), key=KEY, headers={HOLD: "OFF"}))
    expect.denied(client.document("PUT", vault, "legal-hold", hold("OFF"), key=KEY, headers={HOLD: "ON"}))
    expect.denied(client.put(vault, "new", b"x", headers=md5(b"x") | {HOLD: "OFF"}))
    expect.ok(client.put(vault, "new", b"x", headers=md5(b"x") | {HOLD: "ON"}))


def test_another_account_that_may(owner, other, vault, governed):
    actions = ["s3:PutObjectRetention", "s3:GetObjectRetention", "s3:DeleteObjectVersion"]
    statement = policies.allow(policies.account(A), actions, policies.objects_arn(vault))
    expect.ok(owner.document("PUT", vault, "policy", policies.policy(statement)), 204)
    expect.ok(set_retention(other, vault, retention("GOVERNANCE", later(2)), governed))
    assert expect.ok(other.get(vault, KEY, f"retention&versionId={governed}")).text("Mode") == "GOVERNANCE"
    expect.denied(remove(other, vault, governed), PROTECTED)
    expect.denied(remove(other, vault, governed, headers=BYPASS))


def test_locks_survive_a_kill(own_server):
    from harness.accounts import FIRST

    owner = RawClient(own_server.url, FIRST)
    expect.ok(owner.put("locked", headers={"x-amz-bucket-object-lock-enabled": "true"}))
    expect.ok(owner.document("PUT", "locked", "object-lock", configuration("<Mode>GOVERNANCE</Mode><Days>1</Days>")))
    version = put(owner, "locked")
    held = put(owner, "locked", "held", legal_hold="ON")
    own_server.kill()
    own_server.start()
    owner = RawClient(own_server.url, FIRST)
    expect.denied(remove(owner, "locked", version), PROTECTED)
    expect.denied(remove(owner, "locked", held, "held", headers=BYPASS), PROTECTED)
    assert expect.ok(owner.get("locked", query="object-lock")).text("Rule/DefaultRetention/Days") == "1"
    expect.ok(remove(owner, "locked", version, headers=BYPASS), 204)


# Real clients


def test_boto3(s3):
    name = new_name("boto")
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
    lock = {"ObjectLockEnabled": "Enabled", "Rule": rule}
    s3.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=lock)
    assert s3.get_object_lock_configuration(Bucket=name)["ObjectLockConfiguration"] == lock
    version = s3.put_object(Bucket=name, Key=KEY, Body=b"x")["VersionId"]
    until = later(2)
    s3.put_object_retention(Bucket=name, Key=KEY, VersionId=version,
                            Retention={"Mode": "GOVERNANCE", "RetainUntilDate": until})
    assert s3.get_object_retention(Bucket=name, Key=KEY)["Retention"] == {
        "Mode": "GOVERNANCE", "RetainUntilDate": until}
    s3.put_object_legal_hold(Bucket=name, Key=KEY, LegalHold={"Status": "ON"})
    assert s3.get_object_legal_hold(Bucket=name, Key=KEY)["LegalHold"] == {"Status": "ON"}
    with client_error("AccessDenied", 403):
        s3.delete_object(Bucket=name, Key=KEY, VersionId=version, BypassGovernanceRetention=True)
    s3.put_object_legal_hold(Bucket=name, Key=KEY, LegalHold={"Status": "OFF"})
    gone = s3.delete_objects(Bucket=name, Delete={"Objects": [{"Key": KEY, "VersionId": version}]},
                             BypassGovernanceRetention=True)
    assert [one["VersionId"] for one in gone["Deleted"]] == [version]


def test_the_command_line(aws):  # noqa: F811
    name = new_name("cli")
    aws("s3api", "create-bucket", "--bucket", name, "--object-lock-enabled-for-bucket")
    lock = '{"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Years": 1}}}'
    aws("s3api", "put-object-lock-configuration", "--bucket", name, "--object-lock-configuration", lock)
    shown = json.loads(aws("s3api", "get-object-lock-configuration", "--bucket", name))
    assert shown == {"ObjectLockConfiguration": json.loads(lock)}
    until = wire(later(1))
    version = json.loads(aws(
        "s3api", "put-object", "--bucket", name, "--key", "k", "--object-lock-mode", "GOVERNANCE",
        "--object-lock-retain-until-date", until, "--object-lock-legal-hold-status", "OFF"))["VersionId"]
    head = json.loads(aws("s3api", "head-object", "--bucket", name, "--key", "k"))
    assert (head["ObjectLockMode"], head["ObjectLockLegalHoldStatus"]) == ("GOVERNANCE", "OFF")
    one = ["--bucket", name, "--key", "k", "--version-id", version]
    aws("s3api", "delete-object", *one, status=aws.refused)
    aws("s3api", "put-object-retention", *one, "--bypass-governance-retention", "--retention", "{}")
    aws("s3api", "delete-object", *one)


def test_the_sdk_for_ruby(server):
    script = Path(__file__).parent / "ruby" / "object_lock.rb"
    program = shutil.which("ruby")
    assert program, "no Ruby on the PATH; `make test` installs it"
    environment = {
        "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "ENDPOINT": server.url, "BUCKET": new_name("ruby"),
        "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": B.access_key_id,
        "AWS_SECRET_ACCESS_KEY": B.secret_access_key,
    }
    done = subprocess.run([program, script], env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines() == [
        "configuration GOVERNANCE 3", "default GOVERNANCE", "retention COMPLIANCE", "hold ON",
        "delete AccessDenied", "shorten AccessDenied", "bypass gone",
    ]
