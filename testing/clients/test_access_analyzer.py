"""Access Analyzer: policies validated and compared by boto3 and the AWS CLI, before anybody stores them."""

import json
from dataclasses import dataclass

import pytest

from harness import expect
from harness.accounts import A, B, FIRST
from harness.aws_cli import Cli
from harness.iam import allow, deny, policy, unique
from harness.server import Server
from harness.sessions import Identities, Session, client, trust

READ = allow("s3:GetObject", "arn:aws:s3:::photos/*")


@pytest.fixture(scope="module")
def analyzer(server):
    return client("accessanalyzer", server.url, B)


def bucket_policy(*statements: dict) -> str:
    return policy(*statements)


def open_to(principal, **more) -> dict:
    return READ | {"Principal": principal} | more


def inside(document: str, finding: dict) -> str:
    """The text of the policy that a finding is about."""
    span = finding["locations"][0]["span"]
    start, end = span["start"], span["end"]
    before = document[: start["offset"]]
    assert start["line"] == before.count("\n") + 1
    assert start["column"] == len(before.rsplit("\n", 1)[-1])
    return document[start["offset"] : end["offset"]]


def test_a_policy_is_validated_with_places(analyzer):
    document = json.dumps({"Version": "2012-10-17", "Statement": [
        READ, allow(["s3:GetObject", "s3:GetObjekt"]), {"Effect": "Permit", "Action": "s3:*", "Resource": "*"},
    ]}, indent=2)
    findings = analyzer.validate_policy(policyDocument=document, policyType="IDENTITY_POLICY")["findings"]
    shown = [(one["findingType"], one["issueCode"], inside(document, one)) for one in findings]
    assert shown == [("ERROR", "INVALID_ACTION", '"s3:GetObjekt"'), ("ERROR", "INVALID_EFFECT", '"Permit"')]
    path = findings[0]["locations"][0]["path"]
    assert path == [{"value": "Statement"}, {"index": 1}, {"value": "Action"}, {"index": 1}]
    assert findings[0]["learnMoreLink"].endswith("#access-analyzer-reference-policy-checks-error-invalid-action")
    assert analyzer.validate_policy(policyDocument=policy(READ), policyType="IDENTITY_POLICY")["findings"] == []


def test_findings_come_in_pages(analyzer):
    document = policy(*(allow(f"s3:No{number}") for number in range(5)))
    paginator = analyzer.get_paginator("validate_policy")
    pages = paginator.paginate(policyDocument=document, policyType="IDENTITY_POLICY",
                               PaginationConfig={"PageSize": 2})
    sizes = [len(page["findings"]) for page in pages]
    assert sizes == [2, 2, 1]


def test_resource_policies_are_validated(analyzer):
    def codes(document: str, **more) -> list:
        found = analyzer.validate_policy(policyDocument=document, policyType="RESOURCE_POLICY", **more)
        return [(one["findingType"], one["issueCode"]) for one in found["findings"]]

    bucket = {"validatePolicyResourceType": "AWS::S3::Bucket"}
    role = {"validatePolicyResourceType": "AWS::IAM::AssumeRolePolicyDocument"}
    public = ("SECURITY_WARNING", "PUBLIC_ACCESS")
    assert codes(bucket_policy(open_to("*")), **bucket) == [public]
    assert codes(bucket_policy(open_to("*"))) == [public]
    assert codes(bucket_policy(open_to({"AWS": A.account_id})), **bucket) == []
    never = open_to("*", Condition={"StringEquals": {"aws:UserAgent": "a"}, "StringNotEquals": {"aws:UserAgent": "a"}})
    assert codes(bucket_policy(never), **bucket) == [("WARNING", "NEVER_MATCHES")]
    assert codes(trust({"AWS": A.account_id}), **role) == []
    assert codes(trust({"AWS": A.account_id}, "s3:GetObject"), **role) == [("ERROR", "UNSUPPORTED_ACTION_IN_POLICY")]
    assert codes("{\n ]", **bucket) == [("ERROR", "JSON_SYNTAX_ERROR")]


