"""Scenarios of refusals: what is suggested against one is carried out, and the request made again."""

import json
from dataclasses import dataclass

from .explain import Asking, World, explain


@dataclass
class Scenario:
    """A request that is refused."""

    make: object
    # The rule that decides.
    rule: str
    # The changes of each plan, by their names.
    plans: list[list[str]]
    # The error of the request after the changes: there is none but for a key that does not exist.
    after: str | None = None
    # A word of the summary.
    says: str = ""
    # The code of the refusal.
    code: str = "AccessDenied"
    # Whether the server is behind a proxy, which says what came over TLS.
    behind_proxy: bool = False


class Scenarios(dict):
    """The scenarios of a subject, by name."""

    def __call__(self, rule: str, *plans: list[str], **more):
        """Adds the one that the decorated function makes."""
        def add(make):
            self[make.__name__] = Scenario(make, rule, list(plans), **more)
            return make

        return add


ADD, REMOVE, NARROW = "addPolicyStatement", "removePolicyStatement", "narrowPolicyStatement"
UNBLOCK, OWN, OBJECT_ACL, BUCKET_ACL = "setPublicAccessBlock", "setObjectOwnership", "putObjectAcl", "putBucketAcl"


def request(how: str) -> str:
    return f"changeRequest:{how}"


def names(plan: dict) -> list[str]:
    """The changes of a plan; the same ones in a row once."""
    found = []
    for change in plan["changes"]:
        how = f":{change['how']}" if change["change"] == "changeRequest" else ""
        found.append(change["change"] + how)
    return found


def why(world, asking: Asking) -> tuple[dict, str]:
    """The explanation of the request's refusal, and the code of the error."""
    error = asking.refused().response
    request_id = error["ResponseMetadata"]["RequestId"]
    refused = [one for one in explain(world.server, request_id) if one["verdict"] != "allowed"]
    assert len(refused) == 1, refused
    return refused[0], error["Error"]["Code"]


def play(world: World, expected: Scenario) -> None:
    """Asks why, compares the rule, and carries every plan out, each in a fresh copy of the scenario."""
    asking = expected.make(world)
    explanation, code = why(world, asking)
    assert (explanation["rule"]["key"], code) == (expected.rule, expected.code), explanation
    assert expected.says in explanation["summary"]
    plans = explanation["plans"]
    assert [names(plan) for plan in plans] == expected.plans, json.dumps(plans, indent=1)
    if not plans:
        assert "No permission can help" in explanation["noChangeHelps"]
        return
    assert explanation["noChangeHelps"] is None
    for index in range(len(plans)):
        if index > 0:
            asking = expected.make(world)
            explanation, _ = why(world, asking)
        plan = explanation["plans"][index]
        if not plan["verified"]:
            assert names(plan) == [request("sign")]
            continue
        changed = world.carrier.apply(plan["changes"], asking)
        if expected.after is None:
            changed()
        else:
            assert changed.refused().response["Error"]["Code"] == expected.after
