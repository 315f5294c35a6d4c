"""Versioning of buckets: enabled, suspended, null versions, delete markers, listings of versions."""

import itertools
import shutil
import subprocess
from pathlib import Path

import pytest

from harness import acls, expect, policies
from harness.accounts import A, B
from harness.buckets import new_name
from harness.expect import client_error
from test_aws_cli import aws, made  # noqa: F401 (fixtures)

KEY = "dir/a b+c"


def document(status=None, more=""):
    state = f"<Status>{status}</Status>" if status else ""
    return f'<VersioningConfiguration xmlns="{policies.S3_XMLNS}">{state}{more}</VersioningConfiguration>'


def set_versioning(owner, bucket, status):
    expect.ok(owner.document("PUT", bucket, "versioning", document(status)))


@pytest.fixture
def versioned(owner, bucket):
    set_versioning(owner, bucket, "Enabled")
    return bucket


def put(client, bucket, key, body):
    """The version id that the write answers, if any."""
    return expect.ok(client.put(bucket, key, body)).header("x-amz-version-id")


def mark(client, bucket, key):
    """Deletes a key; the id of the delete marker."""
    answer = expect.ok(client.delete(bucket, key), 204)
    assert answer.header("x-amz-delete-marker") == "true"
    return answer.header("x-amz-version-id")


def listed(client, bucket, **parameters):
    """Key, version, latest and kind of everything, in the order of the document."""
    query = "&".join(["versions", *(f"{name.replace('_', '-')}={value}" for name, value in parameters.items())])
    answer = expect.ok(client.get(bucket, query=query))
    kinds = [child for child in answer.xml if child.tag.endswith(("}Version", "}DeleteMarker"))]
    text = lambda child, name: child.find(f"{{{policies.S3_XMLNS}}}{name}").text  # noqa: E731
    return [(text(one, "Key"), text(one, "VersionId"), text(one, "IsLatest") == "true",
             one.tag.endswith("}DeleteMarker")) for one in kinds]


# The configuration


def test_the_states(owner, bucket):
    empty = expect.ok(owner.get(bucket, query="versioning"))
    assert len(empty.xml) == 0 and empty.xml.tag == f"{{{policies.S3_XMLNS}}}VersioningConfiguration"
    for status in ("Enabled", "Suspended", "Enabled"):
        set_versioning(owner, bucket, status)
        assert expect.ok(owner.get(bucket, query="versioning")).texts("Status") == [status]


@pytest.mark.parametrize("body, status, code", [
    (document(), 400, "IllegalVersioningConfigurationException"),
    (document("Off"), 400, "MalformedXML"),
    (document("enabled"), 400, "MalformedXML"),
    (document("Enabled", "<MfaDelete>x</MfaDelete>"), 400, "MalformedXML"),
    (document("Enabled", "<Other/>"), 400, "MalformedXML"),
    ("", 400, "MalformedXML"),
    (document("Enabled", "<MfaDelete>Enabled</MfaDelete>"), 403, "AccessDenied"),
])
def test_refused_configurations(owner, bucket, body, status, code):
    expect.error(owner.document("PUT", bucket, "versioning", body), status, code)
    assert len(expect.ok(owner.get(bucket, query="versioning")).xml) == 0


def test_mfa_delete_can_only_be_off(owner, bucket):
    off = document("Enabled", "<MfaDelete>Disabled</MfaDelete>")
    expect.ok(owner.document("PUT", bucket, "versioning", off))
    on = document("Enabled", "<MfaDelete>Enabled</MfaDelete>")
    answer = owner.put(bucket, None, on.encode(), query="versioning", headers={"x-amz-mfa": "arn 123456"})
    expect.error(answer, 501, "NotImplemented", Header="x-amz-mfa")


def test_only_the_owner_sees_and_sets_it(other, anonymous, buckets):
    name = buckets.with_acl("public-read-write")
    for stranger in (other, anonymous):
        expect.denied(stranger.get(name, query="versioning"))
        expect.denied(stranger.put(name, None, document("Enabled").encode(), query="versioning"))
    buckets.allow(name, policies.allow(policies.account(A), ["s3:GetBucketVersioning", "s3:PutBucketVersioning"],
                                       policies.bucket_arn(name)))
    expect.ok(other.document("PUT", name, "versioning", document("Enabled")))
    assert expect.ok(other.get(name, query="versioning")).texts("Status") == ["Enabled"]


