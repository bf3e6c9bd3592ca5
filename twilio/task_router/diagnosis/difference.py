"""The difference between a request's URL and a token's own, for which no rule should be added.

Refusing such a request is right: the request is wrong, or the token is for another page.
"""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import TYPE_CHECKING
from urllib.parse import unquote

from twilio.task_router.access.mistaken_url import NO_VALUES, correct_case, mistake_in
from twilio.task_router.checks import is_sid, shown, shown_text
from twilio.task_router.sids import AFTER_PREFIX
from twilio.task_router.urls import is_of_twilio, root_and_path

if TYPE_CHECKING:
    from .inspection import Inspection

# A percent sign that was encoded many times is decoded at once: a pass for each time would take minutes.
_ENCODED_PERCENT = re.compile("%(?:25)+")
# The prefixes of the SIDs in these collections. Workers may also have names.
_PREFIXES = {"Tasks": "WT", "Reservations": "WR", "TaskQueues": "WQ", "Workflows": "WW", "Activities": "WA"}
_OF_ALL_WORKERS = frozenset({"", "Statistics", "CumulativeStatistics", "RealTimeStatistics"})


def difference(inspection: Inspection, url: str) -> str | None:
    """Describe how a request's URL differs from the token's own, or return ``None``."""
    root, path = root_and_path(url)
    path = _decoded(path)
    segments = path.split("/") if path else []
    return (
        _of_root(inspection, root)
        or _of_segments(inspection, segments)
        or _of_path(inspection, root, segments)
        or _of_resource(url)
    )


def _decoded(path: str) -> str:
    """Return a path without percent-encoding, even if repeated, and without backslashes."""
    while (decoded := unquote(_ENCODED_PERCENT.sub("%", path))) != path:
        path = decoded
    return path.replace("\\", "/")


def _of_root(inspection: Inspection, root: str) -> str | None:
    own = inspection.roots
    if root.startswith("http://") and is_of_twilio(root.removeprefix("http://")):
        return "the request's URL begins with http:, and Twilio's URLs with https:"
    if root in own:
        return None
    if root.lower() in own:
        return f"the request is for {shown_text(root)}, which is written {root.lower()}"
    scheme = next((one.partition("/")[0] for one in sorted(own) if _host(one) == _host(root)), None)
    if scheme is not None:
        return f"the request's URL begins with {root.partition('/')[0]}, and the token's own with {scheme}"
    return f"the request is for another host than the token's rules, {shown_text(root)}"


def _host(root: str) -> str:
    return root.partition("://")[2].lower()


def _of_segments(inspection: Inspection, segments: list[str]) -> str | None:
    sids = inspection.sids
    if not {"", ".", ".."}.isdisjoint(segments[:-1]) or segments[-1:] in (["."], [".."]):
        return "the request's URL has a segment that is empty, '.' or '..'"
    if segments[-1:] in (["*"], ["**"]):
        return f"the request's URL ends in {segments[-1]!r}, which is a wildcard in a rule"
    if (no_value := next((one for one in segments if one in NO_VALUES), None)) is not None:
        return f"the request's URL has {no_value!r} where a SID belongs"
    for noun, prefix, own in (("account", "AC", sids.account), ("workspace", "WS", sids.workspace)):
        other = next((one for one in segments if is_sid(one, prefix) and one != own), None)
        if other is not None:
            return _another(noun, other, own)
    return None


def _of_path(inspection: Inspection, root: str, segments: list[str]) -> str | None:
    sids, urls = inspection.sids, inspection.urls
    url = f"{root}/{'/'.join(segments)}"
    if url.startswith(f"{urls.base_ws_url}/"):
        channel = url.removeprefix(f"{urls.base_ws_url}/").removeprefix(f"{sids.account}/")
        return None if url == urls.channel else _another("channel", channel, sids.own_channel)
    names = [segment.lower() for segment in segments]
    if "workspaces" in names:
        return _of_workspace(inspection, segments[names.index("workspaces") :])
    if root == root_and_path(urls.workspace)[0]:
        return f"the request is for nothing in the token's workspace, {shown_text(sids.workspace)}"
    return _of_worker(inspection, segments)


def _of_workspace(inspection: Inspection, segments: list[str]) -> str | None:
    collection, *below = segments
    if collection != "Workspaces":
        return _wrong_case(collection, "Workspaces")
    if below[:1] != [inspection.sids.workspace]:
        return _another("workspace", "".join(below[:1]), inspection.sids.workspace)
    return _below_workspace(inspection, below[1:])


def _below_workspace(inspection: Inspection, segments: list[str]) -> str | None:
    for name, sid in zip_longest(segments[::2], segments[1::2], fillvalue=""):
        if (correct := correct_case(name)) is not None:
            return _wrong_case(name, correct)
        prefix, rest = sid[:2].upper(), sid[2:]
        if _PREFIXES.get(name) == prefix != sid[:2] and re.fullmatch(AFTER_PREFIX, rest):
            return _wrong_case(sid, prefix + rest)
    return _of_worker(inspection, segments)


def _of_worker(inspection: Inspection, segments: list[str]) -> str | None:
    sids = inspection.sids
    if sids.page in ("task queue", "workspace"):
        return None  # which may well be about workers
    own = sids.own_channel if sids.page == "worker" else ""
    of_a_worker = segments[1] if segments[:1] == ["Workers"] and len(segments) > 1 else ""
    workers = [segment for segment in segments if is_sid(segment, "WK") or segment == of_a_worker]
    other = next((sid for sid in workers if sid not in _OF_ALL_WORKERS and sid != own), None)
    return None if other is None else _another("worker", other, own)


def _of_resource(url: str) -> str | None:
    """Describe the mistake by which a rule with this URL could never match, or return ``None``."""
    mistake = mistake_in(url)
    return None if mistake is None else mistake.problem.replace("its URL", "the request's URL").rstrip(".")


def _another(noun: str, sid: str, own: str) -> str:
    if sid.lower() == own.lower():
        return _wrong_case(sid, own)
    named = f"another {noun}, {shown_text(sid)}" if sid else f"every {noun}"
    return f"the request is for {named}, and the token for {shown_text(own) if own else 'none'}"


def _wrong_case(text: str, correct: str) -> str:
    return f"the letter case differs: {shown(text)} in the request's URL is written {shown(correct)}"
