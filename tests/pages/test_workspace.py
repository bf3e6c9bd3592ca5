"""The calls of ``Twilio.TaskRouter.Workspace``, beside the recorded requests of Worker.js."""

from __future__ import annotations

from typing import Any

import pytest

from tests.judges import worker_js
from tests.pages.samples import made
from twilio.task_router import TaskRouterWorkspaceCapability, explain
from twilio.task_router.pages import workspace

NOT_RECORDED = {
    "ready": "each recording began after it",
    **{
        f"{items}[i].fetch": "items have the calls of a resource, of which fetch was not tried"
        for items in ("activities", "workflows", "taskqueues", "workers", "tasks")
    },
}


@pytest.mark.parametrize("version", worker_js.VERSIONS)
@pytest.mark.parametrize("recording", worker_js.recordings("workspace"), ids=worker_js.title)
def test_recorded_requests(recording: dict[str, Any], version: str) -> None:
    assert worker_js.agrees(workspace.CALLS, recording, version)


def test_other_calls_have_a_reason() -> None:
    assert worker_js.not_recorded(workspace.CALLS, "workspace") == NOT_RECORDED.keys()


def test_each_call_has_its_name() -> None:
    assert len({call.name for call in workspace.CALLS}) == len(workspace.CALLS)


def test_workspace_with_a_slash() -> None:
    explained = explain(made(TaskRouterWorkspaceCapability))
    for call in ("ready", "workspace.fetch"):
        assert not explained[call]
        assert 'capability.allow(f"{capability.resource_url}/", "GET")' in explained[call].reason


def test_rule_for_the_slash() -> None:
    capability = made(TaskRouterWorkspaceCapability)
    before = {call for call, one in explain(capability).items() if one}
    capability.allow(f"{capability.resource_url}/", "GET")
    assert {call for call, one in explain(capability).items() if one} - before == {
        "ready",
        "workspace.fetch",
    }
