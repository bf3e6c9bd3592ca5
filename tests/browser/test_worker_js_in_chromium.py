"""The real Worker.js in a real browser, on the Flask example's own page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.worker_page import JS, connect, log_in, wait_until
from tests.example import ARGUMENTS
from tests.example_apps import flask_app
from twilio.task_router import (
    Capability,
    TaskRouterCapability,
    TaskRouterWorkerCapability,
    explain,
)
from twilio.task_router.pages.open_request import OWN_SID
from twilio.task_router.pages.worker import CALLS

if TYPE_CHECKING:
    from tests.browser.loopback import Loopback

THREE_GRANTS = (
    "allow_worker_fetch_attributes",
    "allow_worker_activity_updates",
    "allow_task_reservation_updates",
)


class TestThePageOfTheExample:
    def test_worker_and_activity(self, page: Page) -> None:
        log_in(page)
        expect(page.get_by_role("heading", name="Zoë")).to_be_visible()
        expect(page.get_by_label("Activity")).to_have_value("WA1")

    def test_activity_changes(self, page: Page, loopback: Loopback) -> None:
        log_in(page)
        page.get_by_label("Activity").select_option("On a break")
        wait_until(page, lambda: loopback.worker["activity_sid"] == "WA2")
        expect(page.get_by_label("Activity")).to_have_value("WA2")
        expect(page.get_by_role("status")).to_be_empty()

    @pytest.mark.parametrize(("button", "status"), [("Accept", "accepted"), ("Reject", "rejected")])
    def test_reservation_is_answered(self, button: str, status: str, page: Page, loopback: Loopback) -> None:
        log_in(page)
        expect(page.get_by_role("heading", name="Zoë")).to_be_visible()
        loopback.reserve(1, "A call from Ada")
        loopback.reserve(2, "A chat with Grace")
        reservation = page.get_by_role("article").filter(has_text="A call from Ada")
        reservation.get_by_role("button", name=button).click()
        expect(reservation).to_have_count(0)
        expect(page.get_by_role("article")).to_have_count(1)
        assert loopback.reservations["WR1"]["reservation_status"] == status
        assert loopback.reservations["WR2"]["reservation_status"] == "pending"

    def test_token_is_renewed(self, page: Page, loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
        lives = [7, 600]

        def token_for(worker_sid: str) -> str:
            capability = TaskRouterWorkerCapability("AC123", "secret", "WS456", worker_sid)
            capability.allow_activity_updates()
            return capability.generate_token(lives.pop(0))

        monkeypatch.setattr(flask_app, "token_for", token_for)
        log_in(page)
        expect(page.get_by_role("heading", name="Zoë")).to_be_visible()
        page.evaluate("window.notLoadedAgain = true")
        wait_until(page, lambda: not lives)  # Worker.js says token.expired five seconds before the end
        page.wait_for_timeout(6_000)
        page.get_by_label("Activity").select_option("On a break")
        wait_until(page, lambda: loopback.worker["activity_sid"] == "WA2")
        assert page.evaluate("window.notLoadedAgain")
        assert all(seen.status == 200 for seen in loopback.seen)


@pytest.fixture
def capability(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Capability:
    """The capability for the page's token, by its class and its grants."""
    kind, *grants = request.param
    made: Capability = kind(*ARGUMENTS)
    for grant in grants:
        getattr(made, grant)()
    monkeypatch.setattr(flask_app, "token_for", lambda _: made.generate_token())
    return made


def three_but(missing: str) -> Any:
    grants = [grant for grant in THREE_GRANTS if grant != missing]
    return pytest.param((TaskRouterCapability, *grants), id=f"without {missing}")


