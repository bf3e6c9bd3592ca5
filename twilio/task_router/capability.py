"""Capabilities: an account, a channel and policy rules, signed as a token for a web page."""

from __future__ import annotations

import time
import warnings
from functools import cached_property, wraps
from math import floor
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from .checks import (
    check_auth_token,
    check_finite,
    check_mapping,
    check_sid,
    check_str,
    check_type,
    plain_json,
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

    Every rule is made by :meth:`make_policy`. All but the channel's two, without which no page works, are
    added by :meth:`add_policy`, so a subclass can narrow them in one place.

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

    # The attributes that twilio-python's class had. They are in the rules and the claims: a subclass may set
    # them before the constructor does, and nobody may afterwards. Others a subclass may use as its own.
    _fixed: ClassVar[frozenset[str]] = frozenset(
        {"account_sid", "auth_token", "workspace_sid", "channel_id", "base_url", "resource_url"}
    )

    #: The account's SID: the claims ``iss`` and ``account_sid``.
    account_sid: str
    #: The account's auth token, the key that signs.
    auth_token: str
    #: The workspace's SID.
    workspace_sid: str
    #: The policy rules, in the order in which they were granted. You may append your own.
    policies: list[PolicyRule]

    _base_ws_url: str
    _workspace_url: str
    _resource_url: str
    # The claims of its tokens, in their order. Each token has its own ``exp`` and ``policies`` in the gaps.
    _claims: dict[str, str]

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
        own = vars(self)  # past __setattr__
        if own:  # a subclass has set some already
            for name in self._fixed:
                own.pop(name, None)
        own["account_sid"] = account_sid
        own["auth_token"] = check_auth_token(auth_token)
        own["workspace_sid"] = workspace_sid
        own["_base_ws_url"] = base_ws_url
        own["_workspace_url"] = workspace = workspace_url(workspace_sid, base_url, version)
        own["_resource_url"] = resource_url(workspace, channel_id)
        own["_claims"] = claims = {
            "iss": account_sid,
            "exp": "",
            "version": version,
            "friendly_name": channel_id,
            "policies": "",
            "account_sid": account_sid,
            "workspace_sid": workspace_sid,
            "channel": channel_id,
        }
        if self._channel_claim is not None:
            claims[self._channel_claim] = channel_id
        own["policies"] = rules = []
        channel = channel_url(account_sid, channel_id, base_ws_url)
        rules.append(self.make_policy(channel, "GET", True))  # noqa: FBT003 - as in allow
        rules.append(self.make_policy(channel, "POST", True))  # noqa: FBT003 - as in allow
        self._allow_from_the_start()

    def _check_channel(self, channel_id: object) -> str:
        try:
            return check_sid(self._channel_parameter, channel_id, self.channel_prefix)
        except ValueError as error:
            sid = "" if channel_id is None else check_str(self._channel_parameter, channel_id)
            other = _CLASS_FOR.get(sid[:2])
            if other is None or sid.startswith(self.channel_prefix):
                raise
            raise ValueError(f"{error}; {other}") from None

    def _allow_from_the_start(self) -> None:
        self.add_policy(self._resource_url, "GET", True)  # noqa: FBT003 - as in allow

    def __setattr__(self, name: str, value: object) -> None:
        if "_claims" in vars(self):  # else the constructor is still to come
            if name in self._fixed:
                raise AttributeError(
                    f"cannot change {name}: rules already contain it; create a new capability"
                )
            if name == "policies" and not isinstance(value, list):
                raise wrong_type("policies", "a list of rules", value)
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        if name in self._fixed or name == "policies":
            raise AttributeError(f"cannot delete {name}: tokens are made of it; create a new capability")
        super().__delattr__(name)

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} of {self._claims['channel']} in {self.workspace_sid} of "
            f"{self.account_sid}, {len(self.policies)} policy rules>"
        )

    # Not properties: a subclass may have an attribute of its own that is called like one of these.

    @cached_property
    def channel_id(self) -> str:
        """The SID of the worker, task queue or workspace that the page is for: the claim ``channel``."""
        return self._claims["channel"]

    @cached_property
    def version(self) -> str:
        """The API's version, ``"v1"``."""
        return self._claims["version"]

    @cached_property
    def base_ws_url(self) -> str:
        """The URL of the event bridge's websocket channels."""
        return self._base_ws_url

    @cached_property
    def workspace_url(self) -> str:
        """The workspace's URL."""
        return self._workspace_url

    @cached_property
    def resource_url(self) -> str:
        """The URL of the worker, task queue or workspace that the page is for."""
        return self._resource_url

    @cached_property
    def channel_url(self) -> str:
        """The URL of the page's channel on the event bridge, to which the page sends every request."""
        return channel_url(self.account_sid, self._claims["channel"], self._base_ws_url)

    @cached_property
    def base_url(self) -> str:
        """The workspace's URL."""
        return self._workspace_url

    def allow_fetch_subresources(self) -> None:
        """Let the page fetch the resource and everything below it."""
        self.allow(f"{self._resource_url}/**", "GET")

    def allow_updates(self) -> None:
        """Let the page update the resource."""
        self.allow(self._resource_url, "POST")

    def allow_updates_subresources(self) -> None:
        """Let the page update the resource, and create and update everything below it."""
        self.allow(f"{self._resource_url}/**", "POST")

    def allow_delete(self) -> None:
        """Let the page delete the resource."""
        self.allow(self._resource_url, "DELETE")

    def allow_delete_subresources(self) -> None:
        """Let the page delete the resource and everything below it."""
        self.allow(f"{self._resource_url}/**", "DELETE")

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

    def generate_token(
        self, ttl: float | timedelta = 3600, attributes: Mapping[str, Any] | None = None
    ) -> str:
        """Return a token with the policy rules as they are now.

        It changes nothing in the capability, and several threads may call it at once.

        :param ttl: how long the token is good: seconds, or a ``timedelta``. A fraction of a second is
            dropped; -0.5 counts as -1. Zero or less makes a token that has expired.
        :param attributes: claims to add, such as ``friendly_name`` (by default the channel's SID).
        :raises TypeError: if ``ttl`` has another type, or if ``attributes`` is not a mapping of ``str`` to
            what JSON can hold.
        :raises ValueError: if ``ttl`` is NaN or infinite, or if ``attributes`` names a claim that the
            capability sets itself, or holds what strict JSON readers refuse: NaN, an infinity, a lone
            surrogate.
        :raises ConflictingRulesError: if two rules are the same, except that one allows and one denies.
            TaskRouter would answer every request of such a token with an error.
        :raises InvalidRuleError: if a rule is malformed (checked only if some rule denies, since only then
            can rules conflict; :meth:`access_policy` always checks).
        """
        claims: dict[str, Any] = self._claims.copy()
        claims["policies"] = _without_conflicts(list(self.policies))
        claims["exp"] = int(time.time()) + _seconds(ttl)
        if attributes is None:
            return sign(claims, self.auth_token)
        added = _read_attributes(attributes)
        try:
            return sign(claims | added, self.auth_token)
        except (TypeError, ValueError):
            to_json("attributes", added)  # raises the error in their name, if it is theirs
            raise

    def get_resource_url(self) -> str:
        """Return :attr:`resource_url`, as in twilio-python 4.5.0 to 5.7.0."""
        return self._resource_url


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

    def _grant(self, url: str, method: str, post_filter: Filter | None = None) -> None:
        """Add a rule that allows, but not by :meth:`allow`: a subclass's own may take no filters."""
        self.add_policy(url, method, True, None, post_filter)  # noqa: FBT003 - as in allow


