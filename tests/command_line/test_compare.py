from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from freezegun import freeze_time

from tests.command_line.samples import (
    ACCOUNT,
    CHANNEL_URL,
    DIGITS,
    KEY,
    WORKER,
    WORKER_URL,
    WORKSPACE,
    capability_of,
    token_of,
    with_claims,
)
from tests.judges import recorded, second_opinion
from twilio.task_router import TaskRouterCapability, TaskRouterWorkerCapability

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.command_line.conftest import Run

pytestmark = pytest.mark.usefixtures("_frozen")


@pytest.fixture
def _frozen() -> Any:
    with freeze_time(recorded.RECORDED):
        yield


NOTHING = "✗ a forged or malformed token permits nothing, whatever its rules say"
LACKS = "The token lacks GET and POST on its channel, through which everything goes."


def old() -> str:
    return token_of(TaskRouterCapability, "allow_worker_fetch_attributes", "allow_task_reservation_updates")


def new() -> str:
    return token_of(TaskRouterWorkerCapability, "allow_updates")


class TestCompare:
    def test_compare_the_same(self, run: Run) -> None:
        out = run("compare", old(), old())
        assert out.splitlines()[-1] == "✓ both permit the same"

    def test_order_of_rules_is_the_same(self, run: Run) -> None:
        capability = capability_of()
        capability.policies.reverse()
        assert "both permit the same" in run("compare", token_of(), capability.generate_token())

    def test_compare_new_and_gone(self, run: Run) -> None:
        out = run("compare", old(), new(), status=1)
        gained, lost = out.split("NEW also permits:\n")[1].split("NEW no longer permits:\n")
        assert f"  POST /Workers/WK{DIGITS}\n    by the rule POST /Workers/WK{DIGITS}\n" in gained
        assert "  GET /Tasks\n    by the rule GET /Tasks/**\n" in gained
        assert lost.startswith(
            "  POST /Tasks with form ReservationStatus=any\n    by the rule POST /Tasks/**\n"
        )
        assert out.splitlines()[-1] == "✗ not the same: 3 newly allowed, 1 no longer allowed"

    @pytest.mark.parametrize(
        ("of_old", "of_new", "last"),
        [
            ((), ("allow_delete",), "✗ not the same: 1 newly allowed, 0 no longer allowed"),
            (("allow_delete",), (), "✗ not the same: 0 newly allowed, 1 no longer allowed"),
        ],
    )
    def test_compare_more(
        self, of_old: tuple[str, ...], of_new: tuple[str, ...], last: str, run: Run
    ) -> None:
        tokens = [token_of(TaskRouterWorkerCapability, *grants) for grants in (of_old, of_new)]
        assert run("compare", *tokens, status=1).splitlines()[-1] == last
        assert json.loads(run("compare", *tokens, "--json", status=1))["same"] is False

    def test_second_opinion_confirms(self, run: Run) -> None:
        compared = json.loads(run("compare", old(), new(), "--json", status=1))
        rules = {
            name: recorded.claims_of(token, KEY)["policies"]
            for name, token in (("old", old()), ("new", new()))
        }
        assert len(compared["newly_allowed"]) == 3
        assert len(compared["no_longer_allowed"]) == 1
        for listed, by, not_by in (("newly_allowed", "new", "old"), ("no_longer_allowed", "old", "new")):
            for request in compared[listed]:
                asked = (
                    request["method"],
                    request["url"],
                    [tuple(pair) for pair in request["query"]],
                    [tuple(pair) for pair in request["form"]],
                )
                assert second_opinion.is_allowed(rules[by], *asked)
                assert not second_opinion.is_allowed(rules[not_by], *asked)
                assert request["rule"] in rules[by]

    def test_no_new_ignores_the_gone(self, run: Run) -> None:
        narrower = token_of(TaskRouterCapability)
        run("compare", old(), narrower, status=1)
        run("compare", old(), narrower, "--no-new", status=0)
        run("compare", narrower, old(), "--no-new", status=1)

    def test_compare_other_changes(self, run: Run) -> None:
        out = run("compare", token_of(ttl=60), with_claims(account_sid="AC1", iss="AC1"), status=0)
        assert "expires_at: 2015-04-25 22:14:20 UTC before, 2015-04-25 23:13:20 UTC now" in out
        assert f"account: AC{DIGITS} before, AC1 now" in out

    @pytest.mark.parametrize("claim", ["iat", "nbf"])
    def test_compare_lifetimes(self, claim: str, run: Run) -> None:
        begin = int(recorded.RECORDED.timestamp())
        tokens = [with_claims(**{claim: begin}, exp=begin + life) for life in (600, 3600)]
        out = run("compare", *tokens)
        assert "lifetime: 600 seconds before, 3600 seconds now" in out

    def test_compare_a_missing_claim(self, run: Run) -> None:
        begin = int(recorded.RECORDED.timestamp())
        out = run("compare", token_of(), with_claims(nbf=begin))
        assert "lifetime: none before, 3600 seconds now" in out

    def test_a_lifetime_may_be_absurd(self, run: Run) -> None:
        out = run("compare", with_claims(nbf=0, exp=1.6e9), with_claims(nbf=1.5, exp=10**400))
        assert "lifetime: 1600000000 seconds before, 253402300798 seconds now" in out

    def test_compare_an_odd_claim(self, run: Run) -> None:
        out = run("compare", token_of(), with_claims(workspace_sid=5), status=1)
        assert f"\nworkspace: {WORKSPACE} before, 5 now\n" in out

    def test_compare_changes_in_json(self, run: Run) -> None:
        begin = int(recorded.RECORDED.timestamp())
        sids = {"channel": "WK1", "worker_sid": "WK1", "workspace_sid": "WS1", "account_sid": "AC1"}
        url = CHANNEL_URL.replace(f"{ACCOUNT}/{WORKER}", "AC1/WK1")
        opens = [{"url": url, "method": method, "allow": True} for method in ("GET", "POST")]
        tokens = [
            with_claims(policies=opens),
            with_claims(**sids, iss="AC1", iat=begin, exp=begin + 600, policies=opens),
        ]
        compared = {
            "same": True,
            "newly_allowed": [],
            "no_longer_allowed": [],
            "changes": {
                "lifetime": [None, 600],
                "expires_at": ["2015-04-25T23:13:20Z", "2015-04-25T22:23:20Z"],
                "channel": [WORKER, "WK1"],
                "workspace": [WORKSPACE, "WS1"],
                "account": [ACCOUNT, "AC1"],
            },
            "old": {
                "good": False,
                "kind": "channel-denied",
                "reason": LACKS,
                "reasons": [LACKS],
                "signature": "good",
            },
            "new": {"good": True, "kind": "good", "reason": None, "reasons": [], "signature": "good"},
        }
        assert run("compare", *tokens, "--json") == f"{json.dumps(compared, indent=2)}\n"

    def test_an_expired_token_can_be_compared(self, run: Run) -> None:
        out = run("compare", token_of(ttl=-60), token_of())
        assert out.startswith("✗ OLD: not good: the token expired 1 minute ago\n✓ NEW: good; ")

    @pytest.mark.usefixtures("without_key")
    def test_signatures_not_checked(self, run: Run) -> None:
        assert run("compare", token_of(), token_of()).startswith("? OLD: signature not checked")

    def test_forged_permits_nothing(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        token = token_of()
        monkeypatch.setenv("TWILIO_AUTH_TOKEN", "another")
        out = run("compare", token, token, status=1)
        assert "signed with another auth token" in out
        assert "both permit the same" not in out

    def test_a_forged_token_is_the_same_as_none(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        token = token_of()
        monkeypatch.setenv("TWILIO_AUTH_TOKEN", KEY[::-1])
        assert json.loads(run("compare", token, token, "--json", status=1))["same"] is None

    @pytest.mark.parametrize("other", ["hello", "world"])
    def test_what_is_no_token_is_never_the_same(self, other: str, run: Run) -> None:
        out = run("compare", "hello", other, status=1)
        assert out.splitlines()[-1] == NOTHING
        assert "✓" not in out
        told = json.loads(run("compare", "hello", other, "--json", status=1))
        assert told["same"] is None
        assert told["old"]["kind"] == told["new"]["kind"] == "unreadable"

    @pytest.mark.parametrize("flags", [[], ["--no-new"]])
    def test_garbage_is_not_different(self, flags: list[str], run: Run) -> None:
        for tokens in (("garbage", token_of()), (token_of(), "garbage")):
            assert run("compare", *tokens, *flags, status=1).splitlines()[-1] == NOTHING

    def test_unreadable_rules(self, run: Run) -> None:
        out = run("compare", with_claims(policies=[{}]), token_of(), status=1)
        assert "NEW permits" not in out


class TestArguments:
    def test_file_or_standard_input(self, run: Run, tmp_path: Path) -> None:
        file = tmp_path / "token.txt"
        file.write_text(f"Bearer {token_of()}\n")
        assert "both permit the same" in run("compare", str(file), "-", stdin=token_of())

    def test_files_of_another_encoding(self, run: Run, tmp_path: Path) -> None:
        file = tmp_path / "token.txt"
        file.write_bytes(b"\xff\xfe")
        assert "OLD: not good: this is not a token" in run("compare", str(file), token_of(), status=1)

    @pytest.mark.parametrize("words", [[], ["a.b.c"], ["-", "-"], ["a.b.c", "a.b.c", "a.b.c"]])
    def test_arguments_must_be_two(self, words: list[str], misuse: Callable[..., str]) -> None:
        assert "give two tokens" in misuse("compare", *words)

    def test_not_tokens(self, run: Run) -> None:
        out = run("compare", "hello", token_of(), status=1)
        assert "this is not a token" in out
        assert out.splitlines()[-1] == NOTHING
        assert "permits" not in out.replace(NOTHING, "")
        assert "both permit the same" not in out

    @pytest.mark.usefixtures("without_rich")
    def test_rich_for_the_layout_only(self, run: Run, misuse: Callable[..., str]) -> None:
        assert 'pip install "twilio-task-router[cli]"' in misuse("compare", token_of(), token_of())
        assert json.loads(run("compare", token_of(), token_of(), "--json"))["same"]


class TestNotes:
    def test_notes_are_shown_with_what_to_do(self, run: Run) -> None:
        capability = capability_of()
        capability.allow(f"{WORKER_URL}?x=1", "GET")
        out = " ".join(run("inspect", capability.generate_token()).split())
        assert "Worth a second look ? Policy rule 6" in out
        assert "put query parameters into query_filter" in out

    def test_further_notes_are_counted(self, run: Run) -> None:
        capability = capability_of()
        capability.allow(f"{capability.workspace_url}/**", "POST")
        capability.allow(f"{WORKER_URL}?x=1", "GET")
        out = run("inspect", capability.generate_token(100_000))
        lines = out.partition("\nWorth a second look\n")[2].splitlines()
        assert lines[:6] == [
            "  ? The token is good for more than 24 hours, and only a new auth token ends it",
            "    early. Make tokens that last an hour at most, and replace them in the page",
            "    with updateToken() of its Worker.js object.",
            "  ? Policy rule 6, POST /**, is wide: for example, it allows POST the workspace.",
            "    Grant only what the page does: name the resources that it works with.",
            "    and 1 more: --json has them all",
        ]

    def test_notes_are_in_the_json(self, run: Run) -> None:
        inspected = json.loads(run("inspect", token_of(ttl=100_000), "--json"))
        assert [(note["kind"], note["rule_index"]) for note in inspected["notes"]] == [("long-lived", None)]

    def test_notes_of_a_usual_token_are_none(self, run: Run) -> None:
        assert "second look" not in run("inspect", token_of())

    @pytest.mark.parametrize(
        "claims",
        [
            {"policies": [{}]},
            {"exp": "soon"},
            {"exp": 1e300},
            {"workspace_sid": "x"},
            {"worker_sid": "WK/**"},
        ],
    )
    def test_notes_of_an_odd_token(self, claims: dict[str, Any], run: Run) -> None:
        status = 0 if claims.keys() & {"workspace_sid"} or claims == {"exp": 1e300} else 1
        assert WORKSPACE[:2] in run("inspect", with_claims(**claims), status=status)
