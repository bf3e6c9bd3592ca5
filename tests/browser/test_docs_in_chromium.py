"""The built docs on a phone and on a desktop, light and dark: nothing sticks out, and nothing is cut off."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from tests.browser.conftest import CHROMIUM_OPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page, Playwright

DOCS = Path(__file__).parent.parent.parent / "docs"
PAGES = [page.stem for page in sorted(DOCS.glob("*.rst"))]

# What a reader cannot see: text or a picture that goes beyond the page's column, or beyond an ancestor that
# hides the rest. Code and tables may be wider than their own scroll boxes. Two pixels are for rounding.
CANNOT_BE_SEEN = """() => {
  const article = document.querySelector("article");
  const sticksOut = (inner, outer) =>
    inner.width && (inner.left < outer.left - 2 || inner.right > outer.right + 2);
  const cutOff = (leaf) => {
    const range = document.createRange();
    range.selectNode(leaf);
    const own = range.getBoundingClientRect();
    for (let box = leaf.parentElement; box !== article; box = box.parentElement) {
      const { overflowX } = getComputedStyle(box);
      if (["auto", "scroll"].includes(overflowX) && box.matches("pre, .table-wrapper")) return false;
      if (overflowX !== "visible" && sticksOut(own, box.getBoundingClientRect())) return true;
    }
    return sticksOut(own, article.getBoundingClientRect());
  };
  const leaves = [...article.querySelectorAll("img")];
  const walker = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) if (walker.currentNode.data.trim()) leaves.push(walker.currentNode);
  return leaves.filter(cutOff).map((leaf) => leaf.data ?? leaf.src);
}"""


@pytest.fixture(scope="module")
def built(do_without: Callable[[str], NoReturn], tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not all(map(find_spec, ("furo", "sphinx"))):
        do_without("Sphinx and furo, of the group docs, are not installed")
    folder = tmp_path_factory.mktemp("docs")
    subprocess.run([sys.executable, "-m", "sphinx", "-q", DOCS, folder], check=True)
    return folder


@pytest.fixture(scope="module")
def reader(playwright: Playwright, chromium: str) -> Iterator[Browser]:
    launched = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_OPTIONS)
    yield launched
    launched.close()


@pytest.fixture(scope="module", params=[390, 1280])
def window(request: pytest.FixtureRequest, reader: Browser) -> Iterator[Page]:
    page = reader.new_page(viewport={"width": request.param, "height": 800})
    yield page
    page.close()


@pytest.fixture(scope="module", params=PAGES)
def loaded(request: pytest.FixtureRequest, window: Page, built: Path) -> Page:
    window.goto((built / f"{request.param}.html").as_uri())
    return window


@pytest.fixture(params=["light", "dark"])
def page(request: pytest.FixtureRequest, loaded: Page) -> Page:
    loaded.emulate_media(color_scheme=request.param)
    return loaded


def test_pages_fit_the_window(page: Page) -> None:
    width, seen = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width <= seen


def test_nothing_is_cut_off(page: Page) -> None:
    assert page.evaluate(CANNOT_BE_SEEN) == []


@pytest.mark.parametrize(
    "odd",
    [
        "<p style='overflow-wrap: normal'>" + "m" * 200,
        "<p style='overflow: hidden; width: 9rem; white-space: nowrap'>Too long for its width of nine rem",
        "<p style='margin-left: -9rem'>Too far to the left",
        "<img style='width: 200rem; max-width: none' alt=''>",
    ],
)
def test_cut_off_text_is_found(odd: str, window: Page, built: Path) -> None:
    window.goto((built / "index.html").as_uri())
    window.evaluate("(odd) => document.querySelector('article').insertAdjacentHTML('beforeend', odd)", odd)
    assert len(window.evaluate(CANNOT_BE_SEEN)) == 1
