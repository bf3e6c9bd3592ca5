"""A token as somebody pasted it: its notes, whatever its claims are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.command_line.samples import with_claims
from twilio.task_router import ComparisonTooHardError
from twilio.task_router.access.notes import notes_on_claims
from twilio.task_router.diagnosis import inspection
from twilio.task_router.diagnosis.inspection import inspect_token
from twilio.task_router.sids import sids_of

if TYPE_CHECKING:
    import pytest


def test_rules_that_are_too_hard_get_no_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_hard(*_: object) -> None:
        raise ComparisonTooHardError

    token = with_claims(worker_sid="")
    assert inspect_token(token).notes
    monkeypatch.setattr(inspection, "notes_on_token", too_hard)
    assert inspect_token(token).notes == []


def test_a_missing_workspace_is_no_note() -> None:
    """It is a problem: such a token is not verified."""
    assert list(notes_on_claims(sids_of({"channel": "WS456"}))) == []
