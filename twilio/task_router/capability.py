"""Capabilities: an account, a channel and policy rules, signed as a token for a web page."""

from __future__ import annotations

import time
import warnings
from functools import wraps
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from .checks import (
    check_auth_token,
    check_mapping,
    check_sid,
    check_type,
    shown,
    wrong_type,
)
from .rule import REQUIRED, Filter, PolicyRule, make_rule, read_rules
from .tokens import sign, to_json
from .urls import (
    TASK_ROUTER_BASE_URL,
    TASK_ROUTER_BASE_WS_URL,
    TASK_ROUTER_VERSION,
    channel_url,
    check_base_url,
    check_segment,
    resource_url,
    workspace_url,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import timedelta

    from .access.policy import AccessPolicy

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

_Init = TypeVar("_Init", bound="Callable[..., None]")

# Rules were made of these, so they must not change once there are rules.
_FIXED = frozenset(
    {
        "account_sid",
        "auth_token",
        "workspace_sid",
        "channel_id",
        "version",
        "base_ws_url",
        "workspace_url",
        "resource_url",
    }
)

_CLASS_FOR = {
    "WK": "workers have TaskRouterWorkerCapability",
    "WQ": "task queues have TaskRouterTaskQueueCapability",
    "WS": "workspaces have TaskRouterWorkspaceCapability",
}


class Capability:
    """What the four capabilities share: an account, a channel in a workspace, and policy rules.

    A page may open its websocket from the start, and do what its class says. The methods ``allow_…`` grant
    more, :meth:`allow` and :meth:`deny` add any rule, and :meth:`generate_token` signs what was granted so
    far. If you call a grant twice, its rule is there twice, which changes nothing.

    Every rule, also those of the constructor and of the grants, is made by :meth:`make_policy` and added by
    :meth:`add_policy`, so a subclass can narrow all of them in one place.

    :param account_sid: the account, ``AC…``.
    :param auth_token: the account's auth token. It signs, and no token, message or ``repr`` contains it.
    :param workspace_sid: the workspace, ``WS…``.
    :param channel_id: the worker, task queue or workspace that the page is for. Take it from your session,
        never from the browser: whoever has the token acts in its name.
    :param base_url: where TaskRouter's REST API is, without the version.
    :param version: the API's version.
    :param base_ws_url: where the event bridge's websocket channels are.
    :raises TypeError: if a parameter is not a ``str``.
    :raises ValueError: if a SID is ``None``, or is not its two letters followed by ASCII letters, digits,
        ``-`` or ``_``, if the auth token is empty or begins or ends with white space, or if one of the others
        cannot be part of a URL.
    """

    #: The first two letters of the channel's SID.
    channel_prefix: ClassVar[str]
    _channel_parameter: ClassVar[str] = "channel_id"
    _channel_claim: ClassVar[str | None] = None

    #: The account's SID: the claims ``iss`` and ``account_sid``.
    account_sid: str
    #: The account's auth token, the key that signs.
    auth_token: str
    #: The workspace's SID.
    workspace_sid: str
    #: The SID of the worker, task queue or workspace that the page is for: the claim ``channel``.
    channel_id: str
    #: The API's version, ``"v1"``.
    version: str
    #: The URL of the event bridge's websocket channels.
    base_ws_url: str
    #: The workspace's URL.
    workspace_url: str
    #: The URL of the worker, task queue or workspace that the page is for.
    resource_url: str
    #: The policy rules, in the order in which they were granted. You may append your own.
    policies: list[PolicyRule]

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        workspace_sid: str,
        channel_id: str,
        *,
        base_url: str = TASK_ROUTER_BASE_URL,
        version: str = TASK_ROUTER_VERSION,
        base_ws_url: str = TASK_ROUTER_BASE_WS_URL,
    ) -> None:
        if not hasattr(self, "channel_prefix"):
            raise TypeError(
                f"{type(self).__name__} has no channel_prefix: make one of the four capabilities, or derive "
                "your class from one of them"
            )
        account_sid = check_sid("account_sid", account_sid, "AC")
        channel_id = self._check_channel(channel_id)
        workspace_sid = check_sid("workspace_sid", workspace_sid, "WS")
        if version is not TASK_ROUTER_VERSION:
            version = check_segment("version", version)
        if base_url is not TASK_ROUTER_BASE_URL:
            base_url = check_base_url("base_url", base_url)
        if base_ws_url is not TASK_ROUTER_BASE_WS_URL:
            base_ws_url = check_base_url("base_ws_url", base_ws_url)
        fixed = vars(self)  # past __setattr__: a subclass may have set some of these already
        fixed["account_sid"] = account_sid
        fixed["auth_token"] = check_auth_token(auth_token)
        fixed["workspace_sid"] = workspace_sid
        fixed["channel_id"] = channel_id
        fixed["version"] = version
        fixed["base_ws_url"] = base_ws_url
        fixed["workspace_url"] = workspace_url(workspace_sid, base_url, version)
        fixed["resource_url"] = resource_url(self.workspace_url, channel_id)
        fixed["policies"] = []
        channel = channel_url(account_sid, channel_id, base_ws_url)
        self.allow(channel, "GET")
        self.allow(channel, "POST")
        self._allow_from_the_start()

    def _check_channel(self, channel_id: str) -> str:
        try:
            return check_sid(self._channel_parameter, channel_id, self.channel_prefix)
        except ValueError as error:
            other = _CLASS_FOR.get((channel_id or "")[:2])
            if other is None or channel_id.startswith(self.channel_prefix):
                raise
            raise ValueError(f"{error}; {other}") from None

    def _allow_from_the_start(self) -> None:
        self.allow(self.resource_url, "GET")

    def __setattr__(self, name: str, value: object) -> None:
        if name in _FIXED and "policies" in vars(self):
            raise AttributeError(f"{name} is fixed, since rules were made of it: make another capability")
        if name == "policies" and not isinstance(value, list):
            raise wrong_type("policies", "a list of rules", value)
        super().__setattr__(name, value)

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} of {self.channel_id} in {self.workspace_sid} of {self.account_sid}, "
            f"{len(self.policies)} policy rules>"
        )

    def allow_fetch_subresources(self) -> None:
        """Let the page fetch the resource and everything below it."""
        self.allow(f"{self.resource_url}/**", "GET")

    def allow_updates(self) -> None:
        """Let the page update the resource."""
        self.allow(self.resource_url, "POST")

    def allow_updates_subresources(self) -> None:
        """Let the page update the resource, and create and update everything below it."""
        self.allow(f"{self.resource_url}/**", "POST")

    def allow_delete(self) -> None:
        """Let the page delete the resource."""
        self.allow(self.resource_url, "DELETE")

    def allow_delete_subresources(self) -> None:
        """Let the page delete the resource and everything below it."""
        self.allow(f"{self.resource_url}/**", "DELETE")

    def allow(
        self, url: str, method: str, query_filter: Filter | None = None, post_filter: Filter | None = None
    ) -> None:
        """Add a rule that allows. The parameters and errors are those of :func:`make_policy`."""
        self.add_policy(url, method, True, query_filter, post_filter)  # noqa: FBT003 - a subclass may rename it

    def deny(
        self, url: str, method: str, query_filter: Filter | None = None, post_filter: Filter | None = None
    ) -> None:
        """Add a rule that denies. The parameters and errors are those of :func:`make_policy`."""
        self.add_policy(url, method, False, query_filter, post_filter)  # noqa: FBT003 - as in allow

    def add_policy(
        self,
        url: str,
        method: str,
        allowed: bool,  # noqa: FBT001 - the signature of twilio-python 5.7.0
        query_filter: Filter | None = None,
        post_filter: Filter | None = None,
    ) -> None:
        """Add a rule. The parameters and errors are those of :func:`make_policy`."""
        self.policies.append(self.make_policy(url, method, allowed, query_filter, post_filter))

    make_policy = staticmethod(make_rule)

    def access_policy(self) -> AccessPolicy:
        """Return the policy rules as they are now, to try requests on.

        :raises InvalidRuleError: if a rule that was appended by hand is malformed.
        :raises ConflictingRulesError: if two rules are the same, except that one allows and one denies.
        """
        from .access.policy import AccessPolicy  # noqa: PLC0415 - minting does without it

        return AccessPolicy(self.policies)

    def generate_token(self, ttl: int | timedelta = 3600, attributes: Mapping[str, Any] | None = None) -> str:
        """Return a token with the policy rules as they are now.

        It changes nothing in the capability, and several threads may call it at once.

        :param ttl: how long the token is good: whole seconds, or a ``timedelta`` (a fraction of a second
            is dropped). Zero or less makes a token that has expired.
        :param attributes: claims to add, such as ``friendly_name`` (by default the channel's SID).
        :raises TypeError: if ``ttl`` has another type, or if ``attributes`` is not a mapping of ``str`` to
            what JSON can hold.
        :raises ValueError: if ``attributes`` names a claim that the capability sets itself, or holds what
            strict JSON readers refuse: NaN, an infinity, a lone surrogate.
        :raises ConflictingRulesError: if two rules are the same, except that one allows and one denies.
            TaskRouter would answer every request of such a token with an error.
        :raises InvalidRuleError: if a rule is malformed (checked only if some rule denies, since only then
            can rules conflict; :meth:`access_policy` always checks).
        """
        rules = list(self.policies)  # what is checked is what is signed: other threads may append meanwhile
        if _some_rule_may_deny(rules):
            rules = [rule.as_dict() for rule in read_rules(rules)]
        claims: dict[str, Any] = {
            "iss": self.account_sid,
            "exp": int(time.time()) + _seconds(ttl),
            "version": self.version,
            "friendly_name": self.channel_id,
            "policies": rules,
            "account_sid": self.account_sid,
            "workspace_sid": self.workspace_sid,
            "channel": self.channel_id,
        }
        if self._channel_claim is not None:
            claims[self._channel_claim] = self.channel_id
        if attributes is not None:
            claims.update(_checked_attributes(attributes))
        return sign(claims, self.auth_token)

    # What twilio-python 4.5.0 to 5.7.0 called so.

    def get_resource_url(self) -> str:
        """Return :attr:`resource_url`."""
        return self.resource_url

    @property
    def base_url(self) -> str:
        """The workspace's URL."""
        return self.workspace_url


