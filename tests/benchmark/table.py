"""The table of a run: a line for each comparison, written and read back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

HEAD = f"{'ratio':6}{'limit':>6}   {'ours, µs':>8}{'other, µs':>11}  ours / the other"
_ROW = re.compile(r"(?P<ratio>[\d.]+) +[\d.]+ [ !] +(?:[\d,.]+ +){2}(?P<ours>.+?) / (?P<other>.+)")


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
    mark = "!" if ratio > limit else " "
    return f"{ratio:<#6.3g}{limit:6.3g} {mark} {ours * 1e6:8,.1f}{theirs * 1e6:11,.1f}  {label}"


def rows(lines: Iterable[str]) -> list[Row]:
    """Read the comparisons of a table, whatever else is above it."""
    return [Row(**match.groupdict()) for match in map(_ROW.fullmatch, lines) if match]
