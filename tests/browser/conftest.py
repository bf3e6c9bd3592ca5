"""Chromium, the real Worker.js, the loopback TaskRouter, and the Flask example's page in front of it."""

from __future__ import annotations

import re
import shutil
import ssl
import subprocess
import tarfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest
import trustme
from playwright.sync_api import Browser, Page, Playwright, sync_playwright
from werkzeug.serving import make_server

from tests.browser.loopback import Loopback, Seen
from tests.browser.worker_page import JS, connect, log_in
from tests.example_apps import flask_app, supervisor_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from twilio.task_router import Capability

CACHE = Path(__file__).parent.parent.parent / ".cache"
CHROMIUM_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def chromium(do_without: Callable[[str], NoReturn]) -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    return found or do_without("Chromium is not installed (apt-get install chromium)")


@pytest.fixture(scope="session")
def worker_js(do_without: Callable[[str], NoReturn]) -> Path:
    """The real Worker.js, from npm."""
    file = CACHE / "twilio-taskrouter-js-1.1.1" / "taskrouter.min.js"
    if not file.exists():
        npm = shutil.which("npm") or do_without("npm, which fetches Worker.js, is not installed")
        CACHE.mkdir(exist_ok=True)
        command = [npm, "pack", "--silent", "--pack-destination", str(CACHE), "twilio-taskrouter-js@1.1.1"]
        if subprocess.run(command, check=False, cwd=CACHE, capture_output=True, timeout=120).returncode:
            do_without("npm cannot fetch twilio-taskrouter-js")
        with tarfile.open(CACHE / "twilio-taskrouter-js-1.1.1.tgz") as archive:
            script = archive.extractfile("package/taskrouter.min.js")
            assert script is not None
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(script.read())
    return file


@pytest.fixture
def loopback(worker_js: Path) -> Iterator[Loopback]:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    names = ("event-bridge.twilio.com", "sdk.twilio.com")
    trustme.CA().issue_cert(*names).configure_cert(tls)
    with Loopback("secret", worker_js, tls) as server:
        yield server


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The Flask example, served."""
    with _served(flask_app, monkeypatch) as url:
        yield url


@pytest.fixture
def supervisors_site(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The Flask example of a supervisor's page, served."""
    with _served(supervisor_app, monkeypatch) as url:
        yield url


@contextmanager
def _served(example: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    # Worker.js 1.1.1 stands in for 1.21, whose hash the page has.
    page = re.sub(r'integrity="\S+"\s+crossorigin="anonymous"', "", example.PAGE)
    monkeypatch.setattr(example, "PAGE", page)
    server = make_server("127.0.0.1", 0, example.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture
def browser(playwright: Playwright, chromium: str, loopback: Loopback) -> Iterator[Browser]:
    """Chromium, for which Twilio's hosts are the loopback TaskRouter and no other host is there."""
    here = f"127.0.0.1:{loopback.port}"
    rules = (
        f"MAP event-bridge.twilio.com:443 {here}, MAP sdk.twilio.com:443 {here}, "
        "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    )
    launched = playwright.chromium.launch(
        executable_path=chromium,
        args=[*CHROMIUM_OPTIONS, f"--host-resolver-rules={rules}", "--ignore-certificate-errors"],
    )
    yield launched
    launched.close()


@pytest.fixture
def page(browser: Browser, site: str) -> Page:
    """The page of the Flask example, before the login."""
    opened = browser.new_page(viewport={"width": 640, "height": 480})
    opened.set_default_timeout(10_000)
    opened.goto(site)
    return opened


@dataclass
class Recording:
    """A HAR file of the page, and the requests in it that came through the event bridge."""

    har: Path
    seen: list[Seen]


@pytest.fixture
def record_har(
    browser: Browser, site: str, loopback: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Capability], Recording]:
    """Record the network view after Worker.js has made every call with a capability's token."""

    def record(capability: Capability) -> Recording:
        monkeypatch.setattr(flask_app, "token_for", lambda _: capability.generate_token())
        har = tmp_path / "page.har"
        context = browser.new_context(record_har_path=har, record_har_content="embed")
        page = context.new_page()
        loopback.reserve(1, "A call from Ada")
        page.goto(site)
        log_in(page)
        connect(page)
        for script in JS.values():
            page.evaluate(f"outcome({script}, 1_000)")
        context.close()  # this writes the file
        return Recording(har, list(loopback.seen))

    return record
