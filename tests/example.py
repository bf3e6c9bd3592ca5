"""The documented example: its account, its auth token, and the URLs of its workspace, worker and channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twilio.task_router import tokens
from twilio.task_router.checks import json_text

if TYPE_CHECKING:
    from collections.abc import Mapping

ACCOUNT_SID, AUTH_TOKEN, WORKSPACE_SID, WORKER_SID = ARGUMENTS = ("AC123", "secret", "WS456", "WK789")
WORKSPACE_URL = f"https://taskrouter.twilio.com/v1/Workspaces/{WORKSPACE_SID}"
WORKER_URL = f"{WORKSPACE_URL}/Workers/{WORKER_SID}"
CHANNEL_URL = f"https://event-bridge.twilio.com/v1/wschannels/{ACCOUNT_SID}/{WORKER_SID}"


def sign(claims: Mapping[str, Any], key: str) -> str:
    """Return a token with these claims, good or not."""
    return tokens.sign(json_text("claims", tokens.write_json, claims), key)
