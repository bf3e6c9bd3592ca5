"""How two things are timed against each other."""

from __future__ import annotations

import resource
import subprocess
import time
import timeit
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from pathlib import Path

#: Runs what it times, and returns the seconds that this took.
Clock: TypeAlias = Callable[[], float]

# Long enough to be timed well, and short enough that both sides of a comparison see the same noise.
_SECONDS_PER_ROUND = 0.004


def clock(function: Callable[..., object], *arguments: object, parts: int = 1) -> Clock:
    """Return a clock for the CPU time of a call: the mean of some milliseconds of calls.

    :param parts: how many equal parts a call consists of, to time one of them.
    """
    # A timer turns the garbage collector off meanwhile.
    timer = timeit.Timer(partial(function, *arguments), timer=time.process_time)
    timer.timeit(10)  # lets Python specialize the code first
    calls = max(1, round(_SECONDS_PER_ROUND / (timer.timeit(10) / 10)))
    return lambda: timer.timeit(calls) / calls / parts


def process_clock(environment: Path, program: str) -> Clock:
    """Return a clock for the CPU time that it takes to start Python and run *program*."""
    command = [str(environment / "bin" / "python"), "-I", "-c", program]  # -I: import from nowhere else

    def run() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime

    return run


@dataclass
class Comparison:
    """Our time and another's, measured one right after the other so that noise slows both."""

    label: str
    ours: Clock
    theirs: Clock
    #: The highest ratio that is good.
    limit: float
    _pairs: list[tuple[float, float]] = field(default_factory=list)

    def measure(self, *, ours_first: bool) -> None:
        if ours_first:
            ours, theirs = self.ours(), self.theirs()
        else:
            theirs, ours = self.theirs(), self.ours()
        self._pairs.append((ours, theirs))

    def medians(self) -> tuple[tuple[float, float], float]:
        """Return our seconds and the other's, and our time divided by the other's."""
        ours, theirs = zip(*self._pairs, strict=True)
        return (median(ours), median(theirs)), median(our / their for our, their in self._pairs)
