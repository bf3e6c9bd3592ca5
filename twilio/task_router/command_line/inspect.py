"""``inspect``: show a token's claims and rules, and the calls of Worker.js that they allow."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any

from twilio.task_router.access.channel import lack_in_words
from twilio.task_router.diagnosis.fix import fix_for, grants_as_written, has_grants
from twilio.task_router.diagnosis.inspection import MOST_BAD_RULES, Inspection, inspect_token
from twilio.task_router.diagnosis.verdict import Verdict, judge
from twilio.task_router.pages.explanation import Explanation, explain_page
from twilio.task_router.pages.page import page_of
from twilio.task_router.sentences import sentence
from twilio.task_router.times import iso, utc

from .answer import show_fix, token_as_dict
from .source import only_word, paste_from
from .terminal import Terminal, print_json, short

if TYPE_CHECKING:
    import argparse
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from twilio.task_router.rule import Rule


_USAGE = "inspect TOKEN, inspect FILE, or a token on standard input"
_MOST_NOTES = 2  # on one screen
_IN_THE_VERDICT = frozenset(
    {"missing-claim", "wrong-channel", "channel-denied"}
)  # notes that need no second look

DESCRIPTION: str = (
    "Show whether a token is good, who it is for, its policy rules, which calls of Worker.js go through on "
    "its page, and which grant would allow the others. The signature is checked if "
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
    verdict = judge(inspection)
    if options.json:
        print_json(_as_dict(inspection, verdict))
    else:
        _show(inspection, verdict)
    return 0 if verdict else 1


def _as_dict(inspection: Inspection, verdict: Verdict) -> dict[str, Any]:
    kind = inspection.own_class
    calls, no_calls = _worker_js(inspection)
    fix = fix_for(inspection, None, verdict)
    return {
        **token_as_dict(inspection, verdict),
        "class": kind.__name__ if kind else None,
        "made_by": inspection.made_by,
        "expires_at": iso(inspection.claims.get("exp")),
        "expired": inspection.expired,
        "notes": [dataclasses.asdict(note) for note in inspection.notes],
        "header": inspection.header,
        "claims": inspection.claims,
        "worker_js": {
            call: {
                **_call_as_dict(explanation, verdict),
                "grants": grants_as_written(inspection, explanation.grants),
            }
            for call, explanation in calls.items()
        },
        "missing_channel_rules": fix.channel_rules if fix else [],
        "not_judged": _not_judged(inspection, no_calls),
    }


def _call_as_dict(explanation: Explanation, verdict: Verdict) -> dict[str, Any]:
    """Return the fields of a call for JSON. A token that is not good permits none.

    Explanations include the channel.
    """
    is_refused = bool(explanation) and verdict.has_bad_token
    return {
        "allowed": explanation.allowed and not is_refused,
        "allowed_by_rules": explanation.allowed,
        "reason": verdict.reasons[0] if is_refused else explanation.reason,
    }


def _worker_js(inspection: Inspection) -> tuple[dict[str, Explanation], str | None]:
    """Return the calls of the token's page, or the reason why readable rules lead to none."""
    if inspection.access_policy is None:
        return {}, None
    if inspection.sids.page is None:
        return {}, "no claim says which page of Worker.js the token is for"
    try:
        page = page_of(inspection.claims, inspection.urls)
        return explain_page(inspection.access_policy, page), None
    except (TypeError, ValueError) as error:  # a claim is not a SID, or there is too much to compare
        return {}, str(error)


def _not_judged(inspection: Inspection, no_calls: str | None) -> list[str]:
    """List the questions about a token with readable rules that have no answer, and why.

    :param no_calls: the reason why the calls of the page are unknown, if they are.
    """
    calls = [] if no_calls is None else [f"Which calls of Worker.js go through: {no_calls}."]
    if inspection.are_rules_compared:
        return calls
    return [*calls, "Which rules are wide or redundant: their comparison would take too long."]


def _show(inspection: Inspection, verdict: Verdict) -> None:
    terminal = Terminal()
    terminal.verdict(verdict.summary, good=verdict.good)
    if not inspection.claims:
        return
    _show_claims(inspection, terminal)
    _show_rules(inspection, terminal)
    calls, no_calls = _worker_js(inspection)
    _show_calls(inspection, verdict, calls, terminal)
    _show_notes(inspection, terminal)
    _show_not_judged(_not_judged(inspection, no_calls), terminal)
    terminal.blank()
    terminal.verdict(verdict.summary, good=verdict.good)


def _show_claims(inspection: Inspection, terminal: Terminal) -> None:
    claims = inspection.claims
    kind = inspection.own_class
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
        ("Class", kind.__name__ if kind else "other rules"),
        ("Expires", utc(claims.get("exp"))),
        ("Signature", inspection.signature),
    ]
    for label, value in lines:
        terminal.say("missing" if value is None else str(value), start=f"  {label}", indent=14)


