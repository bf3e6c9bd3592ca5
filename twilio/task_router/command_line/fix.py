"""The fix for a denial: the grant to call, and the narrowest rule that would do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twilio.task_router.access_policy import ConflictingPoliciesError, extended
from twilio.task_router.capability import (
    Capability,
    TaskRouterCapability,
    TaskRouterTaskQueueCapability,
    TaskRouterWorkerCapability,
    TaskRouterWorkspaceCapability,
)
from twilio.task_router.checks import masked
from twilio.task_router.grants import GRANTS
from twilio.task_router.rule import METHODS, REQUIRED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twilio.task_router.access_policy import AccessPolicy
    from twilio.task_router.request import Request

    from .inspection import Inspection

_CLASS_OF_CHANNEL = {
    "WK": TaskRouterWorkerCapability,
    "WQ": TaskRouterTaskQueueCapability,
    "WS": TaskRouterWorkspaceCapability,
}
# The official SDK's keywords for the same grants, which its constructors take.
_KEYWORDS = {
    "allow_activity_updates": "allow_update_activities",
    "allow_reservation_updates": "allow_update_reservations",
    "allow_updates": "allow_update_self",
    "allow_delete": "allow_delete_self",
    "allow_fetch_subresources": "allow_fetch_subresources",
    "allow_updates_subresources": "allow_update_subresources",
    "allow_delete_subresources": "allow_delete_subresources",
}


@dataclass(frozen=True)
class Fix:
    """What would let a request through."""

    #: The grant that would do, such as ``TaskRouterWorkerCapability.allow_activity_updates()``: that of the
    #: token's own class, or else of another class. Empty if none would.
    grants: list[str]
    #: The official SDK's keyword for the same, if the token was made by it.
    keyword: str | None
    #: The narrowest rule that would do, or ``None`` if a rule denies the request whatever else is granted.
    rule: dict[str, Any] | None
    #: The same rule as a line to paste.
    line: str | None


def fix_for(inspection: Inspection, policy: AccessPolicy, asked: Request) -> Fix:
    """Return what would let a request through that a token's rules, this policy, deny."""
    grants, keyword = [], None
    for kind, grant, granted in _with_each_grant(inspection, policy):
        if _allows(granted, asked):
            grants.append(f"{kind.__name__}.{grant}()" if grant else f"{kind.__name__} (from the start)")
            if "nbf" in inspection.claims and grant in _KEYWORDS:  # the official SDK sets it, and we do not
                keyword = f"{_KEYWORDS[grant]}=True"
            break
    rule, line = _narrowest_rule(inspection, asked)
    if rule is not None:
        try:
            helps = _allows(extended(policy, [rule]), asked)
        except ConflictingPoliciesError:
            helps = False
        if not helps:
            rule = line = None
    return Fix(grants, keyword, rule, line)


def class_of(inspection: Inspection) -> type[Capability] | None:
    """Return the class whose rules a token has, or ``None`` if its channel is of no known kind."""
    kind = _CLASS_OF_CHANNEL.get(inspection.sid("channel")[:2])
    if kind is TaskRouterWorkerCapability and inspection.access_policy is not None:
        has = {(rule.method, rule.url) for rule in inspection.access_policy.rules}
        made = _made(kind, inspection)
        if made is not None and not {(rule["method"], rule["url"]) for rule in made.policies} <= has:
            return TaskRouterCapability
    return kind


def _with_each_grant(
    inspection: Inspection, policy: AccessPolicy
) -> Iterator[tuple[type[Capability], str, AccessPolicy]]:
    """Yield what the policy would be with each grant of its own class, and then of a newer one."""
    own = class_of(inspection)
    kinds = [own] if own else []
    if own is TaskRouterCapability:
        kinds.append(TaskRouterWorkerCapability)
    for kind in kinds:
        for grant in ("", *GRANTS[kind]):
            capability = _made(kind, inspection)
            if capability is None:
                return
            if grant:
                getattr(capability, grant)()
            try:
                yield kind, grant, extended(policy, capability.policies)
            except ConflictingPoliciesError:
                continue


def _made(kind: type[Capability], inspection: Inspection) -> Capability | None:
    """Make a capability with the SIDs and the URLs of a token, or ``None`` if they cannot be those of one."""
    sids = [inspection.sid(claim) for claim in ("account_sid", "workspace_sid", "channel")]
    base_url, _, version = inspection.api_url.rpartition("/")
    try:
        return kind(
            sids[0],
            "unused",
            *(sids[1:] if kind is not TaskRouterWorkspaceCapability else sids[1:2]),
            base_url=base_url,
            version=version,
            base_ws_url=inspection.base_ws_url,
        )
    except ValueError:
        return None


def _allows(policy: AccessPolicy, asked: Request) -> bool:
    return policy.allows(asked)


def _narrowest_rule(inspection: Inspection, asked: Request) -> tuple[dict[str, Any] | None, str | None]:
    """Return the rule that allows this request for any task and reservation, and the line that adds it."""
    if asked.method not in METHODS or masked(asked.url) != asked.url:
        return None, None  # no rule contains what looks like an auth token
    url = asked.url.partition("#")[0].partition("?")[0]
    base, name = inspection.workspace_url, "workspace_url"
    own = f"{base}/Workers/{inspection.sid('worker_sid')}"
    if inspection.sid("worker_sid") and (url == own or url.startswith(f"{own}/")):
        base, name = own, "resource_url"
    below = url.removeprefix(base)
    known = url == base or url.startswith(f"{base}/")
    segments = (below if known else url).split("/")
    for place, segment in enumerate(segments):
        if segment[:2] in ("WT", "WR") and segment.isalnum():  # another task or reservation comes tomorrow
            segments[place:] = ["**"]
            break
    pattern = "/".join(segments)
    post_filter: dict[str, Any] = {parameter: dict(REQUIRED) for parameter, _ in asked.form}
    rule = {
        "url": base + pattern if known else pattern,
        "method": asked.method,
        "allow": True,
        "query_filter": {},
        "post_filter": post_filter,
    }
    if not rule["url"]:
        return None, None
    shown = _code(f"{{capability.{name}}}", pattern) if known else f'"{_escaped(pattern)}"'
    matchers = ", ".join(f'"{_escaped(parameter)}": REQUIRED' for parameter in post_filter)
    filter_argument = f", post_filter={{{matchers}}}" if matchers else ""
    return rule, f'capability.allow({shown}, "{asked.method}"{filter_argument})'


def _code(start: str, pattern: str) -> str:
    """Return an f-string of a placeholder and a text."""
    if not pattern:
        return start.strip("{}")
    return f'f"{start}{_escaped(pattern).replace("{", "{{").replace("}", "}}")}"'


def _escaped(text: str) -> str:
    """Return what stands between double quotes in Python for a text."""
    return text.encode("unicode_escape").decode("ascii").replace('"', r"\"")
