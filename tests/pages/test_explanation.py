from __future__ import annotations

import enum
from dataclasses import FrozenInstanceError
from random import Random
from typing import Any

import pytest

import twilio.task_router
from tests.example import ARGUMENTS, AUTH_TOKEN, CHANNEL_URL, WORKER_URL, WORKSPACE_URL
from tests.judges import second_opinion
from tests.pages.test_tables import OWN_SIDS, TABLES, VECTOR, VERSIONS, name_of
from twilio.task_router import (
    REQUIRED,
    Capability,
    Explanation,
    TaskRouterCapability,
    TaskRouterTaskQueueCapability,
    TaskRouterWorkerCapability,
    TaskRouterWorkspaceCapability,
    explain,
    verify_token,
)
from twilio.task_router.tokens import sign

GRANTS_OF_3_7_0 = (
    "allow_worker_fetch_attributes",
    "allow_worker_activity_updates",
    "allow_task_reservation_updates",
)
TASKS = f"{WORKSPACE_URL}/Tasks"
CHANNEL = [{"url": CHANNEL_URL, "method": method, "allow": True} for method in ("GET", "POST")]


def made(kind: type[Capability], *grants: str) -> Capability:
    channels = {TaskRouterTaskQueueCapability: ["WQ789"], TaskRouterWorkspaceCapability: []}
    capability = kind("AC123", AUTH_TOKEN, "WS456", *channels.get(kind, ["WK789"]))
    for grant in grants:
        getattr(capability, grant)()
    return capability


def with_rules(*rules: Any, kind: type[Capability] = TaskRouterWorkerCapability) -> Capability:
    """A capability that has just its channel and these rules."""
    capability = made(kind)
    capability.policies[2:] = rules
    return capability


def told(call: str, *rules: Any, kind: type[Capability] = TaskRouterWorkerCapability) -> Explanation:
    return explain(with_rules(*rules, kind=kind))[call]


def allowed_under(kind: type[Capability], *grants: str) -> set[str]:
    return {call for call, explanation in explain(made(kind, *grants)).items() if explanation}


def rule(url: str, method: str = "GET", **more: Any) -> dict[str, Any]:
    return {"url": url, "method": method, "allow": True} | more


class TestAsSeenInChromium:
    """What was seen of Worker.js 1.1.1 and 1.21 against a server that enforces policies."""

    def test_the_default_rules_allow_activities_alone(self) -> None:
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
    def test_each_old_grant_allows_its_calls(self, grant: str, calls: set[str]) -> None:
        before = allowed_under(TaskRouterCapability)
        assert allowed_under(TaskRouterCapability, grant) - before == calls

    def test_the_old_grants_lead_to_no_callback(self) -> None:
        allowed = allowed_under(TaskRouterCapability, *GRANTS_OF_3_7_0)
        assert not allowed & {"reservation.created", "worker.completeTask"}
        assert not [call for call in allowed if call.endswith(": callback")]

    def test_ready_needs_just_the_worker(self) -> None:
        assert told("ready", rule(WORKER_URL))
        assert not told("reservation.created: pending at ready", rule(WORKER_URL))


# Rows of the table in the facts about the browser library: the calls, and the first grant of each class.
OLD, NEW, SPACE, QUEUE = (
    "TaskRouterCapability",
    "TaskRouterWorkerCapability",
    "TaskRouterWorkspaceCapability",
    "TaskRouterTaskQueueCapability",
)


