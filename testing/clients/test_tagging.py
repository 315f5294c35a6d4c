"""Tags of objects and buckets: document, header, form, copies, limits, conditions of policies."""

import pytest
import requests

from harness import expect, policies, sdk
from harness.accounts import A, B
from harness.buckets import new_name
from harness.expect import client_error
from test_aws_cli import aws, made  # noqa: F401 (fixtures)

KEY = "dir/a b+c"


def document(*tags):
    each = "".join(f"<Tag><Key>{key}</Key><Value>{value}</Value></Tag>" for key, value in tags)
    return f'<Tagging xmlns="{policies.S3_XMLNS}"><TagSet>{each}</TagSet></Tagging>'


def tags_of(client, bucket, key=None, query="tagging"):
    answer = expect.ok(client.get(bucket, key, query))
    return list(zip(answer.texts("TagSet/Tag/Key"), answer.texts("TagSet/Tag/Value"), strict=True))


def enable_versioning(owner, bucket):
    status = f'<VersioningConfiguration xmlns="{policies.S3_XMLNS}"><Status>Enabled</Status></VersioningConfiguration>'
    expect.ok(owner.document("PUT", bucket, "versioning", status))


@pytest.fixture
def shelf(owner, bucket):
    """A default bucket with an object without tags."""
    expect.ok(owner.put(bucket, KEY, b"x"))
    return bucket


# The document


def test_tags_of_an_object(owner, shelf):
    assert tags_of(owner, shelf, KEY) == []
    before = expect.ok(owner.head(shelf, KEY))
    tags = [("b", "größe"), ("a", ""), ("k:+-=._/@", "1 2")]
    expect.ok(owner.put(shelf, KEY, document(*tags).encode(), query="tagging"))
    assert tags_of(owner, shelf, KEY) == tags
    after = expect.ok(owner.head(shelf, KEY))
    assert (after.header("ETag"), after.header("Last-Modified")) == (
        before.header("ETag"), before.header("Last-Modified"))
    expect.ok(owner.put(shelf, KEY, document(("c", "d")).encode(), query="tagging"))
    assert tags_of(owner, shelf, KEY) == [("c", "d")]
    for _ in range(2):
        expect.ok(owner.delete(shelf, KEY, "tagging"), 204)
        assert tags_of(owner, shelf, KEY) == []


def test_tags_of_a_bucket(owner, bucket):
    missing = owner.get(bucket, query="tagging")
    expect.error(missing, 404, "NoSuchTagSet", "The TagSet does not exist", BucketName=bucket)
    tags = [(f"key {number}", str(number)) for number in range(50)]
    expect.ok(owner.document("PUT", bucket, "tagging", document(*tags)), 204)
    assert tags_of(owner, bucket) == tags
    for _ in range(2):
        expect.ok(owner.delete(bucket, query="tagging"), 204)
        expect.error(owner.get(bucket, query="tagging"), 404, "NoSuchTagSet")
    expect.ok(owner.document("PUT", bucket, "tagging", document()), 204)
    expect.error(owner.get(bucket, query="tagging"), 404, "NoSuchTagSet")


def test_a_bucket_is_created_with_tags(s3, owner):
    name = new_name()
    tags = [{"Key": "team", "Value": "a"}]
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"Tags": tags})
    assert s3.get_bucket_tagging(Bucket=name)["TagSet"] == tags
    with client_error("BucketAlreadyOwnedByYou", 409):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"Tags": [{"Key": "team", "Value": "b"}]})
    assert s3.get_bucket_tagging(Bucket=name)["TagSet"] == tags
    bad = new_name()
    with client_error("InvalidTag", 400):
        s3.create_bucket(Bucket=bad, CreateBucketConfiguration={"Tags": [{"Key": "aws:x", "Value": ""}]})
    expect.bodiless(owner.head(bad), 404)


INVALID_KEY = "The TagKey you have provided is invalid"
INVALID_VALUE = "The TagValue you have provided is invalid"
REPEATED = "Cannot provide multiple Tags with the same key"


@pytest.mark.parametrize("tags, code, message", [
    ([(str(number), "") for number in range(11)], "BadRequest", "Object tags cannot be greater than 10"),
    ([("", "v")], "InvalidTag", INVALID_KEY),
    ([("k" * 129, "v")], "InvalidTag", INVALID_KEY),
    ([("k!", "v")], "InvalidTag", INVALID_KEY),
    ([("k", "v" * 257)], "InvalidTag", INVALID_VALUE),
    ([("k", "v;")], "InvalidTag", INVALID_VALUE),
    ([("k", "1"), ("k", "2")], "InvalidTag", REPEATED),
    ([("AWS:k", "v")], "InvalidTag", "Your TagKey cannot be prefixed with aws:"),
])
def test_limits_of_object_tags(owner, shelf, tags, code, message):
    expect.error(owner.put(shelf, KEY, document(*tags).encode(), query="tagging"), 400, code, message)
    assert tags_of(owner, shelf, KEY) == []