# Versions of an object


def test_a_bucket_without_versioning_mentions_no_version(owner, bucket):
    assert put(owner, bucket, KEY, b"x") is None
    for answer in (owner.get(bucket, KEY), owner.head(bucket, KEY), owner.get(bucket, KEY, "acl"),
                   owner.get(bucket, KEY, "versionId=null"),
                   owner.put(bucket, "copy", headers={"x-amz-copy-source": f"/{bucket}/{KEY}".replace(" ", "%20")})):
        expect.ok(answer)
        assert answer.header("x-amz-version-id") is None
        assert answer.header("x-amz-copy-source-version-id") is None
    gone = expect.ok(owner.delete(bucket, "copy"), 204)
    assert (gone.header("x-amz-version-id"), gone.header("x-amz-delete-marker")) == (None, None)
    assert listed(owner, bucket) == [(KEY, "null", True, False)]


def test_every_write_keeps_the_versions_before(owner, bucket):
    put(owner, bucket, KEY, b"null")
    set_versioning(owner, bucket, "Enabled")
    first, second = put(owner, bucket, KEY, b"first"), put(owner, bucket, KEY, b"second")
    assert len({first, second, None}) == 3
    for version, body in (("null", b"null"), (first, b"first"), (second, b"second")):
        found = expect.ok(owner.get(bucket, KEY, f"versionId={version}"))
        assert (found.body, found.header("x-amz-version-id")) == (body, version)
        assert expect.ok(owner.head(bucket, KEY, f"versionId={version}")).header("x-amz-version-id") == version
    current = expect.ok(owner.get(bucket, KEY))
    assert (current.body, current.header("x-amz-version-id")) == (b"second", second)
    attributes = expect.ok(owner.get(bucket, KEY, f"attributes&versionId={first}",
                                     headers={"x-amz-object-attributes": "ObjectSize"}))
    assert (attributes.texts("ObjectSize"), attributes.header("x-amz-version-id")) == (["5"], first)


def test_a_delete_marker_hides_and_gives_back(owner, versioned):
    kept = put(owner, versioned, KEY, b"kept")
    marker = mark(owner, versioned, KEY)
    hidden = owner.get(versioned, KEY)
    expect.error(hidden, 404, "NoSuchKey", Key=KEY)
    assert hidden.header("x-amz-delete-marker") == "true"
    expect.bodiless(owner.head(versioned, KEY), 404)
    assert expect.ok(owner.get(versioned, query="list-type=2")).texts("Contents/Key") == []
    for method in ("GET", "HEAD"):
        named = owner.request(method, versioned, KEY, f"versionId={marker}")
        assert named.status == 405 and named.header("x-amz-delete-marker") == "true"
        assert named.header("Allow") == "DELETE" and named.header("Last-Modified")
    expect.error(owner.get(versioned, KEY, f"versionId={marker}"), 405, "MethodNotAllowed",
                 Method="GET", ResourceType="DeleteMarker")
    assert expect.ok(owner.get(versioned, KEY, f"versionId={kept}")).body == b"kept"
    undone = expect.ok(owner.delete(versioned, KEY, f"versionId={marker}"), 204)
    assert (undone.header("x-amz-delete-marker"), undone.header("x-amz-version-id")) == ("true", marker)
    assert expect.ok(owner.get(versioned, KEY)).body == b"kept"


def test_versions_are_deleted_for_good(owner, versioned):
    first, second = put(owner, versioned, KEY, b"1"), put(owner, versioned, KEY, b"2")
    for _ in range(2):  # what is gone already was deleted too
        gone = expect.ok(owner.delete(versioned, KEY, f"versionId={second}"), 204)
        assert (gone.header("x-amz-version-id"), gone.header("x-amz-delete-marker")) == (second, None)
    expect.error(owner.get(versioned, KEY, f"versionId={second}"), 404, "NoSuchVersion",
                 "The specified version does not exist.", Key=KEY, VersionId=second)
    assert expect.ok(owner.get(versioned, KEY)).header("x-amz-version-id") == first


