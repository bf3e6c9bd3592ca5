"""The capability classes for a token's page, and the rules that they have from the start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twilio.task_router.capability import (
    Capability,
    TaskRouterCapability,
    TaskRouterTaskQueueCapability,
    TaskRouterWorkerCapability,
    TaskRouterWorkspaceCapability,
)
from twilio.task_router.rule import read_rule

from .own_urls import own_urls

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twilio.task_router.rule import Rule
    from twilio.task_router.sids import PageKind, Sids

    from .own_urls import OwnUrls

#: The classes for each kind of page, the newest first, whose rules include the older one's.
CLASSES: Final[Mapping[PageKind, tuple[type[Capability], ...]]] = {
    "worker": (TaskRouterWorkerCapability, TaskRouterCapability),
    "task queue": (TaskRouterTaskQueueCapability,),
    "workspace": (TaskRouterWorkspaceCapability,),
}


def own_capability(kind: type[Capability], sids: Sids, urls: OwnUrls) -> Capability:
    """Return a capability with a token's SIDs and URLs.

    :raises ValueError: if a SID or a URL is malformed.
    """
    channels = () if kind is TaskRouterWorkspaceCapability else (sids.own_channel,)
    return kind(
        sids.account,
        "unused",
        sids.workspace,
        *channels,
        base_url=urls.base_url,
        version=urls.version,
        base_ws_url=urls.base_ws_url,
    )


def rules_from_the_start(kind: type[Capability], sids: Sids, urls: OwnUrls) -> frozenset[object]:
    """Return the identities of the rules that a class makes by itself for a token's page.

    :raises ValueError: if a SID or a URL is malformed.
    """
    return frozenset(read_rule(rule).identity for rule in own_capability(kind, sids, urls).policies)


def from_the_start(rules: Sequence[Rule], sids: Sids) -> set[int]:
    """Return the indexes of the rules that the newest class for a token's page makes by itself.

    A page needs these rules, or its class makes them anyway. Only the first of equal rules counts. The set
    is empty for a token without a page or with a malformed SID.
    """
    if sids.page is None:
        return set()
    try:
        made = rules_from_the_start(CLASSES[sids.page][0], sids, own_urls(rules, sids))
    except ValueError:
        return set()
    indexes: dict[object, int] = {}
    for index, rule in enumerate(rules):
        if rule.allow:
            indexes.setdefault(rule.identity, index)
    return {index for identity, index in indexes.items() if identity in made}
