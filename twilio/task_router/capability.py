"""Capabilities: an account, a channel and policy rules, signed as a token for a web page."""

from __future__ import annotations

import time
import warnings
from functools import cached_property, wraps
from math import floor
from typing import TYPE_CHECKING, Any, ClassVar, cast

from .checks import (
    check_auth_token,
    check_finite,
    check_mapping,
    check_sid,
    check_str,
    check_type,
    json_text,
    plain_json,
    shown,
    wrong_type,
)
from .rule import REQUIRED, Filter, PolicyRule, make_rule, read_rules
from .tokens import sign, write_json
from .urls import (
    ACTIVITIES,
    RESERVATIONS,
    TASK_ROUTER_BASE_URL,
    TASK_ROUTER_BASE_WS_URL,
    TASK_ROUTER_VERSION,
    TASKS,
    channel_url,
    check_base_url,
    check_segment,
    resource_url,
    workspace_path,
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

_CLASS_FOR = {
    "WK": "for a worker, use TaskRouterWorkerCapability",
    "WQ": "for a task queue, use TaskRouterTaskQueueCapability",
    "WS": "for a workspace, use TaskRouterWorkspaceCapability",
}


class Capability:
    """The base class of the four capabilities: an account, a channel in a workspace, and policy rules.

    From the start, a page may open its websocket and send the requests that its class names. The methods
    ``allow_…`` grant more, :meth:`allow` and :meth:`deny` add any rule, and :meth:`generate_token` signs the
    rules. Calling a grant twice adds its rule twice, which changes nothing.

    Every rule is made by :meth:`make_policy`. All but the channel's two, without which no page works, are
    added by :meth:`add_policy`, so a subclass can narrow them in one place.

    :param account_sid: the account's SID, ``AC…``.
    :param auth_token: the account's auth token, which signs the tokens. No token, message or ``repr``
        contains the auth token.
    :param workspace_sid: the workspace's SID, ``WS…``.
    :param channel_id: the SID of the worker, task queue or workspace that the page is for. Take the SID from
        your session, never from the browser: whoever has the token can act as that worker.
    :param base_url: the base URL of TaskRouter's REST API, without the version.
    :param version: the API's version.
    :param base_ws_url: the base URL of the event bridge's websocket channels.
    :raises TypeError: if a parameter is not a ``str``.
    :raises ValueError: if a SID is ``None`` or not its two letters followed by ASCII letters, digits, ``-``
        or ``_``, if the auth token is empty or begins or ends with white space, or if another parameter
        cannot be part of a URL.
    """

    #: The first two letters of the channel's SID.
    channel_prefix: ClassVar[str]
    _channel_parameter: ClassVar[str] = "channel_id"
    _channel_claim: ClassVar[str | None] = None

    # The attributes of twilio-python's class, which are in the rules and the claims: a subclass may set them
    # before the constructor does, and nobody may afterwards. A subclass may use other names as its own.
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
    # The tokens' claims, in order. Each token has its own ``exp`` and ``policies``.
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
        self._set_up(account_sid, auth_token, workspace_sid, channel_id, base_url, version, base_ws_url)

    def _set_up(
        self,
        account_sid: str,
        auth_token: str,
        workspace_sid: str,
        channel_id: str,
        base_url: str,
        version: str,
        base_ws_url: str,
    ) -> None:
        if not hasattr(self, "channel_prefix"):
            raise TypeError(
                f"{type(self).__name__} has no channel_prefix: make one of the four capabilities, or derive "
                "your class from one of them"
            )
        account_sid = check_sid("account_sid", account_sid, "AC")
        try:
            channel_id = check_sid(self._channel_parameter, channel_id, self.channel_prefix)
        except ValueError as error:
            raise ValueError(f"{error}{self._class_for(channel_id)}") from None
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
        rules.append(self.make_policy(channel, "GET", True))
        rules.append(self.make_policy(channel, "POST", True))
        self._allow_from_the_start()

    def _class_for(self, channel_id: object) -> str:
        """Return the end of an error: the class for a channel of another kind, or an empty string."""
        sid = "" if channel_id is None else check_str(self._channel_parameter, channel_id)
        other = _CLASS_FOR.get(sid[:2])
        return "" if other is None or sid.startswith(self.channel_prefix) else f"; {other}"

    def _allow_from_the_start(self) -> None:
        self.add_policy(self._resource_url, "GET", True)

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
            raise AttributeError(f"cannot delete {name}: tokens need it; create a new capability")
        super().__delattr__(name)

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} of {self._claims['channel']} in {self.workspace_sid} of "
            f"{self.account_sid}, {len(self.policies)} policy rules>"
        )

    # Not properties, so that a subclass may have its own attributes with these names.

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
        """The workspace's URL, as in twilio-python 4.5.0 to 5.7.0; not the parameter ``base_url``."""
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
        self.add_policy(url, method, True, query_filter, post_filter)

    def deny(
        self, url: str, method: str, query_filter: Filter | None = None, post_filter: Filter | None = None
    ) -> None:
        """Add a rule that denies. The parameters and errors are those of :func:`make_policy`."""
        self.add_policy(url, method, False, query_filter, post_filter)

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
        :raises ConflictingRulesError: if two rules differ only in ``allow``.
        """
        from .access.policy import AccessPolicy  # noqa: PLC0415 - minting does not need it

        return AccessPolicy(self.policies)

    def generate_token(
        self, ttl: float | timedelta = 3600, attributes: Mapping[str, Any] | None = None
    ) -> str:
        """Return a token with the policy rules as they are now.

        The capability does not change, and several threads may call this method at once.

        :param ttl: the token's lifetime: seconds, or a ``timedelta``, rounded down to whole seconds. Zero or
            less makes an expired token.
        :param attributes: claims to add, such as ``friendly_name`` (by default the channel's SID).
        :raises TypeError: if ``ttl`` has the wrong type, or if ``attributes`` is not a mapping of ``str`` to
            JSON serializable values.
        :raises ValueError: if ``ttl`` is NaN or infinite, or if ``attributes`` names a claim that the
            capability sets itself, or contains NaN, an infinity or a lone surrogate.
        :raises ConflictingRulesError: if two rules differ only in ``allow``. TaskRouter would answer every
            request of such a token with an error.
        :raises InvalidRuleError: if a rule is malformed (not checked if all rules are plain dicts that allow,
            which cannot conflict; :meth:`access_policy` always checks).
        """
        claims: dict[str, Any] = self._claims.copy()
        rules = list(self.policies)
        claims["policies"] = _without_conflicts(rules)
        claims["exp"] = int(time.time()) + _seconds(ttl)
        if attributes is None:
            return sign(_payload(claims, rules), self.auth_token)
        added = _read_attributes(attributes)
        try:
            return sign(_payload(claims | added, rules), self.auth_token)
        except (TypeError, ValueError):
            # If the attributes are the cause, this raises an error that names them.
            json_text("attributes", write_json, added)
            raise

    def get_resource_url(self) -> str:
        """Return :attr:`resource_url`, as in twilio-python 4.5.0 to 5.7.0."""
        return self._resource_url


class _WorkerChannelCapability(Capability):
    """The base class of the two capabilities whose channel is a worker."""

    channel_prefix = "WK"
    _channel_parameter = "worker_sid"
    _channel_claim = "worker_sid"

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
        self._set_up(account_sid, auth_token, workspace_sid, worker_sid, base_url, version, base_ws_url)


def _refusing_channel_id(init: Callable[..., None]) -> Callable[..., None]:
    """Make a constructor explain ``channel_id``, which ``TaskRouterCapability`` took in 4.5.0 to 5.7.0."""

    @wraps(init)
    def refusing(self: Capability, *arguments: object, **keywords: object) -> None:
        if "channel_id" in keywords:
            raise TypeError(
                f"{type(self).__name__} takes worker_sid, not channel_id: for the TaskRouterCapability of "
                "twilio-python 4.5.0 to 5.7.0 use TaskRouterWorkerCapability with worker_sid, or the class "
                "for task queues or workspaces"
            )
        init(self, *arguments, **keywords)

    return refusing


class TaskRouterCapability(_WorkerChannelCapability):
    """The capability for a worker's page, as in twilio-python 3.7.0 to 4.4.0.

    From the start, the page may open its websocket and fetch the workspace's activities. For a page that
    works with reservations, use :class:`TaskRouterWorkerCapability`.

    The parameters and errors are those of :class:`Capability`, but the fourth is ``worker_sid``. The channel
    is the worker.
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

    # The grants of workers call add_policy, not allow, which old subclasses may override without filters.

    if not TYPE_CHECKING:  # pragma: no branch - type checkers read the signature in the base class
        __init__ = _refusing_channel_id(_WorkerChannelCapability.__init__)

    def _allow_from_the_start(self) -> None:
        self.add_policy(f"{self._workspace_url}{ACTIVITIES}", "GET", True)

    def allow_worker_fetch_attributes(self) -> None:
        """Let the page fetch the worker. Without this grant, Worker.js never becomes ready."""
        self.add_policy(self._resource_url, "GET", True)

    def allow_worker_activity_updates(self) -> None:
        """Let the page set the worker's activity, and nothing else of the worker."""
        self.add_policy(self._resource_url, "POST", True, None, {"ActivitySid": REQUIRED})

    def allow_task_reservation_updates(self) -> None:
        """Let the page accept or reject a reservation, with the one parameter ``ReservationStatus``."""
        post_filter = {"ReservationStatus": REQUIRED}
        self.add_policy(f"{self._workspace_url}{TASKS}", "POST", True, None, post_filter)

    # Names of twilio-python 3.7.0 to 4.4.0.

    @cached_property
    def base_url(self) -> str:
        """The REST API's URL with the version. The newer classes use this name for the workspace's URL."""
        return self._workspace_url.removesuffix(workspace_path(self.workspace_sid))

    @cached_property
    def worker_sid(self) -> str:
        """The worker's SID, which is also the channel's."""
        return self._claims["channel"]

    @cached_property
    def worker_url(self) -> str:
        """The worker's URL."""
        return self._resource_url


class TaskRouterWorkerCapability(_WorkerChannelCapability):
    """The capability for a worker's page, as in twilio-python 5.3.0 to 5.7.0.

    From the start, the page may open its websocket and fetch the worker, the workspace's activities and
    tasks, and the worker's reservations.

    Compared with the releases of twilio-python:

    - 3.7.0 to 4.4.0 had :class:`TaskRouterCapability` instead.
    - 4.5.0 had this class without the worker's reservations. This class allows ``GET`` there and, after
      :meth:`allow_reservation_updates`, ``POST``. All else is allowed as in 4.5.0.
    - 4.6.0 to 5.2.0 had the same claims as 4.5.0.
    - 5.3.0 to 5.7.0 have the same claims as this class.

    The parameters and errors are those of :class:`Capability`, but the fourth is ``worker_sid``. The channel
    is the worker.
    """

    _fixed = Capability._fixed | {"activity_url", "reservations_url", "worker_reservations_url"}  # noqa: SLF001 - of its base class

    #: The URL of the workspace's activities.
    activity_url: str
    #: The pattern of the workspace's tasks and their reservations.
    reservations_url: str
    #: The pattern of the worker's reservations.
    worker_reservations_url: str

    def _allow_from_the_start(self) -> None:
        own = vars(self)  # past __setattr__
        own["activity_url"] = f"{self._workspace_url}{ACTIVITIES}"
        own["reservations_url"] = f"{self._workspace_url}{TASKS}"
        own["worker_reservations_url"] = f"{self._resource_url}{RESERVATIONS}"
        self.add_policy(self._resource_url, "GET", True)
        self.allow(self.activity_url, "GET")
        self.allow(self.reservations_url, "GET")
        self.allow(self.worker_reservations_url, "GET")

    def allow_activity_updates(self) -> None:
        """Let the page set the worker's activity, and nothing else of the worker."""
        self.add_policy(self._resource_url, "POST", True, None, {"ActivitySid": REQUIRED})

    def allow_reservation_updates(self) -> None:
        """Let the page update tasks and reservations: accept, reject, dequeue, call, complete and so on."""
        self.add_policy(self.reservations_url, "POST", True)
        self.add_policy(self.worker_reservations_url, "POST", True)

    # The grants of 3.7.0, deprecated since twilio-python 4.5.0.

    def allow_worker_fetch_attributes(self) -> None:
        """Let the page fetch the worker.

        Deprecated in twilio-python 4.5.0: the page may do so from the start.
        """
        _warn_deprecated(
            "allow_worker_fetch_attributes() is deprecated: the page may fetch the worker from the start"
        )
        self.add_policy(self._resource_url, "GET", True)

    def allow_worker_activity_updates(self) -> None:
        """Let the page set the worker's activity.

        Deprecated in twilio-python 4.5.0: call :meth:`allow_activity_updates`.
        """
        _warn_deprecated("allow_worker_activity_updates() is deprecated: call allow_activity_updates()")
        self.add_policy(self._resource_url, "POST", True, None, {"ActivitySid": REQUIRED})

    def allow_task_reservation_updates(self) -> None:
        """Let the page update tasks and their reservations, with any parameters.

        Deprecated in twilio-python 4.5.0: call :meth:`allow_reservation_updates`.
        """
        _warn_deprecated("allow_task_reservation_updates() is deprecated: call allow_reservation_updates()")
        self.add_policy(self.reservations_url, "POST", True)


class TaskRouterTaskQueueCapability(Capability):
    """The capability for the page of a task queue.

    From the start, the page may open its websocket and fetch the task queue.

    The parameters and errors are those of :class:`Capability`. The channel is the task queue, ``WQ…``.
    """

    channel_prefix = "WQ"
    _channel_claim = "taskqueue_sid"


class TaskRouterWorkspaceCapability(Capability):
    """The capability for the page of a workspace, such as a supervisor's.

    From the start, the page may open its websocket and fetch the workspace.

    The parameters and errors are those of :class:`Capability`, without ``channel_id``. The channel is the
    workspace.
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
        self._set_up(account_sid, auth_token, workspace_sid, workspace_sid, base_url, version, base_ws_url)


def _warn_deprecated(message: str) -> None:
    warnings.warn(message, DeprecationWarning, stacklevel=3)  # at the line that called the grant


def _without_conflicts(rules: list[Any]) -> list[PolicyRule]:
    """Return copies of the rules, checked for conflicts: another thread may change the originals meanwhile.

    Rules that all allow cannot conflict, whatever their filters are. Others have to be read.
    """
    copies: list[Any] = []
    for rule in rules:
        if type(rule) is not dict:
            break
        copy = rule.copy()
        if "allow" not in copy or copy["allow"] is not True:  # faster than get()
            break
        copies.append(copy)
    else:
        return copies
    return _read_copies(rules)


def _read_copies(rules: list[Any]) -> list[PolicyRule]:
    return [rule.as_dict() for rule in read_rules(rules)]


def _payload(claims: dict[str, Any], rules: list[Any]) -> str:
    """Return claims as JSON. If its keys ``"allow"`` are not as many as the rules, the rules are read.

    A key of a subclass of ``str`` may be a second ``"allow"`` of a rule, and JSON would have both.
    """
    payload = json_text("claims", write_json, claims)
    if payload.count('"allow":') != len(rules):
        claims["policies"] = _read_copies(rules)
        payload = json_text("claims", write_json, claims)
    return payload


def _seconds(ttl: object) -> int:
    if type(ttl) is int:
        return ttl
    from datetime import timedelta  # noqa: PLC0415 - a tenth of the package's import time

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