def test_new_access_is_found(analyzer):
    def check(new: str, existing: str, kind: str = "IDENTITY_POLICY") -> dict:
        answer = analyzer.check_no_new_access(newPolicyDocument=new, existingPolicyDocument=existing, policyType=kind)
        answer.pop("ResponseMetadata")
        return answer

    wide = allow("s3:GetObject", "arn:aws:s3:::*", Sid="Wide")
    assert check(policy(READ), policy(wide)) == {
        "result": "PASS", "message": "The modified permissions do not grant new access compared to your existing policy."}
    assert check(policy(READ, wide), policy(READ)) == {
        "result": "FAIL",
        "message": "The modified permissions grant new access compared to your existing policy.",
        "reasons": [{"description": "New access in the statement with sid: Wide.",
                     "statementIndex": 1, "statementId": "Wide"}],
    }
    kept = deny("s3:*", "arn:aws:s3:::secret/*")
    assert check(policy(wide, kept), policy(wide))["result"] == "PASS"
    found = check(policy(wide), policy(wide, kept))
    assert found["result"] == "FAIL" and [one["statementIndex"] for one in found["reasons"]] == [0]
    ours, theirs = bucket_policy(open_to({"AWS": B.account_id})), bucket_policy(open_to({"AWS": A.account_id}))
    assert check(ours, theirs, "RESOURCE_POLICY")["reasons"] == [
        {"description": "New access in the statement with index: 0.", "statementIndex": 0}]
    assert check(ours, bucket_policy(open_to("*")), "RESOURCE_POLICY")["result"] == "PASS"
    assert check(trust({"AWS": A.account_id}), trust({"AWS": B.account_id}), "RESOURCE_POLICY")["result"] == "FAIL"


def test_access_that_must_not_be_granted(analyzer):
    def check(document: str, **access) -> dict:
        answer = analyzer.check_access_not_granted(
            policyDocument=document, access=[access], policyType="IDENTITY_POLICY")
        answer.pop("ResponseMetadata")
        return answer

    assert check(policy(READ), actions=["iam:CreateUser", "s3:PutObject"]) == {
        "result": "PASS",
        "message": "The policy document does not grant access to perform one or more of the listed actions."}
    assert check(policy(READ), actions=["s3:PutObject", "s3:Get*"]) == {
        "result": "FAIL",
        "message": "The policy document grants access to perform one or more of the listed actions.",
        "reasons": [{"description": "One or more of the listed actions in the statement with index: 0.",
                     "statementIndex": 0}],
    }
    assert check(policy(READ), resources=["arn:aws:s3:::photos/private/*"])["result"] == "FAIL"
    assert check(policy(READ), resources=["arn:aws:s3:::books/*"])["result"] == "PASS"
    both = check(policy(allow("s3:*")), actions=["s3:DeleteObject"], resources=["arn:aws:s3:::photos/*"])
    assert both["message"] == (
        "The policy document grants access to perform one or more of the listed actions or resources.")


def test_public_access_is_found(analyzer):
    def check(document: str, kind: str = "AWS::S3::Bucket") -> dict:
        answer = analyzer.check_no_public_access(policyDocument=document, resourceType=kind)
        answer.pop("ResponseMetadata")
        return answer

    assert check(bucket_policy(open_to("*", Sid="Open"))) == {
        "result": "FAIL",
        "message": "The resource policy grants public access for the given resource type.",
        "reasons": [{"description": "Public access granted in the following statement with sid: Open.",
                     "statementIndex": 0, "statementId": "Open"}],
    }
    assert check(bucket_policy(open_to({"AWS": A.account_id}))) == {
        "result": "PASS", "message": "The resource policy does not grant public access for the given resource type."}
    assert check(trust({"AWS": "*"}), "AWS::IAM::AssumeRolePolicyDocument")["result"] == "FAIL"
    with expect.client_error("ValidationException", 400) as caught:
        check(bucket_policy(open_to("*")), "AWS::SQS::Queue")
    assert caught.value.response["reason"] == "notSupported"