def _show_rules(inspection: Inspection, terminal: Terminal) -> None:
    terminal.blank()
    if not any(inspection.rules) and (inspection.rules or inspection.access_policy is None):
        terminal.say("Policy rules: none can be read")
        return
    terminal.say("Policy rules, relative to")
    terminal.say(inspection.urls.workspace)
    bad_rules = inspection.unreadable_rules
    last_named = bad_rules[MOST_BAD_RULES - 1] if len(bad_rules) > MOST_BAD_RULES else len(inspection.rules)
    for index, rule in enumerate(inspection.rules):
        if rule is None:
            if index <= last_named:
                terminal.no(f"{index:>2} cannot be read", indent=1)
            continue
        start = f"  {index:>2} {'allow' if rule.allow else 'DENY':5} {rule.method:6} "
        terminal.say(short(rule.url, inspection), start=start, indent=len(start))
        if rule.has_filter:
            terminal.say(_filters(rule), indent=len(start))
    if more := len(bad_rules[MOST_BAD_RULES:]):
        terminal.no(f"{more:,} more cannot be read", indent=1)


def _show_notes(inspection: Inspection, terminal: Terminal) -> None:
    notes = [note for note in inspection.notes if note.kind not in _IN_THE_VERDICT]
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


def _show_not_judged(questions: Sequence[str], terminal: Terminal) -> None:
    if questions:
        terminal.blank()
        terminal.say("Not judged")
    for question in questions:
        terminal.unknown(question, indent=2)


def _show_calls(
    inspection: Inspection, verdict: Verdict, calls: Mapping[str, Explanation], terminal: Terminal
) -> None:
    if not calls:
        return
    terminal.blank()
    is_refused = verdict.has_bad_token
    terminal.say(f"Calls of Worker.js{', as far as the rules go' if is_refused else ''}")
    allowed = [call for call, explanation in calls.items() if explanation]
    if allowed:
        say = terminal.unknown if is_refused else terminal.yes
        say(_in_families(allowed, calls), indent=2)
    if verdict.lacking:  # without its channel, no other rule helps
        terminal.no(sentence(lack_in_words(verdict.lacking)), indent=2)
        show_fix(fix_for(inspection, None, verdict), terminal)
        return
    if not all(calls["ready"].decisions[:2]):
        terminal.no(calls["ready"].reason, indent=2)
        return
    for grant, refused in _refused_by_grant(inspection, calls).items():
        terminal.no(f"{grant}: {_in_families(refused, calls)}", indent=2)


def _refused_by_grant(inspection: Inspection, calls: Mapping[str, Explanation]) -> dict[str, list[str]]:
    kind = inspection.own_class
    own = kind.__name__ if kind else ""
    without = "no grant allows this" if kind and has_grants(inspection) else "needs further rules"
    refused: dict[str, list[str]] = {}
    for call, explanation in calls.items():
        if not explanation:
            grants = grants_as_written(inspection, explanation.grants)
            needs = f"needs {grants[0].removeprefix(f'{own}.')}" if grants else without
            if (
                not grants
                and has_grants(inspection)
                and not inspection.overriding.isdisjoint(explanation.grants)
            ):
                needs = "a grant would override a rule that denies"
            refused.setdefault(needs, []).append(call)
    return refused


# Families of calls, each with a name for all of them.
_FAMILIES = {
    r"\b(activities|workflows|taskqueues|workers|tasks)\b": "<list>",
    r"\b(statistics|realtimeStats|cumulativeStats)\b": "<statistics>",
    r"^reservation\.(created|accepted|rejected|timeout|canceled|rescinded|completed|wrapup)$": (
        "reservation.<event>"
    ),
}
_CALLBACK = ": callback"


def _in_families(group: Sequence[str], calls: Collection[str]) -> str:
    """List calls. One name stands for a family if all of its calls are in the group."""
    members: dict[str, list[str]] = {}
    for call in calls:
        members.setdefault(_family(call), []).append(call)
    names = list(
        dict.fromkeys(
            family if len(all_of := members[family]) > 1 and {*all_of} <= {*group} else call
            for call, family in ((call, _family(call)) for call in group)
        )
    )
    callbacks = {f"{name}{_CALLBACK}" for name in names} & {*calls}
    if callbacks and callbacks <= {*names}:
        return f"{_abbreviated(name for name in names if name not in callbacks)}; and the callbacks of these"
    return _abbreviated(names)


def _abbreviated(names: Iterable[str]) -> str:
    """List names, each without its object if the name before has the same one."""
    words: list[str] = []
    before = ""
    for name in names:
        owner, dot, rest = name.partition(".")
        words.append(f".{rest}" if dot and owner == before else name)
        before = owner
    return ", ".join(words)


def _family(call: str) -> str:
    for pattern, family in _FAMILIES.items():
        call = re.sub(pattern, family, call)
    return call