@pytest.mark.parametrize("tags, code, message", [
    ([(str(number), "") for number in range(51)], "BadRequest", "Bucket tag count cannot be greater than 50"),
    ([("k" * 129, "v")], "InvalidTag", INVALID_KEY),
    ([("k", "1"), ("k", "2")], "InvalidTag", REPEATED),
    ([("aws:k", "v")], "InvalidTag", "System tags cannot be added/updated by requester"),
])
def test_limits_of_bucket_tags(owner, bucket, tags, code, message):
    expect.error(owner.document("PUT", bucket, "tagging", document(*tags)), 400, code, message)
    expect.error(owner.get(bucket, query="tagging"), 404, "NoSuchTagSet")


@pytest.mark.parametrize("body", [
    "", "x", "<Tagging/>", "<Tagging><TagSet/><TagSet/></Tagging>",
    "<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>",
    "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value><Other/></Tag></TagSet></Tagging>",
])
def test_malformed_documents(owner, shelf, body):
    for key in (None, KEY):
        expect.error(owner.put(shelf, key, body.encode(), query="tagging"), 400, "MalformedXML")


# With the object


def test_the_header_of_a_write(owner, shelf):
    expect.ok(owner.put(shelf, "k", b"x", headers={"x-amz-tagging": "a=1&b%20c=%C3%A4+%2B&d"}))
    assert tags_of(owner, shelf, "k") == [("a", "1"), ("b c", "ä +"), ("d", "")]
    for answer in (owner.get(shelf, "k"), owner.head(shelf, "k")):
        assert expect.ok(answer).header("x-amz-tagging-count") == "3"
    assert expect.ok(owner.get(shelf, KEY)).header("x-amz-tagging-count") is None
    expect.ok(owner.put(shelf, "k", b"y"))
    assert tags_of(owner, shelf, "k") == [], "a new object has its own tags"


@pytest.mark.parametrize("header, code", [
    ("a=1&a=2", "InvalidArgument"), ("a=%zz", "InvalidArgument"), ("a=%ff", "InvalidArgument"),
    ("=x", "InvalidTag"), ("a=%26", "InvalidTag"), ("aws:a=b", "InvalidTag"),
    ("&".join(f"{number}=" for number in range(11)), "BadRequest"),
])
def test_a_bad_header_writes_nothing(owner, shelf, header, code):
    headers = {"x-amz-tagging": header}
    expect.error(owner.put(shelf, "new", b"x", headers=headers), 400, code)
    expect.error(owner.request("POST", shelf, "new", "uploads", headers=headers), 400, code)
    expect.bodiless(owner.head(shelf, "new"), 404)


