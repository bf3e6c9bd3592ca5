"""Why not: explain a denial by the allowing rule that came closest."""

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


_MOST_PROBLEMS = 3  # that a reason lists


def denied(index: RuleIndex, request: Request) -> Decision:
    """Return the decision about a request that no rule covers. A rule that denies is never the nearest."""
    if reason := _mistaken(index, request):
        return Decision(allowed=False, kind="near-miss", reason=reason, request=request)
    if reason := _wrong_parameters(index, request):
        return Decision(allowed=False, kind="wrong-parameters", reason=reason, request=request)
    if reason := _wrong_method(index, request):
        return Decision(allowed=False, kind="wrong-method", reason=reason, request=request)
    if reason := _wrong_url(index, request):
        return Decision(allowed=False, kind="near-miss", reason=reason, request=request)
    return Decision(allowed=False, kind="no-rule", reason=f"{_nothing_allows(request)}.", request=request)


def _nothing_allows(request: Request) -> str:
    return f"No policy rule allows {shown_text(request.method)} on {shown_text(request.url)}"


def _mistaken(index: RuleIndex, request: Request) -> str | None:
    """Name the rule that was meant for this request, and can match none because of a mistake in its URL."""
    query, form = grouped(request.query), grouped(request.form)
    for place, mistake in index.mistaken.items():
        rule = index.rules[place]
        if (
            (rule.method, rule.allow) == (request.method, True)
            and is_meant_for(mistake.meant, request.url)
            and not any(rule.mismatches(query, form))
        ):
            return (
                f"{_nothing_allows(request)}; rule {place}, {rule}, may be meant for this, but can never "
                f"match: {mistake.problem}"
            )
    return None


def _wrong_parameters(index: RuleIndex, request: Request) -> str | None:
    """Name the rule whose filter finds the least wrong, if method and URL match."""
    query, form = grouped(request.query), grouped(request.form)
    mismatches = {
        place: list(index.rules[place].mismatches(query, form))
        for place in _allowing(index, request.method, request.url)
    }
    if not mismatches:
        return None
    place = min(mismatches, key=lambda place: (len(mismatches[place]), place))
    problems = ", ".join(map(_in_words, mismatches[place][:_MOST_PROBLEMS]))
    if more := len(mismatches[place][_MOST_PROBLEMS:]):
        problems += f", and {more:,} more"
    return f"Policy rule {place} allows {index.rules[place]}, but {problems}."


def _wrong_method(index: RuleIndex, request: Request) -> str | None:
    """Name the methods that the URL is allowed for, each with its first rule."""
    places = {method: min(_allowing(index, method, request.url), default=None) for method in sorted(METHODS)}
    methods = [f"{method} (rule {place})" for method, place in places.items() if place is not None]
    return f"{_nothing_allows(request)}, only {' and '.join(methods)}." if methods else None


class _NearMiss(NamedTuple):
    """A rule that almost covers a URL. The greatest is the nearest."""

    has_method: bool
    length: int
    #: The place of the rule, negative: of equals, the first is the nearest.
    minus_place: int
    gap: str


def _wrong_url(index: RuleIndex, request: Request) -> str | None:
    """Name the rule whose URL comes closest."""
    nearest = max(_near_misses(index, request), default=None)
    if nearest is None:
        return None
    place = -nearest.minus_place
    also = "" if nearest.has_method else ", and the method differs"
    return (
        f"{_nothing_allows(request)}; the nearest is rule {place}, {index.rules[place]}: {nearest.gap}{also}."
    )


def _near_misses(index: RuleIndex, request: Request) -> Iterator[_NearMiss]:
    for method in sorted(METHODS):
        for place, gap in _gaps(index, method, request.url).items():
            if index.rules[place].allow:
                prefix, _ = index.rules[place].prefix_and_wildcard
                yield _NearMiss(method == request.method, len(prefix), -place, gap)


def _gaps(index: RuleIndex, method: str, url: str) -> dict[int, str]:
    """Return what stands between this URL and the rules for this method that almost cover it."""
    gaps: dict[int, str] = {}
    for place, proper in index.above(method, url):
        if not index.rules[place].prefix_and_wildcard[1]:
            gaps[place] = "it has no wildcard for what is below"
        elif not proper:
            gaps[place] = "a wildcard matches no segment that is empty, '.' or '..'"
        else:
            gaps[place] = "/* matches just one segment, where /** would match more"
    for place in (*index.at(method, url, "/*"), *index.just_below(method, url)):
        gaps[place] = "it is for one more segment"
    toggled = url[:-1] if url.endswith("/") else f"{url}/"
    for place in index.covering(method, toggled):
        gaps[place] = "only a trailing slash differs"
    return gaps


def _allowing(index: RuleIndex, method: str, url: str) -> list[int]:
    return [place for place in index.covering(method, url) if index.rules[place].allow]


def _in_words(mismatch: Mismatch) -> str:
    parameter = f"the {mismatch.kind} parameter {shown(mismatch.name)}"
    if mismatch.problem == "different":
        return f"{parameter} must be {shown(mismatch.wanted)}, not {shown(mismatch.actual)}"
    return f"{parameter} is {mismatch.problem}"
