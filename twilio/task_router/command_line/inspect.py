"""``inspect``: show what a token says and permits."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from twilio.task_router.diagnosis.inspection import Inspection, class_of, inspect_token
from twilio.task_router.diagnosis.times import utc
from twilio.task_router.pages.worker_js import Explanation, explain

from .source import only_word, paste_from
from .terminal import Terminal, print_json, short

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from twilio.task_router.rule import Rule


_USAGE = "inspect TOKEN, inspect FILE, or a token on standard input"
_MOST_NOTES = 2  # that one screen has room for

DESCRIPTION: str = (
    "Show whether a token is good, who it is for, its policy rules and, for a worker's token, which calls of "
    "Worker.js go through and which grant would let the others. The signature is checked if "
    "TWILIO_AUTH_TOKEN is set. Exit status: 0 good, or good but for the unchecked signature; 1 expired, "
    "forged or malformed."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = "%(prog)s [TOKEN] [--json]"
    parser.add_argument(
        "words",
        metavar="TOKEN",
        nargs="*",
        help="the token, or the body of a refused request; by default from standard input",
    )
    parser.add_argument("--json", action="store_true", help="the same as one JSON object")


def run(options: argparse.Namespace) -> int:
    paste = paste_from(only_word(options.words, _USAGE), f"a token is missing: {_USAGE}")
    inspection = inspect_token(paste.token)
    if options.json:
        print_json(_as_dict(inspection))
    else:
        _show(inspection)
    return 1 if inspection.good is False else 0


def _as_dict(inspection: Inspection) -> dict[str, Any]:
    return {
        "good": inspection.good,
        "problem": None if inspection.good is not False else inspection.verdict.removeprefix("not good: "),
        "signature": inspection.signature,
        "expires_at": utc(inspection.claims.get("exp")),
        "expired": inspection.expired,
        "notes": [dataclasses.asdict(note) for note in inspection.notes],
        "header": inspection.header,
        "claims": inspection.claims,
        "worker_js": {
            call: {
                "allowed": explanation.allowed,
                "reason": explanation.reason,
                "grants": list(explanation.grants),
            }
            for call, explanation in _worker_js(inspection).items()
        },
    }


def _worker_js(inspection: Inspection) -> dict[str, Explanation]:
    """Return the calls of Worker.js, if it is a worker's token with the claims that this takes."""
    if inspection.access_policy is None:
        return {}
    try:
        return explain(
            inspection.access_policy,
            inspection.sid("workspace_sid"),
            inspection.sid("worker_sid"),
            account_sid=inspection.sid("account_sid"),
            **inspection.places,
        )
    except ValueError:  # a claim is not a SID, or missing
        return {}


def _show(inspection: Inspection) -> None:
    terminal = Terminal()
    terminal.verdict(inspection.good, inspection.verdict)
    if not inspection.claims:
        return
    _show_claims(inspection, terminal)
    _show_rules(inspection, terminal)
    _show_calls(inspection, terminal)
    _show_notes(inspection, terminal)
    terminal.blank()
    terminal.verdict(inspection.good, inspection.verdict)


def _show_claims(inspection: Inspection, terminal: Terminal) -> None:
    claims = inspection.claims
    kind = class_of(inspection)
    seen: list[object] = [None, claims.get("workspace_sid")]
    lines: list[tuple[str, object]] = []
    for label, claim in (("Worker", "worker_sid"), ("Task queue", "taskqueue_sid"), ("Channel", "channel")):
        if claims.get(claim) not in seen:
            lines.append((label, claims[claim]))
            seen.append(claims[claim])
    if claims.get("friendly_name") not in seen:
        lines.append(("Name", claims["friendly_name"]))
    lines += [
        ("Workspace", claims.get("workspace_sid")),
        ("Account", claims.get("account_sid")),
        ("Class", kind.__name__ if kind else None),
        ("Expires", utc(claims.get("exp"))),
        ("Signature", inspection.signature),
    ]
    for label, value in lines:
        terminal.say("missing" if value is None else str(value), start=f"  {label}", indent=14)


def _show_rules(inspection: Inspection, terminal: Terminal) -> None:
    terminal.blank()
    if inspection.access_policy is None:
        terminal.say("Policy rules: they cannot be read")
        return
    terminal.say("Policy rules, relative to")
    terminal.say(inspection.workspace_url)
    for place, rule in enumerate(inspection.access_policy.index.rules):
        start = f"  {place:>2} {'allow' if rule.allow else 'DENY':5} {rule.method:6} "
        terminal.say(short(rule.url, inspection), start=start, indent=len(start))
        if rule.has_filter:
            terminal.say(_filters(rule), indent=len(start))


def _show_notes(inspection: Inspection, terminal: Terminal) -> None:
    notes = inspection.notes
    if notes:
        terminal.blank()
        terminal.say("Worth a second look")
    for note in notes[:_MOST_NOTES]:
        terminal.unknown(short(str(note), inspection), indent=2)
    if more := len(notes[_MOST_NOTES:]):
        terminal.say(f"and {more} more: --json has them all", indent=4)


def _filters(rule: Rule) -> str:
    return "with " + "; ".join(
        f"{kind} {', '.join(_matcher(name, *matcher) for name, matcher in matchers.items())}"
        for kind, matchers in (("query", rule.query_filter), ("form", rule.post_filter))
        if matchers
    )


def _matcher(name: str, required: bool, value: str | None) -> str:  # noqa: FBT001 - as a Matcher has them
    shown = name if value is None else f"{name}={value}"
    return shown if required else f"{shown} (optional)"


def _show_calls(inspection: Inspection, terminal: Terminal) -> None:
    calls = _worker_js(inspection)
    if not calls:
        return
    terminal.blank()
    terminal.say("Calls of Worker.js")
    allowed = [call for call, explanation in calls.items() if explanation]
    if allowed:
        terminal.yes(", ".join(allowed), indent=2)
    for grant, refused in _refused_by_grant(inspection, calls).items():
        terminal.no(f"{grant}: {', '.join(refused)}", indent=2)


def _refused_by_grant(inspection: Inspection, calls: Mapping[str, Explanation]) -> dict[str, list[str]]:
    kind = class_of(inspection)
    own = kind.__name__ if kind else ""
    refused: dict[str, list[str]] = {}
    for call, explanation in calls.items():
        if not explanation:
            grants = sorted(explanation.grants, key=lambda grant: grant.partition(".")[0] != own)
            needs = "no grant allows this" if not grants else f"needs {grants[0].removeprefix(f'{own}.')}"
            refused.setdefault(needs, []).append(call)
    return refused
