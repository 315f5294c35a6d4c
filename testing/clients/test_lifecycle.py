"""Lifecycle: the configuration, what answers say of it, and objects that really go.

Expirations are made with dates that have passed, or on a server whose lifecycle days last a second.
"""

import json
import re
import time
from datetime import datetime, timedelta, timezone

import pytest
import requests

from harness import access_log, expect, policies, sdk
from harness.accounts import B, FIRST
from harness.buckets import Buckets, new_name
from harness.raw import RawClient
from harness.server import Server
from test_aws_cli import aws, made  # noqa: F401 (fixtures)

PAST = "2020-01-01T00:00:00Z"
GONE_SECONDS_MAX = 20
SIZE_HEADER = "x-amz-transition-default-minimum-object-size"


def rule(content="<Expiration><Days>1</Days></Expiration>", scope="<Filter/>", name="r", status="Enabled"):
    identity = "" if name is None else f"<ID>{name}</ID>"
    return f"<Rule>{identity}{scope}<Status>{status}</Status>{content}</Rule>"


def expire(date=PAST, days=None, **more):
    when = f"<Date>{date}</Date>" if days is None else f"<Days>{days}</Days>"
    return rule(f"<Expiration>{when}</Expiration>", **more)


def document(*rules):
    return f'<LifecycleConfiguration xmlns="{policies.S3_XMLNS}">{"".join(rules)}</LifecycleConfiguration>'


def set_rules(owner, bucket, *rules):
    expect.ok(owner.document("PUT", bucket, "lifecycle", document(*rules)))


# The configuration


