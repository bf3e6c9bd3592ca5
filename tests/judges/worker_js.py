"""The recorded requests of Worker.js 1.1.1 and 1.21, to compare a table of calls with.

Source: worker-js-calls.json, for which each call was made in both versions.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.judges import recorded
from twilio.task_router.pages.open_request import ANY, OWN_SID

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from twilio.task_router.pages.call import Call
    from twilio.task_router.pages.open_request import OpenRequest

VERSIONS = ("1.1.1", "1.21")
_OWN_SIDS = {"worker": "WK789", "workspace": "WS456", "task_queue": "WQ789"}
_RECORDINGS: list[dict[str, Any]] = recorded.load("worker-js-calls.json")["calls"]

# Calls that were recorded with arguments that make them another call.
_NAMES = {
    'worker.update("ActivitySid", sid, cb)': 'worker.update("ActivitySid", ...)',
    "worker.update({Attributes}, cb)": "worker.update({...})",
    "reservation.reject(activity, cb)": "reservation.reject(activity): callback",
    "reservation.conference(+options)": "reservation.conference: callback",
}


def recordings(page: str) -> list[dict[str, Any]]:
    """The recorded calls of a kind of page."""
    return [recording for recording in _RECORDINGS if recording["page"] == page]


def title(recording: dict[str, Any]) -> str:
    call: str = recording["call"]
    return call


def name_of(call: str) -> str:
    """The name in our tables of a recorded call."""
    if call in _NAMES:
        return _NAMES[call]
    name, _, arguments = (
        call.removesuffix(" (deprecated)").replace(" list.next", ".fetch: next").partition("(")
    )
    name = name.replace("reservation.task.", "task.")
    if name.endswith(".fetch") and arguments.startswith("sid"):
        return f"{name}(sid)"
    if re.fullmatch(r"reservation\.\w+", name) and re.search(r"\bcb\b", arguments):
        return f"{name}: callback"
    return name


def _is_one(recorded_request: dict[str, Any], request: OpenRequest, page: str) -> bool:
    """Whether a recorded request is one of an open request."""
    path, _, query = recorded_request["path"].partition("?")
    params = set(recorded_request["params"]) | {pair.partition("=")[0] for pair in query.split("&") if pair}
    own = request.url.replace(OWN_SID, _OWN_SIDS[page])
    pattern = re.sub(r"\\\{(W.)\\\}", r"\1\\w+", re.escape(own))
    names = {name for name, _ in request.params}
    return (
        recorded_request["method"] == request.method
        and re.fullmatch(pattern, path) is not None
        and names - {ANY} <= params
        and (ANY in names | set(request.optional) or params <= names | set(request.optional))
        and all(recorded_request["params"][name] == value for name, value in request.params if value)
    )


def requests_of(recording: dict[str, Any], version: str) -> list[dict[str, Any]]:
    """The requests of a call, without the request for the list from which the call starts."""
    requests = recording["requests"][version] or []
    name = name_of(recording["call"])
    if "[i]" not in name and not name.endswith(": next"):
        return requests
    assert all((request["method"], request["params"]) == ("GET", {}) for request in requests[:1])
    return requests[1:]


def agrees(calls: Sequence[Call], recording: dict[str, Any], version: str) -> bool:
    """Whether the call of a table has the recorded requests."""
    name = name_of(recording["call"])
    if "dequeue" in name and version == "1.21":
        name = "reservation.dequeue"  # the recording's third argument is no callback there
    (call,) = (call for call in calls if call.name == name)
    if recording["requests"][version] is None:
        return call.only_in not in (None, version)
    requests = requests_of(recording, version)
    expected = [request for request in call.requests if request.only_in in (None, version)]
    return (
        call.only_in in (None, version)
        and len(requests) == len(expected)
        and all(map(_is_one, requests, expected, [recording["page"]] * len(requests)))
    )


def not_recorded(calls: Iterable[Call], page: str) -> set[str]:
    """The names of the calls of a table that have no recording."""
    names = {name_of(recording["call"]) for recording in recordings(page)}
    return {call.name for call in calls} - names
