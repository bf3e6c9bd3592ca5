from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from freezegun import freeze_time

from tests.judges import recorded

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Run


@freeze_time(recorded.RECORDED)
def test_prints_the_documented_example_and_what_is_in_it(run: Run) -> None:
    token, header, claims, expires = run("demo").split("\n\n")
    calls = [["allow_activity_updates"], ["allow_reservation_updates"]]
    wanted = recorded.example_claims(calls, release="5.7.0")
    assert recorded.claims_of(token, "secret") == wanted
    assert json.loads(header.removeprefix("Header: ")) == {"alg": "HS256", "typ": "JWT"}
    assert json.loads(claims.removeprefix("Claims: ")) == wanted
    assert '{\n  "' in header
    assert '{\n  "' in claims
    assert expires == "Expires: 2015-04-25 23:13:20 UTC\n"


def test_needs_no_credentials(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TWILIO_ACCOUNT_SID")
    monkeypatch.delenv("TWILIO_AUTH_TOKEN")
    run("demo")


@pytest.mark.usefixtures("without_rich")
def test_needs_no_rich(run: Run) -> None:
    run("demo")


def test_takes_no_arguments(misuse: Callable[..., str]) -> None:
    assert misuse("demo", "x", "y") == "demo takes no arguments, got x y"
