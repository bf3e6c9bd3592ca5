from __future__ import annotations

from itertools import count
from random import Random
from typing import Any

import pytest

from tests.access.samples import WORKER, WORKSPACE, rule
from tests.judges.brute_force import Decisions, Drawn, World
from twilio.task_router import (
    AccessPolicy,
    Request,
    TaskRouterCapability,
    TaskRouterWorkerCapability,
)
from twilio.task_router.access import comparison
from twilio.task_router.access.comparison import made_up_word
from twilio.task_router.access.parameters import Steps

REQUIRED = {"required": True}
OPTIONAL = {"required": False}


def beyond(rules: list[dict[str, Any]], others: list[dict[str, Any]]) -> list[Request]:
    """The requests that one policy allows beyond another, confirmed by both."""
    policy, other = AccessPolicy(rules), AccessPolicy(others)
    found = policy.beyond(other)
    for request in found:
        assert policy.decide(request)
        assert not other.decide(request)
    return found


def urls_beyond(rules: list[dict[str, Any]], others: list[dict[str, Any]]) -> list[str]:
    return [request.url for request in beyond(rules, others)]


class Compared:
    """A pair of drawn policies, compared by trying every request."""

    def __init__(self, seed: int) -> None:
        drawn = Drawn(seed)
        self.rules, self.others = drawn.one, drawn.other
        self._mine, self._theirs = Decisions(drawn.one), Decisions(drawn.other)
        places = {self.newly_allowing(*request) for request in World(self.rules, self.others).requests()}
        #: The places of the rules that let something new through.
        self.expected = sorted(place for place in places if place is not None)

    def newly_allowing(self, *request: Any) -> int | None:
        """The place of the rule that lets a request through, if the other policy does not."""
        allowed, place = self._mine.of(*request)
        return place if allowed and not self._theirs.of(*request)[0] else None

    def fewest_parameters(self, like: Request) -> int:
        """How few parameters a request needs that the same rule lets through at the same URL."""
        return min(
            len(query) + len(form)
            for method, url, query, form in World(self.rules, self.others).requests(like.url)
            if method == like.method
            and self.newly_allowing(method, url, query, form) == self.newly_allowing(*like)
        )


@pytest.mark.long
class TestAgainstBruteForce:
    @pytest.mark.parametrize("part", range(10))
    def test_beyond_as_brute_force(self, part: int) -> None:
        left = {True: 1_050, False: 1_050}  # so half of them differ
        seed = part * 1_000_000
        while any(left.values()):
            seed += 1
            pair = Compared(seed)
            if not left[bool(pair.expected)]:
                continue
            left[bool(pair.expected)] -= 1
            found = beyond(pair.rules, pair.others)
            assert [pair.newly_allowing(*request) for request in found] == pair.expected, vars(pair)

    def test_fewest_parameters(self) -> None:
        with_parameters = 0
        for seed in range(1_000):
            pair = Compared(seed)
            for request in beyond(pair.rules, pair.others):
                size = len(request.query) + len(request.form)
                assert size == pair.fewest_parameters(request), vars(pair)
                with_parameters += size > 0
        assert with_parameters > 100

    def test_redundant_as_brute_force(self) -> None:
        removable = 0
        for seed in range(1_000):
            rules = Drawn(seed).one
            requests = list(World(rules).requests())
            without = [rules[:place] + rules[place + 1 :] for place in range(len(rules))]
            allowed, *allowed_without = (
                [decisions.of(*request)[0] for request in requests]
                for decisions in map(Decisions, [rules, *without])
            )
            expected = [place for place, answers in enumerate(allowed_without) if answers == allowed]
            assert AccessPolicy(rules).redundant() == expected, rules
            removable += len(expected)
        assert removable > 100


