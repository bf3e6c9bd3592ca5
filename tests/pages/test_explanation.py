from __future__ import annotations

import enum
from random import Random
from typing import Any

import pytest

from tests.example import CHANNEL_URL, WORKER_URL, WORKSPACE_URL
from tests.judges import second_opinion, worker_js
from tests.pages.samples import TASKS, allowed_under, made, rule, told, with_rules
from twilio.task_router import (
    REQUIRED,
    Capability,
    ComparisonTooHardError,
    Explanation,
    TaskRouterCapability,
    TaskRouterTaskQueueCapability,
    TaskRouterWorkerCapability,
    TaskRouterWorkspaceCapability,
    explain,
)
from twilio.task_router.access.parameters import Steps
from twilio.task_router.pages.call import post
from twilio.task_router.pages.open_request import ANY, OpenPolicy

GRANTS_OF_3_7_0 = (
    "allow_worker_fetch_attributes",
    "allow_worker_activity_updates",
    "allow_task_reservation_updates",
)
CHANNEL = [{"url": CHANNEL_URL, "method": method, "allow": True} for method in ("GET", "POST")]


class TestAsSeenInChromium:
    """Observations of Worker.js 1.1.1 and 1.21 against a server that enforces policies."""

    def test_first_rules_of_3_7_0(self) -> None:
        assert allowed_under(TaskRouterCapability) == {
            "connect",
            "worker.fetchActivityList",
            "worker.activities.fetch",
            "worker.activities.fetch: next",
        }

    @pytest.mark.parametrize(
        ("grant", "calls"),
        [
            ("allow_worker_fetch_attributes", {"ready", "worker.fetch", "reservation.worker.fetch"}),
            (
                "allow_worker_activity_updates",
                {'worker.update("ActivitySid", ...)', "worker.updateActivity"},
            ),
            ("allow_task_reservation_updates", {"reservation.accept", "reservation.reject"}),
        ],
    )
    def test_calls_of_each_old_grant(self, grant: str, calls: set[str]) -> None:
        before = allowed_under(TaskRouterCapability)
        assert allowed_under(TaskRouterCapability, grant) - before == calls

    def test_old_grants_no_callback(self) -> None:
        allowed = allowed_under(TaskRouterCapability, *GRANTS_OF_3_7_0)
        assert not allowed & {"reservation.created", "worker.completeTask"}
        assert not [call for call in allowed if call.endswith(": callback")]


class TestSource:
    @pytest.mark.parametrize(
        ("elsewhere", "call"),
        [
            ({"base_url": "http://t:1"}, "ready"),
            ({"version": "v2"}, "ready"),
            ({"base_ws_url": "http://t:1"}, "connect"),
        ],
    )
    def test_page_on_another_host(self, elsewhere: Any, call: str) -> None:
        assert not explain(made(TaskRouterWorkerCapability), **elsewhere)[call]

    @pytest.mark.parametrize("bad", [None, [], "eyJ", made(TaskRouterCapability).access_policy()], ids=ascii)
    def test_source_of_another_type(self, bad: Any) -> None:
        with pytest.raises(TypeError, match=r"^source must be a Capability or a VerifiedToken, not "):
            explain(bad)

    @pytest.mark.parametrize("name", ["base_url", "version", "base_ws_url"])
    def test_malformed_base_url(self, name: str) -> None:
        with pytest.raises(ValueError, match=f"^{name} must be "):
            explain(made(TaskRouterCapability), **{name: "/"})
        wrong: dict[str, Any] = {name: 5}
        with pytest.raises(TypeError, match=f"^{name} must be a str"):
            explain(made(TaskRouterCapability), **wrong)


