"""Bucket policies, ACL documents and settings as text."""

import json

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
AUTHENTICATED_USERS = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"
S3_XMLNS = "http://s3.amazonaws.com/doc/2006-03-01/"
XSI_XMLNS = "http://www.w3.org/2001/XMLSchema-instance"


def statement(effect, principal, actions, resources, condition=None) -> dict:
    """One statement of a bucket policy."""
    made = {"Effect": effect, "Principal": principal, "Action": actions, "Resource": resources}
    return made | ({"Condition": condition} if condition else {})


def allow(principal, actions, resources, condition=None) -> dict:
    return statement("Allow", principal, actions, resources, condition)


def deny(principal, actions, resources, condition=None) -> dict:
    return statement("Deny", principal, actions, resources, condition)


def policy(*statements: dict) -> str:
    """The policy document, without insignificant white space."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, separators=(",", ":"))


def account(of) -> dict:
    """The account as a principal; its root key needs no identity policy besides (§6.4)."""
    return {"AWS": of.account_id}


def bucket_arn(bucket: str) -> str:
    return f"arn:aws:s3:::{bucket}"


def objects_arn(bucket: str, pattern: str = "*") -> str:
    return f"arn:aws:s3:::{bucket}/{pattern}"


def public_read(bucket: str) -> str:
    """What a Mastodon server wants: everybody may get objects, nobody may list (seed 000)."""
    return policy(allow("*", "s3:GetObject", objects_arn(bucket)))


def ownership_controls(*settings: str) -> str:
    rules = "".join(f"<Rule><ObjectOwnership>{one}</ObjectOwnership></Rule>" for one in settings)
    return f'<OwnershipControls xmlns="{S3_XMLNS}">{rules}</OwnershipControls>'


def public_access_block(**flags: bool) -> str:
    """Only the given members; left-out ones count as false (BPA-5)."""
    members = "".join(f"<{name}>{str(value).lower()}</{name}>" for name, value in flags.items())
    return (
        f'<PublicAccessBlockConfiguration xmlns="{S3_XMLNS}">{members}'
        "</PublicAccessBlockConfiguration>"
    )


def canonical_user(canonical_id: str, permission: str, xsi_type: str = "CanonicalUser") -> str:
    return _grant(xsi_type, f"<ID>{canonical_id}</ID>", permission)


def group(uri: str, permission: str) -> str:
    return _grant("Group", f"<URI>{uri}</URI>", permission)


def email(address: str, permission: str) -> str:
    return _grant(
        "AmazonCustomerByEmail", f"<EmailAddress>{address}</EmailAddress>", permission
    )


def _grant(xsi_type: str, child: str, permission: str) -> str:
    return (
        f'<Grant><Grantee xmlns:xsi="{XSI_XMLNS}" xsi:type="{xsi_type}">{child}</Grantee>'
        f"<Permission>{permission}</Permission></Grant>"
    )


def acl(owner_id: str | None, *grants: str) -> str:
    """An AccessControlPolicy; without an owner it is malformed (ACL-E5)."""
    owner = f"<Owner><ID>{owner_id}</ID></Owner>" if owner_id is not None else ""
    return (
        f'<AccessControlPolicy xmlns="{S3_XMLNS}">{owner}'
        f"<AccessControlList>{''.join(grants)}</AccessControlList></AccessControlPolicy>"
    )
