"""Recordings: requests to an event bridge that a browser saved in a HAR file, or that somebody copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Final

from twilio.task_router.access.request import Request
from twilio.task_router.urls import CHANNELS

from .body import Body
from .har import NO_ENTRIES, Entry, channel_of, read_har
from .json_stream import JsonStream
from .paste import Paste, read_paste, read_snippet
from .snippet import read_snippets

if TYPE_CHECKING:
    from collections.abc import Iterator


def read_recording(stream: BinaryIO) -> Iterator[Entry | None]:
    """Yield the requests to an event bridge, in order, and ``None`` for any other request with a body.

    :raises ValueError: if there is neither a HAR file nor a request, or if the file breaks off or is damaged.
        The requests before the damage have been yielded by then.
    """
    text = JsonStream(stream)
    is_json = text.peek() == "{"
    start = text.rest(0 if is_json else _LONGEST_COPY)
    if is_json and _is_har(text):
        yield from read_har(text)
    elif is_json and not text.is_whole:
        raise ValueError(NO_ENTRIES)
    else:
        try:
            yield from _read_copies(start)
        except ValueError as error:
            raise ValueError(f"{NO_ENTRIES}; and {error}" if is_json else str(error)) from None


_LONGEST_COPY: Final = 1 << 24  # characters, of "Copy all"


def _is_har(text: JsonStream) -> bool:
    try:
        return text.find("log")
    except ValueError:
        return False


def _read_copies(text: str) -> Iterator[Entry | None]:
    snippets = [*read_snippets(text.strip())]
    if len(snippets) < 2:  # noqa: PLR2004 - "Copy all" of several
        yield _entry(read_paste(text), snippets[0].url if snippets else "")
        return
    for snippet in snippets:
        try:
            yield _entry(read_snippet(snippet), snippet.url)
        except ValueError:  # noqa: PERF203 - the other snippets are still read
            yield Entry(channel_of(snippet.url), None, None, None) if CHANNELS in snippet.url else None


def _entry(paste: Paste, url: str) -> Entry:
    body = paste.body
    if body is None:
        if not url:
            raise ValueError('this is neither a HAR file ("Save all as HAR") nor a request that was copied')
        body = Body(paste.token, Request("GET", channel_of(url)))
    return Entry(channel_of(url), body, None, None)
