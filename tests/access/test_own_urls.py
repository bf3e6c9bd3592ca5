from __future__ import annotations

from tests.command_line.samples import ACCOUNT, WORKER, WORKSPACE, WORKSPACE_URL
from twilio.task_router.access.own_urls import OwnUrls, own_urls
from twilio.task_router.rule import Rule, read_rule
from twilio.task_router.sids import Sids

SIDS = Sids(ACCOUNT, WORKSPACE, WORKER, WORKER, "")


def urls_of(*urls: str) -> OwnUrls:
    rules: list[Rule] = [read_rule({"url": url, "method": "GET"}) for url in urls]
    return own_urls(rules, SIDS)


class TestOwnUrls:
    def test_own_urls_without_rules(self) -> None:
        urls = urls_of()
        assert urls.workspace == WORKSPACE_URL
        assert urls.resource == f"{WORKSPACE_URL}/Workers/{WORKER}"
        assert urls.channel == f"https://event-bridge.twilio.com/v1/wschannels/{ACCOUNT}/{WORKER}"

    def test_own_urls_of_the_rules(self) -> None:
        urls = urls_of(f"https://t/v2/Workspaces/{WORKSPACE}/**", f"https://b/{ACCOUNT}/{WORKER}")
        assert urls.workspace == f"https://t/v2/Workspaces/{WORKSPACE}"
        assert (urls.base_url, urls.version, urls.base_ws_url) == ("https://t", "v2", "https://b")

    def test_own_urls_on_the_bridge(self) -> None:
        assert urls_of(f"https://b/{ACCOUNT}/WK2").channel == f"https://b/{ACCOUNT}/{WORKER}"
