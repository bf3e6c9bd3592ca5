from __future__ import annotations

import pytest

from tests.judges import recorded
from twilio.task_router import AccessPolicy
from twilio.task_router.access.mistaken_url import is_meant_for, mistake_in

WORKSPACE = "https://taskrouter.twilio.com/v1/Workspaces/WS456"
INNER = "a wildcard must be the whole last segment of a URL, and {!r} is not."

# A rule's URL, what is wrong with it, what to do, and a request that it was meant for.
MISTAKES = [
    ("/Tasks/**/Reservations/**", INNER.format("**"), "End the URL with /*", "/Tasks/WT1/Reservations/WR1"),
    ("/Workers/*/Channels", INNER.format("*"), "End the URL with /*", "/Workers/WK1/Channels"),
    ("/Tasks**", INNER.format("Tasks**"), "End the URL with /*", "/Tasks/WT1/Reservations/WR1"),
    ("/Tasks*", INNER.format("Tasks*"), "End the URL with /*", "/Tasks/WT1"),
    ("/Tasks/WT*", INNER.format("WT*"), "End the URL with /*", "/Tasks/WT1"),
    ("//Tasks/**", "its URL has an empty segment (//).", "Write each slash once", "/Tasks/WT1"),
    ("//**", "its URL has an empty segment (//).", "Write each slash once", "/Tasks/WT1"),
    ("/Workers/undefined", "its URL has undefined where a SID belongs.", "Set the variable", "/Workers/WK1"),
    (
        "/Workers/null/**",
        "its URL has null where a SID belongs.",
        "Set the variable",
        "/Workers/WK1/Channels",
    ),
    ("/Workers/None", "its URL has None where a SID belongs.", "Set the variable", "/Workers/WK1"),
    (
        "/TaskQueue/WQ1",
        "TaskRouter has no resource 'TaskQueue' there.",
        "Write TaskQueues.",
        "/TaskQueues/WQ1",
    ),
    ("/tasks/**", "TaskRouter has no resource 'tasks' there.", "Write Tasks.", "/Tasks/WT1"),
    (
        "/Workers/WK1/Reservation/**",
        "TaskRouter has no resource 'Reservation' there.",
        "Write Reservations.",
        "/Workers/WK1/Reservations/WR1",
    ),
    ("/Odd", "TaskRouter has no resource 'Odd' there.", "Look the URL up", "/Odd"),
    ("/Activities/WA1/x", "TaskRouter has no resource 'x' there.", "Look the URL up", "/Activities/WA1/x"),
    ("/Tasks?x=1", "its URL has a query or a fragment", "End the URL with its path", "/Tasks"),
    ("/Tasks/**?x=1", "its URL has a query or a fragment", "End the URL with its path", "/Tasks/WT1"),
    ("/Tasks**/undefined//x", "its URL has an empty segment (//).", "Write each slash", "/Tasks/WT1/WR1/x"),
]
ELSEWHERE = [
    (
        WORKSPACE.replace("https:", "http:"),
        "its URL begins with http:, and Twilio's URLs with https:.",
        WORKSPACE,
    ),
    (
        "https://taskrouter.twilio.com/v1/Workspace/WS456",
        "TaskRouter has no resource 'Workspace' there.",
        WORKSPACE,
    ),
    ("http://localhost:1/v1/Workspaces/WS1/Task", "TaskRouter has no resource 'Task' there.", None),
]
PATHS = ["", "/", "/*", "/**", "/Tasks/**", "/Tasks/*", "/Workers/Statistics", "/Workers/WK1/Channels/*"]


class TestMistake:
    @pytest.mark.parametrize(
        ("url", "problem", "advice", "request_url"),
        [(WORKSPACE + one[0], one[1], one[2], WORKSPACE + one[3]) for one in MISTAKES]
        + [(url, problem, "", meant or url) for url, problem, meant in ELSEWHERE],
    )
    def test_mistakes_are_found(self, url: str, problem: str, advice: str, request_url: str) -> None:
        mistake = mistake_in(url)
        assert mistake is not None
        assert problem in mistake.problem
        assert advice in mistake.advice
        policy = AccessPolicy([{"url": url, "method": "GET", "allow": True}])
        assert not policy.allows("GET", request_url) or request_url == url.rstrip("?")

    @pytest.mark.parametrize(
        "url",
        [
            *(WORKSPACE + path for path in PATHS),
            "https://taskrouter.twilio.com/v1/**",
            "https://event-bridge.twilio.com/v1/wschannels/AC123/WK789",
            "http://localhost:1/v1/Workspaces/WS1/Tasks/*",
            "https://example.org/anything",
            "http://mock-twilio.com/v1/Workspaces/WS1/Tasks/*",
            "/Tasks**",  # which is not whole, and gets another note
        ],
    )
    def test_no_mistake(self, url: str) -> None:
        assert mistake_in(url) is None

    def test_no_mistake_in_worker_js(self) -> None:
        calls = recorded.load("worker-js-calls.json")["calls"]
        requests = [one for call in calls for made in call["requests"].values() for one in made or ()]
        urls = {WORKSPACE + request["path"].partition("?")[0] for request in requests}
        assert len(urls) > 20
        assert [url for url in urls if mistake_in(url) is not None] == []


class TestNearMiss:
    def why(self, path: str, request: str, method: str = "GET", **rule: object) -> str:
        rules = [
            {"url": f"{WORKSPACE}/Tasks/*", "method": "POST", "allow": True},
            {"url": WORKSPACE + path, "method": "GET", "allow": True, **rule},
        ]
        return AccessPolicy(rules).decide(method, WORKSPACE + request).reason

    @pytest.mark.parametrize(
        ("path", "request_path"),
        [(path, request) for path, _, _, request in MISTAKES if path not in ("/Odd", "/Activities/WA1/x")],
    )
    def test_near_miss_of_a_mistake(self, path: str, request_path: str) -> None:
        reason = self.why(path, request_path)
        assert "; rule 1, GET " in reason
        assert "may be meant for this, but can never match: " in reason

    @pytest.mark.parametrize(
        ("request_path", "method", "rule"),
        [
            ("/Tasks/WT1/Reservations/WR1/x", "POST", {}),
            ("/Workers/WK1", "GET", {}),
            ("/Tasks/WT1/Reservations/WR1", "GET", {"query_filter": {"A": "1"}}),
            ("/Tasks/WT1/Reservations/WR1", "GET", {"allow": False}),
        ],
    )
    def test_no_near_miss(self, request_path: str, method: str, rule: dict[str, object]) -> None:
        assert "may be meant" not in self.why("/Tasks/**/Reservations/**", request_path, method, **rule)


class TestPattern:
    @pytest.mark.parametrize(
        ("pattern", "url", "expected"),
        [
            ("a/**/c", "a/c", True),
            ("a/**/c", "a/b/b/c", True),
            ("a/**/c", "a/b/b/d", False),
            ("a/*/c", "a/c", False),
            ("a/*/c", "a/b/c", True),
            ("a/**", "a", True),
            ("a/**", "b", False),
            ("**/**/**/x", "/".join("a" * 5000), False),
        ],
    )
    def test_wildcards_anywhere(self, pattern: str, url: str, expected: bool) -> None:  # noqa: FBT001
        assert is_meant_for(pattern, url) is expected
