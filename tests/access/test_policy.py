from __future__ import annotations

import copy
import enum
import pickle
from random import Random
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.http import QueryDict
from werkzeug.datastructures import ImmutableMultiDict, MultiDict

from tests.access.samples import WORKER, WORKSPACE, rule
from tests.judges import recorded, second_opinion
from twilio.task_router import (
    AccessPolicy,
    ConflictingRulesError,
    InvalidRuleError,
    Request,
    TaskRouterCapability,
    TaskRouterWorkspaceCapability,
    make_policy,
)

VECTORS = recorded.load("policy-decisions.json")


def pickled(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))  # noqa: S301 - our own


class TestRecordedDecisions:
    @pytest.mark.parametrize("vector", VECTORS["decisions"], ids=lambda vector: vector["why"])
    def test_recorded_decisions(self, vector: dict[str, Any]) -> None:
        decision = AccessPolicy(vector["policies"]).decide(
            vector["method"], vector["url"], query=vector["query"], form=vector["form"]
        )
        assert decision.allowed is vector["allowed"]

    @pytest.mark.parametrize("vector", VECTORS["decisions"], ids=lambda vector: vector["why"])
    def test_second_opinion_agrees(self, vector: dict[str, Any]) -> None:
        address, _, query_string = vector["url"].partition("?")
        query = [tuple(pair.split("=")) for pair in query_string.split("&") if pair]
        query += [tuple(pair) for pair in vector["query"] or []]
        form = [tuple(pair) for pair in vector["form"] or []]
        allowed = second_opinion.is_allowed(vector["policies"], vector["method"], address, query, form)
        assert allowed is vector["allowed"]

    @pytest.mark.parametrize("vector", VECTORS["conflicts"], ids=lambda vector: vector["why"])
    def test_recorded_conflicts(self, vector: dict[str, Any]) -> None:
        with pytest.raises(ConflictingRulesError, match="policy rules 0 and 1 conflict"):
            AccessPolicy(vector["policies"])
        assert second_opinion.in_direct_conflict(vector["policies"])


class Drawn:
    """Rules and a request, drawn so that they have a fair chance to meet."""

    _SEGMENTS = ("WS1", "WS2", "Workers", "Tasks", "WK1", "a*b", "**x", "", ".", "..", "%2e", "ws1")
    _NAMES = ("A", "B", "C")
    _VALUES = ("x", "y", "")

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - to be repeated, not to be secret
        self.rules = [self._rule() for _ in range(self._random.randint(1, 5))]
        pattern = self._random.choice(self.rules)
        self.method = pattern["method"] if self._random.random() < 0.9 else self._method()
        self.url = self._url_near(pattern["url"])
        self.query = self._pairs_near(pattern.get("query_filter"))
        self.in_url = self._random.randint(0, len(self.query))  # so many of them stand in the URL itself
        self.form = self._pairs_near(pattern.get("post_filter"))

    def _method(self) -> str:
        return self._random.choice(("GET", "POST", "DELETE"))

    def _path(self, longest: int) -> str:
        common = self._random.choices(self._SEGMENTS[:5], k=self._random.randint(0, longest))
        odd = self._random.choices(self._SEGMENTS, k=1) if self._random.random() < 0.15 else []
        return "".join(f"/{segment}" for segment in common + odd)

    def _rule(self) -> dict[str, Any]:
        url = "https://t" + self._path(3) + self._random.choice(("", "", "/*", "/**", "/**"))
        drawn: dict[str, Any] = {"url": url, "method": self._method()}
        if self._random.random() < 0.9:
            drawn["allow"] = self._random.random() < 0.75
        for key in ("query_filter", "post_filter"):
            if self._random.random() < 0.3:
                names = self._random.sample(self._NAMES, self._random.randint(0, 2))
                drawn[key] = {name: self._matcher() for name in names}
        return drawn

    def _matcher(self) -> Any:
        kind = self._random.randrange(4)
        if kind == 0:
            return self._random.choice(self._VALUES)
        if kind == 1:
            return {}
        matcher: dict[str, Any] = {"required": self._random.random() < 0.5}
        return matcher if kind == 2 else matcher | {"value": self._random.choice(self._VALUES)}

    def _url_near(self, url: str) -> str:
        if url.endswith("/**"):
            url = url[:-3] + self._path(2)
        elif url.endswith("/*"):
            url = url[:-1] + self._random.choice(self._SEGMENTS[:7])
        if self._random.random() < 0.1:
            url += self._random.choice(("/", "//", "/WK1", "/..", "x"))
        return url

    def _pairs_near(self, wanted: dict[str, Any] | None) -> list[tuple[str, str]]:
        pairs: list[tuple[str, str]] = []
        for name, matcher in (wanted or {}).items():
            value = matcher if isinstance(matcher, str) else matcher.get("value")
            if self._random.random() < 0.85:
                pairs.append((name, self._random.choice(self._VALUES) if value is None else value))
        if self._random.random() < 0.15:
            pairs.append((self._random.choice(self._NAMES), self._random.choice(self._VALUES)))
        return pairs