def test_suspended_replaces_the_null_version(owner, versioned):
    kept = put(owner, versioned, KEY, b"kept")
    set_versioning(owner, versioned, "Suspended")
    assert put(owner, versioned, KEY, b"null 1") == "null"
    assert put(owner, versioned, KEY, b"null 2") == "null"
    assert listed(owner, versioned) == [(KEY, "null", True, False), (KEY, kept, False, False)]
    assert expect.ok(owner.get(versioned, KEY, "versionId=null")).body == b"null 2"
    assert mark(owner, versioned, KEY) == "null"
    assert listed(owner, versioned) == [(KEY, "null", True, True), (KEY, kept, False, False)]
    undone = expect.ok(owner.delete(versioned, KEY, "versionId=null"), 204)
    assert (undone.header("x-amz-delete-marker"), undone.header("x-amz-version-id")) == ("true", "null")
    assert expect.ok(owner.get(versioned, KEY)).body == b"kept"


def test_a_missing_key_gets_a_marker_too(owner, versioned):
    marker = mark(owner, versioned, "never")
    assert listed(owner, versioned) == [("never", marker, True, True)]


def test_version_ids_are_checked(owner, versioned):
    put(owner, versioned, KEY, b"x")
    for method, query in itertools.product(("GET", "DELETE"), ("versionId=bad", "versionId=")):
        expect.error(owner.request(method, versioned, KEY, query), 400, "InvalidArgument",
                     "Invalid version id specified", ArgumentName="versionId")
    unknown = "0" * 32
    expect.error(owner.get(versioned, KEY, f"versionId={unknown}"), 404, "NoSuchVersion")
    expect.error(owner.get(versioned, KEY, "versionId=null"), 404, "NoSuchVersion")


def test_restore_by_copying(owner, versioned):
    old = put(owner, versioned, "k", b"old")
    put(owner, versioned, "k", b"new")
    source = {"x-amz-copy-source": f"/{versioned}/k?versionId={old}"}
    restored = expect.ok(owner.put(versioned, "k", headers=source))
    assert restored.header("x-amz-copy-source-version-id") == old
    current = expect.ok(owner.get(versioned, "k"))
    assert (current.body, current.header("x-amz-version-id")) == (b"old", restored.header("x-amz-version-id"))
    assert len(listed(owner, versioned)) == 3


def test_copies_of_delete_markers(owner, versioned):
    put(owner, versioned, "k", b"x")
    marker = mark(owner, versioned, "k")
    expect.error(owner.put(versioned, "c", headers={"x-amz-copy-source": f"/{versioned}/k"}), 404, "NoSuchKey")
    source = {"x-amz-copy-source": f"/{versioned}/k?versionId={marker}"}
    expect.error(owner.put(versioned, "c", headers=source), 400, "InvalidRequest",
                 "The source of a copy request may not specifically refer to a delete marker by version id.")
    expect.bodiless(owner.head(versioned, "c"), 404)


def test_parts_of_a_version(s3, versioned):
    old = s3.put_object(Bucket=versioned, Key="k", Body=b"a" * (5 << 20))["VersionId"]
    s3.put_object(Bucket=versioned, Key="k", Body=b"new")
    upload = s3.create_multipart_upload(Bucket=versioned, Key="big")["UploadId"]
    part = s3.upload_part_copy(Bucket=versioned, Key="big", UploadId=upload, PartNumber=1,
                               CopySource={"Bucket": versioned, "Key": "k", "VersionId": old})
    assert part["CopySourceVersionId"] == old
    done = s3.complete_multipart_upload(
        Bucket=versioned, Key="big", UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["CopyPartResult"]["ETag"]}]})
    assert s3.head_object(Bucket=versioned, Key="big")["VersionId"] == done["VersionId"]


