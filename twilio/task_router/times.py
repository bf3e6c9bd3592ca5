"""Unix times, such as those in claims: as ``datetime``, and in words."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import TypeGuard

_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))

_LONGEST = 1_000 * 365 * 86_400  # seconds; nobody means a longer time


def is_numeric_date(value: object) -> TypeGuard[float]:
    """Return whether *value* is a NumericDate (RFC 7519 §2): a number, not a string of digits."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def moment(timestamp: float) -> datetime:
    """Return a Unix time as a ``datetime`` in UTC. Times beyond the range count as its limits."""
    try:
        return datetime.fromtimestamp(timestamp, timezone.utc)
    except (OSError, OverflowError, ValueError):
        last, first = datetime.max.replace(tzinfo=timezone.utc), datetime.min.replace(tzinfo=timezone.utc)
        return last if timestamp > 0 else first


def utc(timestamp: object) -> str | None:
    """Return a Unix time as text in UTC, or ``None`` if *timestamp* is not a number."""
    if not is_numeric_date(timestamp):
        return None
    return moment(timestamp).strftime("%Y-%m-%d %H:%M:%S UTC")


def iso(timestamp: object) -> str | None:
    """Return a Unix time as ISO 8601 in UTC, or ``None`` if *timestamp* is not a number."""
    text = utc(timestamp)
    return None if text is None else text.replace(" UTC", "Z").replace(" ", "T")


def from_now(timestamp: float) -> str:
    """Return a Unix time relative to now, such as "in 1 hour" or "11 minutes ago"."""
    now = time.time()
    seconds = abs(int(timestamp) - int(now))
    words = _in_words(seconds) if seconds <= _LONGEST else "more than 1,000 years"
    return f"in {words}" if timestamp > now else f"{words} ago"


def _in_words(seconds: int) -> str:
    """Return a time in the largest unit that gives at least 2, or 1 with an error of less than 1 %."""
    for size, unit in _UNITS:
        nearest = (seconds + size // 2) // size
        near = nearest and abs(nearest * size - seconds) * 100 < seconds
        amount = nearest if near else seconds // size
        if near or amount > 1:
            return f"{amount} {unit}{'' if amount == 1 else 's'}"
    return f"{seconds} seconds"