def test_what_is_refused(server, analyzer):
    with expect.client_error("InvalidParameterException", 400):
        analyzer.check_no_new_access(newPolicyDocument="{", existingPolicyDocument="{", policyType="IDENTITY_POLICY")
    with expect.client_error("ValidationException", 400) as caught:
        analyzer.validate_policy(policyDocument="{}", policyType="SERVICE_CONTROL_POLICY")
    assert caught.value.response["reason"] == "notSupported"
    beyond = allow("s3:*", "*", Condition={"StringEqualsIgnoreCase": {"aws:Referer": "é"}})
    with expect.client_error("UnprocessableEntityException", 422):
        analyzer.check_no_new_access(newPolicyDocument=policy(beyond), existingPolicyDocument=policy(beyond),
                                     policyType="IDENTITY_POLICY")
    with expect.client_error("UnknownOperationException", 404):
        analyzer.list_policy_generations()


def test_who_may_ask(server):
    def validate(holder) -> list:
        asked = client("accessanalyzer", server.url, holder)
        return asked.validate_policy(policyDocument=policy(READ), policyType="IDENTITY_POLICY")["findings"]

    makes = Identities(server.url, B)
    assert validate(makes.user(allow("access-analyzer:ValidatePolicy"))) == []
    with expect.client_error("AccessDeniedException", 403) as caught:
        validate(makes.user(allow("access-analyzer:CheckNoNewAccess")))
    assert "is not authorized to perform: access-analyzer:ValidatePolicy" in caught.value.response["Error"]["Message"]
    with expect.client_error("UnrecognizedClientException", 403):
        validate(Session("AKIAUNKNOWNUNKNOWN00", B.secret_access_key, None))
    with expect.client_error("InvalidSignatureException", 403):
        validate(Session(B.access_key_id, "x" * 40, None))


@pytest.mark.parametrize("version", [1, 2])
def test_the_command_line(server, tmp_path, version):
    aws = Cli(version, server.url, tmp_path)
    (tmp_path / "policy.json").write_text(policy(allow("s3:Gett")))
    printed = aws("accessanalyzer", "validate-policy", "--policy-type", "IDENTITY_POLICY",
                  "--policy-document", "file://policy.json", "--output", "json")
    assert [one["issueCode"] for one in json.loads(printed)["findings"]] == ["INVALID_ACTION"]
    assert json.loads(aws("accessanalyzer", "list-analyzers", "--output", "json")) == {"analyzers": []}
    if version == 2:
        return  # Debian's is older than the checks.
    printed = aws("accessanalyzer", "check-access-not-granted", "--policy-type", "IDENTITY_POLICY",
                  "--policy-document", policy(READ), "--access", "actions=s3:PutObject", "--output", "json")
    assert json.loads(printed)["result"] == "PASS"


@pytest.fixture
def own(server, request):
    """Access Analyzer, S3 and IAM of an account of its own, with an analyzer."""
    account = client("organizations", server.url, FIRST).create_account(
        AccountName=unique("analyzed"), Email=f"{unique('analyzed')}@example.com")["CreateAccountStatus"]["AccountId"]
    role = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
    sts = client("sts", server.url, Identities(server.url, FIRST).user(allow("sts:AssumeRole", role)))
    session = Session.of(sts.assume_role(RoleArn=role, RoleSessionName="analyst"))
    return Own(account, client("accessanalyzer", server.url, session), client("s3", server.url, session),
               client("iam", server.url, session))


@dataclass
class Own:
    account: str
    analyzer: object
    s3: object
    iam: object

    def bucket(self, *statements: dict, **more) -> str:
        name = f"{unique('analyzed')}-{self.account}"
        self.s3.create_bucket(Bucket=name, **more)
        if statements:
            self.s3.delete_public_access_block(Bucket=name)
            document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
            self.s3.put_bucket_policy(Bucket=name, Policy=document.replace("photos", name))
        return name

    def findings(self, arn: str, **more) -> list:
        return self.analyzer.list_findings(analyzerArn=arn, **more)["findings"]


def buckets_of(findings: list) -> list:
    return [one for one in findings if one["resourceType"] == "AWS::S3::Bucket"]


