"""The fuzz targets, and how to run them.

Short, as a part of the tests, with the same inputs every time::

    python -m pytest tests/fuzz

Long, by hand, for so many inputs or seconds for each target, and with ``-k`` for just one of them::

    python -m pytest tests/fuzz --inputs=1000000
    python -m pytest tests/fuzz --seconds=600 -k verify_token

A long run goes in rounds, each with a seed of its own. It ends with the first input that fails, made as small
as hypothesis can make it, and with the seed of its round. ``--first-seed`` goes on from there, or from
where an earlier run ended.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import SearchStrategy

_SHORT = 200  # inputs
_ROUND = 500  # inputs: hypothesis remembers what it has tried in a round, and slows down

_SETTINGS = settings(
    database=None,
    deadline=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


class Fuzz(Protocol):
    """Try a check on many cases, and count its results."""

    def __call__(self, check: Callable[[Any], Any], cases: SearchStrategy[Any]) -> Counter[Any]: ...


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("fuzz", "the fuzz targets")
    group.addoption("--inputs", type=int, help="try so many inputs on each target")
    group.addoption("--seconds", type=float, help="try inputs for so long on each target")
    group.addoption("--first-seed", type=int, default=0, help="the seed of the first round (default: 0)")


@pytest.fixture
def fuzz(request: pytest.FixtureRequest) -> Fuzz:
    # The options are unknown if pytest comes across this folder only while it collects.
    inputs: int | None = request.config.getoption("--inputs", None)
    seconds: float | None = request.config.getoption("--seconds", None)

    def run(check: Callable[[Any], Any], cases: SearchStrategy[Any]) -> Counter[Any]:
        tried = 0
        outcomes = Counter[Any]()

        def counted(case: Any) -> None:
            nonlocal tried
            tried += 1
            outcomes[check(case)] += 1

        if inputs is None and seconds is None:
            settings(_SETTINGS, max_examples=_SHORT, derandomize=True)(given(cases)(counted))()
            return outcomes
        number: int = request.config.getoption("--first-seed")
        end = time.monotonic() + (float("inf") if seconds is None else seconds)
        try:
            while (inputs is None or tried < inputs) and time.monotonic() < end:
                most = _ROUND if inputs is None else min(_ROUND, inputs - tried)
                seed(number)(settings(_SETTINGS, max_examples=most)(given(cases)(counted)))()
                number += 1
        finally:
            told = f"{tried:,} inputs, the last seed was {number}"
            told += "".join(f"; {count:,} {outcome}" for outcome, count in outcomes.most_common() if outcome)
            request.node.user_properties.append(("fuzzed", told))
        return outcomes

    return run


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, value in report.user_properties:
                if name == "fuzzed":
                    terminalreporter.write_line(f"{report.nodeid}: {value}")
