from __future__ import annotations

import json
import urllib.parse
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
from tests.example import sign
from tests.judges import recorded, second_opinion
from twilio.task_router import (
    OPTIONAL,
    REQUIRED,
    Capability,
    ComparisonTooHardError,
    TaskRouterCapability,
    TaskRouterTaskQueueCapability,
    TaskRouterWorkerCapability,
    TaskRouterWorkspaceCapability,
)
from twilio.task_router.diagnosis import denials, difference

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
            'capability.allow(f"{capability.workspace_url}/Tasks/*", "POST", '
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
            'capability.allow(f"{capability.resource_url}/Reservations/*", "POST", '
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
    (  # all workers are none in particular
        WORKER_TOKEN,
        "GET",
        "/Workers",
        {},
        None,
        'capability.allow(f"{capability.workspace_url}/Workers", "GET")',
    ),
    (
        WORKER_TOKEN,
        "GET",
        "/Workers/Statistics",
        {"Minutes": "60", "TaskQueueSid": "WQ1"},
        None,
        (
            'capability.allow(f"{capability.workspace_url}/Workers/Statistics", "GET", '
            'query_filter={"Minutes": OPTIONAL, "TaskQueueSid": REQUIRED})'
        ),
    ),
    (
        WORKER_TOKEN,
        "DELETE",
        f"/Tasks/{TASK}/",
        {},
        None,
        'capability.allow(f"{capability.workspace_url}/Tasks/**", "DELETE")',
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
        '/Events/{a}"\\\né☎😀',
        {'a "b" 😀': "1"},
        None,
        (
            r'capability.allow(f"{capability.workspace_url}/Events/{{a}}\"\\\n\xe9\u260e\U0001f600", "POST", '
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
        'capability.allow(f"{capability.workspace_url}/Tasks/*", "GET")',
    ),
    (
        LEGACY,
        "POST",
        f"/Tasks/{TASK}",
        {"AssignmentStatus": "completed"},
        "TaskRouterWorkerCapability.allow_reservation_updates()",
        (
            'capability.allow(f"{capability.workspace_url}/Tasks/*", "POST", '
            'post_filter={"AssignmentStatus": REQUIRED})'
        ),
    ),
    (
        QUEUES,
        "GET",
        f"/TaskQueues/{QUEUE}/Statistics",
        {},
        "TaskRouterTaskQueueCapability.allow_fetch_subresources()",
        'capability.allow(f"{capability.resource_url}/Statistics", "GET")',
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


def in_one_line(text: str) -> str:
    return " ".join(text.split())


def line_in(out: str) -> str:
    (line,) = (line.strip() for line in out.splitlines() if "capability.allow(" in line)
    return line


class TestFix:
    @each_fix
    def test_grant_of_the_tokens_class(
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
        wanted = ["No grant allows this; paste this rule:"] if grant is None else [f"Grant it: {grant}"]
        assert wanted == [
            text.strip() for text in out.splitlines() if text.strip().startswith(("Grant it", "No grant"))
        ]
        assert line_in(out) == line

    @each_fix
    def test_pasted_line_allows(
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
        exec(line_in(out), {"capability": capability, "REQUIRED": REQUIRED, "OPTIONAL": OPTIONAL})  # noqa: S102 - as its user would
        assert is_allowed(capability.policies, method, path, params)

    @each_fix
    def test_rule_in_json(
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
        exec(line, {"capability": capability, "REQUIRED": REQUIRED, "OPTIONAL": OPTIONAL})  # noqa: S102 - as its user would
        assert told["missing_rule"] == capability.policies[-1]
        assert told["grants"] == ([] if grant is None else [grant])

    @each_grant
    def test_grant_allows_the_request(
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

    def test_fix_is_shown_below_the_reason(self, run: Run) -> None:
        assert run("check", "DELETE", MINE, token_of(), status=1) == (
            "✗ denied by the rules: No policy rule allows DELETE on\n"
            f"  {MINE}, only GET (rule 2).\n"
            "  Grant it: TaskRouterWorkerCapability.allow_delete()\n"
            "  Or paste this rule:\n"
            '  capability.allow(capability.resource_url, "DELETE")\n'
        )

    @pytest.mark.parametrize("name", ["WT", "WT.1", "WT_1", "WT-1", "WRAPUP", "WR1"])
    def test_name_that_is_not_a_sid(self, name: str, run: Run) -> None:
        out = run("check", "DELETE", f"{WORKSPACE_URL}/Tasks/{name}", token_of(), status=1)
        assert line_in(out) == f'capability.allow(f"{{capability.workspace_url}}/Tasks/{name}", "DELETE")'

    def test_grant_behind_a_conflict(self, run: Run) -> None:
        capability = capability_of()
        capability.deny(f"{WORKSPACE_URL}{MINE}", "POST", post_filter={"ActivitySid": REQUIRED})
        out = run("check", "DELETE", MINE, capability.generate_token(), status=1)
        assert "Grant it: TaskRouterWorkerCapability.allow_delete()" in out

    def test_fix_knows_other_places(self, run: Run) -> None:
        capability = TaskRouterWorkerCapability(
            ACCOUNT, KEY, WORKSPACE, WORKER, "http://localhost:1", "v2", "ws://localhost:2/x"
        )
        out = run("check", "DELETE", MINE, capability.generate_token(), status=1)
        assert "TaskRouterWorkerCapability.allow_delete()" in out
        assert line_in(out) == 'capability.allow(capability.resource_url, "DELETE")'


def by_the_sdk(*skipped: str, kind: type[Capability] = WORKER_TOKEN) -> str:
    """A token with the order of claims that twilio-python 6 and newer have, without rules on some paths."""
    claims = recorded.claims_of(token_of(kind), KEY)
    claims["policies"] = [rule for rule in claims["policies"] if not rule["url"].endswith(skipped or ("?",))]
    first, last = (
        ("account_sid", "workspace_sid", "channel", "version", "policies", "worker_sid"),
        ("iss", "exp"),
    )
    return sign({name: claims[name] for name in (*first, *last)} | {"nbf": 0}, KEY)


class TestOfficialSdk:
    """The official SDK's own parameters, for tokens that it made."""

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
    def test_keyword_of_the_sdk(
        self, method: str, path: str, form: list[str], keyword: str, run: Run
    ) -> None:
        out = run("check", method, path, by_the_sdk(), *form, status=1)
        assert f"  Grant it: {keyword}\n  Or paste this rule:\n  token.policies.append(" in out

    def test_no_keyword_for_our_token(self, run: Run) -> None:
        assert "=True" not in run("check", "DELETE", MINE, token_of(), status=1)

    def test_no_keyword_of_older_class(self, run: Run) -> None:
        out = run("check", "GET", MINE, by_the_sdk(kind=TaskRouterCapability), status=1)
        assert "No grant allows this; paste this rule:" in out

    def test_no_keyword_without_a_rule(self, run: Run) -> None:
        out = run("check", "DELETE", MINE, by_the_sdk("/Activities"), status=1)
        assert "No grant allows this; paste this rule:" in out

    def test_line_of_the_sdk(self, run: Run) -> None:
        class Token:
            policies: list[Any] = []  # noqa: RUF012 - as the SDK's

        arguments = ("POST", f"/Tasks/{TASK}", by_the_sdk(), "--form", "Zoë=1")
        line = run("check", *arguments, status=1).splitlines()[-1].strip()
        told = json.loads(run("check", "--json", *arguments, status=1))
        exec(line, {"token": Token})  # noqa: S102 - as its user would
        assert Token.policies == [told["missing_rule"]]

    def test_token_of_the_sdk(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        (token,) = (
            one["token"] for one in recorded.load("tokens.json") if one["made_by"] == "twilio-python 9.13.0"
        )
        monkeypatch.setenv("TWILIO_AUTH_TOKEN", "secret")
        out = run("check", "DELETE", "/Workers/WK789", token, status=1)
        assert "Grant it: allow_delete_self=True" in out


class TestOtherMakers:
    @pytest.mark.parametrize("maker", ["twilio-node", "twilio-ruby 5", "by hand"])
    def test_other_makers_get_json(self, maker: str, run: Run) -> None:
        claims = recorded.claims_of(token_of(), KEY)
        keys = ("url", "method", "query_filter", "post_filter", "allow")
        claims["policies"] = [{key: rule[key] for key in keys} for rule in claims["policies"]]
        claims |= {"iat": 0} if maker == "twilio-node" else {}
        if maker == "twilio-ruby 5":
            claims = {name: value for name, value in claims.items() if name not in ("iss", "exp")} | {
                name: claims.get(name, 0) for name in ("iss", "nbf", "exp")
            }
        arguments = ("DELETE", MINE, sign(claims, KEY))
        out = run("check", *arguments, status=1)
        told = json.loads(run("check", "--json", *arguments, status=1))
        assert json.loads(out.strip().splitlines()[-1]) == told["missing_rule"]
        assert told["grants"] == []
        assert "capability" not in out
        assert "other-sdks" in out


class TestDenial:
    """A rule that denies is to be changed. No fix overrides it."""

    def test_denial_is_named(self, run: Run) -> None:
        capability = capability_of()
        capability.deny(f"{WORKSPACE_URL}{MINE}", "DELETE")
        out = in_one_line(run("check", "DELETE", MINE, capability.generate_token(), status=1))
        assert out.endswith(
            "Rule 6 denies this request: change or remove that rule. Do not add one that overrides it."
        )

    def test_denial_without_an_allow(self, run: Run) -> None:
        rule = {"url": f"{WORKSPACE_URL}{MINE}", "method": "DELETE"}
        token = with_claims(policies=[*capability_of().policies, rule])
        out = in_one_line(run("check", "DELETE", MINE, token, status=1))
        assert 'Rule 6 denies this request because the rule has no "allow":' in out

    @pytest.mark.parametrize("url", [f"/Tasks/{TASK}", "/Tasks/**", "/**"])
    def test_denial_is_not_overridden(self, url: str, run: Run) -> None:
        capability = capability_of()
        capability.deny(f"{WORKSPACE_URL}{url}", "POST")
        told = json.loads(
            run("check", "--json", "POST", f"/Tasks/{TASK}", capability.generate_token(), status=1)
        )
        assert (told["missing_rule"], told["grants"], told["rule_index"]) == (None, [], 6)

    def test_denial_of_parameters(self, run: Run) -> None:
        capability = capability_of()
        capability.deny(f"{WORKSPACE_URL}/Tasks/**", "POST", post_filter={"AssignmentStatus": "canceled"})
        request = ("POST", f"/Tasks/{TASK}", "--form", "AssignmentStatus=completed")
        told = json.loads(run("check", "--json", *request, capability.generate_token(), status=1))
        assert (told["missing_rule"], told["grants"]) == (
            None,
            ["TaskRouterWorkerCapability.allow_reservation_updates()"],  # which is no more specific
        )

    def test_denial_leaves_no_grant(self, run: Run) -> None:
        """The other grant that covers the request's URL has a filter, and does not override anything."""
        capability = capability_of(TaskRouterCapability)
        capability.deny(f"{WORKSPACE_URL}/**", "POST", post_filter={"Reason": REQUIRED})
        request = ("POST", f"/Tasks/{TASK}", "--form", "AssignmentStatus=completed")
        told = json.loads(run("check", "--json", *request, capability.generate_token(), status=1))
        assert told["grants"] == []
        assert told["missing_rule"]["post_filter"] == {"AssignmentStatus": {"required": True}}

    def test_denial_of_the_channel_is_named(self, run: Run) -> None:
        policies: list[Any] = capability_of().policies
        del policies[1]["allow"]
        arguments = ("DELETE", MINE, with_claims(policies=policies))
        out = in_one_line(run("check", *arguments, status=1))
        assert out.endswith(
            'Rule 1 denies POST on the channel because the rule has no "allow": change or remove that rule. '
            "Do not add one that overrides it."
        )
        told = json.loads(run("check", "--json", *arguments, status=1))
        assert (told["missing_channel_rules"], told["missing_rule"], told["grants"]) == ([], None, [])

    def test_denial_elsewhere(self, run: Run) -> None:
        capability = capability_of()
        capability.deny(f"{WORKSPACE_URL}/Activities/**", "DELETE")
        out = run("check", "DELETE", MINE, capability.generate_token(), status=1)
        assert line_in(out) == 'capability.allow(capability.resource_url, "DELETE")'


class TestWhatNoRuleMayContain:
    """No rule has text that looks like a secret, or that UTF-8 cannot encode."""

    @pytest.mark.parametrize(
        ("path", "params"),
        [
            ("/Events/\ud800", {}),
            ("/Events", {"\ud800": "1"}),
            (f"/Events/{KEY}", {}),
            ("/Events", {token_of(): "1"}),
        ],
    )
    def test_no_rule_with_a_secret(self, path: str, params: dict[str, str], run: Run) -> None:
        body = body_of("POST", WORKSPACE_URL + path, token_of(), **params)
        told = json.loads(run("check", "--json", body, status=1))
        assert (told["missing_rule"], told["grants"]) == (None, [])
        assert in_one_line(run("check", body, status=1)).endswith(
            "No rule may contain text that looks like a secret or that UTF-8 cannot encode."
        )


class TestRepeatedParameter:
    def test_repeated_parameter(self, run: Run) -> None:
        form = ("--form", "A=1", "--form", "A=2")
        out = run("check", "POST", f"/Tasks/{TASK}", token_of(), *form, status=1)
        assert line_in(out) == 'capability.allow(f"{capability.workspace_url}/Tasks/*", "POST")'


class TestNoFix:
    """There is none where no rule could cover the request, or the token does not say what it is for."""

    @pytest.mark.parametrize("path", ["/Workers//x", f"/Tasks/{TASK}/../x"])
    def test_no_fix_below_odd_segments(self, path: str, run: Run) -> None:
        told = json.loads(run("check", "--json", "GET", path, token_of(TaskRouterCapability), status=1))
        assert told["grants"] == []

    def test_no_rule_that_would_not_help(self, run: Run) -> None:
        path = f"/Tasks/{TASK}/../x"
        told = json.loads(run("check", "--json", "GET", path, token_of(), status=1))
        assert told["missing_rule"] is None

    @pytest.mark.parametrize("claim", ["account_sid", "workspace_sid", "channel"])
    @pytest.mark.parametrize("value", ["", "WK1/**", 5, ...])
    def test_no_grant_for_a_bad_sid(self, claim: str, value: Any, run: Run) -> None:
        told = json.loads(run("check", "--json", "DELETE", "/x", with_claims(**{claim: value}), status=1))
        assert told["grants"] == []

    def test_no_fix_for_another_channel(self, run: Run) -> None:
        told = json.loads(
            run("check", "--json", "DELETE", MINE, with_claims(channel="XX1", worker_sid=None), status=1)
        )
        assert told["grants"] == []

    def test_no_fix_if_no_rules_can_be_read(self, run: Run) -> None:
        told = json.loads(run("check", "--json", "DELETE", MINE, with_claims(policies=5), status=1))
        assert (told["missing_rule"], told["grants"]) == (None, [])


def with_a_denial_of_every_get() -> str:
    everything = {"url": "https://taskrouter.twilio.com/**", "method": "GET", "allow": False}
    claims = recorded.claims_of(token_of(), KEY)
    return sign(claims | {"policies": [*claims["policies"], everything]}, KEY)


def test_a_denial_of_every_get_is_not_overridden(run: Run) -> None:
    token = with_a_denial_of_every_get()
    answer = json.loads(run("check", "GET", "/Workflows", token, "--json", status=1))
    assert (answer["missing_rule"], answer["grants"]) == (None, [])
    assert answer["kind"] == "denied-by-rule"


def test_channel_of_another_worker(run: Run) -> None:
    """Which of the two claims is wrong nobody knows: a rule might open another worker's channel."""
    token = with_claims(worker_sid="WK2")
    out = in_one_line(run("check", "GET", "/Activities", token, status=1))
    assert "Set the claims channel and worker_sid to the same SID first: one is another worker's." in out
    told = json.loads(run("check", "--json", "GET", "/Activities", token, status=1))
    assert (told["missing_channel_rules"], "capability.allow" in out) == ([], False)


def with_a_denial_of_names() -> str:
    capability = capability_of()
    capability.deny(f"{WORKSPACE_URL}/Workers/**", "POST", post_filter={"FriendlyName": REQUIRED})
    return capability.generate_token()


ATTRIBUTES = ("POST", MINE, "--form", "Attributes={}")


def test_a_grant_that_overrides_is_told(run: Run) -> None:
    out = in_one_line(run("check", *ATTRIBUTES, with_a_denial_of_names(), status=1))
    assert "A grant would override a rule that denies; paste this rule: capability.allow(" in out
    assert "No grant" not in out


def test_no_command_names_such_a_grant(run: Run) -> None:
    token = with_a_denial_of_names()
    assert json.loads(run("check", *ATTRIBUTES, token, "--json", status=1))["grants"] == []
    out = run("inspect", token)
    assert "✗ a grant would override a rule that denies: worker.update({...})," in in_one_line(out)
    assert "allow_updates()" not in out
    calls = json.loads(run("inspect", token, "--json"))["worker_js"]
    assert calls["worker.update({...})"]["grants"] == []
    assert calls["worker.updateActivity"]["grants"] == ["TaskRouterWorkerCapability.allow_activity_updates()"]


def test_a_denial_of_every_get_leaves_other_methods(run: Run) -> None:
    token = with_a_denial_of_every_get()
    answer = json.loads(run("check", "DELETE", MINE, token, "--json", status=1))
    assert answer["grants"] == ["TaskRouterWorkerCapability.allow_delete()"]
    rules = [*recorded.claims_of(token, KEY)["policies"], answer["missing_rule"]]
    assert is_allowed(rules, "DELETE", MINE, {})


def test_what_cannot_be_compared_is_not_offered(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_hard(*_: object) -> None:
        raise ComparisonTooHardError

    capability = capability_of()
    capability.deny(f"{WORKSPACE_URL}/Tasks/{TASK}", "DELETE")
    token = capability.generate_token()
    assert json.loads(run("check", "DELETE", "/Tasks/WT2", token, "--json", status=1))["missing_rule"]
    monkeypatch.setattr(denials, "is_beyond", too_hard)
    answer = json.loads(run("check", "DELETE", "/Tasks/WT2", token, "--json", status=1))
    assert (answer["missing_rule"], answer["grants"]) == (None, [])


def test_a_percent_sign_is_decoded_at_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it was encoded: one pass for each time would take minutes."""
    passes = []

    def unquote(text: str) -> str:
        passes.append(text)
        return urllib.parse.unquote(text)

    monkeypatch.setattr(difference, "unquote", unquote)
    path = f"/Workers/%{'25' * 1_000}57K{'0' * 32}"
    answer = run("check", "DELETE", path, token_of(), status=1)
    assert f"The request is for another worker, WK{'0' * 32}" in in_one_line(answer)
    assert len(passes) < 10
