"""Read JSON value by value, so that a large file takes no more memory than its largest value."""

from __future__ import annotations

import codecs
import json
import re
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from .encoding import encoding_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_PIECE: Final = 1 << 20
_SPACE = re.compile(r"[ \t\r\n]*")
# A whole string, a bracket, or the first quote of a string whose end has not been read yet.
_BRACKET_OR_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}"]', re.DOTALL)
# The decoder looks ahead by no more than an escape of two surrogates, \ud83d\ude00.
_AHEAD: Final = 12


# Parts that may be unfinished at the end: a word, or a number's fraction or exponent.
_UNFINISHED: Final = ("true", "false", "null", "NaN", "-Infinity", "Infinity", ".", "e+", "e-", "E+", "E-")


def breaks_off(error: Exception) -> bool:
    """Return whether JSON cannot be decoded because the end is missing, not because of a mistake before."""
    if not isinstance(error, json.JSONDecodeError):
        return False
    rest = error.doc[error.pos : error.pos + _AHEAD + 1].strip()
    return (
        error.msg.startswith("Unterminated string")
        or any(token.startswith(rest) for token in _UNFINISHED)
        or ("escape" in error.msg and error.pos + _AHEAD > len(error.doc))
    )


class TooDeep(NamedTuple):
    """A value that is nested too deeply to be decoded."""

    text: str


class JsonStream:
    """JSON in a binary stream, in UTF-8 or, with a byte order mark, in UTF-16."""

    def __init__(self, stream: BinaryIO) -> None:
        start = stream.read(_PIECE)
        self._stream = stream
        self._from_bytes = codecs.getincrementaldecoder(encoding_of(start))("replace")
        self._from_json = json.JSONDecoder(parse_int=_number, strict=False)
        self._text = self._from_bytes.decode(start)
        #: Whether the whole stream has been read at once, because it is short.
        self.is_whole = len(start) < _PIECE
        self._place = 0

    def peek(self) -> str:
        """Return the next character that is not white space, or an empty string at the end."""
        while True:
            match = _SPACE.match(self._text, self._place)
            self._place = match.end() if match else self._place
            if self._place < len(self._text):
                return self._text[self._place]
            if not self._read_on():
                return ""

    def take(self, character: str) -> bool:
        """Return whether this character comes next, and if so, go past it."""
        if self.peek() != character:
            return False
        self._place += 1
        return True

    def value(self) -> object:
        """Return the next value, or :class:`TooDeep` in its place.

        :raises ValueError: if there is no value, or the value is not JSON.
        """
        self.peek()
        try:
            value, end = self._from_json.raw_decode(self._text, self._place)
        except json.JSONDecodeError as error:
            if breaks_off(error) and self._read_on():
                return self.value()
            raise
        except RecursionError:
            return self._too_deep()
        length = end - self._place
        if end > len(self._text) - _AHEAD and self._read_on():  # a number may go on in the next piece
            return self.value()
        self._place += length  # reading on may have moved the place
        return value

    def find(self, name: str) -> bool:
        """Go to the value of a key in the next object, and return whether the object has the key.

        :raises ValueError: if the text before the key is not JSON.
        """
        if not self.take("{"):
            return False
        while self.peek() == '"':
            key = self.value()
            if not self.take(":"):
                return False
            if key == name:
                return True
            self.value()
            if not self.take(","):
                return False
        return False

    def items(self) -> Iterator[object]:
        """Yield the items of a list whose first bracket was taken, as :meth:`value` returns them.

        :raises ValueError: if the list breaks off or is damaged.
        """
        if self.take("]"):
            return
        yield self.value()
        while self.take(","):
            yield self.value()
        if not self.take("]"):
            raise ValueError("a list breaks off or is damaged")

    def rest(self, least: int) -> str:
        """Return the text that comes next: at least *least* characters, if there are as many."""
        while len(self._text) - self._place < least and self._read_on():
            pass
        return self._text[self._place :]

    def _read_on(self) -> bool:
        """Read a piece as long as the rest of the text or longer, to decode a long value only a few times."""
        rest = self._text[self._place :]
        piece = self._stream.read(max(_PIECE, len(rest)))
        self._text = rest + self._from_bytes.decode(piece, not piece)
        self._place = 0
        return bool(piece)

    def _too_deep(self) -> TooDeep:
        depth, place = 0, self._place
        while True:
            for match in _BRACKET_OR_STRING.finditer(self._text, place):
                found = match[0]
                if found == '"':
                    break
                place = match.end()
                depth += (found in "[{") - (found in "]}")
                if not depth:
                    text, self._place = self._text[self._place : place], place
                    return TooDeep(text)
            place -= self._place
            if not self._read_on():
                raise ValueError("a value breaks off")


def _number(digits: str) -> int | float:
    """Return an ``int``, or a ``float`` for a number that is too long for Python to read as an ``int``."""
    return int(digits) if len(digits) <= _LONGEST_INT else float(digits)


_LONGEST_INT: Final = 20
