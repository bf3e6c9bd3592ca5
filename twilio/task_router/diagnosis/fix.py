"""The fix for a denial, as the token's maker writes it: a grant, and the narrowest rule that would do."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from twilio.task_router.access.channel import claim_without_sid
from twilio.task_router.access.notes import notes_on_rules
from twilio.task_router.access.policy import AccessPolicy
from twilio.task_router.access.request import grouped
from twilio.task_router.pages.grants import grant_in_words
from twilio.task_router.rule import METHODS, OPTIONAL, REQUIRED, PolicyRule, make_rule
from twilio.task_router.sentences import sentence
from twilio.task_router.sids import AFTER_PREFIX, CLAIMS

from .difference import difference
from .hidden import can_be_pasted
from .maker import OFFICIAL_SDK, OURS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from twilio.task_router.access.request import Request

    from .inspection import Inspection
    from .verdict import Verdict

# The official SDK's keywords for the same grants, which its constructors take.
_KEYWORDS: Final = {
    "allow_activity_updates": "allow_update_activities",
    "allow_reservation_updates": "allow_update_reservations",
    "allow_updates": "allow_update_self",
    "allow_delete": "allow_delete_self",
    "allow_fetch_subresources": "allow_fetch_subresources",
    "allow_updates_subresources": "allow_update_subresources",
    "allow_delete_subresources": "allow_delete_subresources",
}

_DOCS: Final = "the page other-sdks of the documentation"

# Query parameters that select a part of an answer: a page may leave them out, or send others.
_OF_A_PART: Final = frozenset({"Page", "PageToken", "PageSize", "Minutes", "StartDate", "EndDate"})

# The SIDs of tasks and reservations, by their collections: tomorrow's are others.
_TASK_OR_RESERVATION: Final = {
    "Tasks": re.compile(f"WT{AFTER_PREFIX}"),
    "Reservations": re.compile(f"WR{AFTER_PREFIX}"),
}


@dataclass(frozen=True)
class Fix:
    """A fix that would allow a request."""

    #: The grant that would do, as the token's maker writes it:
    #: ``TaskRouterWorkerCapability.allow_activity_updates()``, or the official SDK's
    #: ``allow_update_activities=True``. ``None`` if no grant would do, or if the maker has none.
    grant: str | None
    #: The rules that the channel lacks.
    channel_rules: list[PolicyRule]
    #: The narrowest rule that would do, if the request lacks one.
    rule: PolicyRule | None
    #: The reason why there is no such rule, in a sentence, if the request lacks one.
    obstacle: str | None
    #: The code that adds all these rules: lines of Python, or the rules as JSON.
    lines: list[str]
    #: The page of the documentation that shows how a rule is added, if the lines are JSON.
    docs: str | None
    #: Whether there is a grant, but one that would also override a rule that denies.
    overrides: bool = False


def fix_for(inspection: Inspection, request: Request | None, verdict: Verdict) -> Fix | None:
    """Return the fix for a request that a token's rules deny, or ``None`` if they allow the request.

    :param request: the request, or ``None`` if only the channel counts, through which every request goes.
    :param verdict: the verdict on this token and this request.
    """
    policy, decision = inspection.access_policy, verdict.decision
    is_allowed = decision is None or bool(decision)
    if policy is None or verdict.kind == "unreadable" or (is_allowed and not verdict.lacking):
        return None
    rule, obstacle, grant, overrides = None, _obstacle_of_channel(inspection, verdict), None, False
    channel_rules = (
        [] if obstacle else [make_rule(inspection.urls.channel, method) for method, _ in verdict.lacking]
    )
    if request is not None and not is_allowed and obstacle is None:
        obstacle = _obstacle(inspection, request, verdict)
        if obstacle is None:
            rule = _narrowest_rule(inspection, request)
            alone = AccessPolicy([rule])
            if _is_wide(inspection, alone):
                rule, obstacle = None, _WIDE
            elif not alone.allows(request) or inspection.denials.are_overridden(alone.index.rules):
                rule = None
            grants = [] if channel_rules else _grants(inspection, request)
            harmless = [one for one in grants if one not in inspection.overriding]
            grant = next(iter(grants_as_written(inspection, harmless[:1])), None)
            overrides = bool(grants) and not harmless
            obstacle = obstacle or (_HELPS_NOT if grant is None and rule is None else None)
    lines = [_line(inspection, one) for one in (*channel_rules, rule) if one is not None]
    docs = None if has_grants(inspection) else _DOCS
    return Fix(grant, channel_rules, rule, obstacle, lines, docs, overrides)


def _obstacle_of_channel(inspection: Inspection, verdict: Verdict) -> str | None:
    """Return the reason why no rule for the channel should be added, or ``None``."""
    if verdict.is_elsewhere:
        return "Use the token of the page that sent the request: a rule would open another page's channel."
    sids = inspection.sids
    if verdict.lacking and sids.page and sids.names_two_pages:
        names = f"channel and {CLAIMS[sids.page]}"
        return f"Set the claims {names} to the same SID first: one is another {sids.page}'s."
    claim = claim_without_sid(sids) if verdict.lacking else None
    if claim:
        return f"Set the claim {claim} to a SID first: without one, the page has no channel."
    denying = (
        f"{index} denies {method} on the channel{_without_allow(inspection, index)}"
        for method, index in verdict.lacking
        if index is not None
    )
    denial = next(denying, None)
    return f"Rule {denial}: {_CHANGE_IT}" if denial else None


_CHANGE_IT: Final = "change or remove that rule. Do not add one that overrides it."


def _without_allow(inspection: Inspection, index: int) -> str:
    """Mention that a rule denies only because it has no ``allow``."""
    return "" if "allow" in inspection.claims["policies"][index] else ' because the rule has no "allow"'


_HELPS_NOT: Final = (
    "No rule for this request would be right: it would override a rule that denies, or another rule decides."
)


_WIDE: Final = (
    "The request would change the workspace or other workers, which are not this page's own. Use a "
    "workspace's token for that."
)


_NOT_ITS_OWN: Final = (
    "Change the request, or use another token: a rule for this URL would not cover any of the "
    "page's own resources."
)


def has_grants(inspection: Inspection) -> bool:
    """Return whether the token's maker has grants, or keywords for them."""
    return inspection.made_by in {*OURS, OFFICIAL_SDK}


