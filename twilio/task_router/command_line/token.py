"""``token``: print a token."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from twilio.task_router.capability import (
    Capability,
    TaskRouterCapability,
    TaskRouterTaskQueueCapability,
    TaskRouterWorkerCapability,
    TaskRouterWorkspaceCapability,
)
from twilio.task_router.checks import shown

if TYPE_CHECKING:
    import argparse


_GRANTS = {
    "fetch-attributes": "a worker: fetch itself, without which Worker.js is never ready",
    "activity-updates": "a worker: set its activity",
    "reservation-updates": "a worker: accept and reject; with --with-reservations: "
    "whatever Worker.js does with tasks",
    "fetch-subresources": "fetch everything below the resource, and itself",
    "updates": "update the resource",
    "updates-subresources": "update everything below the resource, and itself",
    "delete": "delete the resource",
    "delete-subresources": "delete everything below the resource, and itself",
}

_METHODS_OF_3_7_0 = {
    "fetch-attributes": "allow_worker_fetch_attributes",
    "activity-updates": "allow_worker_activity_updates",
    "reservation-updates": "allow_task_reservation_updates",
}


HELP: str = "print a token"
DESCRIPTION: str = (
    "Print a token for a worker (WK...), a task queue (WQ...) or, with WORKSPACE_SID alone, the workspace. "
    "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are taken from the environment."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes to its parser."""
    parser.add_argument("workspace_sid", metavar="WORKSPACE_SID", help="WS...")
    parser.add_argument("channel_sid", metavar="CHANNEL_SID", nargs="?", help="WK... or WQ...")
    parser.add_argument(
        "--with-reservations",
        action="store_true",
        help="for a worker whose page works with reservations: from the start it may fetch itself, tasks and "
        "reservations (TaskRouterWorkerCapability instead of TaskRouterCapability)",
    )
    for flag, what in _GRANTS.items():
        parser.add_argument(f"--{flag}", action="append_const", dest="grants", const=flag, help=what)
    parser.add_argument(
        "--ttl", type=int, default=3600, metavar="SECONDS", help="how long it is good (default: 3600)"
    )


def run(options: argparse.Namespace) -> int:
    """Run it and return the exit status."""
    capability = _capability(options)
    for flag in options.grants or ():
        name = f"allow_{flag.replace('-', '_')}"
        if isinstance(capability, TaskRouterCapability):
            name = _METHODS_OF_3_7_0.get(flag, name)
        grant = getattr(capability, name, None)
        if grant is None:
            raise ValueError(f"leave --{flag} out: a {type(capability).__name__} has no such grant")
        grant()
    print(capability.generate_token(options.ttl))
    return 0


def _capability(options: argparse.Namespace) -> Capability:
    workspace = (
        _from_environment("TWILIO_ACCOUNT_SID"),
        _from_environment("TWILIO_AUTH_TOKEN"),
        options.workspace_sid,
    )
    kind = (options.channel_sid or "")[:2]
    if options.with_reservations and kind != "WK":
        raise ValueError("--with-reservations is for workers: give a worker's SID (WK...) as CHANNEL_SID")
    if options.channel_sid is None:
        return TaskRouterWorkspaceCapability(*workspace)
    if kind == "WQ":
        return TaskRouterTaskQueueCapability(*workspace, options.channel_sid)
    if kind != "WK":
        raise ValueError(f"CHANNEL_SID must start with WK or WQ, got {shown(options.channel_sid)}")
    if options.with_reservations:
        return TaskRouterWorkerCapability(*workspace, options.channel_sid)
    return TaskRouterCapability(*workspace, options.channel_sid)


def _from_environment(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise ValueError(f"set {name} in the environment; the Twilio Console shows it")
    return value
