"""The example applications of the documentation, each driven with its framework's own test client."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import django
import pytest
from django.test import Client
from freezegun import freeze_time

from tests.example import AUTH_TOKEN
from tests.example_apps import ENVIRONMENT, django_app, flask_app, supervisor_app
from tests.judges import recorded
from twilio.task_router import explain, verify_token

django.setup()

ROOT = Path(__file__).parent.parent
# How each application is started, and which variables it needs.
SERVERS = {
    "flask --app flask_app run": [*ENVIRONMENT],
    "django runserver --pythonpath . --settings django_app": [*ENVIRONMENT],
    "flask --app supervisor_app run": [*ENVIRONMENT][:3],
}


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
def page(request: pytest.FixtureRequest) -> Any:
    return request.param()


@pytest.mark.parametrize("command", SERVERS, ids=["flask_app", "django_app", "supervisor_app"])
class TestAServerWithoutItsVariables:
    def stops_with(self, command: str, environment: dict[str, str]) -> str:
        others = {key: value for key, value in os.environ.items() if not key.startswith("TWILIO_")}
        done = subprocess.run(
            [sys.executable, "-m", *command.split()],
            cwd=ROOT / "docs" / "examples",
            env=others | {"PYTHONPATH": str(ROOT)} | environment,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        assert done.returncode == 1
        return done.stdout + done.stderr

    def test_missing_variables(self, command: str) -> None:
        message = f"Set these environment variables: {', '.join(SERVERS[command])}\n"
        assert self.stops_with(command, {}) == message

    def test_empty_variable(self, command: str) -> None:
        message = self.stops_with(command, ENVIRONMENT | {"TWILIO_WORKSPACE_SID": ""})
        assert message == "Set these environment variables: TWILIO_WORKSPACE_SID\n"


def test_page_loads_worker_js(page: Any) -> None:
    assert "Twilio.TaskRouter" not in page.get("/")[1]
    assert page.log_in("alice") == 302
    assert "new Twilio.TaskRouter.Worker(token)" in page.get("/")[1]


def test_token_of_the_worker(page: Any) -> None:
    page.log_in("alice")
    status, body, _ = page.get("/token")
    assert status == 200
    assert verify_token(body.split('"')[3], AUTH_TOKEN).worker_sid == "WK789"


def test_token_for_the_page(page: Any) -> None:
    page.log_in("alice")
    verified = verify_token(page.get("/token")[1].split('"')[3], AUTH_TOKEN)
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


def test_token_is_not_stored(page: Any) -> None:
    page.log_in("alice")
    assert page.get("/token")[2] == "no-store"


def test_each_token_is_fresh(page: Any) -> None:
    with freeze_time(recorded.RECORDED) as clock:
        page.log_in("alice")
        first = verify_token(page.get("/token")[1].split('"')[3], AUTH_TOKEN)
        clock.tick(60)
        second = verify_token(page.get("/token")[1].split('"')[3], AUTH_TOKEN)
    assert (second.expires_at - first.expires_at).total_seconds() == 60


def test_no_token_without_a_login(page: Any) -> None:
    assert page.get("/token")[0] == 401


def test_worker_of_the_session(page: Any) -> None:
    assert page.log_in("WK1") == 403
    assert page.get("/token?worker_sid=WK1")[0] == 401
    page.log_in("alice")
    body = page.get("/token?worker_sid=WK1&user=bob")[1]
    assert verify_token(body.split('"')[3], AUTH_TOKEN).worker_sid == "WK789"


def test_same_page_in_examples() -> None:
    assert flask_app.PAGE == django_app.PAGE


class TestTheSupervisorsPage:
    @pytest.fixture
    def client(self) -> Any:
        return supervisor_app.app.test_client()

    def test_supervisor_page(self, client: Any) -> None:
        assert "Twilio.TaskRouter" not in client.get("/").text
        assert client.post("/login", data={"user": "grace"}).status_code == 302
        assert "new Twilio.TaskRouter.Workspace(" in client.get("/").text

    def test_supervisor_token(self, client: Any) -> None:
        client.post("/login", data={"user": "grace"})
        answer = client.get("/token")
        calls = explain(verify_token(answer.json["token"], AUTH_TOKEN))
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

    def test_supervisors_only(self, client: Any) -> None:
        assert client.post("/login", data={"user": "alice"}).status_code == 403
        assert client.get("/token").status_code == 401
