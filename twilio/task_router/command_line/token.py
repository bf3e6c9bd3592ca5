"""``token``: print a token."""

from __future__ import annotations

import argparse
import os

from twilio.task_router.capability import (
    Capability,
    TaskRouterCapability,
    TaskRouterTaskQueueCapability,
    TaskRouterWorkerCapability,
    TaskRouterWorkspaceCapability,
)
from twilio.task_router.checks import shown

DESCRIPTION: str = (
    "Print a token for a worker (WK...), a task queue (WQ...) or, with WORKSPACE_SID alone, the workspace. "
    "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are taken from the environment. The options are grants: "
    "without them the page may do what its class allows from the start."
)

_GRANTS = {
    "activity-updates": "a worker: set its activity",
    "reservation-updates": "a worker: everything that Worker.js does with tasks and reservations",
    "fetch-subresources": "fetch everything below the resource, and itself",
    "updates": "update the resource",
    "updates-subresources": "update everything below the resource, and itself",
    "delete": "delete the resource",
    "delete-subresources": "delete everything below the resource, and itself",
    "fetch-attributes": "with --legacy: fetch the worker, without which Worker.js is never ready",
}

_METHODS_OF_3_7_0 = {
    "fetch-attributes": "allow_worker_fetch_attributes",
    "activity-updates": "allow_worker_activity_updates",
    "reservation-updates": "allow_task_reservation_updates",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = "%(prog)s WORKSPACE_SID [CHANNEL_SID] [options]"
    parser.add_argument("words", metavar="SID", nargs="*", help="WS..., then WK... or WQ...")
    for flag, what in _GRANTS.items():
        parser.add_argument(f"--{flag}", action="append_const", dest="grants", const=flag, help=what)
    parser.add_argument(
        "--legacy",
        action="store_true",
        help="a worker: take TaskRouterCapability, the class of twilio-python 3.7.0, whose tokens let no "
        "page fetch tasks (default: TaskRouterWorkerCapability)",
    )
    parser.add_argument(
        "--ttl",
        type=_whole_seconds,
        default=3600,
        metavar="SECONDS",
        help="the token's lifetime (default: 3600)",
    )


def _whole_seconds(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"give whole seconds, such as 600, not {shown(text)}") from None


def run(options: argparse.Namespace) -> int:
    if not options.words:
        raise ValueError("WORKSPACE_SID is missing")
    if len(options.words) > 2:  # noqa: PLR2004 - the workspace's and the channel's
        raise ValueError(
            f"give no more than WORKSPACE_SID and CHANNEL_SID, got {shown(options.words[2])} too"
        )
    capability = _capability(*options.words, legacy=options.legacy)
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


def _capability(workspace_sid: str, channel_sid: str | None = None, *, legacy: bool) -> Capability:
    workspace = (
        _from_environment("TWILIO_ACCOUNT_SID"),
        _from_environment("TWILIO_AUTH_TOKEN"),
        workspace_sid,
    )
    kind = (channel_sid or "")[:2]
    if legacy and kind != "WK":
        raise ValueError("--legacy is for workers: give a worker's SID (WK...) as CHANNEL_SID")
    if channel_sid is None:
        return TaskRouterWorkspaceCapability(*workspace)
    if kind == "WQ":
        return TaskRouterTaskQueueCapability(*workspace, channel_sid)
    if kind != "WK":
        raise ValueError(f"CHANNEL_SID must start with WK or WQ, got {shown(channel_sid)}")
    if legacy:
        return TaskRouterCapability(*workspace, channel_sid)
    return TaskRouterWorkerCapability(*workspace, channel_sid)


def _from_environment(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise ValueError(f"set {name} in the environment; the Twilio Console shows it")
    return value
