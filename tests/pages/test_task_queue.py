"""The calls of ``Twilio.TaskRouter.TaskQueue``, beside the recorded requests of Worker.js."""

from __future__ import annotations

from typing import Any

import pytest

from tests.judges import worker_js
from twilio.task_router.pages import task_queue

NOT_RECORDED = {"ready": "each recording began after it"}


@pytest.mark.parametrize("version", worker_js.VERSIONS)
@pytest.mark.parametrize("recording", worker_js.recordings("task_queue"), ids=worker_js.title)
def test_recorded_requests(recording: dict[str, Any], version: str) -> None:
    assert worker_js.agrees(task_queue.CALLS, recording, version)


def test_other_calls_have_a_reason() -> None:
    assert worker_js.not_recorded(task_queue.CALLS, "task_queue") == NOT_RECORDED.keys()


def test_each_call_has_its_name() -> None:
    assert len({call.name for call in task_queue.CALLS}) == len(task_queue.CALLS)
