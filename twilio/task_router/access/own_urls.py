"""A token's own URLs, of its workspace, its page and its channel, as its rules spell them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from twilio.task_router.urls import (
    TASK_ROUTER_BASE_URL,
    TASK_ROUTER_BASE_WS_URL,
    TASK_ROUTER_VERSION,
    base_before,
    channel_url,
    resource_url,
    workspace_url,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twilio.task_router.rule import Rule
    from twilio.task_router.sids import Sids

    from .rule_index import RuleIndex


class OwnUrls(NamedTuple):
    """The URLs of a token's page. In another region and in tests they begin differently."""

    #: Where the REST API is, without the version.
    base_url: str
    version: str
    #: Where the event bridge's websocket channels are.
    base_ws_url: str
    #: The workspace's URL.
    workspace: str
    #: The URL of the worker, task queue or workspace that the page is for.
    resource: str
    #: The URL on the event bridge to which the browser library sends every request.
    channel: str


def own_urls(rules: Sequence[Rule], sids: Sids) -> OwnUrls:
    """Return a token's own URLs: as the first rule that has them spells them, or else Twilio's."""
    api_url = (
        _before(rules, f"/Workspaces/{sids.workspace}") or f"{TASK_ROUTER_BASE_URL}/{TASK_ROUTER_VERSION}"
    )
    base_url, _, version = api_url.rpartition("/")
    base_ws_url = (
        _before(rules, f"/{sids.account}/{sids.own_channel}")
        or (sids.account and _before(rules, f"/{sids.account}"))  # the rules are for another channel
        or TASK_ROUTER_BASE_WS_URL
    )
    workspace = workspace_url(sids.workspace, base_url, version)
    return OwnUrls(
        base_url,
        version,
        base_ws_url,
        workspace,
        resource_url(workspace, sids.own_channel),
        channel_url(sids.account, sids.own_channel, base_ws_url),
    )


def from_the_start(rules: Sequence[Rule], sids: Sids) -> set[int]:
    """Return the indexes of the rules that the newest class for a token's page makes by itself.

    A page needs these rules, or its class makes them anyway. Of equal rules, only the first counts.
    """
    urls = own_urls(rules, sids)
    made = {("GET", urls.channel), ("POST", urls.channel), ("GET", urls.resource)}
    if sids.page == "worker":
        of_workspace = (f"{urls.workspace}/Activities", f"{urls.workspace}/Tasks/**")
        made |= {("GET", url) for url in (*of_workspace, f"{urls.resource}/Reservations/**")}
    indexes: dict[tuple[str, str], int] = {}
    for index, rule in enumerate(rules):
        if rule.allow and not rule.query_filter and not rule.post_filter:
            indexes.setdefault((rule.method, rule.url), index)
    return {index for rule, index in indexes.items() if rule in made}


def missing_claim(sids: Sids) -> str | None:
    """Return the claim without which the channel has no URL, or ``None`` if the token has all of them."""
    if not sids.account:
        return "account_sid"
    return None if sids.own_channel else "channel"


def lacking(indexed: RuleIndex, url: str) -> list[str]:
    """Return the methods that a page needs on its channel's URL, and that no rule allows."""
    return [method for method in ("GET", "POST") if not _allows(indexed, method, url)]


def _allows(indexed: RuleIndex, method: str, url: str) -> bool:
    """Whether a request without parameters is allowed."""
    rules = (indexed.rules[index] for index in indexed.covering(method, url))
    return next((rule.allow for rule in rules if not any(rule.mismatches({}, {}))), False)


def _before(rules: Sequence[Rule], path: str) -> str:
    """Return the part of a URL before this path, in the first rule that has it, or nothing."""
    return next(filter(None, (base_before(rule.url, path) for rule in rules)), "")
