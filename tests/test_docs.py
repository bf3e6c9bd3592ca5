"""The shell commands of the documentation, run, and held against the output that stands under them."""

from __future__ import annotations

import doctest
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [
    page
    for page in sorted((ROOT / "docs").glob("*.rst"))
    if "$ python -m" in page.read_text(encoding="utf-8")
]
_MARK = "--- next command ---"


def commands_of(page: Path) -> list[tuple[str, str]]:
    """The commands of a page's console blocks, each with the output that is shown."""
    found: list[tuple[str, str]] = []
    for block in page.read_text(encoding="utf-8").split(".. code-block:: console\n\n")[1:]:
        lines = []
        for line in block.splitlines():
            if line and not line.startswith("   "):
                break
            lines.append(line)
        for part in ("\n" + textwrap.dedent("\n".join(lines)).strip("\n")).split("\n$ ")[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output))
    return found


@pytest.mark.skipif(shutil.which("sh") is None, reason="the documentation's commands are for a POSIX shell")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_each_command_prints_what_the_page_says(page: Path) -> None:
    commands = commands_of(page)
    script = "".join(f"{command}\necho '{_MARK}'\n" for command, _ in commands)
    python = Path(sys.executable).parent
    done = subprocess.run(
        ["sh", "-c", script],
        cwd=ROOT,
        env=os.environ | {"PATH": f"{python}{os.pathsep}{os.environ['PATH']}", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.stderr == ""
    outputs = done.stdout.split(f"{_MARK}\n")[:-1]
    assert len(outputs) == len(commands)
    for (command, expected), output in zip(commands, outputs, strict=True):
        matches = doctest.OutputChecker().check_output(
            expected + "\n" if expected else "", output, doctest.ELLIPSIS
        )
        assert matches, f"{command}\nprinted\n{output}"
