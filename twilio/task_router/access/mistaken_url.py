"""Mistakes in rules' URLs, which then match no sensible request, and the URLs that were probably meant.

Source of the resources: Twilio, "TaskRouter REST API", https://www.twilio.com/docs/taskrouter/api
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final, NamedTuple

from twilio.task_router.checks import shown
from twilio.task_router.urls import is_of_twilio

if TYPE_CHECKING:
    from collections.abc import Mapping

_STATISTICS = frozenset({"Statistics", "CumulativeStatistics", "RealTimeStatistics"})

#: The resources of a workspace, each with the resources of its items.
RESOURCES: Final[Mapping[str, frozenset[str]]] = {
    "Activities": frozenset(),
    "Events": frozenset(),
    "TaskChannels": frozenset(),
    "TaskQueues": _STATISTICS,
    "Tasks": frozenset({"Reservations"}),
    "Workers": _STATISTICS | {"Channels", "Reservations"},
    "Workflows": _STATISTICS,
    **dict.fromkeys(_STATISTICS, frozenset[str]()),
}
_NAMES = frozenset(RESOURCES).union(*RESOURCES.values())

#: The words for no value in JavaScript and Python, which some URLs have in a SID's place.
NO_VALUES: Final = frozenset({"undefined", "null", "None"})


class Mistake(NamedTuple):
    """A mistake in a rule's URL, with the correction."""

    #: The mistake in words, to follow "it can never match: ".
    problem: str
    advice: str
    #: The pattern that was probably meant, in which wildcards may stand anywhere.
    meant: str


def mistake_in(url: str) -> Mistake | None:
    """Return the first mistake in a rule's URL. The URL that was meant has all mistakes corrected."""
    found: list[tuple[str, str]] = []
    scheme, separator, rest = url.partition("://")
    host, *segments = rest.split("/")
    wildcard = segments[-1:] if segments[-1:] in (["*"], ["**"]) else []
    if wildcard:
        segments.pop()
    if any(mark in url for mark in "?#"):
        found.append(
            (
                "its URL has a query or a fragment, which are cut off a request's URL.",
                "End the URL with its path, and put query parameters into query_filter.",
            )
        )
        segments, wildcard = [*_before_query("/".join([*segments, *wildcard])).split("/")], []
    if scheme == "http" and is_of_twilio(host):
        found.append(("its URL begins with http:, and Twilio's URLs with https:.", "Write https:."))
        scheme = "https"
    for correct in (_without_empty, _without_missing_values, _without_inner_wildcards, _with_known_resources):
        corrected, mistake = correct(host, segments, wildcard)
        if mistake is not None:
            found.append(mistake)
        segments = corrected
    if not found or not separator:
        return None
    return Mistake(*found[0], f"{scheme}://{'/'.join([host, *segments, *wildcard])}")


def is_meant_for(pattern: str, url: str) -> bool:
    """Return whether a pattern covers a URL, with wildcards anywhere and ``**`` for any segments."""
    reached = {0}
    segments = url.split("/")
    for part in pattern.split("/"):
        if part == "**":
            reached = set(range(min(reached), len(segments) + 1))
        else:
            reached = {at + 1 for at in reached if at < len(segments) and part in ("*", segments[at])}
        if not reached:
            return False
    return len(segments) in reached


def correct_case(name: str) -> str | None:
    """Return the resource's name that differs from *name* only in letter case, or ``None``."""
    return (
        None if name in _NAMES else next((one for one in sorted(_NAMES) if one.lower() == name.lower()), None)
    )


_Mistake = tuple[str, str] | None


def _before_query(text: str) -> str:
    return text.partition("#")[0].partition("?")[0]


def _without_empty(_: str, segments: list[str], wildcard: list[str]) -> tuple[list[str], _Mistake]:
    inner = segments if wildcard else segments[:-1]
    if "" not in inner:
        return segments, None
    kept = [segment for segment in segments if segment]
    return kept, (
        "its URL has an empty segment (//).",
        "Write each slash once, and see that no SID is empty.",
    )


def _without_missing_values(_: str, segments: list[str], __: list[str]) -> tuple[list[str], _Mistake]:
    missing = next((segment for segment in segments if segment in NO_VALUES), None)
    if missing is None:
        return segments, None
    corrected = ["*" if segment in NO_VALUES else segment for segment in segments]
    return corrected, (
        f"its URL has {missing} where a SID belongs.",
        "Set the variable before the rule is made.",
    )


def _without_inner_wildcards(_: str, segments: list[str], __: list[str]) -> tuple[list[str], _Mistake]:
    wild = next((segment for segment in segments if "*" in segment), None)
    if wild is None:
        return segments, None
    corrected: list[str] = []
    for segment in segments:
        name = segment.rstrip("*")
        if segment in ("*", "**") or "*" not in segment:
            corrected.append(segment)
        else:  # Tasks** is probably Tasks/**, and WT* probably *
            corrected += [name, segment[len(name) :]] if name in _NAMES else ["*"]
    return corrected, (
        f"a wildcard must be the whole last segment of a URL, and {shown(wild)} is not.",
        "End the URL with /* or /**, or write the SID.",
    )


def _with_known_resources(host: str, segments: list[str], __: list[str]) -> tuple[list[str], _Mistake]:
    corrected = list(segments)
    wrong: list[tuple[str, str | None]] = []

    def check(at: int, names: frozenset[str]) -> None:
        name = corrected[at] if at < len(corrected) else ""
        if name and "*" not in name and name not in names:
            close = get_close_matches(name.lower(), [one.lower() for one in names], 1)
            meant = next((one for one in names if close == [one.lower()]), None)
            corrected[at] = meant or name
            wrong.append((name, meant))

    if host.startswith("taskrouter.") and host.endswith(".twilio.com"):
        check(1, frozenset({"Workspaces"}))
    if "Workspaces" in corrected:
        start = corrected.index("Workspaces") + 2
        check(start, frozenset(RESOURCES))
        if start < len(corrected):
            check(start + 2, RESOURCES.get(corrected[start], frozenset()))
    if not wrong:
        return segments, None
    name, meant = wrong[0]
    return corrected, (
        f"TaskRouter has no resource {shown(name)} there.",
        f"Write {meant}." if meant else "Look the URL up in Twilio's documentation of the REST API.",
    )
