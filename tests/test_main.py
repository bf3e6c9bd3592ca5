from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import recorded
from freezegun import freeze_time

from twilio.task_router.__main__ import main

ROOT = Path(__file__).parent.parent
COMMAND = [sys.executable, "-W", "error", "-m", "twilio.task_router"]


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC123")
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "secret")


def example_claims(
    calls: list[list[str]], ttl: int | None = None, release: str = "3.7.0", sid: str = "WK789"
) -> Any:
    """What was recorded for the example's account with these calls."""
    return next(
        vector["claims"]
        for vector in recorded.load(f"claims-{release}.json")
        if vector["args"][0] == "AC123"
        and (vector["args"][-1], vector["calls"], vector["ttl"]) == (sid, calls, ttl)
    )


class TestDemo:
    @freeze_time(recorded.RECORDED)
    def test_prints_the_documented_example_and_what_is_in_it(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["demo"]) == 0
        token, header, claims, expires = capsys.readouterr().out.split("\n\n")
        calls = [
            ["allow_worker_fetch_attributes"],
            ["allow_worker_activity_updates"],
            ["allow_task_reservation_updates"],
        ]
        assert recorded.claims_of(token, "secret") == example_claims(calls)
        assert json.loads(header.removeprefix("Header: ")) == {"alg": "HS256", "typ": "JWT"}
        assert json.loads(claims.removeprefix("Claims: ")) == example_claims(calls)
        assert expires == "Expires: 2015-04-25 23:13:20 UTC\n"

    def test_needs_no_credentials(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("TWILIO_ACCOUNT_SID")
        monkeypatch.delenv("TWILIO_AUTH_TOKEN")
        assert main(["demo"]) == 0


class TestToken:
    @pytest.mark.parametrize(
        ("flags", "calls"),
        [
            ([], []),
            (["--fetch-attributes"], [["allow_worker_fetch_attributes"]]),
            (["--activity-updates"], [["allow_worker_activity_updates"]]),
            (["--reservation-updates"], [["allow_task_reservation_updates"]]),
        ],
    )
    @freeze_time(recorded.RECORDED)
    def test_prints_a_token_and_nothing_else(
        self, flags: list[str], calls: list[list[str]], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["token", "WS456", "WK789", *flags]) == 0
        token, nothing = capsys.readouterr().out.split("\n")
        assert nothing == ""
        assert recorded.claims_of(token, "secret") == example_claims(calls)

    @pytest.mark.parametrize(
        ("arguments", "sid", "calls"),
        [
            (["WK789", "--with-reservations"], "WK789", []),
            (
                ["WK789", "--with-reservations", "--activity-updates", "--reservation-updates"],
                "WK789",
                [["allow_activity_updates"], ["allow_reservation_updates"]],
            ),
            (["WQ789"], "WQ789", []),
            (["WQ789", "--fetch-subresources"], "WQ789", [["allow_fetch_subresources"]]),
            (["WQ789", "--delete"], "WQ789", [["allow_delete"]]),
            ([], "WS456", []),
            (["--updates"], "WS456", [["allow_updates"]]),
            (["--updates-subresources"], "WS456", [["allow_updates_subresources"]]),
            (["--delete-subresources"], "WS456", [["allow_delete_subresources"]]),
        ],
    )
    @freeze_time(recorded.RECORDED)
    def test_mints_by_the_newer_classes(
        self, arguments: list[str], sid: str, calls: list[list[str]], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["token", "WS456", *arguments]) == 0
        claims = recorded.claims_of(capsys.readouterr().out.strip(), "secret")
        assert claims == example_claims(calls, release="5.7.0", sid=sid)

    @freeze_time(recorded.RECORDED)
    def test_ttl_is_in_seconds(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["token", "WS456", "WK789", "--ttl", "-60"]) == 0
        assert recorded.claims_of(capsys.readouterr().out.strip(), "secret")["exp"] == 1_429_999_940


class TestMisuse:
    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            ([], "COMMAND"),
            (["dance"], "'dance'"),
            (["token"], "WORKSPACE_SID"),
            (["token", "WS456", "--with-reservations"], "worker_sid"),
            (["token", "WS456", "WQ789", "--with-reservations"], "worker_sid"),
            (["token", "WS456", "WS456"], "TaskRouterWorkspaceCapability"),
            (["token", "WS456", "WQ789", "--activity-updates"], "--activity-updates"),
            (["token", "WS456", "WK789", "--with-reservations", "--fetch-attributes"], "--fetch-attributes"),
            (["token", "WS456", "WK789", "--ttl", "soon"], "--ttl"),
            (["token", "WS456", "WK789", "--tt\nl"], "--tt l"),
            (["token", "WS456", "WK1/**"], "worker_sid must be a SID: it must start with WK"),
        ],
    )
    def test_is_one_line_and_status_2(
        self, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert says in err
        assert err.count("\n") == 1

    @pytest.mark.parametrize("name", ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"])
    def test_says_which_credential_to_set(
        self, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.delenv(name)
        with pytest.raises(SystemExit) as caught:
            main(["token", "WS456", "WK789"])
        assert caught.value.code == 2
        assert f"set {name} in the environment" in capsys.readouterr().err


class TestAsAProcess:
    def test_misuse_shows_no_traceback(self) -> None:
        done = subprocess.run([*COMMAND, "token", "x", "y"], cwd=ROOT, capture_output=True, check=False)
        assert done.returncode == 2
        assert b"Traceback" not in done.stderr

    def test_a_closed_pipe_is_quiet(self) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run(
            [*COMMAND, "demo"], cwd=ROOT, stdout=writer, stderr=subprocess.PIPE, check=False
        )
        os.close(writer)
        assert done.stderr == b""
        assert done.returncode == 141

    def test_a_closed_pipe_is_noticed_in_process_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, "w") as closed_pipe:
            monkeypatch.setattr(sys, "stdout", closed_pipe)
            assert main(["token", "WS456", "WK789"]) == 141
