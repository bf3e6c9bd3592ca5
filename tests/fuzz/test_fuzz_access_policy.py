"""``AccessPolicy`` and ``decide`` on rules and requests, well-formed and not.

Rules make a policy, or raise ``InvalidRuleError``, or ``ConflictingRulesError`` if and only if the
second evaluator sees a conflict too. A request with parameters of the documented types is decided as the
second evaluator decides it, with a reason of bounded length. What is no request, by its types or its values,
raises ``TypeError`` or ``ValueError``.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl

import pytest
from hypothesis import strategies as st

from tests.fuzz.forged_tokens import CLAIMS
from tests.fuzz.hostile_json import edited
from tests.fuzz.weighted import weighted
from tests.judges import second_opinion
from twilio.task_router import AccessPolicy, ConflictingRulesError, InvalidRuleError

if TYPE_CHECKING:
    from tests.fuzz.conftest import Fuzz
    from twilio.task_router import PolicyRule


class Case(NamedTuple):
    """Rules, and a request to hold against them."""

    rules: list[Any]
    method: Any
    url: Any
    query: Any
    form: Any


_METHODS = st.sampled_from(("GET", "GET", "GET", "POST", "DELETE"))
_SEGMENTS = st.sampled_from(("a", "a", "b", "b", "", ".", "..", "*", "**", "a*", "%2F", "é", "\ud800", "A"))
_TAILS = st.lists(_SEGMENTS, max_size=2).map(lambda segments: "".join(f"/{segment}" for segment in segments))
_PATHS = _TAILS.map(lambda tail: f"https://t{tail}")
_WILDCARDS = st.sampled_from(("", "", "/*", "/**", "/**"))
_NAMES = st.sampled_from(("A", "A", "A", "B", "B", "a", "", "é", "\ud800", "A=B"))
_VALUES = st.sampled_from(("x", "x", "x", "y", "", "X", " x", "+", "%78", "\udfff", "x" * 300))
_MATCHERS = _VALUES | st.fixed_dictionaries({}, optional={"required": st.booleans(), "value": _VALUES})
_FILTERS: st.SearchStrategy[dict[str, Any]] = st.dictionaries(_NAMES, _MATCHERS, max_size=2)
_PAIRS = st.lists(st.tuples(_NAMES, _VALUES), max_size=3)
_PARAMETERS = st.none() | _PAIRS | _PAIRS.map(dict)
_QUERIES = st.sampled_from(
    ("",) * 8 + ("/", "?A=x", "?A=x&A=x", "?A", "?%41=%78#B=x", "#?A=x", "?&;=&", "?A=%ff", "?" + "&" * 99)
)
_ODD: list[Any] = [
    1, 0.5, True, b"GET", b"", object(), float("nan"), ["A"], [("A",)], [("A", "x", "y")], [("A", None)],
    {"A": 1}, {1: "x"}, {"A": ["x"]}, [["A", b"x"]], {"A", "B"}, "A=x", b"A=x", [None],
    AccessPolicy([]), 10**5_000,
]  # fmt: skip
_MOSTLY = st.sampled_from((True, True, True, False))
_NUMBERS_OF_RULES = st.sampled_from((3, 2, 4, 1, 6, 0))
_REPEATS = st.sampled_from((1, 1, 1, 0, 2))
_ODD_OR_TEXT = st.sampled_from(_ODD) | st.text(max_size=5)


@st.composite
def _well_formed_rules(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw rules for few URLs, so that several cover a request, some are the same, and some conflict."""
    urls = [f"https://t/a{draw(_WILDCARDS)}", draw(_PATHS) + draw(_WILDCARDS)]
    rules: list[dict[str, Any]] = []
    for _ in range(draw(_NUMBERS_OF_RULES)):
        rule: dict[str, Any] = {"url": urls[draw(st.integers(0, 1))], "method": draw(_METHODS)}
        if draw(_MOSTLY):
            rule["allow"] = draw(_MOSTLY)
        for name in ("query_filter", "post_filter"):
            if draw(st.booleans()):
                rule[name] = draw(_FILTERS)
        rules.append(rule)
    return rules


def _from_json(text: str) -> list[Any]:
    try:
        read = json.loads(text).get("policies")
    except (ValueError, RecursionError):
        return [text]
    return read if isinstance(read, list) else [read]


