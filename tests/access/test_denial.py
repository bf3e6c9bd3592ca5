from __future__ import annotations

from typing import Any

import pytest

from tests.access.samples import WORKER, WORKSPACE, rule
from twilio.task_router import AccessPolicy


class TestReasonOfADenial:
    """The nearest miss, in the order that helps most."""

    def why(self, rules: list[dict[str, Any]], method: str = "GET", url: str = WORKER, **params: Any) -> str:
        decision = AccessPolicy(rules).decide(method, url, **params)
        assert not decision
        return decision.reason

    @pytest.mark.parametrize(
        ("rules", "kind"),
        [
            ([rule(WORKER, allow=False), rule(f"{WORKSPACE}/**")], "denied-by-rule"),
            ([rule(WORKER, post_filter={"A": "x"}), rule(WORKER, "POST")], "wrong-parameters"),
            ([rule(WORKER, "POST"), rule(f"{WORKSPACE}/*")], "wrong-method"),
            ([rule(f"{WORKSPACE}/*")], "near-miss"),
            ([rule(f"{WORKSPACE}/Tasks/*")], "no-rule"),
            ([], "no-rule"),
        ],
    )
    def test_kind_of_a_denial(self, rules: list[dict[str, Any]], kind: str) -> None:
        assert AccessPolicy(rules).decide("GET", WORKER).kind == kind

    @pytest.mark.parametrize(
        "rules", [[rule(WORKER, post_filter={"A": "x"})], [rule(WORKER, "POST")], [rule(f"{WORKSPACE}/*")]]
    )
    def test_no_index_without_a_match(self, rules: list[dict[str, Any]]) -> None:
        decision = AccessPolicy(rules).decide("GET", WORKER)
        assert (decision.rule_index, decision.rule) == (None, None)

    def test_explicit_denial(self) -> None:
        rules = [rule(f"{WORKSPACE}/**"), rule(WORKER, allow=False)]
        assert self.why(rules) == f"Policy rule 1 denies GET {WORKER}."

    @pytest.mark.parametrize(
        ("form", "problem"),
        [
            ([], "'A' is missing"),
            ([("A", "x"), ("Z", "z")], "'Z' is unexpected"),
            ([("A", "x"), ("A", "x")], "'A' is repeated"),
            ([("A", "y")], "'A' must be 'x', not 'y'"),
        ],
    )
    def test_wrong_parameter(self, form: Any, problem: str) -> None:
        rules = [rule(WORKER, "DELETE"), rule(WORKER, "POST", post_filter={"A": "x"})]
        reason = self.why(rules, "POST", form=form)
        assert reason == f"Policy rule 1 allows POST {WORKER}, but the form parameter {problem}."

    def test_few_parameters_are_named(self) -> None:
        form = [(f"P{number}", "x") for number in range(100_000)]
        reason = self.why([rule(WORKER, post_filter={"A": "x"})], form=form)
        assert reason.endswith(
            "but the form parameter 'A' is missing, the form parameter 'P0' is unexpected, "
            "the form parameter 'P1' is unexpected, and 99,998 more."
        )

    def test_wrong_query_parameter(self) -> None:
        reason = self.why([rule(WORKER, query_filter={"A": "x"})])
        assert reason.endswith("but the query parameter 'A' is missing.")

    def test_fewest_problems_first(self) -> None:
        rules = [
            rule(WORKER, post_filter={"A": "x", "B": "y"}),
            rule(f"{WORKSPACE}/**", post_filter={"A": "x"}),
        ]
        assert self.why(rules).startswith("Policy rule 1 allows")

    def test_equal_problems_by_index(self) -> None:
        rules = [
            rule(f"{WORKSPACE}/**", post_filter={"A": "x"}),
            rule(WORKER, post_filter={"B": "y"}),
        ]
        assert self.why(rules).startswith("Policy rule 0 allows")
        assert self.why(rules[::-1]).startswith("Policy rule 0 allows")

    def test_wrong_method(self) -> None:
        rules = [rule(WORKER, "POST"), rule(f"{WORKSPACE}/**", "DELETE")]
        assert (
            self.why(rules)
            == f"No policy rule allows GET on {WORKER}, only DELETE (rule 1) and POST (rule 0)."
        )

    def test_first_rule_of_a_method(self) -> None:
        rules = [rule(f"{WORKSPACE}/**", "POST"), rule(WORKER, "POST")]
        assert self.why(rules) == f"No policy rule allows GET on {WORKER}, only POST (rule 0)."

    @pytest.mark.parametrize(
        ("pattern", "url", "gap"),
        [
            (WORKER, f"{WORKER}/", "only a trailing slash differs"),
            (f"{WORKER}/", WORKER, "only a trailing slash differs"),
            (f"{WORKSPACE}/Workers/*", f"{WORKER}/", "only a trailing slash differs"),
            (WORKER, f"{WORKER}/Channels", "it has no wildcard for the segments below"),
            (WORKER, f"{WORKSPACE}/Workers", "its URL has one more segment"),
            (f"{WORKSPACE}/Workers/*", f"{WORKSPACE}/Workers", "its URL has one more segment"),
            (
                f"{WORKSPACE}/*",
                f"{WORKER}/Channels",
                "/* matches just one segment, where /** would match more",
            ),
            (f"{WORKSPACE}/*", f"{WORKSPACE}/a/b", "/* matches just one segment, where /** would match more"),
            (
                f"{WORKSPACE}/**",
                f"{WORKSPACE}/../WS2",
                "wildcards never match a segment that is empty, '.' or '..'",
            ),
            (
                f"{WORKSPACE}/**",
                f"{WORKSPACE}/Workers/../Tasks",
                "wildcards never match a segment that is empty, '.' or '..'",
            ),
        ],
    )
    def test_gap_of_a_near_miss(self, pattern: str, url: str, gap: str) -> None:
        rules = [rule("https://example.com/**"), rule(pattern)]
        nearest = f"the nearest is rule 1, GET {pattern}: {gap}."
        assert self.why(rules, url=url) == f"No policy rule allows GET on {url}; {nearest}"

    def test_same_method_is_nearer(self) -> None:
        rules = [rule(WORKER, "POST"), rule(f"{WORKSPACE}/*"), rule(f"{WORKSPACE}/Workers/*", "POST")]
        assert "rule 1" in self.why(rules, url=f"{WORKER}/Channels")

    def test_longer_path_is_nearer(self) -> None:
        rules = [rule(f"{WORKSPACE}/*"), rule(WORKER), rule(f"{WORKSPACE}/Workers")]
        assert "rule 1" in self.why(rules, url=f"{WORKER}/Channels")

    def test_equally_near_by_index(self) -> None:
        rules = [rule(f"{WORKSPACE}/Workers/*"), rule(f"{WORKSPACE}/Workers")]
        assert "rule 0" in self.why(rules, url=f"{WORKER}/Channels")
        assert "rule 0" in self.why(rules[::-1], url=f"{WORKER}/Channels")

    def test_method_differs_too(self) -> None:
        reason = self.why([rule(WORKER, "POST")], url=f"{WORKER}/")
        assert reason.endswith(
            f"rule 0, POST {WORKER}: only a trailing slash differs, and the method differs."
        )

    def test_nothing_is_near(self) -> None:
        rules = [rule("https://example.com/**"), rule(f"{WORKER}/Channels", allow=False)]
        assert self.why(rules) == f"No policy rule allows GET on {WORKER}."

    def test_two_segments_are_too_far(self) -> None:
        rules = [rule(WORKER), rule(f"{WORKSPACE}/Workers/*")]
        assert self.why(rules, url=WORKSPACE) == f"No policy rule allows GET on {WORKSPACE}."

    def test_denials_are_not_near(self) -> None:
        rules = [rule(WORKER, "POST", allow=False), rule(WORKER, allow=False, query_filter={"A": "x"})]
        assert self.why(rules) == f"No policy rule allows GET on {WORKER}."

    def test_reason_is_one_line(self) -> None:
        assert "\n" not in self.why([rule("https://t/\n/**", "POST")], url="https://t/\n/x")