def test_tags_of_a_multipart_upload(s3, shelf):
    upload = s3.create_multipart_upload(Bucket=shelf, Key="big", Tagging="a=1&b=2")["UploadId"]
    part = s3.upload_part(Bucket=shelf, Key="big", UploadId=upload, PartNumber=1, Body=b"x")
    s3.complete_multipart_upload(Bucket=shelf, Key="big", UploadId=upload,
                                 MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
    assert s3.get_object_tagging(Bucket=shelf, Key="big")["TagSet"] == [
        {"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]


def test_copies_take_the_tags_along(s3, shelf):
    s3.put_object(Bucket=shelf, Key="source", Body=b"x", Tagging="a=1")
    source = {"Bucket": shelf, "Key": "source"}
    tags = lambda key: s3.get_object_tagging(Bucket=shelf, Key=key)["TagSet"]  # noqa: E731
    for directive, header, expected in (
        (None, None, [{"Key": "a", "Value": "1"}]),
        ("COPY", None, [{"Key": "a", "Value": "1"}]),
        ("REPLACE", "b=2", [{"Key": "b", "Value": "2"}]),
        ("REPLACE", None, []),
    ):
        more = {name: value for name, value in (("TaggingDirective", directive), ("Tagging", header)) if value}
        s3.copy_object(Bucket=shelf, Key="copy", CopySource=source, **more)
        assert tags("copy") == expected
    # What describes the object is another matter.
    s3.copy_object(Bucket=shelf, Key="copy", CopySource=source, MetadataDirective="REPLACE")
    assert tags("copy") == [{"Key": "a", "Value": "1"}]


def test_an_unknown_directive(owner, shelf):
    headers = {"x-amz-copy-source": f"/{shelf}/dir/a%20b%2Bc", "x-amz-tagging-directive": "replace"}
    expect.error(owner.put(shelf, "c", headers=headers), 400, "InvalidArgument", "Unknown tagging directive.",
                 ArgumentName="x-amz-tagging-directive", ArgumentValue="replace")


def test_the_field_of_a_form(server, shelf):
    s3 = sdk.client(server.url, B, signature_version="s3v4")
    field = document(("a", "1"), ("b", "2"))
    form = s3.generate_presigned_post(shelf, "form", Fields={"tagging": field}, Conditions=[{"tagging": field}])
    answer = requests.post(form["url"], data=form["fields"], files={"file": b"x"}, timeout=60)
    assert answer.status_code == 204, answer.text
    assert len(s3.get_object_tagging(Bucket=shelf, Key="form")["TagSet"]) == 2
    for bad, code in (("<Tagging/>", "MalformedXML"), (document(("a", "1"), ("a", "2")), "InvalidTag")):
        form = s3.generate_presigned_post(shelf, "bad", Fields={"tagging": bad}, Conditions=[{"tagging": bad}])
        answer = requests.post(form["url"], data=form["fields"], files={"file": b"x"}, timeout=60)
        assert answer.status_code == 400 and f"<Code>{code}</Code>" in answer.text
    with client_error("404", 404):
        s3.head_object(Bucket=shelf, Key="bad")


# Versions


def test_each_version_has_its_tags(owner, shelf):
    enable_versioning(owner, shelf)
    ids = [expect.ok(owner.put(shelf, "k", b"x", headers={"x-amz-tagging": f"n={number}"})).header("x-amz-version-id")
           for number in range(2)]
    changed = owner.put(shelf, "k", document(("n", "changed")).encode(), query=f"tagging&versionId={ids[0]}")
    assert expect.ok(changed).header("x-amz-version-id") == ids[0]
    assert tags_of(owner, shelf, "k", f"tagging&versionId={ids[0]}") == [("n", "changed")]
    read = expect.ok(owner.get(shelf, "k", "tagging"))
    assert (read.texts("TagSet/Tag/Value"), read.header("x-amz-version-id")) == (["1"], ids[1])
    gone = expect.ok(owner.delete(shelf, "k", f"tagging&versionId={ids[1]}"), 204)
    assert gone.header("x-amz-version-id") == ids[1]
    assert tags_of(owner, shelf, "k") == []
    assert tags_of(owner, shelf, "k", f"tagging&versionId={ids[0]}") == [("n", "changed")]


def test_delete_markers_have_none(owner, shelf):
    """§7.4: 405 for the current marker and for a named one, whatever the method."""
    enable_versioning(owner, shelf)
    marker = expect.ok(owner.delete(shelf, KEY), 204).header("x-amz-version-id")
    for query in ("tagging", f"tagging&versionId={marker}"):
        for method in ("GET", "PUT", "DELETE"):
            body = document(("a", "b")).encode() if method == "PUT" else b""
            answer = owner.request(method, shelf, KEY, query, body=body)
            expect.error(answer, 405, "MethodNotAllowed", Method=method, ResourceType="DeleteMarker")


def test_missing_keys(owner, shelf):
    """§7.2: as recorded, reading names the bucket too."""
    expect.error(owner.get(shelf, "no", "tagging"), 404, "NoSuchKey", Key=f"{shelf}/no")
    expect.error(owner.put(shelf, "no", document(("a", "b")).encode(), query="tagging"), 404, "NoSuchKey", Key="no")
    expect.error(owner.delete(shelf, "no", "tagging"), 404, "NoSuchKey", Key="no")


def test_seaweedfs_311bc3a6d_a_key_in_a_directory_is_that_key(owner, shelf):
    expect.ok(owner.put(shelf, "b.txt", b"root"))
    expect.ok(owner.put(shelf, "a/b.txt", b"below"))
    expect.ok(owner.put(shelf, "a/b.txt", document(("where", "below")).encode(), query="tagging"))
    assert tags_of(owner, shelf, "b.txt") == []
    assert tags_of(owner, shelf, "a/b.txt") == [("where", "below")]


# Permissions


def grant(buckets, bucket, actions, condition=None, resource=None):
    buckets.allow(bucket, policies.allow(
        policies.account(A), actions, resource or policies.objects_arn(bucket), condition))


def test_strangers(other, anonymous, owner, buckets):
    name = buckets.with_acl("public-read-write")
    expect.ok(owner.put(name, "k", b"x", headers={"x-amz-acl": "public-read"}))
    for stranger in (other, anonymous):
        for key in (None, "k"):
            expect.denied(stranger.get(name, key, "tagging"))
            expect.denied(stranger.put(name, key, document(("a", "b")).encode(), query="tagging"))
            expect.denied(stranger.delete(name, key, "tagging"))
        expect.ok(stranger.get(name, "k"))


def test_tags_of_a_new_object_need_a_permission(other, owner, buckets, shelf):
    tagged = {"x-amz-tagging": "a=b"}
    copied = tagged | {"x-amz-tagging-directive": "REPLACE", "x-amz-copy-source": f"/{shelf}/plain"}
    expect.ok(owner.put(shelf, "plain", b"x"))
    grant(buckets, shelf, ["s3:PutObject", "s3:GetObject"])
    expect.ok(other.put(shelf, "k", b"x"))
    expect.ok(other.put(shelf, "k", b"x", headers={"x-amz-tagging": ""}))
    expect.denied(other.put(shelf, "t", b"x", headers=tagged))
    expect.denied(other.put(shelf, "t", headers=copied))
    expect.denied(other.request("POST", shelf, "t", "uploads", headers=tagged))
    expect.bodiless(owner.head(shelf, "t"), 404)
    grant(buckets, shelf, ["s3:PutObject", "s3:GetObject", "s3:PutObjectTagging"])
    expect.ok(other.put(shelf, "t", b"x", headers=tagged))
    expect.ok(other.put(shelf, "t", headers=copied))
    expect.ok(other.request("POST", shelf, "t", "uploads", headers=tagged))


def test_copying_tags_needs_to_read_and_to_write_them(other, owner, buckets, shelf):
    """§6.8: unreadable tags of the source make the copy fail, and none go unnoticed."""
    expect.ok(owner.put(shelf, "tagged", b"x", headers={"x-amz-tagging": "a=b"}))
    expect.ok(owner.put(shelf, "plain", b"x"))
    copy = lambda name, **more: other.put(shelf, "c", headers={"x-amz-copy-source": f"/{shelf}/{name}"} | more)  # noqa: E731
    base = ["s3:PutObject", "s3:GetObject"]
    for actions in (base, [*base, "s3:GetObjectTagging"], [*base, "s3:PutObjectTagging"]):
        grant(buckets, shelf, actions)
        expect.denied(copy("tagged"))
        expect.ok(copy("plain"))
        expect.ok(copy("tagged", **{"x-amz-tagging-directive": "REPLACE"}))
    grant(buckets, shelf, [*base, "s3:GetObjectTagging", "s3:PutObjectTagging"])
    expect.ok(copy("tagged"))
    assert tags_of(owner, shelf, "c") == [("a", "b")]


def test_the_count_is_told_to_those_who_may_read_the_tags(other, owner, buckets, shelf):
    expect.ok(owner.put(shelf, "k", b"x", headers={"x-amz-tagging": "a=b"}))
    grant(buckets, shelf, "s3:GetObject")
    assert expect.ok(other.get(shelf, "k")).header("x-amz-tagging-count") is None
    grant(buckets, shelf, ["s3:GetObject", "s3:GetObjectTagging"])
    assert expect.ok(other.head(shelf, "k")).header("x-amz-tagging-count") == "1"


def test_conditions_on_tags_that_exist(other, owner, buckets, shelf):
    """POL-50, POL-51."""
    for name, tag in (("public", "security=public"), ("secret", "security=secret"), ("none", "")):
        expect.ok(owner.put(shelf, name, b"x", headers={"x-amz-tagging": tag}))
    condition = {"StringEquals": {"s3:ExistingObjectTag/security": "public"}}
    grant(buckets, shelf, ["s3:GetObject", "s3:GetObjectTagging", "s3:GetObjectAttributes"], condition)
    expect.ok(other.get(shelf, "public"))
    expect.bodiless(expect.ok(other.head(shelf, "public")), 200)
    assert tags_of(other, shelf, "public") == [("security", "public")]
    for name in ("secret", "none", "missing"):
        expect.denied(other.get(shelf, name))
        expect.denied(other.get(shelf, name, "tagging"))
    expect.denied(other.get(shelf, "public", "attributes", headers={"x-amz-object-attributes": "ETag"}))
    expect.ok(owner.put(shelf, "public", document(("security", "secret")).encode(), query="tagging"))
    expect.denied(other.get(shelf, "public"))


def test_the_source_of_a_copy_never_matches_but_that_of_a_part_does(other, owner, buckets, shelf):
    """POL-51."""
    expect.ok(owner.put(shelf, "k", b"x", headers={"x-amz-tagging": "security=public"}))
    grant(buckets, shelf, "s3:GetObject", {"StringEquals": {"s3:ExistingObjectTag/security": "public"}})
    own = new_name()
    expect.ok(other.put(own))
    source = {"x-amz-copy-source": f"/{shelf}/k"}
    expect.denied(other.put(own, "c", headers=source))
    upload = expect.ok(other.request("POST", own, "c", "uploads")).texts("UploadId")[0]
    expect.ok(other.put(own, "c", query=f"partNumber=1&uploadId={upload}", headers=source))


def test_conditions_on_tags_that_are_written(other, owner, buckets, shelf):
    only_blue = {"StringEquals": {"s3:RequestObjectTag/color": "blue"},
                 "ForAllValues:StringEquals": {"s3:RequestObjectTagKeys": ["color"]}}
    grant(buckets, shelf, ["s3:PutObject", "s3:PutObjectTagging"], only_blue)
    for header, allowed in (("color=blue", True), ("color=red", False), ("color=blue&x=y", False), ("", False)):
        answer = other.put(shelf, "w", b"x", headers={"x-amz-tagging": header})
        expect.ok(answer) if allowed else expect.denied(answer)
    for tags, allowed in (([("color", "blue")], True), ([("color", "red")], False), ([], False),
                          ([("color", "blue"), ("x", "y")], False)):
        answer = other.put(shelf, "w", document(*tags).encode(), query="tagging")
        expect.ok(answer) if allowed else expect.denied(answer)
    assert tags_of(owner, shelf, "w") == [("color", "blue")]


def test_a_deny_on_tags_is_not_escaped_by_copying(other, owner, buckets, shelf):
    """Tags that come along with a copy are written like any others."""
    expect.ok(owner.put(shelf, "secret", b"x", headers={"x-amz-tagging": "class=secret"}))
    everything = policies.allow(policies.account(A), "s3:*", policies.objects_arn(shelf))
    secret = {"StringEquals": {"s3:RequestObjectTag/class": "secret"}}
    buckets.allow(shelf, everything, policies.deny(
        "*", ["s3:PutObject", "s3:PutObjectTagging"], policies.objects_arn(shelf), secret))
    expect.denied(other.put(shelf, "c", headers={"x-amz-copy-source": f"/{shelf}/secret"}))
    expect.bodiless(owner.head(shelf, "c"), 404)


def test_versions_need_the_actions_for_versions(other, owner, buckets, shelf):
    enable_versioning(owner, shelf)
    version = expect.ok(owner.put(shelf, "k", b"x")).header("x-amz-version-id")
    named = f"tagging&versionId={version}"
    plain = ["s3:GetObjectTagging", "s3:PutObjectTagging", "s3:DeleteObjectTagging"]
    body = document(("a", "b")).encode()
    for actions, allowed, refused in (
        (plain, "tagging", named),
        ([action.replace("Tagging", "VersionTagging") for action in plain], named, "tagging"),
    ):
        grant(buckets, shelf, actions)
        expect.ok(other.put(shelf, "k", body, query=allowed))
        expect.ok(other.get(shelf, "k", allowed))
        expect.ok(other.delete(shelf, "k", allowed), 204)
        expect.denied(other.put(shelf, "k", body, query=refused))
        expect.denied(other.get(shelf, "k", refused))
        expect.denied(other.delete(shelf, "k", refused))


# Other clients


def test_the_command_line(aws, made):  # noqa: F811
    (aws.home / "body").write_bytes(b"x" * (9 << 20))
    aws("s3", "cp", "body", f"s3://{made}/big")
    aws("s3api", "put-object-tagging", "--bucket", made, "--key", "big", "--tagging", "TagSet=[{Key=a,Value=b}]")
    aws("s3", "cp", f"s3://{made}/big", f"s3://{made}/copy")
    tags = aws.json("get-object-tagging", "--bucket", made, "--key", "copy")["TagSet"]
    # Version 1 does not know tags of objects that it copies in parts.
    assert tags == ([{"Key": "a", "Value": "b"}] if aws.version == 2 else [])
    aws("s3api", "put-bucket-tagging", "--bucket", made, "--tagging", "TagSet=[{Key=team,Value=x}]")
    assert aws.json("get-bucket-tagging", "--bucket", made) == {"TagSet": [{"Key": "team", "Value": "x"}]}
    aws("s3api", "delete-bucket-tagging", "--bucket", made)
