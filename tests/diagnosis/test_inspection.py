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
    def test_notes_are_those_of_verify_token(self) -> None:
        token = token_of(TaskRouterWorkerCapability, "allow_updates_subresources", ttl=90_000)
        notes = inspect_token(token).notes
        assert notes == verify_token(token, KEY).notes()
        assert notes

    @pytest.mark.usefixtures("too_hard")
    def test_notes_without_a_comparison(self) -> None:
        inspection = inspect_token(UNDEFINED)
        assert [note.kind for note in inspection.notes] == ["missing-claim", "never-matches"]
        assert not inspection.are_rules_compared

    def test_notes_with_a_comparison(self) -> None:
        inspection = inspect_token(UNDEFINED)
        assert [note.kind for note in inspection.notes] == ["missing-claim", "never-matches", "redundant"]
        assert inspection.are_rules_compared

    @pytest.mark.usefixtures("too_hard")
    def test_notes_of_verify_token_may_fail(self) -> None:
        with pytest.raises(ComparisonTooHardError):
            verify_token(UNDEFINED, KEY).notes()


class TestRules:
    @pytest.mark.parametrize("url", ["?", "??", "https://t/a?"])
    def test_conflict_with_no_unreadable_one(self, url: str) -> None:
        odd = {"url": url, "method": "GET", "allow": True}
        inspection = inspect_token(with_claims(policies=[{}, *RULES, odd, {}]))
        assert [problem.text for problem in inspection.problems] == [
            "policy rule 0: url is missing",
            f"policy rule {len(RULES) + 2}: url is missing",
        ]
        assert inspection.access_policy is not None
        assert inspection.access_policy.decide("GET", RULES[0]["url"]).rule_index == 1

    def test_rules_may_conflict_beside_an_unreadable_one(self) -> None:
        inspection = inspect_token(with_claims(policies=[{}, RULES[0], {**RULES[0], "allow": False}]))
        assert "policy rules 1 and 2 conflict" in inspection.problems[1].text
        assert inspection.access_policy is None

    def test_rules_may_be_none(self) -> None:
        inspection = inspect_token(with_claims(policies=[]))
        assert inspection.access_policy is not None
        assert inspection.access_policy.rules == []


def test_no_note_of_no_workspace() -> None:
    """It is a problem: such a token is not verified."""
    assert list(notes_on_claims(sids_of({"channel": "WS456"}))) == []
