from __future__ import annotations

import dataclasses
import json
import sys
import warnings
from datetime import timedelta
from itertools import combinations_with_replacement
from typing import Any

import jwt
import pytest
from freezegun import freeze_time

from tests.access.samples import WORKER, WORKSPACE, rule
from twilio.task_router import (
    AccessPolicy,
    Capability,
    ComparisonTooHardError,
    Note,
    PolicyRule,
    TaskRouterCapability,
    TaskRouterTaskQueueCapability,
    TaskRouterWorkerCapability,
    TaskRouterWorkspaceCapability,
    VerifiedToken,
    verify_token,
)
from twilio.task_router.access import notes
from twilio.task_router.access.parameters import Steps
from twilio.task_router.access.rule_index import RuleIndex

KINDS: dict[type[Capability], tuple[str, ...]] = {
    TaskRouterCapability: ("AC1", "secret", "WS1", "WK1"),
    TaskRouterWorkerCapability: ("AC1", "secret", "WS1", "WK1"),
    TaskRouterTaskQueueCapability: ("AC1", "secret", "WS1", "WQ1"),
    TaskRouterWorkspaceCapability: ("AC1", "secret", "WS1"),
}


def notes_on(
    *rules: dict[str, Any], worker_sid: str | None = "WK1", lifetime: timedelta | None = None
) -> list[Note]:
    """The notes on rules, and on a lifetime."""
    policy = AccessPolicy(rules).index
    return [*notes.long_lived(lifetime), *notes.notes_on_rules(policy, "WS1", worker_sid)]


def kinds_of(found: list[Note]) -> list[tuple[str, int | None]]:
    return [(note.kind, note.rule_index) for note in found]


def grants_of(kind: type[Capability]) -> list[str]:
    return [name for name in sorted(dir(kind)) if name.startswith("allow_")]


def verified(kind: type[Capability], grants: tuple[str, ...] = ()) -> VerifiedToken:
    capability = kind(*KINDS[kind])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        for grant in grants:
            getattr(capability, grant)()
    return verify_token(capability.generate_token(), "secret")


PAIRS = [
    (kind, pair) for kind in KINDS for pair in combinations_with_replacement((None, *grants_of(kind)), 2)
]


class TestOurOwnClasses:
    @pytest.mark.parametrize(
        ("kind", "pair"), PAIRS, ids=lambda value: getattr(value, "__name__", str(value))
    )
    def test_our_classes_and_grants(
        self, kind: type[Capability], pair: tuple[str | None, str | None]
    ) -> None:
        """Two exceptions get a note: wide grants, and rules that another rule covers."""
        grants = tuple(grant for grant in pair if grant is not None)
        token = verified(kind, grants)
        wide_grants = {"allow_updates_subresources", "allow_delete_subresources"} & set(grants)
        rules = token.access_policy.rules
        for note in token.notes():
            assert note.rule_index is not None
            policy_rule = rules[note.rule_index]
            if note.kind == "wide":
                assert kind is TaskRouterWorkspaceCapability
                assert policy_rule["url"] == f"{WORKSPACE}/**"
            else:
                assert note.kind == "redundant"
                others = [other for place, other in enumerate(rules) if place != note.rule_index]
                assert any(is_wider_or_the_same(other, policy_rule) for other in others)
        wide = {note.rule_index for note in token.notes() if note.kind == "wide"}
        assert bool(wide) == bool(kind is TaskRouterWorkspaceCapability and wide_grants)

    @pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
    def test_our_classes_from_the_start(self, kind: type[Capability]) -> None:
        assert verified(kind).notes() == []

    def test_first_rules_are_needed(self) -> None:
        assert verified(TaskRouterWorkerCapability, ("allow_fetch_subresources",)).notes() == []

    def test_rules_are_needed_once(self) -> None:
        token = verified(TaskRouterWorkerCapability, ("allow_updates", "allow_updates"))
        assert kinds_of(token.notes()) == [("redundant", 6), ("redundant", 7)]

    def test_denials_are_not_redundant(self) -> None:
        """Without them, check would offer rules that allow what they deny."""
        assert not notes_on(rule(f"{WORKSPACE}/Tasks/**", "DELETE", allow=False))

    def test_usual_grants_get_no_note(self) -> None:
        token = verified(TaskRouterWorkerCapability, ("allow_activity_updates", "allow_reservation_updates"))
        assert not token.notes()


