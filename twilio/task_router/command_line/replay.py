"""``replay``: go through the requests that a browser recorded, with the reason for each refusal."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from twilio.task_router.diagnosis.recording import read_recording
from twilio.task_router.diagnosis.replay import Exchange, Replay, replay
from twilio.task_router.sids import AFTER_PREFIX

from .answer import show_fix, verdict_as_dict
from .source import opened
from .terminal import Terminal, print_json, short

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from twilio.task_router.diagnosis.fix import Fix
    from twilio.task_router.diagnosis.replay import Case

DESCRIPTION: str = (
    'Go through every request to the event bridge in a HAR file ("Save all as HAR" in the browser\'s network '
    "view), or in requests that were copied there: the request, the server's answer, the rules' decision "
    "and, for a refusal, the reason. At the end come the fixes and, if nothing was refused, the rules that "
    "no request used. Neither tokens nor keys are printed. Exit status: 0 every request went through, as the "
    "rules say; 1 one was refused, or cannot be judged; 2 misuse."
)
_USAGE = "replay FILE.har, or - for standard input"
# The most lines of each kind, to fit on a screen or two.
_MOST: Final = 8
_MOST_REASONS: Final = 3
_LONGEST_REQUEST: Final = 160


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = "%(prog)s FILE.har [--json]"
    parser.add_argument(
        "words",
        metavar="FILE.har",
        nargs="*",
        help="the file that the network view saved; - for standard input",
    )
    parser.add_argument("--json", action="store_true", help="the same as one JSON object, with every request")


def run(options: argparse.Namespace) -> int:
    if len(options.words) != 1:
        raise ValueError(f"give one file: {_USAGE}")
    with opened(options.words[0], "give a file, or pipe it in: replay FILE.har") as stream:
        replayed = replay(read_recording(stream))
    if options.json:
        print_json(_as_dict(replayed))
    else:
        _show(replayed, Terminal())
    return 0 if replayed else 1


def _as_dict(replayed: Replay) -> dict[str, Any]:
    return {
        "allowed": bool(replayed),
        "reasons": replayed.reasons,
        "requests": [_exchange_as_dict(exchange) for exchange in replayed.exchanges],
        "unused_rules": replayed.unused_rules,
        "skipped": replayed.skipped,
    }


def _exchange_as_dict(exchange: Exchange) -> dict[str, Any]:
    case, answer = exchange.case, {"status": exchange.status or None, "expired": exchange.expired}
    if case is None:
        reason = "The request has no readable body."
        return _UNREADABLE | {"reason": reason, "reasons": [reason]} | answer
    return {
        "method": case.request.method,
        "url": case.request.url,
        "params": dict(case.request.query or case.request.form),
        **verdict_as_dict(case.verdict, case.fix),
        "signature": case.inspection.signature,
        **answer,
        "differs": exchange.differs,
    }


_UNREADABLE: Final[dict[str, Any]] = {
    **dict.fromkeys(("method", "url", "rule_index", "rule", "missing_rule")),
    "params": {},
    "missing_channel_rules": [],
    "grants": [],
    "allowed": False,
    "kind": "unreadable",
    "signature": "not checked",
    "differs": False,
}


@dataclass(frozen=True)
class _Group:
    """Exchanges that differ at most in the SIDs of tasks and reservations, and in parameters' values."""

    #: The first exchange.
    exchange: Exchange
    #: The requests, each with its number.
    requests: Counter[str]

    def text(self) -> str:
        """Return a line for the group: the request, and the server's answer."""
        number = sum(self.requests.values())
        times = f"{number} \N{MULTIPLICATION SIGN} " if number > 1 else ""
        case, status = self.exchange.case, self.exchange.status
        request = "a request whose body cannot be read"
        if case is not None:
            request = next(iter(self.requests)) if len(self.requests) == 1 else _general(case)
            request = short(request, case.inspection)
        if len(request) > _LONGEST_REQUEST:
            request = f"{request[:_LONGEST_REQUEST]}\N{HORIZONTAL ELLIPSIS}"
        answer = "" if status is None else f" (answered {status})" if status else " (no answer)"
        return f"{times}{request}{answer}"


def _grouped(exchanges: Sequence[Exchange]) -> list[_Group]:
    groups: dict[object, _Group] = {}
    for exchange in exchanges:
        case, key = exchange.case, None
        if case is not None:
            key = (
                _general(case),
                exchange.is_allowed,
                exchange.differs,
                case.verdict.kind,
                _text_of(case.fix),
            )
        group = groups.setdefault((exchange.status, key), _Group(exchange, Counter()))
        group.requests[_exact(case) if case else ""] += 1
    return [*groups.values()]