class TestBeyond:
    def test_beyond_itself_is_empty(self) -> None:
        capability = TaskRouterWorkerCapability("AC1", "secret", "WS1", "WK1")
        capability.allow_activity_updates()
        policy = capability.access_policy()
        assert policy.beyond(policy) == []

    def test_one_request_for_each_rule(self) -> None:
        new = [rule(WORKER, "POST"), rule(f"{WORKSPACE}/Tasks/*"), rule(f"{WORKSPACE}/Activities")]
        assert beyond(new, [rule(f"{WORKSPACE}/Activities")]) == [
            Request("POST", WORKER),
            Request("GET", f"{WORKSPACE}/Tasks/any"),
        ]

    def test_empty_policy_adds_nothing(self) -> None:
        assert beyond([], [rule(WORKER)]) == []

    def test_beyond_an_empty_policy(self) -> None:
        assert beyond([rule(WORKER)], []) == [Request("GET", WORKER)]

    def test_covered_rule_adds_nothing(self) -> None:
        new = [rule(WORKER), rule(WORKER, query_filter={"A": REQUIRED}, allow=False)]
        assert beyond(new, [rule(f"{WORKSPACE}/**")]) == []

    def test_other_denial_counts(self) -> None:
        old = [rule(f"{WORKSPACE}/**"), rule(WORKER, allow=False)]
        assert beyond([rule(f"{WORKSPACE}/**")], old) == [Request("GET", WORKER)]

    def test_no_needless_parameter(self) -> None:
        old = [rule(WORKER, query_filter={"A": "x"}, allow=False)]
        assert beyond([rule(WORKER)], old) == [Request("GET", WORKER)]

    def test_own_denial_counts(self) -> None:
        new = [rule(f"{WORKSPACE}/**"), rule(WORKSPACE, allow=False)]
        assert urls_beyond(new, []) == [f"{WORKSPACE}/any"]

    def test_class_of_5_7_0_adds_rules(self) -> None:
        of_5_7_0 = TaskRouterWorkerCapability("AC1", "secret", "WS1", "WK1").access_policy()
        of_3_7_0 = TaskRouterCapability("AC1", "secret", "WS1", "WK1").access_policy()
        assert of_3_7_0.beyond(of_5_7_0) == []
        assert [str(request) for request in of_5_7_0.beyond(of_3_7_0)] == [
            f"GET {WORKER}",
            f"GET {WORKSPACE}/Tasks",
            f"GET {WORKER}/Reservations",
        ]

    def test_beyond_a_list_is_refused(self) -> None:
        not_a_policy: Any = [rule(WORKER)]
        with pytest.raises(TypeError, match="other must be an AccessPolicy, not list"):
            AccessPolicy([]).beyond(not_a_policy)

    def test_index_of_each_request(self) -> None:
        rules = [rule(f"{WORKER}/a"), rule(f"{WORKER}/**", "POST"), rule(WORKER), rule(f"{WORKER}/*")]
        policy, other = AccessPolicy(rules), AccessPolicy([rule(f"{WORKER}/a")])
        found = comparison.beyond(policy.index, other.index)
        assert [index for index, _ in found] == [1, 2, 3]
        assert [policy.decide(request).rule_index for _, request in found] == [1, 2, 3]