class TestChannel:
    @pytest.mark.parametrize("kind", [TaskRouterWorkerCapability, TaskRouterWorkspaceCapability])
    def test_channel_is_the_reason(self, kind: type[Capability]) -> None:
        capability = made(kind)
        url = capability.channel_url
        del capability.policies[:2]
        explained = explain(capability)
        assert not any(explained.values())
        reason = (
            f"The token lacks GET and POST on its channel, {url}, through which everything goes. "
            "Add rules that allow GET and POST."
        )
        assert {explanation.reason for explanation in explained.values()} == {reason}

    @pytest.mark.parametrize(("missing", "method", "connects"), [(0, "GET", False), (1, "POST", True)])
    def test_channel_needs_both_methods(self, missing: int, method: str, connects: Any) -> None:
        capability = made(TaskRouterWorkerCapability)
        del capability.policies[missing]
        explained = explain(capability)
        assert bool(explained.pop("connect")) is connects  # the websocket itself is a GET
        assert not any(explained.values())
        assert {one.reason.partition(",")[0] for one in explained.values()} == {
            f"The token lacks {method} on its channel"
        }

    def test_no_grant_for_the_channel(self) -> None:
        capability = made(TaskRouterCapability)
        del capability.policies[0]
        assert not any(explanation.grants for explanation in explain(capability).values())

    def test_denied_channel(self) -> None:
        capability = made(TaskRouterWorkerCapability)
        capability.policies[1]["allow"] = False
        reason = explain(capability)["ready"].reason
        assert reason == (
            f"The token lacks POST on its channel, {CHANNEL_URL}, through which everything goes; policy rule "
            "1 denies POST. Change or remove policy rule 1."
        )


class TestOptions:
    @pytest.mark.parametrize("call", ["worker.completeTask", "task.complete"])
    def test_refused_option(self, call: str) -> None:
        wanted = {"AssignmentStatus": "completed"}
        explanation = told(call, rule(f"{TASKS}/*", "POST", post_filter=wanted))
        assert explanation
        assert explanation.reason == (
            f"Policy rule 2 allows POST {TASKS}/*. With the optional parameter 'Reason' it would be refused."
        )

    def test_refused_options(self) -> None:
        wanted: Any = {"Instruction": "call", "CallFrom": REQUIRED, "CallUrl": REQUIRED, "CallAccept": {}}
        explanation = told("reservation.call", rule(f"{TASKS}/**", "POST", post_filter=wanted))
        assert explanation
        assert explanation.reason.endswith(
            "'CallStatusCallbackUrl' or 'CallRecord' or 'CallTo' it would be refused."
        )

    def test_options_refused_together(self) -> None:
        both = {"AssignmentStatus": "completed", "Reason": {"required": False, "value": "x"}}
        rules = [rule(f"{TASKS}/*", "POST"), rule(f"{TASKS}/*", "POST", allow=False, post_filter=both)]
        assert not told("task.complete", *rules)  # without a reason, the denial matches too
        rules[1]["post_filter"] = both | {"Reason": "x"}
        assert told("task.complete", *rules).reason.endswith("'Reason' it would be refused.")

    def test_option_of_any_name(self) -> None:
        reservations = rule(f"{WORKER_URL}/Reservations", query_filter={"ReservationStatus": {}})
        explanation = told("worker.fetchReservations", reservations, rule(f"{TASKS}/*"))
        assert explanation
        assert explanation.reason.endswith(" With a parameter of the page's own it would be refused.")

    def test_allowed_option(self) -> None:
        assert told("task.complete", rule(f"{TASKS}/*", "POST")).reason.endswith("/Tasks/*.")

    def test_option_that_a_rule_requires(self) -> None:
        wanted = {"AssignmentStatus": "completed", "Reason": REQUIRED}
        assert not told("task.complete", rule(f"{TASKS}/*", "POST", post_filter=wanted))