@pytest.mark.long
def test_random_decisions() -> None:
    """The second opinion decides tens of thousands of requests alike."""
    left = {True: 12_000, False: 12_000}  # so half of them are allowed
    conflicts = seed = 0
    while any(left.values()):
        seed += 1
        drawn = Drawn(seed)
        if second_opinion.in_direct_conflict(drawn.rules):
            conflicts += 1
            with pytest.raises(ConflictingRulesError):
                AccessPolicy(drawn.rules)
            continue
        expected = second_opinion.is_allowed(drawn.rules, drawn.method, drawn.url, drawn.query, drawn.form)
        if not left[expected]:
            continue
        left[expected] -= 1
        url = drawn.url
        if drawn.in_url:
            url += "?" + urlencode(drawn.query[: drawn.in_url])
        decision = AccessPolicy(drawn.rules).decide(
            drawn.method, url, query=drawn.query[drawn.in_url :], form=drawn.form
        )
        assert decision.allowed is expected, vars(drawn)
        if decision.rule is not None:
            assert decision.rule["allow"] is expected
    assert conflicts > 100


class TestDecide:
    def test_method_in_any_case(self) -> None:
        policy = AccessPolicy([rule(WORKER, "post")])
        assert policy.allows("POST", WORKER)
        assert policy.allows("Post", WORKER)

    def test_put_is_denied(self) -> None:
        assert not AccessPolicy([rule(WORKER)]).allows("PUT", WORKER)

    def test_query_in_the_url(self) -> None:
        policy = AccessPolicy([rule(WORKER, query_filter={"A": "x y", "B": {"required": True}})])
        assert policy.allows("GET", f"{WORKER}?A=x%20y", query={"B": ""})
        assert policy.allows("GET", f"{WORKER}?A=x+y&B")
        assert not policy.allows("GET", f"{WORKER}?A=x+y&B", query={"A": "x y"})

    def test_fragment_is_dropped(self) -> None:
        assert AccessPolicy([rule(WORKER)]).allows("GET", f"{WORKER}#?A=x")

    @pytest.mark.parametrize("form", [{"A": "x"}, [("A", "x")], [["A", "x"]]])
    def test_form_as_mapping_or_pairs(self, form: Any) -> None:
        assert AccessPolicy([rule(WORKER, post_filter={"A": "x"})]).allows("GET", WORKER, form=form)

    def test_form_as_an_iterator(self) -> None:
        pairs = iter([("A", "x")])
        assert AccessPolicy([rule(WORKER, post_filter={"A": "x"})]).allows("GET", WORKER, form=pairs)

    @pytest.mark.parametrize(
        "form",
        [
            MultiDict([("A", "x"), ("A", "y")]),
            ImmutableMultiDict([("A", "x"), ("A", "y")]),
        ],
        ids=lambda form: type(form).__name__,
    )
    def test_repeated_in_werkzeug(self, form: Any) -> None:
        policy = AccessPolicy([rule(WORKER, post_filter={"A": "x"})])
        assert not policy.allows("GET", WORKER, form=form)
        assert policy.allows("GET", WORKER, form=type(form)([("A", "x")]))

    def test_repeated_in_django(self) -> None:
        if not settings.configured:
            settings.configure()
        policy = AccessPolicy([rule(WORKER, post_filter={"A": "x"})])
        assert not policy.allows("GET", WORKER, form=QueryDict("A=y&A=x"))
        assert policy.allows("GET", WORKER, form=QueryDict("A=x"))

    def test_form_with_attributes(self) -> None:
        class Form(dict[str, str]):
            def __getattr__(self, name: str) -> str:
                return self[name]

        assert AccessPolicy([rule(WORKER, post_filter={"A": "x"})]).allows("GET", WORKER, form=Form(A="x"))

    def test_allowing_rule_is_named(self) -> None:
        rules = [rule(f"{WORKSPACE}/**"), rule(WORKER)]
        decision = AccessPolicy(rules).decide("GET", WORKER)
        assert (decision.kind, decision.rule_index, decision.rule) == ("allowed", 1, rules[1])
        assert decision.reason == f"Policy rule 1 allows GET {WORKER}."

    def test_denying_rule_is_named(self) -> None:
        rules = [rule(f"{WORKSPACE}/**"), rule(WORKER, allow=False)]
        decision = AccessPolicy(rules).decide("GET", WORKER)
        assert (decision.kind, decision.rule_index, decision.rule) == ("denied-by-rule", 1, rules[1])

    @pytest.mark.parametrize(
        ("bad", "says"),
        [
            ({"method": None}, "method must be a str"),
            ({"method": b"GET"}, "method must be a str"),
            ({"url": None}, "url must be a str"),
            ({"url": b"https://t"}, "url must be a str"),
            ({"query": "A=x"}, "query must be a mapping or pairs"),
            ({"query": 5}, "query must be a mapping or pairs"),
            ({"form": b"A=x"}, "form must be a mapping or pairs"),
            ({"form": {"A": 5}}, r"form\['A'\] must be a str, not int: 5$"),
            ({"form": {"A": ["x"]}}, r"form\['A'\] must be a str, not list: \['x'\]$"),
            ({"query": [("A", None)]}, r"query\['A'\] must be a str, not NoneType: None$"),
            ({"query": {5: "x"}}, "query: a parameter's name must be a str, not int: 5$"),
            (
                {"form": [("A",)]},
                r"form: a parameter must be a pair of a name and a value, not tuple: \('A',\)$",
            ),
            ({"form": ["Ax"]}, "form: a parameter must be a pair of a name and a value, not str: 'Ax'$"),
            ({"form": [5]}, "form: a parameter must be a pair of a name and a value, not int: 5$"),
        ],
        ids=ascii,
    )
    def test_decide_refuses_bad_input(self, bad: dict[str, Any], says: str) -> None:
        with pytest.raises(TypeError, match=says):
            AccessPolicy([rule(WORKER)]).decide(**({"method": "GET", "url": WORKER} | bad))

    @pytest.mark.parametrize("method", [WORKER, "/Workers/WK1"])
    def test_swapped_arguments(self, method: str) -> None:
        policy = AccessPolicy([rule(WORKER)])
        for ask in (policy.decide, policy.allows, Request):
            with pytest.raises(ValueError, match="method") as caught:
                ask(method, "DELETE")
            assert str(caught.value) == (
                f"method must be an HTTP method, got '{method}' (the method comes first, then the URL)"
            )

    @pytest.mark.parametrize("method", ["", "GET ", "GET\n", "G\u00c9T", "po\u017ft", "GET:"])
    def test_not_a_method(self, method: str) -> None:
        with pytest.raises(ValueError, match="method") as caught:
            AccessPolicy([rule(WORKER)]).allows(method, WORKER)
        assert str(caught.value) == f"method must be an HTTP method, got {method!r}"

    @pytest.mark.parametrize("url", ["/Workers/WK789", ""])
    def test_not_a_whole_url(self, url: str) -> None:
        policy = AccessPolicy([rule(WORKER)])
        for ask in (policy.decide, policy.allows, Request):
            with pytest.raises(ValueError, match="url") as caught:
                ask("GET", url)
            assert str(caught.value) == f"url must be a whole URL, got {url!r}"


