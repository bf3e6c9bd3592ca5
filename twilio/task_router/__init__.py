"""Capability tokens for Twilio TaskRouter's Worker.js.

Everything public can be imported from here.
"""

from .capability import TASK_ROUTER_BASE_URL, TASK_ROUTER_BASE_WS_URL, TaskRouterCapability
from .policy import OPTIONAL, REQUIRED, PolicyRule, make_policy

__all__ = [
    "OPTIONAL",
    "REQUIRED",
    "TASK_ROUTER_BASE_URL",
    "TASK_ROUTER_BASE_WS_URL",
    "PolicyRule",
    "TaskRouterCapability",
    "make_policy",
]
