"""The workspace, the worker and the rules of these tests."""

from __future__ import annotations

from typing import Any

WORKSPACE = "https://taskrouter.twilio.com/v1/Workspaces/WS1"
WORKER = f"{WORKSPACE}/Workers/WK1"


def rule(url: str, method: str = "GET", **more: Any) -> dict[str, Any]:
    return {"url": url, "method": method, "allow": True, "query_filter": {}, "post_filter": {}} | more
