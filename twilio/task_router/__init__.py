"""Capability tokens for Twilio TaskRouter's Worker.js.

Everything public can be imported from here. The modules for minting tokens are loaded at once, the others on
first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from .capability import (
    Capability,
    TaskRouterCapability,
    TaskRouterTaskQueueCapability,
    TaskRouterWorkerCapability,
    TaskRouterWorkspaceCapability,
)
from .errors import ComparisonTooHardError, ConflictingRulesError, InvalidRuleError
from .rule import OPTIONAL, REQUIRED, Filter, PolicyRule, make_policy
from .urls import (
    TASK_ROUTER_BASE_EVENTS_URL,
    TASK_ROUTER_BASE_URL,
    TASK_ROUTER_BASE_WS_URL,
    TASK_ROUTER_VERSION,
)

if TYPE_CHECKING:
    from . import taskrouter_config as taskrouter_config
    from . import workflow_config as workflow_config
    from . import workflow_rule as workflow_rule
    from . import workflow_ruletarget as workflow_ruletarget
    from .access.decision import Decision
    from .access.notes import Note
    from .access.policy import AccessPolicy
    from .access.request import Parameters, Request
    from .pages.explanation import Explanation, explain
    from .verification import InvalidClaimError, VerifiedToken, verify_token
    from .workflow_config import TaskRouterConfig, WorkflowConfig, WorkflowRule, WorkflowRuleTarget

__all__ = [
    "OPTIONAL",
    "REQUIRED",
    "TASK_ROUTER_BASE_EVENTS_URL",
    "TASK_ROUTER_BASE_URL",
    "TASK_ROUTER_BASE_WS_URL",
    "TASK_ROUTER_VERSION",
    "AccessPolicy",
    "Capability",
    "ComparisonTooHardError",
    "ConflictingRulesError",
    "Decision",
    "Explanation",
    "Filter",
    "InvalidClaimError",
    "InvalidRuleError",
    "Note",
    "Parameters",
    "PolicyRule",
    "Request",
    "TaskRouterCapability",
    "TaskRouterConfig",
    "TaskRouterTaskQueueCapability",
    "TaskRouterWorkerCapability",
    "TaskRouterWorkspaceCapability",
    "VerifiedToken",
    "WorkflowConfig",
    "WorkflowRule",
    "WorkflowRuleTarget",
    "explain",
    "make_policy",
    "verify_token",
]

_LOADED_ON_FIRST_USE = {
    "AccessPolicy": "access.policy",
    "Decision": "access.decision",
    "Explanation": "pages.explanation",
    "InvalidClaimError": "verification",
    "Note": "access.notes",
    "Parameters": "access.request",
    "Request": "access.request",
    "TaskRouterConfig": "workflow_config",
    "VerifiedToken": "verification",
    "WorkflowConfig": "workflow_config",
    "WorkflowRule": "workflow_config",
    "WorkflowRuleTarget": "workflow_config",
    "explain": "pages.explanation",
    "verify_token": "verification",
}

# Code of 4.6.0 to 5.7.0 reached these after ``import twilio.task_router`` alone.
_SUBMODULES = frozenset({"taskrouter_config", "workflow_config", "workflow_rule", "workflow_ruletarget"})


if not TYPE_CHECKING:  # pragma: no branch - hidden from type checkers, which would accept any attribute

    def __getattr__(name: str) -> object:
        if name in _SUBMODULES:
            return import_module(f".{name}", __name__)
        if name not in _LOADED_ON_FIRST_USE:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(f".{_LOADED_ON_FIRST_USE[name]}", __name__), name)
        return value


def __dir__() -> list[str]:
    return sorted({*__all__, *_SUBMODULES})
