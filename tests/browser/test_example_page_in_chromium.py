"""The example's page without a connection, and its recovery."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, NoReturn

import pytest
from playwright.sync_api import Page, expect

from tests.browser.worker_page import log_in, wait_until
from tests.example import ARGUMENTS
from tests.example_apps import flask_app
from twilio.task_router import TaskRouterCapability, TaskRouterWorkerCapability

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.loopback import Loopback


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens that the page was given. All but the first outlive a sleep of twenty minutes."""
    given: list[str] = []

    def token_for(worker_sid: str) -> str:
        capability = TaskRouterWorkerCapability("AC123", "secret", "WS456", worker_sid)
        capability.allow_activity_updates()
        given.append(capability.generate_token(1800 if given else 600))
        return given[-1]

    monkeypatch.setattr(flask_app, "token_for", token_for)
    return given


@pytest.fixture
def worker_js_1_21(page: Page, worker_js: Path) -> None:
    """Worker.js 1.1.1 that fires an event if its websocket fails or closes, and tries again, as 1.21 does."""
    script = worker_js.read_text(encoding="utf-8")
    failed = 'console.log("Websocket had an error: "+response)'
    closed = 'console.log("Websocket closed")'
    assert script.count(failed) == script.count(closed) == 1
    script = script.replace(failed, 'self.emit("error",{response,message:"Websocket had an error"})')
    again = 'self.emit("disconnected",{});setTimeout(()=>self._setupWebsocket(),1000)'
    script = script.replace(closed, again)
    page.route("**/taskrouter.min.js", lambda route: route.fulfill(body=script))


def says(page: Page, text: str | re.Pattern[str]) -> None:
    expect(page.get_by_role("status")).to_have_text(text)


def is_connected(page: Page) -> None:
    expect(page.get_by_role("heading", name="Zoë")).to_be_visible()
    says(page, "")


def seconds(page: Page) -> float:
    """The page's own clock."""
    now: float = page.evaluate("Date.now() / 1000")
    return now


def stop_the_clock(page: Page) -> None:
    page.clock.pause_at(seconds(page) + 1)


class TestThePageSays:
    def test_worker_js_cannot_load(self, page: Page) -> None:
        page.route("**/taskrouter.min.js", lambda route: route.abort("blockedbyclient"))
        log_in(page)
        says(
            page,
            "This page could not load Worker.js. "
            "Something blocks sdk.twilio.com, such as an ad blocker or a proxy.",
        )

    def test_server_makes_no_token(self, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(flask_app, "AUTH_TOKEN", " copied with a space")
        log_in(page)
        says(page, "This page could not get a token: /token answered 500. The server's log says why.")

    def test_server_does_not_answer(self, page: Page) -> None:
        page.route("**/token", lambda route: route.abort("internetdisconnected"))
        log_in(page)
        says(page, "This page could not get a token: Failed to fetch")

    def test_worker_js_reports_an_error(self, page: Page, loopback: Loopback) -> None:
        log_in(page)
        is_connected(page)
        loopback.push("error", {"message": "Websocket had an error"})
        says(page, "Worker.js reports an error: Websocket had an error")

    @pytest.mark.usefixtures("worker_js_1_21")
    def test_websocket_has_closed(self, page: Page, loopback: Loopback) -> None:
        page.clock.install()
        log_in(page)
        is_connected(page)
        stop_the_clock(page)
        loopback.close_sockets()
        says(page, "The connection to Twilio is closed. Worker.js tries to open it again.")

    @pytest.mark.usefixtures("worker_js_1_21")
    def test_websocket_is_refused(self, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(flask_app, "AUTH_TOKEN", "another")
        log_in(page)
        says(page, "The connection to Twilio is closed. Worker.js tries to open it again.")

    def test_worker_must_not_be_fetched(
        self, page: Page, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        token = TaskRouterCapability(*ARGUMENTS).generate_token()
        monkeypatch.setattr(flask_app, "token_for", lambda _: token)
        page.clock.install()
        log_in(page)
        wait_until(page, lambda: [seen.status for seen in loopback.seen] == [403])
        says(page, "Connecting ...")
        page.clock.fast_forward(5_000)
        says(page, "Still connecting. The browser's network view shows the request that failed.")

    def test_worker_js_hides_refusal(self, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(flask_app, "AUTH_TOKEN", "another")
        page.clock.install()
        with page.expect_console_message(lambda message: message.text == "Websocket closed"):
            log_in(page)
        says(page, "Connecting ...")
        page.clock.fast_forward(5_000)
        says(page, "Still connecting. The browser's network view shows the request that failed.")

    def test_status_of_taskrouter(self, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
        token = TaskRouterWorkerCapability(*ARGUMENTS).generate_token()
        monkeypatch.setattr(flask_app, "token_for", lambda _: token)
        log_in(page)
        is_connected(page)
        page.get_by_label("Activity").select_option("On a break")
        says(page, "TaskRouter answered 403. The browser's network view shows the request that failed.")


class TestThePageComesBack:
    def test_server_makes_tokens_again(self, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(_: str) -> NoReturn:
            raise KeyError

        page.clock.install()
        with monkeypatch.context() as broken:
            broken.setattr(flask_app, "token_for", fail)
            log_in(page)
            says(page, re.compile("/token answered 500"))
        page.clock.fast_forward(5_000)
        is_connected(page)

    @pytest.mark.usefixtures("worker_js_1_21")
    def test_websocket_opens_again(self, page: Page, loopback: Loopback) -> None:
        page.clock.install()
        log_in(page)
        is_connected(page)
        stop_the_clock(page)
        loopback.close_sockets()
        says(page, re.compile("The connection to Twilio is closed"))
        page.clock.resume()
        is_connected(page)

    def test_each_reservation_once(self, page: Page, loopback: Loopback) -> None:
        log_in(page)
        is_connected(page)
        loopback.reserve(1, "A call from Ada")
        loopback.reserve(1, "A call from Ada")
        loopback.reserve(2, "A chat with Grace")
        offered = page.get_by_role("article")
        expect(offered).to_have_count(2)
        expect(offered.filter(has_text="Ada")).to_have_count(1)

    def test_laptop_slept(self, page: Page, tokens: list[str]) -> None:
        page.clock.install()
        log_in(page)
        is_connected(page)
        page.context.set_offline(True)
        page.clock.fast_forward("20:00")
        page.clock.run_for(1_000)
        says(page, "This page could not get a token: Failed to fetch")
        page.context.set_offline(False)
        is_connected(page)
        with page.expect_request("**/wschannels/**") as asked:
            page.get_by_label("Activity").select_option("On a break")
        assert tokens[-1] in (asked.value.post_data or "")
        assert len(tokens) == 2

    def test_clock_is_fast(self, page: Page, tokens: list[str]) -> None:
        page.clock.install(time=time.time() + 3_600)
        log_in(page)
        is_connected(page)
        before, start = len(tokens), seconds(page)
        page.wait_for_timeout(1_500)
        assert len(tokens) - before <= seconds(page) - start + 1

    def test_page_is_looked_at_again(self, page: Page, tokens: list[str]) -> None:
        log_in(page)
        is_connected(page)
        with page.expect_response("**/token"):
            page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        wait_until(page, lambda: len(tokens) == 2)

    def test_session_has_ended(self, page: Page) -> None:
        page.clock.install()
        log_in(page)
        is_connected(page)
        page.context.clear_cookies()
        page.clock.fast_forward("10:00")
        page.clock.run_for(1_000)
        expect(page.get_by_label("User")).to_be_visible()
