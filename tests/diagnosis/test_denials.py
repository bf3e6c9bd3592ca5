from __future__ import annotations

from typing import Any

import pytest

from twilio.task_router import REQUIRED, AccessPolicy, make_policy
from twilio.task_router.diagnosis.denials import overrides_a_denial

WORKSPACE_URL = "https://t/v1/Workspaces/WS1"


def is_overridden(denial: dict[str, Any], added: dict[str, Any]) -> bool:
    rules = [make_policy(f"{WORKSPACE_URL}/Tasks", "GET"), make_policy(**denial, allowed=False)]
    return overrides_a_denial(AccessPolicy(rules).index, AccessPolicy([make_policy(**added)]).index.rules)


def rule(path: str, method: str = "GET", **filters: Any) -> dict[str, Any]:
    return {"url": f"{WORKSPACE_URL}{path}", "method": method, **filters}


class TestOverridden:
    @pytest.mark.parametrize(
        ("denial", "added"),
        [
            (rule("/**"), rule("/Tasks/WT1")),
            (rule("/Tasks/**"), rule("/Tasks/*")),
            (rule("/Tasks/*"), rule("/Tasks/WT1", query_filter={"A": REQUIRED})),
        ],
    )
    def test_by_a_rule_that_is_more_specific(self, denial: dict[str, Any], added: dict[str, Any]) -> None:
        assert is_overridden(denial, added)

    @pytest.mark.parametrize(
        ("denial", "added"),
        [
            (rule("/Tasks/WT1"), rule("/Tasks/*")),
            (rule("/Tasks/WT1/**"), rule("/Tasks/**")),
            (rule("/Tasks/WT1", query_filter={"A": "x"}), rule("/Tasks/WT1")),
            (rule("/Tasks/**"), rule("/Tasks/WT1", "POST")),
            (rule("/Tasks/WT1"), rule("/Tasks/WT2")),
            (rule("/Tasks/WT1"), rule("/Tasks/WT12")),
        ],
    )
    def test_not_by_another(self, denial: dict[str, Any], added: dict[str, Any]) -> None:
        assert not is_overridden(denial, added)


def test_far_denials_need_no_comparison(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise replay would compare all rules for each request that is refused."""
    monkeypatch.setattr(AccessPolicy, "beyond", lambda *_: pytest.fail("compared"))
    assert not is_overridden(rule("/Workflows/**"), rule("/Tasks/*"))
    assert not is_overridden(rule("/Tasks/*", "POST"), rule("/Tasks/*"))


def test_only_rules_nearby_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[int] = []

    def beyond(ours: AccessPolicy, theirs: AccessPolicy) -> list[object]:
        compared.extend([len(ours.rules), len(theirs.rules)])
        return []

    monkeypatch.setattr(AccessPolicy, "beyond", beyond)
    far = [make_policy(f"{WORKSPACE_URL}/TaskQueues/WQ{number}", "GET") for number in range(100)]
    policy = AccessPolicy([*far, make_policy(f"{WORKSPACE_URL}/Tasks/WT1", "GET", allowed=False)])
    assert not overrides_a_denial(
        policy.index, AccessPolicy([rule("/Tasks/*") | {"allow": True}]).index.rules
    )
    assert compared == [2, 2]
