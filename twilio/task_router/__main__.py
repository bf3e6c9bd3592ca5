"""The command line, ``python -m twilio.task_router``: a thin shell over the library."""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import sys
from typing import TYPE_CHECKING, NoReturn

from twilio.task_router import (
    Capability,
    TaskRouterCapability,
    TaskRouterTaskQueueCapability,
    TaskRouterWorkerCapability,
    TaskRouterWorkspaceCapability,
)
from twilio.task_router.arguments import check_auth_token

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .inspection import Inspection

_NOT_GOOD = 1
_MISUSE = 2
_INTERRUPTED = 130  # what a shell reports of a program that SIGINT ended
_BROKEN_PIPE = 141  # what a shell reports of a program that SIGPIPE ended
_LONGEST = 400

_GRANTS_OF_3_7_0 = {
    "fetch-attributes": "allow_worker_fetch_attributes",
    "activity-updates": "allow_worker_activity_updates",
    "reservation-updates": "allow_task_reservation_updates",
}


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        line = " ".join(message.split())
        shortened = line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."
        self.exit(_MISUSE, f"{self.prog}: {shortened} (--help says more)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    :param arguments: the words after the program's name; by default the process's own.
    :returns: the exit status.
    :raises SystemExit: after ``--help``, and with status 2 after misuse.
    """
    parser = _build_parser()
    if sys.stdout is None:
        parser.error("there is no standard output to write to")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name must not fail where UTF-8 is not spoken
    options = _parse(parser, arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        status = run(options)
        sys.stdout.flush()
    except (TypeError, ValueError) as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        return _INTERRUPTED
    except OSError as error:
        # What is left in the buffer cannot be written; the interpreter would say so again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            return _BROKEN_PIPE  # nobody reads on, so nothing is to be said
        parser.error(str(error))
    return status


def _parse(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> argparse.Namespace:
    options, rest = parser.parse_known_args(arguments)
    # At the first option argparse gives up a positional that may be absent, and leaves it over: the token of
    # `check GET URL --form A=x TOKEN`.
    for name in ("channel_sid", "token"):
        if len(rest) == 1 and not rest[0].startswith("-") and getattr(options, name, "") is None:
            setattr(options, name, rest.pop())
    if rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    return options


def _build_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m twilio.task_router",
        description="Capability tokens for Twilio TaskRouter's Worker.js.",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    demo = commands.add_parser("demo", help="show an example's token and what is in it; needs no account")
    demo.set_defaults(run=_demo)

    token = commands.add_parser(
        "token",
        help="print a token",
        description="Print a token for a worker (WK...), a task queue (WQ...) or, with WORKSPACE_SID alone, "
        "the workspace. TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are taken from the environment.",
    )
    token.add_argument("workspace_sid", metavar="WORKSPACE_SID", help="WS...")
    token.add_argument("channel_sid", metavar="CHANNEL_SID", nargs="?", help="WK... or WQ...")
    token.add_argument(
        "--with-reservations",
        action="store_true",
        help="for a worker whose page works with reservations: from the start it may fetch itself, tasks and "
        "reservations (TaskRouterWorkerCapability instead of TaskRouterCapability)",
    )
    for flag, what in (
        ("fetch-attributes", "a worker: fetch itself, without which Worker.js is never ready"),
        ("activity-updates", "a worker: set its activity"),
        (
            "reservation-updates",
            "a worker: accept and reject; --with-reservations: whatever Worker.js does with tasks",
        ),
        ("fetch-subresources", "fetch everything below the resource, and itself"),
        ("updates", "update the resource"),
        ("updates-subresources", "update everything below the resource, and itself"),
        ("delete", "delete the resource"),
        ("delete-subresources", "delete everything below the resource, and itself"),
    ):
        token.add_argument(f"--{flag}", action="append_const", dest="grants", const=flag, help=what)
    token.add_argument(
        "--ttl", type=int, default=3600, metavar="SECONDS", help="how long it is good (default: 3600)"
    )
    token.set_defaults(run=_token)

    inspect = commands.add_parser(
        "inspect",
        help="show what a token says and permits",
        description="Show who a token is for, when it expires, its policy rules and, for a worker's, which "
        "calls of Worker.js go through. The signature is checked where TWILIO_AUTH_TOKEN is set. Exit "
        "status: 0 good, 1 expired, forged or malformed.",
    )
    inspect.add_argument("token", metavar="TOKEN", nargs="?", help="by default from standard input")
    inspect.add_argument("--json", action="store_true", help="the same as one JSON object")
    inspect.set_defaults(run=_inspect)

    check = commands.add_parser(
        "check",
        help="say whether a token permits a request, and why",
        description="Say whether a token permits a request, and why. Exit status: 0 allowed, 1 denied or no "
        "good token.",
    )
    check.add_argument("method", metavar="METHOD", help="GET, POST or DELETE")
    check.add_argument("url", metavar="URL", help="the whole URL")
    check.add_argument("token", metavar="TOKEN", nargs="?", help="by default from standard input")
    for kind in ("query", "form"):
        check.add_argument(
            f"--{kind}",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            type=_pair,
            help=f"a {kind} parameter",
        )
    check.set_defaults(run=_check)
    return parser


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} must be NAME=VALUE")
    return name, value


def _demo(_: argparse.Namespace) -> int:
    from .inspection import utc  # noqa: PLC0415 - minting does without PyJWT
    from .verification import decode_unverified  # noqa: PLC0415 - the same

    capability = TaskRouterCapability("AC123", "secret", "WS456", "WK789")
    capability.allow_worker_fetch_attributes()
    capability.allow_worker_activity_updates()
    capability.allow_task_reservation_updates()
    token = capability.generate_token()
    header, claims = decode_unverified(token.encode())
    print(token)
    print("\nHeader:", json.dumps(header, indent=2))
    print("\nClaims:", json.dumps(claims, indent=2))
    print("\nExpires:", utc(claims["exp"]))
    return 0


def _token(options: argparse.Namespace) -> int:
    capability = _capability(options)
    for flag in options.grants or ():
        grant = getattr(capability, f"allow_{flag.replace('-', '_')}", None)
        if isinstance(capability, TaskRouterCapability) and flag in _GRANTS_OF_3_7_0:
            grant = getattr(capability, _GRANTS_OF_3_7_0[flag])
        if grant is None:
            raise ValueError(f"leave --{flag} out: a {type(capability).__name__} has no such grant")
        grant()
    print(capability.generate_token(options.ttl))
    return 0


def _capability(options: argparse.Namespace) -> Capability:
    workspace = (
        _from_environment("TWILIO_ACCOUNT_SID"),
        _from_environment("TWILIO_AUTH_TOKEN"),
        options.workspace_sid,
    )
    kind = (options.channel_sid or "")[:2]
    if options.with_reservations and kind != "WK":
        raise ValueError("--with-reservations is for workers: give a worker's SID (WK...) as CHANNEL_SID")
    if options.channel_sid is None:
        return TaskRouterWorkspaceCapability(*workspace)
    if kind == "WQ":
        return TaskRouterTaskQueueCapability(*workspace, options.channel_sid)
    if kind != "WK":
        raise ValueError(f"CHANNEL_SID must start with WK or WQ, got {options.channel_sid!r}")
    if options.with_reservations:
        return TaskRouterWorkerCapability(*workspace, options.channel_sid)
    return TaskRouterCapability(*workspace, options.channel_sid)


def _from_environment(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise ValueError(f"set {name} in the environment; the Twilio Console shows it")
    return value


def _inspect(options: argparse.Namespace) -> int:
    inspection = _inspection(options)
    if options.json:
        print(json.dumps(inspection.as_dict(), indent=2))
    else:
        print(inspection.as_text(sys.stdout.encoding))
    return 0 if inspection.problem is None else _NOT_GOOD


def _check(options: argparse.Namespace) -> int:
    from .inspection import columns  # noqa: PLC0415 - as above

    if not re.fullmatch("[A-Za-z]+", options.method) or "://" not in options.url:
        raise ValueError(
            f"METHOD comes first, then the whole URL, got {options.method!r} and {options.url!r}"
        )
    inspection = _inspection(options)
    policy = inspection.access_policy
    if policy is None or inspection.problem is not None:
        print(*columns("denied:", 9, f"the token is not good: {inspection.problem}"), sep="\n")
        return _NOT_GOOD
    decision = policy.decide(options.method, options.url, query=options.query, form=options.form)
    print(*columns("allowed:" if decision else "denied:", 9, decision.reason), sep="\n")
    if inspection.signed is None:
        print("The signature was not checked: TWILIO_AUTH_TOKEN is not set.", file=sys.stderr)
    return 0 if decision else _NOT_GOOD


def _inspection(options: argparse.Namespace) -> Inspection:
    from .inspection import inspect_token  # noqa: PLC0415 - as above

    if options.token is None and (sys.stdin is None or sys.stdin.isatty()):
        raise ValueError("TOKEN is missing: give it as an argument or on standard input")
    token = sys.stdin.buffer.read().strip() if options.token is None else options.token
    auth_token = os.environ.get("TWILIO_AUTH_TOKEN")
    return inspect_token(token, check_auth_token(auth_token) if auth_token else None)


if __name__ == "__main__":
    sys.exit(main())
