"""A HAR of the real Worker.js has the data for ``replay``: each request's body, and the answer's status."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.example import ARGUMENTS, CHANNEL_URL, WORKSPACE_URL
from twilio.task_router import Capability, TaskRouterCapability, TaskRouterWorkerCapability
from twilio.task_router.command_line import main

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.conftest import Recording


@pytest.fixture(
    params=[
        pytest.param((TaskRouterCapability,), id="the default rules alone"),
        pytest.param(
            (TaskRouterWorkerCapability, "allow_activity_updates", "allow_reservation_updates"),
            id="a worker's capability with its grants",
        ),
    ]
)
def recording(request: pytest.FixtureRequest, record_har: Callable[[Capability], Recording]) -> Recording:
    kind, *grants = request.param
    capability = kind(*ARGUMENTS)
    for grant in grants:
        getattr(capability, grant)()
    return record_har(capability)


def test_har_has_every_request(recording: Recording) -> None:
    entries: list[Any] = json.loads(recording.har.read_text(encoding="utf-8"))["log"]["entries"]
    found = []
    for entry in entries:
        if entry["request"]["method"] == "POST" and "/wschannels/" in entry["request"]["url"]:
            body = json.loads(entry["request"]["postData"]["text"])
            assert body["token"].count(".") == 2
            path = body["url"].removeprefix(WORKSPACE_URL)
            found.append((body["method"], path, body.get("params", {}), entry["response"]["status"]))
    answered = [(seen.method, seen.path, seen.params, seen.status) for seen in recording.seen]
    assert sorted(found, key=str) == sorted(answered, key=str)
    assert {path for _, path, _, _ in found} >= {
        "/Activities",
        "/Tasks/WT1",
        "/Tasks/WT1/Reservations/WR1",
        "/Workers/WK789",
        "/Workers/WK789/Channels",
        "/Workers/WK789/Reservations",
    }


def lacking_one_grant_after_another() -> list[Any]:
    """The places of the rules of a worker's capability with its grants, but for those of the channel."""
    capability = TaskRouterWorkerCapability(*ARGUMENTS)
    capability.allow_activity_updates()
    capability.allow_reservation_updates()
    capability.allow_fetch_subresources()
    return [
        pytest.param(place, id=f"without {rule['method']} {rule['url'].removeprefix(WORKSPACE_URL)}")
        for place, rule in enumerate(capability.policies)
        if "/wschannels/" not in rule["url"]
    ]


@pytest.mark.parametrize("missing", lacking_one_grant_after_another())
def test_replay_agrees_with_server(
    missing: int,
    record_har: Callable[[Capability], Recording],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "secret")
    capability = TaskRouterWorkerCapability(*ARGUMENTS)
    capability.allow_activity_updates()
    capability.allow_reservation_updates()
    capability.allow_fetch_subresources()
    del capability.policies[missing]
    recording = record_har(capability)
    status = main(["replay", str(recording.har), "--json"])
    replayed = json.loads(capsys.readouterr().out)["requests"]
    assert status == (0 if all(one["allowed"] for one in replayed) else 1)
    answered = [(seen.method, seen.path, seen.params, seen.status == 200) for seen in recording.seen]
    found = [
        (one["method"], one["url"].removeprefix(WORKSPACE_URL), one["params"], one["allowed"])
        for one in replayed
        if one["url"] != CHANNEL_URL  # the websocket, of which the server keeps no list
    ]
    assert sorted(found, key=str) == sorted(answered, key=str)
    assert all((one["status"] in {101, 200}) is one["allowed"] for one in replayed)
    assert all(one["grants"] or one["missing_rule"] for one in replayed if not one["allowed"])
