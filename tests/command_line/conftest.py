from __future__ import annotations

import io
import re
import sys
from typing import TYPE_CHECKING, Protocol

import pytest

from tests.command_line.samples import ACCOUNT, KEY
from twilio.task_router import ComparisonTooHardError
from twilio.task_router.access.parameters import Steps
from twilio.task_router.command_line import main

if TYPE_CHECKING:
    from collections.abc import Callable


class Run(Protocol):
    def __call__(self, *arguments: str, status: int = 0, stdin: str | None = None) -> str: ...


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", ACCOUNT)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", KEY)
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "CLICOLOR_FORCE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command line; it is to end with this status, and to say nothing on standard error."""

    def run(*arguments: str, status: int = 0, stdin: str | None = None) -> str:
        if stdin is not None:
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        assert main(arguments) == status
        out, err = capsys.readouterr()
        assert err == ""
        return out

    return run


@pytest.fixture
def misuse(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run the command line; it is to end with status 2 and one line on standard error.

    This returns what the line says between the program's name and the hint at its end.
    """

    def misuse(*arguments: str) -> str:
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        out, err = capsys.readouterr()
        assert caught.value.code == 2
        assert out == ""
        line = re.fullmatch(r"python -m twilio\.task_router(?: \w+)?: (.+) \(--help says more\)\n", err)
        assert line, err
        return line[1]

    return misuse


@pytest.fixture
def without_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TWILIO_AUTH_TOKEN")


@pytest.fixture
def without_rich(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "rich"]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("rich", "rich.console", "rich.text"):
        monkeypatch.setitem(sys.modules, name, None)


@pytest.fixture
def too_hard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every comparison of rules take too long."""

    def take(self: Steps, steps: int) -> None:  # noqa: ARG001 - as Steps has it
        raise ComparisonTooHardError("the rules cannot be compared within 10,000,000 steps")

    monkeypatch.setattr(Steps, "take", take)