def test_acls_belong_to_versions(owner, anonymous, buckets):
    name = buckets.object_writer()
    set_versioning(owner, name, "Enabled")
    old, new = put(owner, name, "k", b"old"), put(owner, name, "k", b"new")
    changed = expect.ok(owner.put(name, "k", query=f"acl&versionId={old}", headers={"x-amz-acl": "public-read"}))
    assert changed.header("x-amz-version-id") == old
    assert expect.ok(anonymous.get(name, "k", f"versionId={old}")).body == b"old"
    expect.denied(anonymous.get(name, "k"))
    expect.denied(anonymous.get(name, "k", f"versionId={new}"))
    read = expect.ok(owner.get(name, "k", "acl"))
    assert read.header("x-amz-version-id") == new
    assert acls.read(read) == acls.Acl(B.canonical_id, [acls.full_control(B.canonical_id)])


def test_conditions_look_at_the_current_version(owner, versioned):
    put(owner, versioned, "k", b"old")
    etag = expect.ok(owner.head(versioned, "k")).header("ETag")
    mark(owner, versioned, "k")
    expect.error(owner.put(versioned, "k", b"x", headers={"If-Match": etag}), 404, "NoSuchKey")
    expect.ok(owner.put(versioned, "k", b"new", headers={"If-None-Match": "*"}))
    expect.error(owner.put(versioned, "k", b"x", headers={"If-Match": etag}), 412, "PreconditionFailed")
    expect.error(owner.put(versioned, "k", b"x", headers={"If-None-Match": "*"}), 412, "PreconditionFailed")
    assert len(listed(owner, versioned)) == 3


def test_batch_deletion_names_versions(s3, versioned):
    old = s3.put_object(Bucket=versioned, Key="k", Body=b"old")["VersionId"]
    s3.put_object(Bucket=versioned, Key="k", Body=b"new")
    answer = s3.delete_objects(Bucket=versioned, Delete={"Objects": [
        {"Key": "k"}, {"Key": "k", "VersionId": old}, {"Key": "k", "VersionId": "malformed"}]})
    marked, removed = answer["Deleted"]
    assert marked["DeleteMarker"] and "VersionId" not in marked
    assert removed == {"Key": "k", "VersionId": old}
    assert [(one["Code"], one["VersionId"]) for one in answer["Errors"]] == [("NoSuchVersion", "malformed")]
    gone = s3.delete_objects(Bucket=versioned, Delete={"Objects": [
        {"Key": "k", "VersionId": marked["DeleteMarkerVersionId"]}]})["Deleted"]
    assert gone == [{"Key": "k", "VersionId": marked["DeleteMarkerVersionId"], "DeleteMarker": True,
                     "DeleteMarkerVersionId": marked["DeleteMarkerVersionId"]}]
    assert s3.get_object(Bucket=versioned, Key="k")["Body"].read() == b"new"


def test_a_bucket_with_versions_is_not_empty(owner, versioned):
    version = put(owner, versioned, "k", b"x")
    marker = mark(owner, versioned, "k")
    expect.error(owner.delete(versioned), 409, "BucketNotEmpty")
    expect.ok(owner.delete(versioned, "k", f"versionId={version}"), 204)
    expect.error(owner.delete(versioned), 409, "BucketNotEmpty", BucketName=versioned)
    expect.ok(owner.delete(versioned, "k", f"versionId={marker}"), 204)
    expect.ok(owner.delete(versioned), 204)


# Listings


@pytest.fixture
def shelf(owner, versioned):
    """Three keys with versions and markers; the expected listing."""
    history = {}
    for key in ("a", "b/1", "b/2", "c"):
        history[key] = [(put(owner, versioned, key, body), False) for body in (b"1", b"2")]
    history["b/1"].append((mark(owner, versioned, "b/1"), True))
    history["c"].append((mark(owner, versioned, "c"), True))
    history["c"].append((put(owner, versioned, "c", b"3"), False))
    expected = [(key, version, index == 0, marker)
                for key, versions in sorted(history.items())
                for index, (version, marker) in enumerate(reversed(versions))]
    return versioned, expected


def test_all_versions_newest_first(owner, shelf):
    bucket, expected = shelf
    assert listed(owner, bucket) == expected
    assert listed(owner, bucket, prefix="b%2F") == [one for one in expected if one[0].startswith("b/")]


