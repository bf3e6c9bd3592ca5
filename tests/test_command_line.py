from __future__ import annotations

import argparse
import base64
import contextlib
import io
import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import recorded
from freezegun import freeze_time

from twilio.task_router import (
    TaskRouterCapability,
    TaskRouterTaskQueueCapability,
    TaskRouterWorkerCapability,
    TaskRouterWorkspaceCapability,
)
from twilio.task_router.command_line import _parse, main
from twilio.task_router.command_line.inspection import inspect_token
from twilio.task_router.command_line.overview import as_lines
from twilio.task_router.tokens import sign

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

    def test_takes_the_channel_after_an_option_too(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["token", "WS456", "--ttl", "60", "WQ789"]) == 0
        claims = recorded.claims_of(capsys.readouterr().out.strip(), "secret")
        assert claims["taskqueue_sid"] == "WQ789"

    @freeze_time(recorded.RECORDED)
    def test_ttl_is_in_seconds(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["token", "WS456", "WK789", "--ttl", "-60"]) == 0
        assert recorded.claims_of(capsys.readouterr().out.strip(), "secret")["exp"] == 1_429_999_940


AUTH_TOKEN = "0123456789abcdef" * 2
ACCOUNT, WORKSPACE, WORKER = (prefix + "0123456789abcdef" * 2 for prefix in ("AC", "WS", "WK"))
WORKSPACE_URL = f"https://taskrouter.twilio.com/v1/Workspaces/{WORKSPACE}"
WORKER_URL = f"{WORKSPACE_URL}/Workers/{WORKER}"


def mint(ttl: int = 3600, **attributes: Any) -> str:
    capability = TaskRouterCapability(ACCOUNT, "secret", WORKSPACE, WORKER)
    capability.allow_worker_fetch_attributes()
    capability.allow_worker_activity_updates()
    return capability.generate_token(ttl, attributes)


def forged(header: dict[str, Any], signature: bytes) -> str:
    """A token that nobody signed."""
    claims = mint().split(".")[1]
    head, tail = (
        base64.urlsafe_b64encode(part).rstrip(b"=").decode()
        for part in (json.dumps(header).encode(), signature)
    )
    return f"{head}.{claims}.{tail}"


with freeze_time(recorded.RECORDED):
    UNSIGNED = {
        "alg none": forged({"alg": "none"}, b""),
        "alg none with a signature": forged({"alg": "none"}, b"x" * 32),
        "no alg": forged({}, b"x" * 32),
        "alg HS512": forged({"alg": "HS512"}, b"x" * 64),
        "crit": forged({"alg": "HS256", "crit": ["b64"]}, b"x" * 32),
        "b64": forged({"alg": "HS256", "b64": False}, b"x" * 32),
        "no signature": forged({"alg": "HS256"}, b""),
        "a short signature": forged({"alg": "HS256"}, b"x" * 31),
        "a long signature": forged({"alg": "HS256"}, b"x" * 33),
    }


