from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from freezegun import freeze_time

from tests.command_line.samples import (
    ACCOUNT,
    CHANNEL_URL,
    KEY,
    TASK,
    TASK_URL,
    UNSIGNED,
    WORKER,
    WORKER_URL,
    WORKSPACE,
    WORKSPACE_URL,
    body_of,
    capability_of,
    entry_of,
    har_of,
    token_of,
    with_claims,
    with_header,
)
from tests.example import sign
from tests.judges import recorded
from twilio.task_router import (
    Capability,
    TaskRouterTaskQueueCapability,
    TaskRouterWorkerCapability,
    TaskRouterWorkspaceCapability,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Run


def in_one_line(text: str) -> str:
    return " ".join(text.split())


@freeze_time(recorded.RECORDED)
class TestAnswer:
    def test_check_names_the_rule(self, run: Run) -> None:
        out = run("check", "get", WORKER_URL, token_of())
        assert in_one_line(out) == f"✓ allowed by the rules: Policy rule 2 allows GET /Workers/{WORKER}."

    def test_answer_says_why_not(self, run: Run) -> None:
        out = in_one_line(run("check", "DELETE", WORKER_URL, token_of(), status=1))
        assert out.startswith(
            f"✗ denied by the rules: No policy rule allows DELETE on /Workers/{WORKER}, only GET"
        )

    def test_check_names_the_workspace(self, run: Run) -> None:
        out = in_one_line(run("check", "POST", WORKER_URL.partition("/Workers")[0], token_of(), status=1))
        assert "No policy rule allows POST on the workspace" in out

    def test_workspace_with_a_slash(self, run: Run) -> None:
        url = f"{WORKSPACE_URL}/"
        out = in_one_line(run("check", "GET", url, token_of(TaskRouterWorkspaceCapability), status=1))
        assert "allows GET on the workspace with a slash at its end; the nearest is rule 2, GET the" in out
        assert 'capability.allow(f"{capability.workspace_url}/", "GET")' in out

    @pytest.mark.parametrize("method", ["PUT", "patch"])
    def test_another_method_is_denied(self, method: str, run: Run) -> None:
        body = body_of(method, TASK_URL, token_of())
        har = json.dumps(har_of(entry_of(body, 403)))
        says = f"TaskRouter takes only GET, POST and DELETE, so no rule can allow {method.upper()}."
        for arguments in (["check", body], ["check", method, TASK_URL, token_of()], ["replay", har]):
            assert says in in_one_line(run(*arguments, status=1))

    def test_bad_claims_come_first(self, run: Run) -> None:
        """The text has the order of the reasons in the JSON."""
        arguments = ("check", "DELETE", WORKER_URL, with_claims(channel=WORKSPACE))
        out = in_one_line(run(*arguments, status=1))
        assert out.startswith("✗ The claims channel and worker_sid differ: ")
        assert "The rules do not allow the request itself: No policy rule allows DELETE on" in out
        assert "Grant it: TaskRouterWorkerCapability.allow_delete()" in out
        reasons = json.loads(run(*arguments, "--json", status=1))["reasons"]
        assert [reason[:10] for reason in reasons] == ["The claims", "No policy "]

    def test_parameters_before_token(self, run: Run) -> None:
        token = token_of(TaskRouterWorkerCapability, "allow_activity_updates")
        out = run("check", "POST", WORKER_URL, "--form", "ActivitySid=WA1", token)
        assert out.startswith("✓ allowed by the rules: Policy rule 6 allows POST")

    def test_parameters_before_all(self, run: Run) -> None:
        token = token_of(TaskRouterWorkerCapability, "allow_activity_updates")
        run("check", "--form", "ActivitySid=WA1", "POST", WORKER_URL, token)

    def test_parameters_after_token(self, run: Run) -> None:
        token = token_of(TaskRouterWorkerCapability, "allow_activity_updates")
        parameters = ("--form", "ActivitySid=WA1", "--form", "A=x=y", "--query", "Q=")
        out = in_one_line(run("check", "POST", WORKER_URL, token, *parameters, status=1))
        assert "Policy rule 6 allows POST" in out
        assert "but the form parameter 'A' is unexpected." in out

    def test_query_parameters(self, run: Run) -> None:
        capability = capability_of()
        capability.deny(WORKER_URL, "GET", {"Q": "1"})
        token = capability.generate_token()
        run("check", "GET", WORKER_URL, token, "--query", "Q=2")
        run("check", "GET", WORKER_URL, token, "--query", "Q=1", status=1)

    def test_check_of_a_body(self, run: Run) -> None:
        token = token_of(TaskRouterWorkerCapability, "allow_activity_updates")
        run("check", body_of("POST", WORKER_URL, token, ActivitySid="WA1"))
        run("check", body_of("POST", WORKER_URL, token, ActivitySid="WA1", Attributes="{}"), status=1)

    @pytest.mark.parametrize(("path", "status"), [(f"/Tasks/{TASK}", 0), ("/Tasks", 0), ("/Workers", 1)])
    def test_check_of_a_path(self, path: str, status: int, run: Run) -> None:
        run("check", "GET", path, token_of(), status=status)

    def test_check_of_a_path_in_a_region(self, run: Run) -> None:
        capability = TaskRouterWorkerCapability(
            "AC1", KEY, "WS1", "WK1", base_url="http://localhost:1", version="v2"
        )
        told = json.loads(run("check", "GET", "/Tasks/WT1", capability.generate_token(), "--json"))
        assert told["reason"] == "Policy rule 4 allows GET http://localhost:1/v2/Workspaces/WS1/Tasks/**."

    def test_check_of_the_channel(self, run: Run) -> None:
        assert run("check", "POST", CHANNEL_URL, token_of()) == (
            "✓ allowed by the rules: Policy rule 1 allows POST the channel.\n"
            "This URL is the channel, to which Worker.js sends every request. The request\n"
            "that was refused is in the body: copy the body in the network view, and run\n"
            "check BODY\n"
        )

    @pytest.mark.parametrize("query", ["", "?x=1"])
    def test_check_of_a_moved_channel(self, query: str, run: Run) -> None:
        capability = TaskRouterWorkerCapability("AC1", KEY, "WS1", "WK1", base_ws_url="http://localhost:1/x")
        channel = f"http://localhost:1/x/AC1/WK1{query}"
        assert "This URL is the channel" in run("check", "POST", channel, capability.generate_token())

    def test_check_of_another_channel(self, run: Run) -> None:
        out = in_one_line(run("check", "POST", f"{CHANNEL_URL}0?x=1", token_of(), status=1))
        assert "This URL is the channel" in out

    def test_check_without_a_channel(self, run: Run) -> None:
        assert "the channel" not in run("check", "GET", WORKER_URL, token_of())


@freeze_time(recorded.RECORDED)
class TestExpiry:
    """Expired and refused are two things."""

    def test_expiry_is_told_after_a_denial(self, run: Run) -> None:
        out = in_one_line(run("check", "DELETE", WORKER_URL, token_of(ttl=-11 * 60), status=1))
        assert out.startswith("✗ denied by the rules: ")
        assert out.endswith("✗ The token expired 11 minutes ago. That gives a 401.")

    def test_expiry_after_a_permission(self, run: Run) -> None:
        out = in_one_line(run("check", "GET", WORKER_URL, token_of(ttl=-11 * 60), status=1))
        assert out == (
            "✗ The token expired 11 minutes ago. That gives a 401. "
            f"The rules allow the request itself: Policy rule 2 allows GET /Workers/{WORKER}."
        )

    def test_expiry_comes_with_a_fix(self, run: Run) -> None:
        assert ".allow_delete()" in run("check", "DELETE", WORKER_URL, token_of(ttl=-60), status=1)

    def test_expiry_is_the_only_reason(self, run: Run) -> None:
        told = json.loads(run("check", "--json", "GET", WORKER_URL, token_of(ttl=-60), status=1))
        assert (told["allowed"], told["kind"], told["expired"]) == (False, "expired", True)
        assert told["reasons"] == [told["reason"]] == ["The token expired 1 minute ago."]
        assert told["rule_index"] == 2

    def test_expiry_is_the_first_reason(self, run: Run) -> None:
        told = json.loads(run("check", "--json", "DELETE", WORKER_URL, token_of(ttl=-60), status=1))
        expired, denied = told["reasons"]
        assert expired == "The token expired 1 minute ago."
        assert denied.startswith("No policy rule allows DELETE on")

    def test_token_for_later(self, run: Run) -> None:
        token = with_claims(nbf=1_430_000_060)
        told = json.loads(run("check", "--json", "GET", WORKER_URL, token, status=1))
        assert (told["allowed"], told["kind"]) == (False, "not-yet-valid")
        assert told["reason"] == "The token is not valid yet, but will be in 1 minute."

    def test_token_in_force(self, run: Run) -> None:
        assert "expire" not in run("check", "GET", WORKER_URL, token_of())


@freeze_time(recorded.RECORDED)
class TestSignature:
    def test_signature_by_another_key(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        token = token_of()
        monkeypatch.setenv("TWILIO_AUTH_TOKEN", "another")
        out = in_one_line(run("check", "GET", WORKER_URL, token, status=1))
        assert "signed with another auth token than TWILIO_AUTH_TOKEN" in out

    def test_bad_signature_in_json(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
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
    def test_signature_not_checked(self, method: str, says: str, run: Run) -> None:
        assert run("check", method, WORKER_URL, token_of(), status=method == "DELETE").startswith(says)

    @pytest.mark.parametrize("case", UNSIGNED)
    def test_malformed_signature(self, case: str, run: Run) -> None:
        out = run("check", "GET", WORKER_URL, with_header(*UNSIGNED[case]), status=1)
        assert out.startswith("✗ ")
        assert in_one_line(out).partition(" The rules")[0].endswith(". That gives a 401.")

    @pytest.mark.usefixtures("without_key")
    @pytest.mark.parametrize("case", UNSIGNED)
    def test_malformed_without_a_key(self, case: str, run: Run) -> None:
        told = json.loads(run("check", "--json", "GET", WORKER_URL, with_header(*UNSIGNED[case]), status=1))
        assert (told["allowed"], told["signature"]) == (False, "bad")


@freeze_time(recorded.RECORDED)
class TestJson:
    def test_json_of_a_permission(self, run: Run) -> None:
        told = {
            "allowed": True,
            "kind": "allowed",
            "reason": f"Policy rule 2 allows GET {WORKER_URL}.",
            "reasons": [f"Policy rule 2 allows GET {WORKER_URL}."],
            "rule_index": 2,
            "rule": capability_of().policies[2],
            "missing_rule": None,
            "missing_channel_rules": [],
            "grants": [],
            "signature": "good",
            "expires_at": "2015-04-25T23:13:20Z",
            "expired": False,
        }
        assert run("check", "--json", "GET", WORKER_URL, token_of()) == f"{json.dumps(told, indent=2)}\n"

    @pytest.mark.usefixtures("without_key")
    def test_json_of_a_denial(self, run: Run) -> None:
        body = body_of("POST", TASK_URL, token_of(), AssignmentStatus="completed")
        told = json.loads(run("check", "--json", body, status=1))
        reason = told.pop("reason")
        assert reason.startswith(f"No policy rule allows POST on {TASK_URL}")
        assert told.pop("reasons") == [reason]
        assert told == {
            "allowed": False,
            "kind": "wrong-method",
            "rule_index": None,
            "rule": None,
            "missing_channel_rules": [],
            "missing_rule": {
                "url": TASK_URL.replace(TASK, "*"),
                "method": "POST",
                "allow": True,
                "query_filter": {},
                "post_filter": {"AssignmentStatus": {"required": True}},
            },
            "grants": ["TaskRouterWorkerCapability.allow_reservation_updates()"],
            "signature": "not checked",
            "expires_at": "2015-04-25T23:13:20Z",
            "expired": False,
        }

    @pytest.mark.usefixtures("without_rich")
    def test_json_needs_no_rich(self, run: Run) -> None:
        run("check", "--json", "GET", WORKER_URL, token_of())

    @pytest.mark.parametrize("exp", [..., "soon", True])
    def test_json_without_an_expiry(self, exp: Any, run: Run) -> None:
        told = json.loads(run("check", "--json", "GET", WORKER_URL, with_claims(exp=exp), status=1))
        assert (told["expires_at"], told["expired"]) == (None, None)

    def test_json_of_what_is_no_token(self, run: Run) -> None:
        told = json.loads(run("check", "--json", "GET", WORKER_URL, "hello", status=1))
        assert told["allowed"] is False
        assert told["reason"].startswith("This is not a token: ")


class TestUnreadable:
    def test_unreadable_is_told(self, run: Run) -> None:
        out = run("check", "GET", WORKER_URL, "hello", status=1)
        assert out.startswith("✗ not good: this is not a token")

    def test_bad_claim_before_rules(self, run: Run) -> None:
        out = in_one_line(run("check", "GET", WORKER_URL, with_claims(iss="AC9"), status=1))
        assert out.startswith("✗ The claims iss and account_sid differ: 'AC9', ")
        assert out.endswith(
            f"The rules allow the request itself: Policy rule 2 allows GET /Workers/{WORKER}."
        )

    def test_bad_claim_in_json(self, run: Run) -> None:
        told = json.loads(run("check", "--json", "GET", WORKER_URL, with_claims(iss="AC9"), status=1))
        assert (told["allowed"], told["kind"]) == (False, "bad-claims")

    def test_unreadable_rules(self, run: Run) -> None:
        out = in_one_line(run("check", "GET", WORKER_URL, with_claims(policies=5), status=1))
        assert out == "✗ not good: the claim policies must be a list, not 5"

    def test_unreadable_rules_and_more(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        token = with_claims(policies=5, channel=...)
        monkeypatch.setenv("TWILIO_AUTH_TOKEN", KEY[::-1])
        told = json.loads(run("check", "--json", "GET", WORKER_URL, token, status=1))
        assert told["reasons"] == [
            "The token is signed with another auth token than TWILIO_AUTH_TOKEN.",
            'Token is missing the "channel" claim.',
            "The claim policies must be a list, not 5.",
        ]

    def test_key_is_not_an_auth_token(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        token = token_of()
        monkeypatch.setenv("TWILIO_AUTH_TOKEN", "k" * 32)
        told = json.loads(run("check", "--json", "GET", WORKER_URL, token, status=1))
        assert told["reason"] == (
            "The token is signed with another auth token than TWILIO_AUTH_TOKEN, which does not look like an "
            "auth token: that has 32 hexadecimal digits (usually this is an API key's secret, which cannot "
            "sign these tokens)."
        )


BAD = {"url": f"{WORKER_URL}/Reservations", "method": "PUT", "allow": True}


class TestBadRule:
    """One rule that cannot be read hides no other."""

    def test_bad_rule_before_decision(self, run: Run) -> None:
        token = with_claims(policies=[BAD, *capability_of().policies])
        out = in_one_line(run("check", "GET", WORKER_URL, token, status=1))
        assert out == (
            "✗ Policy rule 0: method must be GET, POST or DELETE, got 'PUT'. The rules that can be read "
            f"allow the request itself: Policy rule 3 allows GET /Workers/{WORKER}."
        )

    def test_bad_rule_is_to_be_mended_first(self, run: Run) -> None:
        token = with_claims(policies=[*capability_of().policies, BAD])
        out = in_one_line(run("check", "DELETE", WORKER_URL, token, status=1))
        assert "The rules that can be read do not allow the request itself: No policy rule allows" in out
        assert out.endswith("Mend policy rule 6 first, which may be the one for this request.")
        assert "denied" not in out

    def test_bad_rule_is_no_denial(self, run: Run) -> None:
        policies = capability_of().policies
        odd = {**policies[0], "query_filter": []}
        told = json.loads(
            run("check", "--json", "GET", WORKER_URL, with_claims(policies=[odd, *policies[1:]]), status=1)
        )
        assert (told["kind"], told["rule_index"], told["missing_channel_rules"]) == ("bad-claims", 2, [])

    def test_all_rules_are_bad(self, run: Run) -> None:
        told = json.loads(run("check", "--json", "GET", WORKER_URL, with_claims(policies=[BAD, 5]), status=1))
        assert told["rule_index"] is None
        assert told["reasons"] == [
            "Policy rule 0: method must be GET, POST or DELETE, got 'PUT'.",
            "Policy rule 1: a policy rule must be a mapping, not int: 5.",
        ]

    def test_conflict_has_no_decision(self, run: Run) -> None:
        policies = capability_of().policies
        token = with_claims(policies=[*policies, {**policies[2], "allow": False}])
        out = in_one_line(run("check", "GET", WORKER_URL, token, status=1))
        assert out.startswith("✗ not good: policy rules 2 and 6 conflict: one allows and one denies GET")
        assert out.endswith("and TaskRouter refuses such a token")


class TestChannel:
    """Everything goes through the channel."""

    @pytest.mark.parametrize("methods", [("GET",), ("POST",), ("GET", "POST")])
    def test_denied_channel_denies_all(self, methods: tuple[str, ...], run: Run) -> None:
        policies = [rule for rule in capability_of().policies if rule["url"] != CHANNEL_URL]
        policies += [rule for rule in capability_of().policies[:2] if rule["method"] not in methods]
        token = with_claims(policies=policies)
        out = in_one_line(run("check", "GET", WORKER_URL, token, status=1))
        lacks = f"✗ The token lacks {' and '.join(methods)} on its channel, through which everything goes."
        assert out.startswith(f"{lacks} The rules allow the request itself: Policy rule")
        for method in methods:
            assert f'capability.allow("{CHANNEL_URL}", "{method}")' in out

    def test_denied_channel_is_a_kind(self, run: Run) -> None:
        token = with_claims(policies=capability_of().policies[2:])
        told = json.loads(run("check", "--json", "DELETE", WORKER_URL, token, status=1))
        assert (told["allowed"], told["kind"]) == (False, "channel-denied")
        assert [rule["method"] for rule in told["missing_channel_rules"]] == ["GET", "POST"]
        assert told["missing_rule"]["method"] == "DELETE"

    def test_channel_of_the_workspace(self, run: Run) -> None:
        policies = [
            {**rule, "url": rule["url"].replace(f"{ACCOUNT}/{WORKER}", f"{ACCOUNT}/{WORKSPACE}")}
            for rule in capability_of().policies
        ]
        run("check", "GET", WORKER_URL, with_claims(policies=policies), status=1)
        token = with_claims(policies=policies, channel=WORKSPACE)
        told = json.loads(run("check", "--json", "GET", WORKER_URL, token, status=1))
        assert (told["kind"], len(told["reasons"])) == ("bad-claims", 2)
        assert told["missing_channel_rules"][0]["url"] == CHANNEL_URL

    @pytest.mark.parametrize(
        ("kind", "claim"),
        [(TaskRouterWorkerCapability, "worker_sid"), (TaskRouterTaskQueueCapability, "taskqueue_sid")],
    )
    def test_channel_needs_its_claim(self, kind: type[Capability], claim: str, run: Run) -> None:
        claims = recorded.claims_of(token_of(kind), KEY)
        del claims[claim]
        told = json.loads(run("check", "--json", "GET", "/x", sign(claims, KEY), status=1))
        assert told["kind"] == "bad-claims"
        assert told["reason"].startswith(f"The claim {claim} is missing, from which a ")
        assert "channel 'undefined'" in told["reason"]


@pytest.mark.usefixtures("without_rich")
def test_without_rich_one_line_says_how_to_get_it(misuse: Callable[..., str]) -> None:
    assert 'pip install "twilio-task-router[cli]"' in misuse("check", "GET", WORKER_URL, token_of())


class TestMisuse:
    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["x"], "this is not the body of a request, and METHOD and URL are missing"),
            (["GET"], "METHOD and URL are missing"),
            (["GET", "https://t", "--form", "A", "x"], "'A' must be NAME=VALUE"),
            (["x", "--form", "A=1"], "--query and --form go with METHOD and URL"),
            (["x", "--query", "A=1"], "--query and --form go with METHOD and URL"),
            (["GET", "https://t", "x", "y"], "too many arguments"),
            (["https://t", "GET", "x"], "METHOD comes first"),
            (["GET", "taskrouter.twilio.com/v1", "x"], "https:// is missing"),
            ([body_of("GET", "taskrouter.twilio.com/v1", "x")], "url must be a whole URL"),
            ([body_of("GET /", "https://t", "x")], "method must be an HTTP method"),
        ],
    )
    def test_misuse_is_one_line_and_status_2(
        self, arguments: list[str], says: str, misuse: Callable[..., str]
    ) -> None:
        assert says in misuse("check", *arguments)
