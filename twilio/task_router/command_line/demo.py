"""``demo``: show an example's token and its contents."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from twilio.task_router.capability import TaskRouterWorkerCapability
from twilio.task_router.times import utc
from twilio.task_router.tokens import read

if TYPE_CHECKING:
    import argparse


DESCRIPTION: str = "Show an example's token and its contents. This needs no account."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add no arguments."""
    parser.set_defaults(words=[])


def run(options: argparse.Namespace) -> int:
    if options.words:
        raise ValueError(f"demo takes no arguments, got {' '.join(options.words)}")
    capability = TaskRouterWorkerCapability("AC123", "secret", "WS456", "WK789")
    capability.allow_activity_updates()
    capability.allow_reservation_updates()
    token = capability.generate_token()
    parts = read(token)
    print(token)
    print("\nHeader:", json.dumps(parts.header, indent=2))
    print("\nClaims:", json.dumps(parts.claims, indent=2))
    print("\nExpires:", utc(parts.claims["exp"]))
    return 0
