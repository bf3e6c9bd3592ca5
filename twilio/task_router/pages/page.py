"""The page that a token is for: its Worker.js object, its SIDs and its hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from twilio.task_router.access.own_class import CLASSES, own_capability
from twilio.task_router.access.own_urls import own_urls, urls_of
from twilio.task_router.checks import check_sid
from twilio.task_router.sids import CLAIMS, Sids, sids_of
from twilio.task_router.urls import base_before, check_base_url, check_segment, workspace_path

from . import task_queue, worker, workspace
from .open_request import OWN_SID

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twilio.task_router.access.own_urls import OwnUrls
    from twilio.task_router.capability import Capability
    from twilio.task_router.sids import PageKind
    from twilio.task_router.verification import VerifiedToken

    from .call import Call
    from .open_request import OpenRequest

#: The SID that Worker.js uses if the claim with the SID is missing.
UNDEFINED: Final = "undefined"


class Kind(NamedTuple):
    """A kind of page."""

    calls: Sequence[Call]
    #: The capability classes for such pages, the oldest first.
    classes: Sequence[type[Capability]]
    #: The claim from which Worker.js takes the SID of the page's channel.
    claim: str
    prefix: str


_CALLS: Final[Mapping[PageKind, Sequence[Call]]] = {
    "worker": worker.CALLS,
    "task queue": task_queue.CALLS,
    "workspace": workspace.CALLS,
}
_KINDS: Final = {
    page: Kind(calls, tuple(reversed(CLASSES[page])), CLAIMS[page], CLASSES[page][0].channel_prefix)
    for page, calls in _CALLS.items()
}


class Page(NamedTuple):
    """A page with one Worker.js object."""

    kind: Kind
    #: The SIDs, of which the channel is that of the worker, task queue or workspace, or :data:`UNDEFINED`.
    sids: Sids
    urls: OwnUrls

    def addressed(self, request: OpenRequest) -> OpenRequest:
        """Return a request from a table of calls, with its whole URL."""
        return request._replace(url=self.urls.workspace + request.url.replace(OWN_SID, self.sids.channel))

    def capability(self, kind: type[Capability]) -> Capability:
        """Return a capability for the page."""
        return own_capability(kind, self.sids, self.urls)

    def at(self, base_url: str | None, version: str | None, base_ws_url: str | None) -> Page:
        """Return the page below other base URLs. ``None`` means the page's own.

        :raises TypeError: if a part of a URL has the wrong type.
        :raises ValueError: if a part of a URL is malformed.
        """
        urls = urls_of(
            self.sids,
            check_base_url("base_url", self.urls.base_url if base_url is None else base_url),
            check_segment("version", self.urls.version if version is None else version),
            check_base_url("base_ws_url", self.urls.base_ws_url if base_ws_url is None else base_ws_url),
        )
        return self._replace(urls=urls)


def page_of(claims: Mapping[str, object], urls: OwnUrls) -> Page:
    """Return the page that a token with these claims is for, below the base URLs of *urls*.

    Worker.js takes the channel's SID from the claim of its object, such as ``worker_sid``. The claim
    ``channel`` counts only if no other claim names the object.

    :raises TypeError: if a claim or a part of a URL has the wrong type.
    :raises ValueError: if a claim is not a SID, or a part of a URL is malformed.
    """
    kind = _KINDS[sids_of(claims).page or "workspace"]
    sid = claims.get(kind.claim)
    sids = _sids_of_page(
        check_sid("account_sid", claims.get("account_sid"), "AC"),
        check_sid("workspace_sid", claims.get("workspace_sid"), "WS"),
        UNDEFINED if sid is None else check_sid(kind.claim, sid, kind.prefix),
    )
    return Page(kind, sids, urls).at(None, None, None)


def _sids_of_page(account: str, workspace: str, channel: str) -> Sids:
    return Sids(account, workspace, channel, worker="", task_queue="")


def page_of_capability(capability: Capability) -> Page:
    """Return the page that a capability is for."""
    kinds = {kind.prefix: kind for kind in _KINDS.values()}
    api_url = base_before(capability.workspace_url, workspace_path(capability.workspace_sid)) or ""
    base_url, _, version = api_url.rpartition("/")
    sids = _sids_of_page(capability.account_sid, capability.workspace_sid, capability.channel_id)
    urls = urls_of(sids, base_url, version, capability.base_ws_url)
    return Page(kinds[capability.channel_prefix], sids, urls)


def page_of_token(token: VerifiedToken) -> Page:
    """Return the page that a token is for. The hosts come from the token's rules, or else are Twilio's.

    :raises ValueError: if a claim is not a SID, or a base URL in the rules is malformed.
    """
    return page_of(token.claims, own_urls(token.access_policy.index.rules, sids_of(token.claims)))