class TestAGrantTakenAway:
    @pytest.mark.parametrize("capability", [three_but("allow_worker_fetch_attributes")], indirect=True)
    def test_ready_needs_its_grant(self, capability: Capability, page: Page, loopback: Loopback) -> None:
        log_in(page)
        wait_until(page, lambda: bool(loopback.seen))
        assert (loopback.seen[0].path, loopback.seen[0].status) == ("/Workers/WK789", 403)
        page.wait_for_timeout(300)
        expect(page.get_by_role("status")).to_have_text("Connecting ...")
        assert not explain(capability)["ready"]

    @pytest.mark.parametrize("capability", [three_but("allow_worker_activity_updates")], indirect=True)
    def test_activity_needs_its_grant(self, capability: Capability, page: Page, loopback: Loopback) -> None:
        log_in(page)
        page.get_by_label("Activity").select_option("On a break")
        expect(page.get_by_role("status")).to_contain_text("TaskRouter answered 403.")
        assert loopback.worker["activity_sid"] == "WA1"
        calls = explain(capability)
        assert not calls['worker.update("ActivitySid", ...)']

    @pytest.mark.parametrize("capability", [three_but("allow_task_reservation_updates")], indirect=True)
    def test_answer_needs_its_grant(self, capability: Capability, page: Page, loopback: Loopback) -> None:
        log_in(page)
        expect(page.get_by_role("heading", name="Zoë")).to_be_visible()
        loopback.reserve(1, "A call from Ada")
        connect(page)
        assert page.evaluate(f"outcome({JS['reservation.accept']}, 5_000)") == 403
        assert loopback.reservations["WR1"]["reservation_status"] == "pending"
        assert not explain(capability)["reservation.accept"]

    @pytest.mark.parametrize("capability", [(TaskRouterWorkerCapability,)], indirect=True)
    @pytest.mark.parametrize("kept", [[], ["GET"]])
    def test_page_needs_its_channel(self, kept: list[str], capability: Capability, page: Page) -> None:
        capability.policies[:2] = [rule for rule in capability.policies[:2] if rule["method"] in kept]
        log_in(page)
        connect(page)
        told = explain(capability)
        for call in ("connect", "ready", "worker.activities.fetch"):
            outcome = page.evaluate(f"outcome({JS[call]}, 800)")
            assert (outcome == 200) is bool(told[call]), call
        assert [call for call in told if told[call]] == (["connect"] if kept else [])
        expect(page.get_by_role("heading", name="Zoë")).to_have_count(0)


class TestExplain:
    @pytest.mark.parametrize(
        "capability",
        [
            pytest.param((TaskRouterCapability,), id="the default rules alone"),
            pytest.param((TaskRouterCapability, *THREE_GRANTS), id="all three grants"),
            *(three_but(grant) for grant in THREE_GRANTS),
            pytest.param((TaskRouterWorkerCapability,), id="a worker's capability"),
            pytest.param(
                (TaskRouterWorkerCapability, "allow_activity_updates", "allow_reservation_updates"),
                id="a worker's capability with its grants",
            ),
            pytest.param(
                (TaskRouterWorkerCapability, "allow_fetch_subresources", "allow_updates"),
                id="a worker's capability with shared grants",
            ),
        ],
        indirect=True,
    )
    def test_explain_agrees(self, capability: Capability, page: Page, loopback: Loopback) -> None:
        log_in(page)
        loopback.reserve(1, "A call from Ada")
        wait_until(page, lambda: bool(loopback.seen))
        connect(page)
        told = explain(capability)
        calls = {call.name: call for call in CALLS}
        for name, script in JS.items():
            page.wait_for_timeout(50)
            loopback.seen.clear()
            if name == "connect":
                assert page.evaluate(f"outcome({script}, 5_000)") == 200
                continue
            call = calls.get(f"{name}: callback", calls[name])  # each script waits for its callback
            decided = [  # by what 1.1.1 asks for
                (request, decision)
                for request, decision in zip(call.requests, told[call.name].decisions[2:], strict=True)
                if request.only_in is None
            ]
            expected = all(decision for _, decision in decided)
            outcome = page.evaluate(f"outcome({script}, {5_000 if expected else 800})")
            assert (outcome == 200) is expected, name
            statuses = {(seen.method, seen.path): seen.status for seen in loopback.seen}
            for request, decision in decided:
                path = request.url.replace(OWN_SID, "WK789").replace("{W", "W").replace("}", "1")
                assert statuses[request.method, path] == (200 if decision else 403), name
                if not decision:
                    break  # what comes after it is not asked for
