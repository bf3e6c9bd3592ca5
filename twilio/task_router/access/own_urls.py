"""A token's own URLs: those of its workspace, its page and its channel, with the base URLs of its rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from twilio.task_router.urls import (
    TASK_ROUTER_BASE_URL,
    TASK_ROUTER_BASE_WS_URL,
    TASK_ROUTER_VERSION,
    base_before,
    channel_path,
    channel_url,
    resource_url,
    workspace_path,
    workspace_url,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twilio.task_router.rule import Rule
    from twilio.task_router.sids import Sids


class OwnUrls(NamedTuple):
    """The URLs of a token's page. In other regions and in tests, the base URLs differ."""

    #: The base URL of the REST API, without the version.
    base_url: str
    version: str
    #: The base URL of the event bridge's websocket channels.
    base_ws_url: str
    #: The workspace's URL.
    workspace: str
    #: The URL of the worker, task queue or workspace that the page is for.
    resource: str
    #: The URL on the event bridge to which Worker.js sends every request.
    channel: str


def own_urls(rules: Sequence[Rule], sids: Sids) -> OwnUrls:
    """Return a token's own URLs, with the base URLs of the first rules that have them, or else Twilio's."""
    api_url = (
        _before(rules, workspace_path(sids.workspace)) or f"{TASK_ROUTER_BASE_URL}/{TASK_ROUTER_VERSION}"
    )
    base_url, _, version = api_url.rpartition("/")
    base_ws_url = (
        _before(rules, channel_path(sids.account, sids.own_channel))
        or (sids.account and _before(rules, channel_path(sids.account)))  # the rules are for another channel
        or TASK_ROUTER_BASE_WS_URL
    )
    return urls_of(sids, base_url, version, base_ws_url)


def urls_of(sids: Sids, base_url: str, version: str, base_ws_url: str) -> OwnUrls:
    """Return the URLs of a token's page below these base URLs."""
    workspace = workspace_url(sids.workspace, base_url, version)
    return OwnUrls(
        base_url,
        version,
        base_ws_url,
        workspace,
        resource_url(workspace, sids.own_channel),
        channel_url(sids.account, sids.own_channel, base_ws_url),
    )


def _before(rules: Sequence[Rule], path: str) -> str:
    """Return the part before a path in the URL of the first rule with that path, or an empty string."""
    return next(filter(None, (base_before(rule.url, path) for rule in rules)), "")