def _refusing_channel_id(init: _Init) -> _Init:
    """Let a constructor explain the keyword that the ``TaskRouterCapability`` of 4.5.0 to 5.7.0 had."""

    @wraps(init)
    def refusing(self: Capability, *arguments: object, **keywords: object) -> None:
        if "channel_id" in keywords:
            raise TypeError(
                f"{type(self).__name__} takes worker_sid, not channel_id: for the TaskRouterCapability of "
                "twilio-python 4.5.0 to 5.7.0 use TaskRouterWorkerCapability with worker_sid, or the class "
                "for task queues or workspaces"
            )
        init(self, *arguments, **keywords)

    return cast("_Init", refusing)


class _WorkerChannelCapability(Capability):
    """What the two capabilities of a worker share: the worker is their channel."""

    channel_prefix = "WK"
    _channel_parameter = "worker_sid"
    _channel_claim = "worker_sid"

    @_refusing_channel_id
    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        workspace_sid: str,
        worker_sid: str,
        base_url: str = TASK_ROUTER_BASE_URL,
        version: str = TASK_ROUTER_VERSION,
        base_ws_url: str = TASK_ROUTER_BASE_WS_URL,
    ) -> None:
        super().__init__(
            account_sid,
            auth_token,
            workspace_sid,
            worker_sid,
            base_url=base_url,
            version=version,
            base_ws_url=base_ws_url,
        )


