"""The accounts of the test vectors (access-control.md §14), with ids of every letter case.

Ids and keys that an operator gives must be kept as they are, so that somebody who moves from
another store keeps theirs: one account is all lower case, one all upper case, one mixed.
"""

from dataclasses import dataclass

ANONYMOUS_CANONICAL_ID = "65a011a29cdf8ec533ec3d1ccaae921c"  # ID-4


@dataclass(frozen=True)
class Account:
    """An account with the root access key that acts for it."""

    name: str
    account_id: str
    canonical_id: str
    access_key_id: str
    secret_access_key: str

    @property
    def root_arn(self) -> str:
        """How policies and rich AccessDenied messages name the account's root (§1.2)."""
        return f"arn:aws:iam::{self.account_id}:root"


# The very first account, which the server makes at its first start.
FIRST = Account(
    name="first",
    account_id="",
    canonical_id="",
    access_key_id="AKIAFIRSTACCOUNT0001",
    secret_access_key="first/account+secret/0123456789abcdefghi",
)

B = Account(
    name="bucket-owner",
    account_id="111122223333",
    canonical_id="b1b2b3b4b5b6b7b8b9babbbcbdbebfb0c1c2c3c4c5c6c7c8c9cacbcccdcecfc0",
    access_key_id="AKIABUCKETOWNER00001",
    secret_access_key="owner/Secret+Key/With/Slashes+0123456789",
)

A = Account(
    name="another",
    account_id="000000004444",
    canonical_id="A1A2A3A4A5A6A7A8A9AAABACADAEAFA0D1D2D3D4D5D6D7D8D9DADBDCDDDEDFD0",
    access_key_id="lowercasekeyofanother",
    secret_access_key="another/Secret+Key/0123456789/abcdefghij",
)

C = Account(
    name="third",
    account_id="999988887777",
    canonical_id="c1C2c3C4c5C6c7C8c9CacBccCdCecFC0e1E2e3E4e5E6e7E8e9EaeBEcedEeEfe0",
    access_key_id="MixedCaseKeyOfThird01",
    secret_access_key="third/Secret+Key/0123456789/ABCDEFGHIJKL",
)
