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
    WORKER,
    WORKER_URL,
    WORKSPACE_URL,
    body_of,
    capability_of,
    entry_of,
    har_of,
    token_of,
)
from tests.judges import recorded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.command_line.conftest import Run

ALLOWED = ("GET", WORKER_URL)
DENIED = ("DELETE", WORKER_URL)
TIMES = "\N{MULTIPLICATION SIGN}"
COMPLETED = {"AssignmentStatus": "completed"}


@pytest.fixture(autouse=True)
def _recorded_then() -> Any:
    with freeze_time(recorded.RECORDED):
        yield


@pytest.fixture
def replay(run: Run, tmp_path: Path) -> Callable[..., str]:
    def replay(*entries: Any, status: int = 0, options: tuple[str, ...] = ()) -> str:
        file = tmp_path / "page.har"
        file.write_text(json.dumps(har_of(*entries)), encoding="utf-8")
        return run("replay", str(file), *options, status=status)

    return replay


@pytest.fixture
def replay_json(replay: Callable[..., str]) -> Callable[..., Any]:
    return lambda *entries, status=0: json.loads(replay(*entries, status=status, options=("--json",)))


def asks(
    method: str, url: str, answer: int, token: str | None = None, started: str | None = None, **params: str
) -> dict[str, Any]:
    """An entry in which a page asks for something and is answered."""
    return entry_of(body_of(method, url, token or token_of(), **params), answer, started)


def is_ready() -> dict[str, Any]:
    """The entry of the library's first request."""
    body = json.loads(body_of(*ALLOWED, token_of())) | {"event_type": "ready"}
    return entry_of(json.dumps(body), 200)


def in_one_line(text: str) -> str:
    return " ".join(text.split())


