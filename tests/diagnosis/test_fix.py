from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.command_line.samples import (
    ACCOUNT,
    GRANTS,
    KEY,
    QUEUE,
    RESERVATION,
    TASK,
    WORKER,
    WORKSPACE,
    WORKSPACE_URL,
    body_of,
    capability_of,
    token_of,
    with_claims,
)
from tests.judges import recorded, second_opinion
from twilio.task_router import (
    REQUIRED,
    Capability,
    TaskRouterCapability,
    TaskRouterTaskQueueCapability,
    TaskRouterWorkerCapability,
    TaskRouterWorkspaceCapability,
)
from twilio.task_router.tokens import sign

if TYPE_CHECKING:
    from tests.command_line.conftest import Run

MINE = f"/Workers/{WORKER}"
WORKER_TOKEN, LEGACY, QUEUES, WHOLE = (
    TaskRouterWorkerCapability,
    TaskRouterCapability,
    TaskRouterTaskQueueCapability,
    TaskRouterWorkspaceCapability,
)

# What is refused with the rules that each class has from the start, the grant for it, and the line.
FIXES: list[tuple[type[Capability], str, str, dict[str, str], str | None, str]] = [
    (
        WORKER_TOKEN,
        "POST",
        f"/Tasks/{TASK}",
        {"AssignmentStatus": "completed"},
        "TaskRouterWorkerCapability.allow_reservation_updates()",
        (
            'capability.allow(f"{capability.workspace_url}/Tasks/**", "POST", '
            'post_filter={"AssignmentStatus": REQUIRED})'
        ),
    ),
    (
        WORKER_TOKEN,
        "POST",
        f"/Tasks/{TASK}/Reservations/{RESERVATION}",
        {"Instruction": "dequeue", "DequeueFrom": "+1"},
        "TaskRouterWorkerCapability.allow_reservation_updates()",
        (
            'capability.allow(f"{capability.workspace_url}/Tasks/**", "POST", '
            'post_filter={"Instruction": REQUIRED, "DequeueFrom": REQUIRED})'
        ),
    ),
    (
        WORKER_TOKEN,
        "POST",
        f"{MINE}/Reservations/{RESERVATION}",
        {"ReservationStatus": "accepted"},
        "TaskRouterWorkerCapability.allow_reservation_updates()",
        (
            'capability.allow(f"{capability.resource_url}/Reservations/**", "POST", '
            'post_filter={"ReservationStatus": REQUIRED})'
        ),
    ),
    (
        WORKER_TOKEN,
        "POST",
        MINE,
        {"ActivitySid": "WA1"},
        "TaskRouterWorkerCapability.allow_activity_updates()",
        'capability.allow(capability.resource_url, "POST", post_filter={"ActivitySid": REQUIRED})',
    ),
    (
        WORKER_TOKEN,
        "POST",
        MINE,
        {"Attributes": "{}"},
        "TaskRouterWorkerCapability.allow_updates()",
        'capability.allow(capability.resource_url, "POST", post_filter={"Attributes": REQUIRED})',
    ),
    (
        WORKER_TOKEN,
        "GET",
        f"{MINE}/Channels",
        {},
        "TaskRouterWorkerCapability.allow_fetch_subresources()",
        'capability.allow(f"{capability.resource_url}/Channels", "GET")',
    ),
    (
        WORKER_TOKEN,
        "POST",
        f"{MINE}/Channels/voice",
        {"Capacity": "2"},
        "TaskRouterWorkerCapability.allow_updates_subresources()",
        (
            'capability.allow(f"{capability.resource_url}/Channels/voice", "POST", '
            'post_filter={"Capacity": REQUIRED})'
        ),
    ),
    (
        WORKER_TOKEN,
        "DELETE",
        MINE,
        {},
        "TaskRouterWorkerCapability.allow_delete()",
        'capability.allow(capability.resource_url, "DELETE")',
    ),
    (
        WORKER_TOKEN,
        "DELETE",
        f"{MINE}/Channels/voice",
        {},
        "TaskRouterWorkerCapability.allow_delete_subresources()",
        'capability.allow(f"{capability.resource_url}/Channels/voice", "DELETE")',
    ),
    (  # the SID of a worker stays
        WORKER_TOKEN,
        "GET",
        "/Workers/WK2",
        {},
        None,
        'capability.allow(f"{capability.workspace_url}/Workers/WK2", "GET")',
    ),
    (
        WORKER_TOKEN,
        "GET",
        "",
        {},
        None,
        'capability.allow(capability.workspace_url, "GET")',
    ),
    (
        WORKER_TOKEN,
        "POST",
        '/Odd/{a}"\\\né☎😀',
        {'a "b" 😀': "1"},
        None,
        (
            r'capability.allow(f"{capability.workspace_url}/Odd/{{a}}\"\\\n\xe9\u260e\U0001f600", "POST", '
            r'post_filter={"a \"b\" \U0001f600": REQUIRED})'
        ),
    ),
    (
        LEGACY,
        "GET",
        MINE,
        {},
        "TaskRouterCapability.allow_worker_fetch_attributes()",
        'capability.allow(capability.resource_url, "GET")',
    ),
    (
        LEGACY,
        "POST",
        MINE,
        {"ActivitySid": "WA1"},
        "TaskRouterCapability.allow_worker_activity_updates()",
        'capability.allow(capability.resource_url, "POST", post_filter={"ActivitySid": REQUIRED})',
    ),
    (
        LEGACY,
        "POST",
        f"/Tasks/{TASK}/Reservations/{RESERVATION}",
        {"ReservationStatus": "accepted"},
        "TaskRouterCapability.allow_task_reservation_updates()",
        (
            'capability.allow(f"{capability.workspace_url}/Tasks/**", "POST", '
            'post_filter={"ReservationStatus": REQUIRED})'
        ),
    ),
    (
        LEGACY,
        "GET",
        f"/Tasks/{TASK}",
        {},
        "TaskRouterWorkerCapability (from the start)",
        'capability.allow(f"{capability.workspace_url}/Tasks/**", "GET")',
    ),
    (
        LEGACY,
        "POST",
        f"/Tasks/{TASK}",
        {"AssignmentStatus": "completed"},
        "TaskRouterWorkerCapability.allow_reservation_updates()",
        (
            'capability.allow(f"{capability.workspace_url}/Tasks/**", "POST", '
            'post_filter={"AssignmentStatus": REQUIRED})'
        ),
    ),
    (
        QUEUES,
        "GET",
        f"/TaskQueues/{QUEUE}/Statistics",
        {},
        "TaskRouterTaskQueueCapability.allow_fetch_subresources()",
        f'capability.allow(f"{{capability.workspace_url}}/TaskQueues/{QUEUE}/Statistics", "GET")',
    ),
    (
        WHOLE,
        "POST",
        "/Workers/WK2",
        {"FriendlyName": "Zoë"},
        "TaskRouterWorkspaceCapability.allow_updates_subresources()",
        (
            'capability.allow(f"{capability.workspace_url}/Workers/WK2", "POST", '
            'post_filter={"FriendlyName": REQUIRED})'
        ),
    ),
]
NAMES = ("kind", "method", "path", "params", "grant", "line")
each_fix = pytest.mark.parametrize(NAMES, FIXES)
each_grant = pytest.mark.parametrize(NAMES, [fix for fix in FIXES if fix[4] is not None])


