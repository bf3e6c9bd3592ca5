"""The replay of a recording: each request judged by its token, beside the server's answer."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from twilio.task_router.access.own_class import from_the_start
from twilio.task_router.access.request import Request
from twilio.task_router.sentences import sentence
from twilio.task_router.urls import CHANNELS

from .fix import Fix, fix_for
from .inspection import Inspection, inspect_token
from .verdict import Verdict, judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from twilio.task_router.rule import PolicyRule

    from .body import Body
    from .har import Entry


class Case(NamedTuple):
    """A request that was made once or more, with its verdict and its fix."""

    inspection: Inspection
    request: Request
    verdict: Verdict
    fix: Fix | None


class Exchange(NamedTuple):
    """A request, and the server's answer."""

    #: The case, or ``None`` if the request's body cannot be read.
    case: Case | None
    #: The status of the answer, 0 without an answer, or ``None`` if unknown.
    status: int | None
    #: Whether the token had expired by then, or ``None`` if unknown.
    expired: bool | None

    @property
    def is_refused(self) -> bool:
        """Whether the server refused the request, for whatever reason."""
        return self.status is not None and self.status >= 400  # noqa: PLR2004 - HTTP's errors begin here

    @property
    def is_allowed(self) -> bool:
        """Whether the token allows the request."""
        return self.case is not None and bool(self.case.verdict)

    @property
    def differs(self) -> bool:
        """Whether the answer contradicts the rules' decision. A 401 says nothing about the rules."""
        if self.case is None or self.case.verdict.decision is None or not self.status:
            return False
        if self.case.verdict.lacking or not self.case.verdict.decision:
            return not self.is_refused
        return self.is_allowed and self.status == _FORBIDDEN


_UNAUTHORIZED: Final = 401
_FORBIDDEN: Final = 403


@dataclass(frozen=True)
class Replay:
    """A judged recording. A replay is true if all requests went through, as they should."""

    exchanges: list[Exchange]
    #: The number of requests with a body that went elsewhere.
    skipped: int
    #: The problem of the recording itself, if it was not read to the end.
    damage: str | None
    #: The allowing rules that no request used, without those that a page's class has from the start. Empty
    #: unless the page got ready, nothing was refused and every request was read.
    unused_rules: list[PolicyRule]

    def __bool__(self) -> bool:
        return not self.reasons

    @cached_property
    def is_refused(self) -> bool:
        """Whether the server refused a request. If so, requests without an answer were only cancelled."""
        return any(exchange.is_refused for exchange in self.exchanges)

    def is_failed(self, exchange: Exchange) -> bool:
        """Return whether a request was refused, should have been or, if none was refused, got no answer."""
        if exchange.status == 0 and (exchange.is_allowed or exchange.case is None):
            return not self.is_refused
        return exchange.is_refused or not exchange.is_allowed

    @property
    def reasons(self) -> list[str]:
        """The reasons why the replay is not true, each a sentence."""
        return [*self._reasons()]

    def _reasons(self) -> Iterator[str]:
        exchanges = self.exchanges
        refused = [one for one in exchanges if one.is_refused]
        unauthorized = [one for one in refused if one.status == _UNAUTHORIZED]
        is_about_all = len(unauthorized) == sum(bool(one.status) for one in exchanges)
        yield from _sentence(_NO_BODY, [one for one in refused if one.case is None])
        yield from _sentence(
            _NOT_JUDGED,
            [one for one in exchanges if one.case is None and one.status != 0 and not one.is_refused],
        )
        denied = [(one, one.case.verdict) for one in exchanges if one.case and not one.is_allowed]
        yield from _sentence(_NOT_GOOD, [one for one, verdict in denied if verdict.has_bad_token])
        yield from _sentence(_DENIED, [one for one, verdict in denied if not verdict.has_bad_token])
        yield from _sentence(_ALL_UNAUTHORIZED if is_about_all else _SOME_UNAUTHORIZED, unauthorized)
        yield from _sentence(_DIFFERENT, [one for one in exchanges if one.differs])
        yield from _sentence(_OTHER, [one for one in refused if one.status not in _ABOUT_TOKENS])
        if not refused:
            yield from _sentence(_NO_ANSWER, [one for one in exchanges if one.status == 0])
        if self.damage:
            yield f"{sentence(self.damage)} The requests after that are missing here."
        if not exchanges:
            yield (
                "The recording has no request to an event bridge. Open the network view before the page "
                "loads, and save everything."
            )


_ABOUT_TOKENS: Final = frozenset({_UNAUTHORIZED, _FORBIDDEN})
_NO_BODY: Final = (
    "{number} refused request{s} to the event bridge {have} no readable body. Copy the body in the network "
    "view, and run check on it."
)
_NOT_JUDGED: Final = "{number} request{s} to the event bridge {have} no readable body, and cannot be judged."
_NOT_GOOD: Final = "{number} request{s} to the event bridge {have} a token that is not good."
_DENIED: Final = "{number} request{s} to the event bridge {are} not allowed by the token."
_MEANS: Final = (
    "A 401 says that the token itself is not good: it has expired, is not valid yet, or is not signed with "
    "the account's auth token. Set TWILIO_AUTH_TOKEN, and run inspect on the token."
)
_ALL_UNAUTHORIZED: Final = f"Every answer is a 401 ({{number}} request{{s}}). {_MEANS}"
_SOME_UNAUTHORIZED: Final = f"{{number}} request{{s}} {{were}} answered 401. {_MEANS}"
_DIFFERENT: Final = (
    "{number} answer{s} of the server and ours differ. The mistake may be ours: please report it, with the "
    "rules that inspect shows."
)
_OTHER: Final = (
    "{number} request{s} {were} refused with a status other than 401 and 403, which says nothing about the "
    "token."
)
_NO_ANSWER: Final = (
    "{number} request{s} got no answer: {pronoun} {were} cancelled, or blocked by the browser, a proxy or a "
    "firewall."
)


