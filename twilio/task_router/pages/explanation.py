"""Explain for each call of a page whether the call would go through, and which grants would allow it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twilio.task_router.access.channel import advice_on_lack, lack_in_words, lacking
from twilio.task_router.access.parameters import Steps
from twilio.task_router.capability import Capability
from twilio.task_router.checks import check_type, shown
from twilio.task_router.sentences import sentence
from twilio.task_router.verification import VerifiedToken

from .grants import grant_in_words, with_each_grant
from .open_request import ANY, OpenPolicy
from .page import UNDEFINED, page_of_capability, page_of_token

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from twilio.task_router.access.channel import Lack
    from twilio.task_router.access.decision import Decision
    from twilio.task_router.access.policy import AccessPolicy

    from .call import Call
    from .open_request import OpenRequest
    from .page import Page


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Whether a call of Worker.js would go through. An explanation is true if the call would."""

    #: The call, or the event that the requests lead to.
    call: str
    #: The decisions about the page's channel, ``GET`` and ``POST``, and about each of the call's requests.
    #: ``connect`` has only the ``GET``.
    decisions: tuple[Decision, ...]
    #: The reason, in sentences for people. The wording may change in later versions.
    reason: str
    #: The grants that would allow a refused call: at most one of each class. Empty if the call goes through,
    #: or if no grant would help, as when a rule denies the call or the token lacks its channel.
    grants: tuple[str, ...]

    @property
    def allowed(self) -> bool:
        """Whether all of the call's requests are allowed."""
        return all(self.decisions)

    def __bool__(self) -> bool:
        return self.allowed


def explain(
    source: Capability | VerifiedToken,
    *,
    base_url: str | None = None,
    version: str | None = None,
    base_ws_url: str | None = None,
) -> dict[str, Explanation]:
    """Explain for each call of Worker.js whether the call would go through.

    The calls are those of the object that the token is for: ``Worker``, ``Workspace`` or ``TaskQueue``. A
    call goes through if every choice of the page is allowed: every task, reservation and value and, for
    ``create`` and ``update({...})``, every parameter. This must hold in both versions, 1.1.1 and 1.21, unless
    only one of them has the call. Optional parameters do not count, but the reason names those that would be
    refused.

    :param source: a capability, or a token from :func:`verify_token`. The page's SID, rules and hosts come
        from there.
    :param base_url: the page's base URL of TaskRouter's REST API, without the version, if different.
    :param version: the API's version, if different.
    :param base_ws_url: the page's base URL of the event bridge's websocket channels, if different.
    :returns: an explanation for each call, by the call's name.
    :raises TypeError: if a parameter has the wrong type.
    :raises ValueError: if a claim is not a SID, or a part of a URL is malformed.
    :raises InvalidRuleError: if a rule that was appended to a capability by hand is malformed.
    :raises ConflictingRulesError: if two of a capability's rules differ only in ``allow``.
    :raises ComparisonTooHardError: if the comparison would take too many steps.
    """
    check_type("source", source, (Capability, VerifiedToken), "a Capability or a VerifiedToken")
    if isinstance(source, Capability):
        page, policy = page_of_capability(source), source.access_policy()
    else:
        page, policy = page_of_token(source), source.access_policy
    return explain_page(policy, page.at(base_url, version, base_ws_url))


def explain_page(policy: AccessPolicy, page: Page) -> dict[str, Explanation]:
    """Explain the calls of a page under a policy, as :func:`explain` does."""
    steps = Steps()
    open_policy = OpenPolicy(policy, steps)
    get, post = (policy.decide(method, page.urls.channel) for method in ("GET", "POST"))
    no_channel = _reason_of_channel(page, lacking(policy.index, page.urls.channel))
    requests = {call: tuple(map(page.addressed, call.requests)) for call in page.kind.calls}
    decisions = {call: tuple(map(open_policy.decide, requests[call])) for call in requests}
    refused = {} if no_channel else {call: requests[call] for call in requests if not all(decisions[call])}
    grants = _grants_for(refused, policy, page, steps)
    explanations = [
        Explanation(
            call="connect", decisions=(get,), reason=get.reason if get else no_channel, grants=()
        ),  # the websocket, which needs only the first rule
        *(
            Explanation(
                call=call.name,
                decisions=(get, post, *decisions[call]),
                reason=no_channel or _reason(open_policy, requests[call], decisions[call]),
                grants=tuple(grants.get(call, {}).values()),
            )
            for call in requests
        ),
    ]
    return {explanation.call: explanation for explanation in explanations}


def _reason_of_channel(page: Page, lacks: Sequence[Lack]) -> str:
    """Return the reason why nothing goes through the page's channel, with the remedy, or an empty string."""
    if not lacks:
        return ""
    if page.sids.channel == UNDEFINED:
        return f"The token lacks the claim {page.kind.claim}, from which Worker.js takes its channel."
    return f"{sentence(lack_in_words(lacks, page.urls.channel))} {advice_on_lack(lacks)}"


def _reason(open_policy: OpenPolicy, requests: Sequence[OpenRequest], decisions: Sequence[Decision]) -> str:
    """Return the reason for a call: the first refused request's or, if all are allowed, the last one's."""
    for request, decision in zip(requests, decisions, strict=True):
        if not decision:
            version = f"In version {request.only_in}: " if request.only_in else ""
            otherwise = f" {request.otherwise}" if request.otherwise else ""
            return f"{version}{decision.reason}{otherwise}"
    options = [name for request in requests for name in open_policy.refused_options(request)]
    return " ".join([decisions[-1].reason, *_refused(options)])


def _refused(options: Sequence[str]) -> Iterator[str]:
    names = [shown(name) for name in options if name != ANY]
    if names:
        yield f"With the optional parameter {' or '.join(names)} it would be refused."
    elif options:
        yield "With a parameter of the page's own it would be refused."


def _grants_for(
    refused: Mapping[Call, Sequence[OpenRequest]], policy: AccessPolicy, page: Page, steps: Steps
) -> dict[Call, dict[type[Capability], str]]:
    """Return the first grant of each class that allows a refused call, by call and class."""
    found: dict[Call, dict[type[Capability], str]] = {call: {} for call in refused}
    for kind, grant, granted in with_each_grant(
        policy, page.kind.classes if refused else (), page.capability
    ):
        open_policy = OpenPolicy(granted, steps)
        for call, requests in refused.items():
            if kind not in found[call] and all(map(open_policy.allows, requests)):
                found[call][kind] = grant_in_words(kind, grant)
    return found
