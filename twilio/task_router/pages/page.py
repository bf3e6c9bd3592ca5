"""The page that a token is for: its Worker.js object, its SIDs and its hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from twilio.task_router.access.own_urls import own_urls
from twilio.task_router.capability import (
    Capability,
    TaskRouterCapability,
    TaskRouterTaskQueueCapability,
    TaskRouterWorkerCapability,
    TaskRouterWorkspaceCapability,
)
from twilio.task_router.checks import check_sid
from twilio.task_router.sids import CLAIMS, sids_of
from twilio.task_router.urls import (
    base_before,
    channel_url,
    check_base_url,
    check_segment,
    workspace_url,
)

from . import task_queue, worker, workspace
from .open_request import OWN_SID

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twilio.task_router.verification import VerifiedToken

    from .call import Call
    from .open_request import OpenRequest

#: The SID that Worker.js uses if the claim with the SID is missing.
UNDEFINED: Final = "undefined"


class Kind(NamedTuple):
    """A kind of page."""

    calls: Sequence[Call]
    #: The capability classes for such pages.
    classes: Sequence[type[Capability]]
    #: The claim from which Worker.js takes the SID of the page's channel.
    claim: str
    prefix: str


_KINDS: Final = {
    "worker": Kind(worker.CALLS, (TaskRouterCapability, TaskRouterWorkerCapability), CLAIMS["worker"], "WK"),
    "task queue": Kind(task_queue.CALLS, (TaskRouterTaskQueueCapability,), CLAIMS["task queue"], "WQ"),
    "workspace": Kind(workspace.CALLS, (TaskRouterWorkspaceCapability,), CLAIMS["workspace"], "WS"),
}


class Page(NamedTuple):
    """A page with one Worker.js object."""

    kind: Kind
    account_sid: str
    workspace_sid: str
    #: The SID of the worker, task queue or workspace, or :data:`UNDEFINED`.
    sid: str
    base_url: str
    version: str
    base_ws_url: str

    @property
    def channel_url(self) -> str:
        """The URL to which Worker.js sends every request."""
        return channel_url(self.account_sid, self.sid, self.base_ws_url)

    def addressed(self, request: OpenRequest) -> OpenRequest:
        """Return a request from a table of calls, with its whole URL."""
        path = request.url.replace(OWN_SID, self.sid)
        return request._replace(url=workspace_url(self.workspace_sid, self.base_url, self.version) + path)

    def capability(self, kind: type[Capability]) -> Capability:
        """Return a capability for the page."""
        sids = (
            [self.workspace_sid] if kind is TaskRouterWorkspaceCapability else [self.workspace_sid, self.sid]
        )
        return kind(
            self.account_sid,
            "unused",
            *sids,
            base_url=self.base_url,
            version=self.version,
            base_ws_url=self.base_ws_url,
        )


def page_of(claims: Mapping[str, object], *, base_url: str, version: str, base_ws_url: str) -> Page:
    """Return the page that a token with these claims is for.

    Worker.js takes the channel's SID from the claim of its object, such as ``worker_sid``. The claim
    ``channel`` counts only if no other claim names the object.

    :raises TypeError: if a claim or a part of a URL has the wrong type.
    :raises ValueError: if a claim is not a SID, or a part of a URL is malformed.
    """
    kind = _KINDS[sids_of(claims).page or "workspace"]
    sid = claims.get(kind.claim)
    return Page(
        kind,
        check_sid("account_sid", claims.get("account_sid"), "AC"),
        check_sid("workspace_sid", claims.get("workspace_sid"), "WS"),
        UNDEFINED if sid is None else check_sid(kind.claim, sid, kind.prefix),
        check_base_url("base_url", base_url),
        check_segment("version", version),
        check_base_url("base_ws_url", base_ws_url),
    )


def page_of_capability(capability: Capability) -> Page:
    """Return the page that a capability is for."""
    kinds = {kind.prefix: kind for kind in _KINDS.values()}
    api_url = base_before(capability.workspace_url, f"/Workspaces/{capability.workspace_sid}") or ""
    base_url, _, version = api_url.rpartition("/")
    return Page(
        kinds[capability.channel_prefix],
        capability.account_sid,
        capability.workspace_sid,
        capability.channel_id,
        base_url,
        version,
        capability.base_ws_url,
    )


def page_of_token(token: VerifiedToken) -> Page:
    """Return the page that a token is for. The hosts come from the token's rules, or else are Twilio's.

    :raises ValueError: if a claim is not a SID, or a base URL in the rules is malformed.
    """
    urls = own_urls(token.access_policy.index.rules, sids_of(token.claims))
    return page_of(token.claims, base_url=urls.base_url, version=urls.version, base_ws_url=urls.base_ws_url)