def _sentence(template: str, exchanges: Sequence[Exchange]) -> Iterator[str]:
    """Yield a sentence about exchanges, if there are any."""
    number = len(exchanges)
    if number == 1:
        yield template.format(number=1, s="", have="has", are="is", were="was", pronoun="it")
    elif exchanges:
        yield template.format(number=number, s="s", have="have", are="are", were="were", pronoun="they")


def replay(entries: Iterable[Entry | None]) -> Replay:
    """Judge the requests of a recording, each distinct one once.

    :param entries: those of :func:`~twilio.task_router.diagnosis.recording.read_recording`.
    :raises ValueError: if there is no request before the recording's end or damage.
    """
    court, exchanges, damage = _Court(), list[Exchange](), list[str]()
    skipped, is_ready = 0, False
    for entry in _undamaged(entries, damage):
        if entry is None:
            skipped += 1
            continue
        exchange = court.exchange(entry)
        exchanges.append(exchange)
        is_first = entry.body is not None and entry.body.event_type == "ready"
        is_ready |= is_first and bool(exchange.status) and not exchange.is_refused
    if damage and not exchanges:
        raise ValueError(damage[0])
    # The rest of a damaged file, or a request without a readable body, may have used any rule.
    is_whole = not damage and all(exchange.case for exchange in exchanges)
    got_far = is_ready and is_whole and not any(exchange.is_refused for exchange in exchanges)
    return Replay(exchanges, skipped, damage[0] if damage else None, court.unused_rules() if got_far else [])


def _undamaged(entries: Iterable[Entry | None], damage: list[str]) -> Iterator[Entry | None]:
    """Yield the entries, and add the problem of the recording, if any, to *damage*."""
    try:
        yield from entries
    except ValueError as error:
        damage.append(str(error))


class _Court:
    """A judge of requests, who remembers each token and each verdict."""

    def __init__(self) -> None:
        self._inspections: dict[str, Inspection] = {}
        self._cases: dict[tuple[object, ...], Case] = {}

    def exchange(self, entry: Entry) -> Exchange:
        """Judge a request."""
        if entry.body is None:
            return Exchange(None, entry.status, None)
        inspection = self._inspections.get(entry.body.token)
        if inspection is None:
            inspection = self._inspections[entry.body.token] = inspect_token(entry.body.token)
        at = entry.started
        expired = inspection.expired if at is None else inspection.expired_at(at)
        is_early = at is not None and inspection.begins_after(at)
        key = (entry.body.token, entry.channel_url, entry.body.request, at is None, expired, is_early)
        if key not in self._cases:
            self._cases[key] = _judged(inspection, entry, entry.body)
        return Exchange(self._cases[key], entry.status, expired)

    def unused_rules(self) -> list[PolicyRule]:
        """Return the rules that decided nothing, each once."""
        used = {
            json.dumps(decision.rule) for case in self._cases.values() if (decision := case.verdict.decision)
        }
        rules: dict[str, PolicyRule] = {}
        for inspection in self._inspections.values():
            rules |= {json.dumps(rule): rule for rule in _spare_rules(inspection)}
        return [rule for text, rule in rules.items() if text not in used]


def _judged(inspection: Inspection, entry: Entry, body: Body) -> Case:
    request, channel_url = body.request, None
    if CHANNELS in entry.channel_url:  # otherwise the user's own proxy, which is in no rule
        channel_url = _as_rules_have_it(entry.channel_url, inspection.urls.channel)
        if request.url == entry.channel_url:  # a websocket
            request = Request(request.method, channel_url)
    verdict = judge(inspection, request, channel_url=channel_url, at=entry.started)
    return Case(inspection, request, verdict, fix_for(inspection, request, verdict))


# Worker.js talks to a bridge in the page's region, and no SDK puts the region into the rules.
_BRIDGE: Final = re.compile(r"https://event-bridge(?:\.[a-z0-9-]+\.us1)?\.twilio\.com(?=/)")


def _as_rules_have_it(channel_url: str, own_url: str) -> str:
    """Return a channel's URL at the bridge in a token's rules, if both bridges are Twilio's."""
    sent_to, own = _BRIDGE.match(channel_url), _BRIDGE.match(own_url)
    return own[0] + channel_url[sent_to.end() :] if sent_to and own else channel_url


def _spare_rules(inspection: Inspection) -> Iterator[PolicyRule]:
    """Yield the rules that a page may not need: neither for its channel nor its class's from the start."""
    if inspection.access_policy is None:
        return
    index = inspection.access_policy.index
    needed = {at for method in ("GET", "POST") for at in index.covering(method, inspection.urls.channel)}
    needed |= from_the_start(index.rules, inspection.sids)
    kept = {index.rules[at].identity for at in needed}  # also if repeated
    # A denial may be of use even if no request meets it.
    yield from (rule.as_dict() for rule in index.rules if rule.allow and rule.identity not in kept)
