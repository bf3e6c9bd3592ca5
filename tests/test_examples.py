"""The example applications of the documentation, each driven with its framework's own test client."""

from __future__ import annotations

import os
from typing import Any

import pytest
from freezegun import freeze_time

from tests.judges import recorded
from twilio.task_router import explain, verify_token

os.environ["DJANGO_SETTINGS_MODULE"] = "django_app"

import django
import django_app
import flask_app
import supervisor_app
from django.test import Client

django.setup()


class FlaskPage:
    def __init__(self) -> None:
        self._client = flask_app.app.test_client()

    def log_in(self, user: str) -> int:
        return self._client.post("/login", data={"user": user}).status_code

    def get(self, path: str) -> tuple[int, str, str | None]:
        answer = self._client.get(path)
        return answer.status_code, answer.text, answer.headers.get("Cache-Control")


class DjangoPage:
    def __init__(self) -> None:
        self._client: Any = Client(HTTP_HOST="localhost", enforce_csrf_checks=True)

    def log_in(self, user: str) -> int:
        form = self._client.get("/").content.decode()
        proof = form.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
        status: int = self._client.post("/", {"user": user, "csrfmiddlewaretoken": proof}).status_code
        return status

    def get(self, path: str) -> tuple[int, str, str | None]:
        answer = self._client.get(path)
        return answer.status_code, answer.content.decode(), answer.headers.get("Cache-Control")


@pytest.fixture(params=[FlaskPage, DjangoPage])
def page(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC123")
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "secret")
    monkeypatch.setenv("TWILIO_WORKSPACE_SID", "WS456")
    monkeypatch.setenv("TWILIO_WORKER_SID", "WK789")
    return request.param()


def test_the_page_loads_worker_js_after_the_login(page: Any) -> None:
    assert "Twilio.TaskRouter" not in page.get("/")[1]
    assert page.log_in("alice") == 302
    assert "new Twilio.TaskRouter.Worker(token)" in page.get("/")[1]


def test_the_token_is_the_logged_in_workers(page: Any) -> None:
    page.log_in("alice")
    status, body, _ = page.get("/token")
    assert status == 200
    assert verify_token(body.split('"')[3], "secret").worker_sid == "WK789"


def test_the_token_is_for_what_the_page_does(page: Any) -> None:
    page.log_in("alice")
    verified = verify_token(page.get("/token")[1].split('"')[3], "secret")
    calls = explain(verified)
    for call in (
        "ready",
        "worker.activities.fetch",
        'worker.update("ActivitySid", ...)',
        "reservation.created",
        "reservation.accept",
        "reservation.accept: callback",
        "reservation.reject",
    ):
        assert calls[call], calls[call].reason


def test_the_token_is_not_stored(page: Any) -> None:
    page.log_in("alice")
    assert page.get("/token")[2] == "no-store"


def test_each_token_is_fresh(page: Any) -> None:
    with freeze_time(recorded.RECORDED) as clock:
        page.log_in("alice")
        first = verify_token(page.get("/token")[1].split('"')[3], "secret")
        clock.tick(60)
        second = verify_token(page.get("/token")[1].split('"')[3], "secret")
    assert (second.expires_at - first.expires_at).total_seconds() == 60


def test_there_is_no_token_without_a_login(page: Any) -> None:
    assert page.get("/token")[0] == 401


def test_the_browser_cannot_choose_the_worker(page: Any) -> None:
    assert page.log_in("WK1") == 403
    assert page.get("/token?worker_sid=WK1")[0] == 401
    page.log_in("alice")
    body = page.get("/token?worker_sid=WK1&user=bob")[1]
    assert verify_token(body.split('"')[3], "secret").worker_sid == "WK789"


def test_both_examples_have_the_same_page() -> None:
    assert flask_app.PAGE == django_app.PAGE


class TestTheSupervisorsPage:
    @pytest.fixture
    def client(self, monkeypatch: pytest.MonkeyPatch) -> Any:
        monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC123")
        monkeypatch.setenv("TWILIO_AUTH_TOKEN", "secret")
        monkeypatch.setenv("TWILIO_WORKSPACE_SID", "WS456")
        return supervisor_app.app.test_client()

    def test_loads_worker_js_after_the_login(self, client: Any) -> None:
        assert "Twilio.TaskRouter" not in client.get("/").text
        assert client.post("/login", data={"user": "grace"}).status_code == 302
        assert "new Twilio.TaskRouter.Workspace(" in client.get("/").text

    def test_has_a_token_for_just_its_calls(self, client: Any) -> None:
        client.post("/login", data={"user": "grace"})
        answer = client.get("/token")
        calls = explain(verify_token(answer.json["token"], "secret"))
        assert answer.headers["Cache-Control"] == "no-store"
        assert {call for call, explanation in calls.items() if explanation} == {
            "connect",
            "ready",
            "workspace.fetch",
            "workspace.workers.fetch",
            "workspace.workers.fetch: next",
            "workspace.tasks.fetch",
            "workspace.tasks.fetch: next",
        }

    def test_is_for_supervisors(self, client: Any) -> None:
        assert client.post("/login", data={"user": "alice"}).status_code == 403
        assert client.get("/token").status_code == 401
