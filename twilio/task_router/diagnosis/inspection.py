"""A token that a command was given, good or not, and everything there is to see in it."""

from __future__ import annotations

import os
import re
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import jwt

from twilio.task_router import tokens
from twilio.task_router.capability import (
    Capability,
    TaskRouterCapability,
    TaskRouterTaskQueueCapability,
    TaskRouterWorkerCapability,
    TaskRouterWorkspaceCapability,
)
from twilio.task_router.checks import check_auth_token
from twilio.task_router.urls import (
    TASK_ROUTER_BASE_URL,
    TASK_ROUTER_BASE_WS_URL,
    TASK_ROUTER_VERSION,
    base_before,
    channel_url,
    workspace_url,
)
from twilio.task_router.verification import (
    check_header,
    check_signature,
    lifetime,
    read_access_policy,
    read_claims,
)

from .times import from_now

if TYPE_CHECKING:
    from twilio.task_router.access.notes import Note
    from twilio.task_router.access.policy import AccessPolicy


_CLASS_OF_CHANNEL = {
    "WK": TaskRouterWorkerCapability,
    "WQ": TaskRouterTaskQueueCapability,
    "WS": TaskRouterWorkspaceCapability,
}


@dataclass(frozen=True)
class Inspection:
    """A token, good or not."""

    header: dict[str, Any]
    claims: dict[str, Any]
    signature: Literal["good", "bad", "not checked"]
    #: What is wrong with the signature and the claims, apart from the time.
    problems: list[str]
    #: What the token permits, if its rules are well-formed.
    access_policy: AccessPolicy | None

    @property
    def expired(self) -> bool | None:
        """Whether the token has expired, or ``None`` if it does not say when it does."""
        return self.expired_at(time.time())

    def expired_at(self, moment: float) -> bool | None:
        """Whether the token had expired at a Unix time, or ``None`` if it does not say when it does."""
        exp = self.claims.get("exp")
        return None if isinstance(exp, bool) or not isinstance(exp, (int, float)) else exp <= moment

    @property
    def good(self) -> bool | None:
        """Whether the token is good, or ``None`` if only its signature would tell."""
        if self.problems or self.expired:
            return False
        return True if self.signature == "good" else None

    @property
    def expiry(self) -> str:
        """When the token expires, in words, if it says so."""
        return f"{'expired' if self.expired else 'expires'} {from_now(self.claims['exp'])}"

    @property
    def verdict(self) -> str:
        """Whether the token is good, in a sentence."""
        problems = [*self.problems, *([self.expiry] if self.expired else [])]
        if problems:
            return f"not good: {'; '.join(problems)}"
        if self.signature == "not checked":
            return f"signature not checked (set TWILIO_AUTH_TOKEN to check it); {self.expiry}"
        return f"good; {self.expiry}"

    @property
    def notes(self) -> list[Note]:
        """What is worth a second look."""
        if self.access_policy is None:
            return []
        try:
            return self.access_policy.notes(
                workspace_sid=self.sid("workspace_sid") or None,
                worker_sid=self.sid("worker_sid") or None,
                lifetime=lifetime(self.claims, start=time.time()),
            )
        except ValueError:  # a claim is not a SID, or there is too much to compare
            return []

    def sid(self, claim: str) -> str:
        """Return a claim that is a SID, or nothing."""
        value = self.claims.get(claim)
        return value if isinstance(value, str) else ""

    @property
    def api_url(self) -> str:
        """Where the token's rules expect the REST API, with the version: in a region or a test, elsewhere."""
        before = self._before(f"/Workspaces/{self.sid('workspace_sid')}")
        return before or f"{TASK_ROUTER_BASE_URL}/{TASK_ROUTER_VERSION}"

    @property
    def workspace_url(self) -> str:
        """The workspace's URL."""
        base_url, _, version = self.api_url.rpartition("/")
        return workspace_url(self.sid("workspace_sid"), base_url, version)

    @property
    def base_ws_url(self) -> str:
        """Where the token's rules expect the event bridge's websocket channels."""
        return self._before(f"/{self.sid('account_sid')}/{self.sid('channel')}") or TASK_ROUTER_BASE_WS_URL

    @property
    def places(self) -> dict[str, str]:
        """The same as the keywords of a capability and of ``explain``."""
        base_url, _, version = self.api_url.rpartition("/")
        return {"base_url": base_url, "version": version, "base_ws_url": self.base_ws_url}

    @property
    def channel_url(self) -> str:
        """The URL on the event bridge to which Worker.js sends every request."""
        return channel_url(self.sid("account_sid"), self.sid("channel"), self.base_ws_url)

    def _before(self, part: str) -> str:
        """Return what comes before this part of a URL in the first rule that has it, or nothing."""
        rules = self.access_policy.index.rules if self.access_policy else ()
        return next(filter(None, (base_before(rule.url, part) for rule in rules)), "")


