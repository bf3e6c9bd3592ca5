"""Capabilities for the pages of the documented example, and their explanations."""

from __future__ import annotations

from typing import Any

from tests.example import AUTH_TOKEN, WORKSPACE_URL
from twilio.task_router import (
    Capability,
    Explanation,
    TaskRouterTaskQueueCapability,
    TaskRouterWorkerCapability,
    TaskRouterWorkspaceCapability,
    explain,
)

TASKS = f"{WORKSPACE_URL}/Tasks"


def made(kind: type[Capability], *grants: str) -> Capability:
    channels = {TaskRouterTaskQueueCapability: ["WQ789"], TaskRouterWorkspaceCapability: []}
    capability = kind("AC123", AUTH_TOKEN, "WS456", *channels.get(kind, ["WK789"]))
    for grant in grants:
        getattr(capability, grant)()
    return capability


def with_rules(*rules: Any, kind: type[Capability] = TaskRouterWorkerCapability) -> Capability:
    """A capability with only its channel's rules and these."""
    capability = made(kind)
    capability.policies[2:] = rules
    return capability


def told(call: str, *rules: Any, kind: type[Capability] = TaskRouterWorkerCapability) -> Explanation:
    return explain(with_rules(*rules, kind=kind))[call]


def allowed_under(kind: type[Capability], *grants: str) -> set[str]:
    return {call for call, explanation in explain(made(kind, *grants)).items() if explanation}


def rule(url: str, method: str = "GET", **more: Any) -> dict[str, Any]:
    return {"url": url, "method": method, "allow": True} | more
