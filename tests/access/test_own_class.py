from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.command_line.samples import GRANTS, KEY, capability_of
from tests.judges import recorded
from twilio.task_router.access.own_class import from_the_start
from twilio.task_router.rule import read_rule
from twilio.task_router.sids import sids_of

if TYPE_CHECKING:
    from twilio.task_router import Capability


class TestFromTheStart:
    """The rules that a class makes by itself are known, so that nobody is advised to remove them."""

    @pytest.mark.parametrize("kind", GRANTS)
    def test_first_rules_of_each_class(self, kind: type[Capability]) -> None:
        capability = capability_of(kind)
        made = len(capability.policies)
        capability.allow("https://t/x", "GET")
        rules = [read_rule(rule) for rule in capability.policies]
        claims = recorded.claims_of(capability.generate_token(), KEY)
        assert from_the_start(rules, sids_of(claims)) == set(range(made))

    def test_first_rules_once(self) -> None:
        capability = capability_of()
        rules = [read_rule(rule) for rule in capability.policies * 2]
        claims = recorded.claims_of(capability.generate_token(), KEY)
        assert from_the_start(rules, sids_of(claims)) == set(range(len(capability.policies)))

    @pytest.mark.parametrize(
        "change",
        [
            {"allow": False},
            {"post_filter": {"A": {"required": True}}},
            {"query_filter": {"A": {"required": True}}},
        ],
    )
    def test_no_changed_first_rule(self, change: dict[str, Any]) -> None:
        capability = capability_of()
        rules = [read_rule(rule | change) for rule in capability.policies]
        assert from_the_start(rules, sids_of(recorded.claims_of(capability.generate_token(), KEY))) == set()

    @pytest.mark.parametrize("claims", [{}, {"channel": "CI123"}, {"channel": "WS/1"}, {"worker_sid": "WK1"}])
    def test_no_first_rule_without_page(self, claims: dict[str, str]) -> None:
        rules = [read_rule(rule) for rule in capability_of().policies]
        assert from_the_start(rules, sids_of(claims)) == set()