def is_wider_or_the_same(rule: PolicyRule, other: PolicyRule) -> bool:
    """Whether one rule of our classes covers all that another one does."""
    below = rule["url"].removesuffix("/**")
    return bool(
        rule["method"] == other["method"]
        and rule["post_filter"] in ({}, other["post_filter"])
        and (rule["url"] == other["url"] or (rule["url"] != below and other["url"].startswith(below)))
    )


class TestWide:
    @pytest.mark.parametrize("method", ["POST", "DELETE"])
    @pytest.mark.parametrize(
        "url",
        [
            WORKSPACE,
            f"{WORKSPACE}/*",
            f"{WORKSPACE}/**",
            f"{WORKSPACE}/Workers",
            f"{WORKSPACE}/Workers/*",
            f"{WORKSPACE}/Workers/**",
            f"{WORKSPACE}/Workers/WK2",
            f"{WORKSPACE}/Workers/WK2/**",
            f"{WORKSPACE}/Workers/WK11",
            "https://taskrouter.twilio.com/v1/**",
            "https://taskrouter.twilio.com/v1/Workspaces/*",
        ],
    )
    def test_wide_for_a_worker(self, method: str, url: str) -> None:
        assert kinds_of(notes_on(rule(WORKSPACE), rule(url, method))) == [("wide", 1)]

    @pytest.mark.parametrize(
        "url",
        [
            WORKER,
            f"{WORKER}/**",
            f"{WORKER}/Channels/*",
            f"{WORKSPACE}/Tasks/**",
            f"{WORKSPACE}/Tasks/WT1",
            f"{WORKSPACE}/Activities/*",
            "https://taskrouter.twilio.com/v1/Workspaces/WS11/**",
        ],
    )
    def test_narrow_for_a_worker(self, url: str) -> None:
        assert notes_on(rule(url, "POST"), rule(url, "DELETE")) == []

    def test_fetching_is_not_wide(self) -> None:
        assert notes_on(rule(f"{WORKSPACE}/**")) == []

    def test_denying_is_not_wide(self) -> None:
        assert "wide" not in dict(kinds_of(notes_on(rule(f"{WORKSPACE}/**", "POST", allow=False))))

    def test_wide_by_the_whole_policy(self) -> None:
        allowed = rule(f"{WORKSPACE}/Workers/**", "POST")
        denied = rule(f"{WORKSPACE}/Workers/**", "POST", allow=False, post_filter={"A": {"required": False}})
        assert kinds_of(notes_on(allowed, denied)) == [("wide", 0)]
        allowed["post_filter"] = {"A": {"required": True}}
        assert "wide" not in dict(kinds_of(notes_on(allowed, denied)))

    def test_wide_with_a_filter(self) -> None:
        (note,) = notes_on(rule(f"{WORKSPACE}/**", "POST", post_filter={"A": "x"}))
        assert f"is wide: for example, it allows POST {WORKSPACE} with form A=x." in note.reason

    def test_wide_for_a_workspace(self) -> None:
        rules = [
            rule(WORKSPACE, "POST"),
            rule(f"{WORKSPACE}/Workers/**", "POST"),
            rule(f"{WORKSPACE}/**", "DELETE"),
        ]
        assert kinds_of(notes_on(*rules, worker_sid=None)) == [("wide", 2)]

    def test_wide_for_another_worker(self) -> None:
        capability = TaskRouterWorkerCapability("AC1", "secret", "WS1", "WK1")
        capability.allow(f"{WORKSPACE}/Workers/WK2", "POST")
        place = len(capability.policies) - 1
        token = verify_token(capability.generate_token(), "secret")
        assert kinds_of(token.notes()) == [("wide", place)]

    def test_wide_in_another_region(self) -> None:
        url = "https://taskrouter.ie1.twilio.com/v1/Workspaces/WS1/**"
        assert kinds_of(notes_on(rule(url, "POST"))) == [("wide", 0)]

    @pytest.mark.parametrize("sid", ["", "?", "WS1/**", "x"])
    def test_odd_workspace_is_not_wide(self, sid: str) -> None:
        capability = TaskRouterWorkerCapability("AC1", "secret", "WS1", "WK1")
        claims = jwt.decode(capability.generate_token(), "secret", algorithms=["HS256"])
        token = jwt.encode(claims | {"workspace_sid": sid}, "secret", "HS256")
        assert verify_token(token, "secret").notes() == []

    def test_wide_two_segments_below(self) -> None:
        rules = [rule(f"{WORKSPACE}/**", "POST"), rule(f"{WORKSPACE}/*", "POST", allow=False)]
        (note,) = notes_on(*rules, worker_sid=None)
        assert note.kind == "wide"
        assert f"is wide: for example, it allows POST {WORKSPACE}/any/any." in note.reason

    def test_wide_on_each_host(self) -> None:
        bases = ["https://a/v1", "https://b/v1/c", "https://c"]
        rules = [rule(f"{base}/Workspaces/WS1/Workers/*", "POST") for base in bases]
        others = [rule(f"{base}/Workspaces/WS10/Workers/*", "POST") for base in bases]
        assert kinds_of(notes_on(*rules, *others)) == [("wide", 0), ("wide", 1), ("wide", 2)]


