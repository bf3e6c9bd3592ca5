"""Snippets: requests as a browser's network view copies them, for curl, ``fetch`` or PowerShell.

The forms are those of Chrome (``NetworkLogView.ts``), Firefox (``curl.js``) and Safari. Nothing is executed.
"""

from __future__ import annotations

import json
import re
import shlex
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from .json_stream import breaks_off

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The message about a text whose end is missing.
CUT_OFF: Final = (
    "ends in the middle: many terminals cut a typed line at 1,024 or 4,096 characters, so use a file or a "
    "pipe"
)


class Snippet(NamedTuple):
    """A request that was copied as a command or a call."""

    #: The form, such as ``a curl command``.
    kind: str
    #: The request's URL, or an empty string if there is none.
    url: str
    #: The request's body, or ``None`` if there is none.
    body: str | None


def read_snippets(text: str) -> Iterator[Snippet]:
    """Yield the snippets of a text that begins with one.

    :raises ValueError: if a snippet ends in the middle, or has a form that no browser writes.
    """
    starts = [*_START.finditer(text)]
    if not starts or starts[0].start() > 0:
        return
    ends = [start.start() for start in starts[1:]]
    for start, end in zip(starts, [*ends, len(text)], strict=True):
        snippet = text[start.end() : end]
        if start["session"]:
            if end == len(text):
                raise ValueError(f"this PowerShell command {CUT_OFF}")
        elif start["curl"]:
            yield _curl(snippet)
        elif start["fetch"]:
            yield _fetch(snippet)
        else:
            yield _powershell(snippet)


_START = re.compile(
    r"^[ \t$>]*(?:(?P<session>\$session\b)|(?P<curl>curl(?:\.exe)?(?=\s|\Z))"
    r"|(?:await[ \t]+)?(?P<fetch>fetch\()|Invoke-WebRequest(?=\s))",
    re.MULTILINE | re.IGNORECASE,
)


def _curl(text: str) -> Snippet:
    if len(text) > _LONGEST_COMMAND:
        raise ValueError(f"this curl command is too long: it has more than {_LONGEST_COMMAND:,} characters")
    if '^"' in text:  # for cmd.exe, where a caret escapes the character after it
        text = re.sub(r"\^(?:\r?\n)?(.)", r"\1", text, flags=re.DOTALL)
    try:
        words = shlex.split(_STRING.sub(_in_single_quotes, text))
    except ValueError:
        raise ValueError(f"this curl command {CUT_OFF}") from None
    after = dict(pairwise(words))
    url = next((word for word in words if _SCHEME.match(word)), "")
    return Snippet("a curl command", url, next((after[name] for name in _DATA if name in after), None))


# In shlex, the time for a word grows with the square of its length: 0.3 seconds for this.
_LONGEST_COMMAND: Final = 100_000
_SCHEME = re.compile(r"[A-Za-z]+://")
_DATA: Final = ("--data-raw", "--data-binary", "--data", "--data-ascii", "--json", "-d")
# A string as bash or cmd.exe has it, up to its last quote or, if that is missing, to the end of the text.
_STRING = re.compile(
    r"""(?:\$'(?P<ansi_c>(?:[^'\\]|\\.?)*)|"(?P<double>(?:[^"\\]|\\.?|"")*))(?:['"]|(?P<cut>\Z))"""
    r"""|'[^']*'?|\\.""",
    re.DOTALL,
)
_ANSI_C_ESCAPE = re.compile(
    r"\\(?:x([0-9a-f]{1,2})|u([0-9a-f]{1,4})|([0-7]{1,3})|(.))", re.DOTALL | re.IGNORECASE
)
_ANSI_C_NAMES: Final = {"n": "\n", "r": "\r", "t": "\t"}


def _in_single_quotes(string: re.Match[str]) -> str:
    """Return a shell's string in single quotes, which shlex reads as all shells do."""
    if string["cut"] is not None:
        return "'"  # shlex reports the missing quote
    if string["ansi_c"] is not None:
        return shlex.quote(_joined(_ANSI_C_ESCAPE.sub(_ansi_c, string["ansi_c"])))
    if string["double"] is not None:
        return shlex.quote(re.sub(r'\\(["\\$`])|""', lambda escape: escape[1] or '"', string["double"]))
    return string[0]


def _ansi_c(escape: re.Match[str]) -> str:
    hexadecimal, octal = escape[1] or escape[2], escape[3]
    if hexadecimal or octal:
        return chr(int(hexadecimal, 16) if hexadecimal else int(octal, 8))
    return _ANSI_C_NAMES.get(escape[4], escape[4])


def _joined(text: str) -> str:
    """Return a text with each pair of surrogates as one character."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _fetch(text: str) -> Snippet:
    kind, decoder = "a fetch call", json.JSONDecoder(strict=False)
    try:
        url, end = decoder.raw_decode(text, _after_space(text, 0))
        end = _after_space(text, end)
        if text[end : end + 1] == ")":
            return Snippet(kind, str(url), None)
        options, _ = decoder.raw_decode(text, _after_space(text, end + 1))
    except (ValueError, RecursionError) as error:
        if breaks_off(error):
            raise ValueError(f"this fetch call {CUT_OFF}") from None
        raise ValueError(
            "this fetch call is not one that a browser has copied: copy the body itself, from { to }"
        ) from None
    body = options.get("body") if isinstance(options, dict) else None
    return Snippet(kind, str(url), body if isinstance(body, str) else None)


_SPACE = re.compile(r"\s*")


def _after_space(text: str, place: int) -> int:
    space = _SPACE.match(text, place)
    return space.end() if space else place


def _powershell(text: str) -> Snippet:
    arguments = [*_ARGUMENT.finditer(text)]
    if any(argument["cut"] is not None for argument in arguments) or text.rstrip().endswith("`"):
        raise ValueError(f"this PowerShell command {CUT_OFF}")
    values = {
        argument["name"].lower(): _joined(_POWERSHELL_ESCAPE.sub(_powershell_character, argument["value"]))
        for argument in arguments
    }
    return Snippet("a PowerShell command", values.get("uri", ""), values.get("body"))


_ARGUMENT = re.compile(
    r"""-(?P<name>Uri|Body)[ \t]+(?:\(\[System\.Text\.Encoding\]::UTF8\.GetBytes\()?"""
    r""""(?P<value>(?:[^"`]|`.?|"")*)(?:"|(?P<cut>\Z))""",
    re.DOTALL | re.IGNORECASE,
)
_POWERSHELL_ESCAPE = re.compile(r'`(.)|\$\(\[char\](\d{1,6})\)|""', re.DOTALL)


def _powershell_character(escape: re.Match[str]) -> str:
    return chr(int(escape[2])) if escape[2] else escape[1] or '"'
