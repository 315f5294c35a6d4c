"""Ownership controls, Block Public Access, policies and ACLs through boto3."""

import json

import pytest

from harness import expect, policies
from harness.accounts import A, B
from harness.buckets import new_name

ALL_FLAGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


@pytest.mark.parametrize("setting", ["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"])
def test_ownership_controls_round_trip(s3, bucket, setting):
    controls = {"Rules": [{"ObjectOwnership": setting}]}
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=controls)
    assert s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"] == controls


@pytest.mark.parametrize("setting", ["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"])
def test_ownership_at_creation(s3, setting):
    name = new_name()
    s3.create_bucket(Bucket=name, ObjectOwnership=setting)
    answer = s3.get_bucket_ownership_controls(Bucket=name)
    assert answer["OwnershipControls"]["Rules"] == [{"ObjectOwnership": setting}]


def test_ownership_controls_on_the_wire(owner, bucket):
    """§3.3: one newline after the XML declaration, none elsewhere."""
    assert expect.ok(owner.get(bucket, query="ownershipControls")).body == (
        b'<?xml version="1.0" encoding="UTF-8"?>\n'
        b'<OwnershipControls xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Rule>'
        b"<ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>"
    )


@pytest.mark.parametrize("document", [
    policies.ownership_controls(), policies.ownership_controls("ObjectWriter", "ObjectWriter"),
    policies.ownership_controls(" ObjectWriter "), policies.ownership_controls("objectwriter"),
    "<OwnershipControls><Rule/></OwnershipControls>", "<OwnershipControls/>", "<Other/>", "not xml", "",
])
def test_bad_ownership_controls(owner, bucket, document):
    """OWN-E2; versitygw 4ef090db: no rules at all took the server down."""
    answer = owner.document("PUT", bucket, "ownershipControls", document)
    assert answer.status == 400 and answer.code in ("MalformedXML", "MissingRequestBodyError"), answer
    assert b"BucketOwnerEnforced" in owner.get(bucket, query="ownershipControls").body


def test_ownership_controls_without_a_namespace(owner, bucket):
    document = policies.ownership_controls("ObjectWriter").replace(f' xmlns="{policies.S3_XMLNS}"', "")
    expect.ok(owner.document("PUT", bucket, "ownershipControls", document))
    assert b"ObjectWriter" in owner.get(bucket, query="ownershipControls").body


def test_public_access_block_round_trip(s3, bucket):
    assert s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"] == dict.fromkeys(
        ALL_FLAGS, True
    )  # BPA-3
    for chosen in ALL_FLAGS:
        s3.put_public_access_block(
            Bucket=bucket, PublicAccessBlockConfiguration={chosen: True}
        )
        stored = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
        assert stored == {flag: flag == chosen for flag in ALL_FLAGS}  # BPA-5
    s3.delete_public_access_block(Bucket=bucket)
    with expect.client_error("NoSuchPublicAccessBlockConfiguration", 404):
        s3.get_public_access_block(Bucket=bucket)


@pytest.mark.parametrize("document", [
    "<PublicAccessBlockConfiguration><BlockPublicAcls>perhaps</BlockPublicAcls></PublicAccessBlockConfiguration>",
    "<PublicAccessBlockConfiguration><Unknown>true</Unknown></PublicAccessBlockConfiguration>",
    "<Other/>", "not xml",
])
def test_bad_public_access_blocks(owner, bucket, document):
    expect.error(owner.document("PUT", bucket, "publicAccessBlock", document), 400, "MalformedXML")
    assert owner.get(bucket, query="publicAccessBlock").text("BlockPublicAcls") == "true"


def test_policy_comes_back_as_it_was_sent(s3, bucket):
    """POL-2, U-9."""
    text = json.dumps(json.loads(policies.policy(policies.allow(
        policies.account(A), ["s3:GetObject"], [policies.objects_arn(bucket)]
    ))), indent=2)
    s3.put_bucket_policy(Bucket=bucket, Policy=text)
    assert s3.get_bucket_policy(Bucket=bucket)["Policy"] == text
    s3.delete_bucket_policy(Bucket=bucket)
    with expect.client_error("NoSuchBucketPolicy", 404):
        s3.get_bucket_policy(Bucket=bucket)


