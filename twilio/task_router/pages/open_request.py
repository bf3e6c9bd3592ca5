"""Requests with open parts: SIDs, and values that the page chooses. They are allowed if any of these is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from twilio.task_router.access.request import grouped, read_request
from twilio.task_router.checks import is_sid, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from twilio.task_router.access.decision import Decision
    from twilio.task_router.access.policy import AccessPolicy
    from twilio.task_router.rule import Rule


class OpenRequest(NamedTuple):
    """A request of which some parts are open."""

    method: str
    #: The URL, with names in braces for the parts that are open.
    url: str
    #: A ``GET``'s query parameters, or a ``POST``'s form parameters: names and values, ``None`` if open.
    params: tuple[tuple[str, str | None], ...] = ()


# The open parts of a URL, each with the prefix of its SIDs and with its name for people.
_OPEN_SIDS = {"{task_sid}": ("WT", "the task's SID"), "{reservation_sid}": ("WR", "the reservation's SID")}


def words_of(policy: AccessPolicy) -> frozenset[str]:
    """Return all that rules may demand of an open part: their URLs' segments, and the values in filters."""
    rules = policy.index.rules
    segments = {segment for rule in rules for segment in rule.url.split("/")}
    filters = [matchers for rule in rules for matchers in (rule.query_filter, rule.post_filter) if matchers]
    return frozenset(
        segments | {matcher.value or "" for matchers in filters for matcher in matchers.values()}
    )


def decide_open(policy: AccessPolicy, request: OpenRequest, words: frozenset[str]) -> Decision:
    """Decide a request with open parts. It is allowed if it is allowed whatever they are.

    If it depends on them, the request counts as denied, and the reason says on which.

    This is exact. Look at the *usual case*, in which no open part is what some rule demands, and for each
    rule at the case in which all that it demands holds and nothing else. If a rule before it covers this
    case, that rule covers all that it covers, so it never decides; otherwise it decides this case. And if no
    rule covers some case, none covers the usual one. So a rule that decides differently shows in its own
    case.

    :param words: at least those of the policy, see :func:`words_of`.
    """
    usual = _usual_parts(request, words)
    decision = _decide(policy, request, usual)
    for demanded in _demands(policy, request, allow=not decision.allowed):
        other = _decide(policy, request, usual | demanded)
        if other.allowed != decision.allowed:
            condition = _in_words(request, demanded)
            if other:
                reason = f"{decision.reason} It depends: it is allowed if {condition}."
                return replace(decision, kind="depends", reason=reason)
            reason = f"It depends: it is denied if {condition}. {other.reason}"
            return replace(other, kind="depends", reason=reason)
    return decision


def allows_open(policy: AccessPolicy, request: OpenRequest, words: frozenset[str]) -> bool:
    """Return whether a request is allowed whatever its open parts are."""
    method, url, parameters = _filled(request, _usual_parts(request, words))
    return policy.allows(method, url, **parameters) and decide_open(policy, request, words).allowed


def _usual_parts(request: OpenRequest, words: frozenset[str]) -> dict[str, str]:
    """Return the open parts of a request, each with something that is none of these words."""
    sids = {part: f"{prefix}0" for part, (prefix, _) in _OPEN_SIDS.items() if part in request.url}
    parts = sids | {name: "any" for name, value in request.params if value is None}
    for part in parts:
        while parts[part] in words:
            parts[part] += "0"
    return parts


def _decide(policy: AccessPolicy, request: OpenRequest, parts: Mapping[str, str]) -> Decision:
    method, url, parameters = _filled(request, parts)
    return policy.decide(method, url, **parameters)


def _filled(
    request: OpenRequest, parts: Mapping[str, str]
) -> tuple[str, str, dict[str, list[tuple[str, str]]]]:
    """Return the method, the URL and the parameters of a request whose open parts are these."""
    segments = request.url.split("/")
    url = "/".join(parts[segment] if segment in _OPEN_SIDS else segment for segment in segments)
    values = [(name, parts[name] if value is None else value) for name, value in request.params]
    return request.method, url, {_kind(request): values}


def _kind(request: OpenRequest) -> str:
    return "query" if request.method == "GET" else "form"


def _in_words(request: OpenRequest, demanded: Mapping[str, str]) -> str:
    names = {part: name for part, (_, name) in _OPEN_SIDS.items()}
    return " and ".join(
        f"{names.get(part) or f'the {_kind(request)} parameter {shown(part)}'} is {shown(value)}"
        for part, value in demanded.items()
    )


def _demands(policy: AccessPolicy, request: OpenRequest, *, allow: bool) -> Iterator[dict[str, str]]:
    """Yield what each rule that allows, or each that denies, demands of the open parts, if anything."""
    fixed, brace, _ = request.url.partition("{")
    # If a SID is open, any rule may cover the request that is for another SID, or above or below it.
    every = policy.index.rules
    indexes = range(len(every)) if brace else policy.index.covering(request.method, request.url)
    for rule in (every[index] for index in indexes):
        if rule.allow is allow and rule.method == request.method and _may_meet(rule, fixed):
            demanded = _demanded(rule, request)
            if demanded:
                yield demanded


def _may_meet(rule: Rule, fixed: str) -> bool:
    """Whether a rule may cover a URL that begins so. This is quick, and says no to most rules."""
    return rule.url.startswith(fixed) or fixed.startswith(rule.prefix_and_wildcard[0])


def _demanded(rule: Rule, request: OpenRequest) -> dict[str, str] | None:
    """Return what the open parts must be for a rule to cover a request, or ``None`` if it never does."""
    prefix, wildcard = rule.prefix_and_wildcard
    wanted, segments = prefix.split("/"), request.url.split("/")
    below = len(segments) - len(wanted)
    if below < 0 or below != {"": 0, "/*": 1}.get(wildcard, below):
        return None
    demanded: dict[str, str] = {}
    for segment, part in zip(wanted, segments, strict=False):
        if segment != part:
            sid_prefix, _ = _OPEN_SIDS.get(part, (None, None))
            if sid_prefix is None or not is_sid(segment, sid_prefix):
                return None
            demanded[part] = segment
    matchers = rule.query_filter if request.method == "GET" else rule.post_filter
    for name, value in request.params:
        if value is None and name in matchers and (demanded_value := matchers[name].value) is not None:
            demanded[name] = demanded_value
    method, url, parameters = _filled(request, _usual_parts(request, frozenset()) | demanded)
    read = read_request(method, url, parameters.get("query"), parameters.get("form"))
    return None if any(rule.mismatches(grouped(read.query), grouped(read.form))) else demanded
