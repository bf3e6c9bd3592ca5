"""HAR files, which browsers save from their network view: the requests that were sent to an event bridge."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .body import Given, read_body

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENTRIES = re.compile(r'"entries"\s*:\s*\[')
_NEXT = re.compile(r"[^\s,]")


class Entry(NamedTuple):
    """A request to an event bridge."""

    channel_url: str
    given: Given
    #: The status that the server answered with, or ``None`` if it did not answer.
    status: int | None
    #: When the request was sent, as a Unix time, or ``None`` if the file does not say so.
    started: float | None


def read_har(path: str) -> Iterator[Entry | None]:
    """Yield the requests to an event bridge in a HAR file, in order, and ``None`` for any other POST.

    :raises ValueError: if the file cannot be read, or is not a HAR file.
    """
    try:
        text = Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    for entry in _entries(path, text):
        if isinstance(entry, dict):
            request = entry.get("request")
            if isinstance(request, dict) and request.get("method") == "POST":
                yield _read(entry, request)


def _entries(path: str, text: str) -> Iterator[Any]:
    """Yield the entries one by one: the objects of all of them would take many times the file's size."""
    start = _ENTRIES.search(text)
    if start is None:
        raise ValueError(f"{path} is not a HAR file: it has no entries")
    decoder = json.JSONDecoder()
    place = start.end()
    while following := _NEXT.search(text, place):
        if following[0] == "]":
            return
        try:
            entry, place = decoder.raw_decode(text, following.start())
        except (ValueError, RecursionError):
            break
        yield entry
    raise ValueError(f"{path} is not a whole HAR file: it breaks off or is damaged")


def _read(entry: dict[str, Any], request: dict[str, Any]) -> Entry | None:
    posted = request.get("postData")
    try:
        given = read_body(json.loads(posted["text"]))  # type: ignore[index]
    except (KeyError, TypeError, ValueError, RecursionError):
        return None
    if given is None:
        return None
    response = entry.get("response")
    status = response.get("status") if isinstance(response, dict) else None
    answered = isinstance(status, int) and status > 0
    return Entry(
        str(request.get("url")), given, status if answered else None, _time(entry.get("startedDateTime"))
    )


def _time(text: object) -> float | None:
    if not isinstance(text, str):
        return None
    try:
        # Before Python 3.11 fromisoformat knows neither Z nor two digits of a fraction.
        whole = re.sub(r"\.\d+", "", text).replace("Z", "+00:00")
        return datetime.fromisoformat(whole).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
