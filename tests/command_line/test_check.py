from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from freezegun import freeze_time

from tests.command_line.samples import (
    CHANNEL_URL,
    KEY,
    TASK,
    TASK_URL,
    UNSIGNED,
    WORKER,
    WORKER_URL,
    body_of,
    capability_of,
    token_of,
    with_claims,
    with_header,
)
from tests.judges import recorded
from twilio.task_router import TaskRouterWorkerCapability

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Run


def in_one_line(text: str) -> str:
    return " ".join(text.split())


@freeze_time(recorded.RECORDED)
class TestAnswer:
    def test_names_the_rule_that_allows(self, run: Run) -> None:
        out = run("check", "get", WORKER_URL, token_of())
        assert in_one_line(out) == f"✓ allowed by the rules: Policy rule 2 allows GET /Workers/{WORKER}."

    def test_says_why_not(self, run: Run) -> None:
        out = in_one_line(run("check", "DELETE", WORKER_URL, token_of(), status=1))
        assert out.startswith(
            f"✗ denied by the rules: No policy rule allows DELETE on /Workers/{WORKER}, only GET"
        )

    def test_calls_the_workspace_by_that_name(self, run: Run) -> None:
        out = in_one_line(run("check", "POST", WORKER_URL.partition("/Workers")[0], token_of(), status=1))
        assert "No policy rule allows POST on the workspace" in out

    def test_takes_parameters_before_the_token(self, run: Run) -> None:
        token = token_of(TaskRouterWorkerCapability, "allow_activity_updates")
        out = run("check", "POST", WORKER_URL, "--form", "ActivitySid=WA1", token)
        assert out.startswith("✓ allowed by the rules: Policy rule 6 allows POST")

    def test_takes_parameters_before_everything(self, run: Run) -> None:
        token = token_of(TaskRouterWorkerCapability, "allow_activity_updates")
        run("check", "--form", "ActivitySid=WA1", "POST", WORKER_URL, token)

    def test_takes_parameters_after_the_token(self, run: Run) -> None:
        token = token_of(TaskRouterWorkerCapability, "allow_activity_updates")
        parameters = ("--form", "ActivitySid=WA1", "--form", "A=x=y", "--query", "Q=")
        out = in_one_line(run("check", "POST", WORKER_URL, token, *parameters, status=1))
        assert "Policy rule 6 allows POST" in out
        assert "but the form parameter 'A' is unexpected." in out

    def test_takes_query_parameters(self, run: Run) -> None:
        capability = capability_of()
        capability.deny(WORKER_URL, "GET", {"Q": "1"})
        token = capability.generate_token()
        run("check", "GET", WORKER_URL, token, "--query", "Q=2")
        run("check", "GET", WORKER_URL, token, "--query", "Q=1", status=1)

    def test_takes_everything_from_a_body(self, run: Run) -> None:
        token = token_of(TaskRouterWorkerCapability, "allow_activity_updates")
        run("check", body_of("POST", WORKER_URL, token, ActivitySid="WA1"))
        run("check", body_of("POST", WORKER_URL, token, ActivitySid="WA1", Attributes="{}"), status=1)

    @pytest.mark.parametrize(("path", "status"), [(f"/Tasks/{TASK}", 0), ("/Tasks", 0), ("/Workers", 1)])
    def test_takes_a_path_below_the_workspace(self, path: str, status: int, run: Run) -> None:
        run("check", "GET", path, token_of(), status=status)

    def test_takes_a_path_below_the_workspace_in_a_region(self, run: Run) -> None:
        capability = TaskRouterWorkerCapability(
            "AC1", "k", "WS1", "WK1", base_url="http://localhost:1", version="v2"
        )
        told = json.loads(run("check", "GET", "/Tasks/WT1", capability.generate_token(), "--json", status=1))
        assert told["reason"] == "Policy rule 4 allows GET http://localhost:1/v2/Workspaces/WS1/Tasks/**."

    def test_says_what_the_channel_is(self, run: Run) -> None:
        assert run("check", "POST", CHANNEL_URL, token_of()) == (
            "✓ allowed by the rules: Policy rule 1 allows POST the channel.\n"
            "This URL is the channel, to which Worker.js sends every request. The request\n"
            "that was refused is in the body: copy the body in the network view, and run\n"
            "check BODY\n"
        )

    @pytest.mark.parametrize("query", ["", "?x=1"])
    def test_says_what_the_channel_is_in_another_place(self, query: str, run: Run) -> None:
        capability = TaskRouterWorkerCapability("AC1", KEY, "WS1", "WK1", base_ws_url="http://localhost:1/x")
        channel = f"http://localhost:1/x/AC1/WK1{query}"
        assert "This URL is the channel" in run("check", "POST", channel, capability.generate_token())

    def test_says_what_another_channel_is(self, run: Run) -> None:
        out = in_one_line(run("check", "POST", f"{CHANNEL_URL}0?x=1", token_of(), status=1))
        assert "This URL is the channel" in out

    def test_says_nothing_of_the_channel_otherwise(self, run: Run) -> None:
        assert "the channel" not in run("check", "GET", WORKER_URL, token_of())