class TaskRouterCapability(_WorkerChannelCapability):
    """What one worker's page may do, as in twilio-python 3.7.0 to 4.4.0.

    From the start the page may open its websocket and fetch the workspace's activities. For a page that
    works with reservations take :class:`TaskRouterWorkerCapability`.

    The parameters and errors are those of :class:`Capability`. The channel is the worker.
    """

    def _allow_from_the_start(self) -> None:
        self.allow(f"{self.workspace_url}/Activities", "GET")

    def allow_worker_fetch_attributes(self) -> None:
        """Let the page fetch the worker. Without it Worker.js never becomes ready."""
        self.allow(self.worker_url, "GET")

    def allow_worker_activity_updates(self) -> None:
        """Let the page set the worker's activity, and nothing else of the worker."""
        self.allow(self.worker_url, "POST", post_filter={"ActivitySid": REQUIRED})

    def allow_task_reservation_updates(self) -> None:
        """Let the page accept or reject a reservation, with the one parameter ``ReservationStatus``."""
        self.allow(f"{self.workspace_url}/Tasks/**", "POST", post_filter={"ReservationStatus": REQUIRED})

    # What twilio-python 3.7.0 to 4.4.0 called so.

    @property
    def base_url(self) -> str:
        """The REST API's URL with the version. The newer classes use this name for the workspace's URL."""
        return self.workspace_url.removesuffix(f"/Workspaces/{self.workspace_sid}")

    @property
    def worker_sid(self) -> str:
        """The worker's SID, which is also the channel's."""
        return self.channel_id

    @property
    def worker_url(self) -> str:
        """The worker's URL."""
        return self.resource_url


