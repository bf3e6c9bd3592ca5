"""``check``: say whether a token permits a request, and why, and what to do if it does not."""

from __future__ import annotations

import argparse
from typing import Any

from twilio.task_router.access.request import Request
from twilio.task_router.checks import shown
from twilio.task_router.diagnosis.fix import Answer, Fix, answer_for
from twilio.task_router.diagnosis.inspection import Inspection, inspect_token
from twilio.task_router.diagnosis.times import utc
from twilio.task_router.rule import METHODS
from twilio.task_router.urls import is_whole

from .source import only_word, paste_from
from .terminal import Terminal, print_json, short

DESCRIPTION: str = (
    "Say whether a token permits a request, and why. Give the body of the refused request, which the "
    "browser's network view shows, as the argument or on standard input; or give METHOD, URL and a token. If "
    "the request is denied, this names the grant to call and the narrowest rule that would do. Exit status: "
    "0 the request goes through as far as the token tells, 1 it does not, 2 misuse."
)

_USAGE = "check BODY, or check METHOD URL TOKEN"
_MISSING = (
    "copy the body of the refused request in the browser's network view, save it in a file, and run check "
    "FILE; or run check METHOD URL TOKEN"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = "%(prog)s [BODY] [--json]\n       %(prog)s METHOD URL [TOKEN] [options]"
    parser.add_argument(
        "words",
        metavar="BODY | METHOD URL TOKEN",
        nargs="*",
        help="the body of the refused request; or GET, POST or DELETE, the URL (or its path below the "
        "workspace, such as /Tasks/WT1) and a token. Body and token may come from standard input",
    )
    for kind in ("query", "form"):
        parser.add_argument(
            f"--{kind}",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            type=_pair,
            help=f"a {kind} parameter",
        )
    parser.add_argument("--json", action="store_true", help="the answer as one JSON object")


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{shown(text)} must be NAME=VALUE")
    return name, value


def run(options: argparse.Namespace) -> int:
    inspection, asked = _inspection_and_request(options)
    if asked.method not in METHODS:
        raise ValueError(f"rules know GET, POST and DELETE, not {shown(asked.method)}")
    answer = answer_for(inspection, asked)
    if options.json:
        print_json(_as_dict(inspection, answer))
    else:
        _show(inspection, asked, answer)
    return 0 if answer.decision and inspection.good is not False else 1


def _inspection_and_request(options: argparse.Namespace) -> tuple[Inspection, Request]:
    words = options.words
    if len(words) < 2:  # noqa: PLR2004 - METHOD and URL
        if options.query or options.form:
            raise ValueError(f"--query and --form go with METHOD and URL: {_USAGE}")
        paste = paste_from(only_word(words, _USAGE), _MISSING)
        if paste.request is None:
            raise ValueError(f"METHOD and URL are missing: {_USAGE}")
        return inspect_token(paste.token), paste.request
    method, url, *rest = words
    if not method.isalpha():
        raise ValueError(f"METHOD comes first: {_USAGE}")
    inspection = inspect_token(paste_from(only_word(rest, _USAGE), f"a token is missing: {_USAGE}").token)
    if url.startswith("/"):
        url = inspection.workspace_url + url
    elif not is_whole(url):
        raise ValueError(
            f"https:// is missing: give the whole URL, or a path below the workspace such as /Tasks/WT1, got "
            f"{shown(url)}"
        )
    return inspection, Request(method, url, query=options.query, form=options.form)


def _as_dict(inspection: Inspection, answer: Answer) -> dict[str, Any]:
    return {
        "allowed": bool(answer.decision) and inspection.signature != "bad",
        "reason": answer.reason,
        "rule": answer.fix.rule if answer.fix else None,
        "grants": answer.fix.grants if answer.fix else [],
        "signature": inspection.signature,
        "expires_at": utc(inspection.claims.get("exp")),
        "expired": inspection.expired,
    }


def _show(inspection: Inspection, asked: Request, answer: Answer) -> None:
    terminal = Terminal()
    if not inspection.claims:
        terminal.no(inspection.verdict)
        return
    unchecked = " (signature not checked)" if inspection.signature == "not checked" else ""
    verdict = "allowed" if answer.decision else "denied"
    good = None if answer.decision and inspection.good is None else bool(answer.decision)
    terminal.verdict(good, f"{verdict} by the rules{unchecked}: {short(answer.reason, inspection)}")
    if answer.fix:
        show_fix(answer.fix, terminal)
    if asked.url.partition("?")[0] == inspection.channel_url or "/wschannels/" in asked.url:
        terminal.say(
            "This URL is the channel, to which Worker.js sends every request. The request that was refused "
            "is in the body: copy the body in the network view, and run check BODY"
        )
    if inspection.expired:
        also = "" if answer.decision else " also"
        terminal.no(f"The token{also} {inspection.expiry}, which gives a 401.")
    for problem in inspection.problems:
        terminal.no(f"The token is not good: {problem}")


def show_fix(fix: Fix, terminal: Terminal, *, indent: int = 2) -> None:
    """Print what would let a request through."""
    for grant in fix.grants:
        keyword = f" (with the official SDK: {fix.keyword})" if fix.keyword else ""
        terminal.say(f"Grant it: {grant}{keyword}", indent=indent)
    if fix.line:
        terminal.say(f"{'Or' if fix.grants else 'No grant does that, but'} paste this rule:", indent=indent)
        terminal.say(fix.line, indent=indent, wrap=False)
    if not fix.grants and not fix.line:
        terminal.say("No grant and no further rule would allow it.", indent=indent)