class TestGrants:
    @pytest.mark.parametrize(
        ("kind", "call", "grants"),
        [
            (
                TaskRouterCapability,
                "worker.fetch",
                [f"{OLD}.allow_worker_fetch_attributes()", f"{NEW} (from the start)"],
            ),
            (TaskRouterCapability, "worker.delete", [f"{OLD}.allow_delete()", f"{NEW}.allow_delete()"]),
            (TaskRouterCapability, "worker.activities.fetch(sid)", []),
            (TaskRouterCapability, "worker.activities.create", []),
            (TaskRouterCapability, "worker.fetchReservations", [f"{NEW} (from the start)"]),
            (TaskRouterCapability, "reservation.delete", []),
            (TaskRouterCapability, "task.delete", []),
            (TaskRouterCapability, "task.workflow.fetch", []),
            (
                TaskRouterCapability,
                "worker.statistics.fetch",
                [f"{OLD}.allow_fetch_subresources()", f"{NEW}.allow_fetch_subresources()"],
            ),
            (TaskRouterWorkspaceCapability, "workspace.fetch", [f"{SPACE}.allow_fetch_subresources()"]),
            (
                TaskRouterWorkspaceCapability,
                "workspace.workers.fetch",
                [f"{SPACE}.allow_fetch_subresources()"],
            ),
            (
                TaskRouterWorkspaceCapability,
                "workspace.tasks.create",
                [f"{SPACE}.allow_updates_subresources()"],
            ),
            (
                TaskRouterWorkspaceCapability,
                "workspace.tasks.delete",
                [f"{SPACE}.allow_delete_subresources()"],
            ),
            (TaskRouterTaskQueueCapability, "taskqueue.fetch", []),
            (TaskRouterTaskQueueCapability, "taskqueue.update", [f"{QUEUE}.allow_updates()"]),
            (TaskRouterTaskQueueCapability, "taskqueue.delete", [f"{QUEUE}.allow_delete()"]),
            (
                TaskRouterTaskQueueCapability,
                "taskqueue.statistics.fetch",
                [f"{QUEUE}.allow_fetch_subresources()"],
            ),
        ],
    )
    def test_are_those_of_the_facts(self, kind: type[Capability], call: str, grants: list[str]) -> None:
        assert list(explain(made(kind))[call].grants) == grants

    @pytest.mark.parametrize(
        "kind", [TaskRouterCapability, TaskRouterTaskQueueCapability, TaskRouterWorkspaceCapability]
    )
    def test_named_allow_the_call(self, kind: type[Capability]) -> None:
        capability = with_rules(kind=kind)
        for call, explanation in explain(capability).items():
            for grant in explanation.grants:
                name, _, method = grant.removesuffix(" (from the start)").removesuffix("()").partition(".")
                granted = made(getattr(twilio.task_router, name), *([method] if method else []))
                assert explain(granted)[call], (call, grant)

    def test_are_named_beside_a_conflict(self) -> None:
        capability = with_rules(rule(WORKER_URL, allow=False))
        explained = explain(capability)
        assert explained["ready"].grants == ()
        assert explained["reservation.accept"].grants == (f"{OLD}.allow_task_reservation_updates()",)

    def test_are_none_where_a_rule_denies(self) -> None:
        capability = made(TaskRouterCapability)
        capability.deny(capability.resource_url, "GET")
        explanation = explain(capability)["ready"]
        assert explanation.grants == ()
        assert explanation.reason.startswith("Policy rule 3 denies GET")

    def test_are_the_same_on_other_hosts(self) -> None:
        there = TaskRouterCapability(*ARGUMENTS, base_url="http://t:1", version="v2", base_ws_url="ws://t:2")
        assert [one.grants for one in explain(there).values()] == [
            one.grants for one in explain(made(TaskRouterCapability)).values()
        ]

    def test_help_with_every_task(self) -> None:
        capability = made(TaskRouterWorkerCapability)
        capability.deny(f"{TASKS}/WT1", "POST")
        explanation = explain(capability)["worker.updateTask"]
        assert not explanation
        assert explanation.grants == ()