def is_allowed(rules: Any, method: str, path: str, params: dict[str, str]) -> bool:
    pairs = list(params.items())
    query, form = (pairs, []) if method == "GET" else ([], pairs)
    return second_opinion.is_allowed(rules, method, WORKSPACE_URL + path, query, form)


def line_in(out: str) -> str:
    (line,) = (line.strip() for line in out.splitlines() if "capability.allow(" in line)
    return line


class TestFix:
    @each_fix
    def test_names_the_grant_of_the_class_whose_rules_the_token_has(
        self,
        kind: type[Capability],
        method: str,
        path: str,
        params: dict[str, str],
        grant: str | None,
        line: str,
        run: Run,
    ) -> None:
        out = run("check", body_of(method, WORKSPACE_URL + path, token_of(kind), **params), status=1)
        wanted = ["No grant does that, but paste this rule:"] if grant is None else [f"Grant it: {grant}"]
        assert wanted == [
            text.strip() for text in out.splitlines() if text.strip().startswith(("Grant it", "No grant"))
        ]
        assert line_in(out) == line

    @each_fix
    def test_line_makes_the_request_allowed_if_it_is_pasted(
        self,
        kind: type[Capability],
        method: str,
        path: str,
        params: dict[str, str],
        grant: str | None,  # noqa: ARG002
        line: str,  # noqa: ARG002 - it is taken from the output
        run: Run,
    ) -> None:
        capability = capability_of(kind)
        assert not is_allowed(capability.policies, method, path, params)
        out = run("check", body_of(method, WORKSPACE_URL + path, token_of(kind), **params), status=1)
        exec(line_in(out), {"capability": capability, "REQUIRED": REQUIRED})  # noqa: S102 - as its user would
        assert is_allowed(capability.policies, method, path, params)

    @each_fix
    def test_rule_in_json_is_the_one_that_the_line_adds(
        self,
        kind: type[Capability],
        method: str,
        path: str,
        params: dict[str, str],
        grant: str | None,
        line: str,
        run: Run,
    ) -> None:
        capability = capability_of(kind)
        body = body_of(method, WORKSPACE_URL + path, token_of(kind), **params)
        told = json.loads(run("check", "--json", body, status=1))
        exec(line, {"capability": capability, "REQUIRED": REQUIRED})  # noqa: S102 - as its user would
        assert told["rule"] == capability.policies[-1]
        assert told["grants"] == ([] if grant is None else [grant])

    @each_grant
    def test_grant_makes_the_request_allowed(
        self,
        kind: type[Capability],  # noqa: ARG002 - the grant names one
        method: str,
        path: str,
        params: dict[str, str],
        grant: str,
        line: str,  # noqa: ARG002
    ) -> None:
        name, _, call = grant.partition(".")
        (granted,) = (one for one in GRANTS if one.__name__ == name.partition(" ")[0])
        calls = [call.removesuffix("()")] if call else []
        assert is_allowed(capability_of(granted, *calls).policies, method, path, params)

    def test_is_shown_below_the_reason(self, run: Run) -> None:
        assert run("check", "DELETE", MINE, token_of(), status=1) == (
            "✗ denied by the rules: No policy rule allows DELETE on\n"
            f"  {MINE}, only GET (rule 2).\n"
            "  Grant it: TaskRouterWorkerCapability.allow_delete()\n"
            "  Or paste this rule:\n"
            '  capability.allow(capability.resource_url, "DELETE")\n'
        )

    @pytest.mark.parametrize("rest", ["?y=1#z", "#z"])
    def test_of_a_url_elsewhere_has_it_in_full(self, rest: str, run: Run) -> None:
        out = run("check", "GET", f"https://example.org/x{rest}", token_of(), status=1)
        assert line_in(out) == 'capability.allow("https://example.org/x", "GET")'

    @pytest.mark.parametrize("task", ["WT1", "WT_1", "WT-1"])
    def test_covers_every_task(self, task: str, run: Run) -> None:
        out = run("check", "DELETE", f"{WORKSPACE_URL}/Tasks/{task}", token_of(), status=1)
        assert line_in(out) == 'capability.allow(f"{capability.workspace_url}/Tasks/**", "DELETE")'

    @pytest.mark.parametrize("name", ["WT", "WT.1"])
    def test_takes_a_name_that_is_not_a_sid_as_it_is(self, name: str, run: Run) -> None:
        out = run("check", "DELETE", f"{WORKSPACE_URL}/Tasks/{name}", token_of(), status=1)
        assert line_in(out) == f'capability.allow(f"{{capability.workspace_url}}/Tasks/{name}", "DELETE")'

    def test_of_a_url_that_only_begins_like_the_workspace_has_it_in_full(self, run: Run) -> None:
        out = run("check", "GET", f"{WORKSPACE_URL}2/Tasks", token_of(), status=1)
        assert line_in(out) == f'capability.allow("{WORKSPACE_URL}2/Tasks", "GET")'

    def test_is_found_behind_a_grant_that_a_rule_contradicts(self, run: Run) -> None:
        capability = capability_of()
        capability.deny(f"{WORKSPACE_URL}{MINE}", "POST", post_filter={"ActivitySid": REQUIRED})
        out = run("check", "DELETE", MINE, capability.generate_token(), status=1)
        assert "Grant it: TaskRouterWorkerCapability.allow_delete()" in out

    def test_knows_other_places(self, run: Run) -> None:
        capability = TaskRouterWorkerCapability(
            ACCOUNT, KEY, WORKSPACE, WORKER, "http://localhost:1", "v2", "ws://localhost:2/x"
        )
        out = run("check", "DELETE", MINE, capability.generate_token(), status=1)
        assert "TaskRouterWorkerCapability.allow_delete()" in out
        assert line_in(out) == 'capability.allow(capability.resource_url, "DELETE")'


