from __future__ import annotations

import pytest

from tests.command_line.samples import CHANNEL_URL, WORKER_URL, token_of
from twilio.task_router.access.request import Request
from twilio.task_router.command_line.answer import show_fix, token_as_dict, verdict_as_dict
from twilio.task_router.command_line.terminal import Terminal
from twilio.task_router.diagnosis.fix import Fix, fix_for
from twilio.task_router.diagnosis.inspection import inspect_token
from twilio.task_router.diagnosis.verdict import judge

DOCS = "the page other-sdks"


@pytest.mark.parametrize(
    ("fix", "lines"),
    [
        (None, []),
        (Fix("allow()", [], None, None, ["one"], None), ["Grant it: allow()", "Or paste this rule:", "one"]),
        (
            Fix(None, [], None, None, ["one", "two"], None),
            ["No grant allows this; paste these rules:", "one", "two"],
        ),
        (
            Fix(None, [], None, None, ["{}"], DOCS),
            ["Add this rule where the token is made (the page other-sdks shows how):", "{}"],
        ),
        (Fix(None, [], None, "Change the request.", [], None), ["Change the request."]),
        (
            Fix(None, [], None, None, ["one"], None, overrides=True),
            ["A grant would override a rule that denies; paste this rule:", "one"],
        ),
    ],
    ids=["none", "grant", "rules", "JSON", "obstacle", "grant that overrides"],
)
def test_fix_in_words(fix: Fix | None, lines: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    show_fix(fix, Terminal())
    assert capsys.readouterr().out.splitlines() == [f"  {line}" for line in lines]


def test_good_token_has_no_reason() -> None:
    inspection = inspect_token(token_of())
    assert token_as_dict(inspection, judge(inspection))["reason"] is None


def test_missing_rule_of_a_denial() -> None:
    inspection, request = inspect_token(token_of()), Request("DELETE", WORKER_URL)
    verdict = judge(inspection, request)
    told = verdict_as_dict(verdict, fix_for(inspection, request, verdict))
    assert told["missing_rule"]["url"] == WORKER_URL
    assert told["grants"] == ["TaskRouterWorkerCapability.allow_delete()"]


def test_request_to_the_channel() -> None:
    inspection, request = inspect_token(token_of()), Request("GET", CHANNEL_URL)
    told = verdict_as_dict(judge(inspection, request), None)
    assert (told["allowed"], told["missing_rule"], told["grants"]) == (True, None, [])
