"""The grants of each class, narrow ones first: the first that lets a request through is the one to name."""

from __future__ import annotations

from typing import Final

from .capability import (
    Capability,
    TaskRouterCapability,
    TaskRouterTaskQueueCapability,
    TaskRouterWorkerCapability,
    TaskRouterWorkspaceCapability,
)

_SHARED = (
    "allow_updates",
    "allow_delete",
    "allow_fetch_subresources",
    "allow_updates_subresources",
    "allow_delete_subresources",
)

GRANTS: Final[dict[type[Capability], tuple[str, ...]]] = {
    TaskRouterCapability: (
        "allow_worker_fetch_attributes",
        "allow_worker_activity_updates",
        "allow_task_reservation_updates",
        *_SHARED,
    ),
    TaskRouterWorkerCapability: ("allow_activity_updates", "allow_reservation_updates", *_SHARED),
    TaskRouterTaskQueueCapability: _SHARED,
    TaskRouterWorkspaceCapability: _SHARED,
}