class TestEffort:
    """How much work it is, in calls rather than in seconds."""

    def calls(self, rules: list[dict[str, Any]]) -> int:
        index = AccessPolicy(rules).index
        calls = 0

        def count(_frame: object, event: str, _arg: object) -> None:
            nonlocal calls
            calls += event == "call"

        before = sys.getprofile()
        sys.setprofile(count)
        try:
            notes.notes_on_rules(index, "WS1", "WK1")
        finally:
            sys.setprofile(before)
        return calls

    def test_effort_is_linear(self) -> None:
        few, many = (
            [rule(f"https://h{n}/v1/Workspaces/WS1/Tasks/*", "POST") for n in range(count)]
            for count in (100, 200)
        )
        assert self.calls(many) < 2.3 * self.calls(few)

    def test_steps_are_shared(self, monkeypatch: pytest.MonkeyPatch) -> None:
        policy = AccessPolicy([rule(f"{WORKSPACE}/Tasks/WT{n}", "POST") for n in range(100)])
        monkeypatch.setattr(Steps.__init__, "__defaults__", (8_000,))
        policy.redundant()
        with pytest.raises(ComparisonTooHardError):
            notes.notes_on_rules(policy.index, "WS1", "WK1")

    def test_rules_are_sorted_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sizes: list[int] = []
        make = RuleIndex.__init__

        def counted(self: RuleIndex, rules: Any) -> None:
            sizes.append(len(rules))
            make(self, rules)

        monkeypatch.setattr(RuleIndex, "__init__", counted)
        policy = AccessPolicy([rule(WORKER), rule(f"{WORKSPACE}/**", "POST")])
        policy.beyond(AccessPolicy([]))
        policy.redundant()
        notes.notes_on_rules(policy.index, "WS1", "WK1")
        assert [size for size in sizes if size] == [2]


class TestLongLived:
    def token(self, seconds: int, **attributes: Any) -> VerifiedToken:
        capability = TaskRouterWorkerCapability("AC1", "secret", "WS1", "WK1")
        return verify_token(capability.generate_token(seconds, attributes=attributes), "secret")

    @freeze_time("2030-01-01 12:00:00")
    def test_long_life_of_24_hours(self) -> None:
        assert self.token(86_400).notes() == []
        assert kinds_of(self.token(86_401).notes()) == [("long-lived", None)]

    @pytest.mark.parametrize(
        "attributes", [{"iat": 1_893_499_200, "nbf": 1_893_502_800}, {"nbf": 1_893_499_200}]
    )
    def test_long_life_from_iat_or_nbf(self, attributes: dict[str, int]) -> None:
        with freeze_time("2030-01-01 12:00:00") as clock:
            made = TaskRouterWorkerCapability("AC1", "secret", "WS1", "WK1").generate_token(
                86_401, attributes=attributes
            )
            clock.tick(3_600)
            assert kinds_of(verify_token(made, "secret").notes()) == [("long-lived", None)]


