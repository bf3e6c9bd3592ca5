"""The server of the documentation's page on testing, with the real Worker.js in Chromium."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import Request, urlopen

import pytest

from tests.browser.conftest import CHROMIUM_OPTIONS
from tests.example import ARGUMENTS
from twilio.task_router import TaskRouterWorkerCapability

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page, Playwright

ROOT = Path(__file__).parent.parent.parent

START = """([token, here]) => new Promise((resolve) => {
  window.worker = new Twilio.TaskRouter.Worker(token, `${here}/v1`, here);
  worker.on("ready", () => resolve("ready"));
  window.accepted = new Promise((done) => worker.on("reservation.created", (reservation) =>
    reservation.accept((error, answer) => done(error ? error.code : answer.reservationStatus))));
})"""


@pytest.fixture
def server() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = ROOT / "docs" / "examples" / "taskrouter_server.py"
    started = subprocess.Popen(
        [sys.executable, "-u", program],
        env=os.environ | {"PORT": str(port), "PYTHONPATH": str(ROOT), "TWILIO_AUTH_TOKEN": ARGUMENTS[1]},
        stdout=subprocess.PIPE,
    )
    assert started.stdout
    started.stdout.readline()  # it listens
    yield f"http://127.0.0.1:{port}"
    started.kill()
    started.communicate()


@pytest.fixture
def page(playwright: Playwright, chromium: str, site: str, worker_js: Path) -> Iterator[Page]:
    launched = playwright.chromium.launch(executable_path=chromium, args=[*CHROMIUM_OPTIONS])
    opened = launched.new_page()
    opened.goto(f"{site}/token")  # any answer of this machine
    opened.add_script_tag(path=worker_js)
    yield opened
    launched.close()


def test_a_page_accepts_a_reservation(server: str, page: Page) -> None:
    capability = TaskRouterWorkerCapability(
        *ARGUMENTS, base_url=server, base_ws_url=f"{server}/v1/wschannels"
    )
    capability.allow_reservation_updates()
    assert page.evaluate(START, [capability.generate_token(), server]) == "ready"
    with urlopen(Request(f"{server}/offer", method="POST")) as answer:  # noqa: S310 - it is our own
        assert answer.status == 200
    assert page.evaluate("accepted") == "accepted"


def test_a_missing_grant_is_a_403(server: str, page: Page) -> None:
    capability = TaskRouterWorkerCapability(
        *ARGUMENTS, base_url=server, base_ws_url=f"{server}/v1/wschannels"
    )
    page.evaluate(START, [capability.generate_token(), server])
    with urlopen(Request(f"{server}/offer", method="POST")) as answer:  # noqa: S310 - it is our own
        assert answer.status == 200
    assert page.evaluate("accepted") == 403