class TestConstructor:
    def test_filter_may_be_none(self) -> None:
        policy = AccessPolicy([rule(WORKER, query_filter=None, post_filter=None)])
        assert policy.allows("GET", WORKER, query={"A": "1"})
        assert policy.rules[0]["query_filter"] == policy.rules[0]["post_filter"] == {}

    @pytest.mark.parametrize(
        ("bad", "problem"),
        [
            (None, "must be a mapping"),
            ("GET", "must be a mapping"),
            ([], "must be a mapping"),
            ({}, "url is missing"),
            ({"url": WORKER}, "method is missing"),
            ({"method": "GET"}, "url is missing"),
            (rule(WORKER, allowed=True), "unknown key 'allowed'"),
            (rule(""), "url must not be empty"),
            (rule(WORKER) | {"url": None}, "url must be a str"),
            (rule(WORKER, "PUT"), "method must be GET, POST or DELETE"),
            (rule(WORKER) | {"method": 5}, "method must be a str"),
            (rule(WORKER, allow=1), "allow must be True or False"),
            (rule(WORKER, allow="true"), "allow must be True or False"),
            (rule(WORKER, allow=None), "allow must be True or False"),
            (rule(WORKER, query_filter=[]), "query_filter must be a mapping"),
            (rule(WORKER, query_filter=""), "query_filter must be a mapping"),
            (rule(WORKER, post_filter=0), "post_filter must be a mapping"),
            (rule(WORKER, post_filter=()), "post_filter must be a mapping"),
            (rule(WORKER, post_filter=[{"A": {}}]), "twilio-php's addPostFilter makes such lists"),
            (rule(WORKER, query_filter=[]), "PHP writes an empty array like this, and it is not known"),
            (rule(WORKER, post_filter={"A": None}), r"post_filter\['A'\] must be a str or a matcher"),
            (
                rule(WORKER, post_filter={"A": {"optional": True}}),
                r"post_filter\['A'\] must have no keys but",
            ),
            (rule(WORKER, post_filter={"A": {"required": "yes"}}), r'\["required"\] must be True or False'),
        ],
        ids=ascii,
    )
    def test_malformed_rule_is_named(self, bad: Any, problem: str) -> None:
        with pytest.raises(InvalidRuleError, match=f"^policy rule 1: .*{problem}") as caught:
            AccessPolicy([rule(WORKER), bad, rule(WORKER)])
        assert caught.value.index == 1

    def test_rule_must_be_a_mapping(self) -> None:
        with pytest.raises(InvalidRuleError) as caught:
            AccessPolicy(["x"])  # type: ignore[list-item]
        assert str(caught.value) == "policy rule 0: a policy rule must be a mapping, not str: 'x'"

    def test_conflicting_rules_are_named(self) -> None:
        rules = [rule(WORKSPACE), rule(WORKER), rule(WORKER, "POST"), rule(WORKER, allow=False)]
        with pytest.raises(ConflictingRulesError) as caught:
            AccessPolicy(rules)
        assert caught.value.args == (1, 3, f"GET {WORKER}")

    def test_empty_matcher_is_optional(self) -> None:
        rules = [
            rule(WORKER, post_filter={"A": {}}),
            rule(WORKER, post_filter={"A": {"required": False}}, allow=False),
        ]
        assert second_opinion.in_direct_conflict(rules)
        with pytest.raises(ConflictingRulesError):
            AccessPolicy(rules)

    @pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickled])
    def test_policy_is_copied(self, duplicate: Any) -> None:
        rules = [rule(WORKER, post_filter={"A": {"required": True}})]
        policy = AccessPolicy(rules)
        assert duplicate(policy).rules == rules
        assert duplicate(policy.decide("GET", WORKER, form={"A": "x"})).rule == rules[0]
        assert duplicate(policy.decide("GET", WORKER)) == policy.decide("GET", WORKER)

    @pytest.mark.parametrize("bad", [None, 5, "rules", b"rules", rule(WORKER)], ids=ascii)
    def test_rules_must_be_iterable(self, bad: Any) -> None:
        says = f"^rules must be an iterable of policy rules, not {type(bad).__name__}: "
        with pytest.raises(TypeError, match=says):
            AccessPolicy(bad)

    def test_rules_as_an_iterator(self) -> None:
        assert AccessPolicy(iter((rule(WORKER),))).allows("GET", WORKER)

    def test_enum_member_in_a_filter(self) -> None:
        class Parameter(str, enum.Enum):
            ACTIVITY = "ActivitySid"

        policy = AccessPolicy([rule(WORKER, post_filter={Parameter.ACTIVITY: {"required": True}})])
        assert policy.rules[0]["post_filter"] == {"ActivitySid": {"required": True}}
        assert AccessPolicy(policy.rules).allows("GET", WORKER, form={"ActivitySid": "WA1"})

    @pytest.mark.parametrize("key", ["query_filter", "post_filter"])
    @pytest.mark.parametrize("matcher", ["y", {}, {"required": True}, {"required": False, "value": "x"}])
    def test_other_matcher_no_conflict(self, key: str, matcher: Any) -> None:
        rules = [rule(WORKER) | {key: {"A": "x"}}, rule(WORKER, allow=False) | {key: {"A": matcher}}]
        assert not second_opinion.in_direct_conflict(rules)
        assert AccessPolicy(rules).rules == rules

    def test_rule_may_repeat(self) -> None:
        assert AccessPolicy([rule(WORKER), rule(WORKER)]).allows("GET", WORKER)

    def test_given_rules_are_copied(self) -> None:
        rules = [rule(WORKER, post_filter={"A": {"required": True}})]
        given = copy.deepcopy(rules)
        policy = AccessPolicy(given)
        given[0]["post_filter"]["A"]["required"] = False
        given.append(rule(WORKSPACE))
        assert policy.rules == rules
        assert not policy.allows("GET", WORKER)

    def test_missing_keys_are_added(self) -> None:
        (whole,) = AccessPolicy([{"method": "get", "url": WORKER}]).rules
        assert list(whole.items()) == list(make_policy(WORKER, "GET", allowed=False).items())

    @pytest.mark.parametrize("key", ["query_filter", "post_filter"])
    def test_returned_rules_are_copies(self, key: str) -> None:
        policy = AccessPolicy([rule(WORKER) | {key: {"A": {"required": True}}}])
        rules: Any = policy.rules
        rules[0]["allow"] = rules[0][key]["A"]["required"] = False
        rules.clear()
        assert policy.rules == [rule(WORKER) | {key: {"A": {"required": True}}}]
        assert policy.allows("GET", WORKER, query={"A": "x"}, form={"A": "x"})
        assert not policy.allows("GET", WORKER)

    @pytest.mark.parametrize(
        "bad",
        [
            rule("https://t/\ud800"),
            rule(WORKER, post_filter={"\ud800": {}}),
            rule(WORKER, post_filter={"A": "\ud800"}),
            rule(WORKER, query_filter={"A": {"value": "\udfff"}}),
        ],
        ids=ascii,
    )
    def test_lone_surrogate_in_a_rule(self, bad: Any) -> None:
        with pytest.raises(InvalidRuleError, match="must be text that UTF-8 can encode"):
            AccessPolicy([bad])

    def test_repr_counts_rules(self) -> None:
        assert repr(AccessPolicy([rule(WORKER)])) == "<AccessPolicy of 1 policy rules>"


