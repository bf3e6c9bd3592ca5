"""``check``: say whether a token permits a request, with the reason and, for a denial, the fix."""

from __future__ import annotations

import argparse
from typing import Any

from twilio.task_router.access.request import Request
from twilio.task_router.checks import shown
from twilio.task_router.diagnosis.fix import Fix, fix_for
from twilio.task_router.diagnosis.inspection import Inspection, inspect_token
from twilio.task_router.diagnosis.verdict import Verdict, judge
from twilio.task_router.sentences import sentence
from twilio.task_router.times import iso
from twilio.task_router.urls import CHANNELS, is_whole

from .answer import show_fix, verdict_as_dict
from .source import only_word, paste_from
from .terminal import Terminal, print_json, short

DESCRIPTION: str = (
    "Say whether a token permits a request, and why. Give the body of the refused request, which the "
    "browser's network view shows, as the argument or on standard input; or give METHOD, URL and a token. If "
    "the request is denied, this names the grant to call and the narrowest rule that would do. Exit status: "
    "0 the request goes through as far as the token tells, 1 it does not, 2 misuse."
)

_GIVE_A_401 = frozenset({"bad-signature", "expired", "not-yet-valid"})
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
    inspection, request = _inspection_and_request(options)
    verdict = judge(inspection, request)
    fix = fix_for(inspection, request, verdict)
    if options.json:
        print_json(_as_dict(inspection, verdict, fix))
    else:
        _show(inspection, request, verdict, fix)
    return 0 if verdict else 1


def _inspection_and_request(options: argparse.Namespace) -> tuple[Inspection, Request]:
    words = options.words
    if len(words) < 2:  # noqa: PLR2004 - METHOD and URL
        if options.query or options.form:
            raise ValueError(f"--query and --form go with METHOD and URL: {_USAGE}")
        paste = paste_from(only_word(words, _USAGE), _MISSING)
        if paste.request is None:
            raise ValueError(f"this is not the body of a request, and METHOD and URL are missing: {_USAGE}")
        return inspect_token(paste.token), paste.request
    method, url, *rest = words
    if not method.isalpha():
        raise ValueError(f"METHOD comes first: {_USAGE}")
    inspection = inspect_token(paste_from(only_word(rest, _USAGE), f"a token is missing: {_USAGE}").token)
    if url.startswith("/"):
        url = inspection.urls.workspace + url
    elif not is_whole(url):
        raise ValueError(
            f"https:// is missing: give the whole URL, or a path below the workspace such as /Tasks/WT1, got "
            f"{shown(url)}"
        )
    return inspection, Request(method, url, query=options.query, form=options.form)


def _as_dict(inspection: Inspection, verdict: Verdict, fix: Fix | None) -> dict[str, Any]:
    return {
        **verdict_as_dict(verdict, fix),
        "signature": inspection.signature,
        "expires_at": iso(inspection.claims.get("exp")),
        "expired": inspection.expired,
    }


def _show(inspection: Inspection, request: Request, verdict: Verdict, fix: Fix | None) -> None:
    terminal = Terminal()
    decision = verdict.decision
    if decision is None:
        terminal.no(verdict.summary)
        return
    unchecked = "" if verdict.checked else " (signature not checked)"
    reason = short(decision.reason, inspection)
    if verdict:
        terminal.verdict(f"allowed by the rules{unchecked}: {reason}", good=verdict.good)
    elif not decision and _GIVE_A_401.issuperset(kind for kind, _ in verdict.problems):
        terminal.no(f"denied by the rules{unchecked}: {reason}")
        show_fix(fix, terminal)
        _show_problems(verdict, terminal)
    else:
        _show_problems(verdict, terminal)
        by = "The rules that can be read" if inspection.unreadable_rules else "The rules"
        allow = "allow" if decision else "do not allow"
        terminal.say(f"{by} {allow} the request itself: {reason}", indent=2)
        show_fix(fix, terminal)
    if request.url == inspection.urls.channel or CHANNELS in request.url:
        terminal.say(
            "This URL is the channel, to which Worker.js sends every request. The request that was refused "
            "is in the body: copy the body in the network view, and run check BODY"
        )


def _show_problems(verdict: Verdict, terminal: Terminal) -> None:
    for kind, text in verdict.problems:
        answer = " That gives a 401." if kind in _GIVE_A_401 else ""
        terminal.no(f"{sentence(text)}{answer}")
