"""Worker.js: its calls, the requests that they send, and the grants that let these through.

Source: versions 1.1.1 and 1.21 of the browser library.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from twilio.task_router.access.policy import AccessPolicy
from twilio.task_router.capability import (
    Capability,
    TaskRouterCapability,
    TaskRouterWorkerCapability,
)
from twilio.task_router.checks import check_sid, check_type
from twilio.task_router.urls import (
    TASK_ROUTER_BASE_URL,
    TASK_ROUTER_BASE_WS_URL,
    TASK_ROUTER_VERSION,
    channel_url,
    check_base_url,
    check_segment,
    workspace_url,
)

from .grants import grant_in_words, with_each_grant
from .open_request import OpenRequest, allows_open, decide_open, words_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twilio.task_router.access.decision import Decision


_WorkerClass: TypeAlias = type[TaskRouterCapability] | type[TaskRouterWorkerCapability]

_CHANNEL = "{channel_url}"
_ACTIVITIES = "{workspace_url}/Activities"
_WORKER = "{workspace_url}/Workers/{worker_sid}"
_TASK = "{workspace_url}/Tasks/{task_sid}"
_RESERVATION = f"{_TASK}/Reservations/{{reservation_sid}}"

_CHOSEN = None  # a value that the page chooses; all others are Worker.js's own


def _get(url: str, **params: str | None) -> OpenRequest:
    return OpenRequest("GET", url, tuple(params.items()))


def _post(url: str, **params: str | None) -> OpenRequest:
    return OpenRequest("POST", url, tuple(params.items()))


#: The requests that each call of Worker.js sends. If the page chooses the parameters too, an example of them.
#: The names in a URL's braces stand for what depends on the page.
CALLS: Final[Mapping[str, tuple[OpenRequest, ...]]] = MappingProxyType(
    {
        "connect": (_get(_CHANNEL),),
        "ready": (_get(_WORKER),),
        "worker.activities.fetch": (_get(_ACTIVITIES),),
        'worker.update("ActivitySid", ...)': (_post(_WORKER, ActivitySid=_CHOSEN),),
        "worker.update({...})": (_post(_WORKER, ActivitySid=_CHOSEN, Attributes=_CHOSEN),),
        "worker.fetchReservations": (_get(f"{_WORKER}/Reservations", ReservationStatus=_CHOSEN),),
        "worker.fetchChannels": (_get(f"{_WORKER}/Channels"),),
        "reservation.created": (_get(_TASK), _get(_RESERVATION)),
        "reservation.accept": (_post(_RESERVATION, ReservationStatus="accepted"),),
        "reservation.accept: callback": (_get(_TASK),),
        "reservation.reject": (_post(_RESERVATION, ReservationStatus="rejected"),),
        "reservation.reject(activity)": (
            _post(_RESERVATION, ReservationStatus="rejected", WorkerActivitySid=_CHOSEN),
        ),
        "reservation.dequeue": (_post(_RESERVATION, Instruction="dequeue", DequeueFrom=_CHOSEN),),
        "reservation.call": (_post(_RESERVATION, Instruction="call", CallFrom=_CHOSEN, CallUrl=_CHOSEN),),
        "reservation.redirect": (
            _post(_RESERVATION, Instruction="redirect", RedirectCallSid=_CHOSEN, RedirectUrl=_CHOSEN),
        ),
        "reservation.conference": (_post(_RESERVATION, Instruction="conference", From=_CHOSEN),),
        "worker.updateTask": (_post(_TASK, Attributes=_CHOSEN),),
        "worker.completeTask": (_post(_TASK, AssignmentStatus="completed"),),
        "task.complete": (_post(_TASK, AssignmentStatus="completed"),),
    }
)

# Everything but the websocket itself reaches the event bridge as a POST to the websocket's channel.
_THROUGH_THE_CHANNEL = _post(_CHANNEL)


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Whether a call of Worker.js would go through. It is true if it would."""

    #: The call, or the event that the requests lead to.
    call: str
    #: The decision about each of the call's requests.
    decisions: tuple[Decision, ...]
    #: What would let a refused call through: at most one grant of each class. It is empty if the call goes
    #: through, or if no grant would help, as when a rule denies it.
    grants: tuple[str, ...]

    @property
    def allowed(self) -> bool:
        """Whether all of the call's requests are allowed."""
        return all(self.decisions)

    @property
    def reason(self) -> str:
        """Why: the reason of the first request that is denied, or else of the last one."""
        return next((one for one in self.decisions if not one), self.decisions[-1]).reason

    def __bool__(self) -> bool:
        return self.allowed