class TestUrls:
    """Each kind of URL that wildcards and literals can tell apart."""

    def test_literal_is_simplest(self) -> None:
        assert urls_beyond([rule(WORKER)], [rule(f"{WORKER}/**", "POST")]) == [WORKER]

    def test_recursive_beyond_literal(self) -> None:
        assert urls_beyond([rule(f"{WORKER}/**")], [rule(WORKER)]) == [f"{WORKER}/any"]

    def test_recursive_beyond_child(self) -> None:
        old = [rule(WORKER), rule(f"{WORKER}/*")]
        assert urls_beyond([rule(f"{WORKER}/**")], old) == [f"{WORKER}/any/any"]

    def test_child_within_recursive(self) -> None:
        assert beyond([rule(f"{WORKER}/*")], [rule(f"{WORKER}/**")]) == []

    def test_trailing_slash_is_not_new(self) -> None:
        new = [rule(f"{WORKER}/**")]
        old = [rule(WORKER), rule(f"{WORKER}/*"), rule(f"{WORKER}/")]
        assert urls_beyond(new, old) == [f"{WORKER}/any/any"]

    def test_literal_below_a_wildcard(self) -> None:
        old = [rule(f"{WORKSPACE}/**"), rule(f"{WORKSPACE}/a/b/c", allow=False)]
        assert urls_beyond([rule(f"{WORKSPACE}/**")], old) == [f"{WORKSPACE}/a/b/c"]

    def test_child_below_a_wildcard(self) -> None:
        old = [rule(f"{WORKSPACE}/**"), rule(f"{WORKSPACE}/a/*", allow=False)]
        assert urls_beyond([rule(f"{WORKSPACE}/**")], old) == [f"{WORKSPACE}/a/any"]

    def test_literal_with_a_slash(self) -> None:
        assert beyond([rule(f"{WORKER}/")], [rule(f"{WORKER}/**")]) == []
        assert urls_beyond([rule(f"{WORKER}/")], [rule(WORKER), rule(f"{WORKER}/*")]) == [f"{WORKER}/"]
        old = [rule(f"{WORKER}/**"), rule(f"{WORKER}/", allow=False)]
        assert urls_beyond([rule(f"{WORKER}/**")], old) == [f"{WORKER}/"]

    @pytest.mark.parametrize("segment", ["", ".", ".."])
    def test_improper_segment_stops(self, segment: str) -> None:
        below = f"{WORKER}/{segment}/x"
        assert urls_beyond([rule(below)], [rule(f"{WORKER}/**")]) == [below]

    @pytest.mark.parametrize("segment", ["", ".", ".."])
    def test_improper_end_of_a_prefix(self, segment: str) -> None:
        pattern = f"{WORKER}/{segment}/**"
        assert urls_beyond([rule(pattern)], [rule(f"{WORKER}/{segment}")]) == [f"{WORKER}/{segment}/any"]
        assert urls_beyond([rule(f"{WORKER}/{segment}/*")], [rule(f"{WORKER}/**")]) == [
            f"{WORKER}/{segment}/any"
        ]

    @pytest.mark.parametrize("url", [f"{WORKER}?A=x", f"{WORKER}#a", f"{WORKER}?A=x/**", f"{WORKER}#/*"])
    def test_query_in_a_url_adds_nothing(self, url: str) -> None:
        assert beyond([rule(url)], []) == []

    def test_star_inside_a_url(self) -> None:
        assert urls_beyond([rule("https://t/*/a")], [rule("https://t/**")]) == []
        assert urls_beyond([rule("https://t/**")], [rule("https://t/*/a")]) == ["https://t"]

    @pytest.mark.parametrize("url", ["/Workers/WK1", "/**", "/*", "**", "t/**", "https://", "https:///**"])
    def test_relative_url_is_skipped(self, url: str) -> None:
        assert urls_beyond([rule(url), rule("https://t")], []) == ["https://t"]

    @pytest.mark.parametrize("wildcard", ["*", "**"])
    def test_wildcard_for_the_host(self, wildcard: str) -> None:
        assert urls_beyond([rule(f"https://{wildcard}")], []) == ["https://any"]

    def test_real_before_made_up(self) -> None:
        old = [rule(f"{WORKSPACE}/zzz", query_filter={"A": REQUIRED})]
        assert urls_beyond([rule(f"{WORKSPACE}/*")], old) == [f"{WORKSPACE}/zzz"]

    def test_one_made_up_before_two(self) -> None:
        old = [
            rule(WORKSPACE),
            rule(f"{WORKSPACE}/*"),
            rule(f"{WORKSPACE}/Activities/*", query_filter={"A": REQUIRED}),
        ]
        assert urls_beyond([rule(f"{WORKSPACE}/**")], old) == [f"{WORKSPACE}/Activities/any"]

    def test_shortest_url_first(self) -> None:
        old = [rule(f"{WORKSPACE}/a/b", "POST"), rule(WORKSPACE), rule(f"{WORKSPACE}/a/b/*", "GET")]
        assert urls_beyond([rule(f"{WORKSPACE}/**")], old) == [f"{WORKSPACE}/a/b"]

    def test_made_up_is_not_a_name(self) -> None:
        (request,) = beyond([rule("https://t/*", query_filter={"any": REQUIRED})], [])
        assert request == Request("GET", "https://t/any-2", query={"any": "any-2"})

    def test_each_method_on_its_own(self) -> None:
        new = [rule(WORKER), rule(WORKER, "POST"), rule(WORKER, "DELETE")]
        assert beyond(new, [rule(WORKER, "POST")]) == [Request("GET", WORKER), Request("DELETE", WORKER)]

    def test_made_up_segment_is_new(self) -> None:
        new = [rule("https://t/*")]
        old = [rule("https://t/any"), rule("https://company/any-2")]
        assert urls_beyond(new, old) == ["https://t/any-3"]