def grants_as_written(inspection: Inspection, grants: Iterable[str]) -> list[str]:
    """Return grants as the token's maker writes them, the token's own class first.

    :param grants: such as ``TaskRouterWorkerCapability.allow_activity_updates()``.
    :returns: an empty list if the maker has no such grants, if each would override a denial, or if the
        token's rules are those of no class.
    """
    own = inspection.own_class
    if own is None or not has_grants(inspection):
        return []
    if inspection.overriding:
        own_grants = {grant_in_words(kind, grant) for kind, grant, _ in inspection.granted}
        grants = (own_grants - inspection.overriding).intersection(grants)
    ordered = sorted(grants, key=lambda grant: not grant.startswith((f"{own.__name__}.", f"{own.__name__} ")))
    if inspection.made_by in OURS:
        return ordered
    names = (grant.removeprefix(f"{own.__name__}.").removesuffix("()") for grant in ordered)
    return [f"{_KEYWORDS[name]}=True" for name in names if name in _KEYWORDS]


def _obstacle(inspection: Inspection, request: Request, verdict: Verdict) -> str | None:
    """Return the reason why no rule for the request should be added, or ``None``."""
    decision = verdict.decision
    if inspection.unreadable_rules:
        index = inspection.unreadable_rules[0]
        return f"Mend policy rule {index} first, which may be the one for this request."
    if decision is not None and decision.rule_index is not None:
        index = decision.rule_index
        return f"Rule {index} denies this request{_without_allow(inspection, index)}: {_CHANGE_IT}"
    if request.method not in METHODS:
        return f"TaskRouter takes only GET, POST and DELETE, so no rule can allow {request.method}."
    if (differs := difference(inspection, request.url)) is not None:
        return f"{sentence(differs)} {_NOT_ITS_OWN}"
    parameters = dict((*request.query, *request.form))
    if not all(map(can_be_pasted, (request.url, *parameters))):
        return "No rule may contain text that looks like a secret or that UTF-8 cannot encode."
    return None


