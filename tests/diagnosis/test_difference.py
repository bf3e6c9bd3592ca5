from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.command_line.samples import (
    ACCOUNT,
    KEY,
    TASK,
    WORKER,
    WORKSPACE,
    WORKSPACE_URL,
    capability_of,
    token_of,
    with_claims,
)
from twilio.task_router import (
    Capability,
    TaskRouterTaskQueueCapability,
    TaskRouterWorkerCapability,
    TaskRouterWorkspaceCapability,
)

if TYPE_CHECKING:
    from tests.command_line.conftest import Run

MINE = f"/Workers/{WORKER}"


def in_one_line(text: str) -> str:
    return " ".join(text.split())


def line_in(out: str) -> str:
    (line,) = (line.strip() for line in out.splitlines() if "capability.allow(" in line)
    return line


ANOTHER = {
    "/Workers/WK2": "is for another worker, WK2, and the token for",
    "/Workers/WK2/Reservations/WR1": "is for another worker, WK2, and the token for",
    "/Workers/%57K2": "is for another worker, WK2, and the token for",
    "/Workers/zoe": "is for another worker, zoe, and the token for",
    "/TaskQueues/WQ1/WK2": "is for another worker, WK2, and the token for",
    f"{MINE}/../WK2": "has a segment that is empty, '.' or '..'",
    f"{MINE}%2F..%2fWK2": "has a segment that is empty, '.' or '..'",
    f"{MINE}/%252e./WK2": "has a segment that is empty, '.' or '..'",
    "/Tasks/..": "has a segment that is empty, '.' or '..'",
    "/Tasks//WT1": "has a segment that is empty, '.' or '..'",
    "/Activities/*": "ends in '*', which is a wildcard in a rule",
    "/Activities/**": "ends in '**', which is a wildcard in a rule",
    "/Tasks/undefined": "URL has 'undefined' where a SID belongs. Change the request",
    "/Workers/null": "URL has 'null' where a SID belongs. Change the request",
    "/TaskQueue/WQ1": "TaskRouter has no resource 'TaskQueue' there. Change the request",
    "/Tasks/WT1/a*b": "wildcard must be the whole last segment of a URL, and 'a*b' is not. Change",
    "/Workspaces/WS2": "is for another workspace, WS2, and the token for",
    "/tasks/WT1": "the letter case differs: 'tasks' in the request's URL is written 'Tasks'",
    f"/Workers/{WORKER.lower()}": "the letter case differs: 'wk",
    f"{MINE}/reservations": "the letter case differs: 'reservations'",
    "/Tasks/wt1": "the letter case differs: 'wt1' in the request's URL is written 'WT1'",
    f"{MINE}/Reservations/Wr1": "the letter case differs: 'Wr1'",
}
ELSEWHERE = {
    f"{WORKSPACE_URL}2/Tasks": "is for another workspace, WS",
    f"{WORKSPACE_URL.replace(WORKSPACE, WORKSPACE.lower())}/Tasks": "the letter case differs: 'ws",
    WORKSPACE_URL.rpartition("/")[0]: "is for every workspace, and the token for WS",
    WORKSPACE_URL.replace("Workspaces", "workspaces"): "the letter case differs: 'workspaces'",
    "https://taskrouter.twilio.com/v1/Tasks/WT1": "is for nothing in the token's workspace, WS",
    f"https://event-bridge.twilio.com/v1/wschannels/AC9/{WORKER}": "is for another account, AC9, and",
    f"https://event-bridge.twilio.com/v1/wschannels/{ACCOUNT}/WK2": "is for another channel, WK2, and",
    f"https://event-bridge.twilio.com/v1/wschannels/{ACCOUNT}/WK2/{WORKER}": (
        f"is for another channel, WK2/{WORKER}"
    ),
    "https://event-bridge.twilio.com/Workers/WK2": "is for another worker, WK2, and the token for",
    WORKSPACE_URL.replace("https:", "http:"): "begins with http:, and Twilio's URLs with https:",
    WORKSPACE_URL.replace("https:", "wss:"): "begins with wss:, and the token's own with https:",
    WORKSPACE_URL.replace(
        "taskrouter", "TaskRouter"
    ): "is for https://TaskRouter.twilio.com, which is written",
    "https://example.org/x?y=1#z": "is for another host than the token's rules, https://example.org.",
    "https://taskrouter.twilio.com@example.org/x": "is for another host than the token's rules",
    f"https://taskrouter.twilio.com\\@example.org/v1/Workspaces/{WORKSPACE}": "is for another host",
}