class TestNeverMatches:
    @pytest.mark.parametrize("place", ["Workers/null/Reservations/*", "Workers/**/Reservations/*"])
    def test_dead_rule_is_not_wide(self, place: str) -> None:
        assert kinds_of(notes_on(rule(f"{WORKSPACE}/{place}", "POST"))) == [("never-matches", 0)]

    @pytest.mark.parametrize(
        ("never", "because"),
        [
            (rule("/Workers/WK1"), "its URL has no scheme or no host"),
            (rule("/**?"), "its URL has no scheme or no host"),
            (rule(f"{WORKER}?A=x"), "its URL has a query or a fragment"),
            (rule(f"{WORKER}#a/**", "POST"), "its URL has a query or a fragment"),
            (rule(WORKER, post_filter={"A": {}, "B": {"required": True}}), "it requires form parameters"),
            (rule(WORKER, post_filter={"A": "x"}), "it requires form parameters"),
        ],
    )
    def test_dead_rule_for_no_request(self, never: dict[str, Any], because: str) -> None:
        (note,) = notes_on(never)
        assert note.kind == "never-matches"
        assert because in note.reason

    @pytest.mark.parametrize(
        "possible",
        [
            rule(WORKER, post_filter={"A": {"required": False}}),
            rule(WORKER, query_filter={"A": {"required": True}}),
            rule(WORKER, "POST", post_filter={"A": "x"}),
        ],
    )
    def test_live_rule_for_a_request(self, possible: dict[str, Any]) -> None:
        assert notes_on(possible) == []


NOT_WHOLE = "its URL has no scheme or no host, and the URL of every request has both."
ITS_URL = "its URL has a query or a fragment, which are cut off a request's URL."
ITS_FORM = "it requires form parameters, and a GET has none."


class TestNotes:
    def test_order_of_notes(self) -> None:
        rules = [rule(WORKER), rule(f"{WORKSPACE}/**", "POST"), rule(WORKER), rule(f"{WORKER}?A=x")]
        assert kinds_of(notes_on(*rules, lifetime=timedelta(days=2))) == [
            ("long-lived", None),
            ("redundant", 0),
            ("wide", 1),
            ("redundant", 2),
            ("never-matches", 3),
        ]

    @pytest.mark.parametrize(
        ("rules", "place", "reason", "advice"),
        [
            (
                [rule(WORKER), rule(f"{WORKSPACE}/**", "DELETE")],
                1,
                f"Policy rule 1, DELETE {WORKSPACE}/**, is wide: for example, it allows DELETE {WORKSPACE}.",
                "Grant only what the page does: name the resources that it works with.",
            ),
            (
                [rule(WORKER), rule(f"{WORKER}?A=x")],
                1,
                f"Policy rule 1, GET {WORKER}?A=x, can never match: {ITS_URL}",
                "End the URL with its path, and put query parameters into query_filter.",
            ),
            (
                [rule(WORKER), rule("/Tasks/**")],
                1,
                f"Policy rule 1, GET /Tasks/**, can never match: {NOT_WHOLE}",
                "Write the whole URL: begin it as https://taskrouter.twilio.com does.",
            ),
            (
                [rule(WORKSPACE), rule(WORKER, post_filter={"A": "x"})],
                1,
                f"Policy rule 1, GET {WORKER}, can never match: {ITS_FORM}",
                "Put the parameters into query_filter.",
            ),
            (
                [rule(f"{WORKER}/**"), rule(WORKER)],
                1,
                f"Policy rule 1, GET {WORKER}, is redundant: the other rules permit the same.",
                "Remove it. If there are several of these, remove one and look again.",
            ),
        ],
        ids=[
            "wide",
            "never-matches its URL",
            "never-matches a part of a URL",
            "never-matches form parameters",
            "redundant",
        ],
    )
    def test_reason_and_advice(
        self, rules: list[dict[str, Any]], place: int, reason: str, advice: str
    ) -> None:
        (note,) = notes_on(*rules)
        assert (note.rule_index, note.reason, note.advice) == (place, reason, advice)
        assert str(note) == f"{reason} {advice}"

    def test_advice_on_a_long_life(self) -> None:
        (note,) = notes_on(lifetime=timedelta(days=2))
        assert note.reason == (
            "The token is good for more than 24 hours, and only a new auth token ends it early."
        )
        assert note.advice == (
            "Make tokens that last an hour at most, and replace them in the page with updateToken() of its "
            "Worker.js object."
        )

    def test_notes_are_plain_values(self) -> None:
        (note,) = notes_on(rule(f"{WORKSPACE}/**", "DELETE"))
        assert Note(**json.loads(json.dumps(dataclasses.asdict(note)))) == note
