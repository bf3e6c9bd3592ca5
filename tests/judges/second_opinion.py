"""A second evaluator of access policies, written from Twilio's rules word by word and with no care for speed.

It shares no code with the library, so that a mistake would have to be made twice.
"""

from __future__ import annotations

import re
from functools import cmp_to_key
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Rule = Mapping[str, Any]
    Pairs = list[tuple[str, str]]


def is_allowed(rules: Sequence[Rule], method: str, url: str, query: Pairs, form: Pairs) -> bool:
    matching = [
        rule
        for rule in rules
        if rule["method"] == method
        and url_matches(rule["url"], url)
        and filter_matches(rule.get("query_filter"), query)
        and filter_matches(rule.get("post_filter"), form)
    ]
    best = most_specific(matching)
    return bool(best) and all(rule.get("allow", False) for rule in best)


def most_specific(matching: Sequence[Rule]) -> list[Rule]:
    ordered = sorted(matching, key=cmp_to_key(compare))
    return [rule for rule in ordered if compare(rule, ordered[0]) == 0]


def url_matches(pattern: str, url: str) -> bool:
    wanted, given = pattern.split("/"), url.split("/")
    if len(wanted) == 1:
        return wanted == given  # a wildcard stands after a slash
    if wanted[-1] == "*":
        head, tail = given[:-1], given[-1:]
        return head == wanted[:-1] and is_proper(tail)
    if wanted[-1] == "**":
        if given[-1] == "" and len(given) > len(wanted) - 1:
            given = given[:-1]  # one trailing slash does not matter
        length = len(wanted) - 1
        return given[:length] == wanted[:-1] and is_proper(given[length:])
    return wanted == given


def is_whole(url: str) -> bool:
    """Whether a URL begins with a scheme of letters and with a host (RFC 3986 §3)."""
    return re.match(r"[A-Za-z]+://[^/?#]", url) is not None


def is_proper(segments: list[str]) -> bool:
    return all(segment not in {"", ".", ".."} for segment in segments)


def filter_matches(wanted: dict[str, Any] | None, given: Pairs) -> bool:
    if not wanted:
        return True
    names = [name for name, _ in given]
    if len(names) != len(set(names)):
        return False
    if any(name not in wanted for name in names):
        return False
    values = dict(given)
    for name, matcher in wanted.items():
        if isinstance(matcher, str):
            if values.get(name) != matcher:
                return False
        else:
            if matcher.get("required") and name not in values:
                return False
            if "value" in matcher and name in values and values[name] != matcher["value"]:
                return False
    return True


def compare(one: Rule, other: Rule) -> int:
    """Negative if *one* is the more specific."""
    for measure in (fixed_segments, closeness, has_filter):
        difference = measure(other) - measure(one)
        if difference:
            return difference
    return 0


def fixed_segments(rule: Rule) -> int:
    segments: list[str] = rule["url"].split("/")
    return len(segments[:-1] if segments[-1] in {"*", "**"} else segments)


def closeness(rule: Rule) -> int:
    last = rule["url"].split("/")[-1]
    return {"*": 1, "**": 0}.get(last, 2)


def has_filter(rule: Rule) -> int:
    return 1 if rule.get("query_filter") or rule.get("post_filter") else 0


def canonical_filter(wanted: dict[str, Any] | None) -> list[tuple[str, bool, Any]]:
    canonical: list[tuple[str, bool, Any]] = []
    for name, matcher in sorted((wanted or {}).items()):
        if isinstance(matcher, str):
            canonical.append((name, True, matcher))
        else:
            canonical.append((name, matcher.get("required", False), matcher.get("value")))
    return canonical


def in_direct_conflict(rules: Sequence[Rule]) -> bool:
    return any(
        one["method"] == other["method"]
        and one["url"] == other["url"]
        and canonical_filter(one.get("query_filter")) == canonical_filter(other.get("query_filter"))
        and canonical_filter(one.get("post_filter")) == canonical_filter(other.get("post_filter"))
        and one.get("allow", False) != other.get("allow", False)
        for one in rules
        for other in rules
    )
