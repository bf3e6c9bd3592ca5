"""The fix for a denial: the grant to call, and the narrowest rule that would do."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from twilio.task_router.access.policy import AccessPolicy
from twilio.task_router.checks import is_sid
from twilio.task_router.errors import ConflictingRulesError
from twilio.task_router.pages.grants import grant_in_words, with_each_grant
from twilio.task_router.rule import METHODS, REQUIRED
from twilio.task_router.urls import resource_url

from .hidden import can_be_pasted
from .inspection import capability_of, classes_of

if TYPE_CHECKING:
    from twilio.task_router.access.decision import Decision
    from twilio.task_router.access.request import Request

    from .inspection import Inspection

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


class Answer(NamedTuple):
    """What the rules say about a request, and what to do if they deny it."""

    decision: Decision | None
    reason: str
    fix: Fix | None


def answer_for(inspection: Inspection, asked: Request) -> Answer:
    """Answer whether a token permits a request."""
    if inspection.access_policy is None:
        problems = "; ".join(inspection.problems)
        return Answer(None, f"the token has no policy rules that can be read: {problems}", None)
    decision = inspection.access_policy.decide(asked)
    return Answer(
        decision, decision.reason, None if decision else fix_for(inspection, inspection.access_policy, asked)
    )


def fix_for(inspection: Inspection, policy: AccessPolicy, asked: Request) -> Fix:
    """Return what would let a request through that a token's rules, this policy, deny."""
    grants, keyword = [], None
    for kind, grant, granted in with_each_grant(
        policy, classes_of(inspection), partial(capability_of, inspection)
    ):
        if granted.allows(asked):
            grants.append(grant_in_words(kind, grant))
            if "nbf" in inspection.claims and grant in _KEYWORDS:  # the official SDK sets it, and we do not
                keyword = f"{_KEYWORDS[grant]}=True"
            break
    rule, line = _narrowest_rule(inspection, asked)
    if rule is not None:
        try:
            helps = AccessPolicy([*policy.rules, rule]).allows(asked)
        except ConflictingRulesError:
            helps = False
        if not helps:
            rule = line = None
    return Fix(grants, keyword, rule, line)


def _narrowest_rule(inspection: Inspection, asked: Request) -> tuple[dict[str, Any] | None, str | None]:
    """Return the rule that allows this request for any task and reservation, and the line that adds it."""
    if asked.method not in METHODS or not all(map(can_be_pasted, (asked.url, *dict(asked.form)))):
        return None, None
    url = asked.url.partition("#")[0].partition("?")[0]
    base, name = inspection.workspace_url, "workspace_url"
    own = resource_url(base, inspection.sid("worker_sid"))
    if inspection.sid("worker_sid") and (url == own or url.startswith(f"{own}/")):
        base, name = own, "resource_url"
    below = url.removeprefix(base)
    known = url == base or url.startswith(f"{base}/")
    segments = (below if known else url).split("/")
    for place, segment in enumerate(segments):
        if is_sid(segment, "WT") or is_sid(segment, "WR"):  # another task or reservation comes tomorrow
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
