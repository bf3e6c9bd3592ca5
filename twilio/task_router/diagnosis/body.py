"""What people pass to a command: a token as it was copied, or the body of a refused request."""

from __future__ import annotations

import json
import re
import sys
from typing import Any, NamedTuple

from twilio.task_router.access.request import Request

_AROUND = "'\"` \t\r\n"
_BEARER = re.compile(r"(?:authorization:\s*)?bearer\s+", re.IGNORECASE)


class Given(NamedTuple):
    """A token, and the request that came with it, if one did."""

    token: str
    asked: Request | None


def read_given(text: str) -> Given:
    """Read a token, with anything that is usually copied along, or a request's body.

    :raises ValueError: if it is a body, but not that of a request to the event bridge.
    """
    stripped = text.strip().lstrip("\ufeff")
    if stripped.startswith("{"):
        try:
            given = read_body(json.loads(stripped))
        except (ValueError, RecursionError):
            raise ValueError("the body of the request must be JSON; copy all of it, from { to }") from None
        if given is None:
            raise ValueError('the body of the request must have "url", "method" and "token"')
        return given
    return Given(_BEARER.sub("", stripped.strip(_AROUND)).strip(_AROUND), None)


def read_body(body: Any) -> Given | None:  # noqa: ANN401 - any JSON
    """Read the body of a request to the event bridge, or return ``None`` if it is not one."""
    if not isinstance(body, dict):
        return None
    url, method, token = body.get("url"), body.get("method"), body.get("token")
    params = body.get("params") or {}
    if not (isinstance(url, str) and isinstance(method, str) and isinstance(token, str)):
        return None
    if not isinstance(params, dict):
        return None
    pairs = tuple((name, _as_sent(value)) for name, value in params.items() if value is not None)
    if method.upper() == "GET":
        return Given(token, Request("GET", url, query=pairs))
    return Given(token, Request(method.upper(), url, form=pairs))


def _as_sent(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def from_words(words: list[str], usage: str) -> str:
    """Return the one word that was passed, or what is on standard input.

    :raises ValueError: if there is more than one word, or nothing at all.
    """
    if len(words) > 1:
        raise ValueError(f"too many arguments: {usage}")
    if words:
        return words[0]
    if sys.stdin is None or sys.stdin.isatty():
        raise ValueError(f"a token is missing: {usage}")
    return sys.stdin.buffer.read().decode("utf-8", "backslashreplace")
