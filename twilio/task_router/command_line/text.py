"""The text that people see: wrapped lines, times in words, marks that a terminal can show."""

from __future__ import annotations

import textwrap
import time

from twilio.task_router.verification import moment

_COLUMNS = 100


def columns(start: str, width: int, text: object) -> list[str]:
    """Return lines of *start*, padded to *width*, and then *text*, wrapped.

    Characters that would move the cursor are escaped.
    """
    shown = "missing" if text is None else str(text)
    plain = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in shown)
    wrapped = textwrap.wrap(plain, _COLUMNS - width, break_on_hyphens=False) or [""]
    return [f"{start:{width}}{wrapped[0]}".rstrip(), *(" " * width + line for line in wrapped[1:])]


def marks(encoding: str | None) -> tuple[str, str]:
    """Return the marks for yes and no, which *encoding* can encode."""
    try:
        "✓✗".encode(encoding or "ascii")
    except UnicodeError:
        return "+", "-"
    return "✓", "✗"


def utc(timestamp: object) -> str | None:
    """Return a Unix time in UTC, for people to read, or ``None`` if it is not a time."""
    if isinstance(timestamp, bool) or not isinstance(timestamp, (int, float)):
        return None
    return moment(timestamp).strftime("%Y-%m-%d %H:%M:%S UTC")


def from_now(timestamp: float) -> str:
    """Return how far a Unix time is from now, in words."""
    seconds = int(timestamp) - int(time.time())
    amount, unit = abs(seconds), "second"
    for size, larger in ((60, "minute"), (60, "hour"), (24, "day")):
        if amount < 2 * size:
            break
        amount, unit = amount // size, larger
    words = f"{amount} {unit}{'' if amount == 1 else 's'}"
    return f"in {words}" if seconds >= 0 else f"{words} ago"
