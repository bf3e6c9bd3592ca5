"""Explain a denial by the allowing rule that came closest."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from twilio.task_router.checks import shown, shown_text
from twilio.task_router.rule import METHODS

from .decision import Decision
from .mistaken_url import is_meant_for
from .request import grouped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twilio.task_router.rule import Mismatch

    from .request import Request
    from .rule_index import RuleIndex


_MOST_PROBLEMS = 3  # in one reason


def denied(indexed: RuleIndex, request: Request) -> Decision:
    """Return the decision about a request that no rule matches. Denying rules never count as the nearest."""
    if reason := _mistaken(indexed, request):
        return Decision(allowed=False, kind="near-miss", reason=reason, request=request)
    if reason := _wrong_parameters(indexed, request):
        return Decision(allowed=False, kind="wrong-parameters", reason=reason, request=request)
    if reason := _wrong_method(indexed, request):
        return Decision(allowed=False, kind="wrong-method", reason=reason, request=request)
    if reason := _wrong_url(indexed, request):
        return Decision(allowed=False, kind="near-miss", reason=reason, request=request)
    return Decision(allowed=False, kind="no-rule", reason=f"{_nothing_allows(request)}.", request=request)


def _nothing_allows(request: Request) -> str:
    return f"No policy rule allows {shown_text(request.method)} on {shown_text(request.url)}"


def _mistaken(indexed: RuleIndex, request: Request) -> str | None:
    """Name the rule that was meant for this request but never matches, because of a mistake in its URL."""
    query, form = grouped(request.query), grouped(request.form)
    for index, mistake in indexed.mistaken.items():
        rule = indexed.rules[index]
        if (
            (rule.method, rule.allow) == (request.method, True)
            and is_meant_for(mistake.meant, request.url)
            and not any(rule.mismatches(query, form))
        ):
            return (
                f"{_nothing_allows(request)}; rule {index}, {rule}, may be meant for this, but can never "
                f"match: {mistake.problem}"
            )
    return None


def _wrong_parameters(indexed: RuleIndex, request: Request) -> str | None:
    """Name the rule with the fewest mismatched parameters, if an allowing rule covers the method and URL."""
    query, form = grouped(request.query), grouped(request.form)
    mismatches = {
        index: list(indexed.rules[index].mismatches(query, form))
        for index in _allowing(indexed, request.method, request.url)
    }
    if not mismatches:
        return None
    index = min(mismatches, key=lambda index: (len(mismatches[index]), index))
    problems = ", ".join(map(_in_words, mismatches[index][:_MOST_PROBLEMS]))
    if more := len(mismatches[index][_MOST_PROBLEMS:]):
        problems += f", and {more:,} more"
    return f"Policy rule {index} allows {indexed.rules[index]}, but {problems}."


def _wrong_method(indexed: RuleIndex, request: Request) -> str | None:
    """Name the methods with which the URL is allowed, each with its first rule."""
    indexes = {
        method: min(_allowing(indexed, method, request.url), default=None) for method in sorted(METHODS)
    }
    methods = [f"{method} (rule {index})" for method, index in indexes.items() if index is not None]
    return f"{_nothing_allows(request)}, only {' and '.join(methods)}." if methods else None


class _NearMiss(NamedTuple):
    """A rule that almost covers a URL. The greatest one is the nearest."""

    has_method: bool
    length: int
    #: The negated index of the rule: among equally near rules, the first is the nearest.
    minus_index: int
    gap: str


def _wrong_url(indexed: RuleIndex, request: Request) -> str | None:
    """Name the allowing rule whose URL comes closest."""
    nearest = max(_near_misses(indexed, request), default=None)
    if nearest is None:
        return None
    index = -nearest.minus_index
    also = "" if nearest.has_method else ", and the method differs"
    rule = indexed.rules[index]
    return f"{_nothing_allows(request)}; the nearest is rule {index}, {rule}: {nearest.gap}{also}."


def _near_misses(indexed: RuleIndex, request: Request) -> Iterator[_NearMiss]:
    for method in sorted(METHODS):
        for index, gap in _gaps(indexed, method, request.url).items():
            if indexed.rules[index].allow:
                prefix, _ = indexed.rules[index].prefix_and_wildcard
                yield _NearMiss(method == request.method, len(prefix), -index, gap)


def _gaps(indexed: RuleIndex, method: str, url: str) -> dict[int, str]:
    """Return the near misses among the rules for this method: each rule's index, and the gap in words."""
    gaps: dict[int, str] = {}
    for index, proper in indexed.above(method, url):
        if not indexed.rules[index].prefix_and_wildcard[1]:
            gaps[index] = "it has no wildcard for the segments below"
        elif not proper:
            gaps[index] = "wildcards never match a segment that is empty, '.' or '..'"
        else:
            gaps[index] = "/* matches just one segment, where /** would match more"
    for index in (*indexed.at(method, url, "/*"), *indexed.just_below(method, url)):
        gaps[index] = "its URL has one more segment"
    toggled = url[:-1] if url.endswith("/") else f"{url}/"
    for index in indexed.covering(method, toggled):
        gaps[index] = "only a trailing slash differs"
    return gaps


def _allowing(indexed: RuleIndex, method: str, url: str) -> list[int]:
    return [index for index in indexed.covering(method, url) if indexed.rules[index].allow]


def _in_words(mismatch: Mismatch) -> str:
    parameter = f"the {mismatch.kind} parameter {shown(mismatch.name)}"
    if mismatch.problem == "different":
        return f"{parameter} must be {shown(mismatch.wanted)}, not {shown(mismatch.actual)}"
    return f"{parameter} is {mismatch.problem}"
