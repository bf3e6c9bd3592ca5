"""The picture of a run: our time as a bar, on a wider one as long as the other's time."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from .table import rows

if TYPE_CHECKING:
    from collections.abc import Iterable

_WIDTH = 480
_LEFT = 16
_LONGEST = 400
_TOP = 54

_STYLE = """
    text { fill: #222; font-size: 13px }
    .head { font-weight: 600; font-size: 15px }
    .ratio { font-weight: 600; text-anchor: end }
    .ours { fill: #1a5fb4 }
    .other { fill: #ccc }
    .paper { fill: #fff }
    @media (prefers-color-scheme: dark) {
      .paper { fill: #131416 }
      text { fill: #ddd }
      .ours { fill: #62a0ea }
      .other { fill: #555 }
    }
"""


def drawn(run: Iterable[str]) -> str:
    """Return the picture of a run's table, as SVG."""
    comparisons = rows(run)
    one = _LONGEST / max(float(row.ratio) for row in comparisons)
    parts: list[str] = []
    spoken: list[str] = []
    y, ours = _TOP, ""
    for row in comparisons:
        if row.ours != "...":
            ours = row.ours
            y += 28
            parts.append(f'<text class="head" x="{_LEFT}" y="{y}">{escape(ours)}</text>')
        parts.append(f'<text x="{_LEFT}" y="{y + 19}">against {escape(row.other)}</text>')
        parts.append(_bar("other", one, y + 26, 16))
        parts.append(_bar("ours", one * float(row.ratio), y + 29, 10))
        parts.append(f'<text class="ratio" x="{_WIDTH - _LEFT}" y="{y + 39}">{row.ratio}</text>')
        spoken.append(f"{ours} against {row.other}: {row.ratio}")
        y += 44
    height = y + 16
    title = escape(f"Our time divided by the other's. {'; '.join(spoken)}.")
    body = "\n  ".join(parts)
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" aria-labelledby="title" \
font-family="system-ui, sans-serif">
  <title id="title">{title}</title>
  <style>{_STYLE}  </style>
  <rect class="paper" width="{_WIDTH}" height="{height}"/>
  <text class="head" x="{_LEFT}" y="24">Our time, divided by the other's: shorter is faster</text>
  {_bar("ours", 24, 39, 10)}
  <text x="{_LEFT + 32}" y="49">ours</text>
  {_bar("other", 24, 36, 16, at=90)}
  <text x="122" y="49">the other's</text>
  {body}
</svg>
"""


def _bar(kind: str, width: float, y: int, height: int, *, at: int = _LEFT) -> str:
    return f'<rect class="{kind}" x="{at}" y="{y}" width="{width:.1f}" height="{height}"/>'
