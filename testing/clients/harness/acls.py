"""Reading an AccessControlPolicy answer."""

from dataclasses import dataclass

from .policies import XSI_XMLNS
from .raw import S3_NAMESPACE, Response

_TYPE = f"{{{XSI_XMLNS}}}type"


@dataclass(frozen=True)
class Acl:
    """The owner and the grants, in their order, each as (grantee id or group URI, permission)."""

    owner: str
    grants: list[tuple[str, str]]


def read(response: Response) -> Acl:
    """The ACL in a response; an owner or grantee with a DisplayName fails (ID-17)."""
    root = response.xml
    assert root.tag == f"{S3_NAMESPACE}AccessControlPolicy", root.tag
    (owner,) = root.findall(f"{S3_NAMESPACE}Owner")
    assert [child.tag for child in owner] == [f"{S3_NAMESPACE}ID"], "Owner has an ID and no more"
    grants = root.findall(f"{S3_NAMESPACE}AccessControlList/{S3_NAMESPACE}Grant")
    return Acl(owner[0].text, [_grant(grant) for grant in grants])


def _grant(grant) -> tuple[str, str]:
    grantee = grant.find(f"{S3_NAMESPACE}Grantee")
    (child,) = grantee
    expected = {"CanonicalUser": "ID", "Group": "URI"}[grantee.get(_TYPE)]
    assert child.tag == S3_NAMESPACE + expected, child.tag
    return child.text, grant.find(f"{S3_NAMESPACE}Permission").text


def full_control(canonical_id: str) -> tuple[str, str]:
    return canonical_id, "FULL_CONTROL"
