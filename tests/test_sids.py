from __future__ import annotations

from typing import Any

import pytest

from twilio.task_router.sids import CLAIMS, Sids, sids_of


@pytest.mark.parametrize(
    ("claims", "page", "opened"),
    [
        ({"channel": "WK1", "worker_sid": "WK1"}, "worker", "WK1"),
        ({"channel": "WQ1", "taskqueue_sid": "WQ1"}, "task queue", "WQ1"),
        ({"channel": "WS1", "workspace_sid": "WS1"}, "workspace", "WS1"),
        ({"channel": "WS1", "worker_sid": "WK1"}, "worker", "WK1"),
        ({"channel": "WK1", "worker_sid": "WK1", "taskqueue_sid": "WQ1"}, "worker", "WK1"),
        ({"channel": "WQ1", "worker_sid": "WK1", "taskqueue_sid": "WQ1"}, "task queue", "WQ1"),
        ({"channel": "WK1"}, "worker", ""),
        ({"channel": "WQ1"}, "task queue", ""),
        ({"channel": "WS1"}, "workspace", ""),
        ({"channel": "CI1", "workspace_sid": "WS1"}, None, ""),
        ({}, None, ""),
    ],
)
def test_page_and_its_channel(claims: dict[str, Any], page: str | None, opened: str) -> None:
    sids = sids_of(claims)
    assert (sids.page, sids.opened) == (page, opened)
    assert sids.own_channel == (opened or claims.get("channel", ""))


def test_claims_of_pages() -> None:
    assert CLAIMS == {
        "worker": "worker_sid",
        "task queue": "taskqueue_sid",
        "workspace": "workspace_sid",
    }


def test_sids_of_all_claims() -> None:
    claims = {
        "account_sid": "AC1",
        "workspace_sid": "WS1",
        "channel": "WK1",
        "worker_sid": "WK2",
        "taskqueue_sid": "WQ1",
    }
    assert sids_of(claims) == Sids(
        account="AC1", workspace="WS1", channel="WK1", worker="WK2", task_queue="WQ1"
    )


@pytest.mark.parametrize("odd", [None, 5, ["WK1"], {"a": 1}])
def test_claim_of_another_type(odd: Any) -> None:
    assert sids_of({"channel": odd, "worker_sid": odd}) == Sids("", "", "", "", "")
