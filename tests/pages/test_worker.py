"""The calls of ``Twilio.TaskRouter.Worker``, beside the recorded requests of Worker.js."""

from __future__ import annotations

from typing import Any

import pytest

from tests.example import WORKER_URL
from tests.judges import worker_js
from tests.pages.samples import TASKS, rule, told
from twilio.task_router.pages import worker

NOT_RECORDED = {
    "ready": "each recording began after it",
    "reservation.created: pending at ready": "it follows ready",
    "connectActivitySid": "an argument of the constructor",
    "disconnectActivitySid": "an argument of the constructor",
    "worker.fetchReservations: next": "a list's next, of one page",
    "reservation.fetch": "recorded with a callback",
    "reservation.update": "recorded with a callback",
    "reservation.delete": "recorded with a callback",
    "reservation.dequeue": "recorded with a third argument, which is a callback in 1.1.1 only",
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
}


@pytest.mark.parametrize("version", worker_js.VERSIONS)
@pytest.mark.parametrize("recording", worker_js.recordings("worker"), ids=worker_js.title)
def test_recorded_requests(recording: dict[str, Any], version: str) -> None:
    assert worker_js.agrees(worker.CALLS, recording, version)


def test_other_calls_have_a_reason() -> None:
    assert worker_js.not_recorded(worker.CALLS, "worker") == NOT_RECORDED.keys()


def test_each_call_has_its_name() -> None:
    assert len({call.name for call in worker.CALLS}) == len(worker.CALLS)


def test_ready_needs_the_worker() -> None:
    assert told("ready", rule(WORKER_URL))
    assert not told("reservation.created: pending at ready", rule(WORKER_URL))


def test_fetch_needs_the_tasks() -> None:
    explanation = told("worker.fetchReservations", rule(f"{WORKER_URL}/Reservations"))
    assert not explanation
    assert explanation.grants == ("TaskRouterWorkerCapability (from the start)",)
    assert explanation.reason.startswith(f"In version 1.21: No policy rule allows GET on {TASKS}/WT0")
    assert explanation.reason.endswith(" Then 1.21 never calls back, not even with an error.")


def test_event_of_1_21_is_bare() -> None:
    assert "1.21 fires one with only" in told("reservation.timeout").reason
