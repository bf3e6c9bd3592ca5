"""Measure, and print the table. It runs in the environment that ``__main__.py`` set up."""

from __future__ import annotations

import platform
import re
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from .comparisons import deciding, minting, reading, starting

if TYPE_CHECKING:
    from .timing import Comparison

ROUNDS = 120


def main() -> None:
    # The last one starts processes, which would leave cold caches to the others.
    groups = [[*minting(), *reading(), *deciding()], [starting()]]
    sys.stderr.write(f"Measuring {ROUNDS} rounds, which takes a minute ...\n")
    # Each round makes every comparison, so that a noisy second disturbs a few rounds of each rather than most
    # rounds of one.
    for comparisons in groups:
        for number in range(ROUNDS):
            for comparison in comparisons:
                comparison.measure(ours_first=number % 2 == 0)
    sys.stdout.write("\n".join([*preamble(), "", *table([*groups[0], *groups[1]]), ""]))


def preamble() -> list[str]:
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("PyJWT", "orjson", "pycasbin"))
    return [
        f"Python {platform.python_version()} on {cpu_model()}; {versions}",
        f"ratio: our time divided by the other's, the median of {ROUNDS} paired rounds",
    ]


def table(comparisons: list[Comparison]) -> list[str]:
    lines = [f"{'ours / the other':67}{'ours, µs':>10}{'other, µs':>11}{'ratio':>8}{'must be':>9}{'aim':>7}"]
    for comparison in comparisons:
        ours, theirs, ratio = comparison.medians()
        must_be, aim = comparison.goals
        times = f"{ours * 1e6:10,.1f}{theirs * 1e6:11,.1f}{ratio:#8.3g}"
        lines.append(f"{comparison.label:67}{times}{must_be:9.3g}{aim:7.3g}")
    return lines


def cpu_model() -> str:
    """Return the CPU's name if the system tells it, or else its architecture."""
    cpus = Path("/proc/cpuinfo")
    name = re.search(r"^model name\s*: (.+)$", cpus.read_text(), re.MULTILINE) if cpus.exists() else None
    return name[1] if name else platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
