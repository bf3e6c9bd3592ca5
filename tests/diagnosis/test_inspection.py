"""A token as somebody pasted it: its notes, whatever its claims are."""

from __future__ import annotations

import pytest

from tests.command_line.samples import KEY, WORKSPACE_URL, capability_of, token_of, with_claims
from twilio.task_router import ComparisonTooHardError, TaskRouterWorkerCapability, verify_token
from twilio.task_router.access.notes import notes_on_claims
from twilio.task_router.diagnosis.inspection import inspect_token
from twilio.task_router.sids import sids_of

RULES = capability_of().policies
#: Without a claim, with a rule that matches nothing, and with one that is there twice.
UNDEFINED = with_claims(
    worker_sid="", policies=[*RULES, {**RULES[0], "url": f"{WORKSPACE_URL}/Tasks//"}, RULES[3]]
)


class TestNotes:
    def test_are_those_of_verify_token(self) -> None:
        token = token_of(TaskRouterWorkerCapability, "allow_updates_subresources", ttl=90_000)
        notes = inspect_token(token).notes
        assert notes == verify_token(token, KEY).notes()
        assert notes

    @pytest.mark.usefixtures("too_hard")
    def test_leave_out_what_is_too_hard(self) -> None:
        inspection = inspect_token(UNDEFINED)
        assert [note.kind for note in inspection.notes] == ["missing-claim", "never-matches"]
        assert not inspection.are_rules_compared

    def test_are_all_otherwise(self) -> None:
        inspection = inspect_token(UNDEFINED)
        assert [note.kind for note in inspection.notes] == ["missing-claim", "never-matches", "redundant"]
        assert inspection.are_rules_compared

    @pytest.mark.usefixtures("too_hard")
    def test_of_verify_token_may_fail(self) -> None:
        with pytest.raises(ComparisonTooHardError):
            verify_token(UNDEFINED, KEY).notes()


def test_no_note_of_no_workspace() -> None:
    """It is a problem: such a token is not verified."""
    assert list(notes_on_claims(sids_of({"channel": "WS456"}))) == []
