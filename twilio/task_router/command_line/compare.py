"""``compare``: show the requests that one token permits and another does not."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, NamedTuple

from twilio.task_router.access.comparison import beyond
from twilio.task_router.access.policy import AccessPolicy
from twilio.task_router.diagnosis.inspection import Inspection, inspect_token
from twilio.task_router.diagnosis.verdict import Verdict, judge
from twilio.task_router.times import iso, utc
from twilio.task_router.verification import lifetime

from .answer import token_as_dict
from .source import STANDARD_INPUT, paste_from
from .terminal import Terminal, print_json, short

if TYPE_CHECKING:
    import argparse

    from twilio.task_router.access.request import Request
    from twilio.task_router.rule import PolicyRule


DESCRIPTION: str = (
    "Compare the permissions of two tokens, exactly. OLD and NEW are tokens, files that hold one, or - for "
    "standard input. One request is shown for each rule that lets something new through. Exit status: 0 both "
    "permit the same, 1 they do not or one is forged or malformed, 2 misuse."
)
_USAGE = "compare OLD NEW"
_UNUSABLE = frozenset({"unreadable", "bad-signature", "bad-claims"})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = "%(prog)s OLD NEW [--no-new] [--json]"
    parser.add_argument("words", metavar="OLD NEW", nargs="*", help="a token, a file that holds one, or -")
    parser.add_argument(
        "--no-new",
        action="store_true",
        help="for CI: exit with 1 only if NEW permits something that OLD did not, or if a token is forged or "
        "malformed",
    )
    parser.add_argument("--json", action="store_true", help="the same as one JSON object")


def run(options: argparse.Namespace) -> int:
    if len(options.words) != 2 or options.words == [STANDARD_INPUT, STANDARD_INPUT]:  # noqa: PLR2004 - OLD and NEW
        raise ValueError(f"give two tokens, of which one may be - for standard input: {_USAGE}")
    old, new = (
        inspect_token(paste_from(word, f"a token is missing: {_USAGE}").token) for word in options.words
    )
    compared = _Compared(old, new, judge(old), judge(new), _beyond(new, old), _beyond(old, new))
    if options.json:
        print_json(_as_dict(compared))
    else:
        _show(compared)
    if compared.same is None:
        return 1
    return 1 if compared.gained or (compared.lost and not options.no_new) else 0


class _Compared(NamedTuple):
    old: Inspection
    new: Inspection
    of_old: Verdict
    of_new: Verdict
    #: Requests that only NEW's rules permit, and requests that only OLD's do: one for each rule that permits
    #: something more, with the rule.
    gained: list[tuple[Request, PolicyRule]]
    lost: list[tuple[Request, PolicyRule]]

    @property
    def same(self) -> bool | None:
        """Whether both tokens permit the same, or ``None`` if one is forged or malformed."""
        if any(_unusable(verdict) for verdict in (self.of_old, self.of_new)):
            return None
        return not self.gained and not self.lost


def _unusable(verdict: Verdict) -> bool:
    """Return whether a token is forged or malformed. Tokens that are not in force can be compared."""
    return any(problem.kind in _UNUSABLE for problem in verdict.problems)


def _beyond(one: Inspection, other: Inspection) -> list[tuple[Request, PolicyRule]]:
    ours, theirs = ((inspection.access_policy or AccessPolicy([])).index for inspection in (one, other))
    return [(request, ours.rules[index].as_dict()) for index, request in beyond(ours, theirs)]


def _changes(old: Inspection, new: Inspection) -> dict[str, list[Any]]:
    """Return the other changes by name, each with the old and the new value."""
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


def _as_dict(compared: _Compared) -> dict[str, Any]:
    def listed(found: list[tuple[Request, PolicyRule]]) -> list[dict[str, Any]]:
        return [{**dataclasses.asdict(request), "rule": rule} for request, rule in found]

    return {
        "same": compared.same,
        "newly_allowed": listed(compared.gained),
        "no_longer_allowed": listed(compared.lost),
        "changes": {
            name: [iso(value) for value in values] if name == "expires_at" else values
            for name, values in _changes(compared.old, compared.new).items()
        },
        "old": token_as_dict(compared.old, compared.of_old),
        "new": token_as_dict(compared.new, compared.of_new),
    }


def _show(compared: _Compared) -> None:
    terminal = Terminal()
    old, new, of_old, of_new, gained, lost = compared
    for name, verdict in (("OLD", of_old), ("NEW", of_new)):
        terminal.verdict(f"{name}: {verdict.summary}", good=verdict.good)
    if old.access_policy is not None and new.access_policy is not None:
        _show_requests("NEW also permits:", gained, new, terminal)
        _show_requests("NEW no longer permits:", lost, old, terminal)
        if changes := _changes(old, new):
            terminal.blank()
            for name, (before, after) in changes.items():
                terminal.say(f"{name}: {_in_words(name, before)} before, {_in_words(name, after)} now")
    terminal.blank()
    if compared.same is None:
        terminal.no("a forged or malformed token permits nothing, whatever its rules say")
    elif compared.same:
        terminal.yes("both permit the same")
    else:
        terminal.no(f"not the same: {len(gained)} newly allowed, {len(lost)} no longer allowed")


def _show_requests(
    title: str, found: list[tuple[Request, PolicyRule]], inspection: Inspection, terminal: Terminal
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
