"""HAR files, which browsers save from their network view: the requests that were sent to an event bridge."""

from __future__ import annotations

import base64
import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import parse_qs

from twilio.task_router.access.request import Request
from twilio.task_router.urls import CHANNELS, is_whole

from .body import Body, read_body
from .json_stream import JsonStream, TooDeep

if TYPE_CHECKING:
    from collections.abc import Iterator


class Entry(NamedTuple):
    """A request to an event bridge: a ``POST`` to a channel, or the opening of the channel's websocket."""

    #: The channel's URL, without the query.
    channel_url: str
    #: The body, or ``None`` if it cannot be read. A websocket counts as a ``GET`` of the channel.
    body: Body | None
    #: The status of the server's answer, 0 without an answer, or ``None`` if unknown.
    status: int | None
    #: The Unix time when the request was sent, or ``None`` if unknown.
    started: float | None


#: The message about a file without entries.
NO_ENTRIES: Final = "this is not a HAR file: it has no entries"
_WEB_SCHEMES: Final = {"wss": "https", "ws": "http"}


def channel_of(url: str) -> str:
    """Return the URL of the channel to which a request or a websocket goes, as in rules."""
    scheme, colon, rest = url.partition("#")[0].partition("?")[0].partition(":")
    return _WEB_SCHEMES.get(scheme.lower(), scheme) + colon + rest


def read_har(log: JsonStream) -> Iterator[Entry | None]:
    """Yield the requests to an event bridge in a HAR file, in order, and ``None`` for any other ``POST``.

    :param log: the file, from the value of its key ``log`` on.
    :raises ValueError: if the file has no entries, breaks off or is damaged. The requests before the damage
        have been yielded by then.
    """
    for entry in _entries(log):
        if isinstance(entry, TooDeep):
            if CHANNELS in entry.text:
                yield Entry("", None, None, None)
        elif isinstance(entry, dict) and isinstance(request := entry.get("request"), dict):
            yield from _read(entry, request)


def _entries(log: JsonStream) -> Iterator[object]:
    problem = "this is not a whole HAR file: it breaks off or is damaged"
    try:
        if log.find("entries") and log.take("["):
            yield from log.items()
            return
        if log.peek():
            problem = NO_ENTRIES
    except ValueError:
        pass
    raise ValueError(problem)


def _read(entry: dict[str, Any], request: dict[str, Any]) -> Iterator[Entry | None]:
    method, url = (str(request.get(name)) for name in ("method", "url"))
    channel_url = channel_of(url)
    is_channel = CHANNELS in channel_url and is_whole(channel_url)
    if method.upper() == "POST":
        body = _posted(request.get("postData"))
        if body is None and not is_channel:
            yield None
            return
    elif method.upper() == "GET" and is_channel:
        tokens = parse_qs(url.partition("#")[0].partition("?")[2]).get("token")
        body = Body(tokens[0], Request("GET", channel_url)) if tokens else None
    else:
        return
    yield Entry(channel_url, body, _status(entry.get("response")), _time(entry.get("startedDateTime")))


def _posted(data: object) -> Body | None:
    """Return the body of a request, or ``None`` if there is no readable one.

    Some programs encode the body in base64, and not all of them say so.
    """
    text = data.get("text") if isinstance(data, dict) else None
    if not isinstance(text, str):
        return None
    for write in (str, base64.b64decode):
        try:
            body = read_body(json.loads(write(text)))
        except (ValueError, RecursionError):
            continue
        if body is not None:
            return body
    return None


def _status(response: object) -> int:
    status = response.get("status") if isinstance(response, dict) else None
    return max(status, 0) if type(status) is int else 0


def _time(text: object) -> float | None:
    if not isinstance(text, str):
        return None
    try:
        # Before Python 3.11 fromisoformat knows neither Z nor two digits of a fraction.
        whole = re.sub(r"\.\d+", "", text).replace("Z", "+00:00")
        return datetime.fromisoformat(whole).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
