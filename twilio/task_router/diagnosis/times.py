"""Times in words that people read."""

from __future__ import annotations

import time

from twilio.task_router.verification import moment

_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))

_LONGEST = 1_000 * 365 * 86_400  # seconds, of a time that somebody means


def utc(timestamp: object) -> str | None:
    """Return a Unix time in UTC, or ``None`` if it is not a time."""
    if isinstance(timestamp, bool) or not isinstance(timestamp, (int, float)):
        return None
    return moment(timestamp).strftime("%Y-%m-%d %H:%M:%S UTC")


def iso(timestamp: object) -> str | None:
    """Return a Unix time in UTC as ISO 8601 writes it, or ``None`` if it is not a time."""
    text = utc(timestamp)
    return None if text is None else text.replace(" UTC", "Z").replace(" ", "T")


def from_now(timestamp: float) -> str:
    """Return how far a Unix time is from now, in words such as "in 1 hour" or "11 minutes ago"."""
    now = time.time()
    seconds = abs(int(timestamp) - int(now))
    words = _in_words(seconds) if seconds <= _LONGEST else "more than 1,000 years"
    return f"in {words}" if timestamp > now else f"{words} ago"


def _in_words(seconds: int) -> str:
    """Return a time in the largest unit of which it is at least two, or one if that is less than 1 % off."""
    for size, unit in _UNITS:
        nearest = (seconds + size // 2) // size
        near = nearest and abs(nearest * size - seconds) * 100 < seconds
        amount = nearest if near else seconds // size
        if near or amount > 1:
            return f"{amount} {unit}{'' if amount == 1 else 's'}"
    return f"{seconds} seconds"
