"""The verdict on a token and a request, in one order for all commands.

The order: the token's form, its signature, whether it is in force, the claims that Worker.js reads, the
channel, and the request.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twilio.task_router.access.channel import lack_in_words, lacking
from twilio.task_router.checks import shown_text
from twilio.task_router.sentences import sentence
from twilio.task_router.times import from_now

from .inspection import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twilio.task_router.access.channel import Lack
    from twilio.task_router.access.decision import Decision
    from twilio.task_router.access.request import Request

    from .inspection import Inspection

_MOST_PROBLEMS: Final = 3  # in one line


@dataclass(frozen=True)
class Verdict:
    """The verdict on a token and on a request, if any. A verdict is true if nothing is wrong."""

    #: The token's problems, in the order in which a token is judged.
    problems: list[Problem]
    #: The decision of the readable rules about the request, or ``None`` without a request or without rules.
    decision: Decision | None
    #: The methods that the rules do not allow on the channel.
    lacking: list[Lack]
    #: Whether the page sent the request to another channel than the token's own.
    is_elsewhere: bool
    #: Whether the signature was checked.
    checked: bool
    #: The time when the token expires, in words, or an empty string if unknown.
    expiry: str

    def __bool__(self) -> bool:
        return not self.problems and (self.decision is None or bool(self.decision))

    @property
    def good(self) -> bool | None:
        """Whether nothing is wrong, or ``None`` if only the unchecked signature may be."""
        if not self:
            return False
        return True if self.checked else None

    @property
    def has_bad_token(self) -> bool:
        """Whether the token is not good, whatever its rules allow."""
        return any(problem.kind != "channel-denied" for problem in self.problems)

    @property
    def kind(self) -> str:
        """The word for the first reason: a problem's kind, or else the decision's, or else ``good``."""
        if self.problems:
            return self.problems[0].kind
        return "good" if self.decision is None else self.decision.kind

    @property
    def reasons(self) -> list[str]:
        """The reasons for the verdict, each a sentence, the most important first."""
        reasons = [sentence(text) for _, text in self.problems]
        if self.decision is not None and not (self.decision and reasons):
            reasons.append(self.decision.reason)
        return reasons

    @property
    def summary(self) -> str:
        """The verdict on the token, in one line."""
        if self.problems:
            texts = [text for _, text in self.problems]
            more = len(texts[_MOST_PROBLEMS:])
            return f"not good: {'; '.join(texts[:_MOST_PROBLEMS])}{f'; and {more} more' if more else ''}"
        return f"{'good' if self.checked else _NOT_CHECKED}; {self.expiry}"


_NOT_CHECKED = "signature not checked (set TWILIO_AUTH_TOKEN to check it)"


def judge(
    inspection: Inspection,
    request: Request | None = None,
    *,
    channel_url: str | None = None,
    at: float | None = None,
) -> Verdict:
    """Judge a token and a request.

    :param request: the request that was sent through the channel, if any.
    :param channel_url: the URL to which the page sent the request; by default the token's own channel.
    :param at: the Unix time of the request; by default now.
    """
    policy = inspection.access_policy
    decision = None if policy is None or request is None else policy.decide(request)
    url = inspection.urls.channel if channel_url is None else channel_url
    missing: list[Lack] = []
    # A rule that cannot be read may be the one for the channel.
    if policy is not None and not inspection.unreadable_rules and (request is None or request.url != url):
        missing = lacking(policy.index, url)
    late: list[Problem] = []
    is_elsewhere = bool(missing) and url != inspection.urls.channel
    if is_elsewhere:
        text = f"the request went to {shown_text(url)}, which is not the token's own channel"
        late.append(Problem("channel-denied", text))
    elif missing:
        late.append(Problem("channel-denied", lack_in_words(missing)))
    early = [problem for problem in inspection.problems if problem.kind != "bad-claims"]
    claims = [problem for problem in inspection.problems if problem.kind == "bad-claims"]
    return Verdict(
        [*early, *_out_of_force(inspection, at), *claims, *late],
        decision,
        missing,
        is_elsewhere,
        inspection.signature != "not checked",
        "" if inspection.expired is None else f"expires {from_now(inspection.claims['exp'])}",
    )


def _out_of_force(inspection: Inspection, at: float | None) -> Iterator[Problem]:
    moment = time.time() if at is None else at
    if inspection.expired_at(moment):
        now = f"the token expired {from_now(inspection.claims['exp'])}"
        yield Problem("expired", now if at is None else "the token had expired by then")
    if inspection.begins_after(moment):
        now = f"the token is not valid yet, but will be {from_now(inspection.claims['nbf'])}"
        yield Problem("not-yet-valid", now if at is None else "the token was not valid yet")