class TestSdkKeyword:
    """The official SDK's own parameters, for tokens that it made: they have an nbf."""

    @pytest.mark.parametrize(
        ("method", "path", "form", "keyword"),
        [
            ("POST", MINE, ["--form", "ActivitySid=WA1"], "allow_update_activities=True"),
            ("POST", f"/Tasks/{TASK}", [], "allow_update_reservations=True"),
            ("POST", MINE, [], "allow_update_self=True"),
            ("DELETE", MINE, [], "allow_delete_self=True"),
            ("GET", f"{MINE}/Channels", [], "allow_fetch_subresources=True"),
            ("POST", f"{MINE}/Channels", [], "allow_update_subresources=True"),
            ("DELETE", f"{MINE}/Channels/voice", [], "allow_delete_subresources=True"),
        ],
    )
    def test_is_named(self, method: str, path: str, form: list[str], keyword: str, run: Run) -> None:
        out = " ".join(run("check", method, path, with_claims(nbf=0), *form, status=1).split())
        assert f"(with the official SDK: {keyword})" in out

    def test_is_not_named_for_a_token_of_ours(self, run: Run) -> None:
        assert "official SDK" not in run("check", "DELETE", MINE, token_of(), status=1)

    def test_is_not_named_for_what_the_sdk_does_not_have(self, run: Run) -> None:
        claims = recorded.claims_of(token_of(TaskRouterCapability), KEY) | {"nbf": 0}
        out = run("check", "GET", MINE, sign(claims, KEY), status=1)
        assert "allow_worker_fetch_attributes()" in out
        assert "official SDK" not in out

    def test_is_named_for_a_token_that_the_sdk_made(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        (token,) = (
            one["token"] for one in recorded.load("tokens.json") if one["made_by"] == "twilio-python 9.13.0"
        )
        monkeypatch.setenv("TWILIO_AUTH_TOKEN", "secret")
        out = " ".join(run("check", "DELETE", "/Workers/WK789", token, status=1).split())
        assert "(with the official SDK: allow_delete_self=True)" in out


class TestDenialByARule:
    def test_has_no_fix(self, run: Run) -> None:
        capability = capability_of()
        capability.deny(f"{WORKSPACE_URL}{MINE}", "DELETE")
        out = run("check", "DELETE", MINE, capability.generate_token(), status=1)
        assert out.endswith(f"{MINE}.\n  No grant and no further rule would allow it.\n")

    def test_has_no_fix_in_json(self, run: Run) -> None:
        capability = capability_of()
        capability.deny(f"{WORKSPACE_URL}{MINE}", "POST", post_filter={"ActivitySid": REQUIRED})
        token = capability.generate_token()
        told = json.loads(run("check", "--json", "POST", MINE, token, "--form", "ActivitySid=WA1", status=1))
        assert (told["rule"], told["grants"]) == (None, [])

    def test_is_not_outdone_by_a_rule_that_is_less_specific(self, run: Run) -> None:
        capability = capability_of()
        capability.deny(f"{WORKSPACE_URL}/Tasks/{TASK}", "POST")
        told = json.loads(
            run("check", "--json", "POST", f"/Tasks/{TASK}", capability.generate_token(), status=1)
        )
        assert (told["rule"], told["grants"]) == (None, [])


class TestNoFix:
    """There is none where no rule could cover the request, or the token does not say what it is for."""

    @pytest.mark.parametrize("path", ["/Workers//x", f"/Tasks/{TASK}/../x"])
    def test_for_what_no_wildcard_matches(self, path: str, run: Run) -> None:
        told = json.loads(run("check", "--json", "GET", path, token_of(TaskRouterCapability), status=1))
        assert told["grants"] == []

    def test_is_a_rule_that_would_not_help(self, run: Run) -> None:
        path = f"/Tasks/{TASK}/../x"
        told = json.loads(run("check", "--json", "GET", path, token_of(), status=1))
        assert told["rule"] is None

    @pytest.mark.parametrize("claim", ["account_sid", "workspace_sid", "channel"])
    @pytest.mark.parametrize("value", ["", "WK1/**", 5, ...])
    def test_is_a_grant_if_a_sid_is_none(self, claim: str, value: Any, run: Run) -> None:
        told = json.loads(run("check", "--json", "DELETE", "/x", with_claims(**{claim: value}), status=1))
        assert told["grants"] == []

    def test_is_a_grant_for_a_channel_of_another_kind(self, run: Run) -> None:
        told = json.loads(run("check", "--json", "DELETE", MINE, with_claims(channel="XX1"), status=1))
        assert told["grants"] == []

    def test_if_no_rules_can_be_read(self, run: Run) -> None:
        told = json.loads(run("check", "--json", "DELETE", MINE, with_claims(policies=5), status=1))
        assert (told["rule"], told["grants"]) == (None, [])
