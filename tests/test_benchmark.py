from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tests.benchmark import page, table
from tests.benchmark.picture import drawn

if TYPE_CHECKING:
    from pathlib import Path

RUN = [
    "Python 3.11.7 on a CPU; PyJWT 2.15.1",
    "",
    table.HEAD,
    table.line("mint / the old <SDK>", (2e-6, 4e-6), 0.5, 1),
    table.line("... / the floor: of all", (2e-3, 5e-4), 4, 3.3),
]


def elements(svg: str, kind: str) -> list[ET.Element]:
    root = ET.fromstring(svg)  # noqa: S314 - drawn here
    return [element for element in root.iter() if element.get("class") == kind]


def test_picture_is_of_the_run_shown() -> None:
    """Whoever changes one of them by hand has forgotten the other."""
    assert page.PICTURE.read_text(encoding="utf-8") == drawn(page.shown())


def test_every_ratio_is_drawn() -> None:
    lines = page.shown()
    ratios = [line.split()[0] for line in lines[lines.index(table.HEAD) + 1 :]]
    assert len(ratios) > 8
    drawn_ratios = elements(page.PICTURE.read_text(encoding="utf-8"), "ratio")
    assert [element.text for element in drawn_ratios] == ratios


def test_bars_have_one_scale() -> None:
    lengths = [float(bar.get("width", "")) for bar in elements(drawn(RUN), "ours")[1:]]
    assert lengths == [50, 400]
    assert {bar.get("width") for bar in elements(drawn(RUN), "other")[1:]} == {"100.0"}


def test_title_repeats_our_side() -> None:
    root = ET.fromstring(drawn(RUN))  # noqa: S314 - drawn here
    (title,) = [one.text for one in root if one.get("id") == "title"]
    assert title == (
        "Our time divided by the other's. mint against the old <SDK>: 0.500; "
        "mint against the floor: of all: 4.00."
    )


@pytest.mark.parametrize(("ratio", "start"), [(0.9, "0.900    0.9   "), (0.91, "0.910    0.9 ! ")])
def test_mark_above_the_limit(ratio: float, start: str) -> None:
    assert table.line("mint / the SDK", (1e-6, 1e-6), ratio, 0.9).startswith(start)


def test_run_shown_is_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = page.PAGE.read_text(encoding="utf-8")
    for name in ("PAGE", "PICTURE"):
        monkeypatch.setattr(page, name, tmp_path / name)
    page.PAGE.write_text(old, encoding="utf-8")
    page.show(RUN)
    assert page.shown() == RUN
    assert page.PICTURE.read_text(encoding="utf-8") == drawn(RUN)
    page.show(page.shown())
    assert page.shown() == RUN
    assert page.PAGE.read_text(encoding="utf-8").startswith(old[:1000])