class TaskRouterCapability(_WorkerChannelCapability):
    """What one worker's page may do, as in twilio-python 3.7.0 to 4.4.0.

    From the start the page may open its websocket and fetch the workspace's activities. For a page that
    works with reservations take :class:`TaskRouterWorkerCapability`.

    The parameters and errors are those of :class:`Capability`. The channel is the worker.
    """

    _fixed = frozenset(
        {
            "account_sid",
            "auth_token",
            "workspace_sid",
            "worker_sid",
            "version",
            "base_url",
            "base_ws_url",
            "workspace_url",
            "worker_url",
        }
    )

    def _allow_from_the_start(self) -> None:
        self._grant(f"{self._workspace_url}/Activities", "GET")

    def allow_worker_fetch_attributes(self) -> None:
        """Let the page fetch the worker. Without it Worker.js never becomes ready."""
        self._grant(self._resource_url, "GET")

    def allow_worker_activity_updates(self) -> None:
        """Let the page set the worker's activity, and nothing else of the worker."""
        self._grant(self._resource_url, "POST", {"ActivitySid": REQUIRED})

    def allow_task_reservation_updates(self) -> None:
        """Let the page accept or reject a reservation, with the one parameter ``ReservationStatus``."""
        self._grant(f"{self._workspace_url}/Tasks/**", "POST", {"ReservationStatus": REQUIRED})

    # Names of twilio-python 3.7.0 to 4.4.0.

    @cached_property
    def base_url(self) -> str:
        """The REST API's URL with the version. The newer classes use this name for the workspace's URL."""
        return self._workspace_url.removesuffix(f"/Workspaces/{self.workspace_sid}")

    @cached_property
    def worker_sid(self) -> str:
        """The worker's SID, which is also the channel's."""
        return self._claims["channel"]

    @cached_property
    def worker_url(self) -> str:
        """The worker's URL."""
        return self._resource_url


