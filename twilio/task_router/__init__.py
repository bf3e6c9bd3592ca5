"""Capability tokens for Twilio TaskRouter's Worker.js.

Everything public can be imported from here. What minting a token does not need is loaded when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from .capability import (
    TASK_ROUTER_BASE_EVENTS_URL,
    TASK_ROUTER_BASE_URL,
    TASK_ROUTER_BASE_WS_URL,
    TASK_ROUTER_VERSION,
    Capability,
    TaskRouterCapability,
    TaskRouterTaskQueueCapability,
    TaskRouterWorkerCapability,
    TaskRouterWorkspaceCapability,
)
from .policy import OPTIONAL, REQUIRED, PolicyRule, make_policy

if TYPE_CHECKING:
    from .workflow_config import TaskRouterConfig, WorkflowConfig, WorkflowRule, WorkflowRuleTarget

__all__ = [
    "OPTIONAL",
    "REQUIRED",
    "TASK_ROUTER_BASE_EVENTS_URL",
    "TASK_ROUTER_BASE_URL",
    "TASK_ROUTER_BASE_WS_URL",
    "TASK_ROUTER_VERSION",
    "Capability",
    "PolicyRule",
    "TaskRouterCapability",
    "TaskRouterConfig",
    "TaskRouterTaskQueueCapability",
    "TaskRouterWorkerCapability",
    "TaskRouterWorkspaceCapability",
    "WorkflowConfig",
    "WorkflowRule",
    "WorkflowRuleTarget",
    "make_policy",
]

_LOADED_WHEN_USED = {
    "TaskRouterConfig": "workflow_config",
    "WorkflowConfig": "workflow_config",
    "WorkflowRule": "workflow_config",
    "WorkflowRuleTarget": "workflow_config",
}


def __getattr__(name: str) -> object:
    if name not in _LOADED_WHEN_USED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f".{_LOADED_WHEN_USED[name]}", __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