class TestDifference:
    """A request for what is not the token's own gets no rule."""

    @pytest.mark.parametrize("url", [WORKSPACE_URL + path for path in ANOTHER] + list(ELSEWHERE))
    def test_difference_is_named(self, url: str, run: Run) -> None:
        says = ELSEWHERE.get(url) or ANOTHER[url.removeprefix(WORKSPACE_URL)]
        told = json.loads(run("check", "--json", "POST", url, token_of(), status=1))
        assert (told["missing_rule"], told["grants"]) == (None, [])
        out = in_one_line(run("check", "POST", url, token_of(), status=1)).replace("The", "the")
        assert says in out
        assert (
            "Change the request, or use another token: a rule for this URL would not cover any of the" in out
        )

    @pytest.mark.parametrize("path", ["", "/Workers", "/Workers/Statistics"])
    @pytest.mark.parametrize("method", ["POST", "DELETE"])
    def test_is_not_the_pages_to_change(self, method: str, path: str, run: Run) -> None:
        arguments = (method, WORKSPACE_URL + path, token_of())
        out = in_one_line(run("check", *arguments, status=1))
        assert "would change the workspace or other workers, which are not this page's own. Use a" in out
        assert json.loads(run("check", "--json", *arguments, status=1))["missing_rule"] is None

    @pytest.mark.parametrize("path", ["/Tasks/wtf", "/Tasks/wt", "/Tasks/xt1", f"{MINE}/Channels/wt1"])
    def test_difference_is_not_a_name(self, path: str, run: Run) -> None:
        assert path.rpartition("/")[2] in line_in(run("check", "DELETE", path, token_of(), status=1))

    @pytest.mark.parametrize("kind", [TaskRouterTaskQueueCapability, TaskRouterWorkspaceCapability])
    def test_worker_elsewhere(self, kind: type[Capability], run: Run) -> None:
        out = run("check", "DELETE", "/Workers/WK2", token_of(kind), status=1)
        assert 'Workers/WK2", "DELETE")' in line_in(out)

    def test_worker_itself(self, run: Run) -> None:
        assert line_in(run("check", "POST", f"{MINE}/Channels", token_of(), status=1))

    def test_workers_without_a_page(self, run: Run) -> None:
        token = with_claims(channel="XX1", worker_sid=None)
        out = in_one_line(run("check", "POST", MINE, token, status=1))
        assert "is for another worker" in out

    def test_difference_is_no_host_of_a_rule(self, run: Run) -> None:
        capability = capability_of()
        capability.allow("https://example.org/x", "GET")
        out = run("check", "GET", "https://example.org/y", capability.generate_token(), status=1)
        assert line_in(out) == 'capability.allow("https://example.org/y", "GET")'

    @pytest.mark.parametrize("base_url", ["http://localhost:1", "http://mock-twilio.com"])
    def test_test_server(self, base_url: str, run: Run) -> None:
        token = TaskRouterWorkerCapability("AC1", KEY, "WS1", "WK1", base_url).generate_token()
        out = run("check", "DELETE", f"{base_url}/v1/Workspaces/WS1/Tasks/WT1", token, status=1)
        assert line_in(out) == 'capability.allow(f"{capability.workspace_url}/Tasks/*", "DELETE")'

    def test_difference_is_not_the_version(self, run: Run) -> None:
        url = WORKSPACE_URL.replace("/v1/", "/v2/")
        out = run("check", "GET", f"{url}/Tasks/{TASK}", token_of(), status=1)
        assert line_in(out) == f'capability.allow("{url}/Tasks/{TASK}", "GET")'
