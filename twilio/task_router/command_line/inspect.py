"""``inspect``: show what a token says and permits."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from twilio.task_router.checks import json_text

if TYPE_CHECKING:
    import argparse

    from .inspection import Inspection


HELP: str = "show what a token says and permits"
DESCRIPTION: str = (
    "Show who a token is for, when it expires, its policy rules and, for a worker's token, which calls of "
    "Worker.js go through. The signature is checked if TWILIO_AUTH_TOKEN is set. Exit status: 0 good, "
    "1 expired, forged or malformed."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes to its parser."""
    parser.add_argument("token", metavar="TOKEN", nargs="?", help="by default from standard input")
    parser.add_argument("--json", action="store_true", help="the same as one JSON object")


def run(options: argparse.Namespace) -> int:
    """Run it and return the exit status."""
    from .inspection import inspection_of
    from .overview import as_lines

    inspection = inspection_of(options.token)
    if options.json:
        print(json_text("the claims", lambda value: json.dumps(value, indent=2), _as_dict(inspection)))
    else:
        print("\n".join(as_lines(inspection, sys.stdout.encoding)))
    return 0 if inspection.problem is None else 1


def _as_dict(inspection: Inspection) -> dict[str, Any]:
    from .text import utc

    return {
        "good": inspection.good,
        "problem": inspection.problem,
        "signature": {None: "not checked", True: "good", False: "bad"}[inspection.signed],
        "expires_at": utc(inspection.claims.get("exp")),
        "header": inspection.header,
        "claims": inspection.claims,
        "worker_js": {
            call: {
                "allowed": explanation.allowed,
                "reason": explanation.reason,
                "grants": list(explanation.grants),
            }
            for call, explanation in inspection.worker_js.items()
        },
    }
