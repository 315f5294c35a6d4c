"""Test vectors 001–017: ownership controls and creation (access-control.md §14.1)."""

from harness import acls, expect, policies
from harness.accounts import A, B
from harness.buckets import new_name

CONTROLS = "ownershipControls"
WITH_OWNERSHIP = (
    "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"
)


def setting(client, bucket) -> list[str]:
    return expect.ok(client.get(bucket, query=CONTROLS)).texts("Rule/ObjectOwnership")


def create_fails(owner, headers, code, message=None, **extra):
    """CreateBucket is refused and there is no bucket afterwards."""
    name = new_name()
    fields = expect.error(owner.put(name, headers=headers), 400, code, message, **extra)
    expect.bodiless(owner.head(name), 404)
    return fields


def test_tv_001_new_bucket_is_enforced(owner, bucket):
    assert setting(owner, bucket) == ["BucketOwnerEnforced"]


def test_tv_002_unknown_ownership_header(owner):
    fields = create_fails(
        owner, {"x-amz-object-ownership": "RandomValue"}, "InvalidArgument",
        "Invalid x-amz-object-ownership header: RandomValue", ArgumentName="x-amz-object-ownership",
    )
    assert "ArgumentValue" not in fields  # OWN-E3


def test_tv_003_empty_ownership_header(owner):
    create_fails(owner, {"x-amz-object-ownership": ""}, "InvalidArgument",
                 ArgumentName="x-amz-object-ownership")


def test_tv_004_public_acl_without_ownership_header(owner):
    create_fails(owner, {"x-amz-acl": "public-read"}, "InvalidBucketAclWithObjectOwnership",
                 WITH_OWNERSHIP)


def test_tv_005_object_writer_and_public_acl(owner):
    create_fails(
        owner, {"x-amz-object-ownership": "ObjectWriter", "x-amz-acl": "public-read"},
        "InvalidBucketAclWithBlockPublicAccessError",
        "Bucket cannot have public ACLs set with BlockPublicAccess enabled",
    )


def test_tv_006_enforced_and_private(owner):
    name = new_name()
    headers = {"x-amz-object-ownership": "BucketOwnerEnforced", "x-amz-acl": "private"}
    expect.ok(owner.put(name, headers=headers))
    assert setting(owner, name) == ["BucketOwnerEnforced"]


def test_tv_007_enforced_and_log_delivery(owner):
    create_fails(
        owner, {"x-amz-object-ownership": "BucketOwnerEnforced", "x-amz-acl": "log-delivery-write"},
        "InvalidBucketAclWithObjectOwnership", WITH_OWNERSHIP,
    )


def test_tv_008_object_writer_and_log_delivery(owner):
    name = new_name()
    headers = {"x-amz-object-ownership": "ObjectWriter", "x-amz-acl": "log-delivery-write"}
    expect.ok(owner.put(name, headers=headers))
    assert acls.read(expect.ok(owner.get(name, query="acl"))).grants == [
        acls.full_control(B.canonical_id),
        (policies.LOG_DELIVERY, "WRITE"),
        (policies.LOG_DELIVERY, "READ_ACP"),
    ]


def test_tv_009_switch_to_object_writer(owner, buckets, bucket):
    buckets.set_ownership(bucket, "ObjectWriter")
    assert setting(owner, bucket) == ["ObjectWriter"]


def test_tv_010_two_rules(owner, bucket):
    document = policies.ownership_controls("ObjectWriter", "BucketOwnerPreferred")
    expect.error(owner.document("PUT", bucket, CONTROLS, document), 400, "MalformedXML")
    assert setting(owner, bucket) == ["BucketOwnerEnforced"]


def test_tv_011_unknown_value(owner, bucket):
    document = policies.ownership_controls("Bogus")
    expect.error(
        owner.document("PUT", bucket, CONTROLS, document), 400, "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
    )


def test_tv_012_delete_twice(owner, bucket):
    for _ in range(2):
        expect.ok(owner.delete(bucket, query=CONTROLS), 204)


def test_tv_013_nothing_stored(owner, buckets, bucket):
    buckets.delete_ownership(bucket)
    expect.error(owner.get(bucket, query=CONTROLS), 404, "OwnershipControlsNotFoundError",
                 "The bucket ownership controls were not found", BucketName=bucket)


def bucket_readable_by_a(owner, buckets) -> str:
    name = buckets.preferred()
    grants = {
        "x-amz-grant-read": f'id="{A.canonical_id}"',
        "x-amz-grant-full-control": f'id="{B.canonical_id}"',
    }
    expect.ok(owner.put(name, query="acl", headers=grants))
    return name


def test_tv_014_enforcing_is_refused_while_the_bucket_acl_grants_others(owner, buckets):
    name = bucket_readable_by_a(owner, buckets)
    document = policies.ownership_controls("BucketOwnerEnforced")
    expect.error(owner.document("PUT", name, CONTROLS, document), 400,
                 "InvalidBucketAclWithObjectOwnership", WITH_OWNERSHIP)
    assert setting(owner, name) == ["BucketOwnerPreferred"]


def test_tv_015_a_private_bucket_acl_clears_the_way(owner, buckets):
    name = bucket_readable_by_a(owner, buckets)
    expect.ok(owner.put(name, query="acl", headers={"x-amz-acl": "private"}))
    buckets.set_ownership(name, "BucketOwnerEnforced")
    assert setting(owner, name) == ["BucketOwnerEnforced"]


def test_tv_016_object_acls_do_not_block_the_switch(owner, buckets):
    name = buckets.object_writer()
    expect.ok(owner.put(name, "k", b"x", headers={"x-amz-acl": "public-read"}))
    buckets.set_ownership(name, "BucketOwnerEnforced")
    assert setting(owner, name) == ["BucketOwnerEnforced"]


def test_tv_017_create_again_with_an_ownership_header(owner, bucket):
    answer = owner.put(bucket, headers={"x-amz-object-ownership": "ObjectWriter"})
    expect.error(
        answer, 409, "BucketAlreadyOwnedByYou",
        "Your previous request to create the named bucket succeeded and you already own it.",
        BucketName=bucket,
    )
    assert setting(owner, bucket) == ["BucketOwnerEnforced"]


def test_u_2_private_without_ownership_header_means_preferred(owner):
    """OWN-3, switch `create_bucket_private_acl_ownership` at its default; a single source says so."""
    name = new_name()
    expect.ok(owner.put(name, headers={"x-amz-acl": "private"}))
    assert setting(owner, name) == ["BucketOwnerPreferred"]


def test_create_again_resets_the_bucket_acl(owner, buckets):
    """§2.12: in us-east-1, without an ownership header."""
    name = buckets.with_acl("public-read")
    expect.ok(owner.put(name))
    acl = acls.read(expect.ok(owner.get(name, query="acl")))
    assert acl.grants == [acls.full_control(B.canonical_id)]