class TestExplanation:
    def test_decision_of_each_request(self) -> None:
        explanation = told("reservation.created", rule(f"{TASKS}/*"))
        assert [bool(decision) for decision in explanation.decisions] == [True, True, True, False]
        assert explanation.reason.startswith(explanation.decisions[3].reason)

    def test_explanation_has_its_call(self) -> None:
        explained = explain(made(TaskRouterWorkspaceCapability))
        assert [explanation.call for explanation in explained.values()] == list(explained)

    def test_explanation_hashes(self) -> None:
        explanation = explain(made(TaskRouterCapability))["ready"]
        assert {explanation, explain(made(TaskRouterCapability))["ready"]} == {explanation}

    def test_explanation_by_keyword(self) -> None:
        with pytest.raises(TypeError):
            Explanation("ready", (), "", ())  # type: ignore[call-arg]

    def test_sid_of_an_enum(self) -> None:
        class Sid(str, enum.Enum):
            WORKER = "WK789"

        assert explain(TaskRouterWorkerCapability("AC123", "secret", "WS456", Sid.WORKER))["ready"]


@pytest.mark.parametrize("page", ["worker", "workspace", "task_queue"])
def test_random_rules(page: str) -> None:
    """Allowed calls are so for the recorded requests. Rules without filters cannot tell choices apart."""
    random = Random(20)  # noqa: S311 - to be repeated, not to be secret
    kind = {
        "worker": TaskRouterWorkerCapability,
        "workspace": TaskRouterWorkspaceCapability,
        "task_queue": TaskRouterTaskQueueCapability,
    }[page]
    recordings = worker_js.recordings(page)
    counted = {True: 0, False: 0}
    while min(counted.values()) < 300:
        rules = [drawn(random, page) for _ in range(random.randint(1, 6))]
        if second_opinion.in_direct_conflict(rules):
            continue
        explained = explain(with_rules(*rules, kind=kind))
        for recording in recordings:
            explanation = explained[worker_js.name_of(recording["call"])]
            requests = [
                request
                for version in worker_js.VERSIONS
                for request in worker_js.requests_of(recording, version)
            ]
            allowed = all(is_allowed(rules, request) for request in requests)
            counted[explanation.allowed] += 1
            filters = any(rule.get("query_filter") or rule.get("post_filter") for rule in rules)
            if not filters:
                assert explanation.allowed is allowed, (rules, recording)
            elif explanation and "would be refused" not in explanation.reason:
                assert allowed, (rules, recording)


def test_steps_are_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    capability = with_rules(*(rule(f"{TASKS}/WT{n}", "POST") for n in range(100)))
    OpenPolicy(capability.access_policy(), Steps(15_000)).decide(post(f"{TASKS}/{{WT}}", ANY))
    monkeypatch.setattr(Steps.__init__, "__defaults__", (15_000,))
    with pytest.raises(ComparisonTooHardError):
        explain(capability)


def is_allowed(rules: list[Any], request: dict[str, Any]) -> bool:
    path, _, query = request["path"].partition("?")
    pairs = [*request["params"].items(), *(tuple(pair.split("=")) for pair in query.split("&") if pair)]
    sent = (pairs, []) if request["method"] == "GET" else ([], pairs)
    return second_opinion.is_allowed(rules, request["method"], WORKSPACE_URL + path, *sent)


def drawn(random: Random, page: str) -> dict[str, Any]:
    own = {"worker": "/Workers/WK789", "workspace": "", "task_queue": "/TaskQueues/WQ789"}[page]
    paths = [own, f"{own}/", f"{own}/*", f"{own}/**", f"{own}/Reservations", "/Tasks/**", "/Tasks/*", "/**"]
    paths += [f"/{folder}{end}" for folder in ("Activities", "Workers", "TaskQueues") for end in ("", "/*")]
    made = rule(
        WORKSPACE_URL + random.choice(paths),
        random.choice(["GET", "GET", "POST", "DELETE"]),
        allow=random.random() < 0.75,
    )
    if random.random() < 0.3:
        key = "query_filter" if made["method"] == "GET" else "post_filter"
        names = ["ActivitySid", "ReservationStatus", "FriendlyName", "Minutes"]
        made[key] = {random.choice(names): random.choice([REQUIRED, {}, "WA1", "pending", "accepted"])}
    return made
