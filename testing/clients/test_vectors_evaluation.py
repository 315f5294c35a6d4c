"""Test vectors 119–132c: evaluation and hiding (access-control.md §14.8, §14.9).

116 to 118, 128 and the signed halves of 119 and 120 stand in `test_vectors_users.py`.
"""

import pytest

from harness import expect, policies
from harness.accounts import A
from harness.buckets import new_name


@pytest.fixture
def shelf(owner, buckets):
    """A default bucket with the object `k`."""
    name = buckets.default()
    expect.ok(owner.put(name, "k", b"x"))
    return name


def for_a(bucket, actions, pattern="*", condition=None):
    return policies.allow(policies.account(A), actions, policies.objects_arn(bucket, pattern), condition)


def list_for_a(bucket, condition=None):
    return policies.allow(policies.account(A), "s3:ListBucket", policies.bucket_arn(bucket), condition)


def test_tv_119_allow_for_another_account(buckets, other, third, anonymous, shelf):
    buckets.allow(shelf, for_a(shelf, "s3:GetObject"))
    assert expect.ok(other.get(shelf, "k")).body == b"x"
    for stranger in (third, anonymous):
        expect.denied(stranger.get(shelf, "k"))


def test_tv_120_everybody_includes_the_unsigned(buckets, owner, anonymous, other):
    name = buckets.publicly_readable()
    expect.ok(owner.put(name, "k", b"x"))
    expect.ok(anonymous.get(name, "k"))
    expect.ok(other.get(name, "k"))  # root of A; a user of A without policy would be denied


def test_tv_121_an_explicit_deny_wins(buckets, owner, shelf):
    buckets.allow(shelf, policies.deny("*", "s3:GetObject", policies.objects_arn(shelf)))
    expect.denied(owner.get(shelf, "k"))


ATTRIBUTES = {"x-amz-object-attributes": "ETag,ObjectSize"}


def attributes(client, bucket, key):
    return client.get(bucket, key, "attributes", ATTRIBUTES)


def test_tv_122_attributes_need_the_right_to_read_too(buckets, other, shelf):
    buckets.allow(shelf, for_a(shelf, "s3:GetObjectAttributes"))
    expect.denied(attributes(other, shelf, "k"))
    buckets.allow(shelf, for_a(shelf, ["s3:GetObjectAttributes", "s3:GetObject"]))
    assert expect.ok(attributes(other, shelf, "k")).text("ObjectSize") == "1"


def test_tv_123_tags_that_exist(buckets, owner, other, shelf):
    expect.ok(owner.put(shelf, "k", b"x", headers={"x-amz-tagging": "security=public"}))
    expect.ok(owner.put(shelf, "l", b"x", headers={"x-amz-tagging": "security=secret"}))
    public = {"StringEquals": {"s3:ExistingObjectTag/security": "public"}}
    buckets.allow(shelf, for_a(shelf, ["s3:GetObject", "s3:GetObjectAttributes"], condition=public))
    expect.ok(other.get(shelf, "k"))
    expect.ok(other.head(shelf, "k"))
    expect.denied(other.get(shelf, "k", "attributes", headers=ATTRIBUTES))
    expect.denied(other.get(shelf, "l"))


def test_tv_124_the_overwrite_check_is_at_initiation(buckets, owner, other_s3):
    where = {"Bucket": buckets.with_acl("public-read-write"), "Key": "k"}
    upload = other_s3.create_multipart_upload(**where)["UploadId"]
    part = other_s3.upload_part(**where, UploadId=upload, PartNumber=1, Body=b"theirs")
    expect.ok(owner.put(where["Bucket"], "k", b"ours"))
    other_s3.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={
        "Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]
    })  # ACL-32
    assert other_s3.get_object(**where)["Body"].read() == b"theirs"


def test_tv_125_batch_delete_is_decided_key_by_key(buckets, owner, other, shelf):
    for key in ("k1", "k2"):
        expect.ok(owner.put(shelf, key, b"x"))
    buckets.allow(shelf, for_a(shelf, "s3:DeleteObject", "k1"))
    document = "<Delete><Object><Key>k1</Key></Object><Object><Key>k2</Key></Object></Delete>"
    answer = expect.ok(other.document("POST", shelf, "delete", document))
    assert answer.texts("Deleted/Key") == ["k1"]
    assert (answer.texts("Error/Key"), answer.texts("Error/Code")) == (["k2"], ["AccessDenied"])
    assert owner.get(shelf, query="list-type=2").texts("Contents/Key") == ["k", "k2"]


def test_tv_126_missing_keys_look_forbidden_to_the_public(buckets, anonymous):
    name = buckets.publicly_readable()
    expect.denied(anonymous.get(name, "missing"), "Access Denied")
    expect.bodiless(anonymous.head(name, "missing"), 403)


def test_tv_127_and_missing_to_the_owner(buckets, owner):
    expect.bodiless(owner.head(buckets.publicly_readable(), "missing"), 404)