@pytest.mark.parametrize("size", range(1, 6))
def test_pages(s3, shelf, size):
    bucket, expected = shelf
    for delimiter in ("", "/"):
        found, prefixes, markers = [], [], {}
        while True:
            page = s3.list_object_versions(Bucket=bucket, MaxKeys=size, Delimiter=delimiter, **markers)
            entries = page.get("Versions", []) + page.get("DeleteMarkers", [])
            shown = page.get("CommonPrefixes", [])
            prefixes += [one["Prefix"] for one in shown]
            found += [(one["Key"], one["VersionId"], one["IsLatest"], "Size" not in one) for one in entries]
            if not page["IsTruncated"]:
                assert "NextKeyMarker" not in page
                break
            assert len(entries) + len(shown) == size
            markers = {"KeyMarker": page["NextKeyMarker"]}
            if "NextVersionIdMarker" in page:
                markers["VersionIdMarker"] = page["NextVersionIdMarker"]
        wanted = [one for one in expected if not (delimiter and "/" in one[0])]
        assert sorted(found) == sorted(wanted)
        assert prefixes == (["b/"] if delimiter else [])


def test_what_an_entry_says(s3, versioned):
    version = s3.put_object(Bucket=versioned, Key="k ü", Body=b"123", ChecksumAlgorithm="SHA256")["VersionId"]
    s3.delete_object(Bucket=versioned, Key="k ü")
    page = s3.list_object_versions(Bucket=versioned)
    (entry,), (marker,) = page["Versions"], page["DeleteMarkers"]
    assert entry["ETag"] == '"202cb962ac59075b964b07152d234b70"'
    assert {name: entry[name] for name in ("Key", "VersionId", "IsLatest", "Size", "StorageClass", "Owner",
                                           "ChecksumAlgorithm", "ChecksumType")} == {
        "Key": "k ü", "VersionId": version, "IsLatest": False, "Size": 3, "StorageClass": "STANDARD",
        "Owner": {"ID": B.canonical_id}, "ChecksumAlgorithm": ["SHA256"], "ChecksumType": "FULL_OBJECT"}
    assert marker["IsLatest"] and marker["Owner"] == {"ID": B.canonical_id}
    assert (page["Name"], page["Prefix"], page["MaxKeys"], page["EncodingType"]) == (versioned, "", 1000, "url")


@pytest.mark.parametrize("query, name, message", [
    ("version-id-marker=null", "version-id-marker",
     "A version-id marker cannot be specified without a key marker."),
    ("key-marker=k&version-id-marker=", "version-id-marker", "A version-id marker cannot be empty."),
    ("key-marker=k&version-id-marker=bad", "version-id-marker", "Invalid version id specified"),
    ("max-keys=-1", "max-keys", "Argument max-keys must be an integer between 0 and 2147483647"),
    ("encoding-type=x", "encoding-type", "Invalid Encoding Method specified in Request"),
])
def test_bad_parameters_of_a_listing(owner, bucket, query, name, message):
    expect.error(owner.get(bucket, query=f"versions&{query}"), 400, "InvalidArgument", message, ArgumentName=name)


def test_a_page_of_nothing(owner, shelf):
    bucket, _ = shelf
    answer = expect.ok(owner.get(bucket, query="versions&max-keys=0"))
    assert answer.texts("IsTruncated") == ["false"] and answer.texts("Version/Key") == []


def test_emptying_page_by_page_skips_nothing(s3, shelf):
    """The version that the markers name is gone when the next page is asked for."""
    bucket, expected = shelf
    markers, deleted = {}, []
    while True:
        page = s3.list_object_versions(Bucket=bucket, MaxKeys=2, **markers)
        entries = [{"Key": one["Key"], "VersionId": one["VersionId"]}
                   for one in page.get("Versions", []) + page.get("DeleteMarkers", [])]
        deleted += [(one["Key"], one["VersionId"]) for one in entries]
        s3.delete_objects(Bucket=bucket, Delete={"Objects": entries})
        if not page["IsTruncated"]:
            break
        markers = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}
    assert sorted(deleted) == sorted((key, version) for key, version, _, _ in expected)
    s3.delete_bucket(Bucket=bucket)


