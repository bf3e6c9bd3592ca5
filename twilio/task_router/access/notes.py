"""Notes on details of a token or an access policy that are worth a second look, with advice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from twilio.task_router.checks import shown
from twilio.task_router.rule import read_rule
from twilio.task_router.sentences import sentence
from twilio.task_router.sids import CLAIMS
from twilio.task_router.urls import TASK_ROUTER_BASE_URL, base_before, is_whole, workspace_path, workspace_url

from .channel import advice_on_lack, claim_without_sid, lack_in_words, lacking
from .comparison import made_up_word, redundant, representatives, witnesses
from .own_class import from_the_start
from .own_urls import own_urls
from .parameters import Steps
from .rule_index import RuleIndex

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from twilio.task_router.sids import Sids

_LONGEST_LIFE = timedelta(hours=24)
_LAST_YEAR = 5_000  # of seconds: today's milliseconds, read as seconds, are tens of thousands of years off


@dataclass(frozen=True, kw_only=True)
class Note:
    """A detail of a token or an access policy that is worth a second look."""

    #: The kind of the note, for programs. Later versions may add kinds.
    kind: Literal[
        "milliseconds",
        "long-lived",
        "missing-claim",
        "wrong-channel",
        "channel-denied",
        "wide",
        "never-matches",
        "redundant",
    ]
    #: The index of the rule that the note is about, from 0, or ``None`` for a note about the token.
    rule_index: int | None
    #: The finding, in a sentence.
    reason: str
    #: The remedy, in a sentence or two.
    advice: str

    def __str__(self) -> str:
        return f"{self.reason} {self.advice}"


def notes_on_token(
    indexed: RuleIndex,
    sids: Sids,
    expires_at: datetime | None,
    lifetime: timedelta | None,
    *,
    compared: bool = True,
) -> list[Note]:
    """Return the notes on a token, whose SIDs may be malformed. Notes about no rule come first.

    :param expires_at: the time when the token expires, if known.
    :param lifetime: the token's lifetime, if known.
    :param compared: whether to compare the rules, which finds the wide and the redundant ones.
    :raises ComparisonTooHardError: if the comparison would take too many steps.
    """
    own = from_the_start(indexed.rules, sids)
    on_rules = notes_on_rules(indexed, sids.workspace or None, sids.worker or None, compared=compared)
    return [
        *notes_on_claims(sids),
        *_channel_denied(indexed, sids),
        *_too_long(expires_at, lifetime),
        *(note for note in on_rules if note.kind != "redundant" or note.rule_index not in own),
    ]


def notes_on_claims(sids: Sids) -> Iterator[Note]:
    """Yield a note if Worker.js does not open the channel that the token names."""
    page, channel = sids.page, sids.channel
    if page is None:
        if channel:
            yield Note(
                kind="wrong-channel",
                rule_index=None,
                reason=f"The claim channel is {shown(channel)}, which is not the SID of a worker, a task "
                "queue or a workspace, so no page of Worker.js opens it.",
                advice="Set it to the SID of the worker, task queue or workspace that the page is for.",
            )
    elif not sids.opened:
        if page == "workspace":
            return  # every token must have a workspace_sid, and one without it is not verified
        yield Note(
            kind="missing-claim",
            rule_index=None,
            reason=f"The claim {CLAIMS[page]} is missing, from which a {page}'s page takes its channel: "
            "Worker.js opens the channel 'undefined'.",
            advice=f"Set it to the {page}'s SID{f', {shown(channel)}' if channel else ''}.",
        )
    elif channel and sids.opened != channel:
        yield Note(
            kind="wrong-channel",
            rule_index=None,
            reason=f"The claims channel and {CLAIMS[page]} differ: {shown(channel)}, {shown(sids.opened)}. "
            f"Worker.js opens the channel of {CLAIMS[page]}.",
            advice=f"Set both to the {page}'s SID.",
        )


def _channel_denied(indexed: RuleIndex, sids: Sids) -> Iterator[Note]:
    url = own_urls(indexed.rules, sids).channel
    if lacks := lacking(indexed, url):
        yield Note(
            kind="channel-denied",
            rule_index=None,
            reason=sentence(lack_in_words(lacks, url)),
            advice=advice_on_lack(lacks, claim_without_sid(sids)),
        )


def notes_on_rules(
    indexed: RuleIndex, workspace_sid: str | None, worker_sid: str | None, *, compared: bool = True
) -> list[Note]:
    """Return the notes on rules, in the order of the rules. The SIDs may be malformed.

    :raises ComparisonTooHardError: if the comparisons together would take too many steps.
    """
    about_rules = [*_never_matching(indexed)]
    if not compared:
        return about_rules
    never = {note.rule_index for note in about_rules}
    steps = Steps()
    compared_rules = [*_redundant(indexed, steps)]
    if workspace_sid is not None:
        compared_rules = [*_wide(indexed, workspace_sid, worker_sid, steps), *compared_rules]
    about_rules += (note for note in compared_rules if note.rule_index not in never)
    about_rules.sort(key=lambda note: note.rule_index or 0)
    return about_rules


def _too_long(expires_at: datetime | None, lifetime: timedelta | None) -> Iterator[Note]:
    if expires_at is not None and expires_at.year > _LAST_YEAR:
        yield Note(
            kind="milliseconds",
            rule_index=None,
            reason=f"The token expires after the year {_LAST_YEAR}: the claim exp counts seconds, and "
            "this may be milliseconds.",
            advice="Divide it by 1,000.",
        )
    else:
        yield from long_lived(lifetime)


def long_lived(lifetime: timedelta | None) -> Iterator[Note]:
    """Yield a note if a token lives longer than a page should need."""
    if lifetime is not None and lifetime > _LONGEST_LIFE:
        yield Note(
            kind="long-lived",
            rule_index=None,
            reason="The token is good for more than 24 hours, and only a new auth token ends it early.",
            advice="Make tokens that last an hour at most, and replace them in the page with "
            "updateToken() of its Worker.js object.",
        )


def _never_matching(indexed: RuleIndex) -> Iterator[Note]:
    for index, rule in enumerate(indexed.rules):
        start = f"Policy rule {index}, {rule}, can never match"
        if not is_whole(rule.url):
            yield Note(
                kind="never-matches",
                rule_index=index,
                reason=f"{start}: its URL has no scheme or no host, and the URL of every request has both.",
                advice=f"Write the whole URL: begin it as {TASK_ROUTER_BASE_URL} does.",
            )
        elif (mistake := indexed.mistaken.get(index)) is not None:
            yield Note(
                kind="never-matches",
                rule_index=index,
                reason=f"{start}: {mistake.problem}",
                advice=mistake.advice,
            )
        elif rule.method == "GET" and any(matcher.required for matcher in rule.post_filter.values()):
            yield Note(
                kind="never-matches",
                rule_index=index,
                reason=f"{start}: it requires form parameters, and a GET has none.",
                advice="Put the parameters into query_filter.",
            )


def _wide(indexed: RuleIndex, workspace_sid: str, worker_sid: str | None, steps: Steps) -> Iterator[Note]:
    """Yield a note for each rule that lets the page change resources other than its own."""
    path = workspace_path(workspace_sid)
    bases = {base_before(rule.url, path) for rule in indexed.rules}  # such as another region's
    workspace_urls = {workspace_url(workspace_sid), *(f"{base}{path}" for base in bases if base is not None)}
    methods = ("POST", "DELETE")
    borders = [
        read_rule({"url": f"{url}/**", "method": method}) for url in workspace_urls for method in methods
    ]
    rules = [*indexed.rules, *borders]
    made_up = made_up_word(rules, steps)
    targets = (
        (method, url)
        for method in methods
        for url in representatives(rules, method, made_up, steps)
        if _is_foreign(url, path, worker_sid, made_up)
    )
    for index, request in witnesses(indexed, RuleIndex([]), targets, made_up, steps).items():
        yield Note(
            kind="wide",
            rule_index=index,
            reason=f"Policy rule {index}, {indexed.rules[index]}, is wide: for example, it allows {request}.",
            advice="Grant only what the page does: name the resources that it works with.",
        )


def _is_foreign(url: str, workspace_path: str, worker_sid: str | None, made_up: str) -> bool:
    """Return whether a URL is in the workspace, but not the page's own.

    A made-up resource below the workspace belongs to no page. For a worker's page, the workspace and other
    workers are not the page's own, either.
    """
    base = base_before(url, workspace_path)
    if base is None:
        return False
    path = url[len(base) + len(workspace_path) :]
    if path in {f"/{made_up}", f"/{made_up}/{made_up}"}:
        return True
    return worker_sid is not None and (
        not path or (_is_at("/Workers", path) and not _is_at(f"/Workers/{worker_sid}", path))
    )


def _is_at(resource: str, path: str) -> bool:
    return path == resource or path.startswith(f"{resource}/")


def _redundant(indexed: RuleIndex, steps: Steps) -> Iterator[Note]:
    for index in redundant(indexed, steps):
        if not indexed.rules[index].allow:
            continue  # without the denial, somebody may add a rule that allows
        yield Note(
            kind="redundant",
            rule_index=index,
            reason=f"Policy rule {index}, {indexed.rules[index]}, is redundant: the other rules permit the "
            "same.",
            advice="Remove it. If there are several of these, remove one and look again.",
        )