def test_the_life_of_an_analyzer(own):
    analyzer = own.analyzer
    arn = analyzer.create_analyzer(analyzerName="watch", type="ACCOUNT", tags={"team": "red"})["arn"]
    assert arn == f"arn:aws:access-analyzer:us-east-1:{own.account}:analyzer/watch"
    got = analyzer.get_analyzer(analyzerName="watch")["analyzer"]
    assert (got["arn"], got["type"], got["status"], got["tags"]) == (arn, "ACCOUNT", "ACTIVE", {"team": "red"})
    assert analyzer.list_analyzers()["analyzers"] == [got]
    assert analyzer.list_analyzers(type="ORGANIZATION")["analyzers"] == []
    analyzer.tag_resource(resourceArn=arn, tags={"team": "blue", "a": "b"})
    analyzer.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert analyzer.list_tags_for_resource(resourceArn=arn)["tags"] == {"team": "blue"}
    with expect.client_error("ConflictException", 409) as caught:
        analyzer.create_analyzer(analyzerName="watch", type="ACCOUNT")
    assert (caught.value.response["resourceId"], caught.value.response["resourceType"]) == ("watch", "Analyzer")
    with expect.client_error("ServiceQuotaExceededException", 402):
        analyzer.create_analyzer(analyzerName="second", type="ACCOUNT")
    for kind in ("ACCOUNT_UNUSED_ACCESS", "ORGANIZATION"):
        with expect.client_error("ValidationException", 400):
            analyzer.create_analyzer(analyzerName="other", type=kind)
    analyzer.delete_analyzer(analyzerName="watch")
    with expect.client_error("ResourceNotFoundException", 404):
        analyzer.get_analyzer(analyzerName="watch")
    # What made it a bucket of S3 does not exist.
    assert [one["Name"] for one in own.s3.list_buckets()["Buckets"]] == []


