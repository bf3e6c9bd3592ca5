"""The sources of a token or a request: a word on the command line, a file, or standard input."""

from __future__ import annotations

import io
import os
import re
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from twilio.task_router.checks import shown
from twilio.task_router.diagnosis.encoding import encoding_of
from twilio.task_router.diagnosis.paste import Paste, read_paste

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

STANDARD_INPUT: Final = "-"
_LONGEST_PASTE: Final = 1 << 20  # bytes


def paste_from(word: str | None, missing: str) -> Paste:
    """Read a paste from a word, as in :func:`opened`, or without a word from standard input.

    :param missing: the message if there is neither.
    :raises ValueError: if the source cannot be read.
    """
    with opened(STANDARD_INPUT if word is None else word, missing) as stream:
        start = stream.read(_LONGEST_PASTE + 1)
    if len(start) > _LONGEST_PASTE:
        raise ValueError(
            f"a token or a request has at most {_LONGEST_PASTE:,} bytes, and this has more: if it is a HAR "
            "file, run replay on it"
        )
    return read_paste(start.decode(encoding_of(start), "backslashreplace"))


def only_word(words: list[str], usage: str) -> str | None:
    """Return the only word, or ``None`` if there is none.

    :raises ValueError: if there are several.
    """
    if len(words) > 1:
        raise ValueError(f"too many arguments: {usage}")
    return words[0] if words else None


def opened(word: str, missing: str) -> AbstractContextManager[BinaryIO]:
    """Open the source that a word names: standard input (``-``), a file, or else the word itself.

    :param missing: the message if there is no standard input, or only a terminal.
    :raises ValueError: if the source cannot be read, or if the word can only be the name of a file and there
        is no such file.
    """
    if word == STANDARD_INPUT:
        if sys.stdin is None or sys.stdin.isatty():
            raise ValueError(missing)
        return nullcontext(sys.stdin.buffer)
    try:
        if os.path.exists(word):  # noqa: PTH110 - Path's fails if a token is too long for a file's name
            return Path(word).open("rb")
    except OSError as error:
        raise ValueError(f"{shown(word)} cannot be read: {error.strerror}") from None
    if _FILE_NAME.fullmatch(word):
        raise ValueError(f"there is no file {shown(word)}")
    return io.BytesIO(word.encode("utf-8", "backslashreplace"))


# A path, or a name with an ending. A token, which begins with one of these, has neither.
_FILE_NAME = re.compile(
    r"(?!.*(?:://|\b(?:ey[AIJ]|ew[0ko])))(?:[^\n{]*[/\\][^\n{]*|[^\n{]+\.[A-Za-z]\w{1,4})", re.ASCII
)