# Permissions


def test_rustfs_ghsa_3ppv_a_version_needs_the_permission_for_versions(other, owner, buckets, versioned):
    """GetObject does not read versions, GetObjectVersion not the current object (§7.4)."""
    version = put(owner, versioned, "k", b"x")
    named = f"versionId={version}"
    objects = policies.objects_arn(versioned)
    copy = lambda suffix: {"x-amz-copy-source": f"/{versioned}/k{suffix}"}  # noqa: E731
    own = new_name()
    expect.ok(other.put(own))
    buckets.allow(versioned, policies.allow(policies.account(A), "s3:GetObject", objects))
    expect.ok(other.get(versioned, "k"))
    expect.ok(other.put(own, "c", headers=copy("")))
    expect.denied(other.get(versioned, "k", named))
    expect.bodiless(other.head(versioned, "k", named), 403)
    expect.denied(other.put(own, "c", headers=copy(f"?{named}")))
    buckets.allow(versioned, policies.allow(policies.account(A), "s3:GetObjectVersion", objects))
    expect.ok(other.get(versioned, "k", named))
    expect.ok(other.put(own, "c", headers=copy(f"?{named}")))
    expect.denied(other.get(versioned, "k"))
    expect.denied(other.put(own, "c", headers=copy("")))


def test_rustfs_ghsa_x298_listing_versions_is_a_permission_of_its_own(anonymous, other, owner, buckets):
    """ListBucket does not list versions, and Block Public Access rules both."""
    name = buckets.enforced()
    put(owner, name, "k", b"x")
    buckets.allow(name, policies.allow("*", "s3:ListBucket", policies.bucket_arn(name)))
    for stranger in (anonymous, other):
        expect.ok(stranger.get(name, query="list-type=2"))
        expect.denied(stranger.get(name, query="versions"))
    buckets.allow(name, policies.allow("*", "s3:ListBucketVersions", policies.bucket_arn(name)))
    for stranger in (anonymous, other):
        expect.ok(stranger.get(name, query="versions"))
        expect.denied(stranger.get(name, query="list-type=2"))
    buckets.set_public_access_block(name, RestrictPublicBuckets=True)
    for stranger in (anonymous, other):
        expect.denied(stranger.get(name, query="versions"))


def test_a_hidden_version_is_denied(other, owner, buckets, versioned):
    """§7.4: that a version is missing is told only to those who may list."""
    put(owner, versioned, "k", b"x")
    marker = mark(owner, versioned, "k")
    unknown = f"versionId={'0' * 32}"
    get = policies.allow(policies.account(A), ["s3:GetObject", "s3:GetObjectVersion"], policies.objects_arn(versioned))
    buckets.allow(versioned, get)
    expect.denied(other.get(versioned, "k"))
    expect.denied(other.get(versioned, "k", unknown))
    expect.error(other.get(versioned, "k", f"versionId={marker}"), 405, "MethodNotAllowed")
    buckets.allow(versioned, get, policies.allow(policies.account(A), "s3:ListBucket", policies.bucket_arn(versioned)))
    expect.error(other.get(versioned, "k"), 404, "NoSuchKey")
    expect.error(other.get(versioned, "k", unknown), 404, "NoSuchVersion")


def test_deleting_a_version_is_a_permission_of_its_own(other, owner, buckets, versioned):
    version = put(owner, versioned, "k", b"x")
    objects = policies.objects_arn(versioned)
    buckets.allow(versioned, policies.allow(policies.account(A), "s3:DeleteObject", objects))
    expect.denied(other.delete(versioned, "k", f"versionId={version}"))
    marker = mark(other, versioned, "k")
    expect.denied(other.delete(versioned, "k", f"versionId={marker}"))
    buckets.allow(versioned, policies.allow(policies.account(A), "s3:DeleteObjectVersion", objects))
    expect.denied(other.delete(versioned, "k"))
    expect.ok(other.delete(versioned, "k", f"versionId={marker}"), 204)