@freeze_time(recorded.RECORDED)
class TestExpiry:
    """Expired and refused are two things."""

    def test_is_told_after_a_denial(self, run: Run) -> None:
        out = in_one_line(run("check", "DELETE", WORKER_URL, token_of(ttl=-11 * 60), status=1))
        assert out.startswith("✗ denied by the rules: ")
        assert out.endswith("✗ The token also expired 11 minutes ago, which gives a 401.")

    def test_is_told_after_a_permission(self, run: Run) -> None:
        out = in_one_line(run("check", "GET", WORKER_URL, token_of(ttl=-11 * 60), status=1))
        assert out.startswith("✓ allowed by the rules: ")
        assert out.endswith("✗ The token expired 11 minutes ago, which gives a 401.")

    def test_comes_with_the_fix_all_the_same(self, run: Run) -> None:
        assert ".allow_delete()" in run("check", "DELETE", WORKER_URL, token_of(ttl=-60), status=1)

    def test_does_not_change_what_the_rules_say_in_json(self, run: Run) -> None:
        told = json.loads(run("check", "--json", "GET", WORKER_URL, token_of(ttl=-60), status=1))
        assert (told["allowed"], told["expired"]) == (True, True)

    def test_says_nothing_of_a_token_in_force(self, run: Run) -> None:
        assert "expire" not in run("check", "GET", WORKER_URL, token_of())


