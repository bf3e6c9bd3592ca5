"""``compare``: say what one token permits that another does not."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from twilio.task_router.access.policy import AccessPolicy
from twilio.task_router.diagnosis.inspection import Inspection, inspect_token
from twilio.task_router.diagnosis.times import utc
from twilio.task_router.verification import lifetime

from .source import STANDARD_INPUT, paste_from
from .terminal import Terminal, print_json, short

if TYPE_CHECKING:
    import argparse

    from twilio.task_router.access.request import Request


DESCRIPTION: str = (
    "Compare what two tokens permit, exactly. OLD and NEW are tokens, files that hold one, or - for standard "
    "input. For each rule that lets something new through, one request shows it. Exit status: 0 both permit "
    "the same, 1 they do not or one is forged or malformed, 2 misuse."
)
_USAGE = "compare OLD NEW"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = "%(prog)s OLD NEW [--no-new] [--json]"
    parser.add_argument("words", metavar="OLD NEW", nargs="*", help="a token, a file that holds one, or -")
    parser.add_argument(
        "--no-new",
        action="store_true",
        help="exit with 1 only if NEW permits something that OLD did not, for CI",
    )
    parser.add_argument("--json", action="store_true", help="the same as one JSON object")


def run(options: argparse.Namespace) -> int:
    if len(options.words) != 2 or options.words == [STANDARD_INPUT, STANDARD_INPUT]:  # noqa: PLR2004 - OLD and NEW
        raise ValueError(f"give two tokens, of which one may be - for standard input: {_USAGE}")
    old, new = (
        inspect_token(paste_from(word, f"a token is missing: {_USAGE}").token) for word in options.words
    )
    gained, lost = _beyond(new, old), _beyond(old, new)
    if options.json:
        print_json(_as_dict(old, new, gained, lost))
    else:
        _show(old, new, gained, lost)
    if any(_unusable(inspection) for inspection in (old, new)):
        return 1
    return 1 if gained or (lost and not options.no_new) else 0


def _unusable(inspection: Inspection) -> bool:
    """Whether a token is forged or malformed. One that has only expired can be compared."""
    return bool(inspection.problems) or inspection.access_policy is None


def _beyond(one: Inspection, other: Inspection) -> list[tuple[Request, dict[str, Any]]]:
    """Return what one token permits beyond the other: a request and its rule for each rule that does so."""
    policy, narrower = _policy(one), _policy(other)
    return [(request, dict(policy.decide(request).rule or {})) for request in policy.beyond(narrower)]


def _policy(inspection: Inspection) -> AccessPolicy:
    return inspection.access_policy or AccessPolicy([])


def _changes(old: Inspection, new: Inspection) -> dict[str, list[Any]]:
    """Return what else changed, by its name: what it was, and what it is."""
    lifetimes = [lifetime(one.claims) for one in (old, new)]
    facts = [
        {
            "lifetime": None if lasts is None else int(lasts.total_seconds()),
            "expires_at": one.claims.get("exp"),
            "channel": one.claims.get("channel"),
            "workspace": one.claims.get("workspace_sid"),
            "account": one.claims.get("account_sid"),
        }
        for one, lasts in zip((old, new), lifetimes, strict=True)
    ]
    return {name: [facts[0][name], facts[1][name]] for name in facts[0] if facts[0][name] != facts[1][name]}


def _as_dict(
    old: Inspection,
    new: Inspection,
    gained: list[tuple[Request, dict[str, Any]]],
    lost: list[tuple[Request, dict[str, Any]]],
) -> dict[str, Any]:
    def listed(found: list[tuple[Request, dict[str, Any]]]) -> list[dict[str, Any]]:
        return [{**dataclasses.asdict(request), "rule": rule} for request, rule in found]

    return {
        "same": not gained and not lost,
        "newly_allowed": listed(gained),
        "no_longer_allowed": listed(lost),
        "changes": _changes(old, new),
        "signatures": {"old": old.signature, "new": new.signature},
        "problems": {"old": old.problems, "new": new.problems},
    }


def _show(
    old: Inspection,
    new: Inspection,
    gained: list[tuple[Request, dict[str, Any]]],
    lost: list[tuple[Request, dict[str, Any]]],
) -> None:
    terminal = Terminal()
    for name, inspection in (("OLD", old), ("NEW", new)):
        terminal.verdict(inspection.good, f"{name}: {inspection.verdict}")
    _show_requests("NEW permits what OLD did not:", gained, new, terminal)
    _show_requests("NEW no longer permits:", lost, old, terminal)
    if changes := _changes(old, new):
        terminal.blank()
        for name, (before, after) in changes.items():
            terminal.say(f"{name}: {_in_words(name, before)} before, {_in_words(name, after)} now")
    terminal.blank()
    if gained or lost:
        text = f"not the same: {len(gained)} newly allowed, {len(lost)} no longer allowed"
        terminal.no(text)
    else:
        terminal.yes("both permit the same")


def _show_requests(
    title: str, found: list[tuple[Request, dict[str, Any]]], inspection: Inspection, terminal: Terminal
) -> None:
    if found:
        terminal.blank()
        terminal.say(title)
    for request, rule in found:
        terminal.say(f"{short(str(request), inspection)}", indent=2)
        terminal.say(f"by the rule {rule['method']} {short(rule['url'], inspection)}", indent=4)


def _in_words(name: str, value: object) -> str:
    if value is None:
        return "none"
    if name == "lifetime":
        return f"{value} seconds"
    return (utc(value) if name == "expires_at" else None) or str(value)
