from __future__ import annotations

import dataclasses
import json
from typing import Any

from tests.access.samples import WORKER, rule
from twilio.task_router import AccessPolicy, TaskRouterWorkspaceCapability


def test_allowed_is_true() -> None:
    policy = AccessPolicy([rule(WORKER)])
    assert policy.decide("GET", WORKER)
    assert not policy.decide("POST", WORKER)


def test_decision_has_its_request() -> None:
    decision = AccessPolicy([]).decide("post", f"{WORKER}?A=x#top", form={"B": "y"})
    assert decision.request == ("POST", WORKER, (("A", "x"),), (("B", "y"),))


def test_decision_is_a_plain_value() -> None:
    given = rule(WORKER, post_filter={"A": {"required": True}})
    policy = AccessPolicy([given])
    decision = policy.decide("GET", WORKER, form={"A": "x"})
    assert decision == policy.decide("GET", WORKER, form={"A": "x"})
    assert decision != policy.decide("GET", WORKER)
    assert json.loads(json.dumps(decision.rule)) == given
    assert dataclasses.asdict(decision) == {
        "allowed": True,
        "kind": "allowed",
        "reason": f"Policy rule 0 allows GET {WORKER}.",
        "rule_index": 0,
        "rule": given,
        "request": {"method": "GET", "url": WORKER, "query": (), "form": (("A", "x"),)},
    }


def test_decision_in_a_set() -> None:
    policy = AccessPolicy([rule(WORKER)])
    decisions = {policy.decide(method, WORKER) for method in ("GET", "get", "POST")}
    assert decisions == {policy.decide("GET", WORKER), policy.decide("POST", WORKER)}


def test_rule_is_a_copy() -> None:
    policy = AccessPolicy([rule(WORKER, post_filter={"A": {"required": True}})])
    decided: Any = policy.decide("GET", WORKER, form={"A": "x"}).rule
    decided["allow"] = decided["post_filter"]["A"]["required"] = False
    assert policy.allows("GET", WORKER, form={"A": "x"})
    assert not policy.allows("GET", WORKER)


def test_rule_can_be_granted_again() -> None:
    capability = TaskRouterWorkspaceCapability("AC1", "secret", "WS1")
    decided = AccessPolicy([rule(WORKER)]).decide("GET", WORKER).rule
    assert decided is not None
    capability.policies.append(decided)
    assert capability.access_policy().allows("GET", WORKER)
    assert capability.generate_token()