class TestRequest:
    def test_request_and_its_answer(self, replay: Callable[..., str]) -> None:
        assert replay(asks(*ALLOWED, 200)).startswith(f"✓ GET /Workers/{WORKER} (answered 200)\n")

    def test_request_with_parameters(self, replay: Callable[..., str]) -> None:
        out = replay(asks("GET", f"{WORKER_URL}/Reservations", 200, ReservationStatus="pending"))
        start = f"✓ GET /Workers/{WORKER}/Reservations ReservationStatus=pending (answered 200) "
        assert in_one_line(out).startswith(start)

    def test_request_with_everything(self, replay: Callable[..., str]) -> None:
        out = replay(asks("POST", TASK_URL, 403, **COMPLETED), asks(*ALLOWED, 200), status=1)
        assert out == (
            f"✗ POST /Tasks/{TASK} AssignmentStatus=completed\n"
            "  (answered 403)\n"
            f"    No policy rule allows POST on /Tasks/{TASK},\n"
            "    only GET (rule 4).\n"
            f"✓ GET /Workers/{WORKER} (answered 200)\n"
            "\n"
            "For 1 request:\n"
            "  Grant it: TaskRouterWorkerCapability.allow_reservation_updates()\n"
            "  Or paste this rule:\n"
            '  capability.allow(f"{capability.workspace_url}/Tasks/*", "POST", '
            'post_filter={"AssignmentStatus": REQUIRED})\n'
            "\n"
            "✗ 1 request to the event bridge is not allowed by the token.\n"
            "✗ 2 requests to the event bridge, 1 failed\n"
        )

    def test_request_that_failed_comes_first(self, replay: Callable[..., str]) -> None:
        out = replay(asks(*ALLOWED, 200), asks(*DENIED, 403), status=1)
        assert out.index("✗ DELETE") < out.index("✓ GET")

    def test_request_without_an_answer(self, replay: Callable[..., str]) -> None:
        assert "? GET" in replay(asks(*ALLOWED, 0), asks(*DENIED, 403), status=1)

    def test_request_that_differs_is_yellow(
        self, replay: Callable[..., str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("TERM", "xterm-256color")
        assert "\x1b[33m    The server's answer and ours differ." in replay(asks(*ALLOWED, 403), status=1)

    def test_request_of_a_denial_has_no_fix(self, replay: Callable[..., str]) -> None:
        capability = capability_of()
        capability.deny(WORKER_URL, "DELETE")
        out = replay(asks(*DENIED, 403, capability.generate_token()), status=1)
        assert "Rule 6 denies this request: change or remove that rule." in in_one_line(out)
        assert "\nFor " not in out

    def test_request_of_another_token(self, replay: Callable[..., str]) -> None:
        assert "this is not a token" in in_one_line(replay(asks(*ALLOWED, 403, "hello"), status=1).lower())

    @pytest.mark.parametrize(
        ("method", "url"),
        [("GET", ""), ("GET", "/Tasks"), ("G T", WORKER_URL), ("PATCH", "https://t/\ud800")],
    )
    def test_request_does_not_hide_others(
        self, method: str, url: str, replay_json: Callable[..., Any]
    ) -> None:
        told = replay_json(asks(method, url, 403), asks(*ALLOWED, 200), status=1)["requests"]
        assert [one["allowed"] for one in told] == [False, True]

    def test_request_names_a_bad_key(
        self, replay: Callable[..., str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TWILIO_AUTH_TOKEN", KEY[::-1])
        out = replay(asks(*ALLOWED, 401), asks(*ALLOWED, 401), status=1)
        assert in_one_line(out).count("is signed with another auth token than TWILIO_AUTH_TOKEN") == 1


class TestGroup:
    def test_group_is_of_equal_requests(self, replay: Callable[..., str]) -> None:
        out = replay(*[asks(*ALLOWED, 200)] * 3)
        assert out.startswith(f"✓ 3 {TIMES} GET /Workers/{WORKER} (answered 200)\n")

    def test_group_is_of_any_task(self, replay: Callable[..., str]) -> None:
        tasks = [
            asks("POST", f"{WORKSPACE_URL}/Tasks/WT{number}/Reservations/WR1", 403) for number in range(76)
        ]
        out = replay(*tasks, status=1)
        assert out.startswith(f"✗ 76 {TIMES} POST /Tasks/WT…/Reservations/WR… (answered 403)\n")
        assert "\nFor 76 requests:\n" in out
        assert out.count("Or paste") == 1

    def test_group_is_of_any_value(self, replay: Callable[..., str]) -> None:
        out = replay(*(asks("POST", TASK_URL, 403, Reason=str(number)) for number in range(2)), status=1)
        assert in_one_line(out).startswith(f"✗ 2 {TIMES} POST /Tasks/WT… Reason (answered 403)")

    def test_group_is_of_one_answer(self, replay: Callable[..., str]) -> None:
        out = replay(asks(*ALLOWED, 200), asks(*ALLOWED, 304), asks(*ALLOWED, 200))
        assert out.startswith(f"✓ 2 {TIMES} GET /Workers/{WORKER} (answered 200)\n✓ GET ")

    def test_group_is_of_one_word(self, replay: Callable[..., str]) -> None:
        out = replay(*(asks("GET", f"{WORKSPACE_URL}/{word}", 403) for word in ("WRAPUP", "WRAP")), status=1)
        assert TIMES not in out

    def test_group_is_cut(self, replay: Callable[..., str]) -> None:
        out = replay(asks("POST", TASK_URL, 403, Attributes="x" * 10_000), status=1)
        assert "xx… (answered 403)" in in_one_line(out)
        assert len(out) < 2_000

    def test_group_shows_the_body_is_missing(self, replay: Callable[..., str]) -> None:
        out = replay(entry_of(None, 403), entry_of("{", 403), status=1)
        assert out.startswith(f"✗ 2 {TIMES} a request whose body cannot be read (answered 403)\n")

    def test_groups_fit_two_screens(self, replay: Callable[..., str]) -> None:
        refused = [asks("POST", f"{WORKSPACE_URL}/Events/X{number}", 403) for number in range(300)]
        others = [asks("GET", f"{WORKSPACE_URL}/Tasks/{number}", 200) for number in range(300)]
        out = replay(*refused, *others, status=1)
        assert len(out.splitlines()) < 80
        for more in ("292 more refused groups", "292 more groups", "292 more suggestions"):
            assert f"  and {more}: --json has them all\n" in out

    def test_group_needs_no_more_if_all_fit(self, replay: Callable[..., str]) -> None:
        out = replay(*(asks("GET", f"{WORKSPACE_URL}/Tasks/{number}", 200) for number in range(8)))
        assert " more " not in out
        out = replay(*(asks("GET", f"{WORKSPACE_URL}/Tasks/{number}", 200) for number in range(9)))
        assert "  and 1 more group: --json has them all\n" in out


class TestUnusedRules:
    RULE = f"{WORKSPACE_URL}/Workflows"

    def entries(self, *more: tuple[str, str], count: int = 1) -> list[dict[str, Any]]:
        capability = capability_of()
        for number in range(count):
            capability.allow(f"{self.RULE}{number or ''}", "GET")
        capability.deny(WORKER_URL, "DELETE")
        token = capability.generate_token()
        return [is_ready(), *(asks(*request, 200, token) for request in more)]

    def test_unused_rules_are_told(self, replay: Callable[..., str]) -> None:
        out = replay(*self.entries(ALLOWED))
        lines = out.partition("Rules that no request used. If the page needs nothing else, remove them:\n")
        assert lines[2].startswith("  allow GET /Workflows\n\n")

    def test_unused_rules_may_be_many(self, replay: Callable[..., str]) -> None:
        assert "and 2 more rules: --json has them all" in replay(*self.entries(ALLOWED, count=10))

    def test_unused_rules_may_be_none(self, replay: Callable[..., str]) -> None:
        assert "no request used" not in replay(is_ready(), asks(*ALLOWED, 200))

    def test_unused_rules_are_whole_in_json(self, replay_json: Callable[..., Any]) -> None:
        unused = replay_json(*self.entries(ALLOWED))["unused_rules"]
        assert unused == [
            {"url": self.RULE, "method": "GET", "allow": True, "query_filter": {}, "post_filter": {}}
        ]


class TestSummary:
    @pytest.mark.parametrize(
        ("entries", "status", "last"),
        [
            ([], 1, "✗ 0 requests to the event bridge, 0 failed"),
            ([ALLOWED], 0, "✓ 1 request to the event bridge, 0 failed"),
            ([ALLOWED, DENIED], 1, "✗ 2 requests to the event bridge, 1 failed"),
            ([ALLOWED, None], 0, "✓ 1 request to the event bridge, 0 failed; 1 other POST skipped"),
            ([None, ALLOWED, None], 0, "✓ 1 request to the event bridge, 0 failed; 2 other POSTs skipped"),
        ],
    )
    def test_summary_comes_last(
        self, entries: list[Any], status: int, last: str, replay: Callable[..., str]
    ) -> None:
        other = entry_of("x", url="https://example.org")
        out = replay(*(other if one is None else asks(one[0], one[1], 200) for one in entries), status=status)
        assert in_one_line(out).endswith(last)

    @pytest.mark.usefixtures("without_key")
    def test_summary_of_a_copy_is_unchecked(self, run: Run) -> None:
        """No server has answered it, so that only its signature would tell."""
        out = in_one_line(run("replay", body_of(*ALLOWED, token_of())))
        assert out.startswith("? GET ")
        assert out.endswith(
            "? 1 request to the event bridge, 0 failed; signature not checked (set TWILIO_AUTH_TOKEN to "
            "check it)"
        )

    def test_summary_of_a_checked_copy(self, run: Run) -> None:
        out = in_one_line(run("replay", body_of(*ALLOWED, token_of())))
        assert out.startswith("✓ GET ")
        assert out.endswith("✓ 1 request to the event bridge, 0 failed")

    @pytest.mark.usefixtures("without_key")
    def test_summary_without_a_key(self, replay: Callable[..., str]) -> None:
        assert "✓ 1 request to" in replay(asks(*ALLOWED, 200))

    def test_summary_comes_after_the_reasons(self, replay: Callable[..., str]) -> None:
        lines = in_one_line(replay(entry_of(None, 403), status=1))
        says = (
            "✗ 1 refused request to the event bridge has no readable body. Copy the body in the network view"
        )
        assert says in lines


class TestJson:
    def test_json_of_a_permission(self, replay_json: Callable[..., Any]) -> None:
        told = replay_json(
            asks("GET", f"{WORKER_URL}/Reservations", 200, ReservationStatus="pending"),
            entry_of("x", url="https://example.org"),
        )
        (request,) = told.pop("requests")
        assert told == {"allowed": True, "reasons": [], "unused_rules": [], "skipped": 1}
        rule = request.pop("rule")
        assert rule["url"] == f"{WORKER_URL}/Reservations/**"
        reason = f"Policy rule 5 allows GET {WORKER_URL}/Reservations/**."
        assert request == {
            "method": "GET",
            "url": f"{WORKER_URL}/Reservations",
            "params": {"ReservationStatus": "pending"},
            "status": 200,
            "allowed": True,
            "kind": "allowed",
            "reason": reason,
            "reasons": [reason],
            "rule_index": 5,
            "missing_rule": None,
            "missing_channel_rules": [],
            "grants": [],
            "signature": "good",
            "expired": False,
            "differs": False,
        }

    def test_json_of_a_denial(self, replay_json: Callable[..., Any]) -> None:
        told = replay_json(asks("POST", TASK_URL, 0, **COMPLETED), status=1)
        assert told["allowed"] is False
        assert len(told["reasons"]) == 2
        (request,) = told["requests"]
        assert (request["status"], request["allowed"], request["rule"]) == (None, False, None)
        assert request["grants"] == ["TaskRouterWorkerCapability.allow_reservation_updates()"]
        assert request["missing_rule"] == {
            "url": TASK_URL.replace(TASK, "*"),
            "method": "POST",
            "allow": True,
            "query_filter": {},
            "post_filter": {"AssignmentStatus": {"required": True}},
        }

    def test_json_has_the_same_words_always(self, replay_json: Callable[..., Any]) -> None:
        read, unread = replay_json(asks(*DENIED, 403), entry_of(None, 403), status=1)["requests"]
        assert read.keys() == unread.keys()
        assert (unread["status"], unread["allowed"], unread["url"]) == (403, False, None)

    def test_json_has_every_request(self, replay_json: Callable[..., Any]) -> None:
        asked = [asks("GET", f"{WORKSPACE_URL}/X{number}", 403) for number in range(50)]
        told = replay_json(*asked, *asked, status=1)["requests"]
        assert [one["url"] for one in told] == [f"{WORKSPACE_URL}/X{number}" for number in range(50)] * 2

    @pytest.mark.usefixtures("without_rich")
    def test_json_needs_no_rich(self, replay_json: Callable[..., Any]) -> None:
        replay_json(asks(*ALLOWED, 200))

    @pytest.mark.parametrize("status", [200, 401, 403, 500, 0])
    def test_json_and_exit_status(self, status: int, replay_json: Callable[..., Any]) -> None:
        told = replay_json(asks(*ALLOWED, status), status=status != 200)
        assert told["allowed"] is (status == 200)
        assert bool(told["reasons"]) is (status != 200)


class TestSecrets:
    @pytest.mark.parametrize("options", [(), ("--json",)])
    def test_secrets_are_not_printed(self, options: tuple[str, ...], replay: Callable[..., str]) -> None:
        token = token_of()
        websocket = entry_of(None, 401, url=f"{CHANNEL_URL}?token={token}", method="GET")
        entries = [asks(*ALLOWED, 403, token), asks(*DENIED, 403, token), websocket]
        out = replay(*entries, status=1, options=options)
        assert not any(part in out for part in (*token.split("."), KEY))


class TestMisuse:
    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            ([], "give one file: replay FILE.har, or - for standard input"),
            (["a", "b"], "give one file: replay FILE.har, or - for standard input"),
            (["missing.har"], "there is no file 'missing.har'"),
        ],
    )
    def test_misuse_is_one_line_and_status_2(
        self, arguments: list[str], says: str, misuse: Callable[..., str]
    ) -> None:
        assert misuse("replay", *arguments) == says

    def test_misuse_of_an_odd_name(self, misuse: Callable[..., str]) -> None:
        assert "this is neither a HAR file" in misuse("replay", "\0")

    @pytest.mark.parametrize("text", ["", "{}", '{"log": {"entries": [{'])
    def test_misuse_of_another_file(self, text: str, misuse: Callable[..., str], tmp_path: Path) -> None:
        file = tmp_path / "page.har"
        file.write_text(text)
        assert "HAR file" in misuse("replay", str(file))

    def test_misuse_never_repeats_a_token(self, misuse: Callable[..., str]) -> None:
        token = token_of()
        err = misuse("replay", token)
        assert not any(part in err for part in token.split("."))

    @pytest.mark.usefixtures("without_rich")
    def test_misuse_without_rich(self, misuse: Callable[..., str], tmp_path: Path) -> None:
        file = tmp_path / "page.har"
        file.write_text(json.dumps(har_of()))
        assert 'pip install "twilio-task-router[cli]"' in misuse("replay", str(file))
