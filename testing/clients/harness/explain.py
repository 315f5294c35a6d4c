"""Explanations, and carrying out what they suggest."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from botocore.exceptions import ClientError

from . import policies, s3_control, sessions
from .accounts import A, B, C, Account
from .iam import Administrator, allow, unique
from .policies import objects_arn
from .sessions import client

FLAGS = {
    "blockPublicAcls": "BlockPublicAcls",
    "ignorePublicAcls": "IgnorePublicAcls",
    "blockPublicPolicy": "BlockPublicPolicy",
    "restrictPublicBuckets": "RestrictPublicBuckets",
}


def explain(server, request_id: str, *more: str) -> list[dict]:
    """`grantry explain REQUEST-ID --json`."""
    return document(server, request_id, *more)["explanations"]


def document(server, *arguments: str) -> dict:
    done = server.command("explain", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def text(server, *arguments: str) -> str:
    done = server.command("explain", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def acl(change: dict) -> dict:
    """An ACL of a suggestion as boto3 takes it."""
    def grantee(name: str) -> dict:
        return {"Type": "Group", "URI": name} if ":" in name else {"Type": "CanonicalUser", "ID": name}
    grants = [{"Grantee": grantee(one["grantee"]), "Permission": one["permission"]} for one in change["grants"]]
    return {"Owner": {"ID": change["owner"]}, "Grants": grants}


@dataclass
class Asking:
    """A request that can be made again, also as another one."""

    url: str
    holder: object
    operation: str
    arguments: dict = field(default_factory=dict)
    session: object = None
    service: str = "s3"
    # Headers that no parameter of boto3 stands for.
    headers: dict = field(default_factory=dict)

    def __call__(self) -> dict:
        if self.service == "s3control":
            made = s3_control.client(self.url, self.holder)
        else:
            made = client(self.service, self.url, self.holder)

        def add(request, **_):
            for name, value in self.headers.items():
                request.headers[name] = value

        made.meta.events.register("before-sign", add)
        return getattr(made, self.operation)(**self.arguments)

    def refused(self) -> ClientError:
        """The error of a request that fails."""
        try:
            answer = self()
        except ClientError as error:
            return error
        raise AssertionError(f"{self.operation} went through: {answer}")

    def changed(self, change: dict) -> "Asking":
        """The request that a suggestion wants instead."""
        arguments = dict(self.arguments)
        match change["how"]:
            case "leaveUnsigned":
                return replace(self, holder=None)
            case "addHeader":
                name, value = change["name"], change["value"]
                arguments[HEADERS[name]] = True if value == "true" else value
            case "useTls":
                # As a proxy with TLS in front of the server says it.
                return replace(self, headers=self.headers | {"X-Forwarded-Proto": "https"})
            case "removeAcl":
                arguments = {name: value for name, value in arguments.items()
                             if name != "ACL" and not name.startswith("Grant")}
            case "setAclOwner":
                old = arguments["AccessControlPolicy"]
                arguments["AccessControlPolicy"] = old | {"Owner": {"ID": change["owner"]}}
            case "newSession":
                return replace(self, holder=self.session(change["policy"]))
            case other:
                raise AssertionError(f"nobody knows how to {other}")
        return replace(self, arguments=arguments)


# What boto3 calls the headers that suggestions want.
HEADERS = {
    "x-amz-bypass-governance-retention": "BypassGovernanceRetention",
    "x-amz-request-payer": "RequestPayer",
    "x-amz-server-side-encryption": "ServerSideEncryption",
    "x-amz-server-side-encryption-aws-kms-key-id": "SSEKMSKeyId",
    "x-amz-storage-class": "StorageClass",
}


class Carrier:
    """Carries changes out, each as the root user of the account that it names."""

    def __init__(self, url: str, accounts: list[Account]):
        self.url = url
        self.by_id = {account.account_id: account for account in accounts}
        self.by_canonical_id = {account.canonical_id: account for account in accounts}

    def apply(self, changes: list[dict], asking: Asking) -> Asking:
        """The request to make after these changes."""
        for change in changes:
            if change["change"] == "changeRequest":
                asking = asking.changed(change)
            else:
                getattr(self, change["change"])(change)
        return asking

    def _client(self, service: str, change: dict):
        return client(service, self.url, self.by_id[change["account"]])

    def _edit(self, change: dict) -> None:
        document = change["document"]
        match change["policyKind"]:
            case "bucket":
                s3 = self._client("s3", change)
                if document is None:
                    s3.delete_bucket_policy(Bucket=change["bucket"])
                else:
                    s3.put_bucket_policy(Bucket=change["bucket"], Policy=document)
            case "inline":
                iam, kind = self._client("iam", change), change["holderKind"]
                whose = {f"{kind.capitalize()}Name": change["holder"], "PolicyName": change["policyName"]}
                if document is None:
                    getattr(iam, f"delete_{kind}_policy")(**whose)
                else:
                    getattr(iam, f"put_{kind}_policy")(**whose, PolicyDocument=document)
            case "trust":
                iam = self._client("iam", change)
                iam.update_assume_role_policy(RoleName=change["role"], PolicyDocument=document)
            case "managed":
                iam = self._client("iam", change)
                iam.create_policy_version(
                    PolicyArn=change["policyArn"], PolicyDocument=document, SetAsDefault=True
                )

    addPolicyStatement = removePolicyStatement = narrowPolicyStatement = _edit

    def setPublicAccessBlock(self, change: dict) -> None:
        flags = {name: change[key] for key, name in FLAGS.items()}
        if "bucket" in change:
            self._client("s3", change).put_public_access_block(
                Bucket=change["bucket"], PublicAccessBlockConfiguration=flags
            )
        else:
            control = s3_control.client(self.url, self.by_id[change["account"]])
            control.put_public_access_block(
                AccountId=change["account"], PublicAccessBlockConfiguration=flags
            )

    def setObjectOwnership(self, change: dict) -> None:
        rules = [{"ObjectOwnership": change["objectOwnership"]}]
        self._client("s3", change).put_bucket_ownership_controls(
            Bucket=change["bucket"], OwnershipControls={"Rules": rules}
        )

    def putBucketAcl(self, change: dict) -> None:
        self._client("s3", change).put_bucket_acl(Bucket=change["bucket"], AccessControlPolicy=acl(change))

    def putObjectAcl(self, change: dict) -> None:
        s3 = client("s3", self.url, self.by_canonical_id[change["owner"]])
        version = {"VersionId": change["version"]} if "version" in change else {}
        s3.put_object_acl(
            Bucket=change["bucket"], Key=change["key"], AccessControlPolicy=acl(change), **version
        )

    def setRequestPayment(self, change: dict) -> None:
        self._client("s3", change).put_bucket_request_payment(
            Bucket=change["bucket"], RequestPaymentConfiguration={"Payer": change["payer"]}
        )

    def liftLegalHold(self, change: dict) -> None:
        version = {"VersionId": change["version"]} if "version" in change else {}
        self._client("s3", change).put_object_legal_hold(
            Bucket=change["bucket"], Key=change["key"], LegalHold={"Status": "OFF"}, **version
        )

    def deletePermissionsBoundary(self, change: dict) -> None:
        kind = change["holderKind"]
        delete = getattr(self._client("iam", change), f"delete_{kind}_permissions_boundary")
        delete(**{f"{kind.capitalize()}Name": change["holder"]})


BLOCKED = {"BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"}


class World:
    """What scenarios are made of."""

    def __init__(self, server):
        self.server, self.url = server, server.url
        self.admins = {account: Administrator(server.url, account) for account in (A, B, C)}
        self.carrier = Carrier(server.url, [A, B, C])

    def s3(self, account=B):
        return self.admins[account].s3

    def bucket(self, ownership="BucketOwnerEnforced", blocked=(), body=b"1", **more) -> str:
        """A bucket of B with the object `k` of B."""
        name = unique("why")
        self.s3().create_bucket(Bucket=name, ObjectOwnership=ownership, **more)
        self.block(name, blocked)
        if body is not None:
            self.s3().put_object(Bucket=name, Key="k", Body=body)
        return name

    def block(self, bucket: str, flags=()) -> None:
        configuration = {flag: flag in flags for flag in BLOCKED}
        self.s3().put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=configuration)

    def block_account(self, flags=(), account=B) -> None:
        """Block Public Access of a whole account."""
        configuration = {flag: flag in flags for flag in BLOCKED}
        s3_control.client(self.url, account).put_public_access_block(
            AccountId=account.account_id, PublicAccessBlockConfiguration=configuration
        )

    def locked(self, *, mode=None, days=1, hold=False) -> tuple[str, str]:
        """A bucket of B, and the version of its object `k`, which Object Lock keeps."""
        lock = {}
        if mode:
            until = datetime.now(UTC) + timedelta(days=days)
            lock |= {"ObjectLockMode": mode, "ObjectLockRetainUntilDate": until}
        if hold:
            lock["ObjectLockLegalHoldStatus"] = "ON"
        bucket = self.bucket(body=None, ObjectLockEnabledForBucket=True)
        put = self.s3().put_object(Bucket=bucket, Key="k", Body=b"1", ChecksumAlgorithm="CRC32", **lock)
        return bucket, put["VersionId"]

    def calling(self, holder, service: str, operation: str, **arguments) -> Asking:
        """A call of another service."""
        return Asking(self.url, getattr(holder, "key", holder), operation, arguments, service=service)

    def policy(self, bucket: str, *statements: dict) -> None:
        self.s3().put_bucket_policy(Bucket=bucket, Policy=policies.policy(*statements))

    def user(self, account, *statements):
        return self.admins[account].user(*statements)

    def asking(self, holder, operation: str, bucket: str, **arguments) -> Asking:
        key = {"Key": "k"} if operation in KEYED else {}
        return Asking(self.url, getattr(holder, "key", holder), operation, {"Bucket": bucket} | key | arguments)

    def foreign(self, ownership="ObjectWriter", blocked=()) -> str:
        """A bucket of B whose object `k` belongs to C."""
        name = self.bucket(ownership, blocked, body=None)
        self.policy(name, policies.allow({"AWS": C.account_id}, "s3:PutObject", objects_arn(name)))
        self.s3(C).put_object(Bucket=name, Key="k", Body=b"1")
        return name

    def role(self, *statements, boundary=None):
        """A role of B, and a function that makes a session of it with a session policy."""
        identities = sessions.Identities(self.url, B)
        more = {"PermissionsBoundary": boundary} if boundary else {}
        assumer = identities.user(allow("sts:AssumeRole"))
        arn = identities.role(sessions.trust({"AWS": B.account_id}), *statements, **more)
        sts = sessions.client("sts", self.url, assumer)

        def session(session_policy=None):
            more = {"Policy": session_policy} if session_policy else {}
            return sessions.Session.of(sts.assume_role(RoleArn=arn, RoleSessionName="session", **more))

        return arn, session


KEYED = {
    "get_object", "head_object", "put_object", "delete_object", "get_object_acl", "put_object_acl",
    "get_object_tagging", "put_object_tagging", "create_multipart_upload", "get_object_attributes",
    "copy_object", "upload_part", "list_parts", "abort_multipart_upload", "put_object_retention",
}