def test_findings_of_buckets(own):
    arn = own.analyzer.create_analyzer(analyzerName="watch", type="ACCOUNT")["arn"]
    own.bucket()
    public = own.bucket(open_to("*"))
    narrow = {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24"]}}
    shared = own.bucket(open_to({"AWS": A.account_id}), open_to({"AWS": B.account_id}, Condition=narrow),
                        open_to({"AWS": own.account}))
    owned = own.bucket(ObjectOwnership="BucketOwnerPreferred")
    own.s3.delete_public_access_block(Bucket=owned)
    own.s3.put_bucket_acl(Bucket=owned, ACL="public-read")
    found = {}
    for one in buckets_of(own.findings(arn)):
        key = (one["resource"].rsplit(":", 1)[1], one["principal"]["AWS"])
        assert key not in found
        found[key] = (one["action"], one["condition"], one["isPublic"], [source["type"] for source in one["sources"]])
        assert (one["status"], one["resourceOwnerAccount"]) == ("ACTIVE", own.account)
    assert found[(owned, "*")][2:] == (True, ["BUCKET_ACL"]) and "s3:ListBucket" in found.pop((owned, "*"))[0]
    assert found == {
        (public, "*"): (["s3:GetObject"], {}, True, ["POLICY"]),
        (shared, A.account_id): (["s3:GetObject"], {}, False, ["POLICY"]),
        (shared, B.account_id): (["s3:GetObject"], {"aws:SourceIp": "192.0.2.0/24"}, False, ["POLICY"]),
    }
    # With Block Public Access the access is gone, and so are the findings.
    own.s3.put_public_access_block(Bucket=public, PublicAccessBlockConfiguration={"RestrictPublicBuckets": True})
    own.s3.put_public_access_block(Bucket=owned, PublicAccessBlockConfiguration={"IgnorePublicAcls": True})
    assert {one["resource"] for one in buckets_of(own.findings(arn))} == {f"arn:aws:s3:::{shared}"}


def test_findings_of_roles(own):
    arn = own.analyzer.create_analyzer(analyzerName="watch", type="ACCOUNT")["arn"]
    own.iam.create_role(RoleName="inner", AssumeRolePolicyDocument=trust({"AWS": own.account}))
    own.iam.create_role(RoleName="outer", AssumeRolePolicyDocument=trust(
        {"AWS": A.account_id}, Condition={"StringEquals": {"sts:ExternalId": "secret"}}))
    own.iam.create_role(RoleName="web", AssumeRolePolicyDocument=trust(
        {"Federated": "accounts.google.com"}, "sts:AssumeRoleWithWebIdentity"))
    of_roles = {"filter": {"resourceType": {"eq": ["AWS::IAM::Role"]}}}
    found = {one["resource"].rsplit("/", 1)[1]: one for one in own.findings(arn, **of_roles)}
    # The role that the management account made lets that account in.
    assert set(found) == {"OrganizationAccountAccessRole", "outer", "web"}
    outer = found["outer"]
    assert (outer["principal"], outer["action"]) == ({"AWS": A.account_id}, ["sts:AssumeRole"])
    assert outer["condition"] == {"sts:ExternalId": "secret"} and outer["isPublic"] is False
    assert found["web"]["principal"] == {"Federated": "accounts.google.com"}


def test_archiving(own):
    analyzer = own.analyzer
    arn = analyzer.create_analyzer(analyzerName="watch", type="ACCOUNT")["arn"]
    first, second = own.bucket(open_to("*")), own.bucket(open_to({"AWS": A.account_id}))

    def active() -> set:
        listed = own.findings(arn, filter={"status": {"eq": ["ACTIVE"]}, "resourceType": {"contains": ["Bucket"]}})
        return {one["resource"].rsplit(":", 1)[1] for one in listed}

    assert active() == {first, second}
    ids = {one["resource"].rsplit(":", 1)[1]: one["id"] for one in buckets_of(own.findings(arn))}
    analyzer.update_findings(analyzerArn=arn, status="ARCHIVED", ids=[ids[first]])
    assert active() == {second}
    got = analyzer.get_finding(analyzerArn=arn, id=ids[first])["finding"]
    assert (got["status"], got["principal"]) == ("ARCHIVED", {"AWS": "*"})
    analyzer.update_findings(analyzerArn=arn, status="ACTIVE", resourceArn=f"arn:aws:s3:::{first}")
    assert active() == {first, second}
    # A rule leaves alone what is there, until it is applied.
    rule = {"isPublic": {"eq": ["true"]}}
    analyzer.create_archive_rule(analyzerName="watch", ruleName="public", filter=rule)
    assert analyzer.get_archive_rule(analyzerName="watch", ruleName="public")["archiveRule"]["filter"] == rule
    third = own.bucket(open_to("*"))
    assert active() == {first, second}
    analyzer.update_archive_rule(analyzerName="watch", ruleName="public", filter={"principal.AWS": {"neq": ["1"]}})
    assert active() == {first, second}
    analyzer.update_findings(analyzerArn=arn, status="ACTIVE", ids=["00000000-0000-0000-0000-000000000000"])
    analyzer.apply_archive_rule(analyzerArn=arn, ruleName="public")
    # Of the first somebody said that it is active.
    assert active() == {first}
    assert [one["ruleName"] for one in analyzer.list_archive_rules(analyzerName="watch")["archiveRules"]] == ["public"]
    analyzer.delete_archive_rule(analyzerName="watch", ruleName="public")
    assert active() == {first, second, third}
    with expect.client_error("ValidationException", 400):
        analyzer.create_archive_rule(analyzerName="watch", ruleName="x", filter={"colour": {"eq": ["red"]}})
    with expect.client_error("ResourceNotFoundException", 404):
        analyzer.get_finding(analyzerArn=arn, id="x")


def test_the_second_form_and_resources(own):
    analyzer = own.analyzer
    arn = analyzer.create_analyzer(analyzerName="watch", type="ACCOUNT")["arn"]
    bucket, alone = own.bucket(open_to("*")), own.bucket()
    only = {"resource": {"eq": [f"arn:aws:s3:::{bucket}"]}}
    [listed] = analyzer.list_findings_v2(analyzerArn=arn, filter=only)["findings"]
    assert (listed["findingType"], listed["status"]) == ("ExternalAccess", "ACTIVE")
    got = analyzer.get_finding_v2(analyzerArn=arn, id=listed["id"])
    details = got["findingDetails"][0]["externalAccessDetails"]
    assert (details["isPublic"], details["principal"], details["action"]) == (True, {"AWS": "*"}, ["s3:GetObject"])
    paginator = analyzer.get_paginator("list_findings")
    pages = paginator.paginate(analyzerArn=arn, sort={"attributeName": "resource", "orderBy": "DESC"},
                               PaginationConfig={"PageSize": 1})
    resources = [one["resource"] for page in pages for one in page["findings"]]
    assert len(resources) == 2 and resources == sorted(resources, reverse=True)
    listed = analyzer.list_analyzed_resources(analyzerArn=arn, resourceType="AWS::S3::Bucket")["analyzedResources"]
    assert {one["resourceArn"].rsplit(":", 1)[1] for one in listed} == {bucket, alone}
    analyzer.start_resource_scan(analyzerArn=arn, resourceArn=f"arn:aws:s3:::{bucket}")
    assert analyzer.get_analyzer(analyzerName="watch")["analyzer"]["lastResourceAnalyzed"] == f"arn:aws:s3:::{bucket}"
    shown = analyzer.get_analyzed_resource(analyzerArn=arn, resourceArn=f"arn:aws:s3:::{bucket}")["resource"]
    assert (shown["isPublic"], shown["actions"], shown["sharedVia"], shown["status"]) == (
        True, ["s3:GetObject"], ["POLICY"], "ACTIVE")
    shown = analyzer.get_analyzed_resource(analyzerArn=arn, resourceArn=f"arn:aws:s3:::{alone}")["resource"]
    assert (shown["isPublic"], shown["actions"]) == (False, []) and "status" not in shown
    with expect.client_error("ResourceNotFoundException", 404):
        analyzer.start_resource_scan(analyzerArn=arn, resourceArn="arn:aws:s3:::somebody-elses")


def test_an_analyzer_of_the_organization(server, own):
    management = client("accessanalyzer", server.url, FIRST)
    arn = management.create_analyzer(analyzerName="everybody", type="ORGANIZATION")["arn"]
    inside_only, outside = own.bucket(open_to({"AWS": A.account_id})), own.bucket(open_to("*"))
    found = {one["resource"] for one in management.list_findings(
        analyzerArn=arn, filter={"resourceOwnerAccount": {"eq": [own.account]}})["findings"]}
    management.delete_analyzer(analyzerName="everybody")
    assert f"arn:aws:s3:::{outside}" in found and f"arn:aws:s3:::{inside_only}" not in found


def test_findings_are_for_the_account_alone(server, own):
    arn = own.analyzer.create_analyzer(analyzerName="watch", type="ACCOUNT")["arn"]
    for holder in (A, Identities(server.url, B).user(allow("access-analyzer:*"))):
        other = client("accessanalyzer", server.url, holder)
        with expect.client_error("AccessDeniedException", 403):
            other.list_findings(analyzerArn=arn)
        with expect.client_error("AccessDeniedException", 403):
            other.tag_resource(resourceArn=arn, tags={"a": "b"})
    own.iam.create_user(UserName="reader")
    own.iam.put_user_policy(UserName="reader", PolicyName="p", PolicyDocument=policy(
        allow("access-analyzer:ListFindings", arn, Condition={"StringEquals": {"aws:ResourceTag/open": "yes"}})))
    key = own.iam.create_access_key(UserName="reader")["AccessKey"]
    reader = client("accessanalyzer", server.url, Session(key["AccessKeyId"], key["SecretAccessKey"], None))
    with expect.client_error("AccessDeniedException", 403):
        reader.list_findings(analyzerArn=arn)
    own.analyzer.tag_resource(resourceArn=arn, tags={"open": "yes"})
    assert reader.list_findings(analyzerArn=arn)["findings"] != []


def test_analyzers_outlive_a_restart(tmp_path):
    server = Server(tmp_path).start()
    try:
        server.create_account(B)
        analyzer = client("accessanalyzer", server.url, B)
        arn = analyzer.create_analyzer(analyzerName="watch", type="ACCOUNT", archiveRules=[
            {"ruleName": "r", "filter": {"isPublic": {"exists": True}}}])["arn"]
        server.kill()
        server.start()
        analyzer = client("accessanalyzer", server.url, B)
        assert [one["arn"] for one in analyzer.list_analyzers()["analyzers"]] == [arn]
        assert analyzer.get_archive_rule(analyzerName="watch", ruleName="r")["archiveRule"]["ruleName"] == "r"
    finally:
        server.stop()