def test_a_condition_sees_the_version_that_is_meant(other_s3, owner, buckets, versioned):
    """`s3:versionid` of a copy's source and of a batch deletion is not that of the URI."""
    old, new = put(owner, versioned, "k", b"old"), put(owner, versioned, "k", b"new")
    only_old = {"StringEquals": {"s3:versionid": old}}
    buckets.allow(versioned, policies.allow(
        policies.account(A), ["s3:GetObjectVersion", "s3:DeleteObjectVersion"], policies.objects_arn(versioned),
        only_old))
    own = new_name()
    other_s3.create_bucket(Bucket=own)
    copy = {"Bucket": versioned, "Key": "k"}
    other_s3.copy_object(Bucket=own, Key="c", CopySource=copy | {"VersionId": old})
    with client_error("AccessDenied", 403):
        other_s3.copy_object(Bucket=own, Key="c", CopySource=copy | {"VersionId": new})
    answer = other_s3.delete_objects(Bucket=versioned, Delete={"Objects": [
        {"Key": "k", "VersionId": new}, {"Key": "k", "VersionId": old}]})
    assert [one["VersionId"] for one in answer["Deleted"]] == [old]
    assert [(one["VersionId"], one["Code"]) for one in answer["Errors"]] == [(new, "AccessDenied")]


# Other clients


def test_the_command_line(aws, made):  # noqa: F811
    aws("s3api", "put-bucket-versioning", "--bucket", made, "--versioning-configuration", "Status=Enabled")
    assert aws.json("get-bucket-versioning", "--bucket", made) == {"Status": "Enabled"}
    (aws.home / "body").write_text("one")
    old = aws.json("put-object", "--bucket", made, "--key", "k", "--body", "body")["VersionId"]
    aws("s3", "rm", f"s3://{made}/k")
    page = aws.json("list-object-versions", "--bucket", made)
    assert [one["VersionId"] for one in page["Versions"]] == [old]
    (marker,) = page["DeleteMarkers"]
    assert marker["IsLatest"]
    aws.json("get-object", "--bucket", made, "--key", "k", "--version-id", old, "out")
    assert (aws.home / "out").read_text() == "one"
    refused = aws("s3", "rb", f"s3://{made}", status=1)
    assert "BucketNotEmpty" in refused
    for version in (marker["VersionId"], old):
        aws("s3api", "delete-object", "--bucket", made, "--key", "k", "--version-id", version)
    aws("s3", "rb", f"s3://{made}")


def test_ruby(server, owner, versioned):
    script = """
      require "aws-sdk-s3"
      s3 = Aws::S3::Resource.new(force_path_style: true)
      bucket = s3.bucket(ARGV[0])
      puts bucket.versioning.status
      object = bucket.object("k")
      object.put(body: "one"); object.put(body: "two"); object.delete
      page = s3.client.list_object_versions(bucket: ARGV[0], prefix: "k")
      puts page.versions.map { |v| [v.is_latest, v.size].join(" ") }
      puts page.delete_markers.map(&:is_latest)
      puts bucket.object("k").exists?
      object.version(page.delete_markers.first.version_id).delete
      puts object.get.body.read
      puts object.version(page.versions.last.version_id).get.body.read
      bucket.object_versions.batch_delete!
      puts bucket.object_versions.count
    """
    program = shutil.which("ruby")
    assert program, "no Ruby on the PATH; `make test` installs it"
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "AWS_REGION": "us-east-1",
                   "AWS_ENDPOINT_URL_S3": server.url,
                   "AWS_ACCESS_KEY_ID": B.access_key_id, "AWS_SECRET_ACCESS_KEY": B.secret_access_key,
                   "RUBYOPT": preload()}
    done = subprocess.run([program, "-e", script, versioned], env=environment, capture_output=True, text=True,
                          timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines() == ["Enabled", "false 3", "false 3", "true", "false", "two", "one", "0"]


def preload() -> str:
    """What the other Ruby tests load first: Debian's SDK is older than the variable of the endpoint."""
    return f"-r{Path(__file__).parent / 'mastodon' / 'preload.rb'}"