class TestSource:
    @pytest.mark.parametrize(
        ("kind", "call"),
        [
            (TaskRouterCapability, "worker.fetch"),
            (TaskRouterWorkerCapability, "worker.fetch"),
            (TaskRouterTaskQueueCapability, "taskqueue.fetch"),
            (TaskRouterWorkspaceCapability, "workspace.fetch"),
        ],
    )
    def test_says_whose_calls_these_are(self, kind: type[Capability], call: str) -> None:
        capability = made(kind)
        token = verify_token(capability.generate_token(), AUTH_TOKEN)
        assert call in explain(capability)
        assert explain(token) == explain(capability)

    def test_says_on_which_hosts(self) -> None:
        there = {"base_url": "http://t:1", "version": "v2", "base_ws_url": "ws://t:2/x"}
        capability = TaskRouterWorkerCapability(*ARGUMENTS, **there)
        token = verify_token(capability.generate_token(), AUTH_TOKEN)
        assert explain(capability)["ready"]
        assert explain(token)["ready"]

    @pytest.mark.parametrize(
        ("elsewhere", "call"),
        [
            ({"base_url": "http://t:1"}, "ready"),
            ({"version": "v2"}, "ready"),
            ({"base_ws_url": "http://t:1"}, "connect"),
        ],
    )
    def test_gives_way_to_a_page_elsewhere(self, elsewhere: Any, call: str) -> None:
        assert not explain(made(TaskRouterWorkerCapability), **elsewhere)[call]

    def test_may_have_another_channel_than_its_worker(self) -> None:
        claims = verify_token(made(TaskRouterWorkerCapability).generate_token(), AUTH_TOKEN).claims
        explained = explain(verify_token(sign(claims | {"channel": "WS456"}, AUTH_TOKEN), AUTH_TOKEN))
        assert explained["connect"]
        assert explained["ready"]

    @pytest.mark.parametrize(
        ("kind", "claim"),
        [
            (TaskRouterWorkerCapability, "worker_sid"),
            (TaskRouterTaskQueueCapability, "taskqueue_sid"),
        ],
    )
    def test_without_its_claim_has_no_channel(self, kind: type[Capability], claim: str) -> None:
        claims = verify_token(made(kind).generate_token(), AUTH_TOKEN).claims
        del claims[claim]
        explained = explain(verify_token(sign(claims, AUTH_TOKEN), AUTH_TOKEN))
        assert {explanation.reason for explanation in explained.values()} == {
            f"The token lacks the claim {claim}, from which the library takes its channel."
        }
        assert not any(explanation.grants for explanation in explained.values())

    def test_is_a_task_queues_with_a_worker_beside(self) -> None:
        """``notes`` and ``inspect`` take such a token for a task queue's, too."""
        claims = verify_token(made(TaskRouterTaskQueueCapability).generate_token(), AUTH_TOKEN).claims
        token = verify_token(sign(claims | {"worker_sid": "WK789"}, AUTH_TOKEN), AUTH_TOKEN)
        assert explain(token)["taskqueue.fetch"]
        assert token.notes() == []

    @pytest.mark.parametrize("bad", [None, [], "eyJ", made(TaskRouterCapability).access_policy()], ids=ascii)
    def test_is_a_capability_or_a_verified_token(self, bad: Any) -> None:
        with pytest.raises(TypeError, match=r"^source must be a Capability or a VerifiedToken, not "):
            explain(bad)

    @pytest.mark.parametrize("name", ["base_url", "version", "base_ws_url"])
    def test_has_no_malformed_host(self, name: str) -> None:
        with pytest.raises(ValueError, match=f"^{name} must be "):
            explain(made(TaskRouterCapability), **{name: "/"})
        wrong: dict[str, Any] = {name: 5}
        with pytest.raises(TypeError, match=f"^{name} must be a str"):
            explain(made(TaskRouterCapability), **wrong)

    @pytest.mark.parametrize("sid", ["WK1/**", "WQ1", ""])
    def test_has_no_malformed_sid(self, sid: str) -> None:
        claims = verify_token(made(TaskRouterWorkerCapability).generate_token(), AUTH_TOKEN).claims
        token = verify_token(sign(claims | {"worker_sid": sid}, AUTH_TOKEN), AUTH_TOKEN)
        with pytest.raises(ValueError, match=r"^worker_sid must be a SID"):
            explain(token)


