"""How time and memory grow with the input: ``python -m tests.benchmark.growth``, or the second table.

Each size is twice the one before. Linear work takes twice as long; an exclamation mark is where
it takes more than 2.3 times as long. Comparing filters is hard in general, so that is given up after
2.5 seconds at most.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twilio.task_router import (
    OPTIONAL,
    AccessPolicy,
    ComparisonTooHardError,
    TaskRouterWorkerCapability,
)
from twilio.task_router.access.comparison import made_up_word
from twilio.task_router.access.notes import notes_on_rules
from twilio.task_router.access.parameters import Steps
from twilio.task_router.command_line import main as command_line
from twilio.task_router.mask import masked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

DOUBLINGS = 3
ROUNDS = 5
MOST = 2.3
MEGABYTES = (12, 25, 50, 100)

CAPABILITY = TaskRouterWorkerCapability("AC123", "secret", "WS456", "WK789")
TOKEN = CAPABILITY.generate_token()
DENYING = TaskRouterWorkerCapability("AC123", "secret", "WS456", "WK789")
DENYING.deny(f"{DENYING.workspace_url}/Tasks/WT0/**", "POST")
DENYING_TOKEN = DENYING.generate_token()
CHANNEL_URL = "https://event-bridge.twilio.com/v1/wschannels/AC123/WK789"
WORKSPACE_URL = CAPABILITY.workspace_url


def hiding(size: int) -> Callable[[], object]:
    text = "a.eyJaaaaaaa/" * (size // 13)
    return lambda: masked(text)


def misuse(size: int) -> Callable[[], object]:
    option = f"--{'a' * size}"

    def run() -> None:
        with contextlib.suppress(SystemExit), contextlib.redirect_stderr(io.StringIO()):
            command_line(["inspect", "x", option])

    return run


def rules(size: int, name: str = "any") -> list[dict[str, Any]]:
    return [
        {"url": f"{WORKSPACE_URL}/Tasks/{name}-{number}/**", "method": "GET", "allow": True}
        for number in range(size)
    ]


def reading(size: int) -> Callable[[], object]:
    given = rules(size)
    return lambda: AccessPolicy(given)


def noting(size: int) -> Callable[[], object]:
    policy = AccessPolicy(
        [
            {"url": f"https://host-{n}/v1/Workspaces/WS1/x", "method": "GET", "allow": True}
            for n in range(size)
        ]
    )
    return lambda: notes_on_rules(policy.index, "WS456", "WK789")


def making_up(size: int) -> Callable[[], object]:
    urls = [f"https://host/any-{n}" for n in range(2, size)]
    policy = AccessPolicy([{"url": url, "method": "GET"} for url in ["https://host/any", *urls]])
    return lambda: made_up_word(policy.index.rules, Steps())


def comparing(size: int) -> Callable[[], object]:
    old, new = AccessPolicy(rules(size)), AccessPolicy(rules(size, "other"))
    return lambda: new.beyond(old)


def comparing_filters(size: int) -> Callable[[], object]:
    """With rules for one URL that name ever more optional parameters, until it is given up."""

    def policy(width: int) -> AccessPolicy:
        names = (range(first, first + width) for first in range(0, 10 * size, 10))
        filters = ({f"P{name}": OPTIONAL for name in some} for some in names)
        return AccessPolicy(
            [{"url": WORKSPACE_URL, "method": "GET", "allow": True, "query_filter": one} for one in filters]
        )

    one, other = policy(20), policy(19)

    def run() -> None:
        with contextlib.suppress(ComparisonTooHardError):
            one.beyond(other)

    return run


def replaying(size: int, *, denies: bool = False) -> Callable[[], object]:
    file = Path(tempfile.gettempdir()) / f"growth-{size}-{denies}.har"
    token = DENYING_TOKEN if denies else TOKEN
    write_har(file, (entry(f"{WORKSPACE_URL}/Tasks/WT{number}", token=token) for number in range(size)))

    def run() -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            command_line(["replay", str(file), "--json"])

    return run


def entry(url: str, content: str = "", token: str = TOKEN) -> dict[str, Any]:
    body = json.dumps({"url": url, "method": "DELETE", "params": {}, "token": token})
    return {
        "request": {"method": "POST", "url": CHANNEL_URL, "postData": {"text": body}},
        "response": {"status": 403, "content": {"text": content}},
    }


def write_har(file: Path, entries: Iterable[dict[str, Any]]) -> None:
    with file.open("w", encoding="utf-8") as har:
        har.write('{"log": {"entries": [')
        for number, one in enumerate(entries):
            har.write(("," if number else "") + json.dumps(one, ensure_ascii=False))
        har.write("]}}")


#: What is timed, and the first of its sizes.
TIMED: dict[str, tuple[Callable[[int], Callable[[], object]], int]] = {
    "hiding secrets, characters": (hiding, 100_000),
    "an unknown option, characters": (misuse, 100_000),
    "reading rules": (reading, 1_000),
    "notes on rules with as many hosts": (noting, 250),
    "making up a word": (making_up, 1_000),
    "comparing as many rules with others": (comparing, 250),
    "replaying denied requests": (replaying, 500),
    "the same, with a token that denies some": (partial(replaying, denies=True), 500),
}
#: What is given up at some size: the time for any size may be this long.
BOUNDED: dict[str, tuple[Callable[[int], Callable[[], object]], int]] = {
    "comparing filters of as many rules": (comparing_filters, 400),
}
LONGEST = 2.5  # seconds


def main() -> None:
    # The memory comes first: on Linux, that of a process is never less than its parent's was.
    kinds = {"ASCII": "x", "with an emoji": "\N{GRINNING FACE}"}
    lines = [f"{'memory of replay, MiB':56}" + "".join(f"{f'{size} MB':>9}" for size in MEGABYTES)]
    lines += [f"{f'a HAR file, {kind}':56}{memory(character)}" for kind, character in kinds.items()]
    sizes = "".join(f"{f'x {2**doubling}':>9}" for doubling in range(DOUBLINGS + 1))
    lines += ["", f"{'time, ms':46}{'first':>10}{sizes}{'worst':>8}"]
    for label, (prepare, first) in TIMED.items():
        times = [seconds(prepare(first * 2**doubling)) for doubling in range(DOUBLINGS + 1)]
        worst = max(later / earlier for earlier, later in pairwise(times))
        cells = "".join(f"{one * 1e3:9,.1f}" for one in times)
        lines.append(f"{label:46}{first:10,}{cells}{worst:8.2f}{' !' if worst > MOST else ''}")
    for label, (prepare, first) in BOUNDED.items():
        times = [seconds(prepare(first * 2**doubling)) for doubling in range(DOUBLINGS + 1)]
        cells = "".join(f"{one * 1e3:9,.1f}" for one in times)
        lines.append(f"{label:46}{first:10,}{cells}{' bounded' if max(times) <= LONGEST else '!':>8}")
    sys.stdout.write("\n".join([*lines, ""]))


def seconds(run: Callable[[], object]) -> float:
    """Return the CPU seconds of the quickest of some rounds."""
    times = []
    for _ in range(ROUNDS):
        gc.collect()
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return min(times)


def memory(character: str) -> str:
    """Return the most memory that replay holds for files of each size."""
    cells = ""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.har"
        for megabytes in MEGABYTES:
            one = entry(WORKSPACE_URL, character + "x" * 100_000)
            write_har(file, (one for _ in range(megabytes * 10)))
            command = [sys.executable, "-m", "twilio.task_router", "replay", str(file), "--json"]
            with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
                _, _, usage = os.wait4(process.pid, 0)
                process.returncode = 0  # so that nobody waits for it again
            cells += f"{usage.ru_maxrss / 1024:9,.0f}"
    return cells


if __name__ == "__main__":
    main()