@freeze_time(recorded.RECORDED)
class TestInspect:
    def shown(self, capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> str:
        assert main(["inspect", *arguments]) == status
        return capsys.readouterr().out

    def test_says_who_it_is_for_and_when_it_expires(self, capsys: pytest.CaptureFixture[str]) -> None:
        out = self.shown(capsys, mint(friendly_name="Zoë"))
        for label, text in (
            ("Worker", WORKER),
            ("Name", "Zoë"),
            ("Workspace", WORKSPACE),
            ("Account", ACCOUNT),
            ("Expires", "2015-04-25 23:13:20 UTC (in 60 minutes)"),
            ("Signature", "good"),
        ):
            assert re.search(rf"^{label}: +{re.escape(text)}$", out, re.MULTILINE)

    @pytest.mark.parametrize(
        ("ttl", "words", "status"),
        [
            (1, "in 1 second", 0),
            (119, "in 119 seconds", 0),
            (59 * 60, "in 59 minutes", 0),
            (47 * 3600 + 5, "in 47 hours", 0),
            (1000 * 86400, "in 1000 days", 0),
            (10**12, "in 11574074 days", 0),
            (-86400 * 10**20, "100000000000000000000 days ago", 1),
            (0, "in 0 seconds", 1),
            (-12 * 60, "12 minutes ago", 1),
        ],
    )
    def test_says_the_expiry_in_words(
        self, ttl: int, words: str, status: int, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert f" UTC ({words}" in self.shown(capsys, mint(ttl), status=status)

    def test_says_an_expiry_that_no_date_can_hold(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert "9999-12-31 23:59:59 UTC (in" in self.shown(capsys, mint(10**400))
        assert "1-01-01 00:00:00 UTC (" in self.shown(capsys, mint(-(10**20)), status=1)

    def test_says_that_a_token_has_expired(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert "Not good:   Signature has expired" in self.shown(capsys, mint(-1), status=1)

    def test_says_that_a_token_is_forged_and_shows_it_all_the_same(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("TWILIO_AUTH_TOKEN", "another")
        out = self.shown(capsys, mint(), status=1)
        assert re.search(r"^Signature: +BAD$", out, re.MULTILINE)
        assert WORKER in out

    @pytest.mark.parametrize(("ttl", "status"), [(60, 0), (-60, 1)])
    def test_says_plainly_that_nothing_was_checked_without_a_key(
        self, ttl: int, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.delenv("TWILIO_AUTH_TOKEN")
        assert "NOT CHECKED: anybody may have written this" in self.shown(capsys, mint(ttl), status=status)

    def test_shows_the_rules_as_a_table(self, capsys: pytest.CaptureFixture[str]) -> None:
        out = self.shown(capsys, mint())
        assert " 3 allow GET    taskrouter.twilio.com/v1/Workspaces/{workspace}/Workers/{channel}\n" in out
        assert "\n                with form parameter ActivitySid (required)\n" in out

    def test_shows_denials_and_values(self, capsys: pytest.CaptureFixture[str]) -> None:
        capability = TaskRouterTaskQueueCapability("AC1", "secret", "WS1", "WQ1")
        capability.deny("http://t", "DELETE", {"A": {"required": False, "value": "x"}})
        out = self.shown(capsys, capability.generate_token())
        assert " 3 DENY  DELETE http://t\n                with query parameter A (optional, 'x' alone)" in out
        assert re.search(r"^Task queue: +WQ1$", out, re.MULTILINE)
        assert "Worker.js" not in out

    def test_shows_which_calls_of_worker_js_go_through_and_what_the_others_need(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = self.shown(capsys, mint())
        assert "\n✓ connect\n✓ ready\n" in out
        assert re.search(
            r"^✗ reservation.dequeue +needs TaskRouterWorkerCapability.allow_reservation_updates\(\)$",
            out,
            re.MULTILINE,
        )

    @pytest.mark.parametrize("encoding", ["ascii", None])
    def test_marks_the_calls_without_utf_8_too(self, encoding: str | None) -> None:
        out = "\n".join(as_lines(inspect_token(mint(), "secret"), encoding))
        assert "\n+ ready\n" in out
        assert "\n- reservation.dequeue" in out

    def test_knows_tokens_for_other_places(self, capsys: pytest.CaptureFixture[str]) -> None:
        capability = TaskRouterWorkerCapability(
            "AC1", "secret", "WS1", "WK1", base_url="http://t:1", version="v2"
        )
        assert "\n✓ ready\n" in self.shown(capsys, capability.generate_token())

    def test_knows_nothing_of_worker_js_for_a_token_without_rules(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        claims = {
            "iss": "AC1",
            "account_sid": "AC1",
            "workspace_sid": "WS1",
            "channel": "WK1",
            "worker_sid": "WK1",
            "exp": 2**40,
            "policies": [],
        }
        out = self.shown(capsys, sign(claims, "secret"))
        assert "\n✗ ready" in out
        assert "✓" not in out

    def test_shows_a_workspaces_token(self, capsys: pytest.CaptureFixture[str]) -> None:
        token = TaskRouterWorkspaceCapability("AC1", "secret", "WS1").generate_token()
        out = self.shown(capsys, token)
        assert out.startswith("Workspace:  WS1\nAccount:    AC1\n")
        assert " 2 allow GET    taskrouter.twilio.com/v1/Workspaces/{workspace}\n" in out

    def test_says_all_that_is_wrong(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("TWILIO_AUTH_TOKEN", "another")
        out = self.shown(capsys, mint(-1), status=1)
        assert "Not good:   Signature verification failed; Signature has expired\n" in out

    def test_says_where_no_grant_would_help(self, capsys: pytest.CaptureFixture[str]) -> None:
        capability = TaskRouterCapability("AC1", "secret", "WS1", "WK1")
        capability.deny(capability.worker_url, "GET")
        assert re.search(
            "^✗ ready +no grant allows this$", self.shown(capsys, capability.generate_token()), re.MULTILINE
        )

    @pytest.mark.parametrize("grants", [[], ["--with-reservations"]])
    def test_fits_100_columns(self, grants: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        main(["token", WORKSPACE, WORKER, "--delete-subresources", *grants])
        out = self.shown(capsys, capsys.readouterr().out.strip())
        assert max(map(len, out.splitlines())) <= 100

    def test_moves_no_cursor(self, capsys: pytest.CaptureFixture[str]) -> None:
        out = self.shown(capsys, mint(friendly_name="\x1b[2JAlice\r"))
        assert "\\x1b[2JAlice\\r\n" in out

    def test_reads_standard_input(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(mint().encode() + b"\n")))
        assert WORKER in self.shown(capsys)

    def test_shows_what_can_be_read_of_a_malformed_token(self, capsys: pytest.CaptureFixture[str]) -> None:
        claims = {"exp": 2**40, "iss": "AC1", "policies": [{}], "worker_sid": "x", "channel": "x"}
        out = self.shown(capsys, sign(claims, "secret"), status=1)
        assert re.search("^Worker: +x$", out, re.MULTILINE)
        assert re.search("^Workspace: +missing$", out, re.MULTILINE)
        assert "Policy rules: they cannot be read" in out

    @pytest.mark.parametrize(
        "claim", ["channel", "workspace_sid", "account_sid", "worker_sid", "friendly_name"]
    )
    @pytest.mark.parametrize("value", [[], {}, 5, None])
    def test_shows_a_token_with_claims_of_another_type(
        self, claim: str, value: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        claims = recorded.claims_of(mint(), "secret") | {claim: value}
        status = 0 if value is None and claim in {"worker_sid", "friendly_name"} else 1
        assert "Workers" in self.shown(capsys, sign(claims, "secret"), status=status)

    def test_shows_no_calls_where_a_claim_is_not_the_sid_that_it_should_be(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        claims = recorded.claims_of(mint(), "secret") | {"worker_sid": "WK1/**"}
        assert "Worker.js" not in self.shown(capsys, sign(claims, "secret"))

    def test_shows_the_channel_where_it_is_none_of_the_others(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        claims = recorded.claims_of(mint(), "secret") | {"worker_sid": "WK1"}
        out = self.shown(capsys, sign(claims, "secret"))
        assert out.startswith(f"Worker:     WK1\nChannel:    {WORKER}\n")
        assert "\n✗ ready" in out

    def test_shows_an_expiry_that_is_none(self, capsys: pytest.CaptureFixture[str]) -> None:
        out = self.shown(capsys, sign({"exp": "soon", "policies": []}, "secret"), status=1)
        assert re.search("^Expires: +missing$", out, re.MULTILINE)
        assert re.search("^Workspace: +missing$", out, re.MULTILINE)

    @pytest.mark.parametrize("text", ["", "hello", "a.b.c"])
    def test_says_that_something_is_no_token(self, text: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert self.shown(capsys, text, status=1).startswith("Not good:   this is not a token: ")

    def test_says_the_same_as_json(self, capsys: pytest.CaptureFixture[str]) -> None:
        token = mint()
        told = json.loads(self.shown(capsys, token, "--json"))
        assert told["claims"] == recorded.claims_of(token, "secret")
        assert told["header"] == {"alg": "HS256", "typ": "JWT"}
        assert (told["good"], told["problem"], told["signature"]) == (True, None, "good")
        assert told["expires_at"] == "2015-04-25 23:13:20 UTC"
        assert told["worker_js"]["ready"]["allowed"] is True
        assert told["worker_js"]["reservation.dequeue"]["grants"] == [
            "TaskRouterWorkerCapability.allow_reservation_updates()"
        ]

    @pytest.mark.parametrize(("ttl", "good", "status"), [(60, None, 0), (-60, False, 1)])
    def test_says_as_json_that_the_signature_was_not_checked(
        self,
        ttl: int,
        good: Any,
        status: int,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.delenv("TWILIO_AUTH_TOKEN")
        told = json.loads(self.shown(capsys, "--json", mint(ttl), status=status))
        assert told["good"] is good
        assert told["signature"] == "not checked"

    @pytest.mark.parametrize("key", [None, "secret"])
    @pytest.mark.parametrize("token", UNSIGNED.values(), ids=UNSIGNED)
    def test_says_as_json_that_a_token_cannot_be_signed(
        self,
        token: str,
        key: str | None,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        if key is None:
            monkeypatch.delenv("TWILIO_AUTH_TOKEN")
        told = json.loads(self.shown(capsys, "--json", token, status=1))
        assert told["good"] is False
        assert told["signature"] == "bad"

    def test_says_as_json_what_is_wrong(self, capsys: pytest.CaptureFixture[str]) -> None:
        told = json.loads(self.shown(capsys, "--json", "hello", status=1))
        assert (told["good"], told["signature"], told["claims"]) == (False, "not checked", {})
        assert "not a token" in told["problem"]


class TestCheck:
    def shown(self, capsys: pytest.CaptureFixture[str], *arguments: str, status: int) -> str:
        assert main(["check", *arguments]) == status
        return " ".join(capsys.readouterr().out.split())

    def test_says_what_allows(self, capsys: pytest.CaptureFixture[str]) -> None:
        out = self.shown(capsys, "get", WORKER_URL, mint(), status=0)
        assert out.replace(" ", "") == f"allowed:Policyrule3allowsGET{WORKER_URL}."

    def test_takes_parameters_before_the_token(self, capsys: pytest.CaptureFixture[str]) -> None:
        out = self.shown(capsys, "POST", WORKER_URL, "--form", "ActivitySid=WA1", mint(), status=0)
        assert out.startswith("allowed: Policy rule 4 allows POST")

    def test_takes_parameters_after_the_token(self, capsys: pytest.CaptureFixture[str]) -> None:
        arguments = (
            "POST",
            WORKER_URL,
            mint(),
            "--form",
            "ActivitySid=WA1",
            "--form",
            "A=x=y",
            "--query",
            "Q=",
        )
        out = self.shown(capsys, *arguments, status=1)
        assert out.startswith("denied: Policy rule 4 allows POST")
        assert out.endswith("but the form parameter 'A' is unexpected.")

    def test_says_that_a_token_is_not_good(self, capsys: pytest.CaptureFixture[str]) -> None:
        out = self.shown(capsys, "GET", WORKER_URL, mint(-1), status=1)
        assert out == "denied: the token is not good: Signature has expired"

    def test_says_that_something_is_no_token(self, capsys: pytest.CaptureFixture[str]) -> None:
        out = self.shown(capsys, "GET", WORKER_URL, "hello", status=1)
        assert out.startswith("denied: the token is not good: this is not a token")

    def test_says_that_the_signature_was_not_checked(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.delenv("TWILIO_AUTH_TOKEN")
        out = self.shown(capsys, "GET", WORKER_URL, mint(), status=0)
        assert out.startswith("allowed (signature not checked): Policy rule 3 allows GET")
        out = self.shown(capsys, "DELETE", WORKER_URL, mint(), status=1)
        assert out.startswith("denied (signature not checked): No policy rule allows DELETE")

    @pytest.mark.parametrize("key", [None, "secret"])
    @pytest.mark.parametrize("token", UNSIGNED.values(), ids=UNSIGNED)
    def test_trusts_no_token_that_cannot_be_signed(
        self,
        token: str,
        key: str | None,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        if key is None:
            monkeypatch.delenv("TWILIO_AUTH_TOKEN")
        out = self.shown(capsys, "GET", WORKER_URL, token, status=1)
        assert out.startswith("denied: the token is not good: ")

    def test_fits_100_columns(self, capsys: pytest.CaptureFixture[str]) -> None:
        main(["check", "GET", f"{WORKER_URL}/Reservations/WR0123456789abcdef0123456789abcdef", mint()])
        assert max(map(len, capsys.readouterr().out.splitlines())) <= 100


class TestMisuse:
    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            ([], "COMMAND"),
            (["dance"], "'dance'"),
            (["token"], "WORKSPACE_SID"),
            (["token", "WS456", "--with-reservations"], "give a worker's SID (WK...) as CHANNEL_SID"),
            (["token", "WS456", "WQ789", "--with-reservations"], "give a worker's SID"),
            (["token", "WS456", "WS456"], "CHANNEL_SID must start with WK or WQ"),
            (["token", "WS456", "WQ789", "--activity-updates"], "--activity-updates"),
            (["token", "WS456", "WK789", "--with-reservations", "--fetch-attributes"], "--fetch-attributes"),
            (["token", "WS456", "WK789", "--ttl", "soon"], "--ttl"),
            (["token", "WS456", "WK789", "--tt\nl"], "--tt l"),
            (["check", "GET"], "URL"),
            (["check", "GET", "https://t", "--form", "A", "x"], "'A' must be NAME=VALUE"),
            (["check", "GET", "https://t", "x", "y"], "unrecognized arguments: y"),
            (["check", "https://t", "GET", "x"], "METHOD comes first"),
            (["check", "GET", "/Workers", "x"], "METHOD comes first"),
            (["token", "WS456", "WK789", "--ttl", "9" * 5000], "9..."),
            (["inspect", "x", "--frob"], "unrecognized arguments: --frob"),
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

    @pytest.mark.parametrize(
        "arguments",
        [
            ["token", "WS456", AUTH_TOKEN],
            ["token", AUTH_TOKEN],
            ["token", "WS456", "WK789", AUTH_TOKEN],
            ["token", "WS456", "WK789", "--ttl", AUTH_TOKEN],
            ["token", "WS456", "WK789", f"--{AUTH_TOKEN}"],
            ["inspect", "x", AUTH_TOKEN],
            ["check", AUTH_TOKEN, "https://t", "x"],
            ["check", "GET", "https://t", "--form", AUTH_TOKEN, "x"],
            [AUTH_TOKEN],
        ],
    )
    def test_shows_nothing_that_looks_like_an_auth_token(
        self, arguments: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit):
            main(arguments)
        out, err = capsys.readouterr()
        assert AUTH_TOKEN not in out + err
        assert "32 hexadecimal digits, not shown" in err

    @pytest.mark.parametrize("name", ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"])
    def test_says_which_credential_to_set(
        self, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.delenv(name)
        with pytest.raises(SystemExit) as caught:
            main(["token", "WS456", "WK789"])
        assert caught.value.code == 2
        assert f"set {name} in the environment" in capsys.readouterr().err


class TestOutput:
    def test_goes_wherever_standard_output_leads(self) -> None:
        with contextlib.redirect_stdout(io.StringIO()) as out:
            assert main(["token", "WS456", "WK789"]) == 0
        assert out.getvalue().count(".") == 2

    def test_that_leads_nowhere_is_misuse(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(sys, "stdout", None)
        with pytest.raises(SystemExit) as caught:
            main(["demo"])
        assert caught.value.code == 2
        assert "there is no standard output" in capsys.readouterr().err

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
    def test_that_cannot_be_written_is_one_line(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with Path("/dev/full").open("w") as full:
            monkeypatch.setattr(sys, "stdout", full)
            with pytest.raises(SystemExit) as caught:
                main(["demo"])
        assert caught.value.code == 2
        assert capsys.readouterr().err.count("\n") == 1


class Keyboard(io.TextIOWrapper):
    """Standard input at a terminal."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO())

    def isatty(self) -> bool:
        return True


class TestInput:
    @pytest.mark.parametrize("stdin", [None, Keyboard()])
    def test_is_not_waited_for_where_there_is_none(
        self, stdin: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(sys, "stdin", stdin)
        with pytest.raises(SystemExit) as caught:
            main(["inspect"])
        assert caught.value.code == 2
        assert "TOKEN is missing" in capsys.readouterr().err

    def test_may_be_broken_off(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def interrupt(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("twilio.task_router.command_line.inspection.inspect_token", interrupt)
        assert main(["inspect", "x"]) == 130

    def test_is_misuse_where_the_key_cannot_be_one(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("TWILIO_AUTH_TOKEN", "\udcff")
        with pytest.raises(SystemExit) as caught:
            main(["inspect", mint()])
        assert caught.value.code == 2
        assert "auth_token" in capsys.readouterr().err


def test_python_m_runs_the_command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["task_router", "demo"])
    with pytest.raises(SystemExit) as caught:
        runpy.run_module("twilio.task_router", run_name="__main__")
    assert caught.value.code == 0
    assert '"alg": "HS256"' in capsys.readouterr().out


def test_a_token_that_argparse_leaves_over_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """After an option, as Python 3.10 to 3.13.0 do."""
    left_over = argparse.Namespace(token=None), ["a.b.c"]
    monkeypatch.setattr(argparse.ArgumentParser, "parse_known_args", lambda *_: left_over)
    assert _parse(argparse.ArgumentParser(), []).token == "a.b.c"


class TestAsAProcess:
    @pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
    def test_a_terminal_without_utf_8_is_spoken_to(self, encoding: str) -> None:
        done = subprocess.run(
            [*COMMAND, "inspect", mint(friendly_name="Zoë ☎")],
            cwd=ROOT,
            env=os.environ | {"PYTHONIOENCODING": encoding},
            capture_output=True,
            check=True,
        )
        assert b"\n+ ready" in done.stdout
        assert b"\n- worker.fetchChannels" in done.stdout
        assert b"\\u260e" in done.stdout

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
