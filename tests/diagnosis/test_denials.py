from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from twilio.task_router import REQUIRED, AccessPolicy, make_policy
from twilio.task_router.access import parameters
from twilio.task_router.diagnosis import denials
from twilio.task_router.diagnosis.denials import Denials

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twilio.task_router.access.rule_index import RuleIndex
    from twilio.task_router.rule import Rule

WORKSPACE_URL = "https://t/v1/Workspaces/WS1"


def read(*added: Any) -> Sequence[Rule]:
    return AccessPolicy(added).index.rules


def is_overridden(denial: dict[str, Any], added: dict[str, Any]) -> bool:
    rules = [make_policy(f"{WORKSPACE_URL}/Tasks", "GET"), make_policy(**denial, allowed=False)]
    return Denials(AccessPolicy(rules).index).are_overridden(read(make_policy(**added)))


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
    def test_more_specific_overrides(self, denial: dict[str, Any], added: dict[str, Any]) -> None:
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
    def test_other_rules_do_not(self, denial: dict[str, Any], added: dict[str, Any]) -> None:
        assert not is_overridden(denial, added)


class TestWork:
    """How much is compared: replay asks for each request that was refused."""

    @pytest.fixture
    def compared(self, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        compared: list[int] = []

        def is_beyond(ours: RuleIndex, theirs: RuleIndex, *_: object) -> bool:
            compared.extend([len(ours.rules), len(theirs.rules)])
            return False

        monkeypatch.setattr(denials, "is_beyond", is_beyond)
        return compared

    def test_far_denials_need_none(self, compared: list[int]) -> None:
        assert not is_overridden(rule("/Workflows/**"), rule("/Tasks/*"))
        assert not is_overridden(rule("/Tasks/*", "POST"), rule("/Tasks/*"))
        assert compared == []

    def test_only_rules_nearby_count(self, compared: list[int]) -> None:
        far = [make_policy(f"{WORKSPACE_URL}/TaskQueues/WQ{number}", "GET") for number in range(100)]
        policy = AccessPolicy([*far, make_policy(**rule("/Tasks/WT1"), allowed=False)])
        assert not Denials(policy.index).are_overridden(read(make_policy(**rule("/Tasks/*"))))
        assert compared == [2, 2]

    def test_each_rule_is_compared_once(self, compared: list[int]) -> None:
        known = Denials(AccessPolicy([make_policy(**rule("/Tasks/WT1"), allowed=False)]).index)
        for _ in range(3):
            assert not known.are_overridden(read(make_policy(**rule("/Tasks/*"))))
        assert compared == [2, 2]

    def test_steps_are_shared(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """If a comparison was too hard, the next one is given up at once."""
        monkeypatch.setattr(parameters.Steps.__init__, "__defaults__", (1_000,))
        filters = [{f"A{number}": REQUIRED} for number in range(99)]
        hard = [make_policy(**rule("/Tasks/**", "POST", post_filter=one), allowed=False) for one in filters]
        policy = AccessPolicy([*hard, make_policy(**rule("/Tasks/WT1"), allowed=False)])
        easy = read(make_policy(**rule("/Tasks/*")))
        assert not Denials(policy.index).are_overridden(easy)
        known = Denials(policy.index)
        assert known.are_overridden(read(make_policy(**rule("/Tasks/*", "POST", post_filter=filters[0]))))
        assert known.are_overridden(easy)
