"""The command line: one module for each command, loaded when the command is run."""

from __future__ import annotations

import argparse
import io
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Protocol, cast

from twilio.task_router.diagnosis.hidden import hidden

from .terminal import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

_MISUSE = 2
_INTERRUPTED = 130  # a shell's status for a program that SIGINT ended
_BROKEN_PIPE = 141  # a shell's status for a program that SIGPIPE ended
_LONGEST = 400
_SHORTEST_REST = 8  # characters that are worth hiding

_COMMANDS = {
    "demo": "show an example's token and its claims; needs no account",
    "token": "print a token",
    "inspect": "show a token's claims and rules, and the calls of Worker.js that they allow",
    "check": "say whether a token permits a request, with the reason and, for a denial, the fix",
    "replay": "go through a browser's recorded requests (HAR), and say why some were refused",
    "compare": "show the requests that only one of two tokens permits",
}


class _Command(Protocol):
    """The module of a command: ``add_arguments`` sets up the parser, and ``run`` returns the exit status."""

    DESCRIPTION: str

    def add_arguments(self, parser: argparse.ArgumentParser, /) -> None: ...

    def run(self, options: argparse.Namespace, /) -> int: ...


class _Parser(argparse.ArgumentParser):
    """A parser with errors of one line, without secrets."""

    #: The words that were typed.
    words: Sequence[str] = ()

    def error(self, message: str) -> NoReturn:
        line = plain(" ".join(self._without_rests(message).split()))
        shortened = line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."
        self.exit(_MISUSE, f"{self.prog}: {shortened} (--help says more)\n")

    def _without_rests(self, message: str) -> str:
        """Return a message without the rest of a token that was typed as several words."""
        visible = hidden(" ".join(self.words))
        for word in self.words:
            if len(word) >= _SHORTEST_REST and hidden(word) == word and word not in visible:
                message = message.replace(word, "(the rest of a token, not shown)")
        return message


class _Version(argparse.Action):
    """Print the version of the package, if installed."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib.metadata import (  # noqa: PLC0415 - the import takes longer than minting a token
            PackageNotFoundError,
            version,
        )

        try:
            number = version("twilio-task-router")
        except PackageNotFoundError:
            number = "(not installed)"
        sys.stdout.write(f"twilio-task-router {number}\n")
        parser.exit()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    :param arguments: the words after the program's name; by default the process's own.
    :returns: the exit status.
    :raises SystemExit: after ``--help``, and with status 2 after misuse or if files of the package are
        missing.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    if getattr(sys.modules["twilio.task_router"], "__file__", None) is None:
        _Parser(prog=_program()).exit(_MISUSE, f"{_program()}: {_FILES_ARE_MISSING}\n")
    parser = _parser(arguments)
    if sys.stdout is None:
        parser.error("there is no standard output to write to")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # escape characters that the terminal cannot encode
    options = _parse(parser, arguments)
    try:
        status: int = options.command.run(options)
        sys.stdout.flush()
    except (TypeError, ValueError) as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        return _INTERRUPTED
    except OSError as error:
        # The rest of the buffer cannot be written; the interpreter would report that again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            return _BROKEN_PIPE  # nobody reads the output any more
        parser.error(str(error))
    return status


# twilio-python up to 5.7 has files with the same names as ours, and pip removes them with that SDK. The
# command line does without these files.
_FILES_ARE_MISSING = (
    "an upgrade of twilio has removed files of this package, which twilio 5 had too. This puts them back: "
    "pip install --force-reinstall --no-deps twilio-task-router"
)


def _program() -> str:
    """Return the name by which the program was called."""
    script = Path(sys.argv[0]).stem == "twilio-task-router"
    return "twilio-task-router" if script else "python -m twilio.task_router"


def _parser(words: Sequence[str]) -> _Parser:
    """Return the parser, with the arguments of the named command, whose module alone is imported."""
    named = next((word for word in words if not word.startswith("-")), None)
    parser = _Parser(
        prog=_program(),
        description="Capability tokens for Twilio TaskRouter's Worker.js: make one, see what it permits, and "
        "find out why a page gets a 403.",
    )
    parser.words = words
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for name, summary in _COMMANDS.items():
        subparser = commands.add_parser(name, help=summary)
        if name == named:
            command = cast("_Command", import_module(f".{name}", __name__))
            subparser.description = command.DESCRIPTION
            command.add_arguments(subparser)
            subparser.set_defaults(command=command)
            subparser.words = words
    return parser


def _parse(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> argparse.Namespace:
    options, rest = parser.parse_known_args(arguments)
    if unknown := [word for word in rest if word.startswith("-")]:
        parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    if "command" not in options:
        parser.print_help()
        parser.exit(_MISUSE)
    # Words after an option are left over: the token of `check GET URL --form A=x TOKEN`.
    options.words += rest
    return options
