"""What the tests give to the command line: tokens with SIDs of the real length, request bodies, HAR files."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timezone
from typing import Any

from tests.example import sign
from tests.judges import recorded
from twilio.task_router import (
    Capability,
    TaskRouterCapability,
    TaskRouterTaskQueueCapability,
    TaskRouterWorkerCapability,
    TaskRouterWorkspaceCapability,
)

KEY = "fedcba9876543210" * 2
DIGITS = "0123456789abcdef" * 2
ACCOUNT, WORKSPACE, WORKER, QUEUE, TASK, RESERVATION = (
    prefix + DIGITS for prefix in ("AC", "WS", "WK", "WQ", "WT", "WR")
)
WORKSPACE_URL = f"https://taskrouter.twilio.com/v1/Workspaces/{WORKSPACE}"
WORKER_URL = f"{WORKSPACE_URL}/Workers/{WORKER}"
TASK_URL = f"{WORKSPACE_URL}/Tasks/{TASK}"
CHANNEL_URL = f"https://event-bridge.twilio.com/v1/wschannels/{ACCOUNT}/{WORKER}"

SHARED_GRANTS = (
    "allow_updates",
    "allow_delete",
    "allow_fetch_subresources",
    "allow_updates_subresources",
    "allow_delete_subresources",
)
GRANTS: dict[type[Capability], tuple[str, ...]] = {
    TaskRouterWorkerCapability: ("allow_activity_updates", "allow_reservation_updates", *SHARED_GRANTS),
    TaskRouterCapability: (
        "allow_worker_fetch_attributes",
        "allow_worker_activity_updates",
        "allow_task_reservation_updates",
        *SHARED_GRANTS,
    ),
    TaskRouterTaskQueueCapability: SHARED_GRANTS,
    TaskRouterWorkspaceCapability: SHARED_GRANTS,
}


def capability_of(kind: type[Capability] = TaskRouterWorkerCapability, *grants: str) -> Capability:
    channels = {TaskRouterTaskQueueCapability: [QUEUE], TaskRouterWorkspaceCapability: []}
    capability = kind(ACCOUNT, KEY, WORKSPACE, *channels.get(kind, [WORKER]))
    for grant in grants:
        getattr(capability, grant)()
    return capability


def token_of(kind: type[Capability] = TaskRouterWorkerCapability, *grants: str, ttl: int = 3600) -> str:
    return capability_of(kind, *grants).generate_token(ttl)


def with_claims(**claims: Any) -> str:
    """A worker's token with other claims; those that are ``...`` are left out."""
    changed = recorded.claims_of(token_of(), KEY) | claims
    return sign({name: value for name, value in changed.items() if value is not ...}, KEY)


def with_header(header: dict[str, Any], signature: bytes) -> str:
    """A token that nobody signed."""
    head, tail = (
        base64.urlsafe_b64encode(part).rstrip(b"=").decode()
        for part in (json.dumps(header).encode(), signature)
    )
    return f"{head}.{token_of().split('.')[1]}.{tail}"


#: Headers and signatures of tokens that HS256 cannot have signed.
UNSIGNED: dict[str, tuple[dict[str, Any], bytes]] = {
    "alg none": ({"alg": "none"}, b""),
    "alg none with a signature": ({"alg": "none"}, b"x" * 32),
    "no alg": ({}, b"x" * 32),
    "alg HS512": ({"alg": "HS512"}, b"x" * 64),
    "crit": ({"alg": "HS256", "crit": ["b64"]}, b"x" * 32),
    "b64": ({"alg": "HS256", "b64": False}, b"x" * 32),
    "no signature": ({"alg": "HS256"}, b""),
    "a short signature": ({"alg": "HS256"}, b"x" * 31),
    "a long signature": ({"alg": "HS256"}, b"x" * 33),
}


def body_of(method: str, url: str, token: str, **params: Any) -> str:
    """The body of a request to the event bridge, as Worker.js sends it."""
    return json.dumps({"url": url, "method": method, "params": params, "token": token})


def entry_of(  # what the network view has about one request
    body: str | None,
    status: int = 200,
    started: str | None = None,
    url: str = CHANNEL_URL,
    method: str = "POST",
) -> dict[str, Any]:
    request: dict[str, Any] = {"method": method, "url": url, "headers": [], "queryString": []}
    if body is not None:
        request["postData"] = {"mimeType": "application/json", "text": body}
    at = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    return {
        "startedDateTime": started or at,
        "time": 12.5,
        "request": request,
        "response": {"status": status, "statusText": "", "headers": [], "content": {"size": 0}},
    }


def har_of(*entries: Any, creator: str = "WebInspector") -> dict[str, Any]:
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": creator, "version": "1"},
            "pages": [],
            "entries": entries,
        }
    }
