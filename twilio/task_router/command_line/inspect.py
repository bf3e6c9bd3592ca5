"""``inspect``: show what a token says and permits."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

from twilio.task_router.checks import json_text

from .given import from_words, read_given

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from twilio.task_router.rule import Rule
    from twilio.task_router.worker_js import Explanation

    from .inspection import Inspection
    from .screen import Screen

_MOST_NOTES = 2  # that one screen has room for

HELP: str = "show what a token says and permits"
DESCRIPTION: str = (
    "Show whether a token is good, who it is for, its policy rules and, for a worker's token, which calls of "
    "Worker.js go through and which grant would let the others. The signature is checked if "
    "TWILIO_AUTH_TOKEN is set. Exit status: 0 good, or good but for the unchecked signature; 1 expired, "
    "forged or malformed."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes to its parser."""
    parser.usage = "%(prog)s [TOKEN] [--json]"
    parser.add_argument(
        "words",
        metavar="TOKEN",
        nargs="*",
        help="the token, or the body of a refused request; by default from standard input",
    )
    parser.add_argument("--json", action="store_true", help="the same as one JSON object")


def run(options: argparse.Namespace) -> int:
    """Run it and return the exit status."""
    from .inspection import inspect_token

    given = read_given(from_words(options.words, "inspect TOKEN"))
    inspection = inspect_token(given.token)
    if options.json:
        print(json_text("the claims", lambda value: json.dumps(value, indent=2), _as_dict(inspection)))
    else:
        _show(inspection)
    return 1 if inspection.good is False else 0


def _as_dict(inspection: Inspection) -> dict[str, Any]:
    from .times import utc

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
    from twilio.task_router.worker_js import explain

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
    from .screen import Screen

    screen = Screen()
    screen.verdict(inspection.good, inspection.verdict)
    if not inspection.claims:
        return
    _show_claims(inspection, screen)
    _show_rules(inspection, screen)
    _show_calls(inspection, screen)
    _show_notes(inspection, screen)
    screen.blank()
    screen.verdict(inspection.good, inspection.verdict)


def _show_claims(inspection: Inspection, screen: Screen) -> None:
    from .fix import class_of
    from .times import utc

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
        screen.say("missing" if value is None else str(value), start=f"  {label}", indent=14)


def _show_rules(inspection: Inspection, screen: Screen) -> None:
    from .screen import short

    screen.blank()
    if inspection.access_policy is None:
        screen.say("Policy rules: they cannot be read")
        return
    screen.say("Policy rules, relative to")
    screen.say(inspection.workspace_url)
    for place, rule in enumerate(inspection.access_policy.rules):
        start = f"  {place:>2} {'allow' if rule.allow else 'DENY':5} {rule.method:6} "
        screen.say(short(rule.url, inspection), start=start, indent=len(start))
        if rule.has_filter:
            screen.say(_filters(rule), indent=len(start))


def _show_notes(inspection: Inspection, screen: Screen) -> None:
    from .screen import short

    notes = inspection.notes
    if notes:
        screen.blank()
        screen.say("Worth a second look")
    for note in notes[:_MOST_NOTES]:
        screen.verdict(None, short(str(note), inspection), indent=2)
    if more := len(notes[_MOST_NOTES:]):
        screen.say(f"and {more} more: --json has them all", indent=4)


def _filters(rule: Rule) -> str:
    return "with " + "; ".join(
        f"{kind} {', '.join(_matcher(name, *matcher) for name, matcher in matchers.items())}"
        for kind, matchers in (("query", rule.query_filter), ("form", rule.post_filter))
        if matchers
    )


def _matcher(name: str, required: bool, value: str | None) -> str:  # noqa: FBT001 - as a Matcher has them
    shown = name if value is None else f"{name}={value}"
    return shown if required else f"{shown} (optional)"


def _show_calls(inspection: Inspection, screen: Screen) -> None:
    calls = _worker_js(inspection)
    if not calls:
        return
    screen.blank()
    screen.say("Calls of Worker.js")
    allowed = [call for call, explanation in calls.items() if explanation]
    if allowed:
        screen.verdict(True, ", ".join(allowed), indent=2)  # noqa: FBT003 - yes
    for grant, refused in _refused_by_grant(inspection, calls).items():
        screen.verdict(False, f"{grant}: {', '.join(refused)}", indent=2)  # noqa: FBT003 - no


def _refused_by_grant(inspection: Inspection, calls: Mapping[str, Explanation]) -> dict[str, list[str]]:
    from .fix import class_of

    kind = class_of(inspection)
    own = kind.__name__ if kind else ""
    refused: dict[str, list[str]] = {}
    for call, explanation in calls.items():
        if not explanation:
            grants = sorted(explanation.grants, key=lambda grant: grant.partition(".")[0] != own)
            needs = "no grant allows this" if not grants else f"needs {grants[0].removeprefix(f'{own}.')}"
            refused.setdefault(needs, []).append(call)
    return refused
