"""The notes on a token's claims and its channel, from ``verify_token(...).notes()``."""

from __future__ import annotations

from typing import Any

import pytest
from freezegun import freeze_time

from tests.example import AUTH_TOKEN, CHANNEL_URL, sign
from tests.judges import recorded
from twilio.task_router import Note, TaskRouterTaskQueueCapability, TaskRouterWorkerCapability, verify_token

WORKER = TaskRouterWorkerCapability("AC123", AUTH_TOKEN, "WS456", "WK789")
QUEUE = TaskRouterTaskQueueCapability("AC123", AUTH_TOKEN, "WS456", "WQ789")


def notes_of(capability: Any = WORKER, **claims: Any) -> list[Note]:
    changed = recorded.claims_of(capability.generate_token(), AUTH_TOKEN) | claims
    token = sign({name: value for name, value in changed.items() if value is not ...}, AUTH_TOKEN)
    return verify_token(token, AUTH_TOKEN).notes()


class TestChannel:
    def test_channel_of_our_tokens(self) -> None:
        assert notes_of(WORKER) == notes_of(QUEUE) == []

    @pytest.mark.parametrize(
        ("capability", "claim", "sid"),
        [(WORKER, "worker_sid", "WK789"), (QUEUE, "taskqueue_sid", "WQ789")],
    )
    @pytest.mark.parametrize("missing", [..., None, ""])
    def test_undefined_channel(self, capability: Any, claim: str, sid: str, missing: Any) -> None:
        (note,) = notes_of(capability, **{claim: missing})
        assert (note.kind, note.rule_index) == ("missing-claim", None)
        assert note.reason.startswith(f"The claim {claim} is missing, from which a ")
        assert note.reason.endswith("Worker.js opens the channel 'undefined'.")
        assert note.advice.endswith(f"SID, '{sid}'.")

    def test_channel_of_another_sid(self) -> None:
        (note,) = notes_of(channel="WS456")
        assert note.kind == "wrong-channel"
        assert note.reason == (
            "The claims channel and worker_sid differ: 'WS456', 'WK789'. Worker.js opens the channel of "
            "worker_sid."
        )

    def test_channel_of_no_known_kind(self) -> None:
        first, *_ = notes_of(channel="CI123", worker_sid=...)
        assert first.kind == "wrong-channel"
        assert "no page of Worker.js opens it" in first.reason

    @pytest.mark.parametrize(
        ("claims", "kind"),
        [
            ({"channel": "WQ1", "taskqueue_sid": "WQ1"}, None),
            ({"channel": "WQ1"}, "wrong-channel"),
            ({"taskqueue_sid": "WQ1"}, None),
        ],
    )
    def test_channel_of_two_claims(self, claims: dict[str, str], kind: str | None) -> None:
        kinds = [note.kind for note in notes_of(**claims) if note.kind != "channel-denied"]
        assert kinds == ([] if kind is None else [kind])

    @pytest.mark.parametrize("methods", [["GET"], ["POST"], ["GET", "POST"]])
    def test_channel_without_a_rule(self, methods: list[str]) -> None:
        policies = [
            rule for rule in WORKER.policies if rule["url"] != CHANNEL_URL or rule["method"] not in methods
        ]
        (note,) = notes_of(policies=policies)
        assert note.kind == "channel-denied"
        assert note.reason == (
            f"The token lacks {' and '.join(methods)} on its channel, {CHANNEL_URL}, through which "
            "everything goes."
        )
        assert note.advice.startswith("Add a rule" if len(methods) == 1 else "Add rules")

    def test_channel_of_the_workspace(self) -> None:
        policies = [
            {**rule, "url": rule["url"].replace("AC123/WK789", "AC123/WS456")} for rule in WORKER.policies
        ]
        (note,) = notes_of(policies=policies)
        assert f"on its channel, {CHANNEL_URL}, " in note.reason

    def test_channel_on_another_host(self) -> None:
        policies = [
            {**rule, "url": rule["url"].replace(CHANNEL_URL, "http://localhost:1/x/AC123/WK1")}
            for rule in WORKER.policies
        ]
        (note,) = notes_of(policies=policies)
        assert "on its channel, http://localhost:1/x/AC123/WK789, " in note.reason

    def test_channel_with_a_filter(self) -> None:
        policies = [*WORKER.policies[1:], {**WORKER.policies[0], "query_filter": {"A": {"required": True}}}]
        (note,) = notes_of(policies=policies)
        assert "lacks GET on" in note.reason


@freeze_time("2026-11-25")
class TestMilliseconds:
    def test_milliseconds_are_told(self) -> None:
        (note,) = notes_of(exp=1_803_000_000_000)
        assert note.kind == "milliseconds"
        assert note.reason == (
            "The token expires after the year 5000: the claim exp counts seconds, and this may be "
            "milliseconds."
        )
        assert note.advice == "Divide it by 1,000."

    def test_long_life_in_seconds(self) -> None:
        assert [note.kind for note in notes_of(exp=1_803_000_000)] == ["long-lived"]