class TaskRouterWorkerCapability(_WorkerChannelCapability):
    """What one worker's page may do, as in twilio-python 5.3.0 to 5.7.0.

    From the start the page may open its websocket, and fetch the worker, the workspace's activities and
    tasks, and the worker's reservations.

    Compared with the releases of twilio-python:

    - 3.7.0 to 4.4.0 had :class:`TaskRouterCapability` instead.
    - 4.5.0 had this class without the worker's reservations: a token of ours permits ``GET`` there and, after
      :meth:`allow_reservation_updates`, ``POST``, and nothing less.
    - 4.6.0 to 5.2.0 had the same claims as 4.5.0.
    - 5.3.0 to 5.7.0 have the same claims as this class.

    The parameters and errors are those of :class:`Capability`. The channel is the worker.
    """

    _fixed = Capability._fixed | {"activity_url", "reservations_url", "worker_reservations_url"}  # noqa: SLF001 - of its base class

    #: The URL of the workspace's activities.
    activity_url: str
    #: The pattern of the workspace's tasks and their reservations.
    reservations_url: str
    #: The pattern of the worker's reservations.
    worker_reservations_url: str

    def _allow_from_the_start(self) -> None:
        super()._allow_from_the_start()
        own = vars(self)  # past __setattr__
        own["activity_url"] = f"{self._workspace_url}/Activities"
        own["reservations_url"] = f"{self._workspace_url}/Tasks/**"
        own["worker_reservations_url"] = f"{self._resource_url}/Reservations/**"
        self.allow(self.activity_url, "GET")
        self.allow(self.reservations_url, "GET")
        self.allow(self.worker_reservations_url, "GET")

    def allow_activity_updates(self) -> None:
        """Let the page set the worker's activity, and nothing else of the worker."""
        self._grant(self._resource_url, "POST", {"ActivitySid": REQUIRED})

    def allow_reservation_updates(self) -> None:
        """Let the page update tasks and reservations: accept, reject, dequeue, call, complete and so on."""
        self._grant(self.reservations_url, "POST")
        self._grant(self.worker_reservations_url, "POST")

    # The grants of 3.7.0, deprecated since twilio-python 4.5.0.

    def allow_worker_fetch_attributes(self) -> None:
        """Let the page fetch the worker.

        .. deprecated:: 4.5.0 of twilio-python
           It is allowed from the start.
        """
        _warn_deprecated("allow_worker_fetch_attributes() is deprecated: it is allowed from the start")
        self._grant(self._resource_url, "GET")

    def allow_worker_activity_updates(self) -> None:
        """Let the page set the worker's activity.

        .. deprecated:: 4.5.0 of twilio-python
           Call :meth:`allow_activity_updates`.
        """
        _warn_deprecated("allow_worker_activity_updates() is deprecated: call allow_activity_updates()")
        self._grant(self._resource_url, "POST", {"ActivitySid": REQUIRED})

    def allow_task_reservation_updates(self) -> None:
        """Let the page update tasks and their reservations, with any parameters.

        .. deprecated:: 4.5.0 of twilio-python
           Call :meth:`allow_reservation_updates`.
        """
        _warn_deprecated("allow_task_reservation_updates() is deprecated: call allow_reservation_updates()")
        self._grant(self.reservations_url, "POST")


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


def _without_conflicts(rules: list[Any]) -> list[PolicyRule]:
    """Return copies of the rules, checked for conflicts: another thread may change a rule meanwhile.

    Rules that all allow cannot conflict, whatever their filters are. Others have to be read.
    """
    copies: list[Any] = []
    for rule in rules:
        if type(rule) is not dict:
            break
        copy = rule.copy()
        if copy.get("allow") is not True:
            break
        copies.append(copy)
    else:
        return copies
    return [rule.as_dict() for rule in read_rules(rules)]


def _seconds(ttl: object) -> int:
    if type(ttl) is int:
        return ttl
    from datetime import timedelta  # noqa: PLC0415 - it would take a tenth of the time that the package takes to load

    if isinstance(ttl, timedelta):
        return ttl // timedelta(seconds=1)
    check_type("ttl", ttl, (int, float), "seconds (a number) or a timedelta")
    check_finite("ttl", ttl)
    return floor(cast("float", ttl))


def _read_attributes(attributes: object) -> dict[str, object]:
    added = check_mapping("attributes", attributes, "a mapping of claims")
    claims: dict[str, object] = plain_json("attributes", dict(added.items()))
    for name, value in claims.items():
        if name in _OWN_CLAIMS:
            raise ValueError(f"attributes must not set the claim {name!r}, got {shown(value)}")
        if name == "friendly_name":
            check_type("attributes['friendly_name']", value, str, "a str")
    return claims
