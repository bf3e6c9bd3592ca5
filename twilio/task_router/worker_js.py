"""Worker.js: the requests behind its calls, and which of them an access policy lets through.

Read off versions 1.1.1 and 1.21 of the browser library.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from .access_policy import AccessPolicy, ConflictingPoliciesError, Decision
from .arguments import check_segment, check_sid, check_type, check_url
from .capability import (
    TASK_ROUTER_BASE_URL,
    TASK_ROUTER_BASE_WS_URL,
    TASK_ROUTER_VERSION,
    TaskRouterCapability,
    TaskRouterWorkerCapability,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .policy import PolicyRule


class Request(NamedTuple):
    """A request of Worker.js."""

    method: str
    #: The URL, with names in braces for what differs from page to page.
    url: str
    #: The names of a ``POST``'s form parameters, or of a ``GET``'s query parameters.
    params: tuple[str, ...] = ()


_CHANNEL = "{channel_url}"
_ACTIVITIES = "{workspace_url}/Activities"
_WORKER = "{workspace_url}/Workers/{worker_sid}"
_TASK = "{workspace_url}/Tasks/{task_sid}"
_RESERVATION = f"{_TASK}/Reservations/{{reservation_sid}}"


def _instruction(*params: str) -> tuple[Request, ...]:
    return (Request("POST", _RESERVATION, ("Instruction", *params)),)


#: What Worker.js asks for, call by call. Where the caller chooses the parameters, an example of them.
CALLS: Final[Mapping[str, tuple[Request, ...]]] = MappingProxyType(
    {
        "connect": (Request("GET", _CHANNEL),),
        "ready": (Request("GET", _WORKER),),
        "worker.activities.fetch": (Request("GET", _ACTIVITIES),),
        'worker.update("ActivitySid", ...)': (Request("POST", _WORKER, ("ActivitySid",)),),
        "worker.update({...})": (Request("POST", _WORKER, ("ActivitySid", "Attributes")),),
        "worker.fetchReservations": (Request("GET", f"{_WORKER}/Reservations", ("ReservationStatus",)),),
        "worker.fetchChannels": (Request("GET", f"{_WORKER}/Channels"),),
        "reservation.created": (Request("GET", _TASK), Request("GET", _RESERVATION)),
        "reservation.accept": (Request("POST", _RESERVATION, ("ReservationStatus",)),),
        "reservation.accept: callback": (Request("GET", _TASK),),
        "reservation.reject": (Request("POST", _RESERVATION, ("ReservationStatus",)),),
        "reservation.reject(activity)": (
            Request("POST", _RESERVATION, ("ReservationStatus", "WorkerActivitySid")),
        ),
        "reservation.dequeue": _instruction("DequeueFrom"),
        "reservation.call": _instruction("CallFrom", "CallUrl"),
        "reservation.redirect": _instruction("RedirectCallSid", "RedirectUrl"),
        "reservation.conference": _instruction("From"),
        "worker.updateTask": (Request("POST", _TASK, ("Attributes",)),),
        "worker.completeTask": (Request("POST", _TASK, ("AssignmentStatus",)),),
        "task.complete": (Request("POST", _TASK, ("AssignmentStatus",)),),
    }
)

# All but the websocket itself comes to the event bridge as a POST on the websocket's channel.
_THROUGH_THE_CHANNEL = Request("POST", _CHANNEL)

_PARAMETERS = {"GET": "query", "POST": "form"}

# Each class's grants, the narrower ones first; the first that lets a call through is the one to name.
_GRANTS = {
    TaskRouterCapability: (
        "allow_worker_fetch_attributes",
        "allow_worker_activity_updates",
        "allow_task_reservation_updates",
        "allow_updates",
        "allow_fetch_subresources",
    ),
    TaskRouterWorkerCapability: (
        "allow_activity_updates",
        "allow_reservation_updates",
        "allow_updates",
        "allow_fetch_subresources",
    ),
}


@dataclass(frozen=True)
class Explanation:
    """Whether a call of Worker.js would go through. It is true where it would."""

    #: The call, or the event that the requests lead to.
    call: str
    #: What is decided of each of the call's requests.
    decisions: tuple[Decision, ...]
    #: Where the call would not go through: what would let it, for each class that can. Empty where nothing
    #: would, as where a rule denies it.
    grants: tuple[str, ...]

    @property
    def allowed(self) -> bool:
        """Whether all of the call's requests are allowed."""
        return all(self.decisions)

    @property
    def reason(self) -> str:
        """Why: what decided the first request that is denied, or else the last one."""
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
    """Say of each call of Worker.js whether it would go through.

    :param access_policy: what a token permits: :meth:`Capability.access_policy` or
        :attr:`VerifiedToken.access_policy`.
    :param workspace_sid: the workspace, ``WS…``.
    :param worker_sid: the worker, ``WK…``.
    :param account_sid: the account, ``AC…``, which is part of the URL of the page's channel on the event
        bridge. Where it is ``None``, the channel is taken to be allowed, as every capability allows it.
    :param base_url: where the page's Worker.js looks for TaskRouter's REST API, without the version.
    :param version: the API's version.
    :param base_ws_url: where it looks for the event bridge's websocket channels.
    :returns: by the call's name in :data:`~twilio.task_router.worker_js.CALLS`. With an ``account_sid``, the
        first decision of each call is that of the channel; without, ``connect`` is left out.
    :raises TypeError: if a parameter has another type than these.
    :raises ValueError: if a SID or part of a URL is not one.
    """
    check_type("access_policy", access_policy, AccessPolicy, "an AccessPolicy")
    page = _Page(
        None if account_sid is None else check_sid("account_sid", account_sid, "AC"),
        check_sid("workspace_sid", workspace_sid, "WS"),
        check_sid("worker_sid", worker_sid, "WK"),
        check_url("base_url", base_url),
        check_segment("version", version),
        check_url("base_ws_url", base_ws_url),
    )
    with_grants = list(page.with_each_grant(access_policy))
    explanations: dict[str, Explanation] = {}
    for call, asked in CALLS.items():
        requests = page.addressed(asked)
        if not requests:
            continue  # connect, to the channel of an account that is not named
        decisions = _decide(access_policy, requests)
        grants: dict[str, str] = {}
        if not all(decisions):
            for kind, grant, policy in with_grants:
                if kind not in grants and all(_decide(policy, requests)):
                    grants[kind] = f"{kind}{grant}"
        explanations[call] = Explanation(call, decisions, tuple(grants.values()))
    return explanations


