"""Measure, and print the table. It runs in the environment that ``__main__.py`` set up."""

from __future__ import annotations

import platform
import re
import sys
from importlib import metadata
from pathlib import Path

from .comparisons import deciding, minting, reading, starting
from .page import show
from .table import HEAD, line

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
    lines = [line(one.label, *one.medians(), one.limit) for comparisons in groups for one in comparisons]
    run = [*preamble(), "", HEAD, *lines]
    sys.stdout.write("\n".join([*run, ""]))
    if "--update-docs" in sys.argv[1:]:
        show(run)


def preamble() -> list[str]:
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("PyJWT", "orjson", "pycasbin"))
    return [
        f"Python {platform.python_version()} on {cpu_model()}; {versions}",
        f"ratio: our time divided by the other's, the median of {ROUNDS} paired rounds",
    ]


def cpu_model() -> str:
    """Return the CPU's name if the system tells it, or else its architecture."""
    cpus = Path("/proc/cpuinfo")
    name = re.search(r"^model name\s*: (.+)$", cpus.read_text(), re.MULTILINE) if cpus.exists() else None
    return name[1] if name else platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
