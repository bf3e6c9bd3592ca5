"""The table of a run: a line for each comparison, written and read back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

HEAD = f"{'ours / the other':67}{'ours, µs':>10}{'other, µs':>11}{'ratio':>8}{'limit':>8}"
_ROW = re.compile(r"(?P<ours>\S.*?) / (?P<other>\S.*?) {2,}(?:[\d,.]+ +){2}(?P<ratio>[\d.]+) +[\d.]+(?: !)?")


class Row(NamedTuple):
    """The parts of a line that the picture shows."""

    #: Our side. Three dots repeat that of the line before.
    ours: str
    other: str
    #: Our time divided by the other's, as the line writes it.
    ratio: str


def line(label: str, seconds: tuple[float, float], ratio: float, limit: float) -> str:
    """Write one comparison. An exclamation mark is where the ratio is above its limit."""
    ours, theirs = seconds
    mark = " !" if ratio > limit else ""
    return f"{label:67}{ours * 1e6:10,.1f}{theirs * 1e6:11,.1f}{ratio:#8.3g}{limit:8.3g}{mark}"


def rows(lines: Iterable[str]) -> list[Row]:
    """Read the comparisons of a table, whatever else is above it."""
    return [Row(**match.groupdict()) for match in map(_ROW.fullmatch, lines) if match]
