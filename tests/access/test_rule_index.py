"""The rules of a policy, found by walking up a URL."""

from __future__ import annotations

from twilio.task_router.access.rule_index import RuleIndex
from twilio.task_router.rule import read_rules


def test_part_of_a_url() -> None:
    index = RuleIndex(read_rules([{"url": "https://t/**", "method": "GET", "allow": True}]))
    assert list(index.covering("GET", "/Workers/WK1")) == []
