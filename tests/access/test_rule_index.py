"""The rules of a policy, found by walking up a URL."""

from __future__ import annotations

from typing import Any

import pytest

from tests.access.samples import WORKER, rule
from tests.judges import second_opinion
from twilio.task_router import AccessPolicy
from twilio.task_router.access.rule_index import RuleIndex
from twilio.task_router.rule import read_rules


def test_part_of_a_url() -> None:
    index = RuleIndex(read_rules([{"url": "https://t/**", "method": "GET", "allow": True}]))
    assert list(index.covering("GET", "/Workers/WK1")) == []


@pytest.mark.parametrize(
    ("pattern", "url", "covered"),
    [
        ("https://t/*/*", "https://t/*/x", True),
        ("https://t/*", "https://t/*", True),
        ("https://t/*", "https://t/x/*", False),
        ("https://t/*/**", "https://t/*", True),
        ("https://t/a//**", "https://t/a/", True),
        ("https://t/a//**", "https://t/a//b", True),
        ("https://t/a/**", "https://t/a//b", False),
        ("https://t/a/**", "https://t/a//", False),
        ("https://t/a/**", "https://t/a/b/../c", False),
        ("https://t/a/**", "https://t/a/./b", False),
        ("https://t/a/*", "https://t/a/.", False),
        ("https://t/a/*", "https://t/a/..", False),
        ("https://t/a/*", "https://t/a/...", True),
        ("https://t/a/*", "https://t/a/", False),
        ("https://t/a/**", "https://t/a/b/c/", True),
        ("https://t/a/**", "https://t/a/b/", True),
        ("https://t/a/**", "https://t/a/", True),
        ("https://t/a/*", "https://t/a/b/", False),
        ("https://t/a/*", "https://t/a/b", True),
        ("https://t/a/*", "https://t/aXY", False),
        ("https://t/a/**", "https://t/aXY", False),
        ("https://*", "https://t", True),
        ("https://*", "https://t/", False),
        ("https://**", "https://t/a/b", True),
        ("https:/**", "https://t", False),
        ("/**", "https://t/a", False),
        ("**", "https://t", False),
        ("https://t**", "https://t/a", False),
        ("https://t**", "https://t**", True),
    ],
)
def test_covered_urls(pattern: str, url: str, covered: Any) -> None:
    rules = [rule(pattern)]
    assert AccessPolicy(rules).allows("GET", url) is covered
    assert second_opinion.is_allowed(rules, "GET", url, [], []) is covered


@pytest.mark.parametrize("allow", [True, False])
@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("key", ["query_filter", "post_filter"])
def test_filter_decides_first(key: str, allow: Any, order: int) -> None:
    rules = [rule(WORKER, allow=not allow), rule(WORKER, allow=allow) | {key: {"A": "x"}}][::order]
    query, form = [("A", "x")] * (key == "query_filter"), [("A", "x")] * (key == "post_filter")
    assert AccessPolicy(rules).allows("GET", WORKER, query=query, form=form) is allow
    assert second_opinion.is_allowed(rules, "GET", WORKER, query, form) is allow


def test_denial_of_equal_rules() -> None:
    rules = [
        rule(WORKER, query_filter={"A": {"required": True}}),
        rule(WORKER, query_filter={"A": "x"}, allow=False),
    ]
    decision = AccessPolicy(rules).decide("GET", WORKER, query={"A": "x"})
    assert not decision
    assert decision.rule == rules[1]