RULES = [
    {"ID": "logs", "Filter": {"Prefix": "logs/"}, "Status": "Enabled", "Expiration": {"Days": 365},
     "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 90, "StorageClass": "GLACIER"}]},
    {"ID": "both", "Status": "Disabled", "Filter": {"And": {
        "Prefix": "tmp/", "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}],
        "ObjectSizeGreaterThan": 500, "ObjectSizeLessThan": 5000}},
     "Expiration": {"Date": datetime(2031, 1, 1, tzinfo=timezone.utc)}},
    {"ID": "old", "Filter": {"Tag": {"Key": "k", "Value": "v"}}, "Status": "Enabled",
     "NoncurrentVersionTransitions": [
         {"NoncurrentDays": 30, "StorageClass": "GLACIER_IR", "NewerNoncurrentVersions": 2}],
     "NoncurrentVersionExpiration": {"NoncurrentDays": 60, "NewerNoncurrentVersions": 5}},
    {"ID": "clean", "Filter": {}, "Status": "Enabled", "Expiration": {"ExpiredObjectDeleteMarker": True},
     "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}},
    {"ID": "big", "Filter": {"ObjectSizeGreaterThan": 0}, "Status": "Enabled", "Expiration": {"Days": 9}},
]


def test_rules_are_kept_as_sent(s3, bucket):
    put = s3.put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": RULES},
        TransitionDefaultMinimumObjectSize="varies_by_storage_class")
    assert put["TransitionDefaultMinimumObjectSize"] == "varies_by_storage_class"
    got = s3.get_bucket_lifecycle_configuration(Bucket=bucket)
    assert got["Rules"] == RULES
    assert got["TransitionDefaultMinimumObjectSize"] == "varies_by_storage_class"
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": RULES[:1]})
    got = s3.get_bucket_lifecycle_configuration(Bucket=bucket)
    assert (got["Rules"], got["TransitionDefaultMinimumObjectSize"]) == (RULES[:1], "all_storage_classes_128K")


def test_the_older_form(s3, owner, bucket):
    rules = [{"ID": "a", "Prefix": "logs/", "Status": "Enabled", "Expiration": {"Days": 1}},
             {"ID": "b", "Prefix": "tmp/", "Status": "Enabled", "Expiration": {"Days": 2}}]
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"] == rules
    overlapping = document(expire(scope="<Prefix>di</Prefix>", name="x"),
                           expire(scope="<Prefix>dir/</Prefix>", name="y"))
    expect.error(owner.document("PUT", bucket, "lifecycle", overlapping), 400, "InvalidRequest",
                 "Found overlapping prefixes 'di' and 'dir/' for same action type 'Expiration'")


def test_a_rule_without_an_id_gets_one(owner, bucket):
    set_rules(owner, bucket, expire(name=None), expire(name=""))
    ids = expect.ok(owner.get(bucket, query="lifecycle")).texts("Rule/ID")
    assert len(set(ids)) == 2 and all(ids)


def test_without_rules(owner, bucket):
    for _ in range(2):
        expect.error(owner.get(bucket, query="lifecycle"), 404, "NoSuchLifecycleConfiguration",
                     "The lifecycle configuration does not exist", BucketName=bucket)
        expect.ok(owner.delete(bucket, query="lifecycle"), 204)
    set_rules(owner, bucket, expire())
    expect.ok(owner.delete(bucket, query="lifecycle"), 204)
    expect.error(owner.get(bucket, query="lifecycle"), 404, "NoSuchLifecycleConfiguration")


def filtered(inner, content="<Expiration><Days>1</Days></Expiration>"):
    return rule(content, scope=f"<Filter>{inner}</Filter>")


def transition(*steps):
    return "".join(f"<Transition><Days>{days}</Days><StorageClass>{kind}</StorageClass></Transition>"
                   for days, kind in steps)


TAG = "<Tag><Key>k</Key><Value>v</Value></Tag>"
ABORT = "<AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation></AbortIncompleteMultipartUpload>"
MARKER = "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>"
NONCURRENT = ("<NoncurrentVersionExpiration><NoncurrentDays>{}</NoncurrentDays>"
              "<NewerNoncurrentVersions>{}</NewerNoncurrentVersions></NoncurrentVersionExpiration>")


@pytest.mark.parametrize("rules, code, message", [
    (["<Rule/>"], "MalformedXML", None),
    (["<Other/>"], "MalformedXML", None),
    ([rule(status="On")], "MalformedXML", None),
    ([rule(scope="")], "MalformedXML", None),
    ([rule("<Expiration/>")], "MalformedXML", None),
    ([rule("<Expiration><Days>1</Days><Date>2030-01-01</Date></Expiration>")], "MalformedXML", None),
    ([rule("<Expiration><Days>soon</Days></Expiration>")], "MalformedXML", None),
    ([filtered("<Prefix>a</Prefix>" + TAG)], "MalformedXML", None),
    ([filtered("<And><Prefix>a</Prefix></And>")], "MalformedXML", None),
    ([rule(transition((1, "COLD")))], "MalformedXML", None),
    ([], "InvalidRequest", "At least one lifecycle rule must be specified."),
    ([rule(name=str(n)) for n in range(1001)], "InvalidRequest",
     "The number of lifecycle rules must not exceed the allowed limit of 1000 rules."),
    ([rule("")], "InvalidRequest", "At least one action needs to be specified in a rule"),
    ([rule(), expire(name="s", scope="<Prefix/>")], "InvalidRequest",
     "Base level prefix cannot be used in Lifecycle V2, prefixes are only supported in the Filter."),
    ([expire(name="s", scope="<Prefix/>"), rule()], "InvalidRequest",
     "Filter element can only be used in Lifecycle V2."),
    ([rule(name="x" * 256)], "InvalidArgument", "ID length should not exceed allowed limit of 255"),
    ([rule(), rule()], "InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule"),
    ([expire(days=0)], "InvalidArgument", "'Days' for Expiration action must be a positive integer"),
    ([expire(date="2030-01-01T12:00:00Z")], "InvalidArgument", "'Date' must be at midnight GMT"),
    ([rule(NONCURRENT.format(0, 1))], "InvalidArgument",
     "'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer"),
    ([rule(NONCURRENT.format(1, 0))], "InvalidArgument",
     "'NewerNoncurrentVersions' for NoncurrentVersionExpiration action must be a positive integer"),
    ([rule(ABORT.replace("1", "0"))], "InvalidArgument",
     "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer"),
    ([filtered(TAG, ABORT)], "InvalidRequest", "AbortIncompleteMultipartUpload cannot be specified with Tags."),
    ([filtered(TAG, MARKER)], "InvalidRequest", "ExpiredObjectDeleteMarker cannot be specified with Tags."),
    ([filtered("<ObjectSizeLessThan>5</ObjectSizeLessThan>", ABORT)], "InvalidRequest",
     "AbortIncompleteMultipartUpload cannot be specified with Object Size."),
    ([filtered(f"<And>{TAG}{TAG}</And>")], "InvalidRequest", "Duplicate Tag Keys are not allowed."),
    ([filtered("<ObjectSizeLessThan>0</ObjectSizeLessThan>")], "InvalidRequest",
     "'ObjectSizeLessThan' should be between 1 and 1099511627776000."),
    ([rule(transition((29, "STANDARD_IA")))], "InvalidArgument",
     "'Days' in Transition action must be greater than or equal to 30 for storageClass 'STANDARD_IA'"),
    ([rule(transition((1, "GLACIER"), (2, "GLACIER")))], "InvalidRequest",
     "'StorageClass' must be different for 'Transition' actions in same 'Rule' with filter '(prefix=)'"),
    ([filtered("<Prefix>test/</Prefix>", transition((9, "GLACIER")) + "<Expiration><Days>9</Days></Expiration>")],
     "InvalidArgument", "'Days' in the Expiration action for filter '(prefix=test/)' must be greater than "
     "'Days' in the Transition action"),
    ([rule(transition((9, "GLACIER")) + f"<Expiration><Date>{PAST}</Date></Expiration>")], "InvalidRequest",
     "Found mixed 'Date' and 'Days' based Expiration and Transition actions in lifecycle rule for filter "
     "'(prefix=)'"),
])
def test_what_is_refused(owner, bucket, rules, code, message):
    expect.error(owner.document("PUT", bucket, "lifecycle", document(*rules)), 400, code, message)
    expect.error(owner.get(bucket, query="lifecycle"), 404, "NoSuchLifecycleConfiguration")


def test_a_bad_minimum_size(owner, bucket):
    answer = owner.put(bucket, query="lifecycle", body=document(rule()).encode(), headers={SIZE_HEADER: "small"})
    expect.error(answer, 400, "InvalidRequest", "Invalid TransitionDefaultMinimumObjectSize found")


def test_who_may(owner, other, anonymous, bucket, buckets):
    set_rules(owner, bucket, expire(days=5))
    for stranger in (other, anonymous):
        expect.denied(stranger.get(bucket, query="lifecycle"))
        expect.denied(stranger.document("PUT", bucket, "lifecycle", document(rule())))
        expect.denied(stranger.delete(bucket, query="lifecycle"))


def test_command_line_client(aws, made):  # noqa: F811
    rules = {"Rules": [{"ID": "cli", "Filter": {"Prefix": "x/"}, "Status": "Enabled", "Expiration": {"Days": 3}}]}
    aws("s3api", "put-bucket-lifecycle-configuration", "--bucket", made,
        "--lifecycle-configuration", json.dumps(rules))
    got = json.loads(aws("s3api", "get-bucket-lifecycle-configuration", "--bucket", made))
    assert got["Rules"] == rules["Rules"]
    aws("s3api", "delete-bucket-lifecycle", "--bucket", made)


# What answers say


def expiry(days, written):
    """Amazon's rounding: the midnight at or after so many days later."""
    late = written.replace(microsecond=0) + timedelta(days=days)
    midnight = late.replace(hour=0, minute=0, second=0)
    return midnight if late == midnight else midnight + timedelta(days=1)


def test_expiration_header(s3, owner, bucket):
    put = s3.put_object(Bucket=bucket, Key="logs/a", Body=b"1")
    assert "Expiration" not in put
    set_rules(owner, bucket, expire(days=10, name="long"),
              rule("<Expiration><Days>3</Days></Expiration>", name="a b/ü",
                   scope=f"<Filter><And><Prefix>logs/</Prefix>{TAG}</And></Filter>"))
    written = s3.head_object(Bucket=bucket, Key="logs/a")["LastModified"]
    stamp = "%a, %d %b %Y %H:%M:%S GMT"
    long = f'expiry-date="{expiry(10, written).strftime(stamp)}", rule-id="long"'
    short = f'expiry-date="{expiry(3, written).strftime(stamp)}", rule-id="a%20b%2F%C3%BC"'
    assert s3.head_object(Bucket=bucket, Key="logs/a")["Expiration"] == long
    assert s3.get_object(Bucket=bucket, Key="logs/a")["Expiration"] == long
    tagged = s3.put_object(Bucket=bucket, Key="logs/b", Body=b"1", Tagging="k=v")
    assert tagged["Expiration"] == short
    copied = s3.copy_object(Bucket=bucket, Key="logs/c", CopySource={"Bucket": bucket, "Key": "logs/b"})
    assert copied["Expiration"] == short
    upload = s3.create_multipart_upload(Bucket=bucket, Key="logs/d")["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="logs/d", UploadId=upload, PartNumber=1, Body=b"1")
    done = s3.complete_multipart_upload(Bucket=bucket, Key="logs/d", UploadId=upload,
                                        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
    assert done["Expiration"] == long
    assert owner.get(bucket, "nothing").header("x-amz-expiration") is None


def test_expiration_header_speaks_of_the_current_version(s3, owner, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    set_rules(owner, bucket, expire(days=10))
    old, new = (s3.put_object(Bucket=bucket, Key="k", Body=body)["VersionId"] for body in (b"1", b"2"))
    assert "Expiration" not in s3.get_object(Bucket=bucket, Key="k", VersionId=old)
    assert "Expiration" in s3.head_object(Bucket=bucket, Key="k", VersionId=new)


def test_abort_headers(s3, owner, bucket):
    plain = s3.create_multipart_upload(Bucket=bucket, Key="k")
    assert "AbortDate" not in plain
    set_rules(owner, bucket, rule(ABORT, name="stale"))
    made_now = s3.create_multipart_upload(Bucket=bucket, Key="k")
    listed = s3.list_parts(Bucket=bucket, Key="k", UploadId=made_now["UploadId"])
    for answer in (made_now, listed):
        assert answer["AbortRuleId"] == "stale"
        assert answer["AbortDate"].time() == datetime.min.time()
    assert made_now["AbortDate"] == listed["AbortDate"]


# What really happens


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """A server whose lifecycle days last a second; it runs when it is told to."""
    environment = {"GRANTRY_LIFECYCLE_DAY_SECONDS": "1", "GRANTRY_ACCESS_LOG_INTERVAL_SECONDS": "1"}
    started = Server(tmp_path_factory.mktemp("day") / "own", environment).start()
    started.create_account(B)
    yield started
    started.stop()


@pytest.fixture
def mine(day):
    return sdk.client(day.url, B)


@pytest.fixture
def raw(day):
    return RawClient(day.url, B)


def run_now(server) -> dict:
    done = server.command("lifecycle", "--run-now", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def dry_run(server, *arguments) -> list[dict]:
    done = server.command("lifecycle", "--dry-run", "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def run_until(server, holds) -> dict:
    """Runs until something holds, and adds up what the runs did."""
    total, deadline = {}, time.monotonic() + GONE_SECONDS_MAX
    while time.monotonic() < deadline:
        for name, value in run_now(server).items():
            if isinstance(value, int):
                total[name] = total.get(name, 0) + value
        if holds():
            assert total["errors"] == 0
            return total
    raise AssertionError(f"did not happen: {total}\n{server.stderr[-3000:]}")


def keys(client, bucket) -> list[str]:
    return [entry["Key"] for entry in client.list_objects_v2(Bucket=bucket).get("Contents", [])]


def versions(client, bucket) -> list[tuple]:
    """Key, kind and whether it is the latest, as ListObjectVersions has them."""
    page = client.list_object_versions(Bucket=bucket)
    found = [(one["Key"], kind, one["IsLatest"], one["VersionId"])
             for kind, field in (("object", "Versions"), ("marker", "DeleteMarkers")) for one in page.get(field, [])]
    return sorted(found)


@pytest.fixture
def shelf(mine):
    name = new_name("lifecycle")
    mine.create_bucket(Bucket=name)
    yield name
    mine.delete_bucket_lifecycle(Bucket=name)


def enabled(client, bucket, status="Enabled"):
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})


def test_objects_expire_by_prefix_tag_and_size(day, mine, raw, shelf):
    for key, body, tags in [("logs/a", b"12345", ""), ("logs/b", b"1", ""), ("logs/c", b"12345", "k=v"),
                            ("other", b"12345", "k=v"), ("tagged", b"1", "k=v&l=w"), ("plain", b"1", "k=w")]:
        mine.put_object(Bucket=shelf, Key=key, Body=body, Tagging=tags)
    big = "<And><Prefix>logs/</Prefix><ObjectSizeGreaterThan>1</ObjectSizeGreaterThan></And>"
    both = f"<And>{TAG}<Tag><Key>l</Key><Value>w</Value></Tag></And>"
    set_rules(raw, shelf, expire(name="big", scope=f"<Filter>{big}</Filter>"),
              expire(name="tags", scope=f"<Filter>{both}</Filter>"),
              expire(name="off", status="Disabled"), expire(name="later", date="2999-01-01"))
    planned = {(one["key"], one["rule"], one["action"]) for one in dry_run(day, "--bucket", shelf)}
    assert planned == {("logs/a", "big", "expire_object"), ("logs/c", "big", "expire_object"),
                       ("tagged", "tags", "expire_object")}
    assert len(keys(mine, shelf)) == 6, "a dry run removes nothing"
    assert {one["key"] for one in dry_run(day, "--bucket", shelf, "--at", "2999-01-01")} == set(keys(mine, shelf))
    done = run_now(day)
    assert (done["objects_expired"], done["errors"]) == (3, 0)
    assert keys(mine, shelf) == ["logs/b", "other", "plain"]
    assert run_now(day)["objects_expired"] == 0


def test_objects_expire_by_age(day, mine, raw, shelf):
    set_rules(raw, shelf, expire(days=1))
    mine.put_object(Bucket=shelf, Key="k", Body=b"1")
    assert run_until(day, lambda: not keys(mine, shelf))["objects_expired"] == 1


def test_versions(day, mine, raw, shelf):
    enabled(mine, shelf)
    ids = [mine.put_object(Bucket=shelf, Key="k", Body=b"%d" % n)["VersionId"] for n in range(5)]
    set_rules(raw, shelf, rule(NONCURRENT.format(1, 2)))
    left = {ids[4], ids[3], ids[2]}
    done = run_until(day, lambda: {one[3] for one in versions(mine, shelf)} == left)
    assert (done["noncurrent_versions_removed"], done["objects_expired"]) == (2, 0)
    # The object expires beneath a delete marker, its versions one day later, the marker last.
    set_rules(raw, shelf, expire(name="object"), rule(
        "<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration>", name="old"),
        rule(MARKER, name="marker"))
    done = run_until(day, lambda: not versions(mine, shelf))
    assert done["delete_markers_added"] == 1
    assert done["noncurrent_versions_removed"] == 3
    assert done["delete_markers_removed"] == 1
    assert done["objects_expired"] == 0
    mine.delete_bucket_lifecycle(Bucket=shelf)


def test_a_marker_that_hides_something_stays(day, mine, raw, shelf):
    enabled(mine, shelf)
    mine.put_object(Bucket=shelf, Key="hidden", Body=b"1")
    for key in ("hidden", "lone"):
        mine.delete_object(Bucket=shelf, Key=key)
    set_rules(raw, shelf, rule(MARKER))
    assert run_now(day)["delete_markers_removed"] == 1
    assert {one[0] for one in versions(mine, shelf)} == {"hidden"}


def test_suspended_versioning(day, mine, raw, shelf):
    enabled(mine, shelf)
    mine.put_object(Bucket=shelf, Key="old", Body=b"1")
    enabled(mine, shelf, "Suspended")
    mine.put_object(Bucket=shelf, Key="null", Body=b"1")
    set_rules(raw, shelf, expire())
    assert run_now(day)["delete_markers_added"] == 2
    found = [(key, kind, version) for key, kind, _, version in versions(mine, shelf)]
    assert [one[:2] for one in found] == [("null", "marker"), ("old", "marker"), ("old", "object")]
    assert [version for _, kind, version in found if kind == "marker"] == ["null", "null"]


def test_locked_versions_stay(day, mine, raw):
    name = new_name("locked")
    mine.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    until = datetime.now(timezone.utc) + timedelta(days=1)
    held = mine.put_object(Bucket=name, Key="held", Body=b"1", ObjectLockLegalHoldStatus="ON")["VersionId"]
    kept = mine.put_object(Bucket=name, Key="kept", Body=b"1", ObjectLockMode="GOVERNANCE",
                           ObjectLockRetainUntilDate=until)["VersionId"]
    free = mine.put_object(Bucket=name, Key="free", Body=b"1")["VersionId"]
    set_rules(raw, name, expire(), rule(NONCURRENT.format(1, 1).replace(
        "<NewerNoncurrentVersions>1</NewerNoncurrentVersions>", ""), name="old"))
    def left():
        return {one[3] for one in versions(mine, name) if one[1] == "object"}
    assert run_until(day, lambda: free not in left())["noncurrent_versions_removed"] == 1
    assert left() == {held, kept}
    assert run_now(day)["kept"] == 2
    mine.put_object_legal_hold(Bucket=name, Key="held", VersionId=held, LegalHold={"Status": "OFF"})
    run_until(day, lambda: held not in left())
    assert left() == {kept}
    mine.delete_bucket_lifecycle(Bucket=name)


def test_uploads_are_aborted(day, mine, raw, shelf):
    set_rules(raw, shelf, rule(ABORT, scope="<Filter><Prefix>stale/</Prefix></Filter>"))
    for key in ("stale/a", "stale/b", "kept"):
        upload = mine.create_multipart_upload(Bucket=shelf, Key=key)["UploadId"]
        mine.upload_part(Bucket=shelf, Key=key, UploadId=upload, PartNumber=1, Body=b"1")
    def left():
        return [one["Key"] for one in mine.list_multipart_uploads(Bucket=shelf).get("Uploads", [])]
    assert run_until(day, lambda: left() == ["kept"])["uploads_aborted"] == 2


def test_transitions_are_told_and_not_made(day, mine, raw, shelf):
    mine.put_object(Bucket=shelf, Key="large", Body=bytes(128 * 1024))
    mine.put_object(Bucket=shelf, Key="small", Body=b"1")
    set_rules(raw, shelf, rule(transition((0, "GLACIER"))))
    told = dry_run(day, "--bucket", shelf, "--at", "2999-01-01")
    assert [(one["key"], one["action"], one["storage_class"]) for one in told] == [
        ("large", "transition", "GLACIER")]
    text = day.command("lifecycle", "--dry-run", "--bucket", shelf, "--at", "2999-01-01").stdout
    assert "would move to GLACIER; Grantry keeps all classes alike" in text
    run_now(day)
    assert mine.list_objects_v2(Bucket=shelf)["Contents"][0]["StorageClass"] == "STANDARD"


def test_many_keys_and_versions_in_pages(day, mine, raw, shelf):
    """More than a page of keys, and a key with more versions than a page, some of which stay."""
    enabled(mine, shelf)
    for _ in range(1100):
        mine.put_object(Bucket=shelf, Key="b", Body=b"")
    for number in range(20):
        mine.put_object(Bucket=shelf, Key=f"a{number}", Body=b"")
    set_rules(raw, shelf, rule(NONCURRENT.format(1, 7)), expire(name="a", scope="<Filter><Prefix>a</Prefix></Filter>"))
    supposed = dry_run(day, "--bucket", shelf, "--at", "2999-01-01")
    actions = [one["action"] for one in supposed]
    assert actions.count("remove_noncurrent_version") == 1100 - 1 - 7
    assert actions.count("add_delete_marker") == 20
    assert len({(one["key"], one["version"]) for one in supposed}) == len(supposed)
    def left():
        pages = mine.get_paginator("list_object_versions").paginate(Bucket=shelf, Prefix="b")
        return sum(len(page.get("Versions", [])) for page in pages)
    done = run_until(day, lambda: left() == 8)
    assert done["noncurrent_versions_removed"] == 1092


def test_access_log_and_metrics(day, mine, raw, shelf):
    buckets = Buckets(raw)
    target = buckets.default()
    buckets.allow(target, policies.allow(access_log.SERVICE, "s3:PutObject", policies.objects_arn(target)))
    expect.ok(raw.document("PUT", shelf, "logging", access_log.status(target)))
    enabled(mine, shelf)
    mine.put_object(Bucket=shelf, Key="a b", Body=b"12345")
    set_rules(raw, shelf, expire())
    run_now(day)
    set_rules(raw, shelf, rule(
        "<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration>"))
    run_until(day, lambda: len(versions(mine, shelf)) == 1)
    def found():
        records = [one for many in access_log.delivered(raw, target).values() for one in many]
        return {one["operation"]: one for one in records if one["operation"].startswith("S3.")}
    deadline = time.monotonic() + GONE_SECONDS_MAX
    while len(found()) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    found = found()
    assert set(found) == {"S3.CREATE.DELETEMARKER", "S3.EXPIRE.OBJECT"}
    for record in found.values():
        assert (record["requester"], record["key"]) == ("AmazonS3", "a%20b")
    metrics = requests.get(f"{day.url}/_grantry/metrics", timeout=30).text
    counted = re.search(r'grantry_lifecycle_actions\{action="delete_marker_added"\} (\d+)', metrics)
    assert int(counted[1]) >= 1
    now = time.time()
    clock, last, following = (float(re.search(rf"grantry_lifecycle_{name}_seconds ([0-9.e+]+)", metrics)[1])
                              for name in ("clock", "last_run", "next_run"))
    assert abs(clock - now) < 60 and now - 60 < last <= now and now < following <= now + 86_400


def test_by_itself_and_across_a_kill(tmp_path):
    """The worker runs by its own clock; what a kill cut off is done by the next process."""
    started = Server(tmp_path / "own", {"GRANTRY_LIFECYCLE_INTERVAL_SECONDS": "1"}).start()
    try:
        client, raw = sdk.client(started.url, FIRST), RawClient(started.url, FIRST)
        client.create_bucket(Bucket="kept")
        client.create_bucket(Bucket="going")
        for number in range(300):
            client.put_object(Bucket="going", Key=f"{number:04}", Body=b"1")
        client.put_object(Bucket="kept", Key="k", Body=b"1")
        set_rules(raw, "going", expire())
        deadline = time.monotonic() + GONE_SECONDS_MAX
        while len(keys(client, "going")) == 300 and time.monotonic() < deadline:
            pass
        started.kill()
        started.start()
        client = sdk.client(started.url, FIRST)
        while keys(client, "going") and time.monotonic() < deadline + GONE_SECONDS_MAX:
            time.sleep(0.05)
        assert keys(client, "going") == []
        assert keys(client, "kept") == ["k"]
        started.stop()
        checked = started.command("check")
        assert checked.returncode == 0, checked.stdout
    finally:
        started.kill()


def test_without_a_server(tmp_path):
    started = Server(tmp_path / "own").start()
    client, raw = sdk.client(started.url, FIRST), RawClient(started.url, FIRST)
    client.create_bucket(Bucket="going")
    for key in ("a", "b"):
        client.put_object(Bucket="going", Key=key, Body=b"1")
    set_rules(raw, "going", expire())
    started.stop()
    assert [one["key"] for one in dry_run(started)] == ["a", "b"]
    assert run_now(started)["objects_expired"] == 2
    assert dry_run(started) == []
    assert "nothing is due" in started.command("lifecycle", "--dry-run").stdout
    missing = started.command("lifecycle", "--dry-run", "--bucket", "no-such-bucket")
    assert missing.returncode == 1 and "NoSuchBucket" in missing.stderr
    assert started.command("lifecycle").returncode == 2
    assert started.command("lifecycle", "--dry-run", "--at", "soon").returncode == 2