@freeze_time(recorded.RECORDED)
class TestSignature:
    def test_by_another_key_is_told(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        token = token_of()
        monkeypatch.setenv("TWILIO_AUTH_TOKEN", "another")
        out = in_one_line(run("check", "GET", WORKER_URL, token, status=1))
        assert "signed with another auth token than TWILIO_AUTH_TOKEN" in out

    def test_by_another_key_allows_nothing_in_json(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        token = token_of()
        monkeypatch.setenv("TWILIO_AUTH_TOKEN", "another")
        told = json.loads(run("check", "--json", "GET", WORKER_URL, token, status=1))
        assert (told["allowed"], told["signature"]) == (False, "bad")

    @pytest.mark.usefixtures("without_key")
    @pytest.mark.parametrize(
        ("method", "says"),
        [
            ("GET", "? allowed by the rules (signature not checked): "),
            ("DELETE", "✗ denied by the rules (sig"),
        ],
    )
    def test_that_was_not_checked_is_told(self, method: str, says: str, run: Run) -> None:
        assert run("check", method, WORKER_URL, token_of(), status=method == "DELETE").startswith(says)

    @pytest.mark.parametrize("case", UNSIGNED)
    def test_that_cannot_be_one_is_never_trusted(self, case: str, run: Run) -> None:
        out = run("check", "GET", WORKER_URL, with_header(*UNSIGNED[case]), status=1)
        assert "✗ The token is not good: " in out

    @pytest.mark.usefixtures("without_key")
    @pytest.mark.parametrize("case", UNSIGNED)
    def test_that_cannot_be_one_is_never_trusted_without_a_key(self, case: str, run: Run) -> None:
        told = json.loads(run("check", "--json", "GET", WORKER_URL, with_header(*UNSIGNED[case]), status=1))
        assert (told["allowed"], told["signature"]) == (False, "bad")


@freeze_time(recorded.RECORDED)
class TestJson:
    def test_of_a_permission(self, run: Run) -> None:
        told = {
            "allowed": True,
            "reason": f"Policy rule 2 allows GET {WORKER_URL}.",
            "rule": None,
            "grants": [],
            "signature": "good",
            "expires_at": "2015-04-25 23:13:20 UTC",
            "expired": False,
        }
        assert run("check", "--json", "GET", WORKER_URL, token_of()) == f"{json.dumps(told, indent=2)}\n"

    @pytest.mark.usefixtures("without_key")
    def test_of_a_denial(self, run: Run) -> None:
        body = body_of("POST", TASK_URL, token_of(), AssignmentStatus="completed")
        told = json.loads(run("check", "--json", body, status=1))
        reason = told.pop("reason")
        assert reason.startswith(f"No policy rule allows POST on {TASK_URL}")
        assert told == {
            "allowed": False,
            "rule": {
                "url": TASK_URL.replace(TASK, "**"),
                "method": "POST",
                "allow": True,
                "query_filter": {},
                "post_filter": {"AssignmentStatus": {"required": True}},
            },
            "grants": ["TaskRouterWorkerCapability.allow_reservation_updates()"],
            "signature": "not checked",
            "expires_at": "2015-04-25 23:13:20 UTC",
            "expired": False,
        }

    @pytest.mark.usefixtures("without_rich")
    def test_needs_no_rich(self, run: Run) -> None:
        run("check", "--json", "GET", WORKER_URL, token_of())

    @pytest.mark.parametrize("exp", [..., "soon", True])
    def test_without_an_expiry(self, exp: Any, run: Run) -> None:
        told = json.loads(run("check", "--json", "GET", WORKER_URL, with_claims(exp=exp), status=1))
        assert (told["expires_at"], told["expired"]) == (None, None)

    def test_of_what_is_no_token(self, run: Run) -> None:
        told = json.loads(run("check", "--json", "GET", WORKER_URL, "hello", status=1))
        assert told["allowed"] is False
        assert "this is not a token" in told["reason"]


class TestUnreadable:
    def test_is_told(self, run: Run) -> None:
        out = run("check", "GET", WORKER_URL, "hello", status=1)
        assert out.startswith("✗ not good: this is not a token")

    def test_claim_leaves_the_rules_to_decide(self, run: Run) -> None:
        out = in_one_line(run("check", "GET", WORKER_URL, with_claims(iss="AC9"), status=1))
        assert out.startswith(f"✓ allowed by the rules: Policy rule 2 allows GET /Workers/{WORKER}.")

    def test_rules_are_told(self, run: Run) -> None:
        out = in_one_line(run("check", "GET", WORKER_URL, with_claims(policies=5), status=1))
        assert out.startswith(
            "✗ denied by the rules: the token has no policy rules that can be read: the claim policies"
        )

    def test_rules_are_told_with_every_other_problem(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        token = with_claims(policies=5)
        monkeypatch.setenv("TWILIO_AUTH_TOKEN", "another")
        told = json.loads(run("check", "--json", "GET", WORKER_URL, token, status=1))
        assert told["reason"] == (
            "the token has no policy rules that can be read: it is signed with another auth token than "
            "TWILIO_AUTH_TOKEN; the claim policies must be a list, not 5"
        )


@pytest.mark.usefixtures("without_rich")
def test_without_rich_one_line_says_how_to_get_it(misuse: Callable[..., str]) -> None:
    assert 'pip install "twilio-task-router[cli]"' in misuse("check", "GET", WORKER_URL, token_of())


class TestMisuse:
    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["x"], "METHOD and URL are missing"),
            (["GET"], "METHOD and URL are missing"),
            (["GET", "https://t", "--form", "A", "x"], "'A' must be NAME=VALUE"),
            (["x", "--form", "A=1"], "--query and --form go with METHOD and URL"),
            (["x", "--query", "A=1"], "--query and --form go with METHOD and URL"),
            (["GET", "https://t", "x", "y"], "too many arguments"),
            (["https://t", "GET", "x"], "METHOD comes first"),
            (["PATCH", "https://t", "x"], "rules know GET, POST and DELETE, not 'PATCH'"),
            (["patch", "https://t", "x"], "rules know GET, POST and DELETE, not 'PATCH'"),
            ([body_of("PUT", "https://t", "x")], "rules know GET, POST and DELETE, not 'PUT'"),
            (["GET", "taskrouter.twilio.com/v1", "x"], "https:// is missing"),
            ([body_of("GET", "taskrouter.twilio.com/v1", "x")], "url must be a whole URL"),
            ([body_of("GET /", "https://t", "x")], "method must be an HTTP method"),
        ],
    )
    def test_is_one_line_and_status_2(
        self, arguments: list[str], says: str, misuse: Callable[..., str]
    ) -> None:
        assert says in misuse("check", *arguments)