class TestOfACapability:
    def test_grant_without_a_token(self) -> None:
        capability = TaskRouterCapability("AC1", "secret", "WS1", "WK1")
        assert not capability.access_policy().allows("GET", WORKER)
        capability.allow_worker_fetch_attributes()
        assert capability.access_policy().allows("GET", WORKER)

    def test_conflict_is_not_signed(self) -> None:
        capability = TaskRouterWorkspaceCapability("AC1", "secret", "WS1")
        capability.deny(WORKSPACE, "GET")
        with pytest.raises(ConflictingRulesError, match="policy rules 2 and 3"):
            capability.generate_token()

    def test_denial_is_signed(self) -> None:
        capability = TaskRouterWorkspaceCapability("AC1", "secret", "WS1")
        capability.deny(WORKER, "GET")
        capability.policies.append(make_policy(WORKER, "DELETE", allowed=False))
        assert capability.generate_token()

    @pytest.mark.parametrize("bad", ["GET", {"url": WORKER, "method": "PUT"}])
    def test_malformed_is_not_signed(self, bad: Any) -> None:
        capability = TaskRouterWorkspaceCapability("AC1", "secret", "WS1")
        capability.policies.append(bad)
        with pytest.raises(InvalidRuleError, match="policy rule 3"):
            capability.generate_token()