def test_tv_129_attributes_of_a_missing_key(buckets, other, shelf):
    both = for_a(shelf, ["s3:GetObject", "s3:GetObjectAttributes"])
    buckets.allow(shelf, both)
    expect.denied(attributes(other, shelf, "missing"))
    buckets.allow(shelf, both, list_for_a(shelf))
    expect.error(attributes(other, shelf, "missing"), 404, "NoSuchKey", Key="missing")


def test_tv_130_the_right_to_list_may_have_a_prefix(buckets, other, shelf):
    """HID-1."""
    foo = {"StringLike": {"s3:prefix": "foo/*"}}
    buckets.allow(shelf, for_a(shelf, "s3:GetObject"), list_for_a(shelf, foo))
    expect.error(other.get(shelf, "foo/missing"), 404, "NoSuchKey")
    expect.denied(other.get(shelf, "bar/missing"))
    expect.ok(other.get(shelf, "k"))


def test_tv_131_deleting_what_is_missing(buckets, other, shelf):
    buckets.allow(shelf, for_a(shelf, "s3:DeleteObject"))
    expect.ok(other.delete(shelf, "missing"), 204)


def test_tv_132_missing_bucket(owner):
    name = new_name()
    for answer in (owner.get(name, "k"), owner.get(name), owner.put(name, "k", b"x"),
                   owner.delete(name, "k"), owner.get(name, query="policy"), owner.delete(name)):
        expect.error(answer, 404, "NoSuchBucket", "The specified bucket does not exist", BucketName=name)


def test_tv_132a_public_listing_reveals_missing_keys(buckets, anonymous):
    name = buckets.with_acl("public-read")
    expect.error(anonymous.get(name, "missing"), 404, "NoSuchKey", Key="missing")


def test_tv_132b_a_delete_marker_is_told_in_two_ways(owner, buckets):
    name = buckets.default()
    status = f'<VersioningConfiguration xmlns="{policies.S3_XMLNS}"><Status>Enabled</Status></VersioningConfiguration>'
    expect.ok(owner.document("PUT", name, "versioning", status))
    expect.ok(owner.put(name, "k", b"x"))
    marker = expect.ok(owner.delete(name, "k"), 204).header("x-amz-version-id")
    current = owner.get(name, "k")
    expect.error(current, 404, "NoSuchKey", "The specified key does not exist.", Key="k")
    assert current.header("x-amz-delete-marker") == "true"
    named = owner.get(name, "k", f"versionId={marker}")
    expect.error(named, 405, "MethodNotAllowed", Method="GET", ResourceType="DeleteMarker")
    assert (named.header("x-amz-delete-marker"), named.header("Allow")) == ("true", "DELETE")


def test_tv_132c_malformed_version_id(owner, shelf):
    expect.error(owner.delete(shelf, "k", "versionId=bad"), 400, "InvalidArgument",
                 "Invalid version id specified", ArgumentName="versionId", ArgumentValue="bad")
    expect.ok(owner.get(shelf, "k"))


def test_list_right_reveals_missing_keys(buckets, other, shelf):
    """§7.2, both columns."""
    buckets.allow(shelf, for_a(shelf, ["s3:GetObject", "s3:GetObjectAcl"]))
    expect.denied(other.get(shelf, "missing"))
    expect.denied(other.get(shelf, "missing", "acl"))
    buckets.allow(shelf, for_a(shelf, ["s3:GetObject", "s3:GetObjectAcl"]), list_for_a(shelf))
    expect.error(other.get(shelf, "missing"), 404, "NoSuchKey")
    expect.error(other.get(shelf, "missing", "acl"), 404, "NoSuchKey")


def test_list_right_alone_reveals_nothing_of_objects(buckets, other, shelf):
    """§7.2: without GetObject both existing and missing keys are 403."""
    buckets.allow(shelf, list_for_a(shelf))
    expect.denied(other.get(shelf, "k"))
    expect.denied(other.get(shelf, "missing"))
    assert other.get(shelf, query="list-type=2").texts("Contents/Key") == ["k"]


def test_listing_conditions(buckets, other, shelf):
    """§5.7: prefix, delimiter and max-keys as sent."""
    buckets.allow(shelf, list_for_a(shelf, {"StringEquals": {"s3:prefix": "k"}}))
    expect.ok(other.get(shelf, query="list-type=2&prefix=k"))
    for query in ("list-type=2", "list-type=2&prefix=kk", "prefix="):
        expect.denied(other.get(shelf, query=query))


def test_source_ip_condition(buckets, other, owner, shelf):
    """The address of the connection; a header must not change it (RustFS CVE-2026-21862)."""
    here = {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}
    elsewhere = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    buckets.allow(shelf, for_a(shelf, "s3:GetObject", condition=here))
    expect.ok(other.get(shelf, "k"))
    buckets.allow(shelf, for_a(shelf, "s3:GetObject", condition=elsewhere))
    forged = {"X-Forwarded-For": "203.0.113.5", "Forwarded": "for=203.0.113.5", "X-Real-Ip": "203.0.113.5"}
    expect.denied(other.get(shelf, "k", unsigned_headers=forged))