class TestParameters:
    """Each kind of parameter that filters can tell apart."""

    def with_form(self, new: Any, old: Any) -> list[tuple[tuple[str, str], ...]]:
        found = beyond([rule(WORKER, "POST", post_filter=new)], [rule(WORKER, "POST", post_filter=old)])
        return [request.form for request in found]

    @pytest.mark.parametrize(
        ("new", "old", "form"),
        [
            ({"A": OPTIONAL}, {"A": REQUIRED}, ()),
            ({"A": REQUIRED}, {"A": "x"}, (("A", "any"),)),
            ({"A": "y"}, {"A": "x"}, (("A", "y"),)),
            ({"A": OPTIONAL}, {"A": {"value": "x"}}, (("A", "any"),)),
            ({"A": OPTIONAL, "B": OPTIONAL}, {"A": OPTIONAL}, (("B", "any"),)),
            ({"A": REQUIRED, "B": OPTIONAL}, {"A": OPTIONAL}, (("A", "any"), ("B", "any"))),
            ({}, {"A": OPTIONAL}, (("any", "any"),)),
            ({}, {"A": REQUIRED}, ()),
        ],
    )
    def test_fewest_between_filters(self, new: Any, old: Any, form: Any) -> None:
        assert self.with_form(new, old) == [form]

    @pytest.mark.parametrize(
        ("new", "old"),
        [
            ({"A": REQUIRED}, {}),
            ({"A": REQUIRED}, {"A": OPTIONAL}),
            ({"A": "x"}, {"A": REQUIRED}),
            ({"A": {"value": "x"}}, {"A": OPTIONAL, "B": OPTIONAL}),
            ({"A": "x"}, {"A": {"required": True, "value": "x"}}),
        ],
    )
    def test_narrower_filter(self, new: Any, old: Any) -> None:
        assert self.with_form(new, old) == []

    def test_query_and_form_both_count(self) -> None:
        new = [rule(WORKER, "POST")]
        old = [
            rule(WORKER, "POST", query_filter={"A": REQUIRED}),
            rule(WORKER, "POST", post_filter={"B": OPTIONAL}),
        ]
        assert beyond(new, old) == [Request("POST", WORKER, form={"any": "any"})]

    def test_rules_cover_one_together(self) -> None:
        new = [rule(WORKER, query_filter={"A": OPTIONAL, "B": OPTIONAL})]
        old = [
            rule(WORKER, query_filter={"A": OPTIONAL}),
            rule(WORKER, query_filter={"B": OPTIONAL}),
            rule(WORKER, query_filter={"A": REQUIRED, "B": REQUIRED}),
        ]
        assert beyond(new, old) == []
        assert beyond(new, old[:2]) == [Request("GET", WORKER, query={"A": "any", "B": "any"})]

    def test_own_denial_with_a_filter(self) -> None:
        new = [
            rule(f"{WORKSPACE}/**"),
            rule(f"{WORKSPACE}/**", query_filter={"A": OPTIONAL}, allow=False),
        ]
        assert beyond(new, []) == [Request("GET", WORKSPACE, query={"any": "any"})]

    def test_made_up_value_is_new(self) -> None:
        new, old = {"any": REQUIRED}, {"any": {"required": True, "value": "any-2"}}
        assert self.with_form(new, old) == [(("any", "any-3"),)]


class TestMadeUpWord:
    @pytest.mark.parametrize(
        ("text", "word"),
        [
            ("x", "any"),
            ("company", "any-2"),
            ("any-2", "any-3"),
            ("any-23", "any-3"),
            ("any-1 any-3", "any-2"),
            ("many-2 any-3any-4", "any-5"),
            ("any-02", "any-2"),
            ("any-" + "2" * 5_000, "any-3"),
            (" ".join(f"any-{n}" for n in range(1_001)), "any-1001"),
        ],
        ids=lambda text: text[:20],
    )
    def test_made_up_word_is_new(self, text: str, word: str) -> None:
        for place in ("url", "name", "value"):
            parts = {"url": "https://t/", "name": "A", "value": "x"}
            parts[place] += text
            policy = AccessPolicy([rule(parts["url"], query_filter={parts["name"]: parts["value"]})])
            assert made_up_word(policy.index.rules, Steps()) == word

    def test_made_up_word_is_first(self) -> None:
        random = Random(1)  # noqa: S311 - to be repeated, not to be secret
        for _ in range(200):
            text = "/".join(f"any-{random.randint(0, 60)}" for _ in range(random.randint(0, 150)))
            words = ("any" if number == 1 else f"any-{number}" for number in count(1))
            expected = next(word for word in words if word not in text)
            assert made_up_word(AccessPolicy([rule(f"https://t/{text}")]).index.rules, Steps()) == expected


class TestRedundant:
    def test_redundant_below_a_wider(self) -> None:
        assert AccessPolicy([rule(WORKER), rule(f"{WORKER}/**")]).redundant() == [0]

    def test_redundant_twins(self) -> None:
        assert AccessPolicy([rule(WORKER), rule(WORKER)]).redundant() == [0, 1]

    def test_redundant_denial(self) -> None:
        assert AccessPolicy([rule(WORKER, allow=False)]).redundant() == [0]

    def test_redundant_denied_value(self) -> None:
        rules = [rule(WORKER, query_filter={"A": "1"}), rule(WORKER, query_filter={"A": "2"}, allow=False)]
        assert AccessPolicy(rules).redundant() == [1]

    def test_needed_denial(self) -> None:
        assert AccessPolicy([rule(f"{WORKER}/**"), rule(WORKER, allow=False)]).redundant() == []

    def test_needed_exception(self) -> None:
        rules = [rule(f"{WORKSPACE}/**"), rule(f"{WORKER}/**", allow=False), rule(WORKER)]
        assert AccessPolicy(rules).redundant() == []

    def test_redundant_dead_rule(self) -> None:
        assert AccessPolicy([rule(f"{WORKER}?A=x"), rule(WORKER)]).redundant() == [0]

    def test_redundant_in_no_rules(self) -> None:
        assert AccessPolicy([]).redundant() == []
