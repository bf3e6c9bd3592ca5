"""The output of commands: text for people, and JSON for programs. Both hide secrets.

Text for people has at most 80 columns, is coloured if possible, and never breaks a word in two.
"""

from __future__ import annotations

import json
import re
import textwrap
from typing import TYPE_CHECKING, Any, NoReturn

from twilio.task_router.diagnosis.hidden import hidden, hidden_in_json

if TYPE_CHECKING:
    from twilio.task_router.diagnosis.inspection import Inspection

_COLUMNS = 80


class Terminal:
    """Standard output, laid out by rich, which obeys ``NO_COLOR`` and writes plain text to a pipe.

    :raises ValueError: if rich is not installed.
    """

    def __init__(self) -> None:
        try:
            from rich.console import Console  # noqa: PLC0415 - only in the extra cli; --json needs none
            from rich.text import Text  # noqa: PLC0415 - likewise
        except ImportError:
            raise ValueError(
                'the layout needs rich: pip install "twilio-task-router[cli]", or use --json without it'
            ) from None
        self._text = Text
        self._console = Console()
        setattr(self._console, "on_broken_pipe", _nobody_reads)  # noqa: B010 - mypy rejects an assignment
        if not self._console.width:  # because of COLUMNS=0: rich would print nothing
            self._console.width = _COLUMNS
        self._width = min(self._console.width, _COLUMNS)
        try:
            "✓✗".encode(self._console.encoding)
            self._yes, self._no = "✓", "✗"
        except UnicodeError:
            self._yes, self._no = "+", "-"

    def say(self, text: str, *, start: str = "", indent: int = 0, style: str = "", wrap: bool = True) -> None:
        """Print text after *start*, wrapped and indented, or in one line for code to copy."""
        # rich would break a long word, or cut it off.
        width = max(self._width - indent, 20)
        whole = plain(text)
        lines = (
            textwrap.wrap(whole, width, break_long_words=False, break_on_hyphens=False) if wrap else [whole]
        )
        for number, line in enumerate(lines or [""]):
            prefix = f"{plain(start) if number == 0 else '':{indent}}"
            self._console.print(self._text(f"{prefix}{line}".rstrip(), style), soft_wrap=True)

    def yes(self, text: str, *, indent: int = 0) -> None:
        """Print text after the mark for yes."""
        self._say_after(self._yes, text, indent, "green")

    def no(self, text: str, *, indent: int = 0) -> None:
        """Print text after the mark for no."""
        self._say_after(self._no, text, indent, "red")

    def unknown(self, text: str, *, indent: int = 0) -> None:
        """Print text after the mark for unknown."""
        self._say_after("?", text, indent, "yellow")

    def verdict(self, text: str, *, good: bool | None) -> None:
        """Print text after the mark for yes, no or, if *good* is ``None``, unknown."""
        say = {True: self.yes, False: self.no, None: self.unknown}[good]
        say(text)

    def _say_after(self, mark: str, text: str, indent: int, style: str) -> None:
        self.say(text, start=f"{'':{indent}}{mark} ", indent=indent + 2, style=style)

    def blank(self) -> None:
        """Print an empty line."""
        self.say("")


def _nobody_reads() -> NoReturn:
    raise BrokenPipeError  # rich would end the process by itself, with another status


def plain(text: str) -> str:
    """Return *text* with control characters escaped, and secrets hidden."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in hidden(text))


def print_json(value: Any) -> None:  # noqa: ANN401 - any JSON
    """Print a value as JSON, with secrets hidden.

    :raises ValueError: if the value is nested too deeply.
    """
    try:
        document = json.dumps(value, indent=2)
    except RecursionError:
        raise ValueError("the claims are nested too deeply for --json: leave it out") from None
    print(hidden_in_json(document))  # noqa: T201 - the one place for JSON


# For "/" alone, one would think of the host's root. Worker.js asks for a workspace by this URL.
_WITH_A_SLASH = "the workspace with a slash at its end"


def short(text: str, inspection: Inspection) -> str:
    """Return *text* with short URLs: "the channel", "the workspace", and paths below the workspace."""
    urls = inspection.urls
    text = re.sub(rf"{re.escape(urls.workspace)}/(?=[\s;:,]|\.?$)", _WITH_A_SLASH, text)
    for url, name in ((urls.channel, "the channel"), (urls.workspace, "the workspace")):
        text = re.sub(rf"{re.escape(url)}(?![\w/])", name, text)
    return text.replace(f"{urls.workspace}/", "/")