_SEEDS = [{"policies": claims["policies"]} for claims in CLAIMS]
_RULES = weighted(
    {
        _well_formed_rules(): 8,
        edited(_SEEDS).map(_from_json): 3,
        st.lists(st.sampled_from(_ODD), max_size=2): 1,
    }
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    rules = draw(_RULES)
    aims: list[dict[str, Any]] = [
        rule for rule in rules if isinstance(rule, dict) and isinstance(rule.get("url"), str)
    ]
    if draw(_MOSTLY) and aims:
        request = _aimed_at(aims[draw(st.integers(0, len(aims) - 1))], draw)
    else:
        request = [draw(_METHODS), draw(_PATHS), draw(_PARAMETERS), draw(_PARAMETERS)]
    request[1] += draw(_QUERIES)
    if not draw(_MOSTLY):
        request[draw(st.integers(0, 3))] = draw(_ODD_OR_TEXT)
    return Case(rules, *request)


def _aimed_at(rule: dict[str, Any], draw: st.DrawFn) -> list[Any]:
    """Return a request that the rule covers, or almost."""
    url, method = rule["url"], rule.get("method", "GET")
    if url.endswith("*"):
        url = url.rstrip("*").removesuffix("/") + draw(_TAILS)
    request = [method if draw(_MOSTLY) else draw(_METHODS), url]
    for name in ("query_filter", "post_filter"):
        wanted = rule.get(name)
        pairs = [] if draw(_MOSTLY) else draw(_PAIRS)
        for parameter, matcher in wanted.items() if isinstance(wanted, dict) else ():
            value = matcher.get("value", "x") if isinstance(matcher, dict) else matcher
            pairs += [(parameter, value)] * draw(_REPEATS)
        request.append(dict(pairs) if draw(st.booleans()) else pairs)
    return request


def test_fuzz_access_policy(fuzz: Fuzz) -> None:
    fuzz(check, cases())


def check(case: Case) -> None:
    try:
        policy = AccessPolicy(case.rules)
    except InvalidRuleError as error:
        AccessPolicy([rule | {"allow": True} for rule in case.rules[: error.index]])
        with pytest.raises(InvalidRuleError):
            AccessPolicy([case.rules[error.index]])
        return
    except ConflictingRulesError as error:
        first, second = error.indexes
        read = [AccessPolicy([case.rules[place]]).rules[0] for place in (first, second)]
        assert second_opinion.in_direct_conflict(read)
        return
    rules = policy.rules
    assert not second_opinion.in_direct_conflict(rules)
    assert AccessPolicy(rules).rules == rules
    typed, is_request = _is_documented(case), _is_request(case)
    if typed and is_request:
        _check_decision(policy, rules, case)
    else:
        with pytest.raises(ValueError if typed else TypeError if is_request else (TypeError, ValueError)):
            policy.decide(case.method, case.url, query=case.query, form=case.form)


def _check_decision(policy: AccessPolicy, rules: list[PolicyRule], case: Case) -> None:
    decision = policy.decide(case.method, case.url, query=case.query, form=case.form)
    address, _, in_url = case.url.partition("#")[0].partition("?")
    query = [*parse_qsl(in_url, keep_blank_values=True), *_pairs(case.query)]
    wanted = second_opinion.is_allowed(rules, case.method.upper(), address, query, _pairs(case.form))
    assert decision.allowed is wanted
    assert policy.allows(case.method, case.url, query=case.query, form=case.form) is wanted
    assert decision.rule is None or decision.rule in rules
    assert decision.rule is not None or not wanted
    assert 0 < len(decision.reason) < 4_000
    assert decision.reason.isprintable()


def _pairs(given: Any) -> list[tuple[str, str]]:
    return [] if given is None else list(given.items() if isinstance(given, dict) else given)


def _is_documented(case: Case) -> bool:
    return (
        isinstance(case.method, str)
        and isinstance(case.url, str)
        and _are_parameters(case.query)
        and _are_parameters(case.form)
    )


def _is_request(case: Case) -> bool:
    """Whether the method is a token (RFC 9110 §5.6.2) and the URL is whole, as far as they are text."""
    method, url = case.method, case.url
    return (
        not isinstance(method, str) or re.fullmatch(r"[!#$%&'*+.^_`|~\w-]+", method, re.ASCII) is not None
    ) and (not isinstance(url, str) or second_opinion.is_whole(url))


def _are_parameters(given: Any) -> bool:
    if given is None:
        return True
    if not isinstance(given, (dict, list)):
        return False
    return all(
        isinstance(pair, tuple) and len(pair) == 2 and all(isinstance(part, str) for part in pair)
        for pair in (given.items() if isinstance(given, dict) else given)
    )
