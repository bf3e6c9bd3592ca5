from __future__ import annotations

from typing import Any

import pytest

from twilio.task_router import AccessPolicy

WORKSPACE = "https://taskrouter.twilio.com/v1/Workspaces/WS1"
WORKER = f"{WORKSPACE}/Workers/WK1"


def rule(url: str, method: str = "GET", **more: Any) -> dict[str, Any]:
    return {"url": url, "method": method, "allow": True} | more


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
    def test_has_a_kind_for_programs(self, rules: list[dict[str, Any]], kind: str) -> None:
        assert AccessPolicy(rules).decide("GET", WORKER).kind == kind

    @pytest.mark.parametrize(
        "rules", [[rule(WORKER, post_filter={"A": "x"})], [rule(WORKER, "POST")], [rule(f"{WORKSPACE}/*")]]
    )
    def test_names_no_rule_that_decided_where_none_matches(self, rules: list[dict[str, Any]]) -> None:
        decision = AccessPolicy(rules).decide("GET", WORKER)
        assert (decision.rule_index, decision.rule) == (None, None)

    def test_is_an_explicit_denial_first(self) -> None:
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
    def test_is_the_parameter_where_method_and_url_match(self, form: Any, problem: str) -> None:
        rules = [rule(WORKER, "DELETE"), rule(WORKER, "POST", post_filter={"A": "x"})]
        reason = self.why(rules, "POST", form=form)
        assert reason == f"Policy rule 1 allows POST {WORKER}, but the form parameter {problem}."

    def test_names_just_a_few_parameters(self) -> None:
        form = [(f"P{number}", "x") for number in range(100_000)]
        reason = self.why([rule(WORKER, post_filter={"A": "x"})], form=form)
        assert reason.endswith(
            "but the form parameter 'A' is missing, the form parameter 'P0' is unexpected, "
            "the form parameter 'P1' is unexpected, and 99,998 more."
        )

    def test_says_whether_it_is_a_query_parameter(self) -> None:
        reason = self.why([rule(WORKER, query_filter={"A": "x"})])
        assert reason.endswith("but the query parameter 'A' is missing.")

    def test_is_of_the_rule_with_the_fewest_objections(self) -> None:
        rules = [
            rule(WORKER, post_filter={"A": "x", "B": "y"}),
            rule(f"{WORKSPACE}/**", post_filter={"A": "x"}),
        ]
        assert self.why(rules).startswith("Policy rule 1 allows")

    def test_is_of_the_first_rule_if_several_object_to_as_much(self) -> None:
        rules = [
            rule(f"{WORKSPACE}/**", post_filter={"A": "x"}),
            rule(WORKER, post_filter={"B": "y"}),
        ]
        assert self.why(rules).startswith("Policy rule 0 allows")
        assert self.why(rules[::-1]).startswith("Policy rule 0 allows")

    def test_is_the_method_where_only_the_url_matches(self) -> None:
        rules = [rule(WORKER, "POST"), rule(f"{WORKSPACE}/**", "DELETE")]
        assert (
            self.why(rules)
            == f"No policy rule allows GET on {WORKER}, only DELETE (rule 1) and POST (rule 0)."
        )

    def test_names_the_first_rule_of_each_other_method(self) -> None:
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
    def test_is_what_stands_between_where_a_rule_almost_matches(
        self, pattern: str, url: str, gap: str
    ) -> None:
        rules = [rule("https://example.com/**"), rule(pattern)]
        nearest = f"the nearest is rule 1, GET {pattern}: {gap}."
        assert self.why(rules, url=url) == f"No policy rule allows GET on {url}; {nearest}"

    def test_prefers_an_almost_matching_rule_with_the_same_method(self) -> None:
        rules = [rule(WORKER, "POST"), rule(f"{WORKSPACE}/*"), rule(f"{WORKSPACE}/Workers/*", "POST")]
        assert "rule 1" in self.why(rules, url=f"{WORKER}/Channels")

    def test_prefers_the_almost_matching_rule_with_the_longest_path(self) -> None:
        rules = [rule(f"{WORKSPACE}/*"), rule(WORKER), rule(f"{WORKSPACE}/Workers")]
        assert "rule 1" in self.why(rules, url=f"{WORKER}/Channels")

    def test_prefers_the_first_of_almost_matching_rules_that_are_equally_near(self) -> None:
        rules = [rule(f"{WORKSPACE}/Workers/*"), rule(f"{WORKSPACE}/Workers")]
        assert "rule 0" in self.why(rules, url=f"{WORKER}/Channels")
        assert "rule 0" in self.why(rules[::-1], url=f"{WORKER}/Channels")

    def test_says_where_the_method_of_the_nearest_rule_differs_too(self) -> None:
        reason = self.why([rule(WORKER, "POST")], url=f"{WORKER}/")
        assert reason.endswith(
            f"rule 0, POST {WORKER}: only a trailing slash differs, and the method differs."
        )

    def test_is_that_no_rule_is_near_otherwise(self) -> None:
        rules = [rule("https://example.com/**"), rule(f"{WORKER}/Channels", allow=False)]
        assert self.why(rules) == f"No policy rule allows GET on {WORKER}."

    def test_does_not_call_a_rule_near_that_is_for_two_more_segments(self) -> None:
        rules = [rule(WORKER), rule(f"{WORKSPACE}/Workers/*")]
        assert self.why(rules, url=WORKSPACE) == f"No policy rule allows GET on {WORKSPACE}."

    def test_does_not_call_a_denial_a_near_miss(self) -> None:
        rules = [rule(WORKER, "POST", allow=False), rule(WORKER, allow=False, query_filter={"A": "x"})]
        assert self.why(rules) == f"No policy rule allows GET on {WORKER}."

    def test_is_one_line_whatever_the_url(self) -> None:
        assert "\n" not in self.why([rule("https://t/\n/**", "POST")], url="https://t/\n/x")