def explain(
    access_policy: AccessPolicy,
    workspace_sid: str,
    worker_sid: str,
    *,
    account_sid: str | None = None,
    base_url: str = TASK_ROUTER_BASE_URL,
    version: str = TASK_ROUTER_VERSION,
    base_ws_url: str = TASK_ROUTER_BASE_WS_URL,
) -> dict[str, Explanation]:
    """Say for each call of Worker.js whether it would go through.

    A call goes through if it does so for any task and reservation and for any value that the page chooses. If
    it depends on one of these, it counts as refused, and the reason says on which.

    :param access_policy: what a token permits: :meth:`Capability.access_policy` or
        :attr:`VerifiedToken.access_policy`.
    :param workspace_sid: the workspace, ``WS…``.
    :param worker_sid: the worker, ``WK…``.
    :param account_sid: the account, ``AC…``, which is part of the URL of the page's channel on the event
        bridge. Without it, the channel counts as allowed, since every capability allows it.
    :param base_url: where the page's Worker.js looks for TaskRouter's REST API, without the version.
    :param version: the API's version.
    :param base_ws_url: where it looks for the event bridge's websocket channels.
    :returns: an explanation for each name in :data:`~twilio.task_router.pages.worker_js.CALLS`. With an
        ``account_sid``, its first decision is about the channel; without one, ``connect`` is left out.
    :raises TypeError: if a parameter has another type.
    :raises ValueError: if a SID is missing, or a SID or part of a URL is malformed.
    """
    check_type("access_policy", access_policy, AccessPolicy, "an AccessPolicy")
    page = _Page(
        None if account_sid is None else check_sid("account_sid", account_sid, "AC"),
        check_sid("workspace_sid", workspace_sid, "WS"),
        check_sid("worker_sid", worker_sid, "WK"),
        check_base_url("base_url", base_url),
        check_segment("version", version),
        check_base_url("base_ws_url", base_ws_url),
    )
    words = words_of(access_policy)
    requests = {call: page.addressed(asked) for call, asked in CALLS.items()}
    decisions = {
        call: tuple(decide_open(access_policy, request, words) for request in asked)
        for call, asked in requests.items()
        if asked  # without an account, connect has no channel to ask for
    }
    refused = {call: requests[call] for call, decided in decisions.items() if not all(decided)}
    grants = _grants_for(refused, page, access_policy, words) if refused else {}
    return {
        call: Explanation(call=call, decisions=decided, grants=tuple(grants.get(call, {}).values()))
        for call, decided in decisions.items()
    }


def _grants_for(
    refused: Mapping[str, Sequence[OpenRequest]],
    page: _Page,
    access_policy: AccessPolicy,
    words: frozenset[str],
) -> dict[str, dict[_WorkerClass, str]]:
    """Return the first grant of each class that lets a refused call through, by call and class."""
    found: dict[str, dict[_WorkerClass, str]] = {call: {} for call in refused}
    classes: tuple[_WorkerClass, ...] = (TaskRouterCapability, TaskRouterWorkerCapability)
    for kind, grant, policy in with_each_grant(access_policy, classes, page.capability):
        for call, requests in refused.items():
            if kind not in found[call] and all(allows_open(policy, request, words) for request in requests):
                found[call][kind] = grant_in_words(kind, grant)
    return found


class _Page(NamedTuple):
    """A worker's page: everything that the URLs of its requests are made of."""

    account_sid: str | None
    workspace_sid: str
    worker_sid: str
    base_url: str
    version: str
    base_ws_url: str

    def addressed(self, requests: tuple[OpenRequest, ...]) -> list[OpenRequest]:
        """Return these requests with the URLs of this page, and before them the one through the channel."""
        if requests[0].url != _CHANNEL:
            requests = (_THROUGH_THE_CHANNEL, *requests)
        names = {
            "channel_url": channel_url(self.account_sid or "", self.worker_sid, self.base_ws_url),
            "workspace_url": workspace_url(self.workspace_sid, self.base_url, self.version),
            "worker_sid": self.worker_sid,
            "task_sid": "{task_sid}",  # stays open, as does the next
            "reservation_sid": "{reservation_sid}",
        }
        return [
            request._replace(url=request.url.format(**names))
            for request in requests
            if request.url != _CHANNEL or self.account_sid is not None
        ]

    def capability(self, kind: _WorkerClass) -> Capability:
        """Make a capability of the page's worker."""
        return kind(
            self.account_sid or "AC0",
            "0",
            self.workspace_sid,
            self.worker_sid,
            base_url=self.base_url,
            version=self.version,
            base_ws_url=self.base_ws_url,
        )
