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
    entry_of,
    har_of,
    token_of,
    with_claims,
    with_header,
)
from tests.judges import recorded
from twilio.task_router import TaskRouterCapability, TaskRouterWorkerCapability
from twilio.task_router.tokens import sign

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Run

ALLOWED = ("GET", WORKER_URL)
DENIED = ("DELETE", WORKER_URL)


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


def in_one_line(text: str) -> str:
    return " ".join(text.split())


class TestToken:
    def test_of_another_auth_token_is_refused(
        self, replay: Callable[..., str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TWILIO_AUTH_TOKEN", KEY[::-1])
        out = in_one_line(replay(asks(*ALLOWED, 401), status=1))
        assert "The token is signed with another auth token than TWILIO_AUTH_TOKEN." in out
        assert out.endswith("✗ 1 request to the event bridge, 1 denied")

    @pytest.mark.parametrize("case", UNSIGNED)
    def test_that_nobody_signed_is_never_allowed(self, case: str, replay_json: Callable[..., Any]) -> None:
        told = replay_json(asks(*ALLOWED, 401, with_header(*UNSIGNED[case])), status=1)
        assert (told["requests"][0]["allowed"], told["requests"][0]["kind"]) == (False, "bad-signature")


class TestRequest:
    def test_is_shown_with_its_answer(self, replay: Callable[..., str]) -> None:
        assert replay(asks(*ALLOWED, 200)).startswith(f"✓ 1. GET /Workers/{WORKER} (answered 200)\n")

    def test_is_shown_with_its_parameters(self, replay: Callable[..., str]) -> None:
        out = replay(asks("GET", f"{WORKER_URL}/Reservations", 200, ReservationStatus="pending"))
        assert in_one_line(out).startswith(
            f"✓ 1. GET /Workers/{WORKER}/Reservations ReservationStatus=pending (answered 200) "
        )

    def test_that_is_refused_is_shown_with_reason_and_fix(self, replay: Callable[..., str]) -> None:
        lines = replay(asks("POST", TASK_URL, 403, AssignmentStatus="completed"), status=1).splitlines()
        assert "".join(lines[:2]).startswith(f"✗ 1. POST /Tasks/{TASK} AssignmentStatus=completed")
        text = in_one_line("\n".join(lines))
        assert f"No policy rule allows POST on /Tasks/{TASK}, only GET (rule 4)." in text
        assert "Grant it: TaskRouterWorkerCapability.allow_reservation_updates()" in text
        assert (
            '     capability.allow(f"{capability.workspace_url}/Tasks/*", "POST", '
            'post_filter={"AssignmentStatus": REQUIRED})'
        ) in lines

    def test_is_shown_with_all_there_is_to_say(self, replay: Callable[..., str]) -> None:
        out = replay(
            asks(
                "POST",
                TASK_URL,
                200,
                token_of(ttl=60),
                "2015-04-25T22:14:20Z",
                AssignmentStatus="completed",
                Reason="done",
            ),
            status=1,
        )
        assert out == (
            f"✗ 1. POST /Tasks/{TASK} AssignmentStatus=completed\n"
            "  Reason=done (answered 200)\n"
            "     The token had expired by then, which gives a 401.\n"
            f"     No policy rule allows POST on /Tasks/{TASK},\n"
            "     only GET (rule 4).\n"
            "     Grant it: TaskRouterWorkerCapability.allow_reservation_updates()\n"
            "     Or paste this rule:\n"
            '     capability.allow(f"{capability.workspace_url}/Tasks/*", "POST", '
            'post_filter={"AssignmentStatus": REQUIRED, "Reason": REQUIRED})\n'
            "     The server's answer and ours differ. The mistake may be ours: please report\n"
            "     it, with the rules that inspect shows.\n"
            "\n"
            "Rules that no request used. If the page needs nothing else, remove them:\n"
            f"  allow GET /Workers/{WORKER}\n"
            "  allow GET /Activities\n"
            "  allow GET /Tasks/**\n"
            f"  allow GET /Workers/{WORKER}/Reservations/**\n"
            "\n"
            "✗ 1 request to the event bridge, 1 denied\n"
        )

    def test_comes_in_order(self, replay: Callable[..., str]) -> None:
        out = replay(asks(*DENIED, 403), asks(*ALLOWED, 200), status=1)
        assert out.index("✗ 1. DELETE") < out.index("✓ 2. GET")

    def test_without_an_answer_is_shown(self, replay: Callable[..., str]) -> None:
        assert "(no answer)" in replay(asks(*ALLOWED, 0))

    def test_through_a_channel_that_the_token_does_not_allow_is_denied(
        self, replay: Callable[..., str]
    ) -> None:
        token = with_claims(policies=[rule for rule in capability_of().policies if rule["method"] != "POST"])
        out = in_one_line(replay(entry_of(body_of(*ALLOWED, token), 403), status=1))
        assert f'No grant does that, but paste this rule: capability.allow("{CHANNEL_URL}", "POST")' in out
        assert "The token lacks POST on its channel, through which everything goes." in out
        assert "/Workers/**" not in out

    def test_through_a_channel_with_a_query_is_allowed(self, replay: Callable[..., str]) -> None:
        replay(entry_of(body_of(*ALLOWED, token_of()), url=f"{CHANNEL_URL}?token=x"))

    @pytest.mark.parametrize("query", ["", "?to=/v1/wschannels/AC1/WK1"])
    def test_through_a_proxy_is_decided_alone(self, query: str, replay: Callable[..., str]) -> None:
        replay(entry_of(body_of(*ALLOWED, token_of()), url=f"https://example.org/bridge{query}"))

    def test_denied_by_a_rule_has_no_fix(self, replay: Callable[..., str]) -> None:
        capability = capability_of()
        capability.deny(WORKER_URL, "DELETE")
        out = replay(asks(*DENIED, 403, capability.generate_token()), status=1)
        assert "Rule 6 denies it: change or remove that rule." in out

    @pytest.mark.parametrize("method", ["PATCH", "dance"])
    def test_with_another_method_has_no_fix(self, method: str, replay: Callable[..., str]) -> None:
        out = replay(asks(method, WORKER_URL, 403), status=1)
        assert f"Rules are for GET, POST and DELETE, and {method.upper()} is none of them." in out

    def test_without_a_url_is_skipped(self, replay: Callable[..., str]) -> None:
        assert "1 other POST skipped" in replay(asks("GET", "", 403))

    @pytest.mark.parametrize(
        ("token", "says"),
        [
            ("hello", "This is not a token"),
            (sign({"grants": {"task_router": {}}}, KEY), "it belongs to TaskRouter JS SDK v2"),
        ],
    )
    def test_with_another_token_is_denied(self, token: str, says: str, replay: Callable[..., str]) -> None:
        assert says in in_one_line(replay(asks(*ALLOWED, 403, token), status=1))


class TestExpiry:
    EARLY, LATE = "2015-04-25T22:13:20.000Z", "2015-04-25T23:13:20.000Z"

    @pytest.mark.parametrize(("started", "expired"), [(EARLY, False), (LATE, True)])
    def test_is_that_at_the_time_of_the_request(
        self,
        started: str,
        expired: bool,  # noqa: FBT001
        replay: Callable[..., str],
    ) -> None:
        entry = asks(*ALLOWED, 401, started=started)
        with freeze_time("2026-01-01"):
            out = replay(entry, status=int(expired))
        assert ("The token had expired by then, which gives a 401." in out) is expired

    def test_is_that_of_today_if_there_is_no_time(self, replay_json: Callable[..., Any]) -> None:
        entry = asks(*ALLOWED, 401) | {"startedDateTime": None}
        assert replay_json(entry)["requests"][0]["expired"] is False
        with freeze_time("2026-01-01"):
            assert replay_json(entry, status=1)["requests"][0]["expired"] is True

    def test_is_a_refusal(self, replay_json: Callable[..., Any]) -> None:
        (told,) = replay_json(asks(*ALLOWED, 401, started=self.LATE), status=1)["requests"]
        assert (told["allowed"], told["kind"], told["rule_index"]) == (False, "expired", 2)


class TestDifference:
    """If the server's answer and ours differ, it says so: the mistake may be ours."""

    @pytest.mark.parametrize(
        ("asked", "answer"),
        [(ALLOWED, 403), (DENIED, 200), (DENIED, 204)],
    )
    def test_is_told(self, asked: tuple[str, str], answer: int, replay: Callable[..., str]) -> None:
        out = in_one_line(replay(asks(*asked, answer), status=asked is DENIED))
        assert "The server's answer and ours differ. The mistake may be ours" in out

    def test_is_marked_in_yellow(self, replay: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("TERM", "xterm-256color")
        assert "\x1b[33m     The server's answer and ours differ." in replay(asks(*ALLOWED, 403))

    @pytest.mark.parametrize(
        ("asked", "answer"),
        [
            *((ALLOWED, answer) for answer in (200, 401, 404, 500, 0)),
            *((DENIED, answer) for answer in (403, 401, 404, 500, 0)),
        ],
    )
    def test_is_none(self, asked: tuple[str, str], answer: int, replay: Callable[..., str]) -> None:
        assert "differ" not in replay(asks(*asked, answer), status=asked is DENIED)


class TestUnusedRules:
    def test_are_told(self, replay: Callable[..., str]) -> None:
        out = replay(asks(*ALLOWED, 200), asks("GET", TASK_URL, 200))
        lines = out.partition("Rules that no request used.")[2].splitlines()[1:3]
        assert lines == [
            "  allow GET /Activities",
            f"  allow GET /Workers/{WORKER}/Reservations/**",
        ]

    def test_are_not_told_if_there_are_none(self, replay: Callable[..., str]) -> None:
        activities = TASK_URL.replace(f"Tasks/{TASK}", "Activities")
        entry = asks("GET", activities, 200, token_of(TaskRouterCapability))
        assert "Rules that no request used" not in replay(entry)

    def test_are_never_those_of_the_channel(self, replay_json: Callable[..., Any]) -> None:
        unused = replay_json(asks(*ALLOWED, 200))["unused_rules"]
        assert CHANNEL_URL not in {rule["url"] for rule in unused}

    def test_are_whole_rules_in_json(self, replay_json: Callable[..., Any]) -> None:
        assert replay_json(asks(*ALLOWED, 200))["unused_rules"] == capability_of().policies[3:]

    def test_of_several_tokens_are_told_once(self, replay_json: Callable[..., Any]) -> None:
        more = token_of(TaskRouterWorkerCapability, "allow_delete")
        unused = replay_json(asks(*ALLOWED, 200), asks(*ALLOWED, 200, more))["unused_rules"]
        granted = capability_of(TaskRouterWorkerCapability, "allow_delete").policies
        assert unused == granted[3:]

    def test_that_deny_count_as_used_if_they_denied(self, replay: Callable[..., str]) -> None:
        capability = capability_of()
        capability.deny(WORKER_URL, "DELETE")
        token = capability.generate_token()
        assert "  deny DELETE" in replay(asks(*ALLOWED, 200, token))
        assert "  deny DELETE" not in replay(asks(*DENIED, 403, token), status=1)

    def test_of_what_is_no_token_are_none(self, replay_json: Callable[..., Any]) -> None:
        assert replay_json(asks(*ALLOWED, 403, "hello"), status=1)["unused_rules"] == []


class TestSummary:
    @pytest.mark.parametrize(
        ("entries", "status", "last"),
        [
            ([], 0, "✓ 0 requests to the event bridge, 0 denied"),
            ([ALLOWED], 0, "✓ 1 request to the event bridge, 0 denied"),
            ([ALLOWED, DENIED], 1, "✗ 2 requests to the event bridge, 1 denied"),
            ([None], 0, "✓ 0 requests to the event bridge, 0 denied; 1 other POST skipped"),
            (
                [None, ALLOWED, None],
                0,
                "✓ 1 request to the event bridge, 0 denied; 2 other POSTs skipped",
            ),
        ],
    )
    def test_comes_last(self, entries: list[Any], status: int, last: str, replay: Callable[..., str]) -> None:
        recorded_entries = [entry_of("x") if one is None else asks(one[0], one[1], 200) for one in entries]
        assert in_one_line(replay(*recorded_entries, status=status)).endswith(last)


class TestJson:
    def test_of_a_permission(self, replay_json: Callable[..., Any]) -> None:
        told = replay_json(
            asks("GET", f"{WORKER_URL}/Reservations", 200, ReservationStatus="pending"), entry_of("x")
        )
        assert set(told) == {"requests", "unused_rules", "skipped"}
        assert told["skipped"] == 1
        assert told["requests"] == [
            {
                "method": "GET",
                "url": f"{WORKER_URL}/Reservations",
                "params": {"ReservationStatus": "pending"},
                "status": 200,
                "allowed": True,
                "kind": "allowed",
                "reason": f"Policy rule 5 allows GET {WORKER_URL}/Reservations/**.",
                "reasons": [f"Policy rule 5 allows GET {WORKER_URL}/Reservations/**."],
                "rule_index": 5,
                "rule": capability_of().policies[5],
                "missing_rule": None,
                "missing_channel_rules": [],
                "grants": [],
                "expired": False,
            }
        ]

    def test_of_a_denial(self, replay_json: Callable[..., Any]) -> None:
        (told,) = replay_json(asks("POST", TASK_URL, 0, AssignmentStatus="completed"), status=1)["requests"]
        assert told.pop("reason").startswith(f"No policy rule allows POST on {TASK_URL}")
        assert len(told.pop("reasons")) == 1
        assert told == {
            "method": "POST",
            "url": TASK_URL,
            "params": {"AssignmentStatus": "completed"},
            "status": None,
            "allowed": False,
            "kind": "wrong-method",
            "rule_index": None,
            "rule": None,
            "missing_channel_rules": [],
            "grants": ["TaskRouterWorkerCapability.allow_reservation_updates()"],
            "missing_rule": {
                "url": TASK_URL.replace(TASK, "*"),
                "method": "POST",
                "allow": True,
                "query_filter": {},
                "post_filter": {"AssignmentStatus": {"required": True}},
            },
            "expired": False,
        }

    def test_is_indented(self, replay: Callable[..., str]) -> None:
        nothing = '{\n  "requests": [],\n  "unused_rules": [],\n  "skipped": 0\n}\n'
        assert replay(options=("--json",)) == nothing

    @pytest.mark.usefixtures("without_rich")
    def test_needs_no_rich(self, replay_json: Callable[..., Any]) -> None:
        replay_json(asks(*ALLOWED, 200))


class TestSecrets:
    @pytest.mark.parametrize("options", [(), ("--json",)])
    def test_are_not_printed(self, options: tuple[str, ...], replay: Callable[..., str]) -> None:
        token = token_of()
        out = replay(asks(*ALLOWED, 403, token), asks(*DENIED, 403, token), status=1, options=options)
        assert not any(part in out for part in (*token.split("."), KEY))


class TestMisuse:
    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            ([], "give one file: replay FILE.har"),
            (["a", "b"], "give one file: replay FILE.har"),
            (["missing.har"], "there is no file 'missing.har'"),
        ],
    )
    def test_is_one_line_and_status_2(
        self, arguments: list[str], says: str, misuse: Callable[..., str]
    ) -> None:
        assert misuse("replay", *arguments) == says

    def test_is_a_name_that_no_file_can_have(self, misuse: Callable[..., str]) -> None:
        assert "this is neither a HAR file" in misuse("replay", "\0")

    @pytest.mark.parametrize("text", ["", "{}", '{"log": {"entries": [{'])
    def test_is_a_file_of_another_kind(self, text: str, misuse: Callable[..., str], tmp_path: Path) -> None:
        file = tmp_path / "page.har"
        file.write_text(text)
        assert "HAR file" in misuse("replay", str(file))

    def test_never_repeats_a_token(self, misuse: Callable[..., str]) -> None:
        token = token_of()
        err = misuse("replay", token)
        assert not any(part in err for part in token.split("."))

    @pytest.mark.usefixtures("without_rich")
    def test_without_rich_one_line_says_how_to_get_it(
        self, misuse: Callable[..., str], tmp_path: Path
    ) -> None:
        file = tmp_path / "page.har"
        file.write_text(json.dumps(har_of()))
        assert 'pip install "twilio-task-router[cli]"' in misuse("replay", str(file))