def _decide(policy: AccessPolicy, requests: Sequence[Request]) -> tuple[Decision, ...]:
    return tuple(
        policy.decide(method, url, **{_PARAMETERS[method]: dict.fromkeys(params, "x")})
        for method, url, params in requests
    )


class _Page(NamedTuple):
    """A worker's page: all that its requests' URLs are made of."""

    account_sid: str | None
    workspace_sid: str
    worker_sid: str
    base_url: str
    version: str
    base_ws_url: str

    def addressed(self, requests: tuple[Request, ...]) -> list[Request]:
        """Return these requests, and that through the channel before them, with the URLs of this page."""
        if requests[0].url != _CHANNEL:
            requests = (_THROUGH_THE_CHANNEL, *requests)
        names = {
            "channel_url": f"{self.base_ws_url}/{self.account_sid}/{self.worker_sid}",
            "workspace_url": f"{self.base_url}/{self.version}/Workspaces/{self.workspace_sid}",
            "worker_sid": self.worker_sid,
            "task_sid": "WT0",
            "reservation_sid": "WR0",
        }
        return [
            request._replace(url=request.url.format(**names))
            for request in requests
            if request.url != _CHANNEL or self.account_sid is not None
        ]

    def with_each_grant(self, policy: AccessPolicy) -> Iterator[tuple[str, str, AccessPolicy]]:
        """Yield what the policy would be with the rules of each class and of each of its grants."""
        for kind, names in _GRANTS.items():
            for name in (None, *names):
                capability = kind(
                    self.account_sid or "AC0",
                    "0",
                    self.workspace_sid,
                    self.worker_sid,
                    base_url=self.base_url,
                    version=self.version,
                    base_ws_url=self.base_ws_url,
                )
                if name is not None:
                    getattr(capability, name)()
                rules: list[PolicyRule] = capability.policies
                try:
                    granted = AccessPolicy([*policy.policies, *rules])
                except ConflictingPoliciesError:
                    continue
                yield kind.__name__, " (from the start)" if name is None else f".{name}()", granted