# A segment of a URL: the SID of a task or a reservation.
_SID: Final = re.compile(f"(?<=/)(W[TR]){AFTER_PREFIX}(?=/|$)")


def _general(case: Case) -> str:
    """Return a request without the SIDs of tasks and reservations, and without parameters' values."""
    request = case.request
    names = [name for name, _ in request.query or request.form]
    return " ".join([request.method, _SID.sub("\\1\N{HORIZONTAL ELLIPSIS}", request.url), *names])


def _exact(case: Case) -> str:
    request = case.request
    pairs = [f"{name}={value}" for name, value in request.query or request.form]
    return " ".join([request.method, request.url, *pairs])


def _text_of(fix: Fix | None) -> tuple[object, ...]:
    """Return the parts by which fixes are compared."""
    return () if fix is None else (fix.grant, *fix.lines)


def _show(replayed: Replay, terminal: Terminal) -> None:
    groups = _grouped(replayed.exchanges)
    good = [group for group in groups if not replayed.is_failed(group.exchange)]
    bad = [group for group in groups if replayed.is_failed(group.exchange)]
    for group in bad[:_MOST]:
        terminal.no(group.text())
        _show_reasons(group.exchange, terminal)
    _say_more(bad, "refused group", terminal)
    for group in good[:_MOST]:
        say = terminal.unknown if _is_open(group.exchange) else terminal.yes
        say(group.text())
    _say_more(good, "group", terminal)
    _show_fixes(replayed.exchanges, terminal)
    _show_unused_rules(replayed, terminal)
    terminal.blank()
    for reason in replayed.reasons:
        terminal.no(reason)
    failed = sum(map(replayed.is_failed, replayed.exchanges))
    also = f"; {_counted(replayed.skipped, 'other POST')} skipped" if replayed.skipped else ""
    requests = _counted(len(replayed.exchanges), "request")
    unchecked = bool(replayed) and any(map(_is_open, replayed.exchanges))
    if unchecked:
        also += "; signature not checked (set TWILIO_AUTH_TOKEN to check it)"
    all_went_through = None if unchecked else bool(replayed)
    terminal.verdict(f"{requests} to the event bridge, {failed} failed{also}", good=all_went_through)


def _is_open(exchange: Exchange) -> bool:
    """Return whether neither an answer nor a signature shows that a request went through."""
    if exchange.status is None:
        return exchange.case is not None and exchange.case.verdict.good is None
    return exchange.status == 0


def _show_reasons(exchange: Exchange, terminal: Terminal) -> None:
    if exchange.case is None:
        return
    inspection, verdict, fix = exchange.case.inspection, exchange.case.verdict, exchange.case.fix
    for reason in verdict.reasons[:_MOST_REASONS]:
        terminal.say(short(reason, inspection), indent=4)
    if fix is not None and fix.obstacle:
        terminal.say(short(fix.obstacle, inspection), indent=4)
    if exchange.differs:
        terminal.say("The server's answer and ours differ.", indent=4, style="yellow")


def _show_fixes(exchanges: Sequence[Exchange], terminal: Terminal) -> None:
    """Print each distinct fix once."""
    fixes = [one.case.fix for one in exchanges if one.case and one.case.fix and any(_text_of(one.case.fix))]
    numbers = Counter(map(_text_of, fixes))
    distinct = list({_text_of(fix): fix for fix in reversed(fixes)}.values())[::-1]
    for fix in distinct[:_MOST]:
        terminal.blank()
        terminal.say(f"For {_counted(numbers[_text_of(fix)], 'request')}:")
        show_fix(replace(fix, obstacle=None), terminal)
    _say_more(distinct, "suggestion", terminal)


def _show_unused_rules(replayed: Replay, terminal: Terminal) -> None:
    rules = replayed.unused_rules
    cases = [exchange.case for exchange in replayed.exchanges if exchange.case]
    if rules:
        terminal.blank()
        terminal.say("Rules that no request used. If the page needs nothing else, remove them:")
    for rule in rules[:_MOST]:
        url = short(rule["url"], cases[0].inspection)
        terminal.say(f"allow {rule['method']} {url}", indent=2)
    _say_more(rules, "rule", terminal)


def _say_more(found: Sequence[object], noun: str, terminal: Terminal) -> None:
    if more := len(found[_MOST:]):
        terminal.say(f"and {_counted(more, f'more {noun}')}: --json has them all", indent=2)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
