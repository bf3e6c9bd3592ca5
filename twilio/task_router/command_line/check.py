"""``check``: say whether a token permits a request, and why."""

from __future__ import annotations

import argparse
import re

HELP: str = "say whether a token permits a request, and why"
DESCRIPTION: str = (
    "Say whether a token permits a request, and why. Exit status: 0 allowed, 1 denied or no good token."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes to its parser."""
    parser.add_argument("method", metavar="METHOD", help="GET, POST or DELETE")
    parser.add_argument("url", metavar="URL", help="the whole URL")
    parser.add_argument("token", metavar="TOKEN", nargs="?", help="by default from standard input")
    for kind in ("query", "form"):
        parser.add_argument(
            f"--{kind}",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            type=_pair,
            help=f"a {kind} parameter",
        )


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} must be NAME=VALUE")
    return name, value


def run(options: argparse.Namespace) -> int:
    """Run it and return the exit status."""
    from .inspection import inspection_of
    from .text import columns

    if not re.fullmatch("[A-Za-z]+", options.method) or "://" not in options.url:
        raise ValueError(
            f"METHOD comes first, then the whole URL, got {options.method!r} and {options.url!r}"
        )
    inspection = inspection_of(options.token)
    policy = inspection.access_policy
    if policy is None or inspection.problem is not None:
        print(*columns("denied:", 9, f"the token is not good: {inspection.problem}"), sep="\n")
        return 1
    decision = policy.decide(options.method, options.url, query=options.query, form=options.form)
    verdict = "allowed" if decision else "denied"
    if inspection.good is None:
        verdict += " (signature not checked)"
    print(*columns(f"{verdict}:", max(9, len(verdict) + 2), decision.reason), sep="\n")
    return 0 if decision else 1
