from __future__ import annotations

import contextlib
import dataclasses
import json
import re
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from freezegun import freeze_time

from tests.command_line.samples import (
    ACCOUNT,
    GRANTS,
    KEY,
    QUEUE,
    UNSIGNED,
    WORKER,
    WORKER_URL,
    WORKSPACE,
    WORKSPACE_URL,
    capability_of,
    token_of,
    with_claims,
    with_header,
)
from tests.example import sign
from tests.judges import recorded
from twilio.task_router import (
    Capability,
    TaskRouterCapability,
    TaskRouterTaskQueueCapability,
    TaskRouterWorkerCapability,
    TaskRouterWorkspaceCapability,
    verify_token,
)
from twilio.task_router.command_line import terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Run

every_class = pytest.mark.parametrize("kind", GRANTS)
with_and_without_grants = pytest.mark.parametrize("grants", ["all grants", "no grants"])


def of_a_class(kind: type[Capability], grants: str) -> str:
    return token_of(kind, *(GRANTS[kind] if grants == "all grants" else ()))


def line_after(out: str, label: str) -> str:
    (value,) = re.findall(rf"^  {label} +(.*)$", out, re.MULTILINE)
    return str(value)


def in_one_line(text: str) -> str:
    return " ".join(text.split())


@freeze_time(recorded.RECORDED)
class TestClaims:
    def test_claims_say_who_the_token_is_for(self, run: Run) -> None:
        out = run("inspect", with_claims(friendly_name="Zoë"))
        shown = {label: line_after(out, label) for label in ("Worker", "Name", "Workspace", "Account")}
        assert shown == {"Worker": WORKER, "Name": "Zoë", "Workspace": WORKSPACE, "Account": ACCOUNT}

    @every_class
    def test_class_by_the_rules(self, kind: type[Capability], run: Run) -> None:
        assert line_after(run("inspect", token_of(kind)), "Class") == kind.__name__

    def test_expiry_is_shown(self, run: Run) -> None:
        assert line_after(run("inspect", token_of()), "Expires") == "2015-04-25 23:13:20 UTC"

    def test_good_signature_is_shown(self, run: Run) -> None:
        assert line_after(run("inspect", token_of()), "Signature") == "good"

    def test_claims_say_the_task_queue(self, run: Run) -> None:
        assert line_after(run("inspect", token_of(TaskRouterTaskQueueCapability)), "Task queue") == QUEUE

    def test_other_channel_is_shown(self, run: Run) -> None:
        out = run("inspect", with_claims(worker_sid="WK1"), status=1)
        assert (line_after(out, "Worker"), line_after(out, "Channel")) == ("WK1", WORKER)

    @every_class
    def test_own_channel_is_not_shown(self, kind: type[Capability], run: Run) -> None:
        assert "  Channel " not in run("inspect", token_of(kind))

    def test_claims_say_what_is_missing(self, run: Run) -> None:
        out = run("inspect", sign({"exp": "soon", "policies": []}, KEY), status=1)
        assert [line_after(out, label) for label in ("Workspace", "Account", "Class", "Expires")] == [
            "missing",
            "missing",
            "other rules",
            "missing",
        ]

    @pytest.mark.parametrize(
        "claim", ["channel", "workspace_sid", "account_sid", "worker_sid", "friendly_name"]
    )
    @pytest.mark.parametrize("value", [[], {}, 5, None])
    def test_claims_may_be_of_another_type(self, claim: str, value: Any, run: Run) -> None:
        status = 0 if value is None and claim == "friendly_name" else 1
        assert "Policy rules" in run("inspect", with_claims(**{claim: value}), status=status)

    @pytest.mark.parametrize("exp", [10**400, 2**63, 1e308])
    def test_expiry_beyond_dates(self, exp: float, run: Run) -> None:
        assert line_after(run("inspect", with_claims(exp=exp)), "Expires") == "9999-12-31 23:59:59 UTC"

    def test_claims_are_shown_as_they_are(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("TERM", "xterm-256color")
        name = "[b]5[/b] :smile: 'x' https://t"
        assert line_after(run("inspect", with_claims(friendly_name=name)), "Name") == name

    def test_claims_may_be_empty(self, run: Run) -> None:
        assert "\n  Name\n" in run("inspect", with_claims(friendly_name=""))

    def test_claims_cannot_move_the_cursor(self, run: Run) -> None:
        out = run("inspect", with_claims(friendly_name="Z\x1b[2J\r\n\u202e"))
        assert line_after(out, "Name") == r"Z\x1b[2J\r\n\u202e"


@freeze_time(recorded.RECORDED)
class TestVerdict:
    @every_class
    def test_verdict_comes_first_and_last(self, kind: type[Capability], run: Run) -> None:
        lines = run("inspect", token_of(kind)).splitlines()
        assert lines[0] == lines[-1] == "✓ good; expires in 1 hour"

    def test_bad_verdict_first_and_last(self, run: Run) -> None:
        lines = run("inspect", token_of(ttl=-11 * 60), status=1).splitlines()
        assert lines[0] == lines[-1] == "✗ not good: the token expired 11 minutes ago"

    def test_verdict_names_three_problems(self, run: Run) -> None:
        token = with_claims(iss=5, exp="soon", channel=..., version=1, policies="[]")
        out = in_one_line(run("inspect", token, status=1))
        assert out.startswith(
            "✗ not good: the claim exp must be a number, not 'soon'; the claim iss must be a string, not 5; "
            'Token is missing the "channel" claim; and 2 more '
        )
        told = json.loads(run("inspect", "--json", token, status=1))
        assert len(told["reasons"]) == 5

    def test_verdict_without_a_channel(self, run: Run) -> None:
        out = in_one_line(run("inspect", with_claims(policies=capability_of().policies[2:]), status=1))
        assert out.startswith(
            "✗ not good: the token lacks GET and POST on its channel, through which everything goes "
        )

    def test_verdict_names_every_problem(self, run: Run) -> None:
        out = run("inspect", with_claims(exp=1_430_000_000 - 86_400, iss="AC1"), status=1)
        assert "iss and account_sid differ" in out
        assert "expired 1 day ago" in in_one_line(out)

    def test_verdict_of_a_wrong_key(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        token = token_of()
        monkeypatch.setenv("TWILIO_AUTH_TOKEN", "another")
        out = run("inspect", token, status=1)
        assert "✗ not good: the token is signed with another auth token than TWILIO_AUTH_TOKEN" in out
        assert line_after(out, "Signature") == "bad"
        assert line_after(out, "Worker") == WORKER

    @pytest.mark.usefixtures("without_key")
    def test_verdict_without_a_key(self, run: Run) -> None:
        out = in_one_line(run("inspect", token_of()))
        assert out.startswith(
            "? signature not checked (set TWILIO_AUTH_TOKEN to check it); expires in 1 hour"
        )

    @pytest.mark.usefixtures("without_key")
    def test_verdict_expired_and_no_key(self, run: Run) -> None:
        assert run("inspect", token_of(ttl=-60), status=1).startswith(
            "✗ not good: the token expired 1 minute ago"
        )

    @pytest.mark.parametrize("case", UNSIGNED)
    def test_verdict_on_another_alg(self, case: str, run: Run) -> None:
        assert run("inspect", with_header(*UNSIGNED[case]), status=1).startswith("✗ not good: ")

    def test_verdict_names_the_alg(self, run: Run) -> None:
        out = run("inspect", with_header(*UNSIGNED["alg HS512"]), status=1)
        assert out.startswith("✗ not good: the header's alg must be HS256, not 'HS512'\n")

    @pytest.mark.parametrize(("nbf", "status"), [(1_430_000_000, 0), (1_430_000_060, 1)])
    def test_verdict_of_a_token_for_later(self, nbf: int, status: int, run: Run) -> None:
        out = run("inspect", with_claims(nbf=nbf), status=status)
        assert out.startswith("✗ not good: the token is not valid yet, but will be in 1 minute") == bool(
            status
        )

    @pytest.mark.parametrize("exp", ["soon", True, None])
    def test_verdict_without_an_expiry(self, exp: Any, run: Run) -> None:
        assert run("inspect", with_claims(exp=exp), status=1).startswith("✗ not good: the claim exp must be")

    def test_verdict_on_expiry_now(self, run: Run) -> None:
        assert run("inspect", token_of(ttl=0), status=1).startswith(
            "✗ not good: the token expired 0 seconds ago"
        )


@freeze_time(recorded.RECORDED)
class TestLayout:
    """What is shown fits into 80 columns and one screen."""

    def test_layout_is_documented(self, run: Run) -> None:
        capability = TaskRouterWorkerCapability("AC123", KEY, "WS456", "WK789")
        capability.allow_activity_updates()
        assert run("inspect", capability.generate_token(600)) == (
            "✓ good; expires in 10 minutes\n"
            "  Worker      WK789\n"
            "  Workspace   WS456\n"
            "  Account     AC123\n"
            "  Class       TaskRouterWorkerCapability\n"
            "  Expires     2015-04-25 22:23:20 UTC\n"
            "  Signature   good\n"
            "\n"
            "Policy rules, relative to\n"
            "https://taskrouter.twilio.com/v1/Workspaces/WS456\n"
            "   0 allow GET    the channel\n"
            "   1 allow POST   the channel\n"
            "   2 allow GET    /Workers/WK789\n"
            "   3 allow GET    /Activities\n"
            "   4 allow GET    /Tasks/**\n"
            "   5 allow GET    /Workers/WK789/Reservations/**\n"
            "   6 allow POST   /Workers/WK789\n"
            "                  with form ActivitySid\n"
            "\n"
            "Calls of Worker.js\n"
            "  ✓ connect, ready, reservation.created: pending at ready, connectActivitySid,\n"
            '    disconnectActivitySid, worker.fetch, .update("ActivitySid", ...),\n'
            "    .updateActivity, .fetchReservations, .fetchReservations: next,\n"
            "    .fetchActivityList, .activities.fetch, .activities.fetch: next,\n"
            "    reservation.<event>, .fetch, .worker.fetch, task.fetch; and the callbacks of\n"
            "    these\n"
            "  ✗ needs allow_updates(): worker.update({...})\n"
            "  ✗ needs allow_delete(): worker.delete\n"
            "  ✗ needs allow_fetch_subresources(): worker.fetchChannels, .statistics.fetch\n"
            "  ✗ no grant allows this: worker.activities.fetch(sid), .activities.create,\n"
            "    .activities.update, .activities.delete, reservation.delete, task.delete,\n"
            "    .workflow.fetch, .workflow.statistics.fetch; and the callbacks of these\n"
            "  ✗ needs allow_reservation_updates(): worker.updateTask, .completeTask,\n"
            "    reservation.update, .accept, .reject, .reject(activity), .dequeue, .call,\n"
            "    .redirect, .conference, task.update, .complete; and the callbacks of these\n"
            "\n"
            "✓ good; expires in 10 minutes\n"
        )

    @every_class
    @with_and_without_grants
    def test_layout_of_80_columns(self, kind: type[Capability], grants: str, run: Run) -> None:
        lines = run("inspect", of_a_class(kind, grants)).splitlines()
        assert max(map(len, lines)) <= 80
        assert len(lines) <= 55

    @every_class
    @with_and_without_grants
    def test_layout_of_calls(self, kind: type[Capability], grants: str, run: Run) -> None:
        out = run("inspect", of_a_class(kind, grants))
        calls = out[out.index("Calls of Worker.js") :].partition("\n\n")[0]
        assert calls.count("\n") < 25

    @every_class
    @with_and_without_grants
    def test_layout_breaks_no_word(
        self, kind: type[Capability], grants: str, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        words = run("inspect", of_a_class(kind, grants)).split()
        monkeypatch.setattr(terminal, "_COLUMNS", 10_000)
        monkeypatch.setenv("COLUMNS", "10000")
        assert words == run("inspect", of_a_class(kind, grants)).split()

    def test_narrow_breaks_no_word(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        words = run("inspect", token_of()).split()
        monkeypatch.setenv("COLUMNS", "30")
        assert words == run("inspect", token_of()).split()

    def test_hyphen_breaks_no_word(self, run: Run) -> None:
        name = "-".join(["hyphen"] * 20)
        assert line_after(run("inspect", with_claims(friendly_name=name)), "Name") == name

    @every_class
    @with_and_without_grants
    def test_layout_names_each_grant_once(self, kind: type[Capability], grants: str, run: Run) -> None:
        named = re.findall(r"needs ([\w.]+\(\))", run("inspect", of_a_class(kind, grants)))
        assert len(named) == len(set(named))

    @pytest.mark.parametrize("kind", [one for one in GRANTS if one is not TaskRouterCapability])
    @with_and_without_grants
    def test_layout_names_one_class(self, kind: type[Capability], grants: str, run: Run) -> None:
        out = run("inspect", of_a_class(kind, grants))
        assert re.findall(r"TaskRouter\w*Capability", out) == [kind.__name__]

    def test_newer_class_for_a_grant(self, run: Run) -> None:
        out = run("inspect", of_a_class(TaskRouterCapability, "all grants"))
        assert re.findall(r"needs (TaskRouter\S+)", out) == [
            "TaskRouterWorkerCapability",
            "TaskRouterWorkerCapability.allow_reservation_updates():",
        ]

    def test_workspace_url_once(self, run: Run) -> None:
        assert run("inspect", token_of()).count(WORKSPACE_URL) == 1


@freeze_time(recorded.RECORDED)
class TestRules:
    def test_rules_below_the_workspace(self, run: Run) -> None:
        out = run("inspect", token_of())
        rules = re.findall(r"^ +(\d+) (allow|DENY) +(\w+) +(.*)$", out, re.MULTILINE)
        assert rules == [
            ("0", "allow", "GET", "the channel"),
            ("1", "allow", "POST", "the channel"),
            ("2", "allow", "GET", f"/Workers/{WORKER}"),
            ("3", "allow", "GET", "/Activities"),
            ("4", "allow", "GET", "/Tasks/**"),
            ("5", "allow", "GET", f"/Workers/{WORKER}/Reservations/**"),
        ]

    def test_rules_of_the_workspace(self, run: Run) -> None:
        out = run("inspect", token_of(TaskRouterWorkspaceCapability))
        assert "2 allow GET    the workspace\n" in out

    def test_rules_of_similar_urls(self, run: Run) -> None:
        capability = TaskRouterWorkerCapability("AC1", KEY, "WS1", "WK1")
        channel = f"{capability.base_ws_url}/AC1/WK12"
        capability.allow(channel, "GET")
        capability.allow(f"{capability.workspace_url}2/Tasks", "GET")
        out = run("inspect", capability.generate_token())
        assert f"6 allow GET    {channel}\n" in out
        assert f"7 allow GET    {capability.workspace_url}2/Tasks\n" in out

    def test_rules_show_their_filters(self, run: Run) -> None:
        capability = capability_of(TaskRouterTaskQueueCapability)
        capability.deny("http://t", "DELETE", {"A": {"required": False, "value": "x"}}, {"B": "y", "C": {}})
        out = run("inspect", capability.generate_token())
        assert re.search(
            r"3 DENY  DELETE http://t\n +with query A=x \(optional\); form B=y, C \(optional\)\n", out
        )

    def test_unreadable_rules(self, run: Run) -> None:
        out = run("inspect", with_claims(policies=[{}]), status=1)
        assert "\nPolicy rules: none can be read\n" in out
        assert "✗ not good: policy rule 0: url is missing" in in_one_line(out)

    def test_unreadable_hide_no_others(self, run: Run) -> None:
        policies = capability_of().policies
        token = with_claims(policies=[policies[0], {**policies[1], "method": "PUT"}, *policies[1:]])
        out = run("inspect", token, status=1)
        assert out.startswith("✗ not good: policy rule 1: method must be GET, POST or DELETE, got 'PUT'\n")
        assert "   0 allow GET    the channel\n ✗  1 cannot be read\n   2 allow POST   the channel\n" in out
        assert "second look" not in out

    def test_many_bad_rules_are_counted(self, run: Run) -> None:
        claims = recorded.claims_of(token_of(), KEY)
        claims["policies"][1:1] = [{}] * 21
        out = run("inspect", sign(claims, KEY), status=1)
        assert out.count(" cannot be read") == 21
        assert " ✗ 20 cannot be read\n  22 allow POST" in out
        assert " ✗ 1 more cannot be read\n" in out
        shown = json.loads(run("inspect", "--json", sign(claims, KEY), status=1))
        assert len(shown["reasons"]) == 21
        assert shown["reasons"][-1] == "1 more policy rules cannot be read."

    def test_conflicting_rules(self, run: Run) -> None:
        policies = capability_of().policies
        token = with_claims(policies=[*policies, {**policies[2], "allow": False}])
        assert "6 DENY  GET    /Workers/" in run("inspect", token, status=1)

    def test_rules_of_another_channel(self, run: Run) -> None:
        out = run("inspect", with_claims(channel=WORKSPACE), status=1)
        assert "   0 allow GET    the channel\n" in out
        assert line_after(out, "Class") == "TaskRouterWorkerCapability"
        assert in_one_line(out).startswith(
            f"✗ not good: the claims channel and worker_sid differ: '{WORKSPACE}', '{WORKER}'. Worker.js"
        )


@freeze_time(recorded.RECORDED)
class TestCalls:
    def test_calls_that_go_through_are_told(self, run: Run) -> None:
        out = in_one_line(run("inspect", token_of(TaskRouterWorkerCapability, "allow_reservation_updates")))
        assert (
            "Calls of Worker.js ✓ connect, ready, reservation.created: pending at ready, worker.fetch, "
            in out
        )

    def test_refused_calls_by_grant(self, run: Run) -> None:
        out = in_one_line(run("inspect", token_of()))
        assert (
            "✗ needs allow_reservation_updates(): worker.updateTask, .completeTask, reservation.update, "
            ".accept, .reject, .reject(activity), .dequeue, .call, .redirect, .conference, task.update, "
            ".complete; and the callbacks of these" in out
        )

    def test_calls_of_a_family_have_one_name(self, run: Run) -> None:
        out = in_one_line(run("inspect", token_of(TaskRouterWorkspaceCapability, "allow_fetch_subresources")))
        assert (
            "✓ connect, ready, workspace.fetch, .<statistics>.fetch, .<list>.fetch, .<list>.fetch: next, "
            ".<list>.fetch(sid), <list>[i].fetch, .<statistics>.fetch, workspace.<list>.<statistics>.fetch"
            in out
        )

    def test_calls_of_half_a_family(self, run: Run) -> None:
        capability = capability_of(TaskRouterWorkspaceCapability)
        capability.allow(f"{WORKSPACE_URL}/Tasks", "GET")
        out = in_one_line(run("inspect", capability.generate_token()))
        assert "✓ connect, workspace.tasks.fetch, .tasks.fetch: next ✗" in out
        assert ".activities.fetch, " in out

    @every_class
    def test_calls_without_a_channel(self, kind: type[Capability], run: Run) -> None:
        capability = capability_of(kind)
        del capability.policies[:2]
        out = in_one_line(run("inspect", capability.generate_token(), status=1)).partition(" Calls ")[2]
        assert (
            "of Worker.js ✗ The token lacks GET and POST on its channel, through which everything goes. No "
            "grant allows this; paste these rules: capability.allow("
        ) in out
        assert out.partition("not good")[0].count("lacks") == 1
        assert "needs" not in out

    def test_calls_have_the_makers_rule(self, run: Run) -> None:
        keys = ("url", "method", "query_filter", "post_filter", "allow")
        rules: list[dict[str, Any]] = [dict(rule) for rule in capability_of().policies[2:]]
        policies = [{key: rule[key] for key in keys} for rule in rules]
        token = with_claims(policies=policies)
        out = run("inspect", token, status=1)
        told = json.loads(run("inspect", token, "--json", status=1))
        assert "Add these rules where the token is made (the page other-sdks of the" in out
        assert "capability.allow" not in out + json.dumps(told)
        lines = [json.loads(line) for line in out.splitlines() if line.startswith("  {")]
        assert lines == told["missing_channel_rules"] == capability_of().policies[:2]

    def test_calls_get_no_rule_if_denied(self, run: Run) -> None:
        policies: list[Any] = capability_of().policies
        policies[0]["allow"] = False
        del policies[1]["allow"]
        out = in_one_line(run("inspect", with_claims(policies=policies), status=1))
        assert (
            "everything goes; policy rule 0 denies GET; policy rule 1 denies POST. Rule 0 denies GET on"
            in out
        )
        assert "capability.allow" not in out

    @pytest.mark.usefixtures("too_hard")
    def test_calls_may_be_too_hard(self, run: Run) -> None:
        token = token_of()
        steps = "the rules cannot be compared within 10,000,000 steps"
        sentences = [
            f"Which calls of Worker.js go through: {steps}.",
            "Which rules are wide or redundant: their comparison would take too long.",
        ]
        assert json.loads(run("inspect", token, "--json"))["not_judged"] == sentences
        assert f"Not judged ? {' ? '.join(sentences)} ✓ good" in in_one_line(run("inspect", token))

    def test_calls_of_a_bad_token(self, run: Run) -> None:
        out = run("inspect", token_of(ttl=-60), status=1)
        assert "Calls of Worker.js, as far as the rules go\n  ? connect, ready, " in out
        assert "✓" not in out

    def test_calls_without_a_grant(self, run: Run) -> None:
        capability = capability_of()
        capability.deny(WORKER_URL, "GET")
        # A grant of the same rule would be a conflict.
        claims = recorded.claims_of(token_of(), KEY)
        claims["policies"] = [
            rule for rule in capability.policies if rule["url"] != WORKER_URL or not rule["allow"]
        ]
        assert "✗ no grant allows this: ready, " in in_one_line(run("inspect", sign(claims, KEY)))

    def test_calls_are_those_of_a_task_queue(self, run: Run) -> None:
        out = run("inspect", token_of(TaskRouterTaskQueueCapability))
        assert "✓ connect, ready, taskqueue.fetch\n" in out

    def test_calls_without_a_worker_sid(self, run: Run) -> None:
        assert "Calls of" not in run("inspect", with_claims(worker_sid="WK1/**"), status=1)

    def test_calls_on_another_host(self, run: Run) -> None:
        capability = TaskRouterWorkerCapability("AC1", KEY, "WS1", "WK1", "http://t:1", "v2", "ws://t:2/x")
        assert "✓ connect, ready," in run("inspect", capability.generate_token())

    def test_calls_need_rules(self, run: Run) -> None:
        assert "lacks GET and POST" in run("inspect", with_claims(policies=[]), status=1)

    def test_calls_of_other_rules_need_rules(self, run: Run) -> None:
        policies = [rule for rule in capability_of().policies if not rule["url"].endswith("/Activities")]
        out = run("inspect", with_claims(policies=policies))
        assert line_after(out, "Class") == "other rules"
        assert "✗ needs further rules: " in in_one_line(out)
        assert "allow_" not in out


def test_calls_need_a_page(run: Run) -> None:
    """With the calls of a workspace's page, "the channel" would be two URLs."""
    token = with_claims(channel="CI123", worker_sid=...)
    says = "Which calls of Worker.js go through: no claim says which page of Worker.js the token is for."
    out = run("inspect", token, status=1)
    assert f"Not judged ? {says}" in in_one_line(out)
    assert "Calls of Worker.js" not in out.partition("Policy rules")[2].partition("Not judged")[0]
    assert json.loads(run("inspect", token, "--json", status=1))["not_judged"] == [says]


class TestOtherTokens:
    @pytest.mark.parametrize(
        ("header", "claims", "says"),
        [
            (
                {"cty": "twilio-fpa;v=1"},
                {"grants": {"identity": "a", "task_router": {"role": "worker"}}},
                "this is a Twilio access token, not a TaskRouter capability token; it belongs to TaskRouter",
            ),
            (
                {"cty": "twilio-fpa;v=1"},
                {"grants": {"voice": {}}},
                "this is a Twilio access token, not a TaskRouter",
            ),
            ({"cty": "twilio-fpa;v=1"}, {"grants": []}, "this is a Twilio access token, not a TaskRouter"),
            ({"cty": "twilio-fpa;v=1"}, {}, "this is a Twilio access token, not a TaskRouter"),
            ({}, {"grants": {}}, "this is a Twilio access token, not a TaskRouter"),
            (
                {},
                {"scope": "scope:client:incoming"},
                "this is a Twilio voice capability token, not a TaskRouter",
            ),
            ({}, {"sub": "x"}, "this is some other JSON Web Token, not a TaskRouter capability token"),
        ],
    )
    def test_other_tokens_are_recognised(
        self, header: dict[str, str], claims: dict[str, Any], says: str, run: Run
    ) -> None:
        token = jwt.encode(claims, "x" * 32, algorithm="HS256", headers=header)
        text = token if isinstance(token, str) else token.decode()  # PyJWT 1 returns bytes
        assert in_one_line(run("inspect", text, status=1)).startswith(f"✗ not good: {says}")

    def test_access_token_of_no_router(self, run: Run) -> None:
        token = sign({"grants": {"voice": {}}}, KEY)
        assert "SDK v2" not in run("inspect", token, status=1)

    @pytest.mark.parametrize(
        "text",
        ["", "hello", "a.b.c", "eyJhb.eyJhb.abcde", "eyJ.eyJ", "x.y.z.w", "é.é.é", "eyJhbGci.e30.", "...."],
    )
    def test_other_tokens_are_none_at_all(self, text: str, run: Run) -> None:
        out = in_one_line(run("inspect", text, status=1))
        assert out == (
            "✗ not good: this is not a token: a token is three parts of letters, digits, - and _, joined by "
            "dots (eyJ….eyJ….…)"
        )

    def test_token_too_long(self, run: Run) -> None:
        out = run("inspect", f"{token_of()}{'A' * 70_000}", status=1)
        assert "a token has at most 65,536 characters" in in_one_line(out)

    def test_token_that_breaks_off(self, run: Run) -> None:
        token = token_of()
        assert token[100:120] not in run("inspect", token[:500], status=1)


@freeze_time(recorded.RECORDED)
class TestJson:
    def test_json_has_everything(self, run: Run) -> None:
        token = token_of()
        told = json.loads(run("inspect", token, "--json"))
        assert told.pop("worker_js")["reservation.dequeue"]["grants"] == [
            "TaskRouterWorkerCapability.allow_reservation_updates()"
        ]
        assert told == {
            "good": True,
            "kind": "good",
            "reason": None,
            "reasons": [],
            "signature": "good",
            "class": "TaskRouterWorkerCapability",
            "made_by": "twilio-task-router, or twilio-python 4.5 to 5",
            "expires_at": "2015-04-25T23:13:20Z",
            "expired": False,
            "notes": [],
            "missing_channel_rules": [],
            "not_judged": [],
            "header": {"alg": "HS256", "typ": "JWT"},
            "claims": recorded.claims_of(token, KEY),
        }

    @pytest.mark.parametrize("claims", [{"iat": -90_000}, {"nbf": -90_000}, {"iat": "soon", "exp": 90_000}])
    def test_json_has_the_notes(self, claims: dict[str, Any], run: Run) -> None:
        now = int(recorded.RECORDED.timestamp())
        token = with_claims(
            **{name: value if value == "soon" else now + value for name, value in claims.items()}
        )
        told = json.loads(run("inspect", token, "--json"))["notes"]
        assert told == [dataclasses.asdict(note) for note in verify_token(token, KEY).notes()]
        assert told[0]["kind"] == "long-lived"

    def test_json_has_each_call(self, run: Run) -> None:
        told = json.loads(run("inspect", token_of(), "--json"))["worker_js"]
        assert told["ready"] == {
            "allowed": True,
            "allowed_by_rules": True,
            "reason": f"Policy rule 2 allows GET {WORKER_URL}.",
            "grants": [],
        }

    def test_json_of_a_bad_token(self, run: Run) -> None:
        told = json.loads(run("inspect", token_of(ttl=-60), "--json", status=1))["worker_js"]
        assert told["ready"] == {
            "allowed": False,
            "allowed_by_rules": True,
            "reason": "The token expired 1 minute ago.",
            "grants": [],
        }
        assert told["worker.delete"]["reason"].startswith("No policy rule allows DELETE")
        assert not any(call["allowed"] for call in told.values())

    def test_json_of_half_a_channel(self, run: Run) -> None:
        policies = [rule for rule in capability_of().policies if rule["method"] != "POST"]
        told = json.loads(run("inspect", with_claims(policies=policies), "--json", status=1))["worker_js"]
        assert [call for call, one in told.items() if one["allowed"]] == ["connect"]

    @pytest.mark.usefixtures("without_key")
    @pytest.mark.parametrize(("ttl", "good", "status"), [(60, None, 0), (-60, False, 1)])
    def test_json_without_a_key(self, ttl: int, good: Any, status: int, run: Run) -> None:
        told = json.loads(run("inspect", "--json", token_of(ttl=ttl), status=status))
        assert (told["good"], told["signature"], told["expired"]) == (good, "not checked", good is False)

    @pytest.mark.parametrize("case", UNSIGNED)
    def test_json_of_another_alg(self, case: str, run: Run) -> None:
        told = json.loads(run("inspect", "--json", with_header(*UNSIGNED[case]), status=1))
        assert (told["good"], told["signature"]) == (False, "bad")

    @pytest.mark.usefixtures("without_key")
    @pytest.mark.parametrize("case", UNSIGNED)
    def test_json_of_another_alg_no_key(self, case: str, run: Run) -> None:
        told = json.loads(run("inspect", "--json", with_header(*UNSIGNED[case]), status=1))
        assert (told["good"], told["signature"]) == (False, "bad")

    def test_json_has_the_problems(self, run: Run) -> None:
        told = json.loads(run("inspect", "--json", "hello", status=1))
        assert (told["good"], told["signature"], told["claims"]) == (False, "not checked", {})
        assert (told["kind"], told["class"], told["made_by"]) == ("unreadable", None, None)
        assert told["reason"].startswith("This is not a token")

    @pytest.mark.usefixtures("without_rich")
    def test_json_needs_no_rich(self, run: Run) -> None:
        run("inspect", "--json", token_of())

    def test_json_is_strict(self, run: Run) -> None:
        def refuse(name: str) -> None:
            raise AssertionError(name)

        header, claims, signature = token_of().split(".")
        json.loads(run("inspect", "--json", f"{header}.{claims}.{signature}"), parse_constant=refuse)

    @pytest.mark.parametrize("payload", ['{"policies": [], "x": NaN}', '{"policies": [], "x": 1e999}'])
    def test_json_of_odd_numbers(self, payload: str, run: Run) -> None:
        raw = jwt.utils.base64url_encode(payload.encode()).decode()
        told = json.loads(run("inspect", "--json", f"{token_of().split('.')[0]}.{raw}.", status=1))
        assert told["claims"] == {}

    def test_json_of_deep_nesting(self, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
        payload = '{"policies": [], "x": ' + "[" * 1200 + "]" * 1200 + "}"
        raw = jwt.utils.base64url_encode(payload.encode()).decode()
        with contextlib.suppress(SystemExit):
            run("inspect", "--json", f"{token_of().split('.')[0]}.{raw}.", status=1)
        assert capsys.readouterr().err.count("\n") <= 1


@freeze_time(recorded.RECORDED)
class TestFloat:
    """A time may have a fraction (RFC 7519, section 2)."""

    def test_float_is_read_as_nbf(self, run: Run) -> None:
        out = run("inspect", with_claims(nbf=recorded.RECORDED.timestamp() + 60.5), status=1)
        assert in_one_line(out).count("will be in 1 minute") == 2

    @pytest.mark.parametrize(
        ("seconds", "status", "says"), [(90_000.5, 0, "in 25 h"), (-60.0, 1, "1 minute ago")]
    )
    def test_float_is_read_as_exp(self, seconds: float, status: int, says: str, run: Run) -> None:
        out = run("inspect", with_claims(exp=recorded.RECORDED.timestamp() + seconds), status=status)
        assert says in in_one_line(out)


def test_a_wrapped_rule_is_indented(run: Run) -> None:
    rules = [{"url": f"{WORKSPACE_URL}/{'a' * 50} {'b' * 50}", "method": "GET", "allow": True}]
    lines = run("inspect", with_claims(policies=rules), status=1).splitlines()
    assert f"   0 allow GET    /{'a' * 50}" in lines
    assert f"{'':18}{'b' * 50}" in lines


@pytest.mark.usefixtures("without_rich")
def test_without_rich_one_line_says_how_to_get_it(misuse: Callable[..., str]) -> None:
    assert misuse("inspect", token_of()) == (
        'the layout needs rich: pip install "twilio-task-router[cli]", or use --json without it'
    )


def test_a_key_that_cannot_be_one_is_misuse(
    misuse: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    token = token_of()
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "\udcff")
    assert "auth_token" in misuse("inspect", token)
