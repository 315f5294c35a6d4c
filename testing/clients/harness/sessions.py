"""Temporary credentials, clients that use them, and the identities that they are made of."""

from dataclasses import dataclass

import boto3
from botocore import UNSIGNED
from botocore.config import Config

from .accounts import Account
from .iam import policy, unique
from .sigv4 import REGION


@dataclass(frozen=True)
class Session:
    """Temporary credentials, as STS hands them out."""

    access_key_id: str
    secret_access_key: str
    token: str
    name: str = "session"

    @classmethod
    def of(cls, answer: dict) -> "Session":
        made = answer["Credentials"]
        return cls(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])


def client(service: str, url: str, holder: Account | Session | None):
    """A client of a service for an account's root user, a user's key, a session, or nobody."""
    settings = {"retries": {"total_max_attempts": 1}}
    if service == "s3":
        settings |= {"s3": {"addressing_style": "path"}, "signature_version": "s3v4"}
    if holder is None:
        settings["signature_version"] = UNSIGNED
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id=holder.access_key_id if holder else None,
        aws_secret_access_key=holder.secret_access_key if holder else None,
        aws_session_token=getattr(holder, "token", None),
        config=Config(**settings),
    )


def trust(principal, action="sts:AssumeRole", **more) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action} | more
    return policy(statement)


class Identities:
    """Makes users and roles of one account."""

    def __init__(self, url: str, account: Account):
        self.url = url
        self.account = account
        self.iam = client("iam", url, account)

    def user(self, *statements: dict) -> Account:
        """A user with these permissions, as the holder of a key."""
        name = unique("assumer")
        self.iam.create_user(UserName=name)
        if statements:
            self.iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy(*statements))
        key = self.iam.create_access_key(UserName=name)["AccessKey"]
        return Account(name, self.account.account_id, self.account.canonical_id,
                       key["AccessKeyId"], key["SecretAccessKey"])

    def role(self, trust_policy: str, *statements: dict, **more) -> str:
        """A role with these permissions; its ARN."""
        name = unique("assumed")
        made = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust_policy, **more)
        if statements:
            self.iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(*statements))
        return made["Role"]["Arn"]

    def delete_role(self, arn: str) -> None:
        name = arn.rsplit("/", 1)[1]
        for inline in self.iam.list_role_policies(RoleName=name)["PolicyNames"]:
            self.iam.delete_role_policy(RoleName=name, PolicyName=inline)
        self.iam.delete_role(RoleName=name)
