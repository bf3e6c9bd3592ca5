from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from freezegun import freeze_time

from tests.judges import recorded
from twilio.task_router import TaskRouterCapability

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Run


@pytest.fixture(autouse=True)
def _account_of_the_example(_environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC123")
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "secret")


class TestToken:
    @pytest.mark.parametrize(
        ("arguments", "sid", "calls"),
        [
            (["WK789"], "WK789", []),
            (["WK789", "--activity-updates"], "WK789", [["allow_activity_updates"]]),
            (
                ["WK789", "--activity-updates", "--reservation-updates"],
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
    def test_token_is_all_that_is_printed(
        self, arguments: list[str], sid: str, calls: list[list[str]], run: Run
    ) -> None:
        token, nothing = run("token", "WS456", *arguments).split("\n")
        assert nothing == ""
        assert recorded.claims_of(token, "secret") == recorded.example_claims(calls, release="5.7.0", sid=sid)

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
    def test_token_of_the_older_class(self, flags: list[str], calls: list[list[str]], run: Run) -> None:
        token = run("token", "WS456", "WK789", "--legacy", *flags).strip()
        assert recorded.claims_of(token, "secret") == recorded.example_claims(calls, release="3.7.0")

    @freeze_time(recorded.RECORDED)
    def test_grants_of_the_older_class(self, run: Run) -> None:
        capability = TaskRouterCapability("AC123", "secret", "WS456", "WK789")
        capability.allow_updates_subresources()
        token = run("token", "WS456", "WK789", "--legacy", "--updates-subresources").strip()
        assert recorded.claims_of(token, "secret")["policies"] == capability.policies

    def test_channel_after_an_option(self, run: Run) -> None:
        claims = recorded.claims_of(run("token", "WS456", "--ttl", "60", "WQ789").strip(), "secret")
        assert claims["taskqueue_sid"] == "WQ789"

    @freeze_time(recorded.RECORDED)
    def test_ttl_is_in_seconds(self, run: Run) -> None:
        token = run("token", "WS456", "WK789", "--ttl", "-60").strip()
        assert recorded.claims_of(token, "secret")["exp"] == 1_429_999_940

    @pytest.mark.usefixtures("without_rich")
    def test_token_needs_no_rich(self, run: Run) -> None:
        assert run("token", "WS456", "WK789").count(".") == 2


class TestMisuse:
    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            ([], "WORKSPACE_SID is missing"),
            (["WS456", "WK789", "WK790"], "give no more than WORKSPACE_SID and CHANNEL_SID, got 'WK790' too"),
            (
                ["WS456", "--legacy"],
                "--legacy is for workers: give a worker's SID (WK...) as CHANNEL_SID",
            ),
            (
                ["WS456", "WQ789", "--legacy"],
                "--legacy is for workers: give a worker's SID (WK...) as CHANNEL_SID",
            ),
            (["WS456", "WS456"], "CHANNEL_SID must start with WK or WQ, got 'WS456'"),
            (
                ["WS456", "WQ789", "--activity-updates"],
                "leave --activity-updates out: a TaskRouterTaskQueueCapability has no such grant",
            ),
            (
                ["WS456", "WK789", "--fetch-attributes"],
                "leave --fetch-attributes out: a TaskRouterWorkerCapability has no such grant",
            ),
            (
                ["WS456", "WK789", "--ttl", "ten"],
                "argument --ttl: give whole seconds, such as 600, not 'ten'",
            ),
            (
                ["WS456", "WK789", "--ttl", "1.5"],
                "argument --ttl: give whole seconds, such as 600, not '1.5'",
            ),
            (
                ["WS456", "WK1/**"],
                (
                    "worker_sid must be a SID: it must start with WK and go on with ASCII letters, digits, - "
                    "or _, got 'WK1/**'"
                ),
            ),
        ],
    )
    def test_misuse_is_one_line_and_status_2(
        self, arguments: list[str], says: str, misuse: Callable[..., str]
    ) -> None:
        assert misuse("token", *arguments) == says

    def test_misuse_shortens_a_number(self, misuse: Callable[..., str]) -> None:
        assert "9..." in misuse("token", "WS456", "WK789", "--ttl", "9" * 5000)

    @pytest.mark.parametrize("name", ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"])
    @pytest.mark.parametrize("value", [None, ""])
    def test_missing_credential(
        self, name: str, value: str | None, misuse: Callable[..., str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if value is None:
            monkeypatch.delenv(name)
        else:
            monkeypatch.setenv(name, value)
        assert f"set {name} in the environment" in misuse("token", "WS456", "WK789")
