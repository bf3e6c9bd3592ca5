"""The tables of calls beside the recorded requests of both versions of the browser library."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.judges import recorded
from twilio.task_router.pages import task_queue, worker, workspace
from twilio.task_router.pages.open_request import ANY, OWN_SID, OpenRequest

VERSIONS = ("1.1.1", "1.21")
TABLES = {
    page: {call.name: call for call in calls}
    for page, calls in (
        ("worker", worker.CALLS),
        ("workspace", workspace.CALLS),
        ("task_queue", task_queue.CALLS),
    )
}
OWN_SIDS = {"worker": "WK789", "workspace": "WS456", "task_queue": "WQ789"}
VECTOR: list[dict[str, Any]] = recorded.load("worker-js-calls.json")["calls"]

# Calls that were recorded with arguments that make them another call.
NAMES = {
    'worker.update("ActivitySid", sid, cb)': 'worker.update("ActivitySid", ...)',
    "worker.update({Attributes}, cb)": "worker.update({...})",
    "reservation.reject(activity, cb)": "reservation.reject(activity): callback",
    "reservation.conference(+options)": "reservation.conference: callback",
}

# Calls that were not recorded.
NOT_RECORDED = {
    "worker": {
        "ready": "each recording began after it",
        "reservation.created: pending at ready": "it follows ready",
        "connectActivitySid": "an argument of the constructor",
        "disconnectActivitySid": "an argument of the constructor",
        "worker.fetchReservations: next": "a list's next, of one page",
        "reservation.fetch": "recorded with a callback",
        "reservation.update": "recorded with a callback",
        "reservation.delete": "recorded with a callback",
        "reservation.reject: callback": "recorded without a callback",
        "reservation.reject(activity)": "recorded with a callback",
        "reservation.call: callback": "recorded without a callback",
        "reservation.redirect: callback": "recorded without a callback",
        **{
            f"reservation.{event}": "an event, which the bridge pushes"
            for event in (
                *("created", "accepted", "rejected", "timeout"),
                *("canceled", "rescinded", "completed", "wrapup"),
            )
        },
    },
    "workspace": {
        "ready": "each recording began after it",
        **{
            f"{items}[i].fetch": "items have the calls of a resource, of which fetch was not tried"
            for items in ("activities", "workflows", "taskqueues", "workers", "tasks")
        },
    },
    "task_queue": {"ready": "each recording began after it"},
}


def name_of(call: str) -> str:
    """The name in our tables of a recorded call."""
    if call in NAMES:
        return NAMES[call]
    name, _, arguments = (
        call.removesuffix(" (deprecated)").replace(" list.next", ".fetch: next").partition("(")
    )
    name = name.replace("reservation.task.", "task.")
    if name.endswith(".fetch") and arguments.startswith("sid"):
        return f"{name}(sid)"
    if re.fullmatch(r"reservation\.\w+", name) and re.search(r"\bcb\b", arguments):
        return f"{name}: callback"
    return name


def is_one(recorded_request: dict[str, Any], request: OpenRequest, page: str) -> bool:
    """Whether a recorded request is one of an open request."""
    path, _, query = recorded_request["path"].partition("?")
    params = set(recorded_request["params"]) | {pair.partition("=")[0] for pair in query.split("&") if pair}
    own = request.url.replace(OWN_SID, OWN_SIDS[page])
    pattern = re.sub(r"\\\{(W.)\\\}", r"\1\\w+", re.escape(own))
    names = {name for name, _ in request.params}
    return (
        recorded_request["method"] == request.method
        and re.fullmatch(pattern, path) is not None
        and names - {ANY} <= params
        and (ANY in names | set(request.optional) or params <= names | set(request.optional))
        and all(recorded_request["params"][name] == value for name, value in request.params if value)
    )


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("recording", VECTOR, ids=lambda recording: recording["call"])
def test_a_call_has_its_requests(recording: dict[str, Any], version: str) -> None:
    page, name = recording["page"], name_of(recording["call"])
    if "dequeue" in name and version == "1.21":
        name = "reservation.dequeue"  # the recording's third argument is no callback there
    call, requests = TABLES[page][name], recording["requests"][version]
    if requests is None:
        assert call.only_in not in (None, version)
        return
    if "[i]" in name or name.endswith(": next"):
        assert (requests[0]["method"], requests[0]["params"]) == ("GET", {})  # the list, which comes first
        requests = requests[1:]
    expected = [request for request in call.requests if request.only_in in (None, version)]
    assert call.only_in in (None, version)
    assert len(requests) == len(expected)
    assert all(map(is_one, requests, expected, [page] * len(requests)))


def test_the_recording_has_123_calls() -> None:
    assert len(VECTOR) == 123


@pytest.mark.parametrize("page", TABLES)
def test_other_calls_have_a_reason(page: str) -> None:
    names = {name_of(recording["call"]) for recording in VECTOR if recording["page"] == page}
    names |= {"reservation.dequeue"} if page == "worker" else set()
    assert TABLES[page].keys() - names == NOT_RECORDED[page].keys()


@pytest.mark.parametrize("name", ["worker", "workspace", "task_queue"])
def test_a_table_names_each_call_once(name: str) -> None:
    calls = {"worker": worker, "workspace": workspace, "task_queue": task_queue}[name].CALLS
    assert len(calls) == len(TABLES[name])