class TestChannel:
    @pytest.mark.parametrize("kind", [TaskRouterWorkerCapability, TaskRouterWorkspaceCapability])
    def test_is_the_reason_that_all_share(self, kind: type[Capability]) -> None:
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
    def test_needs_both_methods(self, missing: int, method: str, connects: Any) -> None:
        capability = made(TaskRouterWorkerCapability)
        del capability.policies[missing]
        explained = explain(capability)
        assert bool(explained.pop("connect")) is connects  # the websocket itself is a GET
        assert not any(explained.values())
        assert {one.reason.partition(",")[0] for one in explained.values()} == {
            f"The token lacks {method} on its channel"
        }

    def test_leaves_no_grant_to_name(self) -> None:
        capability = made(TaskRouterCapability)
        del capability.policies[0]
        assert not any(explanation.grants for explanation in explain(capability).values())

    def test_denied_is_no_case_for_another_rule(self) -> None:
        capability = made(TaskRouterWorkerCapability)
        capability.policies[1]["allow"] = False
        reason = explain(capability)["ready"].reason
        assert reason == (
            f"The token lacks POST on its channel, {CHANNEL_URL}, through which everything goes; policy rule "
            "1 denies POST. Change or remove policy rule 1."
        )


class TestVersions:
    def test_fetched_reservations_need_their_tasks(self) -> None:
        explanation = told("worker.fetchReservations", rule(f"{WORKER_URL}/Reservations"))
        assert not explanation
        assert explanation.grants == (f"{NEW} (from the start)",)
        assert explanation.reason.startswith(f"In version 1.21: No policy rule allows GET on {TASKS}/WT0")
        assert explanation.reason.endswith(" Then 1.21 never calls back, not even with an error.")

    def test_an_event_of_1_21_is_bare(self) -> None:
        assert "1.21 fires it" in told("reservation.timeout").reason

    def test_a_workspace_ends_in_a_slash(self) -> None:
        explained = explain(made(TaskRouterWorkspaceCapability))
        for call in ("ready", "workspace.fetch"):
            assert not explained[call]
            assert 'capability.allow(f"{capability.resource_url}/", "GET")' in explained[call].reason

    def test_one_rule_is_for_the_slash(self) -> None:
        capability = made(TaskRouterWorkspaceCapability)
        before = {call for call, one in explain(capability).items() if one}
        capability.allow(f"{capability.resource_url}/", "GET")
        assert {call for call, one in explain(capability).items() if one} - before == {
            "ready",
            "workspace.fetch",
        }


class TestOptions:
    @pytest.mark.parametrize("call", ["worker.completeTask", "task.complete"])
    def test_refused_leave_the_call(self, call: str) -> None:
        wanted = {"AssignmentStatus": "completed"}
        explanation = told(call, rule(f"{TASKS}/*", "POST", post_filter=wanted))
        assert explanation
        assert explanation.reason == (
            f"Policy rule 2 allows POST {TASKS}/*. With the optional parameter 'Reason' it would be refused."
        )

    def test_refused_are_all_named(self) -> None:
        wanted: Any = {"Instruction": "call", "CallFrom": REQUIRED, "CallUrl": REQUIRED, "CallAccept": {}}
        explanation = told("reservation.call", rule(f"{TASKS}/**", "POST", post_filter=wanted))
        assert explanation
        assert explanation.reason.endswith(
            "'CallStatusCallbackUrl' or 'CallRecord' or 'CallTo' it would be refused."
        )

    def test_refused_together_are_named(self) -> None:
        both = {"AssignmentStatus": "completed", "Reason": {"required": False, "value": "x"}}
        rules = [rule(f"{TASKS}/*", "POST"), rule(f"{TASKS}/*", "POST", allow=False, post_filter=both)]
        assert not told("task.complete", *rules)  # without a reason, the denial matches too
        rules[1]["post_filter"] = both | {"Reason": "x"}
        assert told("task.complete", *rules).reason.endswith("'Reason' it would be refused.")

    def test_of_any_name_leave_the_call(self) -> None:
        reservations = rule(f"{WORKER_URL}/Reservations", query_filter={"ReservationStatus": {}})
        explanation = told("worker.fetchReservations", reservations, rule(f"{TASKS}/*"))
        assert explanation
        assert explanation.reason.endswith(" With a parameter of the page's own it would be refused.")

    def test_allowed_are_no_matter(self) -> None:
        assert told("task.complete", rule(f"{TASKS}/*", "POST")).reason.endswith("/Tasks/*.")

    def test_required_of_a_rule_are_missing(self) -> None:
        wanted = {"AssignmentStatus": "completed", "Reason": REQUIRED}
        assert not told("task.complete", rule(f"{TASKS}/*", "POST", post_filter=wanted))