def _grants(inspection: Inspection, request: Request) -> list[str]:
    """Return the grants that would allow a request, also those that would override a denial."""
    covering = inspection.grantable.covering(request.method, request.url)
    if not has_grants(inspection) or next(covering, None) is None:
        return []
    return [
        grant_in_words(kind, grant) for kind, grant, granted in inspection.granted if granted.allows(request)
    ]


def _narrowest_rule(inspection: Inspection, request: Request) -> PolicyRule:
    """Return the rule that allows this request for any task and any reservation, and little else."""
    return make_rule(
        _pattern(inspection.urls.workspace, request.url),
        request.method,
        query_filter=_filter(request.query, optional=_OF_A_PART),
        post_filter=_filter(request.form),
    )


def _is_wide(inspection: Inspection, alone: AccessPolicy) -> bool:
    """Return whether the notes on a token would call the only rule of a policy wide."""
    sids = inspection.sids
    if alone.index.rules[0].method == "GET" or not sids.worker:
        return False  # no such rule is wide
    return any(note.kind == "wide" for note in notes_on_rules(alone.index, sids.workspace, sids.worker))


def _filter(
    pairs: Iterable[tuple[str, str]], optional: frozenset[str] = frozenset()
) -> dict[str, dict[str, bool]]:
    """Return a filter with only these parameters, or an empty one if a parameter is repeated."""
    values = grouped(pairs)
    if any(len(given) > 1 for given in values.values()):
        return {}
    return {name: dict(OPTIONAL if name in optional else REQUIRED) for name in values}


def _pattern(workspace_url: str, url: str) -> str:
    """Return a URL with a wildcard for the first task's or reservation's SID, below the workspace's URL."""
    if not url.startswith(f"{workspace_url}/"):
        return url
    segments = url[len(workspace_url) :].split("/")
    for at, (collection, segment) in enumerate(pairwise(segments), 1):
        sid = _TASK_OR_RESERVATION.get(collection)
        if sid is not None and sid.fullmatch(segment):
            wildcard = "*" if at == len(segments) - 1 else "**"  # which stands only at the end
            return "/".join([workspace_url + "/".join(segments[:at]), wildcard])
    return url


def _line(inspection: Inspection, rule: PolicyRule) -> str:
    """Return the line of code that adds a rule, as the token's maker writes it."""
    if inspection.made_by in OURS:
        filters = [
            f"{name}={{{', '.join(map(_matcher, matchers.items()))}}}"
            for name, matchers in (
                ("query_filter", rule["query_filter"]),
                ("post_filter", rule["post_filter"]),
            )
            if matchers
        ]
        arguments = [_url(inspection, rule["url"]), f'"{rule["method"]}"', *filters]
        return f"capability.allow({', '.join(arguments)})"
    if inspection.made_by == OFFICIAL_SDK:
        return f"token.policies.append({rule!a})"
    return json.dumps(rule)


def _matcher(item: tuple[str, Mapping[str, bool]]) -> str:
    name, matcher = item
    return f'"{_escaped(name)}": {"REQUIRED" if matcher["required"] else "OPTIONAL"}'


def _url(inspection: Inspection, url: str) -> str:
    """Return a URL as code, relative to one of the capability's URLs if possible."""
    urls = inspection.urls
    for own, name in ((urls.resource, "resource_url"), (urls.workspace, "workspace_url")):
        if own == urls.workspace and name == "resource_url":
            continue
        if url == own:
            return f"capability.{name}"
        if url.startswith(f"{own}/"):
            below = _escaped(url[len(own) :]).replace("{", "{{").replace("}", "}}")
            return f'f"{{capability.{name}}}{below}"'
    return f'"{_escaped(url)}"'


def _escaped(text: str) -> str:
    """Return a text as written between double quotes in Python."""
    return text.encode("unicode_escape").decode("ascii").replace('"', r"\"")
