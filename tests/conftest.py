from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import freezegun
import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent

# A busy machine is slow, which is no failure.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
# How long a test takes is measured by the real clock.
freezegun.configure(extend_ignore_list=["_pytest.timing"])


_NOT_QUICK = [ROOT / "tests" / folder for folder in ("browser", "sdk")]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--everything",
        action="store_true",
        help="also drive browsers and install SDKs, and fail instead of skipping what is not at hand",
    )


def _is_left_out(folder: Path, config: pytest.Config) -> bool:
    """Whether these tests take minutes, and nobody asked for them."""
    asked_for = (Path(argument.partition("::")[0]).resolve() for argument in config.args)
    return not config.getoption("--everything") and not any(path.is_relative_to(folder) for path in asked_for)


def pytest_report_header(config: pytest.Config) -> str | None:
    left_out = [folder.name for folder in _NOT_QUICK if _is_left_out(folder, config)]
    return f"left out: tests of {' and '.join(left_out)} (--everything runs them)" if left_out else None


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    if collection_path not in _NOT_QUICK:
        return None
    if _is_left_out(collection_path, config):
        return True
    if collection_path.name == "browser" and not all(map(find_spec, ("aiohttp", "playwright", "trustme"))):
        raise pytest.UsageError("the browser tests want the requirements of the group test")
    return None


@pytest.fixture(scope="session")
def do_without(request: pytest.FixtureRequest) -> Callable[[str], NoReturn]:
    """Skip for want of something, or fail where everything was asked for."""

    def skip_or_fail(reason: str) -> NoReturn:
        if request.config.getoption("--everything"):
            pytest.fail(reason)
        pytest.skip(reason)

    return skip_or_fail


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist, freshly built."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-d", folder], cwd=ROOT, check=True)
    return folder


@pytest.fixture(scope="session")
def wheel(distributions: Path) -> Path:
    (path,) = distributions.glob("*.whl")
    return path
