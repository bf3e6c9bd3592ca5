from __future__ import annotations

import pytest

from tests.example import ARGUMENTS, AUTH_TOKEN, sign
from tests.pages.samples import made
from twilio.task_router import (
    Capability,
    TaskRouterCapability,
    TaskRouterTaskQueueCapability,
    TaskRouterWorkerCapability,
    TaskRouterWorkspaceCapability,
    explain,
    verify_token,
)


@pytest.mark.parametrize(
    ("kind", "call"),
    [
        (TaskRouterCapability, "worker.fetch"),
        (TaskRouterWorkerCapability, "worker.fetch"),
        (TaskRouterTaskQueueCapability, "taskqueue.fetch"),
        (TaskRouterWorkspaceCapability, "workspace.fetch"),
    ],
)
def test_page_of_each_class(kind: type[Capability], call: str) -> None:
    capability = made(kind)
    token = verify_token(capability.generate_token(), AUTH_TOKEN)
    assert call in explain(capability)
    assert explain(token) == explain(capability)


def test_page_has_its_hosts() -> None:
    there = {"base_url": "http://t:1", "version": "v2", "base_ws_url": "ws://t:2/x"}
    capability = TaskRouterWorkerCapability(*ARGUMENTS, **there)
    token = verify_token(capability.generate_token(), AUTH_TOKEN)
    assert explain(capability)["ready"]
    assert explain(token)["ready"]


def test_channel_of_another_sid() -> None:
    claims = verify_token(made(TaskRouterWorkerCapability).generate_token(), AUTH_TOKEN).claims
    explained = explain(verify_token(sign(claims | {"channel": "WS456"}, AUTH_TOKEN), AUTH_TOKEN))
    assert explained["connect"]
    assert explained["ready"]


@pytest.mark.parametrize(
    ("kind", "claim"),
    [
        (TaskRouterWorkerCapability, "worker_sid"),
        (TaskRouterTaskQueueCapability, "taskqueue_sid"),
    ],
)
def test_no_channel_without_a_claim(kind: type[Capability], claim: str) -> None:
    claims = verify_token(made(kind).generate_token(), AUTH_TOKEN).claims
    del claims[claim]
    explained = explain(verify_token(sign(claims, AUTH_TOKEN), AUTH_TOKEN))
    assert {explanation.reason for explanation in explained.values()} == {
        f"The token lacks the claim {claim}, from which Worker.js takes its channel."
    }
    assert not any(explanation.grants for explanation in explained.values())


def test_task_queue_beside_a_worker() -> None:
    """``notes`` and ``inspect`` take such a token for a task queue's, too."""
    claims = verify_token(made(TaskRouterTaskQueueCapability).generate_token(), AUTH_TOKEN).claims
    token = verify_token(sign(claims | {"worker_sid": "WK789"}, AUTH_TOKEN), AUTH_TOKEN)
    assert explain(token)["taskqueue.fetch"]
    assert token.notes() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"worker_sid": "WK1/**"},
        {"worker_sid": "WQ1"},
        {"worker_sid": ""},
        {"account_sid": "AC/1", "iss": "AC/1"},
        {"workspace_sid": "WK1"},
    ],
)
def test_malformed_sid(changes: dict[str, str]) -> None:
    claims = verify_token(made(TaskRouterWorkerCapability).generate_token(), AUTH_TOKEN).claims
    token = verify_token(sign(claims | changes, AUTH_TOKEN), AUTH_TOKEN)
    with pytest.raises(ValueError, match=f"^{next(iter(changes))} must be a SID"):
        explain(token)
