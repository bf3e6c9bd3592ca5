"""``replay``: go through the requests that a browser recorded, and say why some were refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from twilio.task_router.diagnosis.fix import Fix, fix_for
from twilio.task_router.diagnosis.inspection import Inspection, inspect_token
from twilio.task_router.diagnosis.recording import read_recording
from twilio.task_router.diagnosis.verdict import Verdict, judge
from twilio.task_router.urls import is_whole

from .check import show_fix, verdict_as_dict
from .source import opened
from .terminal import Terminal, print_json, short

if TYPE_CHECKING:
    import argparse

    from twilio.task_router.access.request import Request
    from twilio.task_router.diagnosis.body import Body
    from twilio.task_router.diagnosis.har import Entry
    from twilio.task_router.rule import PolicyRule


DESCRIPTION: str = (
    'Go through every request to the event bridge in a HAR file ("Save all as HAR" in the browser\'s network '
    "view): what was asked, what the server answered, what the token's rules say, and for a refusal the "
    "reason and the fix. At the end come the rules that no request used. Neither tokens nor keys are "
    "printed. Exit status: 0 the rules allow every request, 1 they do not, 2 misuse."
)
_ALLOWED, _REFUSED = range(200, 300), 403


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = "%(prog)s FILE.har [--json]"
    parser.add_argument("words", metavar="FILE.har", nargs="*", help="what the network view saved")
    parser.add_argument("--json", action="store_true", help="the same as one JSON object")


class _Replayed(NamedTuple):
    inspection: Inspection
    asked: Request
    verdict: Verdict
    fix: Fix | None
    status: int | None
    expired: bool | None

    @property
    def differs(self) -> bool:
        """Whether the server's answer and that of the rules differ. A 401 and the like are about neither."""
        verdict = self.verdict
        if verdict.decision is None:
            return False
        denied = bool(verdict.lacking) or not verdict.decision
        return self.status in _ALLOWED if denied else bool(verdict) and self.status == _REFUSED


def run(options: argparse.Namespace) -> int:
    if len(options.words) != 1:
        raise ValueError("give one file: replay FILE.har")
    replayed: list[_Replayed] = []
    skipped = 0
    inspections: dict[str, Inspection] = {}
    used = _UsedRules()
    with opened(options.words[0], "give a file, or pipe it in: replay FILE.har") as stream:
        for entry in read_recording(stream):
            if entry is None or entry.body is None:
                skipped += 1
            else:
                replayed.append(_replay(entry, entry.body, inspections, used))
    unused = used.unused(inspections.values())
    if options.json:
        print_json(_as_dict(replayed, unused, skipped))
    else:
        _show(replayed, unused, skipped)
    return 0 if all(one.verdict for one in replayed) else 1


def _replay(entry: Entry, body: Body, inspections: dict[str, Inspection], used: _UsedRules) -> _Replayed:
    token, asked, _ = body
    if token not in inspections:
        inspections[token] = inspect_token(token)
    inspection = inspections[token]
    sent_to = entry.channel_url.partition("?")[0]
    of_bridge = "/wschannels/" in sent_to and is_whole(sent_to)  # else a proxy of the user's own
    verdict = judge(inspection, asked, channel_url=sent_to if of_bridge else None, at=entry.started)
    used.add(verdict)
    expired = inspection.expired if entry.started is None else inspection.expired_at(entry.started)
    fix = fix_for(inspection, asked, verdict)
    return _Replayed(inspection, asked, verdict, fix, entry.status or None, expired)


class _UsedRules:
    """Which rules of which tokens decided a request."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def add(self, verdict: Verdict) -> None:
        if verdict.decision is not None and verdict.decision.rule is not None:
            self._used.add(json.dumps(verdict.decision.rule))

    def unused(self, inspections: Any) -> list[PolicyRule]:  # noqa: ANN401 - a view of a dict's values
        """Return the rules that decided nothing, each once. Those of the channel the page always needs."""
        rules: dict[str, PolicyRule] = {}
        for inspection in inspections:
            if inspection.access_policy is not None:
                for rule in inspection.access_policy.rules:
                    if rule["url"] != inspection.urls.channel and json.dumps(rule) not in self._used:
                        rules[json.dumps(rule)] = rule
        return list(rules.values())


def _as_dict(replayed: list[_Replayed], unused: list[PolicyRule], skipped: int) -> dict[str, Any]:
    return {
        "requests": [
            {
                "method": one.asked.method,
                "url": one.asked.url,
                "params": dict(one.asked.query or one.asked.form),
                "status": one.status,
                **verdict_as_dict(one.verdict, one.fix),
                "expired": one.expired,
            }
            for one in replayed
        ],
        "unused_rules": unused,
        "skipped": skipped,
    }


def _show(replayed: list[_Replayed], unused: list[PolicyRule], skipped: int) -> None:
    terminal = Terminal()
    for number, one in enumerate(replayed, 1):
        params = " ".join(f"{name}={value}" for name, value in one.asked.query or one.asked.form)
        asked = short(f"{one.asked.method} {one.asked.url} {params}", one.inspection).strip()
        allowed = bool(one.verdict)
        answered = "no answer" if one.status is None else f"answered {one.status}"
        terminal.verdict(allowed, f"{number}. {asked} ({answered})")
        if not allowed:
            for reason in one.verdict.reasons:
                terminal.say(short(reason, one.inspection), indent=5)
            show_fix(one.fix, terminal, indent=5)
        if one.differs:
            terminal.say(
                "The server's answer and ours differ. The mistake may be ours: please report it, with the "
                "rules that inspect shows.",
                indent=5,
                style="yellow",
            )
    terminal.blank()
    if unused:
        terminal.say("Rules that no request used. If the page needs nothing else, remove them:")
        for rule in unused:
            url = short(rule["url"], replayed[0].inspection)
            terminal.say(f"{'allow' if rule['allow'] else 'deny'} {rule['method']} {url}", indent=2)
        terminal.blank()
    denied = sum(not one.verdict for one in replayed)
    also = f"; {_counted(skipped, 'other POST')} skipped" if skipped else ""
    requests = _counted(len(replayed), "request")
    terminal.verdict(not denied, f"{requests} to the event bridge, {denied} denied{also}")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
