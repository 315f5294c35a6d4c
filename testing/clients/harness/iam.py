"""IAM as an administrator and its users see it."""

import json
import itertools
from dataclasses import dataclass

import boto3
from botocore.config import Config

from . import sdk
from .accounts import Account
from .sigv4 import REGION

_NUMBERS = itertools.count(1)


def unique(word: str) -> str:
    """A name that no other test of this process uses."""
    return f"{word}-{next(_NUMBERS)}"


def client(url: str, account: Account, service: str = "iam"):
    """A client of one of the other APIs."""
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id=account.access_key_id,
        aws_secret_access_key=account.secret_access_key,
        config=Config(retries={"total_max_attempts": 1}),
    )


def policy(*statements: dict) -> str:
    """An identity policy."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions, resources="*", **more) -> dict:
    """An Allow statement."""
    return {"Effect": "Allow", "Action": actions, "Resource": resources} | more


def deny(actions, resources="*", **more) -> dict:
    """A Deny statement."""
    return {"Effect": "Deny", "Action": actions, "Resource": resources} | more


@dataclass
class User:
    """A user with its first access key."""

    url: str
    account: Account
    name: str
    arn: str
    unique_id: str
    key: Account

    @property
    def s3(self):
        return sdk.client(self.url, self.key)

    @property
    def iam(self):
        return client(self.url, self.key)


def as_account(account: Account, key: dict) -> Account:
    """The answer of CreateAccessKey as credentials."""
    return Account(
        name=key.get("UserName", account.name),
        account_id=account.account_id,
        canonical_id=account.canonical_id,
        access_key_id=key["AccessKeyId"],
        secret_access_key=key["SecretAccessKey"],
    )


class Administrator:
    """The root user of an account, who makes users for tests."""

    def __init__(self, url: str, account: Account):
        self.url, self.account = url, account
        self.iam = client(url, account)
        self.s3 = sdk.client(url, account)

    def user(self, *statements: dict, path: str = "/") -> User:
        """A new user; with statements, it has them as an inline policy."""
        name = unique("user")
        made = self.iam.create_user(UserName=name, Path=path)["User"]
        if statements:
            self.iam.put_user_policy(
                UserName=name, PolicyName="inline", PolicyDocument=policy(*statements)
            )
        key = self.iam.create_access_key(UserName=name)["AccessKey"]
        credentials = as_account(self.account, key)
        return User(self.url, self.account, name, made["Arn"], made["UserId"], credentials)

    def managed_policy(self, *statements: dict) -> str:
        """The ARN of a new managed policy."""
        made = self.iam.create_policy(PolicyName=unique("policy"), PolicyDocument=policy(*statements))
        return made["Policy"]["Arn"]