def test_policy_is_replaced_as_a_whole(s3, other_s3, bucket):
    """POL-9."""
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    for action in ("s3:GetObject", "s3:DeleteObject"):
        s3.put_bucket_policy(Bucket=bucket, Policy=policies.policy(
            policies.allow(policies.account(A), action, policies.objects_arn(bucket))
        ))
    with expect.client_error("AccessDenied", 403):
        other_s3.get_object(Bucket=bucket, Key="k")
    other_s3.delete_object(Bucket=bucket, Key="k")


def test_policy_status(s3, buckets):
    name = buckets.enforced()
    s3.put_bucket_policy(Bucket=name, Policy=policies.public_read(name))
    assert s3.get_bucket_policy_status(Bucket=name)["PolicyStatus"] == {"IsPublic": True}
    s3.put_bucket_policy(Bucket=name, Policy=policies.policy(
        policies.allow(policies.account(A), "s3:GetObject", policies.objects_arn(name))
    ))
    assert s3.get_bucket_policy_status(Bucket=name)["PolicyStatus"] == {"IsPublic": False}


@pytest.mark.parametrize("principal", [
    {"AWS": A.account_id}, {"AWS": A.root_arn}, {"CanonicalUser": A.canonical_id}, {"AWS": [B.account_id, A.root_arn]},
])
def test_every_form_of_an_account_as_principal(s3, other_s3, third, bucket, principal):
    """§5.4; the canonical id keeps its letter case."""
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    s3.put_bucket_policy(Bucket=bucket, Policy=policies.policy(
        policies.allow(principal, "s3:GetObject", policies.objects_arn(bucket))
    ))
    assert other_s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    expect.denied(third.get(bucket, "k"))


