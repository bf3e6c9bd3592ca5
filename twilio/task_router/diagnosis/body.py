"""The body of a request to the event bridge: the request that Worker.js asks for, and the page's token."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from twilio.task_router.access.request import Request


class Body(NamedTuple):
    """The body of a request to the event bridge."""

    token: str
    #: The request to TaskRouter that the page asks for.
    request: Request
    #: ``ready`` in a page's first request, otherwise ``None``.
    event_type: str | None = None


def read_body(body: Any) -> Body | None:  # noqa: ANN401 - any JSON
    """Read the body of a request to the event bridge. Return ``None`` for any other JSON.

    :raises ValueError: if the body asks for a malformed request.
    """
    if not isinstance(body, dict):
        return None
    url, method, token = body.get("url"), body.get("method"), body.get("token")
    params = body.get("params") or {}
    if not (isinstance(url, str) and isinstance(method, str) and isinstance(token, str)):
        return None
    if not isinstance(params, dict):
        return None
    pairs = tuple((name, _as_sent(value)) for name, value in params.items() if value is not None)
    kind = "query" if method.upper() == "GET" else "form"
    event_type = body.get("event_type")
    return Body(
        token,
        Request(method, url, **{kind: pairs}),
        event_type if isinstance(event_type, str) else None,
    )


def _as_sent(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
