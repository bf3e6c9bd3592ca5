"""``demo``: show an example's token and what is in it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from twilio.task_router.capability import TaskRouterCapability

if TYPE_CHECKING:
    import argparse


HELP: str = "show an example's token and what is in it; needs no account"
DESCRIPTION: str = "Show an example's token and what is in it. This needs no account."


def add_arguments(_: argparse.ArgumentParser) -> None:
    """Take none."""


def run(_: argparse.Namespace) -> int:
    """Run it and return the exit status."""
    from twilio.task_router import tokens

    from .text import utc

    capability = TaskRouterCapability("AC123", "secret", "WS456", "WK789")
    capability.allow_worker_fetch_attributes()
    capability.allow_worker_activity_updates()
    capability.allow_task_reservation_updates()
    token = capability.generate_token()
    read = tokens.read(token)
    print(token)
    print("\nHeader:", json.dumps(read.header, indent=2))
    print("\nClaims:", json.dumps(read.claims, indent=2))
    print("\nExpires:", utc(read.claims["exp"]))
    return 0
