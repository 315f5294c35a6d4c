"""Test vectors 103–115: bucket policies (access-control.md §14.7)."""

import json

import pytest

from harness import expect, policies
from harness.accounts import A, B

POLICY_BYTES_MAX = 20480


def put(client, bucket, text):
    return client.document("PUT", bucket, "policy", text)


def malformed(client, bucket, text, message):
    expect.error(put(client, bucket, text), 400, "MalformedPolicy", message)
    expect.error(client.get(bucket, query="policy"), 404, "NoSuchBucketPolicy")


def statement_for(bucket, **changed) -> str:
    """A good policy for A with members replaced, or left out where the value is None."""
    good = policies.allow(policies.account(A), "s3:GetObject", policies.objects_arn(bucket)) | changed
    kept = {name: value for name, value in good.items() if value is not None}
    return policies.policy(kept)


def test_tv_103_none_stored(owner, bucket):
    expect.error(owner.get(bucket, query="policy"), 404, "NoSuchBucketPolicy",
                 "The bucket policy does not exist", BucketName=bucket)


@pytest.mark.parametrize("text", ["", "abc", '""', "[]"])
def test_tv_104_no_json_object(owner, bucket, text):
    malformed(owner, bucket, text, "Policies must be valid JSON and the first byte must be '{'")


def test_tv_105_no_statement(owner, bucket):
    malformed(owner, bucket, "{}", "Missing required field Statement")


def test_tv_106_resource_of_another_bucket(owner, bucket):
    text = statement_for(bucket, Resource="arn:aws:s3:::some-other-bucket/*")
    malformed(owner, bucket, text, "Policy has invalid resource")


@pytest.mark.parametrize("principal", [
    {"AWS": f"arn:aws:iam::{B.account_id}:user/nobody-of-this-name"},
    {"AWS": "123456789098"},  # an account that nobody made
    {"AWS": f"arn:aws:iam::{A.account_id}:user/*"}, {"AWS": "nonsense"}, {"AWS": ["*", A.account_id]},
])
def test_tv_107_invalid_principals(owner, bucket, principal):
    """The vector is the user that does not exist; POL-E8 names the other forms."""
    malformed(owner, bucket, statement_for(bucket, Principal=principal), "Invalid principal in policy")


def test_tv_108_object_action_on_the_bucket_only(owner, bucket):
    malformed(owner, bucket, statement_for(bucket, Resource=policies.bucket_arn(bucket)),
              "Action does not apply to any resource(s) in statement")
    text = statement_for(bucket, Action="s3:ListBucket")
    malformed(owner, bucket, text, "Action does not apply to any resource(s) in statement")


def test_tv_109_condition_that_does_not_fit_the_action(owner, bucket):
    text = statement_for(bucket, Action="s3:PutObject",
                         Condition={"StringEquals": {"s3:ExistingObjectTag/x": "y"}})
    malformed(owner, bucket, text,
              "Conditions do not apply to combination of actions and resources in statement")


def policy_of_size(bucket, size) -> str:
    document = json.loads(statement_for(bucket))
    document["Id"] = ""
    document["Id"] = "x" * (size - len(json.dumps(document, separators=(",", ":"))))
    text = json.dumps(document, separators=(",", ":"))
    assert len(text) == size
    return text


def test_tv_110_too_large(owner, bucket):
    malformed(owner, bucket, policy_of_size(bucket, POLICY_BYTES_MAX + 1),
              "Normalized policy document exceeds the maximum allowed size of 20480 bytes")
    fits = policy_of_size(bucket, POLICY_BYTES_MAX)
    expect.ok(put(owner, bucket, fits), 204)
    spaced = json.dumps(json.loads(fits), indent=40)  # white space is not counted (POL-1)
    expect.ok(put(owner, bucket, spaced), 204)


def test_tv_111_put_and_delete(owner, bucket):
    expect.ok(put(owner, bucket, statement_for(bucket)), 204)
    for _ in range(2):
        expect.ok(owner.delete(bucket, query="policy"), 204)