def test_deny_wins_over_allow_in_any_order(s3, other_s3, bucket):
    allowed = policies.allow(policies.account(A), "s3:*", policies.objects_arn(bucket))
    denied = policies.deny("*", "s3:Get*", policies.objects_arn(bucket, "secret/*"))
    for key in ("open", "secret/k"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    for order in ((allowed, denied), (denied, allowed)):
        s3.put_bucket_policy(Bucket=bucket, Policy=policies.policy(*order))
        other_s3.get_object(Bucket=bucket, Key="open")
        for client in (other_s3, s3):  # a Deny hits the owner's root as well (ID-14)
            with expect.client_error("AccessDenied", 403):
                client.get_object(Bucket=bucket, Key="secret/k")
        s3.delete_bucket_policy(Bucket=bucket)


@pytest.mark.parametrize("pattern, key, matches", [
    ("*", "a/b", True), ("a/*", "a/b/c", True), ("a/*", "b/a", False), ("a?c", "abc", True),
    ("a?c", "ac", False), ("*.jpg", "dir/x.jpg", True), ("*.jpg", "x.JPG", False), ("ü*", "über", True),
    ("a*c*e", "abcde", True), ("exact", "exact", True), ("exact", "exactly", False),
])
def test_resource_patterns(s3, other_s3, bucket, pattern, key, matches):
    """POL-17, POL-33: wildcards cross slashes, letter case counts."""
    s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    s3.put_bucket_policy(Bucket=bucket, Policy=policies.policy(
        policies.allow(policies.account(A), "s3:GetObject", policies.objects_arn(bucket, pattern))
    ))
    if matches:
        assert other_s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"x"
    else:
        with expect.client_error("AccessDenied", 403):
            other_s3.get_object(Bucket=bucket, Key=key)


def test_acl_reads_in_a_default_bucket(s3, bucket):
    """OWN-20."""
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    own = {"Grantee": {"ID": B.canonical_id, "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}
    for acl in (s3.get_bucket_acl(Bucket=bucket), s3.get_object_acl(Bucket=bucket, Key="k")):
        assert (acl["Owner"], acl["Grants"]) == ({"ID": B.canonical_id}, [own])


def test_acl_writes_in_an_object_writer_bucket(s3, other_s3, anonymous_s3, buckets):
    name = buckets.object_writer()
    s3.put_object(Bucket=name, Key="public", Body=b"x", ACL="public-read")
    s3.put_object(Bucket=name, Key="granted", Body=b"x", GrantRead=f'id="{A.canonical_id}"')
    s3.put_object(Bucket=name, Key="later", Body=b"x")
    assert anonymous_s3.get_object(Bucket=name, Key="public")["Body"].read() == b"x"
    assert other_s3.get_object(Bucket=name, Key="granted")["Body"].read() == b"x"
    with expect.client_error("AccessDenied", 403):
        anonymous_s3.get_object(Bucket=name, Key="granted")
    s3.put_object_acl(Bucket=name, Key="later", ACL="public-read")
    assert anonymous_s3.get_object(Bucket=name, Key="later")["Body"].read() == b"x"
    s3.put_object_acl(Bucket=name, Key="later", ACL="private")
    with expect.client_error("AccessDenied", 403):
        anonymous_s3.get_object(Bucket=name, Key="later")
    s3.put_bucket_acl(Bucket=name, AccessControlPolicy={
        "Owner": {"ID": B.canonical_id},
        "Grants": [{"Grantee": {"Type": "CanonicalUser", "ID": A.canonical_id}, "Permission": "READ"}],
    })
    assert len(other_s3.list_objects_v2(Bucket=name)["Contents"]) == 3
    with expect.client_error("AccessDenied", 403):
        other_s3.put_object(Bucket=name, Key="mine", Body=b"x")


def test_acl_of_a_multipart_upload_and_a_copy(s3, anonymous_s3, buckets):
    """§2.12: fixed at initiation; a copy gets its own."""
    where = {"Bucket": buckets.object_writer(), "Key": "k"}
    upload = s3.create_multipart_upload(**where, ACL="public-read")["UploadId"]
    part = s3.upload_part(**where, UploadId=upload, PartNumber=1, Body=b"x")
    s3.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={
        "Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]
    })
    assert anonymous_s3.get_object(**where)["Body"].read() == b"x"
    s3.copy_object(Bucket=where["Bucket"], Key="private", CopySource=where)
    with expect.client_error("AccessDenied", 403):
        anonymous_s3.get_object(Bucket=where["Bucket"], Key="private")
    s3.copy_object(Bucket=where["Bucket"], Key="public", CopySource=where, ACL="public-read")
    assert anonymous_s3.get_object(Bucket=where["Bucket"], Key="public")["Body"].read() == b"x"


def test_settings_of_somebody_else(other, anonymous, owner, bucket):
    for stranger in (other, anonymous):
        for query in ("acl", "policy", "ownershipControls", "publicAccessBlock", "policyStatus", "location"):
            expect.denied(stranger.get(bucket, query=query))
        for query in ("policy", "ownershipControls", "publicAccessBlock"):
            expect.denied(stranger.delete(bucket, query=query))
        expect.denied(stranger.document("PUT", bucket, "policy", policies.public_read(bucket)))
        expect.denied(stranger.document("PUT", bucket, "publicAccessBlock",
                                        policies.public_access_block(BlockPublicAcls=False)))
        expect.denied(stranger.document("PUT", bucket, "ownershipControls",
                                        policies.ownership_controls("ObjectWriter")))
    assert b"BucketOwnerEnforced" in owner.get(bucket, query="ownershipControls").body
    assert owner.get(bucket, query="publicAccessBlock").text("BlockPublicAcls") == "true"


def test_anonymous_ownership_controls_have_their_own_words(anonymous, bucket):
    """OWN-E7."""
    expect.denied(anonymous.get(bucket, query="ownershipControls"),
                  "s3:GetBucketOwnershipControls does not support Anonymous requests!")
    expect.denied(
        anonymous.document("PUT", bucket, "ownershipControls", policies.ownership_controls("ObjectWriter")),
        "s3:PutBucketOwnershipControls does not support Anonymous requests!",
    )
