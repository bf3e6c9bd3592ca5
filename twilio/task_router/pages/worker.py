"""The page of a worker: the calls of ``Twilio.TaskRouter.Worker``, and of its reservations and tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .call import call, delete, get, list_calls, post, resource_calls, statistics_calls
from .open_request import ANY, OWN_SID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .call import Call
    from .open_request import OpenRequest, Version

_WORKER = f"/Workers/{OWN_SID}"
_RESERVATIONS = f"{_WORKER}/Reservations"
_TASK = "/Tasks/{WT}"
_RESERVATION = f"{_TASK}/Reservations/{{WR}}"
_WORKFLOW = "/Workflows/{WW}"

_PENDING = get(_RESERVATIONS, ReservationStatus="pending")

# The event "ready" needs only the first request, whatever becomes of the others, which 1.21 sends next.
_AT_READY = (
    call("ready", get(_WORKER)),
    call(
        "reservation.created: pending at ready",
        get(_WORKER),
        _PENDING,
        get(_TASK),
        get(_RESERVATION),
        only_in="1.21",
    ),
    # Two arguments of the constructor. connectActivitySid takes effect only if no reservation is pending.
    call("connectActivitySid", get(_WORKER), _PENDING, post(_WORKER, "ActivitySid"), only_in="1.21"),
    call("disconnectActivitySid", get(_WORKER), post(_WORKER, "ActivitySid"), only_in="1.21"),
)

_WORKER_CALLS = (
    call("worker.fetch", get(_WORKER)),
    call('worker.update("ActivitySid", ...)', post(_WORKER, "ActivitySid")),
    call("worker.update({...})", post(_WORKER, ANY)),
    call("worker.updateActivity", post(_WORKER, "ActivitySid")),  # deprecated
    call("worker.delete", delete(_WORKER)),
    call(  # fetchReservation in 1.1.1
        "worker.fetchReservations",
        get(_RESERVATIONS, optional=[ANY]),
        get(_TASK, only_in="1.21", otherwise="Then 1.21 never calls back, not even with an error."),
    ),
    call(
        "worker.fetchReservations: next", get(_RESERVATIONS, "PageSize", "Page", "PageToken"), only_in="1.21"
    ),
    call("worker.fetchChannels", get(f"{_WORKER}/Channels"), only_in="1.21"),
    *statistics_calls("worker", _WORKER, ["statistics"]),
    call("worker.fetchActivityList", get("/Activities")),  # deprecated
    *list_calls("worker.activities", "/Activities", "/Activities/{WA}"),
    call("worker.updateTask", post(_TASK, ANY), only_in="1.21"),
    call(
        "worker.completeTask",
        post(_TASK, AssignmentStatus="completed", optional=["Reason"]),
        only_in="1.21",
    ),
)


def _event(name: str) -> Call:
    """Return an event that Worker.js fires after fetching the task and the reservation."""
    otherwise = "Then 1.1.1 fires no event, and 1.21 fires one with only the event's own data."
    return call(
        f"reservation.{name}", get(_TASK, otherwise=otherwise), get(_RESERVATION, otherwise=otherwise)
    )


def _with_and_without_callback(
    name: str, request: OpenRequest, only_in: Version | None = None
) -> Iterator[Call]:
    """Yield a reservation's call without and with its callback, before which Worker.js fetches the task."""
    task = get(_TASK, otherwise="Then the callback never comes, though the call itself was carried out.")
    yield call(f"reservation.{name}", request, only_in=only_in)
    yield call(f"reservation.{name}: callback", request, task, only_in=only_in)


_RESERVATION_CALLS = (
    *_with_and_without_callback("fetch", get(_RESERVATION)),
    *_with_and_without_callback("update", post(_RESERVATION, ANY)),
    *_with_and_without_callback("delete", delete(_RESERVATION)),
    *_with_and_without_callback("accept", post(_RESERVATION, ReservationStatus="accepted")),
    *_with_and_without_callback("reject", post(_RESERVATION, ReservationStatus="rejected")),
    *_with_and_without_callback(
        "reject(activity)", post(_RESERVATION, "WorkerActivitySid", ReservationStatus="rejected")
    ),
    *_with_and_without_callback(
        "dequeue",
        post(
            _RESERVATION,
            "DequeueFrom",
            Instruction="dequeue",
            optional=[
                "DequeuePostWorkActivitySid",
                # only in 1.21, where the callback is the eighth argument
                "DequeueRecord",
                "DequeueTimeout",
                "DequeueStatusCallbackUrl",
                "DequeueStatusCallbackEvent",
                "DequeueTo",
            ],
        ),
    ),
    *_with_and_without_callback(
        "call",
        post(
            _RESERVATION,
            "CallFrom",
            "CallUrl",
            Instruction="call",
            optional=[
                "CallStatusCallbackUrl",
                "CallAccept",
                # only in 1.21, where the callback is the seventh argument
                "CallRecord",
                "CallTo",
            ],
        ),
    ),
    *_with_and_without_callback(
        "redirect",
        post(
            _RESERVATION,
            "RedirectCallSid",
            "RedirectUrl",
            Instruction="redirect",
            optional=["RedirectAccept"],
        ),
        only_in="1.21",
    ),
    *_with_and_without_callback(
        "conference",
        post(
            _RESERVATION,
            "From",
            Instruction="conference",
            optional=["PostWorkActivitySid", "Timeout", "To", ANY],
        ),
        only_in="1.21",
    ),
    call("reservation.worker.fetch", get(_WORKER)),
)

_TASK_CALLS = (
    *resource_calls("task", _TASK),
    call("task.complete", post(_TASK, AssignmentStatus="completed", optional=["Reason"]), only_in="1.21"),
    call("task.workflow.fetch", get(_WORKFLOW)),
    *statistics_calls("task.workflow", _WORKFLOW, ["statistics"]),
)

#: The calls and events, in the order in which people meet them.
CALLS: Final = (
    *_AT_READY,
    *_WORKER_CALLS,
    *map(
        _event,
        ("created", "accepted", "rejected", "timeout", "canceled", "rescinded", "completed", "wrapup"),
    ),
    *_RESERVATION_CALLS,
    *_TASK_CALLS,
)