def test_tv_112_another_account_may_never(owner, other, bucket):
    text = policies.policy(policies.allow(
        policies.account(A), "s3:*", [policies.bucket_arn(bucket), policies.objects_arn(bucket)]
    ))
    expect.ok(put(owner, bucket, text), 204)
    message = "The specified method is not allowed against this resource."
    for answer, method in ((other.get(bucket, query="policy"), "GET"), (put(other, bucket, text), "PUT"),
                           (other.delete(bucket, query="policy"), "DELETE")):
        expect.error(answer, 405, "MethodNotAllowed", message, Method=method, ResourceType="BUCKETPOLICY")
    assert owner.get(bucket, query="policy").body.decode() == text


def test_tv_113_without_permission_it_is_denied(other, anonymous, bucket):
    for stranger in (other, anonymous):
        expect.denied(stranger.get(bucket, query="policy"))


def deny_everything(bucket) -> str:
    everything = [policies.bucket_arn(bucket), policies.objects_arn(bucket)]
    return policies.policy(policies.deny("*", "s3:*", everything))


def test_tv_114_root_can_always_mend_the_policy(owner, root, bucket):
    """ID-13."""
    expect.ok(put(owner, bucket, deny_everything(bucket)), 204)
    assert expect.ok(root.get(bucket, query="policy")).body.decode() == deny_everything(bucket)
    expect.ok(put(root, bucket, deny_everything(bucket)), 204)
    expect.ok(root.delete(bucket, query="policy"), 204)
    expect.ok(owner.get(bucket))


def test_tv_115_and_nothing_else(owner, root, callers, bucket):
    expect.ok(owner.put(bucket, "k", b"x"))
    expect.ok(put(owner, bucket, deny_everything(bucket)), 204)
    expect.denied(root.get(bucket, "k"))
    if callers[B.name] is not B:
        for refused in (owner.get(bucket, query="policy"), put(owner, bucket, deny_everything(bucket)),
                        owner.delete(bucket, query="policy")):
            expect.denied(refused)
    fields = expect.denied(owner.get(bucket, "k"))
    assert "explicit deny in a resource-based policy" in fields["Message"]  # §8.5, R
    for query in ("acl", "ownershipControls", "publicAccessBlock", "list-type=2", "policyStatus"):
        expect.denied(owner.get(bucket, query=query))
    expect.denied(owner.delete(bucket, "k"))


@pytest.mark.parametrize("changed, message", [
    ({"Effect": None}, "Missing required field Effect"),
    ({"Effect": "Perhaps"}, "Invalid effect: Perhaps"),
    ({"Effect": "allow"}, "Invalid effect: allow"),
    ({"Principal": None}, "Missing required field Principal"),
    ({"Action": None}, "Missing required field Action"),
    ({"Action": "s3:Foo"}, "Policy has invalid action"),
    ({"Action": "ec2:RunInstances"}, "Policy has invalid action"),
    ({"Resource": None}, "Missing required field Resource"),
    ({"Resource": "plain text"}, "Policy has invalid resource"),
    ({"Condition": {"StringEquals": {"s3:NoSuchKey": "x"}}}, "Policy has an invalid condition key"),
    ({"Condition": {"StringEqualz": {"aws:SourceIp": "x"}}}, "Invalid Condition type : StringEqualz"),
    ({"Condition": {"IpAddress": {"aws:SourceIp": "300.1.1.1"}}}, "Invalid IP address in Conditions"),
])
def test_validation_messages(owner, bucket, changed, message):
    """§5.3."""
    malformed(owner, bucket, statement_for(bucket, **changed), message)


@pytest.mark.parametrize("text, message", [
    ('{"Version":"2012-10-17","Statement":[]}', "Could not parse the policy: Statement is empty!"),
    ('{"Version":"2099-01-01","Statement":[{}]}', "The policy must contain a valid version string"),
    ('{"Version":', "This policy contains invalid Json"),
])
def test_document_messages(owner, bucket, text, message):
    malformed(owner, bucket, text, message)


def test_a_malformed_policy_leaves_the_stored_one(owner, bucket):
    good = statement_for(bucket)
    expect.ok(put(owner, bucket, good), 204)
    expect.error(put(owner, bucket, "{}"), 400, "MalformedPolicy")
    assert owner.get(bucket, query="policy").body.decode() == good