class TestExplanation:
    def test_counts_each_request(self) -> None:
        explanation = told("reservation.created", rule(f"{TASKS}/*"))
        assert [bool(decision) for decision in explanation.decisions] == [True, True, True, False]
        assert explanation.reason.startswith(explanation.decisions[3].reason)

    def test_knows_its_call(self) -> None:
        explained = explain(made(TaskRouterWorkspaceCapability))
        assert [explanation.call for explanation in explained.values()] == list(explained)

    def test_hashes(self) -> None:
        explanation = explain(made(TaskRouterCapability))["ready"]
        assert {explanation, explain(made(TaskRouterCapability))["ready"]} == {explanation}

    def test_is_frozen_and_made_by_keyword(self) -> None:
        with pytest.raises(TypeError):
            Explanation("ready", (), "", ())  # type: ignore[call-arg]
        with pytest.raises(FrozenInstanceError):
            explain(made(TaskRouterCapability))["ready"].call = "x"  # type: ignore[misc]

    def test_takes_an_enum_for_its_text(self) -> None:
        class Sid(str, enum.Enum):
            WORKER = "WK789"

        assert explain(TaskRouterWorkerCapability("AC123", "secret", "WS456", Sid.WORKER))["ready"]


@pytest.mark.parametrize("page", TABLES)
def test_random_rules_decide_as_in_the_second_opinion(page: str) -> None:
    """What is allowed is so for the recorded requests. Rules without filters cannot tell choices apart."""
    random = Random(20)  # noqa: S311 - to be repeated, not to be secret
    kind = {
        "worker": TaskRouterWorkerCapability,
        "workspace": TaskRouterWorkspaceCapability,
        "task_queue": TaskRouterTaskQueueCapability,
    }[page]
    recordings = [recording for recording in VECTOR if recording["page"] == page]
    counted = {True: 0, False: 0}
    while min(counted.values()) < 300:
        rules = [drawn(random, page) for _ in range(random.randint(1, 6))]
        if second_opinion.in_direct_conflict(rules):
            continue
        explained = explain(with_rules(*rules, kind=kind))
        for recording in recordings:
            name = name_of(recording["call"])
            explanation = explained[name]
            requests = [
                request
                for version in VERSIONS
                for request in (recording["requests"][version] or [])[skipped(name) :]
            ]
            allowed = all(is_allowed(rules, request) for request in requests)
            counted[explanation.allowed] += 1
            filters = any(rule.get("query_filter") or rule.get("post_filter") for rule in rules)
            if not filters:
                assert explanation.allowed is allowed, (rules, recording)
            elif explanation and "would be refused" not in explanation.reason:
                assert allowed, (rules, recording)


def skipped(name: str) -> int:
    return 1 if "[i]" in name or name.endswith(": next") else 0


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


def test_each_page_has_its_own_sid() -> None:
    assert OWN_SIDS.keys() == TABLES.keys()
