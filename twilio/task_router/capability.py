"""Capabilities: who may do what in a workspace, as a signed token for a web page."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from .arguments import (
    check_auth_token,
    check_mapping,
    check_segment,
    check_sid,
    check_url,
    shown,
    wrong_type,
)
from .policy import REQUIRED, PolicyRule, make_policy
from .tokens import compact_json, sign

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Where TaskRouter's REST API is.
TASK_ROUTER_BASE_URL: Final = "https://taskrouter.twilio.com"
#: Where the event bridge's websocket channels are.
TASK_ROUTER_BASE_WS_URL: Final = "https://event-bridge.twilio.com/v1/wschannels"

_OWN_CLAIMS = frozenset(
    {
        "iss",
        "exp",
        "version",
        "policies",
        "account_sid",
        "workspace_sid",
        "channel",
        "worker_sid",
        "taskqueue_sid",
    }
)


class TaskRouterCapability:
    """What one worker's page may do, as twilio-python 3.7.0 to 4.4.0 had it.

    The page may open its websocket and fetch the workspace's activities from the start. The methods
    ``allow_…`` grant more; :meth:`generate_token` makes the token of what was granted so far.

    :param account_sid: the account, ``AC…``.
    :param auth_token: the account's auth token. It signs, and is in no token, message or ``repr``.
    :param workspace_sid: the workspace, ``WS…``.
    :param worker_sid: the worker, ``WK…``. Take it from your session, never from the browser: whoever
        holds the token acts as this worker.
    :param base_url: where TaskRouter's REST API is, without the version.
    :param version: the API's version.
    :param base_ws_url: where the event bridge's websocket channels are.
    :raises TypeError: if a parameter is not a ``str``.
    :raises ValueError: if a SID is not its two letters followed by ASCII letters or digits, the auth token
        is empty, or one of the others cannot be part of a URL.
    """

    #: The account's SID: the claims ``iss`` and ``account_sid``.
    account_sid: str
    #: The account's auth token, the key that signs.
    auth_token: str
    #: The workspace's SID.
    workspace_sid: str
    #: The worker's SID, who is also the token's channel.
    worker_sid: str
    #: The API's version, ``"v1"``.
    version: str
    #: The REST API's URL, with the version.
    base_url: str
    #: The URL of the event bridge's websocket channels.
    base_ws_url: str
    #: The policy rules, in the order in which they were granted. Rules of your own may be appended.
    policies: list[PolicyRule]

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        workspace_sid: str,
        worker_sid: str,
        base_url: str = TASK_ROUTER_BASE_URL,
        version: str = "v1",
        base_ws_url: str = TASK_ROUTER_BASE_WS_URL,
    ) -> None:
        self.account_sid = check_sid("account_sid", account_sid, "AC")
        self.auth_token = check_auth_token(auth_token)
        self.workspace_sid = check_sid("workspace_sid", workspace_sid, "WS")
        self.worker_sid = check_sid("worker_sid", worker_sid, "WK")
        self.version = check_segment("version", version)
        self.base_url = f"{check_url('base_url', base_url)}/{self.version}"
        self.base_ws_url = check_url("base_ws_url", base_ws_url)
        channel_url = f"{self.base_ws_url}/{self.account_sid}/{self.worker_sid}"
        self.policies = [
            make_policy(channel_url, "GET"),
            make_policy(channel_url, "POST"),
            make_policy(f"{self.workspace_url}/Activities", "GET"),
        ]

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} of {self.worker_sid} in {self.workspace_sid} of {self.account_sid}, "
            f"{len(self.policies)} policy rules>"
        )

    @property
    def workspace_url(self) -> str:
        """The workspace's URL."""
        return f"{self.base_url}/Workspaces/{self.workspace_sid}"

    @property
    def worker_url(self) -> str:
        """The worker's URL."""
        return f"{self.workspace_url}/Workers/{self.worker_sid}"

    def allow_worker_fetch_attributes(self) -> None:
        """Let the page fetch the worker. Without it Worker.js never becomes ready."""
        self.policies.append(make_policy(self.worker_url, "GET"))

    def allow_worker_activity_updates(self) -> None:
        """Let the page set the worker's activity, and nothing else of the worker."""
        self.policies.append(make_policy(self.worker_url, "POST", post_filter={"ActivitySid": REQUIRED}))

    def allow_task_reservation_updates(self) -> None:
        """Let the page accept or reject a reservation, with the one parameter ``ReservationStatus``."""
        self.policies.append(
            make_policy(f"{self.workspace_url}/Tasks/**", "POST", post_filter={"ReservationStatus": REQUIRED})
        )

    def generate_token(self, ttl: int | timedelta = 3600, attributes: Mapping[str, Any] | None = None) -> str:
        """Return a token of the policy rules as they are now.

        It changes nothing in the capability, and may be called from several threads at once.

        :param ttl: how long the token is good: whole seconds, or a ``timedelta`` (a fraction of a second
            is dropped). Zero and less make a token that has expired.
        :param attributes: claims to add, such as ``friendly_name`` (by default the channel's SID).
        :raises TypeError: if ``ttl`` is of another type, or ``attributes`` is not a mapping of ``str`` to
            what JSON can hold.
        :raises ValueError: if ``attributes`` names a claim that the capability sets itself.
        """
        claims: dict[str, Any] = {
            "iss": self.account_sid,
            "exp": int(time.time()) + _seconds(ttl),
            "version": self.version,
            "friendly_name": self.worker_sid,
            "policies": self.policies,
            "account_sid": self.account_sid,
            "workspace_sid": self.workspace_sid,
            "channel": self.worker_sid,
            "worker_sid": self.worker_sid,
        }
        if attributes is not None:
            _check_attributes(attributes)
            claims.update(attributes)
        return sign(claims, self.auth_token)


def _seconds(ttl: object) -> int:
    if isinstance(ttl, timedelta):
        return ttl // timedelta(seconds=1)
    if isinstance(ttl, int) and not isinstance(ttl, bool):
        return ttl
    raise wrong_type("ttl", "whole seconds (an int) or a timedelta", ttl)


def _check_attributes(attributes: object) -> None:
    claims = check_mapping("attributes", attributes, "a mapping of claims")
    for name, value in claims.items():
        if not isinstance(name, str):
            raise wrong_type("attributes: a claim's name", "a str", name)
        if name in _OWN_CLAIMS:
            raise ValueError(f"attributes must not set the claim {name!r}, got {shown(value)}")
        if name == "friendly_name" and not isinstance(value, str):
            raise wrong_type("attributes['friendly_name']", "a str", value)
    compact_json("attributes", dict(claims))
