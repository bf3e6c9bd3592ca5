"""The shell commands of the documentation, run, and held against the output that stands under them."""

from __future__ import annotations

import doctest
import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import twilio.task_router

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
def test_output_is_as_shown(page: Path) -> None:
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


def readme_blocks(language: str) -> list[str]:
    readme = (ROOT / "README.rst").read_text(encoding="utf-8")
    blocks = re.findall(rf"^\.\. code-block:: {language}\n\n((?:    .*\n|\n)+)", readme, re.MULTILINE)
    return [textwrap.dedent(block).strip("\n") for block in blocks]


def test_readme_shows_check() -> None:
    (code, _), blocks = readme_blocks("python"), readme_blocks("text")
    (block,) = [block for block in blocks if block.endswith("REQUIRED})")]
    command, _, output = block.partition("\n\n")
    program = f"{code}\nprint(token)"
    minted = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    _, *arguments, _ = shlex.split(command)
    checked = subprocess.run(
        [sys.executable, "-m", "twilio.task_router", *arguments, minted.stdout.strip()],
        cwd=ROOT,
        env=os.environ | {"PYTHONIOENCODING": "utf-8", "COLUMNS": "80"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert checked.stdout == f"{output}\n"


def test_readme_old_code() -> None:
    _, code = readme_blocks("python")
    subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=ROOT, check=True)


def test_readme_has_two_commands() -> None:
    readme = (ROOT / "README.rst").read_text(encoding="utf-8")
    assert [line.split()[-1] for line in readme.splitlines() if line.startswith("$ ")] == [
        "demo",
        ".venv/bin/pytest",
    ]


def test_reference_is_complete() -> None:
    reference = (ROOT / "docs" / "api.rst").read_text(encoding="utf-8")
    missing = [name for name in twilio.task_router.__all__ if not re.search(rf":: {name}\b", reference)]
    assert missing == []
