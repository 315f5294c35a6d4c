"""boto3 for S3 Control. SDKs put the account id in front of the host, which here is an address."""

import boto3
from botocore.config import Config

from .accounts import Account
from .sigv4 import REGION


def client(url: str, account: Account):
    """A client whose requests go to the host of the URL, as docs/howto/aws-cli.md shows."""
    made = boto3.client(
        "s3control",
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id=account.access_key_id,
        aws_secret_access_key=account.secret_access_key,
        config=Config(retries={"total_max_attempts": 1}),
    )

    def without_account(request, **_):
        scheme, rest = request.url.split("://", 1)
        label, dot, host = rest.partition(".")
        if dot and label.isdigit() and len(label) == 12:
            request.url = f"{scheme}://{host}"

    made.meta.events.register("before-sign.s3-control", without_account)
    return made
