from __future__ import annotations

import pytest

import twilio.task_router
from tests.example import ARGUMENTS, WORKER_URL
from tests.pages.samples import TASKS, made, rule, with_rules
from twilio.task_router import (
    Capability,
    TaskRouterCapability,
    TaskRouterTaskQueueCapability,
    TaskRouterWorkerCapability,
    TaskRouterWorkspaceCapability,
    explain,
)
from twilio.task_router.pages.grants import with_each_grant

# The classes in the table of the facts about Worker.js: the calls, and the first grant of each class.
OLD, NEW, SPACE, QUEUE = (
    "TaskRouterCapability",
    "TaskRouterWorkerCapability",
    "TaskRouterWorkspaceCapability",
    "TaskRouterTaskQueueCapability",
)


@pytest.mark.parametrize(
    ("kind", "call", "grants"),
    [
        (
            TaskRouterCapability,
            "worker.fetch",
            [f"{OLD}.allow_worker_fetch_attributes()", f"{NEW} (from the start)"],
        ),
        (TaskRouterCapability, "worker.delete", [f"{OLD}.allow_delete()", f"{NEW}.allow_delete()"]),
        (TaskRouterCapability, "worker.activities.fetch(sid)", []),
        (TaskRouterCapability, "worker.activities.create", []),
        (TaskRouterCapability, "worker.fetchReservations", [f"{NEW} (from the start)"]),
        (TaskRouterCapability, "reservation.delete", []),
        (TaskRouterCapability, "task.delete", []),
        (TaskRouterCapability, "task.workflow.fetch", []),
        (
            TaskRouterCapability,
            "worker.statistics.fetch",
            [f"{OLD}.allow_fetch_subresources()", f"{NEW}.allow_fetch_subresources()"],
        ),
        (TaskRouterWorkspaceCapability, "workspace.fetch", [f"{SPACE}.allow_fetch_subresources()"]),
        (
            TaskRouterWorkspaceCapability,
            "workspace.workers.fetch",
            [f"{SPACE}.allow_fetch_subresources()"],
        ),
        (
            TaskRouterWorkspaceCapability,
            "workspace.tasks.create",
            [f"{SPACE}.allow_updates_subresources()"],
        ),
        (
            TaskRouterWorkspaceCapability,
            "workspace.tasks.delete",
            [f"{SPACE}.allow_delete_subresources()"],
        ),
        (TaskRouterTaskQueueCapability, "taskqueue.fetch", []),
        (TaskRouterTaskQueueCapability, "taskqueue.update", [f"{QUEUE}.allow_updates()"]),
        (TaskRouterTaskQueueCapability, "taskqueue.delete", [f"{QUEUE}.allow_delete()"]),
        (
            TaskRouterTaskQueueCapability,
            "taskqueue.statistics.fetch",
            [f"{QUEUE}.allow_fetch_subresources()"],
        ),
    ],
)
def test_grants_of_the_facts(kind: type[Capability], call: str, grants: list[str]) -> None:
    assert list(explain(made(kind))[call].grants) == grants


@pytest.mark.parametrize(
    "kind", [TaskRouterCapability, TaskRouterTaskQueueCapability, TaskRouterWorkspaceCapability]
)
def test_named_grants_allow_the_call(kind: type[Capability]) -> None:
    capability = with_rules(kind=kind)
    for call, explanation in explain(capability).items():
        for grant in explanation.grants:
            name, _, method = grant.removesuffix(" (from the start)").removesuffix("()").partition(".")
            granted = made(getattr(twilio.task_router, name), *([method] if method else []))
            assert explain(granted)[call], (call, grant)


def test_grants_beside_a_conflict() -> None:
    capability = with_rules(rule(WORKER_URL, allow=False))
    explained = explain(capability)
    assert explained["ready"].grants == ()
    assert explained["reservation.accept"].grants == (f"{OLD}.allow_task_reservation_updates()",)


def test_no_grant_beside_a_denial() -> None:
    capability = made(TaskRouterCapability)
    capability.deny(capability.resource_url, "GET")
    explanation = explain(capability)["ready"]
    assert explanation.grants == ()
    assert explanation.reason.startswith("Policy rule 3 denies GET")


def test_grants_on_other_hosts() -> None:
    there = TaskRouterCapability(*ARGUMENTS, base_url="http://t:1", version="v2", base_ws_url="ws://t:2")
    assert [one.grants for one in explain(there).values()] == [
        one.grants for one in explain(made(TaskRouterCapability)).values()
    ]


def test_no_grant_for_one_task() -> None:
    capability = made(TaskRouterWorkerCapability)
    capability.deny(f"{TASKS}/WT1", "POST")
    explanation = explain(capability)["worker.updateTask"]
    assert not explanation
    assert explanation.grants == ()


def test_rules_are_read_once() -> None:
    policy = made(TaskRouterWorkerCapability).access_policy()
    granted = [one for _, _, one in with_each_grant(policy, [TaskRouterWorkerCapability], made)]
    assert len(granted) > 5
    own = len(policy.index.rules)
    for one in granted:
        assert list(map(id, one.index.rules[:own])) == list(map(id, policy.index.rules))