class TaskRouterWorkerCapability(_WorkerChannelCapability):
    """What one worker's page may do, as in twilio-python 4.5.0 to 5.7.0.

    From the start the page may open its websocket, and fetch the worker, the workspace's activities and
    tasks, and the worker's reservations.

    The parameters and errors are those of :class:`Capability`. The channel is the worker.
    """

    def _allow_from_the_start(self) -> None:
        super()._allow_from_the_start()
        self.allow(self.activity_url, "GET")
        self.allow(self.reservations_url, "GET")
        self.allow(self.worker_reservations_url, "GET")

    @property
    def activity_url(self) -> str:
        """The URL of the workspace's activities."""
        return f"{self.workspace_url}/Activities"

    @property
    def reservations_url(self) -> str:
        """The pattern of the workspace's tasks and their reservations."""
        return f"{self.workspace_url}/Tasks/**"

    @property
    def worker_reservations_url(self) -> str:
        """The pattern of the worker's reservations."""
        return f"{self.resource_url}/Reservations/**"

    def allow_activity_updates(self) -> None:
        """Let the page set the worker's activity, and nothing else of the worker."""
        self.allow(self.resource_url, "POST", post_filter={"ActivitySid": REQUIRED})

    def allow_reservation_updates(self) -> None:
        """Let the page update tasks and reservations: accept, reject, dequeue, call, complete and so on."""
        self.allow(self.reservations_url, "POST")
        self.allow(self.worker_reservations_url, "POST")

    # The grants of 3.7.0, deprecated since twilio-python 4.5.0.

    def allow_worker_fetch_attributes(self) -> None:
        """Let the page fetch the worker.

        .. deprecated:: 4.5.0 of twilio-python
           It is allowed from the start.
        """
        _warn_deprecated("allow_worker_fetch_attributes() is deprecated: it is allowed from the start")
        self.allow(self.resource_url, "GET")

    def allow_worker_activity_updates(self) -> None:
        """Let the page set the worker's activity.

        .. deprecated:: 4.5.0 of twilio-python
           Call :meth:`allow_activity_updates`.
        """
        _warn_deprecated("allow_worker_activity_updates() is deprecated: call allow_activity_updates()")
        self.allow_activity_updates()

    def allow_task_reservation_updates(self) -> None:
        """Let the page update tasks and their reservations, with any parameters.

        .. deprecated:: 4.5.0 of twilio-python
           Call :meth:`allow_reservation_updates`.
        """
        _warn_deprecated("allow_task_reservation_updates() is deprecated: call allow_reservation_updates()")
        self.allow(self.reservations_url, "POST")


class TaskRouterTaskQueueCapability(Capability):
    """What a page about one task queue may do. From the start: open its websocket and fetch the queue.

    The parameters and errors are those of :class:`Capability`. The channel is the task queue, ``WQ…``.
    """

    channel_prefix = "WQ"
    _channel_claim = "taskqueue_sid"


class TaskRouterWorkspaceCapability(Capability):
    """What a page about a whole workspace may do. From the start: open its websocket and fetch it.

    The parameters and errors are those of :class:`Capability`. The channel is the workspace.
    """

    channel_prefix = "WS"
    _channel_parameter = "workspace_sid"

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        workspace_sid: str,
        *,
        base_url: str = TASK_ROUTER_BASE_URL,
        version: str = TASK_ROUTER_VERSION,
        base_ws_url: str = TASK_ROUTER_BASE_WS_URL,
    ) -> None:
        super().__init__(
            account_sid,
            auth_token,
            workspace_sid,
            workspace_sid,
            base_url=base_url,
            version=version,
            base_ws_url=base_ws_url,
        )


def _warn_deprecated(message: str) -> None:
    warnings.warn(message, DeprecationWarning, stacklevel=3)  # at the line that called the grant


def _some_rule_may_deny(rules: list[PolicyRule]) -> bool:
    for rule in rules:  # noqa: SIM110 - any() would add two to three per cent to the time of minting
        if not isinstance(rule, dict) or rule.get("allow") is not True:
            return True
    return False


def _seconds(ttl: object) -> int:
    if type(ttl) is int:
        return ttl
    from datetime import timedelta  # noqa: PLC0415 - it would take a tenth of the time that the package takes to load

    check_type("ttl", ttl, (int, timedelta), "whole seconds (an int) or a timedelta")
    return ttl // timedelta(seconds=1) if isinstance(ttl, timedelta) else int(cast("int", ttl))


def _checked_attributes(attributes: object) -> dict[str, object]:
    claims: dict[str, object] = {}
    for name, value in check_mapping("attributes", attributes, "a mapping of claims").items():
        if not isinstance(name, str):
            raise wrong_type("attributes: a claim's name", "a str", name)
        if name in _OWN_CLAIMS:
            raise ValueError(f"attributes must not set the claim {name!r}, got {shown(value)}")
        if name == "friendly_name":
            check_type("attributes['friendly_name']", value, str, "a str")
        claims[name] = value
    to_json("attributes", claims)
    return claims
