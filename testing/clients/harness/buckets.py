"""Buckets in the states that the test vectors start from."""

import itertools
import uuid

from . import policies
from .expect import ok
from .raw import RawClient

_RUN = uuid.uuid4().hex[:8]
_NUMBERS = itertools.count(1)


def new_name(prefix: str = "b") -> str:
    """A bucket name that nobody else uses."""
    return f"{prefix}-{_RUN}-{next(_NUMBERS)}"


class Buckets:
    """Makes buckets for one account."""

    def __init__(self, owner: RawClient):
        self.owner = owner

    def default(self) -> str:
        """As Amazon makes it today: BucketOwnerEnforced and all of Block Public Access."""
        name = new_name()
        ok(self.owner.put(name))
        return name

    def open(self, ownership: str) -> str:
        """With this ownership setting and no Block Public Access (an "ACL bucket" of §14)."""
        name = new_name()
        ok(self.owner.put(name, headers={"x-amz-object-ownership": ownership}))
        ok(self.owner.delete(name, query="publicAccessBlock"), 204)
        return name

    def enforced(self) -> str:
        return self.open("BucketOwnerEnforced")

    def object_writer(self) -> str:
        return self.open("ObjectWriter")

    def preferred(self) -> str:
        return self.open("BucketOwnerPreferred")

    def with_acl(self, canned: str, ownership: str = "ObjectWriter") -> str:
        """An ACL bucket with this canned bucket ACL."""
        name = self.open(ownership)
        ok(self.owner.put(name, query="acl", headers={"x-amz-acl": canned}))
        return name

    def publicly_readable(self) -> str:
        """Seed 000: ACLs disabled, everybody may get objects, nobody may list."""
        name = self.enforced()
        self.set_policy(name, policies.public_read(name))
        return name

    def set_policy(self, bucket: str, text: str) -> None:
        ok(self.owner.document("PUT", bucket, "policy", text), 204)

    def allow(self, bucket: str, *statements: dict) -> None:
        """Stores a policy of these statements."""
        self.set_policy(bucket, policies.policy(*statements))

    def set_ownership(self, bucket: str, setting: str) -> None:
        document = policies.ownership_controls(setting)
        ok(self.owner.document("PUT", bucket, "ownershipControls", document))

    def delete_ownership(self, bucket: str) -> None:
        ok(self.owner.delete(bucket, query="ownershipControls"), 204)

    def set_public_access_block(self, bucket: str, **flags: bool) -> None:
        document = policies.public_access_block(**flags)
        ok(self.owner.document("PUT", bucket, "publicAccessBlock", document))
