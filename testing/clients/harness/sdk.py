"""boto3 clients as an application would make them, but without retries: a failure is seen at once."""

import boto3
from botocore import UNSIGNED
from botocore.config import Config

from .accounts import Account
from .sigv4 import REGION


def client(url: str, account: Account | None, addressing: str = "path", verify: str | None = None, **config):
    """An S3 client of an account, or of nobody; `verify` is a file of certificates to trust."""
    settings = {
        "s3": {"addressing_style": addressing},
        "retries": {"total_max_attempts": 1},
        "max_pool_connections": 20,
        "read_timeout": 120,
    } | config
    if account is None:
        settings["signature_version"] = UNSIGNED
    return boto3.client(
        "s3",
        endpoint_url=url,
        verify=verify,
        region_name=REGION,
        aws_access_key_id=account.access_key_id if account else None,
        aws_secret_access_key=account.secret_access_key if account else None,
        config=Config(**settings),
    )
