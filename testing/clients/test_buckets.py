"""Buckets through boto3: create, list, head, locate, delete."""

import pytest

from harness import expect
from harness.accounts import A, B
from harness.buckets import new_name


def test_create_answers_with_the_location(s3):
    name = new_name()
    answer = s3.create_bucket(Bucket=name)
    assert answer["Location"] == f"/{name}"
    assert s3.head_bucket(Bucket=name)["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"] == "us-east-1"


def test_list_shows_own_buckets_and_the_owner(s3, other_s3):
    mine, theirs = new_name(), new_name()
    s3.create_bucket(Bucket=mine)
    other_s3.create_bucket(Bucket=theirs)
    answer = s3.list_buckets()
    names = [bucket["Name"] for bucket in answer["Buckets"]]
    assert mine in names and theirs not in names
    assert names == sorted(names)
    assert answer["Owner"] == {"ID": B.canonical_id}  # ID-5, ID-17
    assert other_s3.list_buckets()["Owner"] == {"ID": A.canonical_id}


def test_list_by_prefix_in_pages(s3):
    prefix = new_name("page")
    names = [f"{prefix}-{index}" for index in range(5)]
    for name in names:
        s3.create_bucket(Bucket=name)
    pages = s3.get_paginator("list_buckets").paginate(
        Prefix=prefix, PaginationConfig={"PageSize": 2}
    )
    found = [[bucket["Name"] for bucket in page["Buckets"]] for page in pages]
    assert found == [names[0:2], names[2:4], names[4:]]


def test_location_constraint_is_kept(s3):
    here, there = new_name(), new_name()
    s3.create_bucket(Bucket=here)
    s3.create_bucket(
        Bucket=there, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    assert s3.get_bucket_location(Bucket=here)["LocationConstraint"] is None
    assert s3.get_bucket_location(Bucket=there)["LocationConstraint"] == "eu-central-1"
    head = s3.head_bucket(Bucket=there)
    assert head["BucketRegion"] == "eu-central-1"


def test_create_again_by_the_owner_succeeds_in_us_east_1(s3):
    """§2.12: 200 and the bucket is as it was, its objects included."""
    name = new_name()
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="kept", Body=b"kept")
    s3.create_bucket(Bucket=name)
    assert s3.get_object(Bucket=name, Key="kept")["Body"].read() == b"kept"


def test_create_again_in_another_region_is_refused(s3):
    name = new_name()
    where = {"LocationConstraint": "eu-central-1"}
    s3.create_bucket(Bucket=name, CreateBucketConfiguration=where)
    with expect.client_error("BucketAlreadyOwnedByYou", 409):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration=where)


def test_a_name_of_another_account_is_taken(s3, other_s3, other):
    name = new_name()
    s3.create_bucket(Bucket=name)
    with expect.client_error("BucketAlreadyExists", 409):
        other_s3.create_bucket(Bucket=name)
    expect.error(
        other.put(name), 409, "BucketAlreadyExists",
        "The requested bucket name is not available. The bucket namespace is shared by all users "
        "of the system. Please select a different name and try again.",
    )


@pytest.mark.parametrize("name", ["ab", "Upper-Case", "under_score", "-abc", "abc-", "a..b",
                                  "192.168.5.4", "xn--abc", "a" * 64])
def test_bad_names_are_refused(owner, name):
    expect.error(owner.put(name), 400, "InvalidBucketName")


def test_delete_needs_an_empty_bucket(s3):
    name = new_name()
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=b"x")
    with expect.client_error("BucketNotEmpty", 409):
        s3.delete_bucket(Bucket=name)
    s3.delete_object(Bucket=name, Key="k")
    assert s3.delete_bucket(Bucket=name)["ResponseMetadata"]["HTTPStatusCode"] == 204
    with expect.client_error("NoSuchBucket", 404):
        s3.delete_bucket(Bucket=name)


def test_a_deleted_name_is_free_for_others_and_starts_afresh(s3, other_s3):
    name = new_name()
    s3.create_bucket(Bucket=name, ObjectOwnership="ObjectWriter")
    s3.delete_public_access_block(Bucket=name)
    s3.delete_bucket(Bucket=name)
    other_s3.create_bucket(Bucket=name)
    rules = other_s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}]  # OWN-1
    assert all(other_s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"].values())


def test_head_tells_only_what_the_caller_may_know(s3, other_s3, anonymous_s3, bucket):
    """EVAL-8: 200, 403 for a bucket of somebody else, 404 for none."""
    s3.head_bucket(Bucket=bucket)
    with expect.client_error("403", 403):
        other_s3.head_bucket(Bucket=bucket)
    with expect.client_error("403", 403):
        anonymous_s3.head_bucket(Bucket=bucket)
    for client in (s3, other_s3, anonymous_s3):
        with expect.client_error("404", 404):
            client.head_bucket(Bucket=new_name())


def test_buckets_of_somebody_else_cannot_be_deleted(other_s3, s3, bucket):
    with expect.client_error("AccessDenied", 403):
        other_s3.delete_bucket(Bucket=bucket)
    s3.head_bucket(Bucket=bucket)


def test_anonymous_cannot_create_or_list_buckets(anonymous, owner):
    """§8.6; no redirect to Amazon's product page: FAITHFULNESS.md, U-12."""
    name = new_name()
    expect.denied(anonymous.put(name))
    expect.bodiless(owner.head(name), 404)
    expect.denied(anonymous.get())
