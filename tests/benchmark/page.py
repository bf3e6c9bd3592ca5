"""The run that ``docs/performance.rst`` shows: its table, and the picture of its ratios."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent, indent
from typing import TYPE_CHECKING

from .picture import drawn

if TYPE_CHECKING:
    from collections.abc import Sequence

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
PAGE = DOCS / "performance.rst"
PICTURE = DOCS / "images" / "performance.svg"

_BLOCK = re.compile(r"(^\.\. code-block:: text\n\n)((?: {3}.*\n|\n)+)", re.MULTILINE)


def shown() -> list[str]:
    """Return the lines of the run that the page shows."""
    block = _BLOCK.search(PAGE.read_text(encoding="utf-8"))
    assert block, "the page has no run"
    return dedent(block[2]).strip().split("\n")


def show(run: Sequence[str]) -> None:
    """Show another run on the page, and draw its picture."""
    text = indent("\n".join(run), "   ")
    page = _BLOCK.sub(lambda block: f"{block[1]}{text}\n\n", PAGE.read_text(encoding="utf-8"), count=1)
    PAGE.write_text(page, encoding="utf-8")
    PICTURE.write_text(drawn(run), encoding="utf-8")
