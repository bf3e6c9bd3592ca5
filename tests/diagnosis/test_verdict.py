"""One verdict: what it says of the same token and request, and in which order."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, get_args

import pytest
from freezegun import freeze_time

from tests.command_line.samples import (
    CHANNEL_URL,
    TASK_URL,
    UNSIGNED,
    WORKER_URL,
    body_of,
    capability_of,
    entry_of,
    har_of,
    token_of,
    with_claims,
    with_header,
)
from tests.judges import recorded
from twilio.task_router import Request
from twilio.task_router.diagnosis.inspection import ProblemKind, inspect_token
from twilio.task_router.diagnosis.verdict import Verdict, judge

if TYPE_CHECKING:
    from pathlib import Path

    from tests.command_line.conftest import Run

NOW = int(recorded.RECORDED.timestamp())
GET, DELETE = Request("GET", TASK_URL), Request("DELETE", TASK_URL)
RULES = capability_of().policies
#: Claims with each fault that a readable token may have.
FAULTS: dict[str, dict[str, Any]] = {
    "expired": {"exp": NOW - 1},
    "not-yet-valid": {"nbf": NOW + 60},
    "bad-claims": {"iss": "AC9"},
    "channel-denied": {"policies": RULES[1:]},
}
EVERY_FAULT = {name: value for claims in FAULTS.values() for name, value in claims.items()}

pytestmark = pytest.mark.usefixtures("_frozen")


@pytest.fixture
def _frozen() -> Any:
    with freeze_time(recorded.RECORDED):
        yield


def verdict_on(request: Request | None = None, **claims: Any) -> Verdict:
    return judge(inspect_token(with_claims(**claims)), request)


class TestProblem:
    @pytest.mark.parametrize("kind", get_args(ProblemKind))
    def test_problem_is_that_of_one_fault(self, kind: str) -> None:
        tokens = {"unreadable": "x", "bad-signature": with_header(*UNSIGNED["alg none"])}
        token = tokens.get(kind) or with_claims(**FAULTS[kind])
        (problem,) = judge(inspect_token(token)).problems
        assert problem.kind == kind
        assert problem.text[0].islower()
        assert not problem.text.endswith(".")


class TestOrder:
    def test_order_is_that_of_the_kinds(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TWILIO_AUTH_TOKEN", "0" * 32)
        kinds = [problem.kind for problem in verdict_on(**EVERY_FAULT).problems]
        assert kinds == list(get_args(ProblemKind))[1:]

    @pytest.mark.parametrize(("kind", "claims"), FAULTS.items())
    def test_order_has_the_request_last(self, kind: str, claims: dict[str, Any]) -> None:
        verdict = verdict_on(DELETE, **claims)
        assert verdict.kind == kind
        assert verdict.reasons[-1].startswith("No policy rule allows DELETE")


class TestReasons:
    def test_reasons_leave_out_a_permission(self) -> None:
        assert verdict_on(GET, iss="AC9").reasons == [
            f"The claims iss and account_sid differ: 'AC9', '{CHANNEL_URL.split('/')[-2]}'."
        ]

    def test_reasons_for_a_good_token(self) -> None:
        (reason,) = verdict_on(GET).reasons
        assert reason.startswith("Policy rule 4 allows GET ")

    def test_reasons_without_a_request(self) -> None:
        assert verdict_on().reasons == []


class TestSummary:
    def test_summary_counts_the_rest(self) -> None:
        summary = verdict_on(iss="AC9", channel=5, exp="x", version=5, friendly_name=5).summary
        assert summary.startswith("not good: the claim exp must be a number")
        assert summary.endswith("; and 2 more")

    def test_summary_of_good_says_until_when(self) -> None:
        assert verdict_on().summary == "good; expires in 1 hour"


class TestChannel:
    def test_channel_in_an_unread_rule(self) -> None:
        verdict = verdict_on(policies=["x", *RULES[1:]])
        assert (verdict.kind, verdict.lacking) == ("bad-claims", [])

    def test_channel_is_judged_once(self) -> None:
        verdict = verdict_on(Request("GET", CHANNEL_URL), policies=RULES[1:])
        assert (verdict.problems, verdict.kind) == ([], "wrong-method")

    def test_channel_may_be_another(self) -> None:
        inspection = inspect_token(token_of())
        assert judge(inspection, GET)
        assert judge(inspection, GET, channel_url=f"{CHANNEL_URL}2").kind == "channel-denied"


class TestCommands:
    """All of them give the same verdict on the same token and request."""

    @pytest.mark.parametrize("fault", [{}, *FAULTS.values(), EVERY_FAULT, {"worker_sid": ...}])
    @pytest.mark.parametrize("method", ["GET", "DELETE"])
    def test_commands_agree(self, fault: dict[str, Any], method: str, run: Run, tmp_path: Path) -> None:
        token = with_claims(**fault)
        body = body_of(method, WORKER_URL, token)
        verdict = judge(inspect_token(token), Request(method, WORKER_URL))
        path = tmp_path / "page.har"
        path.write_text(json.dumps(har_of(entry_of(body, 200 if verdict else 403, "2015-04-25T22:13:20Z"))))
        status = 0 if verdict else 1

        checked = json.loads(run("check", "--json", body, status=status))
        replayed = json.loads(run("replay", "--json", str(path), status=status))
        (exchange,) = replayed["requests"]
        assert checked["allowed"] == exchange["allowed"] == replayed["allowed"] == bool(verdict)
        assert checked["kind"] == exchange["kind"] == verdict.kind
        fields = ("rule_index", "rule", "missing_rule", "missing_channel_rules", "grants")
        assert [checked[name] for name in fields] == [exchange[name] for name in fields]

        alone = judge(inspect_token(token))
        inspected = json.loads(run("inspect", "--json", token, status=0 if alone else 1))
        compared = json.loads(
            run("compare", "--json", token, token, status=1 if "bad-claims" in str(alone) else 0)
        )
        assert inspected["good"] == bool(alone)
        assert compared["old"] == {name: inspected[name] for name in compared["old"]}
        assert alone.problems == verdict.problems

    @pytest.mark.parametrize("fault", [{}, *FAULTS.values(), EVERY_FAULT])
    def test_commands_say_it_in_their_text(self, fault: dict[str, Any], run: Run) -> None:
        token = with_claims(**fault)
        verdict = judge(inspect_token(token), DELETE)
        out = " ".join(run("check", body_of("DELETE", TASK_URL, token), status=1).split())
        for problem in verdict.problems:
            assert problem.text[1:] in out
        assert "✓" not in out