def inspect_token(token: str) -> Inspection:
    """Return what there is to see in a token. ``TWILIO_AUTH_TOKEN`` checks its signature, if it is set.

    :raises ValueError: if ``TWILIO_AUTH_TOKEN`` cannot be an auth token.
    """
    auth_token = os.environ.get("TWILIO_AUTH_TOKEN")
    key = check_auth_token(auth_token) if auth_token else None
    try:
        read = tokens.read(token)
    except ValueError as error:
        # Of the decoders' own errors, which are subclasses, people can make nothing.
        says_more = type(error) is ValueError and _A_TOKEN.fullmatch(token)
        problem = f"the token cannot be read ({error}): copy all of it" if says_more else _NOT_ONE
        return Inspection({}, {}, "not checked", [problem], None)
    if other := _other_kind(read):
        return Inspection(read.header, {}, "not checked", [other], None)
    signature, problems = _check_signature(read, key)
    access_policy = None
    try:
        access_policy = read_access_policy(read.claims)
        read_claims(read.claims, access_policy)
    except jwt.InvalidTokenError as error:
        problems.append(str(error))
    not_before = read.claims.get("nbf")
    if isinstance(not_before, (int, float)) and not_before > time.time():
        problems.append(f"it is not valid yet, but will be {from_now(not_before)}")
    return Inspection(read.header, read.claims, signature, problems, access_policy)


def class_of(inspection: Inspection) -> type[Capability] | None:
    """Return the class whose rules a token has, or ``None`` if its channel is of no known kind."""
    kind = _CLASS_OF_CHANNEL.get(inspection.sid("channel")[:2])
    if kind is TaskRouterWorkerCapability and inspection.access_policy is not None:
        has = {(rule.method, rule.url) for rule in inspection.access_policy.index.rules}
        with suppress(ValueError):
            rules = capability_of(inspection, kind).policies
            if not {(rule["method"], rule["url"]) for rule in rules} <= has:
                return TaskRouterCapability
    return kind


def classes_of(inspection: Inspection) -> list[type[Capability]]:
    """Return the classes whose grants may help: the token's own, and then a newer one."""
    own = class_of(inspection)
    if own is None:
        return []
    try:
        capability_of(inspection, own)
    except ValueError:
        return []
    return [own, TaskRouterWorkerCapability] if own is TaskRouterCapability else [own]


def capability_of(inspection: Inspection, kind: type[Capability]) -> Capability:
    """Make a capability with the SIDs and the URLs of a token.

    :raises ValueError: if they cannot be those of one.
    """
    account_sid, workspace_sid, channel = map(inspection.sid, ("account_sid", "workspace_sid", "channel"))
    channels = () if kind is TaskRouterWorkspaceCapability else (channel,)
    return kind(account_sid, "unused", workspace_sid, *channels, **inspection.places)


_A_TOKEN = re.compile(r"[\w-]+\.[\w-]+\.[\w-]*", re.ASCII)
_NOT_ONE = (
    "this is not a token: a token is three parts of letters, digits, - and _, joined by dots (eyJ….eyJ….…)"
)


def _check_signature(
    read: tokens.Token, key: str | None
) -> tuple[Literal["good", "bad", "not checked"], list[str]]:
    try:
        check_header(read)
    except jwt.InvalidTokenError as error:
        return "bad", [str(error)]
    if key is None:
        return "not checked", []
    try:
        check_signature(read, key)
    except jwt.InvalidTokenError:
        return "bad", ["it is signed with another auth token than TWILIO_AUTH_TOKEN"]
    return "good", []


def _other_kind(read: tokens.Token) -> str | None:
    """Say what this is, if it is not a capability token of TaskRouter's."""
    claims = read.claims
    if "policies" in claims:
        return None
    if read.header.get("cty") == "twilio-fpa;v=1" or "grants" in claims:
        grants = claims.get("grants")
        if isinstance(grants, dict) and "task_router" in grants:
            return (
                "this is a Twilio access token, no TaskRouter capability token; it belongs to TaskRouter JS "
                "SDK v2 (npm twilio-taskrouter)"
            )
        return "this is a Twilio access token, no TaskRouter capability token"
    if "scope" in claims:
        return "this is a Twilio voice capability token, no TaskRouter capability token"
    return "this is some other JSON Web Token, no TaskRouter capability token"
